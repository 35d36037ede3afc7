//! A router at home or in an office, and a carrier's NAT: [`pasvlab_harness::net::router`] with their
//! settings.
//!
//! It is 192.168.1.1 inside and 203.0.113.7 outside.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Action, Packet, Reason, Side};
use pasvlab_scenarios::{ChooseAddress, Forward, Refusal, Router, RouterKind};
use rstest::rstest;

use crate::ground::{
    INSIDE, KEEPING_PORTS, OUTSIDE, PER_CONNECTION, forward, interfaces, passed, router, script,
    seeded, unreachable,
};
use crate::script::{
    Fields, INSTANT, Script, ack, answers, fin, forwards, ip, rst, rst_ack, secs, silence, syn,
    syn_ack,
};

const CLIENT: &str = "192.168.1.10:5000";
const TRANSLATED: &str = "203.0.113.7:5000";
const SERVER: &str = "198.51.100.21:21";
const VISITOR: &str = "198.51.100.9:6000";

fn settings() -> Router {
    Router { kind: RouterKind::Nat, source_nat: Some(KEEPING_PORTS), ..router() }
}

/// A router through which the client has one open connection.
fn connected() -> Script<StatefulRouter> {
    let mut home = script(settings());
    home.takes(INSIDE, syn(CLIENT, SERVER), forwards(OUTSIDE, syn(TRANSLATED, SERVER)));
    home
}

/// RFC 3022 section 2.2: with NAPT hosts inside share one address, and the answers are led back by
/// address and port.
#[test]
fn a_connection_leaves_with_the_outside_address_and_its_answers_come_back() {
    connected()
        .takes(
            OUTSIDE,
            syn_ack(SERVER, TRANSLATED).seq(300).ack(8),
            forwards(INSIDE, syn_ack(SERVER, CLIENT).seq(300).ack(8)),
        )
        .takes(INSIDE, fin(CLIENT, SERVER), forwards(OUTSIDE, fin(TRANSLATED, SERVER)))
        .takes(OUTSIDE, rst(SERVER, TRANSLATED), forwards(INSIDE, rst(SERVER, CLIENT)));
}

/// Linux, nf_nat_core.c, `get_unique_tuple`, keeps a port that is unique; which one it takes otherwise
/// is random there, and the next free one above is the lab's choice.
#[test]
fn a_taken_source_port_becomes_the_next_free_one_above() {
    connected()
        .takes(
            INSIDE,
            syn("192.168.1.10:5001", SERVER),
            forwards(OUTSIDE, syn("203.0.113.7:5001", SERVER)),
        )
        .takes(
            INSIDE,
            syn("192.168.1.11:5000", SERVER),
            forwards(OUTSIDE, syn("203.0.113.7:5002", SERVER)),
        )
        .takes(
            OUTSIDE,
            syn_ack(SERVER, "203.0.113.7:5002"),
            forwards(INSIDE, syn_ack(SERVER, "192.168.1.11:5000")),
        );
}

/// `get_unique_tuple` as above: a connection is unique by its destination, too.
#[rstest]
#[case::another_port("198.51.100.21:8192")]
#[case::another_address("198.51.100.22:21")]
fn a_source_port_is_taken_towards_one_destination_only(#[case] elsewhere: &str) {
    connected()
        .takes(
            INSIDE,
            syn("192.168.1.11:5000", elsewhere),
            forwards(OUTSIDE, syn(TRANSLATED, elsewhere)),
        )
        .takes(
            OUTSIDE,
            syn_ack(elsewhere, TRANSLATED),
            forwards(INSIDE, syn_ack(elsewhere, "192.168.1.11:5000")),
        )
        .takes(OUTSIDE, syn_ack(SERVER, TRANSLATED), forwards(INSIDE, syn_ack(SERVER, CLIENT)));
}

