//! A router's FTP helper (ALG) at work: [`pasvlab_harness::net::router`] with
//! [`FtpHelper`].
//!
//! How lines are read and rewritten is proved with the helper itself; here it is what a router makes
//! of that. "Linux" is `nf_conntrack_ftp.c`; `nf_nat_ftp.c`, `nf_nat_helper.c` and
//! `nf_conntrack_expect.c` next to it are named where they are meant.
//!
//! Three grounds: a client behind NAT ([`HOME`]), a server behind NAT ([`PUBLISHED`]), and a firewall
//! that does not translate with a client inside ([`OUTGOING`]) or a server inside ([`INCOMING`]).

use bytes::Bytes;
use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Action, Packet, Reason};
use pasvlab_scenarios::DataCommand::{self, Eprt, Epsv, Pasv, Port};
use pasvlab_scenarios::{ChooseAddress, Forward, FtpHelper, Router, RouterKind};
use rstest::rstest;

use crate::ground::{
    INSIDE, KEEPING_PORTS, OUTSIDE, PER_CONNECTION, forward, interfaces, passage, passed, router,
    script, seeded,
};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, forwards, secs, silence, syn, syn_ack,
};
use crate::session::{By, Dial, Session};

/// A client behind NAT and a server beyond.
const HOME: Dial<'_> = Dial {
    from: (INSIDE, "192.168.1.10:5000"),
    to: "198.51.100.21:21",
    real: (OUTSIDE, "198.51.100.21:21"),
};
/// A visitor and a server behind NAT.
const PUBLISHED: Dial<'_> = Dial {
    from: (OUTSIDE, "198.51.100.9:6000"),
    to: "203.0.113.7:21",
    real: (INSIDE, "192.168.1.20:21"),
};
/// A client inside, without NAT.
const OUTGOING: Dial<'_> = HOME;
/// A server inside, without NAT.
const INCOMING: Dial<'_> = Dial {
    from: (OUTSIDE, "198.51.100.9:6000"),
    to: "192.168.1.20:21",
    real: (INSIDE, "192.168.1.20:21"),
};

fn helper() -> FtpHelper {
    FtpHelper { ports: vec![21], understands: vec![Pasv, Epsv, Port, Eprt], loose: false }
}

fn understanding(commands: &[DataCommand]) -> FtpHelper {
    FtpHelper { understands: commands.to_vec(), ..helper() }
}

fn loose() -> FtpHelper {
    FtpHelper { loose: true, ..helper() }
}

/// Translates sources and publishes the control port of a server inside.
fn nat() -> Router {
    Router {
        kind: RouterKind::Nat,
        source_nat: Some(KEEPING_PORTS),
        forwards: vec![forward(21..=21, &["192.168.1.20"])],
        ftp_helper: Some(helper()),
        ..router()
    }
}

/// Lets control connections pass in both directions, and nothing else.
fn firewall() -> Router {
    Router {
        from_inside: vec![passage(21..=21, "0.0.0.0/0")],
        from_outside: vec![passage(21..=21, "192.168.1.20/32")],
        ftp_helper: Some(helper()),
        ..router()
    }
}

/// A router with an open control connection.
fn opened(settings: Router, dial: Dial<'_>) -> (Script<StatefulRouter>, Session) {
    let mut router = script(settings);
    let session = Session::open(&mut router, dial);
    (router, session)
}

fn pasv(numbers: &str) -> Bytes {
    format!("227 Entering Passive Mode ({numbers}).\r\n").into()
}

fn port(numbers: &str) -> Bytes {
    format!("PORT {numbers}\r\n").into()
}

/// The replies and commands that name port 8193 or 5001 of the host that sends them.
const PASV_INSIDE: &str = "192,168,1,20,32,1";
const PASV_PUBLIC: &str = "203,0,113,7,32,1";
const EPSV: &str = "229 Entering Extended Passive Mode (|||8193|)\r\n";
const PORT_INSIDE: &str = "192,168,1,10,19,137";
const PORT_PUBLIC: &str = "203,0,113,7,19,137";
const EPRT_INSIDE: &str = "EPRT |1|192.168.1.10|5001|\r\n";
const EPRT_PUBLIC: &str = "EPRT |1|203.0.113.7|5001|\r\n";

/// The server's data connection in active mode.
const ACTIVE: &str = "198.51.100.21:20";
/// The visitor's in passive mode.
const PASSIVE: &str = "198.51.100.9:6001";

/// Linux, `search`, and nf_nat_ftp.c: the address in the command becomes the one that the server sees,
/// and the connection to it is led to the client, which sees the server as it is.
#[rstest]
#[case::port("PORT 192,168,1,10,19,137\r\n", "PORT 203,0,113,7,19,137\r\n")]
#[case::lower_case("port 192,168,1,10,19,137\r\n", "port 203,0,113,7,19,137\r\n")]
#[case::eprt(EPRT_INSIDE, EPRT_PUBLIC)]
#[case::eprt_with_another_delimiter(
    "EPRT !1!192.168.1.10!5001!\r\n",
    "EPRT !1!203.0.113.7!5001!\r\n"
)]
fn active_mode_works_from_behind_nat(#[case] said: &'static str, #[case] heard: &str) {
    let (mut home, mut session) = opened(nat(), HOME);
    assert_eq!(session.client_says(&mut home, said), heard);
    home.takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001").seq(7),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001").seq(7)),
    )
    .takes(
        INSIDE,
        syn_ack("192.168.1.10:5001", ACTIVE).seq(300).ack(8),
        forwards(OUTSIDE, syn_ack("203.0.113.7:5001", ACTIVE).seq(300).ack(8)),
    )
    .takes(
        OUTSIDE,
        ack(ACTIVE, "203.0.113.7:5001").data("a listing"),
        forwards(INSIDE, ack(ACTIVE, "192.168.1.10:5001").data("a listing")),
    );
}

