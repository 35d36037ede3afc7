//! Route tables.

use crate::load::network::Ground;
use crate::load::{Report, values};
use crate::model::{
    InternetGateway, InternetGatewayIx, NetworkIx, PeeringIx, Route, Router, RouterIx, RouterKind,
    Via,
};
use crate::schema;
use crate::suggest;

/// Something that a route can point at.
struct Way<'a> {
    id: &'a str,
    kind: &'static str,
    via: Via,
    touches: Vec<NetworkIx>,
}

/// The routes of every subnet.
pub(crate) fn routes(
    report: &mut Report,
    ground: &Ground,
    routers: &[Router],
    gateways: &[InternetGateway],
    tables: &[schema::SubnetTable],
) -> Option<Vec<Vec<Route>>> {
    let ways = ways(ground, routers, gateways);
    let all = tables
        .iter()
        .zip(&ground.subnets)
        .map(|(table, subnet)| table_of(report, ground, &ways, subnet.network, &table.routes));
    values::all(all)
}

fn ways<'a>(
    ground: &'a Ground,
    routers: &'a [Router],
    gateways: &'a [InternetGateway],
) -> Vec<Way<'a>> {
    let peerings = ground.peerings.iter().enumerate().map(|(ix, peering)| Way {
        id: &peering.id,
        kind: "peering",
        via: Via::Peering(PeeringIx(ix)),
        touches: peering.between.to_vec(),
    });
    let routers = routers.iter().enumerate().map(|(ix, router)| Way {
        id: &router.id,
        kind: match router.kind {
            RouterKind::NatGateway => "NAT gateway",
            _ => "router",
        },
        via: Via::Router(RouterIx(ix)),
        touches: (router.inside.iter().chain(&router.outside))
            .map(|interface| ground.subnets[interface.subnet.0].network)
            .collect(),
    });
    let gateways = gateways.iter().enumerate().map(|(ix, gateway)| Way {
        id: &gateway.id,
        kind: "internet gateway",
        via: Via::InternetGateway(InternetGatewayIx(ix)),
        touches: vec![gateway.vpc],
    });
    peerings.chain(routers).chain(gateways).collect()
}

fn table_of(
    report: &mut Report,
    ground: &Ground,
    ways: &[Way<'_>],
    network: NetworkIx,
    tables: &[schema::RouteTable],
) -> Option<Vec<Route>> {
    let mut routes: Vec<Route> = Vec::new();
    for table in tables {
        let to = values::cidr(report, &table.to);
        let way = find(report, ways, network, &table.via);
        let (Some(to), Some(way)) = (to, way) else { continue };
        if !way.touches.contains(&network) {
            let message = format!(
                "{} `{}` does not touch network `{}`",
                way.kind, way.id, ground.networks[network.0].id
            );
            let hint = touching(ways, network);
            report.fail::<()>(table.via.span(), message, hint);
        } else if routes.iter().any(|known| known.to == to) {
            report.fail::<()>(
                table.to.span(),
                format!("this subnet has two routes to {to}"),
                "keep one of them: a route table has one line for a range",
            );
        } else {
            routes.push(Route { to, via: way.via });
        }
    }
    report.sound().map(|()| routes)
}

fn find<'a>(
    report: &mut Report,
    ways: &'a [Way<'_>],
    network: NetworkIx,
    text: &schema::Text,
) -> Option<&'a Way<'a>> {
    let id = text.get_ref();
    ways.iter().find(|way| way.id == id).or_else(|| {
        let hint = match suggest::nearest(id, ways.iter().map(|way| way.id)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => touching(ways, network),
        };
        report.fail(text.span(), format!("unknown peering, router or gateway `{id}`"), hint)
    })
}

fn touching(ways: &[Way<'_>], network: NetworkIx) -> String {
    let own = ways.iter().filter(|way| way.touches.contains(&network));
    match own.map(|way| way.id).collect::<Vec<_>>().as_slice() {
        [] => "nothing does; add a [[peering]] with this network at one end, or a router in it"
            .to_owned(),
        own => format!("one of its own: {}", suggest::list(own)),
    }
}
