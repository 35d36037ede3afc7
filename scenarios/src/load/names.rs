//! DNS names, what the client connects to, and the values of PassiveIp.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use crate::schema::Spanned;

use crate::load::addresses::Addresses;
use crate::load::ids::Ids;
use crate::load::network::Ground;
use crate::load::{Report, values};
use crate::model::{Endpoint, Interface, LoadBalancerIx, Name, NetworkIx};
use crate::schema;
use crate::suggest;

/// Something that can have a name.
pub(crate) struct Place {
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) load_balancer: Option<LoadBalancerIx>,
}

/// The names and along with each the zonal ones, then those of endpoints' services.
pub(crate) fn names(
    report: &mut Report,
    addresses: &Addresses<'_>,
    (place_ids, places): (&Ids, &[Place]),
    endpoints: &[Endpoint],
    file: &schema::TopologyFile,
) -> Option<Vec<Name>> {
    let mut names: Vec<(Name, Range<usize>)> = Vec::new();
    for table in &file.name {
        let span = table.name.span();
        for name in named(report, addresses, (place_ids, places), table).unwrap_or_default() {
            add(report, &mut names, name, span.clone());
        }
    }
    for (endpoint, table) in endpoints.iter().zip(&file.endpoint) {
        let Some(text) = &table.private_dns else { continue };
        let Some(name) = dns_name(report, text) else { continue };
        let interfaces = endpoint.interfaces.iter().map(|interface| interface.interface);
        let name = Name {
            name,
            network: interfaces.clone().next().map(|first| addresses.network(first)),
            load_balancer: None,
            addresses: interfaces.map(|interface| interface.address).collect(),
        };
        add(report, &mut names, name, text.span());
    }
    report.sound()?;
    Some(names.into_iter().map(|(name, _)| name).collect())
}

/// Adds a name, and reports another one that holds in the same place.
fn add(report: &mut Report, names: &mut Vec<(Name, Range<usize>)>, name: Name, span: Range<usize>) {
    let same = |other: &Name| other.name == name.name && other.network == name.network;
    if let Some((_, first)) = names.iter().find(|(other, _)| same(other)) {
        let problem = report
            .at(span.clone(), format!("the name `{}` is defined twice", name.name))
            .and(first.clone(), "the first time")
            .hint("zonal names, <zone>.<name>, are defined along with the name itself");
        report.add(problem);
    }
    names.push((name, span));
}

/// What a table defines.
fn named(
    report: &mut Report,
    addresses: &Addresses<'_>,
    (place_ids, places): (&Ids, &[Place]),
    table: &schema::NameTable,
) -> Option<Vec<Name>> {
    let name = dns_name(report, &table.name);
    let network = values::optional(&table.network, |text| {
        addresses.ground.network_ids.find(report, text).map(NetworkIx)
    });
    match (&table.of, &table.addresses) {
        (Some(of), None) => {
            let place = place_ids.find(report, of).map(|ix| &places[ix]);
            Some(with_zonal(addresses, &name?, network?, place?))
        }
        (None, Some(list)) => {
            let addresses = listed(report, list);
            Some(vec![Name {
                name: name?,
                network: network?,
                load_balancer: None,
                addresses: addresses?,
            }])
        }
        (Some(of), Some(list)) => {
            let problem = report
                .at(list.span(), "this name has both `of` and `addresses`")
                .and(of.span(), "the other one")
                .hint("keep one of them");
            report.add(problem);
            None
        }
        (None, None) => report.fail(
            table.name.span(),
            "this name has neither `of` nor `addresses`",
            "write `of = \"…\"` with an id, or `addresses = [\"…\"]`",
        ),
    }
}

/// Addresses of a name that are written out.
fn listed(report: &mut Report, list: &Spanned<schema::Texts>) -> Option<Vec<Ipv4Addr>> {
    values::not_empty(
        report,
        list,
        "this name has no addresses",
        "write at least one, for example [\"198.51.100.10\"]",
    )?;
    let mut found = Vec::new();
    for text in list.get_ref() {
        let address = values::address(report, text)?;
        if found.contains(&address) {
            return report.fail(text.span(), "this address is there twice", "keep one of them");
        }
        found.push(address);
    }
    Some(found)
}

fn with_zonal(
    addresses: &Addresses<'_>,
    name: &str,
    network: Option<NetworkIx>,
    place: &Place,
) -> Vec<Name> {
    let of = |name: String, addresses| Name {
        name,
        network,
        load_balancer: place.load_balancer,
        addresses,
    };
    let all = place.interfaces.iter().map(|interface| interface.address).collect();
    let mut names = vec![of(name.to_owned(), all)];
    for interface in &place.interfaces {
        let Some(zone) = addresses.zone(*interface) else { continue };
        let zonal = format!("{zone}.{name}");
        match names.iter_mut().find(|known| known.name == zonal) {
            Some(known) => known.addresses.push(interface.address),
            None => names.push(of(zonal, vec![interface.address])),
        }
    }
    names
}

fn dns_name(report: &mut Report, text: &schema::Text) -> Option<String> {
    let name = text.get_ref();
    let label = |label: &str| {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=63).contains(&label.len())
            && label.chars().all(good)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if name.len() <= 253 && name.split('.').all(label) && !numeric {
        return Some(name.clone());
    }
    report.fail(
        text.span(),
        format!("`{}` is not a DNS name", name.escape_debug()),
        "write lower-case letters, digits, `-` and dots, without a final dot",
    )
}

/// What the client connects to: an address, or a name that holds in its network.
pub(crate) fn connect(
    report: &mut Report,
    text: &schema::Text,
    names: &[Name],
    (network, ground): (NetworkIx, &Ground),
) -> Option<String> {
    let target = text.get_ref();
    let holds = |name: &&Name| name.network.is_none_or(|scope| scope == network);
    let known: Vec<&str> = names.iter().filter(holds).map(|name| &*name.name).collect();
    if target.parse::<Ipv4Addr>().is_ok() || known.contains(&&**target) {
        return Some(target.clone());
    }
    if names.iter().any(|name| name.name == *target) {
        let client = &ground.networks[network.0].id;
        let hint = match known.as_slice() {
            [] => format!("add a [[name]] with `network = \"{client}\"`, or write an IPv4 address"),
            known => format!("names that do: {}", suggest::list(known)),
        };
        let message =
            format!("the name `{target}` does not hold in the client's network `{client}`");
        return report.fail(text.span(), message, hint);
    }
    let hint = match suggest::nearest(target, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "add a [[name]], or write an IPv4 address".to_owned(),
        None => format!("write an IPv4 address or a name of this file: {}", suggest::list(&known)),
    };
    let message =
        format!("`{}` is neither an IPv4 address nor a name of this file", target.escape_debug());
    report.fail(text.span(), message, hint)
}

/// The topology's own values of PassiveIp.
pub(crate) fn passive_ips(
    report: &mut Report,
    table: &BTreeMap<schema::Text, schema::Text>,
) -> Option<BTreeMap<String, Ipv4Addr>> {
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let id = values::id(report, key);
        let address = values::address(report, value);
        if matches!(key.get_ref().as_str(), "auto" | "zero") {
            report.fail::<()>(
                key.span(),
                format!("`{}` cannot be defined here", key.get_ref()),
                "every topology has `auto` (the server's own address) and `zero` (0.0.0.0)",
            );
        }
        if let (Some(id), Some(address)) = (id, address) {
            values.insert(id, address);
        }
    }
    report.sound().map(|()| values)
}
