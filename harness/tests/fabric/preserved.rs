//! Load balancers that show their targets the client's address.

use pasvlab_harness::net::Reason;
use pasvlab_harness::net::fabric::BoxIx;
use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_scenarios::{NetworkKind, SubnetIx};

use crate::ground::{Drawing, GATEWAY, IDLE, Lab, to};
use crate::journey::{answered, sent};
use crate::scenes::{CLIENT, SERVER, one_vpc, peered, two_vpcs};
use crate::script::{Fields, INSTANT, ack, rst, syn, syn_ack};

const LISTENER: &str = "10.0.1.50:21";
const NEIGHBOUR: &str = "10.0.1.1:5000";

fn preserving(lab: &mut Lab, name: &str, subnet: SubnetIx, address: &str) -> BoxIx {
    let group = NodeGroup { preserve_client_ip: true, ..to(&["10.0.2.10"]) };
    let node = lab.node(name, subnet, address, group);
    lab.fabric.intercept(node);
    node
}

/// Client, server and a node that preserves addresses, in one VPC.
fn balanced() -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    preserving(&mut lab, "nlb", vpc, "10.0.1.50");
    lab
}

/// NLB guide, Client IP preservation: the target sees the client's address. What it answers must come
/// from the listener's, or the client would not take it (RFC 9293 section 3.3): it goes through the
/// node although it names the client.
#[test]
fn the_answer_to_a_preserved_address_goes_back_through_the_node() {
    balanced()
        .send(
            sent("client", syn(NEIGHBOUR, LISTENER).seq(7))
                .via("nlb", NEIGHBOUR, SERVER)
                .reaches("server", 2),
        )
        .send(
            sent("server", syn_ack(SERVER, NEIGHBOUR).ack(8))
                .via("nlb", LISTENER, NEIGHBOUR)
                .reaches("client", 2),
        );
}

/// As above: only what belongs to a connection through the node does.
#[test]
fn what_else_a_target_sends_to_the_client_goes_there_directly() {
    balanced()
        .send(sent("server", syn_ack(SERVER, NEIGHBOUR)).reaches("client", 1))
        .send(
            sent("client", syn(NEIGHBOUR, LISTENER))
                .via("nlb", NEIGHBOUR, SERVER)
                .reaches("server", 2),
        )
        .send(sent("server", syn("10.0.2.10:20", NEIGHBOUR)).reaches("client", 1))
        .send(sent("server", ack(SERVER, "10.0.1.1:5001")).reaches("client", 1));
}

/// As above; each node knows its own connections.
#[test]
fn the_answer_goes_to_the_node_that_has_the_connection() {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    preserving(&mut lab, "first node", vpc, "10.0.1.50");
    preserving(&mut lab, "second node", vpc, "10.0.3.50");
    let listener = "10.0.3.50:21";
    lab.send(
        sent("client", syn(NEIGHBOUR, listener))
            .via("second node", NEIGHBOUR, SERVER)
            .reaches("server", 2),
    )
    .send(
        sent("server", syn_ack(SERVER, NEIGHBOUR))
            .via("second node", listener, NEIGHBOUR)
            .reaches("client", 2),
    );
}

/// NLB guide, Client IP preservation, with a client in a peered VPC: it is the node's subnet that needs
/// the route back, not the target's.
#[test]
fn a_target_needs_no_route_to_a_client_in_a_peered_network() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    let targets = drawing.subnet("targets", provider, "10.0.2.0/24");
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", targets, "10.0.2.10");
    preserving(&mut lab, "nlb", provider, "10.0.1.50");
    lab.send(sent("client", syn(CLIENT, LISTENER)).via("nlb", CLIENT, SERVER).reaches("server", 2))
        .send(
            sent("server", syn_ack(SERVER, CLIENT))
                .via("nlb", LISTENER, CLIENT)
                .reaches("client", 2),
        )
        .send(sent("server", syn("10.0.2.10:20", CLIENT)).dropped_by(
            "router of provider",
            Reason::NoRoute,
            0,
        ));
}

/// NLB guide, Client IP preservation, with an internet-facing load balancer: the target sees the
/// client's public address.
#[test]
fn a_client_on_the_internet_is_preserved_too() {
    let mut drawing = Drawing::default();
    let public = drawing.vpc("vpc", "10.0.0.0/16");
    let targets = drawing.subnet("targets", public, "10.0.2.0/24");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    drawing.route(public, "0.0.0.0/0", GATEWAY);
    let mut lab = drawing.build();
    lab.host("client", internet, "198.51.100.9");
    lab.host("server", targets, "10.0.2.10");
    preserving(&mut lab, "nlb", public, "10.0.1.50");
    lab.internet_gateway("gateway", (public, internet), &[("198.51.100.10", "10.0.1.50")]);
    let (client, elastic) = ("198.51.100.9:5000", "198.51.100.10:21");
    lab.send(
        sent("client", syn(client, elastic))
            .via("gateway", client, LISTENER)
            .via("nlb", client, SERVER)
            .reaches("server", 3),
    )
    .send(
        sent("server", syn_ack(SERVER, client))
            .via("nlb", LISTENER, client)
            .via("gateway", elastic, client)
            .reaches("client", 3),
    );
}

/// NLB guide, Client IP preservation: through PrivateLink it has no effect.
#[test]
fn through_privatelink_nothing_is_preserved() {
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = preserving(&mut lab, "nlb", provider, "10.0.1.50");
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", LISTENER)
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    )
    .send(
        sent("server", syn_ack(SERVER, "10.0.1.50:1024"))
            .via("nlb", LISTENER, "10.1.1.50:1024")
            .via("endpoint", "10.1.1.50:21", CLIENT)
            .reaches("client", 3),
    );
}

/// VPC guide, VPC basics: ranges of two VPCs may overlap. A node takes nothing from hosts of another
/// network, whatever addresses they use.
#[test]
fn a_node_intercepts_in_its_own_network_only() {
    let mut drawing = Drawing::default();
    let one = drawing.vpc("one", "10.0.0.0/16");
    let other = drawing.vpc("other", "10.0.0.0/16");
    let mut lab = drawing.build();
    for (subnet, names) in [(one, ["client", "server"]), (other, ["stranger", "printer"])] {
        lab.host(names[0], subnet, "10.0.1.1");
        lab.host(names[1], subnet, "10.0.2.10");
    }
    preserving(&mut lab, "nlb", one, "10.0.1.50");
    lab.send(
        sent("client", syn(NEIGHBOUR, LISTENER)).via("nlb", NEIGHBOUR, SERVER).reaches("server", 2),
    )
    .send(sent("printer", syn_ack(SERVER, NEIGHBOUR)).reaches("stranger", 1));
}

/// NLB guide, Connection idle timeout: a target that sends too late still finds the node, which resets
/// the client.
#[test]
fn a_late_answer_to_a_preserved_address_resets_the_client() {
    balanced()
        .send(
            sent("client", syn(NEIGHBOUR, LISTENER))
                .via("nlb", NEIGHBOUR, SERVER)
                .reaches("server", 2),
        )
        .wait(IDLE + INSTANT)
        .send_all([
            sent("server", ack(SERVER, NEIGHBOUR).seq(301).ack(8)).dropped_by(
                "nlb",
                Reason::IdleExpired,
                1,
            ),
            answered("nlb", Reason::IdleExpired, 1, rst(LISTENER, NEIGHBOUR).seq(301))
                .reaches("client", 2),
        ]);
}
