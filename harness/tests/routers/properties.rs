//! What holds for any connections, any control session and any packets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::Bytes;
use pasvlab_harness::net::{Action, Flags, Packet, Side};
use pasvlab_scenarios::DataCommand::{self, Eprt, Epsv, Pasv, Port};
use pasvlab_scenarios::{
    AfterIdle, ChooseAddress, Forward, FtpHelper, Passage, Refusal, Router, SourceNat,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::ground::{
    INSIDE, KEEPING_PORTS, OUTSIDE, forward, interfaces, passage, passed, router, script, seeded,
};
use crate::script::{INTERFACE, Script, ip, link, secs};
use crate::session::{By, Dial, Session};

const OUTSIDE_ADDRESSES: [&str; 3] = ["203.0.113.7", "203.0.113.8", "203.0.113.9"];

fn choices() -> impl Strategy<Value = ChooseAddress> {
    select(&[ChooseAddress::PerClient, ChooseAddress::PerConnection][..])
}

fn source_nat() -> impl Strategy<Value = SourceNat> {
    (choices(), any::<bool>()).prop_map(|(choose, keep_ports)| SourceNat { choose, keep_ports })
}

/// A router that translates and publishes nothing, with one interface or two.
fn translating() -> impl Strategy<Value = Router> {
    (1..=OUTSIDE_ADDRESSES.len(), source_nat(), any::<bool>()).prop_map(|(count, nat, single)| {
        let inside = if single { Vec::new() } else { interfaces(&["192.168.1.1"]) };
        let outside = interfaces(&OUTSIDE_ADDRESSES[..count]);
        Router { inside, outside, source_nat: Some(nat), ..router() }
    })
}

/// Where packets from inside come in, and where those from outside do.
fn sides(settings: &Router) -> (Side, Side) {
    if settings.inside.is_empty() { (INTERFACE, INTERFACE) } else { (INSIDE, OUTSIDE) }
}

fn addresses(from: &'static [&'static str]) -> impl Strategy<Value = Ipv4Addr> {
    select(from).prop_map(ip)
}

/// Few ports, so that connections meet, and now and then any.
fn ports() -> impl Strategy<Value = u16> {
    let few = select(&[1_u16, 20, 21, 1023, 1024, 1025, 5000, 5001, 8192, 65534, 65535][..]);
    prop_oneof![4 => few, 1 => 1_u16..]
}

fn sockets(from: &'static [&'static str]) -> impl Strategy<Value = SocketAddrV4> {
    (addresses(from), ports()).prop_map(|(address, port)| SocketAddrV4::new(address, port))
}

const HOSTS: [&str; 3] = ["192.168.1.10", "192.168.1.11", "192.168.1.20"];
const PEERS: [&str; 3] = ["198.51.100.9", "198.51.100.21", "198.51.100.22"];

/// Who dials whom, from inside.
fn dials() -> impl Strategy<Value = Vec<(SocketAddrV4, SocketAddrV4)>> {
    vec((sockets(&HOSTS), sockets(&PEERS)), 1..150)
}

fn bare(src: SocketAddrV4, dst: SocketAddrV4, flags: Flags) -> Packet {
    Packet::bare(src, dst, flags)
}

/// Opens connections; returns what each of them looks like outside.
fn open(
    nat: &mut Script<impl pasvlab_harness::net::Middlebox>,
    (inside, outside): (Side, Side),
    dials: &[(SocketAddrV4, SocketAddrV4)],
) -> BTreeMap<(SocketAddrV4, SocketAddrV4), SocketAddrV4> {
    let mut seen = BTreeMap::new();
    for (src, dst) in dials {
        let (to, packet) = passed(nat.feed(inside, bare(*src, *dst, Flags::SYN)));
        assert_eq!((to, packet.dst), (outside, *dst));
        seen.insert((*src, *dst), packet.src);
    }
    seen
}

/// One step of two control sessions through one router.
#[derive(Debug, Clone)]
enum Step {
    /// The announcing host of a session announces this port of its own.
    Announces(usize, DataCommand, u16),
    /// It says something else.
    Says(usize, String),
    /// The other end says something.
    Answers(usize, String),
    /// The other end dials what was announced last.
    Dials(usize),
}

