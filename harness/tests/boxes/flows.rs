//! The table of connections: [`pasvlab_harness::net::flows`].
//!
//! The client 10.1.1.1 opens connections to 10.0.1.50, which go on to 10.0.2.10 from 10.0.1.50.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_harness::net::flows::{Flow, FlowKey, FlowTable, Lookup, Source};
use pasvlab_harness::net::{Side, Time};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rstest::rstest;

use crate::script::{INSTANT, INTERFACE, ip, link, secs, socket};

/// NLB guide, Connection idle timeout.
const IDLE: Time = Time::from_secs(350);

const CLIENT: &str = "10.1.1.1:5000";
const LISTENER: &str = "10.0.1.50:21";
const TARGET: &str = "10.0.2.10:21";
/// The address that stands for openers.
const OUTSIDE: &str = "10.0.1.50";

/// Source ports that one address has towards one destination.
const PORTS: usize = 65_536 - 1024;

fn key(side: Side, src: &str, dst: &str) -> FlowKey {
    FlowKey { side, src: socket(src), dst: socket(dst) }
}

fn control() -> FlowKey {
    key(INTERFACE, CLIENT, LISTENER)
}

/// A client whose connections differ from others by its address.
fn client(number: usize) -> FlowKey {
    let address = Ipv4Addr::from_bits(0x0a02_0000 + number as u32);
    FlowKey { src: SocketAddrV4::new(address, 5000), ..control() }
}

fn next_port() -> Source {
    Source::NextPort(ip(OUTSIDE))
}

fn same_port() -> Source {
    Source::SamePort(ip(OUTSIDE))
}

/// A table without anything of the box's own.
#[derive(Debug, Default)]
struct Table(FlowTable);

impl Table {
    fn try_open(&mut self, now: Time, key: FlowKey, dst: &str, source: Source) -> Option<Flow> {
        self.0.open(now, key, socket(dst), source, IDLE, ())
    }

    /// Opens a connection at the beginning of time.
    #[track_caller]
    fn open(&mut self, key: FlowKey, dst: &str, source: Source) -> Flow {
        self.try_open(Time::ZERO, key, dst, source).expect("a free source")
    }
}

/// A table with one connection.
fn table_with_control() -> (Table, Flow) {
    let mut table = Table::default();
    let flow = table.open(control(), TARGET, next_port());
    (table, flow)
}

/// A table whose ports towards the target are all taken.
fn exhausted() -> Table {
    let mut table = Table::default();
    for number in 0..PORTS {
        table.open(client(number), TARGET, next_port());
    }
    table
}

/// VPC guide, Custom network ACLs, Ephemeral ports: load balancers and NAT gateways use 1024-65535.
#[test]
fn source_ports_begin_at_1024() {
    let (_, flow) = table_with_control();
    assert_eq!(flow, Flow { src: socket("10.0.1.50:1024"), dst: socket(TARGET) });
}

/// RFC 3022 section 2.2: ports are given to connections; in which order is the lab's choice.
#[test]
fn next_ports_are_given_out_one_after_the_other_even_if_earlier_ones_are_free() {
    let mut table = Table::default();
    for number in 0..10_u16 {
        let flow = table.open(control(), TARGET, next_port());
        assert_eq!(flow.src.port(), 1024 + number);
    }
}

/// VPC guide, Ephemeral ports: after 65535 comes 1024 again.
#[test]
fn after_the_last_port_comes_the_first() {
    let mut table = Table::default();
    for _ in 0..PORTS {
        table.open(control(), TARGET, next_port());
    }
    assert_eq!(table.open(control(), TARGET, next_port()).src, socket("10.0.1.50:1024"));
}

/// NLB guide, Client IP preservation: the target sees the client's own address and port.
#[test]
fn a_kept_source_is_the_openers() {
    let mut table = Table::default();
    let flow = table.open(control(), TARGET, Source::Keep);
    assert_eq!(flow, Flow { src: socket(CLIENT), dst: socket(TARGET) });
}

