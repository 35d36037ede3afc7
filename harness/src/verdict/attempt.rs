//! The client's last attempt at a data connection, as the record tells it.

use std::net::SocketAddrV4;

use pasvlab_scenarios::DataCommand;

use crate::net::Time;
use crate::record::{
    ConnectError, Decision, Event, Meaning, PacketRecord, Place, PlaceIx, PlaceKind, Record, What,
};

/// How the last data connection was to come about.
pub(super) enum Attempt<'a> {
    /// The client dials.
    Dial(Dial<'a>),
    /// The client listens, and the server dials.
    Offer(Offer<'a>),
}

/// The last data connection that the client dialled, and what became of it.
pub(super) struct Dial<'a> {
    /// The decision, as it happened.
    pub(super) event: &'a Event,
    pub(super) since: Time,
    pub(super) decision: &'a Decision,
    pub(super) meaning: Option<Meaning>,
    pub(super) connected: bool,
    pub(super) error: Option<ConnectError>,
    /// The connect's end, or its beginning if it has none.
    pub(super) connect: Option<&'a Event>,
    /// The packet that was to open it.
    pub(super) syn: Option<&'a PacketRecord>,
}

/// The last address that the client offered, and what became of the server's connection to it.
pub(super) struct Offer<'a> {
    /// The announcement, as it happened.
    pub(super) event: &'a Event,
    pub(super) since: Time,
    pub(super) command: DataCommand,
    pub(super) address: SocketAddrV4,
    /// What the server dialled.
    pub(super) dialled: Option<SocketAddrV4>,
    pub(super) connected: bool,
    pub(super) error: Option<ConnectError>,
    /// The connect's end, or its beginning if it has none.
    pub(super) connect: Option<&'a Event>,
    /// The packet that was to open the connection.
    pub(super) syn: Option<&'a PacketRecord>,
}

/// The last attempt; none if the client never came so far.
pub(super) fn last(record: &Record) -> Option<Attempt<'_>> {
    let place = record.events.iter().rposition(is_attempt)?;
    attempt(record, place, record.events.len())
}

/// The attempts before the last one, in order.
pub(super) fn earlier(record: &Record) -> Vec<Attempt<'_>> {
    let places = record.events.iter().enumerate().filter(|(_, event)| is_attempt(event));
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    places.windows(2).filter_map(|pair| attempt(record, pair[0], pair[1])).collect()
}

fn is_attempt(event: &Event) -> bool {
    matches!(event.what, What::Decision(_) | What::Offered { .. })
}

/// The attempt that begins with the event at `place`, as far as the event at `until`.
fn attempt(record: &Record, place: usize, until: usize) -> Option<Attempt<'_>> {
    let (event, later) = record.events[place..until].split_first()?;
    match &event.what {
        What::Decision(decision) => Some(Attempt::Dial(dial(record, event, decision, later))),
        What::Offered { command, address } => {
            Some(Attempt::Offer(offer(record, event, (*command, *address), later)))
        }
        _ => None,
    }
}

/// The last one that the client dialled, if that is the last attempt.
pub(super) fn last_dial(record: &Record) -> Option<Dial<'_>> {
    match last(record)? {
        Attempt::Dial(dial) => Some(dial),
        Attempt::Offer(_) => None,
    }
}

/// A program's connect in a list of events.
pub(super) struct Connect<'a> {
    pub(super) requested: SocketAddrV4,
    pub(super) meaning: Meaning,
    /// How it failed, if it did.
    pub(super) error: Option<ConnectError>,
    pub(super) connected: bool,
    /// Its end, or its beginning if it has none.
    pub(super) event: &'a Event,
}

/// The first connect in `events` that `fits` and that a place of this kind called.
pub(super) fn connect<'a>(
    record: &Record,
    events: &'a [Event],
    kind: PlaceKind,
    fits: impl Fn(SocketAddrV4) -> bool,
) -> Option<Connect<'a>> {
    let (number, mut connect) = events.iter().find_map(|event| match event.what {
        What::Connecting { attempt, place, requested, meaning }
            if record.place(place).kind == kind && fits(requested) =>
        {
            let (error, connected) = (None, false);
            Some((attempt, Connect { requested, meaning, error, connected, event }))
        }
        _ => None,
    })?;
    for event in events {
        match event.what {
            What::Connected { attempt, .. } if attempt == number => {
                (connect.connected, connect.event) = (true, event);
            }
            What::ConnectFailed { attempt, error } if attempt == number => {
                (connect.error, connect.event) = (Some(error), event);
            }
            _ => {}
        }
    }
    Some(connect)
}

/// The first packet since `since` with which a place of this kind opens a connection to `dst`.
pub(super) fn syn(
    record: &Record,
    since: Time,
    kind: PlaceKind,
    dst: SocketAddrV4,
) -> Option<&PacketRecord> {
    record.packets.iter().find(|packet| {
        packet.at >= since
            && !packet.again
            && packet.packet.flags.opens()
            && packet.packet.dst == dst
            && record.place(packet.from).kind == kind
    })
}

fn dial<'a>(
    record: &'a Record,
    event: &'a Event,
    decision: &'a Decision,
    later: &'a [Event],
) -> Dial<'a> {
    let (since, client) = (event.at, PlaceKind::Client);
    let connect = connect(record, later, client, |to| Some(to) == decision.dialled);
    let syn = decision.dialled.and_then(|dialled| syn(record, since, client, dialled));
    Dial {
        event,
        since,
        decision,
        meaning: connect.as_ref().map(|connect| connect.meaning),
        connected: connect.as_ref().is_some_and(|connect| connect.connected),
        error: connect.as_ref().and_then(|connect| connect.error),
        connect: connect.map(|connect| connect.event),
        syn,
    }
}

fn offer<'a>(
    record: &'a Record,
    event: &'a Event,
    (command, address): (DataCommand, SocketAddrV4),
    later: &'a [Event],
) -> Offer<'a> {
    let (since, server) = (event.at, PlaceKind::Server);
    let connect = connect(record, later, server, |_| true);
    let dialled = connect.as_ref().map(|connect| connect.requested);
    let syn = dialled.and_then(|dialled| syn(record, since, server, dialled));
    Offer {
        event,
        since,
        command,
        address,
        dialled,
        connected: connect.as_ref().is_some_and(|connect| connect.connected),
        error: connect.as_ref().and_then(|connect| connect.error),
        connect: connect.map(|connect| connect.event),
        syn,
    }
}

/// The host that took a data connection in the server's place, if one did.
pub(super) fn wrong_host(record: &Record) -> Option<&Place> {
    let dial = last_dial(record)?;
    if !dial.connected {
        return None;
    }
    let taker = match dial.meaning? {
        Meaning::OwnHost(_) => record.places.iter().find(|p| p.kind == PlaceKind::Client),
        Meaning::Remote => delivered(dial.syn?).map(|place| record.place(place)),
        Meaning::NotAvailable => None,
    };
    taker.filter(|place| !matches!(place.kind, PlaceKind::Server | PlaceKind::Proxy))
}

/// Where a packet arrived, if it did.
pub(super) fn delivered(packet: &PacketRecord) -> Option<PlaceIx> {
    match packet.end {
        crate::record::End::Delivered(place) => Some(place),
        _ => None,
    }
}
