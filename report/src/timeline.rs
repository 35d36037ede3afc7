//! Everything that happened in a session in one list, in order: what was said on the control
//! connection, every attempt to connect and who chose its address, every loss and its reason.

use std::net::SocketAddrV4;

use pasvlab_harness::net::Time;
use pasvlab_harness::record::{
    ConnectError, DecidedBy, Decision, End, Event, LineKind, Meaning, PacketRecord, Place,
    PlaceKind, Record, TransferKind, What, transcript,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tls::Tls;
use crate::words;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What comes first at one moment: a reply, then what it causes, then the next command.
    pub(crate) rank: u8,
    /// What sort of thing.
    pub kind: EntryKind,
    /// In words, or as it was on the wire. Only a packet's way has more than one line.
    pub text: String,
    /// Whether it is a line that was said in TLS.
    pub tls: bool,
}

/// What sort of thing an [`Entry`] tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A line from client to server.
    Command,
    /// A line from server to client.
    Reply,
    /// What client or server did: a name looked up, an address chosen, a connection.
    Event,
    /// How the session went on.
    Note,
    /// A connection that failed, as its program saw it.
    Failure,
    /// What the client printed for its user.
    Said,
    /// A payload that a box changed.
    Changed,
    /// A packet that did not arrive.
    Lost,
    /// A packet with every box it passed, if they were asked for.
    Packet,
}

/// What happened, in order of virtual time; with `packets`, also every packet with every box it
/// passed. Passwords are not shown.
#[must_use]
pub fn timeline(record: &Record, packets: bool) -> Vec<Entry> {
    let tls = Tls::of(record);
    let mut entries = Vec::new();
    control_lines(record, &mut entries);
    if let Some((at, text)) = gone_silent(record, &tls) {
        entries.push(Entry { at, rank: 1, kind: EntryKind::Note, text, tls: false });
    }
    events(record, &tls, &mut entries);
    rewritten_packets(record, &mut entries);
    if packets {
        every_packet(record, &tls, &mut entries);
    } else {
        lost_packets(record, &tls, &mut entries);
    }
    // Stable: what happened at one moment stays in this order.
    entries.sort_by_key(|entry| (entry.at, entry.rank));
    entries
}

/// What is said where the first line in TLS is.
pub(crate) const GONE_OVER: &str = "the control connection has gone over to TLS";

fn control_lines(record: &Record, entries: &mut Vec<Entry>) {
    let mut sealed = false;
    for line in transcript::transcript(record) {
        if line.sealed && !sealed {
            let (at, text) = (line.at, GONE_OVER.to_owned());
            entries.push(Entry { at, rank: 0, kind: EntryKind::Note, text, tls: false });
        }
        sealed = line.sealed;
        let (kind, rank) = match line.kind {
            LineKind::Command => (EntryKind::Command, 4),
            LineKind::Reply => (EntryKind::Reply, 0),
        };
        let text = match line.kind {
            LineKind::Command => shown(&line.text),
            LineKind::Reply => line.text,
        };
        entries.push(Entry { at: line.at, rank, kind, text, tls: line.sealed });
    }
}

/// What is said of a control connection of which no line in TLS is known.
pub(crate) fn gone_silent(record: &Record, tls: &Tls<'_>) -> Option<(Time, String)> {
    let unreadable = if record.sealed.is_empty() { ", and cannot be read" } else { "" };
    Some((tls.silent_since()?, format!("{GONE_OVER}{unreadable}")))
}

/// A command as a report shows it: without the password.
pub(crate) fn shown(command: &str) -> String {
    if command.starts_with("PASS ") { "PASS ****".to_owned() } else { command.to_owned() }
}

fn events(record: &Record, tls: &Tls<'_>, entries: &mut Vec<Entry>) {
    for event in &record.events {
        let Some((kind, text)) = describe(record, event, tls) else { continue };
        entries.push(Entry { at: event.at, rank: 1, kind, text, tls: false });
    }
}

