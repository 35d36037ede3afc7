//! Builds one cell of the matrix out of its data, and runs it.

use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_scenarios::{
    Client, FileSpec, Host, Interface, LoadBalancer, Os, PassiveIp, Role, Server, Topology,
};

use crate::ftp::client::{self, Task};
use crate::ftp::server::{self, Settings, Store};
use crate::net::fabric::BoxIx;
use crate::net::nlb::{NlbNode, NodeListener};
use crate::net::privatelink::EndpointInterface;
use crate::net::{Dns, Fabric};
use crate::record::{Cell, Place, PlaceIx, PlaceKind, Record};
use crate::sim::driver::Program;
use crate::sim::{HostPlan, Plan, simulate};

/// Virtual time after which a session is stopped, whatever it is doing: longer than any time-out of
/// any client or server, and of no cost.
const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// One cell, with what is special about it.
#[derive(Debug, Clone)]
pub struct Scenario<'a> {
    /// What stands between.
    pub topology: &'a Topology,
    /// PassiveIp id, for the record.
    pub passive_ip: String,
    /// What it means in this topology.
    pub announced: PassiveIp,
    /// The client's behaviour.
    pub client: &'a Client,
    /// The server.
    pub server: &'a Server,
    /// The port of every data connection, if it is known.
    pub passive_port: Option<u16>,
    /// Seed of every choice.
    pub seed: u64,
}

/// Runs a cell and returns what happened. The same scenario leaves the same record, always.
#[must_use]
pub fn run(scenario: &Scenario<'_>) -> Record {
    let span = tracing::info_span!(
        "cell",
        topology = scenario.topology.id,
        passive_ip = scenario.passive_ip,
        client = scenario.client.id,
    );
    let _entered = span.enter();
    simulate(plan(scenario))
}

fn plan(scenario: &Scenario<'_>) -> Plan {
    let topology = scenario.topology;
    let mut places = Places::default();
    let routers: Vec<PlaceIx> =
        topology.networks.iter().map(|network| places.router(&network.id)).collect();
    let mut fabric = Fabric::new(
        &topology.networks,
        topology.subnets.clone(),
        topology.peerings.clone(),
        &routers,
        topology.latency,
    );
    let nodes: Vec<Vec<BoxIx>> = topology
        .load_balancers
        .iter()
        .map(|balancer| place_balancer(&mut fabric, &mut places, scenario, balancer))
        .collect();
    place_endpoints(&mut fabric, &mut places, topology, &nodes);
    let store = Store::new();
    let hosts = topology.hosts.iter().map(|host| place_host(&mut places, scenario, host, &store));
    let hosts = hosts.collect();
    Plan {
        cell: cell(scenario),
        places: places.list,
        fabric,
        dns: Dns::new(topology.names.clone(), scenario.seed),
        hosts,
        limit: LIMIT,
    }
}

fn cell(scenario: &Scenario<'_>) -> Cell {
    Cell {
        topology: scenario.topology.id.clone(),
        passive_ip: scenario.passive_ip.clone(),
        announced: scenario.announced,
        client: scenario.client.id.clone(),
        program: scenario.client.program.clone(),
        os: scenario.client.os,
        server: scenario.server.id.clone(),
        control_port: scenario.server.control_port,
        seed: scenario.seed,
    }
}

fn place_balancer(
    fabric: &mut Fabric,
    places: &mut Places,
    scenario: &Scenario<'_>,
    balancer: &LoadBalancer,
) -> Vec<BoxIx> {
    let topology = scenario.topology;
    let placed = balancer.nodes.iter().map(|node| {
        let listeners = balancer.listeners.iter().map(|listener| NodeListener {
            ports: listener.ports.clone(),
            targets: targets(topology, balancer, node, listener.target_group.0),
        });
        let middlebox =
            NlbNode::new(node.address, listeners.collect(), balancer.idle_timeout, scenario.seed);
        let place = places.add(&balancer.id, PlaceKind::LoadBalancer, topology, *node);
        fabric.place(node.subnet, node.address, place, Box::new(middlebox))
    });
    placed.collect()
}

/// The targets that a node may use: those in its own zone, or all with cross-zone load balancing.
fn targets(
    topology: &Topology,
    balancer: &LoadBalancer,
    node: &Interface,
    group: usize,
) -> Vec<Ipv4Addr> {
    let zone = |interface: &Interface| &topology.subnets[interface.subnet.0].zone;
    let group = topology.target_groups[group].targets.iter();
    let usable = group.filter(|target| balancer.cross_zone || zone(target) == zone(node));
    usable.map(|target| target.address).collect()
}

fn place_endpoints(
    fabric: &mut Fabric,
    places: &mut Places,
    topology: &Topology,
    nodes: &[Vec<BoxIx>],
) {
    for endpoint in &topology.endpoints {
        let balancer = endpoint.load_balancer.0;
        for attached in &endpoint.interfaces {
            let interface = attached.interface;
            let node = topology.load_balancers[balancer].nodes[attached.node].address;
            let middlebox = EndpointInterface::new(interface.address, node, endpoint.idle_timeout);
            let place = places.add(&endpoint.id, PlaceKind::Endpoint, topology, interface);
            let placed =
                fabric.place(interface.subnet, interface.address, place, Box::new(middlebox));
            fabric.link(placed, nodes[balancer][attached.node]);
        }
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
    };
    let interfaces = host.interfaces.iter();
    let places =
        interfaces.map(|interface| places.add(&host.id, kind, scenario.topology, *interface));
    let (program, os): (Program, Os) = match host.role {
        Role::Client => (Box::pin(client::run(task(scenario, store.clone()))), scenario.client.os),
        Role::Server => (Box::pin(server::run(settings(scenario, host), store.clone())), Os::Linux),
        Role::Bystander => (Box::pin(stand_by(host.listens.clone())), Os::Linux),
    };
    HostPlan {
        places: places.collect(),
        interfaces: host.interfaces.clone(),
        os,
        program: Some(program),
        decides_the_end: host.role == Role::Client,
    }
}

fn task(scenario: &Scenario<'_>, store: Store) -> Task {
    let server = scenario.server;
    let download = server.files[0].clone();
    let upload = FileSpec { path: format!("uploaded-{}", download.path), size: download.size };
    Task {
        client: scenario.client.clone(),
        host: scenario.topology.connect.clone(),
        port: server.control_port,
        user: server.user.clone(),
        password: server.password.clone(),
        download,
        upload,
        store,
    }
}

fn settings(scenario: &Scenario<'_>, host: &Host) -> Settings {
    Settings {
        server: scenario.server.clone(),
        passive_ip: scenario.announced,
        passive_port: scenario.passive_port,
        addresses: host.interfaces.iter().map(|interface| interface.address).collect(),
        seed: scenario.seed,
    }
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
        self.push(Place {
            name: format!("router of {network}"),
            kind: PlaceKind::Router,
            network: network.to_owned(),
            address: None,
        })
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
        })
    }

    fn push(&mut self, place: Place) -> PlaceIx {
        let ix = PlaceIx(self.list.len() as u16);
        self.list.push(place);
        ix
    }
}
