//! FTP helpers and sessions in TLS: the helper is named where it was missing, and only there.

mod common;

use common::catalog;
use pasvlab_harness::change::{Setup, lift};
use pasvlab_harness::record::LineKind;
use pasvlab_harness::record::transcript::transcript;
use pasvlab_harness::verdict::Evidence;
use pasvlab_harness::{Cause, Outcome, Record, Scenario, Verdict, judge};
use pasvlab_scenarios::{
    AddressPolicy, CellId, DataCommand, FtpHelper, PassiveIp, Refusal, ServerTls,
};
use rstest::rstest;

/// A client in TLS that sends this command for each transfer, and a server that can do everything.
fn setup(topology: &str, command: DataCommand) -> Setup {
    let active = command.is_active();
    let cell = CellId {
        topology: topology.to_owned(),
        passive_ip: "auto".to_owned(),
        client: if active { "suppaftp-active" } else { "suppaftp" }.to_owned(),
    };
    let scenario = Scenario::of_cell(catalog(), &cell, "ftpd", 1);
    let scenario = scenario.expect("known ids").expect("a setting of the topology");
    let mut setup = Setup::of(&scenario).expect("a simulated client");
    let ftps = catalog().client("suppaftp-ftps").expect("a client");
    setup.client.login = ftps.login.clone();
    setup.client.data.commands = vec![command];
    setup.server.tls = ServerTls::Required;
    setup.passive_ip = PassiveIp::Auto;
    setup
}

/// The server is behind a router, which has a helper and publishes port 21 only.
fn behind_router(command: DataCommand) -> Setup {
    let mut setup = setup("server-behind-router", command);
    let router = &mut setup.topology.routers[0];
    router.forwards.retain(|forward| forward.ports.contains(&21));
    router.ftp_helper = Some(everything());
    setup
}

/// A firewall that turns connections away like this.
fn refusing(refusal: Refusal) -> Setup {
    let mut setup = setup("firewall-alg", DataCommand::Pasv);
    setup.topology.routers[0].refusal = refusal;
    setup
}

/// A router before the client, whose helper does not mind whose address is announced.
fn loose() -> Setup {
    let mut setup = setup("home-router-alg", DataCommand::Pasv);
    setup.topology.routers[0].ftp_helper = Some(FtpHelper { loose: true, ..everything() });
    setup
}

/// As Linux has it.
fn everything() -> FtpHelper {
    use DataCommand::{Eprt, Epsv, Pasv, Port};
    FtpHelper { ports: vec![21], understands: vec![Port, Eprt, Pasv, Epsv], loose: false }
}

fn dials(mut setup: Setup, address: AddressPolicy) -> Setup {
    setup.client.data.address = address;
    setup
}

/// The line that a verdict rests on.
fn line(record: &Record, verdict: &Verdict) -> (LineKind, String) {
    let Some(Evidence::Packet(packet)) = verdict.rests_on else { panic!("{verdict:#?}") };
    let lines = transcript(record);
    let line = lines.iter().find(|line| line.packet == packet).expect("a line in that packet");
    assert!(line.sealed, "{line:?}");
    (line.kind, line.text.clone())
}