/// What happened, in words; none for what other entries tell.
pub(crate) fn describe(
    record: &Record,
    event: &Event,
    tls: &Tls<'_>,
) -> Option<(EntryKind, String)> {
    Some(match &event.what {
        What::Resolved { name, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            (EntryKind::Event, format!("{name} is {}", addresses.join(", ")))
        }
        What::Connecting { place, requested, meaning, .. } => {
            (EntryKind::Event, connecting(record.place(*place), *requested, *meaning))
        }
        What::Connected { local, .. } => (EntryKind::Event, format!("connected from {local}")),
        What::NotResumed => {
            let text = "the server refuses the data connection: its TLS session is a new one";
            (EntryKind::Failure, text.to_owned())
        }
        What::Offered { command, address } => {
            let text =
                format!("the client listens on {address}, announced with {}", command.name());
            (EntryKind::Event, text)
        }
        What::ConnectFailed { error, .. } => (EntryKind::Failure, connect_error(*error).to_owned()),
        What::Round(1) => return None,
        What::Round(round) => (EntryKind::Note, format!("round {round}: the client starts again")),
        What::Decision(decision) => (EntryKind::Event, decided(decision)),
        What::Transferred { what, bytes, digest, intact } => {
            let protected = if tls.protects_transfer(event.at) { " in TLS" } else { "" };
            let moved = format!("{}: {bytes} bytes{protected}", name(*what));
            (EntryKind::Note, format!("{moved}, {}", content(digest, *intact)))
        }
        What::Said(text) => (EntryKind::Said, text.clone()),
        What::Ended(_) => return None,
        What::Cut { rounds, of, remaining } => {
            let text = format!(
                "cut after {rounds} rounds, when they repeated themselves; {} would go on for {} more, {} rounds in all",
                record.cell.program,
                words::span(*remaining),
                of
            );
            (EntryKind::Note, text)
        }
    })
}

fn connecting(place: &Place, requested: SocketAddrV4, meaning: Meaning) -> String {
    let connect = match place.kind {
        PlaceKind::Client => format!("connect to {requested}"),
        _ => format!("{} connects to {requested}", place.name),
    };
    match meaning {
        Meaning::Remote => connect,
        Meaning::OwnHost(address) => format!("{connect}: own host, {address}"),
        Meaning::NotAvailable => format!("{connect}: no such destination"),
    }
}

fn decided(decision: &Decision) -> String {
    let Decision { command, announced, dialled, decided_by, peer, .. } = decision;
    let Some(dialled) = dialled else {
        let announced = announced.map_or_else(String::new, |address| address.to_string());
        return format!("data connection: the client does not accept {announced} (peer is {peer})");
    };
    let who = match decided_by {
        DecidedBy::Server => "the server's reply".to_owned(),
        DecidedBy::Protocol => format!("{}: the control connection's peer", command.name()),
        DecidedBy::Name => "the client: the server's name, asked for again".to_owned(),
        DecidedBy::EarlierReply => "an earlier reply to PASV".to_owned(),
        DecidedBy::Client => {
            let announced = announced.map_or_else(String::new, |address| address.to_string());
            format!("the client: the control connection's peer instead of {announced}")
        }
    };
    format!("data connection to {dialled}, chosen by {who}")
}

fn content(digest: &[u8; 32], intact: bool) -> String {
    let state = if intact { "intact" } else { "NOT what was sent" };
    let digest: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("SHA-256 {digest}..., {state}")
}

fn connect_error(error: ConnectError) -> &'static str {
    match error {
        ConnectError::Refused => "connection refused",
        ConnectError::TimedOut => "no answer: the operating system gives up",
        ConnectError::ClientTimeout => "no answer: the client gives up",
        ConnectError::Unreachable => "no route to host",
        ConnectError::AddressNotAvailable => "address not available",
    }
}

/// What boxes made of announcements.
fn rewritten_packets(record: &Record, entries: &mut Vec<Entry>) {
    for packet in &record.packets {
        let Some(after) = &packet.rewritten else { continue };
        let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let text =
            format!("changed on the way: {} > {}", line(&packet.packet.payload), line(after));
        let (at, kind) = (packet.ended_at, EntryKind::Changed);
        entries.push(Entry { at, rank: 0, kind, text, tls: false });
    }
}

