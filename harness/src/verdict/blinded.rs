//! FTP helpers from which TLS hid an announcement (RFC 4217 section 5; Linux
//! net/netfilter/nf_conntrack_ftp.c, nf_nat_ftp.c).
//!
//! A helper that reads an announcement expects the data connection, and where addresses are translated
//! it puts another one in the announcement's place. It counts as blinded only if that was missing: if
//! the connection ended at the helper's own box, addressed as it would have been expected there; or if
//! an address led astray that it would have replaced.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::FtpHelper;

use super::Cause;
use super::attempt::{Dial, Offer, delivered};
use super::journey::lost;
use super::statement::{Evidence, Statement, statement};
use crate::net::Reason;
use crate::net::ftp_helper::{Announcement, Direction, Understands, would_find};
use crate::record::{DecidedBy, LineKind, PacketRecord, Place, PlaceIx, Record, transcript};

/// A helper that an announcement was hidden from.
pub(super) struct Blinded<'a> {
    place: &'a Place,
    rests_on: Evidence,
}

impl Blinded<'_> {
    /// The decisive cause, with what came of it.
    pub(super) fn explains(&self, came_of_it: &str) -> Statement {
        let name = &self.place.name;
        let text = format!(
            "the FTP helper of `{name}` could not read the announcement in TLS: {came_of_it}"
        );
        statement(Cause::HelperBlinded, text, self.rests_on)
    }

    /// The same in the chain of causes.
    pub(super) fn sentence(&self) -> Statement {
        let name = &self.place.name;
        let text = format!(
            "The FTP helper of `{name}` could not read the announcement: the session was in TLS."
        );
        statement(Cause::HelperBlinded, text, self.rests_on)
    }
}

/// What was said, if something was hidden and there is somebody from whom.
fn lines(record: &Record) -> Option<Vec<transcript::Line>> {
    let helper = record.places.iter().any(|place| place.ftp_helper.is_some());
    (helper && !record.sealed.is_empty()).then(|| transcript::transcript(record))
}

/// The helper that would have helped the client's data connection.
pub(super) fn of_dial<'a>(record: &'a Record, dial: &Dial<'_>) -> Option<Blinded<'a>> {
    let lines = lines(record)?;
    let line = lines.iter().rev().find(|line| {
        line.kind == LineKind::Reply
            && line.at <= dial.since
            && (line.text.starts_with("227") || line.text.starts_with("229"))
    })?;
    let decision = dial.decision;
    let heeds = |told: Ipv4Addr| match decision.dialled {
        Some(_) => decision.decided_by == DecidedBy::Server,
        None => told == decision.peer,
    };
    find(record, line, Direction::ToClient, &Data { syn: dial.syn, heeds: &heeds })
}

/// The helper that would have helped the server's data connection.
pub(super) fn of_offer<'a>(record: &'a Record, offer: &Offer<'_>) -> Option<Blinded<'a>> {
    let announces = |text: &str| {
        let word = text.split(' ').next().unwrap_or_default();
        word.eq_ignore_ascii_case("PORT") || word.eq_ignore_ascii_case("EPRT")
    };
    let lines = lines(record)?;
    let line = lines.iter().find(|line| {
        line.kind == LineKind::Command && line.at >= offer.since && announces(&line.text)
    })?;
    let heeds = |_| offer.dialled == Some(offer.address);
    find(record, line, Direction::ToServer, &Data { syn: offer.syn, heeds: &heeds })
}

/// The data connection that an announcement led to.
struct Data<'a> {
    /// The packet that was to open it.
    syn: Option<&'a PacketRecord>,
    /// Whether another address in the announcement would have made a difference to who dials.
    heeds: &'a dyn Fn(Ipv4Addr) -> bool,
}

/// The first helper on the announcement's way that would have made a difference.
fn find<'a>(
    record: &'a Record,
    line: &transcript::Line,
    direction: Direction,
    data: &Data<'_>,
) -> Option<Blinded<'a>> {
    let packet = record.packets.get(line.packet).filter(|_| line.sealed)?;
    let (mut src, mut dst) = (packet.packet.src, packet.packet.dst);
    // What the announcement would have said behind the helpers so far.
    let mut named = None;
    for hop in record.hops_of(packet) {
        let passage = Passage { place: hop.place, from: (src, dst), to: (hop.src, hop.dst) };
        (src, dst) = passage.to;
        let place = record.place(hop.place);
        let Some(helper) = &place.ftp_helper else { continue };
        let Some(found) = passage.would_find(helper, direction, &line.text) else { continue };
        let before = named.or(found.address).unwrap_or(*passage.from.0.ip());
        let Some(told) = passage.would_tell(helper, before) else { continue };
        let replaced = found.address.is_some() && told != before;
        let rests_on = Evidence::Packet(line.packet);
        if passage.would_let_pass(record, data.syn, before, found.port)
            || (replaced && (data.heeds)(told) && went_astray(packet, data.syn))
        {
            return Some(Blinded { place, rests_on });
        }
        named = found.address.map(|_| told);
    }
    None
}

/// The announcement's way through one box: source and destination before and after it.
struct Passage {
    place: PlaceIx,
    from: (SocketAddrV4, SocketAddrV4),
    to: (SocketAddrV4, SocketAddrV4),
}

impl Passage {
    /// What a helper would have read, had it not been sealed.
    fn would_find(
        &self,
        helper: &FtpHelper,
        direction: Direction,
        line: &str,
    ) -> Option<Announcement> {
        // A helper watches the ports of servers as they are behind the box.
        let port = match direction {
            Direction::ToServer => self.to.1.port(),
            Direction::ToClient => self.from.0.port(),
        };
        let watched = helper.ports.contains(&port);
        watched.then(|| would_find(Understands::of(helper), direction, line)).flatten()
    }

    /// The address that it would have written; none if it would have done nothing at all, because
    /// somebody else's was `named`.
    fn would_tell(&self, helper: &FtpHelper, named: Ipv4Addr) -> Option<Ipv4Addr> {
        let ips = |(src, dst): (SocketAddrV4, SocketAddrV4)| (*src.ip(), *dst.ip());
        let translates = ips(self.from) != ips(self.to);
        let reads = named == *self.from.0.ip() || helper.loose;
        reads.then(|| if translates { *self.to.0.ip() } else { named })
    }

    /// Whether the data connection ended here, and would have been expected.
    fn would_let_pass(
        &self,
        record: &Record,
        syn: Option<&PacketRecord>,
        named: Ipv4Addr,
        port: u16,
    ) -> bool {
        let Some(syn) = syn.filter(|syn| lost(syn).is_some_and(|(at, _)| at == self.place)) else {
            return false;
        };
        let own = named == *self.from.0.ip();
        let expected = if own { *self.to.0.ip() } else { named };
        let (src, dst) = record.arrival(syn);
        src.ip() == self.to.1.ip() && dst == SocketAddrV4::new(expected, port)
    }
}

/// Whether the announced address did not lead to who announced it.
fn went_astray(announcement: &PacketRecord, syn: Option<&PacketRecord>) -> bool {
    let Some(syn) = syn else { return true };
    match lost(syn) {
        Some((_, reason)) => {
            matches!(reason, Reason::NoRoute | Reason::NobodyAtAddress | Reason::NotBeyondPeering)
        }
        None => delivered(syn) != Some(announcement.from),
    }
}
