//! The words in a diagram, as few as will do.

use std::ops::RangeInclusive;

use pasvlab_scenarios::{
    AclRule, ChooseAddress, DataCommand, FtpHelper, Host, Interface, InternetGateway, Link,
    Listener, LoadBalancer, NetworkIx, NetworkKind, Passage, ProxyProtocol, Refusal, Role, Router,
    RouterKind, SecurityRule, TargetGroup, TargetState, Topology,
};

use super::edges::{Edge, Line};
use super::walk::{self, Node};

/// The lines of a node: what it is, its addresses, what it does, what its filters let pass.
pub(super) fn node(topology: &Topology, node: Node) -> Vec<String> {
    let mut lines = match node {
        Node::Network(ix) => return network(topology, ix),
        Node::Router(ix) => return router(topology, &topology.routers[ix.0]),
        Node::Gateway(ix) => return internet_gateway(&topology.internet_gateways[ix.0]),
        Node::Host(ix) => vec![host(&topology.hosts[ix])],
        Node::Endpoint(ix) => vec![titled(&topology.endpoints[ix].id, "endpoint")],
        Node::LoadBalancer(ix) => {
            vec![titled(&topology.load_balancers[ix].id, "load balancer")]
        }
    };
    lines.extend(addresses(topology, &walk::interfaces(topology, node)));
    match node {
        Node::Host(ix) => lines.extend(service(&topology.hosts[ix])),
        Node::LoadBalancer(ix) => lines.extend(balancing(topology, ix)),
        _ => {}
    }
    lines.extend(filters(topology, node));
    lines
}

/// The two lines of a network: what it is; its ranges, and what its legs are like if that is
/// unusual.
pub(super) fn network(topology: &Topology, ix: NetworkIx) -> Vec<String> {
    let network = topology.network(ix);
    let kind = match network.kind {
        NetworkKind::Vpc => "VPC",
        NetworkKind::OnPremises => "on premises",
        NetworkKind::Internet => "internet",
    };
    let cidrs: Vec<String> = network.cidrs.iter().map(ToString::to_string).collect();
    let mut ranges = cidrs.join(", ");
    if let Some(link) = network.link.as_ref().map(link).filter(|link| !link.is_empty()) {
        ranges.push_str(&format!("; {link}"));
    }
    vec![titled(&network.id, kind), ranges]
}

/// An id and what has it, unless it is the same word.
fn titled(id: &str, kind: &str) -> String {
    if id == kind { id.to_owned() } else { format!("{id} ({kind})") }
}

/// What is worth knowing about a leg; empty if it is like any other.
pub(crate) fn link(link: &Link) -> String {
    let usual = Link::default();
    let mut words = Vec::new();
    if link.latency != usual.latency {
        words.push(format!("{} ms", link.latency.as_millis()));
    }
    if link.jitter != usual.jitter {
        words.push(format!("jitter {} ms", link.jitter.as_millis()));
    }
    if let Some(bits) = link.bandwidth {
        words.push(bandwidth(bits));
    }
    if link.loss > 0.0 {
        words.push(format!("loss {} %", link.loss * 100.0));
    }
    if let Some(mtu) = link.mtu {
        words.push(format!("MTU {mtu}"));
    }
    if !link.mtu_discovery {
        words.push("no MTU discovery".to_owned());
    }
    words.join(", ")
}

fn bandwidth(bits: u64) -> String {
    match bits {
        _ if bits.is_multiple_of(1_000_000) => format!("{} Mbit/s", bits / 1_000_000),
        _ if bits.is_multiple_of(1_000) => format!("{} kbit/s", bits / 1_000),
        _ => format!("{bits} bit/s"),
    }
}

/// The text on an edge; may be empty.
pub(super) fn edge(topology: &Topology, edge: &Edge) -> String {
    let via = if edge.line == Line::Joined { "" } else { "via " };
    let peerings = edge.peerings.iter().map(|ix| {
        let peering = &topology.peerings[ix.0];
        match peering.link.as_ref().map(link).filter(|link| !link.is_empty()) {
            Some(link) => format!("{via}{} ({link})", peering.id),
            None => format!("{via}{}", peering.id),
        }
    });
    let notes = edge.notes.join(", ");
    let words = [notes].into_iter().filter(|notes| !notes.is_empty()).chain(peerings);
    words.collect::<Vec<_>>().join(" ")
}

