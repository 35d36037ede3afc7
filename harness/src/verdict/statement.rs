//! A statement about a session, and what it rests on.

use super::Cause;
use crate::net::Time;
use crate::record::{Event, PacketRecord, Record, What};

/// A statement about a session in the reader's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is about, by its stable id; the catalogue of reasons has a page for each.
    pub cause: Cause,
    /// The statement.
    pub text: String,
    /// Where the record shows it.
    pub rests_on: Evidence,
}

/// Something in a record that a statement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Position in [`Record::events`].
    Event(usize),
    /// Position in [`Record::packets`].
    Packet(usize),
}

impl Evidence {
    /// When it happened; none if the record has no such thing.
    #[must_use]
    pub fn at(self, record: &Record) -> Option<Time> {
        match self {
            Self::Event(ix) => record.events.get(ix).map(|event| event.at),
            Self::Packet(ix) => record.packets.get(ix).map(|packet| packet.at),
        }
    }

    pub(super) fn packet(record: &Record, packet: &PacketRecord) -> Self {
        let place = record.packets.iter().position(|other| std::ptr::eq(other, packet));
        Self::Packet(place.unwrap_or(record.packets.len()))
    }

    pub(super) fn event(record: &Record, event: &Event) -> Self {
        let place = record.events.iter().position(|other| std::ptr::eq(other, event));
        Self::Event(place.unwrap_or(record.events.len()))
    }

    /// The end of the session.
    pub(super) fn end(record: &Record) -> Self {
        let ended = |event: &Event| matches!(event.what, What::Ended(_));
        Self::Event(record.events.iter().rposition(ended).unwrap_or(record.events.len()))
    }
}

/// The decisive cause: a statement that is one line without a final full stop.
pub(super) fn statement(
    cause: impl Into<Cause>,
    text: impl Into<String>,
    rests_on: Evidence,
) -> Statement {
    Statement { cause: cause.into(), text: text.into(), rests_on }
}
