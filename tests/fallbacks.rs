//! What clients do after a refusal, a reply that they cannot read, and a connection that fails.

mod common;

use common::{catalog, scenario};
use pasvlab_harness::record::What;
use pasvlab_harness::record::transcript::{data_commands, transcript};
use pasvlab_harness::{Outcome, Record, judge};
use pasvlab_scenarios::{Quirk, QuirkAction, Server};
use rstest::rstest;

/// The server, with replies of its own to these commands.
fn server(replies: &[(&str, &str)]) -> Server {
    let quirk = |(command, text): &(&str, &str)| Quirk {
        command: Some((*command).to_owned()),
        action: QuirkAction::Reply { text: (*text).to_owned(), close: false },
    };
    let quirks = replies.iter().map(quirk).collect();
    Server { quirks, ..catalog().server("transfer-family").expect("a known server").clone() }
}

fn run(client: &str, topology: &str, server: &Server) -> Record {
    let topology = catalog().topology(topology).expect("a known topology");
    let client = catalog().client(client).expect("a known client");
    pasvlab_harness::run(&scenario(topology, "auto", client, server, 1))
}

fn sent(record: &Record) -> Vec<&'static str> {
    data_commands(record).iter().map(|command| command.name()).collect()
}

fn said(record: &Record) -> Vec<&str> {
    let said = record.events.iter().filter_map(|event| match &event.what {
        What::Said(text) => Some(text.as_str()),
        _ => None,
    });
    said.collect()
}

const NO_PORT: &str = "229 Entering Extended Passive Mode";

#[rstest]
#[case("curl", "curl: (13) Weirdly formatted EPSV reply")]
#[case("tnftp", "parse error!")]
#[case("lukemftp", "parse error!")]
#[case("inetutils-ftp-passive-epsv4", "Extended passive mode scan failure. Should not happen!")]
fn a_229_without_a_port_ends_the_transfer_with_these_words(
    #[case] client: &str,
    #[case] words: &str,
) {
    let record = run(client, "direct", &server(&[("EPSV", NO_PORT)]));
    assert_eq!(sent(&record), ["EPSV"]);
    assert_eq!(said(&record), [words]);
}

#[rstest]
fn a_229_without_a_port_ends_the_transfer(
    #[values("commons-net-epsv", "cyberduck-epsv", "fluentftp", "php-wrapper")] client: &str,
) {
    let record = run(client, "direct", &server(&[("EPSV", NO_PORT)]));
    assert_eq!(sent(&record), ["EPSV"]);
    assert_eq!(judge(&record).outcome, Outcome::ProtocolError);
}

/// basic-ftp and the Go library go on after any error; gvfs and Midnight Commander begin with PASV.
#[rstest]
fn a_229_without_a_port_is_as_good_as_a_refusal_for(
    #[values("basic-ftp-5", "go-jlaffaye")] client: &str,
) {
    let record = run(client, "direct", &server(&[("EPSV", NO_PORT)]));
    assert_eq!(sent(&record)[..2], ["EPSV", "PASV"]);
}

/// A refusal leads on to PASV, as does a code that is not the one for EPSV.
#[rstest]
fn a_refused_epsv_is_followed_by_pasv(
    #[values("curl", "tnftp", "commons-net-epsv", "php-wrapper")] client: &str,
    #[values("500 Unknown command.", "227 Entering Passive Mode (10,0,1,10,32,0)")] reply: &str,
) {
    let record = run(client, "direct", &server(&[("EPSV", reply)]));
    assert_eq!(sent(&record)[..2], ["EPSV", "PASV"]);
}

/// With `ftp.connectmode.fallback` Cyberduck turns to active mode after its time-out, not after a
/// refused connection.
#[rstest]
#[case::silence("nlb-security-group", &["PASV", "PORT"])]
#[case::a_reset("firewall-rejects", &["PASV"])]
fn cyberduck_turns_to_active_mode_after_a_time_out_only(
    #[case] topology: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(sent(&run("cyberduck-fallback", topology, &server(&[]))), expected);
}

#[test]
fn gvfs_gives_up_when_nobody_connects_after_port() {
    let server = server(&[
        ("PASV", "502 No."),
        ("EPSV", "502 No."),
        ("PORT", "200 Fine."),
        ("EPRT", "200 Fine."),
        ("LIST", "150 Here it comes."),
    ]);
    assert_eq!(sent(&run("gvfs", "direct", &server)), ["PASV", "EPSV", "PORT"]);
}

