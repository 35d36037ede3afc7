//! `UdpSocket`.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use real::io::{Interest, ReadBuf, Ready};

use super::addr::{ToSocketAddrs, first_that_works, to_socket_addrs};
use super::ready::{self, unsupported};
use crate::sim::{self, Datagram};

/// A UDP socket.
///
/// What does not concern addresses or readiness is in terms of the `poll_…`
/// methods, so that the real and the simulated side differ in those alone.
pub struct UdpSocket(pub(super) Side);

pub(super) enum Side {
    Real(real::net::UdpSocket),
    Simulated(Box<dyn Datagram>),
}

use Side::{Real, Simulated};

impl UdpSocket {
    /// Binds the first address of `addr` which can be bound.
    ///
    /// # Errors
    ///
    /// The error of the last address tried, or
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when there is none.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        let addresses = to_socket_addrs(addr).await?;
        first_that_works(addresses, |address| {
            let simulated = sim::current().map(|network| network.bind_udp(address));
            async move {
                match simulated {
                    Some(socket) => socket.map(|socket| Self(Simulated(socket))),
                    None => Ok(Self(Real(real::net::UdpSocket::bind(address).await?))),
                }
            }
        })
        .await
    }

    /// Takes over a socket of the standard library, which is always a real one.
    ///
    /// # Errors
    ///
    /// When the socket cannot be registered with the runtime.
    ///
    /// # Panics
    ///
    /// As the real function: for a blocking socket, and outside a runtime.
    #[track_caller]
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        real::net::UdpSocket::from_std(socket).map(|socket| Self(Real(socket)))
    }

    /// Gives the socket up as one of the standard library.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) for a simulated socket.
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        match self.0 {
            Real(socket) => socket.into_std(),
            Simulated(_) => Err(unsupported("UdpSocket::into_std")),
        }
    }

    /// The bound address.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(socket) => socket.local_addr(),
            Simulated(socket) => socket.local_addr(),
        }
    }

    /// The peer fixed by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) before that.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(socket) => socket.peer_addr(),
            Simulated(socket) => socket.peer_addr(),
        }
    }

    /// Fixes the peer, trying each address of `addr` in turn.
    ///
    /// # Errors
    ///
    /// The error of the last address tried, or
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when there is none.
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        let addresses = to_socket_addrs(addr).await?;
        first_that_works(addresses, |address| async move {
            match &self.0 {
                Real(socket) => socket.connect(address).await,
                Simulated(socket) => socket.connect(address),
            }
        })
        .await
    }

    /// Waits for any of `interest`.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match &self.0 {
            Real(socket) => socket.ready(interest).await,
            Simulated(socket) => {
                poll_fn(|cx| ready::poll_datagram_ready(&**socket, interest, cx)).await
            }
        }
    }

    /// Waits until a send might succeed.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Waits until a receive would return.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Polls for what [`writable`](Self::writable) waits for.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(socket) => socket.poll_send_ready(cx),
            Simulated(socket) => socket.poll_send_ready(cx),
        }
    }

    /// Polls for what [`readable`](Self::readable) waits for.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(socket) => socket.poll_recv_ready(cx),
            Simulated(socket) => ready::poll_recv_ready(&**socket, cx),
        }
    }

    /// Sends to the peer fixed by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Those of a send; without a peer,
    /// [`NotConnected`](io::ErrorKind::NotConnected) for a simulated socket.
    pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &self.0 {
            Real(socket) => socket.poll_send(cx, buf),
            Simulated(socket) => socket.poll_send_to(cx, buf, socket.peer_addr()?),
        }
    }

    /// Sends to `target`.
    ///
    /// # Errors
    ///
    /// Those of a send.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        match &self.0 {
            Real(socket) => socket.poll_send_to(cx, buf, target),
            Simulated(socket) => socket.poll_send_to(cx, buf, target),
        }
    }

    /// Receives one datagram.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(socket) => socket.poll_recv(cx, buf),
            Simulated(socket) => socket.poll_recv_from(cx, buf).map_ok(drop),
        }
    }

    /// Receives one datagram and tells its sender.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        match &self.0 {
            Real(socket) => socket.poll_recv_from(cx, buf),
            Simulated(socket) => socket.poll_recv_from(cx, buf),
        }
    }

    /// Copies one datagram without consuming it.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(socket) => socket.poll_peek(cx, buf),
            Simulated(socket) => socket.poll_peek_from(cx, buf).map_ok(drop),
        }
    }

    /// Copies one datagram without consuming it and tells its sender.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        match &self.0 {
            Real(socket) => socket.poll_peek_from(cx, buf),
            Simulated(socket) => socket.poll_peek_from(cx, buf),
        }
    }

    /// Tells the sender of the next datagram without consuming it.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        match &self.0 {
            Real(socket) => socket.poll_peek_sender(cx),
            Simulated(socket) => socket.poll_peek_from(cx, &mut ReadBuf::new(&mut [])),
        }
    }

    /// Runs `f`, which does its own system call on the descriptor, if the socket
    /// is ready for `interest`.
    ///
    /// # Errors
    ///
    /// Those of `f`; [`Unsupported`](io::ErrorKind::Unsupported) for a simulated
    /// socket, whose descriptor carries no data.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        match &self.0 {
            Real(socket) => socket.try_io(interest, f),
            Simulated(_) => Err(unsupported("UdpSocket::try_io")),
        }
    }

    /// Waits for `interest` and runs `f`, which does its own system call on the
    /// descriptor.
    ///
    /// # Errors
    ///
    /// As for [`try_io`](Self::try_io).
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        f: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        match &self.0 {
            Real(socket) => socket.async_io(interest, f).await,
            Simulated(_) => Err(unsupported("UdpSocket::async_io")),
        }
    }
}

impl TryFrom<std::net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    fn try_from(socket: std::net::UdpSocket) -> Result<Self, Self::Error> {
        Self::from_std(socket)
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Real(socket) => socket.fmt(f),
            Simulated(socket) => socket.fmt(f),
        }
    }
}

#[cfg(unix)]
mod sys {
    use super::{Real, Simulated, UdpSocket};
    use crate::net::ready::no_descriptor;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    impl AsRawFd for UdpSocket {
        fn as_raw_fd(&self) -> RawFd {
            self.as_fd().as_raw_fd()
        }
    }

    impl AsFd for UdpSocket {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.0 {
                Real(socket) => socket.as_fd(),
                Simulated(_) => no_descriptor().as_fd(),
            }
        }
    }
}
