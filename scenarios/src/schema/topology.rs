//! `topologies/*.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Text, Texts};

/// A topology file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopologyFile {
    /// The file's name without `.toml`.
    pub id: Text,
    /// One line for a person.
    pub title: Text,
    /// A few sentences; line breaks count as spaces.
    pub summary: Text,
    /// Where the facts come from; may be empty.
    pub sources: Texts,
    /// What the client is told to connect to: an IPv4 address or a name from `[[name]]`.
    pub connect: Text,
    /// One-way delay between two interfaces, in milliseconds, at most 60000. Default: 1.
    pub latency_ms: Option<Spanned<u64>>,
    /// Values of PassiveIp by id, beyond `auto` and `zero`. Default: none.
    #[serde(default)]
    pub passive_ips: BTreeMap<Text, Text>,
    /// Address spaces.
    pub network: Vec<NetworkTable>,
    /// Their subnets.
    pub subnet: Vec<SubnetTable>,
    /// Connections between networks. Default: none.
    #[serde(default)]
    pub peering: Vec<PeeringTable>,
    /// Machines: one client, one server, any number of bystanders.
    pub host: Vec<HostTable>,
    /// Target groups of load balancers. Default: none.
    #[serde(default)]
    pub target_group: Vec<TargetGroupTable>,
    /// Network load balancers. Default: none.
    #[serde(default)]
    pub load_balancer: Vec<LoadBalancerTable>,
    /// Endpoint services (PrivateLink, provider side). Default: none.
    #[serde(default)]
    pub endpoint_service: Vec<EndpointServiceTable>,
    /// Interface endpoints (PrivateLink, consumer side). Default: none.
    #[serde(default)]
    pub endpoint: Vec<EndpointTable>,
    /// DNS names. Default: none.
    #[serde(default)]
    pub name: Vec<NameTable>,
}

/// `[[network]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkTable {
    /// Name within the topology.
    pub id: Text,
    /// Who runs the router.
    pub kind: NetworkKind,
    /// Address ranges, at least one.
    pub cidrs: Spanned<Texts>,
}

/// `kind` of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// An Amazon VPC.
    Vpc,
    /// A company network.
    OnPremises,
    /// The internet.
    Internet,
}

/// `[[subnet]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetTable {
    /// Name within the topology.
    pub id: Text,
    /// Id of its network.
    pub network: Text,
    /// Availability zone, for subnets of a VPC. Default: none; load balancer nodes and endpoint
    /// interfaces need one.
    pub zone: Option<Text>,
    /// Its range, within one of the network's.
    pub cidr: Text,
    /// Routes beyond the local one. Default: none.
    #[serde(default)]
    pub routes: Vec<RouteTable>,
}

/// One of a subnet's `routes`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// Destination range.
    pub to: Text,
    /// Id of a peering of the subnet's network.
    pub via: Text,
}

/// `[[peering]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeeringTable {
    /// Name within the topology.
    pub id: Text,
    /// Ids of two networks.
    pub between: Spanned<Texts>,
}

/// An address in a subnet: `{ subnet = "a", address = "10.0.1.10" }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceTable {
    /// Id of the subnet.
    pub subnet: Text,
    /// An address in it.
    pub address: Text,
}

/// `[[host]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Name within the topology, different from those of load balancers and endpoints.
    pub id: Text,
    /// What it is for.
    pub role: Role,
    /// Its addresses, at least one, all in one network. Outgoing connections use the first.
    pub interfaces: Spanned<Vec<InterfaceTable>>,
    /// Ports on which a bystander accepts connections; only for bystanders. Default: none.
    #[serde(default)]
    pub listens: Vec<Spanned<u16>>,
}

/// `role` of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the FTP client.
    Client,
    /// Runs the FTP server.
    Server,
    /// Just happens to be there.
    Bystander,
}

/// `[[target_group]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroupTable {
    /// Name within the topology.
    pub id: Text,
    /// Addresses of hosts in the load balancer's network, at least one.
    pub targets: Spanned<Texts>,
}

/// `[[load_balancer]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancerTable {
    /// Name within the topology, different from those of hosts and endpoints.
    pub id: Text,
    /// Its nodes, at least one, at most one per zone, all in one VPC.
    pub nodes: Spanned<Vec<InterfaceTable>>,
    /// What it listens on: at most 50 ports, which is the quota of AWS.
    pub listeners: Spanned<Vec<ListenerTable>>,
    /// Whether a node may use targets of other zones. Default: false.
    #[serde(default)]
    pub cross_zone: bool,
    /// TCP idle time-out in seconds. Default: 350.
    pub idle_timeout_s: Option<Spanned<u64>>,
}

/// One of a load balancer's `listeners`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerTable {
    /// A port, `"21"`, or a range of them, `"8192-8200"`.
    pub ports: Text,
    /// Id of a target group.
    pub target_group: Text,
}

/// `[[endpoint_service]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointServiceTable {
    /// Name within the topology.
    pub id: Text,
    /// Id of the load balancer that it shares.
    pub load_balancer: Text,
}

/// `[[endpoint]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// Name within the topology, different from those of hosts and load balancers.
    pub id: Text,
    /// Id of an endpoint service.
    pub service: Text,
    /// Its interfaces, at least one, at most one per zone, all in one VPC. Each needs a node of the
    /// load balancer in the same zone.
    pub interfaces: Spanned<Vec<InterfaceTable>>,
    /// TCP idle time-out in seconds. Default: 350.
    pub idle_timeout_s: Option<Spanned<u64>>,
}

/// `[[name]]`. Where the addresses are in zones, `<zone>.<name>` is defined along with it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameTable {
    /// The DNS name, without a final dot.
    pub name: Text,
    /// Id of the load balancer, endpoint or host whose addresses it has, in the file's order.
    pub of: Text,
}
