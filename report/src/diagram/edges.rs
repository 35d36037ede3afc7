//! The arrows of a diagram.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{
    Interface, InternetGatewayIx, NetworkIx, PeeringIx, RouterIx, Topology, Via,
};

use super::labels;
use super::walk::{self, Node, Way};

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) line: Line,
    pub(super) from: Node,
    pub(super) to: Node,
    /// Ports, or addresses that lead here.
    pub(super) notes: Vec<String>,
    /// Peerings on the way.
    pub(super) peerings: Vec<PeeringIx>,
}

/// What an edge stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The way to what the client is told to connect to; what a box passes on by itself.
    Solid,
    /// What packets to other addresses reach.
    Dotted,
    /// Beside the ways of the client: a peering, a box at the edge of a network.
    Joined,
}

/// All edges: what the client connects to, what boxes pass on, what else the client reaches, and what
/// nothing of that touches.
pub(super) fn edges(topology: &Topology) -> Vec<Edge> {
    let mut drawing = Drawing { topology, edges: Vec::new() };
    let client = Node::Host(topology.client_ix().0);
    for address in connect_addresses(topology) {
        let way = drawing.way(client, address);
        drawing.add_way(Line::Solid, client, &way, None);
    }
    drawing.endpoints();
    drawing.load_balancers();
    drawing.forwards();
    drawing.relays();
    for address in announceable(topology) {
        let way = drawing.way(client, address);
        if way.arrives {
            drawing.add_way(Line::Dotted, client, &way, Some(address.to_string()));
        }
    }
    drawing.untouched();
    drawing.edges
}

/// The addresses that the client may get when it connects.
pub(crate) fn connect_addresses(topology: &Topology) -> Vec<Ipv4Addr> {
    if let Ok(address) = topology.connect.parse() {
        return vec![address];
    }
    let first = topology.client().interfaces.first();
    let own = first.map(|interface| topology.network_of(*interface));
    let mut names: Vec<_> = topology
        .names
        .iter()
        .filter(|name| name.name.eq_ignore_ascii_case(&topology.connect))
        .filter(|name| name.network.is_none() || name.network == own)
        .collect();
    // A host looks in its own network first.
    names.sort_by_key(|name| name.network.is_none());
    names.first().map(|name| name.addresses.clone()).unwrap_or_default()
}

/// The addresses that the server may announce: its own, and those of the topology's settings.
fn announceable(topology: &Topology) -> Vec<Ipv4Addr> {
    let own = topology.server().interfaces.iter().map(|interface| interface.address);
    let mut addresses: Vec<Ipv4Addr> = own.collect();
    for address in topology.passive_ips.values() {
        if !addresses.contains(address) {
            addresses.push(*address);
        }
    }
    addresses
}

struct Drawing<'a> {
    topology: &'a Topology,
    edges: Vec<Edge>,
}

