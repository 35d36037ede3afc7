//! What legs do to packets: latency, jitter, loss.

use std::time::Duration;

use pasvlab_harness::net::Packet;
use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_scenarios::{Link, NetworkKind};
use rstest::rstest;

use crate::ground::{Drawing, Lab, ROUTER, to};
use crate::journey::{Journey, added, sent};
use crate::scenes::{
    CLIENT, OFFICE_CLIENT, PUBLIC_SERVER, SERVER, TRANSLATED, latency, ms, one_vpc, over, peered,
    routed, two_vpcs,
};
use crate::script::{Fields, ack, rst, syn, syn_ack};

const NEIGHBOUR: &str = "10.0.1.1:5000";

/// Packets from the client's ports, each sent after a pause: how often each was lost, and when it was
/// there.
fn arrivals(
    lab: &mut Lab,
    count: u16,
    pause: Duration,
    packet: impl Fn(u16) -> Packet,
) -> Vec<(u8, Duration)> {
    let start = lab.now;
    let arrive = |number| {
        let journeys = lab.carry("client", packet(number));
        let since = lab.now - start;
        lab.wait(pause);
        (journeys[0].lost, since + journeys[0].at)
    };
    (0..count).map(arrive).collect()
}

/// Each packet is one of another connection.
fn of_its_own(number: u16) -> Packet {
    ack(&format!("10.0.1.1:{}", 5000 + number), SERVER)
}

/// All packets are of one connection.
fn of_one(_: u16) -> Packet {
    ack(NEIGHBOUR, SERVER)
}

/// The lab's choice: legs are alike within a network, and where it says nothing they are as everywhere.
#[test]
fn each_network_has_its_own_latency() {
    let (mut drawing, consumer, provider) = two_vpcs();
    drawing.ground.link = latency(7);
    drawing.link(provider, latency(30));
    let mut lab = drawing.build();
    for (names, subnet, addresses) in [
        (["client", "neighbour"], consumer, ["10.1.1.1", "10.1.1.2"]),
        (["server", "other server"], provider, ["10.0.2.10", "10.0.2.11"]),
    ] {
        lab.host(names[0], subnet, addresses[0]);
        lab.host(names[1], subnet, addresses[1]);
    }
    lab.send(sent("client", syn(CLIENT, "10.1.1.2:21")).reaches("neighbour", 1).at(ms(7)))
        .send(sent("server", syn(SERVER, "10.0.2.11:21")).reaches("other server", 1).at(ms(30)));
}

/// The lab's choice: the leg from one network to another is the peering's, whatever theirs are like.
#[test]
fn a_peering_has_its_own_latency() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    drawing.link(consumer, latency(100));
    drawing.link(provider, latency(200));
    drawing.ground.peerings[0].link = Some(latency(40));
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    lab.send(sent("client", syn(CLIENT, SERVER)).reaches("server", 1).at(ms(40)))
        .send(sent("server", syn_ack(SERVER, CLIENT)).reaches("client", 1).at(ms(40)));
}

/// The lab's choice: on each side of a router a leg of that network.
#[test]
fn through_a_router_the_legs_of_both_networks_add_up() {
    let mut lab = routed(latency(3), latency(50), 0);
    lab.send(
        sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
            .via("router", TRANSLATED, PUBLIC_SERVER)
            .reaches("server", 2)
            .at(ms(53)),
    )
    .send(
        sent("server", syn_ack(PUBLIC_SERVER, TRANSLATED))
            .via("router", PUBLIC_SERVER, OFFICE_CLIENT)
            .reaches("client", 2)
            .at(ms(53)),
    );
}

/// The lab's choice: PrivateLink's own part has the topology's latency and nothing else, however bad
/// the topology's legs are.
#[test]
fn a_private_link_has_latency_and_nothing_else() {
    let (mut drawing, consumer, provider) = two_vpcs();
    drawing.ground.link = Link {
        latency: ms(20),
        jitter: ms(1000),
        bandwidth: Some(1),
        loss: 1.0,
        mtu: Some(30),
        mtu_discovery: false,
    };
    drawing.link(consumer, latency(3));
    drawing.link(provider, latency(5));
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3)
            .at(ms(3 + 20 + 5)),
    )
    .send(
        sent("server", syn_ack(SERVER, "10.0.1.50:1024"))
            .via("nlb", "10.0.1.50:21", "10.1.1.50:1024")
            .via("endpoint", "10.1.1.50:21", CLIENT)
            .reaches("client", 3)
            .at(ms(5 + 20 + 3)),
    );
}

/// RFC 3393 section 1: delays vary from packet to packet. Between nothing and the most, and always whole
/// milliseconds, as the lab's clock has them.
#[test]
fn jitter_adds_up_to_its_most_and_no_more() {
    let mut lab = over(Link { jitter: ms(4), ..latency(10) }, 1);
    let mut times: Vec<Duration> =
        arrivals(&mut lab, 200, Duration::ZERO, of_its_own).into_iter().map(|(_, at)| at).collect();
    times.sort();
    times.dedup();
    assert_eq!(times, [10, 11, 12, 13, 14].map(ms));
}

