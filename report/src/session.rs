//! One cell for a person: the control transcript with virtual times, every connection attempt and who
//! chose its address, every drop and its reason, what the client printed, and the verdict.

use std::io::{self, Write};
use std::net::SocketAddrV4;

use anstyle::{AnsiColor, Style};
use pasvlab_harness::net::Time;
use pasvlab_harness::record::{
    ConnectError, DecidedBy, Decision, End, LineKind, Meaning, PacketRecord, Place, PlaceKind,
    Record, TransferKind, What, transcript,
};
use pasvlab_harness::{Outcome, Verdict};

use crate::words;

/// Writes the session to `out`; with `packets`, also every packet with every box it passed.
///
/// # Errors
/// Those of `out`.
pub fn write(
    record: &Record,
    verdict: &Verdict,
    packets: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    heading(record, out)?;
    let mut entries = Vec::new();
    control_lines(record, &mut entries);
    events(record, &mut entries);
    rewritten_packets(record, &mut entries);
    if packets {
        every_packet(record, &mut entries);
    } else {
        lost_packets(record, &mut entries);
    }
    // Stable: what happened at one moment stays in this order.
    entries.sort_by_key(|entry| (entry.at, entry.rank));
    for entry in entries {
        write_entry(&entry, out)?;
    }
    conclusion(record, verdict, out)
}

/// Columns before the text of an entry: time, gap, mark, blank.
const MARGIN: usize = 15;

/// Writes an entry. Lines of the control connection stay as they were on the wire.
fn write_entry(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let Entry { at, mark, style, text, .. } = entry;
    let lines = match mark {
        '<' | '>' | '-' => text.lines().map(str::to_owned).collect(),
        _ => text.lines().flat_map(|line| words::wrapped(line, MARGIN)).collect::<Vec<_>>(),
    };
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            writeln!(out, "{:>11}  {mark} {style}{line}{style:#}", words::clock(*at))?;
        } else {
            writeln!(out, "{:MARGIN$}{style}{line}{style:#}", "")?;
        }
    }
    Ok(())
}

/// One line of the timeline.
struct Entry {
    at: Time,
    /// What comes first at one moment: a reply, then what it causes, then the next command.
    rank: u8,
    mark: char,
    style: Style,
    text: String,
}

fn heading(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let cell = &record.cell;
    let bold = Style::new().bold();
    writeln!(
        out,
        "{bold}{}/{}/{}{bold:#}  (seed {})",
        cell.topology, cell.passive_ip, cell.client, cell.seed
    )?;
    writeln!(
        out,
        "{} talks to {} with PassiveIp {}\n",
        cell.program,
        cell.server,
        words::passive_ip(cell.announced)
    )
}

fn control_lines(record: &Record, entries: &mut Vec<Entry>) {
    for line in transcript::transcript(record) {
        let (mark, rank) = match line.kind {
            LineKind::Command => ('>', 4),
            LineKind::Reply => ('<', 0),
        };
        let secret = line.kind == LineKind::Command && line.text.starts_with("PASS ");
        let text = if secret { "PASS ****".to_owned() } else { line.text };
        entries.push(Entry { at: line.at, rank, mark, style: Style::new(), text });
    }
}

fn events(record: &Record, entries: &mut Vec<Entry>) {
    for event in &record.events {
        let Some((mark, style, text)) = describe(record, &event.what) else { continue };
        entries.push(Entry { at: event.at, rank: 1, mark, style, text });
    }
}

