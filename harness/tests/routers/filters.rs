//! Network ACLs and security groups: [`pasvlab_harness::net::filters`].
//!
//! The filtered subnet is 10.0.1.0/24 with the server 10.0.1.10; its client is 10.1.1.1.

use std::ops::RangeInclusive;

use pasvlab_harness::net::filters::Direction::{self, Inbound, Outbound};
use pasvlab_harness::net::filters::{SecurityFilter, acl_allows};
use pasvlab_harness::net::{Packet, Time};
use pasvlab_scenarios::{AclRule, NetworkAcl, SecurityGroup, SecurityRule};
use rstest::rstest;

use crate::script::{INSTANT, ack, fin, rst, secs, socket, syn, syn_ack};

const CLIENT: &str = "10.1.1.1:50000";
const SERVER: &str = "10.0.1.10:21";
const EVERYWHERE: &str = "0.0.0.0/0";
const ALL: RangeInclusive<u16> = 1..=65535;

fn allow(number: u16, ports: RangeInclusive<u16>, peer: &str) -> AclRule {
    AclRule { number, allow: true, ports, peer: peer.parse().expect("a range") }
}

fn deny(number: u16, ports: RangeInclusive<u16>, peer: &str) -> AclRule {
    AclRule { allow: false, ..allow(number, ports, peer) }
}

/// Rules are in order of their numbers.
fn acl(inbound: &[AclRule], outbound: &[AclRule]) -> NetworkAcl {
    NetworkAcl { id: "acl".into(), inbound: inbound.to_vec(), outbound: outbound.to_vec() }
}

/// VPC guide, Network ACL rules: "Rules are evaluated starting with the lowest numbered rule. As soon as
/// a rule matches traffic, it's applied regardless of any higher-numbered rule that might contradict
/// it."
#[rstest]
#[case::deny_before_allow(&[deny(100, 21..=21, EVERYWHERE), allow(200, ALL, EVERYWHERE)], false)]
#[case::allow_before_deny(&[allow(100, 21..=21, EVERYWHERE), deny(200, ALL, EVERYWHERE)], true)]
#[case::deny_of_another_port(&[deny(100, 22..=22, EVERYWHERE), allow(200, ALL, EVERYWHERE)], true)]
#[case::deny_of_another_peer(&[deny(100, ALL, "10.2.0.0/16"), allow(200, ALL, EVERYWHERE)], true)]
#[case::deny_of_this_peer(&[deny(100, ALL, "10.1.1.1/32"), allow(200, ALL, EVERYWHERE)], false)]
fn the_lowest_number_that_matches_decides(#[case] rules: &[AclRule], #[case] passes: bool) {
    let inbound = acl(rules, &[]);
    assert_eq!(acl_allows(&inbound, Inbound, &syn(CLIENT, SERVER)), passes);
    let outbound = acl(&[], rules);
    assert_eq!(acl_allows(&outbound, Outbound, &syn("10.0.1.10:21", "10.1.1.1:21")), passes);
}

/// The same page: the rule with an asterisk denies what matches none of the others; of a custom ACL it
/// is the only one at first.
#[rstest]
#[case::no_rule(&[])]
#[case::other_ports(&[allow(100, 22..=1023, EVERYWHERE)])]
#[case::other_peers(&[allow(100, ALL, "10.2.0.0/16")])]
fn what_matches_no_rule_is_denied(
    #[case] rules: &[AclRule],
    #[values(Inbound, Outbound)] direction: Direction,
) {
    let packet = match direction {
        Inbound => syn(CLIENT, SERVER),
        Outbound => syn(SERVER, "10.1.1.1:21"),
    };
    assert!(!acl_allows(&acl(rules, rules), direction, &packet));
}

/// The same page: the peer of an inbound rule is the source, of an outbound rule the destination; ports
/// are those of the destination in both.
#[rstest]
#[case::inbound_from_the_peer(Inbound, syn("10.1.1.1:50000", "10.0.1.10:21"), true)]
#[case::inbound_from_another(Inbound, syn("10.2.1.1:50000", "10.0.1.10:21"), false)]
#[case::inbound_to_another_port(Inbound, syn("10.1.1.1:21", "10.0.1.10:22"), false)]
#[case::outbound_to_the_peer(Outbound, syn("10.0.1.10:50000", "10.1.1.1:21"), true)]
#[case::outbound_to_another(Outbound, syn("10.0.1.10:50000", "10.2.1.1:21"), false)]
#[case::outbound_to_another_port(Outbound, syn("10.0.1.10:21", "10.1.1.1:22"), false)]
fn a_rule_is_for_the_other_end_and_the_destination_port(
    #[case] direction: Direction,
    #[case] packet: Packet,
    #[case] passes: bool,
) {
    let rule = [allow(100, 21..=21, "10.1.0.0/16")];
    assert_eq!(acl_allows(&acl(&rule, &rule), direction, &packet), passes);
}

