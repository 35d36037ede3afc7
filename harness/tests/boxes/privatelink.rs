//! One interface of an endpoint: [`pasvlab_harness::net::privatelink`].
//!
//! The endpoint is 10.1.1.50 in the consumer's network, the client 10.1.1.1, the provider's node
//! 10.0.1.50, and that of a second load balancer 10.2.1.50.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use pasvlab_harness::net::privatelink::EndpointInterface;
use pasvlab_harness::net::{Action, Packet, Reason, Side};
use pasvlab_scenarios::EndpointAfterIdle;
use proptest::prelude::*;
use rstest::rstest;

use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, fin, forwards, ip, link, rst, rst_ack, secs,
    silence, syn, syn_ack,
};

const CLIENT: &str = "10.1.1.1:5000";
const ENDPOINT: &str = "10.1.1.50:21";
/// What the node sees of the first connection, and of the second.
const FIRST: &str = "10.1.1.50:1024";
const SECOND: &str = "10.1.1.50:1025";
const NODE: &str = "10.0.1.50:21";
const SECOND_NODE: &str = "10.2.1.50:21";

/// The link to the node.
const NODE_SIDE: Side = Side::Link(0);

/// AWS Networking blog, Implementing long-running TCP connections within VPC networking: 350 seconds
/// for VPC endpoints, fixed.
const IDLE: u64 = 350;

fn endpoint_to(
    nodes: &[&str],
    after_idle: EndpointAfterIdle,
    seed: u64,
) -> Script<EndpointInterface> {
    let nodes: Vec<Ipv4Addr> = nodes.iter().map(|node| ip(node)).collect();
    Script::of(EndpointInterface::new(ip("10.1.1.50"), &nodes, secs(IDLE), after_idle, seed))
}

fn endpoint() -> Script<EndpointInterface> {
    endpoint_to(&["10.0.1.50"], EndpointAfterIdle::Silence, 0)
}

/// An endpoint that is served by one of two load balancers.
fn endpoint_to_two(seed: u64) -> Script<EndpointInterface> {
    endpoint_to(&["10.0.1.50", "10.2.1.50"], EndpointAfterIdle::Silence, seed)
}

/// Lets the client open its first connection.
fn connect(mut endpoint: Script<EndpointInterface>) -> Script<EndpointInterface> {
    let opened = syn(FIRST, NODE).consumer(CLIENT);
    endpoint.takes(INTERFACE, syn(CLIENT, ENDPOINT), forwards(NODE_SIDE, opened));
    endpoint
}

/// An endpoint through which the client has one open connection.
fn connected() -> Script<EndpointInterface> {
    connect(endpoint())
}

/// The same, if the endpoint answers late packets.
fn connected_with_resets() -> Script<EndpointInterface> {
    connect(endpoint_to(&["10.0.1.50"], EndpointAfterIdle::Reset, 0))
}

/// PrivateLink guide, Create an endpoint service: the provider's side sees no address of the consumer
/// in its packets; NLB guide, Proxy protocol: the load balancer knows it all the same.
#[test]
fn a_new_connection_reaches_the_node_with_the_consumers_address_beside_it() {
    endpoint().takes(
        INTERFACE,
        syn(CLIENT, ENDPOINT).seq(7),
        forwards(NODE_SIDE, syn(FIRST, NODE).seq(7).consumer(CLIENT)),
    );
}

/// PrivateLink guide, Share your services: the consumer sees only the endpoint's address.
#[test]
fn the_nodes_reply_reaches_the_client_from_the_endpoints_address() {
    connected().takes(
        NODE_SIDE,
        syn_ack(NODE, FIRST).seq(300).ack(8),
        forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT).seq(300).ack(8)),
    );
}

