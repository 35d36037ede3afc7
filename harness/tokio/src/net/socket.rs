//! `TcpSocket`.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::listener::TcpListener;
use super::stream::TcpStream;
use crate::sim::{self, Listener, SocketOptions};

/// A TCP socket which is not yet a stream or a listener.
pub struct TcpSocket(pub(super) Side);

pub(super) enum Side {
    Real(real::net::TcpSocket),
    Simulated(Plan),
}

use Side::{Real, Simulated};

/// What a simulated socket will be made of.
#[derive(Debug)]
pub(super) struct Plan {
    v6: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    options: SocketOptions,
    /// What an explicit bind holds the address with.
    bound: Option<Box<dyn Listener>>,
}

impl Plan {
    fn new(v6: bool) -> Self {
        Self { v6, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in the state can be left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_state(self) -> State {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get<T>(&self, get: impl FnOnce(&SocketOptions) -> T) -> T {
        get(&self.state().options)
    }

    pub(super) fn set(&self, set: impl FnOnce(&mut SocketOptions)) {
        set(&mut self.state().options);
    }

    fn unspecified(&self) -> SocketAddr {
        if self.v6 { (Ipv6Addr::UNSPECIFIED, 0).into() } else { (Ipv4Addr::UNSPECIFIED, 0).into() }
    }

    fn bind(&self, address: SocketAddr) -> io::Result<()> {
        if address.is_ipv6() != self.v6 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{address} is not of the address family of this socket"),
            ));
        }
        let mut state = self.state();
        if state.bound.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this socket is already bound",
            ));
        }
        state.bound = Some(network()?.listen(address, &state.options)?);
        Ok(())
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.state().bound {
            Some(listener) => listener.local_addr(),
            None => Ok(self.unspecified()),
        }
    }

    fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        let unspecified = self.unspecified();
        let mut state = self.into_state();
        let listener = match state.bound {
            Some(listener) => listener,
            None => {
                state.options.backlog = Some(backlog);
                network()?.listen(unspecified, &state.options)?
            }
        };
        Ok(TcpListener::simulated(listener))
    }

    async fn connect(self, peer: SocketAddr) -> io::Result<TcpStream> {
        let connect = {
            let State { mut options, bound } = self.into_state();
            if let Some(listener) = bound {
                options.local = Some(listener.local_addr()?);
                // Gives the address back for the connection to take.
                drop(listener);
            }
            network()?.connect(peer, &options)
        };
        connect.await.map(TcpStream::simulated)
    }
}

/// A simulated socket outlived the network it was made under.
fn network() -> io::Result<std::rc::Rc<dyn sim::Network>> {
    sim::current().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotConnected,
            "the simulated network of this socket is no longer in force on this thread",
        )
    })
}

impl TcpSocket {
    /// Creates a socket for IPv4.
    ///
    /// # Errors
    ///
    /// When the operating system has no socket left.
    pub fn new_v4() -> io::Result<Self> {
        if sim::in_force() {
            Ok(Self(Simulated(Plan::new(false))))
        } else {
            real::net::TcpSocket::new_v4().map(|socket| Self(Real(socket)))
        }
    }

    /// Creates a socket for IPv6.
    ///
    /// # Errors
    ///
    /// When the operating system has no socket left, or no IPv6.
    pub fn new_v6() -> io::Result<Self> {
        if sim::in_force() {
            Ok(Self(Simulated(Plan::new(true))))
        } else {
            real::net::TcpSocket::new_v6().map(|socket| Self(Real(socket)))
        }
    }

    /// Takes over a socket which is not yet connected, made elsewhere and passed
    /// as a stream of the standard library.
    ///
    /// With a simulated network in force the result is a simulated socket of the
    /// same address family which keeps `TCP_NODELAY` and `IP_TTL`, and the
    /// operating system's socket is closed: a program which prepares its socket
    /// by other means must not get past the simulation by doing so.
    pub fn from_std_stream(std_stream: std::net::TcpStream) -> Self {
        if !sim::in_force() {
            return Self(Real(real::net::TcpSocket::from_std_stream(std_stream)));
        }
        let plan = Plan::new(std_stream.local_addr().is_ok_and(|local| local.is_ipv6()));
        plan.set(|options| {
            options.nodelay = std_stream.nodelay().unwrap_or_default();
            options.ttl = std_stream.ttl().ok();
        });
        Self(Simulated(plan))
    }

    /// Binds the socket. A simulated socket holds the address with a listener
    /// from here on, and so accepts connections before
    /// [`listen`](Self::listen) is called.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) and the others of a bind;
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a second bind.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        match &self.0 {
            Real(socket) => socket.bind(addr),
            Simulated(plan) => plan.bind(addr),
        }
    }

    /// The bound address; unspecified, with port 0, before a bind.
    ///
    /// # Errors
    ///
    /// When the address cannot be read.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(socket) => socket.local_addr(),
            Simulated(plan) => plan.local_addr(),
        }
    }

    /// Takes a pending error of the socket. A simulated socket has none.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        match &self.0 {
            Real(socket) => socket.take_error(),
            Simulated(_) => Ok(None),
        }
    }

    /// Connects to `addr`, from the bound address if there is one.
    ///
    /// # Errors
    ///
    /// Those of a connect.
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        match self.0 {
            Real(socket) => socket.connect(addr).await.map(TcpStream::real),
            Simulated(plan) => plan.connect(addr).await,
        }
    }

    /// Listens on the bound address, or on a port of the network's choice.
    ///
    /// # Errors
    ///
    /// Those of a listen.
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        match self.0 {
            Real(socket) => socket.listen(backlog).map(TcpListener::real),
            Simulated(plan) => plan.listen(backlog),
        }
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Real(socket) => socket.fmt(f),
            Simulated(plan) => plan.fmt(f),
        }
    }
}

#[cfg(unix)]
mod sys {
    use super::{Real, Simulated, TcpSocket};
    use crate::net::ready::no_descriptor;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    impl AsRawFd for TcpSocket {
        fn as_raw_fd(&self) -> RawFd {
            self.as_fd().as_raw_fd()
        }
    }

    impl AsFd for TcpSocket {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.0 {
                Real(socket) => socket.as_fd(),
                Simulated(_) => no_descriptor().as_fd(),
            }
        }
    }
}
