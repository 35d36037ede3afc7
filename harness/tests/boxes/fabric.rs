//! Routes, delays and the wiring between boxes: [`pasvlab_harness::net::fabric`].
//!
//! A [`Ground`] is drawn first, then hosts and boxes are set on it by name, and a script sends packets
//! from one of them. What comes out is compared as a whole: every packet that set out because of it,
//! from where and when, the boxes that it passed with its addresses behind each, and where, when, how
//! and as what it ended.

use std::time::Duration;

use pasvlab_harness::net::fabric::{BoxIx, Carried};
use pasvlab_harness::net::nlb::{NlbNode, NodeListener};
use pasvlab_harness::net::privatelink::EndpointInterface;
use pasvlab_harness::net::{Fabric, InterfaceIx, Middlebox, Packet, Reason, Time};
use pasvlab_harness::record::{End, Hop, PlaceIx};
use pasvlab_scenarios::{
    Network, NetworkIx, NetworkKind, Peering, PeeringIx, Route, Subnet, SubnetIx,
};
use rstest::rstest;

use crate::script::{Fields, INSTANT, ack, ip, rst, rst_ack, secs, socket, syn, syn_ack};

/// The delay between two interfaces.
const LEG: Duration = Duration::from_millis(1);
/// When scripts begin.
const START: Time = Time::from_secs(1000);
const IDLE: Time = Time::from_secs(350);

/// Networks before anything is plugged in.
#[derive(Debug, Default)]
struct Ground {
    networks: Vec<Network>,
    subnets: Vec<Subnet>,
    peerings: Vec<Peering>,
}

impl Ground {
    /// A network with one subnet that fills it.
    fn network(&mut self, id: &str, kind: NetworkKind, range: &str) -> SubnetIx {
        let network = NetworkIx(self.networks.len());
        let cidr = range.parse().expect("a range");
        self.networks.push(Network { id: id.to_owned(), kind, cidrs: vec![cidr] });
        self.subnets.push(Subnet {
            id: id.to_owned(),
            network,
            zone: None,
            cidr,
            routes: Vec::new(),
        });
        SubnetIx(self.subnets.len() - 1)
    }

    fn vpc(&mut self, id: &str, range: &str) -> SubnetIx {
        self.network(id, NetworkKind::Vpc, range)
    }

    fn peering(&mut self, one: SubnetIx, other: SubnetIx) -> PeeringIx {
        let between = [one, other].map(|subnet| self.subnets[subnet.0].network);
        self.peerings.push(Peering { id: "peering".to_owned(), between });
        PeeringIx(self.peerings.len() - 1)
    }

    fn route(&mut self, from: SubnetIx, to: &str, via: PeeringIx) {
        let to = to.parse().expect("a range");
        self.subnets[from.0].routes.push(Route { to, via });
    }

    fn build(self) -> Lab {
        let names: Vec<String> =
            self.networks.iter().map(|network| format!("router of {}", network.id)).collect();
        let routers: Vec<PlaceIx> = (0..names.len() as u16).map(PlaceIx).collect();
        let fabric = Fabric::new(&self.networks, self.subnets, self.peerings, &routers, LEG);
        Lab { fabric, names, hosts: Vec::new(), hops: Vec::new(), now: START }
    }
}

/// A fabric, the names of its places, and a clock.
#[derive(Debug)]
struct Lab {
    fabric: Fabric,
    names: Vec<String>,
    hosts: Vec<(String, InterfaceIx)>,
    /// Of all packets so far: a packet's own are a range in it.
    hops: Vec<Hop>,
    now: Time,
}

impl Lab {
    fn name(&mut self, name: &str) -> PlaceIx {
        self.names.push(name.to_owned());
        PlaceIx(self.names.len() as u16 - 1)
    }

    fn host(&mut self, name: &str, subnet: SubnetIx, address: &str) {
        let place = self.name(name);
        let interface = self.fabric.plug(subnet, ip(address), place);
        self.hosts.push((name.to_owned(), interface));
    }

    fn place(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        middlebox: impl Middlebox + 'static,
    ) -> BoxIx {
        let place = self.name(name);
        self.fabric.place(subnet, ip(address), place, Box::new(middlebox))
    }

    /// A node that listens on port 21.
    fn node(&mut self, name: &str, subnet: SubnetIx, address: &str, target: &str) -> BoxIx {
        let listener = NodeListener { ports: 21..=21, targets: vec![ip(target)] };
        self.place(name, subnet, address, NlbNode::new(ip(address), vec![listener], IDLE, 0))
    }

