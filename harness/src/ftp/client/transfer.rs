//! One transfer: prepares the data connection with the commands that the client knows, falls back as
//! it does, moves the data and compares it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use pasvlab_scenarios::{DataCommand, Fallback, Operation, Order};
use suppaftp::types::Response;
use suppaftp::{FtpError, Mode, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::dial::Dialled;
use super::messages::{self, FailedDial};
use super::session::{Session, code};
use super::{Broken, broken};
use crate::ftp::files;
use crate::record::{ConnectError, Failure, Stage, TransferKind, What};
use crate::sim;

/// Replies with which a server announces a transfer (RFC 959 section 5.4).
const UNDER_WAY: &[Status] = &[Status::AboutToSend, Status::AlreadyOpen];
/// Replies with which it confirms one.
const COMPLETE: &[Status] = &[Status::ClosingDataConnection, Status::RequestedFileActionOk];
/// How long a client in active mode waits for the server's connection.
const ACTIVE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Why a data-connection command led nowhere.
enum Setback {
    /// The server's reply is negative or cannot be used.
    Reply(Broken),
    /// The data connection could not be opened.
    Connect(Broken),
    /// Anything else; no fall-back helps.
    Final(Broken),
}

impl Session<'_> {
    /// Runs one transfer to its end.
    pub(super) async fn transfer(
        &mut self,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Broken> {
        let file = self.file(what).to_owned();
        self.commands(&operation.before, &file)
            .await
            .map_err(|error| broken(Stage::Transfer, error))?;
        let policy = &self.task.client.data;
        let (on_reply_error, on_connect_failure) =
            (policy.on_reply_error, policy.on_connect_failure);
        loop {
            let Some(command) = self.next_command() else {
                return Err(Broken::protocol(Stage::DataConnect, "no way of transfer is left"));
            };
            let (setback, fallback) = match self.attempt(command, what, operation).await {
                Ok(()) => return Ok(()),
                Err(Setback::Reply(broken)) => (broken, on_reply_error),
                Err(Setback::Connect(broken)) => (broken, on_connect_failure),
                Err(Setback::Final(broken)) => return Err(broken),
            };
            let rest = self.after(fallback);
            match fallback {
                Fallback::Reconnect => return Err(Broken { starts_again: true, ..setback }),
                _ if rest == 0 => return Err(setback),
                _ => {}
            }
            if let Some(said) = setback.said.filter(|_| self.task.client.messages.every_attempt) {
                sim::said(said);
            }
            self.commands.drain(..self.commands.len() - rest);
        }
    }

    /// How many commands are left to be tried after the present one has failed.
    fn after(&self, fallback: Fallback) -> usize {
        match fallback {
            Fallback::Stop | Fallback::Reconnect => 0,
            Fallback::NextCommand => self.commands.len() - 1,
            Fallback::ActiveMode => {
                let rest = self.commands.iter().skip(1).skip_while(|command| !command.is_active());
                rest.count()
            }
        }
    }

    /// The first command that has not failed yet; `EPSV` only if the server's features call for it.
    fn next_command(&mut self) -> Option<DataCommand> {
        let needed = &self.task.client.data.epsv_needs_feature;
        let epsv_fits =
            needed.is_empty() || needed.iter().any(|feature| self.features.contains(feature));
        if self.commands.front() == Some(&DataCommand::Epsv) && !epsv_fits {
            self.commands.pop_front();
        }
        self.commands.front().copied()
    }

    async fn attempt(
        &mut self,
        command: DataCommand,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Setback> {
        self.dialler.prepare(command);
        let library_fits =
            self.task.client.data.order == Order::ConnectFirst && operation.between.is_empty();
        let result = match command {
            DataCommand::Port | DataCommand::Eprt => self.active(command, what, operation).await,
            DataCommand::Pasv | DataCommand::Epsv if library_fits => {
                self.by_library(command, what, operation).await
            }
            DataCommand::Pasv | DataCommand::Epsv => {
                self.by_control(command, what, operation).await
            }
        };
        self.remember(command);
        result
    }

    fn remember(&mut self, command: DataCommand) {
        let dialled = match self.dialler.last() {
            Dialled::Failed { dialled, .. } => Some(IpAddr::V4(*dialled.ip())),
            Dialled::Not | Dialled::Open | Dialled::Mismatch(_) => None,
        };
        self.decisions.push((command, dialled));
    }

    /// suppaftp's own data command: it sends `PASV` or `EPSV`, reads the reply, calls the dialler and
    /// sends the transfer command.
    async fn by_library(
        &mut self,
        command: DataCommand,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Setback> {
        let mode = if command == DataCommand::Epsv { Mode::ExtendedPassive } else { Mode::Passive };
        self.ftp.set_mode(mode);
        let opened = if what == TransferKind::Upload {
            self.ftp.put_with_stream(self.file(what).to_owned()).await
        } else {
            let line = self.line(what, operation);
            self.ftp.custom_data_command(line, UNDER_WAY).await.map(|(_, stream)| stream)
        };
        let mut stream = opened.map_err(|error| self.setback(error))?;
        let moved = self.move_data(what, &mut stream).await?;
        stream.finish().await.map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
        self.compare(what, moved).await
    }

    /// The same on suppaftp's control connection, for clients with another order on the wire.
    async fn by_control(
        &mut self,
        command: DataCommand,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Setback> {
        let name = if command == DataCommand::Epsv { "EPSV" } else { "PASV" };
        let reply = self.command(name).await.map_err(|error| self.setback(error))?;
        let address = parse(command, &reply)
            .ok_or_else(|| self.setback(FtpError::UnexpectedResponse(reply)))?;
        let command_first = self.task.client.data.order == Order::CommandFirst;
        if command_first {
            self.begin(what, operation).await?;
        }
        let mut stream = self.dialler.dial(address).await.map_err(|error| self.setback(error))?;
        if !command_first {
            self.begin(what, operation).await?;
        }
        self.finish(what, &mut stream).await
    }

    /// Sends what comes between `PASV` and the transfer command, then that command.
    async fn begin(&mut self, what: TransferKind, operation: &Operation) -> Result<(), Setback> {
        let failed = |error| Setback::Final(broken(Stage::Transfer, error));
        let file = self.file(what).to_owned();
        self.commands(&operation.between, &file).await.map_err(failed)?;
        let line = self.line(what, operation);
        self.ftp.custom_command(line, UNDER_WAY).await.map_err(failed)?;
        Ok(())
    }

    /// Moves the data over `stream`, closes it, and waits for the server to confirm.
    async fn finish(&mut self, what: TransferKind, stream: &mut TcpStream) -> Result<(), Setback> {
        let moved = self.move_data(what, stream).await?;
        // The server sees the end of an upload here; after a download it has closed already.
        let _ = stream.shutdown().await;
        self.ftp
            .read_response_in(COMPLETE)
            .await
            .map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
        self.compare(what, moved).await
    }

    /// Active mode: listens, announces the address, and lets the server connect.
    async fn active(
        &mut self,
        command: DataCommand,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Setback> {
        let unable =
            |error: std::io::Error| Setback::Final(Broken::protocol(Stage::DataConnect, error));
        let mut local = self.ftp.get_ref().await.local_addr().map_err(unable)?;
        local.set_port(0);
        let listener = TcpListener::bind(local).await.map_err(unable)?;
        let line = announce(command, listener.local_addr().map_err(unable)?);
        let reply = self.command(&line).await.map_err(|error| self.setback(error))?;
        if code(&reply) >= 300 {
            return Err(self.setback(FtpError::UnexpectedResponse(reply)));
        }
        self.begin(what, operation).await?;
        match tokio::time::timeout(ACTIVE_PATIENCE, listener.accept()).await {
            Ok(Ok((mut stream, _))) => self.finish(what, &mut stream).await,
            Ok(Err(error)) => Err(unable(error)),
            Err(_) => {
                let failure = Failure::Connect(ConnectError::ClientTimeout);
                Err(Setback::Connect(Broken::new(Stage::DataConnect, failure)))
            }
        }
    }

    /// What an error of a data command means, given what became of the data connection.
    fn setback(&self, error: FtpError) -> Setback {
        let client = &self.task.client;
        let stage = Stage::DataConnect;
        match self.dialler.last() {
            Dialled::Open => Setback::Final(broken(Stage::Transfer, error)),
            Dialled::Mismatch(reply) => {
                let mut broken = Broken::new(stage, Failure::AddressMismatch);
                broken.said = messages::mismatch(client, reply);
                Setback::Final(broken)
            }
            Dialled::Failed { error, dialled, waited } => {
                let mut broken = Broken::new(stage, Failure::Connect(error));
                let dial = FailedDial { error, dialled, waited, host: &self.task.host };
                broken.said = Some(messages::connect_failed(client, &dial));
                Setback::Connect(broken)
            }
            Dialled::Not => {
                let reply = match &error {
                    FtpError::UnexpectedResponse(reply) => {
                        String::from_utf8_lossy(&reply.body).into_owned()
                    }
                    other => other.to_string(),
                };
                let mut broken = broken(stage, error);
                broken.said = messages::rejected(client, &reply);
                Setback::Reply(broken)
            }
        }
    }

    /// Reads or writes the data; returns what was read.
    async fn move_data<S>(&self, what: TransferKind, stream: &mut S) -> Result<Vec<u8>, Setback>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut received = Vec::new();
        let result = if what == TransferKind::Upload {
            let content = files::file(&self.task.upload).content;
            stream.write_all(&content).await
        } else {
            stream.read_to_end(&mut received).await.map(|_| ())
        };
        result.map_err(|error| Setback::Final(Broken::protocol(Stage::Transfer, error)))?;
        Ok(received)
    }

    /// Compares what arrived with what was sent, and records it.
    async fn compare(&self, what: TransferKind, received: Vec<u8>) -> Result<(), Setback> {
        let (bytes, digest, intact) = match what {
            TransferKind::List => {
                let listed = String::from_utf8_lossy(&received);
                let complete = listed.contains(&self.task.download.path);
                (received.len() as u64, files::sha256(&received), complete)
            }
            TransferKind::Download => {
                let digest = files::sha256(&received);
                let expected = files::file(&self.task.download).digest;
                (received.len() as u64, digest, digest == expected)
            }
            TransferKind::Upload => {
                let stored = self.task.store.digest(&self.task.upload.path).await;
                let (bytes, digest) = stored.unwrap_or_default();
                (bytes, digest, digest == files::file(&self.task.upload).digest)
            }
        };
        sim::record(What::Transferred { what, bytes, digest, intact });
        if intact {
            return Ok(());
        }
        Err(Setback::Final(Broken::protocol(Stage::Transfer, "what arrived is not what was sent")))
    }
}

/// The address in a reply to `PASV`, or 0.0.0.0 and the port in a reply to `EPSV`.
fn parse(command: DataCommand, reply: &Response) -> Option<SocketAddrV4> {
    let text = String::from_utf8_lossy(&reply.body);
    let (open, close) = (text.find('(')? + 1, text.find(')')?);
    let inside = text.get(open..close)?;
    if command == DataCommand::Epsv {
        let port = (code(reply) == 229).then(|| inside.trim_matches('|').parse().ok())??;
        return Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
    }
    let mut numbers = [0_u8; 6];
    let mut parts = inside.split(',');
    for number in &mut numbers {
        *number = parts.next()?.trim().parse().ok()?;
    }
    let [a, b, c, d, high, low] = numbers;
    let whole = code(reply) == 227 && parts.next().is_none();
    whole.then(|| SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

/// The command that announces a listening address (RFC 959 section 4.1.2, RFC 2428 section 2).
fn announce(command: DataCommand, local: SocketAddr) -> String {
    if command == DataCommand::Eprt {
        return format!("EPRT |1|{}|{}|", local.ip(), local.port());
    }
    let [high, low] = local.port().to_be_bytes();
    format!("PORT {},{high},{low}", local.ip().to_string().replace('.', ","))
}
