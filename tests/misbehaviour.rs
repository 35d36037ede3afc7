//! Servers that misbehave on purpose: every client ends, with an outcome, and within its own patience.

mod common;

use std::time::Duration;

use common::{catalog, scenario, server_of};
use pasvlab_harness::{Outcome, judge};
use pasvlab_scenarios::{Client, Quirk, QuirkAction, Server};
use proptest::prelude::*;
use rstest::rstest;

/// A session in which nobody's patience is long is over by then: two rounds of everything, and the
/// server's own half hour.
const LONG: Duration = Duration::from_secs(3 * 60 * 60);

fn quirk(command: &str, action: QuirkAction) -> Quirk {
    Quirk { command: (command != "greeting").then(|| command.to_owned()), action }
}

fn says(command: &str, text: &str) -> Vec<Quirk> {
    vec![quirk(command, QuirkAction::Reply { text: text.to_owned(), close: false })]
}

fn says_and_closes(command: &str, text: &str) -> Vec<Quirk> {
    vec![quirk(command, QuirkAction::Reply { text: text.to_owned(), close: true })]
}

fn words(command: &str, text: &str) -> Vec<Quirk> {
    vec![quirk(command, QuirkAction::Rewrite(text.to_owned()))]
}

fn is_silent(command: &str) -> Vec<Quirk> {
    vec![quirk(command, QuirkAction::Silence)]
}

fn is_slow(command: &str, seconds: u64) -> Vec<Quirk> {
    vec![quirk(command, QuirkAction::Delay(Duration::from_secs(seconds)))]
}

fn with(quirks: Vec<Quirk>, base: &str) -> Server {
    Server { quirks, ..catalog().server(base).expect("a known server").clone() }
}

/// Whether the client waits for ever somewhere, so that only the lab's limit ends a session.
fn is_patient(client: &Client) -> bool {
    client.data.reply_timeout.is_none() || client.data.data_timeout.is_none()
}

