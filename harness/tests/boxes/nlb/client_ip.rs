//! Targets that see the client's address.

use std::net::SocketAddrV4;

use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeListener};
use pasvlab_harness::net::{Packet, Reason};
use rstest::rstest;

use super::{
    CLIENT, IDLE, LISTENER, NODE, OTHER, TARGET, from_client, ftp_listeners, group, listener,
    node_for, reset,
};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, fin, forwards, ip, secs, silence, socket, syn, syn_ack,
};

fn preserving() -> NodeGroup {
    NodeGroup { preserve_client_ip: true, ..group(&["10.0.2.10"]) }
}

/// A preserving node through which the client has one open connection.
fn preserved() -> Script<NlbNode> {
    let mut nlb = node_for(preserving());
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(CLIENT, TARGET)));
    nlb
}

/// Client IP preservation: the target sees the client's address, and its port.
#[test]
fn the_target_sees_the_client() {
    node_for(preserving())
        .takes(
            INTERFACE,
            syn(CLIENT, LISTENER).seq(7),
            forwards(INTERFACE, syn(CLIENT, TARGET).seq(7)),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).seq(8).data("PASV\r\n"),
            forwards(INTERFACE, ack(CLIENT, TARGET).seq(8).data("PASV\r\n")),
        );
}

/// Client IP preservation: the target answers the client, and the load balancer must be in the way.
#[test]
fn the_targets_answers_are_intercepted_and_come_from_the_listeners_address() {
    let mut nlb = preserved();
    assert!(nlb.intercepts(TARGET, CLIENT));
    nlb.takes(
        INTERFACE,
        syn_ack(TARGET, CLIENT).seq(300).ack(8),
        forwards(INTERFACE, syn_ack(LISTENER, CLIENT).seq(300).ack(8)),
    )
    .takes(
        INTERFACE,
        fin(TARGET, CLIENT).seq(301).data("221 Goodbye\r\n"),
        forwards(INTERFACE, fin(LISTENER, CLIENT).seq(301).data("221 Goodbye\r\n")),
    );
}

/// Client IP preservation: only answers to connections through the load balancer are its business.
#[rstest]
#[case::from_another_port_of_the_target("10.0.2.10:20", CLIENT)]
#[case::from_another_host("10.0.2.11:21", CLIENT)]
#[case::to_another_port_of_the_client(TARGET, "10.1.1.1:5001")]
#[case::to_another_client(TARGET, "10.1.1.2:5000")]
#[case::of_the_client(CLIENT, TARGET)]
#[case::to_the_node_itself(TARGET, LISTENER)]
fn nothing_else_is_intercepted(#[case] src: &str, #[case] dst: &str) {
    assert!(!preserved().intercepts(src, dst));
}

/// Client IP preservation: before the connection there is nothing to answer.
#[test]
fn before_a_connection_nothing_is_intercepted() {
    assert!(!node_for(preserving()).intercepts(TARGET, CLIENT));
}

/// Target groups, Routing configuration: preservation is about the source; the target's port may be
/// another one than the listener's.
#[test]
fn the_answer_of_another_target_port_comes_from_the_listeners() {
    let listener = NodeListener { first_target_port: 50_000, ..listener(8192..=8200, 0) };
    let mut nlb = Script::of(NlbNode::new(ip(NODE), vec![listener], vec![preserving()], 0));
    nlb.takes(
        INTERFACE,
        syn(CLIENT, "10.0.1.50:8195"),
        forwards(INTERFACE, syn(CLIENT, "10.0.2.10:50003")),
    )
    .takes(
        INTERFACE,
        syn_ack("10.0.2.10:50003", CLIENT),
        forwards(INTERFACE, syn_ack("10.0.1.50:8195", CLIENT)),
    );
    assert!(nlb.intercepts("10.0.2.10:50003", CLIENT));
    assert!(!nlb.intercepts("10.0.2.10:8195", CLIENT));
}

/// Troubleshooting, Connections time out for requests from a target to its load balancer: with
/// preservation, a target that is chosen for its own connection receives a packet from itself.
#[rstest]
#[case(5000)]
#[case(21)]
fn a_target_that_is_its_own_client_loops_back(#[case] port: u16) {
    node_for(preserving()).takes(
        INTERFACE,
        syn(&format!("10.0.2.10:{port}"), LISTENER),
        silence(Reason::LoopsBack),
    );
}

