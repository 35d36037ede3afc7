//! The decisive cause of a failure in one line, read from the record.

use super::Cause;
use super::attempt::{self, Attempt, delivered, wrong_host};
use super::blinded;
use super::journey::{answer_lost, first_loss, lost};
use super::reach::{answer_reason, dial_reason, mismatch, offer_reason, proxy_reason};
use super::session::{control_syn, foreign_peer};
use super::statement::{Evidence, Statement, statement};
use super::tls;
use crate::record::{
    End, Ending, Event, Failure, LineKind, Meaning, PacketRecord, PlaceKind, Record, Stage, What,
    transcript,
};

/// The decisive cause.
pub(super) fn decisive(record: &Record) -> Statement {
    if let Some(found) = foreign_peer(record) {
        let (data, session) = (found.data, found.session);
        let whose = match attempt::last(record) {
            Some(Attempt::Offer(_)) => "the client announced",
            _ => "the data connection from",
        };
        let text = format!(
            "the session reaches the server from {session}, {whose} {data}, and the server closes such \
             a connection"
        );
        if let Some(Attempt::Offer(offer)) = attempt::last(record)
            && let Some(helper) = blinded::of_offer(record, &offer)
        {
            return helper.explains(&text);
        }
        return statement(Cause::DataFromElsewhere, text, found.rests_on);
    }
    if let Some(refused) = new_tls_session(record) {
        return refused;
    }
    let (stage, failure) = match record.ending() {
        Some(Ending::Failed { stage, failure }) => (*stage, failure),
        // The simulation's time ran out.
        Some(Ending::Complete) | None => {
            return taken_by_another(record)
                .or_else(|| unconnected(record))
                .or_else(|| in_transfer(record))
                .unwrap_or_else(|| silent(record));
        }
    };
    if stage == Stage::Login
        && let Some(failed) = tls::failed(record)
    {
        return failed;
    }
    match failure {
        Failure::AddressMismatch => match attempt::last(record) {
            Some(Attempt::Dial(dial)) if dial.decision.dialled.is_none() => {
                dial_reason(record, &dial)
            }
            _ => mismatch(record),
        },
        Failure::Connect(_) if stage == Stage::Control => control(record),
        Failure::Rejected(code) => rejected(record, stage, *code),
        Failure::Protocol(text) if stage == Stage::Control && control_syn(record).is_none() => {
            statement(Cause::NeverDialled, text.clone(), Evidence::end(record))
        }
        Failure::Protocol(text) if wrong_host(record).is_none() => data_header(record)
            .or_else(|| in_transfer(record))
            .unwrap_or_else(|| statement(Cause::Unreadable, text.clone(), Evidence::end(record))),
        Failure::Unread => {
            data_header(record).or_else(|| in_transfer(record)).unwrap_or_else(|| unread(record))
        }
        Failure::Silence if wrong_host(record).is_none() => match attempt::last(record) {
            Some(Attempt::Offer(offer)) if !offer.connected => offer_reason(record, &offer),
            _ => in_transfer(record).unwrap_or_else(|| silent(record)),
        },
        Failure::Connect(_) | Failure::Protocol(_) | Failure::Silence => {
            match attempt::last(record) {
                Some(Attempt::Dial(dial)) => dial_reason(record, &dial),
                Some(Attempt::Offer(offer)) => offer_reason(record, &offer),
                None if stage == Stage::DataConnect => unread_connect(record),
                None => control(record),
            }
        }
    }
}

/// The server refused the last data connection for its TLS session.
fn new_tls_session(record: &Record) -> Option<Statement> {
    let event = record.events.iter().rev().find(|event| {
        matches!(event.what, What::NotResumed | What::Decision(_) | What::Offered { .. })
    })?;
    let text = "the data connection has a TLS session of its own, and the server takes only those that \
                resume the control connection's";
    let refused = event.what == What::NotResumed;
    refused.then(|| statement(Cause::TlsSessionNew, text, Evidence::event(record, event)))
}

fn silent(record: &Record) -> Statement {
    statement(Cause::ServerSilent, "nothing came any more", Evidence::end(record))
}

/// The attempt that led to a host that is not the server, if the last one is such.
fn taken_by_another(record: &Record) -> Option<Statement> {
    wrong_host(record)?;
    attempt::last_dial(record).map(|dial| dial_reason(record, &dial))
}

