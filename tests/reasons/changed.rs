//! Cells in which one thing was broken on purpose, for the ids that no built-in cell shows.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pasvlab_harness::live::observe::{Known, observe};
use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeListener, NodeTarget};
use pasvlab_harness::net::{Action, Flags, Middlebox, Packet, Reason, Side, Time};
use pasvlab_harness::record::Sealed;
use pasvlab_harness::{Record, run};
use pasvlab_scenarios::{
    ChooseAddress, Client, DataCommand, FtpHelper, InternetGatewayIx, PROT_P, Quirk, QuirkAction,
    Refusal, Role, Route, RouterIx, Server, TargetChange, TargetGroupIx, TargetState, TlsSession,
    Topology, Via,
};

use crate::SEED;
use crate::common::{catalog, scenario};

/// Everything that a test may change of a cell.
pub(crate) struct Parts {
    topology: Topology,
    passive_ip: &'static str,
    client: Client,
    server: Server,
}

impl Parts {
    fn of(topology: &str, passive_ip: &'static str, client: &str) -> Self {
        let catalog = catalog();
        Self {
            topology: catalog.topology(topology).expect("a topology").clone(),
            passive_ip,
            client: catalog.client(client).expect("a client").clone(),
            server: catalog.server("transfer-family").expect("a server").clone(),
        }
    }

