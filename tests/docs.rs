//! What is generated into `docs/`, and the command that generates it.

use std::process::{Command, Output};

use pasvlab_report::page;
use pasvlab_report::reasons::{self, Reasons};
use pasvlab_scenarios::Catalog;
use rstest::rstest;

const TOPOLOGIES: &str = "cargo run --release -- show topology --all > docs/topologies.md";
const REASONS: &str = "cargo run --release -- explain --all --format markdown > docs/reasons.md";

fn topologies() -> String {
    page::topologies_page(&Catalog::builtin().expect("the built-in files are sound"))
}

fn reasons() -> String {
    reasons::reasons_page(&Reasons::builtin().expect("one page for each cause"))
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

#[rstest]
#[case::topologies("docs/topologies.md", topologies(), TOPOLOGIES)]
#[case::reasons("docs/reasons.md", reasons(), REASONS)]
fn a_page_is_what_the_files_say_and_names_the_command_that_makes_it(
    #[case] path: &str,
    #[case] expected: String,
    #[case] command: &str,
) {
    let root = env!("CARGO_MANIFEST_DIR");
    let committed = std::fs::read_to_string(format!("{root}/{path}")).unwrap_or_default();
    let lines = committed.lines().chain(["(the end)"]).zip(expected.lines().chain(["(the end)"]));
    let difference = lines.enumerate().find(|(_, (committed, expected))| committed != expected);
    if let Some((number, (committed, expected))) = difference {
        panic!(
            "{path}:{}: is `{committed}`, expected `{expected}`; make it anew with\n  {command}",
            number + 1
        );
    }
    assert_eq!(committed, expected, "make {path} anew with\n  {command}");
    assert!(expected.contains(command));
}

#[rstest]
#[case::topologies(&["show", "topology", "--all"], topologies())]
#[case::reasons(&["explain", "--all", "--format", "markdown"], reasons())]
fn the_command_prints_the_page(#[case] arguments: &[&str], #[case] expected: String) {
    let output = pasvlab(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn a_reason_is_explained_with_the_words_of_its_page() {
    let output = pasvlab(&["explain", "passive-address-private"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in [
        "passive-address-private\nThe announced address is private",
        "\nIn a log\n  - ftp (netkit-ftp): ftp: connect: Connection timed out\n",
        "\nIn a capture\n",
        "\nWhat to change\n  - server: PassiveIp",
        "\n    pasvlab run privatelink/auto/ftp-netkit\n",
        "\n    pasvlab explain no-route\n",
        "\nSources\n  - RFC 1918\n",
    ] {
        assert!(printed.contains(part), "no {part:?} in:\n{printed}");
    }
}

#[test]
fn without_an_id_all_are_listed_with_their_sentences() {
    let output = pasvlab(&["explain"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    for (cause, page) in Reasons::builtin().expect("one page for each cause").all() {
        let entry = format!("{cause} {}", page.sentence);
        assert!(printed.contains(&entry), "no {entry:?} in:\n{printed}");
    }
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
#[case::unknown_reason(&["explain", "no-listner"], "did you mean `no-listener`")]
#[case::reason_and_all(&["explain", "no-listener", "--all"], "--all")]
#[case::none(&["show", "topology"], "<ID>")]
#[case::one_and_all(&["show", "topology", "privatelink", "--all"], "--all")]
fn what_cannot_be_shown_exits_with_2(#[case] arguments: &[&str], #[case] hint: &str) {
    let output = pasvlab(arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains(hint), "no {hint:?} in:\n{errors}");
}

/// The first block of README.md that begins with this command.
fn shown(command: &str) -> String {
    let readme = std::fs::read_to_string(format!("{}/README.md", env!("CARGO_MANIFEST_DIR")));
    let readme = readme.expect("README.md");
    let block = readme.split("```text\n").find_map(|block| block.strip_prefix(command));
    let block = block.unwrap_or_else(|| panic!("README.md shows `{command}`"));
    block.split("```").next().unwrap_or_default().trim().to_owned()
}

#[rstest]
#[case::advice("$ pasvlab advise privatelink --client ftp-netkit --client lftp")]
fn the_readme_shows_what_is_printed(#[case] command: &str) {
    let arguments: Vec<&str> = command.split(' ').skip(2).collect();
    let output = pasvlab(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(shown(command), text(&output.stdout).trim());
}

#[test]
fn the_readme_shows_the_recorded_case_as_it_is_printed() {
    let output = text(&pasvlab(&["run", "ftp-dials-itself"]).stdout);
    let first = output.lines().next().expect("a heading");
    assert_eq!(shown(first), output[first.len()..].trim());
}
