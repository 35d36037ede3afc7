//! Verdicts say what a reader of the capture would say.

mod common;

use common::{catalog, run_case, scenario};
use pasvlab_harness::{Cause, Outcome, Record, Verdict, judge};
use pasvlab_scenarios::{DataCommand, FtpHelper, Topology};
use rstest::rstest;

const SEED: u64 = 1;

fn session(topology: &Topology, client: &str, server: &str) -> Record {
    let client = catalog().client(client).expect("a client");
    let server = catalog().server(server).expect("a server");
    pasvlab_harness::run(&scenario(topology, "auto", client, server, SEED))
}

fn verdict(topology: &str, client: &str, server: &str) -> Verdict {
    judge(&session(catalog().topology(topology).expect("a topology"), client, server))
}

fn said(verdict: &Verdict, cause: Cause) -> Option<&str> {
    verdict.chain.iter().find(|said| said.cause == cause).map(|said| said.text.as_str())
}

#[test]
fn a_reply_that_a_box_changed_is_not_taken_for_the_servers() {
    let mut topology = catalog().topology("server-behind-router").expect("a topology").clone();
    let understands = vec![DataCommand::Pasv];
    topology.routers[0].ftp_helper = Some(FtpHelper { ports: vec![21], understands, loose: false });
    let verdict = judge(&session(&topology, "ftp-netkit", "transfer-family"));
    assert_eq!(verdict.outcome, Outcome::Transferred);
    assert_eq!(said(&verdict, Cause::AnnouncedOwnAddress), None);
    let text = said(&verdict, Cause::AnnouncementRewritten).expect("that it was changed");
    for part in ["198.51.100.10:", "`router`", "(198,51,100,10,", "(192,168,1,20,"] {
        assert!(text.contains(part), "no {part:?} in {text:?}");
    }
}

#[test]
fn a_port_command_that_a_box_changed_is_told_with_both_addresses() {
    let case = catalog().case("active-through-home-router-alg").expect("a case");
    let verdict = judge(&run_case(case, SEED));
    let text = said(&verdict, Cause::AnnouncementRewritten).expect("that it was changed");
    assert!(text.contains("PORT 203,0,113,20,"), "{text}");
    assert!(text.contains("PORT 192,168,1,10,"), "{text}");
}

/// What a client that gave up waiting cannot see, and a capture at the server can.
#[rstest]
#[case::a_server_that_still_dials("haproxy", "curl-ftp-port", "ftpd", Cause::ActiveAddressPrivate)]
#[case::a_header_on_the_data_connection(
    "nlb-proxy-protocol",
    "curl",
    "ftpd-proxy-protocol",
    Cause::UnexpectedProxyHeader
)]
#[case::a_fin_that_was_lost_after_the_client_gave_up(
    "nlb",
    "wget",
    "ftpd-proxy-protocol",
    Cause::ServerSilent
)]
#[case::a_session_that_the_server_ended(
    "haproxy-proxy-protocol",
    "commons-net",
    "ftpd-proxy-protocol",
    Cause::SessionEnded
)]
fn the_cause_is_not_the_symptom(
    #[case] topology: &str,
    #[case] client: &str,
    #[case] server: &str,
    #[case] expected: Cause,
) {
    let verdict = verdict(topology, client, server);
    assert_eq!(verdict.cause, Some(expected), "{}", verdict.reason);
}

#[test]
fn an_address_is_not_put_in_place_of_itself() {
    let verdict = verdict("direct", "python-ftplib", "transfer-family");
    let text = said(&verdict, Cause::AddressReplaced).expect("what the client dialled");
    assert!(text.ends_with("the address it is connected to, whatever was announced."), "{text}");
}
