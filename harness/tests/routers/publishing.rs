//! A host that publishes ports of containers, and a node of a cluster: [`pasvlab_harness::net::router`]
//! with their settings.
//!
//! The container is 172.17.0.2 behind the bridge 172.17.0.1, the host 203.0.113.7. "Docker" is the
//! manual's page Port publishing and mapping.

use std::collections::BTreeSet;

use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Packet, Reason};
use pasvlab_scenarios::{ChooseAddress, Forward, Refusal, Router, RouterKind};
use rstest::rstest;

use crate::ground::{
    INSIDE, KEEPING_PORTS, OUTSIDE, forward, interfaces, passed, router, script, seeded,
};
use crate::script::{Fields, Script, ack, answers, forwards, ip, rst_ack, silence, syn, syn_ack};

const VISITOR: &str = "198.51.100.9:6000";
const CONTROL: &str = "203.0.113.7:21";
const REAL: &str = "172.17.0.2:21";

/// `docker run -p 21:21`, with what else is published. A port that nobody listens on is closed.
fn host(more: impl IntoIterator<Item = Forward>) -> Router {
    Router {
        kind: RouterKind::Publisher,
        inside: interfaces(&["172.17.0.1"]),
        source_nat: Some(KEEPING_PORTS),
        forwards: [forward(21..=21, &["172.17.0.2"])].into_iter().chain(more).collect(),
        refusal: Refusal::Reset,
        ..router()
    }
}

/// Docker: `-p 8080:80` "creates a mapping between port 8080 on any address on the Docker host, and the
/// container's port 80"; its firewall rules leave the source what it is.
#[rstest]
#[case::same_port("203.0.113.7:21", "172.17.0.2:21")]
#[case::another_port("203.0.113.7:2121", "172.17.0.2:21")]
#[case::first_of_a_range("203.0.113.7:30000", "172.17.0.2:30000")]
#[case::last_of_a_range("203.0.113.7:30009", "172.17.0.2:30009")]
fn a_published_port_leads_to_the_container_with_the_real_source(
    #[case] dialled: &str,
    #[case] real: &str,
) {
    let more = [
        Forward { first_port: 21, ..forward(2121..=2121, &["172.17.0.2"]) },
        forward(30000..=30009, &["172.17.0.2"]),
    ];
    script(host(more))
        .takes(OUTSIDE, syn(VISITOR, dialled), forwards(INSIDE, syn(VISITOR, real)))
        .takes(INSIDE, syn_ack(real, VISITOR), forwards(OUTSIDE, syn_ack(dialled, VISITOR)));
}

/// garethflowers/docker-ftp-server issue 108: only 20 and 21 published, the reply to EPSV arrives, and
/// the data connection fails.
#[rstest]
#[case::the_passive_port("203.0.113.7:30000")]
#[case::the_default_data_port("203.0.113.7:20")]
fn without_the_passive_range_the_data_connection_is_refused(#[case] dialled: &str) {
    script(host([]))
        .takes(OUTSIDE, syn(VISITOR, CONTROL), forwards(INSIDE, syn(VISITOR, REAL)))
        .takes(
            INSIDE,
            ack(REAL, VISITOR).data("229 Extended Passive Mode (|||30000|)\r\n"),
            forwards(
                OUTSIDE,
                ack(CONTROL, VISITOR).data("229 Extended Passive Mode (|||30000|)\r\n"),
            ),
        )
        .takes(
            OUTSIDE,
            syn(VISITOR, dialled).seq(7),
            answers(OUTSIDE, rst_ack(dialled, VISITOR).ack(8), Reason::NotForwarded),
        );
}

/// FubarDevelopment/FtpServer issue 77: the port announced is the container's, so a passive range has to
/// be published as the same numbers; with others it is not found.
#[test]
fn a_range_published_as_other_numbers_is_not_what_is_announced() {
    let shifted = Forward { first_port: 30000, ..forward(40000..=40009, &["172.17.0.2"]) };
    script(host([shifted]))
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:30000"),
            answers(OUTSIDE, rst_ack("203.0.113.7:30000", VISITOR).ack(1), Reason::NotForwarded),
        )
        .takes(
            OUTSIDE,
            syn(VISITOR, "203.0.113.7:40000"),
            forwards(INSIDE, syn(VISITOR, "172.17.0.2:30000")),
        );
}

