//! A firewall that filters and does not translate: [`pasvlab_harness::net::router`] with its settings.
//!
//! The company's network 192.168.1.0/24 is inside; 198.51.100.0/24 is beyond.

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Action, Packet, Reason, Side};
use pasvlab_scenarios::{AfterIdle, Refusal, Router};
use rstest::rstest;

use crate::ground::{INSIDE, OUTSIDE, interfaces, passage, router, script, unreachable};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, fin, forwards, rst, rst_ack, secs, silence,
    syn, syn_ack,
};

const CLIENT: &str = "192.168.1.10:5000";
const SERVER: &str = "198.51.100.21:21";
const DATA: &str = "198.51.100.21:8192";
const VISITOR: &str = "198.51.100.9:6000";
const IDLE: u64 = 3600;

/// Lets hosts inside reach FTP control ports and nothing else, and visitors a server inside.
fn settings() -> Router {
    Router {
        from_inside: vec![passage(21..=21, "0.0.0.0/0")],
        from_outside: vec![passage(21..=21, "192.168.1.20/32")],
        idle_timeout: secs(IDLE),
        ..router()
    }
}

fn refusing(refusal: Refusal) -> Script<StatefulRouter> {
    script(Router { refusal, ..settings() })
}

fn connected(after_idle: AfterIdle) -> Script<StatefulRouter> {
    let mut firewall = script(Router { after_idle, ..settings() });
    firewall.takes(INSIDE, syn(CLIENT, SERVER), forwards(OUTSIDE, syn(CLIENT, SERVER)));
    firewall
}

/// iptables, targets: "ACCEPT means to let the packet through", as it is.
#[test]
fn what_passes_is_not_changed() {
    connected(AfterIdle::Silence)
        .takes(
            OUTSIDE,
            syn_ack(SERVER, CLIENT).seq(300).ack(8).window(512),
            forwards(INSIDE, syn_ack(SERVER, CLIENT).seq(300).ack(8).window(512)),
        )
        .takes(
            INSIDE,
            ack(CLIENT, SERVER).seq(8).ack(301).data("PORT 192,168,1,10,19,137\r\n"),
            forwards(
                OUTSIDE,
                ack(CLIENT, SERVER).seq(8).ack(301).data("PORT 192,168,1,10,19,137\r\n"),
            ),
        )
        .takes(INSIDE, fin(CLIENT, SERVER), forwards(OUTSIDE, fin(CLIENT, SERVER)))
        .takes(OUTSIDE, rst(SERVER, CLIENT), forwards(INSIDE, rst(SERVER, CLIENT)));
}

