//! What a middlebox is.

use std::net::SocketAddrV4;

use super::{Packet, Reason, Time};

/// Where a packet enters or leaves a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The box's own interface in its subnet; the only one of a box that stands in one network.
    Interface,
    /// The interface of a box between two networks on its inside.
    Inside,
    /// The one on its outside.
    Outside,
    /// A private link to another box, numbered by the box.
    Link(u16),
}

/// What a box does with one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sends it on, perhaps rewritten.
    Forward {
        /// Where it leaves.
        to: Side,
        /// As it leaves.
        packet: Packet,
    },
    /// Sends several in its place, in this order.
    ForwardAll {
        /// Where they leave.
        to: Side,
        /// As they leave.
        packets: Vec<Packet>,
    },
    /// Says nothing.
    Drop(Reason),
    /// Sends its sender an ICMP message: there is no way.
    Unreachable(Reason),
    /// Sends a packet of its own instead.
    Answer {
        /// Where it leaves.
        to: Side,
        /// The box's own packet.
        packet: Packet,
        /// Why.
        reason: Reason,
    },
}

/// A box between hosts. It is a function of its state and its input: time is passed in, nothing else
/// is asked, and the same calls give the same actions.
pub trait Middlebox: std::fmt::Debug {
    /// Takes one packet that arrived at `ingress`.
    fn on_packet(&mut self, now: Time, ingress: Side, packet: Packet) -> Action;

    /// Whether a packet that leaves a host in the box's network is for this box although its
    /// destination is another: the answer of a target that sees its client's address.
    fn intercepts(&self, src: SocketAddrV4, dst: SocketAddrV4) -> bool {
        let _ = (src, dst);
        false
    }
}
