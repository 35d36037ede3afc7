//! Within a network, to a peered one, and nowhere.

use pasvlab_harness::net::Reason;
use pasvlab_scenarios::NetworkKind;
use rstest::rstest;

use crate::ground::Drawing;
use crate::journey::sent;
use crate::scenes::{CLIENT, SERVER, one_vpc, peered, two_vpcs};
use crate::script::{Fields, ack, syn, syn_ack};

/// VPC guide, Route tables: every route table has the local route.
#[test]
fn a_packet_inside_one_network_is_delivered_unchanged_after_one_leg() {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
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
    let mut drawing = Drawing::default();
    let consumer = drawing.vpc("consumer", "10.0.0.0/16");
    let provider = drawing.vpc("provider", "10.0.0.0/16");
    let mut lab = drawing.build();
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
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
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
    let mut drawing = Drawing::default();
    let internet = drawing.network("internet", NetworkKind::Internet, "203.0.113.0/24");
    let mut lab = drawing.build();
    lab.host("client", internet, "203.0.113.9");
    let packet = syn("203.0.113.9:5000", SERVER);
    lab.send(sent("client", packet).dropped_by("router of internet", Reason::NoRoute, 0));
}

/// RFC 1812 section 4.3.3.1: a router without a route answers that the network is unreachable.
#[test]
fn without_a_route_an_on_premises_router_answers() {
    let mut drawing = Drawing::default();
    let office = drawing.network("office", NetworkKind::OnPremises, "192.168.0.0/24");
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    let packet = syn("192.168.0.9:5000", SERVER);
    lab.send(sent("client", packet).unreachable_by("router of office", Reason::NoRoute, 0));
}

/// VPC guide, Route tables: the local route covers the whole range, with and without hosts. RFC 1812
/// section 4.3.3.1: a router that cannot reach a host on a connected network answers so.
#[test]
fn nobody_at_an_address_is_silence_in_a_vpc_and_an_answer_on_premises() {
    let nobody = "10.1.9.9:21";
    let (drawing, consumer, _) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.send(sent("client", syn(CLIENT, nobody)).dropped_by(
        "router of consumer",
        Reason::NobodyAtAddress,
        0,
    ));
    let (drawing, consumer, _) = peered(NetworkKind::OnPremises, NetworkKind::Vpc);
    let mut lab = drawing.build();
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
    let (drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = drawing.build();
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
    let (drawing, consumer, _) = peered(NetworkKind::Vpc, far);
    let mut lab = drawing.build();
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
    let mut drawing = Drawing::default();
    let consumer = drawing.vpc("consumer", "10.1.0.0/16");
    // The same address is in all of them.
    let far = ["0.0.0.0/0", "10.0.0.0/8", "10.0.2.0/24"].map(|range| {
        let subnet = drawing.vpc(range, "10.0.0.0/16");
        (range, subnet, drawing.peering(consumer, subnet))
    });
    for range in table {
        let (_, _, peering) = far.iter().find(|far| far.0 == *range).expect("one of the three");
        drawing.route(consumer, range, *peering);
    }
    let mut lab = drawing.build();
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
    let (mut drawing, consumer, provider) = two_vpcs();
    let peering = drawing.peering(consumer, provider);
    drawing.route(consumer, "0.0.0.0/0", peering);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("neighbour", consumer, "10.1.1.2");
    let packet = syn(CLIENT, "10.1.1.2:21");
    lab.send(sent("client", packet).reaches("neighbour", 1));
}

/// VPC peering guide, Limitations: no transitive peering; the far network's own routes do not count.
#[test]
fn a_peering_reaches_the_far_network_only() {
    let (mut drawing, consumer, provider) = two_vpcs();
    let third = drawing.vpc("third", "10.2.0.0/16");
    let near = drawing.peering(consumer, provider);
    let far = drawing.peering(provider, third);
    drawing.route(consumer, "10.0.0.0/8", near);
    drawing.route(provider, "10.1.0.0/16", near);
    drawing.route(provider, "10.2.0.0/16", far);
    drawing.route(third, "10.0.0.0/8", far);
    let mut lab = drawing.build();
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
    let (mut drawing, consumer, provider) = two_vpcs();
    let peering = drawing.peering(consumer, provider);
    drawing.route(consumer, "10.0.0.0/16", peering);
    let mut lab = drawing.build();
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
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let isolated = drawing.subnet("isolated", consumer, "10.1.2.0/24");
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("isolated", isolated, "10.1.2.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1));
    let packet = syn("10.1.2.1:5000", SERVER);
    lab.send(sent("isolated", packet).dropped_by("router of consumer", Reason::NoRoute, 0));
}
