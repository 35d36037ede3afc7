//! One interface of an endpoint: [`pasvlab_harness::net::privatelink`].
//!
//! The endpoint is 10.1.1.50 in the consumer's network, the client 10.1.1.1, the provider's node
//! 10.0.1.50.

use pasvlab_harness::net::privatelink::{EndpointInterface, TO_NODE};
use pasvlab_harness::net::{Packet, Reason};
use rstest::rstest;

use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, fin, forwards, ip, rst, rst_ack, secs, silence, syn,
    syn_ack,
};

const CLIENT: &str = "10.1.1.1:5000";
const ENDPOINT: &str = "10.1.1.50:21";
/// What the node sees of the first connection, and of the second.
const FIRST: &str = "10.1.1.50:1024";
const SECOND: &str = "10.1.1.50:1025";
const NODE: &str = "10.0.1.50:21";

/// AWS Networking blog, Implementing long-running TCP connections within VPC networking: 350 seconds
/// for VPC endpoints, fixed.
const IDLE: u64 = 350;

fn endpoint() -> Script<EndpointInterface> {
    Script::of(EndpointInterface::new(ip("10.1.1.50"), ip("10.0.1.50"), secs(IDLE)))
}

/// An endpoint through which the client has one open connection.
fn connected() -> Script<EndpointInterface> {
    let mut endpoint = endpoint();
    endpoint.takes(INTERFACE, syn(CLIENT, ENDPOINT), forwards(TO_NODE, syn(FIRST, NODE)));
    endpoint
}

/// PrivateLink guide, Create an endpoint service: the consumer's address is not seen on the provider's
/// side.
#[test]
fn a_new_connection_reaches_the_node_without_the_consumers_address() {
    endpoint().takes(
        INTERFACE,
        syn(CLIENT, ENDPOINT).seq(7),
        forwards(TO_NODE, syn(FIRST, NODE).seq(7)),
    );
}

/// PrivateLink guide, Share your services: the consumer sees only the endpoint's address.
#[test]
fn the_nodes_reply_reaches_the_client_from_the_endpoints_address() {
    connected().takes(
        TO_NODE,
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
            forwards(TO_NODE, ack(FIRST, NODE).seq(8).ack(301).window(512).data("PASV\r\n")),
        )
        .takes(
            TO_NODE,
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
        forwards(TO_NODE, syn(FIRST, &format!("10.0.1.50:{port}"))),
    );
}

/// PrivateLink guide, Share your services: the endpoint is in the path like any translating box.
#[test]
fn two_connections_get_two_source_ports_and_their_own_replies() {
    connected()
        .takes(INTERFACE, syn("10.1.1.1:5001", ENDPOINT), forwards(TO_NODE, syn(SECOND, NODE)))
        .takes(
            TO_NODE,
            syn_ack(NODE, SECOND),
            forwards(INTERFACE, syn_ack(ENDPOINT, "10.1.1.1:5001")),
        )
        .takes(TO_NODE, syn_ack(NODE, FIRST), forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT)));
}

/// PrivateLink guide, Access AWS services: "The service can't initiate requests to resources through
/// the VPC endpoint", so active mode FTP has no way in.
#[rstest]
#[case::a_new_connection(syn("10.0.1.50:20", "10.1.1.50:5000"))]
#[case::a_segment_of_none(ack("10.0.1.50:21", "10.1.1.50:5000"))]
#[case::a_reset(rst("10.0.1.50:21", "10.1.1.50:5000"))]
fn the_provider_cannot_open_a_connection(#[case] packet: Packet) {
    endpoint().takes(TO_NODE, packet, silence(Reason::OneWay));
}

/// PrivateLink guide, Access AWS services: the direction holds for the port of an open connection too,
/// if it is used by anything but the other end.
#[rstest]
#[case::from_another_port("10.0.1.50:20")]
#[case::from_another_address("10.0.1.51:21")]
fn the_provider_cannot_open_a_connection_beside_an_open_one(#[case] stranger: &str) {
    connected().takes(TO_NODE, syn(stranger, FIRST), silence(Reason::OneWay));
}

/// NLB guide, Listeners: the reset for a stray segment is the load balancer's, and the endpoint brings
/// it to the client like any other reply.
#[test]
fn the_nodes_reset_reaches_the_client_from_the_endpoints_address() {
    connected().takes(
        TO_NODE,
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
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), forwards(TO_NODE, ack(FIRST, NODE)))
        .wait(secs(IDLE))
        .takes(TO_NODE, ack(NODE, FIRST), forwards(INTERFACE, ack(ENDPOINT, CLIENT)));
}

/// AWS Networking blog, Implementing long-running TCP connections: later packets "aren't delivered to
/// the destination". What follows the first one belongs to no connection any more.
#[test]
fn after_350_idle_seconds_the_clients_packets_are_silently_dropped() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), silence(Reason::EndpointIdleTimeout))
        .takes(INTERFACE, ack(CLIENT, ENDPOINT), silence(Reason::StraySegment));
}

/// AWS Networking blog, Implementing long-running TCP connections: the same from the other side.
#[test]
fn after_350_idle_seconds_the_providers_packets_are_silently_dropped() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(TO_NODE, ack(NODE, FIRST), silence(Reason::EndpointIdleTimeout))
        .takes(TO_NODE, ack(NODE, FIRST), silence(Reason::OneWay));
}

/// AWS Networking blog, Implementing long-running TCP connections: only the state is gone.
#[test]
fn a_syn_after_350_idle_seconds_opens_anew() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, syn(CLIENT, ENDPOINT), forwards(TO_NODE, syn(SECOND, NODE)))
        .takes(TO_NODE, syn_ack(NODE, SECOND), forwards(INTERFACE, syn_ack(ENDPOINT, CLIENT)))
        .takes(TO_NODE, ack(NODE, FIRST), silence(Reason::OneWay));
}
