//! What holds for every topology ([`crate::wiring`]) and every packet.

use std::collections::HashMap;
use std::net::SocketAddrV4;

use pasvlab_harness::net::fabric::Carried;
use pasvlab_harness::net::{Flags, InterfaceIx, Packet, Reason, Time};
use pasvlab_harness::record::{End, Hop};
use proptest::prelude::*;

use crate::ground::Lab;
use crate::journey::Journey;
use crate::scenes::ms;
use crate::script::ip;
use crate::wiring::{DESTINATIONS, HOSTS, Wiring, wirings};

/// What a host does.
#[derive(Debug, Clone)]
struct Deed {
    /// Before it.
    pause: u64,
    flags: Flags,
    size: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// Sends from one of its ports, or in somebody else's name.
    Send { host: usize, src: Option<usize>, dst: usize, ports: (u16, u16) },
    /// Answers one of the packets that have arrived anywhere, as a host would.
    Answer(prop::sample::Index),
    /// Sends again as before, with other flags.
    GoOn(prop::sample::Index),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let fin = Flags { fin: true, ..Flags::ACK };
    let rst = Flags { rst: true, ..Flags::default() };
    let flags = vec![Flags::SYN, Flags::SYN, Flags::SYN_ACK, Flags::ACK, Flags::ACK, fin, rst];
    let flags = prop::sample::select(flags);
    let pause = prop::sample::select(vec![0, 0, 1, 20, 300, 200_000, 350_001]);
    let size = prop::sample::select(vec![0_usize, 0, 8, 700, 1460]);
    let src = prop::option::weighted(0.05, 0..DESTINATIONS.len());
    let port = || prop::sample::select(vec![20_u16, 21, 21, 1024, 1025, 5000]);
    let send = (0..HOSTS.len(), src, 0..DESTINATIONS.len(), (port(), port()));
    let what = prop_oneof![
        send.prop_map(|(host, src, dst, ports)| What::Send { host, src, dst, ports }),
        any::<prop::sample::Index>().prop_map(What::Answer),
        any::<prop::sample::Index>().prop_map(What::GoOn),
    ];
    let deed = (pause, flags, size, what);
    let deed = deed.prop_map(|(pause, flags, size, what)| Deed { pause, flags, size, what });
    prop::collection::vec(deed, 1..40)
}

/// What came of one packet.
struct Played {
    sent: Packet,
    now: Time,
    /// Of all packets before it.
    hops_before: usize,
    hops_after: usize,
    by_boxes: usize,
    carried: Vec<Carried>,
}

