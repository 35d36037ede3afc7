//! The words that packet scripts are written in. Several test binaries share this file.

#![allow(dead_code, reason = "not every test binary uses every word")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pasvlab_harness::net::{Action, Flags, Middlebox, Packet, Reason, Side, Time};

/// The box's own interface.
pub(crate) const INTERFACE: Side = Side::Interface;

/// When scripts start: a moment that is not zero, so that a box which ignores the clock is noticed.
pub(crate) const START: Time = Time::from_secs(1000);

/// The smallest step of virtual time.
pub(crate) const INSTANT: Duration = Duration::from_nanos(1);

/// A private link of the box.
pub(crate) fn link(number: u16) -> Side {
    Side::Link(number)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn ip(address: &str) -> Ipv4Addr {
    address.parse().expect("an IPv4 address")
}

pub(crate) fn socket(address: &str) -> SocketAddrV4 {
    address.parse().expect("address:port")
}

/// A segment without payload.
pub(crate) fn segment(flags: Flags, src: &str, dst: &str) -> Packet {
    Packet::bare(socket(src), socket(dst), flags)
}

/// Opens a connection.
pub(crate) fn syn(src: &str, dst: &str) -> Packet {
    segment(Flags::SYN, src, dst)
}

/// Accepts one.
pub(crate) fn syn_ack(src: &str, dst: &str) -> Packet {
    segment(Flags::SYN_ACK, src, dst)
}

/// An ordinary segment.
pub(crate) fn ack(src: &str, dst: &str) -> Packet {
    segment(Flags::ACK, src, dst)
}

/// The last segment of one direction.
pub(crate) fn fin(src: &str, dst: &str) -> Packet {
    segment(Flags { fin: true, ..Flags::ACK }, src, dst)
}

/// The reset that answers a segment with an acknowledgement. Resets offer no window.
pub(crate) fn rst(src: &str, dst: &str) -> Packet {
    segment(Flags { rst: true, ..Flags::default() }, src, dst).window(0)
}

/// The reset that answers a segment without one.
pub(crate) fn rst_ack(src: &str, dst: &str) -> Packet {
    segment(Flags { rst: true, ..Flags::ACK }, src, dst).window(0)
}

/// Sets the fields that a script cares about.
pub(crate) trait Fields {
    fn seq(self, seq: u32) -> Self;
    fn ack(self, ack: u32) -> Self;
    fn window(self, window: u16) -> Self;
    fn data(self, payload: &'static str) -> Self;
    fn bytes(self, payload: &[u8]) -> Self;
    fn consumer(self, address: &str) -> Self;
}

impl Fields for Packet {
    fn seq(self, seq: u32) -> Self {
        Self { seq, ..self }
    }

    fn ack(self, ack: u32) -> Self {
        Self { ack, ..self }
    }

    fn window(self, window: u16) -> Self {
        Self { window, ..self }
    }

    fn data(self, payload: &'static str) -> Self {
        Self { payload: payload.into(), ..self }
    }

    fn bytes(self, payload: &[u8]) -> Self {
        Self { payload: payload.to_vec().into(), ..self }
    }

    fn consumer(self, address: &str) -> Self {
        Self { consumer: Some(socket(address)), ..self }
    }
}

/// Expected: the packet goes on.
pub(crate) fn forwards(to: Side, packet: Packet) -> Action {
    Action::Forward { to, packet }
}

/// Expected: several packets take its place.
pub(crate) fn forwards_all(to: Side, packets: impl Into<Vec<Packet>>) -> Action {
    Action::ForwardAll { to, packets: packets.into() }
}

/// Expected: nothing comes out.
pub(crate) fn silence(reason: Reason) -> Action {
    Action::Drop(reason)
}

/// Expected: the box sends something of its own.
pub(crate) fn answers(to: Side, packet: Packet, reason: Reason) -> Action {
    Action::Answer { to, packet, reason }
}

/// A box and a clock.
#[derive(Debug)]
pub(crate) struct Script<B> {
    middlebox: B,
    now: Time,
}

impl<B: Middlebox> Script<B> {
    /// A box at [`START`].
    pub(crate) fn of(middlebox: B) -> Self {
        Self { middlebox, now: START }
    }

    /// Gives the box a packet and compares everything that comes out.
    #[track_caller]
    pub(crate) fn takes(&mut self, ingress: Side, packet: Packet, expected: Action) -> &mut Self {
        let arrived = packet.clone();
        let action = self.feed(ingress, packet);
        assert_eq!(action, expected, "for {arrived} at {ingress:?}");
        self
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    /// Gives the box a packet and returns what comes out, for scripts over many packets.
    pub(crate) fn feed(&mut self, ingress: Side, packet: Packet) -> Action {
        self.middlebox.on_packet(self.now, ingress, packet)
    }

    /// Whether the box takes a packet between these two although it is not the destination.
    pub(crate) fn intercepts(&self, src: &str, dst: &str) -> bool {
        self.middlebox.intercepts(socket(src), socket(dst))
    }
}