/// Linux, nf_nat_core.c, `nf_nat_l4proto_unique_tuple`: the range of a port from 1024 on is 1024 to
/// 65535.
#[test]
fn above_65535_the_search_goes_on_at_1024() {
    script(settings())
        .takes(
            INSIDE,
            syn("192.168.1.10:65535", SERVER),
            forwards(OUTSIDE, syn("203.0.113.7:65535", SERVER)),
        )
        .takes(
            INSIDE,
            syn("192.168.1.11:65535", SERVER),
            forwards(OUTSIDE, syn("203.0.113.7:1024", SERVER)),
        )
        .takes(
            INSIDE,
            syn("192.168.1.12:65535", SERVER),
            forwards(OUTSIDE, syn("203.0.113.7:1025", SERVER)),
        );
}

/// `get_unique_tuple` as above keeps any port that is unique, also those of privileged programs: an FTP
/// server's active connections come from port 20 (RFC 959 section 3.2).
#[test]
fn a_privileged_source_port_is_kept_too() {
    script(settings())
        .takes(
            INSIDE,
            syn("192.168.1.20:20", VISITOR),
            forwards(OUTSIDE, syn("203.0.113.7:20", VISITOR)),
        )
        .takes(
            OUTSIDE,
            syn_ack(VISITOR, "203.0.113.7:20"),
            forwards(INSIDE, syn_ack(VISITOR, "192.168.1.20:20")),
        )
        .takes(
            INSIDE,
            syn("192.168.1.21:20", VISITOR),
            forwards(OUTSIDE, syn("203.0.113.7:1024", VISITOR)),
        );
}

/// Linux, nf_conntrack_core.c: what has timed out is not in the table any more.
#[test]
fn the_source_port_of_a_forgotten_connection_is_free() {
    let mut home = script(Router { idle_timeout: secs(7440), ..settings() });
    home.takes(INSIDE, syn(CLIENT, SERVER), forwards(OUTSIDE, syn(TRANSLATED, SERVER)))
        .wait(secs(7440) + INSTANT)
        .takes(INSIDE, syn("192.168.1.11:5000", SERVER), forwards(OUTSIDE, syn(TRANSLATED, SERVER)))
        .takes(
            OUTSIDE,
            syn_ack(SERVER, TRANSLATED),
            forwards(INSIDE, syn_ack(SERVER, "192.168.1.11:5000")),
        );
}

/// RFC 3022 section 2.2: sessions are from inside only, unless a port was mapped before. So the data
/// connection of active mode FTP does not come in (git-ftp/git-ftp issue 288: the client announces
/// its 10.x address and hangs).
#[rstest]
#[case::active_mode(syn("198.51.100.21:20", "203.0.113.7:5001"), Reason::NotForwarded)]
#[case::beside_an_open_connection(syn("198.51.100.21:20", TRANSLATED), Reason::NotForwarded)]
#[case::to_the_private_address(syn("198.51.100.21:20", "192.168.1.10:5001"), Reason::NotAllowed)]
#[case::an_answer_to_nothing(syn_ack("198.51.100.22:21", TRANSLATED), Reason::StraySegment)]
#[case::a_segment_of_none(ack("198.51.100.22:21", TRANSLATED), Reason::StraySegment)]
fn nothing_from_outside_gets_in_unasked(#[case] packet: Packet, #[case] reason: Reason) {
    connected().takes(OUTSIDE, packet, silence(reason));
}

/// A router that forwards FTP to a server inside.
fn publishing() -> Router {
    Router { forwards: vec![forward(21..=21, &["192.168.1.20"])], ..settings() }
}

/// RFC 3022 section 2.2: a mapping of a port makes a server inside reachable; it sees the real source.
#[test]
fn a_forwarded_port_leads_to_the_host_inside() {
    script(publishing())
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:21").seq(7),
            forwards(INSIDE, syn(VISITOR, "192.168.1.20:21").seq(7)),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:21", VISITOR).seq(300).ack(8),
            forwards(OUTSIDE, syn_ack("203.0.113.7:21", VISITOR).seq(300).ack(8)),
        );
}

