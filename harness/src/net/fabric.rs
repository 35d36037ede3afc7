//! Networks, subnets, routes, and the wiring between boxes: carries one packet from the interface it
//! leaves to wherever it ends, through every box on the way.

use std::net::Ipv4Addr;
use std::ops::Range;

use pasvlab_scenarios::{NetworkIx, NetworkKind, Peering, Subnet, SubnetIx};
use rustc_hash::FxHashMap;

use super::{Action, Middlebox, Packet, Reason, Side, Time};
use crate::record::{End, Hop, PlaceIx};

/// An interface of a host, as the fabric numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceIx(pub usize);

/// A box, as the fabric numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxIx(pub usize);

/// A host's interface: where it is plugged in and under which name it appears in records.
#[derive(Debug, Clone, Copy)]
struct Plugged {
    subnet: SubnetIx,
    place: PlaceIx,
}

/// Who answers to an address.
#[derive(Debug, Clone, Copy)]
enum Attached {
    Host(InterfaceIx),
    Box(BoxIx),
}

#[derive(Debug)]
struct Placed {
    middlebox: Box<dyn Middlebox>,
    subnet: SubnetIx,
    place: PlaceIx,
    links: Vec<(BoxIx, Side)>,
}

#[derive(Debug)]
struct Space {
    kind: NetworkKind,
    cidrs: Vec<ipnet::Ipv4Net>,
    router: PlaceIx,
    attached: FxHashMap<Ipv4Addr, Attached>,
}

/// Everything between the hosts.
#[derive(Debug)]
pub struct Fabric {
    networks: Vec<Space>,
    subnets: Vec<Subnet>,
    peerings: Vec<Peering>,
    interfaces: Vec<Plugged>,
    boxes: Vec<Placed>,
    leg: Time,
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
    /// Set on packets that a box sent by itself: why it did.
    pub answer: Option<Reason>,
}

/// A packet that sets out: from a host's interface, or from a box that answers.
struct Departure {
    packet: Packet,
    started: Time,
    /// When it is at `position`: later than it started if a link is in between.
    at: Time,
    position: Position,
    from: PlaceIx,
    answer: Option<Reason>,
}

#[derive(Debug, Clone, Copy)]
enum Position {
    /// Leaving an interface in this subnet.
    Subnet(SubnetIx),
    /// Arriving at a box.
    Box(BoxIx, Side),
}

enum Step {
    On(Position, Packet),
    Deliver(InterfaceIx, Packet),
    Lost { end: End, answer: Option<Departure> },
}

impl Fabric {
    /// Networks without anything attached. `leg` is the delay between two interfaces, `routers` the
    /// name of each network's router in records.
    #[must_use]
    pub fn new(
        networks: &[pasvlab_scenarios::Network],
        subnets: Vec<Subnet>,
        peerings: Vec<Peering>,
        routers: &[PlaceIx],
        leg: Time,
    ) -> Self {
        let networks = networks
            .iter()
            .zip(routers)
            .map(|(network, router)| Space {
                kind: network.kind,
                cidrs: network.cidrs.clone(),
                router: *router,
                attached: FxHashMap::default(),
            })
            .collect();
        Self { networks, subnets, peerings, interfaces: Vec::new(), boxes: Vec::new(), leg }
    }

    /// Plugs in a host's interface.
    pub fn plug(&mut self, subnet: SubnetIx, address: Ipv4Addr, place: PlaceIx) -> InterfaceIx {
        let ix = InterfaceIx(self.interfaces.len());
        self.interfaces.push(Plugged { subnet, place });
        self.attach(subnet, address, Attached::Host(ix));
        ix
    }

    /// Plugs in a box.
    pub fn place(
        &mut self,
        subnet: SubnetIx,
        address: Ipv4Addr,
        place: PlaceIx,
        middlebox: Box<dyn Middlebox>,
    ) -> BoxIx {
        let ix = BoxIx(self.boxes.len());
        self.boxes.push(Placed { middlebox, subnet, place, links: Vec::new() });
        self.attach(subnet, address, Attached::Box(ix));
        ix
    }

    /// Connects two boxes by a private link; each side gets the next free number of its box.
    pub fn link(&mut self, one: BoxIx, other: BoxIx) {
        let here = Side::Link(self.boxes[one.0].links.len() as u16);
        let there = Side::Link(self.boxes[other.0].links.len() as u16);
        self.boxes[one.0].links.push((other, there));
        self.boxes[other.0].links.push((one, here));
    }

    fn attach(&mut self, subnet: SubnetIx, address: Ipv4Addr, attached: Attached) {
        let network = self.subnets[subnet.0].network;
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
        let plugged = self.interfaces[from.0];
        let mut next = Some(Departure {
            packet,
            started: now,
            at: now,
            position: Position::Subnet(plugged.subnet),
            from: plugged.place,
            answer: None,
        });
        while let Some(departure) = next.take() {
            let (carried, answer) = self.follow(departure, hops);
            next = answer;
            done(carried);
        }
    }

