//! What `advise` proposes, and what it does not.

mod common;

use common::catalog;
use pasvlab_harness::advise::{Advice, Keep, Question, Sighting, advise};
use pasvlab_harness::change::{Change, Setup, Side};
use pasvlab_harness::net::Reason;
use pasvlab_harness::{Cause, Outcome, Scenario, judge};
use pasvlab_scenarios::PassiveIp;
use rstest::rstest;

const FOUR: [&str; 4] = ["ftp-netkit", "lftp", "winscp-force-auto", "filezilla"];

fn question<'a>(ways: &[&str], clients: &[&str]) -> Question<'a> {
    Question {
        catalog: catalog(),
        ways: ways.iter().map(|id| catalog().topology(id).expect("a topology")).collect(),
        clients: clients.iter().map(|id| catalog().client(id).expect("a client")).collect(),
        server: catalog().server("transfer-family").expect("a server"),
        passive_ip: PassiveIp::Auto,
        passive_port: None,
        link: None,
        keep: Vec::new(),
    }
}

fn address(text: &str) -> Change {
    Change::PassiveIp(PassiveIp::Address(text.parse().expect("an address")))
}

/// Runs a proposal again, by itself.
fn works(question: &Question<'_>, advice: &Advice) {
    for proposal in &advice.proposals {
        assert!(proposal.after.iter().all(Sighting::works));
        for (way, client) in
            question.ways.iter().flat_map(|way| question.clients.iter().map(move |c| (way, c)))
        {
            for seed in 0..2 {
                let mut setup = Setup {
                    topology: (*way).clone(),
                    passive_ip: question.passive_ip,
                    server: question.server.clone(),
                    client: (*client).clone(),
                    passive_port: question.passive_port,
                    link: question.link,
                    seed,
                };
                let own = proposal.clients.iter().filter(|(id, _)| *id == client.id);
                for change in proposal.changes.iter().chain(own.map(|(_, change)| change)) {
                    change.apply(&mut setup);
                }
                let verdict = judge(&setup.run());
                assert_eq!(verdict.outcome, Outcome::Transferred, "{} {}", way.id, client.id);
            }
        }
    }
}

#[test]
fn one_consumer_needs_the_endpoints_address_as_passive_ip() {
    let question = question(&["privatelink"], &FOUR);
    let advice = advise(&question);
    let proposals: Vec<&[Change]> =
        advice.proposals.iter().map(|proposal| proposal.changes.as_slice()).collect();
    assert_eq!(proposals, [[address("10.1.135.46")].as_slice()]);
    assert!(advice.proposals[0].clients.is_empty());
    works(&question, &advice);
}

#[test]
fn no_single_passive_ip_does_for_two_consumers_and_the_reason_is_told() {
    let question = question(&["privatelink", "privatelink-second-consumer"], &FOUR);
    let advice = advise(&question);
    for (setting, elsewhere) in
        [("10.1.135.46", "privatelink-second-consumer"), ("10.2.7.20", "privatelink")]
    {
        let tried = advice.insufficient.iter().find(|tried| tried.change == address(setting));
        let tried = tried.unwrap_or_else(|| panic!("{setting} is not enough"));
        assert_eq!(tried.working, tried.failing.len(), "it works for one of them");
        for failing in &tried.failing {
            assert_eq!(failing.way, elsewhere);
            assert_eq!(failing.cause, Some(Cause::PassiveAddressPrivate));
            assert!(failing.reason.starts_with(setting), "{}", failing.reason);
        }
    }
    let sets = |proposal: &pasvlab_harness::advise::Proposal| {
        proposal.changes.iter().any(|change| matches!(change, Change::PassiveIp(_)))
    };
    assert!(!advice.proposals.iter().any(sets));
    assert_eq!(advice.proposals[0].changes, [Change::ServerPerWay]);
    works(&question, &advice);
}