    fn endpoint(
        &mut self,
        name: &str,
        subnet: SubnetIx,
        address: &str,
        (node, node_address): (BoxIx, &str),
    ) {
        let middlebox = EndpointInterface::new(ip(address), ip(node_address), IDLE);
        let endpoint = self.place(name, subnet, address, middlebox);
        self.fabric.link(endpoint, node);
    }

    fn wait(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    /// Sends the packet of this journey and compares everything that comes of it.
    #[track_caller]
    fn send(&mut self, expected: Journey) -> &mut Self {
        self.compare(&[expected])
    }

    /// Likewise, if a box sends a packet because of it.
    #[track_caller]
    fn send_answered(&mut self, expected: Journey, answer: Journey) -> &mut Self {
        self.compare(&[expected, answer])
    }

    #[track_caller]
    fn compare(&mut self, expected: &[Journey]) -> &mut Self {
        let Journey { from, packet, .. } = &expected[0];
        let (_, interface) = self.hosts.iter().find(|(name, _)| name == from).expect("a host");
        let journeys = self.carry(*interface, packet.clone());
        assert_eq!(journeys, expected);
        self
    }

    /// The only call of [`Fabric::carry`].
    fn carry(&mut self, from: InterfaceIx, packet: Packet) -> Vec<Journey> {
        let Self { fabric, names, hosts, hops, now } = self;
        let mut ended: Vec<Carried> = Vec::new();
        fabric.carry(*now, from, packet, hops, |carried| ended.push(carried));
        let name = |place: PlaceIx| names[usize::from(place.0)].clone();
        let journey = |carried: Carried| Journey {
            from: name(carried.from),
            started: carried.started - *now,
            packet: carried.packet,
            answer: carried.answer,
            hops: hops[carried.hops]
                .iter()
                .map(|hop| (name(hop.place), hop.src.to_string(), hop.dst.to_string()))
                .collect(),
            end: match carried.end {
                End::Delivered(place) => Ended::Delivered(name(place)),
                End::Dropped(place, reason) => Ended::Dropped(name(place), reason),
                End::Unreachable(place, reason) => Ended::Unreachable(name(place), reason),
            },
            at: carried.at - *now,
            arrived: carried.delivered.map(|(interface, packet)| {
                let owner = hosts.iter().find(|(_, other)| *other == interface).expect("a host");
                (owner.0.clone(), packet)
            }),
        };
        ended.into_iter().map(journey).collect()
    }
}

/// What became of one packet, with names in place of numbers and times since the script's packet.
#[derive(Debug, PartialEq)]
struct Journey {
    from: String,
    started: Duration,
    packet: Packet,
    answer: Option<Reason>,
    hops: Vec<(String, String, String)>,
    end: Ended,
    at: Duration,
    arrived: Option<(String, Packet)>,
}

#[derive(Debug, PartialEq)]
enum Ended {
    Delivered(String),
    Dropped(String, Reason),
    Unreachable(String, Reason),
}

/// Expected: a journey, up to its end.
#[derive(Debug)]
struct Way {
    from: &'static str,
    started: Duration,
    packet: Packet,
    answer: Option<Reason>,
    hops: Vec<(String, String, String)>,
}

/// Expected: a packet that sets out at once.
fn sent(from: &'static str, packet: Packet) -> Way {
    Way { from, started: Duration::ZERO, packet, answer: None, hops: Vec::new() }
}

/// Expected: a packet that a box sends by itself, some legs later.
fn answered(from: &'static str, reason: Reason, after: u32, packet: Packet) -> Way {
    Way { started: LEG * after, answer: Some(reason), ..sent(from, packet) }
}

impl Way {
    /// Through this box, and then with these addresses.
    fn via(mut self, name: &str, src: &str, dst: &str) -> Self {
        self.hops.push((name.to_owned(), src.to_owned(), dst.to_owned()));
        self
    }

    /// It arrives with the addresses that the last box gave it, and otherwise as it was.
    fn reaches(self, name: &str, legs: u32) -> Journey {
        let mut arrived = self.packet.clone();
        if let Some((_, src, dst)) = self.hops.last() {
            (arrived.src, arrived.dst) = (socket(src), socket(dst));
        }
        let end = Ended::Delivered(name.to_owned());
        Journey { arrived: Some((name.to_owned(), arrived)), ..self.ends(end, legs) }
    }

