//! One round: control connection, log-in, and the three transfers.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use pasvlab_scenarios::{AUTH_TLS, DataCommand, Operation, PROT_P};
use suppaftp::tokio::AsyncFtpStream;
use suppaftp::types::Response;
use suppaftp::{FtpError, FtpResult};

use super::dial::{Dialler, Rules};
use super::{Broken, Task, WayOut, broken};
use crate::record::{ConnectError, Failure, Stage, TransferKind};
use crate::sim;
use crate::tls::{self, Switch, Terms};

/// A logged-in client.
pub(super) struct Session<'a> {
    pub(super) task: &'a Task,
    pub(super) ftp: AsyncFtpStream,
    pub(super) dialler: Arc<Dialler>,
    /// What the client needs to go over to TLS, if it wants to.
    tls: Option<Tls>,
    /// Data-connection commands that have not failed in this session.
    pub(super) commands: VecDeque<DataCommand>,
    /// Whether a transfer has succeeded in active mode.
    pub(super) active_worked: bool,
    /// What is still to be transferred, in order, and how much of it has been.
    transfers: Vec<TransferKind>,
    transferred: usize,
    /// Whether its first transfer goes on with the commands that are left.
    pub(super) resumed: bool,
    /// The server's answer to `FEAT`, if it was asked for.
    pub(super) features: Vec<String>,
    /// Whether the server confirmed the present transfer while the client waited for something else.
    pub(super) confirmed: bool,
    /// How many `NOOP` of the present transfer the server has not answered yet.
    pub(super) noops: u32,
    /// Every decision of this round, ports aside, to tell whether the next round repeats it.
    pub(super) decisions: Vec<(DataCommand, Option<IpAddr>)>,
}

/// TLS of one session.
struct Tls {
    terms: Terms,
    control: Switch,
}

/// What is left to be done, and to do it with, after the rounds so far.
#[derive(Debug)]
pub(super) struct Left {
    /// Data-connection commands that have not failed.
    pub(super) commands: VecDeque<DataCommand>,
    /// Transfers, in order.
    pub(super) transfers: Vec<TransferKind>,
    /// Whether the next round only goes on with the transfer that failed, with another command.
    pub(super) resumes: bool,
}

impl Left {
    pub(super) fn everything(task: &Task) -> Self {
        Self {
            commands: task.client.data.commands.iter().copied().collect(),
            transfers: task.transfers.clone(),
            resumes: false,
        }
    }

    /// A round has failed that began with so many transfers. A command that the client logged in again
    /// for stays until its transfer is done.
    pub(super) fn after(&mut self, broken: &Broken, transfers: usize) {
        let switches = matches!(broken.way_out, WayOut::GoOn | WayOut::Switch);
        self.resumes = switches || (self.resumes && self.transfers.len() == transfers);
    }
}

/// What a round decided, in order.
pub(super) type Decisions = Vec<(DataCommand, Option<IpAddr>)>;

/// Runs one round.
///
/// It takes away from what is `left`: commands that fail for good, transfers that succeed.
pub(super) async fn run(
    task: &Task,
    address: SocketAddr,
    left: &mut Left,
) -> (Result<(), Broken>, Decisions) {
    let mut session = match open(task, address, left).await {
        Ok(session) => session,
        Err(broken) => return (Err(broken), Vec::new()),
    };
    let result = session.work().await;
    left.commands = session.commands;
    left.transfers.drain(..session.transferred);
    (result, session.decisions)
}

async fn open<'a>(task: &'a Task, address: SocketAddr, left: &Left) -> Result<Session<'a>, Broken> {
    let stage = Stage::Control;
    let stream = super::connect(address, None)
        .await
        .map_err(|error| Broken::new(stage, Failure::Connect(error)))?;
    let peer = match stream.peer_addr() {
        Ok(SocketAddr::V4(peer)) => *peer.ip(),
        _ => return Err(Broken::new(stage, Failure::Connect(ConnectError::Refused))),
    };
    let data = &task.client.data;
    let rules = Rules {
        address: data.address,
        epsv_address: data.epsv_address,
        patience: data.connect_timeout,
    };
    let dialler = Dialler::new(peer, &task.host, rules);
    let for_library = Arc::clone(&dialler);
    if let (Some(interval), Ok(local)) = (data.tcp_keepalive, stream.local_addr()) {
        sim::keep_alive(local, address, interval);
    }
    let (stream, tls) = if task.client.asks_for_tls() {
        let (stream, control) = tls::sealable(stream);
        (stream, Some(Tls { terms: Terms::with(&task.host, data.tls_session), control }))
    } else {
        (stream, None)
    };
    let greeting = AsyncFtpStream::connect_with_stream(stream);
    let ftp = super::patiently(data.reply_timeout, greeting)
        .await
        .map_err(|error| broken(stage, error))?
        .passive_stream_builder(move |address| {
            let dialler = Arc::clone(&for_library);
            Box::pin(async move {
                match address {
                    SocketAddr::V4(address) => dialler.dial(address).await,
                    SocketAddr::V6(_) => Err(FtpError::BadResponse),
                }
            })
        });
    Ok(Session {
        task,
        ftp,
        dialler,
        tls,
        commands: left.commands.clone(),
        transfers: left.transfers.clone(),
        transferred: 0,
        resumed: left.resumes,
        active_worked: false,
        features: Vec::new(),
        confirmed: false,
        noops: 0,
        decisions: Vec::new(),
    })
}

