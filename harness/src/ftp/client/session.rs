//! One round: control connection, log-in, and the three transfers.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use pasvlab_scenarios::{DataCommand, Operation};
use suppaftp::tokio::AsyncFtpStream;
use suppaftp::types::Response;
use suppaftp::{FtpError, FtpResult};

use super::dial::{Dialler, Rules};
use super::{Broken, Task, broken};
use crate::record::{ConnectError, Failure, Stage, TransferKind};
use crate::sim;

/// A logged-in client.
pub(super) struct Session<'a> {
    pub(super) task: &'a Task,
    pub(super) ftp: AsyncFtpStream,
    pub(super) dialler: Arc<Dialler>,
    /// Data-connection commands that have not failed in this session.
    pub(super) commands: VecDeque<DataCommand>,
    /// The server's answer to `FEAT`, if it was asked for.
    pub(super) features: Vec<String>,
    /// Whether the server confirmed the present transfer while the client waited for something else.
    pub(super) confirmed: bool,
    /// How many `NOOP` of the present transfer the server has not answered yet.
    pub(super) noops: u32,
    /// Every decision of this round, ports aside, to tell whether the next round repeats it.
    pub(super) decisions: Vec<(DataCommand, Option<IpAddr>)>,
}

/// What a round decided, in order.
pub(super) type Decisions = Vec<(DataCommand, Option<IpAddr>)>;

/// Runs one round.
///
/// `commands` are those that have not failed yet; the round takes away those that fail for good.
pub(super) async fn run(
    task: &Task,
    address: SocketAddr,
    commands: &mut VecDeque<DataCommand>,
) -> (Result<(), Broken>, Decisions) {
    let mut session = match open(task, address, commands.clone()).await {
        Ok(session) => session,
        Err(broken) => return (Err(broken), Vec::new()),
    };
    let result = session.work().await;
    *commands = session.commands;
    (result, session.decisions)
}

async fn open(
    task: &Task,
    address: SocketAddr,
    commands: VecDeque<DataCommand>,
) -> Result<Session<'_>, Broken> {
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
        must_be_at_peer: data.data_must_be_at_peer,
        patience: data.connect_timeout,
    };
    let dialler = Dialler::new(peer, &task.host, rules);
    let for_library = Arc::clone(&dialler);
    if let (Some(interval), Ok(local)) = (data.tcp_keepalive, stream.local_addr()) {
        sim::keep_alive(local, address, interval);
    }
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
        commands,
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
        self.transfer(TransferKind::List, &client.list).await?;
        self.transfer(TransferKind::Download, &client.download).await?;
        self.transfer(TransferKind::Upload, &client.upload).await?;
        // Whatever the server says to that, everything has been transferred.
        let _ = super::patiently(client.data.reply_timeout, self.ftp.quit()).await;
        Ok(())
    }

    async fn log_in(&mut self) -> Result<(), Broken> {
        for step in &self.task.client.login {
            let fatal = match step.as_str() {
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
        }
        Ok(())
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

/// The reply's code.
pub(super) fn code(reply: &Response) -> u16 {
    reply.status.code() as u16
}

/// The feature names in an answer to `FEAT` (RFC 2389 section 3.2: each on a line of its own after a
/// space).
fn features(reply: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix(' '));
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_ascii_uppercase)).collect()
}