/// RFC 3022 has nothing that reads what is carried: the reply goes out with the private address (vsftpd
/// announces the local address of the control connection, postlogin.c, `handle_pasv`).
#[test]
fn the_reply_of_a_server_inside_is_not_rewritten() {
    const REPLY: &str = "227 Entering Passive Mode (192,168,1,20,32,1).\r\n";
    script(publishing())
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:21"),
            forwards(INSIDE, syn(VISITOR, "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            ack("192.168.1.20:21", VISITOR).data(REPLY),
            forwards(OUTSIDE, ack("203.0.113.7:21", VISITOR).data(REPLY)),
        )
        .takes(OUTSIDE, syn(VISITOR, "203.0.113.7:8193"), silence(Reason::NotForwarded));
}

/// iptables-extensions, DNAT: ports "can be modified" with the address; here one by one, from the
/// first of the range on.
#[rstest]
#[case::same_port(forward(21..=21, &["192.168.1.20"]), 21, 21)]
#[case::another_port(Forward { first_port: 21, ..forward(2121..=2121, &["192.168.1.20"]) }, 2121, 21)]
#[case::first_of_a_range(forward(8192..=8200, &["192.168.1.20"]), 8192, 8192)]
#[case::last_of_a_range(forward(8192..=8200, &["192.168.1.20"]), 8200, 8200)]
#[case::first_of_a_shifted_range(
    Forward { first_port: 50000, ..forward(8192..=8200, &["192.168.1.20"]) },
    8192,
    50000
)]
#[case::last_of_a_shifted_range(
    Forward { first_port: 50000, ..forward(8192..=8200, &["192.168.1.20"]) },
    8200,
    50008
)]
#[case::every_port(forward(1..=65535, &["192.168.1.20"]), 65535, 65535)]
fn a_forward_maps_port_by_port(#[case] rule: Forward, #[case] outside: u16, #[case] inside: u16) {
    let (dialled, real) = (format!("203.0.113.7:{outside}"), format!("192.168.1.20:{inside}"));
    script(Router { forwards: vec![rule], ..settings() })
        .takes(OUTSIDE, syn(VISITOR, &dialled), forwards(INSIDE, syn(VISITOR, &real)))
        .takes(INSIDE, syn_ack(&real, VISITOR), forwards(OUTSIDE, syn_ack(&dialled, VISITOR)));
}

/// iptables-extensions, DNAT: a rule may be for one destination address or for all.
#[rstest]
#[case::its_own(Some("203.0.113.8"), "203.0.113.8:21", Some("192.168.1.20:21"))]
#[case::another(Some("203.0.113.8"), "203.0.113.7:21", None)]
#[case::first_of_all(None, "203.0.113.7:21", Some("192.168.1.20:21"))]
#[case::second_of_all(None, "203.0.113.8:21", Some("192.168.1.20:21"))]
fn a_forward_is_for_one_of_several_outside_addresses_or_for_all(
    #[case] address: Option<&str>,
    #[case] dialled: &str,
    #[case] real: Option<&str>,
) {
    let rule = Forward { address: address.map(ip), ..forward(21..=21, &["192.168.1.20"]) };
    let outside = interfaces(&["203.0.113.7", "203.0.113.8"]);
    let mut home = script(Router { outside, forwards: vec![rule], ..settings() });
    match real {
        None => home.takes(OUTSIDE, syn(VISITOR, dialled), silence(Reason::NotForwarded)),
        Some(real) => home
            .takes(OUTSIDE, syn(VISITOR, dialled), forwards(INSIDE, syn(VISITOR, real)))
            .takes(INSIDE, syn_ack(real, VISITOR), forwards(OUTSIDE, syn_ack(dialled, VISITOR))),
    };
}

