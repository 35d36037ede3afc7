//! Filters of subnets.

use std::ops::RangeInclusive;

use pasvlab_harness::net::Reason;
use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_scenarios::{AclRule, NetworkKind, SubnetIx};
use rstest::rstest;

use crate::ground::{Drawing, Lab, to};
use crate::journey::{answered, sent};
use crate::scenes::{
    CLIENT, OFFICE_CLIENT, PUBLIC_SERVER, SERVER, cloud, home_router, interface, nat_gateway,
    office, peered, two_vpcs,
};
use crate::script::{Fields, ack, rst, syn, syn_ack};

const ALL: RangeInclusive<u16> = 0..=65535;
/// VPC guide, Custom network ACLs, Ephemeral ports: what load balancers and NAT gateways use.
const EPHEMERAL: RangeInclusive<u16> = 1024..=65535;
const EVERYWHERE: &str = "0.0.0.0/0";

fn rule(allow: bool, ports: RangeInclusive<u16>, peer: &str) -> AclRule {
    AclRule { number: 100, allow, ports, peer: peer.parse().expect("a range") }
}

fn allow(ports: RangeInclusive<u16>, peer: &str) -> AclRule {
    rule(true, ports, peer)
}

fn anything() -> [AclRule; 1] {
    [allow(ALL, EVERYWHERE)]
}

const NEAR: &str = "10.0.1.1:5000";

/// A network of this kind with a subnet for the client and one for the server.
fn two_subnets(kind: NetworkKind) -> (Drawing, [SubnetIx; 2]) {
    let mut drawing = Drawing::default();
    let clients = drawing.network("vpc", kind, "10.0.0.0/16");
    let servers = drawing.subnet("servers", clients, "10.0.2.0/24");
    (drawing, [clients, servers])
}

fn populated(drawing: Drawing, [clients, servers]: [SubnetIx; 2]) -> Lab {
    let mut lab = drawing.build();
    lab.host("client", clients, "10.0.1.1");
    lab.host("neighbour", clients, "10.0.1.2");
    lab.host("server", servers, "10.0.2.10");
    lab
}

/// VPC guide, Network ACLs: what no rule allows does not enter the subnet, and nobody is told.
#[test]
fn an_acl_keeps_out_what_comes_from_another_subnet() {
    let (mut drawing, subnets) = two_subnets(NetworkKind::Vpc);
    drawing.acl(subnets[1], &[allow(22..=22, EVERYWHERE)], &anything());
    let packet = syn(NEAR, "10.0.2.10:22");
    populated(drawing, subnets)
        .send(sent("client", packet).reaches("server", 1))
        .send(sent("client", syn(NEAR, SERVER)).dropped_by("router of vpc", Reason::NetworkAcl, 0));
}

/// VPC guide, Network ACLs: outbound rules are about what leaves the subnet, by its destination.
#[test]
fn an_acl_keeps_in_what_goes_to_another_subnet() {
    let (mut drawing, subnets) = two_subnets(NetworkKind::Vpc);
    let outbound = [allow(21..=21, "10.0.2.0/25"), allow(22..=22, "10.0.3.0/24")];
    drawing.acl(subnets[0], &anything(), &outbound);
    let packet = syn(NEAR, "10.0.2.10:22");
    populated(drawing, subnets)
        .send(sent("client", syn(NEAR, SERVER)).reaches("server", 1))
        .send(sent("client", packet).dropped_by("router of vpc", Reason::NetworkAcl, 0));
}

/// VPC guide, Network ACLs: they hold at the border of the subnet and not inside it.
#[test]
fn an_acl_does_not_hold_within_a_subnet() {
    let (mut drawing, subnets) = two_subnets(NetworkKind::Vpc);
    drawing.acl(subnets[0], &[], &[]);
    populated(drawing, subnets)
        .send(sent("client", syn(NEAR, "10.0.1.2:21")).reaches("neighbour", 1))
        .send(sent("client", syn(NEAR, SERVER)).dropped_by("router of vpc", Reason::NetworkAcl, 0));
}