/// Troubleshooting, Connections time out for requests from a target to its load balancer: another
/// target may be chosen, and then all is well.
#[test]
fn a_target_reaches_another_target() {
    let group = NodeGroup { targets: group(&["10.0.3.10"]).targets, ..preserving() };
    node_for(group).takes(
        INTERFACE,
        syn("10.0.2.10:5000", LISTENER),
        forwards(INTERFACE, syn("10.0.2.10:5000", OTHER)),
    );
}

/// Troubleshooting, Intermittent TCP connection establishment failure: two nodes of a load balancer
/// that are given the same client address and port (by a NAT before it) and choose the same target
/// make one connection of two.
#[test]
fn two_nodes_forward_the_same_four_addresses_for_two_connections() {
    let opened = |node: &str| {
        let node_box = NlbNode::new(ip(node), ftp_listeners(), vec![preserving(); 2], 0);
        let syn = syn(CLIENT, &format!("{node}:21"));
        let action = Script::of(node_box).feed(INTERFACE, syn);
        assert_eq!(action, forwards(INTERFACE, crate::script::syn(CLIENT, TARGET)));
        action
    };
    assert_eq!(opened("10.0.1.50"), opened("10.0.2.50"));
}

/// Troubleshooting, Intermittent TCP connection establishment failure: without preservation the nodes'
/// own addresses tell them apart.
#[test]
fn without_preservation_two_nodes_forward_different_addresses() {
    let opened = |node: &str| {
        let group = group(&["10.0.2.10"]);
        let node_box = NlbNode::new(ip(node), ftp_listeners(), vec![group.clone(), group], 0);
        Script::of(node_box).feed(INTERFACE, syn(CLIENT, &format!("{node}:21")))
    };
    assert_ne!(opened("10.0.1.50"), opened("10.0.2.50"));
}

/// The same within one node: two listeners that lead to one port of one target cannot both have the
/// client's port. Which reason that has is the lab's choice.
#[test]
fn a_second_connection_with_the_same_four_addresses_is_dropped() {
    let to_21 = |port: u16| NodeListener { first_target_port: 21, ..listener(port..=port, 0) };
    let listeners = vec![to_21(21), to_21(2121)];
    let mut nlb = Script::of(NlbNode::new(ip(NODE), listeners, vec![preserving()], 0));
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(CLIENT, TARGET)))
        .takes(INTERFACE, syn(CLIENT, "10.0.1.50:2121"), silence(Reason::PortsExhausted))
        .takes(INTERFACE, syn_ack(TARGET, CLIENT), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)));
}

/// Client IP preservation: without translation the node's source ports are no limit.
#[test]
fn preserved_connections_do_not_use_up_source_ports() {
    let mut nlb = node_for(preserving());
    for number in 0..70_000_u32 {
        let mut packet = syn(CLIENT, LISTENER);
        packet.src = SocketAddrV4::new((0x0a02_0100 + number).into(), 5000);
        let expected = Packet { dst: socket(TARGET), ..packet.clone() };
        nlb.takes(INTERFACE, packet, forwards(INTERFACE, expected));
    }
}

/// Connection idle timeout: whoever sends, the client receives the reset; then the connection is
/// nobody's, and the target's packets go their own way.
#[test]
fn after_the_idle_timeout_the_targets_answer_is_the_last_to_be_intercepted() {
    let mut nlb = preserved();
    nlb.wait(secs(IDLE) + INSTANT);
    assert!(nlb.intercepts(TARGET, CLIENT));
    nlb.takes(INTERFACE, ack(TARGET, CLIENT).seq(301).ack(8), reset(Reason::IdleExpired));
    assert!(!nlb.intercepts(TARGET, CLIENT));
}

/// Connection idle timeout: the client's own late packet is answered as without preservation.
#[test]
fn a_client_that_sends_after_the_idle_timeout_is_reset() {
    let mut nlb = preserved();
    nlb.wait(secs(IDLE) + INSTANT).takes(INTERFACE, from_client().0, reset(Reason::IdleExpired));
    assert!(!nlb.intercepts(TARGET, CLIENT));
}
