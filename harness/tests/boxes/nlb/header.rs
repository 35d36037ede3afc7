//! The PROXY protocol in front of connections.

use pasvlab_harness::net::nlb::{NlbNode, NodeGroup, NodeListener};
use pasvlab_harness::net::{Action, Packet, Reason};
use rstest::rstest;

use super::{
    CLIENT, FIRST, IDLE, LISTENER, NODE, TARGET, ftp_listeners, ftp_node, group, listener,
    node_for, reset,
};
use crate::script::{
    Fields, INSTANT, INTERFACE, Script, ack, fin, forwards, forwards_all, ip, link, rst, rst_ack,
    secs, socket, syn, syn_ack,
};

/// A header for the client's connection, byte by byte (HAProxy, The PROXY protocol, section 2.2).
const HEADER: &[u8] = &[
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, // signature
    0x21, // version 2, PROXY
    0x11, // TCP over IPv4
    0x00, 0x0c, // 12 bytes follow
    10, 1, 1, 1, // the client
    10, 0, 1, 50, // the node
    0x13, 0x88, // port 5000
    0x00, 0x15, // port 21
];
const LENGTH: u32 = HEADER.len() as u32;

fn with_header() -> NodeGroup {
    NodeGroup { proxy_protocol: true, ..group(&["10.0.2.10"]) }
}

/// A node that has forwarded the client's SYN, with number 7.
fn opened() -> Script<NlbNode> {
    let mut nlb = node_for(with_header());
    nlb.takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(7),
        forwards(INTERFACE, syn(FIRST, TARGET).seq(7)),
    );
    nlb
}

/// A node that has sent the header.
fn connected() -> Script<NlbNode> {
    let mut nlb = opened();
    nlb.takes(
        INTERFACE,
        syn_ack(TARGET, FIRST).seq(300).ack(8),
        forwards(INTERFACE, syn_ack(LISTENER, CLIENT).seq(300).ack(8)),
    )
    .takes(
        INTERFACE,
        ack(CLIENT, LISTENER).seq(8).ack(301).window(512),
        forwards_all(
            INTERFACE,
            [
                ack(FIRST, TARGET).seq(8).ack(301).window(512),
                ack(FIRST, TARGET).seq(8).ack(301).window(512).bytes(HEADER),
            ],
        ),
    );
    nlb
}

/// What the client's first packet after its SYN becomes.
#[track_caller]
fn first_payload(action: Action) -> Vec<u8> {
    match action {
        Action::ForwardAll { packets, .. } => packets[1].payload.to_vec(),
        other => panic!("no header: {other:?}"),
    }
}

/// Proxy protocol: the header comes before the client's data. HAProxy, The PROXY protocol, section 2:
/// it is sent "immediately and at once upon the connection establishment": with the last segment of
/// the handshake.
#[test]
fn the_header_follows_the_end_of_the_handshake() {
    connected();
}

/// HAProxy, The PROXY protocol, section 2: the header is "prepended before any data".
#[test]
fn the_header_goes_ahead_of_data_that_ends_the_handshake() {
    opened().takes(
        INTERFACE,
        ack(CLIENT, LISTENER).seq(8).ack(301).data("USER anonymous\r\n"),
        forwards_all(
            INTERFACE,
            [
                ack(FIRST, TARGET).seq(8).ack(301).bytes(HEADER),
                ack(FIRST, TARGET).seq(8 + LENGTH).ack(301).data("USER anonymous\r\n"),
            ],
        ),
    );
}

/// HAProxy, The PROXY protocol, section 2: a client that says nothing at all has its header too.
#[test]
fn the_header_goes_ahead_of_a_fin_that_ends_the_handshake() {
    opened().takes(
        INTERFACE,
        fin(CLIENT, LISTENER).seq(8).ack(301),
        forwards_all(
            INTERFACE,
            [
                ack(FIRST, TARGET).seq(8).ack(301).bytes(HEADER),
                fin(FIRST, TARGET).seq(8 + LENGTH).ack(301),
            ],
        ),
    );
}