/// Two addresses may lead to two hosts.
#[test]
fn the_same_port_of_two_addresses_may_lead_to_two_hosts() {
    let to = |address, host| Forward { address: Some(ip(address)), ..forward(21..=21, &[host]) };
    let forwards_ = vec![to("203.0.113.7", "192.168.1.20"), to("203.0.113.8", "192.168.1.21")];
    let outside = interfaces(&["203.0.113.7", "203.0.113.8"]);
    script(Router { outside, forwards: forwards_, ..settings() })
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.8:21"),
            forwards(INSIDE, syn(VISITOR, "192.168.1.21:21")),
        )
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:21"),
            forwards(INSIDE, syn(VISITOR, "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.21:21", VISITOR),
            forwards(OUTSIDE, syn_ack("203.0.113.8:21", VISITOR)),
        );
}

/// iptables-extensions, REJECT: DROP says nothing, `tcp-reset` answers as the destination would,
/// `icmp-port-unreachable` and `icmp-admin-prohibited` are messages to the sender.
#[rstest]
#[case::silence(Refusal::Silence, silence(Reason::NotForwarded))]
#[case::reset(
    Refusal::Reset,
    answers(OUTSIDE, rst_ack("203.0.113.7:8192", VISITOR).ack(8), Reason::NotForwarded)
)]
#[case::port_unreachable(Refusal::PortUnreachable, unreachable(Reason::PortUnreachable))]
#[case::prohibited(Refusal::Prohibited, unreachable(Reason::Prohibited))]
fn a_port_that_is_not_forwarded_is_refused(#[case] refusal: Refusal, #[case] expected: Action) {
    script(Router { refusal, ..publishing() }).takes(
        OUTSIDE,
        syn(VISITOR, "203.0.113.7:8192").seq(7),
        expected,
    );
}

const NEIGHBOUR: &str = "192.168.1.11:5000";

/// RFC 5382 section 7.2 asks for hairpinning; routers without it refuse a host inside that dials their
/// outside address.
#[rstest]
#[case::silence(Refusal::Silence, silence(Reason::NoHairpin))]
#[case::reset(
    Refusal::Reset,
    answers(INSIDE, rst_ack("203.0.113.7:21", NEIGHBOUR).ack(8), Reason::NoHairpin)
)]
#[case::port_unreachable(Refusal::PortUnreachable, unreachable(Reason::PortUnreachable))]
#[case::prohibited(Refusal::Prohibited, unreachable(Reason::Prohibited))]
fn without_hairpinning_a_host_inside_is_refused_at_the_outside_address(
    #[case] refusal: Refusal,
    #[case] expected: Action,
) {
    script(Router { refusal, ..publishing() }).takes(
        INSIDE,
        syn(NEIGHBOUR, "203.0.113.7:21").seq(7),
        expected,
    );
}

/// RFC 5382 section 7.2: with hairpinning it reaches the server. The source has to be rewritten, or
/// the server would answer its neighbour directly, from an address that the neighbour did not dial;
/// RFC 5382 asks for the outside address, the inside one is what Linux's MASQUERADE takes.
#[test]
fn with_hairpinning_both_directions_come_through_the_router() {
    script(Router { hairpin: true, ..publishing() })
        .takes(
            INSIDE,
            syn(NEIGHBOUR, "203.0.113.7:21").seq(7),
            forwards(INSIDE, syn("192.168.1.1:5000", "192.168.1.20:21").seq(7)),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:21", "192.168.1.1:5000").seq(300).ack(8),
            forwards(INSIDE, syn_ack("203.0.113.7:21", NEIGHBOUR).seq(300).ack(8)),
        )
        .takes(
            INSIDE,
            ack(NEIGHBOUR, "203.0.113.7:21").data("SYST\r\n"),
            forwards(INSIDE, ack("192.168.1.1:5000", "192.168.1.20:21").data("SYST\r\n")),
        );
}