/// The same from outside, to what is let in.
#[test]
fn a_visitor_reaches_what_is_let_in() {
    script(settings())
        .takes(
            OUTSIDE,
            syn(VISITOR, "192.168.1.20:21"),
            forwards(INSIDE, syn(VISITOR, "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:21", VISITOR),
            forwards(OUTSIDE, syn_ack("192.168.1.20:21", VISITOR)),
        );
}

/// iptables-extensions, conntrack: ESTABLISHED packets are accepted by their connection and not by
/// their ports.
#[test]
fn answers_pass_whatever_port_they_go_to() {
    connected(AfterIdle::Silence)
        .takes(OUTSIDE, syn_ack(SERVER, CLIENT), forwards(INSIDE, syn_ack(SERVER, CLIENT)))
        .takes(OUTSIDE, ack(SERVER, CLIENT), forwards(INSIDE, ack(SERVER, CLIENT)))
        .takes(OUTSIDE, syn(SERVER, "192.168.1.10:5001"), silence(Reason::NotAllowed));
}

/// iptables, rule specifications: destination port and destination address have to match, in any of
/// the rules. A passive data connection does not if only port 21 is open (rclone/rclone issue 1971,
/// "dial tcp ...:50276: i/o timeout").
#[rstest]
#[case::everything(&[(1, 65535, "0.0.0.0/0")], DATA, true)]
#[case::control_port(&[(21, 21, "0.0.0.0/0")], SERVER, true)]
#[case::data_port(&[(21, 21, "0.0.0.0/0")], DATA, false)]
#[case::first_of_a_range(&[(8192, 8200, "0.0.0.0/0")], "198.51.100.21:8192", true)]
#[case::last_of_a_range(&[(8192, 8200, "0.0.0.0/0")], "198.51.100.21:8200", true)]
#[case::below_a_range(&[(8192, 8200, "0.0.0.0/0")], "198.51.100.21:8191", false)]
#[case::above_a_range(&[(8192, 8200, "0.0.0.0/0")], "198.51.100.21:8201", false)]
#[case::one_host(&[(1, 65535, "198.51.100.21/32")], DATA, true)]
#[case::another_host(&[(1, 65535, "198.51.100.22/32")], DATA, false)]
#[case::a_network(&[(1, 65535, "198.51.100.0/24")], DATA, true)]
#[case::beside_a_network(&[(1, 65535, "198.51.101.0/24")], DATA, false)]
#[case::second_rule(&[(21, 21, "0.0.0.0/0"), (8192, 8200, "198.51.100.21/32")], DATA, true)]
#[case::half_of_two_rules(&[(21, 21, "0.0.0.0/0"), (8192, 8200, "198.51.100.22/32")], DATA, false)]
#[case::no_rule(&[], SERVER, false)]
fn connections_pass_by_destination_port_and_address(
    #[case] rules: &[(u16, u16, &str)],
    #[case] dst: &str,
    #[case] passes: bool,
    #[values(INSIDE, OUTSIDE)] from: Side,
) {
    let rules: Vec<_> = rules.iter().map(|(low, high, to)| passage(*low..=*high, to)).collect();
    let (none, to) = (Vec::new(), if from == INSIDE { OUTSIDE } else { INSIDE });
    let settings = match from {
        OUTSIDE => Router { from_inside: none, from_outside: rules, ..router() },
        _ => Router { from_inside: rules, from_outside: none, ..router() },
    };
    let expected =
        if passes { forwards(to, syn(CLIENT, dst)) } else { silence(Reason::NotAllowed) };
    script(settings).takes(from, syn(CLIENT, dst), expected);
}

/// iptables-extensions, REJECT, and iptables, DROP. A reset comes as from the destination.
#[rstest]
#[case::silence(Refusal::Silence, silence(Reason::NotAllowed))]
#[case::reset(
    Refusal::Reset,
    answers(INSIDE, rst_ack(DATA, CLIENT).ack(8), Reason::NotAllowed)
)]
#[case::port_unreachable(Refusal::PortUnreachable, unreachable(Reason::PortUnreachable))]
#[case::prohibited(Refusal::Prohibited, unreachable(Reason::Prohibited))]
fn a_connection_from_inside_that_may_not_pass_is_refused(
    #[case] refusal: Refusal,
    #[case] expected: Action,
) {
    refusing(refusal).takes(INSIDE, syn(CLIENT, DATA).seq(7), expected);
}

/// The same targets towards outside; a port of the firewall itself is no different.
#[rstest]
#[case::silence(Refusal::Silence, None)]
#[case::reset(Refusal::Reset, None)]
#[case::port_unreachable(Refusal::PortUnreachable, Some(Reason::PortUnreachable))]
#[case::prohibited(Refusal::Prohibited, Some(Reason::Prohibited))]
fn a_connection_from_outside_that_may_not_pass_is_refused(
    #[case] refusal: Refusal,
    #[case] message: Option<Reason>,
    #[values(
        ("192.168.1.20:8192", Reason::NotAllowed),
        ("203.0.113.7:21", Reason::NotForwarded)
    )]
    dialled: (&str, Reason),
) {
    let (dialled, reason) = dialled;
    let expected = match (refusal, message) {
        (_, Some(reason)) => unreachable(reason),
        (Refusal::Reset, None) => answers(OUTSIDE, rst_ack(dialled, VISITOR).ack(8), reason),
        (_, None) => silence(reason),
    };
    refusing(refusal).takes(OUTSIDE, syn(VISITOR, dialled).seq(7), expected);
}

