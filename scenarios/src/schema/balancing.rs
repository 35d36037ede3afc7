//! Load balancers and endpoints, in `topologies/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{InterfaceTable, Spanned, Text, Texts};
pub use crate::balancing::WithoutTarget;

/// `[[target_group]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetGroupTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Addresses of hosts in the load balancer's network, at least one.
    #[schemars(length(min = 1))]
    pub targets: Spanned<Texts>,
    /// How targets are registered. Default: `"ip"`, the only way for interfaces of endpoints.
    #[serde(default)]
    pub target_type: TargetType,
    /// Port of the targets, in place of each listener's own port. Default: the listener's.
    pub port: Option<Spanned<u16>>,
    /// Whether a node may use targets of other zones. Default: as the load balancer says.
    pub cross_zone: Option<bool>,
    /// Whether all connections of a source address go to one target. Default: false.
    #[serde(default)]
    pub sticky: bool,
    /// Whether targets see the client's address. Default: true for `"instance"`, false for `"ip"`.
    /// Not for targets that are interfaces of an endpoint.
    pub preserve_client_ip: Option<Spanned<bool>>,
    /// Whether each connection begins with a PROXY protocol header, version 2. Default: false.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// Port to which health checks connect. Default: the traffic port, each listener's target port.
    pub health_check_port: Option<Spanned<u16>>,
    /// Whether connections of a target that becomes unhealthy are reset. Default: true.
    pub terminate_unhealthy: Option<bool>,
    /// Whether connections of a deregistered target are ended after its delay. Default: false.
    #[serde(default)]
    pub terminate_deregistered: bool,
    /// Deregistration delay in seconds, at most 3600. Default: 300.
    pub deregistration_delay_s: Option<Spanned<u64>>,
    /// What becomes of targets during a session. Default: nothing.
    #[serde(default)]
    pub changes: Vec<ChangeTable>,
}

/// `target_type` of a target group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetType {
    /// By address.
    #[default]
    Ip,
    /// By instance.
    Instance,
}

/// One of a target group's `changes`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeTable {
    /// When, in seconds of virtual time, at most 604800.
    pub at_s: Spanned<u64>,
    /// One of the group's targets.
    pub target: Text,
    /// What becomes of it.
    pub becomes: TargetState,
}

/// `becomes` of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetState {
    /// Its health check succeeds.
    Healthy,
    /// Its health check fails.
    Unhealthy,
    /// It is taken out of the group.
    Deregistered,
}

/// `[[load_balancer]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancerTable {
    /// Name within the topology, different from those of hosts and endpoints.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Its nodes, at least one, at most one per zone, all in one VPC.
    #[schemars(length(min = 1))]
    pub nodes: Spanned<Vec<InterfaceTable>>,
    /// What it listens on: at most 50 ports, which is the quota of AWS.
    pub listeners: Spanned<Vec<ListenerTable>>,
    /// Whether a node may use targets of other zones. Default: false.
    #[serde(default)]
    pub cross_zone: bool,
    /// Ids of security groups. Default: none, everything reaches its listeners.
    #[serde(default)]
    pub security_groups: Texts,
    /// Whether inbound rules hold for what comes through PrivateLink. Default: true.
    pub filters_privatelink: Option<bool>,
    /// What a new connection meets for which there is no target; undocumented. Default:
    /// `"silence"`.
    #[serde(default)]
    pub without_target: WithoutTarget,
}

/// One of a load balancer's `listeners`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenerTable {
    /// A port, `"21"`, or a range of them, `"8192-8200"`.
    pub ports: Text,
    /// Id of a target group.
    pub target_group: Text,
    /// As many ports at the target. Default: the same, or the target group's `port`.
    pub target_ports: Option<Text>,
    /// TCP idle time-out in seconds, 60 to 6000. Default: 350.
    pub idle_timeout_s: Option<Spanned<u64>>,
}

/// `[[endpoint_service]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointServiceTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Ids of the load balancers that it shares, at least one; each is shared only once.
    #[schemars(length(min = 1))]
    pub load_balancers: Spanned<Texts>,
}

/// `[[endpoint]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// Name within the topology, different from those of hosts and load balancers.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Id of an endpoint service.
    pub service: Text,
    /// Its interfaces, at least one, at most one per zone, all in one VPC. Each needs a node of a
    /// load balancer in the same zone.
    #[schemars(length(min = 1))]
    pub interfaces: Spanned<Vec<InterfaceTable>>,
    /// Ids of security groups. Default: none, everything passes.
    #[serde(default)]
    pub security_groups: Texts,
    /// A name of the service that leads to the interfaces in the consumer's network only. Default:
    /// none.
    pub private_dns: Option<Text>,
    /// What a packet meets that comes after 350 idle seconds; undocumented. Default: `"silence"`.
    #[serde(default)]
    pub after_idle: EndpointAfterIdle,
}

/// `after_idle` of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointAfterIdle {
    /// It vanishes.
    #[default]
    Silence,
    /// Its sender receives a reset.
    Reset,
}
