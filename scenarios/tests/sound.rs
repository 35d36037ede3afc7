//! Sound files, and what becomes of their keys.

mod common;

use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_scenarios::{
    AcceptsProxyProtocol, AfterIdle, Attachment, ChooseAddress, DataCommand, DataPeer, Elastic,
    EndpointAfterIdle, Host, Interface, InternetGatewayIx, Link, LoadBalancerIx, NetworkAclIx,
    NetworkIx, PeeringIx, ProxyProtocol, Refusal, Router, RouterIx, RouterKind, SecurityGroupIx,
    SourceNat, SubnetIx, TargetState, Topology, Via, WithoutTarget, load,
};
use rstest::{fixture, rstest};

#[fixture]
fn topology() -> Topology {
    load::topology("topologies/t.toml", common::GATEWAYS).unwrap_or_else(|error| {
        let lines: Vec<String> = error.problems().map(|problem| problem.one_line()).collect();
        panic!("{}", lines.join("\n"));
    })
}

fn changed(old: &str, new: &str) -> Topology {
    let text = common::broken(common::GATEWAYS, old, new);
    load::topology("topologies/t.toml", &text).unwrap()
}

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn router<'a>(topology: &'a Topology, id: &str) -> &'a Router {
    topology.routers.iter().find(|router| router.id == id).unwrap()
}

fn host<'a>(topology: &'a Topology, id: &str) -> &'a Host {
    topology.hosts.iter().find(|host| host.id == id).unwrap()
}

#[rstest]
fn a_link_is_the_topologys_or_a_networks_or_a_peerings(topology: Topology) {
    let link = Link {
        latency: Duration::from_millis(5),
        jitter: Duration::from_millis(2),
        bandwidth: Some(20_000_000),
        loss: 0.005,
        mtu: Some(1400),
        mtu_discovery: false,
    };
    assert_eq!(topology.link, link);
    let home = Link { latency: Duration::from_millis(3), ..Link::default() };
    assert_eq!(topology.networks[0].link, Some(home));
    assert_eq!(topology.networks[1].link, None);
    let vpn = Link { mtu: Some(1300), ..Link::default() };
    assert_eq!(topology.peerings[0].link, Some(vpn));
}

#[rstest]
fn routes_point_at_peerings_routers_and_gateways(topology: Topology) {
    let ways: Vec<Vec<Via>> = topology
        .subnets
        .iter()
        .map(|subnet| subnet.routes.iter().map(|route| route.via).collect())
        .collect();
    let (peering, gateway) =
        (Via::Peering(PeeringIx(0)), Via::InternetGateway(InternetGatewayIx(0)));
    let (router, nat_gateway) = (Via::Router(RouterIx(0)), Via::Router(RouterIx(2)));
    assert_eq!(
        ways,
        [vec![router, peering], vec![], vec![], vec![gateway], vec![nat_gateway], vec![]]
    );
}

#[rstest]
fn a_router_has_what_its_table_says(topology: Topology) {
    let router = router(&topology, "box");
    assert_eq!((router.kind, router.hairpin), (RouterKind::Nat, true));
    assert_eq!((router.inside.len(), router.outside.len()), (1, 2));
    let source_nat = SourceNat { choose: ChooseAddress::PerConnection, keep_ports: false };
    assert_eq!(router.source_nat, Some(source_nat));
    let [control, data] = router.forwards.as_slice() else { panic!("{:?}", router.forwards) };
    assert_eq!((control.address, control.first_port), (Some(ip("203.0.113.5")), 21));
    assert_eq!((&control.ports, control.rewrite_source), (&(2121..=2121), None));
    assert_eq!((data.address, data.first_port), (None, 8192));
    assert_eq!(data.rewrite_source, Some(ChooseAddress::PerClient));
    assert_eq!(data.to, [ip("192.168.1.20")]);
    let passages: Vec<(u16, String)> = (router.from_inside.iter().chain(&router.from_outside))
        .map(|passage| (*passage.ports.start(), passage.to.to_string()))
        .collect();
    let (all, elastic) = ("0.0.0.0/0".to_owned(), "198.51.100.0/24".to_owned());
    assert_eq!(passages, [(1024, all.clone()), (21, elastic), (22, all)]);
    assert_eq!(router.refusal, Refusal::Prohibited);
    assert_eq!(router.idle_timeout, Duration::from_secs(300));
    assert_eq!(router.after_idle, AfterIdle::PickUp);
    let helper = router.ftp_helper.as_ref().unwrap();
    assert_eq!(helper.ports, [21, 2121]);
    assert_eq!(helper.understands, [DataCommand::Pasv, DataCommand::Epsv]);
    assert!(helper.loose);
}