/// RFC 9293 section 3.4: sequence numbers count every byte of the stream, the header's too; and there
/// is one header only.
#[rstest]
#[case::data(ack(CLIENT, LISTENER).seq(8).ack(301).data("USER anonymous\r\n"))]
#[case::an_empty_segment(ack(CLIENT, LISTENER).seq(24).ack(350))]
#[case::a_fin(fin(CLIENT, LISTENER).seq(24).ack(350))]
#[case::a_reset(rst(CLIENT, LISTENER).seq(24))]
#[case::the_end_of_the_handshake_again(ack(CLIENT, LISTENER).seq(8).ack(301))]
#[case::a_keepalive(ack(CLIENT, LISTENER).seq(7).ack(301))]
fn everything_after_the_header_is_shifted(#[case] packet: Packet) {
    let (src, dst) = (socket(FIRST), socket(TARGET));
    let shifted = Packet { src, dst, seq: packet.seq + LENGTH, ..packet.clone() };
    connected().takes(INTERFACE, packet, forwards(INTERFACE, shifted));
}

/// RFC 9293 section 3.4: what the target acknowledges is the header and then the client's bytes. The
/// client knows nothing of the header, so that a part of it is nothing yet.
#[rstest]
#[case::nothing(8, 8)]
#[case::a_part_of_the_header(9, 8)]
#[case::all_but_one_byte(8 + LENGTH - 1, 8)]
#[case::the_header(8 + LENGTH, 8)]
#[case::one_byte(8 + LENGTH + 1, 9)]
#[case::many(8 + LENGTH + 10_000, 10_008)]
fn what_the_target_acknowledges_is_shifted_back(#[case] by_target: u32, #[case] to_client: u32) {
    connected().takes(
        INTERFACE,
        ack(TARGET, FIRST).seq(301).ack(by_target).data("331 Password\r\n"),
        forwards(INTERFACE, ack(LISTENER, CLIENT).seq(301).ack(to_client).data("331 Password\r\n")),
    );
}

/// RFC 9293 section 3.10.7.1: the reset with an acknowledgement counts the stream as well; one without
/// says nothing of the client's bytes.
#[rstest]
#[case::reset_with_an_acknowledgement(
    rst_ack(TARGET, FIRST).ack(8 + LENGTH + 16),
    rst_ack(LISTENER, CLIENT).ack(24)
)]
#[case::reset_without(rst(TARGET, FIRST).seq(301), rst(LISTENER, CLIENT).seq(301))]
#[case::fin(
    fin(TARGET, FIRST).seq(301).ack(8 + LENGTH + 16),
    fin(LISTENER, CLIENT).seq(301).ack(24)
)]
#[case::the_answer_to_the_syn_again(
    syn_ack(TARGET, FIRST).seq(300).ack(8),
    syn_ack(LISTENER, CLIENT).seq(300).ack(8)
)]
fn the_targets_own_numbers_stay(#[case] packet: Packet, #[case] forwarded: Packet) {
    connected().takes(INTERFACE, packet, forwards(INTERFACE, forwarded));
}

/// HAProxy, The PROXY protocol, section 2: the header is for an established connection. A client that
/// gives up before has none.
#[test]
fn a_reset_before_the_header_is_forwarded_as_it_is() {
    opened().takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        forwards(INTERFACE, rst(FIRST, TARGET).seq(8)),
    );
}

/// RFC 9293 section 3.10.7.2: a port where nobody listens answers with a reset; nothing was sent before
/// it.
#[test]
fn the_refusal_of_a_target_reaches_the_client_as_it_is() {
    opened().takes(
        INTERFACE,
        rst_ack(TARGET, FIRST).ack(8),
        forwards(INTERFACE, rst_ack(LISTENER, CLIENT).ack(8)),
    );
}

