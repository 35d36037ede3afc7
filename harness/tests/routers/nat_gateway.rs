//! A NAT gateway: [`pasvlab_harness::net::router`] with its settings.
//!
//! It is 10.0.0.50 in its subnet; the client is in another subnet of the VPC, the server on the
//! internet. It has this one interface only.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Packet, Reason};
use pasvlab_scenarios::{AfterIdle, ChooseAddress, Router, RouterKind, SourceNat};
use rstest::rstest;

use crate::ground::{interfaces, passed, router, script, seeded};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, answers, fin, forwards, ip, rst, rst_ack, secs,
    silence, socket, syn, syn_ack,
};

const CLIENT: &str = "10.0.1.10:5000";
const SERVER: &str = "198.51.100.21:21";
/// What the server sees of the first connections.
const FIRST: &str = "10.0.0.50:1024";
const SECOND: &str = "10.0.0.50:1025";

/// VPC guide, Troubleshoot NAT gateways: 350 seconds.
const IDLE: u64 = 350;

/// Ports that are given out for one address towards one destination.
const PORTS: u32 = 65536 - 1024;

/// A gateway with these addresses.
fn with(addresses: &[&str], choose: ChooseAddress) -> Router {
    Router {
        kind: RouterKind::NatGateway,
        inside: Vec::new(),
        outside: interfaces(addresses),
        source_nat: Some(SourceNat { choose, keep_ports: false }),
        idle_timeout: secs(IDLE),
        after_idle: AfterIdle::ResetInside,
        ..router()
    }
}

fn settings() -> Router {
    with(&["10.0.0.50"], ChooseAddress::PerConnection)
}

/// A gateway through which the client has one open connection.
fn connected() -> Script<StatefulRouter> {
    let mut gateway = script(settings());
    gateway.takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(FIRST, SERVER)));
    gateway
}

/// VPC guide, NAT gateways: "The NAT gateway replaces the source IP address of the instances with the
/// IP address of the NAT gateway"; Custom network ACLs, Ephemeral ports: it uses 1024-65535.
#[test]
fn a_connection_leaves_with_the_gateways_address_and_a_port_from_1024_on() {
    script(settings()).takes(
        INTERFACE,
        syn(CLIENT, SERVER).seq(7).window(512),
        forwards(INTERFACE, syn(FIRST, SERVER).seq(7).window(512)),
    );
}

/// VPC guide, NAT gateways: "When sending response traffic to the instances, the NAT device translates
/// the addresses back to the original source IP address".
#[test]
fn answers_come_back_to_the_client_from_the_server_that_it_knows() {
    connected()
        .takes(
            INTERFACE,
            syn_ack(SERVER, FIRST).seq(300).ack(8),
            forwards(INTERFACE, syn_ack(SERVER, CLIENT).seq(300).ack(8)),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, SERVER).seq(8).ack(301).data("USER anonymous\r\n"),
            forwards(INTERFACE, ack(FIRST, SERVER).seq(8).ack(301).data("USER anonymous\r\n")),
        )
        .takes(INTERFACE, fin(SERVER, FIRST), forwards(INTERFACE, fin(SERVER, CLIENT)))
        .takes(INTERFACE, rst(CLIENT, SERVER), forwards(INTERFACE, rst(FIRST, SERVER)));
}

/// Which ports are given out is not documented; one after the other is the lab's choice.
#[test]
fn ports_are_given_out_one_after_the_other() {
    connected()
        .takes(INTERFACE, syn("10.0.1.10:5001", SERVER), forwards(INTERFACE, syn(SECOND, SERVER)))
        .takes(
            INTERFACE,
            syn("10.0.1.11:5000", SERVER),
            forwards(INTERFACE, syn("10.0.0.50:1026", SERVER)),
        )
        .takes(
            INTERFACE,
            syn("10.0.1.11:5000", "198.51.100.22:21"),
            forwards(INTERFACE, syn("10.0.0.50:1027", "198.51.100.22:21")),
        )
        .takes(
            INTERFACE,
            syn_ack(SERVER, SECOND),
            forwards(INTERFACE, syn_ack(SERVER, "10.0.1.10:5001")),
        )
        .takes(INTERFACE, syn_ack(SERVER, FIRST), forwards(INTERFACE, syn_ack(SERVER, CLIENT)));
}

/// RFC 9293 section 3.8.1: a SYN that was not answered is sent again; it is the same connection.
#[test]
fn a_syn_sent_again_leaves_as_the_same_connection() {
    connected()
        .wait(secs(1))
        .takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(FIRST, SERVER)))
        .takes(INTERFACE, syn("10.0.1.10:5001", SERVER), forwards(INTERFACE, syn(SECOND, SERVER)));
}