/// firewalld/firewalld issue 1049: without the helper active FTP stops working; the server receives the
/// private address (jedisct1/pure-ftpd issue 55), and its connection is refused.
#[rstest]
#[case::port("PORT 192,168,1,10,19,137\r\n")]
#[case::eprt(EPRT_INSIDE)]
fn without_a_helper_active_mode_fails_behind_nat(#[case] said: &'static str) {
    let (mut home, mut session) = opened(Router { ftp_helper: None, ..nat() }, HOME);
    assert_eq!(session.client_says(&mut home, said), said);
    home.takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), silence(Reason::NotForwarded));
}

/// Linux, `search`, and nf_nat_ftp.c: the address in the reply becomes the one that the client dialled;
/// the data connection to it is led to the server, although its port is not published
/// (NethServer/dev issue 5279: with the helper the 227 shows the public address).
#[test]
fn passive_mode_works_with_a_server_behind_nat() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    router
        .takes(
            OUTSIDE,
            syn(PASSIVE, "203.0.113.7:8193").seq(7),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193").seq(7)),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:8193", PASSIVE),
            forwards(OUTSIDE, syn_ack("203.0.113.7:8193", PASSIVE)),
        );
}

/// The same thread: without it the 227 shows 192.168 and nothing comes in.
#[test]
fn without_a_helper_passive_mode_fails_with_a_server_behind_nat() {
    let (mut router, mut session) = opened(Router { ftp_helper: None, ..nat() }, PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_INSIDE));
    router.takes(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193"), silence(Reason::NotForwarded));
}

/// RFC 2428 section 3: a 229 has a port only, and it means the address of the control connection.
/// Linux, nf_nat_ftp.c, keeps the port if it can.
#[test]
fn a_229_stays_as_it_is_and_its_port_is_opened() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    assert_eq!(session.server_says(&mut router, EPSV), EPSV);
    router
        .takes(
            OUTSIDE,
            syn(PASSIVE, "203.0.113.7:8193"),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:8193", PASSIVE),
            forwards(OUTSIDE, syn_ack("203.0.113.7:8193", PASSIVE)),
        );
}

/// Linux, `help`: without NAT an announcement is only noted, and what is announced is let in.
#[rstest]
#[case::pasv("227 Entering Passive Mode (192,168,1,20,32,1).\r\n")]
#[case::epsv(EPSV)]
fn without_nat_a_passive_port_is_opened_and_nothing_rewritten(#[case] reply: &'static str) {
    let (mut wall, mut session) = opened(firewall(), INCOMING);
    wall.takes(OUTSIDE, syn(PASSIVE, "192.168.1.20:8193"), silence(Reason::NotAllowed));
    assert_eq!(session.server_says(&mut wall, reply), reply);
    wall.takes(
        OUTSIDE,
        syn(PASSIVE, "192.168.1.20:8193"),
        forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
    )
    .takes(
        INSIDE,
        syn_ack("192.168.1.20:8193", PASSIVE),
        forwards(OUTSIDE, syn_ack("192.168.1.20:8193", PASSIVE)),
    );
}

