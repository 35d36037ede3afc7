//! Networks, subnets, routes, and the wiring between boxes: carries one packet from the interface it
//! leaves to wherever it ends, through every box on the way.
//!
//! - `routes` — where a packet goes next.
//! - `links` — what the legs in between do to it.

mod links;
mod routes;

use std::net::Ipv4Addr;
use std::ops::Range;

use pasvlab_scenarios::{
    InternetGatewayIx, Link, Network, NetworkAcl, NetworkIx, NetworkKind, Peering, RouterIx,
    Subnet, SubnetIx,
};
use rustc_hash::FxHashMap;

use self::links::{LinkIx, Links, Travel};
use self::routes::Origin;
use super::filters::{Direction, SecurityFilter};
use super::{Action, Middlebox, Packet, Reason, Side, Time};
use crate::record::{End, Hop, PlaceIx};

/// An interface of a host, as the fabric numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceIx(pub usize);

/// A box, as the fabric numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxIx(pub usize);

/// A host's interface: where it is plugged in and under which name it appears in records.
#[derive(Debug)]
struct Plugged {
    subnet: SubnetIx,
    place: PlaceIx,
    filter: Option<SecurityFilter>,
}

/// Who answers to an address.
#[derive(Debug, Clone, Copy)]
enum Attached {
    Host(InterfaceIx),
    Box(BoxIx, Side, Origin),
}

/// A box's interface in a network.
#[derive(Debug, Clone, Copy)]
struct Plug {
    side: Side,
    at: Origin,
}

#[derive(Debug)]
struct Placed {
    middlebox: Box<dyn Middlebox>,
    plugs: Vec<Plug>,
    place: PlaceIx,
    links: Vec<(BoxIx, Side)>,
    filter: Option<SecurityFilter>,
    /// Whether the filter holds for private links, too.
    filters_links: bool,
}

impl Placed {
    fn subnet(&self, side: Side) -> Option<Origin> {
        self.plugs.iter().find(|plug| plug.side == side).map(|plug| plug.at)
    }

    /// The one network in which it stands.
    fn network(&self, subnets: &[Subnet]) -> Option<NetworkIx> {
        match self.plugs.first()?.at {
            Origin::Subnet(ix) => Some(subnets[ix.0].network),
            Origin::Edge(network) => Some(network),
        }
    }
}

#[derive(Debug)]
struct Space {
    kind: NetworkKind,
    cidrs: Vec<ipnet::Ipv4Net>,
    router: PlaceIx,
    attached: FxHashMap<Ipv4Addr, Attached>,
}

/// Boxes after which a packet has gone round in circles: the time to live of Linux hosts. What a box
/// sends because of a packet has the rest of that packet's, so that boxes which answer each other come
/// to an end.
const TIME_TO_LIVE: u8 = 64;

/// What a fabric is laid out on.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Address spaces.
    pub networks: Vec<Network>,
    /// The name of each network's router in records.
    pub routers: Vec<PlaceIx>,
    /// Their subnets.
    pub subnets: Vec<Subnet>,
    /// Connections between networks.
    pub peerings: Vec<Peering>,
    /// Filters that subnets refer to.
    pub acls: Vec<NetworkAcl>,
    /// What a leg is like where its network or peering does not say.
    pub link: Link,
    /// Seed of jitter and loss.
    pub seed: u64,
}

/// Everything between the hosts.
#[derive(Debug)]
pub struct Fabric {
    networks: Vec<Space>,
    subnets: Vec<Subnet>,
    peerings: Vec<Peering>,
    acls: Vec<NetworkAcl>,
    interfaces: Vec<Plugged>,
    boxes: Vec<Placed>,
    routers: Vec<Option<BoxIx>>,
    internet_gateways: Vec<Option<BoxIx>>,
    interceptors: Vec<BoxIx>,
    links: Links,
}

/// What became of one packet.
#[derive(Debug)]
pub struct Carried {
    /// Where it set out.
    pub from: PlaceIx,
    /// When it set out.
    pub started: Time,
    /// As it set out.
    pub packet: Packet,
    /// The boxes that sent it on, as a range of the list given to [`Fabric::carry`].
    pub hops: Range<usize>,
    /// How and where it ended.
    pub end: End,
    /// If it reached a host: which interface, and the packet as it arrived.
    pub delivered: Option<(InterfaceIx, Packet)>,
    /// When it ended.
    pub at: Time,
    /// How often it was lost on the way and sent again.
    pub lost: u8,
    /// Set on packets that a box sent by itself: why it did.
    pub answer: Option<Reason>,
}

