//! A connection that goes over to TLS while somebody else holds it: a library that speaks FTP in clear
//! sees one connection, and what it writes is sealed from some moment on.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pasvlab_scenarios::TlsSession;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sim::Stream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{Connect, TlsConnector};

use super::Identity;

/// With whom, and how.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Terms {
    /// TLS with the lab's server, which is known by this name or address.
    ///
    /// # Panics
    /// If it is neither, which none that was loaded is.
    pub(crate) fn with(host: &str, session: TlsSession) -> Self {
        let name = ServerName::try_from(host.to_owned()).expect("a name or an address");
        Self { config: Identity::of(host).client(session), name }
    }
}

/// Lets a connection go over to TLS.
#[derive(Debug)]
pub(crate) struct Switch(Arc<Mutex<Side>>);

impl Switch {
    /// From here on everything is sealed. The handshake comes before what is written or read next.
    pub(crate) fn seal(&self, terms: &Terms) {
        let mut side = lock(&self.0);
        *side = match std::mem::replace(&mut *side, Side::Broken) {
            Side::Clear(stream) => Side::handshake(stream, terms),
            other => other,
        };
    }
}

/// The same connection, and what lets it go over to TLS.
pub(crate) fn sealable(stream: TcpStream) -> (TcpStream, Switch) {
    let side = Arc::new(Mutex::new(Side::Clear(stream)));
    (tokio::sim::tcp_stream(Box::new(Sealable(Arc::clone(&side)))), Switch(side))
}

/// The same connection in TLS. The handshake comes before what is written or read first.
pub(crate) fn sealed(stream: TcpStream, terms: &Terms) -> TcpStream {
    let side = Arc::new(Mutex::new(Side::handshake(stream, terms)));
    tokio::sim::tcp_stream(Box::new(Sealable(side)))
}

#[derive(Debug)]
struct Sealable(Arc<Mutex<Side>>);

enum Side {
    Clear(TcpStream),
    Handshake(Box<Connect<TcpStream>>),
    Sealed(Box<TlsStream<TcpStream>>),
    /// The handshake has failed.
    Broken,
}

impl std::fmt::Debug for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "clear",
            Self::Handshake(_) => "handshake",
            Self::Sealed(_) => "sealed",
            Self::Broken => "broken",
        })
    }
}

impl Side {
    fn handshake(stream: TcpStream, terms: &Terms) -> Self {
        let connector = TlsConnector::from(Arc::clone(&terms.config));
        Self::Handshake(Box::new(connector.connect(terms.name.clone(), stream)))
    }

    /// Gets a handshake done that is under way.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Handshake(connect) = self {
            *self = match ready!(Pin::new(connect).poll(cx)) {
                Ok(stream) => Self::Sealed(Box::new(stream)),
                Err(error) => {
                    *self = Self::Broken;
                    return Poll::Ready(Err(error));
                }
            };
        }
        Poll::Ready(Ok(()))
    }

    fn tcp(&self) -> io::Result<&TcpStream> {
        let gone = || io::Error::from(io::ErrorKind::NotConnected);
        match self {
            Self::Clear(stream) => Ok(stream),
            Self::Handshake(connect) => connect.get_ref().ok_or_else(gone),
            Self::Sealed(stream) => Ok(stream.get_ref().0),
            Self::Broken => Err(gone()),
        }
    }
}

fn lock(side: &Mutex<Side>) -> MutexGuard<'_, Side> {
    side.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sealable {
    fn tcp<R>(&self, f: impl FnOnce(&TcpStream) -> io::Result<R>) -> io::Result<R> {
        f(lock(&self.0).tcp()?)
    }
}

impl Stream for Sealable {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut side = lock(&self.0);
        ready!(side.poll_open(cx))?;
        match &mut *side {
            Side::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            // Programs take an end without TLS's farewell for the end; whether all has come is for the
            // reply on the control connection to say.
            Side::Sealed(stream) => match Pin::new(stream).poll_read(cx, buf) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                result => result,
            },
            Side::Handshake(_) | Side::Broken => {
                Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
            }
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut side = lock(&self.0);
        ready!(side.poll_open(cx))?;
        match &mut *side {
            Side::Clear(stream) => Pin::new(stream).poll_write(cx, buf),
            Side::Sealed(stream) => Pin::new(stream).poll_write(cx, buf),
            Side::Handshake(_) | Side::Broken => {
                Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
            }
        }
    }

    fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut side = lock(&self.0);
        ready!(side.poll_open(cx))?;
        match &mut *side {
            Side::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Side::Sealed(stream) => Pin::new(stream).poll_shutdown(cx),
            Side::Handshake(_) | Side::Broken => {
                Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
            }
        }
    }

    fn poll_peek(&self, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut side = lock(&self.0);
        ready!(side.poll_open(cx))?;
        side.tcp()?.poll_write_ready(cx)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp(TcpStream::local_addr)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp(TcpStream::peer_addr)
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.tcp(|stream| stream.set_nodelay(nodelay))
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.tcp(TcpStream::nodelay)
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.tcp(|stream| stream.set_ttl(ttl))
    }

    fn ttl(&self) -> io::Result<u32> {
        self.tcp(TcpStream::ttl)
    }

    #[expect(deprecated, reason = "passes on what was asked for")]
    fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.tcp(|stream| stream.set_linger(linger))
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        self.tcp(TcpStream::linger)
    }
}
