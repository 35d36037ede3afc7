//! Unhealthy targets.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeTarget};
use pasvlab_harness::net::{Action, Packet, Reason};
use pasvlab_scenarios::TargetChange;
use pasvlab_scenarios::TargetState::{Deregistered, Healthy, Unhealthy};
use rstest::rstest;

use super::{
    CLIENT, LISTENER, NODE, OTHER, SECOND, TARGET, TARGETS, change, connect, elsewhere,
    from_client, from_target, ftp_listeners, group, group_of, node_for, reset, target, unhealthy,
};
use crate::script::{
    Fields, INSTANT, INTERFACE, START, Script, ack, answers, forwards, ip, rst, secs, silence, syn,
    syn_ack,
};

/// Which targets get new connections, some seconds after the script began.
fn used(group: &NodeGroup, after: u64) -> BTreeSet<Ipv4Addr> {
    let chosen = (0..64_u32).filter_map(|number| {
        let opened = syn(CLIENT, LISTENER).seq(number * 64_000);
        match node_for(group.clone()).wait(secs(after)).feed(INTERFACE, opened) {
            Action::Forward { packet, .. } => Some(*packet.dst.ip()),
            other => {
                assert_eq!(other, silence(Reason::NoTarget));
                None
            }
        }
    });
    chosen.collect()
}

fn addresses(addresses: &[&str]) -> BTreeSet<Ipv4Addr> {
    addresses.iter().map(|address| ip(address)).collect()
}

/// Two targets of which one is chosen, as the other one is in another zone. So the group does not fail
/// open when the first one becomes unhealthy.
fn group_with(changes: impl Into<Vec<TargetChange>>) -> NodeGroup {
    let targets = [target(TARGETS[0]), elsewhere(target(TARGETS[1]))];
    NodeGroup { changes: changes.into(), ..group_of(targets) }
}

/// Health checks: "each load balancer node routes requests only to the healthy targets".
#[rstest]
#[case::both_healthy(&[target("10.0.2.10"), target("10.0.3.10")], &["10.0.2.10", "10.0.3.10"])]
#[case::one_unhealthy(&[target("10.0.2.10"), unhealthy("10.0.3.10")], &["10.0.2.10"])]
#[case::the_other_one(&[unhealthy("10.0.2.10"), target("10.0.3.10")], &["10.0.3.10"])]
fn an_unhealthy_target_gets_no_connection(
    #[case] targets: &[NodeTarget],
    #[case] expected: &[&str],
) {
    assert_eq!(used(&group_of(targets), 0), addresses(expected));
}

/// Health checks: if all targets of all zones are unhealthy, the load balancer fails open, and they
/// all get connections; each node keeps to those that it may use.
#[rstest]
#[case::one(&[unhealthy("10.0.2.10")], &["10.0.2.10"])]
#[case::all(&[unhealthy("10.0.2.10"), unhealthy("10.0.3.10")], &["10.0.2.10", "10.0.3.10"])]
#[case::of_all_zones(&[unhealthy("10.0.2.10"), elsewhere(unhealthy("10.0.3.10"))], &["10.0.2.10"])]
fn if_all_targets_are_unhealthy_all_are_used(
    #[case] targets: &[NodeTarget],
    #[case] expected: &[&str],
) {
    let group = group_of(targets);
    assert!(group.fails_open(START));
    assert_eq!(used(&group, 0), addresses(expected));
}

/// Health checks: one healthy target of any zone is enough not to fail open. A client that still comes
/// to this zone (Target group health: its address is no longer in the DNS) gets nothing.
#[test]
fn a_healthy_target_of_another_zone_keeps_a_node_from_failing_open() {
    let group = group_of([unhealthy("10.0.2.10"), elsewhere(target("10.0.3.10"))]);
    assert!(!group.fails_open(START));
    assert_eq!(used(&group, 0), addresses(&[]));
}

/// Health checks: a group without targets fails open as well, to no target at all.
#[test]
fn an_empty_group_fails_open_to_nothing() {
    let group = group(&[]);
    assert!(group.fails_open(START));
    assert_eq!(used(&group, 0), addresses(&[]));
}