/// The same in the other direction.
#[rstest]
#[case::port("PORT 192,168,1,10,19,137\r\n")]
#[case::eprt(EPRT_INSIDE)]
fn without_nat_an_active_port_is_opened_and_nothing_rewritten(#[case] command: &'static str) {
    let (mut wall, mut session) = opened(firewall(), OUTGOING);
    wall.takes(OUTSIDE, syn(ACTIVE, "192.168.1.10:5001"), silence(Reason::NotAllowed));
    assert_eq!(session.client_says(&mut wall, command), command);
    wall.takes(
        OUTSIDE,
        syn(ACTIVE, "192.168.1.10:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    );
}

/// The same for connections out, where rules let control connections out only: a passive server beyond
/// (kubernetes/kops issue 5851), and a server inside in active mode.
#[test]
fn an_expected_connection_passes_outwards_too() {
    let (mut wall, mut session) = opened(firewall(), OUTGOING);
    let dialled = "198.51.100.21:8193";
    wall.takes(INSIDE, syn("192.168.1.10:5001", dialled), silence(Reason::NotAllowed));
    session.server_says(&mut wall, pasv("198,51,100,21,32,1"));
    wall.takes(
        INSIDE,
        syn("192.168.1.10:5001", dialled),
        forwards(OUTSIDE, syn("192.168.1.10:5001", dialled)),
    );

    let (mut wall, mut session) = opened(firewall(), INCOMING);
    session.client_says(&mut wall, port("198,51,100,9,23,113"));
    wall.takes(
        INSIDE,
        syn("192.168.1.20:20", "198.51.100.9:6001"),
        forwards(OUTSIDE, syn("192.168.1.20:20", "198.51.100.9:6001")),
    );
}

/// Linux, `help`: "NOT RECORDING", unless `loose`: an address that is not the sender's leads to no
/// expectation and is not rewritten. So a server that announces its public address already, or
/// 0.0.0.0, makes the helper inert: the port has to be published.
#[rstest]
#[case::the_public_address(PASV_PUBLIC)]
#[case::all_zeros("0,0,0,0,32,1")]
#[case::a_neighbour("192,168,1,30,32,1")]
#[case::the_visitor("198,51,100,9,32,1")]
fn an_address_that_is_not_the_servers_own_is_left_alone(#[case] numbers: &str) {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(numbers)), pasv(numbers));
    router.takes(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193"), silence(Reason::NotForwarded));
}

/// The same for clients, and without NAT: Linux thanks for the report of hosts that open holes to
/// others.
#[rstest]
#[case::behind_nat(nat(), "203.0.113.7:5001", Reason::NotForwarded)]
#[case::without_nat(firewall(), "192.168.1.10:5001", Reason::NotAllowed)]
#[case::to_the_neighbour(firewall(), "192.168.1.30:5001", Reason::NotAllowed)]
fn an_address_that_is_not_the_clients_own_is_left_alone(
    #[case] settings: Router,
    #[case] dialled: &str,
    #[case] reason: Reason,
) {
    let (mut router, mut session) = opened(settings, HOME);
    let line = port("192,168,1,30,19,137");
    assert_eq!(session.client_says(&mut router, line.clone()), line);
    router.takes(OUTSIDE, syn(ACTIVE, dialled), silence(reason));
}

/// An announcement that is not recorded leaves the one before it in force.
#[test]
fn what_is_left_alone_replaces_nothing() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    session.server_says(&mut router, pasv(PASV_INSIDE));
    session.server_says(&mut router, pasv("0,0,0,0,32,2"));
    router.takes(
        OUTSIDE,
        syn(PASSIVE, "203.0.113.7:8193"),
        forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
    );
}

/// Linux, `help`, with `loose`: `daddr = &cmd.u3`, the announced address is what is expected. Without
/// NAT nothing is rewritten, and the connection goes to the third host.
#[test]
fn loose_and_without_nat_the_announced_host_is_reached() {
    let settings = Router { ftp_helper: Some(loose()), ..firewall() };
    let (mut wall, mut session) = opened(settings, INCOMING);
    let reply = pasv("192,168,1,30,32,1");
    assert_eq!(session.server_says(&mut wall, reply.clone()), reply);
    wall.takes(OUTSIDE, syn(PASSIVE, "192.168.1.20:8193"), silence(Reason::NotAllowed))
        .takes(
            OUTSIDE,
            syn(PASSIVE, "192.168.1.30:8193"),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.30:8193")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.30:8193", PASSIVE),
            forwards(OUTSIDE, syn_ack("192.168.1.30:8193", PASSIVE)),
        );
}

/// The same with NAT: nf_nat_helper.c, `nf_nat_follow_master`, leads the expected connection to the host
/// that announced it. If a server announces its public address, that is what is dialled.
#[test]
fn loose_and_with_nat_a_server_may_announce_its_public_address() {
    let settings = Router { ftp_helper: Some(loose()), ..nat() };
    let (mut router, mut session) = opened(settings, PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(PASV_PUBLIC)), pasv(PASV_PUBLIC));
    router
        .takes(
            OUTSIDE,
            syn(PASSIVE, "203.0.113.7:8193"),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:8193", PASSIVE),
            forwards(OUTSIDE, syn_ack("203.0.113.7:8193", PASSIVE)),
        );
}

/// The same with any other address: nf_nat_ftp.c writes the public one (`newaddr`) but leaves the
/// expectation at the announced one, so what the visitor dials is not what is expected.
#[rstest]
#[case::a_neighbour("192,168,1,30,32,1")]
#[case::all_zeros("0,0,0,0,32,1")]
fn loose_and_with_nat_another_address_is_rewritten_in_vain(#[case] numbers: &str) {
    let settings = Router { ftp_helper: Some(loose()), ..nat() };
    let (mut router, mut session) = opened(settings, PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(numbers)), pasv(PASV_PUBLIC));
    router.takes(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193"), silence(Reason::NotForwarded));
}

/// The same behind the client's NAT: nf_nat_ftp.c rewrites on every connection that is translated,
/// whichever end it is, and the reply names the server again.
#[test]
fn loose_and_behind_the_clients_nat_the_reply_names_the_server() {
    let settings = Router { ftp_helper: Some(loose()), ..nat() };
    let (mut home, mut session) = opened(settings, HOME);
    let heard = session.server_says(&mut home, pasv("10,0,2,10,32,1"));
    assert_eq!(heard, pasv("198,51,100,21,32,1"));
    home.takes(
        INSIDE,
        syn("192.168.1.10:5001", "198.51.100.21:8193"),
        forwards(OUTSIDE, syn("203.0.113.7:5001", "198.51.100.21:8193")),
    );
}

/// Behind the client's NAT a strict helper has nothing to do in passive mode: the reply arrives as it
/// was sent, and the data connection leaves like any other.
#[rstest]
#[case::pasv("227 Entering Passive Mode (198,51,100,21,32,1).\r\n")]
#[case::another_address("227 Entering Passive Mode (10,0,2,10,32,1).\r\n")]
#[case::epsv(EPSV)]
fn a_reply_from_beyond_arrives_as_it_was_sent(#[case] reply: &'static str) {
    let (mut home, mut session) = opened(nat(), HOME);
    assert_eq!(session.server_says(&mut home, reply), reply);
    home.takes(
        INSIDE,
        syn("192.168.1.10:5001", "198.51.100.21:8193"),
        forwards(OUTSIDE, syn("203.0.113.7:5001", "198.51.100.21:8193")),
    );
}

/// Cisco ASA, FTP inspection, names PORT and PASV. For a helper that knows no more, a 229 is text
/// (patrickjuchli/basic-ftp issue 77: time-outs since EPSV is the default), and the next 227 works.
#[test]
fn a_helper_that_does_not_understand_epsv_opens_nothing_for_it() {
    let settings = Router { ftp_helper: Some(understanding(&[Port, Pasv])), ..nat() };
    let (mut router, mut session) = opened(settings, PUBLISHED);
    assert_eq!(session.server_says(&mut router, EPSV), EPSV);
    router.takes(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193"), silence(Reason::NotForwarded));
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    router.takes(
        OUTSIDE,
        syn(PASSIVE, "203.0.113.7:8193"),
        forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
    );
}

/// The same for EPRT.
#[test]
fn a_helper_that_does_not_understand_eprt_opens_nothing_for_it() {
    let settings = Router { ftp_helper: Some(understanding(&[Port, Pasv])), ..nat() };
    let (mut home, mut session) = opened(settings, HOME);
    assert_eq!(session.client_says(&mut home, EPRT_INSIDE), EPRT_INSIDE);
    home.takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), silence(Reason::NotForwarded));
    assert_eq!(session.client_says(&mut home, port(PORT_INSIDE)), port(PORT_PUBLIC));
}

