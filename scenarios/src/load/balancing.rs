//! Load balancers, their target groups, and the endpoints in front of them.

use std::ops::Range;
use std::time::Duration;

use crate::load::ids::Ids;
use crate::load::machines::{Addresses, Kind};
use crate::load::{Report, values};
use crate::model::{
    Endpoint, EndpointInterface, Host, Interface, Listener, LoadBalancer, LoadBalancerIx,
    NetworkIx, TargetGroup, TargetGroupIx,
};
use crate::schema;

/// Listeners that AWS allows per load balancer (Network Load Balancer guide, Quotas).
const LISTENER_QUOTA: usize = 50;

/// TCP idle time-out of load balancers and endpoints where a file does not say otherwise.
const IDLE_TIMEOUT: Duration = Duration::from_secs(350);

/// All load balancers.
pub(crate) fn load_balancers(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    group_ids: &Ids,
    tables: &[schema::LoadBalancerTable],
) -> Vec<Option<LoadBalancer>> {
    let kind = Kind::Zonal("a load balancer");
    tables
        .iter()
        .map(|table| {
            let nodes = addresses.interfaces(report, &table.nodes, kind);
            let listeners = listeners(report, group_ids, table);
            let idle_timeout = idle_timeout(report, table.idle_timeout_s.as_ref());
            Some(LoadBalancer {
                id: table.id.get_ref().clone(),
                nodes: nodes?,
                listeners: listeners?,
                cross_zone: table.cross_zone,
                idle_timeout: idle_timeout?,
            })
        })
        .collect()
}

fn idle_timeout(report: &mut Report, value: Option<&toml::Spanned<u64>>) -> Option<Duration> {
    value.map_or(Some(IDLE_TIMEOUT), |seconds| values::seconds(report, seconds))
}

fn listeners(
    report: &mut Report,
    group_ids: &Ids,
    table: &schema::LoadBalancerTable,
) -> Option<Vec<Listener>> {
    let mut listeners: Vec<(Listener, Range<usize>)> = Vec::new();
    let mut complete = Some(());
    for listener in table.listeners.get_ref() {
        let ports = values::ports(report, &listener.ports);
        let group = group_ids.find(report, &listener.target_group);
        let (Some(ports), Some(group)) = (ports, group) else {
            complete = None;
            continue;
        };
        let rival = listeners.iter().find(|(other, _)| {
            other.ports.start() <= ports.end() && ports.start() <= other.ports.end()
        });
        if let Some((other, span)) = rival {
            let port = other.ports.start().max(ports.start());
            let problem = report
                .at(listener.ports.span(), format!("two listeners on port {port}"))
                .and(span.clone(), "the first one")
                .hint("a port has one listener");
            report.add(problem);
            complete = None;
        }
        let target_group = TargetGroupIx(group);
        listeners.push((Listener { ports, target_group }, listener.ports.span()));
    }
    let ports: usize = listeners.iter().map(|(listener, _)| listener.ports.len()).sum();
    if ports > LISTENER_QUOTA {
        report.fail::<()>(
            table.listeners.span(),
            format!("this load balancer listens on {ports} ports"),
            format!("AWS has one listener per port and allows {LISTENER_QUOTA} per load balancer"),
        );
        complete = None;
    }
    complete.map(|()| listeners.into_iter().map(|(listener, _)| listener).collect())
}

/// All target groups. Each takes its network from the load balancers that use it.
pub(crate) fn target_groups(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    balancers: &[LoadBalancer],
    tables: &[schema::TargetGroupTable],
) -> Vec<Option<TargetGroup>> {
    let group = |(ix, table)| target_group(report, addresses, hosts, balancers, ix, table);
    tables.iter().enumerate().map(group).collect()
}

