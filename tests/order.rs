//! When a client opens its data connection: before the transfer command, after it, or meanwhile.

mod common;

use std::time::Duration;

use common::{catalog, run, scenario};
use pasvlab_harness::record::PacketRecord;
use pasvlab_harness::{Outcome, Record, judge};
use pasvlab_scenarios::{Client, EpsvAddress, Quirk, QuirkAction, Server};
use rstest::rstest;

/// The place of the first packet that fits.
fn position(record: &Record, fits: impl Fn(&PacketRecord) -> bool) -> usize {
    record.packets.iter().position(fits).expect("such a packet")
}

/// The client's first SYN for a data connection.
fn connects(record: &Record) -> usize {
    let control = record.cell.control_port;
    position(record, |sent| sent.packet.flags.opens() && sent.packet.dst.port() != control)
}

/// The packet with this command.
fn sends(record: &Record, command: &str) -> usize {
    position(record, |sent| sent.packet.payload.starts_with(command.as_bytes()))
}

fn session(client: &str) -> Record {
    run("direct", "auto", client, 1).1.expect("a record")
}

#[rstest]
#[case::perl("perl-net-ftp", "LIST")]
#[case::winscp("winscp-force-auto", "MLSD")]
#[case::filezilla("filezilla", "MLSD")]
fn a_client_with_command_first_dials_before_it_has_a_reply(
    #[case] client: &str,
    #[case] command: &str,
) {
    let record = session(client);
    let (sent, connecting) = (sends(&record, command), connects(&record));
    assert_eq!(record.packets[sent].at, record.packets[connecting].at);
}

/// PHP's `opendir()` connects before it sends NLST, `file_get_contents()` after it has sent RETR.
#[test]
fn the_order_may_differ_from_one_operation_to_the_other() {
    let mut client = catalog().client("php-wrapper").expect("a known client").clone();
    // It would ask for the host's name in between.
    client.data.epsv_address = EpsvAddress::Peer;
    let record = against(&with(vec![]), &client);
    let (listing, connecting) = (sends(&record, "NLST"), connects(&record));
    assert!(record.packets[connecting].ended_at < record.packets[listing].at);
    let download = record.packets[sends(&record, "RETR")].at;
    let opens = |sent: &&PacketRecord| sent.packet.flags.opens() && sent.at == download;
    assert!(record.packets.iter().any(|sent| opens(&sent)));
}

fn against(server: &Server, client: &Client) -> Record {
    let topology = catalog().topology("direct").expect("a known topology");
    pasvlab_harness::run(&scenario(topology, "auto", client, server, 1))
}

fn with(quirks: Vec<(&str, QuirkAction)>) -> Server {
    let quirk = |(command, action): (&str, _)| Quirk { command: Some(command.to_owned()), action };
    let quirks = quirks.into_iter().map(quirk).collect();
    Server { quirks, ..catalog().server("transfer-family").expect("a known server").clone() }
}

/// A server that says nothing to LIST for half a minute does not keep the connection waiting.
#[test]
fn a_late_reply_to_the_command_does_not_delay_the_connection() {
    let server = with(vec![("LIST", QuirkAction::Delay(Duration::from_secs(30)))]);
    let record = against(&server, catalog().client("perl-net-ftp").expect("a known client"));
    let (sent, connecting) = (sends(&record, "LIST"), connects(&record));
    assert_eq!(record.packets[sent].at, record.packets[connecting].at);
}

/// Net::FTP waits for the reply to LIST, for 120 s if none comes, although it could not connect.
#[rstest]
#[case::that_reads_it(true, 120)]
#[case::that_does_not(false, 0)]
fn after_a_failed_connection_a_client(#[case] reads: bool, #[case] seconds: u64) {
    let nobody = "227 Entering Passive Mode (10,0,1,10,32,0)".to_owned();
    let server = with(vec![
        ("PASV", QuirkAction::Reply { text: nobody, close: false }),
        ("LIST", QuirkAction::Silence),
    ]);
    let mut client = catalog().client("perl-net-ftp").expect("a known client").clone();
    assert!(client.data.reads_reply_after_failure);
    client.data.reads_reply_after_failure = reads;
    let record = against(&server, &client);
    assert_eq!(judge(&record).outcome, Outcome::Refused);
    assert_eq!(record.ended_at.as_secs(), seconds);
}
