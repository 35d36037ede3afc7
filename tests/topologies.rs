//! Every cell of every topology, against the committed table.
//!
//! The table is `topologies.json`; a cell that differs is either a mistake or a change that somebody
//! has looked at: `cargo run --release -- matrix --matrix topologies --format json > tests/topologies.json`.

mod common;

use common::catalog;
use pasvlab_harness::Jobs;
use pasvlab_report::json;
use pasvlab_scenarios::Selection;
use rstest::rstest;

const TABLE: &str = include_str!("topologies.json");

#[rstest]
fn every_cell_is_as_in_the_committed_table(
    #[values(
        "carrier-nat",
        "direct",
        "docker-port-21-only",
        "docker-published",
        "docker-userland-proxy",
        "elastic-ip",
        "firewall-alg",
        "firewall-drops",
        "firewall-prohibits",
        "firewall-rejects",
        "hairpin",
        "haproxy",
        "haproxy-proxy-protocol",
        "haproxy-two-servers",
        "home-router",
        "home-router-alg",
        "home-router-alg-pasv-only",
        "kubernetes-node-snat",
        "nacl-forgets-data",
        "nacl-forgets-ephemeral",
        "nat-gateway",
        "nat-gateway-two-addresses",
        "nat-instance",
        "nlb",
        "nlb-cross-zone",
        "nlb-health-check-data",
        "nlb-isolated",
        "nlb-multi-az",
        "nlb-port-21-only",
        "nlb-preserve-client-ip",
        "nlb-proxy-protocol",
        "nlb-remapped-ports",
        "nlb-security-group",
        "nlb-sticky",
        "privatelink",
        "privatelink-overlap",
        "privatelink-private-dns",
        "privatelink-security-group",
        "privatelink-two-balancers",
        "security-group-forgets-data",
        "server-behind-router",
        "slow-lossy-link",
        "split-horizon-inside",
        "split-horizon-outside",
        "vpn-mtu"
    )]
    topology: &str,
) {
    let mut expected = json::parse(TABLE).expect("tests/topologies.json is a table");
    expected.cells.retain(|cell| cell.topology == topology);
    let matrix = catalog().matrix("topologies").expect("a known matrix");
    let selection = Selection { topologies: vec![topology.to_owned()], ..Selection::default() };
    let jobs = Jobs::new(catalog(), matrix, &selection, expected.seed).expect("known ids");
    let found: Vec<json::Cell> = jobs.run(1, || {}).iter().map(json::Cell::of).collect();
    assert_eq!(found, expected.cells);
    assert_eq!(found.len(), matrix.passive_ips.len() * matrix.clients.len());
}

#[test]
fn the_matrix_of_topologies_has_every_topology() {
    let matrix = catalog().matrix("topologies").expect("a known matrix");
    let all: Vec<&str> = catalog().topologies().map(|topology| topology.id.as_str()).collect();
    assert_eq!(matrix.topologies, all);
    assert_eq!(matrix.topologies.len(), TOPOLOGIES);
}

/// As many as the test above names.
const TOPOLOGIES: usize = 46;
