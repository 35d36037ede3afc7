//! Addresses in subnets.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use crate::schema::Spanned;

use crate::load::network::Ground;
use crate::load::{Report, values};
use crate::model::{Host, Interface, NetworkIx, SubnetIx};
use crate::schema::{InterfaceTable, Text};
use crate::suggest;

/// Hands out addresses and sees to it that no two interfaces of a network have the same.
pub(crate) struct Addresses<'a> {
    pub(crate) ground: &'a Ground,
    taken: BTreeMap<(NetworkIx, Ipv4Addr), Range<usize>>,
}

/// What a list of interfaces belongs to.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// May have several interfaces in one zone, and needs no zone.
    Anywhere,
    /// One interface per zone, in a VPC.
    Zonal(&'static str),
}

impl<'a> Addresses<'a> {
    pub(crate) fn new(ground: &'a Ground) -> Self {
        Self { ground, taken: BTreeMap::new() }
    }

    /// The interfaces of one thing, at least one, all in one network.
    pub(crate) fn interfaces(
        &mut self,
        report: &mut Report,
        list: &Spanned<Vec<InterfaceTable>>,
        kind: Kind,
    ) -> Option<Vec<Interface>> {
        let example = "write at least one, [{ subnet = \"…\", address = \"…\" }]";
        values::not_empty(report, list, "there is no address here", example)?;
        let interfaces = self.in_one_network(report, list.get_ref())?;
        if let Kind::Zonal(what) = kind {
            self.zones(report, list.get_ref(), &interfaces, what)?;
        }
        Some(interfaces)
    }

    /// Any number of interfaces, all in one network.
    pub(crate) fn in_one_network(
        &mut self,
        report: &mut Report,
        tables: &[InterfaceTable],
    ) -> Option<Vec<Interface>> {
        let interfaces = values::all(tables.iter().map(|table| self.interface(report, table)))?;
        let first = interfaces.first().map(|first| self.network(*first));
        for (interface, table) in interfaces.iter().zip(tables) {
            let network = self.network(*interface);
            if let Some(first) = first
                && network != first
            {
                return report.fail(
                    table.subnet.span(),
                    format!(
                        "this interface is in network `{}`, the first one in `{}`",
                        self.network_id(network),
                        self.network_id(first)
                    ),
                    "all interfaces of one thing are in one network",
                );
            }
        }
        Some(interfaces)
    }

    /// One interface.
    pub(crate) fn interface(
        &mut self,
        report: &mut Report,
        table: &InterfaceTable,
    ) -> Option<Interface> {
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
            let network = self.network_id(around.network);
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

    pub(crate) fn network_id(&self, network: NetworkIx) -> &'a str {
        &self.ground.networks[network.0].id
    }

    pub(crate) fn zone(&self, interface: Interface) -> Option<&'a str> {
        self.ground.subnets[interface.subnet.0].zone.as_deref()
    }

    /// Hosts' interfaces in a network, referred to by address, each once. `whose` network it is
    /// appears in errors.
    pub(crate) fn of_hosts(
        &self,
        report: &mut Report,
        hosts: &[Host],
        (network, whose): (NetworkIx, &str),
        texts: &[Text],
    ) -> Option<Vec<Interface>> {
        let known: Vec<Interface> = hosts
            .iter()
            .flat_map(|host| &host.interfaces)
            .copied()
            .filter(|interface| self.network(*interface) == network)
            .collect();
        let place = format!("in the {whose}'s network `{}`", self.network_id(network));
        pick(report, &known, texts, |address| format!("no host {place} has the address {address}"))
    }
}

/// Picks interfaces by address, each once.
pub(crate) fn pick(
    report: &mut Report,
    known: &[Interface],
    texts: &[Text],
    missing: impl Fn(Ipv4Addr) -> String,
) -> Option<Vec<Interface>> {
    let mut found: Vec<Interface> = Vec::new();
    for text in texts {
        let address = values::address(report, text)?;
        let Some(interface) = known.iter().find(|known| known.address == address) else {
            let known: Vec<String> = known.iter().map(|known| known.address.to_string()).collect();
            let hint = match known.as_slice() {
                [] => "no host has an address there".to_owned(),
                known => format!("hosts there have {}", suggest::list(known)),
            };
            return report.fail(text.span(), missing(address), hint);
        };
        if found.iter().any(|found| found.address == address) {
            return report.fail(text.span(), "this address is there twice", "keep one of them");
        }
        found.push(*interface);
    }
    Some(found)
}
