//! A NAT instance: [`pasvlab_harness::net::router`] with its settings.
//!
//! It is 10.0.0.60 in its subnet, an ordinary host that passes packets on, and has this one interface
//! only.

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Packet, Reason};
use pasvlab_scenarios::{AfterIdle, Forward, Refusal, Router, RouterKind};
use rstest::rstest;

use crate::ground::{COUNTING_PORTS, KEEPING_PORTS, forward, interfaces, router, script};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, fin, forwards, rst, rst_ack, secs, silence,
    syn, syn_ack,
};

const CLIENT: &str = "10.0.1.10:5000";
const SERVER: &str = "198.51.100.21:21";
/// The client as the server sees it.
const TRANSLATED: &str = "10.0.0.60:5000";

/// The topologies that use one set it to what a NAT gateway has.
const IDLE: u64 = 350;

fn settings() -> Router {
    Router {
        kind: RouterKind::NatInstance,
        inside: Vec::new(),
        outside: interfaces(&["10.0.0.60"]),
        source_nat: Some(KEEPING_PORTS),
        idle_timeout: secs(IDLE),
        after_idle: AfterIdle::FinInside,
        ..router()
    }
}

fn connected() -> Script<StatefulRouter> {
    let mut instance = script(settings());
    instance.takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(TRANSLATED, SERVER)));
    instance
}

/// Linux, nf_nat_core.c, `get_unique_tuple`: "Only bother mapping if it's not already in range and
/// unique".
#[test]
fn a_source_port_stays_what_it_is() {
    connected()
        .takes(INTERFACE, syn_ack(SERVER, TRANSLATED), forwards(INTERFACE, syn_ack(SERVER, CLIENT)))
        .takes(
            INTERFACE,
            ack(CLIENT, SERVER).data("SYST\r\n"),
            forwards(INTERFACE, ack(TRANSLATED, SERVER).data("SYST\r\n")),
        );
}

/// `get_unique_tuple` as above: with another client on the port it has to change.
#[test]
fn of_two_clients_on_the_same_port_the_second_gets_another() {
    connected()
        .takes(
            INTERFACE,
            syn("10.0.1.11:5000", SERVER),
            forwards(INTERFACE, syn("10.0.0.60:5001", SERVER)),
        )
        .takes(
            INTERFACE,
            syn_ack(SERVER, "10.0.0.60:5001"),
            forwards(INTERFACE, syn_ack(SERVER, "10.0.1.11:5000")),
        )
        .takes(
            INTERFACE,
            syn_ack(SERVER, TRANSLATED),
            forwards(INTERFACE, syn_ack(SERVER, CLIENT)),
        );
}

/// The setting `keep_ports`: without it ports are given out from 1024 on.
#[test]
fn an_instance_that_keeps_no_ports_counts_them() {
    script(Router { source_nat: Some(COUNTING_PORTS), ..settings() }).takes(
        INTERFACE,
        syn(CLIENT, SERVER),
        forwards(INTERFACE, syn("10.0.0.60:1024", SERVER)),
    );
}

/// What the router sends in the place of the peer: the next byte that the host expects, and nothing
/// acknowledged that was not before.
fn last_segment(seq: u32, ack: u32) -> Packet {
    fin(SERVER, CLIENT).seq(seq).ack(ack)
}

/// VPC guide, Compare NAT gateways and NAT instances, Timeout behavior: "a NAT instance sends a FIN
/// packet to resources behind the NAT instance to close the connection". That it does so when the host
/// goes on is the lab's choice.
#[rstest]
#[case::data(
    ack(CLIENT, SERVER).seq(8).ack(301).window(512).data("NOOP\r\n"),
    last_segment(301, 8).window(512)
)]
#[case::acknowledgement(ack(CLIENT, SERVER).seq(8).ack(301), last_segment(301, 8))]
#[case::end(fin(CLIENT, SERVER).seq(8).ack(301), last_segment(301, 8))]
fn after_the_time_out_a_host_inside_that_goes_on_receives_a_fin(
    #[case] packet: Packet,
    #[case] expected: Packet,
) {
    connected().wait(secs(IDLE) + INSTANT).takes(
        INTERFACE,
        packet,
        answers(INTERFACE, expected, Reason::RouterIdleExpired),
    );
}

/// RFC 9293 section 3.10.7.4: a host acknowledges a FIN, in CLOSE-WAIT too. If that were answered with
/// another FIN, it would never end.
#[rstest]
#[case::acknowledges(ack(CLIENT, SERVER).seq(14).ack(302))]
#[case::closes(fin(CLIENT, SERVER).seq(14).ack(302))]
#[case::resets(rst(CLIENT, SERVER).seq(14))]
fn what_the_host_makes_of_the_fin_is_not_answered(#[case] reaction: Packet) {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(CLIENT, SERVER).seq(8).ack(301).data("NOOP\r\n"),
            answers(INTERFACE, last_segment(301, 8), Reason::RouterIdleExpired),
        )
        .takes(INTERFACE, reaction, silence(Reason::StraySegment));
}

