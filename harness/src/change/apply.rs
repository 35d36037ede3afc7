//! What changes do to a setup.

use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::Ipv4Net;
use pasvlab_scenarios::{
    AcceptsProxyProtocol, AclRule, DataPeer, Forward, LoadBalancer, Passage, PassiveIp,
    ProxyProtocol, QuirkAction, Relay, Router, SecurityRule, ServerTls, TlsResumption, Topology,
};

use super::{Change, Direction, Setup, zones};

/// The longest idle time-out of a TCP listener (NLB guide, Listeners).
pub(crate) const LONGEST_IDLE: Duration = Duration::from_secs(6000);

impl Change {
    /// Makes the change. Where it names something that is not there, nothing happens.
    pub fn apply(&self, setup: &mut Setup) {
        let control = setup.server.control_port;
        let passive = setup.server.passive_ports.clone();
        let topology = &mut setup.topology;
        match self {
            Self::PassiveIp(setting) => setup.passive_ip = *setting,
            Self::ServerPerZone => {
                if let Some(peer) = zones::keep_one(topology, setup.seed) {
                    setup.passive_ip = PassiveIp::Address(peer);
                }
            }
            Self::ServerPerWay => {
                if let Some(peer) = zones::connected(topology) {
                    setup.passive_ip = PassiveIp::Address(peer);
                }
            }
            Self::DataFromAnywhere => setup.server.data_peer = DataPeer::Any,
            Self::NewTlsSessions => setup.server.tls_resumption = TlsResumption::Enabled,
            Self::ActiveMode => setup.server.active_mode = true,
            Self::ProxyHeadersExpected => {
                setup.server.accepts_proxy_protocol = AcceptsProxyProtocol::Everywhere;
            }
            Self::OfferTls => setup.server.tls = ServerTls::Offered,
            Self::NoRefusals => {
                let quirks = &mut setup.server.quirks;
                quirks.retain(|quirk| !matches!(quirk.action, QuirkAction::Reply { .. }));
            }
            Self::Client(client) => setup.client = (**client).clone(),
            Self::Listeners(id) => {
                if let Some(balancer) = balancer(topology, id) {
                    listen(balancer, control, &passive);
                }
            }
            Self::CrossZone(id, on) => {
                let Some(balancer) = balancer(topology, id) else { return };
                balancer.cross_zone = *on;
                let groups: Vec<usize> =
                    balancer.listeners.iter().map(|listener| listener.target_group.0).collect();
                for group in groups {
                    topology.target_groups[group].cross_zone = None;
                }
            }
            Self::Sticky(id) => {
                each(&mut topology.target_groups, |g| &g.id, id, |g| g.sticky = true);
            }
            Self::PreserveClientIp(id, on) => {
                each(&mut topology.target_groups, |g| &g.id, id, |g| g.preserve_client_ip = *on);
            }
            Self::NoProxyHeaders(id) => {
                each(&mut topology.target_groups, |g| &g.id, id, |g| g.proxy_protocol = false);
                each(
                    &mut topology.hosts,
                    |host| &host.id,
                    id,
                    |host| {
                        for relay in &mut host.relays {
                            relay.proxy_protocol = ProxyProtocol::Off;
                        }
                    },
                );
            }
            Self::SecurityGroup(id, direction) => {
                let rule = SecurityRule { ports: passive, peer: Ipv4Net::default() };
                each(
                    &mut topology.security_groups,
                    |group| &group.id,
                    id,
                    |group| match direction {
                        Direction::In => group.inbound.push(rule.clone()),
                        Direction::Out => group.outbound.push(rule.clone()),
                    },
                );
            }
            Self::NetworkAcl(id, direction) => {
                let ports = 1024..=u16::MAX;
                let rule = AclRule { number: 1, allow: true, ports, peer: Ipv4Net::default() };
                each(
                    &mut topology.network_acls,
                    |acl| &acl.id,
                    id,
                    |acl| match direction {
                        Direction::In => acl.inbound.insert(0, rule.clone()),
                        Direction::Out => acl.outbound.insert(0, rule.clone()),
                    },
                );
            }
            Self::Passage(id) => {
                let passage = Passage { ports: passive, to: Ipv4Net::default() };
                each(
                    &mut topology.routers,
                    |router| &router.id,
                    id,
                    |router| {
                        router.from_inside.push(passage.clone());
                        router.from_outside.push(passage.clone());
                    },
                );
            }
            Self::Publish(id) => {
                each(
                    &mut topology.routers,
                    |router| &router.id,
                    id,
                    |router| {
                        publish(router, control, &passive);
                    },
                );
            }
            Self::Hairpin(id) => {
                each(&mut topology.routers, |router| &router.id, id, |r| r.hairpin = true);
            }
            Self::Relay(id) => {
                each(
                    &mut topology.hosts,
                    |host| &host.id,
                    id,
                    |host| {
                        let of_control = host.relays.iter().find(|r| r.ports.contains(&control));
                        if let Some(relay) = of_control.cloned() {
                            host.relays.push(Relay { ports: passive.clone(), ..relay });
                        }
                    },
                );
            }
            Self::RelayToOne(id) => {
                each(
                    &mut topology.hosts,
                    |host| &host.id,
                    id,
                    |host| {
                        for relay in &mut host.relays {
                            relay.to.truncate(1);
                        }
                    },
                );
            }
            Self::IdleTimeout(id) => {
                if let Some(balancer) = balancer(topology, id) {
                    for listener in &mut balancer.listeners {
                        listener.idle_timeout = LONGEST_IDLE;
                    }
                }
            }
            Self::MtuDiscovery => {
                topology.link.mtu_discovery = true;
                let networks = topology.networks.iter_mut().map(|network| &mut network.link);
                let peerings = topology.peerings.iter_mut().map(|peering| &mut peering.link);
                for link in networks.chain(peerings).flatten() {
                    link.mtu_discovery = true;
                }
            }
        }
    }
}

/// Does something to each thing with this id.
fn each<T>(things: &mut [T], id_of: impl Fn(&T) -> &String, id: &str, change: impl Fn(&mut T)) {
    for thing in things {
        if id_of(thing) == id {
            change(thing);
        }
    }
}

fn balancer<'a>(topology: &'a mut Topology, id: &str) -> Option<&'a mut LoadBalancer> {
    topology.load_balancers.iter_mut().find(|balancer| balancer.id == id)
}

fn listen(balancer: &mut LoadBalancer, control: u16, passive: &RangeInclusive<u16>) {
    let of_control = balancer.listeners.iter().find(|listener| listener.ports.contains(&control));
    let Some(mut listener) = of_control.cloned() else { return };
    listener.ports = passive.clone();
    listener.first_target_port = *passive.start();
    balancer.listeners.retain(|other| !overlap(&other.ports, passive));
    balancer.listeners.push(listener);
}

fn publish(router: &mut Router, control: u16, passive: &RangeInclusive<u16>) {
    let of_control = router.forwards.iter().find(|forward| forward.ports.contains(&control));
    let Some(forward) = of_control.cloned() else { return };
    router.forwards.retain(|other| !overlap(&other.ports, passive));
    router.forwards.push(Forward {
        ports: passive.clone(),
        first_port: *passive.start(),
        ..forward
    });
}

fn overlap(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}
