//! The decisive cause of a failure in one line, read from the record.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::Os;

use super::attempt::{self, Attempt, Dial, Offer, delivered, wrong_host};
use super::journey::{answer_lost, first_loss, lost};
use crate::net::Reason;
use crate::record::{
    ConnectError, End, Ending, Failure, Hop, LineKind, Meaning, PacketRecord, Place, PlaceKind,
    Record, Stage, transcript,
};

/// The address from which the data connection reached the server, and that of the session, if the
/// server closed the data connection at once because they differ.
pub(super) fn foreign_peer(record: &Record) -> Option<(Ipv4Addr, Ipv4Addr)> {
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
    (foreign && closed_unused).then_some((*data.ip(), session))
}

/// The same for a connection that the server opened to another address than the session's.
fn foreign_offer(record: &Record, offer: &Offer<'_>) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let dialled = *offer.dialled.filter(|_| offer.error.is_none())?.ip();
    let session = *record.arrival(control_syn(record)?).0.ip();
    let unused = record.packets.iter().filter(|packet| {
        packet.at >= offer.since
            && packet.packet.src.ip() != &session
            && offer.dialled == Some(packet.packet.dst)
    });
    let closed_unused = unused.map(|packet| packet.packet.payload.len()).sum::<usize>() == 0;
    (dialled != session && closed_unused).then_some((dialled, session))
}

/// The decisive cause in one line.
pub(super) fn reason(record: &Record) -> String {
    if let Some((data, session)) = foreign_peer(record) {
        let whose = match attempt::last(record) {
            Some(Attempt::Offer(_)) => "the client announced",
            _ => "the data connection from",
        };
        return format!(
            "the session reaches the server from {session}, {whose} {data}, and the server closes such \
             a connection"
        );
    }
    let (stage, failure) = match record.ending() {
        Some(Ending::Failed { stage, failure }) => (*stage, failure),
        Some(Ending::Complete) | None => (Stage::Transfer, &Failure::Silence),
    };
    match failure {
        Failure::AddressMismatch => mismatch(record),
        Failure::Connect(_) if stage == Stage::Control => control_reason(record),
        Failure::Rejected(code) => rejected(record, *code),
        Failure::Protocol(text) if wrong_host(record).is_none() => {
            in_transfer(record).unwrap_or_else(|| text.clone())
        }
        Failure::Silence if wrong_host(record).is_none() => {
            in_transfer(record).unwrap_or_else(|| "nothing came any more".to_owned())
        }
        Failure::Connect(_) | Failure::Protocol(_) | Failure::Silence => {
            match attempt::last(record) {
                Some(Attempt::Dial(dial)) => dial_reason(record, &dial),
                Some(Attempt::Offer(offer)) => offer_reason(record, &offer),
                None => control_reason(record),
            }
        }
    }
}

/// The server said no. It may have had a reason on the network.
fn rejected(record: &Record, code: u16) -> String {
    match attempt::last(record) {
        Some(Attempt::Offer(offer)) if offer.error.is_some() => offer_reason(record, &offer),
        Some(Attempt::Dial(dial)) if dial.connected && proxy_reason(record, &dial).is_some() => {
            proxy_reason(record, &dial).unwrap_or_default()
        }
        _ => {
            let lines = transcript::transcript(record);
            let start = code.to_string();
            let said = |line: &&transcript::Line| {
                line.kind == LineKind::Reply && line.text.starts_with(&start)
            };
            match lines.iter().rev().find(said) {
                Some(line) => format!("the server answered \"{}\"", line.text.trim_end()),
                None => format!("the server answered {code}"),
            }
        }
    }
}

/// What was lost after the data connection, or the session, had been opened.
fn in_transfer(record: &Record) -> Option<String> {
    match attempt::last(record) {
        Some(Attempt::Dial(dial)) => {
            proxy_reason(record, &dial).or_else(|| first_loss(record, dial.since))
        }
        Some(Attempt::Offer(_)) | None => first_loss(record, control_syn(record)?.at),
    }
}

/// Why the control connection could not be opened.
fn control_reason(record: &Record) -> String {
    let Some(syn) = control_syn(record) else {
        return "the control connection was never dialled".to_owned();
    };
    let address = syn.packet.dst;
    match syn.end {
        End::Dropped(place, reason) | End::Unreachable(place, reason) => {
            format!("{} from {}: {reason}", address.ip(), record.place(place).network)
        }
        End::Delivered(place) => match answer_lost(record, syn) {
            Some((place, reason)) => answer_reason(record.place(place), reason),
            None => format!("nobody listens on {address} at {}", record.place(place).name),
        },
    }
}

