//! Packets as bytes: IPv4 and TCP headers with their checksums.
//!
//! A [`Packet`] has the fields that the lab's hosts and boxes know. The others are the same for all:
//! no fragments, and no TCP option but the largest segment size of segments that open a connection.
//! Without the others from one side, the other side's kernel uses none of them (RFC 7323 section 1.3,
//! RFC 2018 section 2). Every segment with payload has PSH.

use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{
    Icmpv4Type, IpHeaders, IpNumber, Ipv4Header, PacketBuilder, PacketBuilderStep, TcpOptionElement,
};

use super::{Flags, Packet};

/// Largest payload of a segment: 1,500 bytes without two headers of 20 bytes (RFC 9293 section 3.7.1).
pub const MSS: u16 = 1_460;

/// What an IPv4 header says besides the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip {
    /// Time to live.
    pub ttl: u8,
    /// Identification; no more than a label, because nothing is fragmented (RFC 6864 section 4.1).
    pub identification: u16,
}

/// A segment with its headers.
#[must_use]
pub fn segment(packet: &Packet, ip: Ip) -> Vec<u8> {
    let (src, dst) = (packet.src, packet.dst);
    let header = header(packet, ip, IpNumber::TCP);
    let mut builder = builder(header).tcp(src.port(), dst.port(), packet.seq, packet.window);
    let Flags { syn, ack, fin, rst } = packet.flags;
    if ack {
        builder = builder.ack(packet.ack);
    }
    if fin {
        builder = builder.fin();
    }
    if rst {
        builder = builder.rst();
    }
    if !packet.payload.is_empty() {
        builder = builder.psh();
    }
    if syn {
        builder = builder.syn();
        let options = [TcpOptionElement::MaximumSegmentSize(MSS)];
        builder = builder.options(&options).expect("one option fits into the header");
    }
    let mut bytes = Vec::with_capacity(64 + packet.payload.len());
    builder.write(&mut bytes, &packet.payload).expect("a vector takes every packet of this size");
    bytes
}

/// Destination unreachable (RFC 792): the header of the packet that it is about, and its first eight
/// bytes, from the address that it was sent to.
///
/// With `port` it says that the port is, else that the host is.
#[must_use]
pub fn unreachable(packet: &Packet, port: bool, ip: Ip) -> Vec<u8> {
    let code = if port { DestUnreachableHeader::Port } else { DestUnreachableHeader::Host };
    let about = segment(packet, ip);
    let back = Packet { src: packet.dst, dst: packet.src, ..packet.clone() };
    let header = header(&back, ip, IpNumber::ICMP);
    let builder = builder(header).icmpv4(Icmpv4Type::DestinationUnreachable(code));
    let mut bytes = Vec::with_capacity(64);
    builder.write(&mut bytes, &about[..28]).expect("a vector takes every packet of this size");
    bytes
}

fn header(packet: &Packet, ip: Ip, protocol: IpNumber) -> Ipv4Header {
    Ipv4Header {
        identification: ip.identification,
        dont_fragment: true,
        time_to_live: ip.ttl,
        protocol,
        source: packet.src.ip().octets(),
        destination: packet.dst.ip().octets(),
        ..Ipv4Header::default()
    }
}

/// The builder fills in lengths and checksums.
fn builder(header: Ipv4Header) -> PacketBuilderStep<IpHeaders> {
    PacketBuilder::ip(IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default()))
}
