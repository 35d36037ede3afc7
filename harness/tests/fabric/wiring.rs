//! An arbitrary topology.
//!
//! The ground is always the same: two networks that are peered, with two subnets each, and the
//! internet. Between them stand all boxes that the lab has. What they are set to, where routes lead,
//! what filters let pass and what the legs are like is arbitrary.

use std::cell::Cell;
use std::net::SocketAddrV4;
use std::ops::RangeInclusive;
use std::rc::Rc;

use ipnet::Ipv4Net;
use pasvlab_harness::net::filters::SecurityFilter;
use pasvlab_harness::net::nlb::NodeGroup;
use pasvlab_harness::net::privatelink::EndpointInterface;
use pasvlab_harness::net::{Action, Middlebox, Packet, Side, Time};
use pasvlab_scenarios::{
    AclRule, AfterIdle, ChooseAddress, EndpointAfterIdle, Link, NetworkKind, PeeringIx, Refusal,
    Router, RouterIx, SecurityGroup, SecurityRule, SourceNat, SubnetIx, Via,
};
use proptest::prelude::*;

use crate::ground::{Drawing, GATEWAY, IDLE, Lab, OTHER_ROUTER, ROUTER, node, to};
use crate::scenes::{anywhere, firewall, interface, ms, nat_gateway, publish};
use crate::script::ip;

pub(crate) const HOSTS: [(&str, &str); 5] = [
    ("client", "10.1.1.1"),
    ("neighbour", "10.1.2.1"),
    ("server", "10.0.1.1"),
    ("other server", "10.0.2.1"),
    ("outsider", "198.51.100.9"),
];

/// What packets are sent to: hosts, boxes, elastic addresses, and nobody.
pub(crate) const DESTINATIONS: [&str; 14] = [
    "10.1.1.1",
    "10.1.2.1",
    "10.0.1.1",
    "10.0.2.1",
    "198.51.100.9",
    "10.0.1.50",
    "10.1.1.50",
    "10.0.1.254",
    "10.1.2.254",
    "10.1.2.5",
    "198.51.100.10",
    "198.51.100.5",
    "10.0.9.9",
    "203.0.113.1",
];