/// A host's packet that set out or arrived.
type Seen = (&'static str, Packet);

fn play(wiring: &Wiring, deeds: &[Deed]) -> (Lab, Vec<Played>) {
    let (mut lab, count) = wiring.build();
    let (mut sent, mut arrived): (Vec<Seen>, Vec<Seen>) = (Vec::new(), Vec::new());
    let mut played = Vec::new();
    for Deed { pause, flags, size, what } in deeds {
        lab.wait(ms(*pause));
        let Some((host, mut packet)) = next(what, *flags, &sent, &arrived) else { continue };
        packet.payload = vec![b'x'; *size].into();
        packet.seq = packet.seq.wrapping_add(1);
        sent.push((host, packet.clone()));
        let (hops_before, boxes_before) = (lab.hops.len(), count.get());
        let carried = lab.carried(host, packet.clone());
        for one in &carried {
            let Some((interface, packet)) = &one.delivered else { continue };
            let name = lab.host_at(*interface);
            let (name, _) = HOSTS.iter().find(|host| host.0 == name).expect("a host");
            arrived.push((name, packet.clone()));
        }
        played.push(Played {
            sent: packet,
            now: lab.now,
            hops_before,
            hops_after: lab.hops.len(),
            by_boxes: count.get() - boxes_before,
            carried,
        });
    }
    (lab, played)
}

fn next(what: &What, flags: Flags, sent: &[Seen], arrived: &[Seen]) -> Option<Seen> {
    match what {
        What::Send { host, src, dst, ports } => {
            let (name, own) = HOSTS[*host];
            let src = ip(src.map_or(own, |src| DESTINATIONS[src]));
            let src = SocketAddrV4::new(src, ports.0);
            let dst = SocketAddrV4::new(ip(DESTINATIONS[*dst]), ports.1);
            Some((name, Packet::bare(src, dst, flags)))
        }
        What::Answer(index) if !arrived.is_empty() => {
            let (name, packet) = index.get(arrived);
            let flags = if packet.flags.opens() { Flags::SYN_ACK } else { Flags::ACK };
            let (src, dst) = (packet.dst, packet.src);
            Some((name, Packet { src, dst, flags, ..packet.clone() }))
        }
        What::GoOn(index) if !sent.is_empty() => {
            let (name, packet) = index.get(sent);
            Some((name, Packet { flags, ..packet.clone() }))
        }
        What::Answer(_) | What::GoOn(_) => None,
    }
}

proptest! {
    /// Every packet is reported once: the one that was sent, and those that boxes have sent because of
    /// it. A packet that a node's groups hold back takes the node's second one with it.
    #[test]
    fn every_packet_is_reported_exactly_once(wiring in wirings(), deeds in deeds()) {
        let (lab, played) = play(&wiring, &deeds);
        for Played { sent, now, by_boxes, carried, .. } in played {
            let held_back = carried.iter().any(|one| {
                matches!(one.end, End::Dropped(place, Reason::SecurityGroup)
                    if lab.name_of(place) == "nlb")
            });
            prop_assert!(carried.len() == 1 + by_boxes
                || (held_back && carried.len() <= 1 + by_boxes));
            let (first, more) = carried.split_first().expect("a packet");
            prop_assert_eq!((&first.packet, first.started, first.answer), (&sent, now, None));
            let is_host = |one: &Carried| {
                HOSTS.iter().any(|(name, _)| lab.name_of(one.from) == *name)
            };
            prop_assert!(is_host(first));
            prop_assert!(!more.iter().any(is_host));
        }
    }

    /// A packet has one end.
    #[test]
    fn no_packet_is_both_delivered_and_dropped(wiring in wirings(), deeds in deeds()) {
        let (lab, played) = play(&wiring, &deeds);
        for one in played.into_iter().flat_map(|played| played.carried) {
            let interface = one.delivered.as_ref().map(|(interface, _)| *interface);
            match one.end {
                End::Delivered(place) => {
                    prop_assert_eq!(interface.map(|ix| lab.fabric.place_of(ix)), Some(place));
                }
                End::Dropped(..) | End::Unreachable(..) => prop_assert_eq!(interface, None),
            }
        }
    }

    /// The packets of one call share the hops that it has added, one run after the other, and none of
    /// them is longer than a time to live.
    #[test]
    fn hops_are_runs_of_the_list_that_follow_one_another(wiring in wirings(), deeds in deeds()) {
        for played in play(&wiring, &deeds).1 {
            let mut end = played.hops_before;
            for one in &played.carried {
                prop_assert_eq!(one.hops.start, end);
                prop_assert!(one.hops.start <= one.hops.end);
                prop_assert!(one.hops.len() <= 64);
                end = one.hops.end;
            }
            prop_assert_eq!(end, played.hops_after);
        }
    }

    /// What arrives is what the record's boxes made of what set out, and for the host's address; what
    /// boxes tell each other beside packets has been taken off.
    #[test]
    fn what_arrives_is_for_the_host_and_as_the_last_box_left_it(
        wiring in wirings(),
        deeds in deeds(),
    ) {
        let (lab, played) = play(&wiring, &deeds);
        for one in played.into_iter().flat_map(|played| played.carried) {
            let Some((interface, arrived)) = one.delivered else { continue };
            prop_assert_eq!(&arrived, &Hop::after(&one.packet, &lab.hops[one.hops]));
            let name = lab.host_at(interface);
            let (_, address) = HOSTS.iter().find(|host| host.0 == name).expect("a host");
            prop_assert_eq!(*arrived.dst.ip(), ip(address));
            prop_assert_eq!(arrived.consumer, None);
        }
    }

    /// RFC 9293 section 3.4, and the lab's choice: whatever jitter and loss do, packets of one
    /// connection are there in the order in which they set out, at whole milliseconds.
    #[test]
    fn packets_of_one_connection_arrive_in_the_order_in_which_they_set_out(
        wiring in wirings(),
        deeds in deeds(),
    ) {
        let mut last: HashMap<(InterfaceIx, SocketAddrV4, SocketAddrV4), Time> = HashMap::new();
        for one in play(&wiring, &deeds).1.into_iter().flat_map(|played| played.carried) {
            let Some((interface, arrived)) = one.delivered else { continue };
            let last = last.entry((interface, arrived.src, arrived.dst)).or_default();
            prop_assert!(one.at >= *last);
            prop_assert_eq!(one.at.subsec_nanos() % 1_000_000, 0);
            *last = one.at;
        }
    }

    /// Time does not run backwards, and a packet that arrives has been on a leg before every box and
    /// before the host; packets that boxes send begin at a box.
    #[test]
    fn every_leg_takes_its_time(wiring in wirings(), deeds in deeds()) {
        let least = wiring.links.iter().map(|link| link.latency).min().expect("three");
        let (lab, played) = play(&wiring, &deeds);
        for played in played {
            for one in played.carried {
                prop_assert!(played.now <= one.started && one.started <= one.at);
                prop_assert!(one.lost <= 6);
                let by_host = one.started == played.now && one.answer.is_none();
                let mut before = one.started;
                for hop in &lab.hops[one.hops.clone()] {
                    let leg = if by_host { least } else { Time::ZERO };
                    prop_assert!(hop.at >= before + leg);
                    before = hop.at;
                }
                prop_assert!(before <= one.at);
                if one.delivered.is_some() {
                    let legs = one.hops.len() as u32 + 1;
                    prop_assert!(one.at - one.started >= least * legs);
                }
            }
        }
    }

    /// The same seed, the same packets at the same times: the same record.
    #[test]
    fn the_same_script_gives_the_same_journeys(wiring in wirings(), deeds in deeds()) {
        let journeys = || -> Vec<Vec<Journey>> {
            let (mut lab, played) = play(&wiring, &deeds);
            let journeys = |played: Played| {
                lab.now = played.now;
                played.carried.into_iter().map(|one| lab.journey(one)).collect()
            };
            played.into_iter().map(journeys).collect()
        };
        prop_assert_eq!(journeys(), journeys());
    }
}