/// VPC guide, Custom network ACLs, Ephemeral ports: answers need a rule of their own, for the client's
/// port.
#[rstest]
#[case::of_the_server(21..=21, false)]
#[case::of_the_client(EPHEMERAL, true)]
fn an_acl_does_not_know_that_a_packet_is_an_answer(
    #[case] outbound: RangeInclusive<u16>,
    #[case] passes: bool,
) {
    let (mut drawing, subnets) = two_subnets(NetworkKind::Vpc);
    drawing.acl(subnets[1], &[allow(21..=21, EVERYWHERE)], &[allow(outbound, EVERYWHERE)]);
    let answer = sent("server", syn_ack(SERVER, NEAR));
    populated(drawing, subnets).send(sent("client", syn(NEAR, SERVER)).reaches("server", 1)).send(
        if passes {
            answer.reaches("client", 1)
        } else {
            answer.dropped_by("router of vpc", Reason::NetworkAcl, 0)
        },
    );
}

/// VPC guide, Network ACLs: a packet may have to pass two of them, that of the subnet which it leaves
/// and that of the one which it enters.
#[rstest]
#[case::both_let_it_pass(true, true, true)]
#[case::its_own_does_not(false, true, false)]
#[case::the_other_does_not(true, false, false)]
fn a_packet_between_two_subnets_passes_both_acls(
    #[case] own: bool,
    #[case] other: bool,
    #[case] passes: bool,
) {
    let (mut drawing, subnets) = two_subnets(NetworkKind::Vpc);
    drawing.acl(subnets[0], &[], &[rule(own, ALL, EVERYWHERE)]);
    drawing.acl(subnets[1], &[rule(other, ALL, EVERYWHERE)], &[]);
    let way = sent("client", syn(NEAR, SERVER));
    populated(drawing, subnets).send(if passes {
        way.reaches("server", 1)
    } else {
        way.dropped_by("router of vpc", Reason::NetworkAcl, 0)
    });
}

/// The lab's choice for networks that are none of AWS: an ACL is as silent there, although the router
/// tells hosts of other reasons.
#[test]
fn on_premises_an_acl_is_silent_too() {
    let (mut drawing, subnets) = two_subnets(NetworkKind::OnPremises);
    drawing.acl(subnets[1], &[], &anything());
    let way = |dst| sent("client", syn(NEAR, dst));
    populated(drawing, subnets)
        .send(way(SERVER).dropped_by("router of vpc", Reason::NetworkAcl, 0))
        .send(way("10.0.2.99:21").unreachable_by("router of vpc", Reason::NobodyAtAddress, 0));
}

/// VPC guide, Network ACLs; VPC peering guide: what comes from a peering enters a subnet like anything
/// else, and it is the far network that drops it.
#[test]
fn an_acl_holds_for_what_arrives_over_a_peering() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    drawing.acl(provider, &[allow(21..=21, "10.1.1.0/24")], &[]);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("stranger", consumer, "10.1.2.1");
    lab.host("server", provider, "10.0.2.10");
    let dropped =
        |way: crate::journey::Way| way.dropped_by("router of provider", Reason::NetworkAcl, 0);
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1))
        .send(dropped(sent("stranger", syn("10.1.2.1:5000", SERVER))))
        .send(dropped(sent("server", syn_ack(SERVER, CLIENT))));
}

/// As above, for what leaves.
#[test]
fn an_acl_holds_for_what_leaves_over_a_peering() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    drawing.acl(consumer, &anything(), &[allow(8192..=8200, EVERYWHERE)]);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, "10.0.2.10:8192")).reaches("server", 1)).send(
        sent("client", syn(CLIENT, SERVER)).dropped_by("router of consumer", Reason::NetworkAcl, 0),
    );
}