/// RFC 9293 section 3.10.7.1: the reset of a segment without ACK acknowledges everything in it, modulo
/// 2^32; SYN counts as one, FIN too.
#[rstest]
#[case::syn(syn(CLIENT, DATA).seq(7), 8)]
#[case::syn_with_data(syn(CLIENT, DATA).seq(7).data("early"), 13)]
#[case::highest_number(syn(CLIENT, DATA).seq(u32::MAX), 0)]
fn the_reset_acknowledges_what_it_refuses(#[case] packet: Packet, #[case] acknowledged: u32) {
    refusing(Refusal::Reset).takes(
        INSIDE,
        packet,
        answers(INSIDE, rst_ack(DATA, CLIENT).ack(acknowledged), Reason::NotAllowed),
    );
}

/// iptables-extensions, REJECT: what belongs to no connection should not be rejected but dropped, since
/// the answer might end a healthy connection.
#[rstest]
#[case::answer(syn_ack(SERVER, CLIENT))]
#[case::segment(ack(SERVER, CLIENT))]
#[case::end(fin(SERVER, CLIENT))]
#[case::reset(rst(SERVER, CLIENT))]
fn stray_segments_are_dropped_however_connections_are_refused(
    #[case] packet: Packet,
    #[values(Refusal::Silence, Refusal::Reset, Refusal::PortUnreachable, Refusal::Prohibited)]
    refusal: Refusal,
) {
    refusing(refusal).takes(OUTSIDE, packet.clone(), silence(Reason::StraySegment)).takes(
        INSIDE,
        packet,
        silence(Reason::StraySegment),
    );
}

/// RFC 5382 section 5: a connection may be forgotten after a time without packets; each packet starts
/// the timer again.
#[test]
fn after_exactly_the_time_out_a_connection_is_still_known() {
    connected(AfterIdle::Silence)
        .wait(secs(IDLE))
        .takes(OUTSIDE, syn_ack(SERVER, CLIENT), forwards(INSIDE, syn_ack(SERVER, CLIENT)))
        .wait(secs(IDLE))
        .takes(INSIDE, ack(CLIENT, SERVER), forwards(OUTSIDE, ack(CLIENT, SERVER)))
        .wait(secs(IDLE))
        .takes(OUTSIDE, ack(SERVER, CLIENT), forwards(INSIDE, ack(SERVER, CLIENT)));
}

/// AWS Networking blog, Implementing long-running TCP connections, describes the same for other boxes:
/// without an answer, both ends go on in vain.
#[rstest]
#[case::client(INSIDE, ack(CLIENT, SERVER))]
#[case::server(OUTSIDE, ack(SERVER, CLIENT))]
fn after_the_time_out_packets_vanish(#[case] from: Side, #[case] packet: Packet) {
    connected(AfterIdle::Silence)
        .wait(secs(IDLE) + INSTANT)
        .takes(from, packet.clone(), silence(Reason::RouterIdleExpired))
        .takes(from, packet, silence(Reason::StraySegment));
}

/// Only the state is gone.
#[test]
fn a_syn_after_the_time_out_opens_anew() {
    connected(AfterIdle::Silence)
        .wait(secs(IDLE) + INSTANT)
        .takes(INSIDE, syn(CLIENT, SERVER), forwards(OUTSIDE, syn(CLIENT, SERVER)))
        .takes(OUTSIDE, syn_ack(SERVER, CLIENT), forwards(INSIDE, syn_ack(SERVER, CLIENT)));
}

