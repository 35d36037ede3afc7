//! A TCP segment on its way between two wire addresses.

use std::fmt;
use std::net::SocketAddrV4;

use bytes::Bytes;

/// One IPv4 packet that carries one TCP segment. There are no bytes of headers, only their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Source address and port.
    pub src: SocketAddrV4,
    /// Destination address and port.
    pub dst: SocketAddrV4,
    /// Sequence number of the first payload byte, or of SYN.
    pub seq: u32,
    /// Next sequence number expected from the other side; meaningful with [`Flags::ack`].
    pub ack: u32,
    /// Control flags.
    pub flags: Flags,
    /// Receive window in bytes.
    pub window: u16,
    /// Payload.
    pub payload: Bytes,
    /// Between an endpoint and its load balancer: the consumer's client. It travels beside the
    /// packet, not in it; hosts never see it.
    pub consumer: Option<SocketAddrV4>,
}

/// The TCP control flags that the lab's hosts use (RFC 9293 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Synchronise: opens a connection.
    pub syn: bool,
    /// The acknowledgement field counts.
    pub ack: bool,
    /// No more data from the sender.
    pub fin: bool,
    /// Reset: there is no such connection.
    pub rst: bool,
}

impl Flags {
    /// The first segment of a connection.
    pub const SYN: Self = Self { syn: true, ack: false, fin: false, rst: false };
    /// The answer to it.
    pub const SYN_ACK: Self = Self { syn: true, ack: true, fin: false, rst: false };
    /// An ordinary segment.
    pub const ACK: Self = Self { syn: false, ack: true, fin: false, rst: false };

    /// Whether the segment opens a connection (SYN without ACK).
    #[must_use]
    pub fn opens(self) -> bool {
        self.syn && !self.ack
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(self.syn, "SYN"), (self.fin, "FIN"), (self.rst, "RST"), (self.ack, "ACK")];
        let mut separator = "";
        for (_, name) in names.iter().filter(|(set, _)| *set) {
            write!(f, "{separator}{name}")?;
            separator = "+";
        }
        Ok(())
    }
}

impl Packet {
    /// A segment without payload.
    #[must_use]
    pub fn bare(src: SocketAddrV4, dst: SocketAddrV4, flags: Flags) -> Self {
        Self {
            src,
            dst,
            seq: 0,
            ack: 0,
            flags,
            window: u16::MAX,
            payload: Bytes::new(),
            consumer: None,
        }
    }

    /// Bytes of the IP packet: headers of 20 bytes each (RFC 791, RFC 9293) and the payload.
    #[must_use]
    pub fn size(&self) -> usize {
        40 + self.payload.len()
    }

    /// Sequence numbers that it takes: its payload's bytes, and one each for SYN and FIN (RFC 9293
    /// section 3.4).
    #[must_use]
    pub fn length(&self) -> u32 {
        self.payload.len() as u32 + u32::from(self.flags.syn) + u32::from(self.flags.fin)
    }

    /// The reset that answers this segment (RFC 9293 section 3.10.7.1): it goes back where the
    /// segment came from and is acceptable to its sender.
    #[must_use]
    pub fn reset(&self) -> Self {
        let (seq, ack) =
            if self.flags.ack { (self.ack, 0) } else { (0, self.seq.wrapping_add(self.length())) };
        Self {
            src: self.dst,
            dst: self.src,
            seq,
            ack,
            flags: Flags { rst: true, ack: !self.flags.ack, ..Flags::default() },
            window: 0,
            payload: Bytes::new(),
            consumer: None,
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} {}", self.src, self.dst, self.flags)?;
        if !self.payload.is_empty() {
            write!(f, " {} bytes", self.payload.len())?;
        }
        Ok(())
    }
}
