//! Active mode: the client listens, announces where, and lets the server connect.

use std::net::{Ipv4Addr, SocketAddr};

use pasvlab_scenarios::{DataCommand, ForeignServer, Operation};
use suppaftp::FtpError;
use tokio::net::{TcpListener, TcpStream};

use super::session::{Session, code};
use super::setback::Setback;
use super::{Broken, messages};
use crate::record::{ConnectError, Failure, Stage, TransferKind, What};
use crate::sim;

impl Session<'_> {
    /// Active mode: listens, announces the address, and lets the server connect.
    pub(super) async fn active(
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
        let patience = self.task.client.data.accept_timeout;
        let accepting = self.accept(&listener);
        let accepted = match patience {
            Some(patience) => tokio::time::timeout(patience, accepting).await,
            None => Ok(accepting.await),
        };
        let Ok(accepted) = accepted else {
            let failure = Failure::Connect(ConnectError::ClientTimeout);
            let mut broken = Broken::new(Stage::DataConnect, failure);
            let (client, waited) = (&self.task.client, patience.unwrap_or_default());
            broken.said = Some(messages::nobody_came(client, &self.known(), local, waited));
            return Err(Setback::Connect(broken, false));
        };
        let (stream, foreign) = accepted.map_err(unable)?;
        if let Some(address) = foreign {
            return Err(self.setback(self.dialler.drop_foreign(address)));
        }
        let mut stream = self.dialler.protected(stream);
        self.finish(what, &mut stream).await
    }

    /// Waits for the server to connect; with the address if that is one which the client refuses.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> std::io::Result<(TcpStream, Option<Ipv4Addr>)> {
        loop {
            let (stream, from) = listener.accept().await?;
            let foreign = match from {
                SocketAddr::V4(from) => {
                    Some(*from.ip()).filter(|from| *from != self.dialler.peer())
                }
                SocketAddr::V6(_) => None,
            };
            match (foreign, self.task.client.data.foreign_server) {
                (Some(_), ForeignServer::Ignore) => {}
                (Some(address), ForeignServer::Refuse) => return Ok((stream, Some(address))),
                (None, _) | (Some(_), ForeignServer::Take) => return Ok((stream, None)),
            }
        }
    }
}

/// The command that announces a listening address (RFC 959 section 4.1.2, RFC 2428 section 2).
fn announce(command: DataCommand, local: SocketAddr) -> String {
    if command == DataCommand::Eprt {
        return format!("EPRT |1|{}|{}|", local.ip(), local.port());
    }
    let [high, low] = local.port().to_be_bytes();
    format!("PORT {},{high},{low}", local.ip().to_string().replace('.', ","))
}
