//! What a scenario is, once it has been read and found sound.
//!
//! Every reference between things (a route's target, a listener's target group) is an index that is
//! known to exist, so nothing downstream has to ask again. The loader is the only place that makes
//! these values; see [`crate::load`].

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::Ipv4Net;

pub use crate::client::*;

/// Position of a [`Network`] in [`Topology::networks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkIx(pub usize);
/// Position of a [`Subnet`] in [`Topology::subnets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetIx(pub usize);
/// Position of a [`Peering`] in [`Topology::peerings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeeringIx(pub usize);
/// Position of a [`Host`] in [`Topology::hosts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostIx(pub usize);
/// Position of a [`LoadBalancer`] in [`Topology::load_balancers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerIx(pub usize);
/// Position of a [`TargetGroup`] in [`Topology::target_groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetGroupIx(pub usize);
/// Position of an [`Endpoint`] in [`Topology::endpoints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointIx(pub usize);

/// What stands between one FTP client and one FTP server.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences: what it stands for and where it is found.
    pub summary: String,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// The host name or address the client is told to connect to.
    pub connect: String,
    /// One-way delay between two interfaces of the fabric.
    pub latency: Duration,
    /// Address spaces. An address means something only inside one of them.
    pub networks: Vec<Network>,
    /// Subnets of all networks.
    pub subnets: Vec<Subnet>,
    /// Connections between networks that route tables can point at.
    pub peerings: Vec<Peering>,
    /// Machines with a TCP stack. Exactly one has [`Role::Client`] and one [`Role::Server`].
    pub hosts: Vec<Host>,
    /// Network load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Their target groups.
    pub target_groups: Vec<TargetGroup>,
    /// Interface endpoints (PrivateLink, consumer side).
    pub endpoints: Vec<Endpoint>,
    /// DNS names.
    pub names: Vec<Name>,
    /// The values of PassiveIp this topology can be asked for, beyond `auto` and `zero` which it
    /// always has: id to address.
    pub passive_ips: BTreeMap<String, Ipv4Addr>,
}

/// An address space with its own router.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Name within the topology.
    pub id: String,
    /// Who runs the router.
    pub kind: NetworkKind,
    /// The address ranges that belong to it. Two networks may have the same ones.
    pub cidrs: Vec<Ipv4Net>,
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
}

/// One line of a route table.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Destination range.
    pub to: Ipv4Net,
    /// Where such packets go.
    pub via: PeeringIx,
}

/// A connection between two networks: VPC peering, a transit gateway, a VPN. It carries packets as
/// they are, in both directions, for whoever has a route to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Peering {
    /// Name within the topology.
    pub id: String,
    /// Its two ends.
    pub between: [NetworkIx; 2],
}

/// An address in a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// The subnet it is in.
    pub subnet: SubnetIx,
    /// Its private address, unique within the network.
    pub address: Ipv4Addr,
}

/// A machine with a TCP stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// Name within the topology.
    pub id: String,
    /// What it does.
    pub role: Role,
    /// Its interfaces; the first one is the source of the connections it opens.
    pub interfaces: Vec<Interface>,
    /// TCP ports on which a bystander accepts connections and says nothing.
    pub listens: Vec<u16>,
}

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the FTP client.
    Client,
    /// Runs the FTP server on each of its interfaces.
    Server,
    /// Just happens to be there.
    Bystander,
}

/// A network load balancer: one node and one address per zone.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadBalancer {
    /// Name within the topology.
    pub id: String,
    /// One per zone.
    pub nodes: Vec<Interface>,
    /// What it listens on. A port without a listener is silent.
    pub listeners: Vec<Listener>,
    /// Whether a node may use targets of other zones.
    pub cross_zone: bool,
    /// TCP idle time-out.
    pub idle_timeout: Duration,
}

/// Listeners of a load balancer that share a target group. AWS has one listener and one target
/// group per port; a range here stands for that many of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The ports.
    pub ports: RangeInclusive<u16>,
    /// Where connections go, on the same port.
    pub target_group: TargetGroupIx,
}

/// Targets of a load balancer, by address.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGroup {
    /// Name within the topology.
    pub id: String,
    /// Interfaces in the load balancer's network.
    pub targets: Vec<Interface>,
}

/// An interface endpoint in the consumer's network, connected through an endpoint service to the
/// provider's load balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Name within the topology.
    pub id: String,
    /// The endpoint service's name.
    pub service: String,
    /// One per zone.
    pub interfaces: Vec<EndpointInterface>,
    /// The provider's load balancer behind the service.
    pub load_balancer: LoadBalancerIx,
    /// TCP idle time-out.
    pub idle_timeout: Duration,
}

/// An endpoint's interface in one zone and the load balancer node that serves this zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointInterface {
    /// The consumer's side.
    pub interface: Interface,
    /// Position in the load balancer's [`LoadBalancer::nodes`].
    pub node: usize,
}

/// A DNS name.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Fully qualified, without the final dot.
    pub name: String,
    /// Its A records, one per zone. The order rotates from query to query, and the seed chooses
    /// where it starts.
    pub addresses: Vec<Ipv4Addr>,
}

/// An FTP server and its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// Port of the control connection.
    pub control_port: u16,
    /// Range of passive ports.
    pub passive_ports: RangeInclusive<u16>,
    /// Text of the 220 greeting.
    pub greeting: String,
    /// The one account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// How long a session may be silent.
    pub idle_timeout: Duration,
    /// Which address `AUTO` announces.
    pub auto_announces: AutoAnnounces,
    /// Files in the user's home; the first is the one that clients download.
    pub files: Vec<FileSpec>,
}

/// What `PassiveIp` AUTO stands for. AWS documents only "one of the endpoint's addresses" (AWS
/// Transfer Family API reference, ProtocolDetails.PassiveIp), so it is a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoAnnounces {
    /// The address of the interface that received the control connection.
    SessionInterface,
    /// The address of the server's first interface, whoever asks.
    FirstInterface,
}

/// A file on the server. Its content is derived from its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// Path relative to the user's home.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

/// What the server announces in its answer to PASV (AWS Transfer Family: `PassiveIp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassiveIp {
    /// `AUTO`: the address of the server interface that received the control connection.
    Auto,
    /// This address, whoever asks; `0.0.0.0` included.
    Address(Ipv4Addr),
}

/// Topologies, settings and clients to cross.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// Topology ids, in order of display.
    pub topologies: Vec<String>,
    /// PassiveIp ids, in order of display.
    pub passive_ips: Vec<String>,
    /// Client ids, in order of display.
    pub clients: Vec<String>,
    /// Server id.
    pub server: String,
}

/// A named cell with what is special about it: a recorded session, a customer's case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// Where it was seen.
    pub sources: Vec<String>,
    /// Topology id.
    pub topology: String,
    /// PassiveIp id.
    pub passive_ip: String,
    /// Client id.
    pub client: String,
    /// Server id.
    pub server: String,
    /// The passive port of every data connection, where it is known.
    pub passive_port: Option<u16>,
    /// Lines that the printed transcript must contain, in this order.
    pub transcript: Vec<String>,
}