/// VPC guide, NAT gateway basics, names TCP, UDP and ICMP and nothing that reads what they carry: the
/// client's private address goes to the server as it is.
#[rstest]
#[case::port("PORT 10,0,1,10,19,137\r\n")]
#[case::eprt("EPRT |1|10.0.1.10|5001|\r\n")]
fn announcements_are_not_rewritten(#[case] line: &'static str) {
    connected().takes(
        INTERFACE,
        ack(CLIENT, SERVER).data(line),
        forwards(INTERFACE, ack(FIRST, SERVER).data(line)),
    );
}

/// VPC guide, NAT gateways: "external services cannot initiate a connection with those instances", so
/// active mode FTP has no way in. Nobody is told.
#[rstest]
#[case::active_mode(syn("198.51.100.21:20", "10.0.0.50:5001"), Reason::NotForwarded)]
#[case::on_the_port_of_a_connection(syn("198.51.100.21:20", FIRST), Reason::NotForwarded)]
#[case::from_another_host(syn("198.51.100.22:21", FIRST), Reason::NotForwarded)]
#[case::on_port_21(syn("198.51.100.22:5000", "10.0.0.50:21"), Reason::NotForwarded)]
#[case::an_answer_to_nothing(syn_ack("198.51.100.22:21", FIRST), Reason::StraySegment)]
#[case::a_segment_of_none(ack("198.51.100.22:21", FIRST), Reason::StraySegment)]
#[case::an_end_of_none(fin("198.51.100.22:21", FIRST), Reason::StraySegment)]
#[case::a_reset_of_none(rst("198.51.100.22:21", FIRST), Reason::StraySegment)]
fn nothing_from_outside_gets_in(#[case] packet: Packet, #[case] reason: Reason) {
    connected().takes(INTERFACE, packet, silence(reason));
}

/// VPC guide, NAT gateways, Routing: what a route table sends to the gateway and is not for the gateway
/// itself is on its way out, wherever it goes.
#[rstest]
#[case::to_the_internet("198.51.100.21:21")]
#[case::to_a_peered_network("10.1.1.50:21")]
#[case::to_a_neighbour_of_the_gateway("10.0.0.51:21")]
fn everything_that_is_not_for_the_gateway_itself_comes_from_inside(#[case] server: &str) {
    script(settings())
        .takes(INTERFACE, syn(CLIENT, server), forwards(INTERFACE, syn(FIRST, server)))
        .takes(INTERFACE, syn_ack(server, FIRST), forwards(INTERFACE, syn_ack(server, CLIENT)));
}

/// The same page; the gateway is a way out, so a host inside finds nobody at its address either.
#[test]
fn the_gateways_own_address_leads_nowhere() {
    connected().takes(INTERFACE, syn(CLIENT, "10.0.0.50:21"), silence(Reason::NotForwarded));
}

/// Sources of connections from one client to one server, from port 5000 on.
fn addresses_of(settings: Router, seed: u64, connections: u16) -> Vec<SocketAddrV4> {
    let mut gateway = seeded(settings, seed);
    let open = |number| {
        let client = SocketAddrV4::new(ip("10.0.1.10"), 5000 + number);
        let packet = Packet { src: client, ..syn(CLIENT, SERVER) };
        let (_, left) = passed(gateway.feed(INTERFACE, packet));
        let (_, back) =
            passed(gateway.feed(INTERFACE, Packet { dst: left.src, ..syn_ack(SERVER, FIRST) }));
        assert_eq!(back.dst, client);
        left.src
    };
    (0..connections).map(open).collect()
}

const EIGHT: [&str; 8] = [
    "10.0.0.50",
    "10.0.0.51",
    "10.0.0.52",
    "10.0.0.53",
    "10.0.0.54",
    "10.0.0.55",
    "10.0.0.56",
    "10.0.0.57",
];

/// VPC guide, NAT gateway basics: up to 8 addresses. Which one a connection gets is not stated; that
/// connections of one client may get different ones is the lab's choice, and the seed decides.
#[rstest]
#[case::two(&EIGHT[..2])]
#[case::eight(&EIGHT[..])]
fn connections_of_one_client_get_several_addresses(#[case] addresses: &[&str]) {
    let settings = with(addresses, ChooseAddress::PerConnection);
    for seed in 0..8 {
        let sources = addresses_of(settings.clone(), seed, 200);
        let seen: BTreeSet<_> = sources.iter().map(|source| *source.ip()).collect();
        assert_eq!(seen, addresses.iter().map(|address| ip(address)).collect(), "seed {seed}");
        assert_eq!(sources, addresses_of(settings.clone(), seed, 200), "the same seed again");
    }
}

