//! One node of a load balancer: [`pasvlab_harness::net::nlb`].
//!
//! The node is 10.0.1.50, its target 10.0.2.10, the client 10.1.1.1. Pages are those of the User Guide
//! for Network Load Balancers.

use std::net::Ipv4Addr;

use pasvlab_harness::net::nlb::{NlbNode, NodeListener};
use pasvlab_harness::net::{Action, Packet, Reason};
use rstest::rstest;

use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, fin, forwards, ip, link, rst, rst_ack, secs,
    silence, socket, syn, syn_ack,
};

const CLIENT: &str = "10.1.1.1:5000";
const LISTENER: &str = "10.0.1.50:21";
/// What a target sees of the first connection, and of the second.
const FIRST: &str = "10.0.1.50:1024";
const SECOND: &str = "10.0.1.50:1025";
const TARGET: &str = "10.0.2.10:21";

/// Connection idle timeout: 350 seconds by default.
const IDLE: u64 = 350;
/// Source ports that one address has towards one destination.
const PORTS: u32 = 65_536 - 1024;

/// A node with the listeners of an FTP server: one for control, nine for data.
fn node_for(targets: &[&str], seed: u64) -> Script<NlbNode> {
    let targets: Vec<Ipv4Addr> = targets.iter().map(|target| ip(target)).collect();
    let control = NodeListener { ports: 21..=21, targets: targets.clone() };
    let data = NodeListener { ports: 8192..=8200, targets };
    Script::of(NlbNode::new(ip("10.0.1.50"), vec![control, data], secs(IDLE), seed))
}

fn node() -> Script<NlbNode> {
    node_for(&["10.0.2.10"], 0)
}

fn node_with_two_targets(seed: u64) -> Script<NlbNode> {
    node_for(&["10.0.2.10", "10.0.3.10"], seed)
}

/// A node through which the client has one open connection.
fn connected() -> Script<NlbNode> {
    let mut nlb = node();
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)));
    nlb
}

/// Which target gets this packet.
fn target_of(nlb: &mut Script<NlbNode>, packet: Packet) -> Ipv4Addr {
    match nlb.feed(INTERFACE, packet) {
        Action::Forward { packet, .. } => *packet.dst.ip(),
        other => panic!("not forwarded: {other:?}"),
    }
}

/// Client IP preservation: if it is off, the source address is the load balancer's own.
#[test]
fn a_new_connection_reaches_the_target_from_the_nodes_address() {
    node().takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(7),
        forwards(INTERFACE, syn(FIRST, TARGET).seq(7)),
    );
}

/// Client IP preservation; Target groups: a connection is translated in both directions.
#[test]
fn the_targets_reply_reaches_the_client_from_the_listeners_address() {
    connected().takes(
        INTERFACE,
        syn_ack(TARGET, FIRST).seq(300).ack(8),
        forwards(INTERFACE, syn_ack(LISTENER, CLIENT).seq(300).ack(8)),
    );
}

/// Overview: the load balancer works at the connection level; it does not look into the stream.
#[test]
fn nothing_but_the_addresses_of_a_packet_changes() {
    connected()
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).seq(8).ack(301).window(512).data("PASV\r\n"),
            forwards(INTERFACE, ack(FIRST, TARGET).seq(8).ack(301).window(512).data("PASV\r\n")),
        )
        .takes(
            INTERFACE,
            fin(TARGET, FIRST).seq(301).ack(14).window(9).data("227 Entering (10,0,2,10,32,0)"),
            forwards(
                INTERFACE,
                fin(LISTENER, CLIENT)
                    .seq(301)
                    .ack(14)
                    .window(9)
                    .data("227 Entering (10,0,2,10,32,0)"),
            ),
        );
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

/// Listeners: traffic to a port without a listener is "unintended traffic" and is dropped.
#[rstest]
#[case(20)]
#[case(22)]
#[case(8191)]
#[case(8201)]
fn a_port_without_a_listener_is_silent(#[case] port: u16) {
    let address = format!("10.0.1.50:{port}");
    node().takes(INTERFACE, syn(CLIENT, &address), silence(Reason::NoListener)).takes(
        link(0),
        syn(CLIENT, &address),
        silence(Reason::NoListener),
    );
}

