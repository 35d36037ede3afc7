//! Boxes that send two packets, or more.

use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_harness::net::{Action, Middlebox, Packet, Side, Time, proxy_protocol};

use crate::ground::{IDLE, Lab, node, to};
use crate::journey::{added, sent};
use crate::scenes::{CLIENT, SERVER, one_vpc, two_vpcs};
use crate::script::{Fields, ack, socket, syn, syn_ack};

const NEIGHBOUR: &str = "10.0.1.1:5000";
const LISTENER: &str = "10.0.1.50:21";
const SOURCE: &str = "10.0.1.50:1024";

/// Bytes of a header with two IPv4 addresses (HAProxy, The PROXY protocol, section 2.2).
const HEADER: u32 = 28;

/// The header that the node sends.
fn header(client: &str, endpoint: Option<&str>, packet: Packet) -> Packet {
    let bytes = proxy_protocol::binary(socket(client), socket(LISTENER), endpoint);
    Packet { payload: bytes.into(), ..packet }
}

fn announcing() -> NodeGroup {
    NodeGroup { proxy_protocol: true, ..to(&["10.0.2.10"]) }
}

/// A load balancer that begins connections with a header; the client's is open but for the last segment
/// of the handshake.
fn half_open() -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    lab.node("nlb", vpc, "10.0.1.50", announcing());
    let (call, answer) = (syn(NEIGHBOUR, LISTENER).seq(7), syn_ack(SERVER, SOURCE).seq(300).ack(8));
    lab.send(sent("client", call).via("nlb", SOURCE, SERVER).reaches("server", 2))
        .send(sent("server", answer).via("nlb", LISTENER, NEIGHBOUR).reaches("client", 2));
    lab
}

/// NLB guide, Proxy protocol: a header precedes what the client sends. Here it follows the packet that
/// ends the handshake; both are recorded, the header as the load balancer's own.
#[test]
fn the_header_is_a_second_packet_behind_the_first() {
    let last = ack(NEIGHBOUR, LISTENER).seq(8).ack(301);
    let prefix = header(NEIGHBOUR, None, ack(SOURCE, SERVER).seq(8).ack(301));
    assert_eq!(prefix.payload.len(), HEADER as usize);
    half_open().send_all([
        sent("client", last).via("nlb", SOURCE, SERVER).reaches("server", 2),
        added("nlb", 1, prefix).reaches("server", 2),
    ]);
}

/// As above, when the client's first packet has data already: the header goes ahead of it.
#[test]
fn the_header_goes_ahead_of_the_first_data() {
    let first = ack(NEIGHBOUR, LISTENER).seq(8).ack(301).data("USER u\r\n");
    let prefix = header(NEIGHBOUR, None, ack(SOURCE, SERVER).seq(8).ack(301));
    let data = ack(SOURCE, SERVER).seq(8 + HEADER).ack(301).data("USER u\r\n");
    half_open().send_all([
        sent("client", first).via("nlb", SOURCE, SERVER).reaches("server", 2).arriving_as(prefix),
        added("nlb", 1, data).reaches("server", 2),
    ]);
}

/// As above: the server receives one stream, the client's bytes after the header.
#[test]
fn after_the_header_one_packet_goes_on_for_each() {
    let mut lab = half_open();
    let last = ack(NEIGHBOUR, LISTENER).seq(8).ack(301);
    assert_eq!(lab.carry("client", last.clone()).len(), 2);
    let shifted = ack(SOURCE, SERVER).seq(8 + HEADER).ack(301);
    let reply = ack(SERVER, SOURCE).seq(301).ack(8 + HEADER);
    let unshifted = ack(LISTENER, NEIGHBOUR).seq(301).ack(8);
    lab.send(
        sent("client", last).via("nlb", SOURCE, SERVER).reaches("server", 2).arriving_as(shifted),
    )
    .send(
        sent("server", reply)
            .via("nlb", LISTENER, NEIGHBOUR)
            .reaches("client", 2)
            .arriving_as(unshifted),
    );
}