#[rstest]
fn a_router_has_the_documented_defaults(topology: Topology) {
    let router = router(&topology, "node");
    assert_eq!((router.kind, router.source_nat), (RouterKind::Nat, None));
    assert!(router.inside.is_empty() && router.from_outside.is_empty() && !router.hairpin);
    let [everything] = router.from_inside.as_slice() else { panic!("{:?}", router.from_inside) };
    assert_eq!((&everything.ports, everything.to.prefix_len()), (&(1..=65535), 0));
    assert_eq!((router.refusal, router.after_idle), (Refusal::Silence, AfterIdle::Silence));
    assert_eq!(router.idle_timeout, Duration::from_secs(432_000));
    assert_eq!(router.ftp_helper, None);
}

#[rstest]
#[case::one_that_only_filters("forwards = [{ ports = \"30021\"", "", RouterKind::Firewall)]
#[case::one_that_translates(
    "forwards = [{ ports = \"30021\"",
    "source_nat = true",
    RouterKind::Nat
)]
#[case::one_that_says_so(
    "forwards = [{ ports = \"30021\"",
    "kind = \"publisher\"",
    RouterKind::Publisher
)]
fn a_router_is_called_what_it_does(
    #[case] line: &str,
    #[case] new: &str,
    #[case] kind: RouterKind,
) {
    let rest = ", to = [\"10.0.2.30\"], to_ports = \"21\" }]";
    let topology = changed(&format!("{line}{rest}"), new);
    assert_eq!(router(&topology, "node").kind, kind);
}

#[test]
fn source_nat_has_the_documented_defaults() {
    let topology = changed("choose = \"per-connection\"\nkeep_ports = false\n", "");
    let source_nat = SourceNat { choose: ChooseAddress::PerClient, keep_ports: true };
    assert_eq!(router(&topology, "box").source_nat, Some(source_nat));
}

#[test]
fn an_ftp_helper_has_the_documented_defaults() {
    let topology =
        changed("{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }", "{}");
    let helper = router(&topology, "box").ftp_helper.as_ref().unwrap();
    assert_eq!(helper.ports, [21]);
    let all = [DataCommand::Pasv, DataCommand::Epsv, DataCommand::Port, DataCommand::Eprt];
    assert_eq!(helper.understands, all);
    assert!(!helper.loose);
}

#[rstest]
fn a_nat_gateway_is_a_router_after_the_others(topology: Topology) {
    let ids: Vec<&str> = topology.routers.iter().map(|router| &*router.id).collect();
    assert_eq!(ids, ["box", "node", "natgw"]);
    let gateway = router(&topology, "natgw");
    assert_eq!((gateway.kind, gateway.outside.len()), (RouterKind::NatGateway, 2));
    let source_nat = SourceNat { choose: ChooseAddress::PerConnection, keep_ports: false };
    assert_eq!(gateway.source_nat, Some(source_nat));
    assert_eq!(gateway.from_inside, router(&topology, "node").from_inside);
    assert!(gateway.inside.is_empty() && gateway.forwards.is_empty());
    assert!(gateway.from_outside.is_empty() && !gateway.hairpin);
    assert_eq!((gateway.refusal, gateway.after_idle), (Refusal::Silence, AfterIdle::ResetInside));
    assert_eq!(gateway.idle_timeout, Duration::from_secs(350));
    assert_eq!(gateway.ftp_helper, None);
}

#[rstest]
fn an_internet_gateway_has_elastic_addresses(topology: Topology) {
    let gateway = &topology.internet_gateways[0];
    assert_eq!((gateway.vpc, gateway.internet), (NetworkIx(2), NetworkIx(1)));
    let elastic = |public: &str, private: &str| Elastic {
        public: Interface { subnet: SubnetIx(2), address: ip(public) },
        private: ip(private),
    };
    let all = [elastic("198.51.100.8", "10.0.1.8"), elastic("198.51.100.50", "10.0.1.50")];
    assert_eq!(gateway.elastic, all);
}