    fn dropped_by(self, name: &str, reason: Reason, legs: u32) -> Journey {
        self.ends(Ended::Dropped(name.to_owned(), reason), legs)
    }

    fn unreachable_by(self, name: &str, reason: Reason, legs: u32) -> Journey {
        self.ends(Ended::Unreachable(name.to_owned(), reason), legs)
    }

    fn ends(self, end: Ended, legs: u32) -> Journey {
        let Self { from, started, packet, answer, hops } = self;
        let at = LEG * legs;
        Journey { from: from.to_owned(), started, packet, answer, hops, end, at, arrived: None }
    }
}

const CLIENT: &str = "10.1.1.1:5000";
const SERVER: &str = "10.0.2.10:21";

/// Consumer and provider VPC, not connected.
fn two_vpcs() -> (Ground, SubnetIx, SubnetIx) {
    let mut ground = Ground::default();
    let consumer = ground.vpc("consumer", "10.1.0.0/16");
    let provider = ground.vpc("provider", "10.0.0.0/16");
    (ground, consumer, provider)
}

/// Client and server in two networks of these kinds, peered, with routes both ways.
fn peered(near: NetworkKind, far: NetworkKind) -> (Ground, SubnetIx, SubnetIx) {
    let mut ground = Ground::default();
    let consumer = ground.network("consumer", near, "10.1.0.0/16");
    let provider = ground.network("provider", far, "10.0.0.0/16");
    let peering = ground.peering(consumer, provider);
    ground.route(consumer, "10.0.0.0/16", peering);
    ground.route(provider, "10.1.0.0/16", peering);
    (ground, consumer, provider)
}

/// The client's VPC with an endpoint, the server's with the load balancer; no route between them.
fn privatelink() -> Lab {
    let (ground, consumer, provider) = two_vpcs();
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", provider, "10.0.1.50", "10.0.2.10");
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab
}

/// Opens the client's connection through endpoint and load balancer.
fn connected_privatelink() -> Lab {
    let mut lab = privatelink();
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    );
    lab
}

/// The client's VPC with a load balancer in it.
fn balanced() -> Lab {
    let mut ground = Ground::default();
    let vpc = ground.vpc("vpc", "10.0.0.0/16");
    let mut lab = ground.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    lab.node("nlb", vpc, "10.0.1.50", "10.0.2.10");
    lab
}

/// VPC guide, Route tables: every route table has the local route.
#[test]
fn a_packet_inside_one_network_is_delivered_unchanged_after_one_leg() {
    let mut ground = Ground::default();
    let vpc = ground.vpc("vpc", "10.0.0.0/16");
    let mut lab = ground.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    let packet = syn("10.0.1.1:5000", SERVER).seq(7).window(512);
    lab.send(sent("client", packet).reaches("server", 1));
    let reply = syn_ack(SERVER, "10.0.1.1:5000").seq(300).ack(8);
    lab.send(sent("server", reply).reaches("client", 1));
}

/// VPC guide, VPC basics: address ranges of two VPCs may overlap; each address is one of its own VPC.
#[test]
fn two_networks_with_the_same_range_keep_their_hosts_apart() {
    let mut ground = Ground::default();
    let consumer = ground.vpc("consumer", "10.0.0.0/16");
    let provider = ground.vpc("provider", "10.0.0.0/16");
    let mut lab = ground.build();
    lab.host("client", consumer, "10.0.1.1");
    lab.host("printer", consumer, "10.0.2.10");
    lab.host("server", provider, "10.0.2.10");
    lab.host("neighbour", provider, "10.0.1.2");
    let packet = syn("10.0.1.1:5000", SERVER);
    lab.send(sent("client", packet).reaches("printer", 1));
    let packet = syn("10.0.1.2:5000", SERVER);
    lab.send(sent("neighbour", packet).reaches("server", 1));
    let packet = ack("10.0.1.2:5000", "10.0.1.1:21");
    lab.send(sent("neighbour", packet).dropped_by(
        "router of provider",
        Reason::NobodyAtAddress,
        0,
    ));
}

/// VPC guide, Route tables: without a matching route the packet goes nowhere. RFC 1812 section 4.3.3.1:
/// a router should answer with ICMP network unreachable, which a VPC and the internet do not.
#[test]
fn without_a_route_a_vpc_is_silent() {
    let (ground, consumer, provider) = two_vpcs();
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).dropped_by(
        "router of consumer",
        Reason::NoRoute,
        0,
    ));
}