fn answer_reason(place: &Place, reason: Reason) -> String {
    format!("the answer on its way back from {}: {reason}", place.network)
}

fn mismatch(record: &Record) -> String {
    if let Some(Attempt::Offer(_)) = attempt::last(record) {
        return "the client accepts connections from the address that it is connected to only"
            .to_owned();
    }
    match attempt::last_dial(record).and_then(|dial| dial.decision.announced) {
        Some(announced) => format!(
            "the client accepts no other address than the one it is connected to, and the server \
             announced {announced}"
        ),
        None => "the client does not accept the announced address".to_owned(),
    }
}

fn dial_reason(record: &Record, dial: &Dial<'_>) -> String {
    let Some(dialled) = dial.decision.dialled else { return mismatch(record) };
    match dial.meaning {
        Some(Meaning::OwnHost(_)) if dial.connected => {
            format!("{} is the client's own host, where another program listens", dialled.ip())
        }
        Some(Meaning::OwnHost(_)) => {
            format!("{} is the client's own host on {}", dialled.ip(), os_name(record.cell.os))
        }
        Some(Meaning::NotAvailable) => {
            format!("{} does not dial {}", os_name(record.cell.os), dialled.ip())
        }
        Some(Meaning::Remote) | None => match dial.syn {
            Some(syn) => remote_reason(record, syn, dialled),
            None => format!("{dialled} was never dialled"),
        },
    }
}

fn remote_reason(record: &Record, syn: &PacketRecord, dialled: SocketAddrV4) -> String {
    if let Some((place, reason)) = lost(syn) {
        return format!("{} from {}: {reason}", dialled.ip(), record.place(place).network);
    }
    if let Some((place, reason)) = answer_lost(record, syn) {
        return answer_reason(record.place(place), reason);
    }
    delivered(syn)
        .map_or_else(String::new, |place| arrived_reason(record, record.place(place), dialled))
}

fn arrived_reason(record: &Record, place: &Place, dialled: SocketAddrV4) -> String {
    match place.kind {
        PlaceKind::Server => match (place.address, control_interface(record)) {
            (Some(reached), Some(session)) if reached != session => format!(
                "{} leads to the server's interface {reached}, but the session is on {session}",
                dialled.ip()
            ),
            _ => format!("nobody listens on port {} of the server", dialled.port()),
        },
        PlaceKind::Proxy => format!("`{}` does not relay port {}", place.name, dialled.port()),
        _ => format!(
            "{} is `{}` in {}, a host that is not the server",
            dialled.ip(),
            place.name,
            place.network
        ),
    }
}

/// Why the connection that a proxy opened in turn led nowhere, if the client's led to a proxy.
fn proxy_reason(record: &Record, dial: &Dial<'_>) -> Option<String> {
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
            arrived_reason(record, record.place(delivered(syn)?), onward.requested)
        }
        _ => remote_reason(record, syn, onward.requested),
    };
    Some(format!("`{}` took the connection, but could not pass it on: {why}", proxy.name))
}

/// Why the server could not connect to the client.
fn offer_reason(record: &Record, offer: &Offer<'_>) -> String {
    let Some(dialled) = offer.dialled else {
        return format!("nobody connected to {} in time", offer.address);
    };
    let why = match offer.syn {
        Some(syn) => match (lost(syn), answer_lost(record, syn), delivered(syn)) {
            (Some((place, reason)), _, _) => {
                format!("{} from {}: {reason}", dialled.ip(), record.place(place).network)
            }
            (None, Some((place, reason)), _) => answer_reason(record.place(place), reason),
            (None, None, Some(place)) if record.place(place).kind == PlaceKind::Client => {
                format!("the client does not listen on port {}", dialled.port())
            }
            (None, None, place) => {
                let name = place.map_or("somebody", |place| record.place(place).name.as_str());
                format!("{} is `{name}`, which is not the client", dialled.ip())
            }
        },
        None => format!("{} is the server's own host", dialled.ip()),
    };
    let one_way = match through_endpoint(record) {
        true => format!("; {}", Reason::OneWay),
        false => String::new(),
    };
    format!("the server could not connect to the client: {why}{one_way}")
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
fn control_interface(record: &Record) -> Option<Ipv4Addr> {
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