/// Docker: nothing reads what is carried, so the container's own address goes out
/// (stilliard/docker-pure-ftpd needs PUBLICHOST for that).
#[test]
fn the_containers_address_goes_out_in_the_reply() {
    const REPLY: &str = "227 Entering Passive Mode (172,17,0,2,117,48).\r\n";
    script(host([]))
        .takes(OUTSIDE, syn(VISITOR, CONTROL), forwards(INSIDE, syn(VISITOR, REAL)))
        .takes(
            INSIDE,
            ack(REAL, VISITOR).data(REPLY),
            forwards(OUTSIDE, ack(CONTROL, VISITOR).data(REPLY)),
        );
}

/// Docker: "Outgoing connections from the container will masquerade, using the Docker host's IP
/// address". So does an active data connection.
#[rstest]
#[case::any("172.17.0.2:40000", "203.0.113.7:40000", "198.51.100.22:80")]
#[case::active_mode("172.17.0.2:20", "203.0.113.7:20", "198.51.100.9:6001")]
fn the_containers_own_connections_come_from_the_host(
    #[case] own: &str,
    #[case] seen: &str,
    #[case] peer: &str,
) {
    script(host([])).takes(INSIDE, syn(own, peer), forwards(OUTSIDE, syn(seen, peer))).takes(
        OUTSIDE,
        syn_ack(peer, seen),
        forwards(INSIDE, syn_ack(peer, own)),
    );
}

/// Docker: "Ports are not accessible from outside the host" unless published, by whatever address.
#[test]
fn the_containers_address_is_not_reached_from_outside() {
    script(Router { refusal: Refusal::Silence, ..host([]) }).takes(
        OUTSIDE,
        syn(VISITOR, REAL),
        silence(Reason::NotAllowed),
    );
}

/// A host whose forwards rewrite the source, with these addresses inside.
fn rewriting(inside: &[&str], choose: ChooseAddress) -> Router {
    let rule = |ports| Forward { rewrite_source: Some(choose), ..forward(ports, &["172.17.0.2"]) };
    Router {
        inside: interfaces(inside),
        forwards: vec![rule(21..=21), rule(30000..=30009)],
        ..host([])
    }
}

/// Docker's userland proxy accepts the connection itself and opens another one: the container sees the
/// bridge (stilliard/docker-pure-ftpd issue 111: the server takes the gateway for its client).
/// Kubernetes, API reference, externalTrafficPolicy: "Cluster" obscures the client's source.
#[test]
fn a_rewritten_source_is_the_bridge_and_answers_come_back() {
    script(rewriting(&["172.17.0.1"], ChooseAddress::PerClient))
        .takes(
            OUTSIDE,
            syn(VISITOR, CONTROL).seq(7),
            forwards(INSIDE, syn("172.17.0.1:6000", REAL).seq(7)),
        )
        .takes(
            INSIDE,
            syn_ack(REAL, "172.17.0.1:6000").seq(300).ack(8),
            forwards(OUTSIDE, syn_ack(CONTROL, VISITOR).seq(300).ack(8)),
        )
        .takes(
            OUTSIDE,
            syn("198.51.100.10:6000", CONTROL),
            forwards(INSIDE, syn("172.17.0.1:6001", REAL)),
        )
        .takes(
            INSIDE,
            syn_ack(REAL, "172.17.0.1:6001"),
            forwards(OUTSIDE, syn_ack(CONTROL, "198.51.100.10:6000")),
        );
}

const NODES: [&str; 3] = ["10.0.2.11", "10.0.2.12", "10.0.2.13"];

/// What the server sees of a visitor's control connection and of four data connections.
fn sources(choose: ChooseAddress, seed: u64) -> Vec<std::net::Ipv4Addr> {
    let mut cluster = seeded(rewriting(&NODES, choose), seed);
    let mut open = |src: &str, dialled: &str, real: &str| {
        let (side, packet) = passed(cluster.feed(OUTSIDE, syn(src, dialled)));
        assert_eq!((side, packet.dst), (INSIDE, real.parse().expect("address:port")));
        cluster.takes(
            INSIDE,
            Packet { dst: packet.src, ..syn_ack(real, src) },
            forwards(OUTSIDE, syn_ack(dialled, src)),
        );
        *packet.src.ip()
    };
    let mut seen = vec![open(VISITOR, CONTROL, REAL)];
    for number in 1..5 {
        let src = format!("198.51.100.9:600{number}");
        let (dialled, real) =
            (format!("203.0.113.7:3000{number}"), format!("172.17.0.2:3000{number}"));
        seen.push(open(&src, &dialled, &real));
    }
    seen
}