/// Linux, module parameter `ports`: 21 unless told otherwise.
#[rstest]
#[case::not_told(&[21], "PORT 192,168,1,10,19,137\r\n")]
#[case::told(&[21, 2121], "PORT 203,0,113,7,19,137\r\n")]
fn another_control_port_is_read_only_if_it_is_named(#[case] ports: &[u16], #[case] heard: &str) {
    let settings =
        Router { ftp_helper: Some(FtpHelper { ports: ports.to_vec(), ..helper() }), ..nat() };
    let server = "198.51.100.21:2121";
    let (mut home, mut session) =
        opened(settings, Dial { to: server, real: (OUTSIDE, server), ..HOME });
    assert_eq!(session.client_says(&mut home, port(PORT_INSIDE)), heard);
}

/// Linux, nf_conntrack_helper.c: automatic assignment goes by the tuple of the replies, that is by the
/// port after translation.
#[rstest]
#[case::to_port_21(2121, 21, PASV_PUBLIC)]
#[case::from_port_21(21, 2121, PASV_INSIDE)]
fn it_is_the_servers_own_port_that_counts(
    #[case] outside: u16,
    #[case] inside: u16,
    #[case] heard: &str,
) {
    let rule = Forward { first_port: inside, ..forward(outside..=outside, &["192.168.1.20"]) };
    let (dialled, real) = (format!("203.0.113.7:{outside}"), format!("192.168.1.20:{inside}"));
    let (mut router, mut session) = opened(
        Router { forwards: vec![rule], ..nat() },
        Dial { to: &dialled, real: (INSIDE, &real), ..PUBLISHED },
    );
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(heard));
}

/// Linux, `help`: "We don't usually drop packets", but a part of an announcement is dropped, so that it
/// is sent again; in one piece it is read.
#[rstest]
#[case::port(HOME, By::Client, "PORT 192,168,1,10,19,137\r\n", "PORT 203,0,113,7,19,137\r\n")]
#[case::eprt(HOME, By::Client, EPRT_INSIDE, EPRT_PUBLIC)]
#[case::pasv(
    PUBLISHED,
    By::Server,
    "227 Entering Passive Mode (192,168,1,20,32,1).\r\n",
    "227 Entering Passive Mode (203,0,113,7,32,1).\r\n"
)]
#[case::epsv(PUBLISHED, By::Server, EPSV, EPSV)]
fn a_split_announcement_is_dropped_until_it_comes_in_one_piece(
    #[case] dial: Dial<'_>,
    #[case] by: By,
    #[case] said: &'static str,
    #[case] heard: &str,
    #[values(1, 4, 12, 20)] end: usize,
) {
    let (mut router, mut session) = opened(nat(), dial);
    let part = session.tells(&mut router, by, &said[..end]);
    assert_eq!(part, Err(Reason::SplitAnnouncement), "{:?}", &said[..end]);
    assert_eq!(session.tells(&mut router, by, said).expect("it arrives"), heard);
}

/// A second client and its control connection to the same server.
const NEIGHBOUR: Dial<'_> = Dial { from: (INSIDE, "192.168.1.11:5000"), ..HOME };
const NEIGHBOURS_PORT: &str = "192,168,1,11,19,137";

/// nf_nat_ftp.c: "Try to get same port: if not, try to change it", upwards; nf_conntrack_expect.c,
/// `expect_clash`: it is taken if the same is expected from the same host.
#[test]
fn an_announced_port_that_is_taken_becomes_the_next_one() {
    let (mut home, mut session) = opened(nat(), HOME);
    let mut neighbour = Session::open(&mut home, NEIGHBOUR);
    let mut third = Session::open(&mut home, Dial { from: (INSIDE, "192.168.1.12:5000"), ..HOME });
    assert_eq!(session.client_says(&mut home, port(PORT_INSIDE)), port(PORT_PUBLIC));
    let heard = neighbour.client_says(&mut home, port(NEIGHBOURS_PORT));
    assert_eq!(heard, port("203,0,113,7,19,138"));
    let heard = third.client_says(&mut home, "EPRT |1|192.168.1.12|5001|\r\n");
    assert_eq!(heard, "EPRT |1|203.0.113.7|5003|\r\n");
    home.takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5002"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.11:5001")),
    )
    .takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5003"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.12:5001")),
    )
    .takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    )
    .takes(
        INSIDE,
        syn_ack("192.168.1.11:5001", ACTIVE),
        forwards(OUTSIDE, syn_ack("203.0.113.7:5002", ACTIVE)),
    );
}

/// The same for a 229: only its port can change.
#[test]
fn the_port_of_a_229_changes_if_it_is_taken() {
    let settings = Router {
        forwards: vec![
            forward(21..=21, &["192.168.1.20"]),
            Forward { first_port: 21, ..forward(2121..=2121, &["192.168.1.30"]) },
        ],
        ..nat()
    };
    let (mut router, mut session) = opened(settings, PUBLISHED);
    let mut other = Session::open(
        &mut router,
        Dial { to: "203.0.113.7:2121", real: (INSIDE, "192.168.1.30:21"), ..PUBLISHED },
    );
    assert_eq!(session.server_says(&mut router, EPSV), EPSV);
    let heard = other.server_says(&mut router, EPSV);
    assert_eq!(heard, "229 Entering Extended Passive Mode (|||8194|)\r\n");
    router
        .takes(
            OUTSIDE,
            syn(PASSIVE, "203.0.113.7:8194"),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.30:8193")),
        )
        .takes(
            OUTSIDE,
            syn(PASSIVE, "203.0.113.7:8193"),
            forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
        );
}

