//! The PROXY protocol: [`pasvlab_harness::net::proxy_protocol`].
//!
//! Sections are those of HAProxy, The PROXY protocol, versions 1 and 2.

use std::net::SocketAddrV4;

use pasvlab_harness::net::proxy_protocol::{Header, binary, read, text};
use proptest::prelude::*;
use rstest::rstest;

use crate::script::socket;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Version and command.
const PROXY: u8 = 0x21;
const LOCAL: u8 = 0x20;
/// Family and transport.
const UNSPEC: u8 = 0x00;
const TCP_4: u8 = 0x11;

/// 192.168.0.1 port 56324 to 192.168.0.11 port 443, as in the example of section 2.1.
const ADDRESSES: &[u8] = &[192, 168, 0, 1, 192, 168, 0, 11, 0xdc, 0x04, 0x01, 0xbb];

fn example() -> (SocketAddrV4, SocketAddrV4) {
    (socket("192.168.0.1:56324"), socket("192.168.0.11:443"))
}

/// A binary header with these bytes after its length.
fn header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

fn present(src: Option<SocketAddrV4>, length: usize) -> Header {
    Header::Present { src, length }
}

/// Section 2.1, the example.
#[test]
fn a_text_header_is_one_line() {
    let (src, dst) = example();
    assert_eq!(text(src, dst), b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
}

/// Section 2.2: the signature, version 2 and PROXY, TCP over IPv4, a length, addresses, ports.
#[test]
fn a_binary_header_has_the_addresses_in_network_byte_order() {
    let (src, dst) = example();
    assert_eq!(binary(src, dst, None), header(PROXY, TCP_4, ADDRESSES));
}

/// NLB guide, Proxy protocol, VPC endpoint services: a field of type 0xEA, subtype 0x01, with the
/// endpoint's id. Section 2.2: the length of a field counts its value, which the subtype is a part of.
#[test]
fn a_binary_header_may_name_an_endpoint() {
    let (src, dst) = example();
    let body = [ADDRESSES, &[0xea, 0x00, 0x17, 0x01], b"vpce-08d2bf15fac5001c9"].concat();
    assert_eq!(binary(src, dst, Some("vpce-08d2bf15fac5001c9")), header(PROXY, TCP_4, &body));
}

/// Section 2.1: the longest lines are those of the widest addresses and ports.
#[test]
fn the_longest_text_header_has_56_bytes() {
    let widest = socket("255.255.255.255:65535");
    let line = text(widest, widest);
    assert_eq!(line.len(), 56);
    assert_eq!(read(&line), present(Some(widest), 56));
}

/// Section 2.1: for `UNKNOWN`, "the receiver must ignore anything presented before the CRLF", and uses
/// the connection's own addresses.
#[rstest]
#[case::short(b"PROXY UNKNOWN\r\n")]
#[case::with_addresses(b"PROXY UNKNOWN 192.168.0.1 192.168.0.11 56324 443\r\n")]
#[case::with_wide_ones(
    b"PROXY UNKNOWN ffff:f:f:f:f:f:f:ffff ffff:f:f:f:f:f:f:ffff 65535 65535\r\n"
)]
#[case::with_anything(b"PROXY UNKNOWN \xff\x00 \r \n\r\n")]
fn an_unknown_source_is_none(#[case] line: &[u8]) {
    assert_eq!(read(line), present(None, line.len()));
}

/// Section 2.2: for LOCAL, the receiver discards the protocol block "including the family which is
/// ignored", of whatever length.
#[rstest]
#[case::empty(UNSPEC, &[])]
#[case::with_addresses(TCP_4, ADDRESSES)]
#[case::too_short_for_addresses(TCP_4, &[1, 2, 3])]
#[case::of_no_family(0xff, b"anything")]
fn a_local_connection_has_no_source(#[case] family: u8, #[case] body: &[u8]) {
    assert_eq!(read(&header(LOCAL, family, body)), present(None, 16 + body.len()));
}

