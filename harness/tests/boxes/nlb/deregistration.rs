//! Targets that are taken out.

use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_harness::net::{Action, Packet, Reason};
use pasvlab_scenarios::TargetState::{Deregistered, Healthy};
use rstest::rstest;

use super::{
    CLIENT, FIRST, LISTENER, SECOND, TARGET, TARGETS, change, connect, from_client, from_target,
    group, node_for, reset, target_of,
};
use crate::script::{Fields, INSTANT, INTERFACE, forwards, ip, secs, silence, syn};

/// When the target is taken out, in seconds after the script begins.
const OUT: u64 = 10;
/// Deregistration delay: 300 seconds by default.
const DELAY: u64 = 300;

fn taken_out() -> NodeGroup {
    NodeGroup { changes: vec![change(OUT, "10.0.2.10", Deregistered)], ..group(&["10.0.2.10"]) }
}

/// A group that ends connections of targets that were taken out.
fn ending(delay: u64) -> NodeGroup {
    NodeGroup { terminate_deregistered: Some(secs(delay)), ..taken_out() }
}

/// Deregistration delay: a target that is taken out gets no new connections; with the last one, none
/// is left.
#[test]
fn a_target_that_is_taken_out_gets_no_new_connection() {
    node_for(taken_out())
        .wait(secs(OUT) - INSTANT)
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .wait(INSTANT)
        .takes(INTERFACE, syn("10.1.1.1:5001", LISTENER), silence(Reason::NoTarget));
}

/// Deregistration delay: new connections go to the targets that remain.
#[test]
fn new_connections_go_to_the_targets_that_remain() {
    let group = NodeGroup { changes: taken_out().changes, ..group(&TARGETS) };
    let mut nlb = node_for(group);
    nlb.wait(secs(OUT));
    for number in 0..100_u32 {
        let client = format!("10.1.1.1:{}", 5000 + number);
        assert_eq!(target_of(&mut nlb, syn(&client, LISTENER).seq(number)), ip("10.0.3.10"));
    }
}

/// Deregistration delay: existing connections live on, by default without an end, if they are used.
#[rstest]
#[case::the_client_sends(from_client())]
#[case::the_target_sends(from_target())]
fn existing_connections_live_on(#[case] (packet, passes): (Packet, Action)) {
    let mut nlb = connect(node_for(taken_out()));
    for _ in 0..20 {
        nlb.wait(secs(DELAY)).takes(INTERFACE, packet.clone(), passes.clone());
    }
}

/// Deregistration delay; Target group attributes, deregistration_delay.connection_termination.enabled:
/// with it, connections end after the delay, 0 to 3600 seconds.
#[rstest]
#[case::at_once(0, from_client())]
#[case::after_the_default(DELAY, from_client())]
#[case::target_at_once(0, from_target())]
#[case::target_after_the_default(DELAY, from_target())]
fn with_termination_connections_end_after_the_delay(
    #[case] delay: u64,
    #[case] (packet, passes): (Packet, Action),
) {
    connect(node_for(ending(delay)))
        .wait(secs(OUT + delay) - INSTANT)
        .takes(INTERFACE, packet.clone(), passes)
        .wait(INSTANT)
        .takes(INTERFACE, packet, reset(Reason::TargetGone))
        .takes(INTERFACE, from_client().0, reset(Reason::StraySegment));
}

/// Target group attributes: the longest delay is an hour, and a connection that is used lives as long.
#[test]
fn the_longest_delay_is_an_hour() {
    let mut nlb = connect(node_for(ending(3600)));
    let (packet, passes) = from_client();
    nlb.wait(secs(OUT));
    for _ in 0..12 {
        nlb.takes(INTERFACE, packet.clone(), passes.clone()).wait(secs(300));
    }
    nlb.takes(INTERFACE, packet, reset(Reason::TargetGone));
}

/// Deregistration delay: the delay is for existing connections; there are no new ones from the
/// beginning.
#[test]
fn during_the_delay_there_are_no_new_connections() {
    connect(node_for(ending(DELAY))).wait(secs(OUT)).takes(
        INTERFACE,
        syn("10.1.1.1:5001", LISTENER),
        silence(Reason::NoTarget),
    );
}

/// Register targets: a target that was taken out may be registered again. Its connections, if they did
/// not end before, are then those of a registered target.
#[test]
fn a_target_may_be_registered_again() {
    let mut group = ending(DELAY);
    group.changes.push(change(OUT + 20, "10.0.2.10", Healthy));
    let (packet, passes) = from_client();
    connect(node_for(group))
        .wait(secs(OUT + 20))
        .takes(INTERFACE, syn("10.1.1.1:5001", LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .wait(secs(DELAY))
        .takes(INTERFACE, packet, passes);
}

/// Deregistration delay; Health checks: the two switches are independent of each other.
#[test]
fn termination_of_unhealthy_targets_does_not_end_connections_of_one_that_is_taken_out() {
    let group = NodeGroup { terminate_unhealthy: true, ..taken_out() };
    let (packet, passes) = from_client();
    connect(node_for(group)).wait(secs(DELAY)).takes(INTERFACE, packet, passes);
}