/// RFC 9293 section 3.4.1: four addresses and ports are one connection, so a second opener with the
/// same source and destination cannot have it too.
#[rstest]
#[case::from_another_side(link(0), LISTENER)]
#[case::through_another_listener(INTERFACE, "10.0.1.50:22")]
fn a_kept_source_that_another_connection_has_is_refused(#[case] side: Side, #[case] dst: &str) {
    let mut table = Table::default();
    let flow = table.open(control(), TARGET, Source::Keep);
    let rival = key(side, CLIENT, dst);
    assert_eq!(table.try_open(IDLE, rival, TARGET, Source::Keep), None);
    assert_eq!(table.0.inbound(IDLE, flow.dst, flow.src), Lookup::Known(control()));
}

/// NLB guide, Connection idle timeout: a forgotten connection holds nothing.
#[test]
fn a_kept_source_that_an_idle_connection_has_is_free() {
    let mut table = Table::default();
    let flow = table.open(control(), TARGET, Source::Keep);
    let rival = key(link(0), CLIENT, LISTENER);
    let late = IDLE + INSTANT;
    assert_eq!(table.try_open(late, rival, TARGET, Source::Keep), Some(flow));
    assert_eq!(table.0.inbound(late, flow.dst, flow.src), Lookup::Known(rival));
    assert_eq!(table.0.outbound(late, control()), Lookup::Unknown);
}

/// RFC 9293 section 3.4.1: the same four may be used again by their own opener.
#[rstest]
#[case::kept(Source::Keep, CLIENT)]
#[case::the_same_port(same_port(), "10.0.1.50:5000")]
fn the_opener_itself_may_open_again(#[case] source: Source, #[case] src: &str) {
    let mut table = Table::default();
    for _ in 0..3 {
        assert_eq!(table.open(control(), TARGET, source).src, socket(src));
    }
}

/// Linux, nf_nat_core, get_unique_tuple: a source port stays what it is if it is free, even a low one:
/// the data connection of an active mode server comes from port 20.
#[rstest]
#[case(1)]
#[case(20)]
#[case(1023)]
#[case(1024)]
#[case(5000)]
#[case(65535)]
fn the_same_port_is_taken_if_it_is_free(#[case] port: u16) {
    let mut table = Table::default();
    let opener = key(INTERFACE, &format!("10.1.1.1:{port}"), LISTENER);
    let flow = table.open(opener, TARGET, same_port());
    assert_eq!(flow.src, SocketAddrV4::new(ip(OUTSIDE), port));
}

/// Linux, nf_nat_core: a port that is taken is replaced. Newer versions begin their search anywhere;
/// the lab's choice is the next free port, and never a low one.
#[rstest]
#[case::the_next(5000, &[5001, 5002])]
#[case::after_the_last_the_first(65535, &[1024, 1025])]
#[case::never_a_low_one(20, &[1024, 1025])]
fn another_port_is_taken_if_the_same_one_is_not_free(#[case] port: u16, #[case] others: &[u16]) {
    let mut table = Table::default();
    let opener = |last| key(INTERFACE, &format!("10.1.1.{last}:{port}"), LISTENER);
    table.open(opener(1), TARGET, same_port());
    for (other, last) in others.iter().zip(2..) {
        assert_eq!(table.open(opener(last), TARGET, same_port()).src.port(), *other);
    }
}

/// RFC 3022 section 2.2: a port is taken towards one destination and from one address only.
#[rstest]
#[case::another_address("10.0.2.11:21", OUTSIDE)]
#[case::another_port("10.0.2.10:22", OUTSIDE)]
#[case::another_source(TARGET, "10.0.1.51")]
fn a_port_is_taken_towards_one_destination_only(#[case] dst: &str, #[case] outside: &str) {
    let mut table = Table::default();
    table.open(control(), TARGET, same_port());
    let other = key(INTERFACE, "10.1.1.2:5000", LISTENER);
    let flow = table.open(other, dst, Source::SamePort(ip(outside)));
    assert_eq!(flow, Flow { src: SocketAddrV4::new(ip(outside), 5000), dst: socket(dst) });
}

