//! What differs between operating systems for a program that opens a TCP connection.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::Os;

use crate::record::{ConnectError, Meaning};

/// Milliseconds after the first SYN at which it is repeated; the last one is when connect gives up.
/// Linux: `tcp_syn_retries` 6, doubling from one second, 127 s in all (tcp(7), tcp_syn_retries).
const LINUX_SYN: &[u64] = &[1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 127_000];
/// BSD and macOS: `net.inet.tcp.keepinit`, 75 s in all (tcp(4)); the repeats grow as in 4.4BSD.
const BSD_SYN: &[u64] = &[1_000, 3_000, 7_000, 15_000, 31_000, 75_000];
/// Windows: three tries, doubling from three seconds, 21 s in all (TcpMaxConnectRetransmissions).
const WINDOWS_SYN: &[u64] = &[3_000, 9_000, 21_000];

/// When an unanswered SYN is repeated, and, as the last entry, when connect fails; in milliseconds.
#[must_use]
pub fn syn_schedule(os: Os) -> &'static [u64] {
    match os {
        Os::Linux => LINUX_SYN,
        Os::MacOs | Os::Bsd => BSD_SYN,
        Os::Windows => WINDOWS_SYN,
    }
}

/// What the operating system makes of the address that a program on a host with the addresses `own`
/// dials.
///
/// 0.0.0.0 is the own host on Linux (net/ipv4/route.c, `ip_route_output_key_hash_rcu`: an empty
/// destination takes the source address, else loopback) and on the BSDs and macOS (netinet/in_pcb.c:
/// INADDR_ANY becomes the first interface's address). Windows answers WSAEADDRNOTAVAIL, 10049
/// (Winsock reference, connect).
#[must_use]
pub fn meaning(os: Os, requested: SocketAddrV4, own: &[Ipv4Addr]) -> Meaning {
    let address = *requested.ip();
    if address.is_loopback() || own.contains(&address) {
        return Meaning::OwnHost(address);
    }
    if !address.is_unspecified() {
        return Meaning::Remote;
    }
    match os {
        Os::Linux => Meaning::OwnHost(Ipv4Addr::LOCALHOST),
        Os::MacOs | Os::Bsd => {
            Meaning::OwnHost(own.first().copied().unwrap_or(Ipv4Addr::LOCALHOST))
        }
        Os::Windows => Meaning::NotAvailable,
    }
}

/// The operating system's text for a failed connect, as programs print it (strerror, or FormatMessage
/// on Windows).
#[must_use]
pub fn error_text(os: Os, error: ConnectError) -> &'static str {
    match (os, error) {
        (Os::Windows, ConnectError::Refused) => {
            "No connection could be made because the target machine actively refused it."
        }
        (Os::Windows, ConnectError::TimedOut | ConnectError::ClientTimeout) => {
            "A connection attempt failed because the connected party did not properly respond after \
             a period of time, or established connection failed because connected host has failed \
             to respond."
        }
        (Os::Windows, ConnectError::Unreachable) => {
            "A socket operation was attempted to an unreachable host."
        }
        (Os::Windows, ConnectError::AddressNotAvailable) => {
            "The requested address is not valid in its context."
        }
        (_, ConnectError::Refused) => "Connection refused",
        (Os::MacOs | Os::Bsd, ConnectError::TimedOut | ConnectError::ClientTimeout) => {
            "Operation timed out"
        }
        (_, ConnectError::TimedOut | ConnectError::ClientTimeout) => "Connection timed out",
        (_, ConnectError::Unreachable) => "No route to host",
        (Os::MacOs | Os::Bsd, ConnectError::AddressNotAvailable) => {
            "Can't assign requested address"
        }
        (_, ConnectError::AddressNotAvailable) => "Cannot assign requested address",
    }
}