/// Listeners: any other segment for such a port is dropped as well. It tries no listener, so the lab
/// gives another reason.
#[rstest]
#[case::ack(ack(CLIENT, "10.0.1.50:8201"))]
#[case::data(ack(CLIENT, "10.0.1.50:8201").data("LIST\r\n"))]
#[case::syn_ack(syn_ack(CLIENT, "10.0.1.50:8201"))]
#[case::rst(rst(CLIENT, "10.0.1.50:8201"))]
fn a_stray_segment_on_a_port_without_a_listener_is_silently_dropped(#[case] stray: Packet) {
    node().takes(INTERFACE, stray, silence(Reason::StraySegment));
}

/// Listeners: a segment for a listener that is neither a SYN nor of a known connection is answered
/// with a reset; its numbers are those of RFC 9293 section 3.10.7.1.
#[rstest]
#[case::ack(ack(CLIENT, LISTENER).seq(7).ack(99))]
#[case::data(ack(CLIENT, LISTENER).seq(7).ack(99).data("LIST\r\n"))]
#[case::fin(fin(CLIENT, LISTENER).seq(7).ack(99))]
#[case::syn_ack(syn_ack(CLIENT, LISTENER).seq(7).ack(99))]
fn a_stray_segment_is_reset(#[case] stray: Packet) {
    let reset = rst(LISTENER, CLIENT).seq(99);
    node().takes(INTERFACE, stray, answers(INTERFACE, reset, Reason::StraySegment));
}

/// Listeners; the reset goes to whoever sent the segment, here through an endpoint service.
#[test]
fn a_stray_segment_from_a_link_is_reset_over_that_link() {
    node().takes(
        link(1),
        ack(CLIENT, LISTENER).seq(7).ack(99),
        answers(link(1), rst(LISTENER, CLIENT).seq(99), Reason::StraySegment),
    );
}

/// RFC 9293 section 3.10.7.1: "An incoming segment containing a RST is discarded."
#[rstest]
#[case::rst(rst(CLIENT, LISTENER).seq(7))]
#[case::rst_ack(rst_ack(CLIENT, LISTENER).ack(7))]
fn a_stray_reset_is_silently_dropped(#[case] reset: Packet) {
    node().takes(INTERFACE, reset, silence(Reason::StraySegment));
}

/// Listeners: the load balancer passes the connection through, so a refusal (RFC 9293 section
/// 3.10.7.1) is the target's own.
#[test]
fn the_targets_reset_reaches_the_client_from_the_listeners_address() {
    connected().takes(
        INTERFACE,
        rst_ack(TARGET, FIRST).ack(8),
        forwards(INTERFACE, rst_ack(LISTENER, CLIENT).ack(8)),
    );
}

/// RFC 9293 section 3.10.7: a reset is an ordinary segment of its connection.
#[test]
fn the_clients_reset_reaches_the_target() {
    connected().takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        forwards(INTERFACE, rst(FIRST, TARGET).seq(8)),
    );
}

/// Client IP preservation: with translation, connections differ by the node's source port only.
#[test]
fn a_second_connection_of_the_same_client_gets_another_source_port() {
    connected()
        .takes(INTERFACE, syn("10.1.1.1:5001", LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(
            INTERFACE,
            syn_ack(TARGET, SECOND),
            forwards(INTERFACE, syn_ack(LISTENER, "10.1.1.1:5001")),
        )
        .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)));
}

/// Client IP preservation: with translation, clients with equal ports do not collide.
#[test]
fn two_clients_with_the_same_port_get_their_own_replies() {
    connected()
        .takes(INTERFACE, syn("10.1.1.2:5000", LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, CLIENT)))
        .takes(INTERFACE, ack(TARGET, SECOND), forwards(INTERFACE, ack(LISTENER, "10.1.1.2:5000")));
}

/// Overview: a connection stays on its target, so a repeated SYN does not open another one.
#[test]
fn a_repeated_syn_is_the_same_connection() {
    connected()
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(INTERFACE, ack(CLIENT, LISTENER), forwards(INTERFACE, ack(FIRST, TARGET)));
}

/// Listeners: the node itself opens nothing, so nobody but the target of a connection may use its
/// source port; the port has no listener.
#[rstest]
#[case::another_host("10.0.2.11:21")]
#[case::another_port_of_the_target("10.0.2.10:8192")]
fn only_the_target_reaches_the_client_through_the_source_port(#[case] stranger: &str) {
    connected().takes(INTERFACE, ack(stranger, FIRST), silence(Reason::StraySegment));
}

