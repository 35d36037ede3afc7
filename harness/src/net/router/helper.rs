//! The FTP helper at work: reads announcements on control connections, rewrites them where addresses
//! are translated, and lets the announced data connections pass.
//!
//! As Linux does it (net/netfilter/nf_conntrack_ftp.c, nf_nat_ftp.c): an announcement counts if it
//! names its sender's own address, or any with `loose`; one data connection is expected at a time,
//! for five minutes, from the other end of the control connection and from any port; it is translated
//! as the control connection is. Where there is translation, what is written is always the address
//! that the other end knows; with `loose` that need not be what is expected.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pasvlab_scenarios::FtpHelper;

use super::{StatefulRouter, Translated, Way};
use crate::net::flows::{FlowKey, Source};
use crate::net::ftp_helper::{Announcement, Conversation, Direction, Finding, Understands};
use crate::net::{Action, Packet, Reason, Side, Time};

/// How long an announced data connection is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// A control connection that the helper reads.
#[derive(Debug)]
pub(super) struct Watched {
    conversation: Conversation,
}

impl Watched {
    pub(super) fn new(helper: &FtpHelper) -> Self {
        Self { conversation: Conversation::new(Understands::of(helper)) }
    }
}

/// A data connection that is let through when it comes.
#[derive(Debug, Clone)]
struct Expectation {
    /// The control connection.
    master: FlowKey,
    /// Where it will come from.
    origin: Side,
    from: Ipv4Addr,
    /// What it will be addressed to.
    to: SocketAddrV4,
    expected: Expected,
    until: Time,
}

/// Where an expected data connection really goes, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) real: SocketAddrV4,
    pub(super) source: Source,
    pub(super) to: Side,
}

/// All that are waited for.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    list: Vec<Expectation>,
}

impl Expectations {
    /// The one that a new connection fulfils, which is then over.
    pub(super) fn take(&mut self, now: Time, origin: Side, packet: &Packet) -> Option<Expected> {
        let place = self.place(now, origin, packet)?;
        Some(self.list.remove(place).expected)
    }

    /// Whether a new connection fulfils one.
    pub(super) fn awaits(&self, now: Time, origin: Side, packet: &Packet) -> bool {
        self.place(now, origin, packet).is_some()
    }

    fn place(&self, now: Time, origin: Side, packet: &Packet) -> Option<usize> {
        let fits = |expectation: &Expectation| {
            expectation.until >= now
                && expectation.origin == origin
                && expectation.from == *packet.src.ip()
                && expectation.to == packet.dst
        };
        self.list.iter().position(fits)
    }

    /// Whether the data connection of a control connection would be taken for that of another one,
    /// which is waited for from the same host at the same address (nf_conntrack_expect:
    /// expect_clash).
    fn clashes(&self, now: Time, master: FlowKey, from: Ipv4Addr, to: SocketAddrV4) -> bool {
        let clashes = |other: &Expectation| {
            other.until >= now && other.to == to && other.from == from && other.master != master
        };
        self.list.iter().any(clashes)
    }

    /// Adds one; a control connection has one at a time.
    fn add(&mut self, now: Time, expectation: Expectation) {
        self.list.retain(|other| other.until >= now && other.master != expectation.master);
        self.list.push(expectation);
    }
}

impl StatefulRouter {
    /// Reads a packet of a known connection, if the helper watches it, and changes it in place. An
    /// action if the packet goes no further.
    pub(super) fn read(
        &mut self,
        now: Time,
        key: FlowKey,
        way: Way,
        sender: Translated,
        packet: &mut Packet,
    ) -> Option<Action> {
        let helper = self.settings.ftp_helper.as_ref()?;
        let watched = self.flows.data(key)?.watched.as_mut()?;
        if way == Way::Forth && packet.flags.opens() {
            // Perhaps another connection between the same ends: nothing of it has been rewritten.
            **watched = Watched::new(helper);
        }
        let direction = match way {
            Way::Forth => Direction::ToServer,
            Way::Back => Direction::ToClient,
        };
        match watched.conversation.read(direction, packet) {
            Finding::Nothing => watched.conversation.adjust(direction, packet),
            Finding::Partial => return Some(Action::Drop(Reason::SplitAnnouncement)),
            Finding::Announces(announcement) => {
                let arriving = packet.clone();
                watched.conversation.adjust(direction, packet);
                match self.expect(now, key, way, sender, &announcement, &arriving) {
                    Ok(None) => {}
                    Ok(Some(address)) => {
                        let watched = self.flows.data(key)?.watched.as_mut()?;
                        watched.conversation.rewrite(direction, packet, &announcement, address);
                    }
                    Err(reason) => return Some(Action::Drop(reason)),
                }
            }
        }
        None
    }