/// As above; the lab's internet is silent too.
#[test]
fn without_a_route_the_internet_is_silent() {
    let mut ground = Ground::default();
    let internet = ground.network("internet", NetworkKind::Internet, "203.0.113.0/24");
    let mut lab = ground.build();
    lab.host("client", internet, "203.0.113.9");
    let packet = syn("203.0.113.9:5000", SERVER);
    lab.send(sent("client", packet).dropped_by("router of internet", Reason::NoRoute, 0));
}

/// RFC 1812 section 4.3.3.1: a router without a route answers that the network is unreachable.
#[test]
fn without_a_route_an_on_premises_router_answers() {
    let mut ground = Ground::default();
    let office = ground.network("office", NetworkKind::OnPremises, "192.168.0.0/24");
    let mut lab = ground.build();
    lab.host("client", office, "192.168.0.9");
    let packet = syn("192.168.0.9:5000", SERVER);
    lab.send(sent("client", packet).unreachable_by("router of office", Reason::NoRoute, 0));
}

/// VPC guide, Route tables: the local route covers the whole range, with and without hosts. RFC 1812
/// section 4.3.3.1: a router that cannot reach a host on a connected network answers so.
#[test]
fn nobody_at_an_address_is_silence_in_a_vpc_and_an_answer_on_premises() {
    let nobody = "10.1.9.9:21";
    let (ground, consumer, _) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.send(sent("client", syn(CLIENT, nobody)).dropped_by(
        "router of consumer",
        Reason::NobodyAtAddress,
        0,
    ));
    let (ground, consumer, _) = peered(NetworkKind::OnPremises, NetworkKind::Vpc);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.send(sent("client", syn(CLIENT, nobody)).unreachable_by(
        "router of consumer",
        Reason::NobodyAtAddress,
        0,
    ));
}

/// VPC peering guide: traffic uses private addresses "as if they are within the same network".
#[test]
fn a_peering_carries_packets_unchanged_in_both_directions() {
    let (ground, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1))
        .send(sent("server", syn_ack(SERVER, CLIENT)).reaches("client", 1));
}

/// As for a network of one's own: it is the router of the far network that gives up.
#[rstest]
#[case::vpc(NetworkKind::Vpc, true)]
#[case::internet(NetworkKind::Internet, true)]
#[case::on_premises(NetworkKind::OnPremises, false)]
fn beyond_a_peering_the_far_networks_router_decides(
    #[case] far: NetworkKind,
    #[case] silent: bool,
) {
    let (ground, consumer, _) = peered(NetworkKind::Vpc, far);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    let way = sent("client", syn(CLIENT, SERVER));
    let expected = if silent {
        way.dropped_by("router of provider", Reason::NobodyAtAddress, 0)
    } else {
        way.unreachable_by("router of provider", Reason::NobodyAtAddress, 0)
    };
    lab.send(expected);
}

/// VPC guide, Route priority: the most specific route that matches is used, wherever it stands in the
/// table.
#[rstest]
#[case::the_general_route_first(&["0.0.0.0/0", "10.0.0.0/8", "10.0.2.0/24"])]
#[case::the_special_route_first(&["10.0.2.0/24", "10.0.0.0/8", "0.0.0.0/0"])]
#[case::the_special_route_between(&["10.0.0.0/8", "10.0.2.0/24", "0.0.0.0/0"])]
fn the_longest_matching_prefix_wins(#[case] table: &[&str]) {
    let mut ground = Ground::default();
    let consumer = ground.vpc("consumer", "10.1.0.0/16");
    // The same address is in all of them.
    let far = ["0.0.0.0/0", "10.0.0.0/8", "10.0.2.0/24"].map(|range| {
        let subnet = ground.vpc(range, "10.0.0.0/16");
        (range, subnet, ground.peering(consumer, subnet))
    });
    for range in table {
        let (_, _, peering) = far.iter().find(|far| far.0 == *range).expect("one of the three");
        ground.route(consumer, range, *peering);
    }
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    for (range, subnet, _) in far {
        lab.host(&format!("server at {range}"), subnet, "10.0.2.10");
        lab.host(&format!("neighbour at {range}"), subnet, "10.0.3.10");
    }
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server at 10.0.2.0/24", 1))
        .send(sent("client", syn(CLIENT, "10.0.3.10:21")).reaches("neighbour at 10.0.0.0/8", 1))
        .send(sent("client", syn(CLIENT, "11.0.3.10:21")).dropped_by(
            "router of 0.0.0.0/0",
            Reason::NotBeyondPeering,
            0,
        ));
}