/// `expect_clash` as above: what is expected from another host is told apart by that.
#[test]
fn a_port_announced_to_another_host_is_not_taken() {
    let (mut home, mut session) = opened(nat(), HOME);
    let elsewhere = "198.51.100.22:21";
    let dial = Dial { to: elsewhere, real: (OUTSIDE, elsewhere), ..NEIGHBOUR };
    let mut neighbour = Session::open(&mut home, dial);
    assert_eq!(session.client_says(&mut home, port(PORT_INSIDE)), port(PORT_PUBLIC));
    assert_eq!(neighbour.client_says(&mut home, port(NEIGHBOURS_PORT)), port(PORT_PUBLIC));
    home.takes(
        OUTSIDE,
        syn("198.51.100.22:20", "203.0.113.7:5001"),
        forwards(INSIDE, syn("198.51.100.22:20", "192.168.1.11:5001")),
    )
    .takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    );
}

/// nf_conntrack_expect.c, `expect_matches`: the same announcement of the same control connection only
/// starts the timer again.
#[test]
fn the_same_announcement_again_is_announced_the_same() {
    let (mut home, mut session) = opened(nat(), HOME);
    for _ in 0..3 {
        assert_eq!(session.client_says(&mut home, port(PORT_INSIDE)), port(PORT_PUBLIC));
        home.wait(secs(200));
    }
    home.takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    );
}

/// RFC 9293 section 3.8.1: a segment that was not acknowledged is sent again, and the receiver may have
/// had it: it has to say the same.
#[test]
fn a_retransmitted_announcement_is_rewritten_to_the_same() {
    let mut home = script(nat());
    Session::open(&mut home, HOME);
    let (client, server) = ("192.168.1.10:5000", "198.51.100.21:21");
    let said = ack(client, server).seq(1000).ack(5000).data("PORT 192,168,1,10,19,137\r\n");
    let heard = ack("203.0.113.7:5000", server).seq(1000).ack(5000);
    let heard = heard.data("PORT 203,0,113,7,19,137\r\n");
    home.takes(INSIDE, said.clone(), forwards(OUTSIDE, heard.clone())).wait(secs(1)).takes(
        INSIDE,
        said,
        forwards(OUTSIDE, heard),
    );
}

/// nf_nat_ftp.c: "all ports in use", and the packet is dropped; there is no port above 65535, and 0
/// is none.
#[rstest]
#[case::beyond_the_last("192,168,1,10,255,255", "192,168,1,11,255,255")]
#[case::zero("192,168,1,10,19,137", "192,168,1,11,0,0")]
fn without_a_free_port_the_announcement_is_dropped(#[case] first: &str, #[case] second: &str) {
    let (mut home, mut session) = opened(nat(), HOME);
    let mut neighbour = Session::open(&mut home, NEIGHBOUR);
    session.client_says(&mut home, port(first));
    let dropped = neighbour.tells(&mut home, By::Client, port(second));
    assert_eq!(dropped, Err(Reason::NoPortToAnnounce));
}

/// Linux, `help`: the source of what is expected is the other end of the control connection.
#[rstest]
#[case::another_host("198.51.100.22:20", "203.0.113.7:5001")]
#[case::another_port("198.51.100.21:20", "203.0.113.7:5002")]
fn only_the_other_end_reaches_the_announced_port(#[case] from: &str, #[case] to: &str) {
    let (mut home, mut session) = opened(nat(), HOME);
    session.client_says(&mut home, port(PORT_INSIDE));
    home.takes(OUTSIDE, syn(from, to), silence(Reason::NotForwarded)).takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    );
}

/// Addresses of two networks may be the same, so where a connection comes from counts, too; Linux has
/// one table for all interfaces, and this is the lab's choice.
#[test]
fn a_host_inside_with_the_servers_address_does_not_reach_the_announced_port() {
    let (mut home, mut session) = opened(nat(), HOME);
    session.client_says(&mut home, port(PORT_INSIDE));
    home.takes(INSIDE, syn(ACTIVE, "203.0.113.7:5001"), silence(Reason::NotForwarded)).takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5001"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")),
    );
}

/// Linux, `help`: the source port is NULL in `nf_ct_expect_init`.
#[rstest]
#[case::the_default("198.51.100.21:20")]
#[case::the_control_port("198.51.100.21:21")]
#[case::unprivileged("198.51.100.21:49152")]
fn the_other_end_may_come_from_any_port(#[case] from: &str) {
    let (mut home, mut session) = opened(nat(), HOME);
    session.client_says(&mut home, port(PORT_INSIDE));
    home.takes(
        OUTSIDE,
        syn(from, "203.0.113.7:5001"),
        forwards(INSIDE, syn(from, "192.168.1.10:5001")),
    );
}

/// nf_conntrack_expect.c, `nf_ct_find_expectation`: what is found is unlinked.
#[test]
fn an_announcement_is_for_one_connection() {
    let (mut home, mut session) = opened(nat(), HOME);
    session.client_says(&mut home, port(PORT_INSIDE));
    let passes = forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001"));
    home.takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), passes.clone())
        .takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), passes)
        .takes(OUTSIDE, syn("198.51.100.21:30", "203.0.113.7:5001"), silence(Reason::NotForwarded));
}

