//! Internet gateways and their elastic addresses.

use std::net::Ipv4Addr;
use std::ops::Range;

use crate::load::addresses::Addresses;
use crate::load::{Report, values};
use crate::model::{Elastic, Interface, InternetGateway, NetworkIx, NetworkKind};
use crate::schema;
use crate::suggest;

/// All internet gateways. `places` are the interfaces that can have an elastic address.
pub(crate) fn internet_gateways(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    places: &[Interface],
    tables: &[schema::InternetGatewayTable],
) -> Option<Vec<InternetGateway>> {
    let mut vpcs: Vec<(NetworkIx, Range<usize>)> = Vec::new();
    values::all(tables.iter().map(|table| {
        let vpc = network(report, addresses, &table.vpc, NetworkKind::Vpc);
        let internet = network(report, addresses, &table.internet, NetworkKind::Internet);
        let vpc = vpc?;
        if let Some((_, first)) = vpcs.iter().find(|(known, _)| *known == vpc) {
            let problem = report
                .at(
                    table.vpc.span(),
                    format!("VPC `{}` has two internet gateways", table.vpc.get_ref()),
                )
                .and(first.clone(), "the first one")
                .hint("a VPC has one internet gateway at most");
            report.add(problem);
            return None;
        }
        vpcs.push((vpc, table.vpc.span()));
        let elastic =
            elastic_addresses(report, addresses, places, (vpc, internet?), &table.elastic_ips);
        Some(InternetGateway {
            id: table.id.get_ref().clone(),
            vpc,
            internet: internet?,
            elastic: elastic?,
        })
    }))
}

/// A network of a certain kind.
fn network(
    report: &mut Report,
    addresses: &Addresses<'_>,
    text: &schema::Text,
    kind: NetworkKind,
) -> Option<NetworkIx> {
    let ix = addresses.ground.network_ids.find(report, text)?;
    if addresses.ground.networks[ix].kind == kind {
        return Some(NetworkIx(ix));
    }
    let (what, key) = match kind {
        NetworkKind::Vpc => ("a VPC", "vpc"),
        NetworkKind::OnPremises => ("a company network", "on-premises"),
        NetworkKind::Internet => ("the internet", "internet"),
    };
    let fitting: Vec<&str> = (addresses.ground.networks.iter())
        .filter(|network| network.kind == kind)
        .map(|network| &*network.id)
        .collect();
    let hint = match fitting.as_slice() {
        [] => format!("add a [[network]] with `kind = \"{key}\"`"),
        fitting => format!("write {}", suggest::list(fitting)),
    };
    report.fail(text.span(), format!("network `{}` is not {what}", text.get_ref()), hint)
}

fn elastic_addresses(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    places: &[Interface],
    (vpc, internet): (NetworkIx, NetworkIx),
    tables: &[schema::ElasticTable],
) -> Option<Vec<Elastic>> {
    let mut taken: Vec<(Ipv4Addr, Range<usize>)> = Vec::new();
    values::all(tables.iter().map(|table| {
        let public = public(report, addresses, internet, &table.public);
        let private = private(report, addresses, places, vpc, &table.private)?;
        if let Some((_, first)) = taken.iter().find(|(known, _)| *known == private) {
            let problem = report
                .at(table.private.span(), format!("{private} has two elastic addresses"))
                .and(first.clone(), "the first one")
                .hint("a private address has one elastic address at most");
            report.add(problem);
            return None;
        }
        taken.push((private, table.private.span()));
        Some(Elastic { public: public?, private })
    }))
}

fn public(
    report: &mut Report,
    addresses: &mut Addresses<'_>,
    internet: NetworkIx,
    table: &schema::InterfaceTable,
) -> Option<Interface> {
    let public = addresses.interface(report, table)?;
    let network = addresses.network(public);
    if network == internet {
        return Some(public);
    }
    report.fail(
        table.subnet.span(),
        format!(
            "this address is in network `{}`, not on the internet `{}`",
            addresses.network_id(network),
            addresses.network_id(internet)
        ),
        "write a subnet of the gateway's `internet` and an address in it",
    )
}

fn private(
    report: &mut Report,
    addresses: &Addresses<'_>,
    places: &[Interface],
    vpc: NetworkIx,
    text: &schema::Text,
) -> Option<Ipv4Addr> {
    let private = values::address(report, text)?;
    let own = || places.iter().filter(|place| addresses.network(**place) == vpc);
    if own().any(|place| place.address == private) {
        return Some(private);
    }
    let known: Vec<String> = own().map(|place| place.address.to_string()).collect();
    let message = format!(
        "nothing in VPC `{}` that can have an elastic address has the address {private}",
        addresses.network_id(vpc)
    );
    let hint = match known.as_slice() {
        [] => "write the address of a host, router, NAT gateway or load balancer node".to_owned(),
        known => format!(
            "hosts, routers, NAT gateways and load balancer nodes there have {}",
            suggest::list(known)
        ),
    };
    report.fail(text.span(), message, hint)
}
