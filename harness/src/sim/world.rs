//! The state of one simulation, and the edge of each host where kernel addresses become wire
//! addresses and back.
//!
//! turmoil-net wants every address once. Two VPCs may use the same range, so each interface gets a
//! hidden *kernel address* in 240.0.0.0/4, and only this module translates.

use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use pasvlab_scenarios::{NetworkIx, Os};
use tokio::time::Instant;
use turmoil_net::{HostId, TcpFlags, TcpSegment, Transport};

use super::keepalive::KeepAlives;
use super::os;
use super::resend::{Resends, Towards};
use crate::live::{self, Outgoing};
use crate::net::{Carried, Dns, Fabric, Flags, InterfaceIx, Packet, Reason, Time};
use crate::record::{ConnectError, End, Event, Hop, Meaning, PacketRecord, Place, PlaceIx, What};

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
    static HERE: Cell<Option<HostNumber>> = const { Cell::new(None) };
}

/// A host, as the simulation numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostNumber(pub(crate) u16);

/// An address inside turmoil-net, unique in the simulation and never shown to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KernelAddr(Ipv4Addr);

impl KernelAddr {
    fn new(host: HostNumber, interface: usize) -> Self {
        let [high, low] = host.0.to_be_bytes();
        Self(Ipv4Addr::new(240, high, low, interface as u8 + 1))
    }

    fn parse(address: Ipv4Addr) -> Option<(HostNumber, usize)> {
        match address.octets() {
            [240, high, low, interface] if interface > 0 => {
                Some((HostNumber(u16::from_be_bytes([high, low])), usize::from(interface) - 1))
            }
            _ => None,
        }
    }

    pub(crate) fn ip(self) -> Ipv4Addr {
        self.0
    }
}

/// A host's place in the network.
#[derive(Debug)]
pub(crate) struct HostEdge {
    pub(crate) kernel: HostId,
    pub(crate) os: Os,
    pub(crate) place: PlaceIx,
    /// The network it stands in.
    pub(crate) network: NetworkIx,
    /// Wire addresses, in the order of their kernel addresses.
    pub(crate) addresses: Vec<Ipv4Addr>,
    pub(crate) interfaces: Vec<InterfaceIx>,
    /// What is known of a real host's connections; none for a simulated one.
    pub(crate) real: Option<RealEdge>,
}

/// How far the connections of a real host have come: source, destination, and the sequence number
/// after the last byte that was sent.
#[derive(Debug, Default)]
pub(crate) struct RealEdge(BTreeMap<(SocketAddrV4, SocketAddrV4), u32>);

impl RealEdge {
    /// Notes a segment; whether it says nothing new, so that it repeats an earlier one.
    fn repeats(&mut self, packet: &Packet) -> bool {
        let end = packet.seq.wrapping_add(packet.length());
        let ways = &mut self.0;
        let known = ways.entry((packet.src, packet.dst)).or_insert(packet.seq);
        if packet.flags.opens() && *known != end {
            *known = end;
            return false;
        }
        let further = end.wrapping_sub(*known) as i32;
        if further > 0 {
            *known = end;
        }
        packet.length() > 0 && further <= 0
    }
}

/// What is due for a host.
#[derive(Debug)]
pub(crate) enum Handed {
    /// A packet for a simulated host's kernel.
    Kernel(turmoil_net::Packet),
    /// Something for a real host.
    Real(HostNumber, Outgoing),
    /// Nothing: it concerned the simulation only.
    Nothing,
}

/// A connect that has neither succeeded nor failed.
#[derive(Debug)]
struct Attempt {
    id: u32,
    host: HostNumber,
    requested: SocketAddrV4,
    syn: Option<(InterfaceIx, Packet)>,
    error: Option<ConnectError>,
    waker: Option<Waker>,
}

/// What a host's kernel does with connections to one of its ports before a program sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Door {
    /// It reads a header of the PROXY protocol and takes the address in it for the peer's.
    pub header: bool,
    /// It shows this address in place of the peer's own.
    pub peer: Option<SocketAddr>,
}

/// Puts a door in front of a port of the host whose program runs; outside of a simulation there are
/// none.
pub fn put_door(port: u16, door: Door) {
    if let Ok(host) = here() {
        world(|world| world.doors.insert((host, port), door));
    }
}