/// The attempt that nothing came of, if the last one is such.
fn unconnected(record: &Record) -> Option<Statement> {
    match attempt::last(record)? {
        Attempt::Dial(dial) if !dial.connected => Some(dial_reason(record, &dial)),
        Attempt::Offer(offer) if !offer.connected => Some(offer_reason(record, &offer)),
        Attempt::Dial(_) | Attempt::Offer(_) => None,
    }
}

/// The server said no. It may have had a reason on the network.
fn rejected(record: &Record, stage: Stage, code: u16) -> Statement {
    match attempt::last(record) {
        Some(Attempt::Offer(offer)) if offer.error.is_some() => {
            return offer_reason(record, &offer);
        }
        Some(Attempt::Dial(dial)) if dial.connected => {
            if let Some(reason) = proxy_reason(record, &dial) {
                return reason;
            }
        }
        _ => {}
    }
    if let Some(header) = unexpected_header(record) {
        return header;
    }
    let refusal = refusal(record, stage, code);
    // Active mode was the way out of something else.
    match first_passive(record).filter(|_| refusal.cause == Cause::ActiveModeRefused) {
        Some(first) => {
            let text = format!("{}; then {}", first.text, refusal.text);
            Statement { text, ..first }
        }
        None => refusal,
    }
}

/// Why the client's first attempt in passive mode failed, if it did.
fn first_passive(record: &Record) -> Option<Statement> {
    attempt::earlier(record).iter().find_map(|attempt| match attempt {
        Attempt::Dial(dial) if dial.decision.dialled.is_none() || dial.error.is_some() => {
            Some(dial_reason(record, dial))
        }
        Attempt::Dial(_) | Attempt::Offer(_) => None,
    })
}

/// The reply by which the server refused.
pub(super) fn refusal(record: &Record, stage: Stage, code: u16) -> Statement {
    let lines = transcript::transcript(record);
    let start = code.to_string();
    let said =
        |line: &transcript::Line| line.kind == LineKind::Reply && line.text.starts_with(&start);
    let Some(place) = lines.iter().rposition(said) else {
        let text = format!("the server answered {code}");
        return statement(Cause::CommandRefused, text, Evidence::end(record));
    };
    let line = &lines[place];
    let command = answered(&lines[..place]);
    let verb = command.and_then(|command| command.split(' ').next()).unwrap_or_default();
    let cause = match verb {
        // Closing, and service not available: with or without a command to answer (RFC 959 section 5.4).
        _ if matches!(code, 221 | 421) => Cause::SessionEnded,
        "AUTH" | "PROT" => Cause::TlsRefused,
        // "Request denied for policy reasons" (RFC 2228 section 5.2): it wants TLS before this.
        _ if code == 534 => Cause::TlsRequired,
        // Not logged in: some clients go on after a refused log-in, and their next command gets this.
        _ if code == 530 || stage == Stage::Login => Cause::LoginRefused,
        "PORT" | "EPRT" | "LPRT" => Cause::ActiveModeRefused,
        "PASV" | "EPSV" | "LPSV" => Cause::PassiveModeRefused,
        _ => Cause::CommandRefused,
    };
    let to = match verb {
        "" => String::new(),
        verb => format!(" to {verb}"),
    };
    let text = format!("the server answered \"{}\"{to}", line.text.trim_end());
    statement(cause, text, Evidence::Packet(line.packet))
}

/// The command that the next reply answers, if only one waits for an answer.
fn answered(before: &[transcript::Line]) -> Option<&str> {
    let replied = before.iter().rposition(|line| line.kind == LineKind::Reply);
    let waiting = &before[replied.map_or(0, |place| place + 1)..];
    match waiting {
        [command] => Some(&command.text),
        _ => None,
    }
}

/// The beginning of the header in text, HAProxy, The PROXY protocol, section 2.1.
const HEADER_V1: &[u8] = b"PROXY ";
/// The same in binary, section 2.2.
const HEADER_V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of the PROXY protocol on the control connection that the server took for a command.
fn unexpected_header(record: &Record) -> Option<Statement> {
    let refused = |text: &str| text.starts_with('5');
    let greeted = transcript::transcript(record);
    let first = greeted.iter().find(|line| line.kind == LineKind::Reply && refused(&line.text))?;
    // A server that expects the header says nothing to it, and no to a command at the earliest.
    let command = greeted.iter().find(|line| line.kind == LineKind::Command);
    let came = command.map(|command| record.packets[command.packet].ended_at);
    if came.is_some_and(|came| came <= record.packets[first.packet].at) {
        return None;
    }
    let port = record.cell.control_port;
    let packet = record.packets.iter().find(|packet| {
        at_server(record, packet)
            && record.arrival(packet).1.port() == port
            && begins_header(packet)
    })?;
    let text = "a header of the PROXY protocol comes before the client's first command, and the server \
                takes it for a command";
    let accepted = greeted.iter().any(|line| line.text.starts_with("230"));
    (!accepted)
        .then(|| statement(Cause::UnexpectedProxyHeader, text, Evidence::packet(record, packet)))
}