fn steps(commands: [DataCommand; 2]) -> impl Strategy<Value = Vec<Step>> {
    let line = || "[A-OQ-Z1345-9][A-Z0-9 ,()|]{0,40}\r\n";
    let port = prop_oneof![select(&[1_u16, 99, 5001, 5002, 8193, 65000][..]), 1_u16..65000];
    vec(
        prop_oneof![
            3 => (0..2_usize, select(commands.to_vec()), port)
                .prop_map(|(session, command, port)| Step::Announces(session, command, port)),
            1 => (0..2_usize, line()).prop_map(|(session, line)| Step::Says(session, line)),
            1 => (0..2_usize, line()).prop_map(|(session, line)| Step::Answers(session, line)),
            3 => (0..2_usize).prop_map(Step::Dials),
        ],
        1..40,
    )
}

fn announcement(command: DataCommand, address: SocketAddrV4) -> String {
    let [a, b, c, d] = address.ip().octets();
    let [high, low] = address.port().to_be_bytes();
    match command {
        Port => format!("PORT {a},{b},{c},{d},{high},{low}\r\n"),
        Pasv => format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).\r\n"),
        Eprt => format!("EPRT |1|{}|{}|\r\n", address.ip(), address.port()),
        Epsv => format!("229 Entering Extended Passive Mode (|||{}|)\r\n", address.port()),
    }
}

/// What the other end understands; a 229 means the address that it is connected to.
fn understood(command: DataCommand, line: &Bytes, control: Ipv4Addr) -> SocketAddrV4 {
    let line = std::str::from_utf8(line).expect("text");
    let parts = |text: &str| text.split([',', '|']).map(str::to_owned).collect::<Vec<_>>();
    let number = |text: &String| text.parse::<u8>().expect("a number");
    let six = |text: &str| {
        let numbers: Vec<u8> = parts(text).iter().map(number).collect();
        let [a, b, c, d, high, low] = numbers[..] else { panic!("six numbers in {line:?}") };
        SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([high, low]))
    };
    let between = |start: &str, end: &str| {
        let (_, rest) = line.split_once(start).expect("its beginning");
        rest.split_once(end).expect("its end").0.to_owned()
    };
    match command {
        Port => six(&between("PORT ", "\r\n")),
        Pasv => six(&between("(", ")")),
        Eprt => {
            let [address, port] = &parts(&between("|1|", "|\r\n"))[..] else {
                panic!("two parts in {line:?}")
            };
            SocketAddrV4::new(ip(address), port.parse().expect("a port"))
        }
        Epsv => SocketAddrV4::new(control, between("(|||", "|)").parse().expect("a port")),
    }
}

/// Everything that the helper understands.
fn all_four() -> FtpHelper {
    FtpHelper { ports: vec![21], understands: vec![Pasv, Epsv, Port, Eprt], loose: false }
}

/// Translates, and publishes two FTP servers.
fn home() -> Router {
    Router {
        source_nat: Some(KEEPING_PORTS),
        forwards: vec![
            forward(21..=21, &["192.168.1.20"]),
            Forward { first_port: 21, ..forward(2121..=2121, &["192.168.1.30"]) },
        ],
        ftp_helper: Some(all_four()),
        ..router()
    }
}

