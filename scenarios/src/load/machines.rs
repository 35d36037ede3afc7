//! Addresses in subnets, and the hosts that have them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use toml::Spanned;

use crate::load::network::Ground;
use crate::load::{Report, values};
use crate::model::{Host, Interface, NetworkIx, Role, SubnetIx};
use crate::schema;
use crate::schema::InterfaceTable;

/// Hands out addresses and sees to it that no two interfaces of a network have the same.
pub(crate) struct Addresses<'a> {
    pub(crate) ground: &'a Ground,
    taken: BTreeMap<(NetworkIx, Ipv4Addr), Range<usize>>,
}

/// What a list of interfaces belongs to.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// May have several interfaces in one zone, and needs no zone.
    Host,
    /// One interface per zone, in a VPC.
    Zonal(&'static str),
}

impl<'a> Addresses<'a> {
    pub(crate) fn new(ground: &'a Ground) -> Self {
        Self { ground, taken: BTreeMap::new() }
    }

    /// The interfaces of one thing, all in one network.
    pub(crate) fn interfaces(
        &mut self,
        report: &mut Report,
        list: &Spanned<Vec<InterfaceTable>>,
        kind: Kind,
    ) -> Option<Vec<Interface>> {
        let example = "write at least one, [{ subnet = \"…\", address = \"…\" }]";
        values::not_empty(report, list, "there is no address here", example)?;
        let interfaces: Vec<_> =
            list.get_ref().iter().map(|table| self.interface(report, table)).collect();
        let interfaces: Vec<Interface> = interfaces.into_iter().collect::<Option<_>>()?;
        let first = self.network(interfaces[0]);
        for (interface, table) in interfaces.iter().zip(list.get_ref()) {
            let network = self.network(*interface);
            if network != first {
                return report.fail(
                    table.subnet.span(),
                    format!(
                        "this interface is in network `{}`, the first one in `{}`",
                        self.ground.networks[network.0].id, self.ground.networks[first.0].id
                    ),
                    "all interfaces of one thing are in one network",
                );
            }
        }
        if let Kind::Zonal(what) = kind {
            self.zones(report, list.get_ref(), &interfaces, what)?;
        }
        Some(interfaces)
    }

    fn interface(&mut self, report: &mut Report, table: &InterfaceTable) -> Option<Interface> {
        let subnet = self.ground.subnet_ids.find(report, &table.subnet);
        let address = values::address(report, &table.address);
        let (subnet, address) = (subnet?, address?);
        let around = &self.ground.subnets[subnet];
        if !around.cidr.contains(&address) {
            return report.fail(
                table.address.span(),
                format!("address {address} is outside its subnet `{}`", around.id),
                format!("the subnet has {}", around.cidr),
            );
        }
        if let Some(other) = self.taken.insert((around.network, address), table.address.span()) {
            let network = &self.ground.networks[around.network.0].id;
            let problem = report
                .at(
                    table.address.span(),
                    format!("two interfaces in network `{network}` have the address {address}"),
                )
                .and(other, "the first one")
                .hint("give one of them another address");
            report.add(problem);
            return None;
        }
        Some(Interface { subnet: SubnetIx(subnet), address })
    }

    /// Reports a missing zone, and two interfaces in one.
    fn zones(
        &self,
        report: &mut Report,
        tables: &[InterfaceTable],
        interfaces: &[Interface],
        what: &str,
    ) -> Option<()> {
        let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        for (interface, table) in interfaces.iter().zip(tables) {
            let Some(zone) = self.zone(*interface) else {
                return report.fail(
                    table.subnet.span(),
                    format!("subnet `{}` has no zone", table.subnet.get_ref()),
                    format!("{what} has one address per zone: give the subnet a `zone`"),
                );
            };
            if let Some(first) = seen.insert(zone, table.subnet.span()) {
                let problem = report
                    .at(table.subnet.span(), format!("two addresses in zone `{zone}`"))
                    .and(first, "the first one")
                    .hint(format!("{what} has one address per zone"));
                report.add(problem);
                return None;
            }
        }
        Some(())
    }

    pub(crate) fn network(&self, interface: Interface) -> NetworkIx {
        self.ground.subnets[interface.subnet.0].network
    }

    pub(crate) fn zone(&self, interface: Interface) -> Option<&'a str> {
        self.ground.subnets[interface.subnet.0].zone.as_deref()
    }
}

/// All hosts.
pub(crate) fn hosts(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    tables: &[schema::HostTable],
) -> Vec<Option<Host>> {
    for (role, name) in [(schema::Role::Client, "client"), (schema::Role::Server, "server")] {
        one(report, tables, role, name);
    }
    tables.iter().map(|table| host(report, addresses, table)).collect()
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
    let interfaces = addresses.interfaces(report, &table.interfaces, Kind::Host);
    if let (Some(port), false) = (table.listens.first(), table.role == schema::Role::Bystander) {
        report.fail::<()>(
            port.span(),
            "only a bystander has `listens`",
            "what a client or a server listens on follows from what it runs; remove the key",
        );
    }
    let listens: Vec<_> = table.listens.iter().map(|port| values::port(report, port)).collect();
    Some(Host {
        id: table.id.get_ref().clone(),
        role: match table.role {
            schema::Role::Client => Role::Client,
            schema::Role::Server => Role::Server,
            schema::Role::Bystander => Role::Bystander,
        },
        interfaces: interfaces?,
        listens: listens.into_iter().collect::<Option<_>>()?,
    })
}
