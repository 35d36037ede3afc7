//! Where a packet goes next: routes, network ACLs, and answers that a box intercepts.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{NetworkIx, Subnet, SubnetIx, Via};

use super::links::LinkIx;
use super::{Attached, BoxIx, Fabric};
use crate::net::filters::{Direction, acl_allows};
use crate::net::{Packet, Reason, Side};

/// From where a packet goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From an interface in this subnet.
    Subnet(SubnetIx),
    /// From a gateway at the edge of this network.
    Edge(NetworkIx),
}

/// Where it goes, and over which leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) to: Attached,
    pub(super) over: LinkIx,
}

/// Why it goes nowhere, and in which network.
pub(super) type Stuck = (NetworkIx, Reason);

impl Fabric {
    /// Who gets a packet next.
    pub(super) fn next(&self, origin: Origin, packet: &Packet) -> Result<Next, Stuck> {
        let (here, subnet) = match origin {
            Origin::Subnet(ix) => (self.subnets[ix.0].network, Some(ix)),
            Origin::Edge(network) => (network, None),
        };
        let next = match self.intercepted(here, packet) {
            Some(next) => next,
            None => self.routed(here, subnet, *packet.dst.ip())?,
        };
        self.filter(here, subnet, next.to, packet)?;
        Ok(next)
    }

    /// The box for whose client an answer is although it names another destination.
    fn intercepted(&self, here: NetworkIx, packet: &Packet) -> Option<Next> {
        let wants = |ix: &&BoxIx| {
            let placed = &self.boxes[ix.0];
            placed.network(&self.subnets) == Some(here)
                && placed.middlebox.intercepts(packet.src, packet.dst)
        };
        let ix = self.interceptors.iter().find(wants)?;
        let subnet = self.boxes[ix.0].subnet(Side::Interface)?;
        let to = Attached::Box(*ix, Side::Interface, subnet);
        Some(Next { to, over: LinkIx::Network(here) })
    }

    /// Somebody in the same network, or whoever is behind the longest matching route.
    fn routed(
        &self,
        here: NetworkIx,
        subnet: Option<SubnetIx>,
        dst: Ipv4Addr,
    ) -> Result<Next, Stuck> {
        if self.covers(here, dst) {
            return self.lookup(here, dst, LinkIx::Network(here));
        }
        let table = subnet.map(|ix| &self.subnets[ix.0]);
        match table.and_then(|subnet| longest_route(subnet, dst)) {
            None => Err((here, Reason::NoRoute)),
            Some(Via::Peering(ix)) => {
                let [one, other] = self.peerings[ix.0].between;
                let there = if one == here { other } else { one };
                if self.covers(there, dst) {
                    self.lookup(there, dst, LinkIx::Peering(ix))
                } else {
                    Err((there, Reason::NotBeyondPeering))
                }
            }
            Some(Via::Router(ix)) => self.gateway(here, self.routers.get(ix.0)),
            Some(Via::InternetGateway(ix)) => self.gateway(here, self.internet_gateways.get(ix.0)),
        }
    }

    /// The interface of a box that stands in this network.
    fn gateway(&self, here: NetworkIx, gateway: Option<&Option<BoxIx>>) -> Result<Next, Stuck> {
        let Some(ix) = gateway.copied().flatten() else { return Err((here, Reason::NoRoute)) };
        let mut plugs = self.boxes[ix.0].plugs.iter();
        let plug = plugs.find(|plug| self.network_of(plug.at) == here);
        let Some(plug) = plug else { return Err((here, Reason::NoRoute)) };
        Ok(Next { to: Attached::Box(ix, plug.side, plug.at), over: LinkIx::Network(here) })
    }

    /// Network ACLs hold for what leaves one subnet and enters another (VPC guide, Network ACLs).
    fn filter(
        &self,
        here: NetworkIx,
        from: Option<SubnetIx>,
        to: Attached,
        packet: &Packet,
    ) -> Result<(), Stuck> {
        let to = match to {
            Attached::Host(ix) => Some(self.interfaces[ix.0].subnet),
            Attached::Box(_, _, Origin::Subnet(subnet)) => Some(subnet),
            Attached::Box(_, _, Origin::Edge(_)) => None,
        };
        if from == to {
            return Ok(());
        }
        let denies = |subnet: Option<SubnetIx>, direction| {
            let acl = subnet.and_then(|ix| self.subnets[ix.0].acl);
            acl.is_some_and(|acl| !acl_allows(&self.acls[acl.0], direction, packet))
        };
        if denies(from, Direction::Outbound) {
            return Err((here, Reason::NetworkAcl));
        }
        if denies(to, Direction::Inbound) {
            let there = to.map_or(here, |ix| self.subnets[ix.0].network);
            return Err((there, Reason::NetworkAcl));
        }
        Ok(())
    }

    pub(super) fn network_of(&self, origin: Origin) -> NetworkIx {
        match origin {
            Origin::Subnet(ix) => self.subnets[ix.0].network,
            Origin::Edge(network) => network,
        }
    }

    fn covers(&self, network: NetworkIx, address: Ipv4Addr) -> bool {
        self.networks[network.0].cidrs.iter().any(|cidr| cidr.contains(&address))
    }

    fn lookup(&self, network: NetworkIx, dst: Ipv4Addr, over: LinkIx) -> Result<Next, Stuck> {
        let attached = self.networks[network.0].attached.get(&dst).copied();
        let to = attached.ok_or((network, Reason::NobodyAtAddress))?;
        Ok(Next { to, over })
    }
}

fn longest_route(subnet: &Subnet, dst: Ipv4Addr) -> Option<Via> {
    let routes = subnet.routes.iter().filter(|route| route.to.contains(&dst));
    routes.max_by_key(|route| route.to.prefix_len()).map(|route| route.via)
}