/// Lets TCP ask, after each `interval` without a packet, whether the other side of a connection of
/// the host whose program runs is still there. Outside of a simulation this does nothing.
pub fn keep_alive(local: SocketAddr, peer: SocketAddr, interval: Duration) {
    let (Ok(host), SocketAddr::V4(local), SocketAddr::V4(peer)) = (here(), local, peer) else {
        return;
    };
    let now = now();
    world(|world| {
        let edge = world.host(host);
        let place = edge.addresses.iter().position(|address| address == local.ip());
        let Some(interface) = place.map(|place| edge.interfaces[place]) else { return };
        let at = (host, interface);
        let number = world.keep_alives.add(now, at, (local, peer), interval);
        world.schedule(now + interval, Due::KeepAlive(number));
    });
}

/// Something that will happen at a known time.
#[derive(Debug)]
enum Due {
    Deliver(InterfaceIx, Packet),
    /// An ICMP message about a packet.
    Unreachable(HostNumber, Packet, ConnectError),
    RepeatSyn(u32, usize),
    /// Time to look at a connection that is kept alive.
    KeepAlive(usize),
    /// Time to look at what a real host has not acknowledged.
    Resend(Towards),
}

#[derive(Debug)]
struct Scheduled {
    at: Time,
    number: u64,
    due: Due,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Scheduled {}
impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What the record will be made of.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) events: Vec<Event>,
    pub(crate) packets: Vec<PacketRecord>,
    pub(crate) hops: Vec<Hop>,
    /// Packets that stayed on a real host.
    pub(crate) loopback: Vec<(Time, Packet)>,
}

/// One simulation.
#[derive(Debug)]
pub(crate) struct World {
    fabric: Fabric,
    dns: Dns,
    pub(crate) places: Vec<Place>,
    hosts: Vec<HostEdge>,
    owners: Vec<(HostNumber, KernelAddr)>,
    queue: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u64,
    attempts: Vec<Attempt>,
    next_attempt: u32,
    doors: BTreeMap<(HostNumber, u16), Door>,
    keep_alives: KeepAlives,
    resends: Resends,
    pub(crate) recorder: Recorder,
}

/// Virtual time since the simulation on this thread began; zero outside of one.
#[must_use]
pub fn now() -> Time {
    START.get().map_or(Time::ZERO, |start| Instant::now() - start)
}

/// Adds an event to the record of the simulation on this thread.
pub fn record(what: What) {
    tracing::debug!(?what);
    world(|world| world.event(what));
}

/// Records a line that the client prints for its user.
pub fn said(text: impl Into<String>) {
    record(What::Said(text.into()));
}

/// Runs `f` on the simulation of this thread.
///
/// # Panics
/// Outside of a simulation: a socket outlived it, which its drop order forbids.
pub(crate) fn world<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| f(world.as_mut().expect("a simulation runs on this thread")))
}

/// Makes `world` the simulation of this thread until [`leave`].
pub(crate) fn enter(world: World, start: Instant) {
    WORLD.with_borrow_mut(|slot| {
        assert!(slot.is_none(), "one simulation at a time on a thread");
        *slot = Some(world);
    });
    START.set(Some(start));
}

/// Takes the simulation off this thread.
pub(crate) fn leave() -> Option<World> {
    START.set(None);
    HERE.set(None);
    WORLD.with_borrow_mut(Option::take)
}

/// Makes `host` the one whose program runs; its kernel answers from now on.
pub(crate) fn enter_host(host: HostNumber, kernel: HostId) {
    HERE.set(Some(host));
    turmoil_net::set_current(kernel);
}

/// Nobody's program runs.
pub(crate) fn leave_host() {
    HERE.set(None);
}

/// The host whose program runs.
///
/// # Errors
/// If none does: the task was spawned outside of every host.
pub(crate) fn here() -> io::Result<HostNumber> {
    HERE.get().ok_or_else(|| {
        io::Error::other(
            "no simulated host runs this task: spawn it with tokio::spawn from a host's task, \
             not through a JoinSet or a runtime handle",
        )
    })
}

/// Lets the kernel of `host` answer the next socket call.
pub(crate) fn pin(host: HostNumber) {
    let kernel = world(|world| world.hosts[usize::from(host.0)].kernel);
    turmoil_net::set_current(kernel);
}

impl World {
    pub(crate) fn new(fabric: Fabric, dns: Dns, places: Vec<Place>) -> Self {
        Self {
            fabric,
            dns,
            places,
            hosts: Vec::new(),
            owners: Vec::new(),
            queue: BinaryHeap::new(),
            scheduled: 0,
            attempts: Vec::new(),
            next_attempt: 0,
            doors: BTreeMap::new(),
            keep_alives: KeepAlives::default(),
            resends: Resends::default(),
            recorder: Recorder {
                events: Vec::with_capacity(32),
                packets: Vec::with_capacity(128),
                hops: Vec::with_capacity(256),
                loopback: Vec::new(),
            },
        }
    }