/// PrivateLink guide, Share your services: ranges may overlap, so an endpoint's address may be the
/// target's. What comes over a link is a consumer's all the same.
#[test]
fn a_packet_from_a_link_is_never_taken_for_the_targets_reply() {
    connected().takes(link(0), ack(TARGET, FIRST), silence(Reason::StraySegment));
}

/// Overview: the flow hash includes the sequence number, so connections of one client, even from one
/// port, may go to different targets.
#[test]
fn connections_that_differ_in_the_sequence_number_are_spread_over_all_targets() {
    let count = |step: u32| {
        let seqs = (0..1000_u32).map(|number| number.wrapping_mul(step));
        let chosen = seqs
            .map(|seq| target_of(&mut node_with_two_targets(0), syn(CLIENT, LISTENER).seq(seq)));
        chosen.filter(|target| *target == ip("10.0.2.10")).count()
    };
    for step in [1, 2, 4096, 250_000, 2_654_435_761] {
        let first = count(step);
        assert!((300..=700).contains(&first), "{first} of 1000 to the first target, step {step}");
    }
}

/// Overview: the flow hash includes the source port.
#[test]
fn connections_that_differ_in_the_source_port_are_spread_over_all_targets() {
    let mut nlb = node_with_two_targets(0);
    let chosen = (5000..6000).map(|port| {
        let client = format!("10.1.1.1:{port}");
        target_of(&mut nlb, syn(&client, LISTENER).seq(7))
    });
    let first = chosen.filter(|target| *target == ip("10.0.2.10")).count();
    assert!((300..=700).contains(&first), "{first} of 1000 to the first target");
}

/// Overview: the hash decides, and nothing else does.
#[test]
fn the_same_packet_is_always_sent_to_the_same_target() {
    for seq in 0..100 {
        let packet = syn(CLIENT, LISTENER).seq(seq);
        let first = target_of(&mut node_with_two_targets(3), packet.clone());
        let mut busy = node_with_two_targets(3);
        busy.feed(INTERFACE, syn("10.1.1.9:1", LISTENER));
        assert_eq!(target_of(busy.wait(secs(9)), packet), first, "seq {seq}");
    }
}

/// The hash itself is not documented; the lab's choice is that the seed decides.
#[test]
fn another_seed_may_choose_another_target() {
    let packet = syn(CLIENT, LISTENER).seq(7);
    let of_seed = |seed| target_of(&mut node_with_two_targets(seed), packet.clone());
    let of_zero = of_seed(0);
    let others = (1..64).filter(|seed| of_seed(*seed) != of_zero).count();
    assert!((10..54).contains(&others), "{others} of 63 seeds differ from the first");
}

/// Overview: "Each individual TCP connection is routed to a single target for the life of the
/// connection."
#[test]
fn a_connection_keeps_its_target_whatever_its_sequence_numbers() {
    let mut nlb = node_with_two_targets(0);
    let target = target_of(&mut nlb, syn(CLIENT, LISTENER).seq(7));
    for seq in (8..u32::MAX).step_by(40_000_001) {
        assert_eq!(target_of(&mut nlb, ack(CLIENT, LISTENER).seq(seq)), target);
        assert_eq!(target_of(&mut nlb, syn(CLIENT, LISTENER).seq(seq)), target);
    }
}

/// An empty target group is not documented; the lab's choice is silence.
#[test]
fn without_a_target_a_new_connection_is_silently_dropped() {
    node_for(&[], 0).takes(INTERFACE, syn(CLIENT, LISTENER), silence(Reason::NoTarget)).takes(
        INTERFACE,
        ack(CLIENT, LISTENER).ack(9),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(9), Reason::StraySegment),
    );
}

/// Connection idle timeout: a connection is forgotten after more than 350 seconds without a packet.
#[test]
fn after_exactly_the_idle_timeout_a_connection_is_still_known() {
    connected()
        .wait(secs(IDLE))
        .takes(INTERFACE, ack(CLIENT, LISTENER), forwards(INTERFACE, ack(FIRST, TARGET)))
        .wait(secs(IDLE))
        .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, CLIENT)));
}