/// The lab's choice: what happens by chance is the seed's choice.
#[rstest]
#[case::jitter(Link { jitter: ms(50), ..latency(1) })]
#[case::loss(Link { loss: 0.3, ..latency(1) })]
#[case::both(Link { jitter: ms(50), loss: 0.3, ..latency(1) })]
fn the_same_seed_gives_the_same_times_and_another_one_others(#[case] link: Link) {
    let times = |seed| arrivals(&mut over(link, seed), 50, Duration::ZERO, of_its_own);
    assert_eq!(times(1), times(1));
    assert_ne!(times(1), times(2));
}

/// RFC 4737 section 1 is about reordering; the lab's choice is that packets of one connection stay in
/// order, and overtake those of others.
#[rstest]
#[case::jitter(Link { jitter: ms(50), ..latency(1) })]
#[case::loss(Link { loss: 0.2, ..latency(1) })]
fn packets_of_one_connection_stay_in_order_and_others_overtake(#[case] link: Link) {
    let overtaken = |packet: fn(u16) -> Packet| {
        let times = arrivals(&mut over(link, 1), 100, ms(1), packet);
        times.windows(2).filter(|pair| pair[0].1 > pair[1].1).count()
    };
    assert_eq!(overtaken(of_one), 0);
    assert!(overtaken(of_its_own) > 0);
}

/// As above: packets in opposite directions are not in one order.
#[test]
fn an_answer_does_not_wait_for_a_lost_request() {
    let mut lab = lossy_seed(|lab| {
        lab.carry("client", of_one(0))[0].lost > 0
            && lab.carry("server", ack(SERVER, NEIGHBOUR))[0].lost == 0
    });
    let request = lab.carry("client", of_one(0));
    let answer = lab.carry("server", ack(SERVER, NEIGHBOUR));
    assert!(request[0].at >= ms(201));
    assert_eq!(answer, [sent("server", ack(SERVER, NEIGHBOUR)).reaches("client", 1)]);
}

/// A lab that loses half of all packets, with the first seed that the script likes.
fn lossy_seed(likes: impl Fn(&mut Lab) -> bool) -> Lab {
    let lossy = |seed| over(Link { loss: 0.5, ..latency(1) }, seed);
    let seed = (0..1000).find(|seed| likes(&mut lossy(*seed))).expect("a seed");
    lossy(seed)
}

/// RFC 6298 sections 2 and 5.5; Linux, TCP_RTO_MIN: the first retransmission of data is due after 200
/// milliseconds here, that of a SYN and of its answer after a second; each further one after twice the
/// time. Six are the lab's limit.
#[rstest]
#[case::data(ack(NEIGHBOUR, SERVER).data("NOOP\r\n"), 200)]
#[case::acknowledgement(ack(NEIGHBOUR, SERVER), 200)]
#[case::reset(rst(NEIGHBOUR, SERVER), 200)]
#[case::syn(syn(NEIGHBOUR, SERVER), 1000)]
#[case::answer_to_a_syn(syn_ack(NEIGHBOUR, SERVER), 1000)]
fn a_lost_packet_arrives_after_time_outs_that_double(#[case] packet: Packet, #[case] first: u64) {
    let mut seen = [false; 7];
    for seed in 0..1000 {
        let mut lab = over(Link { loss: 0.6, ..latency(10) }, seed);
        let journeys = lab.carry("client", packet.clone());
        let lost = journeys[0].lost;
        let waited = ms(first * ((1 << lost) - 1));
        let expected = sent("client", packet.clone()).reaches("server", 1).lost(lost);
        assert_eq!(journeys, [expected.at(ms(10) + waited)]);
        seen[usize::from(lost)] = true;
    }
    assert_eq!(seen, [true; 7]);
}

/// The lab's choice: however bad a link is, a packet arrives at last.
#[test]
fn a_packet_is_lost_six_times_at_most() {
    let way = || sent("client", of_one(0)).reaches("server", 1).lost(6);
    let mut lab = over(Link { loss: 1.0, ..latency(1) }, 0);
    lab.send(way().at(ms(12_600 + 1)));
}

/// The lab's choice: without loss nothing is lost, and with it about as much as it says.
#[rstest]
#[case::none(0.0, 0..=0)]
#[case::one_in_a_hundred(0.01, 50..=150)]
#[case::one_in_three(0.333, 3000..=3700)]
fn as_many_packets_are_lost_as_the_link_says(
    #[case] loss: f64,
    #[case] expected: std::ops::RangeInclusive<usize>,
) {
    // Jitter, so that the link is not a plain one without loss either.
    let mut lab = over(Link { loss, jitter: ms(1), ..latency(1) }, 5);
    let packets = arrivals(&mut lab, 10_000, ms(1), of_its_own);
    let lost = packets.iter().filter(|(lost, _)| *lost > 0).count();
    assert!(expected.contains(&lost), "{lost} were lost");
}

