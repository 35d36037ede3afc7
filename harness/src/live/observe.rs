//! What a client's program did, read from the packets alone: the events that a simulated client
//! records by itself. Works for any program; in TLS, if the server is the lab's. Of two real programs
//! that talk in TLS only the connections can be seen, and the ending says so.
//!
//! - `control` — one control connection: commands, replies, and what they prepare.
//! - `connects` — connections that were tried, and what became of them.
//! - `servers` — those that a real server opens.
//! - `words` — commands and replies.
//!
//! A few things cannot be seen from outside and are concluded. A program that dials 0.0.0.0 shows the
//! same packets as one that dials 127.0.0.1; where the server announced 0.0.0.0, it is held to have
//! dialled that. A connect that nobody answered was given up by the operating system if it lasted as
//! long as that would, else by the program. A program that dials nothing after a good reply is held
//! to have refused its address. How the session ended is how its last transfer ended.

mod connects;
mod control;
mod servers;
mod words;

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::time::Duration;

use bytes::Bytes;
use pasvlab_scenarios::FileSpec;

use self::connects::{Connects, Way};
use self::control::{Controls, Transfer};
pub(crate) use self::words::offered;
use crate::ftp::files::{self, Sha256Digest};
use crate::net::{Flags, Packet, Reason, Time};
use crate::record::sealed::{Reader, Sealed};
use crate::record::{
    ConnectError, Decision, End, Ending, Event, Failure, Meaning, PacketRecord, PlaceIx, PlaceKind,
    Record, Stage, TransferKind, What,
};

/// What is known of a session beside its packets.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Packets that stayed on the client's host.
    pub loopback: Vec<(Time, Packet)>,
    /// Files that the server had.
    pub files: Vec<FileSpec>,
    /// What it has in the end, by name; none if nobody looked.
    pub stored: Option<BTreeMap<String, Sha256Digest>>,
    /// Whether the server is a real one, too, which notes nothing by itself.
    pub real_server: bool,
    /// How long the operating system tries to connect if nobody answers.
    pub patience: Duration,
}

/// Adds to a record what its packets show of the client's program.
pub fn observe(record: &mut Record, known: &Known) {
    let mut observer = Observer::new(record, known);
    for (at, sight) in sights(record, known) {
        observer.see(at, sight);
    }
    let seen = observer.finish(record.ended_at);
    record.events.extend(seen);
    if known.real_server {
        record.events.extend(servers::connects(record));
    }
    // Stable: what the simulation noted at the same moment came first.
    record.events.sort_by_key(|event| event.at);
}

