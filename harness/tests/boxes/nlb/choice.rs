//! Which target a connection gets.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeTarget};
use pasvlab_harness::net::{Packet, Reason};
use pasvlab_scenarios::{TargetState, WithoutTarget};
use rstest::rstest;

use super::{
    CLIENT, LISTENER, NODE, TARGETS, change, elsewhere, ftp_node, group, group_of, listener,
    node_for, node_with_two_targets, target, target_of,
};
use crate::script::{
    Fields, INTERFACE, Script, ack, answers, ip, rst, rst_ack, secs, silence, syn,
};

/// The first target.
fn is_first(address: Ipv4Addr) -> bool {
    address == ip(TARGETS[0])
}

/// A node that listens on many ports, with two targets.
fn wide_node(sticky: bool) -> Script<NlbNode> {
    let group = NodeGroup { sticky, ..group(&TARGETS) };
    Script::of(NlbNode::new(ip(NODE), vec![listener(1..=1000, 0)], vec![group], 0))
}

/// How many of 1000 connections go to the first target; the n-th one opens with the n-th packet.
fn of_1000(sticky: bool, packet: fn(u32) -> Packet) -> usize {
    let chosen = (0..1000).map(|number| target_of(&mut wide_node(sticky), packet(number)));
    chosen.filter(|target| is_first(*target)).count()
}

fn source_address(number: u32) -> Packet {
    let octets = (number / 250, number % 250 + 1);
    syn(&format!("10.1.{}.{}:5000", octets.0, octets.1), LISTENER).seq(7)
}

fn source_port(number: u32) -> Packet {
    syn(&format!("10.1.1.1:{}", 5000 + number), LISTENER).seq(7)
}

/// A load balancer has one address in each zone, so here it is the only field that one node never
/// sees another value of.
fn destination_address(number: u32) -> Packet {
    syn(CLIENT, &format!("10.0.{}.{}:21", number / 250, number % 250 + 1)).seq(7)
}

fn destination_port(number: u32) -> Packet {
    syn(CLIENT, &format!("10.0.1.50:{}", number + 1)).seq(7)
}

fn sequence_number(number: u32) -> Packet {
    syn(CLIENT, LISTENER).seq(number)
}

/// Numbers as a host draws them, RFC 6528: far apart.
fn distant_sequence_number(number: u32) -> Packet {
    syn(CLIENT, LISTENER).seq(number.wrapping_mul(2_654_435_761))
}

fn even_sequence_number(number: u32) -> Packet {
    syn(CLIENT, LISTENER).seq(number.wrapping_mul(250_000))
}

/// Overview: the flow hash is one of "the protocol, source IP address, source port, destination IP
/// address, destination port, and TCP sequence number". So connections that differ in one of them are
/// spread over all targets.
#[rstest]
#[case::source_address(source_address)]
#[case::source_port(source_port)]
#[case::destination_address(destination_address)]
#[case::destination_port(destination_port)]
#[case::sequence_number(sequence_number)]
#[case::distant_sequence_number(distant_sequence_number)]
#[case::even_sequence_number(even_sequence_number)]
fn each_field_of_the_flow_hash_spreads_connections(#[case] packet: fn(u32) -> Packet) {
    let first = of_1000(false, packet);
    assert!((300..=700).contains(&first), "{first} of 1000 to the first target");
}

/// Overview: nothing but these fields is part of the hash.
#[rstest]
#[case::acknowledgement(|packet: Packet| packet.ack(99))]
#[case::window(|packet: Packet| packet.window(512))]
#[case::data(|packet: Packet| packet.data("early"))]
fn no_other_field_changes_the_choice(#[case] change: fn(Packet) -> Packet) {
    for seq in 0..100 {
        let packet = syn(CLIENT, LISTENER).seq(seq);
        let changed = target_of(&mut wide_node(false), change(packet.clone()));
        assert_eq!(changed, target_of(&mut wide_node(false), packet), "seq {seq}");
    }
}

