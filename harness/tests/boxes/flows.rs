//! The translating table: [`pasvlab_harness::net::flows`].

use std::collections::HashMap;
use std::net::SocketAddrV4;

use pasvlab_harness::net::flows::{FlowKey, FlowTable, Lookup};
use pasvlab_harness::net::{Side, Time};
use proptest::prelude::*;

use crate::script::{INSTANT, INTERFACE, link, secs, socket};

/// NLB guide, Connection idle timeout.
const IDLE: Time = Time::from_secs(350);

fn key(side: Side, src: &str, dst: &str) -> FlowKey {
    FlowKey { side, src: socket(src), dst: socket(dst) }
}

fn control() -> FlowKey {
    key(INTERFACE, "10.1.1.1:5000", "10.0.1.50:21")
}

/// VPC guide, Custom network ACLs, Ephemeral ports: load balancers and NAT gateways use 1024-65535.
#[test]
fn source_ports_begin_at_1024() {
    let mut table = FlowTable::new(IDLE);
    let flow = table.open(secs(0), control(), socket("10.0.2.10:21")).expect("a port");
    assert_eq!((flow.port, flow.target), (1024, socket("10.0.2.10:21")));
}

/// RFC 2663 section 2.3: a session is identified by source and destination address and port; here also
/// by the side that it came from, because addresses of two networks may be equal.
#[test]
fn a_connection_is_known_by_all_of_its_key() {
    let mut table = FlowTable::new(IDLE);
    let flow = table.open(secs(0), control(), socket("10.0.2.10:21")).expect("a port");
    let known = Lookup::Known(control());
    assert_eq!(table.inbound(secs(0), flow.target, flow.port), known);
    assert_eq!(table.outbound(secs(0), control()), Lookup::Known(flow));
    for stranger in [
        key(link(0), "10.1.1.1:5000", "10.0.1.50:21"),
        key(INTERFACE, "10.1.1.2:5000", "10.0.1.50:21"),
        key(INTERFACE, "10.1.1.1:5001", "10.0.1.50:21"),
        key(INTERFACE, "10.1.1.1:5000", "10.0.1.51:21"),
        key(INTERFACE, "10.1.1.1:5000", "10.0.1.50:22"),
    ] {
        assert_eq!(table.outbound(secs(1), stranger), Lookup::Unknown, "{stranger:?}");
    }
}

/// RFC 9293 section 3.4.1: the same four addresses may be used again, and then it is the new
/// connection that they mean.
#[test]
fn opening_again_forgets_the_old_translation() {
    let mut table = FlowTable::new(IDLE);
    let old = table.open(secs(0), control(), socket("10.0.2.10:21")).expect("a port");
    let new = table.open(secs(1), control(), socket("10.0.3.10:21")).expect("a port");
    assert_eq!(table.inbound(secs(2), old.target, old.port), Lookup::Unknown);
    assert_eq!(table.inbound(secs(2), new.target, new.port), Lookup::Known(control()));
}

/// NLB guide, Connection idle timeout: a forgotten connection is reported once.
#[test]
fn an_idle_connection_expires_once_for_both_directions() {
    let mut table = FlowTable::new(IDLE);
    let flow = table.open(secs(0), control(), socket("10.0.2.10:21")).expect("a port");
    let late = IDLE + INSTANT;
    assert_eq!(table.inbound(late, flow.target, flow.port), Lookup::Expired(control()));
    assert_eq!(table.inbound(late, flow.target, flow.port), Lookup::Unknown);
    assert_eq!(table.outbound(late, control()), Lookup::Unknown);
}

/// Few enough addresses that openers meet at the same targets.
fn sockets(third: u8, ports: std::ops::Range<u16>) -> impl Strategy<Value = SocketAddrV4> {
    (1..4_u8, ports)
        .prop_map(move |(last, port)| SocketAddrV4::new([10, 0, third, last].into(), port))
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(INTERFACE), (0..3_u16).prop_map(link)]
}

fn openings() -> impl Strategy<Value = Vec<(FlowKey, SocketAddrV4)>> {
    let keys = (sides(), sockets(1, 5000..5004), sockets(2, 21..23))
        .prop_map(|(side, src, dst)| FlowKey { side, src, dst });
    prop::collection::vec((keys, sockets(3, 21..23)), 1..60)
}

proptest! {
    /// RFC 3022 section 2.2: the translated source identifies its session, so what comes back to it is
    /// for the opener.
    #[test]
    fn what_comes_back_is_for_the_opener(openings in openings()) {
        let mut table = FlowTable::new(IDLE);
        let mut last = HashMap::new();
        for (now, (key, target)) in openings.into_iter().enumerate() {
            let now = secs(now as u64);
            let flow = table.open(now, key, target).expect("a port");
            prop_assert_eq!(flow.target, target);
            prop_assert_eq!(table.outbound(now, key), Lookup::Known(flow));
            last.insert(key, flow);
        }
        for (key, flow) in last {
            prop_assert_eq!(table.inbound(secs(100), flow.target, flow.port), Lookup::Known(key));
        }
    }

    /// RFC 3022 section 2.2: a translated source stands for one session towards one destination.
    #[test]
    fn two_openers_never_share_a_source_port_towards_one_target(openings in openings()) {
        let mut table = FlowTable::new(IDLE);
        let mut taken: HashMap<(SocketAddrV4, u16), FlowKey> = HashMap::new();
        for (key, target) in openings {
            let flow = table.open(secs(0), key, target).expect("a port");
            if let Some(other) = taken.insert((flow.target, flow.port), key) {
                prop_assert_eq!(other, key);
            }
        }
    }

    /// NLB guide, Connection idle timeout: a connection is known as long as no pause was longer.
    #[test]
    fn a_connection_is_known_until_the_first_longer_pause(
        pauses in prop::collection::vec((0..400_u64, any::<bool>()), 1..20),
    ) {
        let mut table = FlowTable::new(IDLE);
        let flow = table.open(secs(0), control(), socket("10.0.2.10:21")).expect("a port");
        let (mut now, mut alive) = (secs(0), true);
        for (pause, outbound) in pauses {
            now += secs(pause);
            let expired = alive && secs(pause) > IDLE;
            alive &= !expired;
            let found = if outbound {
                state(table.outbound(now, control()))
            } else {
                state(table.inbound(now, flow.target, flow.port))
            };
            let expected = match (alive, expired) {
                (true, _) => "known",
                (false, true) => "expired",
                (false, false) => "unknown",
            };
            prop_assert_eq!(found, expected);
        }
    }
}

fn state<T>(lookup: Lookup<T>) -> &'static str {
    match lookup {
        Lookup::Known(_) => "known",
        Lookup::Expired(_) => "expired",
        Lookup::Unknown => "unknown",
    }
}