/// Plays the steps: whatever is announced is what the other end understands, and dialling it reaches the
/// host and port that were meant.
fn plays(
    by: By,
    dials: [Dial<'_>; 2],
    hosts: [&str; 2],
    other_end: &str,
    numbers: (u32, u32),
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let public = ip("203.0.113.7");
    let mut router = script(home());
    let (commands, replies) = numbers;
    let mut sessions = dials.map(|dial| Session::counting(&mut router, dial, commands, replies));
    let mut pending: [Option<(SocketAddrV4, SocketAddrV4)>; 2] = [None, None];
    let other = if by == By::Client { By::Server } else { By::Client };
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Says(session, line) => {
                let heard = sessions[*session].tells(&mut router, by, line.clone());
                prop_assert_eq!(heard.as_deref(), Ok(line.as_bytes()));
            }
            Step::Answers(session, line) => {
                let heard = sessions[*session].tells(&mut router, other, line.clone());
                prop_assert_eq!(heard.as_deref(), Ok(line.as_bytes()));
            }
            Step::Announces(session, command, port) => {
                let meant = SocketAddrV4::new(ip(hosts[*session]), *port);
                let line = announcement(*command, meant);
                let heard = sessions[*session].tells(&mut router, by, line).expect("it arrives");
                let announced = understood(*command, &heard, public);
                prop_assert_eq!(*announced.ip(), public);
                pending[*session] = Some((announced, meant));
                let [one, two] = pending.map(|pending| pending.map(|(announced, _)| announced));
                prop_assert!(one.is_none() || one != two, "announced twice: {one:?}");
            }
            Step::Dials(session) => {
                let Some((announced, meant)) = pending[*session].take() else { continue };
                let src = SocketAddrV4::new(ip(other_end), 20_000 + number as u16);
                let packet = bare(src, announced, Flags::SYN);
                let (to, arrived) = passed(router.feed(OUTSIDE, packet));
                prop_assert_eq!((to, arrived.src, arrived.dst), (INSIDE, src, meant));
                let answer = bare(meant, src, Flags::SYN_ACK);
                let (to, back) = passed(router.feed(INSIDE, answer));
                prop_assert_eq!((to, back.src, back.dst), (OUTSIDE, announced, src));
            }
        }
    }
    Ok(())
}

const ANYBODY: [&str; 12] = [
    "192.168.1.1",
    "192.168.1.2",
    "192.168.1.10",
    "192.168.1.11",
    "192.168.1.20",
    "203.0.113.7",
    "203.0.113.8",
    "203.0.113.10",
    "198.51.100.9",
    "198.51.100.21",
    "0.0.0.0",
    "255.255.255.255",
];

fn payloads() -> impl Strategy<Value = Bytes> {
    let known = select(
        &[
            "",
            "PORT 192,168,1,10,19,137\r\n",
            "PORT 203,0,113,7,19,137\r\n",
            "PORT 192,168,1,10,255,255\r\n",
            "PORT 192,168,1,10,0,0\r\n",
            "PORT 192,168",
            "EPRT |1|192.168.1.10|5001|\r\n",
            "EPRT |1|192.168.1.10|65535|\r\n",
            "227 Entering Passive Mode (192,168,1,20,32,1).\r\n",
            "227 Entering Passive Mode (203,0,113,7,32,1).\r\n",
            "227 =0,0,0,0,0,0\r\n",
            "229 Entering Extended Passive Mode (|||8193|)\r\n",
            "229 (|||65535|)\r\n",
            "22",
            "NOOP\r\n",
        ][..],
    );
    prop_oneof![
        3 => known.prop_map(|text| Bytes::from_static(text.as_bytes())),
        1 => vec(any::<u8>(), 0..60).prop_map(Bytes::from),
    ]
}

fn flags() -> impl Strategy<Value = Flags> {
    let usual = select(&[Flags::SYN, Flags::SYN_ACK, Flags::ACK][..]);
    let any = any::<[bool; 4]>().prop_map(|[syn, ack, fin, rst]| Flags { syn, ack, fin, rst });
    prop_oneof![4 => usual, 1 => any]
}

prop_compose! {
    fn packets()(
        src in sockets(&ANYBODY),
        dst in sockets(&ANYBODY),
        flags in flags(),
        seq in prop_oneof![select(&[0, 1, 999, 1000, u32::MAX][..]), any::<u32>()],
        ack in any::<u32>(),
        payload in payloads(),
    ) -> Packet {
        Packet { seq, ack, payload, ..bare(src, dst, flags) }
    }
}

/// Forwards as the loader lets them through: somebody to lead to, and as many ports inside as outside.
fn a_forward() -> impl Strategy<Value = Forward> {
    let address = prop::option::of(addresses(&["203.0.113.7", "203.0.113.8"]));
    let to = vec(addresses(&HOSTS), 1..3);
    (address, 1_u16..=60_000, 0_u16..=5_000, to, 1_u16..=60_000, prop::option::of(choices()))
        .prop_map(|(address, start, more, to, first_port, rewrite_source)| Forward {
            address,
            ports: start..=start + more,
            to,
            first_port,
            rewrite_source,
        })
}

