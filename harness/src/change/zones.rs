//! A setup of which only one availability zone is left.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{Interface, Role, Topology};

/// The zones in which the server has an interface, in order.
pub(crate) fn of_server(topology: &Topology) -> Vec<String> {
    let interfaces = topology.server().interfaces.iter();
    let zones = interfaces.filter_map(|interface| topology.zone_of(*interface));
    let mut zones: Vec<String> = zones.map(str::to_owned).collect();
    zones.dedup();
    zones
}

/// Takes away everything of the server's side that is in another zone than the one that the seed
/// chooses; returns the address that the client connects to there. None, and nothing is changed, if
/// there is no such address.
pub(super) fn keep_one(topology: &mut Topology, seed: u64) -> Option<Ipv4Addr> {
    let zones = of_server(topology);
    let zone = zones.get(usize::try_from(seed % zones.len().max(1) as u64).ok()?)?.clone();
    let original = topology.clone();
    let here =
        |interface: &Interface| original.zone_of(*interface).is_none_or(|other| other == zone);
    for host in &mut topology.hosts {
        if host.role == Role::Server {
            host.interfaces.retain(here);
        }
    }
    for group in &mut topology.target_groups {
        group.targets.retain(here);
    }
    // Nodes are referred to by position.
    for endpoint in &mut topology.endpoints {
        endpoint.interfaces.retain(|interface| here(&interface.interface));
        for interface in &mut endpoint.interfaces {
            for (balancer, node) in &mut interface.nodes {
                let nodes = &original.load_balancers[balancer.0].nodes;
                *node = nodes[..*node].iter().filter(|node| here(node)).count();
            }
        }
    }
    for balancer in &mut topology.load_balancers {
        balancer.nodes.retain(here);
    }
    let gone = gone(&original, topology);
    for name in &mut topology.names {
        name.addresses.retain(|address| !gone.contains(address));
    }
    topology.names.retain(|name| !name.addresses.is_empty());
    let address = connected(topology);
    if address.is_none() {
        *topology = original;
    }
    address
}

/// The first address that the client connects to.
pub(super) fn connected(topology: &Topology) -> Option<Ipv4Addr> {
    let connect = &topology.connect;
    connect.parse().ok().or_else(|| {
        let client = topology.network_of(topology.client().interfaces[0]);
        let mut names = topology.names.iter().filter(|name| name.name == *connect);
        let name = names.find(|name| name.network.is_none_or(|network| network == client))?;
        name.addresses.first().copied()
    })
}

/// Addresses of interfaces that are not there any more.
fn gone(before: &Topology, after: &Topology) -> Vec<Ipv4Addr> {
    let of = |topology: &Topology| {
        let balancers = topology.load_balancers.iter().flat_map(|balancer| balancer.nodes.clone());
        let endpoints = topology.endpoints.iter().flat_map(|endpoint| {
            endpoint.interfaces.iter().map(|i| i.interface).collect::<Vec<_>>()
        });
        let server = topology.server().interfaces.clone();
        let all = balancers.chain(endpoints).chain(server);
        all.map(|interface| interface.address).collect::<Vec<_>>()
    };
    let left = of(after);
    of(before).into_iter().filter(|address| !left.contains(address)).collect()
}
