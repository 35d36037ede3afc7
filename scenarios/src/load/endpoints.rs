//! Endpoint services, and the endpoints in front of them.

use std::ops::Range;
use std::time::Duration;

use crate::schema::Spanned;

use crate::load::addresses::{Addresses, Kind};
use crate::load::ids::Ids;
use crate::load::{Report, filters, values};
use crate::model::{
    Endpoint, EndpointAfterIdle, EndpointInterface, Interface, LoadBalancer, LoadBalancerIx,
};
use crate::schema;
use crate::suggest;

/// TCP idle time-out of endpoints (AWS PrivateLink guide, Quotas).
const IDLE_TIMEOUT: Duration = Duration::from_secs(350);

/// All endpoints.
pub(crate) fn endpoints(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    balancers: &[LoadBalancer],
    file: &schema::TopologyFile,
) -> Option<Vec<Endpoint>> {
    let service_ids =
        Ids::of(report, "endpoint service", file.endpoint_service.iter().map(|table| &table.id));
    let services = services(report, file);
    values::all(file.endpoint.iter().map(|table| {
        let interfaces =
            addresses.interfaces(report, &table.interfaces, Kind::Zonal("an endpoint"));
        let service = service_ids.find(report, &table.service);
        let interfaces = interfaces?;
        let security_groups =
            filters::attached(report, addresses.ground, &interfaces, &table.security_groups);
        let behind = services[service?].clone()?;
        let interfaces =
            pair(report, addresses, (balancers, &behind), &interfaces, &table.interfaces);
        Some(Endpoint {
            id: table.id.get_ref().clone(),
            service: table.service.get_ref().clone(),
            interfaces: interfaces?,
            load_balancers: behind,
            security_groups: security_groups?,
            idle_timeout: IDLE_TIMEOUT,
            after_idle: match table.after_idle {
                schema::EndpointAfterIdle::Silence => EndpointAfterIdle::Silence,
                schema::EndpointAfterIdle::Reset => EndpointAfterIdle::Reset,
            },
        })
    }))
}

/// The load balancers behind each service; none if there is something wrong with them.
fn services(report: &mut Report, file: &schema::TopologyFile) -> Vec<Option<Vec<LoadBalancerIx>>> {
    let balancer_ids =
        Ids::of(report, "load balancer", file.load_balancer.iter().map(|table| &table.id));
    let mut shared: Vec<(usize, Range<usize>)> = Vec::new();
    let mut service = |table: &schema::EndpointServiceTable| {
        let list = &table.load_balancers;
        values::not_empty(
            report,
            list,
            "this endpoint service shares no load balancer",
            "write the id of one at least",
        )?;
        let found = filters::distinct(report, &balancer_ids, list.get_ref(), "load balancer")?;
        for (ix, text) in found.iter().zip(list.get_ref()) {
            if let Some((_, first)) = shared.iter().find(|(known, _)| known == ix) {
                let problem = report
                    .at(
                        text.span(),
                        format!("two endpoint services share load balancer `{}`", text.get_ref()),
                    )
                    .and(first.clone(), "the first one")
                    .hint("a load balancer is behind one endpoint service at most");
                report.add(problem);
                return None;
            }
        }
        shared.extend(found.iter().copied().zip(list.get_ref().iter().map(Spanned::span)));
        Some(found.into_iter().map(LoadBalancerIx).collect())
    };
    file.endpoint_service.iter().map(&mut service).collect()
}

/// Finds the load balancers' nodes in the zone of each interface.
fn pair(
    report: &mut Report,
    addresses: &Addresses<'_>,
    (balancers, behind): (&[LoadBalancer], &[LoadBalancerIx]),
    interfaces: &[Interface],
    tables: &Spanned<Vec<schema::InterfaceTable>>,
) -> Option<Vec<EndpointInterface>> {
    values::all(interfaces.iter().zip(tables.get_ref()).map(|(interface, table)| {
        let zone = addresses.zone(*interface);
        let nodes: Vec<(LoadBalancerIx, usize)> = behind
            .iter()
            .filter_map(|ix| {
                let nodes = &balancers[ix.0].nodes;
                Some((*ix, nodes.iter().position(|node| addresses.zone(*node) == zone)?))
            })
            .collect();
        if nodes.is_empty() {
            let behind: Vec<&LoadBalancer> = behind.iter().map(|ix| &balancers[ix.0]).collect();
            return nowhere(report, addresses, &behind, zone.unwrap_or_default(), table);
        }
        Some(EndpointInterface { interface: *interface, nodes })
    }))
}

/// Reports that none of a service's load balancers has a node in a zone.
fn nowhere<T>(
    report: &mut Report,
    addresses: &Addresses<'_>,
    behind: &[&LoadBalancer],
    zone: &str,
    table: &schema::InterfaceTable,
) -> Option<T> {
    let ids: Vec<&str> = behind.iter().map(|balancer| &*balancer.id).collect();
    let mut zones: Vec<&str> = behind
        .iter()
        .flat_map(|balancer| &balancer.nodes)
        .filter_map(|node| addresses.zone(*node))
        .collect();
    zones.sort_unstable();
    zones.dedup();
    let (message, whose) = match ids.as_slice() {
        [id] => (format!("load balancer `{id}` has no node in zone `{zone}`"), "load balancer"),
        ids => (
            format!(
                "none of the load balancers {} has a node in zone `{zone}`",
                suggest::list(ids)
            ),
            "load balancers",
        ),
    };
    let hint =
        format!("an endpoint can only be in zones of its {whose}: {}", suggest::list(&zones));
    report.fail(table.subnet.span(), message, hint)
}
