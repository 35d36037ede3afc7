//! Drawing networks, hosts and boxes.

use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_harness::net::elastic::{ElasticAddress, InternetGateway};
use pasvlab_harness::net::fabric::{BoxIx, Carried, Ground};
use pasvlab_harness::net::filters::SecurityFilter;
use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeListener, NodeTarget};
use pasvlab_harness::net::privatelink::EndpointInterface;
use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Fabric, InterfaceIx, Middlebox, Packet, Side, Time};
use pasvlab_harness::record::{End, Hop, PlaceIx};
use pasvlab_scenarios::{
    AclRule, EndpointAfterIdle, InternetGatewayIx, Link, Network, NetworkAcl, NetworkAclIx,
    NetworkIx, NetworkKind, Peering, PeeringIx, Route, Router, RouterIx, Subnet, SubnetIx, Via,
};

use crate::journey::{Ended, Journey};
use crate::script::ip;

/// The delay between two interfaces, where a script does not set another.
pub(crate) const LEG: Duration = Duration::from_millis(1);
/// When scripts begin.
const START: Time = Time::from_secs(1000);
/// NLB guide, Connection idle timeout; also that of endpoints and NAT gateways.
pub(crate) const IDLE: Time = Time::from_secs(350);

/// No script causes so many packets at once.
const MOST_PACKETS: usize = 1000;

/// The first router that a script sets up.
pub(crate) const ROUTER: Via = Via::Router(RouterIx(0));
/// The second one.
pub(crate) const OTHER_ROUTER: Via = Via::Router(RouterIx(1));
/// The first internet gateway.
pub(crate) const GATEWAY: Via = Via::InternetGateway(InternetGatewayIx(0));

/// Networks before anything is plugged in.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    pub(crate) ground: Ground,
}

impl Drawing {
    /// A network with one subnet that fills it.
    pub(crate) fn network(&mut self, id: &str, kind: NetworkKind, range: &str) -> SubnetIx {
        let network = NetworkIx(self.ground.networks.len());
        let cidrs = vec![range.parse().expect("a range")];
        self.ground.networks.push(Network { id: id.to_owned(), kind, cidrs, link: None });
        self.add_subnet(id, network, range)
    }

    pub(crate) fn vpc(&mut self, id: &str, range: &str) -> SubnetIx {
        self.network(id, NetworkKind::Vpc, range)
    }

    /// One more subnet of the network in which this one is.
    pub(crate) fn subnet(&mut self, id: &str, beside: SubnetIx, range: &str) -> SubnetIx {
        self.add_subnet(id, self.network_of(beside), range)
    }

    fn add_subnet(&mut self, id: &str, network: NetworkIx, range: &str) -> SubnetIx {
        self.ground.subnets.push(Subnet {
            id: id.to_owned(),
            network,
            zone: None,
            cidr: range.parse().expect("a range"),
            routes: Vec::new(),
            acl: None,
        });
        SubnetIx(self.ground.subnets.len() - 1)
    }

    fn network_of(&self, subnet: SubnetIx) -> NetworkIx {
        self.ground.subnets[subnet.0].network
    }

    pub(crate) fn peering(&mut self, one: SubnetIx, other: SubnetIx) -> Via {
        let between = [one, other].map(|subnet| self.network_of(subnet));
        self.ground.peerings.push(Peering { id: "peering".to_owned(), between, link: None });
        Via::Peering(PeeringIx(self.ground.peerings.len() - 1))
    }

    pub(crate) fn route(&mut self, from: SubnetIx, to: &str, via: Via) {
        let to = to.parse().expect("a range");
        self.ground.subnets[from.0].routes.push(Route { to, via });
    }

    /// Gives a subnet a network ACL.
    pub(crate) fn acl(&mut self, subnet: SubnetIx, inbound: &[AclRule], outbound: &[AclRule]) {
        let (inbound, outbound) = (inbound.to_vec(), outbound.to_vec());
        self.ground.acls.push(NetworkAcl { id: "acl".to_owned(), inbound, outbound });
        let acl = NetworkAclIx(self.ground.acls.len() - 1);
        self.ground.subnets[subnet.0].acl = Some(acl);
    }

