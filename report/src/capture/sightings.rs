//! What is seen where, and when.

use pasvlab_harness::net::{Flags, Reason, Time};
use pasvlab_harness::record::{End, Hop, PacketRecord, PlaceIx, PlaceKind, Record};

/// One packet at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) at: Time,
    pub(super) place: PlaceIx,
    pub(super) direction: Direction,
    /// Its number in the record.
    pub(super) packet: usize,
    /// How many boxes it has passed.
    pub(super) boxes: usize,
    pub(super) what: What,
    pub(super) comments: Vec<String>,
}

/// As the place sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The packet itself.
    Segment,
    /// A router's message about it.
    Unreachable {
        /// That the port is unreachable, and not the host.
        port: bool,
    },
}

/// Everything that is seen, in order of time; at one moment in the order in which packets set out.
pub(super) fn sightings(record: &Record) -> Vec<Sighting> {
    let packets = record.packets.iter().enumerate();
    let mut all: Vec<Sighting> =
        packets.flat_map(|(number, packet)| of_packet(record, number, packet)).collect();
    // Stable: what a packet does at one moment stays in this order.
    all.sort_by_key(|sighting| sighting.at);
    all
}

fn of_packet(record: &Record, number: usize, packet: &PacketRecord) -> Vec<Sighting> {
    let sighting = |at, place, direction, boxes| {
        let (what, comments) = (What::Segment, Vec::new());
        Sighting { at, place, direction, packet: number, boxes, what, comments }
    };
    let mut seen = vec![sighting(packet.at, packet.from, Direction::Outbound, 0)];
    seen[0].comments.extend(packet.answer.map(|reason| {
        format!("Sent by `{}`: {}", record.place(packet.from).name, with_id(reason))
    }));
    let mut before = As::it_set_out(packet);
    for (number, hop) in record.hops_of(packet).iter().enumerate() {
        seen.push(sighting(hop.at, hop.place, Direction::Inbound, number));
        let after = As::left(hop);
        if after != before || hop.payload.is_some() {
            seen.push(sighting(hop.at, hop.place, Direction::Outbound, number + 1));
        }
        before = after;
    }
    let boxes = record.hops_of(packet).len();
    let (place, lost) = match packet.end {
        End::Delivered(place) => (place, None),
        End::Dropped(place, reason) => (place, Some(("Dropped", reason))),
        End::Unreachable(place, reason) => (place, Some(("Stopped", reason))),
    };
    // A packet that does not get out of where it was is not there twice.
    let left = seen.last().is_some_and(|last| (last.place, last.at) == (place, packet.ended_at));
    if !left || lost.is_none() {
        seen.push(sighting(packet.ended_at, place, Direction::Inbound, boxes));
    }
    let last = seen.last_mut().expect("it set out");
    if packet.lost > 0 {
        let times = if packet.lost == 1 { "once" } else { &format!("{} times", packet.lost) };
        last.comments.push(format!("Lost on its way {times} and sent again, which is not shown."));
    }
    last.comments.extend(lost.map(|(verb, reason)| {
        format!("{verb} here, at `{}`: {}", record.place(place).name, with_id(reason))
    }));
    seen.extend(told(record, number, packet));
    seen
}

/// The message with which a router tells a host that its packet went no further. The lab tells hosts
/// at once; what boxes have sent, nobody is told of.
fn told(record: &Record, number: usize, packet: &PacketRecord) -> Vec<Sighting> {
    let End::Unreachable(router, reason) = packet.end else { return Vec::new() };
    let host = matches!(
        record.place(packet.from).kind,
        PlaceKind::Client | PlaceKind::Server | PlaceKind::Bystander | PlaceKind::Proxy
    );
    if !host || packet.answer.is_some() {
        return Vec::new();
    }
    let what = What::Unreachable { port: reason == Reason::PortUnreachable };
    let message = |place, direction, boxes| Sighting {
        at: packet.ended_at,
        place,
        direction,
        packet: number,
        boxes,
        what,
        comments: vec![format!(
            "`{}` tells the sender: {}",
            record.place(router).name,
            with_id(reason)
        )],
    };
    let boxes = record.hops_of(packet).len();
    vec![message(router, Direction::Outbound, boxes), message(packet.from, Direction::Inbound, 0)]
}

/// The fields that boxes change, but for the payload.
#[derive(PartialEq)]
struct As {
    ends: (std::net::SocketAddrV4, std::net::SocketAddrV4),
    numbers: (u32, u32),
    flags: Flags,
}

impl As {
    fn it_set_out(packet: &PacketRecord) -> Self {
        let packet = &packet.packet;
        Self {
            ends: (packet.src, packet.dst),
            numbers: (packet.seq, packet.ack),
            flags: packet.flags,
        }
    }

    fn left(hop: &Hop) -> Self {
        Self { ends: (hop.src, hop.dst), numbers: (hop.seq, hop.ack), flags: hop.flags }
    }
}

fn with_id(reason: Reason) -> String {
    format!("{reason} [{}]", reason.id())
}