#[rstest]
fn filters_are_ordered_and_attached(topology: Topology) {
    let acl = &topology.network_acls[0];
    let numbers: Vec<(u16, bool)> =
        acl.inbound.iter().map(|rule| (rule.number, rule.allow)).collect();
    assert_eq!(numbers, [(100, true), (200, false)]);
    assert_eq!(acl.inbound[0].peer.to_string(), "192.168.0.0/16");
    assert_eq!(acl.outbound[0].peer.to_string(), "0.0.0.0/0");
    let acls: Vec<_> = topology.subnets.iter().map(|subnet| subnet.acl).collect();
    assert_eq!(acls, [None, None, None, Some(NetworkAclIx(0)), None, None]);
    let [ftp, all] = topology.security_groups.as_slice() else { panic!() };
    assert_eq!((ftp.inbound.len(), ftp.outbound.len()), (2, 1));
    assert_eq!(ftp.idle_timeout, Duration::from_secs(600));
    assert!(all.inbound.is_empty());
    assert_eq!((&all.outbound[0].ports, all.outbound[0].peer.prefix_len()), (&(1..=65535), 0));
    assert_eq!(all.idle_timeout, Duration::from_secs(432_000));
    let (one, other) = (SecurityGroupIx(0), SecurityGroupIx(1));
    assert_eq!(topology.server().security_groups, [one, other]);
    assert_eq!(topology.load_balancers[0].security_groups, [one]);
    assert_eq!(topology.endpoints[0].security_groups, [other]);
    assert!(topology.client().security_groups.is_empty());
}

#[rstest]
fn a_proxy_passes_on_and_only_a_server_belongs_to_an_endpoint_by_itself(topology: Topology) {
    let proxy = host(&topology, "proxy");
    let [control, data] = proxy.relays.as_slice() else { panic!("{:?}", proxy.relays) };
    assert_eq!((&control.ports, control.proxy_protocol), (&(21..=21), ProxyProtocol::V2));
    assert_eq!((&data.ports, data.proxy_protocol), (&(8192..=8200), ProxyProtocol::Off));
    assert_eq!(data.to, [ip("10.0.2.10")]);
    assert_eq!(proxy.attachment, Attachment::Instance);
    assert_eq!(topology.client().attachment, Attachment::Instance);
    assert_eq!(topology.server().attachment, Attachment::Endpoint);
    let own = changed("role = \"server\"\n", "role = \"server\"\nattachment = \"instance\"\n");
    assert_eq!(own.server().attachment, Attachment::Instance);
}

#[rstest]
fn a_listener_has_target_ports_of_its_own_or_of_its_group(topology: Topology) {
    let listeners: Vec<(u16, u16, u64)> = topology
        .load_balancers
        .iter()
        .flat_map(|balancer| &balancer.listeners)
        .map(|listener| {
            let idle = listener.idle_timeout.as_secs();
            (*listener.ports.start(), listener.first_target_port, idle)
        })
        .collect();
    assert_eq!(listeners, [(21, 2121, 6000), (9192, 8192, 350), (8192, 8192, 350)]);
    let filters: Vec<bool> =
        topology.load_balancers.iter().map(|balancer| balancer.filters_privatelink).collect();
    assert_eq!(filters, [false, true]);
    let without = topology.load_balancers.iter().map(|balancer| balancer.without_target);
    assert_eq!(without.collect::<Vec<_>>(), [WithoutTarget::Silence; 2]);
}

#[test]
fn a_load_balancer_may_reset_what_it_has_no_target_for() {
    let key = "filters_privatelink = false";
    let topology = changed(key, &format!("{key}\nwithout_target = \"reset\""));
    assert_eq!(topology.load_balancers[0].without_target, WithoutTarget::Reset);
}

#[rstest]
fn a_target_group_has_what_its_table_says(topology: Topology) {
    let group = &topology.target_groups[0];
    assert_eq!(group.cross_zone, Some(true));
    assert!(group.sticky && group.proxy_protocol && !group.preserve_client_ip);
    assert!(!group.terminate_unhealthy);
    assert_eq!(group.health_check_port, Some(22));
    assert_eq!(group.terminate_deregistered, Some(Duration::from_secs(60)));
    let changes: Vec<(u64, TargetState)> =
        group.changes.iter().map(|change| (change.at.as_secs(), change.becomes)).collect();
    assert_eq!(changes, [(30, TargetState::Unhealthy), (90, TargetState::Deregistered)]);
}