/// RFC 9293 section 3.4: a receiver hands over bytes in order, so what is behind a lost segment counts
/// from when that is there.
#[test]
fn what_is_behind_a_lost_packet_arrives_with_it() {
    let mut lab = lossy_seed(|lab| {
        let lost = arrivals(lab, 2, ms(1), of_one);
        lost[0].0 == 1 && lost[1].0 == 0
    });
    let way = || sent("client", of_one(0)).reaches("server", 1);
    lab.send(way().lost(1).at(ms(201))).wait(ms(1)).send(way().at(ms(200)));
}

/// RFC 6298 section 5.5: it is the sender who repeats the packet and doubles the time-out, wherever it
/// was lost.
#[test]
fn losses_on_two_legs_double_the_time_out_together() {
    let lossy = Link { loss: 0.4, ..latency(1) };
    let mut seen = [false; 7];
    for seed in 0..1000 {
        let mut lab = routed(lossy, lossy, seed);
        let journeys = lab.carry("client", syn(OFFICE_CLIENT, PUBLIC_SERVER));
        let lost = journeys[0].lost;
        let way = sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
            .via("router", TRANSLATED, PUBLIC_SERVER)
            .reaches("server", 2)
            .lost(lost);
        assert_eq!(journeys, [way.at(ms(2 + 1000 * ((1 << lost) - 1)))]);
        seen[usize::from(lost)] = true;
    }
    assert_eq!(seen, [true; 7]);
}

/// HAProxy, The PROXY protocol, section 2: the header comes first in the stream; a box's second packet
/// keeps its place whatever the legs do.
#[rstest]
#[case::jitter(Link { jitter: ms(50), ..latency(1) })]
#[case::loss(Link { loss: 0.3, ..latency(1) })]
#[case::bandwidth(Link { bandwidth: Some(8000), ..latency(1) })]
fn the_second_packet_of_a_box_is_never_there_before_the_first(#[case] link: Link) {
    for seed in 0..200 {
        let (mut drawing, vpc) = one_vpc();
        drawing.link(vpc, link);
        drawing.ground.seed = seed;
        let mut lab = drawing.build();
        lab.host("client", vpc, "10.0.1.1");
        lab.host("server", vpc, "10.0.2.10");
        let group = NodeGroup { proxy_protocol: true, ..to(&["10.0.2.10"]) };
        lab.node("nlb", vpc, "10.0.1.50", group);
        lab.carry("client", syn(NEIGHBOUR, "10.0.1.50:21").seq(7));
        lab.wait(ms(250_000));
        let journeys = lab.carry("client", ack(NEIGHBOUR, "10.0.1.50:21").seq(8).ack(301));
        let [first, second]: [Journey; 2] = journeys.try_into().expect("two packets");
        assert!(first.at <= second.at, "{first:?} and {second:?}");
        // Otherwise they are what they are on a plain link.
        let expected = added("nlb", 1, second.packet.clone()).reaches("server", 2);
        let started = second.started;
        let plain = Journey { started, lost: second.lost, ..expected.at(second.at) };
        assert_eq!(second, plain);
    }
}

/// As above: what was lost on the way to a box is that packet's business; what the box adds sets out
/// afresh.
#[test]
fn a_packet_that_a_box_adds_was_not_lost_before_it_set_out() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    drawing.ground.peerings[0].link = Some(Link { loss: 1.0, ..latency(1) });
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let group = NodeGroup { proxy_protocol: true, ..to(&["10.0.2.10"]) };
    lab.node("nlb", provider, "10.0.1.50", group);
    lab.carry("client", syn(CLIENT, "10.0.1.50:21").seq(7));
    let journeys = lab.carry("client", ack(CLIENT, "10.0.1.50:21").seq(8).ack(301));
    let lost: Vec<u8> = journeys.iter().map(|journey| journey.lost).collect();
    assert_eq!(lost, [6, 0]);
    // The SYN was lost, too, but the two are behind it at the server only.
    assert_eq!(journeys[1].started, ms(12_600 + 1));
}

/// The lab's choice: a route that leads nowhere costs no time, and no chance.
#[test]
fn a_packet_that_goes_nowhere_is_not_on_any_link() {
    let mut drawing = Drawing::default();
    let vpc = drawing.vpc("vpc", "10.0.0.0/16");
    drawing.link(vpc, Link { loss: 1.0, bandwidth: Some(8), ..latency(1) });
    drawing.route(vpc, "10.1.0.0/16", ROUTER);
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    for dst in ["10.0.9.9:21", "10.1.0.1:21", "10.2.0.1:21"] {
        let journeys = lab.carry("client", syn(NEIGHBOUR, dst));
        assert_eq!((journeys[0].at, journeys[0].lost), (Duration::ZERO, 0));
    }
}
