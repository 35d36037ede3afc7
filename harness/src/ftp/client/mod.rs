//! The FTP client: one engine on suppaftp that behaves as a client file says.
//!
//! - [`policy`] — which address is dialled.
//! - `dial` — opens a data connection and records who decided where.
//! - `session` — log-in and the three transfers.
//! - `transfer` — one transfer, with its fall-backs.
//! - `rounds` — what a client repeats after a failure, and when the lab cuts it short.
//! - `messages` — what the client prints.
//!
//! The engine knows no program's name. What programs do differently is data; see
//! [`pasvlab_scenarios::Client`].

mod dial;
mod messages;
pub mod policy;
mod rounds;
mod session;
mod transfer;

use std::time::Duration;

use pasvlab_scenarios::{Client, FileSpec};

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
    /// Whether the client's way out of this failure is to start again.
    starts_again: bool,
}

impl Broken {
    fn new(stage: Stage, failure: Failure) -> Self {
        Self { stage, failure, said: None, starts_again: false }
    }

    fn protocol(stage: Stage, text: impl ToString) -> Self {
        Self::new(stage, Failure::Protocol(text.to_string()))
    }
}

/// The failure behind an error of suppaftp at `stage`.
fn broken(stage: Stage, error: suppaftp::FtpError) -> Broken {
    use suppaftp::FtpError;
    let failure = match error {
        FtpError::UnexpectedResponse(response) => Failure::Rejected(response.status.code() as u16),
        FtpError::ConnectionError(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
            Failure::Protocol("connection reset by peer".to_owned())
        }
        other => Failure::Protocol(other.to_string()),
    };
    Broken::new(stage, failure)
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