/// The same page: the rules of one direction say nothing about the other.
#[test]
fn each_direction_has_its_own_rules() {
    let in_only = acl(&[allow(100, ALL, EVERYWHERE)], &[]);
    let out_only = acl(&[], &[allow(100, ALL, EVERYWHERE)]);
    let packet = syn(CLIENT, SERVER);
    for (acl, passes) in [(in_only, [true, false]), (out_only, [false, true])] {
        let allowed = [Inbound, Outbound].map(|direction| acl_allows(&acl, direction, &packet));
        assert_eq!(allowed, passes);
    }
}

/// VPC guide, Network ACLs: "stateless, which means that responses to allowed inbound traffic are
/// subject to the rules for outbound traffic (and vice versa)". Custom network ACLs, Ephemeral ports:
/// answers go to 1024-65535, of Linux clients to 32768-61000.
#[rstest]
#[case::none(&[], false)]
#[case::only_the_service_ports(&[allow(100, 21..=21, EVERYWHERE)], false)]
#[case::ephemeral_ports(&[allow(100, 1024..=65535, EVERYWHERE)], true)]
#[case::ephemeral_ports_of_linux(&[allow(100, 32768..=61000, EVERYWHERE)], true)]
#[case::ephemeral_ports_of_windows(&[allow(100, 49152..=65535, "10.1.0.0/16")], true)]
#[case::a_range_that_misses(&[allow(100, 1024..=49151, EVERYWHERE)], false)]
fn answers_need_a_rule_of_their_own(#[case] outbound: &[AclRule], #[case] passes: bool) {
    let acl = acl(&[allow(100, 21..=21, EVERYWHERE)], outbound);
    assert!(acl_allows(&acl, Inbound, &syn(CLIENT, SERVER)));
    for answer in [syn_ack(SERVER, CLIENT), ack(SERVER, CLIENT), rst(SERVER, CLIENT)] {
        assert_eq!(acl_allows(&acl, Outbound, &answer), passes, "{answer}");
    }
}

/// The same: without state, what begins in the middle is no different.
#[test]
fn an_acl_does_not_ask_how_a_connection_began() {
    let acl = acl(&[allow(100, 21..=21, EVERYWHERE)], &[]);
    for packet in [ack(CLIENT, SERVER), fin(CLIENT, SERVER), rst(CLIENT, SERVER)] {
        assert!(acl_allows(&acl, Inbound, &packet), "{packet}");
    }
}

/// Custom network ACLs, Ephemeral ports: passive data connections are to a range of their own.
#[rstest]
#[case::below(8191, false)]
#[case::first(8192, true)]
#[case::last(8200, true)]
#[case::above(8201, false)]
fn the_passive_range_has_both_its_ends(#[case] port: u16, #[case] passes: bool) {
    let rules = [allow(100, 21..=21, EVERYWHERE), allow(110, 8192..=8200, EVERYWHERE)];
    let packet = syn(CLIENT, &format!("10.0.1.10:{port}"));
    assert_eq!(acl_allows(&acl(&rules, &[]), Inbound, &packet), passes);
}

fn rule(ports: RangeInclusive<u16>, peer: &str) -> SecurityRule {
    SecurityRule { ports, peer: peer.parse().expect("a range") }
}

/// EC2 guide, Security group connection tracking: 432000 seconds by default.
const IDLE: u64 = 432_000;

fn group(inbound: &[SecurityRule], outbound: &[SecurityRule]) -> SecurityGroup {
    SecurityGroup {
        id: "sg".into(),
        inbound: inbound.to_vec(),
        outbound: outbound.to_vec(),
        idle_timeout: secs(IDLE),
    }
}

/// The group of an FTP server: port 21 from anywhere, nothing out.
fn server_group() -> SecurityGroup {
    group(&[rule(21..=21, EVERYWHERE)], &[])
}

/// An interface with security groups, and a clock.
struct Guarded {
    filter: SecurityFilter,
    now: Time,
}

impl Guarded {
    fn by(groups: &[SecurityGroup]) -> Self {
        Self { filter: SecurityFilter::new(groups), now: secs(1000) }
    }

