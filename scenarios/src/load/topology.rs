//! A topology file as a whole.

use crate::load::addresses::Addresses;
use crate::load::ids::Ids;
use crate::load::names::Place;
use crate::load::{
    Report, balancing, endpoints, forwards, gateway, internet, links, machines, names, network,
    routes, targets, values,
};
use crate::model::{
    Endpoint, Host, InternetGateway, LoadBalancer, LoadBalancerIx, Router, TargetGroup, Topology,
};
use crate::schema;

/// Everything in the file, from the ground up: a stage that finds something wrong is the last one,
/// because the next would only complain about the consequences.
pub(crate) fn topology(report: &mut Report, file: schema::TopologyFile) -> Option<Topology> {
    let id = values::file_id(report, &file.id);
    let title = values::line(report, &file.title);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let link = links::link(report, &file.link);
    let passive_ips = names::passive_ips(report, &file.passive_ips);
    let mut ground = network::ground(report, &file)?;
    let mut addresses = Addresses::new(&ground);
    let built = machines(report, &mut addresses, &file)?;
    let names = names::names(
        report,
        &addresses,
        (&built.place_ids, &built.places()),
        &built.endpoints,
        &file,
    );
    let routes =
        routes::routes(report, &ground, &built.routers, &built.internet_gateways, &file.subnet);
    let names = names?;
    let client = built.hosts.iter().find(|host| host.role == crate::model::Role::Client)?;
    let network = addresses.network(client.interfaces[0]);
    let connect = names::connect(report, &file.connect, &names, (network, &ground));
    for (subnet, routes) in ground.subnets.iter_mut().zip(routes?) {
        subnet.routes = routes;
    }
    Some(Topology {
        id: id?,
        title: title?,
        summary: summary?,
        sources: sources?,
        connect: connect?,
        link: link?,
        hosts: built.hosts,
        routers: built.routers,
        internet_gateways: built.internet_gateways,
        load_balancers: built.balancers,
        target_groups: built.groups,
        endpoints: built.endpoints,
        names,
        passive_ips: passive_ips?,
        networks: ground.networks,
        subnets: ground.subnets,
        peerings: ground.peerings,
        network_acls: ground.network_acls,
        security_groups: ground.security_groups,
    })
}

/// Everything that has an address.
struct Machines {
    hosts: Vec<Host>,
    /// NAT gateways included, after the other routers.
    routers: Vec<Router>,
    internet_gateways: Vec<InternetGateway>,
    balancers: Vec<LoadBalancer>,
    groups: Vec<TargetGroup>,
    endpoints: Vec<Endpoint>,
    place_ids: Ids,
}

impl Machines {
    /// Everything that can have a name, in the order of `place_ids`.
    fn places(&self) -> Vec<Place> {
        let plain = |interfaces| Place { interfaces, load_balancer: None };
        let hosts = self.hosts.iter().map(|host| plain(host.interfaces.clone()));
        let routers = self.routers.iter().map(|router| plain(router.outside.clone()));
        let balancers = self.balancers.iter().enumerate().map(|(ix, balancer)| Place {
            interfaces: balancer.nodes.clone(),
            load_balancer: Some(LoadBalancerIx(ix)),
        });
        let endpoints = self.endpoints.iter().map(|endpoint| {
            plain(endpoint.interfaces.iter().map(|interface| interface.interface).collect())
        });
        hosts.chain(routers).chain(balancers).chain(endpoints).collect()
    }
}

fn machines(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    file: &schema::TopologyFile,
) -> Option<Machines> {
    let place_ids = Ids::of(
        report,
        "host, router, NAT gateway, load balancer or endpoint",
        (file.host.iter().map(|table| &table.id))
            .chain(file.router.iter().map(|table| &table.id))
            .chain(file.nat_gateway.iter().map(|table| &table.id))
            .chain(file.load_balancer.iter().map(|table| &table.id))
            .chain(file.endpoint.iter().map(|table| &table.id)),
    );
    let group_ids = Ids::of(report, "target group", file.target_group.iter().map(|g| &g.id));
    let hosts = machines::hosts(report, addresses, &file.host);
    let routers = gateway::routers(report, addresses, &file.router);
    let nat_gateways = gateway::nat_gateways(report, addresses, &file.nat_gateway);
    let balancers = balancing::load_balancers(report, addresses, &group_ids, file);
    report.sound()?;
    let (mut hosts, mut routers, balancers) = (hosts?, routers?, balancers?);
    let relays = machines::relays(report, &hosts, &file.host);
    let forwards = forwards::forwards(report, addresses, &hosts, &routers, &file.router);
    let groups = targets::target_groups(report, addresses, &hosts, &balancers, &file.target_group);
    routers.extend(nat_gateways?);
    let elastic: Vec<_> = (hosts.iter().flat_map(|host| &host.interfaces))
        .chain(routers.iter().flat_map(|router| &router.outside))
        .chain(balancers.iter().flat_map(|balancer| &balancer.nodes))
        .copied()
        .collect();
    let internet_gateways =
        internet::internet_gateways(report, addresses, &elastic, &file.internet_gateway);
    let endpoints = endpoints::endpoints(report, addresses, &balancers, file);
    report.sound()?;
    for (host, relays) in hosts.iter_mut().zip(relays?) {
        host.relays = relays;
    }
    for (router, forwards) in routers.iter_mut().zip(forwards?) {
        router.forwards = forwards;
    }
    Some(Machines {
        hosts,
        routers,
        internet_gateways: internet_gateways?,
        balancers,
        groups: groups?,
        endpoints: endpoints?,
        place_ids,
    })
}
