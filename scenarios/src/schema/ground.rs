//! What machines stand on, in `topologies/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Spanned, Text, Texts};

/// `[[network]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Who runs the router.
    pub kind: NetworkKind,
    /// Address ranges, at least one.
    #[schemars(length(min = 1))]
    pub cidrs: Spanned<Texts>,
    /// What its legs are like. Default: as everywhere in the topology.
    pub link: Option<LinkTable>,
}

/// `kind` of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubnetTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
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
    /// Id of a network ACL. Default: none, everything passes.
    pub acl: Option<Text>,
}

/// One of a subnet's `routes`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// Destination range.
    pub to: Text,
    /// Id of a peering, router, NAT gateway or internet gateway of the subnet's network.
    pub via: Text,
}

/// `[[peering]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeeringTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Ids of two networks.
    pub between: Spanned<Texts>,
    /// What the leg across it is like. Default: as everywhere in the topology.
    pub link: Option<LinkTable>,
}

/// `link`: what a leg between two interfaces does to packets. Packets of one connection stay in
/// order. A table without a key has the key's default, not the topology's.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkTable {
    /// One-way delay in milliseconds, at most 60000. Default: 1.
    pub latency_ms: Option<Spanned<u64>>,
    /// Greatest additional delay in milliseconds, at most 60000. Default: 0.
    pub jitter_ms: Option<Spanned<u64>>,
    /// Bits per second from one address to another, at least 1. Default: no limit.
    pub bandwidth_bit_s: Option<Spanned<u64>>,
    /// Lost packets in percent, 0 to 50; each arrives a retransmission time-out later. Default: 0.
    pub loss_percent: Option<Spanned<f64>>,
    /// Bytes of the largest IP packet, 576 to 9001. Default: no limit below that of hosts.
    pub mtu: Option<Spanned<u64>>,
    /// Whether senders learn of a smaller `mtu` on the way. Default: true.
    pub mtu_discovery: Option<bool>,
}

/// `[[network_acl]]`: the lowest number that matches decides; what no rule matches is denied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkAclTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Rules for what enters the subnet; `peer` is the source. Default: none, everything is denied.
    #[serde(default)]
    pub inbound: Vec<AclRuleTable>,
    /// Rules for what leaves it; `peer` is the destination. Default: none, everything is denied.
    #[serde(default)]
    pub outbound: Vec<AclRuleTable>,
}

/// One of a network ACL's rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AclRuleTable {
    /// Its number, 1 to 32766; no two rules of a direction have the same.
    pub number: Spanned<u64>,
    /// What it does.
    pub action: AclAction,
    /// Destination ports, `"21"` or `"1024-65535"`.
    pub ports: Text,
    /// Addresses at the other end. Default: all.
    pub peer: Option<Text>,
}

/// `action` of a network ACL's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AclAction {
    /// Lets packets pass.
    Allow,
    /// Lets them vanish.
    Deny,
}

/// `[[security_group]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Who may open connections to the interface. Default: nobody.
    #[serde(default)]
    pub inbound: Vec<SecurityRuleTable>,
    /// To whom the interface may open connections. Default: everybody.
    pub outbound: Option<Vec<SecurityRuleTable>>,
    /// How long a tracked connection may be idle, in seconds, 60 to 432000. Default: 432000.
    pub idle_timeout_s: Option<Spanned<u64>>,
}

/// One of a security group's rules: it allows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityRuleTable {
    /// Destination ports, `"21"` or `"8192-8200"`.
    pub ports: Text,
    /// Addresses at the other end. Default: all.
    pub peer: Option<Text>,
}
