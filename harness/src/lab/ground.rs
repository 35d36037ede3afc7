//! Everything between the hosts of a topology.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{
    Endpoint, Interface, LoadBalancer, NetworkIx, RouterKind, SecurityGroupIx, TargetGroup,
    Topology,
};

use super::{Places, Scenario, health};
use crate::net::elastic::{ElasticAddress, InternetGateway};
use crate::net::fabric::{BoxIx, Ground};
use crate::net::filters::SecurityFilter;
use crate::net::nlb::{NlbNode, NodeGroup, NodeListener, NodeTarget};
use crate::net::privatelink::EndpointInterface;
use crate::net::router::StatefulRouter;
use crate::net::{Fabric, Side};
use crate::record::PlaceKind;

/// Lays out the fabric. Hosts are plugged in later.
pub(super) fn fabric(scenario: &Scenario<'_>, places: &mut Places) -> Fabric {
    let topology = scenario.topology;
    let mut fabric = Fabric::new(Ground {
        networks: topology.networks.clone(),
        routers: topology.networks.iter().map(|network| places.router(&network.id)).collect(),
        subnets: topology.subnets.clone(),
        peerings: topology.peerings.clone(),
        acls: topology.network_acls.clone(),
        link: scenario.link.unwrap_or(topology.link),
        seed: scenario.seed,
    });
    let nodes: Vec<Vec<BoxIx>> = topology
        .load_balancers
        .iter()
        .enumerate()
        .map(|(ix, balancer)| place_balancer(&mut fabric, places, scenario, ix, balancer))
        .collect();
    for endpoint in &topology.endpoints {
        place_endpoint(&mut fabric, places, scenario, endpoint, &nodes);
    }
    place_routers(&mut fabric, places, scenario);
    place_internet_gateways(&mut fabric, places, topology);
    fabric
}

/// The security groups of something, as one filter; none if it has no groups.
pub(crate) fn filter(topology: &Topology, groups: &[SecurityGroupIx]) -> Option<SecurityFilter> {
    let groups = groups.iter().map(|ix| &topology.security_groups[ix.0]);
    (groups.len() > 0).then(|| SecurityFilter::new(groups))
}

fn place_balancer(
    fabric: &mut Fabric,
    places: &mut Places,
    scenario: &Scenario<'_>,
    ix: usize,
    balancer: &LoadBalancer,
) -> Vec<BoxIx> {
    let topology = scenario.topology;
    let groups = || balancer.listeners.iter().map(|l| &topology.target_groups[l.target_group.0]);
    let placed = balancer.nodes.iter().map(|node| {
        let listeners = balancer.listeners.iter().enumerate();
        let listeners = listeners.map(|(number, listener)| NodeListener {
            ports: listener.ports.clone(),
            first_target_port: listener.first_target_port,
            group: number,
            idle: listener.idle_timeout,
        });
        // A listener on several ports stands for as many target groups, so each has one of its own.
        let groups = (balancer.listeners.iter().zip(groups())).map(|(listener, group)| {
            let targets = health::targets(
                topology,
                scenario.server,
                balancer,
                listener.first_target_port,
                *node,
                group,
            );
            node_group(group, targets)
        });
        let node_box =
            NlbNode::new(node.address, listeners.collect(), groups.collect(), scenario.seed)
                .without_target(balancer.without_target);
        let node_box = endpoints_behind(topology, ix, *node).fold(node_box, NlbNode::behind);
        let place = places.add(&balancer.id, PlaceKind::LoadBalancer, topology, *node);
        let placed = stand(fabric, Box::new(node_box), place, *node);
        if let Some(filter) = filter(topology, &balancer.security_groups) {
            fabric.filter_box(placed, filter, balancer.filters_privatelink);
        }
        placed
    });
    let placed: Vec<BoxIx> = placed.collect();
    if groups().any(|group| group.preserve_client_ip) {
        placed.iter().for_each(|node| fabric.intercept(*node));
    }
    placed
}

fn node_group(group: &TargetGroup, targets: Vec<NodeTarget>) -> NodeGroup {
    NodeGroup {
        targets,
        sticky: group.sticky,
        preserve_client_ip: group.preserve_client_ip,
        proxy_protocol: group.proxy_protocol,
        terminate_unhealthy: group.terminate_unhealthy,
        terminate_deregistered: group.terminate_deregistered,
        changes: group.changes.clone(),
    }
}

