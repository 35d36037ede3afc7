//! Filters of interfaces.

use std::ops::RangeInclusive;

use pasvlab_harness::net::Reason;
use pasvlab_harness::net::filters::SecurityFilter;
use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_scenarios::{SecurityGroup, SecurityRule};
use rstest::rstest;

use crate::ground::{IDLE, Lab, to};
use crate::journey::sent;
use crate::scenes::{CLIENT, SERVER, one_vpc, two_vpcs};
use crate::script::{Fields, INSTANT, ack, syn, syn_ack};

const NEIGHBOUR: &str = "10.0.1.1:5000";
const LISTENER: &str = "10.0.1.50:21";
const SOURCE: &str = "10.0.1.50:1024";

fn allow(ports: RangeInclusive<u16>, peer: &str) -> SecurityRule {
    SecurityRule { ports, peer: peer.parse().expect("a range") }
}

fn anything() -> Vec<SecurityRule> {
    vec![allow(0..=65535, "0.0.0.0/0")]
}

fn group(inbound: Vec<SecurityRule>, outbound: Vec<SecurityRule>) -> SecurityFilter {
    let id = "group".to_owned();
    SecurityFilter::new([&SecurityGroup { id, inbound, outbound, idle_timeout: IDLE }])
}

/// Client and server in one VPC, with these groups.
fn guarded(client: SecurityFilter, server: SecurityFilter) -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.guarded_host("client", vpc, "10.0.1.1", client);
    lab.guarded_host("server", vpc, "10.0.2.10", server);
    lab
}

/// EC2 guide, Security groups: outbound rules decide what may leave; the packet does not get onto the
/// network.
#[test]
fn what_may_not_leave_is_dropped_at_the_senders_interface() {
    let client = group(vec![], vec![allow(22..=22, "10.0.2.0/24")]);
    guarded(client, group(anything(), anything()))
        .send(sent("client", syn(NEIGHBOUR, "10.0.2.10:22")).reaches("server", 1))
        .send(sent("client", syn(NEIGHBOUR, SERVER)).dropped_by(
            "client",
            Reason::SecurityGroup,
            0,
        ));
}

/// EC2 guide, Security groups: inbound rules decide what may enter; the sender is not told.
#[test]
fn what_may_not_enter_is_dropped_at_the_receivers_interface() {
    let server = group(vec![allow(22..=22, "10.0.1.0/24")], vec![]);
    guarded(group(anything(), anything()), server)
        .send(sent("client", syn(NEIGHBOUR, "10.0.2.10:22")).reaches("server", 1))
        .send(sent("client", syn(NEIGHBOUR, SERVER)).dropped_by(
            "server",
            Reason::SecurityGroup,
            1,
        ));
}

/// EC2 guide, Security group connection tracking: answers pass whatever the rules of the other
/// direction say, at both ends.
#[test]
fn an_answer_passes_both_interfaces_without_a_rule() {
    let client = group(vec![], vec![allow(21..=21, "10.0.2.10/32")]);
    let server = group(vec![allow(21..=21, "10.0.1.1/32")], vec![]);
    guarded(client, server)
        .send(sent("client", syn(NEIGHBOUR, SERVER)).reaches("server", 1))
        .send(sent("server", syn_ack(SERVER, NEIGHBOUR)).reaches("client", 1))
        .send(sent("server", syn("10.0.2.10:20", NEIGHBOUR)).dropped_by(
            "server",
            Reason::SecurityGroup,
            0,
        ));
}

/// EC2 guide, Security group connection tracking: after the idle time-out a packet of the connection is
/// like any other. The two ends see it at different times: here it is too late for the client's only.
#[test]
fn each_interface_forgets_by_the_time_at_which_packets_pass_it() {
    let client = group(vec![], vec![allow(21..=21, "10.0.2.10/32")]);
    let server = group(vec![allow(21..=21, "10.0.1.1/32")], vec![]);
    let mut lab = guarded(client, server);
    lab.send(sent("client", syn(NEIGHBOUR, SERVER)).reaches("server", 1));
    // At the server a leg less than 350 seconds after the SYN, at the client a leg more.
    let answer = ack(SERVER, NEIGHBOUR);
    lab.wait(IDLE).send(sent("server", answer.clone()).dropped_by(
        "client",
        Reason::SecurityGroup,
        1,
    ));
    lab.wait(IDLE + INSTANT).send(sent("server", answer).dropped_by(
        "server",
        Reason::SecurityGroup,
        0,
    ));
}