/// Section 2.2: a receiver need not implement other families, if it skips their addresses.
#[rstest]
#[case::unspec(UNSPEC, 0)]
#[case::unspec_with_something(UNSPEC, 5)]
#[case::udp_4(0x12, 12)]
#[case::tcp_6(0x21, 36)]
#[case::udp_6(0x22, 36)]
#[case::unix_stream(0x31, 216)]
#[case::unix_datagram(0x32, 216)]
fn a_source_of_another_family_is_skipped(#[case] family: u8, #[case] length: usize) {
    let bytes = header(PROXY, family, &vec![9; length]);
    assert_eq!(read(&bytes), present(None, 16 + length));
}

/// Section 2.2: "a receiver may choose to skip over" what comes after the addresses.
#[rstest]
#[case::a_checksum(&[0x03, 0, 4, 1, 2, 3, 4])]
#[case::padding(&[0x04, 0, 0])]
#[case::an_endpoint(&[0xea, 0, 3, 1, b'i', b'd'])]
#[case::not_a_field(&[0xff])]
fn fields_after_the_addresses_belong_to_the_header(#[case] fields: &[u8]) {
    let bytes = header(PROXY, TCP_4, &[ADDRESSES, fields].concat());
    assert_eq!(read(&bytes), present(Some(example().0), 28 + fields.len()));
}

/// Section 2.2: "other values are unassigned", "must be rejected as invalid by receivers"; the address
/// length of TCP over IPv4 is 12 bytes.
#[rstest]
#[case::version_1(0x11, TCP_4, ADDRESSES)]
#[case::version_3(0x31, TCP_4, ADDRESSES)]
#[case::version_0_command(0x01, TCP_4, ADDRESSES)]
#[case::another_command(0x22, TCP_4, ADDRESSES)]
#[case::the_last_command(0x2f, TCP_4, ADDRESSES)]
#[case::another_family(PROXY, 0x41, ADDRESSES)]
#[case::another_transport(PROXY, 0x13, ADDRESSES)]
#[case::short_addresses(PROXY, TCP_4, &ADDRESSES[..11])]
#[case::no_addresses(PROXY, TCP_4, &[])]
fn an_unsound_binary_header_is_none(#[case] command: u8, #[case] family: u8, #[case] body: &[u8]) {
    assert_eq!(read(&header(command, family, body)), Header::Absent);
}

/// Section 2.1: "Any sequence which does not exactly match the protocol must be discarded". The lab
/// has IPv4 only and takes lines about IPv6 for none.
#[rstest]
#[case::no_words(b"PROXY \r\n")]
#[case::another_protocol(b"PROXY UDP4 192.168.0.1 192.168.0.11 56324 443\r\n")]
#[case::ipv6(b"PROXY TCP6 ::1 ::1 56324 443\r\n")]
#[case::unknown_with_a_tail(b"PROXY UNKNOWNS\r\n")]
#[case::lower_case(b"PROXY tcp4 192.168.0.1 192.168.0.11 56324 443\r\n")]
#[case::too_few_words(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n")]
#[case::too_many_words(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 1\r\n")]
#[case::two_spaces(b"PROXY  TCP4 192.168.0.1 192.168.0.11 56324 443\r\n")]
#[case::a_space_at_the_end(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 \r\n")]
#[case::a_bad_source(b"PROXY TCP4 192.168.0 192.168.0.11 56324 443\r\n")]
#[case::a_bad_destination(b"PROXY TCP4 192.168.0.1 192.168.0.256 56324 443\r\n")]
#[case::a_bad_source_port(b"PROXY TCP4 192.168.0.1 192.168.0.11 65536 443\r\n")]
#[case::a_bad_destination_port(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 -1\r\n")]
#[case::zeroes_before_an_address(b"PROXY TCP4 192.168.0.01 192.168.0.11 56324 443\r\n")]
#[case::zeroes_before_a_port(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 0443\r\n")]
#[case::a_plus_before_a_port(b"PROXY TCP4 192.168.0.1 192.168.0.11 +6324 443\r\n")]
#[case::not_ascii(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 44\xff\r\n")]
#[case::a_single_line_feed(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\nUSER a\r\n")]
fn an_unsound_text_header_is_none(#[case] line: &[u8]) {
    assert_eq!(read(line), Header::Absent);
}