/// The same section: several hosts at once have to be told apart.
#[test]
fn two_hairpinned_connections_get_two_source_ports() {
    script(Router { hairpin: true, ..publishing() })
        .takes(
            INSIDE,
            syn(NEIGHBOUR, "203.0.113.7:21"),
            forwards(INSIDE, syn("192.168.1.1:5000", "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            syn("192.168.1.12:5000", "203.0.113.7:21"),
            forwards(INSIDE, syn("192.168.1.1:5001", "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:21", "192.168.1.1:5001"),
            forwards(INSIDE, syn_ack("203.0.113.7:21", "192.168.1.12:5000")),
        );
}

/// The server itself may dial the outside address: it must not see its own one as the source.
#[test]
fn a_server_reaches_itself_by_the_outside_address() {
    script(Router { hairpin: true, ..publishing() })
        .takes(
            INSIDE,
            syn("192.168.1.20:5000", "203.0.113.7:21"),
            forwards(INSIDE, syn("192.168.1.1:5000", "192.168.1.20:21")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:21", "192.168.1.1:5000"),
            forwards(INSIDE, syn_ack("203.0.113.7:21", "192.168.1.20:5000")),
        );
}

/// Hairpinning leads to what is forwarded and nowhere else, and visitors from outside are not
/// translated.
#[test]
fn hairpinning_changes_nothing_else() {
    script(Router { hairpin: true, ..publishing() })
        .takes(INSIDE, syn(NEIGHBOUR, "203.0.113.7:8192"), silence(Reason::NotForwarded))
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:21"),
            forwards(INSIDE, syn(VISITOR, "192.168.1.20:21")),
        )
        .takes(INSIDE, syn(NEIGHBOUR, SERVER), forwards(OUTSIDE, syn(TRANSLATED, SERVER)));
}

/// RFC 1812 section 5.2.3: what is addressed to the router itself is delivered there and not passed on.
#[rstest]
#[case::from_inside(INSIDE, syn(NEIGHBOUR, "192.168.1.1:21"))]
#[case::from_outside(OUTSIDE, syn(VISITOR, "192.168.1.1:21"))]
fn the_routers_inside_address_leads_nowhere(#[case] from: Side, #[case] packet: Packet) {
    script(publishing()).takes(from, packet, silence(Reason::NotForwarded));
}

/// A carrier's NAT with two outside addresses.
fn carrier(choose: ChooseAddress) -> Router {
    let mut nat = PER_CONNECTION;
    nat.choose = choose;
    let outside = interfaces(&["203.0.113.7", "203.0.113.8"]);
    Router { outside, source_nat: Some(nat), ..settings() }
}

/// Sources of a client's control and data connection to one server.
fn control_and_data(settings: Router, seed: u64) -> [SocketAddrV4; 2] {
    let mut nat = seeded(settings, seed);
    let mut open = |src, dst| {
        let (side, packet) = passed(nat.feed(INSIDE, syn(src, dst)));
        assert_eq!(side, OUTSIDE);
        nat.takes(
            OUTSIDE,
            Packet { dst: packet.src, ..syn_ack(dst, src) },
            forwards(INSIDE, syn_ack(dst, src)),
        );
        packet.src
    };
    [open(CLIENT, SERVER), open("192.168.1.10:5001", "198.51.100.21:8192")]
}

/// giampaolo/pyftpdlib issue 499 and ustclug/discussions issue 159: the data connection arrives from
/// another address than the control connection, now and then, and the server rejects it.
#[test]
fn control_and_data_may_leave_from_two_addresses_of_a_carrier() {
    let apart = |seed: &u64| {
        let [control, data] = control_and_data(carrier(ChooseAddress::PerConnection), *seed);
        control.ip() != data.ip()
    };
    let (apart, together): (Vec<_>, Vec<_>) = (0..64).partition(apart);
    assert!(apart.len() > 16 && together.len() > 16, "now and then: {apart:?}, {together:?}");
}

/// RFC 4787 section 4.1, REQ-2: a NAT is recommended to use an "IP address pooling" of "Paired", so
/// that this does not happen.
#[test]
fn with_paired_pooling_control_and_data_leave_from_the_same_address() {
    let mut addresses = BTreeSet::new();
    for seed in 0..64 {
        let [control, data] = control_and_data(carrier(ChooseAddress::PerClient), seed);
        assert_eq!(control.ip(), data.ip(), "seed {seed}");
        addresses.insert(*control.ip());
    }
    assert_eq!(addresses.len(), 2, "the seed decides");
}
