//! Listeners, target ports, source ports.

use std::net::SocketAddrV4;
use std::ops::RangeInclusive;

use pasvlab_harness::net::Reason;
use pasvlab_harness::net::nlb::{NlbNode, NodeListener};
use rstest::rstest;

use super::{CLIENT, FIRST, IDLE, LISTENER, NODE, SECOND, TARGET, group, listener, node};
use crate::script::{
    INSTANT, INTERFACE, Script, ack, forwards, ip, secs, silence, socket, syn, syn_ack,
};

/// Source ports that one address has towards one destination.
const PORTS: u32 = 65_536 - 1024;

/// A node with one listener that leads to other ports of the target.
fn node_with_ports(ports: RangeInclusive<u16>, first_target_port: u16) -> Script<NlbNode> {
    let listener = NodeListener { first_target_port, ..listener(ports, 0) };
    Script::of(NlbNode::new(ip(NODE), vec![listener], vec![group(&["10.0.2.10"])], 0))
}

/// Listeners: a listener has a port, and forwards to its target group; the port stays the same if the
/// target group has it too.
#[rstest]
#[case(8192)]
#[case(8195)]
#[case(8200)]
fn a_data_connection_arrives_on_the_listeners_port(#[case] port: u16) {
    node().takes(
        INTERFACE,
        syn(CLIENT, &format!("10.0.1.50:{port}")),
        forwards(INTERFACE, syn(FIRST, &format!("10.0.2.10:{port}"))),
    );
}

/// Target groups, Routing configuration: a target group has a port of its own, and targets may have
/// others. A range stands for as many listeners and target groups.
#[rstest]
#[case::one_port(21..=21, 2121, 21, 2121)]
#[case::first_of_a_range(8192..=8200, 50_000, 8192, 50_000)]
#[case::middle_of_a_range(8192..=8200, 50_000, 8195, 50_003)]
#[case::last_of_a_range(8192..=8200, 50_000, 8200, 50_008)]
#[case::down(8192..=8200, 1, 8200, 9)]
#[case::up_to_the_last_port(1..=5, 65_531, 5, 65_535)]
#[case::overlapping(8192..=8200, 8193, 8192, 8193)]
fn a_connection_arrives_on_the_targets_port(
    #[case] ports: RangeInclusive<u16>,
    #[case] first_target_port: u16,
    #[case] port: u16,
    #[case] target_port: u16,
) {
    let listener = format!("10.0.1.50:{port}");
    let target = format!("10.0.2.10:{target_port}");
    node_with_ports(ports, first_target_port)
        .takes(INTERFACE, syn(CLIENT, &listener), forwards(INTERFACE, syn(FIRST, &target)))
        .takes(INTERFACE, syn_ack(&target, FIRST), forwards(INTERFACE, syn_ack(&listener, CLIENT)));
}

/// Listeners: it is the listener's port that clients connect to, not the target's.
#[test]
fn the_targets_port_is_not_the_listeners() {
    node_with_ports(21..=21, 2121).takes(
        INTERFACE,
        syn(CLIENT, "10.0.1.50:2121"),
        silence(Reason::NoListener),
    );
}

/// Target groups, Routing configuration: two listeners may lead to one port of one target. With
/// translation the connections differ in their source ports.
#[test]
fn two_listeners_may_share_a_target_port() {
    let to_21 = |port: u16| NodeListener { first_target_port: 21, ..listener(port..=port, 0) };
    let listeners = vec![to_21(21), to_21(2121)];
    let mut nlb = Script::of(NlbNode::new(ip(NODE), listeners, vec![group(&["10.0.2.10"])], 0));
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(INTERFACE, syn(CLIENT, "10.0.1.50:2121"), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(
            INTERFACE,
            syn_ack(TARGET, SECOND),
            forwards(INTERFACE, syn_ack("10.0.1.50:2121", CLIENT)),
        )
        .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)));
}

/// A node whose source ports towards the control port of the target are all taken.
fn exhausted() -> Script<NlbNode> {
    let mut nlb = node();
    for number in 0..PORTS {
        let mut packet = syn(CLIENT, LISTENER);
        packet.src = SocketAddrV4::new((0x0a02_0000 + number).into(), 5000);
        let mut expected = packet.clone();
        expected.src = SocketAddrV4::new(ip("10.0.1.50"), (1024 + number) as u16);
        expected.dst = socket(TARGET);
        nlb.takes(INTERFACE, packet, forwards(INTERFACE, expected));
    }
    nlb
}

/// Client IP preservation: with translation, the connections to one target at one time are limited by
/// the source ports (about 55,000 there, ports from 1024 on here), and then new ones fail. The limit is
/// one of each destination.
#[test]
fn when_all_source_ports_are_taken_new_connections_to_that_destination_are_dropped() {
    exhausted()
        .takes(INTERFACE, syn(CLIENT, LISTENER), silence(Reason::PortsExhausted))
        .takes(
            INTERFACE,
            syn(CLIENT, "10.0.1.50:8192"),
            forwards(INTERFACE, syn(FIRST, "10.0.2.10:8192")),
        )
        .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, "10.2.0.0:5000")));
}

/// Connection idle timeout: the limit counts simultaneous connections, and a forgotten one is none.
#[test]
fn the_source_ports_of_forgotten_connections_are_used_again() {
    exhausted()
        .wait(secs(IDLE))
        .takes(INTERFACE, syn(CLIENT, LISTENER), silence(Reason::PortsExhausted))
        .wait(INSTANT)
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, CLIENT)));
}
