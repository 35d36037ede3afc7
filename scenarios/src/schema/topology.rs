//! `topologies/*.toml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    EndpointServiceTable, EndpointTable, InternetGatewayTable, LinkTable, LoadBalancerTable,
    NatGatewayTable, NetworkAclTable, NetworkTable, PeeringTable, RouterTable, SecurityGroupTable,
    Spanned, SubnetTable, TargetGroupTable, Text, Texts,
};

/// A topology file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// One line for a person.
    pub title: Text,
    /// A few sentences; line breaks count as spaces.
    pub summary: Text,
    /// Where the facts come from; may be empty.
    pub sources: Texts,
    /// What the client is told to connect to: an IPv4 address or a name from `[[name]]`.
    pub connect: Text,
    /// What every leg between two interfaces is like where its network or peering does not say.
    /// Default: a delay of one millisecond and nothing else.
    #[serde(default)]
    pub link: LinkTable,
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
    /// Routers that keep track of connections. Default: none.
    #[serde(default)]
    pub router: Vec<RouterTable>,
    /// NAT gateways. Default: none.
    #[serde(default)]
    pub nat_gateway: Vec<NatGatewayTable>,
    /// Internet gateways. Default: none.
    #[serde(default)]
    pub internet_gateway: Vec<InternetGatewayTable>,
    /// Stateless filters of subnets. Default: none.
    #[serde(default)]
    pub network_acl: Vec<NetworkAclTable>,
    /// Stateful filters of interfaces. Default: none.
    #[serde(default)]
    pub security_group: Vec<SecurityGroupTable>,
    /// Machines: one client, one server, any number of proxies and bystanders.
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

/// An address in a subnet: `{ subnet = "a", address = "10.0.1.10" }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterfaceTable {
    /// Id of the subnet.
    pub subnet: Text,
    /// An address in it.
    pub address: Text,
}

/// `[[host]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Name within the topology, different from those of load balancers and endpoints.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// What it is for.
    pub role: Role,
    /// Its addresses, at least one, all in one network. Outgoing connections use the first.
    #[schemars(length(min = 1))]
    pub interfaces: Spanned<Vec<InterfaceTable>>,
    /// What its interfaces belong to. Default: `"endpoint"` for the server, `"instance"` for others.
    pub attachment: Option<Attachment>,
    /// Ports on which a bystander accepts connections; only for bystanders. Default: none.
    #[serde(default)]
    pub listens: Vec<Spanned<u16>>,
    /// What a proxy passes on; only for proxies, which need it. Default: none.
    #[serde(default)]
    pub relays: Vec<RelayTable>,
    /// Ids of security groups, for all its interfaces. Default: none, everything passes.
    #[serde(default)]
    pub security_groups: Texts,
}

/// `attachment` of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// A machine of its owner.
    Instance,
    /// A managed service with interfaces of a VPC endpoint.
    Endpoint,
}

/// One of a proxy's `relays`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayTable {
    /// A port, `"21"`, or a range of them, `"8192-8200"`.
    pub ports: Text,
    /// Addresses of hosts to connect to, in turn, on the same port; at least one.
    #[schemars(length(min = 1))]
    pub to: Spanned<Texts>,
    /// Whether it tells who connected. Default: `"off"`.
    #[serde(default)]
    pub proxy_protocol: ProxyProtocol,
}

/// `proxy_protocol` of a relay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyProtocol {
    /// No.
    #[default]
    Off,
    /// With a line of text.
    V1,
    /// With a binary header.
    V2,
}

/// `role` of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the FTP client.
    Client,
    /// Runs the FTP server.
    Server,
    /// Just happens to be there.
    Bystander,
    /// Passes connections on.
    Proxy,
}

/// `[[name]]`. Where the addresses are in zones, `<zone>.<name>` is defined along with it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameTable {
    /// The DNS name, without a final dot.
    pub name: Text,
    /// Id of the host, router, NAT gateway, load balancer or endpoint whose addresses it has, in the
    /// file's order; of a router, its outside addresses. Either this or `addresses`.
    pub of: Option<Text>,
    /// Its addresses. Either this or `of`.
    pub addresses: Option<Spanned<Texts>>,
    /// Id of the network in which the name holds. Default: everywhere. A host looks in its own
    /// network first.
    pub network: Option<Text>,
}
