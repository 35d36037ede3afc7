//! What became of a packet, as scripts write it down.

use std::time::Duration;

use pasvlab_harness::net::{Packet, Reason};

use crate::ground::LEG;
use crate::script::socket;

/// What became of one packet, with names in place of numbers and times since the script's packet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Journey {
    pub(crate) from: String,
    pub(crate) started: Duration,
    pub(crate) packet: Packet,
    pub(crate) answer: Option<Reason>,
    /// Boxes, and source and destination behind each.
    pub(crate) hops: Vec<(String, String, String)>,
    pub(crate) end: Ended,
    pub(crate) at: Duration,
    pub(crate) lost: u8,
    pub(crate) arrived: Option<(String, Packet)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    Delivered(String),
    Dropped(String, Reason),
    Unreachable(String, Reason),
}

/// Expected: a journey, up to its end.
#[derive(Debug)]
pub(crate) struct Way {
    from: &'static str,
    started: Duration,
    packet: Packet,
    answer: Option<Reason>,
    hops: Vec<(String, String, String)>,
}

/// Expected: a packet that sets out at once.
pub(crate) fn sent(from: &'static str, packet: Packet) -> Way {
    Way { from, started: Duration::ZERO, packet, answer: None, hops: Vec::new() }
}

/// Expected: a packet that a box sends by itself, some legs later.
pub(crate) fn answered(from: &'static str, reason: Reason, after: u32, packet: Packet) -> Way {
    Way { answer: Some(reason), ..added(from, after, packet) }
}

/// Expected: a packet that a box sends besides the one that it passes on, some legs later.
pub(crate) fn added(from: &'static str, after: u32, packet: Packet) -> Way {
    Way { started: LEG * after, ..sent(from, packet) }
}

impl Way {
    /// Through this box, and then with these addresses.
    pub(crate) fn via(mut self, name: &str, src: &str, dst: &str) -> Self {
        self.hops.push((name.to_owned(), src.to_owned(), dst.to_owned()));
        self
    }

    /// It arrives with the addresses that the last box gave it, and otherwise as it was.
    pub(crate) fn reaches(self, name: &str, legs: u32) -> Journey {
        let mut arrived = self.packet.clone();
        if let Some((_, src, dst)) = self.hops.last() {
            (arrived.src, arrived.dst) = (socket(src), socket(dst));
        }
        let end = Ended::Delivered(name.to_owned());
        Journey { arrived: Some((name.to_owned(), arrived)), ..self.ends(end, legs) }
    }

    pub(crate) fn dropped_by(self, name: &str, reason: Reason, legs: u32) -> Journey {
        self.ends(Ended::Dropped(name.to_owned(), reason), legs)
    }

    pub(crate) fn unreachable_by(self, name: &str, reason: Reason, legs: u32) -> Journey {
        self.ends(Ended::Unreachable(name.to_owned(), reason), legs)
    }

    fn ends(self, end: Ended, legs: u32) -> Journey {
        let Self { from, started, packet, answer, hops } = self;
        let (from, at) = (from.to_owned(), LEG * legs);
        Journey { from, started, packet, answer, hops, end, at, lost: 0, arrived: None }
    }
}

impl Journey {
    /// It ends at this time.
    pub(crate) fn at(self, at: Duration) -> Self {
        Self { at, ..self }
    }

    /// It was lost this often on the way.
    pub(crate) fn lost(self, lost: u8) -> Self {
        Self { lost, ..self }
    }

    /// It arrives as this packet.
    pub(crate) fn arriving_as(mut self, packet: Packet) -> Self {
        self.arrived = self.arrived.map(|(name, _)| (name, packet));
        self
    }
}
