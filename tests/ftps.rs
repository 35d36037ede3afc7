//! Sessions in TLS (RFC 4217): what changes, what does not, and that they can be repeated and read.

mod common;

use std::collections::BTreeMap;

use common::{catalog, scenario};
use pasvlab_harness::record::transcript::transcript;
use pasvlab_harness::record::{LineKind, Stage, TransferKind, What};
use pasvlab_harness::{Cause, CellResult, Outcome, Record, Verdict, judge};
use pasvlab_scenarios::{
    AUTH_TLS, CellId, Client, FileSpec, PROT_P, Quirk, QuirkAction, Server, ServerTls,
    TlsResumption, TlsSession,
};
use rstest::rstest;

fn client(id: &str) -> Client {
    catalog().client(id).expect("a known client").clone()
}

/// The same client, told to use TLS: before it logs in, and on data connections.
fn in_tls(id: &str) -> Client {
    let mut client = client(id);
    let first = [AUTH_TLS, "PBSZ 0", PROT_P].map(str::to_owned);
    client.login.splice(0..0, first);
    client
}

fn server(id: &str, tls: ServerTls) -> Server {
    Server { tls, ..catalog().server(id).expect("a known server").clone() }
}

fn session(topology: &str, passive_ip: &str, client: &Client, server: &Server) -> Record {
    let topology = catalog().topology(topology).expect("a known topology");
    pasvlab_harness::run(&scenario(topology, passive_ip, client, server, 1))
}

fn verdict(topology: &str, passive_ip: &str, client: &Client, server: &Server) -> Verdict {
    judge(&session(topology, passive_ip, client, server))
}

/// The commands of the control connection, with whether they were in TLS.
fn commands(record: &Record) -> Vec<(String, bool)> {
    let lines = transcript(record).into_iter();
    let commands = lines.filter(|line| line.kind == LineKind::Command);
    commands.map(|line| (line.text, line.sealed)).collect()
}

#[test]
fn everything_after_auth_tls_is_sealed_and_can_be_read() {
    let record =
        session("direct", "auto", &client("suppaftp-ftps"), &server("ftpd", ServerTls::Required));
    assert_eq!(judge(&record).outcome, Outcome::Transferred);
    let commands = commands(&record);
    let (clear, sealed): (Vec<_>, Vec<_>) = commands.iter().partition(|(_, sealed)| !sealed);
    let words = |commands: Vec<&(String, bool)>| -> Vec<String> {
        let words = commands.iter().filter_map(|(text, _)| text.split(' ').next());
        words.map(str::to_owned).collect()
    };
    assert_eq!(words(clear), ["AUTH"]);
    let expected =
        ["PBSZ", "PROT", "USER", "PASS", "PASV", "LIST", "PASV", "RETR", "PASV", "STOR", "QUIT"];
    assert_eq!(words(sealed), expected);
    // On the wire nobody finds a word of it.
    let seen = |word: &str| {
        let word = word.as_bytes();
        let payloads = record.packets.iter().map(|packet| &packet.packet.payload);
        payloads.filter(|payload| payload.windows(word.len()).any(|part| part == word)).count()
    };
    assert_eq!(seen("AUTH TLS"), 1);
    for hidden in ["USER", "correct-horse", "PASV", "227 ", "report.csv"] {
        assert_eq!(seen(hidden), 0, "{hidden}");
    }
}

#[test]
fn data_connections_stay_in_clear_without_prot_p() {
    let mut client = in_tls("suppaftp");
    client.login.retain(|step| step != PROT_P);
    let record = session("direct", "auto", &client, &server("ftpd", ServerTls::Offered));
    assert_eq!(judge(&record).outcome, Outcome::Transferred);
    let listed = record
        .packets
        .iter()
        .any(|packet| packet.packet.payload.windows(10).any(|part| part == b"report.csv"));
    assert!(listed, "the listing is in clear");
}

#[test]
fn the_same_seed_leaves_the_same_bytes_and_secrets_and_another_one_others() {
    let (client, server) = (client("suppaftp-ftps"), server("ftpd", ServerTls::Required));
    let topology = catalog().topology("privatelink").expect("a known topology");
    let run = |seed| pasvlab_harness::run(&scenario(topology, "endpoint", &client, &server, seed));
    let (one, again, other) = (run(3), run(3), run(4));
    assert_eq!(format!("{one:?}"), format!("{again:?}"));
    // Four connections, with the secrets of both directions of handshake and traffic, and one to export.
    assert!(one.sealed.secrets().len() >= 4 * 5, "{:?}", one.sealed.secrets());
    let shared = one.sealed.secrets().iter().filter(|line| other.sealed.secrets().contains(line));
    assert_eq!(shared.count(), 0);
}