    /// Makes the server do something else at a command.
    fn at(mut self, command: &str, action: QuirkAction) -> Self {
        self.server.quirks.push(Quirk { command: Some(command.to_owned()), action });
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn demand_tls(&mut self) {
        self.server = catalog().server("transfer-family-ftps").expect("a server").clone();
    }

    fn run(&self) -> Record {
        let Self { topology, passive_ip, client, server } = self;
        run(&scenario(topology, passive_ip, client, server, SEED))
    }
}

fn reply(text: &str) -> QuirkAction {
    QuirkAction::Reply { text: text.to_owned(), close: false }
}

fn words(template: &str) -> QuirkAction {
    QuirkAction::Rewrite(template.to_owned())
}

/// All sessions.
pub(crate) fn sessions() -> Vec<Record> {
    let broken = broken().into_iter().map(|(_, record)| record);
    broken.chain([announced_elsewhere().run(), in_tls_that_nobody_reads()]).collect()
}

/// A session in TLS as it looks between two real programs: nobody noted what was sealed, and what the
/// client did shows in its packets only.
pub(crate) fn in_tls_that_nobody_reads() -> Record {
    let parts = Parts::of("direct", "auto", "suppaftp-ftps").change(Parts::demand_tls);
    let mut record = parts.run();
    record.sealed = Sealed::default();
    record.events.clear();
    observe(&mut record, &Known { real_server: true, ..Known::default() });
    record
}

fn announced_elsewhere() -> Parts {
    Parts::of("direct", "auto", "ftp-netkit")
        .at("PASV", words("227 Entering Passive Mode (198,51,100,77,{p})."))
}

/// The id that decides each cell, and the cell.
pub(crate) fn broken() -> Vec<(&'static str, Record)> {
    let cells = server_side().into_iter().chain(network_side()).chain(routers());
    cells.map(|(id, parts)| (id, parts.run())).collect()
}

fn server_side() -> Vec<(&'static str, Parts)> {
    let direct = || Parts::of("direct", "auto", "ftp-netkit");
    let in_tls = || Parts::of("direct", "auto", "suppaftp-ftps").change(Parts::demand_tls);
    vec![
        ("passive-address-unreachable", announced_elsewhere()),
        ("port-closed", direct().at("PASV", words("227 Entering Passive Mode ({a},99,99)."))),
        ("unreadable", direct().at("PASV", reply("227 Entering Passive Mode"))),
        ("command-refused", direct().at("LIST", reply("550 No such directory."))),
        ("session-ended", direct().at("LIST", reply("421 No transfer timeout."))),
        (
            "login-refused",
            direct()
                .change(|parts| parts.client.login = vec!["USER nobody".into(), "PASS x".into()]),
        ),
        ("tls-session-new", with_a_new_tls_session()),
        ("tls-refused", in_tls().at("AUTH", reply("504 AUTH not understood."))),
        ("tls-refused", direct().change(|parts| parts.client.login = vec![PROT_P.to_owned()])),
        // The control connection is protected, data connections are not.
        ("tls-required", in_tls().change(|parts| parts.client.login.retain(|step| step != PROT_P))),
        (
            "tls-failed",
            Parts::of("direct", "auto", "curl-ftps").at("AUTH TLS", reply("234 Go ahead.")),
        ),
        ("never-dialled", direct().change(|parts| parts.topology.names.clear())),
    ]
}

/// A client whose data connections resume nothing, at a server that insists on it.
fn with_a_new_tls_session() -> Parts {
    let parts = Parts::of("direct", "auto", "suppaftp-ftps");
    let server = catalog().server("transfer-family-ftps").expect("a server").clone();
    let mut parts = Parts { server, ..parts };
    parts.client.data.tls_session = TlsSession::New;
    parts
}

fn network_side() -> Vec<(&'static str, Parts)> {
    let preserving = || Parts::of("nlb-preserve-client-ip", "nlb", "ftp-netkit");
    let relays_only_21 = |parts: &mut Parts| {
        for host in parts.topology.hosts.iter_mut().filter(|host| host.role == Role::Proxy) {
            host.relays.iter_mut().for_each(|relay| relay.ports = 21..=21);
        }
    };
    let beyond = Ipv4Addr::new(192, 0, 2, 7);
    let route_beyond_the_peering = |parts: &mut Parts| {
        parts.topology.passive_ips.insert("nlb".to_owned(), beyond);
        let subnet = &mut parts.topology.subnets[0];
        let via = subnet.routes[0].via;
        subnet.routes.push(Route { to: "192.0.2.0/24".parse().expect("a range"), via });
    };
    let empty_group_for_data = |parts: &mut Parts| {
        let mut empty = parts.topology.target_groups[0].clone();
        empty.targets.clear();
        let group = TargetGroupIx(parts.topology.target_groups.len());
        parts.topology.target_groups.push(empty);
        parts.topology.load_balancers[0].listeners[1].target_group = group;
    };
    let takes_the_target_out = |parts: &mut Parts| {
        let group = &mut parts.topology.target_groups[0];
        let (at, becomes) = (Duration::from_millis(15), TargetState::Deregistered);
        group.changes.push(TargetChange { at, target: group.targets[0].address, becomes });
        group.terminate_deregistered = Some(Duration::ZERO);
    };
    let targets_the_client = |parts: &mut Parts| {
        let client = parts.topology.hosts.iter().find(|host| host.role == Role::Client);
        let interface = client.expect("a client").interfaces[0];
        parts.topology.target_groups[0].targets = vec![interface];
    };
    vec![
        ("port-not-relayed", Parts::of("haproxy", "auto", "curl").change(relays_only_21)),
        ("not-beyond-peering", preserving().change(route_beyond_the_peering)),
        ("no-target", Parts::of("nlb", "zero", "curl").change(empty_group_for_data)),
        ("target-gone", Parts::of("nlb", "zero", "curl").change(takes_the_target_out)),
        ("loops-back", preserving().change(targets_the_client)),
    ]
}

fn routers() -> Vec<(&'static str, Parts)> {
    let helper = FtpHelper {
        ports: vec![21],
        understands: vec![DataCommand::Pasv, DataCommand::Epsv],
        loose: false,
    };
    let port_zero = words("227 Entering Passive Mode ({a},0,0).");
    // The numbers are in the second segment.
    let long = format!("227 Entering Passive Mode {} (198,51,100,10,32,0)", "x".repeat(1500));
    let behind_its_own_route =
        |parts: &mut Parts| parts.topology.subnets[1].routes[0].via = Via::Router(RouterIx(0));
    let without_nat = |parts: &mut Parts| {
        parts.topology.subnets[0].routes[0].via = Via::InternetGateway(InternetGatewayIx(0));
    };
    // The server sees the router as the session's other end, and has no route beyond it.
    let active_without_a_route = |parts: &mut Parts| {
        parts.server.active_mode = true;
        parts.topology.subnets[0].routes.clear();
        for forward in &mut parts.topology.routers[0].forwards {
            forward.rewrite_source = Some(ChooseAddress::PerClient);
        }
    };
    let port_unreachable =
        |parts: &mut Parts| parts.topology.routers[0].refusal = Refusal::PortUnreachable;
    vec![
        ("no-elastic-address", Parts::of("nat-gateway", "public", "curl").change(without_nat)),
        ("time-to-live", Parts::of("nat-gateway", "public", "curl").change(behind_its_own_route)),
        (
            "port-unreachable",
            Parts::of("firewall-rejects", "auto", "curl").change(port_unreachable),
        ),
        (
            "no-port-to-announce",
            Parts::of("server-behind-router", "auto", "ftp-netkit")
                .at("PASV", port_zero)
                .change(|parts| parts.topology.routers[0].ftp_helper = Some(helper)),
        ),
        (
            "split-announcement",
            Parts::of("home-router-alg", "public", "ftp-netkit").at("PASV", reply(&long)),
        ),
        (
            "active-address-unreachable",
            Parts::of("server-behind-router", "public", "ftp-netkit-active")
                .change(active_without_a_route),
        ),
    ]
}

/// What a load balancer node does with a connection for which it has no source port left. One session
/// cannot use up 64,512 ports, so this is the box by itself.
pub(crate) fn without_a_free_port() -> Reason {
    let (node, target) = (Ipv4Addr::new(10, 0, 1, 50), Ipv4Addr::new(10, 0, 1, 10));
    let idle = Time::from_secs(350);
    let listener = NodeListener { ports: 21..=21, first_target_port: 21, group: 0, idle };
    let targets = vec![NodeTarget { address: target, here: true, healthy: true }];
    let group = NodeGroup { targets, ..NodeGroup::default() };
    let mut nlb = NlbNode::new(node, vec![listener], vec![group], SEED);
    for client in 0x0a02_0000_u32.. {
        let src = SocketAddrV4::new(client.into(), 5000);
        let syn = Flags { syn: true, ..Flags::default() };
        let packet = Packet::bare(src, SocketAddrV4::new(node, 21), syn);
        if let Action::Drop(reason) = nlb.on_packet(Time::ZERO, Side::Interface, packet) {
            return reason;
        }
    }
    unreachable!("there are more clients than ports")
}
