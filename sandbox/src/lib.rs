//! Runs a program in user, mount, network and process namespaces of its own, whose only way out is a
//! TUN device in the caller's hands.
//!
//! Needs Linux, and no privileges: an ordinary user may make user namespaces (user_namespaces(7)), and
//! inside one everything else (unshare(2), tuntap in the kernel's documentation). What the program
//! sends to any address comes out of [`Sandbox::device`] as IPv4 packets; what is written there arrives
//! at the program. Loopback works inside, as on any host; [`Sandbox::loopback`] shows what passes there.
//!
//! Nothing is left behind, whoever dies first: namespaces, device and mounts go with their last
//! process, and each of the processes dies with the one that started it. No file is made on any disk.
//!
//! The program that uses this crate starts itself again to get inside, so its `main` must begin with
//! [`inside`].
//!
//! - `linux::parent` — the side of the caller.
//! - `linux::supervisor` — the first process inside: makes namespaces, device and mounts.
//! - `linux::init` — the second one: process 1 of the process namespace, starts the program.
//! - `linux::interface` — the device and the loopback interface (ioctl).
//! - `linux::files` — what the program sees in `/etc`.
//! - `linux::groups` — answers setgroups(2) for a program that is root inside.
//! - `linux::channel` — messages between caller and supervisor.

use std::ffi::OsString;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::{Sandbox, inside};

/// What is to run, and what it finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Addresses of the device; the first is the source of connections.
    pub addresses: Vec<Ipv4Addr>,
    /// Bytes of the largest packet.
    pub mtu: u16,
    /// The name server in `/etc/resolv.conf`.
    pub resolver: Ipv4Addr,
    /// Names for `/etc/hosts`, beside `localhost`.
    pub hosts: Vec<(Ipv4Addr, String)>,
    /// How often an unanswered SYN is repeated (`net.ipv4.tcp_syn_retries`), each time after twice as
    /// long as before, from one second on; none: as the system has it.
    pub syn_retries: Option<u8>,
    /// Whether the program finds itself to be root, as some servers want; it is not one outside. Its calls
    /// of setgroups(2) succeed then, and do nothing.
    pub as_root: bool,
    /// Names of files that the program finds in [`FILES`].
    pub files: Vec<String>,
    /// Variables added to the environment.
    pub environment: Vec<(String, String)>,
    /// The program and its arguments.
    pub command: Vec<OsString>,
}

/// Where a program finds the files that it is given. They are in memory, and gone with it.
pub const FILES: &str = "/srv";

/// Why a sandbox could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// Not on this system.
    #[error(
        "real programs run inside the lab on Linux only: it takes network namespaces and TUN devices"
    )]
    Unsupported,
    /// The kernel does not let this user make user namespaces.
    #[error(
        "this system does not let you make user namespaces ({cause})\n  \
         look at these settings, as root:\n    \
         sysctl user.max_user_namespaces                          must not be 0\n    \
         sysctl kernel.unprivileged_userns_clone                  must be 1 where it exists (Debian)\n    \
         sysctl kernel.apparmor_restrict_unprivileged_userns      must be 0 where it exists (Ubuntu)\n  \
         inside a container: run it with permission to make user namespaces"
    )]
    UserNamespaces {
        /// What the kernel said.
        cause: String,
    },
    /// There is no TUN device, or it may not be opened.
    #[error(
        "/dev/net/tun cannot be opened ({cause})\n  \
         if it is missing: `modprobe tun` as root; in a container: pass the device in\n  \
         if permission is denied: `chmod 0666 /dev/net/tun` as root, which is what udev sets"
    )]
    Tun {
        /// What the kernel said.
        cause: String,
    },
    /// Anything else.
    #[error("cannot {step}: {cause}")]
    Step {
        /// What was tried.
        step: String,
        /// What the system said.
        cause: String,
    },
}

impl Error {
    /// An error of a step.
    pub fn step(step: impl Into<String>, cause: impl ToString) -> Self {
        Self::Step { step: step.into(), cause: cause.to_string() }
    }
}