/// Health checks: targets become unhealthy and healthy again, each at its time.
#[rstest]
#[case::before(9, &["10.0.2.10", "10.0.3.10"])]
#[case::from_the_first_change_on(10, &["10.0.3.10"])]
#[case::before_the_second(19, &["10.0.3.10"])]
#[case::failing_open(20, &["10.0.2.10", "10.0.3.10"])]
#[case::one_is_healthy_again(30, &["10.0.2.10"])]
#[case::and_stays_so(3000, &["10.0.2.10"])]
fn the_health_of_a_target_changes_over_time(#[case] after: u64, #[case] expected: &[&str]) {
    let changes = vec![
        change(10, "10.0.2.10", Unhealthy),
        change(20, "10.0.3.10", Unhealthy),
        change(30, "10.0.2.10", Healthy),
    ];
    assert_eq!(used(&NodeGroup { changes, ..group(&TARGETS) }, after), addresses(expected));
}

/// Health checks: a change holds from its moment on.
#[test]
fn a_change_holds_from_its_very_moment() {
    let group =
        NodeGroup { changes: vec![change(10, "10.0.2.10", Unhealthy)], ..group(&["10.0.2.10"]) };
    assert!(!group.fails_open(START + secs(10) - INSTANT));
    assert!(group.fails_open(START + secs(10)));
}

/// Health checks: a target that fails from the beginning may recover.
#[rstest]
#[case(0, &["10.0.3.10"])]
#[case(10, &["10.0.2.10", "10.0.3.10"])]
fn a_target_may_become_healthy(#[case] after: u64, #[case] expected: &[&str]) {
    let changes = vec![change(10, "10.0.2.10", Healthy)];
    let targets = [unhealthy("10.0.2.10"), target("10.0.3.10")];
    assert_eq!(used(&NodeGroup { changes, ..group_of(targets) }, after), addresses(expected));
}

/// Health checks: "If a target becomes unhealthy, the load balancer sends a TCP RST for packets
/// received on the client connections associated with the target". Whoever sends first, it is the
/// client that learns of it.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn the_client_of_an_unhealthy_target_is_reset(#[case] (packet, passes): (Packet, Action)) {
    connect(node_for(group_with([change(10, "10.0.2.10", Unhealthy)])))
        .wait(secs(10) - INSTANT)
        .takes(INTERFACE, packet.clone(), passes)
        .wait(INSTANT)
        .takes(INTERFACE, packet, reset(Reason::TargetGone));
}

/// Health checks; Listeners: the connection is over after that, and is known to nobody.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn after_the_reset_the_connection_is_a_stranger(#[case] (packet, _): (Packet, Action)) {
    connect(node_for(group_with([
        change(10, "10.0.2.10", Unhealthy),
        change(20, "10.0.2.10", Healthy),
    ])))
    .wait(secs(10))
    .takes(INTERFACE, packet, reset(Reason::TargetGone))
    .wait(secs(10))
    .takes(INTERFACE, from_client().0, reset(Reason::StraySegment))
    .takes(INTERFACE, from_target().0, silence(Reason::NoListener));
}

/// RFC 9293 section 3.5.2: a reset is answered by nobody.
#[test]
fn the_clients_own_reset_is_not_answered() {
    connect(node_for(group_with([change(10, "10.0.2.10", Unhealthy)]))).wait(secs(10)).takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        silence(Reason::TargetGone),
    );
}

/// Health checks: "the load balancer sends a TCP RST for packets received on the client connections";
/// the next connection goes to a healthy target.
#[test]
fn a_new_connection_after_the_reset_goes_to_a_healthy_target() {
    let changes = vec![
        change(0, "10.0.3.10", Unhealthy),
        change(10, "10.0.3.10", Healthy),
        change(10, "10.0.2.10", Unhealthy),
    ];
    connect(node_for(NodeGroup { changes, ..group(&TARGETS) }))
        .wait(secs(10))
        .takes(INTERFACE, from_client().0, reset(Reason::TargetGone))
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(SECOND, OTHER)))
        .takes(INTERFACE, syn_ack(OTHER, SECOND), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)));
}