    fn follow(
        &mut self,
        departure: Departure,
        hops: &mut Vec<Hop>,
    ) -> (Carried, Option<Departure>) {
        let Departure { packet, started, mut at, mut position, from, answer: why } = departure;
        let first = hops.len();
        let mut moving = packet.clone();
        let (end, delivered, answer) = loop {
            match self.step(position, moving, &mut at, hops) {
                Step::On(next, packet) => (position, moving) = (next, packet),
                Step::Deliver(interface, packet) => {
                    at += self.leg;
                    let end = End::Delivered(self.place_of(interface));
                    break (end, Some((interface, packet)), None);
                }
                Step::Lost { end, answer } => break (end, None, answer),
            }
        };
        let hops = first..hops.len();
        (Carried { from, started, packet, hops, end, delivered, at, answer: why }, answer)
    }

    fn step(
        &mut self,
        position: Position,
        packet: Packet,
        at: &mut Time,
        hops: &mut Vec<Hop>,
    ) -> Step {
        match position {
            Position::Subnet(subnet) => match self.route(subnet, *packet.dst.ip()) {
                Ok(Attached::Host(interface)) => Step::Deliver(interface, packet),
                Ok(Attached::Box(ix)) => {
                    *at += self.leg;
                    Step::On(Position::Box(ix, Side::Interface), packet)
                }
                Err((network, reason)) => {
                    let Space { kind, router, .. } = self.networks[network.0];
                    let end = match kind {
                        NetworkKind::OnPremises => End::Unreachable(router, reason),
                        NetworkKind::Vpc | NetworkKind::Internet => End::Dropped(router, reason),
                    };
                    Step::Lost { end, answer: None }
                }
            },
            Position::Box(ix, side) => self.through(ix, side, packet, at, hops),
        }
    }

    fn through(
        &mut self,
        ix: BoxIx,
        side: Side,
        packet: Packet,
        at: &mut Time,
        hops: &mut Vec<Hop>,
    ) -> Step {
        let Placed { middlebox, place, .. } = &mut self.boxes[ix.0];
        let place = *place;
        match middlebox.on_packet(*at, side, packet) {
            Action::Forward { to, packet } => {
                hops.push(Hop { place, src: packet.src, dst: packet.dst });
                Step::On(self.leave(ix, to, at), packet)
            }
            Action::Drop(reason) => Step::Lost { end: End::Dropped(place, reason), answer: None },
            Action::Answer { to, packet, reason } => {
                let end = End::Dropped(place, reason);
                let started = *at;
                let mut at = started;
                let position = self.leave(ix, to, &mut at);
                let answer = Some(reason);
                let answer = Departure { packet, started, at, position, from: place, answer };
                Step::Lost { end, answer: Some(answer) }
            }
        }
    }

    /// Where a packet is after it has left a box.
    fn leave(&self, ix: BoxIx, to: Side, at: &mut Time) -> Position {
        let placed = &self.boxes[ix.0];
        match to {
            Side::Interface => Position::Subnet(placed.subnet),
            Side::Link(number) => {
                *at += self.leg;
                let (other, side) = placed.links[usize::from(number)];
                Position::Box(other, side)
            }
        }
    }

    /// Who gets a packet for `dst` that leaves an interface in `subnet`: somebody in the same network,
    /// or whoever has the address beyond the peering that the longest matching route names.
    fn route(&self, subnet: SubnetIx, dst: Ipv4Addr) -> Result<Attached, (NetworkIx, Reason)> {
        let subnet = &self.subnets[subnet.0];
        let here = subnet.network;
        if self.covers(here, dst) {
            return self.lookup(here, dst);
        }
        let route = subnet
            .routes
            .iter()
            .filter(|route| route.to.contains(&dst))
            .max_by_key(|route| route.to.prefix_len());
        let Some(route) = route else { return Err((here, Reason::NoRoute)) };
        let [one, other] = self.peerings[route.via.0].between;
        let there = if one == here { other } else { one };
        if self.covers(there, dst) {
            self.lookup(there, dst)
        } else {
            Err((there, Reason::NotBeyondPeering))
        }
    }

    fn covers(&self, network: NetworkIx, address: Ipv4Addr) -> bool {
        self.networks[network.0].cidrs.iter().any(|cidr| cidr.contains(&address))
    }

    fn lookup(&self, network: NetworkIx, dst: Ipv4Addr) -> Result<Attached, (NetworkIx, Reason)> {
        let attached = self.networks[network.0].attached.get(&dst).copied();
        attached.ok_or((network, Reason::NobodyAtAddress))
    }
}