/// RFC 2663 section 2.3: a session is identified by source and destination address and port; here also
/// by the side that it came from, because addresses of two networks may be equal.
#[rstest]
#[case::another_side(link(0), CLIENT, LISTENER)]
#[case::another_address(INTERFACE, "10.1.1.2:5000", LISTENER)]
#[case::another_port(INTERFACE, "10.1.1.1:5001", LISTENER)]
#[case::to_another_address(INTERFACE, CLIENT, "10.0.1.51:21")]
#[case::to_another_port(INTERFACE, CLIENT, "10.0.1.50:22")]
fn a_connection_is_known_by_all_of_its_key(
    #[case] side: Side,
    #[case] src: &str,
    #[case] dst: &str,
) {
    let (mut table, flow) = table_with_control();
    let stranger = key(side, src, dst);
    assert_eq!(table.0.outbound(secs(1), control()), Lookup::Known(flow));
    assert_eq!(table.0.outbound(secs(1), stranger), Lookup::Unknown);
    assert_eq!(table.0.peek(stranger), None);
    assert_eq!(table.0.data(stranger), None);
}

/// RFC 3022 section 2.2: what comes back is known by both of its ends.
#[rstest]
#[case::the_answer(TARGET, "10.0.1.50:1024", true)]
#[case::from_another_address("10.0.2.11:21", "10.0.1.50:1024", false)]
#[case::from_another_port("10.0.2.10:22", "10.0.1.50:1024", false)]
#[case::to_another_address(TARGET, "10.0.1.51:1024", false)]
#[case::to_another_port(TARGET, "10.0.1.50:1025", false)]
#[case::the_openers_own_ends(LISTENER, CLIENT, false)]
fn what_comes_back_is_known_by_both_ends(
    #[case] peer: &str,
    #[case] local: &str,
    #[case] comes_back: bool,
) {
    let (mut table, _) = table_with_control();
    let (peer, local) = (socket(peer), socket(local));
    assert_eq!(table.0.comes_back(peer, local), comes_back);
    let found = table.0.inbound(secs(1), peer, local);
    assert_eq!(found, if comes_back { Lookup::Known(control()) } else { Lookup::Unknown });
}

/// RFC 9293 section 3.4.1: the same four addresses may be used again, and then it is the new
/// connection that they mean.
#[test]
fn opening_again_forgets_the_old_translation() {
    let (mut table, old) = table_with_control();
    let new = table.try_open(secs(1), control(), "10.0.3.10:21", next_port()).expect("a port");
    assert_eq!(table.0.inbound(secs(2), old.dst, old.src), Lookup::Unknown);
    assert_eq!(table.0.inbound(secs(2), new.dst, new.src), Lookup::Known(control()));
}

/// RFC 3022 section 2.2: without its translation a connection is nobody's, in either direction.
#[test]
fn a_forgotten_connection_is_unknown_in_both_directions() {
    let (mut table, flow) = table_with_control();
    table.0.forget(control());
    assert_eq!(table.0.outbound(secs(0), control()), Lookup::Unknown);
    assert_eq!(table.0.inbound(secs(0), flow.dst, flow.src), Lookup::Unknown);
    assert_eq!(table.0.peek(control()), None);
    assert!(!table.0.comes_back(flow.dst, flow.src));
    table.0.forget(control());
}

/// NLB guide, Connection idle timeout: a forgotten connection is reported once.
#[rstest]
#[case::to_its_opener(false)]
#[case::to_the_other_end(true)]
fn an_idle_connection_expires_once_for_both_directions(#[case] outbound_first: bool) {
    let (mut table, flow) = table_with_control();
    let late = IDLE + INSTANT;
    if outbound_first {
        assert_eq!(table.0.outbound(late, control()), Lookup::Expired(flow));
    } else {
        assert_eq!(table.0.inbound(late, flow.dst, flow.src), Lookup::Expired(control()));
    }
    assert_eq!(table.0.inbound(late, flow.dst, flow.src), Lookup::Unknown);
    assert_eq!(table.0.outbound(late, control()), Lookup::Unknown);
}

/// NLB guide, Connection idle timeout: packets restart the timer; looking does not.
#[test]
fn looking_at_a_connection_does_not_keep_it() {
    let (mut table, flow) = table_with_control();
    assert_eq!(table.0.peek(control()), Some(flow));
    assert!(table.0.comes_back(flow.dst, flow.src));
    assert_eq!(table.0.data(control()), Some(&mut ()));
    assert_eq!(table.0.outbound(IDLE + INSTANT, control()), Lookup::Expired(flow));
}