    /// The kernel addresses that the next host, with `count` interfaces, will have.
    pub(crate) fn kernel_addresses(&self, count: usize) -> Vec<IpAddr> {
        let host = HostNumber(self.hosts.len() as u16);
        (0..count).map(|interface| IpAddr::V4(KernelAddr::new(host, interface).0)).collect()
    }

    /// Adds a host whose kernel has the addresses of [`World::kernel_addresses`].
    pub(crate) fn add_host(&mut self, edge: HostEdge) -> HostNumber {
        let host = HostNumber(self.hosts.len() as u16);
        for (number, interface) in edge.interfaces.iter().enumerate() {
            if self.owners.len() <= interface.0 {
                self.owners.resize(interface.0 + 1, (host, KernelAddr::new(host, 0)));
            }
            self.owners[interface.0] = (host, KernelAddr::new(host, number));
        }
        if edge.real.is_some() {
            self.keep_alives.expect_others();
        }
        self.hosts.push(edge);
        host
    }

    pub(crate) fn host(&self, host: HostNumber) -> &HostEdge {
        &self.hosts[usize::from(host.0)]
    }

    pub(crate) fn event(&mut self, what: What) {
        self.recorder.events.push(Event { at: now(), what });
    }

    pub(crate) fn resolve(&mut self, host: HostNumber, name: &str) -> Option<Vec<Ipv4Addr>> {
        let network = self.host(host).network;
        let addresses = self.dns.resolve(name, network)?;
        self.event(What::Resolved { name: name.to_owned(), addresses: addresses.clone() });
        Some(addresses)
    }

    /// The address a program on `host` sees for one its kernel uses.
    pub(crate) fn shown(&self, address: SocketAddr) -> SocketAddr {
        match address {
            SocketAddr::V4(v4) => match KernelAddr::parse(*v4.ip()) {
                Some((host, interface)) => {
                    let wire = self.host(host).addresses[interface];
                    SocketAddr::V4(SocketAddrV4::new(wire, v4.port()))
                }
                None => address,
            },
            SocketAddr::V6(_) => address,
        }
    }

    /// The address the kernel of `host` uses for one of the host's own.
    pub(crate) fn kernel_for(&self, host: HostNumber, own: Ipv4Addr) -> Option<KernelAddr> {
        let place = self.host(host).addresses.iter().position(|address| *address == own)?;
        Some(KernelAddr::new(host, place))
    }

    fn schedule(&mut self, at: Time, due: Due) {
        self.scheduled += 1;
        self.queue.push(Reverse(Scheduled { at, number: self.scheduled, due }));
    }

    pub(crate) fn door(&self, host: HostNumber, port: u16) -> Door {
        self.doors.get(&(host, port)).copied().unwrap_or_default()
    }