/// After a 5xx they listen without PORT on the control connection's own port; Linux and BSD say that it
/// is in use. After a 4xx there are only the server's words.
#[rstest]
#[case("ftp-netkit-active", "502 No.", "ftp: bind: Address already in use")]
#[case("ftp-netkit-active", "425 No.", "425 No.")]
#[case("tnftp-active", "502 No.", "tnftp: Can't bind for data connection: Address already in use")]
#[case("tnftp-active", "425 No.", "425 No.")]
fn a_refused_port_has_words_for_errors_that_last(
    #[case] client: &str,
    #[case] reply: &str,
    #[case] words: &str,
) {
    let server = server(&[("PORT", reply), ("EPRT", "500 No.")]);
    assert_eq!(said(&run(client, "direct", &server)).last(), Some(&words));
}

/// When the rounds began, in seconds.
fn rounds(record: &Record) -> Vec<u64> {
    let rounds = record.events.iter().filter(|event| matches!(event.what, What::Round(_)));
    rounds.map(|event| event.at.as_secs()).collect()
}

fn cut_after(record: &Record) -> Option<u32> {
    record.events.iter().find_map(|event| match event.what {
        What::Cut { rounds, .. } => Some(rounds),
        _ => None,
    })
}

/// The lab stops it when both have been refused twice.
#[rstest]
#[case("lftp", &["PASV", "PORT", "PASV", "PORT"])]
#[case("lftp-active", &["PORT", "PASV", "PORT", "PASV"])]
#[case("lftp-epsv", &["EPSV", "PASV", "PORT", "PASV", "PORT"])]
fn lftp_alternates_between_the_modes_while_both_are_refused(
    #[case] client: &str,
    #[case] expected: &[&str],
) {
    let server = server(&[("EPSV", "500 No."), ("PASV", "502 No."), ("PORT", "502 No.")]);
    let record = run(client, "direct", &server);
    assert_eq!(sent(&record), expected);
    assert_eq!(cut_after(&record), Some(expected.len() as u32));
}

/// Only 5xx makes it turn to the other mode.
#[test]
fn lftp_stays_in_its_mode_after_a_passing_refusal() {
    let record = run("lftp", "direct", &server(&[("PASV", "425 Not now.")]));
    assert_eq!(sent(&record), ["PASV", "PASV"]);
    assert_eq!(rounds(&record), [0, 15]);
}

/// The pause of 15 s begins with the attempt, which waits 127 s for a connection.
#[test]
fn lftp_does_not_pause_after_a_long_attempt() {
    let record = run("lftp", "nlb-security-group", &server(&[]));
    assert_eq!(rounds(&record), [0, 127]);
}

#[rstest]
#[case::at_once("lftp-epsv", 0)]
#[case::after_a_pause("lftp-4-7", 30)]
fn lftp_goes_from_a_refused_epsv_to_pasv(#[case] client: &str, #[case] seconds: u64) {
    let record = run(client, "direct", &server(&[("EPSV", "500 No.")]));
    assert_eq!(sent(&record)[..2], ["EPSV", "PASV"]);
    assert_eq!(rounds(&record), [0, seconds]);
}

#[rstest]
#[case::a_reply_that_it_cannot_read("wget", "PASV", "227 Entering Passive Mode", 2)]
#[case::a_refused_pasv("wget", "PASV", "502 No.", 1)]
#[case::a_refused_port("wget-no-passive-ftp", "PORT", "502 No.", 2)]
#[case::a_refusal_for_the_time_being("wget", "LIST", "425 Not now.", 2)]
#[case::a_refusal_for_good("wget", "LIST", "550 No.", 1)]
fn wget_runs_so_many_rounds_after(
    #[case] client: &str,
    #[case] command: &str,
    #[case] reply: &str,
    #[case] expected: usize,
) {
    assert_eq!(rounds(&run(client, "direct", &server(&[(command, reply)]))).len(), expected);
}

#[rstest]
fn silence_is_followed_by_another_round(#[values("wget", "lftp")] client: &str) {
    let quirk = Quirk { command: Some("PASV".to_owned()), action: QuirkAction::Silence };
    let record = run(client, "direct", &Server { quirks: vec![quirk], ..server(&[]) });
    assert_eq!(rounds(&record).len(), 2);
    assert_eq!(cut_after(&record), Some(2));
}

/// Each transfer would begin with PASV again, had active mode not worked.
#[test]
fn midnight_commander_stays_in_active_mode_once_that_has_worked() {
    let quirks = server(&[("PASV", "502 No."), ("EPSV", "502 No.")]).quirks;
    let ftpd = catalog().server("ftpd").expect("a known server").clone();
    let record = run("mc", "direct", &Server { quirks, ..ftpd });
    assert_eq!(judge(&record).outcome, Outcome::Transferred);
    assert_eq!(sent(&record), ["PASV", "EPSV", "PORT", "PORT", "PORT"]);
}

