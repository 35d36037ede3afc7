//! What a program did in one situation: control connections, and on each the efforts to get data
//! across.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pasvlab_scenarios::{DataCommand, EpsvReply, PasvReply};

use super::address::Went;
use crate::ftp::client::replies;
use crate::net::Time;
use crate::record::transcript::Lines;
use crate::record::{
    ConnectError, Decision, End as PacketEnd, Event, PlaceKind, Record, TransferKind, What,
};

/// What a program did in one situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The situation.
    pub situation: String,
    /// Its control connections, in order.
    pub sessions: Vec<Session>,
    /// After how long it was stopped, because it went on and on.
    pub stopped: Option<Duration>,
}

/// One control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When it was dialled.
    pub begun: Time,
    /// The server's address.
    pub peer: Ipv4Addr,
    /// Commands, with their arguments; none of a data-connection command or after the first of those.
    pub opening: Vec<String>,
    /// Efforts to get data across.
    pub efforts: Vec<Effort>,
    /// Every command, in order.
    pub commands: Vec<String>,
}

/// A data-connection command, and what followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effort {
    /// The command.
    pub command: DataCommand,
    /// When it was sent.
    pub at: Time,
    /// Commands since the transfer before, or since the effort before; none for the first effort.
    pub before: Vec<String>,
    /// Commands before the data connection was dialled.
    pub before_connect: Vec<String>,
    /// Commands between that and the transfer command.
    pub between: Vec<String>,
    /// The transfer command.
    pub transfer: Option<String>,
    /// Whether that was sent before the data connection was dialled.
    pub command_first: bool,
    /// The reply's code; none if there was no reply.
    pub code: Option<u16>,
    /// The address in the reply to `PASV`.
    pub announced: Option<Ipv4Addr>,
    /// Whether the reply has what it should have.
    pub readable: bool,
    /// Where the data connection went.
    pub went: Went,
    /// What became of it.
    pub dial: Dial,
    /// When that was known.
    pub ended: Time,
    /// Whether the server has confirmed the transfer.
    pub confirmed: bool,
}

/// What became of a data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dial {
    /// There was none.
    Not,
    /// It was opened.
    Open,
    /// It was not.
    Failed {
        /// How that ended.
        error: ConnectError,
        /// How long it took.
        after: Duration,
    },
    /// Nobody had answered yet when the program was stopped.
    Waiting,
}

/// How an effort ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Data came across.
    Transferred,
    /// The server refused the command.
    Refused(u16),
    /// It granted it in a reply that cannot be read.
    Unparsable,
    /// The program did not dial what was announced.
    Mismatch,
    /// The data connection could not be opened.
    Connect(ConnectError),
    /// It was opened, and then given up without a transfer command.
    Dropped,
    /// Anything else.
    Other,
}

/// What two sights are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The command.
    pub command: DataCommand,
    /// Where the data connection went.
    pub dialled: Went,
}

impl Sight {
    /// Every effort, with the number of its control connection.
    pub fn efforts(&self) -> impl Iterator<Item = (usize, &Effort)> {
        let sessions = self.sessions.iter().enumerate();
        sessions.flat_map(|(number, session)| session.efforts.iter().map(move |e| (number, e)))
    }

    /// The commands that a program may be watched for, as far as it sent them.
    #[must_use]
    pub fn asked(&self) -> Vec<&str> {
        let commands = self.sessions.iter().flat_map(|session| &session.commands);
        let mut asked: Vec<&str> = commands.map(|line| word(line)).collect();
        asked.retain(|command| matches!(*command, "PASV" | "EPSV" | "FEAT"));
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// Data-connection commands, and where the connections went.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        self.efforts().map(|(_, effort)| Step { command: effort.command, dialled: effort.went })
    }

    /// The control connection's peer; none if there was no control connection.
    #[must_use]
    pub fn peer(&self) -> Option<Ipv4Addr> {
        self.sessions.first().map(|session| session.peer)
    }