#[rstest]
fn a_target_group_has_the_documented_defaults(topology: Topology) {
    let group = &topology.target_groups[1];
    assert!(!group.sticky && !group.proxy_protocol && !group.preserve_client_ip);
    assert!(group.terminate_unhealthy && group.changes.is_empty());
    let optional = (group.cross_zone, group.health_check_port, group.terminate_deregistered);
    assert_eq!(optional, (None, None, None));
    let by_instance = changed("preserve_client_ip = false\n", "");
    assert!(by_instance.target_groups[1].preserve_client_ip);
    let after = changed("deregistration_delay_s = 60\n", "");
    assert_eq!(after.target_groups[0].terminate_deregistered, Some(Duration::from_secs(300)));
}

#[rstest]
fn an_endpoint_knows_the_nodes_in_each_of_its_zones(topology: Topology) {
    let endpoint = &topology.endpoints[0];
    let (nlb, spare) = (LoadBalancerIx(0), LoadBalancerIx(1));
    assert_eq!(endpoint.load_balancers, [nlb, spare]);
    let nodes: Vec<_> = endpoint.interfaces.iter().map(|interface| &*interface.nodes).collect();
    assert_eq!(nodes, [[(nlb, 0)], [(spare, 0)]]);
    assert_eq!(endpoint.idle_timeout, Duration::from_secs(350));
    assert_eq!(endpoint.after_idle, EndpointAfterIdle::Reset);
}

#[rstest]
fn names_have_their_networks(topology: Topology) {
    let names: Vec<_> = topology
        .names
        .iter()
        .map(|name| {
            let addresses: Vec<String> = name.addresses.iter().map(ToString::to_string).collect();
            (&*name.name, name.network, name.load_balancer, addresses.join(" "))
        })
        .collect();
    let (home, vpc) = (Some(NetworkIx(0)), Some(NetworkIx(2)));
    let nlb = Some(LoadBalancerIx(0));
    assert_eq!(
        names,
        [
            ("ftp.example", home, None, "198.51.100.50".to_owned()),
            ("box.example", None, None, "203.0.113.5 203.0.113.6".to_owned()),
            ("nlb.example", vpc, nlb, "10.0.1.50".to_owned()),
            ("a.nlb.example", vpc, nlb, "10.0.1.50".to_owned()),
            ("ftp.example", vpc, None, "10.0.2.46 10.0.3.46".to_owned()),
        ]
    );
}

#[test]
fn a_server_has_what_its_file_says() {
    let server = load::server("servers/t.toml", common::SERVER).unwrap();
    assert!(!server.active_mode);
    assert_eq!(server.data_peer, DataPeer::Session);
    assert_eq!(server.accepts_proxy_protocol, AcceptsProxyProtocol::Nowhere);
    let text = common::broken(
        common::SERVER,
        "idle_timeout_s",
        "active_mode = true\ndata_peer = \"any\"\naccepts_proxy_protocol = \"everywhere\"\nidle_timeout_s",
    );
    let server = load::server("servers/t.toml", &text).unwrap();
    assert!(server.active_mode);
    assert_eq!(server.data_peer, DataPeer::Any);
    assert_eq!(server.accepts_proxy_protocol, AcceptsProxyProtocol::Everywhere);
}

#[test]
fn a_client_has_the_patience_that_its_file_says() {
    let data = load::client("clients/t.toml", common::CLIENT).unwrap().data;
    assert_eq!((data.reply_timeout, data.tcp_keepalive, data.noop_every), (None, None, None));
    let text = common::broken(
        common::CLIENT,
        "connect_timeout_s",
        "reply_timeout_s = 60\ntcp_keepalive_s = 30\nnoop_every_s = 15\nconnect_timeout_s",
    );
    let data = load::client("clients/t.toml", &text).unwrap().data;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(data.reply_timeout, seconds(60));
    assert_eq!((data.tcp_keepalive, data.noop_every), (seconds(30), seconds(15)));
}

#[test]
fn a_case_has_the_link_that_its_file_says() {
    let case = load::case("cases/t.toml", common::CASE).unwrap();
    assert_eq!((case.link, &*case.outcome), (None, "transferred"));
    let text = common::broken(common::CASE, "outcome", "link = { loss_percent = 50 }\noutcome");
    let case = load::case("cases/t.toml", &text).unwrap();
    assert_eq!(case.link, Some(Link { loss: 0.5, ..Link::default() }));
}
