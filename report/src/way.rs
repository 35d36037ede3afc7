//! The ways of the packets that decided how a session came out.

use pasvlab_harness::net::{Flags, Time};
use pasvlab_harness::record::{
    End, Meaning, PacketRecord, Place, PlaceIx, PlaceKind, Record, What,
};
use pasvlab_harness::verdict::Evidence;
use pasvlab_harness::{Outcome, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The way of one packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The packet as it set out, or the connection that was asked for.
    pub packet: String,
    /// Where it set out, what it passed, and the host that took it if one did.
    pub points: Vec<Point>,
    /// Where it was lost, if it was.
    pub lost: Option<Lost>,
    /// Whether it stayed in the sender's own host, or the system would not send it.
    pub stayed: bool,
}

/// A place on a way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Its name in the topology.
    pub name: String,
    /// What it is.
    pub kind: PointKind,
    /// The network it is in.
    pub network: String,
    /// Its address there, if it has one.
    pub address: Option<String>,
}

/// What a [`Point`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PointKind {
    /// The host of the FTP client.
    Client,
    /// The host of the FTP server.
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

/// Where a packet ended before it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// The box.
    pub at: Point,
    /// The stable id of the reason.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// Whether the sender was told.
    pub answered: bool,
}

impl Point {
    pub(crate) fn of(place: &Place) -> Self {
        let kind = match place.kind {
            PlaceKind::Client => PointKind::Client,
            PlaceKind::Server => PointKind::Server,
            PlaceKind::Bystander => PointKind::Bystander,
            PlaceKind::LoadBalancer => PointKind::LoadBalancer,
            PlaceKind::Endpoint => PointKind::Endpoint,
            PlaceKind::Proxy => PointKind::Proxy,
            PlaceKind::Gateway => PointKind::Gateway,
            PlaceKind::Firewall => PointKind::Firewall,
            PlaceKind::InternetGateway => PointKind::InternetGateway,
            PlaceKind::Router => PointKind::Router,
        };
        Self {
            name: place.name.clone(),
            kind,
            network: place.network.clone(),
            address: place.address.map(|address| address.to_string()),
        }
    }
}

/// The ways that decided: how the last data connection was opened, or else the control connection; then
/// the first packet that was lost after it, if the session failed.
pub(crate) fn ways(record: &Record, verdict: &Verdict) -> Vec<Way> {
    let decided = |what: &What| matches!(what, What::Decision(_) | What::Offered { .. });
    let last = record.events.iter().rposition(|event| decided(&event.what)).unwrap_or(0);
    let connecting = record.events[last..].iter().find_map(|event| match event.what {
        What::Connecting { place, requested, meaning, .. } => {
            Some((event.at, place, requested, meaning))
        }
        _ => None,
    });
    let Some((at, place, requested, meaning)) = connecting else { return Vec::new() };
    if meaning != Meaning::Remote {
        let points = vec![Point::of(record.place(place))];
        let packet = format!("connect to {requested}");
        return vec![Way { packet, points, lost: None, stayed: true }];
    }
    let name = &record.place(place).name;
    let Some(syn) = record.packets.iter().find(|packet| {
        let from = &record.place(packet.from).name;
        packet.at >= at
            && packet.packet.flags.opens()
            && packet.packet.dst == requested
            && from == name
    }) else {
        return Vec::new();
    };
    let mut ways = vec![way(record, syn)];
    if ways[0].lost.is_none() && verdict.outcome != Outcome::Transferred {
        let decisive = verdict.rests_on.and_then(|evidence| lost_evidence(record, evidence));
        let later = decisive.or_else(|| lost_later(record, at, syn));
        ways.extend(later.map(|packet| way(record, packet)));
    }
    ways
}

/// The packet that a verdict rests on, if it was lost.
fn lost_evidence(record: &Record, evidence: Evidence) -> Option<&PacketRecord> {
    match evidence {
        Evidence::Packet(ix) => record.packets.get(ix).filter(|packet| lost(packet).is_some()),
        Evidence::Event(_) => None,
    }
}

/// The answer to the packet that opens, if it was lost; else the first packet lost on an open
/// connection.
fn lost_later<'a>(record: &'a Record, at: Time, syn: &PacketRecord) -> Option<&'a PacketRecord> {
    let (src, dst) = record.arrival(syn);
    let mut later =
        record.packets.iter().filter(|packet| packet.at >= at && lost(packet).is_some());
    let answers = |packet: &&PacketRecord| {
        packet.packet.flags == Flags::SYN_ACK
            && (packet.packet.src, packet.packet.dst) == (dst, src)
    };
    let first = later.clone().find(answers);
    first.or_else(|| later.find(|packet| !packet.packet.flags.syn))
}

fn lost(packet: &PacketRecord) -> Option<PlaceIx> {
    match packet.end {
        End::Delivered(_) => None,
        End::Dropped(place, _) | End::Unreachable(place, _) => Some(place),
    }
}

fn way(record: &Record, packet: &PacketRecord) -> Way {
    let mut points = vec![Point::of(record.place(packet.from))];
    points.extend(record.hops_of(packet).iter().map(|hop| Point::of(record.place(hop.place))));
    let lost = match packet.end {
        End::Delivered(place) => {
            points.push(Point::of(record.place(place)));
            None
        }
        End::Dropped(place, reason) => Some((place, reason, false)),
        End::Unreachable(place, reason) => Some((place, reason, true)),
    };
    let lost = lost.map(|(place, reason, answered)| Lost {
        at: Point::of(record.place(place)),
        reason: reason.id().to_owned(),
        text: reason.to_string(),
        answered,
    });
    Way { packet: packet.packet.to_string(), points, lost, stayed: false }
}