fn host(host: &Host) -> String {
    let role = match host.role {
        Role::Client => "client",
        Role::Server => "server",
        Role::Bystander => "bystander",
        Role::Proxy => "proxy",
    };
    titled(&host.id, role)
}

/// Addresses in one line; with their zones, each in its own, if they are in different ones.
fn addresses(topology: &Topology, interfaces: &[Interface]) -> Vec<String> {
    let mut zones = interfaces.iter().map(|interface| topology.zone_of(*interface));
    let first = zones.next().flatten();
    let differ = zones.any(|zone| zone != first);
    if !differ {
        return vec![joined(interfaces)];
    }
    let with_zone = |interface: &Interface| match topology.zone_of(*interface) {
        Some(zone) => format!("{} ({zone})", interface.address),
        None => interface.address.to_string(),
    };
    interfaces.iter().map(with_zone).collect()
}

fn joined(interfaces: &[Interface]) -> String {
    let addresses = interfaces.iter().map(|interface| interface.address.to_string());
    addresses.collect::<Vec<_>>().join(", ")
}

/// The ports of a bystander or a proxy.
fn service(host: &Host) -> Vec<String> {
    let mut lines = Vec::new();
    if !host.listens.is_empty() {
        let ports: Vec<String> = host.listens.iter().map(ToString::to_string).collect();
        lines.push(format!("listens on {}", ports.join(", ")));
    }
    for (word, proxy_protocol) in [
        ("relays", ProxyProtocol::Off),
        ("relays with PROXY protocol v1", ProxyProtocol::V1),
        ("relays with PROXY protocol v2", ProxyProtocol::V2),
    ] {
        let relays = host.relays.iter().filter(|relay| relay.proxy_protocol == proxy_protocol);
        let ports: Vec<String> = relays.map(|relay| self::ports(&relay.ports)).collect();
        if !ports.is_empty() {
            lines.push(format!("{word}: {}", ports.join(", ")));
        }
    }
    lines
}

/// Whether a mark is a target group's.
type Has<'a> = &'a dyn Fn(&TargetGroup) -> bool;