/// PrivateLink guide, Concepts: the endpoint passes traffic on; it knows nothing of FTP, so the
/// address in a reply stays the provider's.
#[test]
fn nothing_but_the_addresses_of_a_packet_changes() {
    connected()
        .takes(
            INTERFACE,
            ack(CLIENT, ENDPOINT).seq(8).ack(301).window(512).data("PASV\r\n"),
            forwards(
                NODE_SIDE,
                ack(FIRST, NODE).seq(8).ack(301).window(512).data("PASV\r\n").consumer(CLIENT),
            ),
        )
        .takes(
            NODE_SIDE,
            fin(NODE, FIRST).seq(301).ack(14).window(9).data("227 Entering (10,0,2,10,32,0)"),
            forwards(
                INTERFACE,
                fin(ENDPOINT, CLIENT)
                    .seq(301)
                    .ack(14)
                    .window(9)
                    .data("227 Entering (10,0,2,10,32,0)"),
            ),
        );
}

/// PrivateLink guide, Create an endpoint service: which ports exist is decided by the load balancer's
/// listeners, not by the endpoint.
#[rstest]
#[case(1)]
#[case(21)]
#[case(8192)]
#[case(65535)]
fn any_port_is_forwarded(#[case] port: u16) {
    endpoint().takes(
        INTERFACE,
        syn(CLIENT, &format!("10.1.1.50:{port}")),
        forwards(NODE_SIDE, syn(FIRST, &format!("10.0.1.50:{port}")).consumer(CLIENT)),
    );
}

/// PrivateLink guide, Share your services: the endpoint is in the path like any translating box.
#[test]
fn two_connections_get_two_source_ports_and_their_own_replies() {
    connected()
        .takes(
            INTERFACE,
            syn("10.1.1.1:5001", ENDPOINT),
            forwards(NODE_SIDE, syn(SECOND, NODE).consumer("10.1.1.1:5001")),
        )
        .takes(
            NODE_SIDE,
            syn_ack(NODE, SECOND),
            forwards(INTERFACE, syn_ack(ENDPOINT, "10.1.1.1:5001")),
        )
        .takes(NODE_SIDE, syn_ack(NODE, FIRST), forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT)));
}

/// PrivateLink guide, Access AWS services: "The service can't initiate requests to resources through
/// the VPC endpoint", so active mode FTP has no way in.
#[rstest]
#[case::a_new_connection(syn("10.0.1.50:20", "10.1.1.50:5000"))]
#[case::a_segment_of_none(ack("10.0.1.50:21", "10.1.1.50:5000"))]
#[case::a_reset(rst("10.0.1.50:21", "10.1.1.50:5000"))]
fn the_provider_cannot_open_a_connection(#[case] packet: Packet) {
    endpoint().takes(NODE_SIDE, packet, silence(Reason::OneWay));
}

/// PrivateLink guide, Access AWS services: the direction holds for the port of an open connection too,
/// if it is used by anything but the other end.
#[rstest]
#[case::from_another_port("10.0.1.50:20")]
#[case::from_another_address("10.0.1.51:21")]
fn the_provider_cannot_open_a_connection_beside_an_open_one(#[case] stranger: &str) {
    connected().takes(NODE_SIDE, syn(stranger, FIRST), silence(Reason::OneWay));
}

/// PrivateLink guide, Access AWS services: endpoints that answer late packets are one-way as well.
#[test]
fn an_endpoint_that_resets_late_packets_says_nothing_to_a_provider_that_opens() {
    connected_with_resets().takes(NODE_SIDE, syn("10.0.1.50:20", FIRST), silence(Reason::OneWay));
}

/// NLB guide, Listeners: the reset for a stray segment is the load balancer's, and the endpoint brings
/// it to the client like any other reply.
#[test]
fn the_nodes_reset_reaches_the_client_from_the_endpoints_address() {
    connected().takes(
        NODE_SIDE,
        rst_ack(NODE, FIRST).ack(8),
        forwards(INTERFACE, rst_ack(ENDPOINT, CLIENT).ack(8)),
    );
}