#[test]
fn options_of_clients_are_offered_where_they_exist() {
    let advice = advise(&question(&["privatelink"], &FOUR));
    let options = |id: &str| -> Vec<String> {
        let own = advice.own_options.iter().find(|own| own.client == id).expect("it fails");
        let clients = own.work.iter().map(|change| match change {
            Change::Client(client) => client.id.clone(),
            other => panic!("{other} is not a client's"),
        });
        clients.collect()
    };
    assert_eq!(options("ftp-netkit"), Vec::<String>::new());
    assert!(options("lftp").contains(&"lftp-ignore-pasv-address".to_owned()));
    assert!(options("winscp-force-auto").contains(&"winscp-force-on".to_owned()));
    assert!(options("filezilla").contains(&"filezilla-fallback-peer".to_owned()));
}

#[rstest]
#[case::passive_ip(Keep::PassiveIp)]
#[case::the_server(Keep::All(Side::Server))]
fn what_is_kept_is_not_changed_and_options_take_its_place(#[case] keep: Keep) {
    let clients = ["lftp", "winscp-force-auto"];
    let question = Question { keep: vec![keep], ..question(&["privatelink"], &clients) };
    let advice = advise(&question);
    assert!(!advice.proposals.is_empty());
    for proposal in &advice.proposals {
        assert!(proposal.changes.is_empty(), "{proposal:?}");
        let changed: Vec<&str> = proposal.clients.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(changed, clients);
    }
    works(&question, &advice);
}

#[test]
fn nothing_is_proposed_where_nothing_was_seen_to_work() {
    let keep = vec![Keep::PassiveIp, Keep::Client("lftp".to_owned())];
    let question = Question { keep, ..question(&["privatelink"], &["ftp-netkit", "lftp"]) };
    let advice = advise(&question);
    assert_eq!(advice.proposals, Vec::new());
    assert!(!advice.all_works());
}

#[test]
fn where_everything_works_there_is_nothing_to_change() {
    let advice = advise(&question(&["direct"], &["curl", "ftp-netkit"]));
    assert!(advice.all_works());
    assert!(advice.proposals.is_empty() && advice.insufficient.is_empty());
}

/// A fixed address is one zone's; with the other one the session reaches another server.
#[test]
fn a_setting_that_works_in_one_zone_only_is_not_proposed() {
    let question = question(&["nlb-multi-az"], &["ftp-netkit"]);
    let advice = advise(&question);
    let tried = advice.insufficient.iter().find(|tried| tried.change == address("10.0.1.50"));
    let tried = tried.expect("it is not enough");
    assert_eq!((tried.working, tried.failing.len()), (1, 1));
    assert_eq!(tried.failing[0].cause, Some(Cause::OtherZone));
    assert_eq!(advice.proposals[0].changes, [Change::ServerPerZone]);
    works(&question, &advice);
}

#[rstest]
#[case::ports_that_are_not_published("docker-port-21-only", "curl", &[
    Change::Publish("docker-host".to_owned()),
])]
#[case::listeners("nlb-port-21-only", "curl", &[Change::Listeners("nlb".to_owned())])]
fn the_network_is_changed_where_it_is_in_the_way(
    #[case] way: &str,
    #[case] client: &str,
    #[case] expected: &[Change],
) {
    let question = question(&[way], &[client]);
    let advice = advise(&question);
    assert_eq!(advice.proposals[0].changes, expected);
    works(&question, &advice);
}

/// With hairpinning the data connection arrives, but from the router's address and not the session's.
#[test]
fn hairpinning_is_not_proposed_where_the_server_would_close_the_connection() {
    let mut question = question(&["split-horizon-inside"], &["ftp-netkit"]);
    question.passive_ip = question.ways[0].announced("public").expect("a setting");
    question.keep = vec![Keep::PassiveIp];
    let advice = advise(&question);
    assert_eq!(advice.before[0].cause, Some(Cause::Network(Reason::NoHairpin)));
    assert_eq!(advice.proposals, Vec::new());
}

fn in_tls<'a>(ways: &[&str], clients: &[&str]) -> Question<'a> {
    let server = catalog().server("transfer-family-ftps").expect("a server");
    Question { server, ..question(ways, clients) }
}