/// Something that a bystander at the client's interface sees.
enum Sight<'a> {
    /// The client sends a packet.
    Sent(&'a PacketRecord),
    /// A packet reaches the client: source and destination as they are then.
    Arrived(&'a PacketRecord, SocketAddrV4, SocketAddrV4),
    /// A router answers a packet of the client.
    Unreachable(&'a PacketRecord, Reason),
    /// A packet stays on the client's host.
    Stayed(&'a Packet),
}

/// Everything in the order in which it is seen.
fn sights<'a>(record: &'a Record, known: &'a Known) -> Vec<(Time, Sight<'a>)> {
    let client = |place: PlaceIx| record.place(place).kind == PlaceKind::Client;
    let stayed = known.loopback.iter().map(|(at, packet)| (*at, Sight::Stayed(packet)));
    let mut sights: Vec<_> = stayed.collect();
    for packet in record.packets.iter().filter(|packet| !packet.again) {
        let sent = client(packet.from);
        if sent {
            sights.push((packet.at, Sight::Sent(packet)));
        }
        match packet.end {
            End::Delivered(place) if client(place) => {
                let (src, dst) = record.arrival(packet);
                sights.push((packet.ended_at, Sight::Arrived(packet, src, dst)));
            }
            End::Unreachable(_, reason) if sent => {
                sights.push((packet.ended_at, Sight::Unreachable(packet, reason)));
            }
            _ => {}
        }
    }
    // At one moment, what arrives comes before what follows from it. A router next to the client
    // answers at the moment of the question.
    sights.sort_by_key(|(at, sight)| {
        let rank = match sight {
            Sight::Unreachable(sent, _) if sent.at == *at => 3,
            Sight::Arrived(..) | Sight::Unreachable(..) => 0,
            Sight::Stayed(_) => 1,
            Sight::Sent(_) => 2,
        };
        (*at, rank)
    });
    sights
}

/// What is known so far.
struct Observer<'a> {
    known: &'a Known,
    sealed: &'a Sealed,
    /// Data connections in TLS, by direction.
    data: BTreeMap<(Way, TransferKind), Reader>,
    place: PlaceIx,
    control_port: u16,
    connects: Connects,
    controls: Controls,
    control_error: Option<ConnectError>,
    events: Vec<Event>,
}

impl<'a> Observer<'a> {
    fn new(record: &'a Record, known: &'a Known) -> Self {
        let place = record.places.iter().position(|place| place.kind == PlaceKind::Client);
        Self {
            known,
            sealed: &record.sealed,
            data: BTreeMap::new(),
            place: PlaceIx(place.unwrap_or_default() as u16),
            control_port: record.cell.control_port,
            connects: Connects::default(),
            controls: Controls::default(),
            control_error: None,
            events: Vec::new(),
        }
    }

    fn see(&mut self, at: Time, sight: Sight<'_>) {
        match sight {
            Sight::Sent(sent) => self.sent(at, &sent.packet),
            Sight::Arrived(record, src, dst) => self.arrived(at, record, src, dst),
            Sight::Unreachable(sent, reason) if sent.packet.flags.opens() => {
                let error = match reason {
                    Reason::PortUnreachable => ConnectError::Refused,
                    _ => ConnectError::Unreachable,
                };
                self.failed(at, Way { local: sent.packet.src, remote: sent.packet.dst }, error);
            }
            Sight::Unreachable(..) => {}
            Sight::Stayed(packet) => self.stayed(at, packet),
        }
    }

    fn sent(&mut self, at: Time, packet: &Packet) {
        let Packet { src, dst, flags, payload, .. } = packet;
        let way = Way { local: *src, remote: *dst };
        if flags.opens() {
            self.dialled(at, way, Meaning::Remote);
        }
        if let Some(control) = self.controls.at(way) {
            let lines = control.commands.push(self.sealed, payload);
            for line in lines {
                self.command(at, way, &line);
            }
            if flags.fin || flags.rst {
                let given_up = self.controls.at(way).and_then(|control| control.give_up());
                self.decided(at, given_up);
            }
        } else {
            self.data(at, way, TransferKind::Upload, packet, payload);
        }
    }

    fn arrived(&mut self, at: Time, seen: &PacketRecord, src: SocketAddrV4, dst: SocketAddrV4) {
        let way = Way { local: dst, remote: src };
        let packet = &seen.packet;
        let payload = seen.rewritten.as_ref().unwrap_or(&packet.payload);
        if packet.flags == Flags::SYN_ACK {
            self.connected(at, way);
        } else if packet.flags.rst {
            self.failed(at, way, ConnectError::Refused);
        } else if packet.flags.opens() {
            // Active mode: the server dials.
            self.controls.accepted(way);
        }
        if let Some(control) = self.controls.at(way) {
            let lines = control.replies.push(self.sealed, payload);
            for line in lines {
                self.reply(at, way, &line);
            }
        } else {
            self.data(at, way, TransferKind::Download, packet, payload);
        }
    }

    fn stayed(&mut self, at: Time, packet: &Packet) {
        let there = Way { local: packet.src, remote: packet.dst };
        let back = Way { local: packet.dst, remote: packet.src };
        if packet.flags.opens() {
            self.dialled(at, there, Meaning::OwnHost(*packet.dst.ip()));
        } else if packet.flags == Flags::SYN_ACK {
            self.connected(at, back);
        } else if packet.flags.rst {
            self.failed(at, back, ConnectError::Refused);
        }
    }

    /// The program dials.
    fn dialled(&mut self, at: Time, way: Way, meaning: Meaning) {
        let control = way.remote.port() == self.control_port;
        let requested = if control {
            self.give_up(at, false);
            self.controls.open(way);
            way.remote
        } else {
            let (requested, decision) = self.controls.decide(way, meaning);
            self.decided(at, decision);
            requested
        };
        let (place, attempt) = (self.place, self.connects.begin(at, way, control));
        self.event(at, What::Connecting { attempt, place, requested, meaning });
    }

    fn connected(&mut self, at: Time, way: Way) {
        if let Some(connect) = self.connects.end(way) {
            self.event(at, What::Connected { attempt: connect.number, local: way.local });
            self.controls.connected(way);
        }
    }

    fn failed(&mut self, at: Time, way: Way, error: ConnectError) {
        if let Some(connect) = self.connects.end(way) {
            self.event(at, What::ConnectFailed { attempt: connect.number, error });
            self.controls.connect_failed(way, error);
            if connect.control {
                self.control_error = Some(error);
            }
        }
    }

    /// Connects that were not answered are over: the program does something else, or has ended.
    fn give_up(&mut self, at: Time, also_control: bool) {
        for (way, begun) in self.connects.waiting(also_control) {
            let end = begun + self.known.patience;
            if end <= at {
                self.failed(end, way, ConnectError::TimedOut);
            } else {
                self.failed(at, way, ConnectError::ClientTimeout);
            }
        }
    }

    fn command(&mut self, at: Time, way: Way, line: &str) {
        let Some(control) = self.controls.at(way) else { return };
        let prepares = words::prepares_data(line);
        let given_up = control.command(line);
        if prepares {
            self.give_up(at, false);
        }
        self.decided(at, given_up);
        if let Some((command, address)) = offered(line) {
            self.event(at, What::Offered { command, address });
        }
    }

    fn reply(&mut self, at: Time, way: Way, line: &str) {
        if let Some(control) = self.controls.at(way) {
            control.reply(line);
        }
        self.complete(at, false);
    }

    /// A packet of a data connection.
    fn data(&mut self, at: Time, way: Way, from: TransferKind, packet: &Packet, payload: &Bytes) {
        let contents = if self.controls.are_sealed() {
            self.data.entry((way, from)).or_default().push(self.sealed, payload)
        } else {
            vec![payload.clone()]
        };
        let Some(transfer) = self.controls.transfer_on(way) else { return };
        let upload = transfer.what == TransferKind::Upload;
        if upload == (from == TransferKind::Upload) {
            contents.iter().for_each(|content| transfer.moved(content));
        }
        if packet.flags.fin || packet.flags.rst {
            transfer.closed = true;
            self.complete(at, false);
        }
    }

    /// Records transfers that the server has confirmed and whose connection is closed; at the `end`
    /// also those that it has confirmed only.
    fn complete(&mut self, at: Time, end: bool) {
        let mut events = Vec::new();
        for transfer in self.controls.confirmed(end) {
            let intact = intact(self.known, transfer);
            transfer.intact = Some(intact);
            let (what, bytes, digest) = (transfer.what, transfer.bytes, transfer.digest());
            events.push(What::Transferred { what, bytes, digest, intact });
        }
        for what in events {
            self.event(at, what);
        }
    }

    fn finish(mut self, at: Time) -> Vec<Event> {
        self.give_up(at, true);
        self.complete(at, true);
        for decision in self.controls.give_up() {
            self.decided(at, Some(decision));
        }
        let ending = match (self.controls.ending(), self.control_error) {
            (Some(ending), _) => ending,
            (None, Some(error)) => {
                Ending::Failed { stage: Stage::Control, failure: Failure::Connect(error) }
            }
            (None, None) => Ending::Failed {
                stage: Stage::Control,
                failure: Failure::Protocol("the program never opened a control connection".into()),
            },
        };
        self.event(at, What::Ended(ending));
        self.events.sort_by_key(|event| event.at);
        self.events
    }

    fn decided(&mut self, at: Time, decision: Option<Decision>) {
        if let Some(decision) = decision {
            self.event(at, What::Decision(decision));
        }
    }

    fn event(&mut self, at: Time, what: What) {
        self.events.push(Event { at, what });
    }
}

/// Whether a transfer is what it should be. What a file should be that the lab does not know, and what
/// a server has of an upload where nobody looked, cannot be said; the server's word has to do.
fn intact(known: &Known, transfer: &Transfer) -> bool {
    let file = known.files.iter().find(|file| file.path == transfer.file);
    match (transfer.what, file) {
        (TransferKind::List, _) => known.files.iter().all(|file| transfer.mentions(&file.path)),
        (TransferKind::Download, Some(file)) => transfer.digest() == files::file(file).digest,
        (TransferKind::Download, None) => true,
        (TransferKind::Upload, _) => known.stored.as_ref().is_none_or(|stored| {
            stored.get(&transfer.file).is_some_and(|digest| *digest == transfer.digest())
        }),
    }
}