/// VPC guide, Internet gateways, Network ACLs: behind the gateway the packet has the private address,
/// and enters the subnet; on the way out it leaves the subnet before it is at the gateway.
#[test]
fn an_acl_holds_towards_an_internet_gateway_in_both_directions() {
    let (mut drawing, [public, _, internet]) = cloud();
    drawing.acl(public, &[allow(21..=21, EVERYWHERE)], &[allow(EPHEMERAL, EVERYWHERE)]);
    let mut lab = drawing.build();
    lab.host("client", internet, "198.51.100.9");
    lab.host("server", public, "10.0.0.21");
    lab.internet_gateway("gateway", (public, internet), &[("198.51.100.10", "10.0.0.21")]);
    let (client, elastic) = ("198.51.100.9:5000", "198.51.100.10:21");
    lab.send(
        sent("client", syn(client, elastic))
            .via("gateway", client, "10.0.0.21:21")
            .reaches("server", 2),
    )
    .send(
        sent("client", syn(client, "198.51.100.10:22"))
            .via("gateway", client, "10.0.0.21:22")
            .dropped_by("router of vpc", Reason::NetworkAcl, 1),
    )
    .send(
        sent("server", syn_ack("10.0.0.21:21", client))
            .via("gateway", elastic, client)
            .reaches("client", 2),
    )
    .send(sent("server", syn("10.0.0.21:5000", "198.51.100.9:21")).dropped_by(
        "router of vpc",
        Reason::NetworkAcl,
        0,
    ));
}

/// VPC guide, NAT gateways, Network ACLs: a NAT gateway in another subnet is reached through that
/// subnet's ACL, which sees the packet's own addresses.
#[test]
fn the_acl_of_a_nat_gateways_subnet_holds_for_what_is_passed_through() {
    let (mut drawing, [public, private, internet]) = cloud();
    drawing.acl(public, &[allow(21..=21, "10.0.1.0/24")], &anything());
    let mut lab = drawing.build();
    lab.host("client", private, "10.0.1.10");
    lab.host("server", internet, "198.51.100.21");
    lab.router("nat", nat_gateway(interface(public, "10.0.0.5")));
    lab.internet_gateway("gateway", (public, internet), &[("198.51.100.5", "10.0.0.5")]);
    let (client, elastic) = ("10.0.1.10:5000", "198.51.100.5:1024");
    lab.send(
        sent("client", syn(client, PUBLIC_SERVER))
            .via("nat", "10.0.0.5:1024", PUBLIC_SERVER)
            .via("gateway", elastic, PUBLIC_SERVER)
            .reaches("server", 3),
    )
    .send(sent("client", syn(client, "198.51.100.21:22")).dropped_by(
        "router of vpc",
        Reason::NetworkAcl,
        0,
    ))
    // The answer comes from the internet, which the inbound rule does not have.
    .send(
        sent("server", syn_ack(PUBLIC_SERVER, elastic))
            .via("gateway", PUBLIC_SERVER, "10.0.0.5:1024")
            .dropped_by("router of vpc", Reason::NetworkAcl, 1),
    );
}

/// The lab's choice for a router with a leg in each of two networks: the ACL of the subnet behind it.
#[test]
fn an_acl_holds_for_what_comes_out_of_a_router() {
    let (mut drawing, office, internet) = office();
    let servers = drawing.subnet("servers", internet, "198.51.100.128/25");
    drawing.acl(servers, &[], &[]);
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    lab.host("server", servers, "198.51.100.130");
    let outside = interface(internet, "198.51.100.1");
    lab.router("router", home_router(interface(office, "192.168.0.1"), outside));
    let server = "198.51.100.130:21";
    lab.send(
        sent("client", syn(OFFICE_CLIENT, server))
            .via("router", "198.51.100.1:5000", server)
            .dropped_by("router of internet", Reason::NetworkAcl, 1),
    );
}

/// Three subnets of a VPC with client, load balancer and server; the ACL is the server's.
fn balanced(preserve_client_ip: bool, inbound: &[AclRule], outbound: &[AclRule]) -> Lab {
    let (mut drawing, [clients, servers]) = two_subnets(NetworkKind::Vpc);
    let nodes = drawing.subnet("nodes", clients, "10.0.3.0/24");
    drawing.acl(servers, inbound, outbound);
    let mut lab = populated(drawing, [clients, servers]);
    let group = NodeGroup { preserve_client_ip, ..to(&["10.0.2.10"]) };
    let node = lab.node("nlb", nodes, "10.0.3.50", group);
    lab.fabric.intercept(node);
    lab
}