/// EC2 guide, Security groups: they belong to an interface, not to the host.
#[test]
fn each_interface_of_a_host_has_its_own_groups() {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.guarded_host("server, first", vpc, "10.0.2.10", group(vec![], anything()));
    lab.guarded_host("server, second", vpc, "10.0.2.11", group(anything(), vec![]));
    let way = |dst| sent("client", syn(NEIGHBOUR, dst));
    lab.send(way(SERVER).dropped_by("server, first", Reason::SecurityGroup, 1))
        .send(way("10.0.2.11:21").reaches("server, second", 1));
}

/// EC2 guide, Security groups: they see the packet as it arrives, which behind a load balancer has the
/// node's address, or the client's if that is preserved (NLB guide, Client IP preservation).
#[rstest]
#[case::the_nodes(false, "10.0.1.50/32", true)]
#[case::the_clients_in_vain(false, "10.0.1.1/32", false)]
#[case::the_clients(true, "10.0.1.1/32", true)]
#[case::the_nodes_in_vain(true, "10.0.1.50/32", false)]
fn a_targets_groups_see_the_address_that_the_target_sees(
    #[case] preserve_client_ip: bool,
    #[case] peer: &str,
    #[case] passes: bool,
) {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.guarded_host("server", vpc, "10.0.2.10", group(vec![allow(21..=21, peer)], vec![]));
    let balanced = NodeGroup { preserve_client_ip, ..to(&["10.0.2.10"]) };
    let node = lab.node("nlb", vpc, "10.0.1.50", balanced);
    lab.fabric.intercept(node);
    let source = if preserve_client_ip { NEIGHBOUR } else { SOURCE };
    let way = sent("client", syn(NEIGHBOUR, LISTENER)).via("nlb", source, SERVER);
    if !passes {
        lab.send(way.dropped_by("server", Reason::SecurityGroup, 2));
        return;
    }
    lab.send(way.reaches("server", 2)).send(
        sent("server", syn_ack(SERVER, source))
            .via("nlb", LISTENER, NEIGHBOUR)
            .reaches("client", 2),
    );
}

/// A load balancer with these groups, preserving addresses or not.
fn guarded_node(filter: SecurityFilter, balanced: NodeGroup) -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    let node = lab.node("nlb", vpc, "10.0.1.50", balanced);
    lab.fabric.intercept(node);
    lab.fabric.filter_box(node, filter, true);
    lab
}

/// NLB guide, Security groups: inbound rules decide which clients reach the listeners.
#[test]
fn a_nodes_inbound_rules_are_about_clients() {
    let filter = group(vec![allow(21..=21, "10.0.9.0/24")], anything());
    guarded_node(filter, to(&["10.0.2.10"]))
        .send(sent("client", syn(NEIGHBOUR, LISTENER)).dropped_by("nlb", Reason::SecurityGroup, 1));
}

/// NLB guide, Security groups: outbound rules decide which targets are reached; nothing was sent on, so
/// there is no hop.
#[test]
fn a_nodes_outbound_rules_are_about_targets() {
    let filter = group(anything(), vec![allow(8192..=8200, "10.0.2.10/32")]);
    guarded_node(filter, to(&["10.0.2.10"]))
        .send(sent("client", syn(NEIGHBOUR, LISTENER)).dropped_by("nlb", Reason::SecurityGroup, 1));
}

