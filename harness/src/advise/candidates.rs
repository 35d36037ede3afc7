//! What could be changed.

use std::ops::RangeInclusive;

use pasvlab_scenarios::{
    Client, Listener, PassiveIp, ProxyProtocol, Role, ServerTls, TlsResumption, Topology,
};

use super::Question;
use crate::change::{Change, Direction, LONGEST_IDLE, zones_of_server};

/// Every change of server and network that does something in one of the ways.
pub(super) fn of_setup(question: &Question<'_>) -> Vec<Change> {
    let mut all = settings(question);
    if question.server.tls_resumption == TlsResumption::Enforced {
        all.push(Change::NewTlsSessions);
    }
    let zones = |way: &&Topology| zones_of_server(way).len() > 1;
    if question.ways.iter().any(zones) {
        all.push(Change::ServerPerZone);
    }
    if question.ways.len() > 1 {
        all.push(Change::ServerPerWay);
    }
    for way in &question.ways {
        of_balancing(question, way, &mut all);
        of_filters(question, way, &mut all);
        of_routers(question, way, &mut all);
    }
    let refuses_tls = question.server.tls == ServerTls::None;
    if refuses_tls && question.clients.iter().any(|client| client.asks_for_tls()) {
        all.push(Change::OfferTls);
    }
    let mut known: Vec<Change> = Vec::new();
    for change in all {
        if question.allows(&change) && !known.contains(&change) {
            known.push(change);
        }
    }
    known
}

/// The settings of PassiveIp that the ways know, but for the present one.
pub(super) fn settings(question: &Question<'_>) -> Vec<Change> {
    let mut settings = Vec::new();
    // Addresses first: where one does, it is what AWS documents for this purpose.
    for way in &question.ways {
        settings.extend(way.passive_ips.values().map(|address| PassiveIp::Address(*address)));
    }
    settings.push(PassiveIp::Address(std::net::Ipv4Addr::UNSPECIFIED));
    settings.push(PassiveIp::Auto);
    let mut known = vec![question.passive_ip];
    let mut changes = Vec::new();
    for setting in settings {
        if !known.contains(&setting) {
            known.push(setting);
            changes.push(Change::PassiveIp(setting));
        }
    }
    changes.retain(|change| question.allows(change));
    changes
}

/// Other options of a client, and versions of it that are not older.
pub(super) fn of_client(question: &Question<'_>, client: &Client) -> Vec<Change> {
    if !question.allows_client(&client.id) {
        return Vec::new();
    }
    let version = version(&client.versions);
    let others = question.catalog.clients().filter(|other| {
        // Nobody is told to do without TLS, or to use it where the server does not speak it.
        let same = other.asks_for_tls() == client.asks_for_tls();
        let can = same || other.asks_for_tls() && question.server.takes(other);
        can && other.id != client.id && other.program == client.program && other.os == client.os
    });
    let mut fitting: Vec<&Client> =
        others.filter(|other| self::version(&other.versions) >= version).collect();
    // Options before versions.
    fitting.sort_by_key(|other| self::version(&other.versions) != version);
    fitting.into_iter().map(|other| Change::Client(Box::new(other.clone()))).collect()
}

/// Whether two clients are one version of one program, with different options.
#[must_use]
pub fn same_version(one: &Client, other: &Client) -> bool {
    one.program == other.program && version(&one.versions) == version(&other.versions)
}

/// The last version that a text names, as numbers: of "4.7.0 to 4.9 (and …)" it is 4.9. Empty if it
/// names none that has a point or is a date.
fn version(text: &str) -> Vec<u32> {
    let outside = text.split('(').next().unwrap_or_default();
    let words = outside.split(|c: char| c.is_whitespace() || c == ',');
    let numbers = words.map(|word| -> Vec<u32> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let is_version = word.contains('.') || word.len() >= DATE;
        let parts = is_version.then(|| word.split('.').map_while(|part| part.parse().ok()));
        parts.into_iter().flatten().collect()
    });
    numbers.max().unwrap_or_default()
}

/// Digits of a version that is a date.
const DATE: usize = 8;

