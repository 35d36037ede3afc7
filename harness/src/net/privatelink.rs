//! One interface of an interface endpoint, and its private links to the provider's load balancers.
//!
//! Sources: AWS PrivateLink guide, pages Concepts, Share your services, Create an endpoint service,
//! Access AWS services; AWS Networking blog, Implementing long-running TCP connections within VPC
//! networking.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::EndpointAfterIdle;

use super::flows::{FlowKey, FlowTable, Lookup, Source};
use super::{Action, Middlebox, Packet, Reason, Side, Time};

/// An endpoint's interface: translates sources towards the provider and lets only the consumer open
/// connections.
#[derive(Debug)]
pub struct EndpointInterface {
    address: Ipv4Addr,
    /// The node that serves it, and the private link to it.
    node: Ipv4Addr,
    to_node: Side,
    idle: Time,
    after_idle: EndpointAfterIdle,
    flows: FlowTable,
}

impl EndpointInterface {
    /// An endpoint interface at `address` that is served by one of `nodes`, which are at its private
    /// links in this order. Which one the interface sticks to is random on AWS (PrivateLink guide,
    /// Create an endpoint service), and the seed's choice here.
    ///
    /// # Panics
    /// If there are no nodes.
    #[must_use]
    pub fn new(
        address: Ipv4Addr,
        nodes: &[Ipv4Addr],
        idle: Time,
        after_idle: EndpointAfterIdle,
        seed: u64,
    ) -> Self {
        let chosen = (seed % nodes.len() as u64) as usize;
        Self {
            address,
            node: nodes[chosen],
            to_node: Side::Link(chosen as u16),
            idle,
            after_idle,
            flows: FlowTable::default(),
        }
    }

    fn on_to_node(&mut self, now: Time, mut packet: Packet) -> Action {
        let key = FlowKey { side: Side::Interface, src: packet.src, dst: packet.dst };
        let flow = match self.flows.outbound(now, key) {
            Lookup::Known(flow) => flow,
            Lookup::Expired(_) if !packet.flags.opens() => {
                return self.expired(Side::Interface, &packet);
            }
            Lookup::Unknown if !packet.flags.opens() => return Action::Drop(Reason::StraySegment),
            Lookup::Expired(_) | Lookup::Unknown => {
                let node = SocketAddrV4::new(self.node, packet.dst.port());
                let source = Source::NextPort(self.address);
                match self.flows.open(now, key, node, source, self.idle, ()) {
                    Some(flow) => flow,
                    None => return Action::Drop(Reason::PortsExhausted),
                }
            }
        };
        packet.consumer = Some(packet.src);
        packet.src = flow.src;
        packet.dst = flow.dst;
        Action::Forward { to: self.to_node, packet }
    }

    fn back_from_node(&mut self, now: Time, mut packet: Packet) -> Action {
        match self.flows.inbound(now, packet.src, packet.dst) {
            Lookup::Known(flow) => {
                packet.src = flow.dst;
                packet.dst = flow.src;
                Action::Forward { to: Side::Interface, packet }
            }
            Lookup::Expired(_) => self.expired(self.to_node, &packet),
            Lookup::Unknown => Action::Drop(Reason::OneWay),
        }
    }

    fn expired(&self, from: Side, packet: &Packet) -> Action {
        let reason = Reason::EndpointIdleExpired;
        match self.after_idle {
            EndpointAfterIdle::Reset if !packet.flags.rst => {
                Action::Answer { to: from, packet: packet.reset(), reason }
            }
            EndpointAfterIdle::Reset | EndpointAfterIdle::Silence => Action::Drop(reason),
        }
    }
}

impl Middlebox for EndpointInterface {
    fn on_packet(&mut self, now: Time, ingress: Side, packet: Packet) -> Action {
        match ingress {
            Side::Link(_) => self.back_from_node(now, packet),
            Side::Interface | Side::Inside | Side::Outside => self.on_to_node(now, packet),
        }
    }
}