    /// What the legs of a subnet's network are like.
    pub(crate) fn link(&mut self, subnet: SubnetIx, link: Link) {
        let network = self.network_of(subnet);
        self.ground.networks[network.0].link = Some(link);
    }

    pub(crate) fn build(mut self) -> Lab {
        let networks = self.ground.networks.iter();
        let names: Vec<String> = networks.map(|n| format!("router of {}", n.id)).collect();
        self.ground.routers = (0..names.len() as u16).map(PlaceIx).collect();
        let networks = self.ground.subnets.iter().map(|subnet| subnet.network).collect();
        let fabric = Fabric::new(self.ground);
        Lab { fabric, names, networks, hosts: Vec::new(), hops: Vec::new(), now: START }
    }
}

/// A fabric, the names of its places, and a clock.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) fabric: Fabric,
    names: Vec<String>,
    /// In which network each subnet is.
    networks: Vec<NetworkIx>,
    hosts: Vec<(String, InterfaceIx)>,
    /// Of all packets so far: a packet's own are a range in it.
    pub(crate) hops: Vec<Hop>,
    pub(crate) now: Time,
}

impl Lab {
    fn name(&mut self, name: &str) -> PlaceIx {
        self.names.push(name.to_owned());
        PlaceIx(self.names.len() as u16 - 1)
    }

    pub(crate) fn host(&mut self, name: &str, subnet: SubnetIx, address: &str) {
        self.guarded_host(name, subnet, address, None);
    }

    /// A host with security groups.
    pub(crate) fn guarded_host(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        filter: impl Into<Option<SecurityFilter>>,
    ) {
        let place = self.name(name);
        let interface = self.fabric.plug(subnet, ip(address), place, filter.into());
        self.hosts.push((name.to_owned(), interface));
    }

    /// A box that stands nowhere yet.
    pub(crate) fn place(&mut self, name: &str, middlebox: impl Middlebox + 'static) -> BoxIx {
        let place = self.name(name);
        self.fabric.place(place, Box::new(middlebox))
    }

    /// A box with one interface.
    pub(crate) fn stand(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        middlebox: impl Middlebox + 'static,
    ) -> BoxIx {
        let placed = self.place(name, middlebox);
        self.fabric.stand(placed, Side::Interface, subnet, ip(address));
        placed
    }

    /// A node that listens on port 21.
    pub(crate) fn node(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        group: NodeGroup,
    ) -> BoxIx {
        self.stand(name, subnet, address, node(address, group, IDLE))
    }

    pub(crate) fn endpoint(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        (node, node_address): (BoxIx, &str),
    ) -> BoxIx {
        let nodes = [ip(node_address)];
        let after_idle = EndpointAfterIdle::Silence;
        let middlebox = EndpointInterface::new(ip(address), &nodes, IDLE, after_idle, 0);
        let endpoint = self.stand(name, subnet, address, middlebox);
        self.fabric.link(endpoint, node);
        endpoint
    }

    /// The next router that routes point at, with its interfaces.
    pub(crate) fn router(&mut self, name: &str, settings: Router) -> BoxIx {
        self.router_in(name, settings, |router| Box::new(router))
    }

    /// Likewise, in something of the test's own.
    pub(crate) fn router_in(
        &mut self,
        name: &str,
        settings: Router,
        wrap: impl FnOnce(StatefulRouter) -> Box<dyn Middlebox>,
    ) -> BoxIx {
        let place = self.name(name);
        let placed = self.fabric.place(place, wrap(StatefulRouter::new(settings.clone(), 0)));
        let outside = if settings.inside.is_empty() { Side::Interface } else { Side::Outside };
        for interface in settings.outside {
            self.fabric.stand(placed, outside, interface.subnet, interface.address);
        }
        for interface in settings.inside {
            self.fabric.stand(placed, Side::Inside, interface.subnet, interface.address);
        }
        self.fabric.add_router(placed);
        placed
    }

