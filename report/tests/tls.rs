//! What reports say was in TLS was so on the wire.

use pasvlab_harness::record::Record;
use pasvlab_harness::{Dialler, Scenario, judge};
use pasvlab_report::story::Story;
use pasvlab_scenarios::{Catalog, Client, DataCommand, ServerTls, TlsResumption};

/// A session with a server that has TLS for those who want it, after a change to the client.
fn session(change: impl FnOnce(&mut Client)) -> Record {
    let catalog = Catalog::builtin().expect("the built-in catalogue is sound");
    let mut client = catalog.client("suppaftp-ftps").expect("a known id").clone();
    change(&mut client);
    let mut server = catalog.server("ftpd").expect("a known id").clone();
    (server.tls, server.tls_resumption) = (ServerTls::Offered, TlsResumption::Enabled);
    let topology = catalog.topology("direct").expect("a known id");
    let client = Dialler::Simulated(&client);
    let scenario = Scenario::of(topology, "auto", client, &server, 1).expect("a setting");
    pasvlab_harness::run(&scenario)
}

/// The texts of everything that happened, with every packet.
fn told(record: &Record) -> Vec<String> {
    let story = Story::of(record, &judge(record), &[], true);
    story.timeline.into_iter().map(|moment| moment.text).collect()
}

fn count(texts: &[String], part: &str) -> usize {
    texts.iter().filter(|text| text.contains(part)).count()
}

/// Payloads on the wire, control connections and others.
fn payloads(record: &Record) -> (usize, usize) {
    let packets = record.packets.iter().map(|packet| &packet.packet);
    let with_payload = packets.filter(|packet| !packet.payload.is_empty());
    let (control, data): (Vec<_>, Vec<_>) =
        with_payload.partition(|packet| [packet.src.port(), packet.dst.port()].contains(&21));
    (control.len(), data.len())
}

/// Greeting, `AUTH TLS` and 234.
const IN_CLEAR: usize = 3;

#[test]
fn a_packet_and_a_transfer_in_tls_say_so() {
    let passive = |_: &mut Client| {};
    let active = |client: &mut Client| client.data.commands = vec![DataCommand::Port];
    for record in [session(passive), session(active)] {
        let (texts, (control, data)) = (told(&record), payloads(&record));
        assert_eq!(count(&texts, " bytes of TLS"), control - IN_CLEAR + data, "{texts:#?}");
        assert_eq!(count(&texts, " bytes in TLS, SHA-256 "), 3, "{texts:#?}");
    }
}

#[test]
fn without_prot_p_commands_are_in_tls_and_data_is_not() {
    let record = session(|client| client.login.retain(|command| command != "PROT P"));
    let (texts, (control, data)) = (told(&record), payloads(&record));
    assert!(data > 0);
    assert_eq!(count(&texts, " bytes of TLS"), control - IN_CLEAR, "{texts:#?}");
    assert_eq!(count(&texts, " bytes in TLS"), 0, "{texts:#?}");
    assert_eq!(count(&texts, " bytes, SHA-256 "), 3, "{texts:#?}");
}

#[test]
fn a_session_in_clear_says_nothing_of_tls() {
    let record = session(|client| client.login = vec!["USER".to_owned(), "PASS".to_owned()]);
    assert_eq!(count(&told(&record), "TLS"), 0);
}
