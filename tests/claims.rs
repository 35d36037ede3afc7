//! What pasvlab claims, written down by hand: the outcomes that are known from the programs' sources
//! and from recorded sessions. The lab must reach each of them by running.

mod common;

use std::time::Duration;

use common::{catalog, run, scenario};
use pasvlab_harness::record::{LineKind, Record, Stage, What, transcript};
use pasvlab_harness::{Cause, Outcome, judge};
use pasvlab_scenarios::{AutoAnnounces, Client, DataPolicy};
use rstest::rstest;

const SEED: u64 = 1;

fn outcome(topology: &str, passive_ip: &str, client: &str) -> Outcome {
    run(topology, passive_ip, client, SEED).0.outcome
}

fn record(topology: &str, passive_ip: &str, client: &str, seed: u64) -> Record {
    run(topology, passive_ip, client, seed).1.expect("an applicable cell")
}

/// Through PrivateLink, by client: the outcome with auto, nlb, endpoint, zero.
#[rstest]
#[case::ftp_dials_what_it_is_told("ftp-netkit", ["timed-out", "timed-out", "transferred", "refused"])]
#[case::lftp_replaces_only_zero("lftp", ["timed-out", "timed-out", "transferred", "transferred"])]
#[case::lftp_with_epsv_always_works("lftp-epsv", ["transferred"; 4])]
#[case::curl_always_works("curl", ["transferred"; 4])]
#[case::tnftp_always_works("tnftp", ["transferred"; 4])]
#[case::python_always_works("python-ftplib", ["transferred"; 4])]
#[case::winscp_forced_always_works("winscp-force-on", ["transferred"; 4])]
#[case::winscp_auto_replaces_nothing_for_a_private_peer(
    "winscp-force-auto",
    ["timed-out", "timed-out", "transferred", "address-not-available"]
)]
#[case::winscp_off_replaces_nothing(
    "winscp-force-off",
    ["timed-out", "timed-out", "transferred", "address-not-available"]
)]
#[case::wget_dials_what_it_is_told("wget", ["timed-out", "timed-out", "transferred", "refused"])]
#[case::suppaftp_dials_what_it_is_told("suppaftp", ["timed-out", "timed-out", "transferred", "refused"])]
#[case::filezilla_on_linux_dials_itself("filezilla", ["timed-out", "timed-out", "transferred", "refused"])]
#[case::filezilla_on_windows_cannot_dial_zero(
    "filezilla-windows",
    ["timed-out", "timed-out", "transferred", "address-not-available"]
)]
fn through_privatelink(#[case] client: &str, #[case] expected: [&str; 4]) {
    let found = ["auto", "nlb", "endpoint", "zero"]
        .map(|passive_ip| outcome("privatelink", passive_ip, client).id());
    assert_eq!(found, expected);
}

#[test]
fn without_a_network_between_every_passive_client_transfers_with_auto() {
    let dials = |client: &&Client| client.data.commands.iter().any(|command| !command.is_active());
    for client in catalog().clients().filter(dials) {
        assert_eq!(outcome("direct", "auto", &client.id), Outcome::Transferred, "{}", client.id);
    }
}

/// The log-in apart: `AUTH`, `PBSZ` and `PROT` come in, and other commands may move.
#[test]
fn a_client_in_tls_does_what_it_does_in_clear() {
    let in_tls: Vec<&Client> = catalog().clients().filter(|client| client.asks_for_tls()).collect();
    assert!(in_tls.len() > 10, "{}", in_tls.len());
    for client in in_tls {
        let plain = client.id.strip_suffix("-ftps").expect("an id that says so");
        let plain = catalog().client(plain).expect("the same without TLS");
        assert!(client.options.len() > plain.options.len(), "{}: TLS is an option", client.id);
        let of_tls =
            |step: &&String| ["AUTH ", "PBSZ ", "PROT "].iter().any(|word| step.starts_with(word));
        let mut login: Vec<&String> = client.login.iter().filter(|step| !of_tls(step)).collect();
        let mut plain_login: Vec<&String> = plain.login.iter().collect();
        login.sort();
        plain_login.sort();
        assert_eq!(login, plain_login, "{}", client.id);
        let data = DataPolicy { tls_session: plain.data.tls_session, ..client.data.clone() };
        assert_eq!(data, plain.data, "{}", client.id);
        assert_eq!(client.messages, plain.messages, "{}", client.id);
        assert_eq!((client.os, &client.retry), (plain.os, &plain.retry), "{}", client.id);
        for (own, theirs) in [
            (&client.list, &plain.list),
            (&client.download, &plain.download),
            (&client.upload, &plain.upload),
        ] {
            assert_eq!(own, theirs, "{}", client.id);
        }
    }
}

