//! What a real host's kernel did not take is sent to it again.
//!
//! The simulated network loses nothing on the way, so turmoil-net's kernels never send anything twice.
//! A real kernel drops what it has no memory for, and counts on hearing it again (RFC 9293 section
//! 3.8.1). So the edge of a real host keeps what the host has not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::time::Duration;

use super::world::HostNumber;
use crate::net::{Packet, Time};

/// How long the first repetition waits, and how long they wait at most (RFC 6298 section 2 has one
/// second, which is long for a loss that happens on the machine itself).
const FIRST_WAIT: Time = Duration::from_millis(200);
const LONGEST_WAIT: Time = Duration::from_secs(5);

/// A direction of a connection, towards a real host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Towards {
    pub(super) host: HostNumber,
    pub(super) src: SocketAddrV4,
    pub(super) dst: SocketAddrV4,
}

#[derive(Debug)]
struct Flow {
    unacknowledged: VecDeque<Packet>,
    /// When something was acknowledged last, or sent again.
    last: Time,
    wait: Time,
}

/// Everything that real hosts have not acknowledged.
#[derive(Debug, Default)]
pub(super) struct Resends(BTreeMap<Towards, Flow>);

/// What to do about a flow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// A packet to hand to the host once more.
    pub(super) packet: Option<Packet>,
    /// When to look again.
    pub(super) at: Time,
}

impl Resends {
    /// A packet is handed to a real host. When to look after it, if nobody does yet.
    pub(super) fn handed(
        &mut self,
        now: Time,
        host: HostNumber,
        packet: &Packet,
    ) -> Option<(Towards, Time)> {
        let towards = Towards { host, src: packet.src, dst: packet.dst };
        if packet.flags.rst {
            self.0.remove(&towards);
            return None;
        }
        if packet.length() == 0 {
            return None;
        }
        if let Some(flow) = self.0.get_mut(&towards) {
            flow.unacknowledged.push_back(packet.clone());
            return None;
        }
        let unacknowledged = VecDeque::from([packet.clone()]);
        self.0.insert(towards, Flow { unacknowledged, last: now, wait: FIRST_WAIT });
        Some((towards, now + FIRST_WAIT))
    }

    /// A real host sends a packet.
    pub(super) fn heard(&mut self, now: Time, host: HostNumber, packet: &Packet) {
        let towards = Towards { host, src: packet.dst, dst: packet.src };
        if packet.flags.rst {
            self.0.remove(&towards);
            return;
        }
        let Some(flow) = self.0.get_mut(&towards).filter(|_| packet.flags.ack) else { return };
        let taken = |sent: &Packet| {
            let end = sent.seq.wrapping_add(sent.length());
            packet.ack.wrapping_sub(end) as i32 >= 0
        };
        while flow.unacknowledged.front().is_some_and(taken) {
            flow.unacknowledged.pop_front();
            (flow.last, flow.wait) = (now, FIRST_WAIT);
        }
    }

    /// The time has come to look at a flow; none if everything has arrived.
    pub(super) fn due(&mut self, now: Time, towards: Towards) -> Option<Again> {
        let flow = self.0.get_mut(&towards)?;
        let Some(first) = flow.unacknowledged.front() else {
            self.0.remove(&towards);
            return None;
        };
        if flow.last + flow.wait > now {
            return Some(Again { packet: None, at: flow.last + flow.wait });
        }
        flow.last = now;
        flow.wait = (flow.wait * 2).min(LONGEST_WAIT);
        Some(Again { packet: Some(first.clone()), at: now + flow.wait })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Flags;
    use bytes::Bytes;

    const HOST: HostNumber = HostNumber(1);

    fn at(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new([10, 0, 0, 1].into(), port)
    }

    fn data(seq: u32) -> Packet {
        let payload = Bytes::from_static(&[0; 100]);
        Packet { seq, payload, ..Packet::bare(at(20), at(4000), Flags::ACK) }
    }

    fn acknowledges(ack: u32) -> Packet {
        Packet { ack, ..Packet::bare(at(4000), at(20), Flags::ACK) }
    }

    fn millis(number: u64) -> Time {
        Duration::from_millis(number)
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again_after_ever_longer_waits() {
        let mut resends = Resends::default();
        let (towards, due) =
            resends.handed(Time::ZERO, HOST, &data(u32::MAX - 50)).expect("a date");
        assert_eq!(resends.handed(millis(1), HOST, &data(49)), None);
        let first = resends.due(due, towards).expect("not acknowledged");
        assert_eq!(first, Again { packet: Some(data(u32::MAX - 50)), at: millis(600) });
        resends.heard(millis(500), HOST, &acknowledges(49));
        let second = resends.due(first.at, towards).expect("the second is still there");
        assert_eq!(second, Again { packet: None, at: millis(700) });
        assert_eq!(resends.due(second.at, towards).and_then(|again| again.packet), Some(data(49)));
    }

    #[test]
    fn what_is_acknowledged_or_reset_is_not_sent_again() {
        let mut resends = Resends::default();
        let (towards, due) = resends.handed(Time::ZERO, HOST, &data(0)).expect("a date");
        resends.heard(millis(1), HOST, &acknowledges(100));
        assert_eq!(resends.due(due, towards), None);
        let (towards, due) = resends.handed(due, HOST, &data(100)).expect("a date again");
        let reset = Packet::bare(at(4000), at(20), Flags { rst: true, ..Flags::default() });
        resends.heard(due, HOST, &reset);
        assert_eq!(resends.due(due, towards), None);
    }
}
