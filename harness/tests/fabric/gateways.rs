//! NAT gateways and internet gateways.

use pasvlab_harness::net::Reason;
use pasvlab_scenarios::{NetworkKind, Via};
use rstest::rstest;

use crate::ground::{Drawing, GATEWAY, IDLE, Lab, OTHER_ROUTER, ROUTER};
use crate::journey::{answered, sent};
use crate::scenes::{PUBLIC_SERVER, cloud, cloud_with_gateways, interface, nat_gateway};
use crate::script::{Fields, INSTANT, ack, rst, syn, syn_ack};

/// The lab's choice: a route that points at something without an interface in the subnet's network is
/// as good as none.
#[rstest]
#[case::router(ROUTER)]
#[case::internet_gateway(GATEWAY)]
#[case::no_such_router(OTHER_ROUTER)]
fn a_route_to_something_in_another_network_leads_nowhere(#[case] via: Via) {
    let (mut drawing, [public, _, internet]) = cloud();
    let third = drawing.vpc("third", "10.3.0.0/16");
    drawing.route(third, "0.0.0.0/0", via);
    let mut lab = drawing.build();
    lab.host("client", third, "10.3.0.10");
    lab.router("nat", nat_gateway(interface(public, "10.0.0.5")));
    lab.internet_gateway("gateway", (public, internet), &[]);
    let packet = syn("10.3.0.10:5000", PUBLIC_SERVER);
    lab.send(sent("client", packet).dropped_by("router of third", Reason::NoRoute, 0));
}

