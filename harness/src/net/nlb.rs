//! One node of a network load balancer: the address it has in one zone.
//!
//! Sources: Network Load Balancer guide, pages Listeners, Target groups, Target group health, Client
//! IP preservation, Cross-zone load balancing, Sticky sessions, Proxy protocol, Connection idle
//! time-out, Deregistration delay, Troubleshooting.

use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use pasvlab_scenarios::{TargetChange, TargetState, WithoutTarget};
use rustc_hash::FxBuildHasher;

use super::flows::{Flow, FlowKey, FlowTable, Lookup, Source};
use super::prefix::Prefix;
use super::{Action, Flags, Middlebox, Packet, Reason, Side, Time, proxy_protocol};

/// A node with the listeners of its load balancer and their target groups.
#[derive(Debug)]
pub struct NlbNode {
    address: Ipv4Addr,
    listeners: Vec<NodeListener>,
    groups: Vec<NodeGroup>,
    endpoints: Vec<String>,
    without_target: WithoutTarget,
    flows: FlowTable<NodeFlow>,
    seed: u64,
}

/// Ports, and the target group behind them.
#[derive(Debug, Clone)]
pub struct NodeListener {
    /// Ports that share this target group.
    pub ports: RangeInclusive<u16>,
    /// The target's port that stands for the first of `ports`.
    pub first_target_port: u16,
    /// Position among the node's groups.
    pub group: usize,
    /// TCP idle time-out.
    pub idle: Time,
}

/// A target group as a node sees it.
#[derive(Debug, Clone, Default)]
pub struct NodeGroup {
    /// All targets.
    pub targets: Vec<NodeTarget>,
    /// Whether all connections of a source address go to one target.
    pub sticky: bool,
    /// Whether targets see the client's address.
    pub preserve_client_ip: bool,
    /// Whether connections begin with a PROXY protocol header.
    pub proxy_protocol: bool,
    /// Whether connections of a target that becomes unhealthy are reset.
    pub terminate_unhealthy: bool,
    /// How long a deregistered target keeps its connections, if they are ended at all.
    pub terminate_deregistered: Option<Time>,
    /// What becomes of targets, in order of time.
    pub changes: Vec<TargetChange>,
}

/// A target as a node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeTarget {
    /// Its address.
    pub address: Ipv4Addr,
    /// Whether this node may use it: it is in the node's zone, or cross-zone balancing is on.
    pub here: bool,
    /// Whether its health check succeeds before anything changes.
    pub healthy: bool,
}

/// What the node keeps about a connection.
#[derive(Debug, Default)]
struct NodeFlow {
    group: usize,
    /// The PROXY protocol header in front of what the client sends.
    header: Option<Prefix>,
}

impl NodeGroup {
    /// What has become of a target, and when.
    fn state(&self, now: Time, target: &NodeTarget) -> (TargetState, Time) {
        let start = if target.healthy { TargetState::Healthy } else { TargetState::Unhealthy };
        let mut changes = self.changes.iter().rev();
        let last = changes.find(|change| change.at <= now && change.target == target.address);
        last.map_or((start, Time::ZERO), |change| (change.becomes, change.at))
    }

    fn is(&self, now: Time, target: &NodeTarget, state: TargetState) -> bool {
        self.state(now, target).0 == state
    }

    /// Whether no target of any zone is healthy, so that all of them are used ("fail open", NLB
    /// guide, Target group health).
    #[must_use]
    pub fn fails_open(&self, now: Time) -> bool {
        !self.targets.iter().any(|target| self.is(now, target, TargetState::Healthy))
    }

    /// The targets that may get a new connection.
    fn candidates(&self, now: Time) -> Vec<Ipv4Addr> {
        let open = self.fails_open(now);
        let usable = self.targets.iter().filter(|target| {
            let healthy = self.is(now, target, TargetState::Healthy);
            let gone = self.is(now, target, TargetState::Deregistered);
            target.here && !gone && (healthy || open)
        });
        usable.map(|target| target.address).collect()
    }