/// Linux, `ftp_exp_policy`: `.timeout = 5 * 60`.
#[test]
fn an_announcement_is_good_for_five_minutes() {
    let dials = |wait, expected| {
        let (mut home, mut session) = opened(nat(), HOME);
        session.client_says(&mut home, port(PORT_INSIDE));
        home.wait(wait).takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), expected);
    };
    dials(secs(300), forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5001")));
    dials(secs(300) + INSTANT, silence(Reason::NotForwarded));
}

/// Linux, `ftp_exp_policy`: `.max_expected = 1`; nf_conntrack_expect.c, `evict_oldest_expect`.
#[rstest]
#[case::of_the_same_kind("PORT 192,168,1,10,19,138\r\n")]
#[case::of_another_kind("EPRT |1|192.168.1.10|5002|\r\n")]
fn the_next_announcement_replaces_the_one_before(#[case] next: &'static str) {
    let (mut home, mut session) = opened(nat(), HOME);
    session.client_says(&mut home, port(PORT_INSIDE));
    session.client_says(&mut home, next);
    home.takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), silence(Reason::NotForwarded)).takes(
        OUTSIDE,
        syn(ACTIVE, "203.0.113.7:5002"),
        forwards(INSIDE, syn(ACTIVE, "192.168.1.10:5002")),
    );
}

/// The same, for a control connection each.
#[test]
fn announcements_of_two_control_connections_stand_side_by_side() {
    let (mut home, mut session) = opened(nat(), HOME);
    let again = Dial { from: (INSIDE, "192.168.1.10:5010"), ..HOME };
    let mut second = Session::open(&mut home, again);
    session.client_says(&mut home, port(PORT_INSIDE));
    second.client_says(&mut home, port("192,168,1,10,19,138"));
    for number in ["5001", "5002"] {
        let (outside, inside) = (format!("203.0.113.7:{number}"), format!("192.168.1.10:{number}"));
        home.takes(OUTSIDE, syn(ACTIVE, &outside), forwards(INSIDE, syn(ACTIVE, &inside)));
    }
}

/// nf_conntrack_core.c, `init_conntrack`, looks for an expectation whenever it sees a new connection.
/// Here connections are remembered until they are idle for too long, so a port that the server uses
/// again for another client is new as well.
#[test]
fn the_same_ports_serve_one_client_after_the_other() {
    let (mut home, mut session) = opened(nat(), HOME);
    let mut neighbour = Session::open(&mut home, NEIGHBOUR);
    let clients = [("192.168.1.10:5001", PORT_INSIDE), ("192.168.1.11:5001", NEIGHBOURS_PORT)];
    for (client, numbers) in clients.into_iter().chain(clients) {
        let session = if numbers == PORT_INSIDE { &mut session } else { &mut neighbour };
        assert_eq!(session.client_says(&mut home, port(numbers)), port(PORT_PUBLIC));
        home.takes(OUTSIDE, syn(ACTIVE, "203.0.113.7:5001"), forwards(INSIDE, syn(ACTIVE, client)))
            .takes(
                INSIDE,
                syn_ack(client, ACTIVE),
                forwards(OUTSIDE, syn_ack("203.0.113.7:5001", ACTIVE)),
            );
    }
}

/// nf_nat_helper.c, `nf_nat_follow_master`: "Change src to where master sends to". With several outside
/// addresses the data connection has that of the control connection, for all seeds; without a helper
/// it would be a matter of luck.
#[test]
fn a_data_connection_leaves_from_the_address_of_the_control_connection() {
    let carrier = |ftp_helper| Router {
        outside: interfaces(&["203.0.113.7", "203.0.113.8", "203.0.113.9"]),
        source_nat: Some(PER_CONNECTION),
        ftp_helper,
        ..nat()
    };
    let same = |settings: Router, seed| {
        let mut nat = seeded(settings, seed);
        let mut session = Session::open(&mut nat, HOME);
        session.server_says(&mut nat, pasv("198,51,100,21,32,1"));
        let dial = syn("192.168.1.10:5001", "198.51.100.21:8193");
        let (_, data) = passed(nat.feed(INSIDE, dial));
        let answer = Packet { dst: data.src, ..syn_ack("198.51.100.21:8193", "192.168.1.10:5001") };
        let expected = syn_ack("198.51.100.21:8193", "192.168.1.10:5001");
        nat.takes(OUTSIDE, answer, forwards(INSIDE, expected));
        data.src.ip() == session.client_seen_as().ip()
    };
    assert!((0..32).all(|seed| same(carrier(Some(helper())), seed)));
    assert!((0..32).any(|seed| !same(carrier(None), seed)));
}

/// The same for what a server behind NAT opens in active mode: it comes from the address that the client
/// dialled, and from port 20 (nf_nat_core.c, `get_unique_tuple`, keeps it).
#[test]
fn an_active_connection_of_a_server_behind_nat_comes_from_the_public_address() {
    let outside = interfaces(&["203.0.113.8", "203.0.113.7"]);
    let settings = Router { outside, source_nat: Some(PER_CONNECTION), ..nat() };
    for seed in 0..8 {
        let mut router = seeded(settings.clone(), seed);
        let mut session = Session::open(&mut router, PUBLISHED);
        let line = port("198,51,100,9,23,113");
        assert_eq!(session.client_says(&mut router, line.clone()), line);
        router
            .takes(
                INSIDE,
                syn("192.168.1.20:20", "198.51.100.9:6001"),
                forwards(OUTSIDE, syn("203.0.113.7:20", "198.51.100.9:6001")),
            )
            .takes(
                OUTSIDE,
                syn_ack("198.51.100.9:6001", "203.0.113.7:20"),
                forwards(INSIDE, syn_ack("198.51.100.9:6001", "192.168.1.20:20")),
            );
    }
}