/// VPC guide, Route tables: the local route stands in every table; a wider route does not cover it.
#[test]
fn the_local_route_is_preferred_to_a_default_route() {
    let (mut ground, consumer, provider) = two_vpcs();
    let peering = ground.peering(consumer, provider);
    ground.route(consumer, "0.0.0.0/0", peering);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("neighbour", consumer, "10.1.1.2");
    let packet = syn(CLIENT, "10.1.1.2:21");
    lab.send(sent("client", packet).reaches("neighbour", 1));
}

/// VPC peering guide, Limitations: no transitive peering; the far network's own routes do not count.
#[test]
fn a_peering_reaches_the_far_network_only() {
    let (mut ground, consumer, provider) = two_vpcs();
    let third = ground.vpc("third", "10.2.0.0/16");
    let near = ground.peering(consumer, provider);
    let far = ground.peering(provider, third);
    ground.route(consumer, "10.0.0.0/8", near);
    ground.route(provider, "10.1.0.0/16", near);
    ground.route(provider, "10.2.0.0/16", far);
    ground.route(third, "10.0.0.0/8", far);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", third, "10.2.2.10");
    lab.send(sent("client", syn(CLIENT, "10.2.2.10:21")).dropped_by(
        "router of provider",
        Reason::NotBeyondPeering,
        0,
    ))
    .send(sent("server", syn("10.2.2.10:20", CLIENT)).dropped_by(
        "router of provider",
        Reason::NotBeyondPeering,
        0,
    ));
}

/// VPC peering guide, Update your route tables: both sides need a route.
#[test]
fn without_a_return_route_the_reply_is_dropped() {
    let (mut ground, consumer, provider) = two_vpcs();
    let peering = ground.peering(consumer, provider);
    ground.route(consumer, "10.0.0.0/16", peering);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1)).send(
        sent("server", syn_ack(SERVER, CLIENT)).dropped_by(
            "router of provider",
            Reason::NoRoute,
            0,
        ),
    );
}