/// NLB guide, Update idle timeout: each listener has a time-out of its own, so each connection has.
#[test]
fn each_connection_has_its_own_idle_time_out() {
    let mut table = FlowTable::default();
    let mut open = |number, idle| {
        table.open(secs(0), client(number), socket(TARGET), next_port(), secs(idle), ())
    };
    let flows = [60, 350, 6000].map(|idle| open(idle as usize, idle).expect("a port"));
    let mut at =
        |now| flows.map(|flow| matches!(table.inbound(now, flow.dst, flow.src), Lookup::Known(_)));
    assert_eq!(at(secs(60)), [true, true, true]);
    assert_eq!(at(secs(121)), [false, true, true]);
    assert_eq!(at(secs(472)), [false, false, true]);
    assert_eq!(at(secs(6472)), [false, false, true]);
    assert_eq!(at(secs(12_473)), [false, false, false]);
}

/// RFC 3022 section 2.2: what a box keeps about a session it keeps as long as the session.
#[test]
fn what_the_box_keeps_belongs_to_one_connection() {
    let mut table = FlowTable::default();
    for (number, kept) in [(0, "first"), (1, "second")] {
        table.open(secs(0), client(number), socket(TARGET), next_port(), IDLE, kept);
    }
    *table.data(client(0)).expect("kept") = "changed";
    assert_eq!(table.data(client(0)), Some(&mut "changed"));
    assert_eq!(table.data(client(1)), Some(&mut "second"));
    table.open(secs(0), client(0), socket(TARGET), next_port(), IDLE, "new");
    assert_eq!(table.data(client(0)), Some(&mut "new"));
    table.forget(client(0));
    assert_eq!(table.data(client(0)), None);
}

/// NLB guide, Client IP preservation: connections to one target are limited by the source ports. The
/// limit is one of each destination and address, and of translated sources only.
#[test]
fn when_all_ports_are_taken_only_that_destination_is_out_of_reach() {
    let mut table = exhausted();
    let new = client(PORTS);
    assert_eq!(table.try_open(IDLE, new, TARGET, next_port()), None);
    assert_eq!(table.try_open(IDLE, new, TARGET, same_port()), None);
    assert_eq!(table.0.peek(new), None);
    table.open(new, "10.0.2.10:22", next_port());
    table.open(new, "10.0.2.11:21", same_port());
    table.open(new, TARGET, Source::NextPort(ip("10.0.1.51")));
    table.open(new, TARGET, Source::Keep);
}

/// Linux, nf_nat_core, get_unique_tuple: the limit is one of the ports that are searched; a low one
/// stays what it is.
#[test]
fn when_all_ports_are_taken_a_free_low_one_still_stays() {
    let opener = key(INTERFACE, "10.1.1.1:20", LISTENER);
    assert_eq!(exhausted().open(opener, TARGET, same_port()).src, socket("10.0.1.50:20"));
}

/// NLB guide, Client IP preservation: the limit counts simultaneous connections.
#[rstest]
#[case::the_next(next_port(), 1801)]
#[case::the_next_after_all_others(next_port(), 65535)]
#[case::the_same(same_port(), 5000)]
#[case::one_above_the_same(same_port(), 5001)]
#[case::below_the_same_after_all_others(same_port(), 4999)]
fn a_port_that_is_given_back_is_the_one_that_is_found(#[case] source: Source, #[case] port: u16) {
    let mut table = exhausted();
    let holder = client(usize::from(port) - 1024);
    let old = table.0.peek(holder).expect("open");
    assert_eq!(old.src.port(), port);
    table.0.forget(holder);
    assert_eq!(table.open(client(PORTS), TARGET, source), old);
    assert_eq!(table.try_open(Time::ZERO, client(PORTS + 1), TARGET, source), None);
}

/// NLB guide, Connection idle timeout: a forgotten connection is none, and its port is free.
#[test]
fn the_port_of_an_idle_connection_is_free() {
    let mut table = exhausted();
    assert_eq!(table.try_open(IDLE, control(), TARGET, next_port()), None);
    let flow = table.try_open(IDLE + INSTANT, control(), TARGET, next_port()).expect("a port");
    assert_eq!(table.0.inbound(IDLE + INSTANT, flow.dst, flow.src), Lookup::Known(control()));
}

