//! Bytes in front of one side of a connection: [`pasvlab_harness::net::prefix`].
//!
//! Scripts for a whole box are in [`nlb::header`](crate::nlb); here is any stream of segments.

use std::collections::BTreeMap;

use pasvlab_harness::net::prefix::Prefix;
use pasvlab_harness::net::{Flags, Packet};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::script::{Fields, ack, fin, rst, segment, syn, syn_ack};

const A: &str = "10.1.1.1:5000";
const B: &str = "10.0.1.50:21";

/// The client's SYN has number 7.
fn prefix() -> Prefix {
    Prefix::new(b"PROXY\r\n".to_vec(), 7)
}

fn sent() -> Prefix {
    let mut prefix = prefix();
    assert_eq!(prefix.put_before(ack(A, B).seq(8)).len(), 2);
    prefix
}

/// RFC 9293 section 3.4: the prefix has the numbers after the SYN's.
#[test]
fn a_prefix_begins_after_the_syn() {
    assert_eq!(
        prefix().put_before(ack(A, B).seq(8).ack(301).window(99)),
        [
            ack(A, B).seq(8).ack(301).window(99),
            ack(A, B).seq(8).ack(301).window(99).bytes(b"PROXY\r\n"),
        ],
    );
}

/// HAProxy, The PROXY protocol, section 2: at once, and only once.
#[test]
fn a_prefix_is_sent_once() {
    assert_eq!(sent().put_before(ack(A, B).seq(8)), [ack(A, B).seq(15)]);
}

/// RFC 9293 section 3.5: the connection is not established before the handshake's last segment.
#[test]
fn a_prefix_waits_for_the_end_of_the_handshake() {
    let mut prefix = prefix();
    assert_eq!(prefix.put_before(syn(A, B).seq(7)), [syn(A, B).seq(7)]);
    assert_eq!(prefix.put_before(rst(A, B).seq(8)), [rst(A, B).seq(8)]);
    assert_eq!(prefix.put_before(ack(A, B).seq(8)).len(), 2);
}

/// RFC 9293 section 3.10.7: FIN is the end of the stream, so the prefix goes before it.
#[test]
fn a_prefix_goes_before_the_end_of_the_stream() {
    assert_eq!(
        prefix().put_before(fin(A, B).seq(8)),
        [ack(A, B).seq(8).bytes(b"PROXY\r\n"), fin(A, B).seq(15)],
    );
}

/// RFC 9293 section 3.8.1: a repeated SYN, or the acknowledgement of one, is no other connection.
#[test]
fn a_repeated_syn_changes_nothing() {
    let mut prefix = sent();
    assert_eq!(prefix.put_before(syn(A, B).seq(7)), [syn(A, B).seq(7)]);
    assert_eq!(prefix.put_before(ack(A, B).seq(8)), [ack(A, B).seq(15)]);
}

/// RFC 9293 section 3.4.1: a SYN with another number is another connection.
#[test]
fn a_syn_with_another_number_begins_anew() {
    let mut prefix = sent();
    assert_eq!(prefix.put_before(syn(A, B).seq(70)), [syn(A, B).seq(70)]);
    let sent = prefix.put_before(ack(A, B).seq(71));
    assert_eq!(sent, [ack(A, B).seq(71), ack(A, B).seq(71).bytes(b"PROXY\r\n")]);
}

/// RFC 9293 section 3.1: the acknowledgement number counts with its flag only.
#[test]
fn a_segment_without_acknowledgement_is_not_shifted_back() {
    for flags in [Flags { rst: true, ..Flags::default() }, Flags::default()] {
        let mut packet = segment(flags, B, A).ack(20);
        sent().shift_back(&mut packet);
        assert_eq!(packet.ack, 20);
    }
}

/// RFC 9293 section 3.4: before the prefix, the other side has nothing of it to acknowledge.
#[test]
fn before_the_prefix_nothing_is_shifted_back() {
    for number in [8, 20] {
        let mut packet = syn_ack(B, A).ack(number);
        prefix().shift_back(&mut packet);
        assert_eq!(packet.ack, number);
    }
}

/// RFC 9293 section 3.10.7.4: an old acknowledgement is below what was sent, and stays so.
#[test]
fn an_acknowledgement_of_before_the_prefix_stays() {
    let mut packet = ack(B, A).ack(5);
    sent().shift_back(&mut packet);
    assert_eq!(packet.ack, 5);
}

