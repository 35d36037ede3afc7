//! An internet gateway: translates between elastic and private addresses, one to one.
//!
//! Source: Amazon VPC guide, Internet gateways. Ports stay as they are, and nothing is remembered.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Action, Middlebox, Packet, Reason, Side, Time};

/// A gateway between a VPC on its inside and the internet on its outside.
#[derive(Debug)]
pub struct InternetGateway {
    pairs: Vec<ElasticAddress>,
}

/// An elastic address and the private one that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElasticAddress {
    /// On the internet.
    pub public: Ipv4Addr,
    /// In the VPC.
    pub private: Ipv4Addr,
}

impl InternetGateway {
    /// A gateway with these addresses.
    #[must_use]
    pub fn new(pairs: Vec<ElasticAddress>) -> Self {
        Self { pairs }
    }
}

impl Middlebox for InternetGateway {
    fn on_packet(&mut self, _: Time, ingress: Side, mut packet: Packet) -> Action {
        if ingress == Side::Inside {
            let pair = self.pairs.iter().find(|pair| pair.private == *packet.src.ip());
            let Some(pair) = pair else { return Action::Drop(Reason::NoElasticAddress) };
            packet.src = SocketAddrV4::new(pair.public, packet.src.port());
            return Action::Forward { to: Side::Outside, packet };
        }
        let pair = self.pairs.iter().find(|pair| pair.public == *packet.dst.ip());
        let Some(pair) = pair else { return Action::Drop(Reason::NobodyAtAddress) };
        packet.dst = SocketAddrV4::new(pair.private, packet.dst.port());
        Action::Forward { to: Side::Inside, packet }
    }
}
