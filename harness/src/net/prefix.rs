//! Bytes that a box puts in front of what one side of a connection sends.

use bytes::Bytes;

use super::{Flags, Packet};

/// A prefix, and how far it has got. Everything that its side sends moves up by its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    bytes: Bytes,
    /// Sequence number of the first byte after SYN.
    start: u32,
    sent: bool,
}

impl Prefix {
    /// Goes in front of the connection that a SYN with this sequence number opens.
    #[must_use]
    pub fn new(bytes: Vec<u8>, syn: u32) -> Self {
        Self { bytes: bytes.into(), start: syn.wrapping_add(1), sent: false }
    }

    fn length(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// What is sent in place of a packet of the prefix's side. The prefix follows the packet that
    /// ends the handshake, or goes ahead of it if that has data already.
    #[must_use]
    pub fn put_before(&mut self, mut packet: Packet) -> Vec<Packet> {
        if packet.flags.syn {
            let start = packet.seq.wrapping_add(1);
            // A SYN with another number opens another connection of the same addresses.
            self.sent &= start == self.start;
            self.start = start;
            return vec![packet];
        }
        if packet.flags.rst && !self.sent {
            return vec![packet];
        }
        if self.sent {
            packet.seq = packet.seq.wrapping_add(self.length());
            return vec![packet];
        }
        self.sent = true;
        let mut prefix = Packet { flags: Flags::ACK, seq: self.start, ..packet.clone() };
        prefix.payload = self.bytes.clone();
        if packet.payload.is_empty() && !packet.flags.fin {
            return vec![packet, prefix];
        }
        packet.seq = packet.seq.wrapping_add(self.length());
        vec![prefix, packet]
    }

    /// Takes the prefix out of what the other side acknowledges.
    pub fn shift_back(&self, packet: &mut Packet) {
        if !self.sent || !packet.flags.ack {
            return;
        }
        let beyond = packet.ack.wrapping_sub(self.start);
        // An acknowledgement of less than the prefix acknowledges nothing that the sender knows.
        if beyond < u32::MAX / 2 {
            packet.ack = self.start.wrapping_add(beyond.saturating_sub(self.length()));
        }
    }
}
