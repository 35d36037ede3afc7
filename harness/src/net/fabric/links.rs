//! What legs between interfaces do to packets: delay, jitter, bandwidth, loss, MTU.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pasvlab_scenarios::{Link, NetworkIx, PeeringIx};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use rustc_hash::FxHashMap;

use super::InterfaceIx;
use crate::net::{Packet, Reason, Time};

/// First retransmission of data (Linux, TCP_RTO_MIN).
const FIRST_TIMEOUT: Duration = Duration::from_millis(200);
/// First retransmission of a SYN and of the answer to it (RFC 6298 section 2).
const FIRST_TIMEOUT_OF_SYN: Duration = Duration::from_secs(1);
/// A segment is not lost more often than this in a row.
const MOST_LOSSES: u8 = 6;
const MILLISECOND: u128 = 1_000_000;

/// Which leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LinkIx {
    /// Within a network.
    Network(NetworkIx),
    /// Across a peering.
    Peering(PeeringIx),
    /// Between an endpoint and a load balancer.
    Private,
}

/// A packet's way so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Travel {
    /// When it is where it is.
    pub(super) at: Time,
    /// How often it was lost and sent again on the way.
    pub(super) lost: u8,
    /// How many more boxes it may meet.
    pub(super) left: u8,
}

/// All legs of a fabric.
#[derive(Debug)]
pub(super) struct Links {
    default: Link,
    networks: Vec<Link>,
    peerings: Vec<Link>,
    /// Whether every leg only delays, always by the same time.
    plain: bool,
    random: Pcg32,
    /// Until when packets between two addresses keep a leg with limited bandwidth busy.
    busy: FxHashMap<(LinkIx, Ipv4Addr, Ipv4Addr), Time>,
    /// When the last packet of a connection arrived.
    last: FxHashMap<(InterfaceIx, SocketAddrV4, SocketAddrV4), Time>,
}

impl Links {
    pub(super) fn new(
        default: Link,
        networks: impl Iterator<Item = Option<Link>>,
        peerings: impl Iterator<Item = Option<Link>>,
        seed: u64,
    ) -> Self {
        let networks: Vec<Link> = networks.map(|link| link.unwrap_or(default)).collect();
        let peerings: Vec<Link> = peerings.map(|link| link.unwrap_or(default)).collect();
        let delays_only =
            |link: &Link| link.jitter.is_zero() && link.bandwidth.is_none() && link.loss <= 0.0;
        let plain = networks.iter().chain(&peerings).chain([&default]).all(delays_only);
        Self {
            default,
            networks,
            peerings,
            plain,
            random: Pcg32::seed_from_u64(seed),
            busy: FxHashMap::default(),
            last: FxHashMap::default(),
        }
    }

    fn get(&self, which: LinkIx) -> Link {
        match which {
            LinkIx::Network(ix) => self.networks[ix.0],
            LinkIx::Peering(ix) => self.peerings[ix.0],
            LinkIx::Private => Link { latency: self.default.latency, ..Link::default() },
        }
    }

    /// Takes a packet over a leg.
    pub(super) fn cross(
        &mut self,
        which: LinkIx,
        packet: &Packet,
        travel: &mut Travel,
    ) -> Result<(), Reason> {
        let link = self.get(which);
        if let Some(mtu) = link.mtu
            && !link.mtu_discovery
            && packet.size() > usize::from(mtu)
        {
            return Err(Reason::TooBig);
        }
        if !self.plain {
            self.queue(which, link, packet, travel);
            self.lose(link, packet, travel);
            travel.at += self.jitter(link);
        }
        travel.at += link.latency;
        Ok(())
    }

    /// Waits for earlier packets between the same addresses, then for this one to be sent.
    fn queue(&mut self, which: LinkIx, link: Link, packet: &Packet, travel: &mut Travel) {
        let Some(bits_per_second) = link.bandwidth else { return };
        let busy = self.busy.entry((which, *packet.src.ip(), *packet.dst.ip())).or_default();
        let start = travel.at.max(*busy);
        let nanoseconds = packet.size() as u64 * 8 * 1_000_000_000 / bits_per_second.max(1);
        *busy = start + Duration::from_nanos(nanoseconds);
        travel.at = *busy;
    }

    /// A lost segment arrives a retransmission time-out later, or two, each twice as long, wherever on
    /// the way it is lost (RFC 6298 section 5.5).
    fn lose(&mut self, link: Link, packet: &Packet, travel: &mut Travel) {
        if link.loss <= 0.0 {
            return;
        }
        let first = if packet.flags.syn { FIRST_TIMEOUT_OF_SYN } else { FIRST_TIMEOUT };
        let limit = (link.loss * f64::from(u32::MAX)) as u32;
        while travel.lost < MOST_LOSSES && self.random.next_u32() < limit {
            travel.at += first * (1 << travel.lost);
            travel.lost += 1;
        }
    }

    fn jitter(&mut self, link: Link) -> Duration {
        let most = link.jitter.as_millis() as u64;
        if most == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(u64::from(self.random.next_u32()) % (most + 1))
    }

    /// When a packet is there: at a whole millisecond, and not before those of its connection that
    /// set out earlier.
    pub(super) fn arrive(&mut self, at: Time, interface: InterfaceIx, packet: &Packet) -> Time {
        if self.plain {
            return at;
        }
        let whole = at.as_nanos().div_ceil(MILLISECOND) as u64;
        let last = self.last.entry((interface, packet.src, packet.dst)).or_default();
        *last = Duration::from_millis(whole).max(*last);
        *last
    }
}
