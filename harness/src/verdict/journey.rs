//! Packets on their way, in words.

use crate::net::{Flags, Reason, Time};
use crate::record::{End, PacketRecord, Place, PlaceIx, PlaceKind, Record};

use super::Cause;
use super::attempt::delivered;
use super::statement::{Evidence, Statement, statement};

/// The way of the packet that opens a connection, as a sentence.
pub(super) fn route(record: &Record, syn: &PacketRecord) -> Statement {
    let from = match record.place(syn.from).kind {
        PlaceKind::Client => "the client".to_owned(),
        PlaceKind::Server => "the server".to_owned(),
        _ => named(record.place(syn.from)),
    };
    let mut text = format!("The first packet went from {from}");
    for hop in record.hops_of(syn) {
        let place = record.place(hop.place);
        text.push_str(&format!(" through {}", named(place)));
    }
    match syn.end {
        End::Delivered(place) => {
            let place = record.place(place);
            let not = match (record.place(syn.from).kind, place.kind) {
                (PlaceKind::Client, PlaceKind::Server | PlaceKind::Proxy)
                | (PlaceKind::Server | PlaceKind::Proxy, _) => "",
                _ => ", a host that is not the server",
            };
            text.push_str(&format!(" to {}{not}.", named(place)));
        }
        End::Dropped(place, reason) => {
            let place = named(record.place(place));
            text.push_str(&format!(" to the {place}, which dropped it: {reason}."));
        }
        End::Unreachable(place, reason) => {
            let place = named(record.place(place));
            text.push_str(&format!(" to the {place}, which answered unreachable: {reason}."));
        }
    }
    let cause = lost(syn).map_or(Cause::Arrived, |(_, reason)| reason.into());
    statement(cause, text, Evidence::packet(record, syn))
}

/// A place with its address, if it has one.
pub(super) fn named(place: &Place) -> String {
    match place.address {
        Some(address) => format!("{} ({address})", place.name),
        None => place.name.clone(),
    }
}

/// The answer to a packet that opens a connection, and where and why it was lost, if it was.
pub(super) fn answer_lost<'a>(
    record: &'a Record,
    syn: &PacketRecord,
) -> Option<(&'a PacketRecord, PlaceIx, Reason)> {
    let there = delivered(syn)?;
    let (src, dst) = record.arrival(syn);
    let answer = record.packets.iter().find(|packet| {
        packet.at >= syn.at
            && packet.from == there
            && packet.packet.flags == Flags::SYN_ACK
            && (packet.packet.src, packet.packet.dst) == (dst, src)
    })?;
    let (place, reason) = lost(answer)?;
    Some((answer, place, reason))
}

/// Where and why a packet was lost, if it was.
pub(super) fn lost(packet: &PacketRecord) -> Option<(PlaceIx, Reason)> {
    match packet.end {
        End::Delivered(_) => None,
        End::Dropped(place, reason) | End::Unreachable(place, reason) => Some((place, reason)),
    }
}

/// What became of the first packet since `since` that a box sent by itself, as a sentence.
pub(super) fn first_answer(record: &Record, since: Time) -> Option<Statement> {
    let packet = record.packets.iter().find(|packet| packet.at >= since && packet.answer.is_some());
    let (packet, why) = packet.and_then(|packet| Some((packet, packet.answer?)))?;
    let sent = if packet.packet.flags.rst { "reset" } else { "FIN" };
    let from = &record.place(packet.from).name;
    let text = match (packet.end, lost(packet)) {
        (_, Some((place, reason))) => {
            format!("The {sent} from {from} ended at {}: {reason}.", record.place(place).name)
        }
        (End::Delivered(place), None) => {
            format!("The {sent} from {from} reached {}.", record.place(place).name)
        }
        (_, None) => return None,
    };
    Some(statement(why, text, Evidence::packet(record, packet)))
}

/// The first packet since `since` that was lost on an open connection, in one line.
pub(super) fn first_loss(record: &Record, since: Time) -> Option<Statement> {
    // A client that closes has given up already, whatever becomes of its FIN.
    let gives_up = |packet: &PacketRecord| {
        packet.packet.flags.fin && record.place(packet.from).kind == PlaceKind::Client
    };
    let packet = record.packets.iter().find(|packet| {
        packet.at >= since
            && !packet.packet.flags.syn
            && !gives_up(packet)
            && lost(packet).is_some()
    })?;
    let (place, reason) = lost(packet)?;
    let control = record.cell.control_port;
    let (src, dst) = (packet.packet.src.port(), packet.packet.dst.port());
    let connection =
        if src == control || dst == control { "control connection" } else { "data connection" };
    let sender = match record.place(packet.from).kind {
        PlaceKind::Client => "the client".to_owned(),
        PlaceKind::Server => "the server".to_owned(),
        _ => record.place(packet.from).name.clone(),
    };
    let place = &record.place(place).name;
    let text = format!("what {sender} sent on the {connection} ended at {place}: {reason}");
    Some(statement(reason, text, Evidence::packet(record, packet)))
}