/// The ids of the endpoints that will be linked to a node, in that order.
fn endpoints_behind(
    topology: &Topology,
    balancer: usize,
    node: Interface,
) -> impl Iterator<Item = &str> {
    let links = topology.endpoints.iter().flat_map(|endpoint| {
        let interfaces = endpoint.interfaces.iter();
        interfaces.flat_map(|interface| &interface.nodes).map(|node| (endpoint.id.as_str(), node))
    });
    let this = move |(ix, number): (usize, usize)| {
        ix == balancer && topology.load_balancers[ix].nodes[number] == node
    };
    links.filter(move |(_, (ix, number))| this((ix.0, *number))).map(|(id, _)| id)
}

fn stand(
    fabric: &mut Fabric,
    middlebox: Box<dyn crate::net::Middlebox>,
    place: crate::record::PlaceIx,
    interface: Interface,
) -> BoxIx {
    let placed = fabric.place(place, middlebox);
    fabric.stand(placed, Side::Interface, interface.subnet, interface.address);
    placed
}

fn place_endpoint(
    fabric: &mut Fabric,
    places: &mut Places,
    scenario: &Scenario<'_>,
    endpoint: &Endpoint,
    nodes: &[Vec<BoxIx>],
) {
    let topology = scenario.topology;
    for attached in &endpoint.interfaces {
        let interface = attached.interface;
        let addresses: Vec<Ipv4Addr> = attached
            .nodes
            .iter()
            .map(|(balancer, node)| topology.load_balancer(*balancer).nodes[*node].address)
            .collect();
        let middlebox = EndpointInterface::new(
            interface.address,
            &addresses,
            endpoint.idle_timeout,
            endpoint.after_idle,
            scenario.seed,
        );
        let place = places.add(&endpoint.id, PlaceKind::Endpoint, topology, interface);
        let placed = stand(fabric, Box::new(middlebox), place, interface);
        for (balancer, node) in &attached.nodes {
            fabric.link(placed, nodes[balancer.0][*node]);
        }
        if let Some(filter) = filter(topology, &endpoint.security_groups) {
            fabric.filter_box(placed, filter, false);
        }
    }
}

fn place_routers(fabric: &mut Fabric, places: &mut Places, scenario: &Scenario<'_>) {
    let topology = scenario.topology;
    for router in &topology.routers {
        let kind = match router.kind {
            RouterKind::Firewall => PlaceKind::Firewall,
            _ => PlaceKind::Gateway,
        };
        let place = places.add(&router.id, kind, topology, router.outside[0]);
        if let Some(helper) = &router.ftp_helper {
            places.reads_ftp(place, helper.clone());
        }
        let middlebox = StatefulRouter::new(router.clone(), scenario.seed);
        let placed = fabric.place(place, Box::new(middlebox));
        let outside = if router.inside.is_empty() { Side::Interface } else { Side::Outside };
        for interface in &router.outside {
            fabric.stand(placed, outside, interface.subnet, interface.address);
        }
        for interface in &router.inside {
            fabric.stand(placed, Side::Inside, interface.subnet, interface.address);
        }
        fabric.add_router(placed);
    }
}

fn place_internet_gateways(fabric: &mut Fabric, places: &mut Places, topology: &Topology) {
    for gateway in &topology.internet_gateways {
        let NetworkIx(vpc) = gateway.vpc;
        let place =
            places.at_edge(&gateway.id, PlaceKind::InternetGateway, &topology.networks[vpc].id);
        let pairs = gateway.elastic.iter().map(|elastic| ElasticAddress {
            public: elastic.public.address,
            private: elastic.private,
        });
        let placed = fabric.place(place, Box::new(InternetGateway::new(pairs.collect())));
        fabric.stand_at_edge(placed, Side::Inside, gateway.vpc);
        fabric.stand_at_edge(placed, Side::Outside, gateway.internet);
        for elastic in &gateway.elastic {
            let address = elastic.public.address;
            fabric.answer_at_edge(placed, Side::Outside, gateway.internet, address);
        }
        fabric.add_internet_gateway(placed);
    }
}
