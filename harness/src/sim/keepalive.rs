//! TCP keep-alives: a host asks whether the other side of an idle connection is still there.
//!
//! turmoil-net has none, so the host's edge sends them: an empty segment one byte before the next one
//! (RFC 9293 section 3.8.4), which the other side's edge answers with an acknowledgement. Unanswered
//! probes have no consequence here; a reset that one brings back ends the connection as in life.

use std::net::SocketAddrV4;

use super::world::HostNumber;
use crate::net::{Flags, InterfaceIx, Packet, Time};

/// One end of a connection as its host's edge sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    host: HostNumber,
    local: SocketAddrV4,
    peer: SocketAddrV4,
    /// The next sequence number it will send.
    next: u32,
    /// The last acknowledgement it sent.
    ack: u32,
    window: u16,
}

/// A connection that is to be kept alive.
#[derive(Debug)]
struct Kept {
    host: HostNumber,
    interface: InterfaceIx,
    local: SocketAddrV4,
    peer: SocketAddrV4,
    interval: Time,
    last_used: Time,
    over: bool,
}

/// The keep-alives of one simulation. As long as there are none, nothing is watched.
#[derive(Debug, Default)]
pub(super) struct KeepAlives {
    /// Whether probes are answered though nobody here sends any: those of real hosts.
    others: bool,
    kept: Vec<Kept>,
    seen: Vec<Seen>,
}

/// When to look again, and what to send first.
pub(super) struct Probe {
    pub(super) packet: Option<(InterfaceIx, Packet)>,
    pub(super) again: Time,
}

impl KeepAlives {
    /// Answers also the probes of real hosts, which ask whether a connection is still there, or whether
    /// there is room again (RFC 9293 section 3.8.6.1).
    pub(super) fn expect_others(&mut self) {
        self.others = true;
    }

    fn idle(&self) -> bool {
        self.kept.is_empty() && !self.others
    }

    /// Keeps a connection alive; returns its number.
    pub(super) fn add(
        &mut self,
        now: Time,
        (host, interface): (HostNumber, InterfaceIx),
        (local, peer): (SocketAddrV4, SocketAddrV4),
        interval: Time,
    ) -> usize {
        let over = false;
        self.kept.push(Kept { host, interface, local, peer, interval, last_used: now, over });
        self.kept.len() - 1
    }

    /// A host's edge sends a packet.
    pub(super) fn sent(&mut self, now: Time, host: HostNumber, packet: &Packet) {
        if self.idle() {
            return;
        }
        self.used(now, host, (packet.src, packet.dst), packet.flags);
        let next = packet.seq.wrapping_add(packet.length());
        let (local, peer, window) = (packet.src, packet.dst, packet.window);
        let seen = Seen { host, local, peer, next, ack: packet.ack, window };
        let same = |other: &&mut Seen| {
            other.host == host && other.local == packet.src && other.peer == packet.dst
        };
        match self.seen.iter_mut().find(same) {
            Some(known) => *known = seen,
            None => self.seen.push(seen),
        }
    }

    /// A packet arrives at a host; the answer, if it is a probe.
    pub(super) fn arrived(
        &mut self,
        now: Time,
        host: HostNumber,
        packet: &Packet,
    ) -> Option<Packet> {
        if self.idle() {
            return None;
        }
        self.used(now, host, (packet.dst, packet.src), packet.flags);
        let seen = self.seen.iter().find(|seen| {
            seen.host == host && seen.local == packet.dst && seen.peer == packet.src
        })?;
        let probe = packet.flags == Flags::ACK
            && packet.payload.is_empty()
            && packet.seq.wrapping_add(1) == seen.ack;
        probe.then(|| Packet {
            seq: seen.next,
            ack: seen.ack,
            window: seen.window,
            ..Packet::bare(seen.local, seen.peer, Flags::ACK)
        })
    }

    fn used(
        &mut self,
        now: Time,
        host: HostNumber,
        (local, peer): (SocketAddrV4, SocketAddrV4),
        flags: Flags,
    ) {
        let same = |kept: &&mut Kept| kept.host == host && (kept.local, kept.peer) == (local, peer);
        for kept in self.kept.iter_mut().filter(same) {
            kept.last_used = now;
            kept.over |= flags.rst || flags.fin;
        }
    }

    /// The time has come to look at a connection; none if it is over.
    pub(super) fn due(&mut self, now: Time, number: usize) -> Option<Probe> {
        let kept = self.kept.get_mut(number).filter(|kept| !kept.over)?;
        let idle_until = kept.last_used + kept.interval;
        if idle_until > now {
            return Some(Probe { packet: None, again: idle_until });
        }
        kept.last_used = now;
        let (host, local, peer) = (kept.host, kept.local, kept.peer);
        let seen = self
            .seen
            .iter()
            .find(|seen| seen.host == host && (seen.local, seen.peer) == (local, peer));
        let packet = seen.map(|seen| Packet {
            seq: seen.next.wrapping_sub(1),
            ack: seen.ack,
            window: seen.window,
            ..Packet::bare(local, peer, Flags::ACK)
        });
        let packet = packet.map(|packet| (kept.interface, packet));
        Some(Probe { packet, again: now + kept.interval })
    }
}
