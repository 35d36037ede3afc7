//! The causes of a failure, in words, read from the record.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::{Os, PassiveIp};

use crate::record::{
    ConnectError, DecidedBy, Decision, End, Ending, Failure, Meaning, PacketRecord, Place,
    PlaceKind, Record, What,
};

/// The last data connection that the client wanted, and what became of it.
struct LastDial<'a> {
    decision: &'a Decision,
    meaning: Option<Meaning>,
    connected: bool,
    error: Option<ConnectError>,
    /// The packet that was to open it.
    syn: Option<&'a PacketRecord>,
}

fn last_dial(record: &Record) -> Option<LastDial<'_>> {
    let place = record.events.iter().rposition(|event| matches!(event.what, What::Decision(_)))?;
    let What::Decision(decision) = &record.events[place].what else { return None };
    let mut dial = LastDial { decision, meaning: None, connected: false, error: None, syn: None };
    let mut number = None;
    for event in &record.events[place..] {
        match &event.what {
            What::Connecting { attempt, meaning, requested, .. }
                if number.is_none() && Some(*requested) == decision.dialled =>
            {
                number = Some(*attempt);
                dial.meaning = Some(*meaning);
            }
            What::Connected { attempt, .. } if Some(*attempt) == number => dial.connected = true,
            What::ConnectFailed { attempt, error } if Some(*attempt) == number => {
                dial.error = Some(*error);
            }
            _ => {}
        }
    }
    let since = record.events[place].at;
    dial.syn = record.packets.iter().find(|packet| {
        packet.at >= since
            && !packet.again
            && packet.packet.flags.opens()
            && Some(packet.packet.dst) == decision.dialled
            && record.place(packet.from).kind == PlaceKind::Client
    });
    Some(dial)
}

/// The host that took a data connection in the server's place, if one did.
pub(super) fn wrong_host(record: &Record) -> Option<&Place> {
    let dial = last_dial(record)?;
    if !dial.connected {
        return None;
    }
    let taker = match dial.meaning? {
        Meaning::OwnHost(_) => record.places.iter().find(|p| p.kind == PlaceKind::Client),
        Meaning::Remote => match dial.syn?.end {
            End::Delivered(place) => Some(record.place(place)),
            End::Dropped(..) | End::Unreachable(..) => None,
        },
        Meaning::NotAvailable => None,
    };
    taker.filter(|place| place.kind != PlaceKind::Server)
}

/// The address from which the data connection reached the server, and that of the session, if the
/// server closed the data connection at once because they differ.
pub(super) fn foreign_peer(record: &Record) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let dial = last_dial(record)?;
    let syn = dial.syn.filter(|_| dial.connected)?;
    let End::Delivered(server) = syn.end else { return None };
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

/// The decisive cause in one line.
pub(super) fn reason(record: &Record) -> String {
    if let Some((data, session)) = foreign_peer(record) {
        return format!(
            "the session reaches the server from {session}, the data connection from {data}, and the \
             server closes such a connection"
        );
    }
    match record.ending() {
        Some(Ending::Failed { failure: Failure::AddressMismatch, .. }) => mismatch(record),
        Some(Ending::Failed { failure: Failure::Rejected(code), .. }) => {
            format!("the server answered {code}")
        }
        Some(Ending::Failed { failure: Failure::Protocol(text), .. })
            if wrong_host(record).is_none() =>
        {
            text.clone()
        }
        _ => match last_dial(record) {
            Some(dial) => dial_reason(record, &dial),
            None => "the control connection could not be opened".to_owned(),
        },
    }
}

fn mismatch(record: &Record) -> String {
    match last_dial(record).and_then(|dial| dial.decision.announced) {
        Some(announced) => format!(
            "the client accepts no other address than the one it is connected to, and the server \
             announced {announced}"
        ),
        None => "the client does not accept the announced address".to_owned(),
    }
}

fn dial_reason(record: &Record, dial: &LastDial<'_>) -> String {
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
        Some(Meaning::Remote) | None => remote_reason(record, dial, dialled),
    }
}

fn remote_reason(record: &Record, dial: &LastDial<'_>, dialled: SocketAddrV4) -> String {
    let Some(syn) = dial.syn else { return format!("{dialled} was never dialled") };
    match syn.end {
        End::Dropped(place, reason) | End::Unreachable(place, reason) => {
            format!("{} from {}: {reason}", dialled.ip(), record.place(place).network)
        }
        End::Delivered(place) => arrived_reason(record, record.place(place), dialled),
    }
}

fn arrived_reason(record: &Record, place: &Place, dialled: SocketAddrV4) -> String {
    if place.kind != PlaceKind::Server {
        return format!(
            "{} is `{}` in {}, a host that is not the server",
            dialled.ip(),
            place.name,
            place.network
        );
    }
    match (place.address, control_interface(record)) {
        (Some(reached), Some(session)) if reached != session => format!(
            "{} leads to the server's interface {reached}, but the session is on {session}",
            dialled.ip()
        ),
        _ => format!("nobody listens on port {} of the server", dialled.port()),
    }
}

