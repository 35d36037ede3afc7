//! Hosts.

use std::net::Ipv4Addr;
use std::ops::{Range, RangeInclusive};

use crate::load::addresses::{self, Addresses, Kind};
use crate::load::{Report, filters, values};
use crate::model::{Attachment, Host, Interface, ProxyProtocol, Relay, Role};
use crate::schema;

/// All hosts, their relays left out: those refer to other hosts.
pub(crate) fn hosts(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    tables: &[schema::HostTable],
) -> Option<Vec<Host>> {
    for (role, name) in [(schema::Role::Client, "client"), (schema::Role::Server, "server")] {
        one(report, tables, role, name);
    }
    values::all(tables.iter().map(|table| host(report, addresses, table)))
}

/// Reports that there is not exactly one host with this role.
fn one(report: &mut Report, tables: &[schema::HostTable], role: schema::Role, name: &str) {
    let found: Vec<_> = tables.iter().filter(|table| table.role == role).collect();
    match found.as_slice() {
        [] => {
            let span = tables.first().map_or(0..0, |table| table.id.span());
            report.fail::<()>(
                span,
                format!("no host is the {name}"),
                format!("give one host `role = \"{name}\"`"),
            );
        }
        [_] => {}
        [first, second, ..] => {
            let problem = report
                .at(second.id.span(), format!("two hosts are the {name}"))
                .and(first.id.span(), "the first one")
                .hint("one client and one server; the others are `role = \"bystander\"`");
            report.add(problem);
        }
    }
}

fn host(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    table: &schema::HostTable,
) -> Option<Host> {
    let interfaces = addresses.interfaces(report, &table.interfaces, Kind::Anywhere);
    if let (Some(port), false) = (table.listens.first(), table.role == schema::Role::Bystander) {
        report.fail::<()>(
            port.span(),
            "only a bystander has `listens`",
            "what a client or a server listens on follows from what it runs; remove the key",
        );
    }
    let proxy = table.role == schema::Role::Proxy;
    match table.relays.first() {
        Some(relay) if !proxy => report.fail::<()>(
            relay.ports.span(),
            "only a proxy has `relays`",
            "give the host `role = \"proxy\"`, or remove the key",
        ),
        None if proxy => report.fail::<()>(
            table.id.span(),
            format!("proxy `{}` has no relays", table.id.get_ref()),
            "add `relays = [{ ports = \"21\", to = [\"…\"] }]`, with addresses of hosts",
        ),
        _ => None,
    };
    let listens = values::all(table.listens.iter().map(|port| values::port(report, port)));
    let interfaces = interfaces?;
    let security_groups =
        filters::attached(report, addresses.ground, &interfaces, &table.security_groups);
    let role = role(table.role);
    Some(Host {
        id: table.id.get_ref().clone(),
        role,
        interfaces,
        attachment: match table.attachment {
            Some(schema::Attachment::Instance) => Attachment::Instance,
            Some(schema::Attachment::Endpoint) => Attachment::Endpoint,
            None if role == Role::Server => Attachment::Endpoint,
            None => Attachment::Instance,
        },
        listens: listens?,
        relays: Vec::new(),
        security_groups: security_groups?,
    })
}

fn role(role: schema::Role) -> Role {
    match role {
        schema::Role::Client => Role::Client,
        schema::Role::Server => Role::Server,
        schema::Role::Bystander => Role::Bystander,
        schema::Role::Proxy => Role::Proxy,
    }
}

/// What each host passes on.
pub(crate) fn relays(
    report: &mut Report,
    hosts: &[Host],
    tables: &[schema::HostTable],
) -> Option<Vec<Vec<Relay>>> {
    values::all(hosts.iter().zip(tables).map(|(host, table)| relays_of(report, hosts, host, table)))
}

fn relays_of(
    report: &mut Report,
    hosts: &[Host],
    host: &Host,
    table: &schema::HostTable,
) -> Option<Vec<Relay>> {
    let others: Vec<Interface> = hosts
        .iter()
        .filter(|other| other.id != host.id)
        .flat_map(|other| other.interfaces.iter().copied())
        .collect();
    let mut taken: Vec<(RangeInclusive<u16>, Range<usize>)> = Vec::new();
    let relays = table.relays.iter().map(|table| {
        let ports = values::ports(report, &table.ports);
        let to = relay_targets(report, &others, table);
        let ports = ports?;
        let rival = taken
            .iter()
            .find_map(|(other, span)| Some((values::common_port(other, &ports)?, span.clone())));
        taken.push((ports.clone(), table.ports.span()));
        if let Some((port, first)) = rival {
            let problem = report
                .at(table.ports.span(), format!("two relays on port {port}"))
                .and(first, "the first one")
                .hint("a port of a proxy leads to one list of hosts");
            report.add(problem);
            return None;
        }
        let proxy_protocol = match table.proxy_protocol {
            schema::ProxyProtocol::Off => ProxyProtocol::Off,
            schema::ProxyProtocol::V1 => ProxyProtocol::V1,
            schema::ProxyProtocol::V2 => ProxyProtocol::V2,
        };
        Some(Relay { ports, to: to?, proxy_protocol })
    });
    values::all(relays)
}

fn relay_targets(
    report: &mut Report,
    others: &[Interface],
    table: &schema::RelayTable,
) -> Option<Vec<Ipv4Addr>> {
    values::not_empty(
        report,
        &table.to,
        "this relay leads nowhere",
        "write at least one address of a host",
    )?;
    let to = addresses::pick(report, others, table.to.get_ref(), |address| {
        format!("no other host has the address {address}")
    })?;
    Some(to.into_iter().map(|interface| interface.address).collect())
}