/// Kubernetes, as above: packets take whichever node they come to, so that a server sees control and
/// data from two addresses (bolcom/unFTP issue 131: the data connection is not expected from there).
#[test]
fn rewritten_per_connection_a_server_sees_several_addresses_of_one_visitor() {
    let apart = (0..32).filter(|seed| {
        let seen = sources(ChooseAddress::PerConnection, *seed);
        seen.iter().any(|address| *address != seen[0])
    });
    assert!(apart.count() > 16);
}

/// Kubernetes, Service, session affinity: by the client's address everything of one client goes the
/// same way.
#[test]
fn rewritten_per_client_a_server_sees_one_address_of_a_visitor() {
    let mut chosen = BTreeSet::new();
    for seed in 0..32 {
        let seen: BTreeSet<_> = sources(ChooseAddress::PerClient, seed).into_iter().collect();
        assert_eq!(seen.len(), 1, "seed {seed}");
        chosen.extend(seen);
    }
    assert_eq!(chosen, NODES.iter().map(|node| ip(node)).collect(), "the seed decides");
}

/// A service with three pods, on its control port and its passive range.
fn service() -> Script<StatefulRouter> {
    let pods = ["172.17.0.2", "172.17.0.3", "172.17.0.4"];
    script(Router {
        forwards: vec![forward(21..=21, &pods), forward(30000..=30009, &pods)],
        ..host([])
    })
}

fn visitor(number: u8) -> String {
    format!("198.51.100.{number}:6000")
}

/// Kubernetes, Virtual IPs and Service Proxies: a service spreads its connections over its pods; in turn
/// is the lab's choice (IPVS mode `rr`).
#[test]
fn several_hosts_get_connections_in_turn() {
    let mut service = service();
    for (number, pod) in [(1, 2), (2, 3), (3, 4), (4, 2), (5, 3)] {
        let (visitor, pod) = (visitor(number), format!("172.17.0.{pod}:21"));
        service
            .takes(OUTSIDE, syn(&visitor, CONTROL), forwards(INSIDE, syn(&visitor, &pod)))
            .takes(INSIDE, syn_ack(&pod, &visitor), forwards(OUTSIDE, syn_ack(CONTROL, &visitor)));
    }
}

/// The same page: a connection stays with its pod, and so does its SYN if it is sent again.
#[test]
fn a_connection_stays_with_its_host() {
    let (first, second) = (visitor(1), visitor(2));
    service()
        .takes(OUTSIDE, syn(&first, CONTROL), forwards(INSIDE, syn(&first, REAL)))
        .takes(OUTSIDE, syn(&first, CONTROL), forwards(INSIDE, syn(&first, REAL)))
        .takes(OUTSIDE, syn(&second, CONTROL), forwards(INSIDE, syn(&second, "172.17.0.3:21")))
        .takes(OUTSIDE, ack(&first, CONTROL), forwards(INSIDE, ack(&first, REAL)))
        .takes(OUTSIDE, ack(&second, CONTROL), forwards(INSIDE, ack(&second, "172.17.0.3:21")));
}

/// vfarcic/docker-flow-proxy issue 315: a data connection is a connection of its own, and reaches
/// another host than the one that announced it.
#[test]
fn a_data_connection_may_reach_another_host_than_its_control_connection() {
    let first = visitor(1);
    service()
        .takes(OUTSIDE, syn(&first, CONTROL), forwards(INSIDE, syn(&first, REAL)))
        .takes(OUTSIDE, syn(VISITOR, CONTROL), forwards(INSIDE, syn(VISITOR, "172.17.0.3:21")))
        .takes(
            OUTSIDE,
            syn("198.51.100.9:6001", "203.0.113.7:30000"),
            forwards(INSIDE, syn("198.51.100.9:6001", "172.17.0.2:30000")),
        );
}

/// The same page: each service port is balanced by itself.
#[test]
fn each_forward_takes_its_own_turns() {
    let (first, second) = (visitor(1), visitor(2));
    service()
        .takes(OUTSIDE, syn(&first, CONTROL), forwards(INSIDE, syn(&first, REAL)))
        .takes(
            OUTSIDE,
            syn(&first, "203.0.113.7:30000"),
            forwards(INSIDE, syn(&first, "172.17.0.2:30000")),
        )
        .takes(
            OUTSIDE,
            syn(&first, "203.0.113.7:30001"),
            forwards(INSIDE, syn(&first, "172.17.0.3:30001")),
        )
        .takes(OUTSIDE, syn(&second, CONTROL), forwards(INSIDE, syn(&second, "172.17.0.3:21")));
}
