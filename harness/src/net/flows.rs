//! A table of translated connections: the part that load balancers and endpoints have in common.

use std::net::SocketAddrV4;

use rustc_hash::FxHashMap;

use super::{Side, Time};

/// First port used for translated sources; ports below are reserved (VPC guide, Ephemeral ports).
const FIRST_PORT: u16 = 1024;

/// A connection as its opener sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// Where its packets come in.
    pub side: Side,
    /// The opener's address and port.
    pub src: SocketAddrV4,
    /// The address and port it opened a connection to.
    pub dst: SocketAddrV4,
}

/// Where a connection goes, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// The source port that stands for the opener.
    pub port: u16,
    /// The real destination.
    pub target: SocketAddrV4,
    last_seen: Time,
}

impl Flow {
    fn is_idle(&self, now: Time, limit: Time) -> bool {
        now.saturating_sub(self.last_seen) > limit
    }
}

/// What the table knows of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It belongs to this connection, whose idle timer starts again.
    Known(T),
    /// It belonged to this connection, which was idle for too long and is now forgotten.
    Expired(T),
    /// It belongs to none.
    Unknown,
}

/// Connections by both of their ends. Only looked up, never walked, so that no order can leak.
#[derive(Debug)]
pub struct FlowTable {
    idle: Time,
    next_port: u16,
    out: FxHashMap<FlowKey, Flow>,
    back: FxHashMap<(SocketAddrV4, u16), FlowKey>,
}

impl FlowTable {
    /// A table that forgets connections after `idle` without a packet.
    #[must_use]
    pub fn new(idle: Time) -> Self {
        Self { idle, next_port: FIRST_PORT, out: FxHashMap::default(), back: FxHashMap::default() }
    }

    /// A packet from the side that opens connections.
    pub fn outbound(&mut self, now: Time, key: FlowKey) -> Lookup<Flow> {
        let Some(flow) = self.out.get_mut(&key) else { return Lookup::Unknown };
        if flow.is_idle(now, self.idle) {
            let flow = *flow;
            self.forget(key, flow);
            return Lookup::Expired(flow);
        }
        flow.last_seen = now;
        Lookup::Known(*flow)
    }

    /// A packet from `peer` to the translated source port `port`.
    pub fn inbound(&mut self, now: Time, peer: SocketAddrV4, port: u16) -> Lookup<FlowKey> {
        let Some(key) = self.back.get(&(peer, port)).copied() else { return Lookup::Unknown };
        match self.outbound(now, key) {
            Lookup::Known(_) => Lookup::Known(key),
            Lookup::Expired(_) => Lookup::Expired(key),
            Lookup::Unknown => Lookup::Unknown,
        }
    }

    /// Remembers a new connection. `None` if no port is left towards `target`.
    pub fn open(&mut self, now: Time, key: FlowKey, target: SocketAddrV4) -> Option<Flow> {
        let port = self.free_port(now, target)?;
        let flow = Flow { port, target, last_seen: now };
        if let Some(old) = self.out.insert(key, flow) {
            self.back.remove(&(old.target, old.port));
        }
        self.back.insert((target, port), key);
        Some(flow)
    }

    fn forget(&mut self, key: FlowKey, flow: Flow) {
        self.out.remove(&key);
        self.back.remove(&(flow.target, flow.port));
    }

    /// A port that no connection to `target` has; one that was idle for too long has none any more.
    fn free_port(&mut self, now: Time, target: SocketAddrV4) -> Option<u16> {
        for _ in FIRST_PORT..=u16::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
            let Some(key) = self.back.get(&(target, port)).copied() else { return Some(port) };
            let holder = self.out.get(&key).copied();
            if let Some(flow) = holder.filter(|flow| flow.is_idle(now, self.idle)) {
                self.forget(key, flow);
                return Some(port);
            }
        }
        None
    }
}