/// RFC 9293 section 3.8.1: a SYN that was lost is sent again; the header has to wait.
#[test]
fn a_repeated_syn_has_no_header() {
    opened()
        .takes(
            INTERFACE,
            syn(CLIENT, LISTENER).seq(7),
            forwards(INTERFACE, syn(FIRST, TARGET).seq(7)),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).seq(8),
            forwards_all(
                INTERFACE,
                [ack(FIRST, TARGET).seq(8), ack(FIRST, TARGET).seq(8).bytes(HEADER)],
            ),
        );
}

/// Proxy protocol: the header is prepended to each connection; RFC 9293 section 3.4.1: a SYN with
/// another number is another connection of the same addresses.
#[test]
fn the_next_connection_from_the_same_port_has_its_own_header() {
    connected()
        .takes(
            INTERFACE,
            syn(CLIENT, LISTENER).seq(7000),
            forwards(INTERFACE, syn(FIRST, TARGET).seq(7000)),
        )
        .takes(
            INTERFACE,
            syn_ack(TARGET, FIRST).seq(9000).ack(7001),
            forwards(INTERFACE, syn_ack(LISTENER, CLIENT).seq(9000).ack(7001)),
        )
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).seq(7001).ack(9001),
            forwards_all(
                INTERFACE,
                [
                    ack(FIRST, TARGET).seq(7001).ack(9001),
                    ack(FIRST, TARGET).seq(7001).ack(9001).bytes(HEADER),
                ],
            ),
        );
}

/// RFC 9293 section 3.4: sequence numbers are counted modulo 2**32.
#[rstest]
#[case::at_the_syn(u32::MAX)]
#[case::within_the_header(u32::MAX - 10)]
#[case::after_the_header(u32::MAX - LENGTH - 3)]
fn sequence_numbers_wrap(#[case] number: u32) {
    let next = number.wrapping_add(1);
    let shifted = next.wrapping_add(LENGTH);
    let mut nlb = node_for(with_header());
    nlb.takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(number),
        forwards(INTERFACE, syn(FIRST, TARGET).seq(number)),
    )
    .takes(
        INTERFACE,
        ack(CLIENT, LISTENER).seq(next).data("USER anonymous\r\n"),
        forwards_all(
            INTERFACE,
            [
                ack(FIRST, TARGET).seq(next).bytes(HEADER),
                ack(FIRST, TARGET).seq(shifted).data("USER anonymous\r\n"),
            ],
        ),
    )
    .takes(
        INTERFACE,
        ack(TARGET, FIRST).ack(shifted.wrapping_add(16)),
        forwards(INTERFACE, ack(LISTENER, CLIENT).ack(next.wrapping_add(16))),
    );
}

/// Proxy protocol, VPC endpoint services: what comes through an endpoint has the consumer's address in
/// its header, and a field with the endpoint's id: type 0xEA, subtype 0x01.
#[test]
fn the_header_of_a_connection_through_an_endpoint_names_the_consumer_and_the_endpoint() {
    let mut expected = HEADER[..14].to_vec();
    expected.extend([0x00, 12 + 3 + 7]);
    expected.extend([10, 7, 7, 7, 10, 0, 1, 50, 0x10, 0xe1, 0x00, 0x15]);
    expected.extend([0xea, 0x00, 0x07, 0x01]);
    expected.extend(b"vpce-2");
    let nlb = ftp_node(with_header(), 0).behind("vpce-1").behind("vpce-2");
    let consumer = "10.7.7.7:4321";
    Script::of(nlb)
        .takes(
            link(1),
            syn(CLIENT, LISTENER).seq(7).consumer(consumer),
            forwards(INTERFACE, syn(FIRST, TARGET).seq(7)),
        )
        .takes(
            link(1),
            ack(CLIENT, LISTENER).seq(8).consumer(consumer),
            forwards_all(
                INTERFACE,
                [ack(FIRST, TARGET).seq(8), ack(FIRST, TARGET).seq(8).bytes(&expected)],
            ),
        );
}

