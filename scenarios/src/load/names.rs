//! DNS names, what the client connects to, and the values of PassiveIp.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use crate::load::ids::Ids;
use crate::load::machines::Addresses;
use crate::load::{Report, values};
use crate::model::{Interface, Name};
use crate::schema;
use crate::suggest;

/// The names, and along with each the zonal ones.
pub(crate) fn names(
    report: &mut Report,
    addresses: &Addresses<'_>,
    owner_ids: &Ids,
    owners: &[Vec<Interface>],
    tables: &[schema::NameTable],
) -> Option<Vec<Name>> {
    let mut names: Vec<(Name, Range<usize>)> = Vec::new();
    for table in tables {
        let name = dns_name(report, &table.name);
        let owner = owner_ids.find(report, &table.of);
        let (Some(name), Some(owner)) = (name, owner) else { continue };
        for name in with_zonal(addresses, &name, &owners[owner]) {
            if let Some((_, span)) = names.iter().find(|(other, _)| other.name == name.name) {
                let problem = report
                    .at(table.name.span(), format!("the name `{}` is defined twice", name.name))
                    .and(span.clone(), "the first time")
                    .hint("zonal names, <zone>.<name>, are defined along with the name itself");
                report.add(problem);
            }
            names.push((name, table.name.span()));
        }
    }
    report.sound()?;
    Some(names.into_iter().map(|(name, _)| name).collect())
}

fn with_zonal(addresses: &Addresses<'_>, name: &str, interfaces: &[Interface]) -> Vec<Name> {
    let all = interfaces.iter().map(|interface| interface.address).collect();
    let mut names = vec![Name { name: name.to_owned(), addresses: all }];
    for interface in interfaces {
        let Some(zone) = addresses.zone(*interface) else { continue };
        let zonal = format!("{zone}.{name}");
        match names.iter_mut().find(|known| known.name == zonal) {
            Some(known) => known.addresses.push(interface.address),
            None => names.push(Name { name: zonal, addresses: vec![interface.address] }),
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

/// What the client connects to.
pub(crate) fn connect(report: &mut Report, text: &schema::Text, names: &[Name]) -> Option<String> {
    let target = text.get_ref();
    let known = || names.iter().map(|name| name.name.as_str());
    if target.parse::<Ipv4Addr>().is_ok() || known().any(|name| name == target) {
        return Some(target.clone());
    }
    let hint = match suggest::nearest(target, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "add a [[name]], or write an IPv4 address".to_owned(),
        None => {
            let known: Vec<&str> = known().collect();
            format!("write an IPv4 address or a name of this file: {}", suggest::list(&known))
        }
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