    /// The next internet gateway, with elastic addresses: on the internet and in the VPC.
    pub(crate) fn internet_gateway(
        &mut self,
        name: &str,
        (vpc, internet): (SubnetIx, SubnetIx),
        elastic: &[(&str, &str)],
    ) {
        let pairs = elastic
            .iter()
            .map(|(public, private)| ElasticAddress { public: ip(public), private: ip(private) });
        let pairs: Vec<ElasticAddress> = pairs.collect();
        let placed = self.place(name, InternetGateway::new(pairs.clone()));
        let [vpc, internet] = [vpc, internet].map(|subnet| self.networks[subnet.0]);
        self.fabric.stand_at_edge(placed, Side::Inside, vpc);
        self.fabric.stand_at_edge(placed, Side::Outside, internet);
        for ElasticAddress { public, .. } in pairs {
            self.fabric.answer_at_edge(placed, Side::Outside, internet, public);
        }
        self.fabric.add_internet_gateway(placed);
    }

    pub(crate) fn wait(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    /// Sends the packet of this journey and compares everything that comes of it.
    #[track_caller]
    pub(crate) fn send(&mut self, expected: Journey) -> &mut Self {
        self.send_all([expected])
    }

    /// Likewise, if boxes send packets because of it, which are the further journeys.
    #[track_caller]
    pub(crate) fn send_all<const N: usize>(&mut self, expected: [Journey; N]) -> &mut Self {
        let Journey { from, packet, .. } = &expected[0];
        let journeys = self.carry(from, packet.clone());
        assert_eq!(journeys, expected);
        self
    }

    pub(crate) fn carry(&mut self, from: &str, packet: Packet) -> Vec<Journey> {
        self.carried(from, packet).into_iter().map(|carried| self.journey(carried)).collect()
    }

    /// The only call of [`Fabric::carry`].
    pub(crate) fn carried(&mut self, from: &str, packet: Packet) -> Vec<Carried> {
        let (_, interface) = self.hosts.iter().find(|(name, _)| name == from).expect("a host");
        let mut ended: Vec<Carried> = Vec::new();
        self.fabric.carry(self.now, *interface, packet, &mut self.hops, |one| {
            assert!(ended.len() < MOST_PACKETS, "boxes send each other packets for ever");
            ended.push(one);
        });
        ended
    }

    pub(crate) fn name_of(&self, place: PlaceIx) -> String {
        self.names[usize::from(place.0)].clone()
    }

    pub(crate) fn host_at(&self, interface: InterfaceIx) -> &str {
        let (name, _) = self.hosts.iter().find(|host| host.1 == interface).expect("a host");
        name
    }

    pub(crate) fn journey(&self, carried: Carried) -> Journey {
        let hops = self.hops[carried.hops].iter();
        let hops =
            hops.map(|hop| (self.name_of(hop.place), hop.src.to_string(), hop.dst.to_string()));
        let arrived = carried
            .delivered
            .map(|(interface, packet)| (self.host_at(interface).to_owned(), packet));
        Journey {
            from: self.name_of(carried.from),
            started: carried.started - self.now,
            packet: carried.packet,
            answer: carried.answer,
            hops: hops.collect(),
            end: match carried.end {
                End::Delivered(place) => Ended::Delivered(self.name_of(place)),
                End::Dropped(place, reason) => Ended::Dropped(self.name_of(place), reason),
                End::Unreachable(place, reason) => Ended::Unreachable(self.name_of(place), reason),
            },
            at: carried.at - self.now,
            lost: carried.lost,
            arrived,
        }
    }
}

/// A target group with these targets, healthy and in the node's zone.
pub(crate) fn to(targets: &[&str]) -> NodeGroup {
    let target = |address: &&str| NodeTarget { address: ip(address), here: true, healthy: true };
    NodeGroup { targets: targets.iter().map(target).collect(), ..NodeGroup::default() }
}

/// A node that listens on port 21.
pub(crate) fn node(address: &str, group: NodeGroup, idle: Time) -> NlbNode {
    let listener = NodeListener { ports: 21..=21, first_target_port: 21, group: 0, idle };
    let address: Ipv4Addr = ip(address);
    NlbNode::new(address, vec![listener], vec![group], 0)
}
