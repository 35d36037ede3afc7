//! Networks, subnets, peerings and routes.

use ipnet::Ipv4Net;

use crate::load::ids::Ids;
use crate::load::{Report, values};
use crate::model::{Network, NetworkIx, NetworkKind, Peering, PeeringIx, Route, Subnet};
use crate::schema;

/// What machines stand on.
pub(crate) struct Ground {
    pub(crate) networks: Vec<Network>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) peerings: Vec<Peering>,
    pub(crate) subnet_ids: Ids,
}

/// Everything about networks; none if something is wrong with it.
pub(crate) fn ground(report: &mut Report, file: &schema::TopologyFile) -> Option<Ground> {
    let network_ids = Ids::of(report, "network", file.network.iter().map(|table| &table.id));
    let subnet_ids = Ids::of(report, "subnet", file.subnet.iter().map(|table| &table.id));
    let peering_ids = Ids::of(report, "peering", file.peering.iter().map(|table| &table.id));
    let networks: Vec<_> = file.network.iter().map(|table| network(report, table)).collect();
    let peerings: Vec<_> =
        file.peering.iter().map(|table| peering(report, &network_ids, table)).collect();
    let networks: Vec<Network> = networks.into_iter().collect::<Option<_>>()?;
    let peerings: Vec<Peering> = peerings.into_iter().collect::<Option<_>>()?;
    let subnets: Vec<_> = file
        .subnet
        .iter()
        .map(|table| {
            let mut subnet = subnet(report, &network_ids, &networks, table)?;
            subnet.routes = routes(report, &peering_ids, &peerings, subnet.network, table)?;
            Some(subnet)
        })
        .collect();
    let subnets: Vec<Subnet> = subnets.into_iter().collect::<Option<_>>()?;
    overlaps(report, &file.subnet, &subnets, &networks);
    report.sound()?;
    Some(Ground { networks, subnets, peerings, subnet_ids })
}

fn network(report: &mut Report, table: &schema::NetworkTable) -> Option<Network> {
    values::not_empty(
        report,
        &table.cidrs,
        "this network has no address range",
        "write at least one, for example [\"10.0.0.0/16\"]",
    )?;
    let cidrs: Vec<_> =
        table.cidrs.get_ref().iter().map(|text| values::cidr(report, text)).collect();
    Some(Network {
        id: table.id.get_ref().clone(),
        kind: match table.kind {
            schema::NetworkKind::Vpc => NetworkKind::Vpc,
            schema::NetworkKind::OnPremises => NetworkKind::OnPremises,
            schema::NetworkKind::Internet => NetworkKind::Internet,
        },
        cidrs: cidrs.into_iter().collect::<Option<_>>()?,
    })
}

fn peering(report: &mut Report, networks: &Ids, table: &schema::PeeringTable) -> Option<Peering> {
    let [one, other] = table.between.get_ref().as_slice() else {
        return report.fail(
            table.between.span(),
            format!("a peering has two ends, this one has {}", table.between.get_ref().len()),
            "write the ids of two networks",
        );
    };
    let (one_ix, other_ix) = (networks.find(report, one), networks.find(report, other));
    let between = [NetworkIx(one_ix?), NetworkIx(other_ix?)];
    if between[0] == between[1] {
        return report.fail(
            other.span(),
            format!("both ends of this peering are in `{}`", other.get_ref()),
            "a network needs no peering with itself; write another network",
        );
    }
    Some(Peering { id: table.id.get_ref().clone(), between })
}

fn subnet(
    report: &mut Report,
    network_ids: &Ids,
    networks: &[Network],
    table: &schema::SubnetTable,
) -> Option<Subnet> {
    let network = network_ids.find(report, &table.network);
    let cidr = values::cidr(report, &table.cidr);
    let zone = match &table.zone {
        Some(zone) => Some(values::id(report, zone)?),
        None => None,
    };
    let (network, cidr) = (network?, cidr?);
    let around = &networks[network];
    if let (Some(zone), false) = (&table.zone, around.kind == NetworkKind::Vpc) {
        return report.fail(
            zone.span(),
            format!("network `{}` is not a VPC and has no zones", around.id),
            "remove `zone`, or give the network `kind = \"vpc\"`",
        );
    }
    if !around.cidrs.iter().any(|range| range.contains(&cidr)) {
        return report.fail(
            table.cidr.span(),
            format!("subnet {cidr} is outside its network `{}`", around.id),
            format!("the network has {}", ranges(&around.cidrs)),
        );
    }
    Some(Subnet {
        id: table.id.get_ref().clone(),
        network: NetworkIx(network),
        zone,
        cidr,
        routes: Vec::new(),
    })
}

fn ranges(cidrs: &[Ipv4Net]) -> String {
    cidrs.iter().map(Ipv4Net::to_string).collect::<Vec<_>>().join(" and ")
}

fn routes(
    report: &mut Report,
    peering_ids: &Ids,
    peerings: &[Peering],
    network: NetworkIx,
    table: &schema::SubnetTable,
) -> Option<Vec<Route>> {
    let mut routes: Vec<Route> = Vec::new();
    for route in &table.routes {
        let (to, via) = (values::cidr(report, &route.to), peering_ids.find(report, &route.via));
        let (Some(to), Some(via)) = (to, via) else { continue };
        if !peerings[via].between.contains(&network) {
            let message = format!(
                "peering `{}` does not touch network `{}`",
                route.via.get_ref(),
                table.network.get_ref()
            );
            let touching = peerings
                .iter()
                .filter(|peering| peering.between.contains(&network))
                .map(|peering| peering.id.as_str())
                .collect::<Vec<_>>();
            let hint = match touching.as_slice() {
                [] => "no peering does; add a [[peering]] with this network at one end".to_owned(),
                touching => format!("one of its own: {}", crate::suggest::list(touching)),
            };
            report.fail::<()>(route.via.span(), message, hint);
        } else if routes.iter().any(|known| known.to == to) {
            report.fail::<()>(
                route.to.span(),
                format!("this subnet has two routes to {to}"),
                "keep one of them: a route table has one line for a range",
            );
        } else {
            routes.push(Route { to, via: PeeringIx(via) });
        }
    }
    report.sound().map(|()| routes)
}

/// Reports subnets of one network that share addresses.
fn overlaps(
    report: &mut Report,
    tables: &[schema::SubnetTable],
    subnets: &[Subnet],
    networks: &[Network],
) {
    for (later, subnet) in subnets.iter().enumerate() {
        let earlier = subnets[..later].iter().position(|other| {
            other.network == subnet.network
                && (other.cidr.contains(&subnet.cidr) || subnet.cidr.contains(&other.cidr))
        });
        let Some(earlier) = earlier else { continue };
        let problem = report
            .at(
                tables[later].cidr.span(),
                format!(
                    "subnet {} overlaps subnet `{}` in network `{}`",
                    subnet.cidr, subnets[earlier].id, networks[subnet.network.0].id
                ),
            )
            .and(tables[earlier].cidr.span(), "the other one")
            .hint("subnets of one network have no addresses in common");
        report.add(problem);
    }
}