    /// The transfers that came to their end, in order.
    #[must_use]
    pub fn transferred(&self) -> Vec<TransferKind> {
        let done = self.efforts().filter(|(_, effort)| effort.confirmed);
        done.filter_map(|(_, effort)| kind(effort.transfer.as_deref()?)).collect()
    }
}

impl Effort {
    /// How it ended.
    #[must_use]
    pub fn end(&self) -> End {
        match (self.code, self.dial) {
            _ if self.confirmed => End::Transferred,
            (Some(code @ 400..), _) => End::Refused(code),
            (Some(_), Dial::Not) if !self.readable && !self.command.is_active() => End::Unparsable,
            (_, Dial::Not) if self.went == Went::Nowhere => End::Mismatch,
            (_, Dial::Failed { error, .. }) => End::Connect(error),
            (_, Dial::Open) if self.transfer.is_none() => End::Dropped,
            _ => End::Other,
        }
    }

    /// Whether the peer was dialled in place of the announced address.
    #[must_use]
    pub fn replaced(&self, peer: Ipv4Addr) -> bool {
        self.announced.is_some_and(|announced| announced != peer) && self.went == Went::To(peer)
    }
}

/// Which transfer a command asks for.
pub(super) fn kind(line: &str) -> Option<TransferKind> {
    match word(line) {
        "LIST" | "NLST" | "MLSD" => Some(TransferKind::List),
        "RETR" => Some(TransferKind::Download),
        "STOR" | "STOU" | "APPE" => Some(TransferKind::Upload),
        _ => None,
    }
}

/// A command without its argument.
pub(super) fn word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn data_command(line: &str) -> Option<DataCommand> {
    match word(line) {
        "PASV" => Some(DataCommand::Pasv),
        "EPSV" if line != "EPSV ALL" => Some(DataCommand::Epsv),
        "PORT" => Some(DataCommand::Port),
        "EPRT" => Some(DataCommand::Eprt),
        _ => None,
    }
}

/// Reads what the client in a record did. `stopped`: when it was stopped.
#[must_use]
pub fn sight(situation: &str, record: &Record, stopped: Option<Duration>) -> Sight {
    let cut = record.events.iter().any(|event| matches!(event.what, What::Cut { .. }))
        || record.ending().is_none();
    let stopped = stopped.or_else(|| cut.then_some(record.ended_at));
    let (mut sessions, mut lines) = (Vec::new(), Vec::new());
    for wire in wires(record) {
        let (session, said) = session(&wire);
        sessions.push(session);
        lines.extend(said);
    }
    let efforts = || sessions.iter().flat_map(|session: &Session| &session.efforts);
    let starts: Vec<Time> = efforts().map(|effort| effort.at).collect();
    let mut dials = Dials::new(record, stopped.is_some());
    let efforts = sessions.iter_mut().flat_map(|session| &mut session.efforts);
    for (number, (effort, lines)) in efforts.zip(lines).enumerate() {
        dials.settle(effort, lines, starts.get(number + 1).copied());
    }
    Sight { situation: situation.to_owned(), sessions, stopped }
}

/// One control connection, line by line.
struct Wire {
    begun: Time,
    local: SocketAddrV4,
    peer: Ipv4Addr,
    sent: Lines,
    got: Lines,
    commands: Vec<(Time, String)>,
    replies: Vec<(Time, u16, String)>,
    partial: String,
}

impl Wire {
    fn arrived(&mut self, at: Time, payload: &[u8]) {
        for line in self.got.push(payload) {
            if !self.partial.is_empty() {
                self.partial.push('\n');
            }
            self.partial.push_str(&line);
            // RFC 959 section 4.2: the last line begins with the code of the first, and a blank.
            let code = self.partial.get(..3).and_then(|code| code.parse().ok());
            let more = self.partial.as_bytes().get(3) == Some(&b'-')
                && !(line.get(..3) == self.partial.get(..3)
                    && line.as_bytes().get(3) == Some(&b' '));
            match code {
                Some(_) if more => {}
                Some(code) => self.replies.push((at, code, std::mem::take(&mut self.partial))),
                None => self.partial.clear(),
            }
        }
    }