/// A client's whole stream: its SYN's number, then what it writes at once. Some segments are empty,
/// as keepalives and acknowledgements are.
#[derive(Debug, Clone)]
struct Stream {
    syn: u32,
    writes: Vec<Vec<u8>>,
    /// Segments that are sent again after the n-th one.
    again: Vec<(Index, Index)>,
    fin: bool,
}

impl Stream {
    /// All segments after the handshake's SYN, in the order of sending.
    fn segments(&self) -> Vec<Packet> {
        let mut segments = Vec::new();
        let mut seq = self.syn.wrapping_add(1);
        for write in &self.writes {
            segments.push(ack(A, B).seq(seq).bytes(write));
            seq = seq.wrapping_add(write.len() as u32);
        }
        if self.fin {
            segments.push(fin(A, B).seq(seq));
        }
        for (which, after) in &self.again {
            if !segments.is_empty() {
                let which = which.index(segments.len());
                let after = which + after.index(segments.len() - which);
                segments.insert(after + 1, segments[which].clone());
            }
        }
        segments
    }

    fn data(&self) -> Vec<u8> {
        self.writes.concat()
    }
}

fn streams() -> impl Strategy<Value = Stream> {
    let writes = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8);
    // Numbers close to the wrap as often as others.
    let syn = prop_oneof![any::<u32>(), (0..200_u32).prop_map(|below| u32::MAX - below)];
    let again = prop::collection::vec(any::<(Index, Index)>(), 0..4);
    (syn, writes, again, any::<bool>()).prop_map(|(syn, writes, again, fin)| Stream {
        syn,
        writes,
        again,
        fin,
    })
}

/// What a receiver makes of segments: bytes by their place in the stream, and where it ends.
fn reassemble(start: u32, packets: &[Packet]) -> (Vec<u8>, Option<usize>) {
    let (mut bytes, mut end) = (BTreeMap::new(), None);
    for packet in packets {
        let place = packet.seq.wrapping_sub(start) as usize;
        for (offset, byte) in packet.payload.iter().enumerate() {
            let before = bytes.insert(place + offset, *byte);
            assert!(before.is_none_or(|before| before == *byte), "two bytes in one place");
        }
        if packet.flags.fin {
            end = Some(place + packet.payload.len());
        }
    }
    assert_eq!(bytes.keys().copied().collect::<Vec<_>>(), (0..bytes.len()).collect::<Vec<_>>());
    (bytes.into_values().collect(), end)
}

proptest! {
    /// HAProxy, The PROXY protocol, section 2: the receiver reads the header and then what the client
    /// sent, whatever segments it came in.
    #[test]
    fn the_receiver_reads_the_prefix_and_then_the_stream(
        stream in streams(),
        bytes in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let mut prefix = Prefix::new(bytes.clone(), stream.syn);
        let segments = stream.segments();
        let received: Vec<Packet> =
            segments.iter().cloned().flat_map(|packet| prefix.put_before(packet)).collect();
        let (read, end) = reassemble(stream.syn.wrapping_add(1), &received);
        let expected = if segments.is_empty() { vec![] } else { [bytes, stream.data()].concat() };
        prop_assert_eq!(end, stream.fin.then_some(expected.len()));
        prop_assert_eq!(read, expected);
    }

    /// RFC 9293 section 3.4: the client receives acknowledgements of what it sent: never of more, never
    /// going back, and in the end of all.
    #[test]
    fn every_acknowledgement_leads_back_to_the_clients_stream(
        stream in streams(),
        bytes in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let mut prefix = Prefix::new(bytes.clone(), stream.syn);
        let start = stream.syn.wrapping_add(1);
        for packet in stream.segments() {
            prop_assert!(prefix.put_before(packet).len() <= 2);
        }
        if stream.segments().is_empty() {
            return Ok(());
        }
        let length = stream.data().len() + usize::from(stream.fin);
        for acknowledged in 0..=bytes.len() + length {
            let mut packet = ack(B, A).seq(301).ack(start.wrapping_add(acknowledged as u32));
            prefix.shift_back(&mut packet);
            let to_client = acknowledged.saturating_sub(bytes.len());
            prop_assert_eq!(packet, ack(B, A).seq(301).ack(start.wrapping_add(to_client as u32)));
        }
    }
}
