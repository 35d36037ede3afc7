//! What routers pass on from their outside addresses.

use std::net::Ipv4Addr;
use std::ops::Range;

use crate::load::addresses::Addresses;
use crate::load::gateway::choose;
use crate::load::{Report, values};
use crate::model::{Forward, Host, Interface, Router};
use crate::schema;
use crate::suggest;

/// The forwards of each router.
pub(crate) fn forwards(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    routers: &[Router],
    tables: &[schema::RouterTable],
) -> Option<Vec<Vec<Forward>>> {
    values::all(
        routers
            .iter()
            .zip(tables)
            .map(|(router, table)| of_router(report, addresses, hosts, router, table)),
    )
}

fn of_router(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    router: &Router,
    table: &schema::RouterTable,
) -> Option<Vec<Forward>> {
    let mut forwards: Vec<(Forward, Range<usize>)> = Vec::new();
    let mut complete = Some(());
    for table in &table.forwards {
        let Some(forward) = forward(report, addresses, hosts, router, table) else {
            complete = None;
            continue;
        };
        let rival = forwards.iter().find_map(|(other, span)| {
            let apart = matches!((other.address, forward.address), (Some(a), Some(b)) if a != b);
            let port = values::common_port(&other.ports, &forward.ports)?;
            (!apart).then(|| (port, span.clone()))
        });
        if let Some((port, first)) = rival {
            let problem = report
                .at(table.ports.span(), format!("two forwards on port {port}"))
                .and(first, "the first one")
                .hint("a port of an outside address leads to one list of hosts");
            report.add(problem);
            complete = None;
        }
        forwards.push((forward, table.ports.span()));
    }
    complete.map(|()| forwards.into_iter().map(|(forward, _)| forward).collect())
}

fn forward(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    router: &Router,
    table: &schema::ForwardTable,
) -> Option<Forward> {
    let address = values::optional(&table.address, |text| outside(report, &router.outside, text));
    let ports = values::ports(report, &table.ports);
    let to = inside(report, addresses, hosts, router, table);
    let first_port = ports.as_ref().and_then(|ports| match &table.to_ports {
        Some(text) => values::as_many(report, text, "to_ports", ports).map(|ports| *ports.start()),
        None => Some(*ports.start()),
    });
    if let (Some(rewrite), true) = (&table.rewrite_source, router.inside.is_empty()) {
        return report.fail(
            rewrite.span(),
            "`rewrite_source` without `inside`",
            "the source becomes an inside address of the router: add `inside`, or remove this key",
        );
    }
    Some(Forward {
        address: address?,
        ports: ports?,
        to: to?,
        first_port: first_port?,
        rewrite_source: table.rewrite_source.as_ref().map(|rewrite| choose(*rewrite.get_ref())),
    })
}

/// One of the router's outside addresses.
fn outside(report: &mut Report, outside: &[Interface], text: &schema::Text) -> Option<Ipv4Addr> {
    let address = values::address(report, text)?;
    if outside.iter().any(|interface| interface.address == address) {
        return Some(address);
    }
    let known: Vec<String> =
        outside.iter().map(|interface| interface.address.to_string()).collect();
    report.fail(
        text.span(),
        format!("{address} is not an outside address of this router"),
        format!("it has {}", suggest::list(&known)),
    )
}

/// Hosts inside; where a router has no inside, in the network of its outside.
fn inside(
    report: &mut Report,
    addresses: &Addresses<'_>,
    hosts: &[Host],
    router: &Router,
    table: &schema::ForwardTable,
) -> Option<Vec<Ipv4Addr>> {
    values::not_empty(
        report,
        &table.to,
        "this forward leads nowhere",
        "write at least one address of a host inside",
    )?;
    let interface = router.inside.first().or(router.outside.first())?;
    let place = (addresses.network(*interface), "router");
    let to = addresses.of_hosts(report, hosts, place, table.to.get_ref())?;
    Some(to.into_iter().map(|interface| interface.address).collect())
}
