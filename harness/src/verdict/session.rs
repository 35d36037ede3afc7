//! The control connection in the record: where it came from, and where it went.

use std::net::Ipv4Addr;

use pasvlab_scenarios::Os;

use super::attempt::{self, Attempt, Offer, delivered};
use super::statement::Evidence;
use crate::record::{Ending, Hop, PacketRecord, PlaceKind, Record};

/// A data connection that came from another address than its session, and was closed for that.
pub(super) struct Foreign {
    /// Where it came from.
    pub(super) data: Ipv4Addr,
    /// Where the session came from.
    pub(super) session: Ipv4Addr,
    pub(super) rests_on: Evidence,
}

/// The address from which the data connection reached the server, and that of the session, if the
/// server closed the data connection at once because they differ.
pub(super) fn foreign_peer(record: &Record) -> Option<Foreign> {
    if record.ending() == Some(&Ending::Complete) {
        return None;
    }
    let dial = match attempt::last(record)? {
        Attempt::Dial(dial) => dial,
        Attempt::Offer(offer) => return foreign_offer(record, &offer),
    };
    let syn = dial.syn.filter(|_| dial.connected)?;
    let server = delivered(syn)?;
    let (data, at) = record.arrival(syn);
    let session = *record.arrival(control_syn(record)?).0.ip();
    let closed_unused = record
        .packets
        .iter()
        .filter(|packet| {
            packet.from == server && packet.packet.src == at && packet.packet.dst == data
        })
        .all(|packet| packet.packet.payload.is_empty());
    let foreign = record.place(server).kind == PlaceKind::Server && *data.ip() != session;
    let rests_on = Evidence::packet(record, syn);
    (foreign && closed_unused).then_some(Foreign { data: *data.ip(), session, rests_on })
}

/// The same for a connection that the server opened to another address than the session's.
fn foreign_offer(record: &Record, offer: &Offer<'_>) -> Option<Foreign> {
    let data = *offer.dialled.filter(|_| offer.error.is_none())?.ip();
    let session = *record.arrival(control_syn(record)?).0.ip();
    let unused = record.packets.iter().filter(|packet| {
        packet.at >= offer.since
            && packet.packet.src.ip() != &session
            && offer.dialled == Some(packet.packet.dst)
    });
    let closed_unused = unused.map(|packet| packet.packet.payload.len()).sum::<usize>() == 0;
    let rests_on = Evidence::event(record, offer.event);
    (data != session && closed_unused).then_some(Foreign { data, session, rests_on })
}

/// Whether the last control connection went through PrivateLink.
pub(super) fn through_endpoint(record: &Record) -> bool {
    let endpoint = |hop: &Hop| record.place(hop.place).kind == PlaceKind::Endpoint;
    control_syn(record).is_some_and(|syn| record.hops_of(syn).iter().any(endpoint))
}

/// The packet that opened the last control connection.
pub(super) fn control_syn(record: &Record) -> Option<&PacketRecord> {
    let port = record.cell.control_port;
    record.packets.iter().rev().find(|packet| {
        packet.packet.flags.opens()
            && !packet.again
            && packet.packet.dst.port() == port
            && record.place(packet.from).kind == PlaceKind::Client
    })
}

/// The server's interface that has the last control connection.
pub(super) fn control_interface(record: &Record) -> Option<Ipv4Addr> {
    let port = record.cell.control_port;
    let opened = record.packets.iter().rev().find_map(|packet| {
        let place = delivered(packet)?;
        let opens = packet.packet.flags.opens() && record.arrival(packet).1.port() == port;
        (opens && record.place(place).kind == PlaceKind::Server).then_some(place)
    });
    record.place(opened?).address
}

/// The name of an operating system in a sentence.
pub(super) fn os_name(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::MacOs => "macOS",
        Os::Bsd => "BSD",
        Os::Windows => "Windows",
    }
}
