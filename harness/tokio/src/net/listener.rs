//! `TcpListener`.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::addr::{ToSocketAddrs, first_that_works, to_socket_addrs};
use super::ready::unsupported;
use super::stream::TcpStream;
use crate::sim::{self, Listener, SocketOptions};

/// A TCP socket server, listening for connections.
pub struct TcpListener(Side);

enum Side {
    Real(real::net::TcpListener),
    Simulated(Box<dyn Listener>),
}

use Side::{Real, Simulated};

impl TcpListener {
    pub(super) fn real(listener: real::net::TcpListener) -> Self {
        Self(Real(listener))
    }

    pub(super) fn simulated(listener: Box<dyn Listener>) -> Self {
        Self(Simulated(listener))
    }

    /// Listens on the first address of `addr` which can be bound, with
    /// `SO_REUSEADDR` set.
    ///
    /// # Errors
    ///
    /// The error of the last address tried, or
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when there is none.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        let addresses = to_socket_addrs(addr).await?;
        first_that_works(addresses, |address| {
            let simulated = sim::current().map(|network| {
                let options = SocketOptions { reuse_address: true, ..SocketOptions::default() };
                network.listen(address, &options)
            });
            async move {
                match simulated {
                    Some(listener) => listener.map(Self::simulated),
                    None => real::net::TcpListener::bind(address).await.map(Self::real),
                }
            }
        })
        .await
    }

    /// Waits for a connection.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.0 {
            Real(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((TcpStream::real(stream), peer))
            }
            Simulated(_) => poll_fn(|cx| self.poll_accept(cx)).await,
        }
    }

    /// Polls for what [`accept`](Self::accept) waits for.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        match &self.0 {
            Real(listener) => {
                listener.poll_accept(cx).map_ok(|(stream, peer)| (TcpStream::real(stream), peer))
            }
            Simulated(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, peer)| (TcpStream::simulated(stream), peer)),
        }
    }

    /// Takes over a listener of the standard library, which is always a real
    /// one.
    ///
    /// # Errors
    ///
    /// When the listener cannot be registered with the runtime.
    ///
    /// # Panics
    ///
    /// As the real function: for a blocking listener, and outside a runtime.
    #[track_caller]
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        real::net::TcpListener::from_std(listener).map(Self::real)
    }

    /// Gives the listener up as one of the standard library.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) for a simulated listener.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        match self.0 {
            Real(listener) => listener.into_std(),
            Simulated(_) => Err(unsupported("TcpListener::into_std")),
        }
    }

    /// The bound address, which tells the port that port 0 became.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(listener) => listener.local_addr(),
            Simulated(listener) => listener.local_addr(),
        }
    }

    /// Gets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn ttl(&self) -> io::Result<u32> {
        match &self.0 {
            Real(listener) => listener.ttl(),
            Simulated(listener) => listener.ttl(),
        }
    }

    /// Sets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        match &self.0 {
            Real(listener) => listener.set_ttl(ttl),
            Simulated(listener) => listener.set_ttl(ttl),
        }
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    fn try_from(listener: std::net::TcpListener) -> Result<Self, Self::Error> {
        Self::from_std(listener)
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Real(listener) => listener.fmt(f),
            Simulated(listener) => listener.fmt(f),
        }
    }
}

#[cfg(unix)]
mod sys {
    use super::{Real, Simulated, TcpListener};
    use crate::net::ready::no_descriptor;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    impl AsRawFd for TcpListener {
        fn as_raw_fd(&self) -> RawFd {
            self.as_fd().as_raw_fd()
        }
    }

    impl AsFd for TcpListener {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.0 {
                Real(listener) => listener.as_fd(),
                Simulated(_) => no_descriptor().as_fd(),
            }
        }
    }
}
