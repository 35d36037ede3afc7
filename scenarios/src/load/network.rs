//! Networks, subnets, peerings, and the filters that they can have.

use ipnet::Ipv4Net;

use crate::load::ids::Ids;
use crate::load::{Report, filters, links, values};
use crate::model::{
    Network, NetworkAcl, NetworkAclIx, NetworkIx, NetworkKind, Peering, SecurityGroup, Subnet,
};
use crate::schema;

/// What machines stand on. Routes are missing: they may point at machines.
pub(crate) struct Ground {
    pub(crate) networks: Vec<Network>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) peerings: Vec<Peering>,
    pub(crate) network_acls: Vec<NetworkAcl>,
    pub(crate) security_groups: Vec<SecurityGroup>,
    pub(crate) network_ids: Ids,
    pub(crate) subnet_ids: Ids,
    pub(crate) security_group_ids: Ids,
}

/// Everything about networks; none if something is wrong with it.
pub(crate) fn ground(report: &mut Report, file: &schema::TopologyFile) -> Option<Ground> {
    let network_ids = Ids::of(report, "network", file.network.iter().map(|table| &table.id));
    let subnet_ids = Ids::of(report, "subnet", file.subnet.iter().map(|table| &table.id));
    let acl_ids = Ids::of(report, "network ACL", file.network_acl.iter().map(|acl| &acl.id));
    let security_group_ids =
        Ids::of(report, "security group", file.security_group.iter().map(|group| &group.id));
    // What routes can point at.
    Ids::of(
        report,
        "peering, router or gateway",
        (file.peering.iter().map(|table| &table.id))
            .chain(file.router.iter().map(|table| &table.id))
            .chain(file.nat_gateway.iter().map(|table| &table.id))
            .chain(file.internet_gateway.iter().map(|table| &table.id)),
    );
    let networks = values::all(file.network.iter().map(|table| network(report, table)));
    let peerings =
        values::all(file.peering.iter().map(|table| peering(report, &network_ids, table)));
    let network_acls = filters::network_acls(report, &file.network_acl);
    let security_groups = filters::security_groups(report, &file.security_group);
    let networks = networks?;
    let subnets = file.subnet.iter().map(|table| {
        let subnet = subnet(report, &network_ids, &networks, table);
        let acl = acl(report, &acl_ids, &network_ids, &networks, table);
        Some(Subnet { acl: acl?, ..subnet? })
    });
    let subnets = values::all(subnets)?;
    overlaps(report, &file.subnet, &subnets, &networks);
    report.sound()?;
    Some(Ground {
        networks,
        subnets,
        peerings: peerings?,
        network_acls: network_acls?,
        security_groups: security_groups?,
        network_ids,
        subnet_ids,
        security_group_ids,
    })
}

fn network(report: &mut Report, table: &schema::NetworkTable) -> Option<Network> {
    let link = links::own(report, &table.link);
    values::not_empty(
        report,
        &table.cidrs,
        "this network has no address range",
        "write at least one, for example [\"10.0.0.0/16\"]",
    )?;
    let cidrs = values::all(table.cidrs.get_ref().iter().map(|text| values::cidr(report, text)));
    Some(Network {
        id: table.id.get_ref().clone(),
        kind: match table.kind {
            schema::NetworkKind::Vpc => NetworkKind::Vpc,
            schema::NetworkKind::OnPremises => NetworkKind::OnPremises,
            schema::NetworkKind::Internet => NetworkKind::Internet,
        },
        cidrs: cidrs?,
        link: link?,
    })
}

fn peering(report: &mut Report, networks: &Ids, table: &schema::PeeringTable) -> Option<Peering> {
    let link = links::own(report, &table.link);
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
    Some(Peering { id: table.id.get_ref().clone(), between, link: link? })
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
        acl: None,
    })
}

/// The subnet's network ACL; the outer none is an error.
fn acl(
    report: &mut Report,
    acl_ids: &Ids,
    network_ids: &Ids,
    networks: &[Network],
    table: &schema::SubnetTable,
) -> Option<Option<NetworkAclIx>> {
    let Some(text) = &table.acl else { return Some(None) };
    let acl = acl_ids.find(report, text);
    let network = &networks[network_ids.position(&table.network)?];
    if network.kind != NetworkKind::Vpc {
        return report.fail(
            text.span(),
            format!("network `{}` is not a VPC and has no network ACLs", network.id),
            "remove `acl`, or give the network `kind = \"vpc\"`",
        );
    }
    Some(Some(NetworkAclIx(acl?)))
}

fn ranges(cidrs: &[Ipv4Net]) -> String {
    cidrs.iter().map(Ipv4Net::to_string).collect::<Vec<_>>().join(" and ")
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