/// NLB guide, Security groups; EC2 guide, Security group connection tracking: the node is a party of two
/// connections, and the answers on both pass.
#[rstest]
#[case::translated(false)]
#[case::preserved(true)]
fn a_nodes_groups_let_answers_pass(#[case] preserve_client_ip: bool) {
    let inbound = vec![allow(21..=21, "10.0.1.1/32")];
    let filter = group(inbound, vec![allow(21..=21, "10.0.2.10/32")]);
    let balanced = NodeGroup { preserve_client_ip, ..to(&["10.0.2.10"]) };
    let source = if preserve_client_ip { NEIGHBOUR } else { SOURCE };
    guarded_node(filter, balanced)
        .send(
            sent("client", syn(NEIGHBOUR, LISTENER))
                .via("nlb", source, SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("server", syn_ack(SERVER, source))
                .via("nlb", LISTENER, NEIGHBOUR)
                .reaches("client", 2),
        );
}

/// NLB guide, Security groups, Proxy protocol: where a packet may not leave, its header does not either.
#[test]
fn a_node_that_may_not_send_sends_no_header() {
    let filter = group(anything(), vec![]);
    let balanced = NodeGroup { proxy_protocol: true, ..to(&["10.0.2.10"]) };
    let dropped = |packet| sent("client", packet).dropped_by("nlb", Reason::SecurityGroup, 1);
    guarded_node(filter, balanced)
        .send(dropped(syn(NEIGHBOUR, LISTENER).seq(7)))
        .send(dropped(ack(NEIGHBOUR, LISTENER).seq(8).ack(301)));
}

/// The consumer's client with an endpoint, and the provider's load balancer.
fn guarded_link(endpoint: Option<SecurityFilter>, node: SecurityFilter, links: bool) -> Lab {
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let nlb = lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
    let interface = lab.endpoint("endpoint", consumer, "10.1.1.50", (nlb, "10.0.1.50"));
    lab.fabric.filter_box(nlb, node, links);
    if let Some(filter) = endpoint {
        lab.fabric.filter_box(interface, filter, false);
    }
    lab
}

const ENDPOINT: &str = "10.1.1.50:21";
const TRANSLATED: &str = "10.1.1.50:1024";

/// Sends a SYN and its answer all the way through endpoint and node.
fn passes(lab: &mut Lab) {
    lab.send(
        sent("client", syn(CLIENT, ENDPOINT))
            .via("endpoint", TRANSLATED, LISTENER)
            .via("nlb", SOURCE, SERVER)
            .reaches("server", 3),
    )
    .send(
        sent("server", syn_ack(SERVER, SOURCE))
            .via("nlb", LISTENER, TRANSLATED)
            .via("endpoint", ENDPOINT, CLIENT)
            .reaches("client", 3),
    );
}

/// NLB guide, Security groups: inbound rules apply to what comes through PrivateLink, too, unless that
/// is switched off; they are matched against the private address of the consumer's client, not of the
/// endpoint.
#[rstest]
#[case::the_clients_address(true, "10.1.1.1/32", true)]
#[case::the_endpoints_address(true, "10.1.1.50/32", false)]
#[case::another_address(true, "10.9.9.9/32", false)]
#[case::switched_off(false, "10.9.9.9/32", true)]
fn a_nodes_groups_see_the_consumers_client(
    #[case] links: bool,
    #[case] peer: &str,
    #[case] lets_pass: bool,
) {
    let filter = group(vec![allow(21..=21, peer)], anything());
    let mut lab = guarded_link(None, filter, links);
    if lets_pass {
        passes(&mut lab);
    } else {
        lab.send(
            sent("client", syn(CLIENT, ENDPOINT)).via("endpoint", TRANSLATED, LISTENER).dropped_by(
                "nlb",
                Reason::SecurityGroup,
                2,
            ),
        );
    }
}

/// NLB guide, Security groups: outbound rules hold for what came through PrivateLink, whether inbound
/// ones do or not.
#[rstest]
#[case::both_directions(true)]
#[case::switched_off(false)]
fn a_nodes_outbound_rules_hold_for_privatelink(#[case] links: bool) {
    guarded_link(None, group(anything(), vec![]), links).send(
        sent("client", syn(CLIENT, ENDPOINT)).via("endpoint", TRANSLATED, LISTENER).dropped_by(
            "nlb",
            Reason::SecurityGroup,
            2,
        ),
    );
}

/// PrivateLink guide, Create an interface endpoint: the endpoint's groups decide which clients reach
/// it; answers pass.
#[rstest]
#[case::the_client("10.1.1.1/32", true)]
#[case::somebody_else("10.1.9.9/32", false)]
fn an_endpoints_groups_are_about_clients(#[case] peer: &str, #[case] lets_pass: bool) {
    let endpoint = group(vec![allow(21..=21, peer)], vec![]);
    let mut lab = guarded_link(Some(endpoint), group(anything(), anything()), true);
    if lets_pass {
        passes(&mut lab);
    } else {
        lab.send(sent("client", syn(CLIENT, ENDPOINT)).dropped_by(
            "endpoint",
            Reason::SecurityGroup,
            1,
        ));
    }
}
