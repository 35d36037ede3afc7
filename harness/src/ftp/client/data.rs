//! Moves the data of one transfer, and keeps the control connection alive meanwhile.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use suppaftp::Status;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::session::{Session, code};
use super::setback::{Setback, is_timeout};
use super::{Broken, broken};
use crate::ftp::files;
use crate::record::{Failure, Stage, TransferKind};

/// Replies with which a server confirms a transfer (RFC 959 section 5.4).
const COMPLETE: &[Status] = &[Status::ClosingDataConnection, Status::RequestedFileActionOk];
/// The same, or the reply to `NOOP`.
const CONFIRMED_OR_ALIVE: &[Status] =
    &[Status::ClosingDataConnection, Status::RequestedFileActionOk, Status::CommandOk];
/// Bytes moved by one read or write.
const AT_ONCE: usize = 16 * 1024;

impl Session<'_> {
    /// Reads or writes the data; returns what was read.
    pub(super) async fn move_data<S>(
        &mut self,
        what: TransferKind,
        stream: &mut S,
    ) -> Result<Vec<u8>, Setback>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.confirmed = false;
        self.noops = 0;
        let content =
            (what == TransferKind::Upload).then(|| files::file(&self.task.upload).content);
        let data = &self.task.client.data;
        let mut moving = pin!(move_bytes(content, stream, data.data_timeout));
        let result = match data.noop_every {
            None => moving.await,
            Some(every) => loop {
                tokio::select! {
                    biased;
                    result = &mut moving => break result,
                    () = sleep(every) => self.noop().await?,
                }
            },
        };
        result.map_err(|error| Setback::Final(failed(error)))
    }

    /// Sends `NOOP` in the middle of a transfer. The server may have confirmed the transfer by then,
    /// and answers `NOOP` afterwards.
    async fn noop(&mut self) -> Result<(), Setback> {
        let patience = self.task.client.data.noop_reply_timeout;
        self.noops += 1;
        match super::patiently(patience, self.command("NOOP")).await {
            Ok(reply) => self.answered(code(&reply)),
            // It goes on and expects the answer later.
            Err(error) if patience.is_some() && is_timeout(&error) => {}
            Err(error) => return Err(Setback::Final(broken(Stage::Transfer, error))),
        }
        Ok(())
    }

    fn answered(&mut self, code: u16) {
        match code {
            200 => self.noops = self.noops.saturating_sub(1),
            226 | 250 => self.confirmed = true,
            _ => {}
        }
    }

    /// Waits until the server has confirmed the transfer and answered every `NOOP`.
    pub(super) async fn confirm(&mut self) -> Result<(), Setback> {
        let patience = self.task.client.data.reply_timeout;
        while !self.confirmed || self.noops > 0 {
            let expected = if self.noops > 0 { CONFIRMED_OR_ALIVE } else { COMPLETE };
            let reply = super::patiently(patience, self.ftp.read_response_in(expected)).await;
            let reply = reply.map_err(|error| Setback::Final(broken(Stage::Transfer, error)))?;
            self.answered(code(&reply));
        }
        Ok(())
    }
}

fn failed(error: io::Error) -> Broken {
    match error.kind() {
        ErrorKind::TimedOut => Broken::new(Stage::Transfer, Failure::Silence),
        _ => Broken::protocol(Stage::Transfer, error),
    }
}

/// Writes `content`, or reads to the end if there is none.
async fn move_bytes<S>(
    content: Option<Bytes>,
    stream: &mut S,
    patience: Option<Duration>,
) -> io::Result<Vec<u8>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut received = Vec::new();
    match (content, patience) {
        (Some(content), None) => stream.write_all(&content).await?,
        (None, None) => {
            stream.read_to_end(&mut received).await?;
        }
        (Some(content), Some(patience)) => {
            for part in content.chunks(AT_ONCE) {
                timeout(patience, stream.write_all(part)).await??;
            }
        }
        (None, Some(patience)) => {
            received.reserve(AT_ONCE);
            while timeout(patience, stream.read_buf(&mut received)).await?? > 0 {}
        }
    }
    Ok(received)
}
