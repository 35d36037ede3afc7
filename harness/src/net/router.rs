//! A router that keeps track of connections between its inside and its outside: NAT gateways and
//! instances, home routers and carriers' NAT, firewalls with and without an FTP helper, hosts that
//! publish ports of containers.
//!
//! - `refusal` — what a packet meets that may not pass.
//! - `helper` — announcements on FTP control connections, and the data connections they call for.
//!
//! Sources: Amazon VPC guide, NAT gateways, Compare NAT gateways and NAT instances; Linux
//! net/netfilter (nf_conntrack_core, nf_nat_core, nf_conntrack_ftp, nf_nat_ftp); Docker manual, Port
//! publishing; Kubernetes manual, Service (external traffic policy).

mod helper;
mod refusal;

use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::{AfterIdle, ChooseAddress, Forward, Interface, Passage, Router};
use rustc_hash::FxBuildHasher;

use self::helper::{Expectations, Watched};
use super::flows::{Flow, FlowKey, FlowTable, Lookup, Source};
use super::{Action, Flags, Middlebox, Packet, Reason, Side, Time};

/// A router.
#[derive(Debug)]
pub struct StatefulRouter {
    settings: Router,
    flows: FlowTable<RouterFlow>,
    expectations: Expectations,
    /// How many connections each forward has passed on.
    turns: Vec<usize>,
    seed: u64,
}

/// What the router keeps about a connection.
#[derive(Debug)]
struct RouterFlow {
    /// Where the connection goes.
    to: Side,
    /// The FTP helper's part in it.
    watched: Option<Box<Watched>>,
}

/// How a new connection passes.
struct Plan {
    dst: SocketAddrV4,
    source: Source,
    to: Side,
}

impl StatefulRouter {
    /// A router with these settings. The seed decides between several addresses.
    #[must_use]
    pub fn new(settings: Router, seed: u64) -> Self {
        let turns = vec![0; settings.forwards.len()];
        let expectations = Expectations::default();
        Self { settings, flows: FlowTable::default(), expectations, turns, seed }
    }

    /// Where a packet to `dst` comes from. A router with interfaces on one side only tells by the
    /// address: what is for itself comes from outside.
    fn origin(&self, ingress: Side, dst: Ipv4Addr) -> Side {
        match ingress {
            Side::Inside | Side::Outside => ingress,
            Side::Interface | Side::Link(_) if self.is_own(dst) => Side::Outside,
            Side::Interface | Side::Link(_) => Side::Inside,
        }
    }

    /// The interface that leads to a side.
    fn exit(&self, to: Side) -> Side {
        if self.settings.inside.is_empty() { Side::Interface } else { to }
    }

    fn is_own(&self, address: Ipv4Addr) -> bool {
        self.settings.outside.iter().any(|interface| interface.address == address)
    }

    /// A packet of a connection that came through here, on its way back.
    fn back(&mut self, now: Time, key: FlowKey, mut packet: Packet) -> Action {
        let translated = Translated { from: *packet.src.ip(), to: *key.dst.ip() };
        if let Some(action) = self.read(now, key, Way::Back, translated, &mut packet) {
            return action;
        }
        packet.src = key.dst;
        packet.dst = key.src;
        Action::Forward { to: self.exit(key.side), packet }
    }

    /// A packet of a connection that came through here, from its opener.
    fn forth(&mut self, now: Time, key: FlowKey, flow: Flow, mut packet: Packet) -> Action {
        let translated = Translated { from: *packet.src.ip(), to: *flow.src.ip() };
        if let Some(action) = self.read(now, key, Way::Forth, translated, &mut packet) {
            return action;
        }
        packet.src = flow.src;
        packet.dst = flow.dst;
        let to = self.flows.data(key).map_or(Side::Outside, |data| data.to);
        Action::Forward { to: self.exit(to), packet }
    }

    /// A packet that belongs to no connection. Only an ordinary segment picks one up (Linux,
    /// nf_conntrack_proto_tcp: from state NONE, only ACK leads to ESTABLISHED).
    fn unknown(&mut self, now: Time, origin: Side, packet: Packet, reason: Reason) -> Action {
        let picks_up = self.settings.after_idle == AfterIdle::PickUp && origin == Side::Inside;
        if packet.flags.opens() || (picks_up && packet.flags == Flags::ACK) {
            return self.open(now, origin, packet);
        }
        if origin == Side::Inside {
            return refusal::after_idle(
                self.settings.after_idle,
                self.exit(origin),
                &packet,
                reason,
            );
        }
        Action::Drop(reason)
    }

    fn open(&mut self, now: Time, origin: Side, packet: Packet) -> Action {
        let plan = match self.plan(now, origin, &packet) {
            Ok(plan) => plan,
            Err(reason) => {
                return refusal::refuse(self.settings.refusal, self.exit(origin), &packet, reason);
            }
        };
        let key = FlowKey { side: origin, src: packet.src, dst: packet.dst };
        let helper = self.settings.ftp_helper.as_ref();
        let watched = helper.filter(|helper| helper.ports.contains(&plan.dst.port()));
        let watched = watched.map(|helper| Box::new(Watched::new(helper)));
        let data = RouterFlow { to: plan.to, watched };
        let idle = self.settings.idle_timeout;
        match self.flows.open(now, key, plan.dst, plan.source, idle, data) {
            Some(flow) => self.forth(now, key, flow, packet),
            None => Action::Drop(Reason::PortsExhausted),
        }
    }

