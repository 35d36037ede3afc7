//! The seam itself: what a simulated network has to provide, and how one is put
//! in force.
//!
//! Wakers: a method named `poll_…` which returns [`Poll::Pending`] must arrange
//! for the waker of its context to be woken, as the real sockets do. The `try_…`
//! methods of [`net`](crate::net) are built on the same methods with
//! [`Waker::noop`](std::task::Waker::noop); an implementation should not let that waker displace one
//! which a task has left earlier.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use real::io::ReadBuf;

/// Boxed future that may be held inside `Send + Sync` futures.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + Sync>>;

/// A simulated network as seen by whichever simulated host is being polled right
/// now.
pub trait Network {
    /// Opens a connection to `peer`.
    ///
    /// # Errors
    ///
    /// Those of a real connect: refused, unreachable, timed out, or the local
    /// address of `options` in use.
    fn connect(
        &self,
        peer: SocketAddr,
        options: &SocketOptions,
    ) -> BoxFuture<io::Result<Box<dyn Stream>>>;

    /// Binds at once (so that "address in use" shows at bind); the listener
    /// accepts from then on.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AddrInUse`] or [`io::ErrorKind::AddrNotAvailable`].
    fn listen(&self, local: SocketAddr, options: &SocketOptions) -> io::Result<Box<dyn Listener>>;

    /// Binds a datagram socket.
    ///
    /// # Errors
    ///
    /// As for [`listen`](Network::listen).
    fn bind_udp(&self, local: SocketAddr) -> io::Result<Box<dyn Datagram>>;

    /// Looks up a host name. Never called with an IP literal.
    ///
    /// # Errors
    ///
    /// When there is no such name.
    fn resolve(&self, host: &str) -> BoxFuture<io::Result<Vec<IpAddr>>>;
}

/// What a program set on a socket before connecting or listening.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// The address of an explicit bind. Set for a connect only; a listener is
    /// given its address as an argument.
    pub local: Option<SocketAddr>,
    /// `TCP_NODELAY`.
    pub nodelay: bool,
    /// `SO_REUSEADDR`. `TcpListener::bind` sets it, as the real one does.
    pub reuse_address: bool,
    /// `SO_REUSEPORT`.
    pub reuse_port: bool,
    /// `SO_KEEPALIVE`.
    pub keepalive: bool,
    /// `SO_LINGER`; `Some(Duration::ZERO)` asks for a reset on close.
    pub linger: Option<Duration>,
    /// `SO_SNDBUF`.
    pub send_buffer: Option<u32>,
    /// `SO_RCVBUF`.
    pub receive_buffer: Option<u32>,
    /// `IP_TTL`.
    pub ttl: Option<u32>,
    /// `IP_TOS`.
    pub type_of_service: Option<u32>,
    /// `IPV6_TCLASS`.
    pub traffic_class: Option<u32>,
    /// `SO_BINDTODEVICE`.
    pub device: Option<Vec<u8>>,
    /// The length of the accept queue, where the program named one. Absent when
    /// an explicit bind came first, because the listener exists from then on.
    pub backlog: Option<u32>,
}

/// A simulated TCP connection. Dropping it closes it.
pub trait Stream: Debug + Send + Sync {
    /// Reads into the unfilled part of `buf`. Ready with nothing filled is the
    /// end of the stream.
    ///
    /// # Errors
    ///
    /// Those of a real read, [`io::ErrorKind::ConnectionReset`] among them.
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>>;

    /// Writes some of `buf`.
    ///
    /// # Errors
    ///
    /// Those of a real write, [`io::ErrorKind::BrokenPipe`] among them.
    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Closes the direction of writing. The first poll must start the close,
    /// because dropping an owned write half polls once and cannot wait.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotConnected`].
    fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Copies what a read would return without consuming it; the number is how
    /// much was copied, and 0 is the end of the stream.
    ///
    /// # Errors
    ///
    /// As for [`poll_read`](Stream::poll_read), leaving the error to be read.
    fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>>;

