//! One node of a network load balancer: the address it has in one zone.
//!
//! Sources: Network Load Balancer guide, pages Listeners, Target groups, Client IP preservation,
//! Cross-zone load balancing, Connection idle time-out.

use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use rustc_hash::FxBuildHasher;

use super::flows::{FlowKey, FlowTable, Lookup};
use super::{Action, Flags, Middlebox, Packet, Reason, Side, Time};

/// A node with the listeners of its load balancer and the targets it may use: those of its own zone,
/// or of all zones with cross-zone load balancing.
#[derive(Debug)]
pub struct NlbNode {
    address: Ipv4Addr,
    listeners: Vec<NodeListener>,
    flows: FlowTable,
    seed: u64,
}

/// Ports, and the targets behind them.
#[derive(Debug, Clone)]
pub struct NodeListener {
    /// Ports that share these targets.
    pub ports: RangeInclusive<u16>,
    /// Addresses of the targets that this node may use.
    pub targets: Vec<Ipv4Addr>,
}

impl NlbNode {
    /// A node at `address`. The seed decides between several targets.
    #[must_use]
    pub fn new(address: Ipv4Addr, listeners: Vec<NodeListener>, idle: Time, seed: u64) -> Self {
        Self { address, listeners, flows: FlowTable::new(idle), seed }
    }

    /// Chooses by flow hash: protocol, addresses, ports and sequence number (NLB guide, overview).
    fn choose(&self, targets: &[Ipv4Addr], packet: &Packet) -> Option<Ipv4Addr> {
        let mut hash = FxBuildHasher.build_hasher();
        hash.write_u64(self.seed);
        hash.write_u32(packet.src.ip().to_bits());
        hash.write_u16(packet.src.port());
        hash.write_u32(packet.dst.ip().to_bits());
        hash.write_u16(packet.dst.port());
        hash.write_u32(packet.seq);
        let place = hash.finish() % (targets.len().max(1) as u64);
        targets.get(place as usize).copied()
    }

    /// The way back: what a target sends to the node is for the client of that connection.
    fn back_from_target(&mut self, now: Time, packet: &mut Packet) -> Option<Action> {
        match self.flows.inbound(now, packet.src, packet.dst.port()) {
            Lookup::Known(flow) => {
                let mut packet = packet.clone();
                packet.src = flow.dst;
                packet.dst = flow.src;
                Some(Action::Forward { to: flow.side, packet })
            }
            // "When the connection has timed out and either side sends, the client receives a
            // reset" (NLB guide, Connection idle time-out).
            Lookup::Expired(flow) => {
                let mut reset =
                    Packet::bare(flow.dst, flow.src, Flags { rst: true, ..Flags::default() });
                reset.seq = packet.seq;
                reset.window = 0;
                Some(Action::Answer { to: flow.side, packet: reset, reason: Reason::IdleTimeout })
            }
            Lookup::Unknown => None,
        }
    }

    fn on_to_target(&self, mut packet: Packet, port: u16, target: SocketAddrV4) -> Action {
        packet.src = SocketAddrV4::new(self.address, port);
        packet.dst = target;
        Action::Forward { to: Side::Interface, packet }
    }
}

impl Middlebox for NlbNode {
    fn on_packet(&mut self, now: Time, ingress: Side, mut packet: Packet) -> Action {
        if ingress == Side::Interface
            && let Some(action) = self.back_from_target(now, &mut packet)
        {
            return action;
        }
        let port = packet.dst.port();
        let Some(listener) = self.listeners.iter().position(|l| l.ports.contains(&port)) else {
            let reason =
                if packet.flags.opens() { Reason::NoListener } else { Reason::StraySegment };
            return Action::Drop(reason);
        };
        let key = FlowKey { side: ingress, src: packet.src, dst: packet.dst };
        match self.flows.outbound(now, key) {
            Lookup::Known(flow) => return self.on_to_target(packet, flow.port, flow.target),
            // A reset is never answered by another (RFC 9293 section 3.5.2).
            Lookup::Expired(_) if packet.flags.rst => return Action::Drop(Reason::IdleTimeout),
            Lookup::Expired(_) if !packet.flags.opens() => {
                let reset = packet.reset();
                return Action::Answer { to: ingress, packet: reset, reason: Reason::IdleTimeout };
            }
            Lookup::Unknown if !packet.flags.opens() => {
                if packet.flags.rst {
                    return Action::Drop(Reason::StraySegment);
                }
                let reset = packet.reset();
                return Action::Answer { to: ingress, packet: reset, reason: Reason::StraySegment };
            }
            Lookup::Expired(_) | Lookup::Unknown => {}
        }
        let Some(target) = self.choose(&self.listeners[listener].targets, &packet) else {
            return Action::Drop(Reason::NoTarget);
        };
        match self.flows.open(now, key, SocketAddrV4::new(target, port)) {
            Some(flow) => self.on_to_target(packet, flow.port, flow.target),
            None => Action::Drop(Reason::PortsExhausted),
        }
    }
}
