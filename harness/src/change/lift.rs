//! Taking one cause away, and nothing else.

use pasvlab_scenarios::{PassiveIp, QuirkAction, SecurityGroupIx, ServerTls};

use super::{Change, Direction, Setup};
use crate::net::Reason;
use crate::record::{End, Place, PlaceKind, Record};
use crate::verdict::{Cause, Evidence, Verdict};

/// Changes that take away the cause that `verdict` names for the record that `setup` left; all of them
/// belong together. None if the verdict names none, or if it is one that nothing in a setup takes away.
///
/// This is not advice: some of it is nobody's to change, such as which data connections AWS Transfer
/// Family takes. It is for holding a verdict against what happens without its cause.
#[must_use]
pub fn lift(setup: &Setup, record: &Record, verdict: &Verdict) -> Option<Vec<Change>> {
    let peer = record.decisions().last().map(|decision| decision.peer);
    let announce = |peer| vec![Change::PassiveIp(PassiveIp::Address(peer))];
    match verdict.cause? {
        Cause::PassiveAddressPrivate
        | Cause::PassiveAddressUnreachable
        | Cause::ClientDialledItself
        | Cause::ZeroNotDialled
        | Cause::ClientInsistsOnPeer
        | Cause::OtherHost => peer.map(announce),
        Cause::OtherZone => Some(one_server(setup)),
        Cause::PortNotRelayed => {
            Some(vec![Change::Relay(where_it_ended(record, verdict)?.name.clone())])
        }
        Cause::DataFromElsewhere => Some(vec![Change::DataFromAnywhere]),
        Cause::TlsSessionNew => Some(vec![Change::NewTlsSessions]),
        Cause::ActiveModeRefused => Some(vec![Change::ActiveMode]),
        Cause::HelperBlinded => Some(in_clear(setup)),
        Cause::TlsRequired => {
            (setup.server.tls == ServerTls::Required).then(|| vec![Change::OfferTls])
        }
        Cause::TlsRefused if setup.server.tls == ServerTls::None => Some(vec![Change::OfferTls]),
        Cause::UnexpectedProxyHeader => Some(vec![Change::ProxyHeadersExpected]),
        Cause::PassiveModeRefused
        | Cause::CommandRefused
        | Cause::LoginRefused
        | Cause::TlsFailed
        | Cause::TlsRefused => {
            let refuses = setup
                .server
                .quirks
                .iter()
                .any(|quirk| matches!(quirk.action, QuirkAction::Reply { .. }));
            refuses.then(|| vec![Change::NoRefusals])
        }
        Cause::Network(reason) => network(setup, record, verdict, reason),
        _ => None,
    }
}

/// The same session without TLS: what a helper would have read.
fn in_clear(setup: &Setup) -> Vec<Change> {
    let mut client = setup.client.clone();
    let secures =
        |step: &String| ["AUTH", "PBSZ", "PROT"].iter().any(|word| step.starts_with(word));
    client.login.retain(|step| !secures(step));
    vec![Change::Client(Box::new(client)), Change::OfferTls]
}

fn one_server(setup: &Setup) -> Vec<Change> {
    let relays = setup.topology.hosts.iter().filter(|host| !host.relays.is_empty());
    let relays = relays.map(|host| Change::RelayToOne(host.id.clone()));
    relays.chain([Change::ServerPerZone]).collect()
}

fn network(
    setup: &Setup,
    record: &Record,
    verdict: &Verdict,
    reason: Reason,
) -> Option<Vec<Change>> {
    let place = where_it_ended(record, verdict)?;
    let topology = &setup.topology;
    let both = [Direction::In, Direction::Out];
    match reason {
        Reason::NoListener => Some(vec![Change::Listeners(place.name.clone())]),
        Reason::SecurityGroup => {
            let groups = groups_at(setup, place).into_iter();
            let ids = groups.map(|ix| topology.security_groups[ix.0].id.clone());
            Some(
                ids.flat_map(|id| both.map(|way| Change::SecurityGroup(id.clone(), way))).collect(),
            )
        }
        Reason::NetworkAcl => {
            let in_network = topology
                .subnets
                .iter()
                .filter(|subnet| topology.network(subnet.network).id == place.network);
            let acls = in_network.filter_map(|subnet| subnet.acl);
            let ids = acls.map(|ix| topology.network_acls[ix.0].id.clone());
            Some(ids.flat_map(|id| both.map(|way| Change::NetworkAcl(id.clone(), way))).collect())
        }
        Reason::NotForwarded => Some(vec![Change::Publish(place.name.clone())]),
        Reason::NoHairpin => Some(vec![Change::Hairpin(place.name.clone())]),
        Reason::NotAllowed | Reason::PortUnreachable | Reason::Prohibited => {
            Some(vec![Change::Passage(place.name.clone())])
        }
        Reason::TooBig => Some(vec![Change::MtuDiscovery]),
        Reason::IdleExpired => Some(vec![Change::IdleTimeout(place.name.clone())]),
        _ => None,
    }
}

/// Where the packet ended that the verdict rests on.
fn where_it_ended<'a>(record: &'a Record, verdict: &Verdict) -> Option<&'a Place> {
    let Some(Evidence::Packet(ix)) = verdict.rests_on else { return None };
    let place = match record.packets.get(ix)?.end {
        End::Delivered(place) | End::Dropped(place, _) | End::Unreachable(place, _) => place,
    };
    Some(record.place(place))
}

fn groups_at(setup: &Setup, place: &Place) -> Vec<SecurityGroupIx> {
    let topology = &setup.topology;
    match place.kind {
        PlaceKind::LoadBalancer => {
            let mut all = topology.load_balancers.iter();
            all.find(|it| it.id == place.name).map(|it| it.security_groups.clone())
        }
        PlaceKind::Endpoint => {
            let mut all = topology.endpoints.iter();
            all.find(|it| it.id == place.name).map(|it| it.security_groups.clone())
        }
        _ => {
            let mut all = topology.hosts.iter();
            all.find(|it| it.id == place.name).map(|it| it.security_groups.clone())
        }
    }
    .unwrap_or_default()
}
