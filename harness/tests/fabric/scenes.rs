//! Grounds that several scripts play on.

use std::time::Duration;

use pasvlab_scenarios::{
    AfterIdle, ChooseAddress, Forward, Interface, Link, NetworkKind, Passage, Refusal, Router,
    RouterKind, SourceNat, SubnetIx,
};

use crate::ground::{Drawing, GATEWAY, IDLE, Lab, ROUTER, to};
use crate::journey::sent;
use crate::script::{ip, syn};

pub(crate) const CLIENT: &str = "10.1.1.1:5000";
pub(crate) const SERVER: &str = "10.0.2.10:21";

/// Consumer and provider VPC, not connected.
pub(crate) fn two_vpcs() -> (Drawing, SubnetIx, SubnetIx) {
    let mut drawing = Drawing::default();
    let consumer = drawing.vpc("consumer", "10.1.0.0/16");
    let provider = drawing.vpc("provider", "10.0.0.0/16");
    (drawing, consumer, provider)
}

/// Client and server in two networks of these kinds, peered, with routes both ways.
pub(crate) fn peered(near: NetworkKind, far: NetworkKind) -> (Drawing, SubnetIx, SubnetIx) {
    let mut drawing = Drawing::default();
    let consumer = drawing.network("consumer", near, "10.1.0.0/16");
    let provider = drawing.network("provider", far, "10.0.0.0/16");
    let peering = drawing.peering(consumer, provider);
    drawing.route(consumer, "10.0.0.0/16", peering);
    drawing.route(provider, "10.1.0.0/16", peering);
    (drawing, consumer, provider)
}

/// Client and server in one VPC.
pub(crate) fn one_vpc() -> (Drawing, SubnetIx) {
    let mut drawing = Drawing::default();
    let vpc = drawing.vpc("vpc", "10.0.0.0/16");
    (drawing, vpc)
}

/// The client's VPC with an endpoint, the server's with the load balancer; no route between them.
pub(crate) fn privatelink() -> Lab {
    let (drawing, consumer, provider) = two_vpcs();
    let mut lab = drawing.build();
    lab.host("client", consumer, "10.1.1.1");
    lab.host("server", provider, "10.0.2.10");
    let node = lab.node("nlb", provider, "10.0.1.50", to(&["10.0.2.10"]));
    lab.endpoint("endpoint", consumer, "10.1.1.50", (node, "10.0.1.50"));
    lab
}

/// Opens the client's connection through endpoint and load balancer.
pub(crate) fn connected_privatelink() -> Lab {
    let mut lab = privatelink();
    lab.send(
        sent("client", syn(CLIENT, "10.1.1.50:21"))
            .via("endpoint", "10.1.1.50:1024", "10.0.1.50:21")
            .via("nlb", "10.0.1.50:1024", SERVER)
            .reaches("server", 3),
    );
    lab
}

/// The client's VPC with a load balancer in it.
pub(crate) fn balanced() -> Lab {
    let (drawing, vpc) = one_vpc();
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("server", vpc, "10.0.2.10");
    lab.node("nlb", vpc, "10.0.1.50", to(&["10.0.2.10"]));
    lab
}

/// An office and the internet; the office's default route is a router.
pub(crate) fn office() -> (Drawing, SubnetIx, SubnetIx) {
    let mut drawing = Drawing::default();
    let office = drawing.network("office", NetworkKind::OnPremises, "192.168.0.0/24");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    drawing.route(office, "0.0.0.0/0", ROUTER);
    (drawing, office, internet)
}

pub(crate) const OFFICE_CLIENT: &str = "192.168.0.9:5000";
pub(crate) const PUBLIC_SERVER: &str = "198.51.100.21:21";

/// The same with a client, a server on the internet and this router between them.
pub(crate) fn office_behind(
    settings: impl FnOnce(SubnetIx, SubnetIx) -> Router,
    back: Option<&str>,
) -> Lab {
    let (mut drawing, office, internet) = office();
    if let Some(range) = back {
        drawing.route(internet, range, ROUTER);
    }
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    lab.host("server", internet, "198.51.100.21");
    lab.router("router", settings(office, internet));
    lab
}

