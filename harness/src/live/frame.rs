//! Packets of a real host as bytes.

use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::Bytes;
use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{
    Icmpv4Type, NetSlice, PacketBuilder, SlicedPacket, TcpOptionElement, TransportSlice,
};

use super::{Incoming, MTU, NAME_SERVER, Outgoing, Query};
use crate::net::{Flags, Packet};

/// Port of name servers (RFC 1035 section 4.2.1).
const DNS: u16 = 53;
/// Time to live of what arrives at a real host.
const TTL: u8 = 64;
/// Largest payload of a segment: the packet's size without two headers of 20 bytes (RFC 9293
/// section 3.7.1).
const MSS: u16 = MTU - 40;

/// What `bytes`, an IPv4 packet, is to the lab; none if it is nothing that the lab carries.
pub(super) fn parse(bytes: &[u8]) -> Option<Incoming> {
    let sliced = SlicedPacket::from_ip(bytes).ok()?;
    let Some(NetSlice::Ipv4(ip)) = sliced.net else { return None };
    let (src, dst) = (ip.header().source_addr(), ip.header().destination_addr());
    match sliced.transport? {
        TransportSlice::Tcp(tcp) => Some(Incoming::Segment(Packet {
            src: SocketAddrV4::new(src, tcp.source_port()),
            dst: SocketAddrV4::new(dst, tcp.destination_port()),
            seq: tcp.sequence_number(),
            ack: tcp.acknowledgment_number(),
            flags: Flags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() },
            window: tcp.window_size(),
            payload: Bytes::copy_from_slice(tcp.payload()),
            consumer: None,
        })),
        TransportSlice::Udp(udp) if dst == NAME_SERVER && udp.destination_port() == DNS => {
            let from = SocketAddrV4::new(src, udp.source_port());
            Some(Incoming::Query(Query { from, message: udp.payload().to_vec() }))
        }
        _ => None,
    }
}

/// The bytes of what arrives at a real host.
///
/// Segments have no options but the largest segment size of those that open a connection: without the
/// others from this side, the host's kernel uses none of them (RFC 7323 section 1.3, RFC 2018
/// section 2).
pub(super) fn write(outgoing: &Outgoing) -> Vec<u8> {
    match outgoing {
        Outgoing::Segment(packet) => segment(packet),
        Outgoing::Unreachable { packet, port } => unreachable(packet, *port),
        Outgoing::Answer { to, message } => {
            let builder = PacketBuilder::ipv4(NAME_SERVER.octets(), to.ip().octets(), TTL);
            written(builder.udp(DNS, to.port()), message)
        }
    }
}

fn segment(packet: &Packet) -> Vec<u8> {
    let (src, dst) = (packet.src, packet.dst);
    let mut builder = PacketBuilder::ipv4(src.ip().octets(), dst.ip().octets(), TTL).tcp(
        src.port(),
        dst.port(),
        packet.seq,
        packet.window,
    );
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
    written(builder, &packet.payload)
}

/// Destination unreachable (RFC 792): the header of the packet that it is about, and its first eight
/// bytes, from the address that it was sent to.
fn unreachable(packet: &Packet, port: bool) -> Vec<u8> {
    let header = if port { DestUnreachableHeader::Port } else { DestUnreachableHeader::Host };
    let about = segment(packet);
    let (from, to): (Ipv4Addr, Ipv4Addr) = (*packet.dst.ip(), *packet.src.ip());
    let builder = PacketBuilder::ipv4(from.octets(), to.octets(), TTL)
        .icmpv4(Icmpv4Type::DestinationUnreachable(header));
    written(builder, &about[..28])
}

/// A step of etherparse's builder from which a packet can be written.
trait Finish {
    fn finish(self, payload: &[u8], bytes: &mut Vec<u8>);
}

macro_rules! finish {
    ($($header:ty),+) => {$(
        impl Finish for etherparse::PacketBuilderStep<$header> {
            fn finish(self, payload: &[u8], bytes: &mut Vec<u8>) {
                self.write(bytes, payload).expect("a vector takes every packet of this size");
            }
        }
    )+};
}
finish!(etherparse::TcpHeader, etherparse::UdpHeader, etherparse::Icmpv4Header);

fn written(builder: impl Finish, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + payload.len());
    builder.finish(payload, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = SocketAddrV4> {
        (any::<u32>(), any::<u16>())
            .prop_map(|(address, port)| SocketAddrV4::new(address.into(), port))
    }

    proptest! {
        #[test]
        fn a_packet_that_is_written_is_read_as_it_was(
            (src, dst) in (address(), address()),
            (seq, ack, window) in (any::<u32>(), any::<u32>(), any::<u16>()),
            flags in any::<[bool; 4]>(),
            payload in prop::collection::vec(any::<u8>(), 0..1460),
        ) {
            let [syn, with_ack, fin, rst] = flags;
            let packet = Packet {
                src, dst, seq, window,
                ack: if with_ack { ack } else { 0 },
                flags: Flags { syn, ack: with_ack, fin, rst },
                payload: Bytes::from(payload),
                consumer: None,
            };
            match parse(&segment(&packet)) {
                Some(Incoming::Segment(read)) => prop_assert_eq!(read, packet),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes);
        }
    }
}
