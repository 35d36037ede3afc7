//! Packets that do not arrive anywhere.

use pasvlab_harness::net::{Action, Flags, Middlebox, Packet, Reason, Side, Time};
use pasvlab_scenarios::NetworkKind;
use rstest::rstest;

use crate::ground::{Drawing, Lab, OTHER_ROUTER, ROUTER};
use crate::journey::{Way, answered, sent};
use crate::scenes::{SERVER, firewall, interface, nat_gateway, one_vpc};
use crate::script::{Fields, ack, syn};

const CLIENT: &str = "10.0.1.1:5000";

/// RFC 791 section 3.2: the time to live bounds how often a packet goes round; Linux hosts begin with
/// 64. Here a NAT gateway stands in the subnet whose default route it is.
#[test]
fn a_nat_gateway_that_is_its_own_route_sends_a_packet_round_64_times() {
    let (mut drawing, vpc) = one_vpc();
    drawing.route(vpc, "0.0.0.0/0", ROUTER);
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.router("nat", nat_gateway(interface(vpc, "10.0.0.5")));
    let dst = "203.0.113.5:21";
    let round = |way: Way, port| way.via("nat", &format!("10.0.0.5:{port}"), dst);
    lab.send((1024..1088).fold(sent("client", syn(CLIENT, dst)), round).dropped_by(
        "nat",
        Reason::TimeToLive,
        64,
    ));
}

/// As above, with two routers whose default routes point at each other.
#[test]
fn two_routers_that_point_at_each_other_pass_a_packet_64_times() {
    let mut drawing = Drawing::default();
    let near = drawing.network("near", NetworkKind::OnPremises, "10.0.0.0/16");
    let far = drawing.network("far", NetworkKind::OnPremises, "10.1.0.0/16");
    drawing.route(near, "0.0.0.0/0", ROUTER);
    drawing.route(far, "0.0.0.0/0", OTHER_ROUTER);
    let mut lab = drawing.build();
    lab.host("client", near, "10.0.1.1");
    lab.router("one", firewall(interface(near, "10.0.0.1"), interface(far, "10.1.0.1")));
    lab.router("other", firewall(interface(far, "10.1.0.2"), interface(near, "10.0.0.2")));
    let dst = "203.0.113.5:21";
    let round = |way: Way, _| way.via("one", CLIENT, dst).via("other", CLIENT, dst);
    lab.send((0..32).fold(sent("client", syn(CLIENT, dst)), round).dropped_by(
        "other",
        Reason::TimeToLive,
        64,
    ));
}

/// Sends a packet to itself so many times, and then on.
#[derive(Debug)]
struct Carousel {
    rounds: usize,
}

impl Middlebox for Carousel {
    fn on_packet(&mut self, _: Time, _: Side, mut packet: Packet) -> Action {
        self.rounds -= 1;
        packet.dst.set_ip([10, 0, 2, 10].into());
        let to = if self.rounds == 0 { Side::Interface } else { Side::Link(0) };
        Action::Forward { to, packet }
    }
}

/// RFC 1812 section 5.3.1: a router discards what has a time to live of zero after it has taken one
/// off, so that a packet with 64 passes 63 of them.
#[rstest]
#[case::sixty_three(63, true)]
#[case::sixty_four(64, false)]
fn a_packet_passes_63_boxes_and_no_more(#[case] rounds: usize, #[case] arrives: bool) {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    let carousel = lab.stand("carousel", vpc, "10.0.1.50", Carousel { rounds });
    lab.fabric.link(carousel, carousel);
    let round = |way: Way, _| way.via("carousel", CLIENT, SERVER);
    let way = (0..rounds).fold(sent("client", syn(CLIENT, "10.0.1.50:21")), round);
    lab.send(if arrives {
        way.reaches("server", 64)
    } else {
        way.dropped_by("carousel", Reason::TimeToLive, 64)
    });
}

/// Answers everything, even answers.
#[derive(Debug)]
struct Echo;

