//! Every cell of the headline matrix, one test each, against the committed table.
//!
//! The table is the output of `pasvlab matrix --format json`; a change to it is a change
//! of what pasvlab tells people, to be checked cell by cell. The claims that must hold whatever the
//! table says are in `claims.rs`.

mod common;

use common::run;
use pasvlab_report::json;
use rstest::rstest;

/// The committed table.
const TABLE: &str = include_str!("headline.json");

#[rstest]
fn cell_is_as_committed(
    #[values(
        "direct",
        "nlb",
        "nlb-isolated",
        "nlb-multi-az",
        "privatelink",
        "privatelink-overlap"
    )]
    topology: &str,
    #[values("auto", "nlb", "endpoint", "zero")] passive_ip: &str,
    #[values(
        "ftp-netkit",
        "lftp",
        "lftp-epsv",
        "winscp-force-on",
        "winscp-force-auto",
        "winscp-force-off",
        "filezilla",
        "filezilla-windows",
        "curl",
        "wget",
        "tnftp",
        "python-ftplib",
        "suppaftp"
    )]
    client: &str,
) {
    let table = json::parse(TABLE).expect("tests/headline.json is a table");
    let expected = table.cells.iter().find(|cell| {
        (cell.topology.as_str(), cell.passive_ip.as_str(), cell.client.as_str())
            == (topology, passive_ip, client)
    });
    let found = json::Cell::of(&run(topology, passive_ip, client, table.seed).0);
    assert_eq!(Some(&found), expected);
}

#[test]
fn the_tests_above_name_every_cell_of_the_headline_matrix() {
    let table = json::parse(TABLE).expect("tests/headline.json is a table");
    let catalog = common::catalog();
    let matrix = catalog.matrix("headline").expect("the headline matrix");
    assert_eq!(
        matrix.topologies.len() * matrix.passive_ips.len() * matrix.clients.len(),
        6 * 4 * 13
    );
    assert_eq!(table.cells.len(), 6 * 4 * 13);
}
