//! Target groups.

use std::time::Duration;

use crate::load::addresses::Addresses;
use crate::load::{Report, values};
use crate::model::{
    Attachment, Host, Interface, LoadBalancer, NetworkIx, TargetChange, TargetGroup, TargetState,
};
use crate::schema;
use crate::suggest;

/// The longest deregistration delay, in seconds.
const LONGEST_DELAY: u64 = 3600;

/// The deregistration delay where a file does not say otherwise, in seconds.
const DELAY: u64 = 300;

/// All target groups. Each takes its network from the load balancers that use it.
pub(crate) fn target_groups(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    balancers: &[LoadBalancer],
    tables: &[schema::TargetGroupTable],
) -> Option<Vec<TargetGroup>> {
    values::all(tables.iter().enumerate().map(|(ix, table)| {
        let targets = targets(report, addresses, hosts, balancers, (ix, table));
        let port = values::optional(&table.port, |port| values::port(report, port));
        let health_check_port =
            values::optional(&table.health_check_port, |port| values::port(report, port));
        let delay =
            values::seconds_or(report, &table.deregistration_delay_s, 0..=LONGEST_DELAY, DELAY);
        let targets = targets?;
        let changes = changes(report, &targets, table);
        let registered = registered(report, hosts, &targets, table);
        port?;
        registered?;
        let by_instance = table.target_type == schema::TargetType::Instance;
        Some(TargetGroup {
            id: table.id.get_ref().clone(),
            targets,
            cross_zone: table.cross_zone,
            sticky: table.sticky,
            preserve_client_ip: table
                .preserve_client_ip
                .as_ref()
                .map_or(by_instance, |preserve| *preserve.get_ref()),
            proxy_protocol: table.proxy_protocol,
            health_check_port: health_check_port?,
            terminate_unhealthy: table.terminate_unhealthy.unwrap_or(true),
            terminate_deregistered: table.terminate_deregistered.then_some(delay?),
            changes: changes?,
        })
    }))
}

fn targets(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    balancers: &[LoadBalancer],
    (ix, table): (usize, &schema::TargetGroupTable),
) -> Option<Vec<Interface>> {
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
    networks.sort();
    networks.dedup();
    let name = table.id.get_ref();
    match networks.as_slice() {
        [network] => {
            let place = (*network, "load balancer");
            addresses.of_hosts(report, hosts, place, table.targets.get_ref())
        }
        [] => report.fail(
            table.id.span(),
            format!("no listener uses target group `{name}`"),
            format!("remove it, or add a listener with `target_group = \"{name}\"`"),
        ),
        _ => report.fail(
            table.id.span(),
            format!("load balancers in different networks use target group `{name}`"),
            "give each of them a target group of its own",
        ),
    }
}

/// Reports what is not possible with targets that are interfaces of an endpoint.
fn registered(
    report: &mut Report,
    hosts: &[Host],
    targets: &[Interface],
    table: &schema::TargetGroupTable,
) -> Option<()> {
    let of_endpoint = targets.iter().zip(table.targets.get_ref()).find_map(|(target, text)| {
        let host = hosts.iter().find(|host| host.interfaces.contains(target))?;
        (host.attachment == Attachment::Endpoint).then_some((host, text))
    });
    let Some((host, text)) = of_endpoint else { return Some(()) };
    let own = format!("`attachment = \"instance\"` if host `{}` is your own machine", host.id);
    let mut sound = Some(());
    if table.target_type == schema::TargetType::Instance {
        sound = report.fail(
            text.span(),
            "interfaces of an endpoint are registered by address, not by instance",
            format!("write `target_type = \"ip\"`, or {own}"),
        );
    }
    if let Some(preserve) = &table.preserve_client_ip
        && *preserve.get_ref()
    {
        sound = report.fail(
            preserve.span(),
            "client IP preservation is not supported for targets that are interfaces of an endpoint",
            format!(
                "remove it, or write {own} (Network Load Balancer guide, Client IP preservation)"
            ),
        );
    }
    sound
}

/// What becomes of targets, in order of time.
fn changes(
    report: &mut Report,
    targets: &[Interface],
    table: &schema::TargetGroupTable,
) -> Option<Vec<TargetChange>> {
    let mut changes = values::all(table.changes.iter().map(|change| {
        let at = values::moment(report, &change.at_s);
        let target = values::address(report, &change.target)?;
        if !targets.iter().any(|known| known.address == target) {
            let known: Vec<String> =
                targets.iter().map(|target| target.address.to_string()).collect();
            return report.fail(
                change.target.span(),
                format!("{target} is not a target of group `{}`", table.id.get_ref()),
                format!("it has {}", suggest::list(&known)),
            );
        }
        let becomes = match change.becomes {
            schema::TargetState::Healthy => TargetState::Healthy,
            schema::TargetState::Unhealthy => TargetState::Unhealthy,
            schema::TargetState::Deregistered => TargetState::Deregistered,
        };
        Some(TargetChange { at: at?, target, becomes })
    }))?;
    changes.sort_by_key(|change: &TargetChange| -> Duration { change.at });
    Some(changes)
}