/// No proposal takes TLS away from anybody.
fn keeps_tls(question: &Question<'_>, advice: &Advice) {
    let own = advice.own_options.iter().map(|own| (&own.client, own.work.as_slice()));
    let proposed = advice.proposals.iter().flat_map(|proposal| {
        let clients = proposal.clients.iter();
        clients.map(|(id, change)| (id, std::slice::from_ref(change)))
    });
    for (id, changes) in own.chain(proposed) {
        let before = question.clients.iter().find(|client| client.id == *id).expect("a client");
        for change in changes {
            let Change::Client(after) = change else { panic!("{change} is not a client's") };
            assert!(after.asks_for_tls() || !before.asks_for_tls(), "{id}: {change}");
        }
    }
}

/// What the helper did without TLS has to be done by hand.
#[rstest]
#[case::the_ports_are_opened("firewall-alg", Cause::HelperBlinded, &[
    Change::Passage("firewall".to_owned()),
])]
#[case::the_address_is_set("home-router-alg", Cause::PassiveAddressPrivate, &[
    address("198.51.100.10"),
])]
fn where_a_helper_cannot_read_a_session_in_tls(
    #[case] way: &str,
    #[case] cause: Cause,
    #[case] expected: &[Change],
) {
    let question = in_tls(&[way], &["suppaftp-ftps"]);
    let advice = advise(&question);
    assert_eq!(advice.before[0].cause, Some(cause));
    assert_eq!(advice.proposals.len(), 1, "{:#?}", advice.proposals);
    assert_eq!(advice.proposals[0].changes, expected);
    assert!(advice.proposals[0].clients.is_empty());
    keeps_tls(&question, &advice);
    works(&question, &advice);
}

#[test]
fn where_the_network_must_stay_nobody_is_told_to_do_without_tls() {
    let keep = vec![Keep::All(Side::Network), Keep::PassiveIp];
    let question = Question { keep, ..in_tls(&["firewall-alg"], &["suppaftp-ftps"]) };
    let advice = advise(&question);
    assert_eq!(advice.proposals, Vec::new());
    keeps_tls(&question, &advice);
}

/// The ports have to be opened, too: the helper reads none of what the client then says.
#[rstest]
#[case::directly("direct", &[])]
#[case::through_a_firewall("firewall-alg", &[Change::Passage("firewall".to_owned())])]
fn a_client_in_clear_is_told_to_use_tls_where_the_server_demands_it(
    #[case] way: &str,
    #[case] expected: &[Change],
) {
    let question = in_tls(&[way], &["suppaftp"]);
    let advice = advise(&question);
    assert_eq!(advice.before[0].cause, Some(Cause::TlsRequired));
    assert!(!advice.proposals.is_empty());
    for proposal in &advice.proposals {
        assert_eq!(proposal.changes, expected);
        assert!(
            proposal.clients.iter().any(|(_, change)| change.to_string().contains("into_secure"))
        );
    }
    works(&question, &advice);
}

#[rstest]
#[case::anything(Vec::new(), &[Change::OfferTls])]
#[case::all_but_the_server(vec![Keep::All(Side::Server)], &[])]
fn a_server_is_told_to_offer_tls_to_a_client_that_demands_it(
    #[case] keep: Vec<Keep>,
    #[case] expected: &[Change],
) {
    let question = Question { keep, ..question(&["direct"], &["suppaftp-ftps"]) };
    let advice = advise(&question);
    assert_eq!(advice.before[0].cause, Some(Cause::TlsRefused));
    let changes = advice.proposals.iter().flat_map(|proposal| &proposal.changes);
    assert_eq!(changes.cloned().collect::<Vec<_>>(), expected);
    keeps_tls(&question, &advice);
    works(&question, &advice);
}

/// The control connection is idle for longer than the load balancer remembers.
#[test]
fn a_case_is_helped_by_what_keeps_its_idle_connection() {
    let case = catalog().case("idle-nlb").expect("a case");
    let scenario = Scenario::of_case(catalog(), case, 1).expect("known ids").expect("a setting");
    let question = Question::of(catalog(), &scenario).expect("a simulated client");
    let advice = advise(&question);
    assert_eq!(advice.before[0].cause, Some(Cause::Network(Reason::IdleExpired)));
    assert_eq!(advice.proposals[0].changes, [Change::IdleTimeout("nlb".to_owned())]);
    works(&question, &advice);
}
