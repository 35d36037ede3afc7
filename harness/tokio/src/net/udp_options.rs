//! The socket options of `UdpSocket`. A simulated network has a time to live and
//! broadcast; the rest it refuses rather than pretend.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::ready::unsupported;
use super::udp::Side::{Real, Simulated};
use super::udp::UdpSocket;

/// Methods which a simulated socket has.
macro_rules! shared {
    ($($(#[$attribute:meta])* fn $method:ident($($argument:ident: $type:ty),*) -> $value:ty;)*) => {$(
        $(#[$attribute])*
        ///
        /// # Errors
        ///
        /// When the socket is gone, or the value is not allowed.
        pub fn $method(&self, $($argument: $type),*) -> io::Result<$value> {
            match &self.0 {
                Real(socket) => socket.$method($($argument),*),
                Simulated(socket) => socket.$method($($argument),*),
            }
        }
    )*};
}

/// Methods which a simulated socket refuses.
macro_rules! real_only {
    ($($(#[$attribute:meta])* fn $method:ident($($argument:ident: $type:ty),*) -> $value:ty;)*) => {$(
        $(#[$attribute])*
        ///
        /// # Errors
        ///
        /// [`Unsupported`](io::ErrorKind::Unsupported) for a simulated socket;
        /// otherwise those of the system call.
        pub fn $method(&self, $($argument: $type),*) -> io::Result<$value> {
            match &self.0 {
                Real(socket) => socket.$method($($argument),*),
                Simulated(_) => Err(unsupported(concat!("UdpSocket::", stringify!($method)))),
            }
        }
    )*};
}

impl UdpSocket {
    shared! {
        /// Gets `IP_TTL`.
        fn ttl() -> u32;
        /// Sets `IP_TTL`.
        fn set_ttl(ttl: u32) -> ();
        /// Gets `SO_BROADCAST`.
        fn broadcast() -> bool;
        /// Sets `SO_BROADCAST`.
        fn set_broadcast(on: bool) -> ();
    }

    real_only! {
        /// Gets `IP_MULTICAST_LOOP`.
        fn multicast_loop_v4() -> bool;
        /// Sets `IP_MULTICAST_LOOP`.
        fn set_multicast_loop_v4(on: bool) -> ();
        /// Gets `IP_MULTICAST_TTL`.
        fn multicast_ttl_v4() -> u32;
        /// Sets `IP_MULTICAST_TTL`.
        fn set_multicast_ttl_v4(ttl: u32) -> ();
        /// Gets `IPV6_MULTICAST_LOOP`.
        fn multicast_loop_v6() -> bool;
        /// Sets `IPV6_MULTICAST_LOOP`.
        fn set_multicast_loop_v6(on: bool) -> ();
        /// Joins a multicast group (`IP_ADD_MEMBERSHIP`).
        fn join_multicast_v4(multiaddr: Ipv4Addr, interface: Ipv4Addr) -> ();
        /// Joins a multicast group (`IPV6_ADD_MEMBERSHIP`).
        fn join_multicast_v6(multiaddr: &Ipv6Addr, interface: u32) -> ();
        /// Leaves a multicast group (`IP_DROP_MEMBERSHIP`).
        fn leave_multicast_v4(multiaddr: Ipv4Addr, interface: Ipv4Addr) -> ();
        /// Leaves a multicast group (`IPV6_DROP_MEMBERSHIP`).
        fn leave_multicast_v6(multiaddr: &Ipv6Addr, interface: u32) -> ();
    }

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
    real_only! {
        /// Gets `IPV6_TCLASS`.
        fn tclass_v6() -> u32;
        /// Sets `IPV6_TCLASS`.
        fn set_tclass_v6(tclass: u32) -> ();
    }

    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku",
        target_os = "wasi",
    )))]
    real_only! {
        /// Gets `IP_TOS`.
        fn tos_v4() -> u32;
        /// Sets `IP_TOS`.
        fn set_tos_v4(tos: u32) -> ();
        /// Former name of [`tos_v4`](Self::tos_v4).
        #[deprecated(
            note = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."
        )]
        #[doc(hidden)]
        #[expect(deprecated)]
        fn tos() -> u32;
        /// Former name of [`set_tos_v4`](Self::set_tos_v4).
        #[deprecated(
            note = "`tos` related methods have been renamed `tos_v4` since they are IPv4-specific."
        )]
        #[doc(hidden)]
        #[expect(deprecated)]
        fn set_tos(tos: u32) -> ();
    }

    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    real_only! {
        /// Gets `SO_BINDTODEVICE`.
        fn device() -> Option<Vec<u8>>;
        /// Sets `SO_BINDTODEVICE`.
        fn bind_device(interface: Option<&[u8]>) -> ();
    }

    /// Takes a pending error of the socket. A simulated socket has none: its
    /// errors come from the calls they belong to.
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
}
