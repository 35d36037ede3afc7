//! The one future that runs a simulation: it polls the hosts that were woken, takes what their
//! kernels send, carries it through the fabric, hands over what is due, and when nothing moves any
//! more sleeps until the next packet or timer.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::stream::{FuturesUnordered, Stream};
use pasvlab_scenarios::{Interface, NetworkIx, Os};
use tokio::task::LocalSet;
use tokio::time::{Instant, Sleep};
use turmoil_net::{EnterGuard, HostId, KernelConfig, Net, Transport};

use super::sockets::SimulatedNetwork;
use super::world::{self, Handed, HostEdge, HostNumber, RealEdge, World, world};
#[cfg(unix)]
use crate::live::device::{Attached, Device};
use crate::live::{Incoming, Outgoing};
use crate::net::filters::SecurityFilter;
use crate::net::{Dns, Fabric, Packet, Time};
use crate::record::{Cell as RecordCell, Place, PlaceIx, Record};
use crate::tls;

/// What a host runs.
pub type Program = Pin<Box<dyn Future<Output = ()>>>;

/// What runs on a host.
pub enum Runs {
    /// Nothing: it is just there, and its kernel refuses every connection.
    Nothing,
    /// A program of this process.
    Program(Program),
    /// A program of the machine's, behind a device.
    #[cfg(unix)]
    Real(Attached),
}

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
    /// What it runs.
    pub runs: Runs,
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

/// Bytes that a simulated host's kernel takes from a real one before its program reads them. So many
/// that there is always room for what is under way: turmoil-net does not say when there is room again.
pub(super) const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// Packets of real hosts that are taken at once.
const AT_ONCE: usize = 256;

/// How long real hosts that have said their last may still get packets.
const AFTERMATH: Time = Time::from_millis(200);

/// What a simulation left behind.
pub(crate) struct Outcome {
    pub(crate) record: Record,
    /// Packets that stayed on a real host.
    pub(crate) loopback: Vec<(Time, Packet)>,
}

/// Runs a simulation to its end and returns what happened.
///
/// # Panics
/// If a simulation already runs on this thread, or if the runtime cannot be built.
#[must_use]
pub fn simulate(plan: Plan) -> Record {
    run(plan).expect("a simulation without real hosts needs nothing that can fail").record
}

/// The same for any plan. With real hosts time is the clock's, else it is virtual.
///
/// # Errors
/// If a real host's descriptors are unusable.
pub(crate) fn run(plan: Plan) -> io::Result<Outcome> {
    let Plan { cell, places, fabric, dns, hosts, limit } = plan;
    let live = hosts.iter().any(|host| host.runs.is_real());
    let (world, net, running) = raise(fabric, dns, places, hosts, live);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = match live {
        true => builder.enable_all().build()?,
        false => builder.enable_time().start_paused(true).build()?,
    };
    // Dropped in reverse: hosts (inside `run`), then the seam, then turmoil-net, then the runtime.
    let guard = net.enter();
    let seam = tokio::sim::install(Rc::new(SimulatedNetwork));
    let (ended_at, sealed) = tls::session(cell.seed, || {
        runtime.block_on(async {
            let Raised { programs, devices } = running;
            let devices = devices.into_iter().map(RealHost::open).collect::<io::Result<Vec<_>>>();
            world::enter(world, Instant::now());
            let driver = Driver::new(programs, devices?, &guard, limit);
            io::Result::Ok(tokio::task::unconstrained(driver).await)
        })
    });
    let world = world::leave().expect("entered above");
    drop(seam);
    drop(guard);
    let World { places, recorder, .. } = world;
    let record = Record {
        cell,
        places,
        events: recorder.events,
        packets: recorder.packets,
        hops: recorder.hops,
        sealed,
        ended_at: ended_at?,
    };
    Ok(Outcome { record, loopback: recorder.loopback })
}

impl Runs {
    fn is_real(&self) -> bool {
        match self {
            Self::Nothing | Self::Program(_) => false,
            #[cfg(unix)]
            Self::Real(_) => true,
        }
    }
}

struct Running {
    host: HostNumber,
    kernel: HostId,
    program: Program,
    decides_the_end: bool,
}

/// A real host before the simulation begins.
struct Waiting {
    host: HostNumber,
    #[cfg(unix)]
    attached: Attached,
    own: Vec<Ipv4Addr>,
    decides_the_end: bool,
}

/// A real host.
struct RealHost {
    host: HostNumber,
    #[cfg(unix)]
    device: Device,
    decides_the_end: bool,
}

impl RealHost {
    fn open(waiting: Waiting) -> io::Result<Self> {
        Ok(Self {
            host: waiting.host,
            #[cfg(unix)]
            device: Device::new(waiting.attached, waiting.own)?,
            decides_the_end: waiting.decides_the_end,
        })
    }
}

/// What runs on the hosts.
#[derive(Default)]
struct Raised {
    programs: Vec<Running>,
    devices: Vec<Waiting>,
}

