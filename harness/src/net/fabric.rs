//! Networks, subnets, routes, and the wiring between boxes: carries one packet from the interface it
//! leaves to wherever it ends, through every box on the way.

use std::net::Ipv4Addr;

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
    /// As it set out.
    pub packet: Packet,
    /// Boxes that sent it on, with the addresses it had when it left them.
    pub hops: Vec<Hop>,
    /// When and where it ended.
    pub end: End,
    /// If it reached a host: which interface, and the packet as it arrived.
    pub delivered: Option<(InterfaceIx, Packet)>,
    /// When it ended.
    pub at: Time,
    /// Set on packets that a box sent by itself: why it did.
    pub answer: Option<Reason>,
}

/// A packet that is about to take a step.
struct Moving {
    packet: Packet,
    at: Time,
    position: Position,
    from: PlaceIx,
    hops: Vec<Hop>,
    original: Packet,
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
    On(Position),
    Deliver(InterfaceIx),
    Lost { place: PlaceIx, reason: Reason, told: bool },
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
    /// sees each of them once it has ended, the first one first.
    ///
    /// The whole way is computed at once, each leg adding its delay, so a packet's order among those
    /// of its own connection is kept.
    pub fn carry(
        &mut self,
        now: Time,
        from: InterfaceIx,
        packet: Packet,
        mut done: impl FnMut(Carried),
    ) {
        let plugged = self.interfaces[from.0];
        let mut next = Some(Moving {
            original: packet.clone(),
            packet,
            at: now,
            position: Position::Subnet(plugged.subnet),
            from: plugged.place,
            hops: Vec::new(),
            answer: None,
        });
        while let Some(mut moving) = next.take() {
            let carried = loop {
                match self.step(&mut moving, &mut next) {
                    Step::On(position) => moving.position = position,
                    Step::Deliver(interface) => break self.delivered(moving, interface),
                    Step::Lost { place, reason, told } => break lost(moving, place, reason, told),
                }
            };
            done(carried);
        }
    }

    fn step(&mut self, moving: &mut Moving, answer: &mut Option<Moving>) -> Step {
        match moving.position {
            Position::Subnet(subnet) => match self.route(subnet, *moving.packet.dst.ip()) {
                Ok(Attached::Host(interface)) => Step::Deliver(interface),
                Ok(Attached::Box(ix)) => {
                    moving.at += self.leg;
                    Step::On(Position::Box(ix, Side::Interface))
                }
                Err((network, reason)) => {
                    let space = &self.networks[network.0];
                    let told = space.kind == NetworkKind::OnPremises;
                    Step::Lost { place: space.router, reason, told }
                }
            },
            Position::Box(ix, side) => self.through(ix, side, moving, answer),
        }
    }

    fn through(
        &mut self,
        ix: BoxIx,
        side: Side,
        moving: &mut Moving,
        answer: &mut Option<Moving>,
    ) -> Step {
        let place = self.boxes[ix.0].place;
        let action = self.boxes[ix.0].middlebox.on_packet(moving.at, side, moving.packet.clone());
        match action {
            Action::Forward { to, packet } => {
                moving.hops.push(Hop { place, src: packet.src, dst: packet.dst });
                moving.packet = packet;
                let position = self.leave(ix, to, &mut moving.at);
                Step::On(position)
            }
            Action::Drop(reason) => Step::Lost { place, reason, told: false },
            Action::Answer { to, packet, reason } => {
                let mut at = moving.at;
                let position = self.leave(ix, to, &mut at);
                *answer = Some(Moving {
                    original: packet.clone(),
                    packet,
                    at,
                    position,
                    from: place,
                    hops: Vec::new(),
                    answer: Some(reason),
                });
                Step::Lost { place, reason, told: false }
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

    fn delivered(&self, moving: Moving, interface: InterfaceIx) -> Carried {
        Carried {
            from: moving.from,
            packet: moving.original,
            hops: moving.hops,
            end: End::Delivered(self.place_of(interface)),
            delivered: Some((interface, moving.packet)),
            at: moving.at + self.leg,
            answer: moving.answer,
        }
    }
}

fn lost(moving: Moving, place: PlaceIx, reason: Reason, told: bool) -> Carried {
    let end = if told { End::Unreachable(place, reason) } else { End::Dropped(place, reason) };
    Carried {
        from: moving.from,
        packet: moving.original,
        hops: moving.hops,
        end,
        delivered: None,
        at: moving.at,
        answer: moving.answer,
    }
}