/// Whether an endpoint resets what belongs to no connection is not documented; the lab's choice is
/// silence, as after the idle time-out.
#[rstest]
#[case::ack(ack(CLIENT, ENDPOINT))]
#[case::data(ack(CLIENT, ENDPOINT).data("LIST\r\n"))]
#[case::fin(fin(CLIENT, ENDPOINT))]
#[case::syn_ack(syn_ack(CLIENT, ENDPOINT))]
#[case::rst(rst(CLIENT, ENDPOINT))]
fn a_stray_segment_is_silently_dropped(#[case] stray: Packet) {
    endpoint().takes(INTERFACE, stray, silence(Reason::StraySegment));
}

/// AWS Networking blog, Implementing long-running TCP connections: the timer is 350 seconds.
#[test]
fn after_exactly_350_idle_seconds_a_connection_is_still_known() {
    connected()
        .wait(secs(IDLE))
        .takes(
            INTERFACE,
            ack(CLIENT, ENDPOINT),
            forwards(NODE_SIDE, ack(FIRST, NODE).consumer(CLIENT)),
        )
        .wait(secs(IDLE))
        .takes(NODE_SIDE, ack(NODE, FIRST), forwards(INTERFACE, ack(ENDPOINT, CLIENT)));
}

/// AWS Networking blog, Implementing long-running TCP connections: later packets "aren't delivered to
/// the destination". What follows the first one belongs to no connection any more.
#[test]
fn after_350_idle_seconds_the_clients_packets_are_silently_dropped() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), silence(Reason::EndpointIdleExpired))
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), silence(Reason::StraySegment));
}

/// AWS Networking blog, Implementing long-running TCP connections: the same from the other side.
#[test]
fn after_350_idle_seconds_the_providers_packets_are_silently_dropped() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(NODE_SIDE, ack(NODE, FIRST), silence(Reason::EndpointIdleExpired))
        .takes(NODE_SIDE, ack(NODE, FIRST), silence(Reason::OneWay));
}

/// Whether late packets are answered is not documented. If they are, the client receives the reset
/// that RFC 9293 section 3.10.7.1 gives to a segment of no connection.
#[test]
fn after_350_idle_seconds_the_clients_first_packet_is_reset_if_so_set() {
    connected_with_resets()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(CLIENT, ENDPOINT).seq(8).ack(301).data("NOOP\r\n"),
            answers(INTERFACE, rst(ENDPOINT, CLIENT).seq(301), Reason::EndpointIdleExpired),
        )
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), silence(Reason::StraySegment));
}

/// The same from the other side: the reset goes back over the link, to the sender.
#[test]
fn after_350_idle_seconds_the_providers_first_packet_is_reset_if_so_set() {
    connected_with_resets()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            NODE_SIDE,
            ack(NODE, FIRST).seq(301).ack(14).data("226 Done\r\n"),
            answers(NODE_SIDE, rst(FIRST, NODE).seq(14), Reason::EndpointIdleExpired),
        )
        .takes(NODE_SIDE, ack(NODE, FIRST), silence(Reason::OneWay));
}

/// RFC 9293 section 3.5.2: a reset is answered by nobody.
#[rstest]
#[case::the_clients(INTERFACE, rst(CLIENT, ENDPOINT))]
#[case::the_clients_with_an_acknowledgement(INTERFACE, rst_ack(CLIENT, ENDPOINT))]
#[case::the_providers(NODE_SIDE, rst(NODE, FIRST))]
fn a_late_reset_is_not_answered(#[case] from: Side, #[case] reset: Packet) {
    connected_with_resets().wait(secs(IDLE) + INSTANT).takes(
        from,
        reset,
        silence(Reason::EndpointIdleExpired),
    );
}

