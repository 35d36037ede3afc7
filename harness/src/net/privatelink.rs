//! One interface of an interface endpoint (AWS PrivateLink, consumer side).
//!
//! The consumer sees only this address. What it sends there comes out at the provider's load
//! balancer node of the same zone, whatever the port, with a translated source; nothing can be opened
//! the other way. Sources: AWS PrivateLink guide, Share your services; Access AWS services.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::flows::{FlowKey, FlowTable, Lookup};
use super::{Action, Middlebox, Packet, Reason, Side, Time};

/// The link on which an endpoint interface talks to its load balancer node.
pub const TO_NODE: Side = Side::Link(0);

/// An endpoint interface and the load balancer node behind it.
#[derive(Debug)]
pub struct EndpointInterface {
    address: Ipv4Addr,
    node: Ipv4Addr,
    flows: FlowTable,
}

impl EndpointInterface {
    /// An interface at `address` in the consumer's network for the node at `node` in the provider's.
    #[must_use]
    pub fn new(address: Ipv4Addr, node: Ipv4Addr, idle: Time) -> Self {
        Self { address, node, flows: FlowTable::new(idle) }
    }

    fn on_to_node(&mut self, now: Time, mut packet: Packet) -> Action {
        let key = FlowKey { side: Side::Interface, src: packet.src, dst: packet.dst };
        let flow = match self.flows.outbound(now, key) {
            Lookup::Known(flow) => flow,
            Lookup::Expired(_) if !packet.flags.opens() => {
                return Action::Drop(Reason::EndpointIdleTimeout);
            }
            Lookup::Unknown if !packet.flags.opens() => return Action::Drop(Reason::StraySegment),
            Lookup::Expired(_) | Lookup::Unknown => {
                let target = SocketAddrV4::new(self.node, packet.dst.port());
                match self.flows.open(now, key, target) {
                    Some(flow) => flow,
                    None => return Action::Drop(Reason::PortsExhausted),
                }
            }
        };
        packet.src = SocketAddrV4::new(self.address, flow.port);
        packet.dst = flow.target;
        Action::Forward { to: TO_NODE, packet }
    }

    fn back_from_node(&mut self, now: Time, mut packet: Packet) -> Action {
        match self.flows.inbound(now, packet.src, packet.dst.port()) {
            Lookup::Known(flow) => {
                packet.src = flow.dst;
                packet.dst = flow.src;
                Action::Forward { to: Side::Interface, packet }
            }
            Lookup::Expired(_) => Action::Drop(Reason::EndpointIdleTimeout),
            Lookup::Unknown => Action::Drop(Reason::OneWay),
        }
    }
}

impl Middlebox for EndpointInterface {
    fn on_packet(&mut self, now: Time, ingress: Side, packet: Packet) -> Action {
        match ingress {
            Side::Interface => self.on_to_node(now, packet),
            Side::Link(_) => self.back_from_node(now, packet),
        }
    }
}
