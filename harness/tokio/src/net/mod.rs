//! TCP, UDP and Unix bindings: the real `tokio::net`, except that TCP, UDP and
//! name look-up go to the simulated network while one is in force.
//!
//! Which side a socket is on is decided when it is made, and stays so.

#[cfg(not(feature = "net"))]
pub use real::net::*;

#[cfg(feature = "net")]
mod addr;
#[cfg(feature = "net")]
mod listener;
#[cfg(feature = "net")]
mod owned;
#[cfg(feature = "net")]
mod ready;
#[cfg(feature = "net")]
mod socket;
#[cfg(feature = "net")]
mod socket_options;
#[cfg(feature = "net")]
mod split;
#[cfg(feature = "net")]
mod stream;
#[cfg(feature = "net")]
mod stream_options;
#[cfg(feature = "net")]
mod udp;
#[cfg(feature = "net")]
mod udp_options;
#[cfg(feature = "net")]
mod udp_transfer;

#[cfg(feature = "net")]
pub use {
    addr::{ToSocketAddrs, lookup_host},
    listener::TcpListener,
    socket::TcpSocket,
    stream::TcpStream,
    udp::UdpSocket,
};

#[cfg(all(feature = "net", windows))]
pub use real::net::windows;
#[cfg(all(feature = "net", unix))]
pub use real::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream, unix};

/// TCP utility types.
#[cfg(feature = "net")]
pub mod tcp {
    pub use super::owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
    pub use super::split::{ReadHalf, WriteHalf};
}

// The real types may be seen across a caught panic; what a simulated socket
// holds is behind `dyn`, which would silently take that property away.
#[cfg(feature = "net")]
mod unwind {
    use super::tcp::{OwnedReadHalf, OwnedWriteHalf};
    use super::{TcpListener, TcpSocket, TcpStream, UdpSocket};
    use std::panic::{RefUnwindSafe, UnwindSafe};

    macro_rules! unwind_safe {
        ($($type:ty),*) => {$(
            impl UnwindSafe for $type {}
            impl RefUnwindSafe for $type {}
        )*};
    }

    unwind_safe!(TcpListener, TcpSocket, TcpStream, UdpSocket, OwnedReadHalf, OwnedWriteHalf);
}