/// NLB guide, Client IP preservation; VPC guide, Network ACLs: the ACL of the targets' subnet sees the
/// source that the load balancer gives the packet.
#[rstest]
#[case::the_nodes_address_is_expected(false, "10.0.3.50/32", true)]
#[case::the_clients_is_expected(false, "10.0.1.1/32", false)]
#[case::the_clients_is_preserved(true, "10.0.1.1/32", true)]
#[case::the_nodes_is_expected_in_vain(true, "10.0.3.50/32", false)]
fn behind_a_load_balancer_an_acl_sees_what_the_target_sees(
    #[case] preserve: bool,
    #[case] peer: &str,
    #[case] passes: bool,
) {
    let mut lab = balanced(preserve, &[allow(21..=21, peer)], &anything());
    let source = if preserve { NEAR } else { "10.0.3.50:1024" };
    let way = sent("client", syn(NEAR, "10.0.3.50:21")).via("nlb", source, SERVER);
    lab.send(if passes {
        way.reaches("server", 2)
    } else {
        way.dropped_by("router of vpc", Reason::NetworkAcl, 1)
    });
}

/// As above, on the way back: the packet that leaves the subnet names the client.
#[rstest]
#[case::the_client_is_allowed("10.0.1.1/32", true)]
#[case::only_the_node_is_allowed("10.0.3.50/32", false)]
fn an_answer_to_a_preserved_address_leaves_its_subnet_as_it_is(
    #[case] peer: &str,
    #[case] passes: bool,
) {
    let mut lab = balanced(true, &anything(), &[allow(EPHEMERAL, peer)]);
    let listener = "10.0.3.50:21";
    lab.send(sent("client", syn(NEAR, listener)).via("nlb", NEAR, SERVER).reaches("server", 2));
    let way = sent("server", syn_ack(SERVER, NEAR));
    lab.send(if passes {
        way.via("nlb", listener, NEAR).reaches("client", 2)
    } else {
        way.dropped_by("router of vpc", Reason::NetworkAcl, 0)
    });
}

/// VPC guide, Network ACLs: what a load balancer sends by itself leaves its subnet like anything else.
#[test]
fn an_acl_holds_for_the_resets_of_a_load_balancer() {
    let (mut drawing, [clients, nodes]) = two_subnets(NetworkKind::Vpc);
    drawing.acl(nodes, &anything(), &[]);
    let mut lab = drawing.build();
    lab.host("client", clients, "10.0.1.1");
    lab.node("nlb", nodes, "10.0.2.50", to(&["10.0.2.10"]));
    let listener = "10.0.2.50:21";
    lab.send_all([
        sent("client", ack(NEAR, listener).ack(99)).dropped_by("nlb", Reason::StraySegment, 1),
        answered("nlb", Reason::StraySegment, 1, rst(listener, NEAR).seq(99)).dropped_by(
            "router of vpc",
            Reason::NetworkAcl,
            1,
        ),
    ]);
}

/// The lab's choice: a private link is in no subnet, so the ACLs on its way are those between client
/// and endpoint, and between load balancer and server.
#[test]
fn no_acl_holds_for_a_private_link() {
    let (mut drawing, consumer, provider) = two_vpcs();
    let endpoints = drawing.subnet("endpoints", consumer, "10.1.2.0/24");
    let nodes = drawing.subnet("nodes", provider, "10.0.3.0/24");
    // Everything between endpoints and clients, and between nodes and servers.
    let inner = |range| [allow(ALL, range)];
    drawing.acl(endpoints, &inner("10.1.1.0/24"), &inner("10.1.1.0/24"));
    drawing.acl(nodes, &inner("10.0.2.0/24"), &inner("10.0.2.0/24"));
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", nodes, "10.0.3.50", to(&["10.0.2.10"]));
    lab.endpoint("endpoint", endpoints, "10.1.2.50", (node, "10.0.3.50"));
    lab.send(
        sent("client", syn(CLIENT, "10.1.2.50:21"))
            .via("endpoint", "10.1.2.50:1024", "10.0.3.50:21")
            .via("nlb", "10.0.3.50:1024", SERVER)
            .reaches("server", 3),
    )
    .send(
        sent("server", syn_ack(SERVER, "10.0.3.50:1024"))
            .via("nlb", "10.0.3.50:21", "10.1.2.50:1024")
            .via("endpoint", "10.1.2.50:21", CLIENT)
            .reaches("client", 3),
    );
}
