//! What machines stand on: networks, subnets, routes, links, filters.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::Ipv4Net;

use crate::gateway::{InternetGatewayIx, RouterIx};

/// Position of a [`Network`] in [`Topology::networks`](crate::Topology::networks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkIx(pub usize);
/// Position of a [`Subnet`] in [`Topology::subnets`](crate::Topology::subnets).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetIx(pub usize);
/// Position of a [`Peering`] in [`Topology::peerings`](crate::Topology::peerings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeeringIx(pub usize);
/// Position of a [`NetworkAcl`] in [`Topology::network_acls`](crate::Topology::network_acls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkAclIx(pub usize);
/// Position of a [`SecurityGroup`] in [`Topology::security_groups`](crate::Topology::security_groups).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityGroupIx(pub usize);

/// An address space with its own router.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Name within the topology.
    pub id: String,
    /// Who runs the router.
    pub kind: NetworkKind,
    /// The address ranges that belong to it. Two networks may have the same ones.
    pub cidrs: Vec<Ipv4Net>,
    /// What its legs are like; none: as everywhere in the topology.
    pub link: Option<Link>,
}

/// What a network's router does with a packet that it cannot place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// An Amazon VPC: no route, or nobody at the address, is silence.
    Vpc,
    /// A company network: the router answers ICMP unreachable.
    OnPremises,
    /// The internet: silence.
    Internet,
}

/// A part of a network, in one availability zone, with one route table.
#[derive(Debug, Clone, PartialEq)]
pub struct Subnet {
    /// Name within the topology.
    pub id: String,
    /// The network it is part of.
    pub network: NetworkIx,
    /// Availability zone, for networks that have zones.
    pub zone: Option<String>,
    /// Its range.
    pub cidr: Ipv4Net,
    /// Routes beyond the local one; the longest prefix wins.
    pub routes: Vec<Route>,
    /// The filter of everything that enters or leaves it. None: everything passes.
    pub acl: Option<NetworkAclIx>,
}

/// One line of a route table.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Destination range.
    pub to: Ipv4Net,
    /// Where such packets go.
    pub via: Via,
}

/// What a route points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A peering of the subnet's network.
    Peering(PeeringIx),
    /// A router with an interface in the subnet's network.
    Router(RouterIx),
    /// The internet gateway of the subnet's VPC.
    InternetGateway(InternetGatewayIx),
}

/// A connection between two networks: VPC peering, a transit gateway, a VPN. It carries packets as
/// they are, in both directions, for whoever has a route to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Peering {
    /// Name within the topology.
    pub id: String,
    /// Its two ends.
    pub between: [NetworkIx; 2],
    /// What the leg across it is like; none: as everywhere in the topology.
    pub link: Option<Link>,
}

/// What a leg between two interfaces does to packets. Packets of one connection stay in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// One-way delay, in whole milliseconds.
    pub latency: Duration,
    /// Greatest additional delay, in whole milliseconds; the seed chooses for each packet.
    pub jitter: Duration,
    /// Bits per second from one address to another; none: no limit.
    pub bandwidth: Option<u64>,
    /// The part of packets that is lost, 0.0 to 1.0. What is lost arrives a retransmission time-out
    /// later.
    pub loss: f64,
    /// Bytes of the largest IP packet; none: no limit below that of hosts, which is 1500.
    pub mtu: Option<u16>,
    /// Whether senders learn of a smaller MTU on the way. If they do not, larger packets vanish.
    pub mtu_discovery: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(1),
            jitter: Duration::ZERO,
            bandwidth: None,
            loss: 0.0,
            mtu: None,
            mtu_discovery: true,
        }
    }
}

/// A subnet's stateless filter (Amazon VPC guide: Network ACLs). Each direction has its own rules;
/// the lowest number that matches decides, and what no rule matches is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Name within the topology.
    pub id: String,
    /// For what enters the subnet: `peer` is the source; in order of number.
    pub inbound: Vec<AclRule>,
    /// For what leaves it: `peer` is the destination; in order of number.
    pub outbound: Vec<AclRule>,
}

/// A rule of a [`NetworkAcl`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclRule {
    /// Its number.
    pub number: u16,
    /// Whether it lets packets pass.
    pub allow: bool,
    /// Destination ports, in both directions.
    pub ports: RangeInclusive<u16>,
    /// Addresses at the other end.
    pub peer: Ipv4Net,
}

/// A stateful filter (EC2 guide: Security groups; Security group connection tracking). What it does
/// not allow vanishes; what belongs to an allowed connection passes, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Name within the topology.
    pub id: String,
    /// Who may open connections to the interface.
    pub inbound: Vec<SecurityRule>,
    /// To whom the interface may open connections.
    pub outbound: Vec<SecurityRule>,
    /// How long a tracked connection may be idle.
    pub idle_timeout: Duration,
}

/// A rule of a [`SecurityGroup`]: it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityRule {
    /// Destination ports.
    pub ports: RangeInclusive<u16>,
    /// Addresses at the other end.
    pub peer: Ipv4Net,
}

/// An address in a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// The subnet it is in.
    pub subnet: SubnetIx,
    /// Its private address, unique within the network.
    pub address: Ipv4Addr,
}