/// A packet that sets out: from a host's interface, or from a box.
struct Departure {
    packet: Packet,
    started: Time,
    /// When it is at `position`: later than it started if a link is in between.
    travel: Travel,
    position: Position,
    from: PlaceIx,
    answer: Option<Reason>,
}

#[derive(Debug, Clone, Copy)]
enum Position {
    /// Going on from here.
    From(Origin),
    /// Arriving at a box.
    Box(BoxIx, Side),
}

enum Step {
    On(Position, Packet),
    Deliver(InterfaceIx, Packet),
    Lost(End),
}

impl Fabric {
    /// Networks without anything attached.
    #[must_use]
    pub fn new(ground: Ground) -> Self {
        let Ground { networks, routers, subnets, peerings, acls, link, seed } = ground;
        let links = Links::new(
            link,
            networks.iter().map(|network| network.link),
            peerings.iter().map(|peering| peering.link),
            seed,
        );
        let space = |(network, router): (Network, PlaceIx)| Space {
            kind: network.kind,
            cidrs: network.cidrs,
            router,
            attached: FxHashMap::default(),
        };
        Self {
            networks: networks.into_iter().zip(routers).map(space).collect(),
            subnets,
            peerings,
            acls,
            interfaces: Vec::new(),
            boxes: Vec::new(),
            routers: Vec::new(),
            internet_gateways: Vec::new(),
            interceptors: Vec::new(),
            links,
        }
    }

    /// Plugs in a host's interface.
    pub fn plug(
        &mut self,
        subnet: SubnetIx,
        address: Ipv4Addr,
        place: PlaceIx,
        filter: Option<SecurityFilter>,
    ) -> InterfaceIx {
        let ix = InterfaceIx(self.interfaces.len());
        self.interfaces.push(Plugged { subnet, place, filter });
        self.attach(Origin::Subnet(subnet), address, Attached::Host(ix));
        ix
    }

    /// Adds a box that stands nowhere yet.
    pub fn place(&mut self, place: PlaceIx, middlebox: Box<dyn Middlebox>) -> BoxIx {
        let ix = BoxIx(self.boxes.len());
        self.boxes.push(Placed {
            middlebox,
            plugs: Vec::new(),
            place,
            links: Vec::new(),
            filter: None,
            filters_links: false,
        });
        ix
    }

    /// Gives a box an address in a subnet. Several on one side may be in several subnets; what the
    /// box sends on this side goes on from the first one.
    pub fn stand(&mut self, ix: BoxIx, side: Side, subnet: SubnetIx, address: Ipv4Addr) {
        let at = Origin::Subnet(subnet);
        self.boxes[ix.0].plugs.push(Plug { side, at });
        self.attach(at, address, Attached::Box(ix, side, at));
    }

    /// Puts a box at the edge of a network, without an address in it.
    pub fn stand_at_edge(&mut self, ix: BoxIx, side: Side, network: NetworkIx) {
        self.boxes[ix.0].plugs.push(Plug { side, at: Origin::Edge(network) });
    }

    /// Gives a box at the edge of a network an address in it.
    pub fn answer_at_edge(&mut self, ix: BoxIx, side: Side, network: NetworkIx, address: Ipv4Addr) {
        let at = Origin::Edge(network);
        self.attach(at, address, Attached::Box(ix, side, at));
    }

    /// Puts security groups on a box's interfaces; with `links` they hold for what comes over private
    /// links, too.
    pub fn filter_box(&mut self, ix: BoxIx, filter: SecurityFilter, links: bool) {
        self.boxes[ix.0].filter = Some(filter);
        self.boxes[ix.0].filters_links = links;
    }

    /// Lets a box see what leaves hosts in its network, see [`Middlebox::intercepts`].
    pub fn intercept(&mut self, ix: BoxIx) {
        self.interceptors.push(ix);
    }

    /// Makes a box the next router that routes point at.
    pub fn add_router(&mut self, ix: BoxIx) -> RouterIx {
        self.routers.push(Some(ix));
        RouterIx(self.routers.len() - 1)
    }

    /// Makes a box the next internet gateway that routes point at.
    pub fn add_internet_gateway(&mut self, ix: BoxIx) -> InternetGatewayIx {
        self.internet_gateways.push(Some(ix));
        InternetGatewayIx(self.internet_gateways.len() - 1)
    }

    /// Connects two boxes by a private link; each side gets the next free number of its box.
    pub fn link(&mut self, one: BoxIx, other: BoxIx) {
        let here = Side::Link(self.boxes[one.0].links.len() as u16);
        let there = Side::Link(self.boxes[other.0].links.len() as u16);
        self.boxes[one.0].links.push((other, there));
        self.boxes[other.0].links.push((one, here));
    }

