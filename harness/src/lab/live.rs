//! A cell with real programs in it.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_scenarios::{Host, Role};

use super::{Scenario, plan};
use crate::ftp::files::Sha256Digest;
use crate::ftp::server::Store;
use crate::live::Attached;
use crate::live::observe::{self, Known};
use crate::record::{PlaceKind, Record};
use crate::sim::Runs;
use crate::sim::driver;

/// Where a real program is to be: what its surroundings have to offer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    /// The host's addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Every name that holds there, with its addresses.
    pub names: Vec<(Ipv4Addr, String)>,
}

impl Real {
    /// The place of the client in a scenario.
    ///
    /// # Panics
    /// If the topology has no client, which no topology that was loaded lacks.
    #[must_use]
    pub fn client_of(scenario: &Scenario<'_>) -> Self {
        Self::of(scenario, Role::Client).expect("every topology has a client")
    }

    /// The place of the server in a scenario; none if it has several servers.
    #[must_use]
    pub fn server_of(scenario: &Scenario<'_>) -> Option<Self> {
        Self::of(scenario, Role::Server)
    }

    fn of(scenario: &Scenario<'_>, role: Role) -> Option<Self> {
        let topology = scenario.topology;
        let mut hosts = topology.hosts.iter().filter(|host| host.role == role);
        let (host, None) = (hosts.next()?, hosts.next()) else { return None };
        let network = topology.network_of(host.interfaces[0]);
        let names = super::health::names(topology, scenario.server);
        let holds = names.iter().filter(|name| name.network.is_none_or(|scope| scope == network));
        let names = holds
            .flat_map(|name| name.addresses.iter().map(|address| (*address, name.name.clone())));
        Some(Self { addresses: addresses(host), names: names.collect() })
    }
}

fn addresses(host: &Host) -> Vec<Ipv4Addr> {
    host.interfaces.iter().map(|interface| interface.address).collect()
}

/// The real programs of a session.
#[derive(Debug, Default)]
pub struct Live {
    /// In the client's place.
    pub client: Option<Attached>,
    /// In the server's place.
    pub server: Option<Attached>,
    /// After how long the session is stopped; none: not before a day has gone.
    pub limit: Option<Duration>,
    /// How long the client's operating system tries to connect if nobody answers.
    pub patience: Duration,
}

/// Runs a cell with real programs, in real time, until the client's has ended, and returns what
/// happened.
///
/// # Errors
/// If the programs' devices are unusable.
pub fn run_live(scenario: &Scenario<'_>, live: Live) -> io::Result<Record> {
    let store = Store::new();
    let mut plan = plan(scenario, &store);
    plan.limit = live.limit.unwrap_or(plan.limit);
    let lab_serves = live.server.is_none();
    let mut attach = |kind: PlaceKind, attached: Option<Attached>| {
        let host = plan
            .hosts
            .iter_mut()
            .find(|host| plan.places[usize::from(host.places[0].0)].kind == kind);
        if let (Some(host), Some(attached)) = (host, attached) {
            host.runs = Runs::Real(attached);
        }
    };
    attach(PlaceKind::Client, live.client);
    attach(PlaceKind::Server, live.server);
    let driver::Outcome { mut record, loopback } = driver::run(plan)?;
    let known = Known {
        loopback,
        files: scenario.server.files.clone(),
        stored: if lab_serves { Some(stored(&store)?) } else { None },
        real_server: !lab_serves,
        patience: live.patience,
    };
    if !lab_serves {
        "a real server".clone_into(&mut record.cell.server);
    }
    observe::observe(&mut record, &known);
    Ok(record)
}

/// What the server has in the end.
fn stored(store: &Store) -> io::Result<BTreeMap<String, Sha256Digest>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(store.digests()))
}
