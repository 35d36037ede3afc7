//! Load balancers and endpoints.

use pasvlab_harness::net::Reason;
use pasvlab_scenarios::NetworkKind;

use crate::ground::{Drawing, IDLE, LEG, node, to};
use crate::journey::{answered, sent};
use crate::scenes::{
    CLIENT, SERVER, balanced, connected_privatelink, peered, privatelink, two_vpcs,
};
use crate::script::{Fields, INSTANT, ack, rst, rst_ack, secs, syn, syn_ack};

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
    balanced().send_all([
        sent("client", ack(client, listener).ack(99)).dropped_by("nlb", Reason::StraySegment, 1),
        answered("nlb", Reason::StraySegment, 1, rst(listener, client).seq(99))
            .reaches("client", 2),
    ]);
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
        .send_all([
            sent("server", ack(SERVER, source).seq(301).ack(8)).dropped_by(
                "nlb",
                Reason::IdleExpired,
                1,
            ),
            answered("nlb", Reason::IdleExpired, 1, rst(listener, client).seq(301))
                .reaches("client", 2),
        ]);
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
            Reason::EndpointIdleExpired,
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
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let impatient = node("10.0.1.50", to(&["10.0.2.10"]), secs(60));
    let node = lab.stand("nlb", provider, "10.0.1.50", impatient);
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    );
    let late = ack(CLIENT, "10.1.1.50:21").seq(8).ack(301);
    lab.wait(secs(60) + INSTANT).send_all([
        sent("client", late).via("endpoint", "10.1.1.50:1024", "10.0.1.50:21").dropped_by(
            "nlb",
            Reason::IdleExpired,
            2,
        ),
        answered("nlb", Reason::IdleExpired, 2, rst("10.0.1.50:21", "10.1.1.50:1024").seq(301))
            .via("endpoint", "10.1.1.50:21", CLIENT)
            .reaches("client", 4),
    ]);
}

/// AWS Networking blog, Implementing long-running TCP connections: after 350 idle seconds the packet
/// ends at the endpoint, and nobody is told.
#[test]
fn after_350_idle_seconds_a_packet_ends_at_the_endpoint() {
    let late = ack(CLIENT, "10.1.1.50:21");
    connected_privatelink().wait(IDLE + INSTANT).send(sent("client", late).dropped_by(
        "endpoint",
        Reason::EndpointIdleExpired,
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
    let mut drawing = Drawing::default();
    let blue = drawing.vpc("blue", "10.1.0.0/16");
    let green = drawing.vpc("green", "10.1.0.0/16");
    let provider = drawing.vpc("provider", "10.0.0.0/16");
    let mut lab = drawing.build();
    lab.host("blue client", blue, "10.1.1.1");
    lab.host("green client", green, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
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
    let (drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
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
    let (mut drawing, consumer, provider) = two_vpcs();
    let peering = drawing.peering(consumer, provider);
    drawing.route(consumer, "10.0.0.0/16", peering);
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
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