/// The same where sources of visitors are rewritten: the server sees one address for both connections.
#[test]
fn a_visitors_data_connection_is_rewritten_like_its_control_connection() {
    let rule = Forward {
        rewrite_source: Some(ChooseAddress::PerConnection),
        ..forward(21..=21, &["192.168.1.20"])
    };
    let inside = interfaces(&["192.168.1.1", "192.168.1.2", "192.168.1.3"]);
    let settings = Router { inside, forwards: vec![rule], ..nat() };
    for seed in 0..16 {
        let mut router = seeded(settings.clone(), seed);
        let mut session = Session::open(&mut router, PUBLISHED);
        assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
        let (_, data) = passed(router.feed(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193")));
        assert_eq!(data.src.ip(), session.client_seen_as().ip(), "seed {seed}");
        let answer = Packet { dst: data.src, ..syn_ack("192.168.1.20:8193", PASSIVE) };
        let expected = syn_ack("203.0.113.7:8193", PASSIVE);
        router.takes(INSIDE, answer, forwards(OUTSIDE, expected));
    }
}

/// The same between hosts inside: both connections go through the router and back (hairpinning).
#[test]
fn a_hairpinned_session_works_in_both_modes() {
    let dial = Dial { from: (INSIDE, "192.168.1.10:5000"), ..PUBLISHED };
    let (mut router, mut session) = opened(Router { hairpin: true, ..nat() }, dial);
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    router
        .takes(
            INSIDE,
            syn("192.168.1.10:5001", "203.0.113.7:8193"),
            forwards(INSIDE, syn("192.168.1.1:5001", "192.168.1.20:8193")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.20:8193", "192.168.1.1:5001"),
            forwards(INSIDE, syn_ack("203.0.113.7:8193", "192.168.1.10:5001")),
        );
    let heard = session.client_says(&mut router, port(PORT_INSIDE));
    assert_eq!(heard, port("192,168,1,1,19,137"));
    router
        .takes(
            INSIDE,
            syn("192.168.1.20:20", "192.168.1.1:5001"),
            forwards(INSIDE, syn("203.0.113.7:20", "192.168.1.10:5001")),
        )
        .takes(
            INSIDE,
            syn_ack("192.168.1.10:5001", "203.0.113.7:20"),
            forwards(INSIDE, syn_ack("192.168.1.1:5001", "192.168.1.20:20")),
        );
}

/// VPC guide, NAT instances: a host whose owner may load a helper; one interface, both modes.
#[test]
fn a_router_with_one_interface_may_have_a_helper() {
    let single = Router { inside: Vec::new(), outside: interfaces(&["10.0.0.60"]), ..nat() };
    let dial = Dial {
        from: (INTERFACE, "10.0.1.10:5000"),
        to: "198.51.100.21:21",
        real: (INTERFACE, "198.51.100.21:21"),
    };
    let (mut instance, mut session) = opened(single, dial);
    let heard = session.client_says(&mut instance, port("10,0,1,10,19,137"));
    assert_eq!(heard, port("10,0,0,60,19,137"));
    instance
        .takes(
            INTERFACE,
            syn(ACTIVE, "10.0.0.60:5001"),
            forwards(INTERFACE, syn(ACTIVE, "10.0.1.10:5001")),
        )
        .takes(
            INTERFACE,
            syn_ack("10.0.1.10:5001", ACTIVE),
            forwards(INTERFACE, syn_ack("10.0.0.60:5001", ACTIVE)),
        );
}

/// Expectations have no interface in Linux: a firewall with one interface, for which everything comes
/// from inside, lets the announced connection pass in either direction.
#[rstest]
#[case::passive(
    By::Server,
    "227 =198,51,100,21,32,1\r\n",
    "192.168.1.10:5001",
    "198.51.100.21:8193"
)]
#[case::active(By::Client, "PORT 192,168,1,10,19,137\r\n", ACTIVE, "192.168.1.10:5001")]
fn a_firewall_with_one_interface_lets_announced_connections_pass(
    #[case] by: By,
    #[case] line: &'static str,
    #[case] from: &str,
    #[case] to: &str,
) {
    let single = Router { inside: Vec::new(), ..firewall() };
    let dial = Dial {
        from: (INTERFACE, "192.168.1.10:5000"),
        real: (INTERFACE, "198.51.100.21:21"),
        ..OUTGOING
    };
    let (mut wall, mut session) = opened(single, dial);
    wall.takes(INTERFACE, syn(from, to), silence(Reason::NotAllowed));
    session.tells(&mut wall, by, line).expect("it arrives");
    wall.takes(INTERFACE, syn(from, to), forwards(INTERFACE, syn(from, to)));
}

/// Linux, nf_conntrack_seqadj.c: a rewriting that changes the length of a line moves everything that
/// follows, and back what is acknowledged. Here 192.168.1.20 becomes 203.0.113.7, one byte shorter.
#[test]
fn after_a_rewriting_that_changes_lengths_sequence_numbers_are_right_in_both_directions() {
    let mut router = script(nat());
    Session::open(&mut router, PUBLISHED);
    let (visitor, public, server) = ("198.51.100.9:6000", "203.0.113.7:21", "192.168.1.20:21");
    let said = "227 Entering Passive Mode (192,168,1,20,32,1).\r\n";
    let heard = "227 Entering Passive Mode (203,0,113,7,32,1).\r\n";
    assert_eq!((said.len(), heard.len()), (48, 47));
    router
        .takes(
            INSIDE,
            ack(server, visitor).seq(5000).ack(1000).data(said),
            forwards(OUTSIDE, ack(public, visitor).seq(5000).ack(1000).data(heard)),
        )
        .takes(
            OUTSIDE,
            ack(visitor, public).seq(1000).ack(5047).data("LIST\r\n"),
            forwards(INSIDE, ack(visitor, server).seq(1000).ack(5048).data("LIST\r\n")),
        )
        .takes(
            INSIDE,
            ack(server, visitor).seq(5048).ack(1006).data("150 Here\r\n"),
            forwards(OUTSIDE, ack(public, visitor).seq(5047).ack(1006).data("150 Here\r\n")),
        )
        .takes(
            OUTSIDE,
            ack(visitor, public).seq(1006).ack(5057),
            forwards(INSIDE, ack(visitor, server).seq(1006).ack(5058)),
        );
}

/// The same over a whole session with both directions rewritten, to longer and to shorter lines, and
/// over the highest sequence number; the session checks every segment.
#[rstest]
#[case::in_the_middle(1000, 5000)]
#[case::over_the_highest_number(u32::MAX - 40, u32::MAX - 70)]
fn a_session_stays_whole_over_many_rewritings(#[case] commands: u32, #[case] replies: u32) {
    let dial = Dial { from: (INSIDE, "192.168.1.10:5000"), ..PUBLISHED };
    let mut router = script(Router { hairpin: true, ..nat() });
    let mut session = Session::counting(&mut router, dial, commands, replies);
    for (low, high) in [(32, 1), (255, 254), (4, 0), (100, 100)] {
        session.client_says(&mut router, "TYPE I\r\n");
        let said = port(&format!("192,168,1,10,{low},{high}"));
        let heard = port(&format!("192,168,1,1,{low},{high}"));
        assert_eq!(session.client_says(&mut router, said), heard);
        session.server_says(&mut router, "200 PORT command successful.\r\n");
        session.client_says(&mut router, "PASV\r\n");
        let said = pasv(&format!("192,168,1,20,{low},{high}"));
        let heard = pasv(&format!("203,0,113,7,{low},{high}"));
        assert_eq!(session.server_says(&mut router, said), heard);
        session.client_says(&mut router, "");
    }
}

/// The first bytes of TLS records: a handshake and application data (RFC 8446 section 5.1).
const RECORDS: [&[u8]; 3] = [
    b"\x16\x03\x03\x00\x7a\x02\x00\x00",
    b"\x17\x03\x03\x00\x20PORT",
    b"\x17\x03\x03\x00\x30\x8f\x0a",
];

/// Log-in up to the encrypted part of a session.
fn encrypted(router: &mut Script<StatefulRouter>, session: &mut Session) {
    session.server_says(router, "220 Ready\r\n");
    session.client_says(router, "AUTH TLS\r\n");
    session.server_says(router, "234 Go on\r\n");
    for record in RECORDS {
        assert_eq!(session.client_says(router, record), record);
        assert_eq!(session.server_says(router, record), record);
    }
}

/// proftpd/proftpd issue 876 and steve-m-hay/perl-libnet pull 37: after AUTH TLS the announcement is not
/// to be read, so nothing is opened, in either mode.
#[rstest]
#[case::passive(PUBLISHED, syn(PASSIVE, "203.0.113.7:8193"))]
#[case::active(HOME, syn(ACTIVE, "203.0.113.7:5001"))]
fn of_an_encrypted_control_connection_nothing_is_known(
    #[case] dial: Dial<'_>,
    #[case] data: Packet,
) {
    let (mut router, mut session) = opened(nat(), dial);
    encrypted(&mut router, &mut session);
    router.takes(OUTSIDE, data, silence(Reason::NotForwarded));
}

/// RFC 4217 section 5: CCC makes the control connection clear again, so that NAT and firewalls can read
/// it. Linux, `help`: from the next line on.
#[test]
fn after_ccc_announcements_are_read_again() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    encrypted(&mut router, &mut session);
    session.client_says(&mut router, "TYPE I\r\n");
    session.server_says(&mut router, "200 Type is image\r\n");
    session.client_says(&mut router, "PASV\r\n");
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    router.takes(
        OUTSIDE,
        syn(PASSIVE, "203.0.113.7:8193"),
        forwards(INSIDE, syn(PASSIVE, "192.168.1.20:8193")),
    );
}

