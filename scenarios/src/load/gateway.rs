//! Routers that keep track of connections, and NAT gateways.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::schema::Spanned;

use crate::load::addresses::{Addresses, Kind};
use crate::load::{Report, filters, values};
use crate::model::{
    AfterIdle, ChooseAddress, DataCommand, FtpHelper, Interface, NetworkKind, Passage, Refusal,
    Router, RouterKind, SourceNat,
};
use crate::schema;

/// How long a router's connection may be idle, in seconds: bounds, of which the upper one is the
/// default.
const IDLE: RangeInclusive<u64> = 1..=432_000;

/// How long a NAT gateway's connection may be idle (Amazon VPC guide, Troubleshoot NAT gateways).
const GATEWAY_IDLE: Duration = Duration::from_secs(350);

/// Addresses that AWS allows per NAT gateway (Amazon VPC guide, NAT gateway basics).
const GATEWAY_ADDRESSES: usize = 8;

/// All routers, their forwards left out: those refer to hosts.
pub(crate) fn routers(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    tables: &[schema::RouterTable],
) -> Option<Vec<Router>> {
    values::all(tables.iter().map(|table| router(report, addresses, table)))
}

fn router(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    table: &schema::RouterTable,
) -> Option<Router> {
    let inside = addresses.in_one_network(report, &table.inside);
    let outside = addresses.interfaces(report, &table.outside, Kind::Anywhere);
    let source_nat = source_nat(report, table);
    hairpin(report, table);
    let from_inside = match &table.from_inside {
        Some(tables) => passages(report, tables),
        None => Some(vec![everything()]),
    };
    let from_outside = passages(report, &table.from_outside);
    let idle_timeout = values::seconds_or(report, &table.idle_timeout_s, IDLE, *IDLE.end());
    let ftp_helper = values::optional(&table.ftp_helper, |table| ftp_helper(report, table));
    let (inside, outside) = (inside?, outside?);
    apart(report, addresses, table, &inside, &outside)?;
    Some(Router {
        id: table.id.get_ref().clone(),
        kind: kind(table),
        inside,
        outside,
        source_nat: source_nat?,
        forwards: Vec::new(),
        hairpin: table.hairpin.as_ref().is_some_and(|hairpin| *hairpin.get_ref()),
        from_inside: from_inside?,
        from_outside: from_outside?,
        refusal: match table.refusal {
            schema::Refusal::Silence => Refusal::Silence,
            schema::Refusal::Reset => Refusal::Reset,
            schema::Refusal::PortUnreachable => Refusal::PortUnreachable,
            schema::Refusal::Prohibited => Refusal::Prohibited,
        },
        idle_timeout: idle_timeout?,
        after_idle: match table.after_idle {
            schema::AfterIdle::Silence => AfterIdle::Silence,
            schema::AfterIdle::ResetInside => AfterIdle::ResetInside,
            schema::AfterIdle::FinInside => AfterIdle::FinInside,
            schema::AfterIdle::PickUp => AfterIdle::PickUp,
        },
        ftp_helper: ftp_helper?,
    })
}

fn kind(table: &schema::RouterTable) -> RouterKind {
    match table.kind {
        Some(schema::RouterKind::NatInstance) => RouterKind::NatInstance,
        Some(schema::RouterKind::Nat) => RouterKind::Nat,
        Some(schema::RouterKind::Firewall) => RouterKind::Firewall,
        Some(schema::RouterKind::Publisher) => RouterKind::Publisher,
        None if table.source_nat || !table.forwards.is_empty() => RouterKind::Nat,
        None => RouterKind::Firewall,
    }
}

/// Reports an inside that is in the network of the outside.
fn apart(
    report: &mut Report,
    addresses: &Addresses<'_>,
    table: &schema::RouterTable,
    inside: &[Interface],
    outside: &[Interface],
) -> Option<()> {
    let (Some(within), Some(without)) = (inside.first(), outside.first()) else { return Some(()) };
    let network = addresses.network(*within);
    if network != addresses.network(*without) {
        return Some(());
    }
    let span = table.inside.first().map_or(0..0, |interface| interface.subnet.span());
    report.fail(
        span,
        format!(
            "inside and outside of this router are the same network `{}`",
            addresses.network_id(network)
        ),
        "leave out `inside`: then everything that is not addressed to it comes from inside",
    )
}

pub(crate) fn choose(choose: schema::ChooseAddress) -> ChooseAddress {
    match choose {
        schema::ChooseAddress::PerClient => ChooseAddress::PerClient,
        schema::ChooseAddress::PerConnection => ChooseAddress::PerConnection,
    }
}

/// The outer none is an error.
fn source_nat(report: &mut Report, table: &schema::RouterTable) -> Option<Option<SourceNat>> {
    if table.source_nat {
        return Some(Some(SourceNat {
            choose: table
                .choose
                .as_ref()
                .map_or(ChooseAddress::PerClient, |text| choose(*text.get_ref())),
            keep_ports: table.keep_ports.as_ref().is_none_or(|keep| *keep.get_ref()),
        }));
    }
    let keys = [
        ("choose", table.choose.as_ref().map(Spanned::span)),
        ("keep_ports", table.keep_ports.as_ref().map(Spanned::span)),
    ];
    let mut sound = Some(None);
    for (key, span) in keys {
        if let Some(span) = span {
            sound = report.fail(
                span,
                format!("`{key}` without `source_nat`"),
                "write `source_nat = true`, or remove this key",
            );
        }
    }
    sound
}