    /// Prepares for the announced data connection; returns what to announce in its place, if anything
    /// else.
    fn expect(
        &mut self,
        now: Time,
        key: FlowKey,
        way: Way,
        sender: Translated,
        announcement: &Announcement,
        packet: &Packet,
    ) -> Result<Option<SocketAddrV4>, Reason> {
        let loose = self.settings.ftp_helper.as_ref().is_some_and(|helper| helper.loose);
        let named = announcement.address.unwrap_or(sender.from);
        let own = named == sender.from;
        if !own && !loose {
            return Ok(None);
        }
        let (from, seen_as) = self.other_end(key, way, packet);
        // nf_conntrack_ftp: another address than the sender's own is expected as it is.
        let to = if own { sender.to } else { named };
        let port = if sender.from == sender.to {
            announcement.port
        } else {
            self.free_port(now, key, from, SocketAddrV4::new(to, announcement.port))?
        };
        // nf_nat_ftp, nf_nat_follow_master: where the control connection is translated, at either
        // end, the other end is told the address that it knows, and the data connection goes to the
        // announcing host.
        let translated = sender.from != sender.to || from != seen_as;
        let (told, real) = if translated { (sender.to, sender.from) } else { (named, named) };
        let side = self.flows.data(key).map_or(Side::Outside, |data| data.to);
        let (origin, toward) = match way {
            Way::Forth => (side, key.side),
            Way::Back => (key.side, side),
        };
        let source = if from == seen_as { Source::Keep } else { Source::SamePort(seen_as) };
        let real = SocketAddrV4::new(real, announcement.port);
        self.expectations.add(
            now,
            Expectation {
                master: key,
                origin: self.origin(self.exit(origin), to),
                from,
                to: SocketAddrV4::new(to, port),
                expected: Expected { real, source, to: toward },
                until: now + PATIENCE,
            },
        );
        let unchanged =
            port == announcement.port && announcement.address.is_none_or(|named| named == told);
        Ok((!unchanged).then_some(SocketAddrV4::new(told, port)))
    }

    /// The other end of the control connection: as it sends to the router, and as the announcing
    /// host sees it.
    fn other_end(&mut self, key: FlowKey, way: Way, packet: &Packet) -> (Ipv4Addr, Ipv4Addr) {
        match way {
            // The announcing host opened the connection: the other end is its real destination.
            Way::Forth => {
                let real = self.flows.peek(key).map_or(key.dst, |flow| flow.dst);
                (*real.ip(), *key.dst.ip())
            }
            // The announcing host is the destination; it sees the opener's translated source.
            Way::Back => (*key.src.ip(), *packet.dst.ip()),
        }
    }

    /// A free port of an address, the announced one if possible, else the next one above; 0 is none
    /// (nf_nat_ftp).
    fn free_port(
        &self,
        now: Time,
        master: FlowKey,
        from: Ipv4Addr,
        to: SocketAddrV4,
    ) -> Result<u16, Reason> {
        let clashes = |port: &u16| {
            let to = SocketAddrV4::new(*to.ip(), *port);
            self.expectations.clashes(now, master, from, to)
        };
        let mut ports = (to.port()..=u16::MAX).take_while(|port| *port != 0);
        ports.find(|port| !clashes(port)).ok_or(Reason::NoPortToAnnounce)
    }
}