const ROUTES: [&str; 6] =
    ["0.0.0.0/0", "10.0.0.0/16", "10.1.0.0/16", "10.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

/// Boxes as they are, but for how many packets they have sent besides those that they passed on.
#[derive(Debug)]
struct Counted<B> {
    middlebox: B,
    sent: Rc<Cell<usize>>,
}

impl<B: Middlebox> Middlebox for Counted<B> {
    fn on_packet(&mut self, now: Time, ingress: Side, packet: Packet) -> Action {
        let action = self.middlebox.on_packet(now, ingress, packet);
        let more = match &action {
            Action::Answer { .. } => 1,
            Action::ForwardAll { packets, .. } => packets.len() - 1,
            _ => 0,
        };
        self.sent.set(self.sent.get() + more);
        action
    }

    fn intercepts(&self, src: SocketAddrV4, dst: SocketAddrV4) -> bool {
        self.middlebox.intercepts(src, dst)
    }
}

/// What is arbitrary about a router.
#[derive(Debug, Clone)]
struct Settings {
    nat: Option<SourceNat>,
    from_outside: bool,
    published: bool,
    refusal: Refusal,
    after_idle: AfterIdle,
}

impl Settings {
    fn apply(&self, router: Router, host: &str) -> Router {
        Router {
            source_nat: self.nat,
            hairpin: true,
            from_outside: if self.from_outside { vec![anywhere()] } else { Vec::new() },
            forwards: if self.published { vec![publish(21, host)] } else { Vec::new() },
            refusal: self.refusal,
            after_idle: self.after_idle,
            ..router
        }
    }
}

type Rules = Option<(Vec<SecurityRule>, Vec<SecurityRule>)>;

#[derive(Debug, Clone)]
pub(crate) struct Wiring {
    kinds: [NetworkKind; 2],
    /// Subnet, and lines of [`ROUTES`].
    routes: Vec<(usize, usize, Via)>,
    acls: Vec<(usize, Vec<AclRule>, Vec<AclRule>)>,
    /// Of client, server, node and endpoint.
    groups: [Rules; 4],
    filters_links: bool,
    routers: [Settings; 2],
    preserve_client_ip: bool,
    proxy_protocol: bool,
    after_idle: EndpointAfterIdle,
    pub(crate) links: [Link; 3],
    seed: u64,
}

fn kinds() -> impl Strategy<Value = NetworkKind> {
    use NetworkKind::{Internet, OnPremises, Vpc};
    prop::sample::select(vec![Vpc, OnPremises, Internet])
}

fn routes() -> impl Strategy<Value = Vec<(usize, usize, Via)>> {
    let peering = Via::Peering(PeeringIx(0));
    let via = vec![peering, ROUTER, OTHER_ROUTER, Via::Router(RouterIx(2)), GATEWAY];
    let line = (0..5_usize, 0..ROUTES.len(), prop::sample::select(via));
    prop::collection::vec(line, 8..40)
}

fn ports() -> impl Strategy<Value = RangeInclusive<u16>> + Clone {
    prop::sample::select(vec![0..=65535, 0..=65535, 21..=21, 1024..=65535])
}

fn peers() -> impl Strategy<Value = Ipv4Net> + Clone {
    let ranges = ["0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/16", "10.1.1.0/24"];
    prop::sample::select(ranges.map(|range| range.parse().expect("a range")).to_vec())
}

fn acls() -> impl Strategy<Value = Vec<(usize, Vec<AclRule>, Vec<AclRule>)>> {
    let rule = (prop::bool::weighted(0.8), ports(), peers());
    let rule = rule.prop_map(|(allow, ports, peer)| AclRule { number: 1, allow, ports, peer });
    let rules = || prop::collection::vec(rule.clone(), 1..3);
    prop::collection::vec((0..5_usize, rules(), rules()), 0..2)
}

fn groups() -> impl Strategy<Value = [Rules; 4]> {
    let rule = (ports(), peers()).prop_map(|(ports, peer)| SecurityRule { ports, peer });
    let rules = || prop::collection::vec(rule.clone(), 1..3);
    let rules = || prop::option::weighted(0.2, (rules(), rules()));
    [rules(), rules(), rules(), rules()]
}

fn settings() -> impl Strategy<Value = Settings> {
    use AfterIdle::{FinInside, PickUp, ResetInside, Silence};
    let choose = vec![ChooseAddress::PerClient, ChooseAddress::PerConnection];
    let nat = (prop::sample::select(choose), any::<bool>());
    let nat = nat.prop_map(|(choose, keep_ports)| SourceNat { choose, keep_ports });
    let refusals =
        vec![Refusal::Silence, Refusal::Reset, Refusal::PortUnreachable, Refusal::Prohibited];
    let after_idle = prop::sample::select(vec![Silence, ResetInside, FinInside, PickUp]);
    let refusals = prop::sample::select(refusals);
    let flags = any::<(bool, bool)>();
    let all = (prop::option::of(nat), flags, refusals, after_idle);
    all.prop_map(|(nat, (from_outside, published), refusal, after_idle)| Settings {
        nat,
        from_outside,
        published,
        refusal,
        after_idle,
    })
}

fn links() -> impl Strategy<Value = Link> {
    let bandwidth = prop::option::of(1000..10_000_000_u64);
    let loss = prop::sample::select(vec![0.0, 0.0, 0.1, 0.5]);
    let mtu = prop::option::weighted(0.2, 500..1500_u16);
    let all = (1..20_u64, 0..40_u64, bandwidth, loss, mtu, any::<bool>());
    all.prop_map(|(latency, jitter, bandwidth, loss, mtu, mtu_discovery)| Link {
        latency: ms(latency),
        jitter: ms(jitter),
        bandwidth,
        loss,
        mtu,
        mtu_discovery,
    })
}

pub(crate) fn wirings() -> impl Strategy<Value = Wiring> {
    let ground = ([kinds(), kinds()], routes(), acls(), groups());
    let after_idle = vec![EndpointAfterIdle::Silence, EndpointAfterIdle::Reset];
    let after_idle = prop::sample::select(after_idle);
    let boxes = ([settings(), settings()], any::<[bool; 3]>(), after_idle);
    (ground, boxes, [links(), links(), links()], any::<u64>()).prop_map(
        |((kinds, routes, acls, groups), (routers, flags, after_idle), links, seed)| Wiring {
            kinds,
            routes,
            acls,
            groups,
            filters_links: flags[0],
            routers,
            preserve_client_ip: flags[1],
            proxy_protocol: flags[2],
            after_idle,
            links,
            seed,
        },
    )
}

fn filter(rules: &Rules) -> Option<SecurityFilter> {
    let (inbound, outbound) = rules.clone()?;
    let id = "group".to_owned();
    Some(SecurityFilter::new([&SecurityGroup { id, inbound, outbound, idle_timeout: IDLE }]))
}

impl Wiring {
    /// The lab, and a count of what its boxes send by themselves.
    pub(crate) fn build(&self) -> (Lab, Rc<Cell<usize>>) {
        let (drawing, subnets) = self.draw();
        let [near, near_too, far, far_too, internet] = subnets;
        let mut lab = drawing.build();
        let [client, server, node_rules, endpoint_rules] = &self.groups;
        for ((name, address), subnet) in HOSTS.into_iter().zip(subnets) {
            let rules = match name {
                "client" => client,
                "server" => server,
                _ => &None,
            };
            lab.guarded_host(name, subnet, address, filter(rules));
        }
        let count = Rc::new(Cell::new(0));
        let router = |lab: &mut Lab, name, settings| {
            let sent = Rc::clone(&count);
            lab.router_in(name, settings, |middlebox| Box::new(Counted { middlebox, sent }));
        };
        let one = firewall(interface(near, "10.1.1.254"), interface(far, "10.0.1.254"));
        router(&mut lab, "one", self.routers[0].apply(one, "10.1.1.1"));
        let other = firewall(interface(far_too, "10.0.2.254"), interface(near_too, "10.1.2.254"));
        router(&mut lab, "other", self.routers[1].apply(other, "10.0.2.1"));
        router(&mut lab, "nat", nat_gateway(interface(near_too, "10.1.2.5")));
        let elastic = [("198.51.100.10", "10.1.1.1"), ("198.51.100.5", "10.1.2.5")];
        lab.internet_gateway("gateway", (near, internet), &elastic);
        let group = NodeGroup {
            preserve_client_ip: self.preserve_client_ip,
            proxy_protocol: self.proxy_protocol,
            ..to(&["10.0.1.1", "10.0.2.1"])
        };
        let middlebox = node("10.0.1.50", group, IDLE).behind("vpce-1");
        let counted = Counted { middlebox, sent: Rc::clone(&count) };
        let balancer = lab.stand("nlb", far, "10.0.1.50", counted);
        lab.fabric.intercept(balancer);
        let (address, nodes) = (ip("10.1.1.50"), [ip("10.0.1.50")]);
        let middlebox = EndpointInterface::new(address, &nodes, IDLE, self.after_idle, 0);
        let counted = Counted { middlebox, sent: Rc::clone(&count) };
        let endpoint = lab.stand("endpoint", near, "10.1.1.50", counted);
        lab.fabric.link(endpoint, balancer);
        if let Some(filter) = filter(node_rules) {
            lab.fabric.filter_box(balancer, filter, self.filters_links);
        }
        if let Some(filter) = filter(endpoint_rules) {
            lab.fabric.filter_box(endpoint, filter, false);
        }
        (lab, count)
    }

    fn draw(&self) -> (Drawing, [SubnetIx; 5]) {
        let mut drawing = Drawing::default();
        let near = drawing.network("near", self.kinds[0], "10.1.0.0/16");
        let near_too = drawing.subnet("near, too", near, "10.1.2.0/24");
        let far = drawing.network("far", self.kinds[1], "10.0.0.0/16");
        let far_too = drawing.subnet("far, too", far, "10.0.2.0/24");
        let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
        let subnets = [near, near_too, far, far_too, internet];
        drawing.peering(near, far);
        for (subnet, to, via) in &self.routes {
            // Only the two networks are ends of the peering.
            if subnets[*subnet] != internet || !matches!(via, Via::Peering(_)) {
                drawing.route(subnets[*subnet], ROUTES[*to], *via);
            }
        }
        for (subnet, inbound, outbound) in &self.acls {
            drawing.acl(subnets[*subnet], inbound, outbound);
        }
        drawing.ground.link = self.links[0];
        drawing.link(near, self.links[1]);
        drawing.ground.peerings[0].link = Some(self.links[2]);
        drawing.ground.seed = self.seed;
        (drawing, subnets)
    }
}