/// VPC guide, Route priority: the longest prefix decides, whatever the routes point at.
#[rstest]
#[case::the_general_route_first([0, 1, 2])]
#[case::the_special_route_first([2, 1, 0])]
#[case::the_special_route_between([0, 2, 1])]
fn the_longest_prefix_wins_between_router_peering_and_gateway(#[case] order: [usize; 3]) {
    let mut drawing = Drawing::default();
    let vpc = drawing.vpc("vpc", "172.16.0.0/16");
    let inner = drawing.subnet("inner", vpc, "172.16.1.0/24");
    let far = drawing.vpc("far", "10.0.0.0/16");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    let peering = drawing.peering(vpc, far);
    let table = [("0.0.0.0/0", ROUTER), ("10.0.0.0/8", peering), ("198.51.100.0/24", GATEWAY)];
    for line in order {
        drawing.route(inner, table[line].0, table[line].1);
    }
    let mut lab = drawing.build();
    lab.host("client", inner, "172.16.1.10");
    lab.host("far server", far, "10.0.2.10");
    lab.host("server", internet, "198.51.100.21");
    lab.router("nat", nat_gateway(interface(vpc, "172.16.0.5")));
    lab.internet_gateway("gateway", (vpc, internet), &[("198.51.100.10", "172.16.1.10")]);
    let client = "172.16.1.10:5000";
    lab.send(sent("client", syn(client, "10.0.2.10:21")).reaches("far server", 1))
        .send(
            sent("client", syn(client, PUBLIC_SERVER))
                .via("gateway", "198.51.100.10:5000", PUBLIC_SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("client", syn(client, "203.0.113.5:21"))
                .via("nat", "172.16.0.5:1024", "203.0.113.5:21")
                .dropped_by("router of vpc", Reason::NoRoute, 1),
        );
}

/// VPC guide, Route tables: the local route stands in every table, and a wider one does not cover it.
#[rstest]
#[case::router(ROUTER)]
#[case::internet_gateway(GATEWAY)]
fn the_local_route_is_preferred_to_any_default_route(#[case] via: Via) {
    let mut drawing = Drawing::default();
    let vpc = drawing.vpc("vpc", "10.0.0.0/16");
    let other = drawing.subnet("other", vpc, "10.0.1.0/24");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    drawing.route(vpc, "0.0.0.0/0", via);
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.0.10");
    lab.host("neighbour", other, "10.0.1.10");
    lab.router("nat", nat_gateway(interface(vpc, "10.0.0.5")));
    lab.internet_gateway("gateway", (vpc, internet), &[("198.51.100.10", "10.0.0.10")]);
    let packet = syn("10.0.0.10:5000", "10.0.1.10:21");
    lab.send(sent("client", packet).reaches("neighbour", 1));
}

/// VPC guide, Internet gateways: one-to-one translation; the instance knows its private address only,
/// and ports stay.
#[test]
fn an_elastic_address_is_reached_from_the_internet() {
    let (client, public, private) = ("198.51.100.21:5000", "198.51.100.10:21", "10.0.0.21:21");
    cloud_with_gateways()
        .send(
            sent("server", syn(client, public).seq(7))
                .via("gateway", client, private)
                .reaches("own server", 2),
        )
        .send(
            sent("own server", syn_ack(private, client).ack(8))
                .via("gateway", public, client)
                .reaches("server", 2),
        );
}

/// VPC guide, Internet gateways: an instance with an elastic address opens connections, too.
#[test]
fn a_host_with_an_elastic_address_reaches_the_internet() {
    let (private, public) = ("10.0.0.21:5000", "198.51.100.10:5000");
    cloud_with_gateways()
        .send(
            sent("own server", syn(private, PUBLIC_SERVER))
                .via("gateway", public, PUBLIC_SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("server", syn_ack(PUBLIC_SERVER, public))
                .via("gateway", PUBLIC_SERVER, private)
                .reaches("own server", 2),
        );
}

/// VPC guide, Internet gateways: an instance needs a public address to communicate over one.
#[test]
fn without_an_elastic_address_the_internet_gateway_is_the_end() {
    let (drawing, [public, _, internet]) = cloud();
    let mut lab = drawing.build();
    lab.host("client", public, "10.0.0.10");
    lab.host("server", internet, "198.51.100.21");
    lab.internet_gateway("gateway", (public, internet), &[("198.51.100.10", "10.0.0.21")]);
    let packet = syn("10.0.0.10:5000", PUBLIC_SERVER);
    lab.send(sent("client", packet).dropped_by("gateway", Reason::NoElasticAddress, 1));
}

/// VPC guide, Internet gateways: a private address is none on the internet, and an address that nobody
/// allocated leads nowhere.
#[rstest]
#[case::private("10.0.0.21:21", Reason::NoRoute)]
#[case::not_allocated("198.51.100.99:21", Reason::NobodyAtAddress)]
fn from_the_internet_only_elastic_addresses_lead_into_a_vpc(
    #[case] dst: &str,
    #[case] reason: Reason,
) {
    let packet = syn("198.51.100.21:5000", dst);
    cloud_with_gateways().send(sent("server", packet).dropped_by("router of internet", reason, 0));
}

/// VPC guide, Internet gateways: an elastic address whose private one nobody has.
#[test]
fn an_elastic_address_without_a_host_leads_to_silence_in_the_vpc() {
    let (drawing, [public, _, internet]) = cloud();
    let mut lab = drawing.build();
    lab.host("client", internet, "198.51.100.9");
    lab.internet_gateway("gateway", (public, internet), &[("198.51.100.10", "10.0.0.21")]);
    let client = "198.51.100.9:5000";
    lab.send(
        sent("client", syn(client, "198.51.100.10:21"))
            .via("gateway", client, "10.0.0.21:21")
            .dropped_by("router of vpc", Reason::NobodyAtAddress, 1),
    );
}

/// VPC guide, NAT gateways: the NAT gateway translates to its private address, the internet gateway that
/// to its elastic one; both have their part on the way back.
#[test]
fn behind_a_nat_gateway_and_an_internet_gateway_a_packet_is_translated_twice() {
    let client = "10.0.1.10:5000";
    let (nat, elastic) = ("10.0.0.5:1024", "198.51.100.5:1024");
    cloud_with_gateways()
        .send(
            sent("client", syn(client, PUBLIC_SERVER).seq(7))
                .via("nat", nat, PUBLIC_SERVER)
                .via("gateway", elastic, PUBLIC_SERVER)
                .reaches("server", 3),
        )
        .send(
            sent("server", syn_ack(PUBLIC_SERVER, elastic).ack(8))
                .via("gateway", PUBLIC_SERVER, nat)
                .via("nat", PUBLIC_SERVER, client)
                .reaches("client", 3),
        );
}

/// VPC guide, Troubleshoot NAT gateways: after 350 idle seconds a host inside that goes on receives a
/// reset, which comes from the NAT gateway and no further.
#[test]
fn after_350_idle_seconds_a_nat_gateway_resets_the_host_inside() {
    let client = "10.0.1.10:5000";
    let late = ack(client, PUBLIC_SERVER).seq(8).ack(301);
    opened_through_nat().wait(IDLE + INSTANT).send_all([
        sent("client", late).dropped_by("nat", Reason::RouterIdleExpired, 1),
        answered("nat", Reason::RouterIdleExpired, 1, rst(PUBLIC_SERVER, client).seq(301))
            .reaches("client", 2),
    ]);
}

/// VPC guide, NAT gateways: hosts on the internet cannot open connections.
#[test]
fn a_connection_from_the_internet_ends_at_the_nat_gateway() {
    let (outside, elastic) = ("198.51.100.21:20", "198.51.100.5:5000");
    opened_through_nat().send(
        sent("server", syn(outside, elastic)).via("gateway", outside, "10.0.0.5:5000").dropped_by(
            "nat",
            Reason::NotForwarded,
            2,
        ),
    );
}

fn opened_through_nat() -> Lab {
    let mut lab = cloud_with_gateways();
    lab.send(
        sent("client", syn("10.0.1.10:5000", PUBLIC_SERVER))
            .via("nat", "10.0.0.5:1024", PUBLIC_SERVER)
            .via("gateway", "198.51.100.5:1024", PUBLIC_SERVER)
            .reaches("server", 3),
    );
    lab
}

/// VPC guide, Internet gateways; RFC 4787 section 6: translation of both source and destination. The
/// packet leaves the VPC and comes back through the same gateway.
#[test]
fn a_vpc_reaches_its_own_elastic_address_through_the_internet_gateway() {
    let (drawing, [public, _, internet]) = cloud();
    let mut lab = drawing.build();
    lab.host("client", public, "10.0.0.10");
    lab.host("server", public, "10.0.0.21");
    let elastic = [("198.51.100.9", "10.0.0.10"), ("198.51.100.10", "10.0.0.21")];
    lab.internet_gateway("gateway", (public, internet), &elastic);
    let (client, as_client) = ("10.0.0.10:5000", "198.51.100.9:5000");
    let (server, as_server) = ("10.0.0.21:21", "198.51.100.10:21");
    lab.send(
        sent("client", syn(client, as_server))
            .via("gateway", as_client, as_server)
            .via("gateway", as_client, server)
            .reaches("server", 3),
    )
    .send(
        sent("server", syn_ack(server, as_client))
            .via("gateway", as_server, as_client)
            .via("gateway", as_server, client)
            .reaches("client", 3),
    );
}

/// As above: a server that dials the public address which it announces reaches itself, from its public
/// address.
#[test]
fn a_host_reaches_itself_by_its_elastic_address() {
    let (private, public) = ("10.0.0.21:5000", "198.51.100.10:21");
    cloud_with_gateways().send(
        sent("own server", syn(private, public))
            .via("gateway", "198.51.100.10:5000", public)
            .via("gateway", "198.51.100.10:5000", "10.0.0.21:21")
            .reaches("own server", 3),
    );
}

/// As above, from a private subnet: the server sees the NAT gateway's elastic address.
#[test]
fn behind_a_nat_gateway_the_own_elastic_address_is_three_boxes_away() {
    let (client, server) = ("10.0.1.10:5000", "198.51.100.10:21");
    let (nat, elastic) = ("10.0.0.5:1024", "198.51.100.5:1024");
    cloud_with_gateways()
        .send(
            sent("client", syn(client, server))
                .via("nat", nat, server)
                .via("gateway", elastic, server)
                .via("gateway", elastic, "10.0.0.21:21")
                .reaches("own server", 4),
        )
        .send(
            sent("own server", syn_ack("10.0.0.21:21", elastic))
                .via("gateway", server, elastic)
                .via("gateway", server, nat)
                .via("nat", server, client)
                .reaches("client", 4),
        );
}

/// VPC peering guide, Limitations: no edge to edge routing; the far VPC's internet gateway and NAT
/// gateway are not for its peers.
#[rstest]
#[case::internet_gateway(GATEWAY)]
#[case::nat_gateway(ROUTER)]
fn the_gateways_of_a_peered_vpc_are_out_of_reach(#[case] via: Via) {
    let mut drawing = Drawing::default();
    let vpc = drawing.vpc("vpc", "10.0.0.0/16");
    let near = drawing.vpc("near", "10.1.0.0/16");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    let peering = drawing.peering(near, vpc);
    drawing.route(near, "0.0.0.0/0", peering);
    drawing.route(vpc, "0.0.0.0/0", via);
    let mut lab = drawing.build();
    lab.host("client", near, "10.1.0.10");
    lab.host("server", internet, "198.51.100.21");
    lab.router("nat", nat_gateway(interface(vpc, "10.0.0.5")));
    lab.internet_gateway("gateway", (vpc, internet), &[("198.51.100.10", "10.1.0.10")]);
    let packet = syn("10.1.0.10:5000", PUBLIC_SERVER);
    lab.send(sent("client", packet).dropped_by("router of vpc", Reason::NotBeyondPeering, 0));
}
