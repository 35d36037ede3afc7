//! Routers between two networks: firewalls, and routers that translate.

use pasvlab_harness::net::Reason;
use pasvlab_scenarios::{Passage, Refusal, Router, SubnetIx};
use rstest::rstest;

use crate::ground::ROUTER;
use crate::journey::{answered, sent};
use crate::scenes::{
    OFFICE_CLIENT, PUBLIC_SERVER, SERVER, anywhere, firewall, home, interface, office,
    office_behind, publish,
};
use crate::script::{Fields, rst_ack, syn, syn_ack};

/// A firewall between the office's first and the internet's first address.
fn between(office: SubnetIx, internet: SubnetIx) -> Router {
    firewall(interface(office, "192.168.0.1"), interface(internet, "198.51.100.1"))
}

/// RFC 1812 section 5.2.1: a router forwards from one of its networks to another, one leg each.
#[test]
fn a_router_is_one_hop_and_a_leg_on_each_side() {
    let packet = syn(OFFICE_CLIENT, PUBLIC_SERVER).seq(7);
    let reply = syn_ack(PUBLIC_SERVER, OFFICE_CLIENT).ack(8);
    office_behind(between, Some("192.168.0.0/24"))
        .send(
            sent("client", packet).via("router", OFFICE_CLIENT, PUBLIC_SERVER).reaches("server", 2),
        )
        .send(
            sent("server", reply).via("router", PUBLIC_SERVER, OFFICE_CLIENT).reaches("client", 2),
        );
}

/// RFC 1812 section 5.2.1: which interface a packet comes in by follows from the network that it is in.
/// Here the firewall lets connections pass from one side only.
#[rstest]
#[case::from_inside(vec![anywhere()], vec![], true, false)]
#[case::from_outside(vec![], vec![anywhere()], false, true)]
fn the_network_decides_whether_a_packet_meets_a_router_inside_or_outside(
    #[case] from_inside: Vec<Passage>,
    #[case] from_outside: Vec<Passage>,
    #[case] inside_passes: bool,
    #[case] outside_passes: bool,
) {
    let rules =
        |office, internet| Router { from_inside, from_outside, ..between(office, internet) };
    let mut lab = office_behind(rules, Some("192.168.0.0/24"));
    let (client, server) = ("192.168.0.9:21", "198.51.100.21:5000");
    for (from, to, src, dst, passes) in [
        ("client", "server", OFFICE_CLIENT, PUBLIC_SERVER, inside_passes),
        ("server", "client", server, client, outside_passes),
    ] {
        let way = sent(from, syn(src, dst));
        lab.send(if passes {
            way.via("router", src, dst).reaches(to, 2)
        } else {
            way.dropped_by("router", Reason::NotAllowed, 1)
        });
    }
}

