//! Four things that people say about FTP clients and `PassiveIp`, each as it turns out to be.

mod common;

use common::{catalog, run, run_case};
use pasvlab_harness::{Outcome, judge};
use pasvlab_scenarios::DataCommand;
use rstest::rstest;

const SEED: u64 = 1;

fn outcome(topology: &str, passive_ip: &str, client: &str) -> Outcome {
    run(topology, passive_ip, client, SEED).0.outcome
}

/// "ftp 0.17 on Amazon Linux 2 sends PASV; on 227 (0,0,0,0,32,5) it prints ftp: connect: Connection
/// refused": confirmed. The address is dialled as it is, and Linux takes it for the own host.
#[test]
fn ftp_on_amazon_linux_2_prints_connection_refused_for_zero() {
    let case = catalog().case("ftp-dials-itself").expect("the case");
    let record = run_case(case, SEED);
    assert_eq!(judge(&record).outcome, Outcome::Refused);
    let said = format!("{:?}", record.events);
    assert!(said.contains("ftp: connect: Connection refused"), "{said}");
}

/// "lftp works with AUTO through PrivateLink because it uses EPSV": not by default in current lftp.
#[test]
fn lftp_does_not_work_with_auto_by_default_because_its_default_is_not_epsv() {
    let (result, _) = run("privatelink", "auto", "lftp", SEED);
    assert_eq!(result.outcome, Outcome::TimedOut);
    assert!(result.commands.iter().all(|command| *command == DataCommand::Pasv));
}

#[rstest]
#[case::whose_default_was_epsv("lftp-4-7")]
#[case::with_prefer_epsv("lftp-epsv")]
#[case::with_ignore_pasv_address("lftp-ignore-pasv-address")]
fn lftp_works_with_auto(#[case] client: &str) {
    assert_eq!(outcome("privatelink", "auto", client), Outcome::Transferred);
}

/// With 0.0.0.0 lftp always succeeds: through its rule for reserved addresses, not through EPSV.
#[rstest]
#[case("privatelink")]
#[case("elastic-ip")]
fn lftp_works_with_zero_without_epsv(#[case] topology: &str) {
    let (result, _) = run(topology, "zero", "lftp", SEED);
    assert_eq!(result.outcome, Outcome::Transferred);
    assert!(result.commands.iter().all(|command| *command == DataCommand::Pasv));
}

/// "WinSCP works with AUTO when Force IP is On; with Auto or Off it fails even with 0.0.0.0 or the
/// load balancer's address when the host is a private address": confirmed.
#[test]
fn winscp_works_through_privatelink_only_with_force_ip_on() {
    for passive_ip in ["auto", "nlb", "zero"] {
        assert_eq!(outcome("privatelink", passive_ip, "winscp-force-on"), Outcome::Transferred);
        for client in ["winscp-force-auto", "winscp-force-off"] {
            let found = outcome("privatelink", passive_ip, client);
            assert_ne!(found, Outcome::Transferred, "{passive_ip} {client}");
        }
    }
}

/// The address that the client uses for the control connection works in all three settings.
#[rstest]
#[case("winscp-force-on")]
#[case("winscp-force-auto")]
#[case("winscp-force-off")]
fn winscp_works_with_the_endpoints_own_address(#[case] client: &str) {
    let (result, _) = run("privatelink", "endpoint", client, SEED);
    assert_eq!(result.outcome, Outcome::Transferred);
    assert!(!result.commands.contains(&DataCommand::Epsv), "WinSCP never uses EPSV over IPv4");
}

/// "AWS documentation says FileZilla and WinSCP support 0.0.0.0": only if the address of the control
/// connection is public.
#[rstest]
#[case("filezilla")]
#[case("filezilla-windows")]
#[case("winscp-force-auto")]
fn filezilla_and_winscp_handle_zero_only_if_the_peer_is_public(#[case] client: &str) {
    assert_eq!(outcome("elastic-ip", "zero", client), Outcome::Transferred);
    assert_ne!(outcome("privatelink", "zero", client), Outcome::Transferred);
    assert_ne!(outcome("direct", "zero", client), Outcome::Transferred);
}

/// Clients that handle 0.0.0.0 with any peer on default settings.
#[rstest]
fn these_handle_zero_whatever_the_peer(
    #[values(
        "lftp",
        "curl",
        "python-ftplib",
        "ruby-net-ftp",
        "commons-net",
        "commons-net-3-8",
        "fluentftp",
        "dotnet-ftpwebrequest",
        "gvfs",
        "tnftp",
        "basic-ftp",
        "go-jlaffaye",
        "rclone",
        "php-wrapper"
    )]
    client: &str,
) {
    for topology in ["privatelink", "direct", "elastic-ip"] {
        assert_eq!(outcome(topology, "zero", client), Outcome::Transferred, "{topology}");
    }
}
