//! Why TLS was not set up on the control connection, read from the record.

use super::Cause;
use super::statement::{Evidence, Statement, statement};
use crate::record::transcript::{LineKind, Unspoken, unspoken};
use crate::record::{PlaceKind, Record};

/// Why the session did not go over to TLS, if it was about to.
pub(super) fn failed(record: &Record) -> Option<Statement> {
    let Unspoken { asked, alert, packet } = unspoken(record)?;
    let rests_on = Evidence::Packet(packet);
    let text = match alert {
        _ if !asked => {
            "the client begins TLS at once (implicit FTPS), and the server expects FTP and \
                        AUTH there"
                .to_owned()
        }
        Some((LineKind::Command, why)) => format!("the client ends TLS: {}", meaning(why)),
        Some((LineKind::Reply, why)) => format!("the server ends TLS: {}", meaning(why)),
        None if client_leaves(record, packet) => {
            "the client closes the connection while TLS is being set up".to_owned()
        }
        None => return None,
    };
    Some(statement(Cause::TlsFailed, text, rests_on))
}

/// Whether the client closes or resets that connection from its own side.
fn client_leaves(record: &Record, packet: usize) -> bool {
    let began = &record.packets[packet];
    record.packets[packet..].iter().any(|sent| {
        let flags = sent.packet.flags;
        sent.from == began.from
            && record.place(sent.from).kind == PlaceKind::Client
            && (sent.packet.src, sent.packet.dst) == (began.packet.src, began.packet.dst)
            && (flags.fin || flags.rst)
    })
}

/// What an alert says (RFC 8446 section 6.2).
fn meaning(alert: u8) -> String {
    let (says, name) = match alert {
        42 => ("it does not accept the certificate", "bad_certificate"),
        43 => ("it does not accept the certificate", "unsupported_certificate"),
        45 => ("the certificate has expired", "certificate_expired"),
        46 => ("it does not accept the certificate", "certificate_unknown"),
        48 => ("it does not trust the certificate", "unknown_ca"),
        40 => ("there is nothing that both sides can do", "handshake_failure"),
        70 => ("there is no version that both sides speak", "protocol_version"),
        71 => ("what the other side offers is too weak", "insufficient_security"),
        112 => ("it does not know the name", "unrecognized_name"),
        116 => ("it wants a certificate of the client", "certificate_required"),
        10 => ("what came is out of place", "unexpected_message"),
        50 => ("what came is no TLS", "decode_error"),
        other => return format!("it says so with alert {other}"),
    };
    format!("{says} (alert {name})")
}