    fn plan(&mut self, now: Time, origin: Side, packet: &Packet) -> Result<Plan, Reason> {
        if let Some(expected) = self.expectations.take(now, origin, packet) {
            return Ok(Plan { dst: expected.real, source: expected.source, to: expected.to });
        }
        if let Some(number) = self.forward(packet.dst) {
            return match origin {
                Side::Inside if !self.settings.hairpin => Err(Reason::NoHairpin),
                _ => Ok(self.through_forward(origin, number, packet)),
            };
        }
        let mut own = self.settings.inside.iter().chain(&self.settings.outside);
        if own.any(|interface| interface.address == *packet.dst.ip()) {
            return Err(Reason::NotForwarded);
        }
        let (passages, to) = match origin {
            Side::Outside => (&self.settings.from_outside, Side::Inside),
            _ => (&self.settings.from_inside, Side::Outside),
        };
        if !passages.iter().any(|passage| lets_pass(passage, packet.dst)) {
            return Err(Reason::NotAllowed);
        }
        let source = match self.settings.source_nat {
            Some(nat) if origin == Side::Inside => {
                let address = self.choose(nat.choose, &self.settings.outside, packet);
                if nat.keep_ports { Source::SamePort(address) } else { Source::NextPort(address) }
            }
            _ => Source::Keep,
        };
        Ok(Plan { dst: packet.dst, source, to })
    }

    /// The position of the forward that leads on from an address.
    fn forward(&self, dst: SocketAddrV4) -> Option<usize> {
        let leads = |forward: &Forward| {
            let address = match forward.address {
                Some(address) => address == *dst.ip(),
                None => self.is_own(*dst.ip()),
            };
            address && forward.ports.contains(&dst.port())
        };
        self.settings.forwards.iter().position(leads)
    }

    fn through_forward(&mut self, origin: Side, number: usize, packet: &Packet) -> Plan {
        let forward = &self.settings.forwards[number];
        let host = forward.to[self.turns[number] % forward.to.len()];
        self.turns[number] += 1;
        let port = forward.first_port + (packet.dst.port() - forward.ports.start());
        // A host inside that is passed on to another one inside must get its answers through here.
        let hairpin = (origin == Side::Inside).then_some(ChooseAddress::PerClient);
        let source = match forward.rewrite_source.or(hairpin) {
            Some(choose) => Source::SamePort(self.choose(choose, &self.settings.inside, packet)),
            None => Source::Keep,
        };
        Plan { dst: SocketAddrV4::new(host, port), source, to: Side::Inside }
    }

    /// One of several addresses for a new connection.
    fn choose(&self, choose: ChooseAddress, from: &[Interface], packet: &Packet) -> Ipv4Addr {
        let mut hash = FxBuildHasher.build_hasher();
        hash.write_u64(self.seed);
        hash.write_u32(packet.src.ip().to_bits());
        if choose == ChooseAddress::PerConnection {
            hash.write_u16(packet.src.port());
            hash.write_u32(packet.dst.ip().to_bits());
            hash.write_u16(packet.dst.port());
        }
        let place = hash.finish() % (from.len().max(1) as u64);
        from.get(place as usize).map_or(*packet.src.ip(), |interface| interface.address)
    }
}

fn lets_pass(passage: &Passage, dst: SocketAddrV4) -> bool {
    passage.ports.contains(&dst.port()) && passage.to.contains(dst.ip())
}

/// A packet's direction within its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the opener.
    Forth,
    /// To the opener.
    Back,
}

/// A packet's source before and after the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Translated {
    from: Ipv4Addr,
    to: Ipv4Addr,
}

impl Middlebox for StatefulRouter {
    fn on_packet(&mut self, now: Time, ingress: Side, packet: Packet) -> Action {
        let origin = self.origin(ingress, *packet.dst.ip());
        // Connections are remembered until they are idle for too long, also those that have ended, so
        // an announced one may have the ends of an old one.
        if packet.flags.opens() && self.expectations.awaits(now, origin, &packet) {
            return self.open(now, origin, packet);
        }
        match self.flows.inbound(now, packet.src, packet.dst) {
            Lookup::Known(key) => return self.back(now, key, packet),
            Lookup::Expired(_) => {
                return self.unknown(now, origin, packet, Reason::RouterIdleExpired);
            }
            Lookup::Unknown => {}
        }
        let key = FlowKey { side: origin, src: packet.src, dst: packet.dst };
        match self.flows.outbound(now, key) {
            Lookup::Known(flow) => self.forth(now, key, flow, packet),
            Lookup::Expired(_) => self.unknown(now, origin, packet, Reason::RouterIdleExpired),
            Lookup::Unknown => self.unknown(now, origin, packet, Reason::StraySegment),
        }
    }
}