impl Middlebox for Echo {
    fn on_packet(&mut self, _: Time, to: Side, packet: Packet) -> Action {
        let packet = Packet { src: packet.dst, dst: packet.src, ..packet };
        Action::Answer { to, packet, reason: Reason::StraySegment }
    }
}

fn two_echoes() -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.stand("one", vpc, "10.0.1.51", Echo);
    lab.stand("other", vpc, "10.0.1.52", Echo);
    lab
}

/// RFC 9293 section 3.5.2 has no answer to a reset, so that hosts do not answer each other for ever. The
/// lab's choice for boxes that do: an answer has the rest of the time to live of what it answers.
#[test]
fn boxes_that_answer_each_other_come_to_an_end() {
    // As if the other box had sent it.
    let packet = ack("10.0.1.52:9", "10.0.1.51:9");
    let journeys = two_echoes().carry("client", packet.clone());
    assert_eq!(journeys.len(), 65);
    let reason = Reason::StraySegment;
    let back = Packet { src: packet.dst, dst: packet.src, ..packet.clone() };
    assert_eq!(journeys[0], sent("client", packet.clone()).dropped_by("one", reason, 1));
    let answer = answered("one", reason, 1, back.clone());
    assert_eq!(journeys[1], answer.dropped_by("other", reason, 2));
    let answer = answered("one", reason, 63, back);
    assert_eq!(journeys[63], answer.dropped_by("other", reason, 64));
    let last = answered("other", reason, 64, packet);
    assert_eq!(journeys[64], last.dropped_by("other", Reason::TimeToLive, 64));
}

/// Does the same with every packet.
#[derive(Debug)]
struct Stubborn(Action);

impl Middlebox for Stubborn {
    fn on_packet(&mut self, _: Time, _: Side, _: Packet) -> Action {
        self.0.clone()
    }
}

fn with_a_box(action: Action) -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.stand("box", vpc, "10.0.1.50", Stubborn(action));
    lab
}

/// The lab's choice: what a box sends where it has no interface goes nowhere.
#[test]
fn a_side_that_a_box_does_not_have_leads_nowhere() {
    let packet = syn(CLIENT, "10.0.1.50:21");
    for to in [Side::Inside, Side::Outside, Side::Link(0)] {
        with_a_box(Action::Forward { to, packet: packet.clone() }).send(
            sent("client", packet.clone()).via("box", CLIENT, "10.0.1.50:21").dropped_by(
                "box",
                Reason::NoRoute,
                1,
            ),
        );
        let answer = Action::Answer { to, packet: packet.reset(), reason: Reason::StraySegment };
        with_a_box(answer).send(sent("client", packet.clone()).dropped_by(
            "box",
            Reason::StraySegment,
            1,
        ));
    }
}

/// The lab's choice: a box that sends nothing in a packet's place drops it.
#[test]
fn a_box_that_sends_no_packets_drops_the_one_that_came() {
    let packet = syn(CLIENT, "10.0.1.50:21");
    with_a_box(Action::ForwardAll { to: Side::Interface, packets: Vec::new() })
        .send(sent("client", packet).dropped_by("box", Reason::StraySegment, 1));
}

/// As for a host's own packets: what a box sends by itself needs a route, too.
#[test]
fn an_answer_without_a_route_is_recorded_as_dropped() {
    let (src, dst) = ("10.0.1.50:21", "203.0.113.5:5000");
    let flags = Flags { rst: true, ..Flags::default() };
    let packet = crate::script::segment(flags, src, dst).window(0);
    let reason = Reason::StraySegment;
    let action = Action::Answer { to: Side::Interface, packet: packet.clone(), reason };
    with_a_box(action).send_all([
        sent("client", syn(CLIENT, src)).dropped_by("box", reason, 1),
        answered("box", reason, 1, packet).dropped_by("router of vpc", Reason::NoRoute, 1),
    ]);
}