    fn attach(&mut self, at: Origin, address: Ipv4Addr, attached: Attached) {
        let network = self.network_of(at);
        self.networks[network.0].attached.insert(address, attached);
    }

    /// The record's name for a host interface.
    #[must_use]
    pub fn place_of(&self, interface: InterfaceIx) -> PlaceIx {
        self.interfaces[interface.0].place
    }

    /// Carries a packet that leaves `from` at `now`, and whatever boxes send because of it. `done`
    /// sees each of them once it has ended, the first one first; the boxes that it passed are added
    /// to `hops`.
    ///
    /// The whole way is computed at once, each leg adding its delay, so a packet's order among those
    /// of its own connection is kept.
    pub fn carry(
        &mut self,
        now: Time,
        from: InterfaceIx,
        packet: Packet,
        hops: &mut Vec<Hop>,
        mut done: impl FnMut(Carried),
    ) {
        let plugged = &mut self.interfaces[from.0];
        let place = plugged.place;
        if !passes(plugged.filter.as_mut(), now, Direction::Outbound, &packet) {
            let end = End::Dropped(place, Reason::SecurityGroup);
            let hops = hops.len()..hops.len();
            let (delivered, answer) = (None, None);
            done(Carried {
                from: place,
                started: now,
                packet,
                hops,
                end,
                delivered,
                at: now,
                lost: 0,
                answer,
            });
            return;
        }
        let mut next = Some(Departure {
            packet,
            started: now,
            travel: Travel { at: now, lost: 0, left: TIME_TO_LIVE },
            position: Position::From(Origin::Subnet(plugged.subnet)),
            from: place,
            answer: None,
        });
        // A stack: the last box on the way has sent its own packets before those of earlier boxes get
        // there.
        let mut more = Vec::new();
        while let Some(departure) = next.take().or_else(|| more.pop()) {
            done(self.follow(departure, hops, &mut more));
        }
    }

    fn follow(
        &mut self,
        departure: Departure,
        hops: &mut Vec<Hop>,
        more: &mut Vec<Departure>,
    ) -> Carried {
        let Departure { packet, started, mut travel, mut position, from, answer } = departure;
        let first = hops.len();
        let mut moving = packet.clone();
        let (end, delivered) = loop {
            if travel.left == 0 {
                let place = hops[first..].last().map_or(from, |hop| hop.place);
                break (End::Dropped(place, Reason::TimeToLive), None);
            }
            match self.step(position, moving, &mut travel, hops, more) {
                Step::On(next, packet) => (position, moving) = (next, packet),
                Step::Deliver(interface, packet) => {
                    let Plugged { filter, place, .. } = &mut self.interfaces[interface.0];
                    let (filter, place) = (filter.as_mut(), *place);
                    if !passes(filter, travel.at, Direction::Inbound, &packet) {
                        break (End::Dropped(place, Reason::SecurityGroup), None);
                    }
                    travel.at = self.links.arrive(travel.at, interface, &packet);
                    break (End::Delivered(place), Some((interface, packet)));
                }
                Step::Lost(end) => break (end, None),
            }
        };
        let Travel { at, lost, .. } = travel;
        let hops = first..hops.len();
        Carried { from, started, packet, hops, end, delivered, at, lost, answer }
    }

    fn step(
        &mut self,
        position: Position,
        packet: Packet,
        travel: &mut Travel,
        hops: &mut Vec<Hop>,
        more: &mut Vec<Departure>,
    ) -> Step {
        let origin = match position {
            Position::From(origin) => origin,
            Position::Box(ix, side) => return self.through(ix, side, packet, travel, hops, more),
        };
        let next = match self.next(origin, &packet) {
            Ok(next) => next,
            Err((network, reason)) => return Step::Lost(self.stuck(network, reason)),
        };
        if let Err(reason) = self.links.cross(next.over, &packet, travel) {
            let network = self.network_of(origin);
            return Step::Lost(End::Dropped(self.networks[network.0].router, reason));
        }
        match next.to {
            Attached::Host(interface) => Step::Deliver(interface, packet),
            Attached::Box(ix, side, _) => Step::On(Position::Box(ix, side), packet),
        }
    }

    /// What a network's router does with a packet that it cannot place.
    fn stuck(&self, network: NetworkIx, reason: Reason) -> End {
        let Space { kind, router, .. } = self.networks[network.0];
        match kind {
            NetworkKind::OnPremises if reason != Reason::NetworkAcl => {
                End::Unreachable(router, reason)
            }
            NetworkKind::OnPremises | NetworkKind::Vpc | NetworkKind::Internet => {
                End::Dropped(router, reason)
            }
        }
    }