fn target_group(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    balancers: &[LoadBalancer],
    ix: usize,
    table: &schema::TargetGroupTable,
) -> Option<TargetGroup> {
    values::not_empty(
        report,
        &table.targets,
        "this target group has no targets",
        "write the addresses of hosts; what AWS does without targets is not documented",
    )?;
    let uses = |balancer: &&LoadBalancer| {
        balancer.listeners.iter().any(|listener| listener.target_group.0 == ix)
    };
    let mut networks: Vec<NetworkIx> =
        balancers.iter().filter(uses).map(|user| addresses.network(user.nodes[0])).collect();
    networks.dedup();
    let name = table.id.get_ref();
    let network = match networks.as_slice() {
        [network] => *network,
        [] => {
            return report.fail(
                table.id.span(),
                format!("no listener uses target group `{name}`"),
                format!("remove it, or add a listener with `target_group = \"{name}\"`"),
            );
        }
        _ => {
            return report.fail(
                table.id.span(),
                format!("load balancers in different networks use target group `{name}`"),
                "give each of them a target group of its own",
            );
        }
    };
    let mut targets: Vec<Interface> = Vec::new();
    for text in table.targets.get_ref() {
        let target = target(report, addresses, hosts, network, text)?;
        if targets.contains(&target) {
            return report.fail(text.span(), "this target is there twice", "keep one of them");
        }
        targets.push(target);
    }
    Some(TargetGroup { id: name.clone(), targets })
}

fn target(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    network: NetworkIx,
    text: &schema::Text,
) -> Option<Interface> {
    let address = values::address(report, text)?;
    let in_network = || {
        let all = hosts.iter().flat_map(|host| &host.interfaces).copied();
        all.filter(|interface| addresses.network(*interface) == network)
    };
    in_network().find(|interface| interface.address == address).or_else(|| {
        let known: Vec<String> =
            in_network().map(|interface| interface.address.to_string()).collect();
        let name = &addresses.ground.networks[network.0].id;
        report.fail(
            text.span(),
            format!("no host in the load balancer's network `{name}` has the address {address}"),
            match known.as_slice() {
                [] => "no host has an address in that network".to_owned(),
                known => format!("hosts there have {}", crate::suggest::list(known)),
            },
        )
    })
}

/// All endpoints.
pub(crate) fn endpoints(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    balancer_ids: &Ids,
    balancers: &[LoadBalancer],
    file: &schema::TopologyFile,
) -> Vec<Option<Endpoint>> {
    let services = &file.endpoint_service;
    let ids = Ids::of(report, "endpoint service", services.iter().map(|service| &service.id));
    let behind: Vec<Option<usize>> =
        services.iter().map(|service| balancer_ids.find(report, &service.load_balancer)).collect();
    file.endpoint
        .iter()
        .map(|table| {
            let interfaces =
                addresses.interfaces(report, &table.interfaces, Kind::Zonal("an endpoint"));
            let idle_timeout = idle_timeout(report, table.idle_timeout_s.as_ref());
            let balancer = behind[ids.find(report, &table.service)?]?;
            let interfaces =
                pair(report, addresses, &balancers[balancer], &interfaces?, &table.interfaces)?;
            Some(Endpoint {
                id: table.id.get_ref().clone(),
                service: table.service.get_ref().clone(),
                interfaces,
                load_balancer: LoadBalancerIx(balancer),
                idle_timeout: idle_timeout?,
            })
        })
        .collect()
}

/// Finds the load balancer's node in the zone of each interface.
fn pair(
    report: &mut Report,
    addresses: &Addresses<'_>,
    balancer: &LoadBalancer,
    interfaces: &[Interface],
    tables: &toml::Spanned<Vec<schema::InterfaceTable>>,
) -> Option<Vec<EndpointInterface>> {
    let mut pairs = Vec::new();
    for (interface, table) in interfaces.iter().zip(tables.get_ref()) {
        let zone = addresses.zone(*interface);
        let node = balancer.nodes.iter().position(|node| addresses.zone(*node) == zone);
        let Some(node) = node else {
            let zone = zone.unwrap_or_default();
            let zones: Vec<&str> =
                balancer.nodes.iter().filter_map(|node| addresses.zone(*node)).collect();
            return report.fail(
                table.subnet.span(),
                format!("load balancer `{}` has no node in zone `{zone}`", balancer.id),
                format!(
                    "an endpoint can only be in zones of its load balancer: {}",
                    crate::suggest::list(&zones)
                ),
            );
        };
        pairs.push(EndpointInterface { interface: *interface, node });
    }
    Some(pairs)
}