/// Behind a load balancer that preserves client addresses the server connects from its own address,
/// which is not the one that the client is connected to.
#[rstest]
#[case::take_it("python-ftplib-active", Outcome::Transferred)]
#[case::refuse_it_in_java("commons-net-active", Outcome::Rejected)]
#[case::refuse_it_in_dotnet("dotnet-ftpwebrequest-active", Outcome::Rejected)]
#[case::refuse_it_in_c("ncftp-active", Outcome::Rejected)]
#[case::ignore_it("suppaftp-active", Outcome::TimedOut)]
fn of_clients_to_whom_another_address_connects_some(
    #[case] client: &str,
    #[case] expected: Outcome,
) {
    let topology = catalog().topology("nlb-preserve-client-ip").expect("a known topology");
    let client = catalog().client(client).expect("a known client");
    let server = catalog().server("ftpd").expect("a known server");
    let record = pasvlab_harness::run(&scenario(topology, "auto", client, server, 1));
    let verdict = judge(&record);
    assert_eq!(verdict.outcome, expected);
    if expected == Outcome::Rejected {
        assert!(verdict.reason.contains("connected to only"), "{}", verdict.reason);
    }
    if client.id == "commons-net-active" {
        let words = "java.io.IOException: Host attempting data connection 10.0.1.10 is not same as \
                     server 10.0.2.50";
        assert_eq!(said(&record), [words]);
    }
}

/// Commons Net looks where its data connection leads after it has read the 150.
#[test]
fn a_data_connection_elsewhere_is_dropped_after_the_150() {
    let topology = catalog().topology("nlb").expect("a known topology");
    let client = catalog().client("commons-net-pasv-address").expect("a known client");
    let server = catalog().server("transfer-family-any-peer").expect("a known server");
    let record = pasvlab_harness::run(&scenario(topology, "auto", client, server, 1));
    assert_eq!(judge(&record).outcome, Outcome::Rejected);
    let lines = transcript(&record);
    assert!(lines.iter().any(|line| line.text.starts_with("150 ")), "{lines:#?}");
}

#[rstest]
#[case("curl-noepsv", &[("PASV", "502 No.")], "curl: (13) Bad PASV/EPSV response: 502")]
#[case(
    "fluentftp-pasv",
    &[("PASV", "502-So\n502 No.")],
    "FluentFTP.Exceptions.FtpCommandException: Code: 502 Message: No."
)]
#[case(
    "dotnet-ftpwebrequest",
    &[("PASV", "227 Entering Passive Mode (10,9,8,7,32,0).")],
    "System.Net.WebException: The remote server returned an error: 227 Entering Passive Mode (10,9,8,7,32,0)."
)]
#[case(
    "ncftp",
    &[("PASV", "502 No."), ("PORT", "200 Fine."), ("MLSD", "150 Here it comes.")],
    "Could not accept a data connection."
)]
#[case(
    "tnftp-active",
    &[("EPRT", "200 Fine."), ("LIST", "150 Here it comes.")],
    "tnftp: Poll timeout waiting before accept"
)]
fn a_client_quotes_the_reply_as_the_program_does(
    #[case] client: &str,
    #[case] replies: &[(&str, &str)],
    #[case] words: &str,
) {
    assert_eq!(said(&run(client, "direct", &server(replies))).last(), Some(&words));
}

/// gvfs tries what FEAT does not list after everything else.
#[rstest]
#[case::that_lists_epsv("211-Features\n EPSV\n211 End", &["PASV", "EPSV", "PORT", "EPRT"])]
#[case::that_does_not("211-Features\n MDTM\n211 End", &["PASV", "PORT", "EPSV", "EPRT"])]
fn gvfs_goes_by_an_answer_to_feat(#[case] answer: &str, #[case] expected: &[&str]) {
    let no = "502 No.";
    let server = server(&[("FEAT", answer), ("PASV", no), ("EPSV", no), ("PORT", no)]);
    assert_eq!(sent(&run("gvfs", "direct", &server)), expected);
}

/// NcFTP keeps the address and port that it had put there before it read the reply.
#[test]
fn ncftp_dials_the_control_port_after_a_reply_without_an_address() {
    let record = run("ncftp-passive-only", "direct", &server(&[("PASV", "227 Entering.")]));
    let decision = record.decisions().next().expect("a decision");
    assert_eq!(decision.dialled.map(|dialled| dialled.port()), Some(record.cell.control_port));
    assert_eq!(said(&record)[0], "Cannot parse PASV response: 227 Entering.");
}