#[rstest]
#[case::epsv_is_refused_with_500(says("EPSV", "500 Unknown command."))]
#[case::epsv_is_refused_with_502(says("EPSV", "502 Not implemented."))]
#[case::epsv_is_refused_with_522(says("EPSV", "522 Network protocol not supported, use (1,2)"))]
#[case::pasv_is_refused(says("PASV", "502 Passive mode not enabled."))]
#[case::pasv_has_no_port_left(says("PASV", "425 All ports are busy."))]
#[case::pasv_ends_the_session(says_and_closes("PASV", "421 Service not available."))]
#[case::the_227_has_no_parentheses(words("PASV", "227 Entering Passive Mode {a},{p}"))]
#[case::the_227_has_five_numbers(words("PASV", "227 Entering Passive Mode (10,0,0,1,32)"))]
#[case::the_227_has_an_octet_over_255(words("PASV", "227 Entering Passive Mode (300,0,0,1,{p})"))]
#[case::the_227_has_a_negative_number(words("PASV", "227 Entering Passive Mode (10,0,0,-1,{p})"))]
#[case::the_227_has_no_numbers(words("PASV", "227 Entering Passive Mode"))]
#[case::the_227_has_two_lines(words("PASV", "227-Almost there\n227 ({a},{p})"))]
#[case::the_227_has_blanks(words("PASV", "227 Entering Passive Mode ( {a} , {p} )"))]
#[case::the_227_announces_another_port(words("PASV", "227 Entering Passive Mode ({a},255,255)"))]
#[case::nobody_listens_behind_the_227(says("PASV", "227 Entering Passive Mode (10,0,1,10,32,0)"))]
#[case::the_229_has_other_delimiters(words(
    "EPSV",
    "229 Entering Extended Passive Mode (!!!{port}!)"
))]
#[case::the_229_has_no_parentheses(words("EPSV", "229 Entering Extended Passive Mode |||{port}|"))]
#[case::epsv_is_answered_with_227(words("EPSV", "227 Entering Passive Mode (10,0,1,10,{p})"))]
#[case::pasv_is_answered_with_229(words(
    "PASV",
    "229 Entering Extended Passive Mode (|||{port}|)"
))]
#[case::the_list_has_no_data_connection(says("LIST", "425 Can't open data connection."))]
#[case::the_list_never_begins(says("LIST", "150 Here it comes."))]
#[case::the_download_never_begins(says("RETR", "150 Here it comes."))]
#[case::the_upload_is_never_confirmed(words("STOR", "150 Ok to send data."))]
#[case::the_download_ends_the_session(says_and_closes("RETR", "421 Timeout."))]
#[case::the_greeting_is_a_refusal(says_and_closes("greeting", "421 Too many users."))]
#[case::the_greeting_does_not_come(is_silent("greeting"))]
#[case::the_log_in_is_refused(says("PASS", "530 Login incorrect."))]
#[case::the_features_are_not_known(says("FEAT", "500 Unknown command."))]
#[case::pasv_is_not_answered(is_silent("PASV"))]
#[case::epsv_is_not_answered(is_silent("EPSV"))]
#[case::pasv_is_slow([is_slow("PASV", 30), is_slow("EPSV", 30)].concat())]
#[case::tls_is_not_spoken(says("AUTH", "504 No such mechanism."))]
#[case::tls_is_granted_and_not_spoken(says("AUTH", "234 Go ahead."))]
#[case::tls_is_not_answered(is_silent("AUTH"))]
#[case::everything_is_very_slow([is_slow("PASV", 400), is_slow("USER", 400)].concat())]
fn every_client_ends_if(#[case] quirks: Vec<Quirk>) {
    let topology = catalog().topology("direct").expect("a known topology");
    for client in catalog().clients() {
        for base in [&*server_of(client).id, "ftpd"] {
            let server = with(quirks.clone(), base);
            if !server.takes(client) {
                continue;
            }
            let record = pasvlab_harness::run(&scenario(topology, "auto", client, &server, 1));
            let verdict = judge(&record);
            let context = format!("{} with {base}: {}", client.id, verdict.outcome);
            assert_ne!(verdict.outcome, Outcome::NotApplicable, "{context}");
            if verdict.outcome != Outcome::Transferred {
                assert!(!verdict.reason.is_empty(), "{context}");
            }
            assert!(
                record.ended_at < LONG || is_patient(client),
                "{context} {:?}",
                record.ended_at
            );
        }
    }
}

/// Text that servers send, and text that they do not.
fn reply() -> impl Strategy<Value = String> {
    let sane = "[1-5][0-9][0-9][ -][ -~]{0,40}";
    let tuple = "22[0-9] [ -~]{0,8}[(\\[]?[0-9,|!-]{0,24}[)\\]]?[ -~]{0,4}";
    prop_oneof![sane.prop_map(|text| text), tuple.prop_map(|text| text), any::<String>()]
}

fn action() -> impl Strategy<Value = QuirkAction> {
    prop_oneof![
        (reply(), any::<bool>()).prop_map(|(text, close)| QuirkAction::Reply { text, close }),
        reply().prop_map(QuirkAction::Rewrite),
        Just(QuirkAction::Silence),
        (0..500_u64).prop_map(|seconds| QuirkAction::Delay(Duration::from_secs(seconds))),
    ]
}

fn commands() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "greeting", "USER", "PASS", "FEAT", "OPTS", "PWD", "TYPE", "SYST", "PASV", "EPSV", "PORT",
        "EPRT", "LIST", "RETR", "STOR", "SIZE", "MLSD",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_server_brings_a_client_to_its_knees(
        quirks in prop::collection::vec((commands(), action()), 1..4),
        place in any::<prop::sample::Index>(),
    ) {
        let quirks = quirks.into_iter().map(|(command, action)| quirk(command, action)).collect();
        let server = with(quirks, "ftpd");
        let clients: Vec<&Client> =
            catalog().clients().filter(|client| server.takes(client)).collect();
        let client = place.get(&clients);
        let topology = catalog().topology("direct").expect("a known topology");
        let record = pasvlab_harness::run(&scenario(topology, "auto", client, &server, 1));
        let verdict = judge(&record);
        prop_assert!(verdict.outcome == Outcome::Transferred || !verdict.reason.is_empty());
    }
}