    /// Whether connections to `address` are reset by now.
    fn is_cut(&self, now: Time, address: Ipv4Addr) -> bool {
        if self.changes.is_empty() {
            return false;
        }
        let Some(target) = self.targets.iter().find(|target| target.address == address) else {
            return false;
        };
        match self.state(now, target) {
            (TargetState::Unhealthy, _) => self.terminate_unhealthy && !self.fails_open(now),
            (TargetState::Deregistered, since) => {
                self.terminate_deregistered.is_some_and(|delay| now >= since + delay)
            }
            (TargetState::Healthy, _) => false,
        }
    }
}

impl NlbNode {
    /// A node at `address`. The seed decides between several targets.
    #[must_use]
    pub fn new(
        address: Ipv4Addr,
        listeners: Vec<NodeListener>,
        groups: Vec<NodeGroup>,
        seed: u64,
    ) -> Self {
        Self {
            address,
            listeners,
            groups,
            endpoints: Vec::new(),
            without_target: WithoutTarget::Silence,
            flows: FlowTable::default(),
            seed,
        }
    }

    /// What a new connection meets for which there is no target; silence unless set.
    #[must_use]
    pub fn without_target(self, without_target: WithoutTarget) -> Self {
        Self { without_target, ..self }
    }

    /// Names the endpoint behind the node's next private link.
    #[must_use]
    pub fn behind(mut self, endpoint: &str) -> Self {
        self.endpoints.push(endpoint.to_owned());
        self
    }

    fn listener(&self, port: u16) -> Option<&NodeListener> {
        self.listeners.iter().find(|listener| listener.ports.contains(&port))
    }

    /// Chooses a target: by flow hash over addresses, ports and sequence number (NLB guide,
    /// overview), or with stickiness by source address, for each target group anew (NLB guide,
    /// Sticky sessions). A listener on several ports stands for several target groups.
    fn choose(&self, now: Time, group: &NodeGroup, packet: &Packet) -> Option<Ipv4Addr> {
        let candidates = group.candidates(now);
        let mut hash = FxBuildHasher.build_hasher();
        hash.write_u64(self.seed);
        hash.write_u32(packet.src.ip().to_bits());
        hash.write_u16(packet.dst.port());
        if !group.sticky {
            hash.write_u16(packet.src.port());
            hash.write_u32(packet.dst.ip().to_bits());
            hash.write_u32(packet.seq);
        }
        let place = hash.finish() % (candidates.len().max(1) as u64);
        candidates.get(place as usize).copied()
    }

    /// The way back: what a target sends is for the client of that connection.
    fn back_from_target(&mut self, now: Time, packet: &mut Packet) -> Option<Action> {
        match self.flows.inbound(now, packet.src, packet.dst) {
            Lookup::Known(key) => {
                if self.is_cut(now, key, *packet.src.ip()) {
                    return Some(self.cut(key, packet, Reason::TargetGone));
                }
                let mut packet = packet.clone();
                if let Some(header) = self.flows.data(key).and_then(|data| data.header.as_ref()) {
                    header.shift_back(&mut packet);
                }
                packet.src = key.dst;
                packet.dst = key.src;
                Some(Action::Forward { to: key.side, packet })
            }
            // "When the connection has timed out and either side sends, the client receives a
            // reset" (NLB guide, Connection idle time-out).
            Lookup::Expired(key) => Some(reset_client(key, packet, Reason::IdleExpired)),
            Lookup::Unknown => None,
        }
    }

    fn is_cut(&mut self, now: Time, key: FlowKey, target: Ipv4Addr) -> bool {
        let Some(group) = self.flows.data(key).map(|data| data.group) else { return false };
        self.groups[group].is_cut(now, target)
    }

    fn cut(&mut self, key: FlowKey, packet: &Packet, reason: Reason) -> Action {
        self.flows.forget(key);
        reset_client(key, packet, reason)
    }

