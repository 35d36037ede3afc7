//! What the test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::OnceLock;

use pasvlab_harness::{CellResult, Record, Scenario};
use pasvlab_scenarios::{Catalog, CellId, Client, Server, Topology};

/// The built-in catalogue.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::builtin().expect("the built-in catalogue is sound"))
}

/// Runs one cell of the built-in catalogue; a cell that is not applicable has no record.
pub(crate) fn run(
    topology: &str,
    passive_ip: &str,
    client: &str,
    seed: u64,
) -> (CellResult, Option<Record>) {
    run_pinned(topology, passive_ip, client, seed, None)
}

/// The same with every data connection on one port.
pub(crate) fn run_pinned(
    topology: &str,
    passive_ip: &str,
    client: &str,
    seed: u64,
    passive_port: Option<u16>,
) -> (CellResult, Option<Record>) {
    let catalog = catalog();
    let cell = CellId {
        topology: topology.to_owned(),
        passive_ip: passive_ip.to_owned(),
        client: client.to_owned(),
    };
    let topology = catalog.topology(topology).expect("a known topology");
    if topology.announced(passive_ip).is_none() {
        return (CellResult::not_applicable(cell), None);
    }
    let client = catalog.client(client).expect("a known client");
    let server = catalog.server("transfer-family").expect("a known server");
    let plain = scenario(topology, passive_ip, client, server, seed);
    let record = pasvlab_harness::run(&Scenario { passive_port, ..plain });
    (CellResult::of(cell, &record), Some(record))
}

/// A scenario out of parts, which a test may have changed.
pub(crate) fn scenario<'a>(
    topology: &'a Topology,
    passive_ip: &str,
    client: &'a Client,
    server: &'a Server,
    seed: u64,
) -> Scenario<'a> {
    Scenario {
        topology,
        passive_ip: passive_ip.to_owned(),
        announced: topology.announced(passive_ip).expect("a setting of the topology"),
        client,
        server,
        passive_port: None,
        seed,
    }
}