/// Linux, Documentation/networking/nf_conntrack-sysctl: unless `nf_conntrack_tcp_loose` is set to zero,
/// already established connections are picked up.
#[rstest]
#[case::segment(ack(CLIENT, SERVER).seq(8).ack(301))]
#[case::data(ack(CLIENT, SERVER).data("NOOP\r\n"))]
fn linux_picks_a_connection_up_in_the_middle_from_inside(
    #[case] packet: Packet,
    #[values(false, true)] known_before: bool,
) {
    let mut firewall = connected(AfterIdle::PickUp);
    if !known_before {
        firewall = script(Router { after_idle: AfterIdle::PickUp, ..settings() });
    }
    firewall
        .wait(secs(IDLE) + INSTANT)
        .takes(INSIDE, packet.clone(), forwards(OUTSIDE, packet))
        .takes(OUTSIDE, ack(SERVER, CLIENT), forwards(INSIDE, ack(SERVER, CLIENT)));
}

/// The same sysctl, with rules that let new connections in from inside only: what comes from outside in
/// the middle of a connection is not let in, until the host inside goes on.
#[test]
fn from_outside_no_connection_is_picked_up() {
    connected(AfterIdle::PickUp)
        .wait(secs(IDLE) + INSTANT)
        .takes(OUTSIDE, ack(SERVER, CLIENT), silence(Reason::RouterIdleExpired))
        .takes(OUTSIDE, ack(SERVER, CLIENT), silence(Reason::StraySegment))
        .takes(INSIDE, ack(CLIENT, SERVER), forwards(OUTSIDE, ack(CLIENT, SERVER)))
        .takes(OUTSIDE, ack(SERVER, CLIENT), forwards(INSIDE, ack(SERVER, CLIENT)));
}

/// Linux, nf_conntrack_proto_tcp.c, `tcp_conntracks`: from state NONE only ACK leads to ESTABLISHED;
/// SYN+ACK, FIN and RST are invalid.
#[rstest]
#[case::answer(syn_ack(CLIENT, SERVER))]
#[case::end(fin(CLIENT, SERVER))]
#[case::reset(rst(CLIENT, SERVER))]
#[case::reset_with_acknowledgement(rst_ack(CLIENT, SERVER))]
fn only_an_ordinary_segment_picks_a_connection_up(#[case] packet: Packet) {
    connected(AfterIdle::PickUp)
        .wait(secs(IDLE) + INSTANT)
        .takes(INSIDE, packet, silence(Reason::RouterIdleExpired))
        .takes(OUTSIDE, ack(SERVER, CLIENT), silence(Reason::StraySegment));
}

/// A connection that is picked up is a new one to the rules: a visitor's connection to a server inside
/// is not allowed in the other direction.
#[test]
fn what_is_picked_up_has_to_be_allowed() {
    const REAL: &str = "192.168.1.20:21";
    let settings = Router { after_idle: AfterIdle::PickUp, refusal: Refusal::Reset, ..settings() };
    script(settings)
        .takes(OUTSIDE, syn(VISITOR, REAL), forwards(INSIDE, syn(VISITOR, REAL)))
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INSIDE,
            ack(REAL, VISITOR).seq(300).ack(8),
            answers(INSIDE, rst(VISITOR, REAL).seq(8), Reason::NotAllowed),
        );
}

/// A firewall between two route tables of one network, with one interface: the lab's choice is that
/// what is not for itself comes from inside.
#[test]
fn with_one_interface_everything_comes_from_inside() {
    let settings =
        Router { inside: Vec::new(), outside: interfaces(&["192.168.1.1"]), ..settings() };
    script(settings)
        .takes(INTERFACE, syn(VISITOR, "192.168.1.20:21"), {
            forwards(INTERFACE, syn(VISITOR, "192.168.1.20:21"))
        })
        .takes(
            INTERFACE,
            syn_ack("192.168.1.20:21", VISITOR),
            forwards(INTERFACE, syn_ack("192.168.1.20:21", VISITOR)),
        )
        .takes(INTERFACE, syn(VISITOR, "192.168.1.20:8192"), silence(Reason::NotAllowed))
        .takes(INTERFACE, syn(VISITOR, "192.168.1.1:21"), silence(Reason::NotForwarded));
}
