//! Connections that were tried.

use std::net::SocketAddrV4;

use crate::net::Time;

/// A connection as the client's host knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub(super) local: SocketAddrV4,
    pub(super) remote: SocketAddrV4,
}

/// A connection that is being opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connect {
    pub(super) number: u32,
    /// Whether it is to be a control connection.
    pub(super) control: bool,
    way: Way,
    begun: Time,
}

/// Those that have neither succeeded nor failed.
#[derive(Debug, Default)]
pub(super) struct Connects {
    open: Vec<Connect>,
    next: u32,
}

impl Connects {
    /// A connect begins; returns its number.
    pub(super) fn begin(&mut self, begun: Time, way: Way, control: bool) -> u32 {
        let number = self.next;
        self.next += 1;
        self.open.push(Connect { number, control, way, begun });
        number
    }

    /// It has succeeded or failed; none if there is no such one.
    pub(super) fn end(&mut self, way: Way) -> Option<Connect> {
        let place = self.open.iter().position(|connect| connect.way == way)?;
        Some(self.open.remove(place))
    }

    /// Those that nobody has answered, and when they began.
    pub(super) fn waiting(&self, also_control: bool) -> Vec<(Way, Time)> {
        let waiting = self.open.iter().filter(|connect| also_control || !connect.control);
        waiting.map(|connect| (connect.way, connect.begun)).collect()
    }
}
