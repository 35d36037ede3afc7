//! Load balancers and their listeners.

use std::ops::{Range, RangeInclusive};

use crate::load::addresses::{Addresses, Kind};
use crate::load::ids::Ids;
use crate::load::{Report, filters, values};
use crate::model::{Listener, LoadBalancer, TargetGroupIx};
use crate::schema;

/// Listeners that AWS allows per load balancer (Network Load Balancer guide, Quotas).
const LISTENER_QUOTA: usize = 50;

/// TCP idle time-out of a listener, in seconds: bounds (Network Load Balancer guide, Listeners:
/// Connection idle timeout).
const IDLE_BOUNDS: RangeInclusive<u64> = 60..=6000;

/// TCP idle time-out of a listener where a file does not say otherwise, in seconds.
const IDLE: u64 = 350;

/// All load balancers.
pub(crate) fn load_balancers(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    group_ids: &Ids,
    file: &schema::TopologyFile,
) -> Option<Vec<LoadBalancer>> {
    values::all(file.load_balancer.iter().map(|table| {
        let nodes = addresses.interfaces(report, &table.nodes, Kind::Zonal("a load balancer"));
        let listeners = listeners(report, group_ids, &file.target_group, table);
        let nodes = nodes?;
        let security_groups =
            filters::attached(report, addresses.ground, &nodes, &table.security_groups);
        Some(LoadBalancer {
            id: table.id.get_ref().clone(),
            nodes,
            listeners: listeners?,
            cross_zone: table.cross_zone,
            security_groups: security_groups?,
            filters_privatelink: table.filters_privatelink.unwrap_or(true),
            without_target: table.without_target,
        })
    }))
}

fn listeners(
    report: &mut Report,
    group_ids: &Ids,
    groups: &[schema::TargetGroupTable],
    table: &schema::LoadBalancerTable,
) -> Option<Vec<Listener>> {
    let mut listeners: Vec<(Listener, Range<usize>)> = Vec::new();
    let mut complete = Some(());
    for table in table.listeners.get_ref() {
        let Some(listener) = listener(report, group_ids, groups, table) else {
            complete = None;
            continue;
        };
        let rival = listeners.iter().find_map(|(other, span)| {
            Some((values::common_port(&other.ports, &listener.ports)?, span.clone()))
        });
        if let Some((port, first)) = rival {
            let problem = report
                .at(table.ports.span(), format!("two listeners on port {port}"))
                .and(first, "the first one")
                .hint("a port has one listener");
            report.add(problem);
            complete = None;
        }
        listeners.push((listener, table.ports.span()));
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

fn listener(
    report: &mut Report,
    group_ids: &Ids,
    groups: &[schema::TargetGroupTable],
    table: &schema::ListenerTable,
) -> Option<Listener> {
    let ports = values::ports(report, &table.ports);
    let group = group_ids.find(report, &table.target_group);
    let idle_timeout = values::seconds_or(report, &table.idle_timeout_s, IDLE_BOUNDS, IDLE);
    let (ports, group) = (ports?, group?);
    let first_target_port = first_target_port(report, table, &ports, &groups[group]);
    Some(Listener {
        ports,
        target_group: TargetGroupIx(group),
        first_target_port: first_target_port?,
        idle_timeout: idle_timeout?,
    })
}

/// The listener's own target ports, else the target group's port, else the listener's ports.
fn first_target_port(
    report: &mut Report,
    table: &schema::ListenerTable,
    ports: &RangeInclusive<u16>,
    group: &schema::TargetGroupTable,
) -> Option<u16> {
    if let Some(text) = &table.target_ports {
        return values::as_many(report, text, "target_ports", ports).map(|ports| *ports.start());
    }
    let Some(port) = &group.port else { return Some(*ports.start()) };
    // A bad port is reported where it is written, with its target group.
    if ports.len() == 1 {
        return Some(*port.get_ref());
    }
    let problem = report
        .at(
            table.ports.span(),
            format!(
                "this listener has {} ports, target group `{}` has one",
                ports.len(),
                group.id.get_ref()
            ),
        )
        .and(port.span(), "the target group's port")
        .hint("write `target_ports = \"…\"` here, or remove the target group's `port`");
    report.add(problem);
    None
}