/// Connection idle timeout: packets of either side restart the timer, keepalives among them.
#[test]
fn packets_of_either_side_keep_a_connection_known() {
    let mut nlb = connected();
    for _ in 0..10 {
        nlb.wait(secs(200))
            .takes(INTERFACE, ack(CLIENT, LISTENER), forwards(INTERFACE, ack(FIRST, TARGET)))
            .wait(secs(200))
            .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, CLIENT)));
    }
}

/// Connection idle timeout: a client that sends after it receives a reset, acceptable by RFC 9293
/// section 3.10.7.1.
#[test]
fn a_client_that_sends_after_the_idle_timeout_is_reset() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        ack(CLIENT, LISTENER).seq(8).ack(301).data("NOOP\r\n"),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
    );
}

/// Connection idle timeout: if the target sends after it, the client receives the reset. It looks like
/// one of the listener's, and its sequence number is the one that the client expects next.
#[test]
fn a_target_that_sends_after_the_idle_timeout_has_the_client_reset() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        ack(TARGET, FIRST).seq(301).ack(8).data("226 Done\r\n"),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
    );
}

/// Connection idle timeout. The target's numbers mean nothing to the client as an acknowledgement
/// (RFC 9293 section 3.10.7.4), so there is none.
#[test]
fn the_late_reset_of_a_target_reaches_the_client_without_an_acknowledgement() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        rst(TARGET, FIRST).seq(301),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
    );
}

/// RFC 9293 section 3.5.2: a reset answers any segment of a connection that does not exist "except
/// another reset".
#[test]
fn the_late_reset_of_a_client_is_not_answered() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        silence(Reason::IdleTimeout),
    );
}

/// Connection idle timeout; Listeners: once forgotten, a connection is like any unknown one.
#[test]
fn after_the_first_late_packet_the_connection_is_a_stranger() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).ack(301),
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).ack(301),
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::StraySegment),
        )
        .takes(INTERFACE, ack(TARGET, FIRST), silence(Reason::StraySegment));
}

/// Connection idle timeout; Listeners: a SYN opens a connection, whatever was there before.
#[test]
fn a_syn_after_the_idle_timeout_opens_anew() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            syn(CLIENT, LISTENER).seq(70),
            forwards(INTERFACE, syn(SECOND, TARGET).seq(70)),
        )
        .takes(INTERFACE, syn_ack(TARGET, SECOND), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)))
        .takes(INTERFACE, ack(TARGET, FIRST), silence(Reason::StraySegment));
}

/// Update idle timeout: the control connection sleeps while the data connection works, and each
/// connection has its own timer.
#[test]
fn traffic_of_the_data_connection_does_not_keep_the_control_connection() {
    connected()
        .takes(
            INTERFACE,
            syn("10.1.1.1:5001", "10.0.1.50:8192"),
            forwards(INTERFACE, syn(SECOND, "10.0.2.10:8192")),
        )
        .wait(secs(200))
        .takes(
            INTERFACE,
            ack("10.0.2.10:8192", SECOND).data("file"),
            forwards(INTERFACE, ack("10.0.1.50:8192", "10.1.1.1:5001").data("file")),
        )
        .wait(secs(200))
        .takes(
            INTERFACE,
            ack("10.0.2.10:8192", SECOND).data("file"),
            forwards(INTERFACE, ack("10.0.1.50:8192", "10.1.1.1:5001").data("file")),
        )
        .takes(
            INTERFACE,
            ack(TARGET, FIRST).seq(301).data("226 Done\r\n"),
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
        );
}

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
    let mut nlb = node();
    nlb.takes(link(1), syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(TARGET, FIRST).seq(301),
            answers(link(1), rst(LISTENER, CLIENT).seq(301), Reason::IdleTimeout),
        );
}

/// A node whose source ports towards the control port of the target are all taken.
fn exhausted() -> Script<NlbNode> {
    let mut nlb = node();
    for number in 0..PORTS {
        let mut packet = syn(CLIENT, LISTENER);
        packet.src = std::net::SocketAddrV4::new((0x0a02_0000 + number).into(), 5000);
        let mut expected = packet.clone();
        expected.src = std::net::SocketAddrV4::new(ip("10.0.1.50"), (1024 + number) as u16);
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