/// AWS Networking blog, Implementing long-running TCP connections: only the state is gone.
#[rstest]
#[case::if_late_packets_vanish(EndpointAfterIdle::Silence)]
#[case::if_they_are_reset(EndpointAfterIdle::Reset)]
fn a_syn_after_350_idle_seconds_opens_anew(#[case] after_idle: EndpointAfterIdle) {
    connect(endpoint_to(&["10.0.1.50"], after_idle, 0))
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            syn(CLIENT, ENDPOINT),
            forwards(NODE_SIDE, syn(SECOND, NODE).consumer(CLIENT)),
        )
        .takes(NODE_SIDE, syn_ack(NODE, SECOND), forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT)))
        .takes(NODE_SIDE, ack(NODE, FIRST), silence(Reason::OneWay));
}

/// PrivateLink guide, Create an endpoint service: with several load balancers, an endpoint's interface
/// takes one of its zone, at random; the lab's choice is that the seed decides.
#[rstest]
#[case(0, 0, NODE)]
#[case(1, 1, SECOND_NODE)]
#[case(2, 0, NODE)]
#[case(u64::MAX, 1, SECOND_NODE)]
fn the_seed_chooses_one_of_several_load_balancers(
    #[case] seed: u64,
    #[case] number: u16,
    #[case] node: &str,
) {
    endpoint_to_two(seed)
        .takes(
            INTERFACE,
            syn(CLIENT, ENDPOINT),
            forwards(link(number), syn(FIRST, node).consumer(CLIENT)),
        )
        .takes(link(number), syn_ack(node, FIRST), forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT)));
}

/// PrivateLink guide, Create an endpoint service: the interface keeps the load balancer of its first
/// connection. So control and data connections go to the same one.
#[rstest]
#[case(0)]
#[case(1)]
fn an_interface_keeps_its_load_balancer(#[case] number: u16) {
    let mut endpoint = endpoint_to_two(u64::from(number));
    for port in 5000..5100_u16 {
        let client = format!("10.1.1.{}:{port}", port % 250 + 1);
        let opened = syn(&client, &format!("10.1.1.50:{}", port % 7 + 21));
        let action = endpoint.wait(secs(60)).feed(INTERFACE, opened.seq(u32::from(port)));
        assert!(matches!(action, Action::Forward { to, .. } if to == link(number)), "{action:?}");
    }
}

/// PrivateLink guide, Access AWS services: a load balancer that serves another interface has no
/// connection through this one.
#[test]
fn the_other_load_balancer_has_no_way_in() {
    let mut endpoint = connect(endpoint_to_two(0));
    endpoint.takes(link(1), syn_ack(SECOND_NODE, FIRST), silence(Reason::OneWay));
}

/// PrivateLink guide, Create an endpoint service: an endpoint service has at least one load balancer.
#[test]
#[should_panic(expected = "divisor of zero")]
fn an_endpoint_without_a_load_balancer_cannot_be_made() {
    endpoint_to(&[], EndpointAfterIdle::Silence, 0);
}

proptest! {
    /// PrivateLink guide, Access AWS services: whatever the provider sends, only what answers the
    /// consumer gets through.
    #[test]
    fn only_answers_reach_the_consumer(
        packets in prop::collection::vec((any::<bool>(), 0..3_u16, 0..3_u16, 0..4_usize), 1..60),
    ) {
        let mut endpoint = endpoint();
        let mut open = HashSet::new();
        for (from_client, a, b, kind) in packets {
            let make = [syn, syn_ack, ack, fin][kind];
            if from_client {
                let client = format!("10.1.1.1:{}", 5000 + a);
                let packet = make(&client, &format!("10.1.1.50:{}", 21 + b));
                if let Action::Forward { packet, .. } = endpoint.feed(INTERFACE, packet) {
                    open.insert((packet.dst, packet.src));
                }
                continue;
            }
            let local = format!("10.1.1.50:{}", 1024 + a);
            let packet = make(&format!("10.0.1.50:{}", 21 + b), &local);
            let answers = open.contains(&(packet.src, packet.dst));
            match endpoint.feed(NODE_SIDE, packet) {
                Action::Forward { to: INTERFACE, .. } => prop_assert!(answers),
                Action::Drop(Reason::OneWay) => prop_assert!(!answers),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
