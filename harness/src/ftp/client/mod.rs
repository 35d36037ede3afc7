//! The FTP client: one engine on suppaftp that behaves as a client file says.
//!
//! - [`policy`] — which address is dialled.
//! - [`replies`] — how the replies to `PASV` and `EPSV` are read.
//! - `dial` — opens a data connection and records who decided where.
//! - `session` — log-in and the three transfers.
//! - `transfer` — one transfer; `active` — the same in active mode.
//! - `setback` — what gets in its way, and the client's fall-backs.
//! - `rounds` — what a client repeats after a failure, and when the lab cuts it short.
//! - `data` — moves the data, and keeps the control connection alive meanwhile.
//! - `messages` — what the client prints.
//!
//! The engine knows no program's name. What programs do differently is data; see
//! [`pasvlab_scenarios::Client`].

mod active;
mod data;
mod dial;
mod messages;
pub mod policy;
pub mod replies;
mod rounds;
mod session;
mod setback;
mod transfer;

use std::time::Duration;

use pasvlab_scenarios::{Client, FileSpec, TransferKind};

use super::server::Store;
use crate::record::{ConnectError, Failure, Stage};

pub use rounds::run;

/// What the client is told to do.
#[derive(Debug, Clone)]
pub struct Task {
    /// The behaviour.
    pub client: Client,
    /// Host name or address to connect to.
    pub host: String,
    /// Control port.
    pub port: u16,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// The file to download, as it is on the server.
    pub download: FileSpec,
    /// The file to upload.
    pub upload: FileSpec,
    /// What it transfers, in order.
    pub transfers: Vec<TransferKind>,
    /// The server's files, to see what an upload left there.
    pub store: Store,
}

/// How a round failed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken {
    stage: Stage,
    failure: Failure,
    /// What the client prints.
    said: Option<String>,
    /// The client's way out of this failure.
    way_out: WayOut,
}

/// What a client does after a failed round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WayOut {
    /// It gives up.
    None,
    /// It starts again if its retry settings name the failure.
    StartAgain,
    /// It starts again with another command, whatever the failure.
    Switch,
    /// It logs in again at once and goes on with another command.
    GoOn,
}

impl Broken {
    fn new(stage: Stage, failure: Failure) -> Self {
        Self { stage, failure, said: None, way_out: WayOut::None }
    }

    fn protocol(stage: Stage, text: impl ToString) -> Self {
        Self::new(stage, Failure::Protocol(text.to_string()))
    }
}

/// The failure behind an error of suppaftp at `stage`.
fn broken(stage: Stage, error: suppaftp::FtpError) -> Broken {
    use suppaftp::FtpError;
    let failure = match error {
        FtpError::UnexpectedResponse(response) => Failure::Rejected(session::code(&response)),
        FtpError::ConnectionError(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
            Failure::Protocol("connection reset by peer".to_owned())
        }
        FtpError::ConnectionError(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            Failure::Silence
        }
        other => Failure::Protocol(other.to_string()),
    };
    Broken::new(stage, failure)
}

/// Waits for something that the other side has to say, no longer than `patience`; giving up is an
/// error of the kind [`std::io::ErrorKind::TimedOut`].
async fn patiently<T>(
    patience: Option<Duration>,
    waiting: impl Future<Output = suppaftp::FtpResult<T>>,
) -> suppaftp::FtpResult<T> {
    let Some(patience) = patience else { return waiting.await };
    match tokio::time::timeout(patience, waiting).await {
        Ok(result) => result,
        Err(_) => Err(suppaftp::FtpError::ConnectionError(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Writes all of `bytes` to a stream that somebody else reads.
async fn write_all(stream: &tokio::net::TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opens a TCP connection, waiting no longer than `patience`.
async fn connect(
    address: std::net::SocketAddr,
    patience: Option<Duration>,
) -> Result<tokio::net::TcpStream, ConnectError> {
    let connect = tokio::net::TcpStream::connect(address);
    let result = match patience {
        Some(patience) => match tokio::time::timeout(patience, connect).await {
            Ok(result) => result,
            Err(_) => return Err(ConnectError::ClientTimeout),
        },
        None => connect.await,
    };
    result.map_err(ConnectError::from)
}
