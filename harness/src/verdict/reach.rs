//! Why a data connection led nowhere, as the decisive cause.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Cause;
use super::attempt::{self, Attempt, Dial, Offer, delivered};
use super::blinded;
use super::journey::{answer_lost, lost};
use super::session::{control_interface, os_name, through_endpoint};
use super::statement::{Evidence, Statement, statement};
use crate::net::Reason;
use crate::record::{
    ConnectError, DecidedBy, Meaning, PacketRecord, Place, PlaceIx, PlaceKind, Record,
};

/// The client's policy forbids the address.
pub(super) fn mismatch(record: &Record) -> Statement {
    let cause = Cause::ClientInsistsOnPeer;
    match attempt::last(record) {
        Some(Attempt::Offer(offer)) => {
            let text =
                "the client accepts connections from the address that it is connected to only";
            statement(cause, text, Evidence::event(record, offer.event))
        }
        Some(Attempt::Dial(dial)) => {
            let text = match dial.decision.announced {
                Some(announced) => format!(
                    "the client accepts no other address than the one it is connected to, and the \
                     server announced {announced}"
                ),
                None => "the client does not accept the announced address".to_owned(),
            };
            statement(cause, text, Evidence::event(record, dial.event))
        }
        None => statement(
            cause,
            "the client does not accept the announced address",
            Evidence::end(record),
        ),
    }
}

/// Why the connection that the client dialled led nowhere.
pub(super) fn dial_reason(record: &Record, dial: &Dial<'_>) -> Statement {
    let why = dialled(record, dial);
    match blinded::of_dial(record, dial) {
        Some(helper) => helper.explains(&why.text),
        None => why,
    }
}

/// What became of the connection that the client dialled.
fn dialled(record: &Record, dial: &Dial<'_>) -> Statement {
    let Some(dialled) = dial.decision.dialled else { return mismatch(record) };
    let ip = dialled.ip();
    let rests_on = Evidence::event(record, dial.connect.unwrap_or(dial.event));
    match dial.meaning {
        Some(Meaning::OwnHost(_)) if dial.connected => {
            let text = format!("{ip} is the client's own host, where another program listens");
            statement(Cause::ClientDialledItself, text, rests_on)
        }
        Some(Meaning::OwnHost(_)) => {
            let text = format!("{ip} is the client's own host on {}", os_name(record.cell.os));
            statement(Cause::ClientDialledItself, text, rests_on)
        }
        Some(Meaning::NotAvailable) => {
            let text = format!("{} does not dial {ip}", os_name(record.cell.os));
            statement(Cause::ZeroNotDialled, text, rests_on)
        }
        Some(Meaning::Remote) | None => match dial.syn {
            Some(syn) => of_announcement(remote(record, syn, dialled), dial, syn),
            None => {
                statement(Cause::NeverDialled, format!("{dialled} was never dialled"), rests_on)
            }
        },
    }
}

/// An address that does not exist where the client is: it is the announcement that is at fault, if the
/// client had the address from it.
fn of_announcement(found: Statement, dial: &Dial<'_>, syn: &PacketRecord) -> Statement {
    let told = matches!(dial.decision.decided_by, DecidedBy::Server | DecidedBy::EarlierReply);
    match lost(syn) {
        Some((_, Reason::NoRoute | Reason::NobodyAtAddress)) if told => {
            let private = is_private(*syn.packet.dst.ip());
            let cause = match private {
                true => Cause::PassiveAddressPrivate,
                false => Cause::PassiveAddressUnreachable,
            };
            Statement { cause, ..found }
        }
        _ => found,
    }
}

/// Addresses that mean something else in every network (RFC 1918, RFC 6598, RFC 3927).
fn is_private(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private() || address.is_link_local() || (a == 100 && (64..128).contains(&b))
}

fn remote(record: &Record, syn: &PacketRecord, dialled: SocketAddrV4) -> Statement {
    let rests_on = Evidence::packet(record, syn);
    if let Some((place, reason)) = lost(syn) {
        let text = format!("{} from {}: {reason}", dialled.ip(), record.place(place).network);
        return statement(reason, text, rests_on);
    }
    if let Some((answer, place, reason)) = answer_lost(record, syn) {
        return answer_reason(record, answer, (place, reason));
    }
    match delivered(syn) {
        Some(place) => arrived(record, record.place(place), dialled, rests_on),
        None => statement(Cause::NeverDialled, format!("{dialled} was never dialled"), rests_on),
    }
}

