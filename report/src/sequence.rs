//! A session as messages between hosts and boxes: what was said on the control connection, each
//! connection box by box, and where it was lost.

use pasvlab_harness::net::Time;
use pasvlab_harness::record::{
    End, Event, Line, LineKind, Meaning, PacketRecord, PlaceIx, PlaceKind, Record, What, transcript,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::story::milliseconds;
use crate::timeline;
use crate::tls::Tls;
use crate::way::Point;

/// Messages in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The client, then boxes in the order in which packets came to them, then other hosts.
    pub participants: Vec<Point>,
    /// What passed between them.
    pub steps: Vec<Step>,
}

/// One message, or a remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Virtual milliseconds since the start.
    pub at_ms: u64,
    /// What it is.
    pub kind: StepKind,
    /// Position of the sender in [`Sequence::participants`]; for a remark, of the first it is about.
    pub from: usize,
    /// Position of the receiver, or of where it was lost; for a remark, of the last it is about.
    pub to: usize,
    /// What is said.
    pub text: String,
}

/// What a [`Step`] is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A command.
    Command,
    /// A reply, with the first of its lines.
    Reply,
    /// A packet that opens a connection, on one leg of its way.
    Open,
    /// The connection is open.
    Opened,
    /// A packet that was lost where the arrow ends.
    Lost,
    /// Something that a participant does or sees.
    Note,
    /// A connection that failed, as its program saw it.
    Failure,
}

impl Sequence {
    /// The messages of a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let client = place_of(record, PlaceKind::Client);
        let server = record.packets.iter().find_map(|packet| match packet.end {
            End::Delivered(place) if record.place(place).kind == PlaceKind::Server => Some(place),
            _ => None,
        });
        let server = server.unwrap_or_else(|| place_of(record, PlaceKind::Server));
        let mut drawing = Drawing {
            record,
            tls: Tls::of(record),
            client,
            server,
            ends: Vec::new(),
            steps: Vec::new(),
            seen: Vec::new(),
        };
        drawing.control_lines();
        drawing.silence();
        for event in &record.events {
            drawing.event(event);
        }
        drawing.losses();
        drawing.finish()
    }
}

fn place_of(record: &Record, kind: PlaceKind) -> PlaceIx {
    let place = record.places.iter().position(|place| place.kind == kind);
    PlaceIx(place.unwrap_or(0) as u16)
}

/// A step between places, with what orders steps of one moment.
struct Draft {
    at: Time,
    rank: u8,
    kind: StepKind,
    from: PlaceIx,
    to: PlaceIx,
    text: String,
}

struct Drawing<'a> {
    record: &'a Record,
    tls: Tls<'a>,
    client: PlaceIx,
    server: PlaceIx,
    /// Attempts to connect whose packet arrived, and where.
    ends: Vec<(u32, PlaceIx)>,
    steps: Vec<Draft>,
    /// Packets that have been drawn.
    seen: Vec<*const PacketRecord>,
}

