//! The control connection as the client saw it, read from the packets: commands when they left the
//! client, replies when they reached it. Works for any client; in TLS, if one of the two programs is the
//! lab's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use bytes::Bytes;

use super::sealed::{Reader, Sealed};
use super::{End, PlaceIx, PlaceKind, Record};
use crate::net::Time;

/// One line of the control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it left or reached the client.
    pub at: Time,
    /// Its direction.
    pub kind: LineKind,
    /// The text, without the line end.
    pub text: String,
    /// Whether it was in TLS.
    pub sealed: bool,
    /// The packet that completed it, as its position in [`Record::packets`].
    pub packet: usize,
}

/// The direction of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// From client to server.
    Command,
    /// From server to client.
    Reply,
}

/// Collects bytes until a line is complete.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Adds bytes; returns the lines that they complete, without line ends.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.pending.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(&self.pending[..end]);
            lines.push(text.trim_end_matches('\r').to_owned());
            self.pending.drain(..=end);
        }
        lines
    }

    /// Bytes of a line that is not complete.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }
}

/// One direction of a control connection.
#[derive(Debug, Default)]
pub(crate) struct Direction {
    reader: Reader,
    lines: Lines,
}

impl Direction {
    /// Adds bytes as they are on the wire; returns the lines that they complete, without line ends.
    pub(crate) fn push(&mut self, book: &Sealed, bytes: &Bytes) -> Vec<String> {
        let said = self.reader.push(book, bytes);
        said.iter().flat_map(|bytes| self.lines.push(bytes)).collect()
    }

    /// Whether it has gone over to TLS.
    pub(crate) fn is_sealed(&self) -> bool {
        self.reader.is_sealed()
    }

    /// Why its writer ended TLS, if it did.
    pub(crate) fn alert(&self) -> Option<u8> {
        self.reader.alert()
    }

    /// Whether it has, and cannot be read.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.reader.is_unreadable()
    }
}

/// The lines of every control connection that the client opened, in order of time.
#[must_use]
pub fn transcript(record: &Record) -> Vec<Line> {
    let mut directions: BTreeMap<(LineKind, SocketAddrV4), Direction> = BTreeMap::new();
    let mut lines = Vec::new();
    for Piece { at, kind, own, payload, packet } in pieces(record) {
        let direction = directions.entry((kind, own)).or_default();
        for text in direction.push(&record.sealed, payload) {
            lines.push(Line { at, kind, text, sealed: direction.is_sealed(), packet });
        }
    }
    // Stable: lines of one moment stay as they were.
    lines.sort_by_key(|line| line.at);
    lines
}

/// What crosses a control connection in one packet, as the client sees it.
struct Piece<'a> {
    at: Time,
    kind: LineKind,
    /// The client's address.
    own: SocketAddrV4,
    payload: &'a Bytes,
    packet: usize,
}

fn pieces(record: &Record) -> Vec<Piece<'_>> {
    let Some(client) = client_place(record) else { return Vec::new() };
    let port = record.cell.control_port;
    let mut pieces = Vec::new();
    for (number, packet) in record.packets.iter().enumerate() {
        let payload = &packet.packet.payload;
        if payload.is_empty() || packet.again {
            continue;
        }
        let (src, dst) = record.arrival(packet);
        let (at, kind, own, payload) = if packet.from == client && packet.packet.dst.port() == port
        {
            (packet.at, LineKind::Command, packet.packet.src, payload)
        } else if packet.end == End::Delivered(client) && src.port() == port {
            let arrived = packet.rewritten.as_ref().unwrap_or(payload);
            (packet.ended_at, LineKind::Reply, dst, arrived)
        } else {
            continue;
        };
        pieces.push(Piece { at, kind, own, payload, packet: number });
    }
    pieces
}

/// TLS that was not set up on a control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unspoken {
    /// Whether the client had asked for it with `AUTH`.
    pub(crate) asked: bool,
    /// Who ended it by an alert, and why (RFC 8446 section 6.2).
    pub(crate) alert: Option<(LineKind, u8)>,
    /// The packet with which it began, or with the alert, as its position in [`Record::packets`].
    pub(crate) packet: usize,
}

/// The last control connection on which the client began with TLS, if nothing was said in it.
pub(crate) fn unspoken(record: &Record) -> Option<Unspoken> {
    let mut directions: BTreeMap<(LineKind, SocketAddrV4), Direction> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    let mut last: Option<(SocketAddrV4, Unspoken)> = None;
    for Piece { kind, own, payload, packet, .. } in pieces(record) {
        let direction = directions.entry((kind, own)).or_default();
        let (was_sealed, had_alert) = (direction.is_sealed(), direction.alert().is_some());
        let lines = direction.push(&record.sealed, payload);
        if lines.iter().any(|line| line.starts_with("AUTH ")) {
            asked.insert(own);
        }
        if kind == LineKind::Command && direction.is_sealed() && !was_sealed {
            let asked = asked.contains(&own);
            last = Some((own, Unspoken { asked, alert: None, packet }));
        }
        let spoken = direction.is_sealed() && !lines.is_empty();
        let Some((_, tls)) = last.as_mut().filter(|(of, _)| *of == own) else { continue };
        if let Some(why) = direction.alert().filter(|_| !had_alert && tls.alert.is_none()) {
            (tls.alert, tls.packet) = (Some((kind, why)), packet);
        }
        if spoken {
            last = None;
        }
    }
    last.map(|(_, tls)| tls)
}

/// The data-connection commands that the client sent, in order.
#[must_use]
pub fn data_commands(record: &Record) -> Vec<pasvlab_scenarios::DataCommand> {
    use pasvlab_scenarios::DataCommand::{Eprt, Epsv, Pasv, Port};
    let lines = transcript(record);
    let commands = lines.iter().filter(|line| line.kind == LineKind::Command);
    commands
        .filter_map(|line| match line.text.split(' ').next()? {
            "PASV" => Some(Pasv),
            "EPSV" => Some(Epsv),
            "PORT" => Some(Port),
            "EPRT" => Some(Eprt),
            _ => None,
        })
        .collect()
}

fn client_place(record: &Record) -> Option<PlaceIx> {
    let place = record.places.iter().position(|place| place.kind == PlaceKind::Client)?;
    Some(PlaceIx(place as u16))
}