/// nf_conntrack_core.c: the helper's data belongs to one connection. A client that uses its port again
/// opens another one, of which nothing has been rewritten yet.
#[test]
fn a_connection_opened_again_from_the_same_port_starts_afresh() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    session.client_says(&mut router, "QUIT\r\n");
    let mut session = Session::counting(&mut router, PUBLISHED, 70_000, 80_000);
    session.server_says(&mut router, "220 Ready\r\n");
    session.client_says(&mut router, "PASV\r\n");
    assert_eq!(session.server_says(&mut router, pasv(PASV_INSIDE)), pasv(PASV_PUBLIC));
    session.client_says(&mut router, "LIST\r\n");
}

/// Linux, `help`: lines other than the four announcements pass, and open nothing.
#[test]
fn an_ordinary_session_passes_unchanged() {
    let (mut router, mut session) = opened(nat(), PUBLISHED);
    let lines = [
        (By::Server, "220 192,168,1,20,32,1\r\n"),
        (By::Client, "USER 227 (192,168,1,20,32,1)\r\n"),
        (By::Server, "331 Password\r\n"),
        (By::Client, "PASS port 192,168,1,20,32,1\r\n"),
        (By::Server, "230-Welcome\r\n230 227 (192,168,1,20,32,1)\r\n"),
        (By::Client, "PASV\r\n"),
        (By::Server, "425 Not now (192,168,1,20,32,1)\r\n"),
    ];
    for (by, line) in lines {
        assert_eq!(session.tells(&mut router, by, line).expect("it arrives"), line);
    }
    let refused: Action = silence(Reason::NotForwarded);
    router.takes(OUTSIDE, syn(PASSIVE, "203.0.113.7:8193"), refused);
}