    /// When the next thing is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.queue.peek().map(|Reverse(next)| next.at)
    }

    /// Whether packets are under way.
    pub(crate) fn packets_under_way(&self) -> bool {
        self.queue.iter().any(|Reverse(next)| matches!(next.due, Due::Deliver(..)))
    }

    /// Does the next thing if it is due; what comes back is to be handed to its host.
    pub(crate) fn do_next(&mut self, now: Time) -> Option<Handed> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse(next) = self.queue.pop()?;
        Some(match next.due {
            Due::Deliver(interface, packet) => {
                let (host, kernel) = self.owners[interface.0];
                if self.host(host).real.is_some() {
                    if let Some((towards, at)) = self.resends.handed(now, host, &packet) {
                        self.schedule(at, Due::Resend(towards));
                    }
                    return Some(Handed::Real(host, Outgoing::Segment(packet)));
                }
                if let Some(mut answer) = self.keep_alives.arrived(now, host, &packet) {
                    answer.window = room(kernel, &packet).unwrap_or(answer.window);
                    self.carry(now, interface, answer, false);
                }
                Handed::Kernel(to_kernel(packet, kernel))
            }
            Due::KeepAlive(number) => {
                self.keep_alive(now, number);
                Handed::Nothing
            }
            Due::Unreachable(host, packet, error) => {
                if self.host(host).real.is_some() {
                    let port = error == ConnectError::Refused;
                    return Some(Handed::Real(host, Outgoing::Unreachable { packet, port }));
                }
                let (src, dst) = (packet.src, packet.dst);
                let attempt = self.attempts.iter_mut().find(|attempt| {
                    attempt.host == host
                        && attempt.syn.as_ref().is_some_and(|(_, s)| s.src == src && s.dst == dst)
                });
                if let Some(attempt) = attempt {
                    attempt.fail(error);
                }
                Handed::Nothing
            }
            Due::RepeatSyn(id, count) => {
                self.repeat_syn(now, id, count);
                Handed::Nothing
            }
            Due::Resend(towards) => {
                let Some(again) = self.resends.due(now, towards) else {
                    return Some(Handed::Nothing);
                };
                self.schedule(again.at, Due::Resend(towards));
                match again.packet {
                    Some(packet) => Handed::Real(towards.host, Outgoing::Segment(packet)),
                    None => Handed::Nothing,
                }
            }
        })
    }

    /// Takes a packet from a real host and sends it on its way.
    pub(crate) fn send_real(&mut self, now: Time, host: HostNumber, packet: Packet) {
        let edge = &mut self.hosts[usize::from(host.0)];
        let place = edge.addresses.iter().position(|address| address == packet.src.ip());
        // A host sends from its own addresses; anything else is lost on its network's first router.
        let (Some(place), Some(real)) = (place, edge.real.as_mut()) else { return };
        let (interface, again) = (edge.interfaces[place], real.repeats(&packet));
        self.resends.heard(now, host, &packet);
        self.carry(now, interface, packet, again);
    }

    /// Answers a real host's question to the name server.
    pub(crate) fn answer(&mut self, host: HostNumber, query: &live::Query) -> Option<Outgoing> {
        let network = self.host(host).network;
        let mut asked = None;
        let message = {
            let dns = RefCell::new(&mut self.dns);
            live::answer(
                &query.message,
                |name| dns.borrow().knows(name, network),
                |name| {
                    let addresses = dns.borrow_mut().resolve(name, network)?;
                    asked = Some((name.trim_end_matches('.').to_owned(), addresses.clone()));
                    Some(addresses)
                },
            )?
        };
        if let Some((name, addresses)) = asked {
            self.event(What::Resolved { name, addresses });
        }
        Some(Outgoing::Answer { to: query.from, message })
    }

    fn keep_alive(&mut self, now: Time, number: usize) {
        let Some(probe) = self.keep_alives.due(now, number) else { return };
        if let Some((interface, packet)) = probe.packet {
            self.carry(now, interface, packet, false);
        }
        self.schedule(probe.again, Due::KeepAlive(number));
    }

    fn repeat_syn(&mut self, now: Time, id: u32, count: usize) {
        let Some(place) = self.attempts.iter().position(|attempt| attempt.id == id) else { return };
        let schedule = os::syn_schedule(self.host(self.attempts[place].host).os);
        if count + 1 == schedule.len() {
            self.attempts[place].fail(ConnectError::TimedOut);
            return;
        }
        if let Some((interface, syn)) = self.attempts[place].syn.clone() {
            self.carry(now, interface, syn, true);
            let pause = Duration::from_millis(schedule[count + 1] - schedule[count]);
            self.schedule(now + pause, Due::RepeatSyn(id, count + 1));
        }
    }

    /// Takes a packet from a kernel and sends it on its way.
    pub(crate) fn send(&mut self, now: Time, packet: turmoil_net::Packet) {
        let Some((host, interface, packet)) = self.on_the_wire(packet) else { return };
        if packet.flags.opens() {
            self.first_syn(now, host, interface, &packet);
        }
        self.keep_alives.sent(now, host, &packet);
        self.carry(now, interface, packet, false);
    }

    fn first_syn(&mut self, now: Time, host: HostNumber, interface: InterfaceIx, syn: &Packet) {
        let attempt = self.attempts.iter_mut().find(|attempt| {
            attempt.host == host && attempt.requested == syn.dst && attempt.syn.is_none()
        });
        let Some(attempt) = attempt else { return };
        attempt.syn = Some((interface, syn.clone()));
        let id = attempt.id;
        let first = Duration::from_millis(os::syn_schedule(self.host(host).os)[0]);
        self.schedule(now + first, Due::RepeatSyn(id, 0));
    }

    fn carry(&mut self, now: Time, interface: InterfaceIx, packet: Packet, again: bool) {
        let sender = self.owners[interface.0].0;
        let Self { fabric, recorder, queue, scheduled, .. } = self;
        let Recorder { packets, hops, .. } = recorder;
        fabric.carry(now, interface, packet, hops, |carried| {
            let Carried { from, started, packet, hops, end, delivered, at, lost, answer } = carried;
            let rewritten = delivered.as_ref().and_then(|(_, arriving)| changed(&packet, arriving));
            let due = match (delivered, end) {
                (Some((to, arriving)), _) => Some(Due::Deliver(to, arriving)),
                (None, End::Unreachable(_, reason)) if answer.is_none() => {
                    let error = match reason {
                        Reason::PortUnreachable => ConnectError::Refused,
                        _ => ConnectError::Unreachable,
                    };
                    Some(Due::Unreachable(sender, packet.clone(), error))
                }
                (None, _) => None,
            };
            if let Some(due) = due {
                *scheduled += 1;
                queue.push(Reverse(Scheduled { at, number: *scheduled, due }));
            }
            let hops = (hops.start as u32, hops.len() as u16);
            packets.push(PacketRecord {
                at: started,
                from,
                packet,
                rewritten,
                hops,
                end,
                ended_at: at,
                lost,
                answer,
                again,
            });
        });
    }

    fn on_the_wire(
        &self,
        packet: turmoil_net::Packet,
    ) -> Option<(HostNumber, InterfaceIx, Packet)> {
        let (IpAddr::V4(src), IpAddr::V4(dst)) = (packet.src, packet.dst) else { return None };
        let (host, interface) = KernelAddr::parse(src)?;
        let Transport::Tcp(segment) = packet.payload else { return None };
        let edge = self.host(host);
        let flags = Flags {
            syn: segment.flags.syn,
            ack: segment.flags.ack,
            fin: segment.flags.fin,
            rst: segment.flags.rst,
        };
        let packet = Packet {
            src: SocketAddrV4::new(edge.addresses[interface], segment.src_port),
            dst: SocketAddrV4::new(dst, segment.dst_port),
            seq: segment.seq,
            ack: segment.ack,
            flags,
            window: segment.window,
            payload: segment.payload,
            consumer: None,
        };
        Some((host, edge.interfaces[interface], packet))
    }

    /// Notes that a program on `host` called connect; returns the attempt's number and what the
    /// operating system makes of the address.
    pub(crate) fn begin(&mut self, host: HostNumber, requested: SocketAddrV4) -> (u32, Meaning) {
        let edge = self.host(host);
        let place = edge.place;
        let meaning = os::meaning(edge.os, requested, &edge.addresses);
        let id = self.next_attempt;
        self.next_attempt += 1;
        self.attempts.push(Attempt { id, host, requested, syn: None, error: None, waker: None });
        self.event(What::Connecting { attempt: id, place, requested, meaning });
        (id, meaning)
    }

    /// The error that ended an attempt, if one did; else `waker` is woken when one does.
    pub(crate) fn attempt_error(&mut self, id: u32, waker: &Waker) -> Option<ConnectError> {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.id == id)?;
        if attempt.error.is_none() && !attempt.waker.as_ref().is_some_and(|w| w.will_wake(waker)) {
            attempt.waker = Some(waker.clone());
        }
        attempt.error
    }

    /// Forgets an attempt: it succeeded, failed, or nobody waits for it any more.
    pub(crate) fn end_attempt(&mut self, id: u32) {
        self.attempts.retain(|attempt| attempt.id != id);
    }
}

