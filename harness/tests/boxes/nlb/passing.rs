//! How packets of a connection change on their way.

use rstest::rstest;

use super::{CLIENT, FIRST, LISTENER, SECOND, TARGET, connected, node};
use crate::script::{Fields, INTERFACE, ack, fin, forwards, rst, rst_ack, syn, syn_ack};

/// Client IP preservation: if it is off, the source address is the load balancer's own.
#[test]
fn a_new_connection_reaches_the_target_from_the_nodes_address() {
    node().takes(
        INTERFACE,
        syn(CLIENT, LISTENER).seq(7),
        forwards(INTERFACE, syn(FIRST, TARGET).seq(7)),
    );
}

/// Client IP preservation; Target groups: a connection is translated in both directions.
#[test]
fn the_targets_reply_reaches_the_client_from_the_listeners_address() {
    connected().takes(
        INTERFACE,
        syn_ack(TARGET, FIRST).seq(300).ack(8),
        forwards(INTERFACE, syn_ack(LISTENER, CLIENT).seq(300).ack(8)),
    );
}

/// Overview: the load balancer works at the connection level; it does not look into the stream.
#[test]
fn nothing_but_the_addresses_of_a_packet_changes() {
    connected()
        .takes(
            INTERFACE,
            ack(CLIENT, LISTENER).seq(8).ack(301).window(512).data("PASV\r\n"),
            forwards(INTERFACE, ack(FIRST, TARGET).seq(8).ack(301).window(512).data("PASV\r\n")),
        )
        .takes(
            INTERFACE,
            fin(TARGET, FIRST).seq(301).ack(14).window(9).data("227 Entering (10,0,2,10,32,0)"),
            forwards(
                INTERFACE,
                fin(LISTENER, CLIENT)
                    .seq(301)
                    .ack(14)
                    .window(9)
                    .data("227 Entering (10,0,2,10,32,0)"),
            ),
        );
}

/// Listeners: the load balancer passes the connection through, so a refusal (RFC 9293 section
/// 3.10.7.1) is the target's own.
#[test]
fn the_targets_reset_reaches_the_client_from_the_listeners_address() {
    connected().takes(
        INTERFACE,
        rst_ack(TARGET, FIRST).ack(8),
        forwards(INTERFACE, rst_ack(LISTENER, CLIENT).ack(8)),
    );
}

/// RFC 9293 section 3.10.7: a reset is an ordinary segment of its connection.
#[test]
fn the_clients_reset_reaches_the_target() {
    connected().takes(
        INTERFACE,
        rst(CLIENT, LISTENER).seq(8),
        forwards(INTERFACE, rst(FIRST, TARGET).seq(8)),
    );
}

/// Client IP preservation: with translation, connections differ by the node's source port only.
#[test]
fn a_second_connection_of_the_same_client_gets_another_source_port() {
    connected()
        .takes(INTERFACE, syn("10.1.1.1:5001", LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(
            INTERFACE,
            syn_ack(TARGET, SECOND),
            forwards(INTERFACE, syn_ack(LISTENER, "10.1.1.1:5001")),
        )
        .takes(INTERFACE, syn_ack(TARGET, FIRST), forwards(INTERFACE, syn_ack(LISTENER, CLIENT)));
}

/// Client IP preservation: with translation, clients with equal ports do not collide.
#[test]
fn two_clients_with_the_same_port_get_their_own_replies() {
    connected()
        .takes(INTERFACE, syn("10.1.1.2:5000", LISTENER), forwards(INTERFACE, syn(SECOND, TARGET)))
        .takes(INTERFACE, ack(TARGET, FIRST), forwards(INTERFACE, ack(LISTENER, CLIENT)))
        .takes(INTERFACE, ack(TARGET, SECOND), forwards(INTERFACE, ack(LISTENER, "10.1.1.2:5000")));
}

/// Overview: a connection stays on its target, so a repeated SYN does not open another one.
#[test]
fn a_repeated_syn_is_the_same_connection() {
    connected()
        .takes(INTERFACE, syn(CLIENT, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET)))
        .takes(INTERFACE, ack(CLIENT, LISTENER), forwards(INTERFACE, ack(FIRST, TARGET)));
}

/// Client IP preservation: without it, the target answers to the load balancer, and nothing else is
/// the node's business.
#[rstest]
#[case::the_answer_of_the_target(TARGET, FIRST)]
#[case::an_answer_past_the_node(TARGET, CLIENT)]
#[case::a_connection_of_the_target(TARGET, "10.9.9.9:21")]
fn without_preservation_nothing_is_intercepted(#[case] src: &str, #[case] dst: &str) {
    assert!(!connected().intercepts(src, dst));
}

/// Troubleshooting, Connections time out for requests from a target to its load balancer: it is
/// preservation that makes them fail.
#[test]
fn without_preservation_a_target_may_be_its_own_client() {
    let client = "10.0.2.10:5000";
    node().takes(INTERFACE, syn(client, LISTENER), forwards(INTERFACE, syn(FIRST, TARGET))).takes(
        INTERFACE,
        syn_ack(TARGET, FIRST),
        forwards(INTERFACE, syn_ack(LISTENER, client)),
    );
}