/// The packet that opened the last control connection.
fn control_syn(record: &Record) -> Option<&PacketRecord> {
    let port = record.cell.control_port;
    record.packets.iter().rev().find(|packet| {
        packet.packet.flags.opens()
            && packet.packet.dst.port() == port
            && record.place(packet.from).kind == PlaceKind::Client
    })
}

/// The server's interface that has the last control connection.
fn control_interface(record: &Record) -> Option<Ipv4Addr> {
    match control_syn(record)?.end {
        End::Delivered(place) => record.place(place).address,
        End::Dropped(..) | End::Unreachable(..) => None,
    }
}

/// The chain of causes, one sentence each.
pub(super) fn chain(record: &Record) -> Vec<String> {
    let mut chain = Vec::new();
    if let Some(dial) = last_dial(record) {
        chain.push(announcement(record, dial.decision));
        chain.push(decision(dial.decision));
        chain.extend(journey(record, &dial));
        chain.extend(dial.error.map(|error| end_of_dial(error).to_owned()));
        if let Some((data, session)) = foreign_peer(record) {
            chain.push(format!(
                "It reached the server from {data}, but the session comes from {session}: the server \
                 closed it."
            ));
        }
    }
    chain
}

fn announcement(record: &Record, decision: &Decision) -> String {
    let port = decision.port;
    match decision.announced {
        Some(address) => {
            let why = match record.cell.announced {
                PassiveIp::Auto => "PassiveIp AUTO: an address of its own",
                PassiveIp::Address(_) => "its PassiveIp",
            };
            format!("The server announced {address}:{port} ({why}).")
        }
        None => format!("The server announced port {port}; an answer to EPSV has no address."),
    }
}

fn decision(decision: &Decision) -> String {
    let Decision { announced, peer, dialled, decided_by, .. } = decision;
    let Some(dialled) = dialled else {
        return format!("The client dialled nothing: it is connected to {peer}.");
    };
    match (decided_by, announced) {
        (DecidedBy::Server, _) => format!("The client dialled {dialled} as it was told."),
        (DecidedBy::Protocol, _) => {
            format!("The client dialled {dialled}, the address it is connected to (RFC 2428).")
        }
        (DecidedBy::Client, Some(announced)) => format!(
            "The client put {peer}, the address it is connected to, in place of {announced} and \
             dialled {dialled}."
        ),
        (DecidedBy::Client, None) => format!("The client dialled {dialled}."),
    }
}

fn journey(record: &Record, dial: &LastDial<'_>) -> Option<String> {
    match (dial.meaning?, dial.decision.dialled?) {
        (Meaning::OwnHost(own), dialled) => Some(format!(
            "On {} {} is the program's own host, so the connection went to {own}:{} there.",
            os_name(record.cell.os),
            dialled.ip(),
            dialled.port()
        )),
        (Meaning::NotAvailable, dialled) => Some(format!(
            "{} does not dial {} (WSAEADDRNOTAVAIL, 10049).",
            os_name(record.cell.os),
            dialled.ip()
        )),
        (Meaning::Remote, _) => dial.syn.map(|syn| route(record, syn)),
    }
}

fn route(record: &Record, syn: &PacketRecord) -> String {
    let mut text = String::from("The first packet went from the client");
    for hop in record.hops_of(syn) {
        let place = record.place(hop.place);
        text.push_str(&format!(" through {}", named(place)));
    }
    match syn.end {
        End::Delivered(place) => {
            let place = record.place(place);
            let not = if place.kind == PlaceKind::Server {
                ""
            } else {
                ", a host that is not the server"
            };
            text.push_str(&format!(" to {}{not}.", named(place)));
        }
        End::Dropped(place, reason) => {
            text.push_str(&format!(
                " to the {}, which dropped it: {reason}.",
                named(record.place(place))
            ));
        }
        End::Unreachable(place, reason) => {
            let place = named(record.place(place));
            text.push_str(&format!(" to the {place}, which answered unreachable: {reason}."));
        }
    }
    text
}

fn named(place: &Place) -> String {
    match place.address {
        Some(address) => format!("{} ({address})", place.name),
        None => place.name.clone(),
    }
}

fn end_of_dial(error: ConnectError) -> &'static str {
    match error {
        ConnectError::Refused => "A reset came back: the connection was refused.",
        ConnectError::TimedOut => "Nothing came back, and the operating system gave up.",
        ConnectError::ClientTimeout => "Nothing came back, and the client gave up.",
        ConnectError::Unreachable => "The operating system reported that there is no route.",
        ConnectError::AddressNotAvailable => "The connect failed at once.",
    }
}

/// The name of an operating system in a sentence.
fn os_name(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::MacOs => "macOS",
        Os::Bsd => "BSD",
        Os::Windows => "Windows",
    }
}
