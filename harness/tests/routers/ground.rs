//! Routers to run scripts on.
//!
//! Unless a script says otherwise, a router is 192.168.1.1 inside and 203.0.113.7 outside.

use std::ops::RangeInclusive;

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Action, Packet, Reason, Side};
use pasvlab_scenarios::{
    AfterIdle, ChooseAddress, Forward, Interface, Passage, Refusal, Router, RouterKind, SourceNat,
    SubnetIx,
};

use crate::script::{Script, ip, secs};

pub(crate) const INSIDE: Side = Side::Inside;
pub(crate) const OUTSIDE: Side = Side::Outside;

/// Keeps source ports; all connections of a client get the same address.
pub(crate) const KEEPING_PORTS: SourceNat =
    SourceNat { choose: ChooseAddress::PerClient, keep_ports: true };

/// Gives out source ports one after the other.
pub(crate) const COUNTING_PORTS: SourceNat = SourceNat { keep_ports: false, ..KEEPING_PORTS };

/// Gives out addresses for each connection anew.
pub(crate) const PER_CONNECTION: SourceNat =
    SourceNat { choose: ChooseAddress::PerConnection, ..KEEPING_PORTS };

/// Lets every connection from inside pass and none from outside, translates nothing, and says
/// nothing.
pub(crate) fn router() -> Router {
    Router {
        id: "router".into(),
        kind: RouterKind::Firewall,
        inside: interfaces(&["192.168.1.1"]),
        outside: interfaces(&["203.0.113.7"]),
        source_nat: None,
        forwards: Vec::new(),
        hairpin: false,
        from_inside: vec![passage(1..=u16::MAX, "0.0.0.0/0")],
        from_outside: Vec::new(),
        refusal: Refusal::Silence,
        idle_timeout: secs(432_000),
        after_idle: AfterIdle::Silence,
        ftp_helper: None,
    }
}

pub(crate) fn interfaces(addresses: &[&str]) -> Vec<Interface> {
    let interface = |address: &&str| Interface { subnet: SubnetIx(0), address: ip(address) };
    addresses.iter().map(interface).collect()
}

pub(crate) fn passage(ports: RangeInclusive<u16>, to: &str) -> Passage {
    Passage { ports, to: to.parse().expect("a range") }
}

/// The same ports of all outside addresses lead to these hosts, in turn.
pub(crate) fn forward(ports: RangeInclusive<u16>, to: &[&str]) -> Forward {
    Forward {
        address: None,
        first_port: *ports.start(),
        ports,
        to: to.iter().map(|host| ip(host)).collect(),
        rewrite_source: None,
    }
}

pub(crate) fn script(settings: Router) -> Script<StatefulRouter> {
    seeded(settings, 1)
}

pub(crate) fn seeded(settings: Router, seed: u64) -> Script<StatefulRouter> {
    Script::of(StatefulRouter::new(settings, seed))
}

/// Expected: the sender receives an ICMP message.
pub(crate) fn unreachable(reason: Reason) -> Action {
    Action::Unreachable(reason)
}

/// What goes on, for scripts that do not know it beforehand.
#[track_caller]
pub(crate) fn passed(action: Action) -> (Side, Packet) {
    match action {
        Action::Forward { to, packet } => (to, packet),
        other => panic!("nothing goes on: {other:?}"),
    }
}