fn passages() -> impl Strategy<Value = Vec<Passage>> {
    let ranges = select(&["0.0.0.0/0", "192.168.1.0/24", "198.51.100.21/32"][..]);
    let one = (1_u16..=60_000, 0_u16..=5_535, ranges)
        .prop_map(|(start, more, to)| passage(start..=start + more, to));
    prop_oneof![Just(vec![passage(1..=u16::MAX, "0.0.0.0/0")]), vec(one, 0..3)]
}

fn helpers() -> impl Strategy<Value = Option<FtpHelper>> {
    let helper = (any::<bool>(), prop::sample::subsequence(vec![Pasv, Epsv, Port, Eprt], 0..=4))
        .prop_map(|(loose, understands)| FtpHelper { ports: vec![21, 8192], understands, loose });
    prop::option::weighted(0.8, helper)
}

prop_compose! {
    /// Any router that a topology may have.
    fn routers()(
        inside in 0..=2_usize,
        outside in 1..=2_usize,
        source_nat in prop::option::of(source_nat()),
        forwards in vec(a_forward(), 0..3),
        hairpin in any::<bool>(),
        (from_inside, from_outside) in (passages(), passages()),
        refusal in select(
            &[Refusal::Silence, Refusal::Reset, Refusal::PortUnreachable, Refusal::Prohibited][..]
        ),
        after_idle in select(
            &[
                AfterIdle::Silence,
                AfterIdle::ResetInside,
                AfterIdle::FinInside,
                AfterIdle::PickUp,
            ][..]
        ),
        idle in 1..1000_u64,
        ftp_helper in helpers(),
    ) -> Router {
        Router {
            inside: interfaces(&["192.168.1.1", "192.168.1.2"][..inside]),
            outside: interfaces(&["203.0.113.7", "203.0.113.8"][..outside]),
            source_nat,
            forwards,
            hairpin,
            from_inside,
            from_outside,
            refusal,
            after_idle,
            idle_timeout: secs(idle),
            ftp_helper,
            ..router()
        }
    }
}