/// An answer was lost on its way back.
pub(super) fn answer_reason(
    record: &Record,
    answer: &PacketRecord,
    (place, reason): (PlaceIx, Reason),
) -> Statement {
    let network = &record.place(place).network;
    let text = format!("the answer on its way back from {network}: {reason}");
    statement(reason, text, Evidence::packet(record, answer))
}

/// A packet arrived, and yet no connection came of it.
fn arrived(record: &Record, place: &Place, dialled: SocketAddrV4, rests_on: Evidence) -> Statement {
    let (ip, port) = (dialled.ip(), dialled.port());
    let (cause, text) = match place.kind {
        PlaceKind::Server => match (place.address, control_interface(record)) {
            (Some(reached), Some(session)) if reached != session => (
                Cause::OtherZone,
                format!(
                    "{ip} leads to the server's interface {reached}, but the session is on {session}"
                ),
            ),
            _ => (Cause::PortClosed, format!("nobody listens on port {port} of the server")),
        },
        PlaceKind::Proxy => {
            (Cause::PortNotRelayed, format!("`{}` does not relay port {port}", place.name))
        }
        _ => {
            let (name, network) = (&place.name, &place.network);
            let text = format!("{ip} is `{name}` in {network}, a host that is not the server");
            (Cause::OtherHost, text)
        }
    };
    statement(cause, text, rests_on)
}

/// Why the connection that a proxy opened in turn led nowhere, if the client's led to a proxy.
pub(super) fn proxy_reason(record: &Record, dial: &Dial<'_>) -> Option<Statement> {
    let proxy = record.place(delivered(dial.syn?)?);
    if proxy.kind != PlaceKind::Proxy {
        return None;
    }
    let start = record.events.iter().position(|event| event.at >= dial.since)?;
    let port = dial.decision.port;
    let onward = attempt::connect(record, &record.events[start..], PlaceKind::Proxy, |to| {
        to.port() == port
    })?;
    let error = onward.error?;
    let syn = attempt::syn(record, dial.since, PlaceKind::Proxy, onward.requested)?;
    let why = match error {
        ConnectError::Refused if lost(syn).is_none() => {
            let place = record.place(delivered(syn)?);
            arrived(record, place, onward.requested, Evidence::packet(record, syn))
        }
        _ => remote(record, syn, onward.requested),
    };
    let text =
        format!("`{}` took the connection, but could not pass it on: {}", proxy.name, why.text);
    Some(Statement { text, ..why })
}

/// Why the server could not connect to the client.
pub(super) fn offer_reason(record: &Record, offer: &Offer<'_>) -> Statement {
    let announced = Evidence::event(record, offer.event);
    let Some(dialled) = offer.dialled else {
        let text = format!("nobody connected to {} in time", offer.address);
        return statement(Cause::NobodyConnected, text, announced);
    };
    let why = match offer.syn {
        Some(syn) => offered(record, syn, dialled),
        None => {
            let text = format!("{} is the server's own host", dialled.ip());
            statement(Cause::ActiveAddressUnreachable, text, announced)
        }
    };
    let text = format!("the server could not connect to the client: {}", why.text);
    if through_endpoint(record) {
        let text = format!("{text}; {}", Reason::OneWay);
        return Statement { cause: Reason::OneWay.into(), text, ..why };
    }
    if let Some(helper) = blinded::of_offer(record, offer) {
        return helper.explains(&text);
    }
    Statement { text, ..why }
}

fn offered(record: &Record, syn: &PacketRecord, dialled: SocketAddrV4) -> Statement {
    let rests_on = Evidence::packet(record, syn);
    let ip = *dialled.ip();
    let unreachable = match is_private(ip) {
        true => Cause::ActiveAddressPrivate,
        false => Cause::ActiveAddressUnreachable,
    };
    if let Some((place, reason)) = lost(syn) {
        let cause = match reason {
            Reason::NoRoute | Reason::NobodyAtAddress => unreachable,
            _ => reason.into(),
        };
        let text = format!("{ip} from {}: {reason}", record.place(place).network);
        return statement(cause, text, rests_on);
    }
    if let Some((answer, place, reason)) = answer_lost(record, syn) {
        return answer_reason(record, answer, (place, reason));
    }
    match delivered(syn).map(|place| record.place(place)) {
        Some(place) if place.kind == PlaceKind::Client => {
            let text = format!("the client does not listen on port {}", dialled.port());
            statement(Cause::PortClosed, text, rests_on)
        }
        place => {
            let name = place.map_or("somebody", |place| place.name.as_str());
            let text = format!("{ip} is `{name}`, which is not the client");
            statement(Cause::OtherHost, text, rests_on)
        }
    }
}
