//! Every named case: whole sessions with what a person is known to see.

mod common;

use common::{catalog, run_case};
use pasvlab_harness::judge;
use rstest::rstest;

#[rstest]
fn the_lab_reaches_the_cases_outcome_and_prints_its_lines(
    #[values(
        "active-through-home-router",
        "active-through-home-router-alg",
        "active-through-nat-gateway",
        "active-through-privatelink",
        "ftp-dials-itself",
        "ftps-elastic-ip-auto",
        "ftps-through-firewall-alg",
        "idle-endpoint",
        "idle-nat-gateway",
        "idle-nlb",
        "keepalive-endpoint",
        "keepalive-nat-gateway",
        "keepalive-nlb",
        "late-noop-endpoint",
        "late-noop-nat-gateway",
        "late-noop-nlb",
        "nacl-forgets-ephemeral",
        "nlb-port-21-only",
        "nlb-remapped-ports",
        "noop-endpoint",
        "noop-nat-gateway",
        "noop-nlb",
        "six-hours",
        "split-horizon-inside-private",
        "split-horizon-inside-public",
        "split-horizon-outside-private",
        "split-horizon-outside-public"
    )]
    id: &str,
) {
    let case = catalog().case(id).expect("a known case");
    let record = run_case(case, 1);
    let verdict = judge(&record);
    let mut printed = Vec::new();
    pasvlab_report::session::write(&record, &verdict, false, &mut printed)
        .expect("writing to memory");
    let printed = String::from_utf8(printed).expect("text");
    let printed = anstream::adapter::strip_str(&printed).to_string();
    assert_eq!(verdict.outcome.id(), case.outcome, "{printed}");
    // The page is wrapped; the lines of a case are not.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = words(&printed);
    let mut rest = printed.as_str();
    for line in &case.transcript {
        let line = words(line);
        let at = rest.find(&line).unwrap_or_else(|| panic!("{line:?} is not in:\n{printed}"));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn every_case_is_tested() {
    assert_eq!(catalog().cases().len(), CASES);
}

/// As many as the test above names.
const CASES: usize = 27;
