//! What happened, in order: the only thing that verdicts and reports are made from.
//!
//! - [`sealed`] — what connections in TLS carried.
//! - [`transcript`] — the control connection as the client saw it, read from the packets.

pub mod sealed;
pub mod transcript;

use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::Bytes;
use pasvlab_scenarios::{DataCommand, FtpHelper, Os, PassiveIp};
use strum::VariantArray;

use crate::net::{Flags, Packet, Reason, Time};

pub use pasvlab_scenarios::TransferKind;
pub use sealed::Sealed;
pub use transcript::{Line, LineKind};

/// Position of a [`Place`] in [`Record::places`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceIx(pub u16);

/// Everything that one simulated session left behind.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was run.
    pub cell: Cell,
    /// Names for where packets were.
    pub places: Vec<Place>,
    /// Events in order of virtual time.
    pub events: Vec<Event>,
    /// Packets in the order in which they set out.
    pub packets: Vec<PacketRecord>,
    /// Boxes passed, in runs that [`PacketRecord::hops`] points into.
    pub hops: Vec<Hop>,
    /// What was sealed by TLS.
    pub sealed: Sealed,
    /// Virtual time at the end.
    pub ended_at: Time,
}

/// The inputs of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Topology id.
    pub topology: String,
    /// PassiveIp id.
    pub passive_ip: String,
    /// What that id means here.
    pub announced: PassiveIp,
    /// Client id.
    pub client: String,
    /// The client's program.
    pub program: String,
    /// Where it runs.
    pub os: Os,
    /// Server id.
    pub server: String,
    /// The server's control port.
    pub control_port: u16,
    /// The seed of every choice.
    pub seed: u64,
}

/// Somewhere a packet can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name from the topology.
    pub name: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The network it is in.
    pub network: String,
    /// Its address there; a router has none of its own.
    pub address: Option<Ipv4Addr>,
    /// What it reads of FTP's control connections, if it has a helper for that.
    pub ftp_helper: Option<FtpHelper>,
}

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// The host that runs the FTP client.
    Client,
    /// The host that runs the FTP server.
    Server,
    /// Another host.
    Bystander,
    /// A load balancer node.
    LoadBalancer,
    /// An endpoint interface.
    Endpoint,
    /// A host that passes connections on.
    Proxy,
    /// A router that translates addresses or publishes ports.
    Gateway,
    /// A router that does neither.
    Firewall,
    /// An internet gateway.
    InternetGateway,
    /// A network's router.
    Router,
}

/// One packet from where it set out to where it ended.
#[derive(Debug, Clone)]
pub struct PacketRecord {
    /// When it set out.
    pub at: Time,
    /// Where it set out.
    pub from: PlaceIx,
    /// As it set out.
    pub packet: Packet,
    /// Its payload as it arrived, if a box changed it.
    pub rewritten: Option<Bytes>,
    /// Start and length of its boxes in [`Record::hops`].
    pub hops: (u32, u16),
    /// How it ended.
    pub end: End,
    /// When it ended.
    pub ended_at: Time,
    /// How often it was lost on the way and sent again.
    pub lost: u8,
    /// Why a box sent it; none for packets of hosts.
    pub answer: Option<Reason>,
    /// Whether it repeats an unanswered segment.
    pub again: bool,
}

/// A box that sent a packet on, and what the box made of it. What is not here, no box changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The box.
    pub place: PlaceIx,
    /// When the packet was there: a box takes no time, so it came in and went out then.
    pub at: Time,
    /// Source after the box.
    pub src: SocketAddrV4,
    /// Destination after the box.
    pub dst: SocketAddrV4,
    /// Sequence number after the box.
    pub seq: u32,
    /// Acknowledgement number after the box.
    pub ack: u32,
    /// Control flags after the box.
    pub flags: Flags,
    /// Payload after the box, if this box changed it.
    pub payload: Option<Bytes>,
}

impl Hop {
    /// `packet` as it was once it had `passed` these boxes.
    #[must_use]
    pub fn after(packet: &Packet, passed: &[Self]) -> Packet {
        let Some(last) = passed.last() else { return packet.clone() };
        let payload = passed.iter().rev().find_map(|hop| hop.payload.as_ref());
        Packet {
            src: last.src,
            dst: last.dst,
            seq: last.seq,
            ack: last.ack,
            flags: last.flags,
            window: packet.window,
            payload: payload.unwrap_or(&packet.payload).clone(),
            consumer: None,
        }
    }
}

/// How a packet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It reached a host.
    Delivered(PlaceIx),
    /// It vanished; nobody was told.
    Dropped(PlaceIx, Reason),
    /// It vanished, and a router told the sender.
    Unreachable(PlaceIx, Reason),
}

