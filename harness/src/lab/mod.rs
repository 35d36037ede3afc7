//! Builds one cell of the matrix out of its data, and runs it.
//!
//! - `ground` — everything between the hosts.
//! - `health` — which targets of load balancers pass their health checks, and what that does to names.
//! - `live` — the same with a real program in a host's place.
//! - `relay` — the program of a proxy.

mod ground;
mod health;
#[cfg(unix)]
mod live;
mod relay;

#[cfg(unix)]
pub use live::{Live, Real, run_live};

use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_scenarios::{
    Case, Catalog, CellId, Client, FileSpec, FtpHelper, Host, Interface, Link, Os, PassiveIp, Role,
    Server, ServerTls, Topology, TransferKind, UnknownId,
};

use crate::ftp::client::{self, Task};
use crate::ftp::server::{self, Settings, Store};
use crate::net::Dns;
use crate::record::{Cell, Place, PlaceIx, PlaceKind, Record};
use crate::sim::{HostPlan, Plan, Runs, simulate};
use crate::tls::Identity;

/// Virtual time after which a session is stopped, whatever it is doing: longer than any time-out of
/// any client or server, and of no cost.
const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Who stands at the client's place.
#[derive(Debug, Clone)]
pub enum Dialler<'a> {
    /// A behaviour file that the lab's own client follows.
    Simulated(&'a Client),
    /// A program of the machine's, known by this name.
    Real(String),
}

impl Dialler<'_> {
    fn id(&self) -> &str {
        match self {
            Self::Simulated(client) => &client.id,
            Self::Real(name) => name,
        }
    }

    fn program(&self) -> &str {
        match self {
            Self::Simulated(client) => &client.program,
            Self::Real(name) => name,
        }
    }

    fn os(&self) -> Os {
        match self {
            Self::Simulated(client) => client.os,
            // Namespaces and TUN devices are Linux's.
            Self::Real(_) => Os::Linux,
        }
    }
}

/// One cell, with what is special about it.
#[derive(Debug, Clone)]
pub struct Scenario<'a> {
    /// What stands between.
    pub topology: &'a Topology,
    /// PassiveIp id, for the record.
    pub passive_ip: String,
    /// What it means in this topology.
    pub announced: PassiveIp,
    /// Who dials.
    pub client: Dialler<'a>,
    /// The server.
    pub server: &'a Server,
    /// The port of every data connection, if it is known.
    pub passive_port: Option<u16>,
    /// What every leg is like, in place of the topology's own.
    pub link: Option<Link>,
    /// What the client transfers, in order.
    pub transfers: Vec<TransferKind>,
    /// Seed of every choice.
    pub seed: u64,
}

impl<'a> Scenario<'a> {
    /// A cell out of the catalogue; none if the topology has no such setting.
    ///
    /// # Errors
    /// If an id is unknown.
    pub fn of_cell(
        catalog: &'a Catalog,
        cell: &CellId,
        server: &str,
        seed: u64,
    ) -> Result<Option<Self>, UnknownId> {
        catalog.check_cell(cell)?;
        let topology = catalog.topology(&cell.topology)?;
        let client = Dialler::Simulated(catalog.client(&cell.client)?);
        Ok(Self::of(topology, &cell.passive_ip, client, catalog.server(server)?, seed))
    }

    /// A cell out of its parts; none if the topology has no such setting.
    #[must_use]
    pub fn of(
        topology: &'a Topology,
        passive_ip: &str,
        client: Dialler<'a>,
        server: &'a Server,
        seed: u64,
    ) -> Option<Self> {
        let announced = topology.announced(passive_ip)?;
        Some(Self {
            topology,
            passive_ip: passive_ip.to_owned(),
            announced,
            client,
            server,
            passive_port: None,
            link: None,
            transfers: TransferKind::ALL.to_vec(),
            seed,
        })
    }

    /// A case out of the catalogue, with what is special about it.
    ///
    /// # Errors
    /// If the case was not made for this catalogue.
    pub fn of_case(
        catalog: &'a Catalog,
        case: &Case,
        seed: u64,
    ) -> Result<Option<Self>, UnknownId> {
        let cell = Self::of_cell(catalog, &case.cell(), &case.server, seed)?;
        Ok(cell.map(|cell| Self { passive_port: case.passive_port, link: case.link, ..cell }))
    }
}

/// Runs a cell and returns what happened. The same scenario leaves the same record, always. At a real
/// program's place stands nobody: that takes [`run_live`].
#[must_use]
pub fn run(scenario: &Scenario<'_>) -> Record {
    let span = tracing::info_span!(
        "cell",
        topology = scenario.topology.id,
        passive_ip = scenario.passive_ip,
        client = scenario.client.id(),
    );
    let _entered = span.enter();
    simulate(plan(scenario, &Store::new()))
}

/// The places of the record that a scenario will leave, in order; nothing is run.
#[must_use]
pub fn places(scenario: &Scenario<'_>) -> Vec<Place> {
    plan(scenario, &Store::new()).places
}

fn plan(scenario: &Scenario<'_>, store: &Store) -> Plan {
    let topology = scenario.topology;
    let mut places = Places::default();
    let fabric = ground::fabric(scenario, &mut places);
    let hosts = topology.hosts.iter().map(|host| place_host(&mut places, scenario, host, store));
    let hosts = hosts.collect();
    Plan {
        cell: cell(scenario),
        places: places.list,
        fabric,
        dns: Dns::new(health::names(topology, scenario.server), scenario.seed),
        hosts,
        limit: LIMIT,
    }
}

