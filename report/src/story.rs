//! All that a report tells of one session, made from its record once, without the record's packets. So
//! a matrix can be told whole, and a program can read a session.

use pasvlab_harness::record::{End, Record};
use pasvlab_harness::{CellResult, Verdict};
use pasvlab_scenarios::CellId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::Cell;
use crate::sequence::Sequence;
use crate::timeline::{self, EntryKind};
use crate::way::{self, Way};

/// One session. Ids are stable; texts are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// The cell as it stands in a matrix.
    pub cell: Cell,
    /// The client's program.
    pub program: String,
    /// Server id.
    pub server: String,
    /// The seed of every choice.
    pub seed: u64,
    /// Why it came out like that, one sentence after the other.
    pub chain: Vec<Sentence>,
    /// Changes that were seen to make it work, a sentence each.
    pub fixes: Vec<String>,
    /// The packets, in numbers.
    pub packets: Packets,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// The same as messages between hosts and boxes.
    pub sequence: Sequence,
    /// The ways of the packets that decided: the one that opened the last data connection, or else the
    /// control connection; then the one that was lost on it, if one was.
    pub ways: Vec<Way>,
}

/// A link in the chain of causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// The stable id of the cause.
    pub cause: String,
    /// The moment of the event or packet it rests on, if it rests on one.
    pub at_ms: Option<u64>,
    /// In words.
    pub text: String,
}

/// Packets in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packets {
    /// Packets that set out.
    pub sent: usize,
    /// Those of them that reached a host.
    pub delivered: usize,
    /// Those of them that repeated an unanswered one.
    pub repeated: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// Virtual milliseconds since the start.
    pub at_ms: u64,
    /// What sort of thing.
    pub kind: EntryKind,
    /// In words, or as it was on the wire.
    pub text: String,
    /// Whether it is a line of the control connection that was said in TLS; left out if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
}

impl Story {
    /// What a record tells; with `packets`, of every packet.
    #[must_use]
    pub fn of(record: &Record, verdict: &Verdict, fixes: &[String], packets: bool) -> Self {
        let cell = CellId {
            topology: record.cell.topology.clone(),
            passive_ip: record.cell.passive_ip.clone(),
            client: record.cell.client.clone(),
        };
        let chain = verdict.chain.iter().map(|statement| Sentence {
            cause: statement.cause.id().to_owned(),
            at_ms: statement.rests_on.at(record).map(milliseconds),
            text: statement.text.clone(),
        });
        let timeline = timeline::timeline(record, packets);
        let timeline = timeline.into_iter().map(|entry| Moment {
            at_ms: milliseconds(entry.at),
            kind: entry.kind,
            text: entry.text,
            tls: entry.tls,
        });
        Self {
            cell: Cell::of(&CellResult::of(cell, record)),
            program: record.cell.program.clone(),
            server: record.cell.server.clone(),
            seed: record.cell.seed,
            chain: chain.collect(),
            fixes: fixes.to_vec(),
            packets: count(record),
            timeline: timeline.collect(),
            sequence: Sequence::of(record),
            ways: way::ways(record, verdict),
        }
    }

    /// `topology/passive-ip/client`.
    #[must_use]
    pub fn id(&self) -> String {
        let Cell { topology, passive_ip, client, .. } = &self.cell;
        format!("{topology}/{passive_ip}/{client}")
    }

    /// The command that runs this session again.
    #[must_use]
    pub fn command(&self) -> String {
        let usual = self.server == pasvlab_scenarios::DEFAULT_SERVER;
        let server = if usual { String::new() } else { format!(" --server {}", self.server) };
        format!("pasvlab run {} --seed {}{server}", self.id(), self.seed)
    }
}

fn count(record: &Record) -> Packets {
    let packets = &record.packets;
    let delivered = packets.iter().filter(|packet| matches!(packet.end, End::Delivered(_)));
    Packets {
        sent: packets.len(),
        delivered: delivered.count(),
        repeated: packets.iter().filter(|packet| packet.again).count(),
    }
}

/// Virtual time in whole milliseconds, as things in the lab happen.
pub(crate) fn milliseconds(at: pasvlab_harness::net::Time) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