/// A header of the PROXY protocol on a data connection that the server reset.
fn data_header(record: &Record) -> Option<Statement> {
    let port = record.cell.control_port;
    let packet = record.packets.iter().rev().find(|packet| {
        at_server(record, packet)
            && record.arrival(packet).1.port() != port
            && begins_header(packet)
    })?;
    let (src, dst) = record.arrival(packet);
    let reset = |answer: &&PacketRecord| {
        answer.packet.flags.rst && (answer.packet.src, answer.packet.dst) == (dst, src)
    };
    record.packets.iter().find(reset)?;
    let text = "a header of the PROXY protocol comes first on the data connection, and the server, \
                which expects none there, resets it";
    Some(statement(Cause::UnexpectedProxyHeader, text, Evidence::packet(record, packet)))
}

fn at_server(record: &Record, packet: &PacketRecord) -> bool {
    delivered(packet).is_some_and(|place| record.place(place).kind == PlaceKind::Server)
}

fn begins_header(packet: &PacketRecord) -> bool {
    let payload = packet.rewritten.as_ref().unwrap_or(&packet.packet.payload);
    payload.starts_with(HEADER_V1) || payload.starts_with(HEADER_V2)
}

/// What was lost after the data connection, or the session, had been opened.
fn in_transfer(record: &Record) -> Option<Statement> {
    match attempt::last(record) {
        Some(Attempt::Dial(dial)) => {
            proxy_reason(record, &dial).or_else(|| first_loss(record, dial.since))
        }
        Some(Attempt::Offer(_)) | None => first_loss(record, control_syn(record)?.at),
    }
}

/// Why the control connection could not be opened.
fn control(record: &Record) -> Statement {
    let Some(syn) = control_syn(record) else {
        let text = "the control connection was never dialled";
        return statement(Cause::NeverDialled, text, Evidence::end(record));
    };
    opening(record, syn)
}

/// What can be said of a session whose two programs talked in TLS, if it was not lost on the way.
fn unread(record: &Record) -> Statement {
    let text = "client and server talked in TLS, and neither of them is the lab's: what they said \
                cannot be read, and how it ended is not known";
    statement(Cause::TlsUnread, text, Evidence::end(record))
}

/// Why the last data connection could not be opened, if what prepared it was sealed.
fn unread_connect(record: &Record) -> Statement {
    let client = |event: &&Event| match &event.what {
        What::Connecting { place, .. } => record.place(*place).kind == PlaceKind::Client,
        _ => false,
    };
    let last = record.events.iter().rev().find(client);
    match last.map(|event| (event, &event.what)) {
        Some((event, What::Connecting { requested, meaning: Meaning::OwnHost(own), .. })) => {
            let text = format!("{} is the client's own host, {own}", requested.ip());
            statement(Cause::ClientDialledItself, text, Evidence::event(record, event))
        }
        Some((event, What::Connecting { requested, .. })) => {
            match attempt::syn(record, event.at, PlaceKind::Client, *requested) {
                Some(syn) => opening(record, syn),
                None => control(record),
            }
        }
        _ => control(record),
    }
}

/// Why the connection could not be opened that this packet was to open.
fn opening(record: &Record, syn: &PacketRecord) -> Statement {
    let (address, rests_on) = (syn.packet.dst, Evidence::packet(record, syn));
    if let Some((place, reason)) = lost(syn) {
        let text = format!("{} from {}: {reason}", address.ip(), record.place(place).network);
        return statement(reason, text, rests_on);
    }
    if let Some((answer, place, reason)) = answer_lost(record, syn) {
        return answer_reason(record, answer, (place, reason));
    }
    let name = match syn.end {
        End::Delivered(place) => record.place(place).name.as_str(),
        End::Dropped(..) | End::Unreachable(..) => "the far end",
    };
    let text = format!("nobody listens on {address} at {name}");
    statement(Cause::PortClosed, text, rests_on)
}