    /// What a client sends on a connection that the node knows.
    fn on_to_target(&mut self, key: FlowKey, flow: Flow, mut packet: Packet) -> Action {
        packet.src = flow.src;
        packet.dst = flow.dst;
        packet.consumer = None;
        let header = self.flows.data(key).and_then(|data| data.header.as_mut());
        match header.map(|header| header.put_before(packet.clone())) {
            Some(mut packets) if packets.len() > 1 => {
                packets.shrink_to_fit();
                Action::ForwardAll { to: Side::Interface, packets }
            }
            Some(mut packets) => {
                Action::Forward { to: Side::Interface, packet: packets.pop().unwrap_or(packet) }
            }
            None => Action::Forward { to: Side::Interface, packet },
        }
    }

    fn open(&mut self, now: Time, key: FlowKey, packet: Packet) -> Action {
        let Some(listener) = self.listener(packet.dst.port()) else {
            return Action::Drop(Reason::NoListener);
        };
        let (number, idle) = (listener.group, listener.idle);
        let offset = packet.dst.port() - listener.ports.start();
        let port = listener.first_target_port + offset;
        let group = &self.groups[number];
        let Some(target) = self.choose(now, group, &packet) else {
            return match self.without_target {
                WithoutTarget::Silence => Action::Drop(Reason::NoTarget),
                WithoutTarget::Reset => answer(key.side, &packet, Reason::NoTarget),
            };
        };
        // Through PrivateLink preservation has no effect (NLB guide, Client IP preservation).
        let source = if group.preserve_client_ip && packet.consumer.is_none() {
            if target == *packet.src.ip() {
                return Action::Drop(Reason::LoopsBack);
            }
            Source::Keep
        } else {
            Source::NextPort(self.address)
        };
        let header = group.proxy_protocol.then(|| {
            let endpoint = match key.side {
                Side::Link(number) => self.endpoints.get(usize::from(number)).map(String::as_str),
                _ => None,
            };
            let client = packet.consumer.unwrap_or(packet.src);
            Prefix::new(proxy_protocol::binary(client, packet.dst, endpoint), packet.seq)
        });
        let data = NodeFlow { group: number, header };
        match self.flows.open(now, key, SocketAddrV4::new(target, port), source, idle, data) {
            Some(flow) => self.on_to_target(key, flow, packet),
            None => Action::Drop(Reason::PortsExhausted),
        }
    }
}

/// A reset for the client of a connection, because its target sent `packet`.
fn reset_client(key: FlowKey, packet: &Packet, reason: Reason) -> Action {
    let mut reset = Packet::bare(key.dst, key.src, Flags { rst: true, ..Flags::default() });
    reset.seq = packet.seq;
    reset.window = 0;
    Action::Answer { to: key.side, packet: reset, reason }
}

impl Middlebox for NlbNode {
    fn on_packet(&mut self, now: Time, ingress: Side, mut packet: Packet) -> Action {
        if ingress == Side::Interface
            && let Some(action) = self.back_from_target(now, &mut packet)
        {
            return action;
        }
        if self.listener(packet.dst.port()).is_none() {
            return Action::Drop(Reason::NoListener);
        }
        let key = FlowKey { side: ingress, src: packet.src, dst: packet.dst };
        match self.flows.outbound(now, key) {
            Lookup::Known(flow) if self.is_cut(now, key, *flow.dst.ip()) => {
                self.flows.forget(key);
                answer(ingress, &packet, Reason::TargetGone)
            }
            Lookup::Known(flow) => self.on_to_target(key, flow, packet),
            Lookup::Expired(_) if !packet.flags.opens() => {
                answer(ingress, &packet, Reason::IdleExpired)
            }
            Lookup::Unknown if !packet.flags.opens() => {
                answer(ingress, &packet, Reason::StraySegment)
            }
            Lookup::Expired(_) | Lookup::Unknown => self.open(now, key, packet),
        }
    }

    fn intercepts(&self, src: SocketAddrV4, dst: SocketAddrV4) -> bool {
        *dst.ip() != self.address && self.flows.comes_back(src, dst)
    }
}

/// A reset for the sender of `packet`; a reset itself is never answered by another (RFC 9293 section
/// 3.5.2).
fn answer(ingress: Side, packet: &Packet, reason: Reason) -> Action {
    if packet.flags.rst {
        return Action::Drop(reason);
    }
    Action::Answer { to: ingress, packet: packet.reset(), reason }
}
