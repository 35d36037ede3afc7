//! What legs do to large packets and to many: bandwidth and MTU.

use pasvlab_harness::net::{Packet, Reason};
use pasvlab_scenarios::{Link, NetworkKind};
use rstest::rstest;

use crate::ground::Drawing;
use crate::journey::sent;
use crate::scenes::{
    CLIENT, OFFICE_CLIENT, PUBLIC_SERVER, SERVER, TRANSLATED, firewall, interface, latency, ms,
    office, over, peered, routed,
};
use crate::script::{ack, syn};

const NEIGHBOUR: &str = "10.0.1.1:5000";
/// Bytes of headers (RFC 791 section 3.1, RFC 9293 section 3.1).
const HEADERS: usize = 40;

/// A segment that makes an IP packet of this size.
fn sized(src: &str, dst: &str, size: usize) -> Packet {
    Packet { payload: vec![b'x'; size - HEADERS].into(), ..ack(src, dst) }
}

/// What a link with this many bytes a second needs for packets of these sizes, sent at once.
fn queued(bytes_per_second: u64, sizes: &[usize]) -> Vec<u128> {
    let mut lab = over(Link { bandwidth: Some(bytes_per_second * 8), ..latency(1) }, 0);
    let times = sizes
        .iter()
        .map(|size| lab.carry("client", sized(NEIGHBOUR, SERVER, *size))[0].at.as_millis());
    times.collect()
}

/// The lab's choice, which leaves queues out that are too long: a packet is sent when those before it
/// have been, and is there when it has been sent as a whole.
#[rstest]
#[case::one_byte_a_millisecond(1000, &[40], &[41])]
#[case::the_second_waits(1000, &[100, 40, 40], &[101, 141, 181])]
#[case::ten_times_as_fast(10_000, &[100, 40, 40], &[11, 15, 19])]
#[case::rounded_up_at_the_end(10_000, &[41], &[6])]
#[case::not_rounded_in_between(10_000, &[45, 45, 41], &[6, 10, 15])]
#[case::much_faster_than_the_clock(1_000_000_000, &[1500, 1500], &[2, 2])]
fn a_packet_waits_for_those_before_it(
    #[case] bytes_per_second: u64,
    #[case] sizes: &[usize],
    #[case] milliseconds: &[u128],
) {
    assert_eq!(queued(bytes_per_second, sizes), milliseconds);
}

/// As above: bandwidth is that of one address to another, whatever the ports; nobody else waits.
#[test]
fn only_packets_between_the_same_addresses_wait() {
    let mut lab = over(Link { bandwidth: Some(8000), ..latency(1) }, 0);
    let way = |from, src, to, dst| sent(from, sized(src, dst, 100)).reaches(to, 1);
    lab.send(way("client", NEIGHBOUR, "server", SERVER).at(ms(101)))
        .send(way("neighbour", "10.0.1.2:5000", "server", SERVER).at(ms(101)))
        .send(way("client", NEIGHBOUR, "neighbour", "10.0.1.2:21").at(ms(101)))
        .send(way("server", SERVER, "client", NEIGHBOUR).at(ms(101)))
        .send(way("client", "10.0.1.1:5001", "server", "10.0.2.10:8192").at(ms(201)));
}

/// As above: what has been sent keeps nobody waiting.
#[test]
fn a_packet_does_not_wait_on_an_idle_link() {
    let mut lab = over(Link { bandwidth: Some(8000), ..latency(1) }, 0);
    let way = || sent("client", sized(NEIGHBOUR, SERVER, 100)).reaches("server", 1);
    lab.send(way().at(ms(101))).wait(ms(60)).send(way().at(ms(141)));
    lab.wait(ms(140)).send(way().at(ms(101)));
}

/// As above, with a leg on each side of a router: the slower one decides.
#[test]
fn each_leg_has_its_own_bandwidth() {
    let slow = Link { bandwidth: Some(8000), ..latency(1) };
    let fast = Link { bandwidth: Some(80_000), ..latency(1) };
    let mut lab = routed(fast, slow, 0);
    let way = || {
        sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
            .via("router", TRANSLATED, PUBLIC_SERVER)
            .reaches("server", 2)
    };
    lab.send(way().at(ms(4 + 1 + 40 + 1))).send(way().at(ms(4 + 1 + 40 + 40 + 1)));
}

