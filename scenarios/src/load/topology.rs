//! A topology file as a whole.

use std::time::Duration;

use crate::load::ids::Ids;
use crate::load::machines::{self, Addresses};
use crate::load::{Report, balancing, names, network, values};
use crate::model::{Endpoint, Host, Interface, LoadBalancer, TargetGroup, Topology};
use crate::schema;

/// One-way delay where a file does not say otherwise.
const LATENCY: Duration = Duration::from_millis(1);

/// The greatest one-way delay, in milliseconds.
const GREATEST_LATENCY: u64 = 60_000;

/// Everything in the file, from the ground up: a stage that finds something wrong is the last one,
/// because the next would only complain about the consequences.
pub(crate) fn topology(report: &mut Report, file: schema::TopologyFile) -> Option<Topology> {
    let id = values::file_id(report, &file.id);
    let title = values::line(report, &file.title);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let latency = match &file.latency_ms {
        Some(number) => {
            values::within(report, number, 0..=GREATEST_LATENCY).map(Duration::from_millis)
        }
        None => Some(LATENCY),
    };
    let passive_ips = names::passive_ips(report, &file.passive_ips);
    let ground = network::ground(report, &file)?;
    let mut addresses = Addresses::new(&ground);
    let built = machines(report, &mut addresses, &file)?;
    let names = names::names(report, &addresses, &built.owner_ids, &built.owners(), &file.name)?;
    let connect = names::connect(report, &file.connect, &names);
    let connect = connect?;
    Some(Topology {
        id: id?,
        title: title?,
        summary: summary?,
        sources: sources?,
        connect,
        latency: latency?,
        hosts: built.hosts,
        load_balancers: built.balancers,
        target_groups: built.groups,
        endpoints: built.endpoints,
        names,
        passive_ips: passive_ips?,
        networks: ground.networks,
        subnets: ground.subnets,
        peerings: ground.peerings,
    })
}

/// Everything that has an address.
struct Machines {
    hosts: Vec<Host>,
    balancers: Vec<LoadBalancer>,
    groups: Vec<TargetGroup>,
    endpoints: Vec<Endpoint>,
    owner_ids: Ids,
}

impl Machines {
    /// The interfaces of everything that can have a name, in the order of `owner_ids`.
    fn owners(&self) -> Vec<Vec<Interface>> {
        let hosts = self.hosts.iter().map(|host| host.interfaces.clone());
        let balancers = self.balancers.iter().map(|balancer| balancer.nodes.clone());
        let endpoints = self.endpoints.iter().map(|endpoint| {
            endpoint.interfaces.iter().map(|interface| interface.interface).collect()
        });
        hosts.chain(balancers).chain(endpoints).collect()
    }
}

fn machines(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    file: &schema::TopologyFile,
) -> Option<Machines> {
    let owner_ids = Ids::of(
        report,
        "host, load balancer or endpoint",
        (file.host.iter().map(|table| &table.id))
            .chain(file.load_balancer.iter().map(|table| &table.id))
            .chain(file.endpoint.iter().map(|table| &table.id)),
    );
    let group_ids = Ids::of(report, "target group", file.target_group.iter().map(|g| &g.id));
    let hosts = machines::hosts(report, addresses, &file.host);
    let balancers = balancing::load_balancers(report, addresses, &group_ids, &file.load_balancer);
    report.sound()?;
    let hosts: Vec<Host> = hosts.into_iter().collect::<Option<_>>()?;
    let balancers: Vec<LoadBalancer> = balancers.into_iter().collect::<Option<_>>()?;
    let groups =
        balancing::target_groups(report, addresses, &hosts, &balancers, &file.target_group);
    let balancer_ids =
        Ids::of(report, "load balancer", file.load_balancer.iter().map(|table| &table.id));
    let endpoints = balancing::endpoints(report, addresses, &balancer_ids, &balancers, file);
    report.sound()?;
    Some(Machines {
        hosts,
        balancers,
        groups: groups.into_iter().collect::<Option<_>>()?,
        endpoints: endpoints.into_iter().collect::<Option<_>>()?,
        owner_ids,
    })
}
