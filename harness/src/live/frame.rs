//! Packets of a real host as bytes.

use std::net::SocketAddrV4;

use bytes::Bytes;
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};

use super::{Incoming, NAME_SERVER, Outgoing, Query};
use crate::net::wire::{self, Ip};
use crate::net::{Flags, Packet};

/// Port of name servers (RFC 1035 section 4.2.1).
const DNS: u16 = 53;
/// What arrives at a real host says of itself.
const IP: Ip = Ip { ttl: 64, identification: 0 };

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
pub(super) fn write(outgoing: &Outgoing) -> Vec<u8> {
    match outgoing {
        Outgoing::Segment(packet) => wire::segment(packet, IP),
        Outgoing::Unreachable { packet, port } => wire::unreachable(packet, *port, IP),
        Outgoing::Answer { to, message } => {
            let builder = PacketBuilder::ipv4(NAME_SERVER.octets(), to.ip().octets(), IP.ttl);
            let mut bytes = Vec::with_capacity(64 + message.len());
            let written = builder.udp(DNS, to.port()).write(&mut bytes, message);
            written.expect("a vector takes every packet of this size");
            bytes
        }
    }
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
            match parse(&wire::segment(&packet, IP)) {
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