/// Section 2.2, on telling the versions: what begins in neither way is not this protocol's.
#[rstest]
#[case::ftp(b"USER anonymous\r\n")]
#[case::tls(b"\x16\x03\x01\x02\x00\x01")]
#[case::another_word(b"PROXIES")]
#[case::without_the_space(b"PROXY\r\n")]
#[case::an_empty_line(b"\r\nUSER anonymous\r\n")]
#[case::almost_the_signature(b"\r\n\r\n\0\r\nQUIT\r\n")]
fn anything_else_is_no_header(#[case] bytes: &[u8]) {
    assert_eq!(read(bytes), Header::Absent);
}

/// Section 2.1: "If the CRLF sequence is not found in the first 107 characters, the receiver should
/// declare the line invalid".
#[rstest]
#[case::the_longest(105, present(None, 107))]
#[case::too_long(106, Header::Absent)]
#[case::much_too_long(1000, Header::Absent)]
fn a_text_header_has_at_most_107_bytes(#[case] line: usize, #[case] expected: Header) {
    let mut bytes = b"PROXY UNKNOWN ".to_vec();
    bytes.resize(line, b'x');
    bytes.extend(b"\r\n");
    assert_eq!(read(&bytes), expected);
}

/// Section 2.1: a line without an end may still get one, up to that length.
#[rstest]
#[case(106, Header::Incomplete)]
#[case(107, Header::Absent)]
#[case(108, Header::Absent)]
fn a_text_header_is_awaited_up_to_107_bytes(#[case] length: usize, #[case] expected: Header) {
    let mut bytes = b"PROXY UNKNOWN ".to_vec();
    bytes.resize(length, b'x');
    assert_eq!(read(&bytes), expected);
}

/// Section 2: nothing is decided before the first byte.
#[test]
fn an_empty_beginning_is_incomplete() {
    assert_eq!(read(&[]), Header::Incomplete);
}

fn addresses() -> impl Strategy<Value = SocketAddrV4> {
    any::<(u32, u16)>().prop_map(|(address, port)| SocketAddrV4::new(address.into(), port))
}

/// A header of either version, with or without an endpoint.
fn headers() -> impl Strategy<Value = (SocketAddrV4, Vec<u8>)> {
    let endpoint = prop::option::of("[a-z0-9-]{0,40}");
    (addresses(), addresses(), any::<bool>(), endpoint).prop_map(|(src, dst, old, endpoint)| {
        (src, if old { text(src, dst) } else { binary(src, dst, endpoint.as_deref()) })
    })
}

/// Bytes that look like a header more often than not.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just(vec![]),
        Just(SIGNATURE.to_vec()),
        Just([SIGNATURE, &[PROXY, TCP_4, 0]].concat()),
        Just(b"PROXY ".to_vec()),
        Just(b"PROXY TCP4 ".to_vec()),
        Just(b"PROXY UNKNOWN".to_vec()),
    ];
    let rest = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "[0-9. \r\n]{0,120}".prop_map(String::into_bytes),
    ];
    (start, rest).prop_map(|(start, rest)| [start, rest].concat())
}

proptest! {
    /// Sections 2.1 and 2.2: the receiver learns who opened the connection, and the stream goes on
    /// after the header.
    #[test]
    fn a_header_is_read_as_it_was_written(
        (src, header) in headers(),
        data in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let expected = present(Some(src), header.len());
        prop_assert_eq!(read(&[header, data].concat()), expected);
    }

    /// Section 2: a header may come in pieces, and no piece is taken for the whole.
    #[test]
    fn a_part_of_a_header_is_incomplete((_, header) in headers()) {
        for length in 0..header.len() {
            prop_assert_eq!(read(&header[..length]), Header::Incomplete, "{} bytes", length);
        }
    }

    /// Section 2: whatever comes, a decision is final: more bytes do not change it.
    #[test]
    fn more_bytes_do_not_change_a_decision(bytes in beginnings()) {
        let mut decision = Header::Incomplete;
        for length in 0..=bytes.len() {
            let now = read(&bytes[..length]);
            if decision != Header::Incomplete {
                prop_assert_eq!(now, decision, "{} bytes", length);
            }
            decision = now;
            if let Header::Present { length: header, .. } = now {
                prop_assert!(header <= length);
            }
        }
    }

    /// Section 2: anything may come instead of a header.
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Header::Present { length, .. } = read(&bytes) {
            prop_assert!(length <= bytes.len());
        }
    }
}
