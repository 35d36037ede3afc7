//! What is said of the packets that decided the outcome: the verdict's statements, each on the packet
//! that it rests on.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use pasvlab_harness::record::transcript::{self, LineKind};
use pasvlab_harness::record::{Decision, Event, PlaceKind, Record, What};
use pasvlab_harness::verdict::Evidence;
use pasvlab_harness::{Outcome, Verdict};
use pasvlab_scenarios::DataCommand;

/// What there is to say, by the packet's place in the record.
pub(super) fn remarks(record: &Record, verdict: &Verdict) -> BTreeMap<usize, String> {
    let mut remarks: BTreeMap<usize, String> = BTreeMap::new();
    let mut say = |packet: Option<usize>, text: &str| {
        let Some(packet) = packet else { return };
        let remark = remarks.entry(packet).or_default();
        if !remark.is_empty() {
            remark.push(' ');
        }
        remark.push_str(text);
    };
    if let Some(place) = last_attempt(record, record.events.len()) {
        let packet = announcement(record, &record.events[place]);
        if let Some(text) = packet.and_then(|packet| compared(record, place, packet)) {
            say(packet, &text);
        }
    }
    for statement in &verdict.chain {
        say(packet_of(record, statement.rests_on), &statement.text);
    }
    if let (Some(cause), Some(rests_on)) = (verdict.cause, verdict.rests_on) {
        let text = format!("Verdict: {} [{}].", outcome(verdict), cause.id());
        say(packet_of(record, rests_on), &text);
    }
    remarks
}

/// The verdict in one line.
pub(super) fn outcome(verdict: &Verdict) -> String {
    match verdict.outcome {
        Outcome::Transferred => verdict.outcome.id().to_owned(),
        failed => {
            let stage = crate::words::stage(verdict.stage);
            format!("{failed} while {stage}: {}", verdict.reason)
        }
    }
}

/// Where a statement is seen. What rests on an event is said of the announcement that led to it; before
/// the first announcement, of the packet that opened the control connection.
fn packet_of(record: &Record, evidence: Evidence) -> Option<usize> {
    match evidence {
        Evidence::Packet(number) => Some(number).filter(|number| *number < record.packets.len()),
        Evidence::Event(number) => match last_attempt(record, number + 1) {
            Some(place) => announcement(record, &record.events[place]),
            None => control_syn(record),
        },
    }
}

/// The last attempt at a data connection among the first `events`.
fn last_attempt(record: &Record, events: usize) -> Option<usize> {
    let attempt = |event: &Event| matches!(event.what, What::Decision(_) | What::Offered { .. });
    record.events.iter().take(events).rposition(attempt)
}

/// The packet of the announcement that an attempt follows: of the last such reply before the client
/// decided, or of the command that the client sent once it listened.
fn announcement(record: &Record, attempt: &Event) -> Option<usize> {
    let lines = transcript::transcript(record);
    let line = match &attempt.what {
        What::Decision(decision) => {
            let code = if decision.command == DataCommand::Epsv { "229" } else { "227" };
            lines.iter().rfind(|line| {
                line.kind == LineKind::Reply && line.at <= attempt.at && line.text.starts_with(code)
            })
        }
        What::Offered { command, .. } => lines.iter().find(|line| {
            line.kind == LineKind::Command
                && line.at >= attempt.at
                && line.text.starts_with(command.name())
        }),
        _ => None,
    };
    line.map(|line| line.packet)
}

/// An announced address, held against the one that the other side is connected to.
fn compared(record: &Record, attempt: usize, packet: usize) -> Option<String> {
    match &record.events[attempt].what {
        What::Decision(Decision { announced, peer, .. }) => {
            let announced = (*announced)?;
            let is = is(announced, *peer);
            Some(format!(
                "{announced} is {is} that the client is connected to{}.",
                but(announced, *peer)
            ))
        }
        What::Offered { address, .. } => {
            let from = *record.arrival(&record.packets[packet]).0.ip();
            let is = is(*address.ip(), from);
            let but = but(*address.ip(), from);
            Some(format!(
                "{} is {is} from which the session reaches the server{but}.",
                address.ip()
            ))
        }
        _ => None,
    }
}

fn is(announced: Ipv4Addr, connected: Ipv4Addr) -> &'static str {
    if announced == connected { "the address" } else { "not the address" }
}

fn but(announced: Ipv4Addr, connected: Ipv4Addr) -> String {
    if announced == connected { String::new() } else { format!(", {connected}") }
}

/// The packet that opened the last control connection.
fn control_syn(record: &Record) -> Option<usize> {
    let port = record.cell.control_port;
    record.packets.iter().rposition(|packet| {
        packet.packet.dst.port() == port
            && packet.packet.flags.opens()
            && !packet.again
            && record.place(packet.from).kind == PlaceKind::Client
    })
}