    /// The first reply after a moment.
    fn reply(&self, after: Time) -> Option<&(Time, u16, String)> {
        self.replies.iter().find(|(at, ..)| *at > after)
    }
}

/// The client's control connections.
fn wires(record: &Record) -> Vec<Wire> {
    let port = record.cell.control_port;
    let client = record.places.iter().position(|place| place.kind == PlaceKind::Client);
    let mut wires: Vec<Wire> = Vec::new();
    for packet in record.packets.iter().filter(|packet| !packet.again) {
        let sent = Some(usize::from(packet.from.0)) == client;
        if sent && packet.packet.dst.port() == port {
            let (local, peer) = (packet.packet.src, *packet.packet.dst.ip());
            if packet.packet.flags.opens() {
                wires.push(wire(packet.at, local, peer));
            }
            let wire = wires.iter_mut().rev().find(|wire| wire.local == local);
            if let Some(wire) = wire {
                let lines = wire.sent.push(&packet.packet.payload);
                // Telnet's interrupts before a command are no part of it.
                let lines = lines.into_iter().map(|line| {
                    line.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic()).to_owned()
                });
                wire.commands.extend(lines.map(|line| (packet.at, line)));
            }
        } else if let PacketEnd::Delivered(place) = packet.end
            && Some(usize::from(place.0)) == client
        {
            let (src, local) = record.arrival(packet);
            let wire = wires.iter_mut().rev().find(|wire| wire.local == local);
            if let (Some(wire), true) = (wire, src.port() == port) {
                let payload = packet.rewritten.as_ref().unwrap_or(&packet.packet.payload);
                wire.arrived(packet.ended_at, payload);
            }
        }
    }
    wires
}

fn wire(begun: Time, local: SocketAddrV4, peer: Ipv4Addr) -> Wire {
    Wire {
        begun,
        local,
        peer,
        sent: Lines::default(),
        got: Lines::default(),
        commands: Vec::new(),
        replies: Vec::new(),
        partial: String::new(),
    }
}

/// Commands after a data-connection command, up to the transfer command.
type Said = Vec<(Time, String)>;

/// What was said on a control connection, and what was said in each effort after its data-connection
/// command: it is not known yet when the data connection was dialled.
fn session(wire: &Wire) -> (Session, Vec<Said>) {
    let mut session = Session {
        begun: wire.begun,
        peer: wire.peer,
        opening: Vec::new(),
        efforts: Vec::new(),
        commands: wire.commands.iter().map(|(_, line)| line.clone()).collect(),
    };
    let mut pending = Said::new();
    let mut said: Vec<Said> = Vec::new();
    for (at, line) in &wire.commands {
        if let Some(command) = data_command(line) {
            let before = std::mem::take(&mut pending);
            let first = session.efforts.is_empty();
            let before: Vec<String> = before.into_iter().map(|(_, line)| line).collect();
            if first {
                session.opening.clone_from(&before);
            }
            let before = if first { Vec::new() } else { before };
            session.efforts.push(effort(wire, *at, command, before));
            said.push(Said::new());
        } else if let (Some(_), Some(effort)) = (kind(line), session.efforts.last_mut())
            && effort.transfer.is_none()
        {
            effort.transfer = Some(line.clone());
            let final_reply =
                wire.replies.iter().find(|(later, code, _)| later > at && *code >= 200);
            effort.confirmed = final_reply.is_some_and(|(_, code, _)| *code < 300);
            pending.push((*at, line.clone()));
            if let Some(said) = said.last_mut() {
                *said = std::mem::take(&mut pending);
            }
        } else {
            pending.push((*at, line.clone()));
        }
    }
    if session.efforts.is_empty() {
        session.opening = pending.into_iter().map(|(_, line)| line).collect();
    }
    (session, said)
}

