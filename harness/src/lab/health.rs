//! Which targets of load balancers pass their health checks, and what that does to names.
//!
//! Health is what it has been for a while when a session begins. A check passes if a program always
//! listens on the checked port; a passive port, open only for a transfer, fails every check sooner or
//! later. Sources: Network Load Balancer guide, Health checks, Target group health.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::{
    Host, Interface, Listener, LoadBalancer, Name, Role, Server, TargetGroup, Topology,
};

use crate::net::filters::Direction;
use crate::net::nlb::NodeTarget;
use crate::net::{Flags, Packet, Time};

/// The targets of a listener as one of the nodes sees them.
pub(super) fn targets(
    topology: &Topology,
    server: &Server,
    balancer: &LoadBalancer,
    port: u16,
    node: Interface,
    group: &TargetGroup,
) -> Vec<NodeTarget> {
    let cross_zone = group.cross_zone.unwrap_or(balancer.cross_zone);
    let port = group.health_check_port.unwrap_or(port);
    let target = |target: &Interface| NodeTarget {
        address: target.address,
        here: cross_zone || topology.zone_of(*target) == topology.zone_of(node),
        healthy: is_healthy(topology, server, node.address, *target, port),
    };
    group.targets.iter().map(target).collect()
}

fn is_healthy(
    topology: &Topology,
    server: &Server,
    node: Ipv4Addr,
    target: Interface,
    port: u16,
) -> bool {
    let host = topology.hosts.iter().find(|host| host.interfaces.contains(&target));
    host.is_some_and(|host| {
        listens(host, server, port) && lets_in(topology, host, node, target.address, port)
    })
}

/// Whether a host always listens on a port.
fn listens(host: &Host, server: &Server, port: u16) -> bool {
    match host.role {
        Role::Server => port == server.control_port,
        Role::Bystander => host.listens.contains(&port),
        Role::Proxy => host.relays.iter().any(|relay| relay.ports.contains(&port)),
        Role::Client => false,
    }
}

/// Whether a host's security groups let a node's check in.
fn lets_in(topology: &Topology, host: &Host, node: Ipv4Addr, target: Ipv4Addr, port: u16) -> bool {
    let Some(mut filter) = super::ground::filter(topology, &host.security_groups) else {
        return true;
    };
    let check =
        Packet::bare(SocketAddrV4::new(node, 1024), SocketAddrV4::new(target, port), Flags::SYN);
    filter.lets_pass(Time::ZERO, Direction::Inbound, &check)
}

/// The names, without the load balancer nodes that are out of service: a node's address is taken out
/// if one of the target groups has no healthy target for it, unless that would leave none.
pub(super) fn names(topology: &Topology, server: &Server) -> Vec<Name> {
    let mut names = topology.names.clone();
    for name in &mut names {
        let Some(ix) = name.load_balancer else { continue };
        let balancer = topology.load_balancer(ix);
        let in_service = |address: &Ipv4Addr| {
            let node = balancer.nodes.iter().find(|node| node.address == *address);
            node.is_none_or(|node| serves(topology, server, balancer, *node))
        };
        // A zonal name has one address and keeps it.
        if balancer.nodes.iter().any(|node| in_service(&node.address)) && name.addresses.len() > 1 {
            name.addresses.retain(in_service);
        }
    }
    names
}

fn serves(topology: &Topology, server: &Server, balancer: &LoadBalancer, node: Interface) -> bool {
    let healthy = |listener: &Listener| {
        let group = &topology.target_groups[listener.target_group.0];
        let port = listener.first_target_port;
        let targets = targets(topology, server, balancer, port, node, group);
        targets.iter().any(|target| target.here && target.healthy)
    };
    balancer.listeners.iter().all(healthy)
}