#[test]
fn threads_do_not_change_what_is_sealed() {
    let (client, server) = (client("suppaftp-ftps"), server("ftpd", ServerTls::Required));
    let run = || format!("{:?}", session("direct", "auto", &client, &server));
    let alone = run();
    std::thread::scope(|scope| {
        let threads = [scope.spawn(run), scope.spawn(run), scope.spawn(run)];
        for thread in threads {
            assert_eq!(thread.join().expect("it runs"), alone);
        }
    });
}

/// TLS hides what is said, not who speaks to whom.
#[rstest]
fn where_nobody_on_the_way_reads_ftp_tls_changes_no_outcome(
    #[values("direct", "nlb", "nlb-multi-az", "privatelink", "home-router", "firewall-rejects")]
    topology: &str,
    #[values("auto", "endpoint", "public", "zero")] passive_ip: &str,
    #[values("lftp", "curl", "winscp-force-auto", "filezilla", "wget", "ftp-netkit-active")]
    id: &str,
) {
    let known = catalog().topology(topology).expect("a known topology");
    if known.announced(passive_ip).is_none() {
        return;
    }
    let (none, offered) = (server("ftpd", ServerTls::None), server("ftpd", ServerTls::Offered));
    let result = |record: Record| {
        let cell = CellId {
            topology: topology.to_owned(),
            passive_ip: passive_ip.to_owned(),
            client: id.to_owned(),
        };
        let result = CellResult::of(cell, &record);
        // What a program does about a handshake that is cut off is its own affair.
        (result.outcome, result.cause, result.dialled.first().copied())
    };
    let clear = result(session(topology, passive_ip, &client(id), &none));
    let sealed = result(session(topology, passive_ip, &in_tls(id), &offered));
    assert_eq!(sealed, clear);
}

#[rstest]
#[case::a_pinhole_for_pasv("firewall-alg", "auto", "lftp")]
#[case::an_address_in_a_port("home-router-alg", "public", "ftp-netkit-active")]
fn what_an_ftp_helper_does_for_a_session_it_cannot_do_in_tls(
    #[case] topology: &str,
    #[case] passive_ip: &str,
    #[case] id: &str,
) {
    let (none, offered) = (server("ftpd", ServerTls::None), server("ftpd", ServerTls::Offered));
    let clear = verdict(topology, passive_ip, &client(id), &none);
    let sealed = verdict(topology, passive_ip, &in_tls(id), &offered);
    assert_eq!(clear.outcome, Outcome::Transferred, "{}", clear.reason);
    assert_ne!(sealed.outcome, Outcome::Transferred);
    assert_eq!(sealed.cause, Some(Cause::HelperBlinded), "{}", sealed.reason);
}

#[rstest]
#[case::active("ftp-netkit-active")]
#[case::epsv("lftp-epsv")]
#[case::the_command_first("filezilla")]
fn data_connections_of_every_kind_are_protected(#[case] id: &str) {
    let record = session("direct", "auto", &in_tls(id), &server("ftpd", ServerTls::Offered));
    assert_eq!(judge(&record).outcome, Outcome::Transferred, "{}", judge(&record).reason);
    let control = record.cell.control_port;
    let mut first = BTreeMap::new();
    for packet in &record.packets {
        let (packet, ports) =
            (&packet.packet, [packet.packet.src.port(), packet.packet.dst.port()]);
        if !packet.payload.is_empty() && !ports.contains(&control) {
            first.entry(ports).or_insert(&packet.payload);
        }
    }
    // Three connections, both directions: each begins with a handshake message (RFC 8446 section 5.1).
    assert_eq!(first.len(), 6);
    assert!(first.values().all(|payload| payload.starts_with(&[22, 3])));
}

/// What AWS Transfer Family's `TlsSessionResumptionMode` says, for clients of both kinds.
#[rstest]
fn a_server_that_insists_on_resumed_sessions_refuses_new_ones_and_no_other_server_does(
    #[values(TlsResumption::Disabled, TlsResumption::Enabled, TlsResumption::Enforced)]
    resumption: TlsResumption,
    #[values(TlsSession::Control, TlsSession::New)] session: TlsSession,
    #[values("lftp", "ftp-netkit-active")] id: &str,
) {
    let server = Server { tls_resumption: resumption, ..server("ftpd", ServerTls::Required) };
    let mut client = in_tls(id);
    client.data.tls_session = session;
    let verdict = verdict("direct", "auto", &client, &server);
    if (resumption, session) == (TlsResumption::Enforced, TlsSession::New) {
        let expected = (Outcome::Rejected, Some(Cause::TlsSessionNew));
        assert_eq!((verdict.outcome, verdict.cause), expected, "{}", verdict.reason);
    } else {
        assert_eq!(verdict.outcome, Outcome::Transferred, "{}", verdict.reason);
    }
}

