//! Which address was announced, by whom, and what became of the announcement on its way.

use pasvlab_scenarios::PassiveIp;

use super::Cause;
use super::attempt::{Dial, Offer};
use super::statement::{Evidence, Statement, statement};
use crate::net::Time;
use crate::record::{End, PacketRecord, PlaceKind, Record};

/// What the server announced before the client dialled.
pub(super) fn announcement(record: &Record, dial: &Dial<'_>) -> Statement {
    let port = dial.decision.port;
    let rests_on = Evidence::event(record, dial.event);
    let what = match dial.decision.announced {
        Some(address) => format!("The server announced {address}:{port}"),
        None => format!("The server announced port {port}"),
    };
    if let Some(packet) = reply_changed(record, dial.since) {
        let text = format!("{what} as the reply arrived: {}.", change(record, packet));
        let rests_on = Evidence::packet(record, packet);
        return statement(Cause::AnnouncementRewritten, text, rests_on);
    }
    let Some(address) = dial.decision.announced else {
        let text = format!("{what}; an answer to EPSV has no address.");
        return statement(Cause::PortOnly, text, rests_on);
    };
    let own = || {
        let mut servers = record.places.iter().filter(|place| place.kind == PlaceKind::Server);
        servers.any(|server| server.address == Some(address))
    };
    let (cause, why) = match record.cell.announced {
        PassiveIp::Auto if own() => {
            (Cause::AnnouncedOwnAddress, "PassiveIp AUTO: an address of its own")
        }
        PassiveIp::Address(set) if set == address => (Cause::AnnouncedPassiveIp, "its PassiveIp"),
        PassiveIp::Auto => (Cause::AnnouncedOther, "not an address of its own"),
        PassiveIp::Address(_) => (Cause::AnnouncedOther, "not its PassiveIp"),
    };
    statement(cause, format!("{what} ({why})."), rests_on)
}

/// What a box made of the client's announcement.
pub(super) fn offer_changed(record: &Record, offer: &Offer<'_>) -> Option<Statement> {
    let packet = record.packets.iter().find(|packet| {
        packet.at >= offer.since
            && packet.rewritten.is_some()
            && record.place(packet.from).kind == PlaceKind::Client
    })?;
    let text = format!("On its way the announcement changed: {}.", change(record, packet));
    Some(statement(Cause::AnnouncementRewritten, text, Evidence::packet(record, packet)))
}

/// The last reply to `PASV` or `EPSV` that the client had by `until`, if a box changed it.
fn reply_changed(record: &Record, until: Time) -> Option<&PacketRecord> {
    let port = record.cell.control_port;
    let announces = |packet: &&PacketRecord| {
        let payload = packet.rewritten.as_ref().unwrap_or(&packet.packet.payload);
        let text = String::from_utf8_lossy(payload);
        packet.ended_at <= until
            && packet.packet.src.port() == port
            && arrived_at_client(record, packet)
            && text.lines().any(|line| line.starts_with("227") || line.starts_with("229"))
    };
    record.packets.iter().rev().find(announces).filter(|packet| packet.rewritten.is_some())
}

fn arrived_at_client(record: &Record, packet: &PacketRecord) -> bool {
    matches!(packet.end, End::Delivered(place) if record.place(place).kind == PlaceKind::Client)
}

/// A packet's text before and after the box.
fn change(record: &Record, packet: &PacketRecord) -> String {
    let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let before = line(&packet.packet.payload);
    let after = packet.rewritten.as_ref().map_or_else(String::new, |bytes| line(bytes));
    let helpers = record.hops_of(packet).iter().filter(|hop| hop.payload.is_some());
    let names: Vec<&str> = helpers.map(|hop| record.place(hop.place).name.as_str()).collect();
    let who = match names.as_slice() {
        [only] => format!("`{only}`"),
        _ => "a box".to_owned(),
    };
    format!("{who} made \"{after}\" of \"{before}\"")
}