impl Session<'_> {
    async fn work(&mut self) -> Result<(), Broken> {
        let client = &self.task.client;
        self.log_in().await?;
        for what in self.transfers.clone() {
            let operation = match what {
                TransferKind::List => &client.list,
                TransferKind::Download => &client.download,
                TransferKind::Upload => &client.upload,
            };
            self.in_passes(what, operation).await?;
            self.transferred += 1;
        }
        // Whatever the server says to that, everything has been transferred.
        let _ = super::patiently(client.data.reply_timeout, self.ftp.quit()).await;
        Ok(())
    }

    /// A transfer, and the same again as long as the client goes through its commands once more.
    async fn in_passes(&mut self, what: TransferKind, operation: &Operation) -> Result<(), Broken> {
        for _ in 1..operation.passes {
            match self.transfer(what, operation).await {
                Err(Broken { stage: Stage::DataConnect, way_out: WayOut::None, .. }) => {}
                result => return result,
            }
        }
        self.transfer(what, operation).await
    }

    async fn log_in(&mut self) -> Result<(), Broken> {
        for step in &self.task.client.login {
            // RFC 4217 sections 4 and 9: programs that were told to use TLS go no further without.
            let fatal = match step.as_str() {
                AUTH_TLS | PROT_P => self.command(step).await,
                "USER" => self.command(&format!("USER {}", self.task.user)).await,
                "PASS" => self.command(&format!("PASS {}", self.task.password)).await,
                other => {
                    let reply = self.command(other).await.map_err(|e| broken(Stage::Login, e))?;
                    if other == "FEAT" {
                        self.features = features(&reply);
                    }
                    continue;
                }
            };
            let reply = fatal.map_err(|error| broken(Stage::Login, error))?;
            let code = code(&reply);
            if code >= 400 {
                return Err(Broken::new(Stage::Login, Failure::Rejected(code)));
            }
            match (step.as_str(), &self.tls) {
                (AUTH_TLS, Some(tls)) => tls.control.seal(&tls.terms),
                (PROT_P, Some(tls)) => self.dialler.protect(&tls.terms),
                _ => {}
            }
        }
        if self.task.client.data.unlisted_last {
            self.put_unlisted_last();
        }
        Ok(())
    }

    /// Moves `EPSV` and `EPRT` behind all other commands if the server's features do not list them.
    fn put_unlisted_last(&mut self) {
        let features = &self.features;
        let listed = |command: &DataCommand| match command {
            DataCommand::Pasv | DataCommand::Port => true,
            DataCommand::Epsv | DataCommand::Eprt => {
                features.iter().any(|feature| feature == command.name())
            }
        };
        let (first, last): (Vec<_>, Vec<_>) = self.commands.iter().copied().partition(listed);
        self.commands = first.into_iter().chain(last).collect();
    }

    /// Sends a command and returns the server's reply, whatever its code.
    pub(super) async fn command(&mut self, command: &str) -> FtpResult<Response> {
        let patience = self.task.client.data.reply_timeout;
        match super::patiently(patience, self.ftp.custom_command(command, &[])).await {
            Err(FtpError::UnexpectedResponse(response)) => Ok(response),
            other => other,
        }
    }

    /// Sends the commands of a transfer that come before `PASV`, or between `PASV` and the transfer
    /// command. Clients go on after a negative answer to these.
    pub(super) async fn commands(&mut self, commands: &[String], file: &str) -> FtpResult<()> {
        for command in commands {
            self.command(&command.replace("{file}", file)).await?;
        }
        Ok(())
    }

    /// The file an operation is about.
    pub(super) fn file(&self, what: TransferKind) -> &str {
        match what {
            TransferKind::List => "",
            TransferKind::Download => &self.task.download.path,
            TransferKind::Upload => &self.task.upload.path,
        }
    }

    /// The transfer command of an operation.
    pub(super) fn line(&self, what: TransferKind, operation: &Operation) -> String {
        operation.command.replace("{file}", self.file(what))
    }
}

/// The reply's code, also if suppaftp has no name for it.
pub(super) fn code(reply: &Response) -> u16 {
    let digits = reply.body.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// The feature names in an answer to `FEAT` (RFC 2389 section 3.2: each on a line of its own after a
/// space).
fn features(reply: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix(' '));
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_ascii_uppercase)).collect()
}