    /// Waits until a write might succeed. Always ready unless overridden, in
    /// which case a loop of `writable` and `try_write` spins for as long as the
    /// send buffer is full.
    ///
    /// # Errors
    ///
    /// None by default.
    fn poll_write_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// When the socket is gone, as with every accessor below.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotConnected`].
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// Sets `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn set_nodelay(&self, nodelay: bool) -> io::Result<()>;
    /// Gets `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn nodelay(&self) -> io::Result<bool>;
    /// Sets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] outside 1 to 255.
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    /// Gets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn ttl(&self) -> io::Result<u32>;
    /// Sets `SO_LINGER`.
    ///
    /// # Errors
    ///
    /// When the socket is gone, or the network has no such option.
    fn set_linger(&self, linger: Option<Duration>) -> io::Result<()>;
    /// Gets `SO_LINGER`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn linger(&self) -> io::Result<Option<Duration>>;
}

/// A simulated listening socket. Dropping it frees its address.
pub trait Listener: Debug + Send + Sync {
    /// Takes the next established connection and the address of its peer.
    ///
    /// # Errors
    ///
    /// Those of a real accept.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>>;
    /// The bound address, with the port the network chose if port 0 was asked.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// Sets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] outside 1 to 255.
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    /// Gets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn ttl(&self) -> io::Result<u32>;
}

/// A simulated UDP socket. Dropping it frees its address.
pub trait Datagram: Debug + Send + Sync {
    /// Sends one datagram to `target`.
    ///
    /// # Errors
    ///
    /// Those of a real send.
    fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>>;
    /// Receives one datagram, cut to the room in `buf`. After
    /// [`connect`](Datagram::connect), only from that peer.
    ///
    /// # Errors
    ///
    /// Those of a real receive.
    fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>>;
    /// As [`poll_recv_from`](Datagram::poll_recv_from), leaving the datagram
    /// queued.
    ///
    /// # Errors
    ///
    /// Those of a real receive.
    fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>>;
    /// Waits until a send might succeed. Always ready unless overridden.
    ///
    /// # Errors
    ///
    /// None by default.
    fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    /// Fixes the peer of this socket.
    ///
    /// # Errors
    ///
    /// Those of a real connect of a datagram socket.
    fn connect(&self, peer: SocketAddr) -> io::Result<()>;
    /// The peer fixed by [`connect`](Datagram::connect).
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotConnected`] before that.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    /// The bound address.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn local_addr(&self) -> io::Result<SocketAddr>;
    /// Sets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] outside 1 to 255.
    fn set_ttl(&self, ttl: u32) -> io::Result<()>;
    /// Gets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn ttl(&self) -> io::Result<u32>;
    /// Sets `SO_BROADCAST`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn set_broadcast(&self, on: bool) -> io::Result<()>;
    /// Gets `SO_BROADCAST`.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    fn broadcast(&self) -> io::Result<bool>;
}

thread_local! {
    static IN_FORCE: RefCell<Option<Rc<dyn Network>>> = const { RefCell::new(None) };
}

/// Puts `network` in force on this thread until the guard is dropped.
///
/// # Panics
///
/// If one is already in force on this thread.
#[track_caller]
#[must_use = "the network is in force only for as long as the guard lives"]
pub fn install(network: Rc<dyn Network>) -> Guard {
    IN_FORCE.with(|slot| {
        let mut slot = slot.borrow_mut();
        assert!(slot.is_none(), "a simulated network is already in force on this thread");
        *slot = Some(network);
    });
    Guard { _this_thread_only: PhantomData }
}

/// Whether a simulated network is in force on this thread.
#[must_use]
pub fn in_force() -> bool {
    // A destructor of another thread-local may ask after ours is gone.
    IN_FORCE.try_with(|slot| slot.borrow().is_some()).unwrap_or(false)
}

/// A [`TcpStream`](crate::net::TcpStream) on a simulated stream that the network in force did not
/// make: one that stands in front of another, say.
#[cfg(feature = "net")]
#[must_use]
pub fn tcp_stream(stream: Box<dyn Stream>) -> crate::net::TcpStream {
    crate::net::TcpStream::simulated(stream)
}

/// The network in force on this thread. Cloned, so that the network may itself
/// use this module while it is called.
#[cfg(feature = "net")]
pub(crate) fn current() -> Option<Rc<dyn Network>> {
    IN_FORCE.try_with(|slot| slot.borrow().clone()).ok()?
}

/// Keeps a simulated network in force; see [`install`].
#[derive(Debug)]
pub struct Guard {
    /// A guard must be dropped where it was made.
    _this_thread_only: PhantomData<Rc<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The network is dropped after the slot is free again, so that whatever
        // its own drop calls finds no network in force rather than a borrow.
        let network = IN_FORCE.try_with(|slot| slot.borrow_mut().take());
        drop(network);
    }
}