    fn through(
        &mut self,
        ix: BoxIx,
        side: Side,
        packet: Packet,
        travel: &mut Travel,
        hops: &mut Vec<Hop>,
        more: &mut Vec<Departure>,
    ) -> Step {
        let Placed { middlebox, place, filter, filters_links, .. } = &mut self.boxes[ix.0];
        let place = *place;
        travel.left -= 1;
        let filtered = !matches!(side, Side::Link(_)) || *filters_links;
        let filter = filter.as_mut().filter(|_| filtered);
        if !passes(filter, travel.at, Direction::Inbound, &packet) {
            return Step::Lost(End::Dropped(place, Reason::SecurityGroup));
        }
        // Its bytes live as long as the packet is followed, so the same place means the same bytes.
        let before = (packet.payload.as_ptr(), packet.payload.len());
        let mut others = Vec::new();
        let (to, packet) = match middlebox.on_packet(travel.at, side, packet) {
            Action::Forward { to, packet } => (to, packet),
            Action::ForwardAll { to, packets } => {
                let mut packets = packets.into_iter();
                let Some(first) = packets.next() else {
                    return Step::Lost(End::Dropped(place, Reason::StraySegment));
                };
                others.extend(packets);
                (to, first)
            }
            Action::Drop(reason) => return Step::Lost(End::Dropped(place, reason)),
            Action::Unreachable(reason) => return Step::Lost(End::Unreachable(place, reason)),
            Action::Answer { to, packet, reason } => {
                more.extend(self.set_out(ix, to, packet, *travel, Some(reason)));
                return Step::Lost(End::Dropped(place, reason));
            }
        };
        if !self.lets_out(ix, to, travel.at, &packet) {
            return Step::Lost(End::Dropped(place, Reason::SecurityGroup));
        }
        for packet in others.into_iter().rev() {
            more.extend(self.set_out(ix, to, packet, *travel, None));
        }
        hops.push(hop(place, travel.at, &packet, before));
        match self.leave(ix, to, &packet, travel) {
            Some(position) => Step::On(position, packet),
            None => Step::Lost(End::Dropped(place, Reason::NoRoute)),
        }
    }

    /// Whether a box's own filter lets a packet out. Private links have no filter on this side.
    fn lets_out(&mut self, ix: BoxIx, to: Side, now: Time, packet: &Packet) -> bool {
        let filter = self.boxes[ix.0].filter.as_mut();
        let filter = filter.filter(|_| !matches!(to, Side::Link(_)));
        passes(filter, now, Direction::Outbound, packet)
    }

    /// A packet that a box sends by itself, because of one that has come so far.
    fn set_out(
        &mut self,
        ix: BoxIx,
        to: Side,
        packet: Packet,
        so_far: Travel,
        answer: Option<Reason>,
    ) -> Option<Departure> {
        let started = so_far.at;
        let mut travel = Travel { lost: 0, ..so_far };
        let position = self.leave(ix, to, &packet, &mut travel)?;
        let from = self.boxes[ix.0].place;
        Some(Departure { packet, started, travel, position, from, answer })
    }

    /// Where a packet is after it has left a box; none if the box has no such side.
    fn leave(
        &mut self,
        ix: BoxIx,
        to: Side,
        packet: &Packet,
        travel: &mut Travel,
    ) -> Option<Position> {
        let placed = &self.boxes[ix.0];
        let Side::Link(number) = to else { return placed.subnet(to).map(Position::From) };
        let (other, side) = *placed.links.get(usize::from(number))?;
        self.links.cross(LinkIx::Private, packet, travel).ok()?;
        Some(Position::Box(other, side))
    }
}

/// What a box made of a packet whose payload was `before`.
fn hop(place: PlaceIx, at: Time, packet: &Packet, before: (*const u8, usize)) -> Hop {
    let Packet { src, dst, seq, ack, flags, payload, .. } = packet;
    let changed = (payload.as_ptr(), payload.len()) != before;
    Hop {
        place,
        at,
        src: *src,
        dst: *dst,
        seq: *seq,
        ack: *ack,
        flags: *flags,
        payload: changed.then(|| payload.clone()),
    }
}

fn passes(
    filter: Option<&mut SecurityFilter>,
    now: Time,
    direction: Direction,
    packet: &Packet,
) -> bool {
    filter.is_none_or(|filter| filter.lets_pass(now, direction, packet))
}