fn cell(scenario: &Scenario<'_>) -> Cell {
    Cell {
        topology: scenario.topology.id.clone(),
        passive_ip: scenario.passive_ip.clone(),
        announced: scenario.announced,
        client: scenario.client.id().to_owned(),
        program: scenario.client.program().to_owned(),
        os: scenario.client.os(),
        server: scenario.server.id.clone(),
        control_port: scenario.server.control_port,
        seed: scenario.seed,
    }
}

fn place_host(
    places: &mut Places,
    scenario: &Scenario<'_>,
    host: &Host,
    store: &Store,
) -> HostPlan {
    let kind = match host.role {
        Role::Client => PlaceKind::Client,
        Role::Server => PlaceKind::Server,
        Role::Bystander => PlaceKind::Bystander,
        Role::Proxy => PlaceKind::Proxy,
    };
    let interfaces = host.interfaces.iter();
    let places =
        interfaces.map(|interface| places.add(&host.id, kind, scenario.topology, *interface));
    let (runs, os) = match host.role {
        Role::Client => (dials(scenario, store), scenario.client.os()),
        Role::Server => (program(server::run(settings(scenario, host), store.clone())), Os::Linux),
        Role::Bystander => (program(stand_by(host.listens.clone())), Os::Linux),
        Role::Proxy => (program(relay::run(host.relays.clone())), Os::Linux),
    };
    HostPlan {
        places: places.collect(),
        interfaces: host.interfaces.clone(),
        network: scenario.topology.network_of(host.interfaces[0]),
        filters: host
            .interfaces
            .iter()
            .map(|_| ground::filter(scenario.topology, &host.security_groups))
            .collect(),
        os,
        runs,
        decides_the_end: host.role == Role::Client,
    }
}

fn program(program: impl Future<Output = ()> + 'static) -> Runs {
    Runs::Program(Box::pin(program))
}

fn dials(scenario: &Scenario<'_>, store: &Store) -> Runs {
    match scenario.client {
        Dialler::Simulated(client) => program(client::run(task(scenario, client, store.clone()))),
        Dialler::Real(_) => Runs::Nothing,
    }
}

fn task(scenario: &Scenario<'_>, client: &Client, store: Store) -> Task {
    let server = scenario.server;
    let download = server.files[0].clone();
    let upload = FileSpec { path: format!("uploaded-{}", download.path), size: download.size };
    Task {
        client: client.clone(),
        host: scenario.topology.connect.clone(),
        port: server.control_port,
        user: server.user.clone(),
        password: server.password.clone(),
        download,
        upload,
        transfers: scenario.transfers.clone(),
        store,
    }
}

fn settings(scenario: &Scenario<'_>, host: &Host) -> Settings {
    Settings {
        server: scenario.server.clone(),
        passive_ip: scenario.announced,
        passive_port: scenario.passive_port,
        identity: identity(scenario),
        addresses: host.interfaces.iter().map(|interface| interface.address).collect(),
        seed: scenario.seed,
    }
}

/// Who the server is in TLS, if it speaks that: it is known by the name that clients are told.
#[must_use]
pub fn identity(scenario: &Scenario<'_>) -> Option<Identity> {
    let speaks = scenario.server.tls != ServerTls::None;
    speaks.then(|| Identity::of(&scenario.topology.connect))
}

/// A bystander accepts connections on its ports and says nothing.
async fn stand_by(ports: Vec<u16>) {
    for port in ports {
        tokio::spawn(async move {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
            let mut held = Vec::new();
            loop {
                held.push(listener.accept().await?);
            }
            #[expect(unreachable_code, reason = "names the error type of the block")]
            std::io::Result::Ok(())
        });
    }
}

/// Names for the record, in the order in which things are placed.
#[derive(Debug, Default)]
struct Places {
    list: Vec<Place>,
}

impl Places {
    fn router(&mut self, network: &str) -> PlaceIx {
        self.at_edge(&format!("router of {network}"), PlaceKind::Router, network)
    }

    fn add(
        &mut self,
        name: &str,
        kind: PlaceKind,
        topology: &Topology,
        interface: Interface,
    ) -> PlaceIx {
        let network = topology.subnets[interface.subnet.0].network;
        self.push(Place {
            name: name.to_owned(),
            kind,
            network: topology.networks[network.0].id.clone(),
            address: Some(interface.address),
            ftp_helper: None,
        })
    }

    fn at_edge(&mut self, name: &str, kind: PlaceKind, network: &str) -> PlaceIx {
        self.push(Place {
            name: name.to_owned(),
            kind,
            network: network.to_owned(),
            address: None,
            ftp_helper: None,
        })
    }

    /// The place reads FTP's control connections.
    fn reads_ftp(&mut self, place: PlaceIx, helper: FtpHelper) {
        self.list[usize::from(place.0)].ftp_helper = Some(helper);
    }

    fn push(&mut self, place: Place) -> PlaceIx {
        let ix = PlaceIx(self.list.len() as u16);
        self.list.push(place);
        ix
    }
}
