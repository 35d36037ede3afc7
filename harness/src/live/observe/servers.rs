//! Connections that a real server opens, in active mode.

use crate::net::Flags;
use crate::record::{
    ConnectError, End, Event, Meaning, PacketRecord, PlaceIx, PlaceKind, Record, What,
};

/// Attempts of servers are numbered from here, those of the client from 0.
const FIRST: u32 = 1 << 16;

/// What a simulated server would have noted.
pub(super) fn connects(record: &Record) -> Vec<Event> {
    let server = |place: PlaceIx| record.place(place).kind == PlaceKind::Server;
    let opening = record.packets.iter().filter(|packet| {
        server(packet.from)
            && packet.packet.flags.opens()
            && !packet.again
            && packet.answer.is_none()
    });
    let mut events = Vec::new();
    for (number, syn) in opening.enumerate() {
        let attempt = FIRST + number as u32;
        let (place, requested) = (syn.from, syn.packet.dst);
        let meaning = Meaning::Remote;
        let what = What::Connecting { attempt, place, requested, meaning };
        events.push(Event { at: syn.at, what });
        events.push(end(record, attempt, syn));
    }
    events
}

fn end(record: &Record, attempt: u32, syn: &PacketRecord) -> Event {
    let failed = |at, error| Event { at, what: What::ConnectFailed { attempt, error } };
    if let End::Unreachable(..) = syn.end {
        return failed(syn.ended_at, ConnectError::Unreachable);
    }
    let answer = record.packets.iter().find(|packet| {
        let (src, dst) = record.arrival(packet);
        packet.end == End::Delivered(syn.from)
            && (src, dst) == (syn.packet.dst, syn.packet.src)
            && packet.ended_at >= syn.at
    });
    match answer {
        Some(answer) if answer.packet.flags == Flags::SYN_ACK => {
            let what = What::Connected { attempt, local: syn.packet.src };
            Event { at: answer.ended_at, what }
        }
        Some(answer) => failed(answer.ended_at, ConnectError::Refused),
        None => failed(record.ended_at, ConnectError::ClientTimeout),
    }
}
