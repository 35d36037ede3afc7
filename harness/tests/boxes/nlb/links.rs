//! Connections that come through endpoints.

use pasvlab_harness::net::Reason;
use pasvlab_harness::net::nlb::NodeGroup;
use rstest::rstest;

use super::{CLIENT, FIRST, IDLE, LISTENER, SECOND, TARGET, connected, group, node, node_for};
use crate::script::{
    Fields, INSTANT, INTERFACE, ack, answers, forwards, link, rst, secs, silence, syn, syn_ack,
};

/// The consumer's client behind the endpoint.
const CONSUMER: &str = "10.7.7.7:4321";

/// Client IP preservation: for PrivateLink clients the source is always the load balancer's address.
#[test]
fn the_reply_of_a_connection_from_a_link_goes_back_over_that_link() {
    node()
        .takes(link(1), syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(link(1), syn_ack(LISTENER, CLIENT)))
        .takes(link(1), ack(CLIENT, LISTENER), forwards(INTERFACE, ack(FIRST, TARGET)));
}

/// PrivateLink guide, Share your services: consumers' address ranges may overlap with each other and
/// with the provider's.
#[test]
fn equal_addresses_from_the_interface_and_from_links_do_not_collide() {
    let third = "10.0.1.50:1026";
    node()
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(link(0), syn(CLIENT, LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(link(1), syn(CLIENT, LISTENER), forwards(INTERFACE, syn(third, TARGET)))
        .takes(INTERFACE, syn_ack(TARGET, third), forwards(link(1), syn_ack(LISTENER, CLIENT)))
        .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)))
        .takes(INTERFACE, syn_ack(TARGET, SECOND), forwards(link(0), syn_ack(LISTENER, CLIENT)));
}

/// Connection idle timeout: the reset goes the way of the connection.
#[test]
fn the_client_behind_a_link_is_reset_over_that_link() {
    node()
        .takes(link(1), syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(TARGET, FIRST).seq(301),
            answers(link(1), rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
        );
}

/// PrivateLink guide, Share your services: ranges may overlap, so an endpoint's address may be the
/// target's. What comes over a link is a consumer's all the same.
#[test]
fn a_packet_from_a_link_is_never_taken_for_the_targets_reply() {
    connected().takes(link(0), ack(TARGET, FIRST), silence(Reason::NoListener));
}

/// PrivateLink guide, Create an endpoint service: the application sees no address of the consumer.
#[test]
fn the_consumers_address_does_not_travel_on() {
    node()
        .takes(
            link(0),
            syn(CLIENT, LISTENER).consumer(CONSUMER),
            forwards(INTERFACE, syn(FIRST, TARGET)),
        )
        .takes(
            link(0),
            ack(CLIENT, LISTENER).consumer(CONSUMER).data("USER anonymous\r\n"),
            forwards(INTERFACE, ack(FIRST, TARGET).data("USER anonymous\r\n")),
        );
}

/// Client IP preservation: it has no effect on traffic from PrivateLink, whose source is always the
/// load balancer's address.
#[test]
fn preservation_has_no_effect_through_an_endpoint() {
    let preserving = NodeGroup { preserve_client_ip: true, ..group(&["10.0.2.10"]) };
    let mut nlb = node_for(preserving);
    nlb.takes(
        link(0),
        syn(CLIENT, LISTENER).consumer(CONSUMER),
        forwards(INTERFACE, syn(FIRST, TARGET)),
    )
    .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(link(0), syn_ack(LISTENER, CLIENT)));
    assert!(!nlb.intercepts(TARGET, CLIENT));
    assert!(!nlb.intercepts(TARGET, CONSUMER));
}

/// Client IP preservation: the source of traffic from PrivateLink is the load balancer's address, so
/// that a consumer with the target's own address does not loop back.
#[rstest]
#[case::the_endpoints_address("10.0.2.10:5000", CONSUMER)]
#[case::the_consumers_address(CLIENT, "10.0.2.10:5000")]
fn a_client_behind_an_endpoint_may_have_the_targets_address(
    #[case] client: &str,
    #[case] consumer: &str,
) {
    let preserving = NodeGroup { preserve_client_ip: true, ..group(&["10.0.2.10"]) };
    node_for(preserving).takes(
        link(0),
        syn(client, LISTENER).consumer(consumer),
        forwards(INTERFACE, syn(FIRST, TARGET)),
    );
}

/// An empty target group is not documented; the lab's choice is silence, on a link as on the interface.
#[test]
fn a_node_without_a_target_is_silent_over_a_link_too() {
    node_for(group(&[])).takes(link(0), syn(CLIENT, LISTENER), silence(Reason::NoTarget));
}
