//! What of a session was in TLS, as the packets show it: also between two programs whose words cannot be
//! read.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use pasvlab_harness::Record;
use pasvlab_harness::net::Time;
use pasvlab_harness::record::{End, PlaceIx, PlaceKind, transcript};

/// How a connection goes over to TLS: with a record that is a handshake, of a version that begins with 3
/// (RFC 8446 section 5.1) ...
const HANDSHAKE: [u8; 2] = [22, 3];
/// ... and whose first message greets, as client or as server (RFC 8446 section 4).
const HELLO: [u8; 2] = [1, 2];
/// Where that message's type is.
const MESSAGE: usize = 5;

/// One direction of a connection, where it sets out.
type Flow = (PlaceIx, SocketAddrV4, SocketAddrV4);

/// Which packets of a record carry TLS.
#[derive(Debug)]
pub(crate) struct Tls<'a> {
    record: &'a Record,
    packets: BTreeSet<usize>,
}

impl<'a> Tls<'a> {
    /// The control connection comes first; before it has gone over, no other does.
    pub(crate) fn of(record: &'a Record) -> Self {
        let (mut sealed, mut packets) = (BTreeSet::<Flow>::new(), BTreeSet::new());
        for (number, packet) in record.packets.iter().enumerate() {
            let (from, packet) = (packet.from, &packet.packet);
            if packet.payload.is_empty() {
                continue;
            }
            let flow = (from, packet.src, packet.dst);
            let hello = packet.payload.get(MESSAGE).is_some_and(|kind| HELLO.contains(kind));
            if hello
                && packet.payload.starts_with(&HANDSHAKE)
                && (is_control(record, flow) || !sealed.is_empty())
            {
                sealed.insert(flow);
            }
            if sealed.contains(&flow) {
                packets.insert(number);
            }
        }
        Self { record, packets }
    }

    /// Whether the packet at this place of the record carries TLS.
    pub(crate) fn carries(&self, packet: usize) -> bool {
        self.packets.contains(&packet)
    }

    /// When the first control connection has gone over to TLS and nothing is known of what it carried: a
    /// session between two programs that are not the lab's, or a handshake that failed.
    pub(crate) fn silent_since(&self) -> Option<Time> {
        let control = |number: &&usize| {
            let packet = &self.record.packets[**number];
            is_control(self.record, (packet.from, packet.packet.src, packet.packet.dst))
        };
        let first = self.packets.iter().find(control)?;
        let known = transcript::transcript(self.record).iter().any(|line| line.sealed);
        (!known).then(|| self.record.packets[*first].at)
    }

    /// Whether the data connection was in TLS of a transfer that was complete at this moment: the last
    /// one that was opened until then.
    pub(crate) fn protects_transfer(&self, at: Time) -> bool {
        let Self { record, packets } = self;
        let is_data = |number: usize| {
            let packet = &record.packets[number];
            let flow = (packet.from, packet.packet.src, packet.packet.dst);
            let is_client = |place| record.place(place).kind == PlaceKind::Client;
            let ends_at_client = matches!(packet.end, End::Delivered(place) if is_client(place));
            (is_client(packet.from) || ends_at_client)
                && packet.at <= at
                && !is_control(record, flow)
        };
        let opens = |number: &usize| record.packets[*number].packet.flags.opens();
        let all = 0..record.packets.len();
        let opened = all.rev().find(|number| opens(number) && is_data(*number));
        opened.is_some_and(|opened| packets.range(opened..).any(|number| is_data(*number)))
    }
}

/// Whether this belongs to a control connection.
fn is_control(record: &Record, (_, src, dst): Flow) -> bool {
    [src.port(), dst.port()].contains(&record.cell.control_port)
}
