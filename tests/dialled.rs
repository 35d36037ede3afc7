//! Which address each client dials first, against a table that was read in the clients' sources.

mod common;

use std::net::Ipv4Addr;

use common::{catalog, scenario};
use pasvlab_harness::Record;
use pasvlab_harness::record::transcript::data_commands;
use pasvlab_scenarios::{DataCommand, Topology, load};
use rstest::rstest;

const TABLE: &str = include_str!("dialled/table.txt");

fn stage(name: &str) -> Topology {
    let text = match name {
        "private" => include_str!("dialled/private.toml"),
        _ => include_str!("dialled/public.toml"),
    };
    load::topology(&format!("{name}.toml"), text).expect("a sound topology")
}

/// The letter for the first address that was dialled.
fn first_dialled(record: &Record, peer: Ipv4Addr) -> &'static str {
    let Some(decision) = record.decisions().next() else { return "nothing" };
    match decision.dialled.map(|dialled| *dialled.ip()) {
        None if data_commands(record).contains(&DataCommand::Port) => "PORT",
        None => "X",
        Some(dialled) if dialled == peer => "P",
        Some(dialled) if dialled.is_unspecified() => "Z",
        Some(dialled) if Some(dialled) == decision.announced => "R",
        Some(_) => "something else",
    }
}

#[rstest]
#[case::private_peer_and_another_private_address("A", "private", "other-private")]
#[case::private_peer_and_zero("B", "private", "zero")]
#[case::public_peer_and_a_private_address("C", "public", "other-private")]
#[case::public_peer_and_zero("D", "public", "zero")]
#[case::private_peer_and_a_public_address("E", "private", "other-public")]
fn every_client_dials_what_its_source_says(
    #[case] column: &str,
    #[case] name: &str,
    #[case] passive_ip: &str,
) {
    let topology = stage(name);
    let peer = topology.server().interfaces[0].address;
    let place = "ABCDE".find(column).expect("a column") + 1;
    let mut wrong = Vec::new();
    for row in rows() {
        let client = catalog().client(row[0]).expect("a known client");
        let mut expected = row[place].split('/');
        let answered = expected.next().expect("a letter");
        let refused = expected.next().unwrap_or(answered);
        for (server, expected) in [("transfer-family", answered), ("no-epsv", refused)] {
            let server = catalog().server(server).expect("a known server");
            // A client that only knows EPSV has nothing to dial without it.
            if client.data.commands == [DataCommand::Epsv] && server.id == "no-epsv" {
                continue;
            }
            let scenario = scenario(&topology, passive_ip, client, server, 1);
            let found = first_dialled(&pasvlab_harness::run(&scenario), peer);
            if found != expected {
                wrong.push(format!("{} {}: {found}, not {expected}", row[0], server.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|row| row.split_whitespace().collect())
}

#[test]
fn every_row_has_five_columns_and_there_are_as_many_as_in_the_sources() {
    assert!(rows().all(|row| row.len() == 6));
    assert_eq!(rows().count(), 37);
}