    #[track_caller]
    fn passes(&mut self, direction: Direction, packet: Packet) -> &mut Self {
        assert!(self.filter.lets_pass(self.now, direction, &packet), "{direction:?} {packet}");
        self
    }

    #[track_caller]
    fn vanishes(&mut self, direction: Direction, packet: Packet) -> &mut Self {
        assert!(!self.filter.lets_pass(self.now, direction, &packet), "{direction:?} {packet}");
        self
    }

    fn wait(&mut self, time: Time) -> &mut Self {
        self.now += time;
        self
    }
}

/// EC2 guide, Security groups: rules allow; what none of them allows is not let in or out.
#[rstest]
#[case::allowed(Inbound, syn(CLIENT, SERVER), true)]
#[case::another_port(Inbound, syn(CLIENT, "10.0.1.10:8192"), false)]
#[case::outbound(Outbound, syn("10.0.1.10:20", "10.1.1.1:50001"), false)]
fn only_what_a_rule_allows_passes(
    #[case] direction: Direction,
    #[case] packet: Packet,
    #[case] passes: bool,
) {
    let mut guarded = Guarded::by(&[server_group()]);
    match passes {
        true => guarded.passes(direction, packet),
        false => guarded.vanishes(direction, packet),
    };
}

/// The same page: a group without rules lets nothing in.
#[rstest]
fn without_rules_nothing_passes(#[values(Inbound, Outbound)] direction: Direction) {
    Guarded::by(&[group(&[], &[])])
        .vanishes(direction, syn(CLIENT, SERVER))
        .vanishes(direction, ack(CLIENT, SERVER));
}

/// EC2 guide, Security group connection tracking: "responses to inbound traffic are allowed to flow out
/// of the instance regardless of outbound security group rules, and vice versa".
#[test]
fn answers_pass_without_a_rule() {
    Guarded::by(&[server_group()])
        .vanishes(Outbound, syn_ack(SERVER, CLIENT))
        .passes(Inbound, syn(CLIENT, SERVER))
        .passes(Outbound, syn_ack(SERVER, CLIENT))
        .passes(Inbound, ack(CLIENT, SERVER))
        .passes(Outbound, fin(SERVER, CLIENT));
    Guarded::by(&[group(&[], &[rule(21..=21, EVERYWHERE)])])
        .vanishes(Inbound, syn_ack("10.1.1.1:21", "10.0.1.10:50000"))
        .passes(Outbound, syn("10.0.1.10:50000", "10.1.1.1:21"))
        .passes(Inbound, syn_ack("10.1.1.1:21", "10.0.1.10:50000"));
}

/// The same page: a connection is tracked with its ports, so that nothing else passes with it.
#[rstest]
#[case::another_client_port(Outbound, ack(SERVER, "10.1.1.1:50001"))]
#[case::another_client(Outbound, ack(SERVER, "10.1.1.2:50000"))]
#[case::another_server_port(Outbound, ack("10.0.1.10:20", CLIENT))]
#[case::the_other_way(Inbound, ack("10.1.1.1:21", "10.0.1.10:50000"))]
fn beside_a_tracked_connection_nothing_passes(
    #[case] direction: Direction,
    #[case] packet: Packet,
) {
    Guarded::by(&[server_group()])
        .passes(Inbound, syn(CLIENT, SERVER))
        .vanishes(direction, packet)
        .passes(Outbound, syn_ack(SERVER, CLIENT));
}

/// The same page, Connection tracking timeouts: established TCP connections, 432000 seconds by default
/// and 350 on Nitro v6; each packet starts the timer again.
#[rstest]
#[case::default(432_000)]
#[case::nitro_v6(350)]
#[case::lowest(60)]
fn a_connection_is_tracked_until_it_is_idle_for_too_long(#[case] idle: u64) {
    Guarded::by(&[SecurityGroup { idle_timeout: secs(idle), ..server_group() }])
        .passes(Inbound, syn(CLIENT, SERVER))
        .wait(secs(idle))
        .passes(Outbound, syn_ack(SERVER, CLIENT))
        .wait(secs(idle))
        .passes(Outbound, ack(SERVER, CLIENT))
        .wait(secs(idle))
        .passes(Inbound, ack(CLIENT, SERVER))
        .wait(secs(idle))
        .passes(Outbound, ack(SERVER, CLIENT))
        .wait(secs(idle) + INSTANT)
        .vanishes(Outbound, ack(SERVER, CLIENT));
}

