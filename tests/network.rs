//! What boxes on the network do to whole sessions, by hand: claims that hold whatever the committed
//! tables say.

mod common;

use std::net::Ipv4Addr;

use common::{catalog, run, scenario};
use pasvlab_harness::record::{Record, What};
use pasvlab_harness::{CellResult, Outcome, judge};
use pasvlab_scenarios::{
    Attachment, CellId, DataCommand, Host, Interface, NetworkIx, Role, Topology,
};
use rstest::rstest;

fn with_server(topology: &str, passive_ip: &str, client: &str, server: &str) -> Outcome {
    let catalog = catalog();
    let topology = catalog.topology(topology).expect("a known topology");
    let client = catalog.client(client).expect("a known client");
    let server = catalog.server(server).expect("a known server");
    judge(&pasvlab_harness::run(&scenario(topology, passive_ip, client, server, 1))).outcome
}

fn outcome(topology: &str, passive_ip: &str, client: &str, seed: u64) -> Outcome {
    run(topology, passive_ip, client, seed).0.outcome
}

/// Whether a data connection from another address is taken is not documented for AWS Transfer Family.
#[test]
fn a_server_that_takes_data_connections_from_anywhere_takes_them_past_the_load_balancer() {
    assert_eq!(with_server("nlb", "auto", "ftp-netkit", "transfer-family"), Outcome::Rejected);
    assert_eq!(
        with_server("nlb", "auto", "ftp-netkit", "transfer-family-any-peer"),
        Outcome::Transferred
    );
}

/// drakkan/sftpgo issues 382 and 1013: the header has to be on data connections, too, and the server
/// has to expect it there.
#[rstest]
#[case::of_a_proxy("haproxy-proxy-protocol", "public")]
#[case::of_a_load_balancer("nlb-proxy-protocol", "nlb")]
fn the_proxy_protocol_works_if_the_server_expects_it_everywhere(
    #[case] topology: &str,
    #[case] passive_ip: &str,
) {
    for client in ["ftp-netkit", "curl"] {
        let found = with_server(topology, passive_ip, client, "ftpd-proxy-protocol-everywhere");
        assert_eq!(found, Outcome::Transferred, "{client}");
        for server in ["ftpd", "ftpd-proxy-protocol"] {
            let found = with_server(topology, passive_ip, client, server);
            assert_ne!(found, Outcome::Transferred, "{client} {server}");
        }
    }
}

/// ustclug/discussions issue 159: several egress addresses, and it depends which ones are hit.
#[rstest]
#[case::of_a_carrier("carrier-nat")]
#[case::of_a_nat_gateway("nat-gateway-two-addresses")]
fn two_egress_addresses_break_some_sessions_and_not_others(#[case] topology: &str) {
    let found: Vec<Outcome> =
        (0..24).map(|seed| outcome(topology, "public", "ftp-netkit", seed)).collect();
    assert!(found.contains(&Outcome::Transferred), "{found:?}");
    assert!(found.contains(&Outcome::Rejected), "{found:?}");
}

/// NLB guide, Sticky sessions: stickiness is per target group, so port 21 and a data port hash apart.
#[rstest]
#[case::without_stickiness("nlb-cross-zone")]
#[case::with_stickiness("nlb-sticky")]
fn several_targets_break_some_sessions_and_not_others(#[case] topology: &str) {
    let found: Vec<Outcome> =
        (0..24).map(|seed| outcome(topology, "zero", "python-ftplib", seed)).collect();
    assert!(found.contains(&Outcome::Transferred), "{found:?}");
    assert!(found.contains(&Outcome::Refused), "{found:?}");
}

/// patrickjuchli/basic-ftp issue 77: a helper that opens what PASV announces, but not EPSV.
#[test]
fn a_helper_that_knows_only_pasv_stops_epsv_and_lets_its_fall_back_through() {
    let (result, _) = run("home-router-alg-pasv-only", "auto", "curl", 1);
    assert_eq!(result.outcome, Outcome::Transferred);
    assert_eq!(result.commands[..2], [DataCommand::Epsv, DataCommand::Pasv]);
    assert_eq!(outcome("home-router-alg-pasv-only", "auto", "lftp-epsv", 1), Outcome::TimedOut);
}

/// The helper rewrites what a server announces behind it, so that AUTO is right outside.
#[test]
fn a_helper_makes_auto_right_and_a_public_address_wrong() {
    let alg = |passive_ip| outcome("home-router-alg-pasv-only", passive_ip, "ftp-netkit", 1);
    assert_eq!(alg("auto"), Outcome::Transferred);
    // It is not the server's own address, so the helper leaves it alone and opens nothing.
    assert_eq!(alg("public"), Outcome::TimedOut);
}

/// NLB guide, Target group health: one unhealthy group is enough to take a zone out of the name.
#[test]
fn a_zone_without_a_healthy_target_is_taken_out_of_the_name() {
    let sound = catalog().topology("nlb-multi-az").expect("a known topology");
    assert_eq!(resolved(sound), [Ipv4Addr::new(10, 0, 1, 50), Ipv4Addr::new(10, 0, 2, 50)]);
    assert_eq!(resolved(&with_dead_zone(sound)), [Ipv4Addr::new(10, 0, 1, 50)]);
}

/// NLB guide, Target group health: if every zone is unhealthy, all of them stay in the name.
#[test]
fn all_zones_stay_in_the_name_if_none_is_healthy() {
    let topology = catalog().topology("nlb-health-check-data").expect("a known topology");
    assert_eq!(resolved(topology).len(), 2);
}

/// The topology with a machine that serves nothing as the target in zone b.
fn with_dead_zone(sound: &Topology) -> Topology {
    let mut topology = sound.clone();
    let server = topology.hosts.iter().position(|host| host.role == Role::Server).expect("one");
    let dead: Interface = topology.hosts[server].interfaces.remove(1);
    topology.hosts.push(Host {
        id: "dead".to_owned(),
        role: Role::Bystander,
        interfaces: vec![dead],
        attachment: Attachment::Instance,
        listens: Vec::new(),
        relays: Vec::new(),
        security_groups: Vec::new(),
    });
    assert_eq!(topology.network_of(dead), NetworkIx(0));
    topology
}

/// What the load balancer's name leads to.
fn resolved(topology: &Topology) -> Vec<Ipv4Addr> {
    let catalog = catalog();
    let client = catalog.client("curl").expect("a known client");
    let server = catalog.server("transfer-family").expect("a known server");
    let record: Record = pasvlab_harness::run(&scenario(topology, "zero", client, server, 1));
    let mut addresses = record
        .events
        .iter()
        .find_map(|event| match &event.what {
            What::Resolved { addresses, .. } => Some(addresses.clone()),
            _ => None,
        })
        .expect("a name was asked for");
    addresses.sort();
    addresses
}

/// Every client and setting runs in every topology; which of them work is in the tables.
#[rstest]
fn a_topology_with_every_client_has_an_outcome_in_every_cell(
    #[values("nat-gateway", "firewall-alg", "haproxy", "nlb-preserve-client-ip")] topology: &str,
) {
    for client in catalog().clients() {
        for passive_ip in ["auto", "zero"] {
            let cell = CellId {
                topology: topology.to_owned(),
                passive_ip: passive_ip.to_owned(),
                client: client.id.clone(),
            };
            let result: CellResult = run(topology, passive_ip, &client.id, 1).0;
            assert_eq!(result.cell, cell);
            assert!(result.outcome == Outcome::Transferred || !result.reason.is_empty(), "{cell}");
        }
    }
}
