//! One node of a load balancer: [`pasvlab_harness::net::nlb`].
//!
//! The node is 10.0.1.50, its target 10.0.2.10, another target 10.0.3.10, the client 10.1.1.1. Pages
//! are those of the User Guide for Network Load Balancers.
//!
//! - [`passing`] — how packets of a connection change on their way.
//! - [`ports`] — listeners, target ports, source ports.
//! - [`strays`] — segments that belong to nothing.
//! - [`choice`] — which target a connection gets.
//! - [`client_ip`] — targets that see the client's address.
//! - [`links`] — connections that come through endpoints.
//! - [`idle`] — the idle time-out.
//! - [`health`] — unhealthy targets.
//! - [`deregistration`] — targets that are taken out.
//! - [`header`] — the PROXY protocol.

mod choice;
mod client_ip;
mod deregistration;
mod header;
mod health;
mod idle;
mod links;
mod passing;
mod ports;
mod strays;

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeListener, NodeTarget};
use pasvlab_harness::net::{Action, Packet, Reason};
use pasvlab_scenarios::{TargetChange, TargetState};

use crate::script::{Fields, INTERFACE, START, Script, ack, answers, forwards, ip, rst, secs, syn};

const NODE: &str = "10.0.1.50";
const CLIENT: &str = "10.1.1.1:5000";
const LISTENER: &str = "10.0.1.50:21";
/// What a target sees of the first connection, and of the second.
const FIRST: &str = "10.0.1.50:1024";
const SECOND: &str = "10.0.1.50:1025";
const TARGET: &str = "10.0.2.10:21";
const OTHER: &str = "10.0.3.10:21";

/// Addresses of the targets.
const TARGETS: [&str; 2] = ["10.0.2.10", "10.0.3.10"];

/// Connection idle timeout: 350 seconds by default.
const IDLE: u64 = 350;

/// A healthy target in the node's zone.
fn target(address: &str) -> NodeTarget {
    NodeTarget { address: ip(address), here: true, healthy: true }
}

fn unhealthy(address: &str) -> NodeTarget {
    NodeTarget { healthy: false, ..target(address) }
}

/// A target of another zone, without cross-zone load balancing.
fn elsewhere(target: NodeTarget) -> NodeTarget {
    NodeTarget { here: false, ..target }
}

/// A target group with the attributes that AWS gives it by default.
fn group_of(targets: impl Into<Vec<NodeTarget>>) -> NodeGroup {
    NodeGroup { targets: targets.into(), terminate_unhealthy: true, ..NodeGroup::default() }
}

/// The same, with healthy targets.
fn group(addresses: &[&str]) -> NodeGroup {
    group_of(addresses.iter().map(|address| target(address)).collect::<Vec<_>>())
}

/// What becomes of a target some seconds after the script begins.
fn change(after: u64, target: &str, becomes: TargetState) -> TargetChange {
    TargetChange { at: START + secs(after), target: ip(target), becomes }
}

/// A listener whose targets have the same ports.
fn listener(ports: RangeInclusive<u16>, group: usize) -> NodeListener {
    NodeListener { first_target_port: *ports.start(), ports, group, idle: secs(IDLE) }
}

/// The listeners of an FTP server: one for control, nine for data.
fn ftp_listeners() -> Vec<NodeListener> {
    vec![listener(21..=21, 0), listener(8192..=8200, 1)]
}

/// A node in front of an FTP server; each of its listeners has such a target group.
fn ftp_node(group: NodeGroup, seed: u64) -> NlbNode {
    NlbNode::new(ip(NODE), ftp_listeners(), vec![group.clone(), group], seed)
}

fn node_for(group: NodeGroup) -> Script<NlbNode> {
    Script::of(ftp_node(group, 0))
}

fn node() -> Script<NlbNode> {
    node_for(group(&["10.0.2.10"]))
}

fn node_with_two_targets(seed: u64) -> Script<NlbNode> {
    Script::of(ftp_node(group(&TARGETS), seed))
}

/// Lets the client open the first connection, to the target.
fn connect(mut nlb: Script<NlbNode>) -> Script<NlbNode> {
    nlb.takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)));
    nlb
}

/// A node through which the client has one open connection.
fn connected() -> Script<NlbNode> {
    connect(node())
}

/// Which target gets this packet.
#[track_caller]
fn target_of(nlb: &mut Script<NlbNode>, packet: Packet) -> Ipv4Addr {
    match nlb.feed(INTERFACE, packet) {
        Action::Forward { packet, .. } => *packet.dst.ip(),
        other => panic!("not forwarded: {other:?}"),
    }
}

/// A packet of the first connection, and what becomes of it as long as the connection is known.
fn from_client() -> (Packet, Action) {
    (ack(CLIENT, LISTENER).ack(301), forwards(INTERFACE, ack(FIRST, TARGET).ack(301)))
}

/// The same from the target.
fn from_target() -> (Packet, Action) {
    (ack(TARGET, FIRST).seq(301), forwards(INTERFACE, ack(LISTENER, CLIENT).seq(301)))
}

/// What the client receives in place of both if the connection is over.
fn reset(reason: Reason) -> Action {
    answers(INTERFACE, rst(LISTENER, CLIENT).seq(301), reason)
}