#[rstest]
#[case::a_firewall_that_would_have_opened_the_port(
    setup("firewall-alg", DataCommand::Pasv),
    "227 "
)]
#[case::the_same_after_epsv(setup("firewall-alg", DataCommand::Epsv), "229 ")]
#[case::a_firewall_that_answers_with_a_reset(refusing(Refusal::Reset), "227 ")]
#[case::a_firewall_that_answers_unreachable(refusing(Refusal::Prohibited), "227 ")]
#[case::a_router_that_takes_any_address_for_good(loose(), "227 ")]
#[case::a_firewall_in_active_mode(setup("firewall-alg", DataCommand::Port), "PORT ")]
#[case::a_router_that_would_have_replaced_the_clients_address(
    setup("home-router-alg", DataCommand::Port),
    "PORT "
)]
#[case::a_router_that_would_have_replaced_the_servers_address(
    behind_router(DataCommand::Pasv),
    "227 "
)]
#[case::a_router_that_would_have_forwarded_the_port(behind_router(DataCommand::Epsv), "229 ")]
#[case::the_same_if_the_client_replaces_the_address(
    dials(behind_router(DataCommand::Pasv), AddressPolicy::Peer),
    "227 "
)]
#[case::the_same_if_the_client_insists_on_it(
    dials(behind_router(DataCommand::Pasv), AddressPolicy::ReplyMustEqualPeer),
    "227 "
)]
fn a_blinded_helper_is_named_and_without_tls_the_same_session_transfers(
    #[case] mut setup: Setup,
    #[case] announcement: &str,
) {
    let record = setup.run();
    let verdict = judge(&record);
    assert_eq!(verdict.cause, Some(Cause::HelperBlinded), "{verdict:#?}");
    let (_, said) = line(&record, &verdict);
    assert!(said.starts_with(announcement), "{said}");
    let sentences = verdict.chain.iter().filter(|one| one.cause == Cause::HelperBlinded);
    assert_eq!(sentences.count(), 1, "{:#?}", verdict.chain);

    let changes = lift(&setup, &record, &verdict).expect("TLS can be taken away");
    changes.iter().for_each(|change| change.apply(&mut setup));
    let verdict = judge(&setup.run());
    assert_eq!(verdict.outcome, Outcome::Transferred, "{verdict:#?}");
}

/// A firewall whose helper has these settings.
fn with_helper(change: impl FnOnce(&mut FtpHelper)) -> Setup {
    let mut setup = setup("firewall-alg", DataCommand::Pasv);
    let helper = setup.topology.routers[0].ftp_helper.as_mut().expect("a helper");
    change(helper);
    setup
}

fn announcing(mut setup: Setup, address: &str) -> Setup {
    setup.passive_ip = PassiveIp::Address(address.parse().expect("an address"));
    setup
}

#[rstest]
#[case::does_not_understand_the_reply(with_helper(|it| it.understands = vec![DataCommand::Port]))]
#[case::watches_another_port(with_helper(|it| it.ports = vec![2121]))]
#[case::sees_anothers_address_announced(setup("home-router-alg", DataCommand::Pasv))]
#[case::sees_no_address_announced(announcing(setup("firewall-alg", DataCommand::Pasv), "0.0.0.0"))]
#[case::sees_the_routers_address_announced(announcing(
    behind_router(DataCommand::Pasv),
    "198.51.100.10"
))]
#[case::is_not_there(setup("firewall-drops", DataCommand::Pasv))]
fn a_helper_is_not_named_that_would_have_done_nothing_because_it(#[case] mut setup: Setup) {
    let record = setup.run();
    let verdict = judge(&record);
    assert_ne!(verdict.outcome, Outcome::Transferred);
    let named = verdict.chain.iter().any(|one| one.cause == Cause::HelperBlinded);
    assert!(!named && verdict.cause != Some(Cause::HelperBlinded), "{verdict:#?}");

    // It does not work without TLS either.
    setup.client.login.retain(|step| ["USER", "PASS"].contains(&step.as_str()));
    setup.server.tls = ServerTls::None;
    let in_clear = judge(&setup.run());
    assert_eq!((in_clear.outcome, in_clear.cause), (verdict.outcome, verdict.cause));
}

/// The ports are open anyhow, so nobody missed the helper.
#[test]
fn a_helper_is_not_named_where_the_session_works() {
    let mut setup = setup("firewall-alg", DataCommand::Pasv);
    pasvlab_harness::change::Change::Passage("firewall".to_owned()).apply(&mut setup);
    let verdict = judge(&setup.run());
    assert_eq!(verdict.outcome, Outcome::Transferred, "{verdict:#?}");
    assert!(!verdict.chain.iter().any(|one| one.cause == Cause::HelperBlinded));
}