/// Builds kernels and edges for the hosts.
fn raise(
    mut fabric: Fabric,
    dns: Dns,
    places: Vec<Place>,
    mut hosts: Vec<HostPlan>,
    live: bool,
) -> (World, Net, Raised) {
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
    let config = KernelConfig::default().retx_threshold(u32::MAX);
    let config = if live { config.recv_buf_cap(RECEIVE_BUFFER) } else { config };
    let mut net = Net::with_config(config);
    let mut world = World::new(fabric, dns, places);
    let mut raised = Raised::default();
    for (host, interfaces) in hosts.into_iter().zip(plugged) {
        let kernel = net.add_host(world.kernel_addresses(interfaces.len()));
        let addresses: Vec<_> = host.interfaces.iter().map(|i| i.address).collect();
        let number = world.add_host(HostEdge {
            kernel,
            os: host.os,
            place: host.places[0],
            network: host.network,
            addresses: addresses.clone(),
            interfaces,
            real: host.runs.is_real().then(RealEdge::default),
        });
        let decides_the_end = host.decides_the_end;
        match host.runs {
            Runs::Nothing => {}
            Runs::Program(program) => {
                raised.programs.push(Running { host: number, kernel, program, decides_the_end });
            }
            #[cfg(unix)]
            Runs::Real(attached) => {
                let own = addresses;
                raised.devices.push(Waiting { host: number, attached, own, decides_the_end });
            }
        }
    }
    (world, net, raised)
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
    real: Vec<RealHost>,
    over: Rc<Cell<bool>>,
    /// When a real host last sent something, or its program ended.
    last_heard: Time,
    guard: &'a EnterGuard,
    egress: Vec<turmoil_net::Packet>,
    start: Instant,
    limit: Time,
    sleep: Pin<Box<Sleep>>,
    asleep_until: Time,
}

impl<'a> Driver<'a> {
    fn new(
        programs: Vec<Running>,
        real: Vec<RealHost>,
        guard: &'a EnterGuard,
        limit: Time,
    ) -> Self {
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
        Self {
            hosts,
            real,
            over,
            last_heard: Time::ZERO,
            guard,
            egress: Vec::new(),
            start,
            limit,
            sleep,
            asleep_until: limit,
        }
    }

    /// One pass: hands over what is due, polls the hosts that were woken, and sends what their kernels
    /// have to say. Whether real hosts may have more to say at once.
    fn pass(&mut self, cx: &mut Context<'_>, now: Time) -> bool {
        while let Some(handed) = world(|world| world.do_next(now)) {
            match handed {
                Handed::Kernel(packet) => {
                    if resets(&packet) {
                        self.poll_hosts(cx);
                    }
                    self.guard.deliver(packet);
                }
                Handed::Real(host, outgoing) => self.hand(host, &outgoing),
                Handed::Nothing => {}
            }
        }
        self.poll_hosts(cx);
        self.guard.egress_all(&mut self.egress);
        if !self.egress.is_empty() {
            let egress = self.egress.drain(..);
            world(|world| egress.for_each(|packet| world.send(now, packet)));
        }
        self.hear(cx, now)
    }

    /// Polls the hosts that were woken, until none is.
    fn poll_hosts(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(())) = Pin::new(&mut self.hosts).poll_next(cx) {}
    }

    /// Hands something to a real host.
    fn hand(&mut self, host: HostNumber, outgoing: &Outgoing) {
        #[cfg(unix)]
        if let Some(real) = self.real.iter_mut().find(|real| real.host == host) {
            real.device.send(outgoing);
        }
    }

    /// Takes what real hosts have to say; whether they may have more.
    fn hear(&mut self, cx: &mut Context<'_>, now: Time) -> bool {
        let mut more = false;
        #[cfg(unix)]
        for real in &mut self.real {
            let mut taken = 0;
            while let Poll::Ready(incoming) = real.device.poll_next(cx) {
                self.last_heard = now;
                match incoming {
                    Incoming::Segment(packet) => {
                        world(|world| world.send_real(now, real.host, packet));
                    }
                    Incoming::Loopback(packet) => {
                        world(|world| world.recorder.loopback.push((now, packet)));
                    }
                    Incoming::Query(query) => {
                        if let Some(answer) = world(|world| world.answer(real.host, &query)) {
                            real.device.send(&answer);
                        }
                    }
                    Incoming::Over => self.over.set(self.over.get() || real.decides_the_end),
                }
                taken += 1;
                if taken == AT_ONCE {
                    more = true;
                    break;
                }
            }
        }
        more
    }

    /// When nothing more is to be expected; none as long as something is.
    fn end(&self) -> Option<Time> {
        let quiet = self.over.get() && !world(|world| world.packets_under_way());
        let aftermath = if self.real.is_empty() { Time::ZERO } else { AFTERMATH };
        quiet.then(|| self.last_heard + aftermath)
    }

    /// Sets the alarm for the next thing that is due; whether that time has already come.
    fn wait(&mut self, cx: &mut Context<'_>) -> bool {
        let next = world(|world| world.next_due()).unwrap_or(self.limit).min(self.limit);
        let next = self.end().unwrap_or(next).min(next);
        if next != self.asleep_until {
            self.asleep_until = next;
            self.sleep.as_mut().reset(self.start + next);
        }
        self.sleep.as_mut().poll(cx).is_ready()
    }
}

/// Whether a packet resets its connection. What came before it can still be read, as on Linux, which
/// leaves the receive queue (net/ipv4/tcp_input.c tcp_reset, tcp.c tcp_recvmsg): a program that sends
/// everything and closes with something unread has sent everything. turmoil-net would drop what has not
/// been read by then.
fn resets(packet: &turmoil_net::Packet) -> bool {
    matches!(&packet.payload, Transport::Tcp(segment) if segment.flags.rst)
}

impl Future for Driver<'_> {
    type Output = Time;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Time> {
        let this = &mut *self;
        loop {
            let now = Instant::now() - this.start;
            let more = this.pass(cx, now);
            if more || world(|world| world.next_due()).is_some_and(|next| next <= now) {
                continue;
            }
            if this.end().is_some_and(|end| end <= now) || now >= this.limit {
                return Poll::Ready(now);
            }
            if !this.wait(cx) {
                return Poll::Pending;
            }
        }
    }
}