/// Reports that there is nobody to whom hairpinning makes a difference.
fn hairpin(report: &mut Report, table: &schema::RouterTable) {
    let Some(hairpin) = table.hairpin.as_ref().filter(|hairpin| *hairpin.get_ref()) else { return };
    let missing = match (table.inside.is_empty(), table.forwards.is_empty()) {
        (false, false) => return,
        (true, false) => "`inside`",
        (false, true) => "`forwards`",
        (true, true) => "`inside` and `forwards`",
    };
    report.fail::<()>(
        hairpin.span(),
        format!("`hairpin` without {missing}"),
        "it lets hosts inside reach each other by what is forwarded; add that, or remove this key",
    );
}

fn everything() -> Passage {
    Passage { ports: 1..=u16::MAX, to: filters::everywhere() }
}

fn passages(report: &mut Report, tables: &[schema::PassageTable]) -> Option<Vec<Passage>> {
    values::all(tables.iter().map(|table| {
        let ports = values::ports(report, &table.ports);
        let to = filters::peers(report, &table.to);
        Some(Passage { ports: ports?, to: to? })
    }))
}

fn ftp_helper(report: &mut Report, table: &schema::FtpHelperTable) -> Option<FtpHelper> {
    let ports = match &table.ports {
        Some(list) => {
            let ports = once(report, list, "port", u16::to_string);
            let sound =
                values::all(list.get_ref().iter().map(|port| values::port(report, port).map(drop)));
            sound.and(ports)
        }
        None => Some(vec![21]),
    };
    let understands = match &table.understands {
        Some(list) => {
            let commands = once(report, list, "announcement", |command| command.name().to_owned());
            commands.map(|commands| commands.into_iter().collect())
        }
        None => {
            Some(vec![DataCommand::Pasv, DataCommand::Epsv, DataCommand::Port, DataCommand::Eprt])
        }
    };
    Some(FtpHelper { ports: ports?, understands: understands?, loose: table.loose })
}

/// A list of the helper's with something in it and nothing twice.
fn once<T: Copy + PartialEq>(
    report: &mut Report,
    list: &Spanned<Vec<Spanned<T>>>,
    what: &str,
    show: impl Fn(&T) -> String,
) -> Option<Vec<T>> {
    values::not_empty(
        report,
        list,
        &format!("this FTP helper knows no {what}"),
        "write one at least, remove the key to have its default, or remove `ftp_helper`",
    )?;
    let mut found = Vec::new();
    for value in list.get_ref() {
        if found.contains(value.get_ref()) {
            return report.fail(
                value.span(),
                format!("{what} {} is there twice", show(value.get_ref())),
                "keep one of them",
            );
        }
        found.push(*value.get_ref());
    }
    Some(found)
}

/// All NAT gateways.
pub(crate) fn nat_gateways(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    tables: &[schema::NatGatewayTable],
) -> Option<Vec<Router>> {
    values::all(tables.iter().map(|table| {
        let outside = addresses.interfaces(report, &table.addresses, Kind::Anywhere)?;
        gateway_addresses(report, addresses, table, &outside)?;
        Some(Router {
            id: table.id.get_ref().clone(),
            kind: RouterKind::NatGateway,
            inside: Vec::new(),
            outside,
            source_nat: Some(SourceNat {
                choose: table.choose.map_or(ChooseAddress::PerConnection, choose),
                keep_ports: false,
            }),
            forwards: Vec::new(),
            hairpin: false,
            from_inside: vec![everything()],
            from_outside: Vec::new(),
            refusal: Refusal::Silence,
            idle_timeout: GATEWAY_IDLE,
            after_idle: AfterIdle::ResetInside,
            ftp_helper: None,
        })
    }))
}

fn gateway_addresses(
    report: &mut Report,
    addresses: &Addresses<'_>,
    table: &schema::NatGatewayTable,
    outside: &[Interface],
) -> Option<()> {
    if outside.len() > GATEWAY_ADDRESSES {
        return report.fail(
            table.addresses.span(),
            format!("this NAT gateway has {} addresses", outside.len()),
            format!("AWS allows {GATEWAY_ADDRESSES} per NAT gateway"),
        );
    }
    for (interface, table) in outside.iter().zip(table.addresses.get_ref()) {
        if interface.subnet != outside[0].subnet {
            return report.fail(
                table.subnet.span(),
                format!(
                    "this address is in subnet `{}`, the first one in `{}`",
                    addresses.ground.subnets[interface.subnet.0].id,
                    addresses.ground.subnets[outside[0].subnet.0].id
                ),
                "a NAT gateway is in one subnet",
            );
        }
        let network = &addresses.ground.networks[addresses.network(*interface).0];
        if network.kind != NetworkKind::Vpc {
            return report.fail(
                table.subnet.span(),
                format!("network `{}` is not a VPC and has no NAT gateways", network.id),
                "write a [[router]] with `source_nat = true`, or give the network `kind = \"vpc\"`",
            );
        }
    }
    Some(())
}
