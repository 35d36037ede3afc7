//! The packets of one cell as a pcapng file, for Wireshark and its like.
//!
//! - `places` — where packets are captured: every place of the record, or some.
//! - `sightings` — what is seen there, when.
//! - `remarks` — what is said of single packets.
//! - `names` — which addresses have names.
//! - `secrets` — what opens connections in TLS.
//!
//! **Places.** Each interface of the file is a place of the record: a host's interface, a box, or a
//! network's router. A host shows what it sends and what reaches it. A box that changes a packet shows
//! it twice, as it came in and as it went out; one that does not shows it once, as it came in. A packet
//! that is lost is shown where that happened, with the reason as a comment, also if that is a host's
//! security group, which no program on the host could see past. What a host sends to itself leaves no
//! interface and is not there.
//!
//! Wireshark tells connections apart by their addresses alone. What leaves one place and reaches the
//! next with the same addresses is a repetition to it, so a connection is best read at one place.
//!
//! **Times** are virtual: zero is 1970-01-01 00:00:00 UTC, so that an absolute time in seconds is the
//! one in the report. They are those of the record, to the nanosecond.
//!
//! **Packets** are IPv4 without a link layer. They have the fields that the record has; the rest is
//! written as [`wire`] says, with a time to live of 64 where a packet sets out and one less after each
//! box, and the packet's place in the record as its identification, from 1, modulo 65536: with it one
//! packet is found at every place. ICMP is not in the record: that a router told a packet's sender of
//! its end is, and at that moment such a message is shown leaving the one and reaching the other.
//!
//! **TLS** is in the file as it was on the wire, and so are its secrets, in a decryption secrets block
//! before the first packet: a reader that knows the block reads what was said without being given
//! anything else. Secrets of a session between two real programs only they have.
//!
//! **Loss** on a link is late arrival in the record. The repetitions that stand behind it are not shown;
//! a comment has their number.

mod names;
mod places;
mod remarks;
mod secrets;
mod sightings;

use std::borrow::Cow;
use std::io::{self, Write};

use pasvlab_harness::net::Packet;
use pasvlab_harness::net::wire::{self, Ip};
use pasvlab_harness::{Record, Verdict};
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, NameResolutionBlock, Record as Name};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{PcapNgWriteError, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

use self::sightings::{Direction, Sighting, What};
use crate::words;

pub use places::{Places, UnknownPlace};

/// Time to live of a packet that sets out, as Linux has it.
const TTL: u8 = 64;
/// The same bytes on every machine.
const ENDIANNESS: Endianness = Endianness::Little;
/// The longest option of a block (pcapng, section 3.5).
const LONGEST: usize = u16::MAX as usize;

/// Writes what was seen at `places` to `out`. `command` is what has to be typed to have the same again.
///
/// # Errors
/// Those of `out`.
pub fn write(
    record: &Record,
    verdict: &Verdict,
    places: &Places,
    command: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let section = section(record, verdict, command);
    let mut file = PcapNgWriter::with_section_header(out, section).map_err(error)?;
    for interface in places.interfaces() {
        let options = vec![
            InterfaceDescriptionOption::IfName(cut(&interface.name)),
            InterfaceDescriptionOption::IfDescription(cut(&interface.description)),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
        ];
        let linktype = DataLink::RAW;
        let block = InterfaceDescriptionBlock { linktype, snaplen: 0, options };
        file.write_pcapng_block(block).map_err(error)?;
    }
    if let Some(names) = name_resolution(record) {
        file.write_pcapng_block(names).map_err(error)?;
    }
    if let Some(secrets) = secrets::block(record) {
        file.write_pcapng_block(secrets).map_err(error)?;
    }
    let remarks = remarks::remarks(record, verdict);
    for sighting in sightings::sightings(record) {
        let Some(interface) = places.number(sighting.place) else { continue };
        let bytes = bytes(record, &sighting);
        let mut options = vec![EnhancedPacketOption::Flags(flags(sighting.direction))];
        let about = remarks.get(&sighting.packet).filter(|_| sighting.what == What::Segment);
        let comments = about.into_iter().chain(&sighting.comments);
        options.extend(comments.map(|text| EnhancedPacketOption::Common(comment(text))));
        let block = EnhancedPacketBlock {
            interface_id: interface,
            timestamp: sighting.at,
            original_len: bytes.len() as u32,
            data: Cow::Owned(bytes),
            options,
        };
        file.write_pcapng_block(block).map_err(error)?;
    }
    file.into_inner().flush()
}

/// The section header says what this is, and how to have it again.
fn section(record: &Record, verdict: &Verdict, command: &str) -> SectionHeaderBlock<'static> {
    let cell = &record.cell;
    let mut text = format!(
        "{}/{}/{} (server {}, PassiveIp {}, seed {})\n{}",
        cell.topology,
        cell.passive_ip,
        cell.client,
        cell.server,
        words::passive_ip(cell.announced),
        cell.seed,
        remarks::outcome(verdict),
    );
    text.push_str(&format!("\nTimes are virtual, from 1970-01-01 00:00:00 UTC.\n{command}"));
    let application = concat!("pasvlab ", env!("CARGO_PKG_VERSION"));
    let options = vec![
        SectionHeaderOption::Common(comment(&text)),
        SectionHeaderOption::UserApplication(Cow::Borrowed(application)),
    ];
    SectionHeaderBlock { endianness: ENDIANNESS, options, ..SectionHeaderBlock::default() }
}

fn name_resolution(record: &Record) -> Option<NameResolutionBlock<'static>> {
    let names = names::names(record).into_iter();
    let records: Vec<Name<'static>> = names
        .map(|(ip_addr, names)| {
            let names = names.into_iter().map(Cow::Owned).collect();
            Name::Ipv4(Ipv4Record { ip_addr, names })
        })
        .collect();
    (!records.is_empty()).then(|| NameResolutionBlock { records, options: Vec::new() })
}

fn bytes(record: &Record, sighting: &Sighting) -> Vec<u8> {
    let packet = &record.packets[sighting.packet];
    let seen: Packet = record.packet_after(packet, sighting.boxes);
    let ip = Ip {
        ttl: TTL.saturating_sub(sighting.boxes as u8),
        identification: (sighting.packet + 1) as u16,
    };
    match sighting.what {
        What::Segment => wire::segment(&seen, ip),
        What::Unreachable { port } => wire::unreachable(&seen, port, ip),
    }
}

/// Bits 0 and 1 of the flags word (pcapng, section 4.3.1).
fn flags(direction: Direction) -> u32 {
    match direction {
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    }
}

fn comment(text: &str) -> CommonOption<'static> {
    CommonOption::Comment(Cow::Owned(cut(text).into_owned()))
}

/// As much of a text as an option holds.
fn cut(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(&text[..text.floor_char_boundary(LONGEST)])
}

fn error(error: PcapNgWriteError) -> io::Error {
    match error {
        PcapNgWriteError::Io(error) => error,
        other => io::Error::other(other),
    }
}