/// Packets one after the other: where each comes in, and after how many seconds.
fn traffic(sides: Vec<Side>) -> impl Strategy<Value = Vec<(Side, u64, Packet)>> {
    let pauses = prop_oneof![5 => Just(0), 1 => 0..1200_u64];
    vec((select(sides), pauses, packets()), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// RFC 3022 section 2.2: answers are led back by address and port, to the host that began, from the
    /// address that it dialled; and its packets go on as they began.
    #[test]
    fn whatever_comes_back_reaches_its_opener(
        settings in translating(),
        seed: u64,
        dials in dials(),
    ) {
        let (inside, outside) = sides(&settings);
        let mut nat = seeded(settings, seed);
        let seen = open(&mut nat, (inside, outside), &dials);
        for ((src, dst), translated) in &seen {
            let (to, back) = passed(nat.feed(outside, bare(*dst, *translated, Flags::SYN_ACK)));
            prop_assert_eq!((to, back.src, back.dst), (inside, *dst, *src));
            let (to, forth) = passed(nat.feed(inside, bare(*src, *dst, Flags::ACK)));
            prop_assert_eq!((to, forth.src, forth.dst), (outside, *translated, *dst));
        }
    }

    /// RFC 5382 section 7.1, REQ-7: no port overloading: two hosts inside never look the same to one
    /// destination.
    #[test]
    fn no_two_connections_to_one_destination_share_an_outside_address_and_port(
        settings in translating(),
        seed: u64,
        dials in dials(),
    ) {
        let own: BTreeSet<_> = settings.outside.iter().map(|outside| outside.address).collect();
        let sides = sides(&settings);
        let seen = open(&mut seeded(settings, seed), sides, &dials);
        let ends: BTreeSet<_> = seen.iter().map(|((_, dst), src)| (*src, *dst)).collect();
        prop_assert_eq!(ends.len(), seen.len());
        prop_assert!(ends.iter().all(|(src, _)| own.contains(src.ip())));
    }

    /// RFC 3022 section 2.2: without a mapping sessions are from inside only.
    #[test]
    fn nothing_gets_in_but_answers(
        settings in translating(),
        seed: u64,
        dials in dials(),
        intruders in vec((sockets(&PEERS), sockets(&OUTSIDE_ADDRESSES), flags()), 1..100),
    ) {
        let sides = sides(&settings);
        let count = settings.outside.len();
        let mut nat = seeded(settings, seed);
        let seen = open(&mut nat, sides, &dials);
        let answered: BTreeSet<_> = seen.iter().map(|((_, dst), src)| (*dst, *src)).collect();
        let own: Vec<_> = OUTSIDE_ADDRESSES[..count].iter().map(|address| ip(address)).collect();
        for (src, dst, flags) in intruders {
            if own.contains(dst.ip()) && !answered.contains(&(src, dst)) {
                let action = nat.feed(sides.1, bare(src, dst, flags));
                prop_assert!(matches!(action, Action::Drop(_)), "{action:?}");
            }
        }
    }

    /// RFC 3022 section 2.2: behind NAT no private address is seen outside, whatever is sent, expected
    /// or forwarded.
    #[test]
    fn no_private_address_leaves(
        (settings, nat) in (routers(), source_nat()),
        seed: u64,
        traffic in traffic(vec![INSIDE, OUTSIDE]),
    ) {
        let inside = interfaces(&["192.168.1.1"]);
        let settings =
            Router { inside, source_nat: Some(nat), from_outside: Vec::new(), ..settings };
        let own: BTreeSet<_> = settings.outside.iter().map(|outside| outside.address).collect();
        let mut router = seeded(settings, seed);
        for (side, pause, packet) in traffic {
            let sent = packet.clone();
            if let Action::Forward { to: OUTSIDE, packet } =
                router.wait(secs(pause)).feed(side, packet)
            {
                prop_assert!(own.contains(packet.src.ip()), "{sent} left as {packet}");
            }
        }
    }

    /// Linux, nf_nat_ftp.c, nf_conntrack_seqadj.c: in active mode from behind NAT, by two clients to one
    /// server, the server understands what the client means.
    #[test]
    fn what_clients_behind_nat_announce_is_reached(
        numbers: (u32, u32),
        steps in steps([Port, Eprt]),
    ) {
        let hosts = ["192.168.1.10", "192.168.1.11"];
        let server = "198.51.100.21:21";
        let dial = |from| Dial { from: (INSIDE, from), to: server, real: (OUTSIDE, server) };
        let dials = [dial("192.168.1.10:5000"), dial("192.168.1.11:5000")];
        plays(By::Client, dials, hosts, "198.51.100.21", numbers, &steps)?;
    }

    /// The same in passive mode, of two servers behind one address.
    #[test]
    fn what_servers_behind_nat_announce_is_reached(
        numbers: (u32, u32),
        steps in steps([Pasv, Epsv]),
    ) {
        let hosts = ["192.168.1.20", "192.168.1.30"];
        let from = (OUTSIDE, "198.51.100.9:6000");
        let dials = [
            Dial { from, to: "203.0.113.7:21", real: (INSIDE, "192.168.1.20:21") },
            Dial { from, to: "203.0.113.7:2121", real: (INSIDE, "192.168.1.30:21") },
        ];
        plays(By::Server, dials, hosts, "198.51.100.9", numbers, &steps)?;
    }

    /// The lab's choice, so that a run can be repeated: a box is a function of its state and its input.
    /// Whatever comes, nothing panics, and the same packets meet the same fate.
    #[test]
    fn no_packets_upset_a_router(
        settings in routers(),
        seed: u64,
        traffic in traffic(vec![INSIDE, OUTSIDE, INTERFACE, link(0)]),
    ) {
        let (mut one, mut other) = (seeded(settings.clone(), seed), seeded(settings, seed));
        for (side, pause, packet) in traffic {
            let action = one.wait(secs(pause)).feed(side, packet.clone());
            prop_assert_eq!(other.wait(secs(pause)).feed(side, packet), action);
        }
    }
}