/// NAT gateway basics, as above: another seed is another choice.
#[test]
fn the_seed_decides_which_address_a_connection_gets() {
    let settings = with(&EIGHT[..2], ChooseAddress::PerConnection);
    let firsts: BTreeSet<_> = (0..32).map(|seed| addresses_of(settings.clone(), seed, 1)).collect();
    assert_eq!(firsts.len(), 2);
}

/// RFC 4787 section 4.1: "IP address pooling" is paired if all sessions of an internal address get the
/// same external one.
#[test]
fn with_paired_pooling_all_connections_of_a_client_get_the_same_address() {
    let settings = with(&EIGHT, ChooseAddress::PerClient);
    let mut chosen = BTreeSet::new();
    for seed in 0..32 {
        let sources = addresses_of(settings.clone(), seed, 20);
        let seen: BTreeSet<_> = sources.iter().map(|source| *source.ip()).collect();
        assert_eq!(seen.len(), 1, "seed {seed}");
        chosen.extend(seen);
    }
    assert!(chosen.len() > 1, "the seed decides");
}

/// RFC 9293 section 3.4.1: a connection is its four addresses, so they stay as they are.
#[test]
fn a_connection_keeps_its_address_and_port() {
    let mut gateway = seeded(with(&EIGHT, ChooseAddress::PerConnection), 3);
    let (_, opening) = passed(gateway.feed(INTERFACE, syn(CLIENT, SERVER)));
    for _ in 0..20 {
        let segment = Packet { src: opening.src, ..ack(CLIENT, SERVER) };
        gateway.wait(secs(IDLE)).takes(
            INTERFACE,
            ack(CLIENT, SERVER),
            forwards(INTERFACE, segment),
        );
    }
}

/// A gateway whose ports towards the server are all taken.
fn exhausted() -> Script<StatefulRouter> {
    let mut gateway = script(settings());
    for number in 0..PORTS {
        let client = SocketAddrV4::new((0x0a00_0200 + number).into(), 5000);
        let source = SocketAddrV4::new(ip("10.0.0.50"), (1024 + number) as u16);
        gateway.takes(
            INTERFACE,
            Packet { src: client, ..syn(CLIENT, SERVER) },
            forwards(INTERFACE, Packet { src: source, ..syn(FIRST, SERVER) }),
        );
    }
    gateway
}

/// VPC guide, NAT gateway basics: a limit of simultaneous connections per address and unique
/// destination (55,000 there, every port from 1024 on here).
#[test]
fn when_all_ports_towards_a_destination_are_taken_new_connections_vanish() {
    exhausted().takes(INTERFACE, syn(CLIENT, SERVER), silence(Reason::PortsExhausted)).takes(
        INTERFACE,
        ack(SERVER, FIRST),
        forwards(INTERFACE, ack(SERVER, "10.0.2.0:5000")),
    );
}

/// The same page: "A unique destination is identified by a unique combination of destination IP
/// address, the destination port, and protocol".
#[rstest]
#[case::another_port("198.51.100.21:8192")]
#[case::another_address("198.51.100.22:21")]
fn ports_are_used_again_towards_another_destination(#[case] elsewhere: &str) {
    exhausted()
        .takes(INTERFACE, syn(CLIENT, elsewhere), forwards(INTERFACE, syn(FIRST, elsewhere)))
        .takes(
            INTERFACE,
            syn_ack(elsewhere, FIRST),
            forwards(INTERFACE, syn_ack(elsewhere, CLIENT)),
        )
        .takes(INTERFACE, ack(SERVER, FIRST), forwards(INTERFACE, ack(SERVER, "10.0.2.0:5000")));
}

/// The same page: the limit counts simultaneous connections, and a forgotten one is none.
#[test]
fn ports_of_forgotten_connections_are_used_again() {
    exhausted()
        .wait(secs(IDLE))
        .takes(INTERFACE, syn(CLIENT, SERVER), silence(Reason::PortsExhausted))
        .wait(INSTANT)
        .takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(FIRST, SERVER)))
        .takes(INTERFACE, syn_ack(SERVER, FIRST), forwards(INTERFACE, syn_ack(SERVER, CLIENT)));
}