/// Health checks: a connection is reset "for packets received"; one that has none before the target
/// recovers lives on.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn a_silent_connection_survives_a_short_failure(#[case] (packet, passes): (Packet, Action)) {
    connect(node_for(group_with([
        change(10, "10.0.2.10", Unhealthy),
        change(20, "10.0.2.10", Healthy),
    ])))
    .wait(secs(20))
    .takes(INTERFACE, packet, passes);
}

/// Health checks: there is no reset if "the unhealthy target triggers the load balancer to fail open".
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn while_failing_open_connections_live_on(#[case] (packet, passes): (Packet, Action)) {
    let changes = vec![change(10, "10.0.2.10", Unhealthy)];
    connect(node_for(NodeGroup { changes, ..group(&["10.0.2.10"]) }))
        .wait(secs(10))
        .takes(INTERFACE, packet, passes);
}

/// Health checks: failing open ends when a target of any zone is healthy, and the reset comes then.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn when_failing_open_ends_connections_are_reset(#[case] (packet, passes): (Packet, Action)) {
    connect(node_for(group_with([
        change(10, "10.0.3.10", Unhealthy),
        change(10, "10.0.2.10", Unhealthy),
        change(20, "10.0.3.10", Healthy),
    ])))
    .wait(secs(10))
    .takes(INTERFACE, packet.clone(), passes)
    .wait(secs(10))
    .takes(INTERFACE, packet, reset(Reason::TargetGone));
}

/// Target group attributes, Connection termination for unhealthy targets: it can be switched off.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn without_termination_connections_of_an_unhealthy_target_live_on(
    #[case] (packet, passes): (Packet, Action),
) {
    let group = group_with([change(10, "10.0.2.10", Unhealthy)]);
    connect(node_for(NodeGroup { terminate_unhealthy: false, ..group }))
        .wait(secs(10))
        .takes(INTERFACE, packet, passes)
        .takes(INTERFACE, syn("10.1.1.1:5001", LISTENER), silence(Reason::NoTarget));
}

/// Health checks: each target group has its own, so a failing data port does not reset control
/// connections.
#[test]
fn connections_through_another_target_group_live_on() {
    let data = group_with([change(10, "10.0.2.10", Unhealthy)]);
    let (packet, passes) = from_client();
    connect(Script::of(NlbNode::new(
        ip(NODE),
        ftp_listeners(),
        vec![group(&TARGETS[..1]), data],
        0,
    )))
    .takes(
        INTERFACE,
        syn("10.1.1.1:5001", "10.0.1.50:8192"),
        forwards(INTERFACE, syn(SECOND, "10.0.2.10:8192")),
    )
    .wait(secs(10))
    .takes(INTERFACE, packet, passes)
    .takes(
        INTERFACE,
        ack("10.1.1.1:5001", "10.0.1.50:8192").ack(301),
        answers(INTERFACE, rst("10.0.1.50:8192", "10.1.1.1:5001").seq(301), Reason::TargetGone),
    );
}

/// Client IP preservation: the reset of a target that sees its client goes to the client as well.
#[test]
fn the_client_that_an_unhealthy_target_sees_is_reset() {
    let group = group_with([change(10, "10.0.2.10", Unhealthy)]);
    let mut nlb = node_for(NodeGroup { preserve_client_ip: true, ..group });
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(CLIENT, TARGET)))
        .wait(secs(10))
        .takes(INTERFACE, ack(TARGET, CLIENT).seq(301), reset(Reason::TargetGone));
    assert!(!nlb.intercepts(TARGET, CLIENT));
}

/// Health checks: a target that is taken out is no healthy one, so those that remain may be all
/// unhealthy.
#[test]
fn a_deregistered_target_does_not_keep_a_group_from_failing_open() {
    let changes = vec![change(10, "10.0.2.10", Deregistered), change(20, "10.0.3.10", Unhealthy)];
    let group = NodeGroup { changes, ..group(&TARGETS) };
    assert!(!group.fails_open(START + secs(10)));
    assert!(group.fails_open(START + secs(20)));
    assert_eq!(used(&group, 20), addresses(&["10.0.3.10"]));
}