fn effort(wire: &Wire, at: Time, command: DataCommand, before: Vec<String>) -> Effort {
    let reply = wire.reply(at);
    let code = reply.map(|(_, code, _)| *code);
    let text = reply.map_or("", |(_, _, text)| text.as_str());
    let (announced, readable) = match (command, code) {
        (DataCommand::Pasv, Some(227)) => {
            let read = replies::pasv(PasvReply::FirstSix, 227, text);
            (read.map(|address| *address.ip()), read.is_some())
        }
        (DataCommand::Epsv, Some(code)) => {
            (None, replies::epsv(EpsvReply::AnyDelimiter, code, text).is_some())
        }
        _ => (None, false),
    };
    Effort {
        command,
        at,
        before,
        before_connect: Vec::new(),
        between: Vec::new(),
        transfer: None,
        command_first: false,
        code,
        announced,
        readable,
        went: Went::Nowhere,
        dial: Dial::Not,
        ended: reply.map_or(at, |(at, ..)| *at),
        confirmed: false,
    }
}

/// Decisions and connects, in order.
struct Dials<'a> {
    events: Vec<&'a Event>,
    next: usize,
    stopped_at: Option<Time>,
}

impl<'a> Dials<'a> {
    fn new(record: &'a Record, stopped: bool) -> Self {
        let client = |event: &&Event| match event.what {
            What::Connecting { place, .. } => record.place(place).kind == PlaceKind::Client,
            What::Connected { .. } | What::ConnectFailed { .. } | What::Decision(_) => true,
            _ => false,
        };
        let stopped_at = stopped.then_some(record.ended_at);
        Self { events: record.events.iter().filter(client).collect(), next: 0, stopped_at }
    }

    /// Finds out where an effort's data connection went. `until`: when the next effort began.
    fn settle(&mut self, effort: &mut Effort, said: Said, until: Option<Time>) {
        let mut found = None;
        while let Some(event) = self.events.get(self.next) {
            if until.is_some_and(|until| event.at > until) {
                break;
            }
            self.next += 1;
            if let What::Decision(decision) = &event.what {
                found = Some((event.at, decision, self.next));
            }
        }
        let dialled_at = found.and_then(|(at, decision, from)| {
            effort.ended = at;
            self.follow(effort, decision, from)
        });
        let early = |at: Time| dialled_at.is_some_and(|dialled| at <= dialled);
        for (at, line) in said {
            if kind(&line).is_some() {
                effort.command_first = early(at);
            } else if early(at) {
                effort.before_connect.push(line);
            } else {
                effort.between.push(line);
            }
        }
    }

    /// What came of a decision; returns when the connection was dialled.
    fn follow(&self, effort: &mut Effort, decision: &Decision, from: usize) -> Option<Time> {
        let dialled = decision.dialled?;
        effort.went = Went::To(*dialled.ip());
        let later = &self.events[from..];
        let (begun, number) = later.iter().find_map(|event| match event.what {
            What::Connecting { attempt, requested, .. } if requested == dialled => {
                Some((event.at, attempt))
            }
            _ => None,
        })?;
        let end = later.iter().find_map(|event| match event.what {
            What::Connected { attempt, .. } if attempt == number => Some((event.at, None)),
            What::ConnectFailed { attempt, error } if attempt == number => {
                Some((event.at, Some(error)))
            }
            _ => None,
        });
        (effort.dial, effort.ended) = match end {
            Some((at, None)) => (Dial::Open, at),
            // Not the program gave up, but who watched it.
            Some((at, Some(ConnectError::ClientTimeout))) if self.stopped_at == Some(at) => {
                (Dial::Waiting, at)
            }
            Some((at, Some(error))) => (Dial::Failed { error, after: at - begun }, at),
            None => (Dial::Waiting, begun),
        };
        Some(begun)
    }
}
