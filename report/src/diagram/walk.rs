//! The way of a packet, from routes and addresses alone.
//!
//! Ports do not count here: a filter stops a packet only if it lets nothing from its source, or
//! nothing to its destination, pass. What filters say about ports is on the boxes.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{
    AclRule, Interface, InternetGatewayIx, NetworkIx, PeeringIx, Router, RouterIx, SecurityGroup,
    SecurityRule, SubnetIx, Topology, Via,
};

/// What a diagram draws as one box, by its position in the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Network(NetworkIx),
    Host(usize),
    Endpoint(usize),
    LoadBalancer(usize),
    Router(RouterIx),
    Gateway(InternetGatewayIx),
}

/// The network that a node is in; none if it is between networks.
pub(super) fn home(topology: &Topology, node: Node) -> Option<NetworkIx> {
    let interfaces = interfaces(topology, node);
    let (first, rest) = interfaces.split_first()?;
    let network = topology.network_of(*first);
    rest.iter().all(|other| topology.network_of(*other) == network).then_some(network)
}

/// Whether anything is in this network and in no other.
pub(super) fn occupied(topology: &Topology, network: NetworkIx) -> bool {
    nodes(topology).any(|node| home(topology, node) == Some(network))
}

/// All nodes but networks.
pub(super) fn nodes(topology: &Topology) -> impl Iterator<Item = Node> {
    let routers = (0..topology.routers.len()).map(|ix| Node::Router(RouterIx(ix)));
    let gateways = 0..topology.internet_gateways.len();
    (0..topology.hosts.len())
        .map(Node::Host)
        .chain((0..topology.endpoints.len()).map(Node::Endpoint))
        .chain((0..topology.load_balancers.len()).map(Node::LoadBalancer))
        .chain(routers)
        .chain(gateways.map(|ix| Node::Gateway(InternetGatewayIx(ix))))
}

/// A node's interfaces; an internet gateway has none of its own.
pub(super) fn interfaces(topology: &Topology, node: Node) -> Vec<Interface> {
    match node {
        Node::Network(_) | Node::Gateway(_) => Vec::new(),
        Node::Host(ix) => topology.hosts[ix].interfaces.clone(),
        Node::LoadBalancer(ix) => topology.load_balancers[ix].nodes.clone(),
        Node::Endpoint(ix) => {
            topology.endpoints[ix].interfaces.iter().map(|zone| zone.interface).collect()
        }
        Node::Router(ix) => {
            let router = &topology.routers[ix.0];
            router.inside.iter().chain(&router.outside).copied().collect()
        }
    }
}

/// The security groups of a node.
pub(super) fn security_groups(topology: &Topology, node: Node) -> Vec<&SecurityGroup> {
    let groups = match node {
        Node::Host(ix) => &topology.hosts[ix].security_groups,
        Node::Endpoint(ix) => &topology.endpoints[ix].security_groups,
        Node::LoadBalancer(ix) => &topology.load_balancers[ix].security_groups,
        Node::Network(_) | Node::Router(_) | Node::Gateway(_) => return Vec::new(),
    };
    groups.iter().map(|ix| &topology.security_groups[ix.0]).collect()
}

/// The node that has an address in a network.
pub(super) fn owner(topology: &Topology, network: NetworkIx, address: Ipv4Addr) -> Option<Node> {
    let has = |interface: &Interface| {
        interface.address == address && topology.network_of(*interface) == network
    };
    nodes(topology).find(|node| interfaces(topology, *node).iter().any(has))
}

/// How far a packet gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// The nodes it comes to, in order, without the one that sent it.
    pub(super) steps: Vec<Step>,
    /// Whether the last of them takes it.
    pub(super) arrives: bool,
}

/// A node on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) node: Node,
    /// The peering crossed to get there.
    pub(super) peering: Option<PeeringIx>,
}

/// The way from one of a node's interfaces to an address.
pub(super) fn way(topology: &Topology, sender: Node, from: Interface, to: Ipv4Addr) -> Way {
    let mut walk =
        Walk { topology, start: from.subnet, sources: vec![from.address], steps: vec![] };
    let arrives = walk.leaves(sender, to) && walk.goes(from.subnet, to);
    Way { steps: walk.steps, arrives }
}

/// No way is longer than this: routes that lead in a circle have to end.
const LONGEST: usize = 16;

struct Walk<'a> {
    topology: &'a Topology,
    start: SubnetIx,
    /// The addresses that the packet may come from, as translated so far.
    sources: Vec<Ipv4Addr>,
    steps: Vec<Step>,
}

