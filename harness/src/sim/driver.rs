//! The one future that runs a simulation: it polls the hosts that were woken, takes what their
//! kernels send, carries it through the fabric, hands over what is due, and when nothing moves any
//! more sleeps until the next packet or timer.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::stream::{FuturesUnordered, Stream};
use pasvlab_scenarios::{Interface, NetworkIx, Os};
use tokio::task::LocalSet;
use tokio::time::{Instant, Sleep};
use turmoil_net::{EnterGuard, HostId, KernelConfig, Net};

use super::sockets::SimulatedNetwork;
use super::world::{self, HostEdge, HostNumber, World, world};
use crate::net::filters::SecurityFilter;
use crate::net::{Dns, Fabric, Time};
use crate::record::{Cell as RecordCell, Place, PlaceIx, Record};

/// What a host runs.
pub type Program = Pin<Box<dyn Future<Output = ()>>>;

/// A host of a simulation.
pub struct HostPlan {
    /// The record's name for each of its interfaces; the first is the host's own.
    pub places: Vec<PlaceIx>,
    /// Its interfaces.
    pub interfaces: Vec<Interface>,
    /// The network it stands in.
    pub network: NetworkIx,
    /// The security groups of each interface.
    pub filters: Vec<Option<SecurityFilter>>,
    /// Its operating system.
    pub os: Os,
    /// What it runs; none for a host that is just there, whose kernel refuses every connection.
    pub program: Option<Program>,
    /// Whether the simulation is over when its program is.
    pub decides_the_end: bool,
}

/// A simulation, ready to run.
pub struct Plan {
    /// What the record will say it was.
    pub cell: RecordCell,
    /// Names for the record.
    pub places: Vec<Place>,
    /// Everything between the hosts; their interfaces are plugged in by [`simulate`].
    pub fabric: Fabric,
    /// Names.
    pub dns: Dns,
    /// The hosts.
    pub hosts: Vec<HostPlan>,
    /// Virtual time after which the simulation is stopped, whatever happens.
    pub limit: Time,
}

/// Runs a simulation to its end and returns what happened.
///
/// # Panics
/// If a simulation already runs on this thread, or if the runtime cannot be built.
#[must_use]
pub fn simulate(plan: Plan) -> Record {
    let Plan { cell, places, fabric, dns, hosts, limit } = plan;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a current-thread runtime needs nothing that can fail");
    let (world, net, programs) = raise(fabric, dns, places, hosts);
    // Dropped in reverse: hosts (inside `run`), then the seam, then turmoil-net, then the runtime.
    let guard = net.enter();
    let seam = tokio::sim::install(Rc::new(SimulatedNetwork));
    let ended_at = runtime.block_on(async {
        world::enter(world, Instant::now());
        let driver = Driver::new(programs, &guard, limit);
        tokio::task::unconstrained(driver).await
    });
    let world = world::leave().expect("entered above");
    drop(seam);
    drop(guard);
    let World { places, recorder, .. } = world;
    Record {
        cell,
        places,
        events: recorder.events,
        packets: recorder.packets,
        hops: recorder.hops,
        ended_at,
    }
}

struct Running {
    host: HostNumber,
    kernel: HostId,
    program: Program,
    decides_the_end: bool,
}