/// As above: on each leg for those that are on that leg, although both have the same addresses.
#[test]
fn a_packet_does_not_wait_for_one_that_is_on_another_leg() {
    let slow = Link { bandwidth: Some(8000), ..latency(1) };
    let (mut drawing, office, internet) = office();
    drawing.link(office, slow);
    drawing.link(internet, slow);
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    lab.host("server", internet, "198.51.100.21");
    let outside = interface(internet, "198.51.100.1");
    lab.router("router", firewall(interface(office, "192.168.0.1"), outside));
    let way = || {
        sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
            .via("router", OFFICE_CLIENT, PUBLIC_SERVER)
            .reaches("server", 2)
    };
    lab.send(way().at(ms(40 + 1 + 40 + 1))).send(way().at(ms(80 + 1 + 40 + 1)));
}

/// A link with an MTU.
fn narrow(mtu: u16, mtu_discovery: bool) -> Link {
    Link { mtu: Some(mtu), mtu_discovery, ..latency(1) }
}

/// RFC 2923 section 2.1: without the ICMP messages of path MTU discovery a larger packet vanishes, and
/// nobody learns of it: small ones pass. RFC 1191 section 3: with them the sender makes smaller packets;
/// the lab's choice is to let the one pass for them all.
#[rstest]
#[case::as_large_as_possible(narrow(1400, false), 1400, true)]
#[case::a_byte_too_large(narrow(1400, false), 1401, false)]
#[case::small(narrow(1400, false), 40, true)]
#[case::a_byte_too_large_but_discovered(narrow(1400, true), 1401, true)]
#[case::no_mtu(Link { mtu_discovery: false, ..latency(1) }, 9001, true)]
fn a_packet_larger_than_the_mtu_vanishes_unless_its_sender_learns_of_it(
    #[case] link: Link,
    #[case] size: usize,
    #[case] passes: bool,
) {
    let way = sent("client", sized(NEIGHBOUR, SERVER, size));
    over(link, 0).send(if passes {
        way.reaches("server", 1)
    } else {
        way.dropped_by("router of vpc", Reason::TooBig, 0)
    });
}

/// RFC 2923 section 2.1: on premises, too, nobody is told; that is what a black hole is.
#[test]
fn a_black_hole_is_silent_whoever_runs_the_network() {
    let mut drawing = Drawing::default();
    let office = drawing.network("office", NetworkKind::OnPremises, "10.0.0.0/16");
    drawing.link(office, narrow(1000, false));
    let mut lab = drawing.build();
    lab.host("client", office, "10.0.1.1");
    lab.host("server", office, "10.0.2.10");
    let packet = sized(NEIGHBOUR, SERVER, 1001);
    lab.send(sent("client", packet).dropped_by("router of office", Reason::TooBig, 0));
}

/// As above, behind a router: the packet has passed it, and it is the second leg that it is too large
/// for.
#[test]
fn the_mtu_is_that_of_each_leg() {
    let mut lab = routed(latency(1), narrow(1000, false), 0);
    lab.send(
        sent("client", syn(OFFICE_CLIENT, PUBLIC_SERVER))
            .via("router", TRANSLATED, PUBLIC_SERVER)
            .reaches("server", 2),
    )
    .send(
        sent("client", sized(OFFICE_CLIENT, PUBLIC_SERVER, 1001))
            .via("router", TRANSLATED, PUBLIC_SERVER)
            .dropped_by("router of internet", Reason::TooBig, 1),
    );
}

/// As above, on a peering: what is within a network is not concerned.
#[test]
fn a_peering_has_its_own_mtu() {
    let (mut drawing, consumer, provider) = peered(NetworkKind::Vpc, NetworkKind::Vpc);
    drawing.ground.peerings[0].link = Some(narrow(1300, false));
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("neighbour", consumer, "10.1.1.2");
    lab.host("server", provider, "10.0.2.10");
    let large = |dst| sent("client", sized(CLIENT, dst, 1500));
    lab.send(large("10.1.1.2:21").reaches("neighbour", 1)).send(large(SERVER).dropped_by(
        "router of consumer",
        Reason::TooBig,
        0,
    ));
}

/// The lab's choice: a packet that vanishes has not kept the link busy.
#[test]
fn a_packet_that_vanishes_keeps_nobody_waiting() {
    let link = Link { bandwidth: Some(8000), ..narrow(1000, false) };
    let small = sent("client", sized(NEIGHBOUR, SERVER, 100)).reaches("server", 1);
    over(link, 0)
        .send(sent("client", sized(NEIGHBOUR, SERVER, 1001)).dropped_by(
            "router of vpc",
            Reason::TooBig,
            0,
        ))
        .send(small.at(ms(101)));
}
