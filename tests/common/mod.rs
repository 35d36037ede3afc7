//! What the test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::OnceLock;

use pasvlab_harness::{CellResult, Dialler, Record, Scenario};
use pasvlab_scenarios::{Case, Catalog, CellId, Client, Server, TlsSession, Topology};

/// The built-in catalogue.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::builtin().expect("the built-in catalogue is sound"))
}

/// The server of AWS Transfer Family at which a client can transfer: with TLS, if it was told to use that,
/// and one that does not insist on resumed TLS sessions, if it resumes none.
pub(crate) fn server_of(client: &Client) -> &'static Server {
    let id = match client.data.tls_session {
        TlsSession::Control => client.default_server(),
        TlsSession::New => "transfer-family-ftps-enabled",
    };
    catalog().server(id).expect("a server")
}

/// Runs one cell of the built-in catalogue; a cell that is not applicable has no record.
pub(crate) fn run(
    topology: &str,
    passive_ip: &str,
    client: &str,
    seed: u64,
) -> (CellResult, Option<Record>) {
    let cell = CellId {
        topology: topology.to_owned(),
        passive_ip: passive_ip.to_owned(),
        client: client.to_owned(),
    };
    let server = server_of(catalog().client(client).expect("a client"));
    let scenario = Scenario::of_cell(catalog(), &cell, &server.id, seed);
    let Some(scenario) = scenario.expect("known ids") else {
        return (CellResult::not_applicable(cell), None);
    };
    let record = pasvlab_harness::run(&scenario);
    (CellResult::of(cell, &record), Some(record))
}

/// Runs one cell of the built-in catalogue with a server that speaks TLS; none if it is not applicable.
pub(crate) fn run_in_tls(topology: &str, passive_ip: &str, client: &str) -> Option<Record> {
    let cell = format!("{topology}/{passive_ip}/{client}").parse().expect("an id of a cell");
    let scenario = Scenario::of_cell(catalog(), &cell, "transfer-family-ftps", 1);
    scenario.expect("known ids").map(|scenario| pasvlab_harness::run(&scenario))
}

/// Runs a case of the built-in catalogue.
pub(crate) fn run_case(case: &Case, seed: u64) -> Record {
    let scenario = Scenario::of_case(catalog(), case, seed).expect("known ids");
    pasvlab_harness::run(&scenario.expect("a setting of the topology"))
}

/// A scenario out of parts, which a test may have changed.
pub(crate) fn scenario<'a>(
    topology: &'a Topology,
    passive_ip: &str,
    client: &'a Client,
    server: &'a Server,
    seed: u64,
) -> Scenario<'a> {
    let client = Dialler::Simulated(client);
    Scenario::of(topology, passive_ip, client, server, seed).expect("a setting of the topology")
}

/// Whether tests are to go through everything there is, which takes minutes.
pub(crate) fn thorough() -> bool {
    std::env::var_os("PASVLAB_THOROUGH").is_some()
}