/// PrivateLink with AUTO: what a client does with the address in the reply is the same in TLS, where
/// nobody on the way can change it.
#[rstest]
#[case("curl-ftps", "transferred")]
#[case("filezilla-ftps", "timed-out")]
#[case("lftp-ftps", "timed-out")]
#[case("python-ftplib-ftps", "transferred")]
#[case("winscp-force-on-ftps", "transferred")]
fn in_tls_through_privatelink_with_auto(#[case] client: &str, #[case] expected: &str) {
    assert_eq!(outcome("privatelink", "auto", client).id(), expected);
}

/// AWS's own setting of TlsSessionResumptionMode is ENFORCED.
#[rstest]
#[case("python-ftplib-ftps")]
#[case("commons-net-ftps")]
#[case("perl-net-ftp-ftps")]
fn a_server_that_insists_on_resumed_tls_sessions_refuses(#[case] client: &str) {
    let topology = catalog().topology("direct").expect("a topology");
    let client = catalog().client(client).expect("a client");
    let server = catalog().server("transfer-family-ftps").expect("a server");
    let verdict = judge(&pasvlab_harness::run(&scenario(topology, "auto", client, server, SEED)));
    assert_eq!(verdict.cause, Some(Cause::TlsSessionNew), "{}", verdict.reason);
}

#[test]
fn zero_is_refused_by_the_clients_own_host_even_without_a_network_between() {
    let record = record("direct", "zero", "ftp-netkit", SEED);
    let verdict = judge(&record);
    assert_eq!(verdict.outcome, Outcome::Refused);
    assert_eq!(verdict.stage, Stage::DataConnect);
    assert!(verdict.reason.contains("the client's own host"), "{}", verdict.reason);
}

#[test]
fn an_unrelated_host_at_the_announced_address_refuses_and_the_verdict_says_so() {
    let verdict = judge(&record("privatelink-overlap", "auto", "ftp-netkit", SEED));
    assert_eq!(verdict.outcome, Outcome::Refused);
    assert!(verdict.reason.contains("a host that is not the server"), "{}", verdict.reason);
    assert_eq!(verdict.cause, Some(Cause::OtherHost));
    let chain: Vec<&str> = verdict.chain.iter().map(|said| said.text.as_str()).collect();
    let chain = chain.join(" ");
    assert!(chain.contains("to intranet (10.0.1.10), a host that is not the server"), "{chain}");
}

/// With seed 0 the name's first address is the zone of the fixed PassiveIp, with seed 1 the other.
#[rstest]
#[case::session_in_the_announced_zone(0, Outcome::Transferred)]
#[case::session_in_the_other_zone(1, Outcome::Refused)]
fn a_fixed_passive_ip_sends_data_to_one_zone(#[case] seed: u64, #[case] expected: Outcome) {
    for client in
        ["ftp-netkit", "lftp", "wget", "winscp-force-auto", "winscp-force-off", "suppaftp"]
    {
        let (cell, record) = run("nlb-multi-az", "nlb", client, seed);
        assert_eq!(cell.outcome, expected, "{client}");
        if expected == Outcome::Refused {
            let reason = judge(&record.expect("a record")).reason;
            assert!(reason.contains("but the session is on 10.0.2.10"), "{reason}");
        }
    }
}

#[rstest]
fn zero_epsv_and_the_clients_own_override_stay_in_the_sessions_zone(#[values(0, 1)] seed: u64) {
    let works = |passive_ip: &str, client: &str| {
        let found = run("nlb-multi-az", passive_ip, client, seed).0.outcome;
        assert_eq!(found, Outcome::Transferred, "{passive_ip} {client}");
    };
    works("zero", "lftp");
    for client in ["lftp-epsv", "curl", "tnftp", "python-ftplib", "winscp-force-on"] {
        works("nlb", client);
        works("zero", client);
    }
}

#[test]
fn the_control_transcript_is_what_the_client_sends() {
    let record = record("privatelink", "zero", "ftp-netkit", SEED);
    let commands: Vec<String> = transcript::transcript(&record)
        .into_iter()
        .filter(|line| line.kind == LineKind::Command)
        .map(|line| line.text)
        .collect();
    assert_eq!(commands, ["USER demo", "PASS correct-horse", "SYST", "PASV"]);
}