/// RFC 3022 section 2.2: the server sees the router's address, so its answer needs no route to the
/// client, and the router brings it back.
#[test]
fn a_router_that_translates_needs_no_route_back() {
    let source = "198.51.100.1:5000";
    office_behind(home, None)
        .send(
            sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
                .via("router", source, PUBLIC_SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("server", syn_ack(PUBLIC_SERVER, source))
                .via("router", PUBLIC_SERVER, OFFICE_CLIENT)
                .reaches("client", 2),
        );
}

/// RFC 3022 section 2: without translation the private source address leads nowhere on the internet.
#[test]
fn a_router_that_does_not_translate_needs_a_route_back() {
    office_behind(between, None)
        .send(
            sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
                .via("router", OFFICE_CLIENT, PUBLIC_SERVER)
                .reaches("server", 2),
        )
        .send(sent("server", syn_ack(PUBLIC_SERVER, OFFICE_CLIENT)).dropped_by(
            "router of internet",
            Reason::NoRoute,
            0,
        ));
}

/// RFC 1812 section 4.3.3.1: behind the router it is the next network's router that has no route, and
/// on the internet that is silence here.
#[test]
fn beyond_a_router_the_outer_network_decides() {
    let packet = syn(OFFICE_CLIENT, "203.0.113.5:21");
    office_behind(home, None).send(
        sent("client", packet).via("router", "198.51.100.1:5000", "203.0.113.5:21").dropped_by(
            "router of internet",
            Reason::NoRoute,
            1,
        ),
    );
}

/// RFC 3022 section 4.4; Docker manual, Port publishing: a published port leads to a host inside, whose
/// answer goes back through the router.
#[test]
fn a_published_port_is_reached_from_outside() {
    let (mut drawing, office, internet) = office();
    drawing.route(internet, "192.168.0.0/24", ROUTER);
    let mut lab = drawing.build();
    lab.host("server", office, "192.168.0.21");
    lab.host("client", internet, "198.51.100.9");
    let forwards = vec![publish(21, "192.168.0.21")];
    lab.router("router", Router { forwards, ..home(office, internet) });
    let (client, public, server) = ("198.51.100.9:5000", "198.51.100.1:21", "192.168.0.21:21");
    lab.send(
        sent("client", syn(client, public)).via("router", client, server).reaches("server", 2),
    )
    .send(
        sent("server", syn_ack(server, client)).via("router", public, client).reaches("client", 2),
    )
    .send(sent("client", syn(client, "198.51.100.1:22")).dropped_by(
        "router",
        Reason::NotForwarded,
        1,
    ));
}

/// Linux, iptables-extensions, REJECT: what a firewall answers with an ICMP message ends there, and the
/// sender is told why.
#[rstest]
#[case::port_unreachable(Refusal::PortUnreachable, Reason::PortUnreachable)]
#[case::prohibited(Refusal::Prohibited, Reason::Prohibited)]
fn a_firewall_may_answer_unreachable(#[case] refusal: Refusal, #[case] reason: Reason) {
    let closed = |office, internet| {
        let from_inside = Vec::new();
        Router { from_inside, refusal, ..between(office, internet) }
    };
    let packet = syn(OFFICE_CLIENT, PUBLIC_SERVER);
    office_behind(closed, None).send(sent("client", packet).unreachable_by("router", reason, 1));
}

/// Linux, iptables-extensions, REJECT with tcp-reset: the reset is a packet of the firewall's, and goes
/// back inside.
#[test]
fn a_firewall_may_answer_with_a_reset() {
    let closed = |office, internet| {
        let from_inside = Vec::new();
        Router { from_inside, refusal: Refusal::Reset, ..between(office, internet) }
    };
    office_behind(closed, None).send_all([
        sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER).seq(7)).dropped_by(
            "router",
            Reason::NotAllowed,
            1,
        ),
        answered("router", Reason::NotAllowed, 1, rst_ack(PUBLIC_SERVER, OFFICE_CLIENT).ack(8))
            .reaches("client", 2),
    ]);
}

/// The lab's choice: a router with several interfaces on one side is reached by the address of each,
/// and sends from the subnet of the first. Here only one of the two has a route further on.
#[rstest]
#[case::the_one_with_a_route([0, 1], true)]
#[case::the_one_without([1, 0], false)]
fn a_router_sends_from_the_subnet_of_its_first_interface(
    #[case] order: [usize; 2],
    #[case] passes: bool,
) {
    let (mut drawing, office, internet) = office();
    let other = drawing.subnet("other", internet, "198.51.100.128/25");
    let far = drawing.vpc("far", "10.0.0.0/16");
    let peering = drawing.peering(internet, far);
    drawing.route(internet, "10.0.0.0/16", peering);
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    lab.host("neighbour", internet, "198.51.100.9");
    lab.host("server", far, "10.0.2.10");
    let outside = [interface(internet, "198.51.100.1"), interface(other, "198.51.100.129")];
    let settings = Router {
        outside: order.map(|number| outside[number]).to_vec(),
        forwards: vec![publish(5000, "192.168.0.9")],
        ..between(office, internet)
    };
    lab.router("router", settings);
    for (neighbour, public) in
        [("198.51.100.9:5000", "198.51.100.1:5000"), ("198.51.100.9:5001", "198.51.100.129:5000")]
    {
        lab.send(
            sent("neighbour", syn(neighbour, public))
                .via("router", neighbour, OFFICE_CLIENT)
                .reaches("client", 2),
        );
    }
    let way = sent("client", syn(OFFICE_CLIENT, SERVER)).via("router", OFFICE_CLIENT, SERVER);
    lab.send(if passes {
        way.reaches("server", 2)
    } else {
        way.dropped_by("router of internet", Reason::NoRoute, 1)
    });
}
