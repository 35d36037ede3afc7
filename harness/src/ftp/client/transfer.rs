//! One transfer: prepares the data connection with the commands that the client knows, falls back as
//! it does, moves the data and compares it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use pasvlab_scenarios::{DataCommand, EpsvReply, Operation, Order, PasvReply};
use suppaftp::types::Response;
use suppaftp::{FtpError, Mode, Status};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::dial::Dialled;
use super::session::{Session, code};
use super::setback::Setback;
use super::{Broken, broken, replies};
use crate::ftp::files;
use crate::record::{Stage, TransferKind, What};
use crate::sim;

/// Replies with which a server announces a transfer (RFC 959 section 5.4).
const UNDER_WAY: &[Status] = &[Status::AboutToSend, Status::AlreadyOpen];

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
        let goes_on =
            std::mem::take(&mut self.resumed) || (data.keeps_active_mode && self.active_worked);
        if data.forgets_failures && !goes_on {
            self.commands = data.commands.iter().copied().collect();
        }
        let mut tries = 0;
        loop {
            let Some(command) = self.next_command() else {
                return Err(Broken::protocol(Stage::DataConnect, "no way of transfer is left"));
            };
            let setback = match self.attempt(command, what, operation).await {
                Ok(()) => {
                    self.active_worked |= command.is_active();
                    if self.task.client.data.pins_first_success {
                        self.commands = VecDeque::from([command]);
                    }
                    return Ok(());
                }
                Err(setback) => setback,
            };
            let unusable = matches!(setback, Setback::Unparsable(_) | Setback::Mismatch(_));
            if unusable && self.task.client.data.aborts {
                let _ = self.command("ABOR").await;
            }
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
        let library_fits = operation.order.unwrap_or(data.order) == Order::ConnectFirst
            && operation.between.is_empty()
            && operation.before_connect.is_empty()
            && data.pasv_reply == PasvReply::ExactParentheses
            && data.epsv_reply == EpsvReply::Bars
            && data.reply_timeout.is_none()
            && data.noop_every.is_none()
            // It would close a connection of whose TLS it does not know before the server has, and what
            // it had not read, a ticket, would make that a reset.
            && !self.dialler.protects();
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
        let address = self.read_address(command, &reply);
        self.dialler.keep_reply(&String::from_utf8_lossy(&reply.body), address);
        let address = match address {
            Some(address) => address,
            None => self.without_address(command, reply)?,
        };
        let file = self.file(what).to_owned();
        let ready = self.commands(&operation.before_connect, &file).await;
        ready.map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
        let mut stream = self.connect_and_begin(address, what, operation).await?;
        self.finish(what, &mut stream).await
    }

    /// Opens the data connection and has the transfer begun, in the client's order.
    async fn connect_and_begin(
        &mut self,
        address: SocketAddrV4,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<TcpStream, Setback> {
        let data = &self.task.client.data;
        let order = operation.order.unwrap_or(data.order);
        let dialler = Arc::clone(&self.dialler);
        if order == Order::ConnectFirst {
            let opened = dialler.dial(address).await;
            let stream = opened.map_err(|error| self.setback(error))?;
            self.begin(what, operation).await?;
            return self.at_peer(stream);
        }
        // Nobody asks for a transfer for which it will not connect.
        if let Some(error) = dialler.refuses(address) {
            return Err(self.setback(error));
        }
        self.send(what, operation).await?;
        let opened = dialler.dial(address).await;
        if opened.is_ok() || data.reads_reply_after_failure {
            let begun = self.begun().await;
            if opened.is_ok() {
                begun?;
            }
        }
        self.at_peer(opened.map_err(|error| self.setback(error))?)
    }

    /// The connection, unless it leads elsewhere than to the peer and the client minds.
    fn at_peer(&self, stream: TcpStream) -> Result<TcpStream, Setback> {
        match stream.peer_addr() {
            Ok(SocketAddr::V4(address))
                if self.task.client.data.data_must_be_at_peer
                    && *address.ip() != self.dialler.peer() =>
            {
                Err(self.setback(self.dialler.drop_foreign(*address.ip())))
            }
            _ => Ok(stream),
        }
    }

    /// What a client dials after a reply that it could not read, if anything.
    fn without_address(
        &self,
        command: DataCommand,
        reply: Response,
    ) -> Result<SocketAddrV4, Setback> {
        let setback = self.setback(FtpError::UnexpectedResponse(reply));
        let goes_on = self.task.client.data.unparsable_is_control_port;
        match setback {
            Setback::Unparsable(broken) if goes_on && command == DataCommand::Pasv => {
                if let Some(said) = broken.said {
                    sim::said(said);
                }
                self.dialler.goes_on_unread();
                Ok(SocketAddrV4::new(self.dialler.peer(), self.task.port))
            }
            other => Err(other),
        }
    }

    /// The address in a reply to `PASV`, or 0.0.0.0 and the port in a reply to `EPSV`.
    fn read_address(&self, command: DataCommand, reply: &Response) -> Option<SocketAddrV4> {
        let data = &self.task.client.data;
        let text = String::from_utf8_lossy(&reply.body);
        let code = code(reply);
        if command != DataCommand::Epsv {
            return passive(data.pasv_reply, code, &text);
        }
        let port = replies::epsv(data.epsv_reply, code, &text);
        match port {
            Some(port) => Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)),
            None if data.epsv_takes_pasv_reply && (200..300).contains(&code) => {
                // From here on it is as if `PASV` had been sent.
                self.dialler.prepare(DataCommand::Pasv);
                passive(data.pasv_reply, 227, &text)
            }
            None => None,
        }
    }

    /// Sends what comes between `PASV` and the transfer command, then that command, and reads the
    /// reply.
    pub(super) async fn begin(
        &mut self,
        what: TransferKind,
        operation: &Operation,
    ) -> Result<(), Setback> {
        self.send(what, operation).await?;
        self.begun().await
    }

    /// Sends what comes between `PASV` and the transfer command, then that command; its reply is still
    /// to be read.
    async fn send(&mut self, what: TransferKind, operation: &Operation) -> Result<(), Setback> {
        let failed = |error| Setback::Final(broken(Stage::Transfer, error));
        let file = self.file(what).to_owned();
        self.commands(&operation.between, &file).await.map_err(failed)?;
        let line = format!("{}\r\n", self.line(what, operation));
        let control = self.ftp.get_ref().await;
        let written = super::write_all(&control, line.as_bytes()).await;
        written.map_err(|error| failed(FtpError::ConnectionError(error)))
    }

    /// Reads the reply to the transfer command.
    async fn begun(&mut self) -> Result<(), Setback> {
        let patience = self.task.client.data.reply_timeout;
        let reply = super::patiently(patience, self.ftp.read_response_in(UNDER_WAY)).await;
        reply.map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
        Ok(())
    }

    /// Moves the data over `stream`, closes it, and waits for the server to confirm.
    pub(super) async fn finish(
        &mut self,
        what: TransferKind,
        stream: &mut TcpStream,
    ) -> Result<(), Setback> {
        let moved = self.move_data(what, stream).await?;
        // The server sees the end of an upload here; after a download it has closed already.
        let _ = stream.shutdown().await;
        self.confirm().await?;
        self.compare(what, moved).await
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

/// Address and port in a reply to `PASV`. Some programs read the port only; then the address is what
/// the record has to tell of the reply, and nobody dials it.
fn passive(way: PasvReply, code: u16, text: &str) -> Option<SocketAddrV4> {
    let read = replies::pasv(way, code, text)?;
    if !matches!(way, PasvReply::LastTwo | PasvReply::PortOfSix) {
        return Some(read);
    }
    let announced = replies::pasv(PasvReply::FirstSix, 227, text).map(|announced| *announced.ip());
    Some(SocketAddrV4::new(announced.unwrap_or(*read.ip()), read.port()))
}