/// lftp starts again 1000 times (net:max-retries), at intervals from 15 to 300 seconds; wget 20
/// times with pauses from 1 to 10 seconds. The lab stops after two equal rounds and says what was left.
#[rstest]
#[case::lftp("lftp", 1001, Duration::from_secs(995 * 300), Duration::from_secs(999 * 300))]
#[case::wget("wget", 20, Duration::from_secs(18 * 127), Duration::from_secs(18 * 140))]
fn a_client_that_would_go_on_for_hours_is_cut_after_two_equal_rounds(
    #[case] client: &str,
    #[case] rounds_in_all: u32,
    #[case] at_least: Duration,
    #[case] at_most: Duration,
) {
    let record = record("privatelink", "auto", client, SEED);
    let cuts: Vec<_> = record
        .events
        .iter()
        .filter_map(|event| match event.what {
            What::Cut { rounds, of, remaining } => Some((rounds, of, remaining)),
            _ => None,
        })
        .collect();
    let [(rounds, of, remaining)] = cuts.as_slice() else { panic!("one cut: {cuts:?}") };
    assert_eq!((*rounds, *of), (2, rounds_in_all));
    assert!((at_least..at_most).contains(remaining), "{remaining:?}");
}

#[test]
fn an_unanswered_connect_sends_seven_packets_and_takes_127_seconds_on_linux() {
    let record = record("privatelink", "auto", "suppaftp", SEED);
    let unanswered: Vec<u64> = record
        .packets
        .iter()
        .filter(|packet| packet.packet.dst.port() != 21 && packet.packet.flags.opens())
        .map(|packet| packet.at.as_secs())
        .collect();
    assert_eq!(unanswered, [0, 1, 3, 7, 15, 31, 63]);
    assert_eq!(record.ended_at.as_secs(), 127);
}

#[test]
fn a_data_connection_from_another_address_than_the_sessions_is_closed_by_the_server() {
    let verdict = judge(&record("nlb", "auto", "ftp-netkit", SEED));
    assert_eq!((verdict.outcome, verdict.stage), (Outcome::Rejected, Stage::Transfer));
    assert!(verdict.reason.contains("from 10.0.1.50"), "{}", verdict.reason);
}

/// AWS documents no rule for AUTO, so it is a switch of the server file.
#[rstest]
#[case::by_default_the_sessions_own(AutoAnnounces::SessionInterface, "10.0.2.10")]
#[case::or_always_the_first(AutoAnnounces::FirstInterface, "10.0.1.10")]
fn auto_announces_an_interface(#[case] auto_announces: AutoAnnounces, #[case] expected: &str) {
    let mut server = catalog().server("transfer-family").expect("a server").clone();
    server.auto_announces = auto_announces;
    let record = pasvlab_harness::run(&scenario(
        catalog().topology("nlb-multi-az").expect("a topology"),
        "auto",
        catalog().client("ftp-netkit").expect("a client"),
        &server,
        SEED,
    ));
    let announced = record.decisions().find_map(|decision| decision.announced);
    assert_eq!(announced.map(|address| address.to_string()).as_deref(), Some(expected));
}

#[test]
fn a_missing_listener_is_silence() {
    let mut topology = catalog().topology("nlb").expect("a topology").clone();
    topology.load_balancers[0].listeners.retain(|listener| listener.ports.contains(&21));
    let record = pasvlab_harness::run(&scenario(
        &topology,
        "nlb",
        catalog().client("ftp-netkit").expect("a client"),
        catalog().server("transfer-family").expect("a server"),
        SEED,
    ));
    let verdict = judge(&record);
    assert_eq!(verdict.outcome, Outcome::TimedOut);
    assert!(verdict.reason.contains("no listener"), "{}", verdict.reason);
}

#[test]
fn a_bystander_that_listens_takes_the_data_connection_and_the_verdict_says_so() {
    let mut topology = catalog().topology("privatelink-overlap").expect("a topology").clone();
    for host in &mut topology.hosts {
        if host.role == pasvlab_scenarios::Role::Bystander {
            host.listens = (8192..=8200).collect();
        }
    }
    let record = pasvlab_harness::run(&scenario(
        &topology,
        "auto",
        catalog().client("ftp-netkit").expect("a client"),
        catalog().server("transfer-family").expect("a server"),
        SEED,
    ));
    let verdict = judge(&record);
    assert_eq!(verdict.outcome, Outcome::WrongHost);
    assert!(verdict.reason.contains("`intranet`"), "{}", verdict.reason);
}

#[test]
fn an_unknown_user_is_rejected_while_logging_in() {
    let mut server = catalog().server("transfer-family").expect("a server").clone();
    server.user = "somebody".to_owned();
    let topology = catalog().topology("direct").expect("a topology");
    let mut client = catalog().client("ftp-netkit").expect("a client").clone();
    client.login = vec!["USER nobody".to_owned(), "PASS".to_owned()];
    let record = pasvlab_harness::run(&scenario(topology, "auto", &client, &server, SEED));
    let verdict = judge(&record);
    assert_eq!((verdict.outcome, verdict.stage), (Outcome::Rejected, Stage::Login));
}
