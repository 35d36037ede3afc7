//! Opens data connections: applies the address policy, records who decided, keeps what went wrong.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pasvlab_scenarios::{AddressPolicy, DataCommand, EpsvAddress};
use suppaftp::FtpError;
use tokio::net::TcpStream;

use super::policy::{self, Choice};
use crate::record::{ConnectError, DecidedBy, Decision, What};
use crate::sim;
use crate::tls::{self, Terms};

/// What became of the last attempt to open a data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialled {
    /// Nothing was dialled: no usable reply came.
    Not,
    /// It is open.
    Open,
    /// The client does not accept the address.
    Mismatch(Ipv4Addr),
    /// It could not be opened.
    Failed {
        error: ConnectError,
        dialled: SocketAddrV4,
        waited: Duration,
        /// Whether the client had put the peer in place of the announced address.
        replaced: bool,
    },
}

/// What a dialler goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) address: AddressPolicy,
    pub(super) epsv_address: EpsvAddress,
    pub(super) patience: Option<Duration>,
}

/// Dials for one session. Shared with suppaftp, which calls it in the middle of a data command.
#[derive(Debug)]
pub(super) struct Dialler {
    peer: Ipv4Addr,
    host: String,
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
struct State {
    command: DataCommand,
    last: Dialled,
    /// The address in the last reply to `PASV`.
    announced: Option<Ipv4Addr>,
    reply: Option<(String, Option<SocketAddrV4>)>,
    /// The client could not read the reply and goes on all the same.
    unread: bool,
    /// TLS, once the server has agreed to that on data connections.
    protection: Option<Terms>,
}

impl Dialler {
    pub(super) fn new(peer: Ipv4Addr, host: &str, rules: Rules) -> Arc<Self> {
        let command = DataCommand::Pasv;
        let state = State {
            command,
            last: Dialled::Not,
            announced: None,
            reply: None,
            unread: false,
            protection: None,
        };
        Arc::new(Self { peer, host: host.to_owned(), rules, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on data connections are in TLS.
    pub(super) fn protect(&self, terms: &Terms) {
        self.state().protection = Some(terms.clone());
    }

    /// Whether data connections are in TLS.
    pub(super) fn protects(&self) -> bool {
        self.state().protection.is_some()
    }

    /// A data connection that is open, in TLS if that was agreed on. The handshake comes before its
    /// first byte, and so after the transfer command; the client begins it also if the server has
    /// connected (RFC 4217 section 7).
    pub(super) fn protected(&self, stream: TcpStream) -> TcpStream {
        match &self.state().protection {
            Some(terms) => tls::sealed(stream, terms),
            None => stream,
        }
    }

    /// A new data command begins.
    pub(super) fn prepare(&self, command: DataCommand) {
        let mut state = self.state();
        (state.command, state.last, state.unread) = (command, Dialled::Not, false);
    }

    /// The reply could not be read; what is dialled next is not what it announced.
    pub(super) fn goes_on_unread(&self) {
        self.state().unread = true;
    }

    /// The control connection's peer.
    pub(super) fn peer(&self) -> Ipv4Addr {
        self.peer
    }

    /// Keeps the reply to the current data command, and the address in it.
    pub(super) fn keep_reply(&self, text: &str, announced: Option<SocketAddrV4>) {
        self.state().reply = Some((text.to_owned(), announced));
    }

    /// The last reply to a data command, and the address in it.
    pub(super) fn reply(&self) -> Option<(String, Option<SocketAddrV4>)> {
        self.state().reply.clone()
    }

    /// Drops a connection that is open, because of where it leads or comes from.
    pub(super) fn drop_foreign(&self, address: Ipv4Addr) -> FtpError {
        self.failed(Dialled::Mismatch(address), ConnectError::Refused)
    }

    /// The current data command.
    pub(super) fn command(&self) -> DataCommand {
        self.state().command
    }

    /// What became of the current data command's connection.
    pub(super) fn last(&self) -> Dialled {
        self.state().last
    }

    /// Opens the data connection for a reply that names `address` (after `EPSV` only its port
    /// counts).
    pub(super) async fn dial(&self, address: SocketAddrV4) -> Result<TcpStream, FtpError> {
        let command = self.state().command;
        let host = match (command, self.rules.epsv_address) {
            (DataCommand::Epsv, EpsvAddress::Host) => self.resolve(address.port()).await,
            _ => None,
        };
        let decision = self.decide(command, address, host);
        let (dialled, replaced) = (decision.dialled, decision.decided_by == DecidedBy::Client);
        sim::record(What::Decision(decision));
        let Some(dialled) = dialled else {
            return Err(self.failed(Dialled::Mismatch(*address.ip()), ConnectError::Refused));
        };
        let start = sim::now();
        match super::connect(SocketAddr::V4(dialled), self.rules.patience).await {
            Ok(stream) => {
                self.state().last = Dialled::Open;
                Ok(self.protected(stream))
            }
            Err(error) => {
                let waited = sim::now() - start;
                Err(self.failed(Dialled::Failed { error, dialled, waited, replaced }, error))
            }
        }
    }

    /// Whether the client does not accept the address of a reply; then that is what became of the
    /// attempt.
    pub(super) fn refuses(&self, address: SocketAddrV4) -> Option<FtpError> {
        let command = self.state().command;
        let decision = self.decide(command, address, None);
        if decision.dialled.is_some() {
            return None;
        }
        sim::record(What::Decision(decision));
        Some(self.failed(Dialled::Mismatch(*address.ip()), ConnectError::Refused))
    }

    /// Asks for the host's name again.
    async fn resolve(&self, port: u16) -> Option<Ipv4Addr> {
        let mut addresses = tokio::net::lookup_host((self.host.as_str(), port)).await.ok()?;
        addresses.find_map(|address| match address {
            SocketAddr::V4(address) => Some(*address.ip()),
            SocketAddr::V6(_) => None,
        })
    }

    fn failed(&self, last: Dialled, error: ConnectError) -> FtpError {
        self.state().last = last;
        FtpError::ConnectionError(error.into())
    }

    fn decide(
        &self,
        command: DataCommand,
        reply: SocketAddrV4,
        host: Option<Ipv4Addr>,
    ) -> Decision {
        let (peer, port) = (self.peer, reply.port());
        let at = |address| Some(SocketAddrV4::new(address, port));
        let unread = self.state().unread;
        let announced = (command == DataCommand::Pasv && !unread).then_some(*reply.ip());
        let earlier = self.state().announced;
        let (dialled, decided_by) = match (announced, self.rules.epsv_address) {
            (None, _) if unread => (at(peer), DecidedBy::Client),
            (None, EpsvAddress::Host) => (at(host.unwrap_or(peer)), DecidedBy::Name),
            (None, EpsvAddress::LastReply) if earlier.is_some() => {
                (at(earlier.unwrap_or(peer)), DecidedBy::EarlierReply)
            }
            (None, _) => (at(peer), DecidedBy::Protocol),
            (Some(announced), _) => {
                self.state().announced = Some(announced);
                match policy::choose(self.rules.address, announced, peer) {
                    Choice::Reply => (at(announced), DecidedBy::Server),
                    Choice::Peer => (at(peer), DecidedBy::Client),
                    Choice::Neither => (None, DecidedBy::Client),
                }
            }
        };
        Decision { command, announced, port, peer, dialled, decided_by }
    }
}
