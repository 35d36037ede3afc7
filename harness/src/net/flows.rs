//! A table of connections and their translations: the part that load balancers, endpoints and
//! routers have in common.

use std::net::{Ipv4Addr, SocketAddrV4};

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

/// A connection as it leaves the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// The source that stands for the opener.
    pub src: SocketAddrV4,
    /// The real destination.
    pub dst: SocketAddrV4,
}

/// What becomes of a new connection's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It stays what it is.
    Keep,
    /// It becomes this address, with the first free port of those given out one after the other.
    NextPort(Ipv4Addr),
    /// It becomes this address, with the same port if that is free, else the next free one above
    /// (Linux, nf_nat_core: get_unique_tuple).
    SamePort(Ipv4Addr),
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

#[derive(Debug)]
struct Entry<T> {
    flow: Flow,
    idle: Time,
    last_seen: Time,
    data: T,
}

impl<T> Entry<T> {
    fn is_idle(&self, now: Time) -> bool {
        now.saturating_sub(self.last_seen) > self.idle
    }
}

/// Connections by both of their ends, each with something of the box's own. Only looked up, never
/// walked, so that no order can leak.
#[derive(Debug)]
pub struct FlowTable<T = ()> {
    next_port: u16,
    out: FxHashMap<FlowKey, Entry<T>>,
    back: FxHashMap<Flow, FlowKey>,
}

impl std::hash::Hash for Flow {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.src, self.dst).hash(state);
    }
}

impl<T> Default for FlowTable<T> {
    fn default() -> Self {
        Self { next_port: FIRST_PORT, out: FxHashMap::default(), back: FxHashMap::default() }
    }
}

impl<T> FlowTable<T> {
    /// A packet from the side that opened the connection.
    pub fn outbound(&mut self, now: Time, key: FlowKey) -> Lookup<Flow> {
        let Some(entry) = self.out.get_mut(&key) else { return Lookup::Unknown };
        if entry.is_idle(now) {
            let flow = entry.flow;
            self.forget(key);
            return Lookup::Expired(flow);
        }
        entry.last_seen = now;
        Lookup::Known(entry.flow)
    }

    /// A packet from `peer`, the real destination of a connection, to `local`, its translated source.
    pub fn inbound(
        &mut self,
        now: Time,
        peer: SocketAddrV4,
        local: SocketAddrV4,
    ) -> Lookup<FlowKey> {
        let Some(key) = self.back.get(&Flow { src: local, dst: peer }).copied() else {
            return Lookup::Unknown;
        };
        match self.outbound(now, key) {
            Lookup::Known(_) => Lookup::Known(key),
            Lookup::Expired(_) => Lookup::Expired(key),
            Lookup::Unknown => Lookup::Unknown,
        }
    }

    /// Whether a packet from `peer` to `local` would come back on a connection.
    #[must_use]
    pub fn comes_back(&self, peer: SocketAddrV4, local: SocketAddrV4) -> bool {
        self.back.contains_key(&Flow { src: local, dst: peer })
    }

    /// A connection as it leaves, without touching its idle timer.
    #[must_use]
    pub fn peek(&self, key: FlowKey) -> Option<Flow> {
        self.out.get(&key).map(|entry| entry.flow)
    }

    /// What the box keeps about a connection.
    pub fn data(&mut self, key: FlowKey) -> Option<&mut T> {
        self.out.get_mut(&key).map(|entry| &mut entry.data)
    }

    /// Remembers a new connection to `dst`, to be forgotten after `idle` without a packet. `None` if
    /// no port is left, or if the source stays what it is and another connection has it.
    pub fn open(
        &mut self,
        now: Time,
        key: FlowKey,
        dst: SocketAddrV4,
        source: Source,
        idle: Time,
        data: T,
    ) -> Option<Flow> {
        self.forget(key);
        let flow = match source {
            Source::Keep => {
                let flow = Flow { src: key.src, dst };
                self.is_free(now, flow).then_some(flow)?
            }
            Source::NextPort(address) => {
                let first = self.next_port;
                let flow = self.free_port(now, address, first, dst)?;
                self.next_port = flow.src.port().checked_add(1).unwrap_or(FIRST_PORT);
                flow
            }
            Source::SamePort(address) => {
                let port = key.src.port();
                let same = Flow { src: SocketAddrV4::new(address, port), dst };
                if self.is_free(now, same) {
                    same
                } else {
                    self.free_port(now, address, port, dst)?
                }
            }
        };
        self.out.insert(key, Entry { flow, idle, last_seen: now, data });
        self.back.insert(flow, key);
        Some(flow)
    }

    /// Forgets a connection.
    pub fn forget(&mut self, key: FlowKey) {
        if let Some(entry) = self.out.remove(&key) {
            self.back.remove(&entry.flow);
        }
    }

    /// Whether no connection has these ends; one that was idle for too long is forgotten.
    fn is_free(&mut self, now: Time, flow: Flow) -> bool {
        let Some(key) = self.back.get(&flow).copied() else { return true };
        let idle = self.out.get(&key).is_none_or(|entry| entry.is_idle(now));
        if idle {
            self.forget(key);
        }
        idle
    }

    /// The first port from `first` upwards, then from the lowest one, that no connection to `dst` has.
    fn free_port(
        &mut self,
        now: Time,
        address: Ipv4Addr,
        first: u16,
        dst: SocketAddrV4,
    ) -> Option<Flow> {
        let mut port = first.max(FIRST_PORT);
        for _ in FIRST_PORT..=u16::MAX {
            let flow = Flow { src: SocketAddrV4::new(address, port), dst };
            if self.is_free(now, flow) {
                return Some(flow);
            }
            port = port.checked_add(1).unwrap_or(FIRST_PORT);
        }
        None
    }
}