/// A packet in one line.
fn packet_line(packet: &PacketRecord, number: usize, tls: &Tls<'_>) -> String {
    let of_tls = if tls.carries(number) { " of TLS" } else { "" };
    format!("{}{of_tls}", packet.packet)
}

/// Drops, each with its repetitions on one line, and those of one connection for one reason on one.
fn lost_packets(record: &Record, tls: &Tls<'_>, entries: &mut Vec<Entry>) {
    let mut known: Vec<(Connection, End, usize, usize)> = Vec::new();
    let packets = record.packets.iter().enumerate();
    for (number, packet) in packets.filter(|(_, packet)| !packet.again) {
        let Some(end) = lost(record, packet) else { continue };
        let connection = (packet.packet.src, packet.packet.dst);
        let same = |other: &&mut (Connection, End, usize, usize)| {
            other.0 == connection && other.1 == packet.end && !packet.packet.flags.opens()
        };
        if let Some((_, _, _, more)) = known.iter_mut().find(same) {
            *more += 1;
            continue;
        }
        known.push((connection, packet.end, entries.len(), 0));
        let repeated = repetitions(record, packet);
        let line = packet_line(packet, number, tls);
        entries.push(lost_entry(packet, format!("{line} {end}{repeated}")));
    }
    for (_, _, place, more) in known.into_iter().filter(|(_, _, _, more)| *more > 0) {
        let others = if more == 1 { "one more" } else { "more" };
        let count = if more == 1 { String::new() } else { format!("{more} ") };
        entries[place].text.push_str(&format!(" (and {count}{others} like it)"));
    }
}

/// Source and destination.
type Connection = (SocketAddrV4, SocketAddrV4);

/// When an unanswered packet was sent again.
pub(crate) fn repetitions(record: &Record, packet: &PacketRecord) -> String {
    let again = record
        .packets
        .iter()
        .filter(|other| other.again && other.packet == packet.packet && other.at > packet.at);
    let times: Vec<String> = again.map(|other| other.at.as_secs().to_string()).collect();
    if times.is_empty() {
        return String::new();
    }
    format!(" (again at {} s)", times.join(", "))
}

fn lost_entry(packet: &PacketRecord, text: String) -> Entry {
    Entry { at: packet.ended_at, rank: 2, kind: EntryKind::Lost, text, tls: false }
}

fn lost(record: &Record, packet: &PacketRecord) -> Option<String> {
    let (place, reason, verb) = match packet.end {
        End::Delivered(_) => return None,
        End::Dropped(place, reason) => (place, reason, "dropped"),
        End::Unreachable(place, reason) => (place, reason, "answered with unreachable"),
    };
    let name = &record.place(place).name;
    Some(format!("{verb} by {name}: {reason} [{}]", reason.id()))
}

fn every_packet(record: &Record, tls: &Tls<'_>, entries: &mut Vec<Entry>) {
    for (number, packet) in record.packets.iter().enumerate() {
        let line = packet_line(packet, number, tls);
        let mut text = format!("{}: {line}", record.place(packet.from).name);
        if packet.again {
            text.push_str(" (again)");
        }
        if let Some(reason) = packet.answer {
            text.push_str(&format!(" (because {reason})"));
        }
        for hop in record.hops_of(packet) {
            let name = &record.place(hop.place).name;
            text.push_str(&format!("\n  {name}: {} > {}", hop.src, hop.dst));
        }
        match packet.end {
            End::Delivered(place) => {
                text.push_str(&format!("\n  reaches {}", record.place(place).name));
                let kind = EntryKind::Packet;
                entries.push(Entry { at: packet.at, rank: 3, kind, text, tls: false });
            }
            End::Dropped(..) | End::Unreachable(..) => {
                let end = lost(record, packet).unwrap_or_default();
                text.push_str(&format!("\n  {end}"));
                entries.push(Entry { at: packet.at, ..lost_entry(packet, text) });
            }
        }
    }
}

pub(crate) fn name(what: TransferKind) -> &'static str {
    match what {
        TransferKind::List => "listing",
        TransferKind::Download => "download",
        TransferKind::Upload => "upload",
    }
}
