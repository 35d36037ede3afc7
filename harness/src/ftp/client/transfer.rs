//! One transfer: prepares the data connection with the commands that the client knows, falls back as
//! it does, moves the data and compares it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use pasvlab_scenarios::{DataCommand, EpsvReply, Fallback, Operation, Order, PasvReply};
use suppaftp::types::Response;
use suppaftp::{FtpError, Mode, Status};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::dial::Dialled;
use super::messages::{self, FailedDial};
use super::session::{Session, code};
use super::{Broken, WayOut, broken, replies};
use crate::ftp::files;
use crate::record::{ConnectError, Failure, Stage, TransferKind, What};
use crate::sim;

/// Replies with which a server announces a transfer (RFC 959 section 5.4).
const UNDER_WAY: &[Status] = &[Status::AboutToSend, Status::AlreadyOpen];

/// Why a data-connection command led nowhere.
pub(super) enum Setback {
    /// The server's reply is negative or cannot be used; its code, if there was one.
    Reply(Broken, Option<u16>),
    /// The client does not accept the announced address.
    Mismatch(Broken),
    /// The data connection could not be opened; whether the peer had been put in place of the
    /// announced address.
    Connect(Broken, bool),
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
        let data = &self.task.client.data;
        if data.forgets_failures {
            self.commands = data.commands.iter().copied().collect();
        }
        let mut tries = 0;
        loop {
            let Some(command) = self.next_command() else {
                return Err(Broken::protocol(Stage::DataConnect, "no way of transfer is left"));
            };
            let setback = match self.attempt(command, what, operation).await {
                Ok(()) => {
                    if self.task.client.data.pins_first_success {
                        self.commands = VecDeque::from([command]);
                    }
                    return Ok(());
                }
                Err(setback) => setback,
            };
            tries += 1;
            let again = matches!(setback, Setback::Connect(..)) && !command.is_active();
            if again && tries < self.task.client.data.tries {
                self.say_of_attempt(&setback);
                continue;
            }
            tries = 0;
            self.fall_back(command, setback)?;
        }
    }

    /// Goes on to the next command after a setback, or gives up.
    fn fall_back(&mut self, command: DataCommand, setback: Setback) -> Result<(), Broken> {
        let fallback = self.fallback(command, &setback);
        let refused = command == DataCommand::Epsv && matches!(setback, Setback::Reply(..));
        let rest = self.after(fallback);
        if rest > 0 && matches!(fallback, Fallback::NextCommand | Fallback::ActiveMode) {
            self.say_of_attempt(&setback);
        }
        let (Setback::Reply(broken, _)
        | Setback::Mismatch(broken)
        | Setback::Connect(broken, _)
        | Setback::Final(broken)) = setback;
        if fallback == Fallback::Reconnect {
            return Err(Broken { way_out: WayOut::StartAgain, ..broken });
        }
        if rest == 0 {
            return Err(broken);
        }
        self.commands.drain(..self.commands.len() - rest);
        if refused && self.task.client.data.eprt_needs_epsv {
            self.commands.retain(|command| *command != DataCommand::Eprt);
        }
        match fallback {
            Fallback::ReconnectNext | Fallback::ReconnectActive => {
                Err(Broken { way_out: WayOut::GoOn, ..broken })
            }
            _ => Ok(()),
        }
    }

    fn say_of_attempt(&self, setback: &Setback) {
        let (Setback::Reply(broken, _)
        | Setback::Mismatch(broken)
        | Setback::Connect(broken, _)
        | Setback::Final(broken)) = setback;
        if let (Some(said), true) = (&broken.said, self.task.client.messages.every_attempt) {
            sim::said(said);
        }
    }

    /// What the client does after a setback.
    fn fallback(&self, command: DataCommand, setback: &Setback) -> Fallback {
        let data = &self.task.client.data;
        match setback {
            Setback::Reply(_, code) => {
                let rules = data.on_reply_codes.iter();
                let mut fitting = rules.filter(|rule| {
                    rule.commands.contains(&command)
                        && code.is_some_and(|code| rule.codes.contains(&code))
                });
                fitting.next().map_or(data.on_reply_error, |rule| rule.then)
            }
            Setback::Mismatch(_) => data.on_mismatch,
            Setback::Connect(_, true) => {
                data.on_replaced_connect_failure.unwrap_or(data.on_connect_failure)
            }
            Setback::Connect(_, false) => data.on_connect_failure,
            Setback::Final(_) => Fallback::Stop,
        }
    }

    /// How many commands are left to be tried after the present one has failed.
    fn after(&self, fallback: Fallback) -> usize {
        match fallback {
            Fallback::Stop | Fallback::Reconnect => 0,
            Fallback::NextCommand | Fallback::ReconnectNext => self.commands.len() - 1,
            Fallback::ActiveMode | Fallback::ReconnectActive => {
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
        let data = &self.task.client.data;
        let library_fits = data.order == Order::ConnectFirst
            && operation.between.is_empty()
            && operation.before_connect.is_empty()
            && data.pasv_reply == PasvReply::ExactParentheses
            && data.epsv_reply == EpsvReply::Bars
            && data.reply_timeout.is_none()
            && data.noop_every.is_none();
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
        let address = self
            .read_address(command, &reply)
            .ok_or_else(|| self.setback(FtpError::UnexpectedResponse(reply)))?;
        let file = self.file(what).to_owned();
        let ready = self.commands(&operation.before_connect, &file).await;
        ready.map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
        let command_first = self.task.client.data.order == Order::CommandFirst;
        if command_first {
            // Nobody asks for a transfer for which it will not connect.
            if let Some(error) = self.dialler.refuses(address) {
                return Err(self.setback(error));
            }
            self.begin(what, operation).await?;
        }
        let mut stream = self.dialler.dial(address).await.map_err(|error| self.setback(error))?;
        if !command_first {
            self.begin(what, operation).await?;
        }
        self.finish(what, &mut stream).await
    }

    /// The address in a reply to `PASV`, or 0.0.0.0 and the port in a reply to `EPSV`.
    fn read_address(&self, command: DataCommand, reply: &Response) -> Option<SocketAddrV4> {
        let data = &self.task.client.data;
        let text = String::from_utf8_lossy(&reply.body);
        let code = code(reply);
        if command != DataCommand::Epsv {
            return replies::pasv(data.pasv_reply, code, &text);
        }
        let port = replies::epsv(data.epsv_reply, code, &text);
        match port {
            Some(port) => Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)),
            None if data.epsv_takes_pasv_reply && (200..300).contains(&code) => {
                // From here on it is as if `PASV` had been sent.
                self.dialler.prepare(DataCommand::Pasv);
                replies::pasv(data.pasv_reply, 227, &text)
            }
            None => None,
        }
    }

    /// Sends what comes between `PASV` and the transfer command, then that command.
    async fn begin(&mut self, what: TransferKind, operation: &Operation) -> Result<(), Setback> {
        let failed = |error| Setback::Final(broken(Stage::Transfer, error));
        let file = self.file(what).to_owned();
        self.commands(&operation.between, &file).await.map_err(failed)?;
        let line = self.line(what, operation);
        let patience = self.task.client.data.reply_timeout;
        let reply = super::patiently(patience, self.ftp.custom_command(line, UNDER_WAY)).await;
        reply.map_err(failed)?;
        Ok(())
    }

    /// Moves the data over `stream`, closes it, and waits for the server to confirm.
    async fn finish(&mut self, what: TransferKind, stream: &mut TcpStream) -> Result<(), Setback> {
        let moved = self.move_data(what, stream).await?;
        // The server sees the end of an upload here; after a download it has closed already.
        let _ = stream.shutdown().await;
        self.confirm().await?;
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
        let local = listener.local_addr().map_err(unable)?;
        if let SocketAddr::V4(address) = local {
            sim::record(What::Offered { command, address });
        }
        let line = announce(command, local);
        let reply = self.command(&line).await.map_err(|error| self.setback(error))?;
        if code(&reply) >= 300 {
            return Err(self.setback(FtpError::UnexpectedResponse(reply)));
        }
        self.begin(what, operation).await?;
        let accepted = match self.task.client.data.accept_timeout {
            Some(patience) => tokio::time::timeout(patience, listener.accept()).await,
            None => Ok(listener.accept().await),
        };
        match accepted {
            Ok(Ok((mut stream, _))) => self.finish(what, &mut stream).await,
            Ok(Err(error)) => Err(unable(error)),
            Err(_) => {
                let failure = Failure::Connect(ConnectError::ClientTimeout);
                Err(Setback::Connect(Broken::new(Stage::DataConnect, failure), false))
            }
        }
    }

    /// What an error of a data command means, given what became of the data connection.
    fn setback(&self, error: FtpError) -> Setback {
        let client = &self.task.client;
        let stage = Stage::DataConnect;
        match self.dialler.last() {
            _ if is_timeout(&error) && !matches!(self.dialler.last(), Dialled::Failed { .. }) => {
                Setback::Final(broken(Stage::Transfer, error))
            }
            Dialled::Open => Setback::Final(broken(Stage::Transfer, error)),
            Dialled::Mismatch(reply) => {
                let mut broken = Broken::new(stage, Failure::AddressMismatch);
                broken.said = messages::mismatch(client, reply);
                Setback::Mismatch(broken)
            }
            Dialled::Failed { error, dialled, waited, replaced } => {
                let mut broken = Broken::new(stage, Failure::Connect(error));
                let dial = FailedDial { error, dialled, waited, host: &self.task.host };
                broken.said = Some(messages::connect_failed(client, &dial));
                Setback::Connect(broken, replaced)
            }
            Dialled::Not => {
                let reply = match &error {
                    FtpError::UnexpectedResponse(reply) => {
                        String::from_utf8_lossy(&reply.body).into_owned()
                    }
                    other => other.to_string(),
                };
                let code = match &error {
                    FtpError::UnexpectedResponse(reply) => Some(code(reply)),
                    _ => None,
                };
                let mut broken = broken(stage, error);
                broken.said = if code.is_some_and(|code| code < 400) {
                    broken.failure = Failure::Protocol(format!("cannot read {reply:?}"));
                    messages::unparsable(client, &reply)
                } else {
                    messages::rejected(client, &reply)
                };
                Setback::Reply(broken, code)
            }
        }
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

/// Whether nothing came for longer than the client waits.
pub(super) fn is_timeout(error: &FtpError) -> bool {
    matches!(error, FtpError::ConnectionError(error) if error.kind() == ErrorKind::TimedOut)
}

/// The command that announces a listening address (RFC 959 section 4.1.2, RFC 2428 section 2).
fn announce(command: DataCommand, local: SocketAddr) -> String {
    if command == DataCommand::Eprt {
        return format!("EPRT |1|{}|{}|", local.ip(), local.port());
    }
    let [high, low] = local.port().to_be_bytes();
    format!("PORT {},{high},{low}", local.ip().to_string().replace('.', ","))
}
