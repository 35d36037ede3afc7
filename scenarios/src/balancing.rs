//! Load balancers, and the endpoints in front of them.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::ground::{Interface, SecurityGroupIx};

/// Position of a [`LoadBalancer`] in [`Topology::load_balancers`](crate::Topology::load_balancers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerIx(pub usize);
/// Position of a [`TargetGroup`] in [`Topology::target_groups`](crate::Topology::target_groups).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetGroupIx(pub usize);
/// Position of an [`Endpoint`] in [`Topology::endpoints`](crate::Topology::endpoints).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointIx(pub usize);

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
    /// Its security groups. None: everything reaches its listeners; groups can only be attached
    /// when it is created.
    pub security_groups: Vec<SecurityGroupIx>,
    /// Whether inbound rules hold for what comes through PrivateLink; they match the consumer's
    /// client then.
    pub filters_privatelink: bool,
    /// What a new connection meets for which there is no target.
    pub without_target: WithoutTarget,
}

/// What a new connection meets at a load balancer node that has no target for it. AWS documents
/// nothing, so it is a switch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutTarget {
    /// Nothing: it vanishes.
    #[default]
    Silence,
    /// A reset.
    Reset,
}

/// Listeners of a load balancer that share a target group. AWS has one listener and one target
/// group per port; a range here stands for that many of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The ports.
    pub ports: RangeInclusive<u16>,
    /// Where connections go.
    pub target_group: TargetGroupIx,
    /// The port at the target that stands for the first of `ports`; the others follow. It is the
    /// same unless the target group has another.
    pub first_target_port: u16,
    /// TCP idle time-out.
    pub idle_timeout: Duration,
}

/// Targets of a load balancer, by address.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGroup {
    /// Name within the topology.
    pub id: String,
    /// Interfaces in the load balancer's network.
    pub targets: Vec<Interface>,
    /// Whether a node may use targets of other zones; none: as the load balancer says.
    pub cross_zone: Option<bool>,
    /// Whether all connections of a source address go to one target.
    pub sticky: bool,
    /// Whether targets see the client's address instead of the node's.
    pub preserve_client_ip: bool,
    /// Whether each connection begins with a header of the PROXY protocol, version 2.
    pub proxy_protocol: bool,
    /// Which port its health check connects to; none: each listener's own target port.
    pub health_check_port: Option<u16>,
    /// Whether connections of a target that becomes unhealthy are reset.
    pub terminate_unhealthy: bool,
    /// How long a deregistered target keeps its connections, if they are ended at all.
    pub terminate_deregistered: Option<Duration>,
    /// What becomes of targets during a session, in order of time.
    pub changes: Vec<TargetChange>,
}

/// Something that happens to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetChange {
    /// When, in virtual time.
    pub at: Duration,
    /// The target's address.
    pub target: Ipv4Addr,
    /// What it becomes.
    pub becomes: TargetState,
}

/// What a target may become during a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// Its health check succeeds.
    Healthy,
    /// Its health check fails.
    Unhealthy,
    /// It is taken out of the group.
    Deregistered,
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
    /// The provider's load balancers behind the service.
    pub load_balancers: Vec<LoadBalancerIx>,
    /// Its security groups, on every interface. None: everything passes.
    pub security_groups: Vec<SecurityGroupIx>,
    /// TCP idle time-out.
    pub idle_timeout: Duration,
    /// What a packet meets that comes after the time-out.
    pub after_idle: EndpointAfterIdle,
}

/// What becomes of a packet for a connection that an endpoint has forgotten. AWS documents only that
/// it is not delivered, so it is a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointAfterIdle {
    /// It vanishes.
    Silence,
    /// Its sender receives a reset.
    Reset,
}

/// An endpoint's interface in one zone and the load balancer nodes that may serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointInterface {
    /// The consumer's side.
    pub interface: Interface,
    /// For each load balancer of the service that has a node in this zone, the node's position in
    /// [`LoadBalancer::nodes`]. One of them, chosen by the seed, serves the interface.
    pub nodes: Vec<(LoadBalancerIx, usize)>,
}
