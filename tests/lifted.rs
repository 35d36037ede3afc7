//! A verdict names a cause. These tests hold it to that: without the cause, and with nothing else
//! changed, the session comes out otherwise.

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{catalog, thorough};
use pasvlab_harness::change::{Setup, lift};
use pasvlab_harness::net::Reason;
use pasvlab_harness::{Cause, Outcome, Scenario, Verdict, judge};
use pasvlab_scenarios::{CellId, Topology};

const SEED: u64 = 1;

/// More causes than this never stand one behind the other.
const DEEPEST: usize = 5;

/// A cell, and its server.
type Session = (CellId, &'static str);

/// These clients behind each of these topologies, with all its settings.
fn cells<'a>(
    topologies: impl Iterator<Item = &'a Topology>,
    clients: &[&str],
    server: &'static str,
) -> Vec<Session> {
    let mut cells = Vec::new();
    for topology in topologies {
        for passive_ip in topology.passive_ip_ids() {
            let cell = |client: &&str| CellId {
                topology: topology.id.clone(),
                passive_ip: passive_ip.to_owned(),
                client: (*client).to_owned(),
            };
            cells.extend(clients.iter().map(|client| (cell(client), server)));
        }
    }
    cells
}

/// Every cell there is: all topologies, their settings, and all clients; or those of the headline
/// matrix, which behave in all the ways that matter.
fn cells_in_clear() -> Vec<Session> {
    let headline = catalog().matrix("headline").expect("a matrix");
    let clients = catalog().clients().filter(|client| !client.asks_for_tls());
    let clients =
        clients.map(|client| &client.id).filter(|id| thorough() || headline.clients.contains(id));
    let clients: Vec<&str> = clients.map(String::as_str).collect();
    cells(catalog().topologies(), &clients, "transfer-family")
}

/// Every client that goes over to TLS in the matrix that is for them, and one that does not; and one
/// of them behind every topology, with a server that demands TLS and one that has none.
fn cells_in_tls() -> Vec<Session> {
    let matrix = catalog().matrix("ftps").expect("a matrix");
    let topologies = matrix.topologies.iter().filter_map(|id| catalog().topology(id).ok());
    let clients = catalog().clients().filter(|client| client.asks_for_tls());
    let clients: Vec<&str> = clients.map(|client| client.id.as_str()).chain(["suppaftp"]).collect();
    let mut all = cells(topologies, &clients, &matrix.server);
    for server in [matrix.server.as_str(), "transfer-family"] {
        all.extend(cells(catalog().topologies(), &["suppaftp-ftps"], server));
    }
    all
}

fn setup((cell, server): &Session) -> Setup {
    let scenario = Scenario::of_cell(catalog(), cell, server, SEED);
    let scenario = scenario.expect("known ids").expect("a setting of the topology");
    Setup::of(&scenario).expect("a simulated client")
}

/// What stands in the way of the server's own connections to a client, once a server makes some: it is
/// beyond what can be taken away one by one.
fn of_active_mode(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::ActiveAddressPrivate
            | Cause::DataFromElsewhere
            | Cause::ClientInsistsOnPeer
            | Cause::PortClosed
            | Cause::Network(Reason::OneWay | Reason::NotAllowed | Reason::Prohibited)
    )
}

/// Takes one cause after the other away. Returns what is wrong about that, if anything is.
fn without_its_causes(session: &Session) -> Result<(), String> {
    let (mut setup, cell) = (setup(session), &session.0);
    let mut record = setup.run();
    let mut verdict = judge(&record);
    let mut path: Vec<Verdict> = Vec::new();
    while verdict.outcome != Outcome::Transferred {
        let cause = verdict.cause.ok_or_else(|| format!("{cell} fails without a cause"))?;
        let active = path.iter().any(|before| before.cause == Some(Cause::ActiveModeRefused));
        if active && of_active_mode(cause) {
            break;
        }
        let changes = lift(&setup, &record, &verdict)
            .ok_or_else(|| format!("{cell}: {cause} cannot be taken away"))?;
        for change in &changes {
            change.apply(&mut setup);
        }
        record = setup.run();
        let after = judge(&record);
        if (after.outcome, after.cause) == (verdict.outcome, verdict.cause) {
            return Err(format!("{cell}: without {cause} ({changes:?}) it is the same"));
        }
        path.push(std::mem::replace(&mut verdict, after));
        if path.len() > DEEPEST {
            return Err(format!("{cell}: there is no end to its causes"));
        }
    }
    Ok(())
}

#[test]
fn without_the_named_cause_and_nothing_else_changed_a_cell_comes_out_otherwise() {
    let cells: Vec<Session> = cells_in_clear().into_iter().chain(cells_in_tls()).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(text) = without_its_causes(cell) {
                        wrong.lock().expect("no panic").push(text);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no panic");
    wrong.sort();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_cell_that_works_has_no_cause_to_take_away() {
    let cell = CellId {
        topology: "direct".to_owned(),
        passive_ip: "auto".to_owned(),
        client: "curl".to_owned(),
    };
    let setup = setup(&(cell, "transfer-family"));
    let record = setup.run();
    let verdict = judge(&record);
    assert_eq!((verdict.outcome, verdict.cause), (Outcome::Transferred, None));
    assert_eq!(lift(&setup, &record, &verdict), None);
}
