//! What is generated into `docs/`, and the command that generates it.

use std::process::{Command, Output};

use pasvlab_report::page;
use pasvlab_scenarios::Catalog;
use rstest::rstest;

const COMMAND: &str = "cargo run --release -- show topology --all > docs/topologies.md";

fn expected() -> String {
    page::topologies_page(&Catalog::builtin().expect("the built-in files are sound"))
}

fn pasvlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .expect("pasvlab runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn docs_topologies_md_is_what_the_topology_files_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/topologies.md");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let expected = expected();
    let lines = committed.lines().chain(["(the end)"]).zip(expected.lines().chain(["(the end)"]));
    let difference = lines.enumerate().find(|(_, (committed, expected))| committed != expected);
    if let Some((number, (committed, expected))) = difference {
        panic!(
            "docs/topologies.md:{}: is `{committed}`, expected `{expected}`; make it anew with\n  \
             {COMMAND}",
            number + 1
        );
    }
    assert_eq!(committed, expected, "make docs/topologies.md anew with\n  {COMMAND}");
}

#[test]
fn the_page_names_the_command_that_makes_it() {
    assert!(expected().contains(COMMAND));
}

#[test]
fn the_command_prints_the_page() {
    let output = pasvlab(&["show", "topology", "--all"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), expected());
}

#[test]
fn a_topology_is_shown_with_its_settings_and_its_diagram() {
    let output = pasvlab(&["show", "topology", "privatelink"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in [
        "Interface endpoint → network load balancer → server\n",
        "PassiveIp: auto, zero (0.0.0.0), endpoint (10.1.135.46), nlb (10.0.1.50)\n",
        "\nflowchart LR\n",
    ] {
        assert!(printed.contains(part), "no {part:?} in:\n{printed}");
    }
}

#[rstest]
#[case::unknown(&["show", "topology", "privatlink"], "did you mean `privatelink`")]
#[case::none(&["show", "topology"], "<ID>")]
#[case::one_and_all(&["show", "topology", "privatelink", "--all"], "--all")]
fn what_cannot_be_shown_exits_with_2(#[case] arguments: &[&str], #[case] hint: &str) {
    let output = pasvlab(arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains(hint), "no {hint:?} in:\n{errors}");
}