fn of_balancing(question: &Question<'_>, way: &Topology, all: &mut Vec<Change>) {
    let passive = &question.server.passive_ports;
    for balancer in &way.load_balancers {
        let id = &balancer.id;
        let same_port = |listener: &Listener| *listener.ports.start() == listener.first_target_port;
        let listened: Vec<_> = balancer
            .listeners
            .iter()
            .filter(|listener| same_port(listener))
            .map(|listener| listener.ports.clone())
            .collect();
        if !covered(passive, &listened) {
            all.push(Change::Listeners(id.clone()));
        }
        if balancer.listeners.iter().any(|listener| listener.idle_timeout < LONGEST_IDLE) {
            all.push(Change::IdleTimeout(id.clone()));
        }
        if balancer.nodes.len() > 1 {
            all.push(Change::CrossZone(id.clone(), !balancer.cross_zone));
        }
    }
    for group in &way.target_groups {
        if group.targets.len() > 1 && !group.sticky {
            all.push(Change::Sticky(group.id.clone()));
        }
        if group.proxy_protocol {
            all.push(Change::NoProxyHeaders(group.id.clone()));
        }
        all.push(Change::PreserveClientIp(group.id.clone(), !group.preserve_client_ip));
    }
    for host in way.hosts.iter().filter(|host| host.role == Role::Proxy) {
        let relayed: Vec<_> = host.relays.iter().map(|relay| relay.ports.clone()).collect();
        if !covered(passive, &relayed) {
            all.push(Change::Relay(host.id.clone()));
        }
        if host.relays.iter().any(|relay| relay.to.len() > 1) {
            all.push(Change::RelayToOne(host.id.clone()));
        }
        if host.relays.iter().any(|relay| relay.proxy_protocol != ProxyProtocol::Off) {
            all.push(Change::NoProxyHeaders(host.id.clone()));
        }
    }
}

fn of_filters(question: &Question<'_>, way: &Topology, all: &mut Vec<Change>) {
    let passive = &question.server.passive_ports;
    for group in &way.security_groups {
        let ports = |rules: &[pasvlab_scenarios::SecurityRule]| -> Vec<_> {
            rules.iter().map(|rule| rule.ports.clone()).collect()
        };
        for (rules, direction) in
            [(&group.inbound, Direction::In), (&group.outbound, Direction::Out)]
        {
            if !covered(passive, &ports(rules)) {
                all.push(Change::SecurityGroup(group.id.clone(), direction));
            }
        }
    }
    for acl in &way.network_acls {
        for direction in [Direction::In, Direction::Out] {
            all.push(Change::NetworkAcl(acl.id.clone(), direction));
        }
    }
}

fn of_routers(question: &Question<'_>, way: &Topology, all: &mut Vec<Change>) {
    let (control, passive) = (question.server.control_port, &question.server.passive_ports);
    for router in &way.routers {
        let id = &router.id;
        let passages = [&router.from_inside, &router.from_outside];
        let restricted = |passages: &Vec<pasvlab_scenarios::Passage>| {
            let ports: Vec<_> = passages.iter().map(|passage| passage.ports.clone()).collect();
            covered(&(control..=control), &ports) && !covered(passive, &ports)
        };
        if passages.into_iter().any(restricted) {
            all.push(Change::Passage(id.clone()));
        }
        let published: Vec<_> = router
            .forwards
            .iter()
            .filter(|forward| *forward.ports.start() == forward.first_port)
            .map(|forward| forward.ports.clone())
            .collect();
        if covered(&(control..=control), &published) {
            if !covered(passive, &published) {
                all.push(Change::Publish(id.clone()));
            }
            if !router.hairpin {
                all.push(Change::Hairpin(id.clone()));
            }
        }
    }
    let mut links = way.networks.iter().filter_map(|network| network.link.as_ref());
    let mut peerings = way.peerings.iter().filter_map(|peering| peering.link.as_ref());
    let blind = |link: &pasvlab_scenarios::Link| link.mtu.is_some() && !link.mtu_discovery;
    if blind(&way.link) || links.any(blind) || peerings.any(blind) {
        all.push(Change::MtuDiscovery);
    }
}

/// Whether every port of `range` is in one of `ranges`.
fn covered(range: &RangeInclusive<u16>, ranges: &[RangeInclusive<u16>]) -> bool {
    range.clone().all(|port| ranges.iter().any(|range| range.contains(&port)))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_last_version_counts_and_what_is_in_parentheses_does_not() {
        assert_eq!(version("4.7.0 to 4.9 (and since 4.4.8)"), [4, 9]);
        assert_eq!(version("3.7 and 3.8 (3.7 without the time-out of 60 s)"), [3, 8]);
        assert_eq!(version("0.17, Amazon Linux 2"), [0, 17]);
        assert!(version("7.15.0 to 7.73") < version("7.74 to 8.18"));
        assert!(version("v0.2.0 and earlier") < version("v0.2.1 and v0.2.2"));
        assert!(version("20200705 (before, PWD)") < version("20210827 to 20230507"));
        assert!(version("Windows 10 and 11").is_empty());
    }
}
