//! The socket options of `TcpSocket`.

use std::io;
use std::time::Duration;

use super::socket::Side::{Real, Simulated};
use super::socket::TcpSocket;

/// A pair of a getter and a setter, kept in a field of `SocketOptions` by a
/// simulated socket.
macro_rules! option {
    (
        $(#[cfg($when:meta)])?
        $name:literal, $get:ident, $set:ident: $type:ty,
        |$options:ident| $read:expr, |$keep:ident, $value:ident| $write:expr
    ) => {
        #[doc = concat!("Gets `", $name, "`.")]
        ///
        /// # Errors
        ///
        /// When the option cannot be read.
        $(#[cfg($when)])?
        pub fn $get(&self) -> io::Result<$type> {
            match &self.0 {
                Real(socket) => socket.$get(),
                Simulated(plan) => Ok(plan.get(|$options| $read)),
            }
        }

        #[doc = concat!("Sets `", $name, "`. A simulated socket hands it to its network.")]
        ///
        /// # Errors
        ///
        /// When the option cannot be set.
        $(#[cfg($when)])?
        pub fn $set(&self, $value: $type) -> io::Result<()> {
            match &self.0 {
                Real(socket) => socket.$set($value),
                Simulated(plan) => {
                    plan.set(|$keep| $write);
                    Ok(())
                }
            }
        }
    };
}

/// What a simulated socket says its buffers hold when nobody has set them: the
/// default of Linux for a receive buffer. The network decides what they hold.
const BUFFER: u32 = 128 * 1024;

impl TcpSocket {
    option!(
        "SO_KEEPALIVE", keepalive, set_keepalive: bool,
        |options| options.keepalive, |options, on| options.keepalive = on
    );
    option!(
        "SO_REUSEADDR", reuseaddr, set_reuseaddr: bool,
        |options| options.reuse_address, |options, on| options.reuse_address = on
    );
    option!(
        #[cfg(all(
            unix,
            not(target_os = "solaris"),
            not(target_os = "illumos"),
            not(target_os = "cygwin"),
            not(target_os = "nuttx"),
        ))]
        "SO_REUSEPORT", reuseport, set_reuseport: bool,
        |options| options.reuse_port, |options, on| options.reuse_port = on
    );
    option!(
        "SO_SNDBUF", send_buffer_size, set_send_buffer_size: u32,
        |options| options.send_buffer.unwrap_or(BUFFER),
        |options, size| options.send_buffer = Some(size)
    );
    option!(
        "SO_RCVBUF", recv_buffer_size, set_recv_buffer_size: u32,
        |options| options.receive_buffer.unwrap_or(BUFFER),
        |options, size| options.receive_buffer = Some(size)
    );
    option!(
        "TCP_NODELAY", nodelay, set_nodelay: bool,
        |options| options.nodelay, |options, on| options.nodelay = on
    );
    option!(
        #[cfg(any(
            target_os = "android",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "fuchsia",
            target_os = "linux",
            target_os = "macos",
            target_os = "netbsd",
            target_os = "openbsd",
            target_os = "cygwin",
        ))]
        "IPV6_TCLASS", tclass_v6, set_tclass_v6: u32,
        |options| options.traffic_class.unwrap_or(0),
        |options, class| options.traffic_class = Some(class)
    );
    option!(
        #[cfg(not(any(
            target_os = "fuchsia",
            target_os = "redox",
            target_os = "solaris",
            target_os = "illumos",
            target_os = "haiku",
            target_os = "wasi",
        )))]
        "IP_TOS", tos_v4, set_tos_v4: u32,
        |options| options.type_of_service.unwrap_or(0),
        |options, tos| options.type_of_service = Some(tos)
    );

    /// Former name of [`tos_v4`](Self::tos_v4).
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    #[deprecated(
        note = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."
    )]
    #[doc(hidden)]
    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku",
        target_os = "wasi",
    )))]
    pub fn tos(&self) -> io::Result<u32> {
        self.tos_v4()
    }

    /// Former name of [`set_tos_v4`](Self::set_tos_v4).
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    #[deprecated(
        note = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."
    )]
    #[doc(hidden)]
    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku",
        target_os = "wasi",
    )))]
    pub fn set_tos(&self, tos: u32) -> io::Result<()> {
        self.set_tos_v4(tos)
    }

    /// Gets `SO_LINGER`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        match &self.0 {
            Real(socket) => socket.linger(),
            Simulated(plan) => Ok(plan.get(|options| options.linger)),
        }
    }

    /// Sets `SO_LINGER`. A simulated socket hands it to its network.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    #[deprecated = "`SO_LINGER` causes the socket to block the thread on drop"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        match &self.0 {
            #[expect(deprecated)]
            Real(socket) => socket.set_linger(dur),
            Simulated(plan) => {
                plan.set(|options| options.linger = dur);
                Ok(())
            }
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
            Real(socket) => socket.set_zero_linger(),
            Simulated(plan) => {
                plan.set(|options| options.linger = Some(Duration::ZERO));
                Ok(())
            }
        }
    }

    /// Gets `SO_BINDTODEVICE`.
    ///
    /// # Errors
    ///
    /// When the option cannot be read.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        match &self.0 {
            Real(socket) => socket.device(),
            Simulated(plan) => Ok(plan.get(|options| options.device.clone())),
        }
    }

    /// Sets `SO_BINDTODEVICE`. A simulated socket hands it to its network.
    ///
    /// # Errors
    ///
    /// When the option cannot be set.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        match &self.0 {
            Real(socket) => socket.bind_device(interface),
            Simulated(plan) => {
                let device = interface.filter(|name| !name.is_empty()).map(<[u8]>::to_vec);
                plan.set(|options| options.device = device);
                Ok(())
            }
        }
    }
}