/// Proxy protocol, VPC endpoint services: the field is for traffic from endpoints only.
#[test]
fn the_header_of_another_connection_names_no_endpoint() {
    let mut nlb = Script::of(ftp_node(with_header(), 0).behind("vpce-1"));
    nlb.feed(INTERFACE, syn(CLIENT, LISTENER));
    assert_eq!(first_payload(nlb.feed(INTERFACE, ack(CLIENT, LISTENER))), HEADER);
}

/// Proxy protocol; Client IP preservation: the header does not depend on what the source becomes.
#[test]
fn a_preserved_client_is_in_the_header_too() {
    let group = NodeGroup { preserve_client_ip: true, ..with_header() };
    let mut nlb = node_for(group);
    nlb.takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(7),
        forwards(INTERFACE, syn(CLIENT, TARGET).seq(7)),
    )
    .takes(
        INTERFACE,
        ack(CLIENT, LISTENER).seq(8),
        forwards_all(
            INTERFACE,
            [ack(CLIENT, TARGET).seq(8), ack(CLIENT, TARGET).seq(8).bytes(HEADER)],
        ),
    )
    .takes(
        INTERFACE,
        ack(TARGET, CLIENT).ack(8 + LENGTH),
        forwards(INTERFACE, ack(LISTENER, CLIENT).ack(8)),
    );
}

/// HAProxy, The PROXY protocol, section 2.2: the destination is the one that the client connected to,
/// which is the listener's.
#[test]
fn the_header_has_the_listeners_port_not_the_targets() {
    let listener = NodeListener { first_target_port: 2121, ..listener(21..=21, 0) };
    let mut nlb = Script::of(NlbNode::new(ip(NODE), vec![listener], vec![with_header()], 0));
    nlb.feed(INTERFACE, syn(CLIENT, LISTENER));
    assert_eq!(first_payload(nlb.feed(INTERFACE, ack(CLIENT, LISTENER))), HEADER);
}

/// Proxy protocol: it is an attribute of the target group, so the control connections may have headers
/// and the data connections none.
#[test]
fn a_target_group_without_the_attribute_has_no_headers() {
    let groups = vec![with_header(), group(&["10.0.2.10"])];
    let mut nlb = Script::of(NlbNode::new(ip(NODE), ftp_listeners(), groups, 0));
    let data = "10.0.1.50:8192";
    nlb.takes(INTERFACE, syn(CLIENT, data), forwards(INTERFACE, syn(FIRST, "10.0.2.10:8192")))
        .takes(INTERFACE, ack(CLIENT, data), forwards(INTERFACE, ack(FIRST, "10.0.2.10:8192")));
    nlb.feed(INTERFACE, syn(CLIENT, LISTENER));
    assert_eq!(first_payload(nlb.feed(INTERFACE, ack(CLIENT, LISTENER))), HEADER);
}

/// Proxy protocol: each connection has its own header.
#[test]
fn two_connections_have_two_headers() {
    let mut nlb = connected();
    nlb.feed(INTERFACE, syn("10.1.1.1:5001", LISTENER).seq(70));
    let payload = first_payload(nlb.feed(INTERFACE, ack("10.1.1.1:5001", LISTENER).seq(71)));
    assert_eq!(payload[..24], HEADER[..24]);
    assert_eq!(payload[24..], [0x13, 0x89, 0x00, 0x15]);
}

/// Connection idle timeout: the reset has the numbers that the client expects, which knows of no
/// header.
#[rstest]
#[case::the_client_sends(ack(CLIENT, LISTENER).seq(8).ack(301))]
#[case::the_target_sends(ack(TARGET, FIRST).seq(301).ack(8 + LENGTH))]
fn the_reset_after_the_idle_timeout_has_the_clients_numbers(#[case] packet: Packet) {
    connected().wait(secs(IDLE) + INSTANT).takes(INTERFACE, packet, reset(Reason::IdleExpired));
}
