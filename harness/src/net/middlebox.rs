//! What a middlebox is.

use super::{Packet, Reason, Time};

/// Where a packet enters or leaves a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The box's own interface in its subnet.
    Interface,
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
    /// Says nothing.
    Drop(Reason),
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
}
