//! Opens data connections: applies the address policy, records who decided, keeps what went wrong.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pasvlab_scenarios::{AddressPolicy, DataCommand};
use suppaftp::FtpError;
use tokio::net::TcpStream;

use super::policy::{self, Choice};
use crate::record::{ConnectError, DecidedBy, Decision, What};
use crate::sim;

/// What became of the last attempt to open a data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialled {
    /// Nothing was dialled: no usable reply came.
    Not,
    /// It is open.
    Open,
    /// The policy forbids the reply's address.
    Mismatch(Ipv4Addr),
    /// It could not be opened.
    Failed { error: ConnectError, dialled: SocketAddrV4, waited: Duration },
}

/// Dials for one session. Shared with suppaftp, which calls it in the middle of a data command.
#[derive(Debug)]
pub(super) struct Dialler {
    peer: Ipv4Addr,
    policy: AddressPolicy,
    patience: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    command: DataCommand,
    last: Dialled,
}

impl Dialler {
    pub(super) fn new(
        peer: Ipv4Addr,
        policy: AddressPolicy,
        patience: Option<Duration>,
    ) -> Arc<Self> {
        let state = State { command: DataCommand::Pasv, last: Dialled::Not };
        Arc::new(Self { peer, policy, patience, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new data command begins.
    pub(super) fn prepare(&self, command: DataCommand) {
        *self.state() = State { command, last: Dialled::Not };
    }

    /// What became of the current data command's connection.
    pub(super) fn last(&self) -> Dialled {
        self.state().last
    }

    /// Opens the data connection for a reply that names `address` (after `EPSV` only its port
    /// counts).
    pub(super) async fn dial(&self, address: SocketAddrV4) -> Result<TcpStream, FtpError> {
        let command = self.state().command;
        let decision = self.decide(command, address);
        let dialled = decision.dialled;
        sim::record(What::Decision(decision));
        let Some(dialled) = dialled else {
            return Err(self.failed(Dialled::Mismatch(*address.ip()), ConnectError::Refused));
        };
        let start = sim::now();
        match super::connect(SocketAddr::V4(dialled), self.patience).await {
            Ok(stream) => {
                self.state().last = Dialled::Open;
                Ok(stream)
            }
            Err(error) => {
                let waited = sim::now() - start;
                Err(self.failed(Dialled::Failed { error, dialled, waited }, error))
            }
        }
    }

    fn failed(&self, last: Dialled, error: ConnectError) -> FtpError {
        self.state().last = last;
        FtpError::ConnectionError(error.into())
    }

    fn decide(&self, command: DataCommand, reply: SocketAddrV4) -> Decision {
        let (peer, port) = (self.peer, reply.port());
        let at = |address| Some(SocketAddrV4::new(address, port));
        let announced = (command == DataCommand::Pasv).then_some(*reply.ip());
        let (dialled, decided_by) = match announced {
            None => (at(peer), DecidedBy::Protocol),
            Some(announced) => match policy::choose(self.policy, announced, peer) {
                Choice::Reply => (at(announced), DecidedBy::Server),
                Choice::Peer => (at(peer), DecidedBy::Client),
                Choice::Neither => (None, DecidedBy::Client),
            },
        };
        Decision { command, announced, port, peer, dialled, decided_by }
    }
}