/// Something that happened at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The host asked for a name.
    Resolved {
        /// The name.
        name: String,
        /// The answer, in the order given.
        addresses: Vec<Ipv4Addr>,
    },
    /// A program called connect.
    Connecting {
        /// Number of the attempt within the simulation.
        attempt: u32,
        /// Whose program.
        place: PlaceIx,
        /// The address it named.
        requested: SocketAddrV4,
        /// What the operating system made of it.
        meaning: Meaning,
    },
    /// That attempt succeeded.
    Connected {
        /// The attempt.
        attempt: u32,
        /// The program's own address.
        local: SocketAddrV4,
    },
    /// That attempt failed.
    ConnectFailed {
        /// The attempt.
        attempt: u32,
        /// How.
        error: ConnectError,
    },
    /// The client begins a round: it connects and logs in.
    Round(u32),
    /// The client decided where to open a data connection.
    Decision(Decision),
    /// The client listens, and announces where (active mode).
    Offered {
        /// The command that announces it.
        command: DataCommand,
        /// Where it listens, as it knows itself.
        address: SocketAddrV4,
    },
    /// The server refused a transfer: the TLS session of its data connection does not resume that of
    /// the control connection.
    NotResumed,
    /// A transfer is complete.
    Transferred {
        /// Which.
        what: TransferKind,
        /// Payload bytes as the client counted them.
        bytes: u64,
        /// SHA-256 of what arrived.
        digest: [u8; 32],
        /// Whether it is the digest of what was sent.
        intact: bool,
    },
    /// The client printed something for its user.
    Said(String),
    /// The session is over.
    Ended(Ending),
    /// The client would go on repeating the same round; the lab stopped it.
    Cut {
        /// Rounds that were run.
        rounds: u32,
        /// Rounds it would have run in all.
        of: u32,
        /// How much longer it would have gone on.
        remaining: Time,
    },
}

/// What an operating system makes of the address a program dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What it says.
    Remote,
    /// The program's own host, reached at this address: loopback, or 0.0.0.0 on Unix.
    OwnHost(Ipv4Addr),
    /// Nothing it would dial: 0.0.0.0 on Windows.
    NotAvailable,
}

/// Why connect failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum ConnectError {
    /// A reset came back.
    Refused,
    /// The operating system gave up.
    TimedOut,
    /// The program gave up.
    ClientTimeout,
    /// A router answered that there is no way.
    Unreachable,
    /// The operating system would not dial the address.
    AddressNotAvailable,
}

/// Where the client wants its data connection, and who decided that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The command that prepared it.
    pub command: DataCommand,
    /// The address in the server's reply; an answer to `EPSV` has none.
    pub announced: Option<Ipv4Addr>,
    /// The port in the server's reply.
    pub port: u16,
    /// The control connection's peer.
    pub peer: Ipv4Addr,
    /// What the client will dial; none if its policy forbids the address.
    pub dialled: Option<SocketAddrV4>,
    /// Who chose the address.
    pub decided_by: DecidedBy,
}

/// Who chose the address of a data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// The server: the client took the reply as it was.
    Server,
    /// `EPSV`: the protocol has no address, so it is the control connection's peer (RFC 2428).
    Protocol,
    /// The client: it put the control connection's peer in place of the reply's address.
    Client,
    /// The client asked for the server's name again.
    Name,
    /// An earlier reply to `PASV`, whose address the client still had.
    EarlierReply,
}

/// Where in a session something went wrong, or that nothing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Opening the control connection.
    Control,
    /// Logging in.
    Login,
    /// Opening a data connection.
    DataConnect,
    /// Moving data.
    Transfer,
    /// All done.
    Done,
}

/// How the session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Everything was transferred.
    Complete,
    /// It failed.
    Failed {
        /// Where.
        stage: Stage,
        /// How.
        failure: Failure,
    },
}

/// How a session failed, as the client met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A connection could not be opened.
    Connect(ConnectError),
    /// The client's address policy forbids the reply's address.
    AddressMismatch,
    /// The server answered with this code.
    Rejected(u16),
    /// Nothing came for longer than the client waits.
    Silence,
    /// A reply or a transfer was not what the protocol or the file demands.
    Protocol(String),
    /// Nobody can tell: two programs that are not the lab's talked in TLS.
    Unread,
}

impl Record {
    /// A place by its number.
    #[must_use]
    pub fn place(&self, ix: PlaceIx) -> &Place {
        &self.places[usize::from(ix.0)]
    }

    /// The boxes a packet passed.
    #[must_use]
    pub fn hops_of(&self, packet: &PacketRecord) -> &[Hop] {
        let start = packet.hops.0 as usize;
        &self.hops[start..start + usize::from(packet.hops.1)]
    }

    /// A packet as it was after so many of the boxes that it passed; after none as it set out.
    ///
    /// # Panics
    /// If it did not pass so many.
    #[must_use]
    pub fn packet_after(&self, packet: &PacketRecord, boxes: usize) -> Packet {
        Hop::after(&packet.packet, &self.hops_of(packet)[..boxes])
    }

    /// Source and destination of a packet as it arrived, after every rewrite.
    #[must_use]
    pub fn arrival(&self, packet: &PacketRecord) -> (SocketAddrV4, SocketAddrV4) {
        let last = self.hops_of(packet).last();
        last.map_or((packet.packet.src, packet.packet.dst), |hop| (hop.src, hop.dst))
    }

    /// How the session ended; none if the simulation's time ran out first.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.events.iter().rev().find_map(|event| match &event.what {
            What::Ended(ending) => Some(ending),
            _ => None,
        })
    }

    /// Every decision about a data connection, in order.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Decision(decision) => Some(decision),
            _ => None,
        })
    }
}