fn describe(record: &Record, what: &What) -> Option<(char, Style, String)> {
    let plain = Style::new();
    let cyan = AnsiColor::Cyan.on_default();
    let red = AnsiColor::Red.on_default();
    Some(match what {
        What::Resolved { name, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            ('*', cyan, format!("{name} is {}", addresses.join(", ")))
        }
        What::Connecting { place, requested, meaning, .. } => {
            ('*', cyan, connecting(record.place(*place), *requested, *meaning))
        }
        What::Connected { local, .. } => ('*', cyan, format!("connected from {local}")),
        What::Offered { command, address } => {
            let text =
                format!("the client listens on {address}, announced with {}", command.name());
            ('*', cyan, text)
        }
        What::ConnectFailed { error, .. } => ('!', red, connect_error(*error).to_owned()),
        What::Round(1) => return None,
        What::Round(round) => ('*', plain, format!("round {round}: the client starts again")),
        What::Decision(decision) => ('*', cyan, decided(decision)),
        What::Transferred { what, bytes, digest, intact } => {
            ('*', plain, transferred(*what, *bytes, digest, *intact))
        }
        What::Said(text) => ('"', plain.bold(), text.clone()),
        What::Ended(_) => return None,
        What::Cut { rounds, of, remaining } => {
            let text = format!(
                "cut after {rounds} rounds, when they repeated themselves; {} would go on for {} more, {} rounds in all",
                record.cell.program,
                words::span(*remaining),
                of
            );
            ('*', plain, text)
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

fn transferred(what: TransferKind, bytes: u64, digest: &[u8; 32], intact: bool) -> String {
    let what = name(what);
    let state = if intact { "intact" } else { "NOT what was sent" };
    let digest: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{what}: {bytes} bytes, SHA-256 {digest}..., {state}")
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
        let style = AnsiColor::Yellow.on_default();
        entries.push(Entry { at: packet.ended_at, rank: 0, mark: '~', style, text });
    }
}

/// Drops, each with its repetitions on one line, and those of one connection for one reason on one.
fn lost_packets(record: &Record, entries: &mut Vec<Entry>) {
    let mut known: Vec<(Connection, End, usize, usize)> = Vec::new();
    for packet in record.packets.iter().filter(|packet| !packet.again) {
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
        entries.push(lost_entry(packet, format!("{} {end}{repeated}", packet.packet)));
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
fn repetitions(record: &Record, packet: &PacketRecord) -> String {
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
    let style = AnsiColor::Yellow.on_default();
    Entry { at: packet.ended_at, rank: 2, mark: 'x', style, text }
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

fn every_packet(record: &Record, entries: &mut Vec<Entry>) {
    for packet in &record.packets {
        let mut text = format!("{}: {}", record.place(packet.from).name, packet.packet);
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
                let style = Style::new().dimmed();
                entries.push(Entry { at: packet.at, rank: 3, mark: '-', style, text });
            }
            End::Dropped(..) | End::Unreachable(..) => {
                let end = lost(record, packet).unwrap_or_default();
                text.push_str(&format!("\n  {end}"));
                entries.push(Entry { at: packet.at, ..lost_entry(packet, text) });
            }
        }
    }
}

fn conclusion(record: &Record, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let style = words::style(verdict.outcome).bold();
    let Verdict { outcome, stage, cause, reason, chain, .. } = verdict;
    let after = words::clock(record.ended_at);
    writeln!(out)?;
    if *outcome == Outcome::Transferred {
        writeln!(out, "{style}{outcome}{style:#} after {after} s: {}", arrived(record))?;
    } else {
        let stage = words::stage(*stage);
        writeln!(out, "{style}{outcome}{style:#} after {after} s, while {stage}:")?;
        paragraph(reason, out)?;
        writeln!(out)?;
    }
    for statement in chain {
        // The moment is that of the event above which the statement rests on.
        let at = statement.rests_on.at(record).map(|at| format!("[{}] ", words::clock(at)));
        paragraph(&format!("{}{}", at.unwrap_or_default(), statement.text), out)?;
    }
    if let Some(cause) = cause {
        let gap = if chain.is_empty() { "" } else { "\n" };
        writeln!(out, "{gap}  More about this cause: pasvlab explain {cause}")?;
    }
    Ok(())
}

/// What was transferred, as a sentence without its full stop.
fn arrived(record: &Record) -> String {
    let mut kinds = Vec::new();
    for event in &record.events {
        if let What::Transferred { what, intact: true, .. } = &event.what
            && !kinds.contains(what)
        {
            kinds.push(*what);
        }
    }
    let names: Vec<&str> = kinds.into_iter().map(name).collect();
    let names = match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing".to_owned(),
    };
    format!("{names} arrived intact")
}

fn name(what: TransferKind) -> &'static str {
    match what {
        TransferKind::List => "listing",
        TransferKind::Download => "download",
        TransferKind::Upload => "upload",
    }
}

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in words::wrapped(text, 2) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