impl Walk<'_> {
    /// Whether the sender's own filters let it go.
    fn leaves(&self, sender: Node, to: Ipv4Addr) -> bool {
        let groups = security_groups(self.topology, sender);
        let allowed =
            groups.is_empty() || groups.iter().any(|group| allows(&group.outbound, &[to]));
        let subnet = self.topology.subnet(self.start);
        let acl = subnet.acl.filter(|_| !subnet.cidr.contains(&to));
        allowed && acl.is_none_or(|ix| passes(&self.topology.network_acls[ix.0].outbound, &[to]))
    }

    fn goes(&mut self, mut subnet: SubnetIx, to: Ipv4Addr) -> bool {
        for _ in 0..LONGEST {
            let here = self.topology.subnet(subnet).network;
            if self.topology.network(here).cidrs.iter().any(|cidr| cidr.contains(&to)) {
                return self.arrives(here, to, None);
            }
            match self.route(subnet, to) {
                None => return false,
                Some(Via::Peering(ix)) => {
                    let [one, other] = self.topology.peerings[ix.0].between;
                    let beyond = if one == here { other } else { one };
                    return self.arrives(beyond, to, Some(ix));
                }
                Some(Via::InternetGateway(ix)) => return self.leaves_vpc(ix, to),
                Some(Via::Router(ix)) => match self.crosses(ix, here, to) {
                    Some(next) => subnet = next,
                    None => return false,
                },
            }
        }
        false
    }

    fn route(&self, subnet: SubnetIx, to: Ipv4Addr) -> Option<Via> {
        let routes = self.topology.subnet(subnet).routes.iter();
        let matching = routes.filter(|route| route.to.contains(&to));
        matching.max_by_key(|route| route.to.prefix_len()).map(|route| route.via)
    }

    /// Comes to a node, through a network. One with nothing in it is a node itself.
    fn step(&mut self, network: NetworkIx, node: Node, peering: Option<PeeringIx>) {
        if self.steps.last().is_some_and(|last| last.node == node) {
            return;
        }
        if occupied(self.topology, network) {
            self.steps.push(Step { node, peering });
            return;
        }
        let crossed = Node::Network(network);
        if self.steps.last().is_none_or(|last| last.node != crossed) {
            self.steps.push(Step { node: crossed, peering });
        }
        self.steps.push(Step { node, peering: None });
    }

    /// Comes to whoever has the address in this network.
    fn arrives(&mut self, network: NetworkIx, to: Ipv4Addr, peering: Option<PeeringIx>) -> bool {
        let topology = self.topology;
        if let Some(node) = owner(topology, network, to) {
            self.step(network, node, peering);
            return self.is_taken(network, node, to);
        }
        let gateways = topology.internet_gateways.iter().enumerate();
        for (position, gateway) in gateways.filter(|(_, gateway)| gateway.internet == network) {
            let Some(pair) = gateway.elastic.iter().find(|pair| pair.public.address == to) else {
                continue;
            };
            self.step(network, Node::Gateway(InternetGatewayIx(position)), peering);
            let Some(node) = owner(topology, gateway.vpc, pair.private) else {
                return false;
            };
            self.step(gateway.vpc, node, None);
            return self.is_taken(gateway.vpc, node, pair.private);
        }
        false
    }

    /// Whether a node takes what has come to it, as far as its filters see no port.
    fn is_taken(&self, network: NetworkIx, node: Node, to: Ipv4Addr) -> bool {
        if let Node::Router(ix) = node {
            return publishes(&self.topology.routers[ix.0], to);
        }
        let groups = security_groups(self.topology, node);
        let allowed =
            groups.is_empty() || groups.iter().any(|group| allows(&group.inbound, &self.sources));
        let subnets = self.topology.subnets.iter().enumerate();
        let subnet = subnets
            .filter(|(_, subnet)| subnet.network == network && subnet.cidr.contains(&to))
            .find(|(position, _)| self.start != SubnetIx(*position));
        let acl = subnet.and_then(|(_, subnet)| subnet.acl);
        let acl = acl.map(|ix| &self.topology.network_acls[ix.0]);
        allowed && acl.is_none_or(|acl| passes(&acl.inbound, &self.sources))
    }

    /// Through an internet gateway, as one of its elastic addresses.
    fn leaves_vpc(&mut self, ix: InternetGatewayIx, to: Ipv4Addr) -> bool {
        let gateway = &self.topology.internet_gateways[ix.0];
        self.step(gateway.vpc, Node::Gateway(ix), None);
        let own = gateway.elastic.iter().filter(|pair| self.sources.contains(&pair.private));
        self.sources = own.map(|pair| pair.public.address).collect();
        !self.sources.is_empty() && self.arrives(gateway.internet, to, None)
    }

    /// Through a router; gives the subnet where it comes out.
    fn crosses(&mut self, ix: RouterIx, here: NetworkIx, to: Ipv4Addr) -> Option<SubnetIx> {
        let router = &self.topology.routers[ix.0];
        self.step(here, Node::Router(ix), None);
        let inside = router.inside.first();
        let from_inside = inside.is_none_or(|inside| self.topology.network_of(*inside) == here);
        if publishes(router, to) {
            return (!from_inside || router.hairpin).then_some(router.outside.first()?.subnet);
        }
        let passages = if from_inside { &router.from_inside } else { &router.from_outside };
        if !passages.iter().any(|passage| passage.to.contains(&to)) {
            return None;
        }
        if from_inside && router.source_nat.is_some() {
            self.sources = router.outside.iter().map(|interface| interface.address).collect();
        }
        let exit = if from_inside { router.outside.first() } else { inside };
        exit.map(|interface| interface.subnet)
    }
}

/// Whether a router passes on something from this address.
fn publishes(router: &Router, address: Ipv4Addr) -> bool {
    let own = router.outside.iter().any(|interface| interface.address == address);
    router.forwards.iter().any(|forward| match forward.address {
        Some(only) => only == address,
        None => own,
    })
}

fn allows(rules: &[SecurityRule], addresses: &[Ipv4Addr]) -> bool {
    rules.iter().any(|rule| addresses.iter().any(|address| rule.peer.contains(address)))
}

/// Whether some port is allowed that no rule before denies as a whole.
fn passes(rules: &[AclRule], addresses: &[Ipv4Addr]) -> bool {
    addresses.iter().any(|address| {
        let of_address = |rule: &&AclRule| rule.peer.contains(address);
        rules.iter().filter(of_address).any(|rule| {
            let covers = |earlier: &AclRule| {
                earlier.ports.start() <= rule.ports.start()
                    && earlier.ports.end() >= rule.ports.end()
            };
            let before = rules.iter().filter(of_address);
            rule.allow
                && !before
                    .take_while(|earlier| earlier.number < rule.number)
                    .any(|earlier| !earlier.allow && covers(earlier))
        })
    })
}
