//! Real programs: hosts whose kernel is the machine's own, behind a TUN device, while everything else
//! stays simulated. Time is the clock's then.
//!
//! - [`device`] — reads and writes the packets of such a host.
//! - `frame` — those packets as bytes (RFC 791, RFC 9293, RFC 792).
//! - `names` — its questions to the name server.
//! - [`observe`] — what its program did, read from the packets alone.
//!
//! A device is any pair of descriptors that behave like a TUN device and a packet socket; who made
//! them, and where the program runs, is not this module's business.

#[cfg(unix)]
pub mod device;
mod frame;
mod names;
pub mod observe;

#[cfg(unix)]
pub use device::Attached;

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::net::Packet;

/// The name server's address: the one that Amazon's answers at in every VPC (VPC user guide, "DNS
/// attributes for your VPC").
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);

/// Bytes of the largest packet to and from a real host: an Ethernet's, as turmoil-net's kernels have it.
pub const MTU: u16 = crate::net::wire::MSS + 40;

/// What comes from a real host.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A packet for the network.
    Segment(Packet),
    /// A packet that stayed on the host.
    Loopback(Packet),
    /// A question to the name server.
    Query(Query),
    /// The program has ended.
    Over,
}

/// What goes to a real host.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A packet that arrives.
    Segment(Packet),
    /// A router's answer to a packet: nobody is there, or no such port.
    Unreachable { packet: Packet, port: bool },
    /// The name server's answer.
    Answer { to: SocketAddrV4, message: Vec<u8> },
}

/// A question to the name server, as a DNS message (RFC 1035).
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) from: SocketAddrV4,
    pub(crate) message: Vec<u8>,
}

pub(crate) use names::answer;