/// Builds kernels and edges for the hosts.
fn raise(
    mut fabric: Fabric,
    dns: Dns,
    places: Vec<Place>,
    mut hosts: Vec<HostPlan>,
) -> (World, Net, Vec<Running>) {
    let plugged: Vec<Vec<_>> = hosts
        .iter_mut()
        .map(|host| {
            let interfaces = host.interfaces.iter().zip(&host.places).zip(host.filters.drain(..));
            interfaces
                .map(|((i, place), filter)| fabric.plug(i.subnet, i.address, *place, filter))
                .collect()
        })
        .collect();
    // Retransmission is this module's business: turmoil-net counts polls, which mean nothing here.
    let mut net = Net::with_config(KernelConfig::default().retx_threshold(u32::MAX));
    let mut world = World::new(fabric, dns, places);
    let mut running = Vec::new();
    for (host, interfaces) in hosts.into_iter().zip(plugged) {
        let kernel = net.add_host(world.kernel_addresses(interfaces.len()));
        let number = world.add_host(HostEdge {
            kernel,
            os: host.os,
            place: host.places[0],
            network: host.network,
            addresses: host.interfaces.iter().map(|interface| interface.address).collect(),
            interfaces,
        });
        if let Some(program) = host.program {
            let decides_the_end = host.decides_the_end;
            running.push(Running { host: number, kernel, program, decides_the_end });
        }
    }
    (world, net, running)
}

/// A host's tasks. Polling it makes it the host whose program runs.
struct HostTasks {
    host: HostNumber,
    kernel: HostId,
    tasks: LocalSet,
}

impl Future for HostTasks {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        world::enter_host(self.host, self.kernel);
        let poll = Pin::new(&mut self.tasks).poll(cx);
        world::leave_host();
        poll
    }
}

struct Driver<'a> {
    hosts: FuturesUnordered<HostTasks>,
    over: Rc<Cell<bool>>,
    guard: &'a EnterGuard,
    egress: Vec<turmoil_net::Packet>,
    start: Instant,
    limit: Time,
    sleep: Pin<Box<Sleep>>,
    asleep_until: Time,
}

impl<'a> Driver<'a> {
    fn new(programs: Vec<Running>, guard: &'a EnterGuard, limit: Time) -> Self {
        let over = Rc::new(Cell::new(false));
        let hosts = FuturesUnordered::new();
        for Running { host, kernel, program, decides_the_end } in programs {
            let tasks = LocalSet::new();
            let over = Rc::clone(&over);
            tasks.spawn_local(async move {
                program.await;
                if decides_the_end {
                    over.set(true);
                }
            });
            hosts.push(HostTasks { host, kernel, tasks });
        }
        let start = Instant::now();
        let sleep = Box::pin(tokio::time::sleep_until(start + limit));
        Self { hosts, over, guard, egress: Vec::new(), start, limit, sleep, asleep_until: limit }
    }

    /// One pass: hands over what is due, polls the hosts that were woken, and sends what their kernels
    /// have to say.
    fn pass(&mut self, cx: &mut Context<'_>, now: Time) {
        while let Some(packet) = world(|world| world.do_next(now)) {
            if let Some(packet) = packet {
                self.guard.deliver(packet);
            }
        }
        while let Poll::Ready(Some(())) = Pin::new(&mut self.hosts).poll_next(cx) {}
        self.guard.egress_all(&mut self.egress);
        if !self.egress.is_empty() {
            let egress = self.egress.drain(..);
            world(|world| egress.for_each(|packet| world.send(now, packet)));
        }
    }

    /// Sets the alarm for the next thing that is due; whether that time has already come.
    fn wait(&mut self, cx: &mut Context<'_>) -> bool {
        let next = world(|world| world.next_due()).unwrap_or(self.limit).min(self.limit);
        if next != self.asleep_until {
            self.asleep_until = next;
            self.sleep.as_mut().reset(self.start + next);
        }
        self.sleep.as_mut().poll(cx).is_ready()
    }
}

impl Future for Driver<'_> {
    type Output = Time;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Time> {
        let this = &mut *self;
        loop {
            let now = Instant::now() - this.start;
            this.pass(cx, now);
            if world(|world| world.next_due()).is_some_and(|next| next <= now) {
                continue;
            }
            let quiet = this.over.get() && !world(|world| world.packets_under_way());
            if quiet || now >= this.limit {
                return Poll::Ready(now);
            }
            if !this.wait(cx) {
                return Poll::Pending;
            }
        }
    }
}
