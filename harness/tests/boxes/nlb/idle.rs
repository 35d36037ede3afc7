//! The idle time-out.

use pasvlab_harness::net::nlb::{NlbNode, NodeListener};
use pasvlab_harness::net::{Action, Packet, Reason};
use rstest::rstest;

use super::{
    CLIENT, FIRST, IDLE, LISTENER, NODE, SECOND, TARGET, connect, connected, from_client,
    from_target, group, listener, reset,
};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, forwards, ip, rst, secs, silence, syn,
    syn_ack,
};

/// A node whose control listener has another idle time-out than its data listener.
fn node_with_idle(seconds: u64) -> Script<NlbNode> {
    let control = NodeListener { idle: secs(seconds), ..listener(21..=21, 0) };
    let listeners = vec![control, listener(8192..=8200, 0)];
    Script::of(NlbNode::new(ip(NODE), listeners, vec![group(&["10.0.2.10"])], 0))
}

/// Update idle timeout: 60 to 6000 seconds, 350 by default, for each listener.
#[rstest]
#[case::client_least(60, from_client())]
#[case::client_default(350, from_client())]
#[case::client_most(6000, from_client())]
#[case::target_least(60, from_target())]
#[case::target_default(350, from_target())]
#[case::target_most(6000, from_target())]
fn a_connection_is_known_up_to_its_listeners_idle_timeout(
    #[case] idle: u64,
    #[case] (packet, passes): (Packet, Action),
) {
    connect(node_with_idle(idle))
        .wait(secs(idle))
        .takes(INTERFACE, packet.clone(), passes)
        .wait(secs(idle) + INSTANT)
        .takes(INTERFACE, packet, reset(Reason::IdleExpired));
}

/// Update idle timeout: the time-out is the listener's, so a node may have several.
#[test]
fn each_listener_has_its_own_idle_timeout() {
    connect(node_with_idle(60))
        .takes(
            INTERFACE,
            syn("10.1.1.1:5001", "10.0.1.50:8192"),
            forwards(INTERFACE, syn(SECOND, "10.0.2.10:8192")),
        )
        .wait(secs(61))
        .takes(INTERFACE, from_client().0, reset(Reason::IdleExpired))
        .takes(
            INTERFACE,
            ack("10.0.2.10:8192", SECOND),
            forwards(INTERFACE, ack("10.0.1.50:8192", "10.1.1.1:5001")),
        );
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
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
    );
}

/// Connection idle timeout: if the target sends after it, the client receives the reset. It looks like
/// one of the listener's, and its sequence number is the one that the client expects next.
#[test]
fn a_target_that_sends_after_the_idle_timeout_has_the_client_reset() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        ack(TARGET, FIRST).seq(301).ack(8).data("226 Done\r\n"),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
    );
}

/// Connection idle timeout. The target's numbers mean nothing to the client as an acknowledgement
/// (RFC 9293 section 3.10.7.4), so there is none.
#[test]
fn the_late_reset_of_a_target_reaches_the_client_without_an_acknowledgement() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        rst(TARGET, FIRST).seq(301),
        answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
    );
}

/// RFC 9293 section 3.5.2: a reset answers any segment of a connection that does not exist "except
/// another reset".
#[test]
fn the_late_reset_of_a_client_is_not_answered() {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        silence(Reason::IdleExpired),
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
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).ack(301),
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::StraySegment),
        )
        .takes(INTERFACE, ack(TARGET, FIRST), silence(Reason::NoListener));
}

/// Connection idle timeout: the first late packet of the target leaves nothing behind either.
#[test]
fn after_the_targets_first_late_packet_the_connection_is_a_stranger() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, from_target().0, reset(Reason::IdleExpired))
        .takes(INTERFACE, from_target().0, silence(Reason::NoListener))
        .takes(INTERFACE, from_client().0, reset(Reason::StraySegment));
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
        .takes(INTERFACE, ack(TARGET, FIRST), silence(Reason::NoListener));
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
            answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), Reason::IdleExpired),
        );
}