/// The line of the comparison, as above: it is the host inside that is to learn of the end, even if
/// the server was the first to go on.
#[test]
fn a_host_inside_that_goes_on_after_the_server_receives_the_fin_all_the_same() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, ack(SERVER, TRANSLATED), silence(Reason::RouterIdleExpired))
        .takes(
            INTERFACE,
            ack(CLIENT, SERVER).seq(8).ack(301).data("NOOP\r\n"),
            answers(INTERFACE, last_segment(301, 8), Reason::StraySegment),
        );
}

/// The comparison, as above, names resources behind the instance only.
#[test]
fn after_the_time_out_nobody_outside_is_told() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, ack(SERVER, TRANSLATED), silence(Reason::RouterIdleExpired))
        .takes(INTERFACE, fin(SERVER, TRANSLATED), silence(Reason::StraySegment));
}

/// RFC 9293 section 3.10.7.1: a segment that contains a RST is discarded.
#[rstest]
#[case::plain(rst(CLIENT, SERVER))]
#[case::with_acknowledgement(rst_ack(CLIENT, SERVER))]
fn a_reset_is_never_answered(#[case] reset: Packet) {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, reset.clone(), silence(Reason::RouterIdleExpired))
        .takes(INTERFACE, reset, silence(Reason::StraySegment));
}

/// Only the state is gone; the port is free again.
#[test]
fn a_syn_after_the_time_out_opens_anew_with_the_same_port() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(TRANSLATED, SERVER)))
        .takes(
            INTERFACE,
            syn_ack(SERVER, TRANSLATED),
            forwards(INTERFACE, syn_ack(SERVER, CLIENT)),
        );
}

const VISITOR: &str = "198.51.100.9:5000";

/// An instance that forwards FTP to a server in its VPC: the control port as 2121, passive ports as
/// they are.
fn forwarding() -> Router {
    Router {
        forwards: vec![
            Forward { ports: 2121..=2121, ..forward(21..=21, &["10.0.1.20"]) },
            forward(8192..=8200, &["10.0.1.20"]),
        ],
        ..settings()
    }
}

/// VPC guide, Compare NAT gateways and NAT instances, Port forwarding: "Manually customize the
/// configuration to support port forwarding". With one interface, what is for the instance itself
/// comes from outside, and leaves by the interface that it came in at.
#[rstest]
#[case::control("10.0.0.60:2121", "10.0.1.20:21")]
#[case::first_of_a_range("10.0.0.60:8192", "10.0.1.20:8192")]
#[case::last_of_a_range("10.0.0.60:8200", "10.0.1.20:8200")]
fn a_forwarded_connection_reaches_the_host_inside_and_its_answers_come_back(
    #[case] dialled: &str,
    #[case] real: &str,
) {
    script(forwarding())
        .takes(INTERFACE, syn(VISITOR, dialled), forwards(INTERFACE, syn(VISITOR, real)))
        .takes(INTERFACE, syn_ack(real, VISITOR), forwards(INTERFACE, syn_ack(dialled, VISITOR)))
        .takes(INTERFACE, ack(VISITOR, dialled), forwards(INTERFACE, ack(VISITOR, real)))
        .takes(INTERFACE, fin(real, VISITOR), forwards(INTERFACE, fin(dialled, VISITOR)));
}

/// Linux delivers what no rule forwards to the host itself, where nobody listens.
#[rstest]
#[case::beside_the_range("10.0.0.60:8201")]
#[case::the_port_inside("10.0.0.60:21")]
fn a_port_that_is_not_forwarded_is_closed(#[case] dialled: &str) {
    script(Router { refusal: Refusal::Reset, ..forwarding() }).takes(
        INTERFACE,
        syn(VISITOR, dialled).seq(7),
        answers(INTERFACE, rst_ack(dialled, VISITOR).ack(8), Reason::NotForwarded),
    );
}

/// A server inside is a resource behind the instance as well.
#[test]
fn a_server_inside_that_goes_on_after_the_time_out_receives_a_fin() {
    const DIALLED: &str = "10.0.0.60:2121";
    const REAL: &str = "10.0.1.20:21";
    script(forwarding())
        .takes(INTERFACE, syn(VISITOR, DIALLED), forwards(INTERFACE, syn(VISITOR, REAL)))
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            ack(REAL, VISITOR).seq(300).ack(8).data("226 Done\r\n"),
            answers(INTERFACE, fin(VISITOR, REAL).seq(8).ack(300), Reason::RouterIdleExpired),
        )
        .takes(INTERFACE, ack(VISITOR, DIALLED), silence(Reason::StraySegment));
}