/// VPC guide, Troubleshoot NAT gateways, Internet connection drops after 350 seconds: each packet
/// starts the timer again.
#[test]
fn after_exactly_350_idle_seconds_a_connection_is_still_known() {
    connected()
        .wait(secs(IDLE))
        .takes(INTERFACE, ack(CLIENT, SERVER), forwards(INTERFACE, ack(FIRST, SERVER)))
        .wait(secs(IDLE))
        .takes(INTERFACE, ack(SERVER, FIRST), forwards(INTERFACE, ack(SERVER, CLIENT)))
        .wait(secs(IDLE))
        .takes(INTERFACE, ack(CLIENT, SERVER), forwards(INTERFACE, ack(FIRST, SERVER)));
}

/// VPC guide, Compare NAT gateways and NAT instances, Timeout behavior: "a NAT gateway returns an RST
/// packet to any resources behind the NAT gateway that attempt to continue the connection (it does not
/// send a FIN packet)". RFC 9293 section 3.10.7.1 says what is in it.
#[rstest]
#[case::data(
    ack(CLIENT, SERVER).seq(8).ack(301).data("NOOP\r\n"),
    rst(SERVER, CLIENT).seq(301)
)]
#[case::acknowledgement(ack(CLIENT, SERVER).seq(8).ack(301), rst(SERVER, CLIENT).seq(301))]
#[case::end(fin(CLIENT, SERVER).seq(8).ack(301), rst(SERVER, CLIENT).seq(301))]
fn after_350_idle_seconds_a_host_inside_that_goes_on_receives_a_reset(
    #[case] packet: Packet,
    #[case] reset: Packet,
) {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(
            INTERFACE,
            packet.clone(),
            answers(INTERFACE, reset.clone(), Reason::RouterIdleExpired),
        )
        .takes(INTERFACE, packet, answers(INTERFACE, reset, Reason::StraySegment));
}

/// The same line of the comparison names resources behind the gateway only.
#[test]
fn after_350_idle_seconds_nobody_outside_is_told() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, ack(SERVER, FIRST), silence(Reason::RouterIdleExpired))
        .takes(INTERFACE, ack(SERVER, FIRST), silence(Reason::StraySegment))
        .takes(
            INTERFACE,
            ack(CLIENT, SERVER).ack(301),
            answers(INTERFACE, rst(SERVER, CLIENT).seq(301), Reason::StraySegment),
        );
}

/// RFC 9293 section 3.10.7.1: a segment that contains a RST is discarded, "no reset is sent".
#[rstest]
#[case::plain(rst(CLIENT, SERVER))]
#[case::with_acknowledgement(rst_ack(CLIENT, SERVER))]
fn a_reset_is_never_answered(#[case] reset: Packet) {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, reset.clone(), silence(Reason::RouterIdleExpired))
        .takes(INTERFACE, reset, silence(Reason::StraySegment));
}

/// A gateway that never knew a connection and one that forgot it are the same.
#[test]
fn a_stray_segment_from_inside_is_reset() {
    script(settings()).takes(
        INTERFACE,
        syn_ack("10.0.1.10:21", "198.51.100.9:5000").seq(70).ack(8),
        answers(INTERFACE, rst("198.51.100.9:5000", "10.0.1.10:21").seq(8), Reason::StraySegment),
    );
}

/// Troubleshoot NAT gateways, as above: only the connection is gone.
#[test]
fn a_syn_after_350_idle_seconds_opens_anew_with_another_port() {
    connected()
        .wait(secs(IDLE) + INSTANT)
        .takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(SECOND, SERVER)))
        .takes(INTERFACE, syn_ack(SERVER, SECOND), forwards(INTERFACE, syn_ack(SERVER, CLIENT)))
        .takes(INTERFACE, ack(SERVER, FIRST), silence(Reason::StraySegment));
}

/// The lab's choice: after 65535 the count goes on at 1024, past ports that are still taken.
#[test]
fn after_the_last_port_the_count_begins_again() {
    let mut gateway = script(settings());
    for number in 0..PORTS {
        let elsewhere = SocketAddrV4::new((0xc633_6500 + number).into(), 21);
        gateway.feed(INTERFACE, Packet { dst: elsewhere, ..syn(CLIENT, SERVER) });
    }
    gateway.takes(INTERFACE, syn(CLIENT, SERVER), forwards(INTERFACE, syn(FIRST, SERVER))).takes(
        INTERFACE,
        syn("10.0.1.10:5001", &socket("198.51.101.1:21").to_string()),
        forwards(INTERFACE, syn("10.0.0.50:1026", "198.51.101.1:21")),
    );
}
