//! Segments that belong to nothing.

use pasvlab_harness::net::{Flags, Packet, Reason};
use rstest::rstest;

use super::{CLIENT, FIRST, LISTENER, TARGET, connect, connected, node};
use crate::script::{
    Fields, INTERFACE, ack, answers, fin, link, rst, rst_ack, segment, silence, syn, syn_ack,
};

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

/// Listeners: any other segment for such a port is dropped as well.
#[rstest]
#[case::ack(ack(CLIENT, "10.0.1.50:8201"))]
#[case::data(ack(CLIENT, "10.0.1.50:8201").data("LIST\r\n"))]
#[case::syn_ack(syn_ack(CLIENT, "10.0.1.50:8201"))]
#[case::rst(rst(CLIENT, "10.0.1.50:8201"))]
fn a_stray_segment_on_a_port_without_a_listener_is_silently_dropped(#[case] stray: Packet) {
    node().takes(INTERFACE, stray, silence(Reason::NoListener));
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

/// Listeners: the sender of a segment without an acknowledgement gets the reset that RFC 9293 section
/// 3.10.7.1 has for it.
#[test]
fn a_stray_segment_without_an_acknowledgement_is_reset_with_one() {
    let stray = segment(Flags::default(), CLIENT, LISTENER).seq(7).data("LIST\r\n");
    let reset = rst_ack(LISTENER, CLIENT).ack(13);
    node().takes(INTERFACE, stray, answers(INTERFACE, reset, Reason::StraySegment));
}

/// Listeners: every listener answers so, the data ports too.
#[rstest]
#[case(21)]
#[case(8192)]
#[case(8200)]
fn a_stray_segment_is_reset_on_every_listeners_port(#[case] port: u16) {
    let address = format!("10.0.1.50:{port}");
    node().takes(
        INTERFACE,
        ack(CLIENT, &address).ack(99),
        answers(INTERFACE, rst(&address, CLIENT).seq(99), Reason::StraySegment),
    );
}

/// Listeners: a connection is opened by a SYN only, so a reset one leaves nothing behind.
#[test]
fn a_stray_segment_opens_nothing() {
    let stray = || ack(CLIENT, LISTENER).ack(99);
    let reset = || answers(INTERFACE, rst(LISTENER, CLIENT).seq(99), Reason::StraySegment);
    connect({
        let mut nlb = node();
        nlb.takes(INTERFACE, stray(), reset()).takes(INTERFACE, stray(), reset());
        nlb
    });
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

/// Listeners: the node itself opens nothing, so nobody but the target of a connection may use its
/// source port; the port has no listener.
#[rstest]
#[case::another_host("10.0.2.11:21")]
#[case::another_port_of_the_target("10.0.2.10:8192")]
fn only_the_target_reaches_the_client_through_the_source_port(#[case] stranger: &str) {
    connected().takes(INTERFACE, ack(stranger, FIRST), silence(Reason::NoListener));
}

/// Listeners: a target that sends to a listener's port is a client like any other.
#[test]
fn a_stray_segment_of_a_target_on_a_listeners_port_is_reset() {
    connected().takes(
        INTERFACE,
        ack(TARGET, LISTENER).ack(99),
        answers(INTERFACE, rst(LISTENER, TARGET).seq(99), Reason::StraySegment),
    );
}
