//! What the lab reads from the packets of a real program is what its own client says of itself.

mod common;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use common::{catalog, run};
use pasvlab_harness::live::observe::{Known, observe};
use pasvlab_harness::net::{Flags, Packet, Reason, Time};
use pasvlab_harness::record::{Decision, Meaning, PacketRecord, Record, What};
use pasvlab_harness::{Cause, judge};
use pasvlab_scenarios::{Clients, Os, Selection};
use rstest::rstest;

/// The record without what the client said of itself, and what else is known.
fn from_outside(record: &Record) -> (Record, Known) {
    let mut outside = record.clone();
    outside.events.retain(|event| match event.what {
        What::Resolved { .. } => true,
        What::Connecting { place, .. } => {
            record.place(place).kind != pasvlab_harness::record::PlaceKind::Client
        }
        _ => false,
    });
    let stored = record.events.iter().filter_map(|event| match event.what {
        What::Transferred { digest, intact: true, .. } => Some(digest),
        _ => None,
    });
    let server = catalog().server(&record.cell.server).expect("a server");
    let uploaded = format!("uploaded-{}", server.files[0].path);
    let stored = stored.map(|digest| (uploaded.clone(), digest)).collect::<BTreeMap<_, _>>();
    let known = Known {
        loopback: stayed(record),
        files: server.files.clone(),
        stored: Some(stored),
        real_server: false,
        patience: Duration::from_secs(127),
    };
    (outside, known)
}

/// The packets of connects to the own host, which do not reach the simulated network.
fn stayed(record: &Record) -> Vec<(Time, Packet)> {
    let mut packets = Vec::new();
    for event in &record.events {
        if let What::Connecting { requested, meaning: Meaning::OwnHost(own), attempt, .. } =
            event.what
        {
            let from = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 40_000 + attempt as u16);
            let to = SocketAddrV4::new(own, requested.port());
            let syn = Packet::bare(from, to, Flags::SYN);
            packets.push((event.at, syn.clone()));
            packets.push((event.at, syn.reset()));
        }
    }
    packets
}

/// Addresses and transfers. Who chose an address cannot be seen if two had the same in mind, and what
/// the server confirmed without having sent it is not counted by the client.
fn decided(record: &Record) -> Vec<String> {
    let told = record.events.iter().filter_map(|event| match &event.what {
        What::Decision(Decision { command, announced, port, peer, dialled, .. }) => {
            Some(format!("{command:?} {announced:?} {port} at {peer}: {dialled:?}"))
        }
        What::Offered { command, address } => Some(format!("{command:?} {address}")),
        What::Transferred { what, bytes, intact: true, .. } => Some(format!("{what:?} {bytes}")),
        _ => None,
    });
    told.collect()
}

fn differences(topology: &str, passive_ip: &str, client: &str) -> Option<String> {
    let (_, record) = run(topology, passive_ip, client, 1);
    let record = record?;
    let (mut outside, known) = from_outside(&record);
    observe(&mut outside, &known);
    let (own, seen) = (judge(&record), judge(&outside));
    let own = (own.outcome, own.stage, decided(&record));
    let seen = (seen.outcome, seen.stage, decided(&outside));
    (own != seen).then(|| {
        format!("{topology}/{passive_ip}/{client}\n  itself:  {own:?}\n  outside: {seen:?}")
    })
}

#[rstest]
#[case::in_clear("headline", Clients::All)]
#[case::in_tls("ftps", Clients::Default)]
fn what_is_seen_from_outside_is_what_the_client_says_of_itself(
    #[case] matrix: &str,
    #[case] clients: Clients,
) {
    let matrix = catalog().matrix(matrix).expect("a matrix");
    let selection = Selection { clients, ..Selection::default() };
    let cells = catalog().expand(matrix, &selection).expect("cells");
    let cells = cells.into_iter().filter(|cell| {
        // Programs are run on Linux.
        catalog().client(&cell.client).is_ok_and(|client| client.os == Os::Linux)
    });
    let mut all = 0;
    let mut differing = Vec::new();
    for cell in cells {
        all += 1;
        differing.extend(differences(&cell.topology, &cell.passive_ip, &cell.client));
    }
    assert!(all > 50, "{all}");
    assert!(
        differing.is_empty(),
        "{} of {all}:\n{}",
        differing.len(),
        differing[..differing.len().min(40)].join("\n")
    );
}

/// Its time is over, or its user has gone: whoever is connected to an address does not refuse it.
#[test]
fn a_program_that_ends_before_it_dials_has_not_refused_the_address() {
    let (_, record) = run("firewall-drops", "auto", "curl", 1);
    let record = record.expect("the topology has it");
    let decided = record.events.iter().filter(|event| matches!(event.what, What::Decision(_)));
    let second = decided.map(|event| event.at).nth(1).expect("EPSV, then PASV");
    let (mut outside, known) = from_outside(&record);
    // It asks with PASV, and dials nothing.
    let dials = |packet: &PacketRecord| {
        packet.packet.flags.opens() && packet.packet.dst.port() != 21 && packet.at >= second
    };
    outside.packets.retain(|packet| !dials(packet));
    observe(&mut outside, &known);
    let verdict = judge(&outside);
    assert_eq!(verdict.cause, Some(Cause::Network(Reason::NotAllowed)), "{verdict:#?}");
    assert_eq!(outside.decisions().count(), 1);
}