/// What happens to a table.
#[derive(Debug, Clone)]
enum Event {
    Open(FlowKey, SocketAddrV4, Source, Time),
    Forget(FlowKey),
    /// A packet from the opener.
    Outbound(FlowKey),
    /// A packet to the source of one of the connections ever opened.
    Inbound(Index),
    Wait(Time),
}

/// Few enough addresses and ports that connections meet.
fn sockets(third: u8, ports: std::ops::Range<u16>) -> impl Strategy<Value = SocketAddrV4> {
    (1..3_u8, ports)
        .prop_map(move |(last, port)| SocketAddrV4::new([10, 0, third, last].into(), port))
}

fn keys() -> impl Strategy<Value = FlowKey> {
    let sides = select(vec![INTERFACE, link(0)]);
    let sources = prop_oneof![sockets(1, 65533..65535), sockets(1, 20..22), sockets(1, 1024..1026)];
    (sides, sources, sockets(2, 21..23)).prop_map(|(side, src, dst)| FlowKey { side, src, dst })
}

fn sources() -> impl Strategy<Value = Source> {
    let address = select(vec![ip("10.0.4.1"), ip("10.0.4.2"), ip("10.0.1.1")]);
    prop_oneof![
        Just(Source::Keep),
        address.clone().prop_map(Source::NextPort),
        address.prop_map(Source::SamePort),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let idle = select(vec![secs(60), secs(350)]);
    let event = prop_oneof![
        6 => (keys(), sockets(3, 21..22), sources(), idle)
            .prop_map(|(key, dst, source, idle)| Event::Open(key, dst, source, idle)),
        1 => keys().prop_map(Event::Forget),
        2 => keys().prop_map(Event::Outbound),
        4 => any::<Index>().prop_map(Event::Inbound),
        2 => (0..400_u64).prop_map(|seconds| Event::Wait(secs(seconds))),
    ];
    prop::collection::vec(event, 1..80)
}

/// What a table should know: its connections, none of them looked up since it was idle for too long.
#[derive(Debug, Default)]
struct Model(HashMap<FlowKey, (Flow, Time, Time)>);

impl Model {
    fn is_live(&self, now: Time, key: FlowKey) -> bool {
        self.0.get(&key).is_some_and(|(_, idle, last)| now - *last <= *idle)
    }

    /// Who has these two ends.
    fn holder(&self, flow: Flow) -> Option<FlowKey> {
        self.0.iter().find(|(_, (held, _, _))| *held == flow).map(|(key, _)| *key)
    }

    fn is_taken(&self, now: Time, flow: Flow) -> bool {
        self.holder(flow).is_some_and(|key| self.is_live(now, key))
    }

    /// What a packet of the connection finds.
    fn packet(&mut self, now: Time, key: FlowKey) -> Lookup<(FlowKey, Flow)> {
        let live = self.is_live(now, key);
        match self.0.get_mut(&key) {
            None => Lookup::Unknown,
            Some((flow, _, last)) if live => {
                *last = now;
                Lookup::Known((key, *flow))
            }
            Some((flow, _, _)) => {
                let flow = *flow;
                self.0.remove(&key);
                Lookup::Expired((key, flow))
            }
        }
    }
}

fn map<T, U>(lookup: Lookup<T>, f: impl FnOnce(T) -> U) -> Lookup<U> {
    match lookup {
        Lookup::Known(found) => Lookup::Known(f(found)),
        Lookup::Expired(found) => Lookup::Expired(f(found)),
        Lookup::Unknown => Lookup::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// RFC 3022 section 2.2: a translated source stands for one session towards one destination, and
    /// what comes back to it is for that session's opener, until it was idle for too long.
    #[test]
    fn a_source_stands_for_one_live_connection_and_leads_back_to_its_opener(events in events()) {
        let (mut table, mut model) = (FlowTable::default(), Model::default());
        let (mut now, mut ever) = (secs(0), Vec::new());
        for event in events {
            match event {
                Event::Wait(time) => now += time,
                Event::Forget(key) => {
                    table.forget(key);
                    model.0.remove(&key);
                }
                Event::Outbound(key) => {
                    let expected = map(model.packet(now, key), |(_, flow)| flow);
                    prop_assert_eq!(table.outbound(now, key), expected);
                }
                Event::Inbound(_) if ever.is_empty() => {}
                Event::Inbound(which) => {
                    let flow: Flow = *which.get(&ever);
                    let holder = model.holder(flow);
                    prop_assert_eq!(table.comes_back(flow.dst, flow.src), holder.is_some());
                    let expected = holder.map_or(Lookup::Unknown, |key| model.packet(now, key));
                    let found = table.inbound(now, flow.dst, flow.src);
                    prop_assert_eq!(found, map(expected, |(key, _)| key));
                }
                Event::Open(key, dst, source, idle) => {
                    model.0.remove(&key);
                    let kept = match source {
                        Source::Keep => Some(key.src),
                        Source::SamePort(address) => Some(SocketAddrV4::new(address, key.src.port())),
                        Source::NextPort(_) => None,
                    };
                    let kept = kept.map(|src| Flow { src, dst });
                    let kept = kept.filter(|flow| !model.is_taken(now, *flow));
                    let opened = table.open(now, key, dst, source, idle, ());
                    let Some(flow) = opened else {
                        prop_assert_eq!((source, kept), (Source::Keep, None));
                        continue;
                    };
                    prop_assert_eq!(flow.dst, dst);
                    prop_assert!(!model.is_taken(now, flow));
                    match source {
                        Source::Keep => prop_assert_eq!(Some(flow), kept),
                        Source::SamePort(_) if kept.is_some() => prop_assert_eq!(Some(flow), kept),
                        Source::SamePort(address) | Source::NextPort(address) => {
                            prop_assert_eq!(*flow.src.ip(), address);
                            prop_assert!(flow.src.port() >= 1024);
                        }
                    }
                    model.0.extract_if(|_, (held, _, _)| *held == flow).for_each(drop);
                    model.0.insert(key, (flow, idle, now));
                    ever.push(flow);
                    prop_assert_eq!(table.peek(key), Some(flow));
                    prop_assert_eq!(table.inbound(now, flow.dst, flow.src), Lookup::Known(key));
                }
            }
        }
    }

    /// NLB guide, Connection idle timeout: a connection is known as long as no pause was longer.
    #[test]
    fn a_connection_is_known_until_the_first_longer_pause(
        pauses in prop::collection::vec((0..400_u64, any::<bool>()), 1..20),
    ) {
        let (Table(mut table), flow) = table_with_control();
        let (mut now, mut alive) = (secs(0), true);
        for (pause, outbound) in pauses {
            now += secs(pause);
            let expired = alive && secs(pause) > IDLE;
            alive &= !expired;
            let found = if outbound {
                map(table.outbound(now, control()), |_| ())
            } else {
                map(table.inbound(now, flow.dst, flow.src), |_| ())
            };
            let expected = match (alive, expired) {
                (true, _) => Lookup::Known(()),
                (false, true) => Lookup::Expired(()),
                (false, false) => Lookup::Unknown,
            };
            prop_assert_eq!(found, expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// NLB guide, Client IP preservation: new connections fail if and only if all source ports towards
    /// the target are those of connections that live.
    #[test]
    fn opening_fails_exactly_when_every_port_is_taken(
        given_back in prop::collection::btree_set(0..PORTS, 1..6),
        openings in prop::collection::vec((0..12_usize, any::<bool>(), any::<bool>()), 1..16),
    ) {
        let mut table = exhausted();
        let mut live = PORTS - given_back.len();
        let mut taken: HashMap<SocketAddrV4, FlowKey> = HashMap::new();
        for number in given_back {
            table.0.forget(client(number));
        }
        for (number, same, forget) in openings {
            let key = client(PORTS + number);
            if taken.values().any(|holder| *holder == key) {
                live -= 1;
                taken.retain(|_, holder| *holder != key);
            }
            if forget {
                table.0.forget(key);
                continue;
            }
            let source = if same { same_port() } else { next_port() };
            let flow = table.try_open(Time::ZERO, key, TARGET, source);
            prop_assert_eq!(flow.is_some(), live < PORTS);
            if let Some(flow) = flow {
                live += 1;
                prop_assert_eq!(taken.insert(flow.src, key), None);
                prop_assert_eq!(table.0.inbound(Time::ZERO, flow.dst, flow.src), Lookup::Known(key));
            }
        }
    }
}