impl Attempt {
    fn fail(&mut self, error: ConnectError) {
        self.error = Some(error);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// How much more the connection on which `packet` arrives would take.
fn room(kernel: KernelAddr, packet: &Packet) -> Option<u16> {
    let local = SocketAddr::from((kernel.0, packet.dst.port()));
    let netstat = turmoil_net::netstat(IpAddr::V4(kernel.0));
    let entry = netstat
        .entries
        .iter()
        .find(|entry| entry.local == local && entry.peer == Some(SocketAddr::V4(packet.src)))?;
    let room = super::driver::RECEIVE_BUFFER.saturating_sub(entry.recv_q);
    Some(u16::try_from(room).unwrap_or(u16::MAX))
}

/// The payload of a packet that arrives, if it is not the one that set out.
fn changed(packet: &Packet, arriving: &Packet) -> Option<Bytes> {
    let (before, after) = (&packet.payload, &arriving.payload);
    let same = before.as_ptr() == after.as_ptr() && before.len() == after.len();
    (!same && before != after).then(|| after.clone())
}

fn to_kernel(packet: Packet, kernel: KernelAddr) -> turmoil_net::Packet {
    let Flags { syn, ack, fin, rst } = packet.flags;
    turmoil_net::Packet {
        src: IpAddr::V4(*packet.src.ip()),
        dst: IpAddr::V4(kernel.0),
        ttl: 64,
        payload: Transport::Tcp(TcpSegment {
            src_port: packet.src.port(),
            dst_port: packet.dst.port(),
            seq: packet.seq,
            ack: packet.ack,
            flags: TcpFlags { syn, ack, fin, rst, ..TcpFlags::default() },
            window: packet.window,
            payload: packet.payload,
        }),
    }
}