/// Listeners, and what is special about the target groups.
fn balancing(topology: &Topology, position: usize) -> Vec<String> {
    let balancer = &topology.load_balancers[position];
    let listeners = balancer.listeners.iter();
    let ports = listeners.map(|listener| mapped(&listener.ports, listener.first_target_port));
    let mut lines = vec![ports.collect::<Vec<_>>().join(", ")];
    let cross_zone = |group: &TargetGroup| group.cross_zone.unwrap_or(balancer.cross_zone);
    let several = balancer.nodes.len() > 1;
    let marks: [(&str, Has<'_>); 5] = [
        ("cross-zone", &|group| several && cross_zone(group)),
        ("sticky", &|group| group.sticky),
        ("preserves client IP", &|group| group.preserve_client_ip),
        ("PROXY protocol", &|group| group.proxy_protocol),
        ("connections of unhealthy targets go on", &|group| {
            !group.changes.is_empty() && !group.terminate_unhealthy
        }),
    ];
    lines.extend(marks.into_iter().filter_map(|(word, has)| mark(topology, balancer, word, has)));
    if !balancer.security_groups.is_empty() && !balancer.filters_privatelink {
        lines.push("security group ignores PrivateLink".to_owned());
    }
    lines.extend(health_checks(topology, balancer));
    let mut seen = Vec::new();
    for listener in &balancer.listeners {
        if !seen.contains(&listener.target_group) {
            seen.push(listener.target_group);
            let group = &topology.target_groups[listener.target_group.0];
            lines.extend(changes(group));
        }
    }
    lines
}

/// A mark that holds for all listeners, or for those that are named.
fn mark(topology: &Topology, balancer: &LoadBalancer, word: &str, has: Has<'_>) -> Option<String> {
    let group = |listener: &&Listener| has(&topology.target_groups[listener.target_group.0]);
    let with: Vec<&Listener> = balancer.listeners.iter().filter(group).collect();
    if with.is_empty() {
        return None;
    }
    if with.len() == balancer.listeners.len() {
        return Some(word.to_owned());
    }
    let ports: Vec<String> = with.iter().map(|listener| ports(&listener.ports)).collect();
    Some(format!("{word}: {}", ports.join(", ")))
}

/// The ports of health checks that are not the ports of traffic.
fn health_checks(topology: &Topology, balancer: &LoadBalancer) -> Option<String> {
    let mut ports = Vec::new();
    for listener in &balancer.listeners {
        let group = &topology.target_groups[listener.target_group.0];
        let other = group.health_check_port.filter(|port| *port != listener.first_target_port);
        ports.extend(other.map(|port| port.to_string()).filter(|port| !ports.contains(port)));
    }
    (!ports.is_empty()).then(|| format!("health check on {}", ports.join(", ")))
}

fn changes(group: &TargetGroup) -> Vec<String> {
    let becomes = |state| match state {
        TargetState::Healthy => "healthy",
        TargetState::Unhealthy => "unhealthy",
        TargetState::Deregistered => "deregistered",
    };
    let lines = group.changes.iter().map(|change| {
        format!("{} {} at {} s", change.target, becomes(change.becomes), change.at.as_secs())
    });
    lines.collect()
}

fn router(topology: &Topology, router: &Router) -> Vec<String> {
    let kind = match router.kind {
        RouterKind::NatGateway => "NAT gateway",
        RouterKind::NatInstance => "NAT instance",
        RouterKind::Nat => "NAT",
        RouterKind::Firewall => "firewall",
        RouterKind::Publisher => "publisher",
    };
    let mut lines = vec![titled(&router.id, kind)];
    if router.inside.is_empty() {
        lines.extend(addresses(topology, &router.outside));
    } else {
        lines.push(format!("inside {}", joined(&router.inside)));
        lines.push(format!("outside {}", joined(&router.outside)));
    }
    if let Some(nat) = router.source_nat {
        let several = router.outside.len() > 1 && nat.choose == ChooseAddress::PerConnection;
        let addresses = if several { ", address per connection" } else { "" };
        let ports = if nat.keep_ports { "" } else { ", new ports" };
        lines.push(format!("source NAT{addresses}{ports}"));
    }
    if router.forwards.iter().any(|forward| forward.rewrite_source.is_some()) {
        lines.push("forwards under its own address".to_owned());
    }
    if router.hairpin {
        lines.push("hairpin".to_owned());
    }
    lines.extend(router.ftp_helper.as_ref().map(ftp_helper));
    lines.extend(passing(router));
    lines
}

/// What a router lets pass, if not everything from inside and nothing from outside.
fn passing(router: &Router) -> Vec<String> {
    let list = |passages: &[Passage]| {
        let rules = passages.iter().map(|passage| (ports(&passage.ports), passage.to.to_string()));
        in_groups(rules.collect(), "to")
    };
    let mut lines = Vec::new();
    let all = |passage: &Passage| is_all(&passage.ports) && passage.to.prefix_len() == 0;
    let restricted = !router.from_inside.iter().any(all);
    if restricted {
        lines.push(format!("lets out {}", list(&router.from_inside)));
    }
    if !router.from_outside.is_empty() {
        lines.push(format!("lets in {}", list(&router.from_outside)));
    }
    match router.refusal {
        Refusal::Silence if lines.is_empty() => {}
        Refusal::Silence => lines.push("rest: silence".to_owned()),
        Refusal::Reset => lines.push("rest: reset".to_owned()),
        Refusal::PortUnreachable => lines.push("rest: port unreachable".to_owned()),
        Refusal::Prohibited => lines.push("rest: prohibited".to_owned()),
    }
    lines
}

fn ftp_helper(helper: &FtpHelper) -> String {
    use DataCommand::{Eprt, Epsv, Pasv, Port};
    let mut words = Vec::new();
    if helper.ports != [21] {
        let ports: Vec<String> = helper.ports.iter().map(ToString::to_string).collect();
        words.push(format!("on {}", ports.join(", ")));
    }
    if [Pasv, Epsv, Port, Eprt].iter().any(|command| !helper.understands.contains(command)) {
        let commands: Vec<&str> = helper.understands.iter().map(|command| command.name()).collect();
        words.push(format!("for {}", commands.join(", ")));
    }
    if helper.loose {
        words.push("loose".to_owned());
    }
    if words.is_empty() {
        "FTP helper".to_owned()
    } else {
        format!("FTP helper {}", words.join(" "))
    }
}

fn internet_gateway(gateway: &InternetGateway) -> Vec<String> {
    let mut lines = vec![titled(&gateway.id, "internet gateway")];
    let pairs = gateway.elastic.iter();
    lines.extend(pairs.map(|pair| format!("{} = {}", pair.public.address, pair.private)));
    lines
}

/// What security groups and network ACLs let pass, where that is not everything.
fn filters(topology: &Topology, node: Node) -> Vec<String> {
    let mut lines = Vec::new();
    let groups = walk::security_groups(topology, node);
    if !groups.is_empty() {
        let inbound: Vec<&SecurityRule> = groups.iter().flat_map(|group| &group.inbound).collect();
        let outbound: Vec<&SecurityRule> =
            groups.iter().flat_map(|group| &group.outbound).collect();
        lines.extend(security("SG in", "from", &inbound));
        lines.extend(security("SG out", "to", &outbound));
    }
    let interfaces = walk::interfaces(topology, node);
    let acls = interfaces.iter().filter_map(|interface| topology.subnet(interface.subnet).acl);
    let mut seen = Vec::new();
    for ix in acls {
        if !seen.contains(&ix) {
            seen.push(ix);
            let acl = &topology.network_acls[ix.0];
            lines.extend(stateless("ACL in", "from", &acl.inbound));
            lines.extend(stateless("ACL out", "to", &acl.outbound));
        }
    }
    lines
}

fn security(title: &str, preposition: &str, rules: &[&SecurityRule]) -> Option<String> {
    if rules.iter().any(|rule| is_all(&rule.ports) && rule.peer.prefix_len() == 0) {
        return None;
    }
    let rules = rules.iter().map(|rule| (ports(&rule.ports), rule.peer.to_string()));
    Some(format!("{title}: {}", in_groups(rules.collect(), preposition)))
}

fn stateless(title: &str, preposition: &str, rules: &[AclRule]) -> Option<String> {
    let first = rules.first();
    if first.is_some_and(|rule| rule.allow && is_all(&rule.ports) && rule.peer.prefix_len() == 0) {
        return None;
    }
    let rules = rules.iter().map(|rule| {
        let not = if rule.allow { "" } else { "not " };
        (format!("{not}{}", ports(&rule.ports)), rule.peer.to_string())
    });
    Some(format!("{title}: {}", in_groups(rules.collect(), preposition)))
}

/// Ports with the same addresses at the other end, together; addresses only if not all.
fn in_groups(rules: Vec<(String, String)>, preposition: &str) -> String {
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    for (ports, peer) in rules {
        match groups.last_mut() {
            Some((known, last)) if *last == peer => known.push(ports),
            _ => groups.push((vec![ports], peer)),
        }
    }
    let texts = groups.iter().map(|(ports, peer)| match peer.as_str() {
        "0.0.0.0/0" => ports.join(", "),
        peer => format!("{} {preposition} {}", ports.join(", "), peer.trim_end_matches("/32")),
    });
    let text = texts.collect::<Vec<_>>().join("; ");
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn is_all(range: &RangeInclusive<u16>) -> bool {
    *range.start() <= 1 && *range.end() == u16::MAX
}

/// A port or a range of them.
pub(super) fn ports(range: &RangeInclusive<u16>) -> String {
    match (range.start(), range.end()) {
        _ if is_all(range) => "all ports".to_owned(),
        (one, last) if one == last => one.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

/// Ports, and what becomes of them if they do not stay the same.
pub(super) fn mapped(range: &RangeInclusive<u16>, first: u16) -> String {
    if first == *range.start() {
        return ports(range);
    }
    let last = first.saturating_add(range.end() - range.start());
    format!("{} → {}", ports(range), ports(&(first..=last)))
}