/// Overview: the flow hash includes the sequence number, so connections of one client, even from one
/// port, may go to different targets: control and data connection, for example.
#[test]
fn the_connections_of_one_client_do_not_stay_together() {
    let mut nlb = node_with_two_targets(0);
    let chosen: BTreeSet<Ipv4Addr> = (0..16_u16)
        .map(|number| {
            let client = format!("10.1.1.1:{}", 5000 + number);
            let listener = if number == 0 { LISTENER } else { "10.0.1.50:8192" };
            target_of(&mut nlb, syn(&client, listener).seq(u32::from(number) * 64_000))
        })
        .collect();
    assert_eq!(chosen, BTreeSet::from(TARGETS.map(ip)));
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

/// Sticky sessions: a source address keeps its target, so that no other field matters.
#[rstest]
#[case::source_port(source_port)]
#[case::sequence_number(sequence_number)]
#[case::distant_sequence_number(distant_sequence_number)]
fn a_sticky_group_sends_all_connections_of_a_source_to_one_target(
    #[case] packet: fn(u32) -> Packet,
) {
    assert!([0, 1000].contains(&of_1000(true, packet)));
}

/// Sticky sessions: what is sticky is the source address, so many of them are spread over all targets.
#[test]
fn a_sticky_group_spreads_sources_over_all_targets() {
    let first = of_1000(true, source_address);
    assert!((300..=700).contains(&first), "{first} of 1000 to the first target");
}

/// Sticky sessions: they are an attribute of the target group, and there is one for each port, so the
/// same source may have another target on another port.
#[test]
fn a_sticky_group_of_another_port_may_choose_another_target() {
    let first = of_1000(true, destination_port);
    assert!((300..=700).contains(&first), "{first} of 1000 ports lead to the first target");
}

/// Sticky sessions: so a data connection may miss the target of its control connection, and the seed
/// decides whether it does.
#[rstest]
#[case::together(true)]
#[case::apart(false)]
fn with_some_seeds_sticky_control_and_data_connections_are_apart(#[case] together: bool) {
    let apart = |seed: &u64| {
        let sticky = NodeGroup { sticky: true, ..group(&TARGETS) };
        let mut nlb = Script::of(ftp_node(sticky, *seed));
        let control = target_of(&mut nlb, syn(CLIENT, LISTENER));
        let mut data = (0..20_u32).map(|number| {
            let client = format!("10.1.1.1:{}", 5001 + number);
            target_of(&mut nlb, syn(&client, "10.0.1.50:8192").seq(number))
        });
        let first = data.next().expect("twenty connections");
        assert!(data.all(|target| target == first));
        first != control
    };
    let seeds = (0..64).filter(|seed| apart(seed) != together).count();
    assert!((10..54).contains(&seeds), "{seeds} of 64 seeds");
}

/// Whether stickiness knows the consumer's client behind an endpoint is not documented; the lab's choice
/// is the packet's own source.
#[test]
fn a_sticky_group_takes_the_packets_source() {
    let sticky = || node_for(NodeGroup { sticky: true, ..group(&TARGETS) });
    for last in 1..100 {
        let client = format!("10.1.1.{last}:5000");
        let own = target_of(&mut sticky(), syn(&client, LISTENER));
        let consumed = syn(&client, LISTENER).consumer("10.7.7.7:1").seq(9);
        assert_eq!(target_of(&mut sticky(), consumed), own, "{client}");
    }
}

/// Sticky sessions do not outlive their target: new connections go to the others (Target group
/// health).
#[test]
fn a_sticky_source_gets_another_target_if_its_own_becomes_unhealthy() {
    for last in 1..50 {
        let client = format!("10.1.1.{last}:5000");
        let own = target_of(
            &mut node_for(NodeGroup { sticky: true, ..group(&TARGETS) }),
            syn(&client, LISTENER),
        );
        let changes = vec![change(10, &own.to_string(), TargetState::Unhealthy)];
        let mut nlb = node_for(NodeGroup { sticky: true, changes, ..group(&TARGETS) });
        assert_eq!(target_of(&mut nlb, syn(&client, LISTENER)), own);
        let later = target_of(nlb.wait(secs(10)), syn(&client, "10.0.1.50:8192"));
        assert_ne!(later, own);
    }
}

/// An empty target group is not documented; the lab's choice is silence.
#[test]
fn without_a_target_a_new_connection_is_silently_dropped() {
    node_for(group(&[])).takes(INTERFACE, syn(CLIENT, LISTENER), silence(Reason::NoTarget)).takes(
        INTERFACE,
        ack(CLIENT, LISTENER).ack(9),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(9), Reason::StraySegment),
    );
}

/// An empty target group is not documented; the other possibility is a reset.
#[test]
fn without_a_target_a_new_connection_is_reset_where_that_is_chosen() {
    let node = ftp_node(group(&[]), 0).without_target(WithoutTarget::Reset);
    Script::of(node).takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(7),
        answers(INTERFACE, rst_ack(LISTENER, CLIENT).ack(8), Reason::NoTarget),
    );
}

/// The targets that a node with these uses.
fn used(targets: &[NodeTarget]) -> BTreeSet<Ipv4Addr> {
    let mut nlb = Script::of(ftp_node(group_of(targets), 0));
    (0..200_u32)
        .map(|number| target_of(&mut nlb, source_port(number).seq(number * 64_000)))
        .collect()
}

/// Cross-zone load balancing: with it, a node uses the targets of all zones; without it, those of its
/// own.
#[rstest]
#[case::on(&[target("10.0.2.10"), target("10.0.3.10"), target("10.0.4.10")],
    &["10.0.2.10", "10.0.3.10", "10.0.4.10"])]
#[case::off_with_two(&[target("10.0.2.10"), elsewhere(target("10.0.3.10")), target("10.0.4.10")],
    &["10.0.2.10", "10.0.4.10"])]
#[case::off_with_one(&[elsewhere(target("10.0.2.10")), elsewhere(target("10.0.3.10")), target("10.0.4.10")],
    &["10.0.4.10"])]
fn a_node_uses_the_targets_of_its_zone_or_of_all(
    #[case] targets: &[NodeTarget],
    #[case] expected: &[&str],
) {
    assert_eq!(used(targets), expected.iter().map(|target| ip(target)).collect());
}

/// Cross-zone load balancing: without it a node has its own zone's targets only. That the zone's
/// address should not be in the DNS then (Target group health) does not stop a client that has it.
#[test]
fn a_node_without_a_target_in_its_zone_is_silent() {
    let targets = [elsewhere(target("10.0.2.10")), elsewhere(target("10.0.3.10"))];
    node_for(group_of(targets)).takes(INTERFACE, syn(CLIENT, LISTENER), silence(Reason::NoTarget));
}
