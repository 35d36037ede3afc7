//! Flags and resets: [`pasvlab_harness::net::packet`].

use pasvlab_harness::net::{Flags, Packet};
use rstest::rstest;

use crate::script::{Fields, ack, fin, rst, rst_ack, segment, syn, syn_ack};

const A: &str = "10.1.1.1:5000";
const B: &str = "10.0.1.50:21";

/// RFC 9293 section 3.10.7.1: "If the ACK bit is on, <SEQ=SEG.ACK><CTL=RST>".
#[rstest]
#[case::of_data(ack(A, B).seq(7).ack(99).data("LIST\r\n"))]
#[case::of_an_empty_segment(ack(A, B).seq(7).ack(99))]
#[case::of_the_answer_to_a_syn(syn_ack(A, B).seq(7).ack(99))]
#[case::of_the_last_segment(fin(A, B).seq(7).ack(99))]
fn a_reset_of_an_acknowledgement_takes_its_sequence_number_from_it(#[case] packet: Packet) {
    assert_eq!(packet.reset(), rst(B, A).seq(99));
}

/// RFC 9293 section 3.10.7.1: "If the ACK bit is off, sequence number zero is used,
/// <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>"; section 3.4: SYN and FIN count in SEG.LEN.
#[rstest]
#[case::a_syn_counts_one(syn(A, B).seq(7), 8)]
#[case::data_counts_its_bytes(segment(Flags::default(), A, B).seq(7).data("LIST\r\n"), 13)]
#[case::syn_and_data_add_up(syn(A, B).seq(7).data("LIST\r\n"), 14)]
#[case::a_fin_counts_one(segment(Flags { fin: true, ..Flags::default() }, A, B).seq(7), 8)]
#[case::nothing_counts_nothing(segment(Flags::default(), A, B).seq(7), 7)]
#[case::sequence_numbers_wrap(syn(A, B).seq(u32::MAX), 0)]
fn a_reset_of_anything_else_acknowledges_all_of_it(#[case] packet: Packet, #[case] number: u32) {
    assert_eq!(packet.reset(), rst_ack(B, A).ack(number));
}

/// RFC 9293 section 3.5: a connection is opened by SYN; SYN with ACK is the answer to it.
#[rstest]
#[case::syn(Flags::SYN, true)]
#[case::syn_with_ack(Flags::SYN_ACK, false)]
#[case::ack(Flags::ACK, false)]
#[case::none(Flags::default(), false)]
fn only_syn_without_ack_opens(#[case] flags: Flags, #[case] opens: bool) {
    assert_eq!(flags.opens(), opens);
}

/// The names are those of RFC 9293 section 3.1; their order is the lab's choice.
#[rstest]
#[case::syn(syn(A, B), "10.1.1.1:5000 > 10.0.1.50:21 SYN")]
#[case::syn_ack(syn_ack(A, B), "10.1.1.1:5000 > 10.0.1.50:21 SYN+ACK")]
#[case::data(ack(A, B).data("LIST\r\n"), "10.1.1.1:5000 > 10.0.1.50:21 ACK 6 bytes")]
#[case::fin(fin(A, B), "10.1.1.1:5000 > 10.0.1.50:21 FIN+ACK")]
#[case::rst(rst(A, B), "10.1.1.1:5000 > 10.0.1.50:21 RST")]
#[case::rst_ack(rst_ack(A, B), "10.1.1.1:5000 > 10.0.1.50:21 RST+ACK")]
fn a_packet_is_shown_by_its_addresses_flags_and_size(#[case] packet: Packet, #[case] text: &str) {
    assert_eq!(packet.to_string(), text);
}