impl Drawing<'_> {
    /// The way from a node's first interface.
    fn way(&self, from: Node, to: Ipv4Addr) -> Way {
        let interfaces = walk::interfaces(self.topology, from);
        let first = interfaces.first();
        first.map(|first| walk::way(self.topology, from, *first, to)).unwrap_or_default()
    }

    /// Draws a way; the note goes to the first of its edges that has this line.
    fn add_way(&mut self, line: Line, from: Node, way: &Way, mut note: Option<String>) {
        let mut from = from;
        for step in &way.steps {
            if step.node != from {
                let edge = self.add(line, from, step.node);
                if let Some(peering) = step.peering
                    && !edge.peerings.contains(&peering)
                {
                    edge.peerings.push(peering);
                }
                if edge.line == line
                    && let Some(note) = note.take()
                    && !edge.notes.contains(&note)
                {
                    edge.notes.push(note);
                }
            }
            from = step.node;
        }
    }

    /// The edge between two nodes, which stays what it is if there is one.
    fn add(&mut self, line: Line, from: Node, to: Node) -> &mut Edge {
        let known = self.edges.iter().position(|edge| edge.from == from && edge.to == to);
        let position = known.unwrap_or(self.edges.len());
        if known.is_none() {
            self.edges.push(Edge { line, from, to, notes: Vec::new(), peerings: Vec::new() });
        }
        &mut self.edges[position]
    }

    fn endpoints(&mut self) {
        for (position, endpoint) in self.topology.endpoints.iter().enumerate() {
            for balancer in &endpoint.load_balancers {
                let to = Node::LoadBalancer(balancer.0);
                let edge = self.add(Line::Solid, Node::Endpoint(position), to);
                edge.notes.push("PrivateLink".to_owned());
            }
        }
    }

    /// From load balancers to targets, with ports if the targets differ in them.
    fn load_balancers(&mut self) {
        for (position, balancer) in self.topology.load_balancers.iter().enumerate() {
            let from = Node::LoadBalancer(position);
            let mut reached: Vec<(Node, Vec<String>)> = Vec::new();
            for listener in &balancer.listeners {
                let group = &self.topology.target_groups[listener.target_group.0];
                let ports = labels::mapped(&listener.ports, listener.first_target_port);
                for node in group.targets.iter().filter_map(|target| self.owner(*target)) {
                    match reached.iter_mut().find(|(known, _)| *known == node) {
                        Some((_, known)) if known.contains(&ports) => {}
                        Some((_, known)) => known.push(ports.clone()),
                        None => reached.push((node, vec![ports.clone()])),
                    }
                }
            }
            let differ = reached.windows(2).any(|pair| pair[0].1 != pair[1].1);
            for (node, ports) in reached {
                let edge = self.add(Line::Solid, from, node);
                if differ {
                    edge.notes.push(ports.join(", "));
                }
            }
        }
    }

    fn owner(&self, target: Interface) -> Option<Node> {
        walk::owner(self.topology, self.topology.network_of(target), target.address)
    }

    fn forwards(&mut self) {
        let topology = self.topology;
        for (position, router) in topology.routers.iter().enumerate() {
            let from = Node::Router(RouterIx(position));
            for forward in &router.forwards {
                let ports = labels::mapped(&forward.ports, forward.first_port);
                let note = match forward.address.filter(|_| router.outside.len() > 1) {
                    Some(address) => format!("{address}: {ports}"),
                    None => ports,
                };
                for to in &forward.to {
                    let way = self.way(from, *to);
                    self.add_way(Line::Solid, from, &way, Some(note.clone()));
                }
            }
        }
    }

    /// From proxies to where they connect, with ports if they differ by destination.
    fn relays(&mut self) {
        let topology = self.topology;
        for (position, host) in topology.hosts.iter().enumerate() {
            let from = Node::Host(position);
            let differ = host.relays.windows(2).any(|pair| pair[0].to != pair[1].to);
            for relay in &host.relays {
                for to in &relay.to {
                    let way = self.way(from, *to);
                    let note = differ.then(|| labels::ports(&relay.ports));
                    self.add_way(Line::Solid, from, &way, note);
                }
            }
        }
    }

    /// What nothing so far has touched: boxes, networks that are nodes, peerings.
    fn untouched(&mut self) {
        let routers = (0..self.topology.routers.len()).map(|ix| Via::Router(RouterIx(ix)));
        let gateways = 0..self.topology.internet_gateways.len();
        let gateways = gateways.map(|ix| Via::InternetGateway(InternetGatewayIx(ix)));
        for via in routers.chain(gateways) {
            self.untouched_box(via);
        }
        for position in 0..self.topology.networks.len() {
            self.untouched_network(NetworkIx(position));
        }
        for (position, peering) in self.topology.peerings.iter().enumerate() {
            let ix = PeeringIx(position);
            if !self.edges.iter().any(|edge| edge.peerings.contains(&ix)) {
                let [one, other] = peering.between.map(Node::Network);
                self.add(Line::Joined, one, other).peerings.push(ix);
            }
        }
    }

    fn is_touched(&self, node: Node) -> bool {
        self.edges.iter().any(|edge| edge.from == node || edge.to == node)
    }

    /// A box that nothing has touched: the routes to it.
    fn untouched_box(&mut self, via: Via) {
        let node = match via {
            Via::Router(ix) => Node::Router(ix),
            Via::InternetGateway(ix) => Node::Gateway(ix),
            Via::Peering(_) => return,
        };
        if self.is_touched(node) {
            return;
        }
        for (from, to) in self.routed(via) {
            let edge = self.add(Line::Dotted, from, node);
            if !edge.notes.contains(&to) {
                edge.notes.push(to);
            }
        }
    }

    /// A network that is a node and that nothing has touched: the boxes at its edge.
    fn untouched_network(&mut self, ix: NetworkIx) {
        let network = Node::Network(ix);
        if walk::occupied(self.topology, ix) || self.is_touched(network) {
            return;
        }
        let at_its_edge = walk::nodes(self.topology).filter(|node| self.is_at(*node, ix));
        for node in at_its_edge.collect::<Vec<_>>() {
            self.add(Line::Joined, node, network);
        }
    }

    fn is_at(&self, node: Node, network: NetworkIx) -> bool {
        if let Node::Gateway(ix) = node {
            return self.topology.internet_gateways[ix.0].internet == network;
        }
        let interfaces = walk::interfaces(self.topology, node);
        interfaces.iter().any(|interface| self.topology.network_of(*interface) == network)
    }

    /// Nodes whose subnets have a route to this box, and where to.
    fn routed(&self, via: Via) -> Vec<(Node, String)> {
        let mut routed = Vec::new();
        for node in walk::nodes(self.topology).filter(|node| !is(*node, via)) {
            for interface in walk::interfaces(self.topology, node) {
                let routes = &self.topology.subnet(interface.subnet).routes;
                let matching = routes.iter().filter(|route| route.via == via);
                routed.extend(matching.map(|route| (node, route.to.to_string())));
            }
        }
        routed
    }
}

fn is(node: Node, via: Via) -> bool {
    match (node, via) {
        (Node::Router(one), Via::Router(other)) => one == other,
        (Node::Gateway(one), Via::InternetGateway(other)) => one == other,
        _ => false,
    }
}