/// The same page: an idle connection is forgotten, not closed; what a rule allows goes on, in the
/// middle, and is tracked from then on. What has to wait for that vanishes until then.
#[test]
fn what_a_rule_allows_goes_on_in_the_middle_of_a_connection() {
    Guarded::by(&[server_group()])
        .passes(Inbound, syn(CLIENT, SERVER))
        .wait(secs(IDLE) + INSTANT)
        .vanishes(Outbound, ack(SERVER, CLIENT))
        .vanishes(Outbound, ack(SERVER, CLIENT))
        .passes(Inbound, ack(CLIENT, SERVER))
        .passes(Outbound, ack(SERVER, CLIENT));
}

/// A packet that does not pass does not keep a connection alive.
#[test]
fn what_vanishes_starts_no_timer() {
    Guarded::by(&[SecurityGroup { idle_timeout: secs(350), ..server_group() }])
        .passes(Inbound, syn(CLIENT, SERVER))
        .wait(secs(351))
        .vanishes(Outbound, ack(SERVER, CLIENT))
        .wait(secs(1))
        .vanishes(Outbound, ack(SERVER, CLIENT));
}

/// EC2 guide, Security group rules: the source of an inbound rule, the destination of an outbound one.
#[rstest]
#[case::inbound_from_the_peer(Inbound, syn("10.1.1.1:50000", "10.0.1.10:21"), true)]
#[case::inbound_from_another(Inbound, syn("10.2.1.1:50000", "10.0.1.10:21"), false)]
#[case::outbound_to_the_peer(Outbound, syn("10.0.1.10:50000", "10.1.1.1:21"), true)]
#[case::outbound_to_another(Outbound, syn("10.0.1.10:50000", "10.2.1.1:21"), false)]
fn a_rule_is_for_the_other_end(
    #[case] direction: Direction,
    #[case] packet: Packet,
    #[case] passes: bool,
) {
    let rules = [rule(21..=21, "10.1.0.0/16")];
    let mut guarded = Guarded::by(&[group(&rules, &rules)]);
    match passes {
        true => guarded.passes(direction, packet),
        false => guarded.vanishes(direction, packet),
    };
}

/// EC2 guide, Change the security groups for an instance: "the rules from each security group are
/// effectively aggregated to create one set of rules".
#[test]
fn the_rules_of_several_groups_add_up() {
    let control = server_group();
    let data = group(&[rule(8192..=8200, "10.1.0.0/16")], &[]);
    let out = group(&[], &[rule(1024..=65535, EVERYWHERE)]);
    Guarded::by(&[control, data, out])
        .passes(Inbound, syn(CLIENT, SERVER))
        .passes(Inbound, syn("10.1.1.1:50001", "10.0.1.10:8200"))
        .passes(Outbound, syn("10.0.1.10:20", "10.1.1.1:50002"))
        .vanishes(Inbound, syn("10.2.1.1:50001", "10.0.1.10:8200"))
        .vanishes(Inbound, syn(CLIENT, "10.0.1.10:22"))
        .vanishes(Outbound, syn("10.0.1.10:20", "10.1.1.1:80"));
}

/// EC2 API reference, ConnectionTrackingConfiguration: the time-out is one of the interface; of groups
/// that differ the shortest is the lab's choice.
#[test]
fn of_several_groups_the_shortest_time_out_counts() {
    let short = SecurityGroup { idle_timeout: secs(60), ..group(&[], &[]) };
    for groups in [[server_group(), short.clone()], [short, server_group()]] {
        Guarded::by(&groups)
            .passes(Inbound, syn(CLIENT, SERVER))
            .wait(secs(60))
            .passes(Outbound, syn_ack(SERVER, CLIENT))
            .wait(secs(60) + INSTANT)
            .vanishes(Outbound, ack(SERVER, CLIENT));
    }
}

/// NLB guide, Security groups: over PrivateLink inbound rules are compared with the private address of
/// the consumer's client, not with the endpoint interface's.
#[rstest]
#[case::the_client("10.1.1.1/32", true)]
#[case::the_endpoint("10.9.9.9/32", false)]
fn behind_an_endpoint_rules_are_for_the_consumers_client(#[case] peer: &str, #[case] passes: bool) {
    let mut guarded = Guarded::by(&[group(&[rule(21..=21, peer)], &[])]);
    let packet = Packet { consumer: Some(socket(CLIENT)), ..syn("10.9.9.9:1024", SERVER) };
    match passes {
        true => guarded.passes(Inbound, packet),
        false => guarded.vanishes(Inbound, packet),
    };
}