/// VPC guide, Route tables: a route table belongs to a subnet.
#[test]
fn a_route_counts_for_its_own_subnet_only() {
    let (mut ground, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let network = ground.subnets[consumer.0].network;
    let cidr = "10.1.2.0/24".parse().expect("a range");
    let routes = Vec::new();
    ground.subnets.push(Subnet { id: "isolated".to_owned(), network, zone: None, cidr, routes });
    let isolated = SubnetIx(ground.subnets.len() - 1);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("isolated", isolated, "10.1.2.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1));
    let packet = syn("10.1.2.1:5000", SERVER);
    lab.send(sent("isolated", packet).dropped_by("router of consumer", Reason::NoRoute, 0));
}

/// NLB guide, Client IP preservation: through a load balancer the packet is two legs on its way, in
/// both directions.
#[test]
fn a_load_balancer_in_the_same_network_is_one_hop() {
    let (client, listener, source) = ("10.0.1.1:5000", "10.0.1.50:21", "10.0.1.50:1024");
    balanced()
        .send(
            sent("client", syn(client, listener).seq(7))
                .via("nlb", source, SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("server", syn_ack(SERVER, source).ack(8))
                .via("nlb", listener, client)
                .reaches("client", 2),
        );
}

/// NLB guide, Listeners: what the load balancer drops ends there, one leg after it set out.
#[test]
fn a_packet_that_a_box_drops_ends_at_the_box() {
    let packet = syn("10.0.1.1:5000", "10.0.1.50:8192");
    balanced().send(sent("client", packet).dropped_by("nlb", Reason::NoListener, 1));
}

/// NLB guide, Listeners: the reset is a packet of the load balancer's own, and says why.
#[test]
fn the_answer_of_a_box_is_carried_back_and_marked() {
    let (client, listener) = ("10.0.1.1:5000", "10.0.1.50:21");
    balanced().send_answered(
        sent("client", ack(client, listener).ack(99)).dropped_by("nlb", Reason::StraySegment, 1),
        answered("nlb", Reason::StraySegment, 1, rst(listener, client).seq(99))
            .reaches("client", 2),
    );
}

/// NLB guide, Connection idle timeout: a server that sends too late causes a packet to the client, not
/// one to itself.
#[test]
fn the_answer_of_a_box_may_go_to_the_other_end() {
    let (client, listener, source) = ("10.0.1.1:5000", "10.0.1.50:21", "10.0.1.50:1024");
    balanced()
        .send(sent("client", syn(client, listener)).via("nlb", source, SERVER).reaches("server", 2))
        // The node sees each packet one leg after it was sent.
        .wait(IDLE + INSTANT)
        .send_answered(
            sent("server", ack(SERVER, source).seq(301).ack(8)).dropped_by(
                "nlb",
                Reason::IdleTimeout,
                1,
            ),
            answered("nlb", Reason::IdleTimeout, 1, rst(listener, client).seq(301))
                .reaches("client", 2),
        );
}

/// NLB guide, Connection idle timeout: what counts is when packets pass the load balancer.
#[test]
fn a_box_sees_a_packet_when_it_has_arrived_there() {
    let mut lab = privatelink();
    // The endpoint sees it after one leg, the load balancer after two.
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    );
    // The reply is at the load balancer exactly 350 seconds after that. The endpoint was one leg
    // earlier on the way there and is one leg later on the way back, which is too late.
    let reply = syn_ack(SERVER, "10.0.1.50:1024");
    lab.wait(IDLE + LEG).send(
        sent("server", reply).via("nlb", "10.0.1.50:21", "10.1.1.50:1024").dropped_by(
            "endpoint",
            Reason::EndpointIdleTimeout,
            2,
        ),
    );
}

/// PrivateLink guide, Share your services; NLB guide, Client IP preservation: two translations on the
/// way, one by each box, and three legs.
#[test]
fn through_endpoint_and_load_balancer_every_hop_is_recorded_in_order() {
    let request = ack(CLIENT, "10.1.1.50:21").seq(8).ack(301).data("PASV\r\n");
    let reply = ack(SERVER, "10.0.1.50:1024").seq(301).ack(14).data("227 (10,0,2,10,32,0)\r\n");
    connected_privatelink()
        .send(
            sent("client", request)
                .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
                .via("nlb", "10.0.1.50:1024", SERVER)
                .reaches("server", 3),
        )
        .send(
            sent("server", reply)
                .via("nlb", "10.0.1.50:21", "10.1.1.50:1024")
                .via("endpoint", "10.1.1.50:21", CLIENT)
                .reaches("client", 3),
        );
}

/// RFC 9293 section 3.10.7.1: a closed port answers with a reset; both translations bring it back.
#[test]
fn the_servers_reset_goes_back_the_way_the_connection_came() {
    let reset = rst_ack(SERVER, "10.0.1.50:1024").ack(8);
    connected_privatelink().send(
        sent("server", reset)
            .via("nlb", "10.0.1.50:21", "10.1.1.50:1024")
            .via("endpoint", "10.1.1.50:21", CLIENT)
            .reaches("client", 3),
    );
}

/// NLB guide, Listeners: a data port that the provider's load balancer does not listen on is silent,
/// though the endpoint forwards it.
#[test]
fn a_port_that_only_the_endpoint_takes_ends_at_the_load_balancer() {
    let packet = syn(CLIENT, "10.1.1.50:8192");
    privatelink().send(
        sent("client", packet).via("endpoint", "10.1.1.50:1024", "10.0.1.50:8192").dropped_by(
            "nlb",
            Reason::NoListener,
            2,
        ),
    );
}

/// NLB guide, Connection idle timeout: here the load balancer forgets first. Its reset sets out when
/// the packet has reached it, and goes back through the endpoint.
#[test]
fn the_load_balancers_reset_goes_back_through_the_endpoint() {
    let (ground, consumer, provider) = two_vpcs();
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let listener = NodeListener { ports: 21..=21, targets: vec![ip("10.0.2.10")] };
    let impatient = NlbNode::new(ip("10.0.1.50"), vec![listener], secs(60), 0);
    let node = lab.place("nlb", provider, "10.0.1.50", impatient);
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    );
    let late = ack(CLIENT, "10.1.1.50:21").seq(8).ack(301);
    lab.wait(secs(60) + INSTANT).send_answered(
        sent("client", late).via("endpoint", "10.1.1.50:1024", "10.0.1.50:21").dropped_by(
            "nlb",
            Reason::IdleTimeout,
            2,
        ),
        answered("nlb", Reason::IdleTimeout, 2, rst("10.0.1.50:21", "10.1.1.50:1024").seq(301))
            .via("endpoint", "10.1.1.50:21", CLIENT)
            .reaches("client", 4),
    );
}

/// AWS Networking blog, Implementing long-running TCP connections: after 350 idle seconds the packet
/// ends at the endpoint, and nobody is told.
#[test]
fn after_350_idle_seconds_a_packet_ends_at_the_endpoint() {
    let late = ack(CLIENT, "10.1.1.50:21");
    connected_privatelink().wait(IDLE + INSTANT).send(sent("client", late).dropped_by(
        "endpoint",
        Reason::EndpointIdleTimeout,
        1,
    ));
}

/// PrivateLink guide, Access AWS services: the service cannot open a connection to the consumer; nor is
/// there a route.
#[test]
fn the_server_cannot_reach_the_consumer() {
    let to_client = syn("10.0.2.10:20", CLIENT);
    let to_endpoint = syn("10.0.2.10:20", "10.1.1.50:5000");
    privatelink()
        .send(sent("server", to_client).dropped_by("router of provider", Reason::NoRoute, 0))
        .send(sent("server", to_endpoint).dropped_by("router of provider", Reason::NoRoute, 0));
}

/// PrivateLink guide, Share your services: consumers' ranges may overlap. Here two consumers are equal
/// in every address, and the load balancer tells them apart by the endpoint.
#[test]
fn two_consumers_with_equal_addresses_get_their_own_replies() {
    let mut ground = Ground::default();
    let blue = ground.vpc("blue", "10.1.0.0/16");
    let green = ground.vpc("green", "10.1.0.0/16");
    let provider = ground.vpc("provider", "10.0.0.0/16");
    let mut lab = ground.build();
    lab.host("blue client", blue, "10.1.1.1");
    lab.host("green client", green, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", provider, "10.0.1.50", "10.0.2.10");
    lab.endpoint("blue endpoint", blue, "10.1.1.50", (node, "10.0.1.50"));
    lab.endpoint("green endpoint", green, "10.1.1.50", (node, "10.0.1.50"));
    let request = syn(CLIENT, "10.1.1.50:21");
    lab.send(
        sent("blue client", request.clone())
            .via("blue endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    )
    .send(
        sent("green client", request)
            .via("green endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1025", SERVER)
            .reaches("server", 3),
    );
    let reply = syn_ack(SERVER, "10.0.1.50:1025");
    lab.send(
        sent("server", reply)
            .via("nlb", "10.0.1.50:21", "10.1.1.50:1024")
            .via("green endpoint", "10.1.1.50:21", CLIENT)
            .reaches("green client", 3),
    );
    let reply = syn_ack(SERVER, "10.0.1.50:1024");
    lab.send(
        sent("server", reply)
            .via("nlb", "10.0.1.50:21", "10.1.1.50:1024")
            .via("blue endpoint", "10.1.1.50:21", CLIENT)
            .reaches("blue client", 3),
    );
}

/// NLB guide, Client IP preservation: from a peered network too the target sees the load balancer's
/// address, so its reply needs no route to the client.
#[test]
fn a_load_balancer_is_reached_over_a_peering() {
    let (ground, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.node("nlb", provider, "10.0.1.50", "10.0.2.10");
    lab.send(
        sent("client", syn(CLIENT, "10.0.1.50:21"))
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 2),
    );
    let reply = syn_ack(SERVER, "10.0.1.50:1024");
    lab.send(sent("server", reply).via("nlb", "10.0.1.50:21", CLIENT).reaches("client", 2));
}

/// VPC peering guide, Update your route tables: it is the load balancer's subnet that lacks the route,
/// so the reply is lost behind the load balancer.
#[test]
fn without_a_return_route_the_reply_is_dropped_behind_the_load_balancer() {
    let (mut ground, consumer, provider) = two_vpcs();
    let peering = ground.peering(consumer, provider);
    ground.route(consumer, "10.0.0.0/16", peering);
    let mut lab = ground.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.node("nlb", provider, "10.0.1.50", "10.0.2.10");
    lab.send(
        sent("client", syn(CLIENT, "10.0.1.50:21"))
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 2),
    );
    let reply = syn_ack(SERVER, "10.0.1.50:1024");
    lab.send(sent("server", reply).via("nlb", "10.0.1.50:21", CLIENT).dropped_by(
        "router of provider",
        Reason::NoRoute,
        1,
    ));
}