/// NLB guide, Proxy protocol, VPC endpoint services: the header has the consumer's client and the id of
/// the endpoint. The client's packet is three legs on its way, the header one.
#[test]
fn through_privatelink_the_header_names_client_and_endpoint() {
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let behind = node("10.0.1.50", announcing(), IDLE).behind("vpce-1");
    let nlb = lab.stand("nlb", provider, "10.0.1.50", behind);
    lab.endpoint("endpoint", consumer, "10.1.1.50", (nlb, "10.0.1.50"));
    let (listener, translated) = ("10.1.1.50:21", "10.1.1.50:1024");
    lab.send(
        sent("client", syn(CLIENT, listener).seq(7))
            .via("endpoint", translated, LISTENER)
            .via("nlb", SOURCE, SERVER)
            .reaches("server", 3),
    );
    lab.send_all([
        sent("client", ack(CLIENT, listener).seq(8).ack(301))
            .via("endpoint", translated, LISTENER)
            .via("nlb", SOURCE, SERVER)
            .reaches("server", 3),
        added("nlb", 2, header(CLIENT, Some("vpce-1"), ack(SOURCE, SERVER).seq(8).ack(301)))
            .reaches("server", 3),
    ]);
}

/// The lab's choice where two load balancers stand one behind the other: what leaves a box first is
/// carried first, so that the second one's header is at the server before the first one's.
#[test]
fn two_headers_arrive_in_the_order_in_which_the_last_box_sends_them() {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    let announcing = |target| NodeGroup { proxy_protocol: true, ..to(&[target]) };
    lab.node("first", vpc, "10.0.1.50", announcing("10.0.1.51"));
    lab.node("second", vpc, "10.0.1.51", announcing("10.0.2.10"));
    let (between, source) = ("10.0.1.51:21", "10.0.1.51:1024");
    let on = |packet: Packet| {
        sent("client", packet)
            .via("first", SOURCE, between)
            .via("second", source, SERVER)
            .reaches("server", 3)
    };
    lab.send(on(syn(NEIGHBOUR, LISTENER).seq(7)));
    let bytes = proxy_protocol::binary(socket(SOURCE), socket(between), None);
    let inner = Packet { payload: bytes.into(), ..ack(source, SERVER).seq(8).ack(301) };
    let outer = header(NEIGHBOUR, None, ack(SOURCE, between).seq(8).ack(301));
    let shifted = header(NEIGHBOUR, None, ack(source, SERVER).seq(8 + HEADER).ack(301));
    lab.send_all([
        on(ack(NEIGHBOUR, LISTENER).seq(8).ack(301)),
        added("second", 2, inner).reaches("server", 3),
        added("first", 1, outer)
            .via("second", source, SERVER)
            .reaches("server", 3)
            .arriving_as(shifted),
    ]);
}

/// Sends three packets for one.
#[derive(Debug)]
struct Tripling;

impl Middlebox for Tripling {
    fn on_packet(&mut self, _: Time, _: Side, packet: Packet) -> Action {
        let numbered = |seq| Packet { seq, dst: socket(SERVER), ..packet.clone() };
        Action::ForwardAll { to: Side::Interface, packets: (1..=3).map(numbered).collect() }
    }
}

/// As above, where one box sends more than two.
#[test]
fn all_packets_of_a_box_are_carried_in_its_order() {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    lab.stand("box", vpc, "10.0.1.50", Tripling);
    let numbered = |seq| ack(NEIGHBOUR, SERVER).seq(seq);
    lab.send_all([
        sent("client", ack(NEIGHBOUR, LISTENER))
            .via("box", NEIGHBOUR, SERVER)
            .reaches("server", 2)
            .arriving_as(numbered(1)),
        added("box", 1, numbered(2)).reaches("server", 2),
        added("box", 1, numbered(3)).reaches("server", 2),
    ]);
}