impl Drawing<'_> {
    fn push(&mut self, (at, rank): (Time, u8), kind: StepKind, ends: [PlaceIx; 2], text: String) {
        let [from, to] = ends;
        self.steps.push(Draft { at, rank, kind, from, to, text });
    }

    /// Commands that arrived, and replies, each with its first line.
    fn control_lines(&mut self) {
        let mut last: Option<(Time, LineKind)> = None;
        let mut was_sealed = false;
        for line in transcript::transcript(self.record) {
            let Line { at, kind, text, sealed, packet } = line;
            if sealed && !was_sealed {
                let ends = [self.client, self.server];
                self.push((at, 0), StepKind::Note, ends, timeline::GONE_OVER.to_owned());
            }
            was_sealed = sealed;
            let arrived = matches!(self.record.packets[packet].end, End::Delivered(_));
            let more = last == Some((at, kind)) && kind == LineKind::Reply;
            last = Some((at, kind));
            if more {
                // The last lines of a long reply.
                if let Some(step) = self.steps.last_mut().filter(|step| !step.text.ends_with('…'))
                {
                    step.text.push_str(" …");
                }
                continue;
            }
            let (client, server) = (self.client, self.server);
            match kind {
                LineKind::Command if !arrived => {}
                LineKind::Command => {
                    let text = timeline::shown(&text);
                    self.push((at, 4), StepKind::Command, [client, server], text);
                }
                LineKind::Reply => self.push((at, 0), StepKind::Reply, [server, client], text),
            }
        }
    }

    /// A control connection of which no line in TLS is known.
    fn silence(&mut self) {
        if let Some((at, text)) = timeline::gone_silent(self.record, &self.tls) {
            self.push((at, 1), StepKind::Note, [self.client, self.server], text);
        }
    }

    fn event(&mut self, event: &Event) {
        let at = (event.at, 1);
        let client = self.client;
        let text = || timeline::describe(self.record, event, &self.tls).map(|(_, text)| text);
        match &event.what {
            What::Connecting { place, requested, meaning: Meaning::Remote, attempt } => {
                let name = &self.record.place(*place).name;
                let syn = self.record.packets.iter().find(|packet| {
                    packet.at >= event.at
                        && packet.packet.flags.opens()
                        && packet.packet.dst == *requested
                        && self.record.place(packet.from).name == *name
                        && !self.seen.contains(&std::ptr::from_ref(*packet))
                });
                if let Some(syn) = syn {
                    self.opening(syn, *attempt);
                }
            }
            What::Connected { attempt, .. } => {
                let end = self.ends.iter().find(|(number, _)| number == attempt);
                let caller = caller_of(self.record, *attempt);
                if let (Some((_, end)), Some(caller)) = (end, caller) {
                    self.push(at, StepKind::Opened, [*end, caller], "connected".to_owned());
                }
            }
            What::ConnectFailed { attempt, .. } => {
                let caller = caller_of(self.record, *attempt).unwrap_or(client);
                self.push(at, StepKind::Failure, [caller; 2], text().unwrap_or_default());
            }
            What::NotResumed => {
                self.push(at, StepKind::Failure, [self.server; 2], text().unwrap_or_default());
            }
            What::Transferred { .. } | What::Cut { .. } | What::Round(_) => {
                if let Some(text) = text() {
                    self.push(at, StepKind::Note, [client, self.server], text);
                }
            }
            What::Said(said) => {
                self.push(at, StepKind::Note, [client; 2], format!("“{said}”"));
            }
            _ => {
                if let Some(text) = text() {
                    self.push(at, StepKind::Note, [client; 2], text);
                }
            }
        }
    }

    /// The packet that opens a connection, leg by leg.
    fn opening(&mut self, syn: &PacketRecord, attempt: u32) {
        self.seen.push(std::ptr::from_ref(syn));
        let mut from = syn.from;
        let (mut src, mut dst) = (syn.packet.src, syn.packet.dst);
        for hop in self.record.hops_of(syn) {
            let text = format!("SYN {src} → {dst}");
            self.push((syn.at, 1), StepKind::Open, [from, hop.place], text);
            (from, src, dst) = (hop.place, hop.src, hop.dst);
        }
        let text = format!("SYN {src} → {dst}");
        match syn.end {
            End::Delivered(place) => {
                self.push((syn.at, 1), StepKind::Open, [from, place], text);
                self.ends.push((attempt, place));
            }
            End::Dropped(place, reason) => {
                let again = timeline::repetitions(self.record, syn);
                let text = format!("{text} dropped: {reason}{again}");
                self.push((syn.at, 1), StepKind::Lost, [from, place], text);
            }
            End::Unreachable(place, reason) => {
                let text = format!("{text} answered with unreachable: {reason}");
                self.push((syn.at, 1), StepKind::Lost, [from, place], text);
            }
        }
    }

    /// Other packets that were lost; of one connection for one reason the first.
    fn losses(&mut self) {
        let mut known = Vec::new();
        let record = self.record;
        for packet in record.packets.iter().filter(|packet| !packet.again) {
            let (place, reason) = match packet.end {
                End::Delivered(_) => continue,
                End::Dropped(place, reason) | End::Unreachable(place, reason) => (place, reason),
            };
            let connection = (packet.packet.src, packet.packet.dst, packet.end);
            if self.seen.contains(&std::ptr::from_ref(packet)) || known.contains(&connection) {
                continue;
            }
            known.push(connection);
            let text = format!("{} lost: {reason}", packet.packet);
            self.push((packet.ended_at, 2), StepKind::Lost, [packet.from, place], text);
        }
    }

    /// Puts steps in order and numbers the participants.
    fn finish(mut self) -> Sequence {
        self.steps.sort_by_key(|step| (step.at, step.rank));
        let mut places = vec![self.client];
        for place in self.steps.iter().flat_map(|step| [step.from, step.to]) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        // Stable: boxes stay in the order in which they were met.
        places.sort_by_key(|place| match self.record.place(*place).kind {
            PlaceKind::Client => 0,
            PlaceKind::Bystander => 2,
            PlaceKind::Server => 3,
            _ => 1,
        });
        let number =
            |place: PlaceIx| places.iter().position(|other| *other == place).unwrap_or_default();
        let steps = self.steps.iter().map(|step| Step {
            at_ms: milliseconds(step.at),
            kind: step.kind,
            from: number(step.from),
            to: number(step.to),
            text: step.text.clone(),
        });
        let steps = steps.collect();
        let participants = places.iter().map(|place| Point::of(self.record.place(*place)));
        Sequence { participants: participants.collect(), steps }
    }
}

/// Whose program called this connect.
fn caller_of(record: &Record, number: u32) -> Option<PlaceIx> {
    record.events.iter().find_map(|event| match event.what {
        What::Connecting { attempt, place, .. } if attempt == number => Some(place),
        _ => None,
    })
}