/// A full handshake has the server's certificate in it, a resumed one has not (RFC 8446 section 2.2).
#[rstest]
#[case::resumed(TlsResumption::Enabled, TlsSession::Control, true)]
#[case::the_client_wants_new_ones(TlsResumption::Enabled, TlsSession::New, false)]
#[case::the_server_keeps_none(TlsResumption::Disabled, TlsSession::Control, false)]
fn a_resumed_session_is_a_shorter_handshake(
    #[case] resumption: TlsResumption,
    #[case] session: TlsSession,
    #[case] shorter: bool,
) {
    let server = Server { tls_resumption: resumption, ..server("ftpd", ServerTls::Required) };
    let mut client = in_tls("suppaftp");
    client.data.tls_session = session;
    let record = self::session("direct", "auto", &client, &server);
    let flight = |control: bool| {
        let port = record.cell.control_port;
        let of_server = record.packets.iter().map(|packet| &packet.packet).filter(|packet| {
            packet.src.port() == port && control
                || (8192..=8200).contains(&packet.src.port()) && !control
        });
        let hello =
            of_server.map(|packet| &packet.payload).find(|payload| payload.starts_with(&[22, 3]));
        hello.expect("the server's first flight").len()
    };
    assert_eq!(flight(false) + 200 < flight(true), shorter, "{} {}", flight(false), flight(true));
}

#[test]
fn ten_megabytes_arrive_intact_in_tls() {
    let files = vec![FileSpec { path: "large.bin".to_owned(), size: 10_000_000 }];
    let server = Server { files, ..server("ftpd", ServerTls::Required) };
    let record = session("privatelink", "endpoint", &client("suppaftp-ftps"), &server);
    assert_eq!(judge(&record).outcome, Outcome::Transferred, "{}", judge(&record).reason);
    let moved = record.events.iter().filter_map(|event| match event.what {
        What::Transferred { what, bytes, intact: true, .. } => Some((what, bytes)),
        _ => None,
    });
    let moved: Vec<_> = moved.filter(|(what, _)| *what != TransferKind::List).collect();
    let expected = [(TransferKind::Download, 10_000_000), (TransferKind::Upload, 10_000_000)];
    assert_eq!(moved, expected);
}

#[test]
fn a_client_in_clear_cannot_log_in_where_tls_is_required() {
    let record = session("direct", "auto", &client("lftp"), &server("ftpd", ServerTls::Required));
    let verdict = judge(&record);
    assert_eq!(verdict.outcome, Outcome::Rejected);
    assert_eq!(verdict.cause, Some(Cause::TlsRequired), "{}", verdict.reason);
    let said: Vec<String> = commands(&record).into_iter().map(|(text, _)| text).collect();
    assert!(!said.iter().any(|text| text.starts_with("PASV")), "{said:?}");
}

#[test]
fn a_client_that_must_have_tls_goes_no_further_without() {
    let record = session("direct", "auto", &in_tls("curl"), &server("ftpd", ServerTls::None));
    let verdict = judge(&record);
    assert_eq!((verdict.outcome, verdict.cause), (Outcome::Rejected, Some(Cause::TlsRefused)));
    let said: Vec<String> = commands(&record).into_iter().map(|(text, _)| text).collect();
    assert_eq!(said, [AUTH_TLS]);
}

/// libunftp reads the first message of the handshake as commands, and answers in clear.
#[test]
fn a_server_that_says_yes_to_tls_and_goes_on_in_clear_is_a_protocol_error() {
    let action = QuirkAction::Reply { text: "234 Go ahead.".to_owned(), close: false };
    let quirks = vec![Quirk { command: Some("AUTH".to_owned()), action }];
    let server = Server { quirks, ..server("ftpd", ServerTls::Offered) };
    let record = session("direct", "auto", &in_tls("filezilla"), &server);
    let verdict = judge(&record);
    assert_eq!((verdict.outcome, verdict.stage), (Outcome::ProtocolError, Stage::Login));
}