/// A VPC with a public and a private subnet, and the internet. The private subnet's default route is a
/// router, the public one's an internet gateway.
pub(crate) fn cloud() -> (Drawing, [SubnetIx; 3]) {
    let mut drawing = Drawing::default();
    let public = drawing.vpc("vpc", "10.0.0.0/16");
    let private = drawing.subnet("private", public, "10.0.1.0/24");
    let internet = drawing.network("internet", NetworkKind::Internet, "198.51.100.0/24");
    drawing.route(public, "0.0.0.0/0", GATEWAY);
    drawing.route(private, "0.0.0.0/0", ROUTER);
    (drawing, [public, private, internet])
}

/// The same with NAT gateway and internet gateway, a client in the private subnet, a server with an
/// elastic address in the public one, and a server on the internet.
pub(crate) fn cloud_with_gateways() -> Lab {
    let (drawing, [public, private, internet]) = cloud();
    let mut lab = drawing.build();
    lab.host("client", private, "10.0.1.10");
    lab.host("own server", public, "10.0.0.21");
    lab.host("server", internet, "198.51.100.21");
    lab.router("nat", nat_gateway(interface(public, "10.0.0.5")));
    let elastic = [("198.51.100.5", "10.0.0.5"), ("198.51.100.10", "10.0.0.21")];
    lab.internet_gateway("gateway", (public, internet), &elastic);
    lab
}

pub(crate) fn interface(subnet: SubnetIx, address: &str) -> Interface {
    Interface { subnet, address: ip(address) }
}

pub(crate) fn anywhere() -> Passage {
    Passage { ports: 0..=65535, to: "0.0.0.0/0".parse().expect("a range") }
}

/// A router that lets everything from inside pass, and translates nothing.
pub(crate) fn firewall(inside: Interface, outside: Interface) -> Router {
    Router {
        id: "router".to_owned(),
        kind: RouterKind::Firewall,
        inside: vec![inside],
        outside: vec![outside],
        source_nat: None,
        forwards: Vec::new(),
        hairpin: false,
        from_inside: vec![anywhere()],
        from_outside: Vec::new(),
        refusal: Refusal::Silence,
        idle_timeout: IDLE,
        after_idle: AfterIdle::Silence,
        ftp_helper: None,
    }
}

/// A router that translates all sources to its outside address.
pub(crate) fn home_router(inside: Interface, outside: Interface) -> Router {
    let source_nat = SourceNat { choose: ChooseAddress::PerClient, keep_ports: true };
    Router { source_nat: Some(source_nat), ..firewall(inside, outside) }
}

/// VPC guide, NAT gateways: one interface, ports from 1024 on, a reset after the idle time-out.
pub(crate) fn nat_gateway(outside: Interface) -> Router {
    let source_nat = SourceNat { choose: ChooseAddress::PerClient, keep_ports: false };
    Router {
        kind: RouterKind::NatGateway,
        inside: Vec::new(),
        source_nat: Some(source_nat),
        after_idle: AfterIdle::ResetInside,
        ..firewall(outside, outside)
    }
}

/// Passes a port on to a host inside.
pub(crate) fn publish(port: u16, host: &str) -> Forward {
    Forward {
        address: None,
        ports: port..=port,
        to: vec![ip(host)],
        first_port: port,
        rewrite_source: None,
    }
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn latency(milliseconds: u64) -> Link {
    Link { latency: ms(milliseconds), ..Link::default() }
}

/// Client, neighbour and server in one VPC whose legs are like this.
pub(crate) fn over(link: Link, seed: u64) -> Lab {
    let (mut drawing, vpc) = one_vpc();
    drawing.link(vpc, link);
    drawing.ground.seed = seed;
    let mut lab = drawing.build();
    lab.host("client", vpc, "10.0.1.1");
    lab.host("neighbour", vpc, "10.0.1.2");
    lab.host("server", vpc, "10.0.2.10");
    lab
}

/// An office and the internet with these legs, and a router between them.
pub(crate) fn routed(inside: Link, outside: Link, seed: u64) -> Lab {
    let (mut drawing, office, internet) = office();
    drawing.link(office, inside);
    drawing.link(internet, outside);
    drawing.ground.seed = seed;
    let mut lab = drawing.build();
    lab.host("client", office, "192.168.0.9");
    lab.host("server", internet, "198.51.100.21");
    lab.router("router", home(office, internet));
    lab
}

/// The office's router.
pub(crate) fn home(office: SubnetIx, internet: SubnetIx) -> Router {
    home_router(interface(office, "192.168.0.1"), interface(internet, "198.51.100.1"))
}

/// What the office's client is on the internet.
pub(crate) const TRANSLATED: &str = "198.51.100.1:5000";
