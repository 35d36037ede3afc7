//! The addresses, socket options and conversions of `TcpStream`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::stream::Side::{Real, Simulated};
use super::stream::TcpStream;

impl TcpStream {
    /// The address of this end.
    ///
    /// # Errors
    ///
    /// When the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(stream) => stream.local_addr(),
            Simulated(stream) => stream.local_addr(),
        }
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(stream) => stream.peer_addr(),
            Simulated(stream) => stream.peer_addr(),
        }
    }

    /// Takes a pending error of the socket. A simulated stream has none: its
    /// errors come from the calls they belong to.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        match &self.0 {
            Real(stream) => stream.take_error(),
            Simulated(_) => Ok(None),
        }
    }

    /// Gets `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn nodelay(&self) -> io::Result<bool> {
        match &self.0 {
            Real(stream) => stream.nodelay(),
            Simulated(stream) => stream.nodelay(),
        }
    }

    /// Sets `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        match &self.0 {
            Real(stream) => stream.set_nodelay(nodelay),
            Simulated(stream) => stream.set_nodelay(nodelay),
        }
    }

    /// Gets `TCP_QUICKACK`. A simulated stream says `true`: acknowledgements are
    /// up to the simulated network, and are not delayed on behalf of a stream.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "cygwin",
    ))]
    pub fn quickack(&self) -> io::Result<bool> {
        match &self.0 {
            Real(stream) => stream.quickack(),
            Simulated(_) => Ok(true),
        }
    }

    /// Sets `TCP_QUICKACK`, which is a hint; a simulated stream ignores it.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "cygwin",
    ))]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        match &self.0 {
            Real(stream) => stream.set_quickack(quickack),
            Simulated(_) => Ok(()),
        }
    }

    /// Gets `SO_LINGER`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        match &self.0 {
            Real(stream) => stream.linger(),
            Simulated(stream) => stream.linger(),
        }
    }

    /// Sets `SO_LINGER`.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    #[deprecated = "`SO_LINGER` causes the socket to block the thread on drop"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        match &self.0 {
            #[expect(deprecated)]
            Real(stream) => stream.set_linger(dur),
            Simulated(stream) => stream.set_linger(dur),
        }
    }

    /// Sets `SO_LINGER` to zero, which makes dropping the stream reset the
    /// connection.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        match &self.0 {
            Real(stream) => stream.set_zero_linger(),
            Simulated(stream) => stream.set_linger(Some(Duration::ZERO)),
        }
    }

    /// Gets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn ttl(&self) -> io::Result<u32> {
        match &self.0 {
            Real(stream) => stream.ttl(),
            Simulated(stream) => stream.ttl(),
        }
    }

    /// Sets `IP_TTL`.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        match &self.0 {
            Real(stream) => stream.set_ttl(ttl),
            Simulated(stream) => stream.set_ttl(ttl),
        }
    }
}

impl TryFrom<std::net::TcpStream> for TcpStream {
    type Error = io::Error;

    fn try_from(stream: std::net::TcpStream) -> Result<Self, Self::Error> {
        Self::from_std(stream)
    }
}

impl AsRef<Self> for TcpStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

#[cfg(unix)]
mod sys {
    use super::{Real, Simulated, TcpStream};
    use crate::net::ready::no_descriptor;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    impl AsRawFd for TcpStream {
        fn as_raw_fd(&self) -> RawFd {
            self.as_fd().as_raw_fd()
        }
    }

    impl AsFd for TcpStream {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.0 {
                Real(stream) => stream.as_fd(),
                Simulated(_) => no_descriptor().as_fd(),
            }
        }
    }
}
