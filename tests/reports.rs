//! Reports as they are handed on: every format of a session, and files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;
use serde_json::Value;

fn pasvlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(arguments)
        .env_remove("RUST_LOG")
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("pasvlab runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An empty directory of this test's own.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path
}

const CELL: &str = "privatelink/auto/wget";

fn session(format: &str) -> String {
    let output = pasvlab(&["run", CELL, "--format", format]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_session_in_markdown_has_verdict_causes_help_diagram_and_transcript() {
    let report = session("markdown");
    for part in [
        "# privatelink/auto/wget\n",
        "**timed out** after ",
        "\\[`passive-address-private`\\]\n",
        "\n1. The server announced 10.0.1.10:",
        "What helps (each was run and seen to work):\n\n- server: ",
        "pasvlab run privatelink/auto/wget --seed 1\n",
        "```mermaid\nsequenceDiagram\n",
        "> PASV\n",
    ] {
        assert!(report.contains(part), "no {part:?} in:\n{report}");
    }
    assert!(!report.contains('\u{1b}'), "colours are for terminals");
    assert_eq!(report.matches("```").count() % 2, 0, "every fence is closed");
}

#[test]
fn a_sequence_diagram_names_its_participants_and_shows_where_a_packet_was_lost() {
    let diagram = session("mermaid");
    let mut lines = diagram.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"));
    let participants: Vec<&str> =
        diagram.lines().filter_map(|line| line.strip_prefix("  participant ")).collect();
    assert_eq!(participants.first(), Some(&"p0 as client<br/>10.1.135.10"));
    assert!(participants.last().is_some_and(|last| last.contains("server")), "{participants:?}");
    let router = participants.iter().position(|name| name.contains("router of consumer"));
    let lost = format!("  p0-xp{}: SYN ", router.expect("where it was lost"));
    assert!(diagram.lines().any(|line| line.starts_with(&lost)), "no {lost:?} in:\n{diagram}");
    for line in diagram.lines().skip(1 + participants.len()) {
        let (_, words) = line.split_once(": ").expect("who, and what");
        let rest = words.replace("#35;", "").replace("#59;", "");
        let rest = rest.replace("#lt;", "").replace("#gt;", "").replace("#quot;", "");
        assert!(!rest.contains(['#', ';', '<', '>', '"']), "{line}");
    }
}

#[test]
fn a_session_as_json_tells_the_same_as_its_cell_in_a_matrix() {
    let story: Value = serde_json::from_str(&session("json")).expect("JSON");
    let matrix = ["matrix", "--topology", "privatelink", "--passive-ip", "auto"];
    let output = pasvlab(&[&matrix[..], &["--client", "wget", "--format", "json"]].concat());
    let matrix: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(story["cell"], matrix["cells"][0]);
    assert_eq!(story["cell"]["cause"], "passive-address-private");
    let timeline = story["timeline"].as_array().expect("a list");
    assert!(timeline.iter().any(|moment| moment["kind"] == "lost"));
    assert!(timeline.is_sorted_by_key(|moment| moment["at_ms"].as_u64()));
    assert!(!story["fixes"].as_array().expect("a list").is_empty());
}

#[test]
fn a_session_as_a_page_is_a_page_of_one_cell() {
    let page = session("html");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert_eq!(page.matches("<a href=\"#privatelink/auto/wget\"").count(), 1);
}

#[rstest]
fn a_file_has_what_standard_output_has_without_colours(
    #[values("terminal", "markdown", "html", "json", "junit", "csv")] format: &str,
) {
    let directory = scratch(&format!("report-{format}"));
    let file = directory.join("report");
    fs::write(&file, "what was there before").expect("a file");
    let path = file.to_str().expect("a path that is text");
    let matrix = ["matrix", "--topology", "direct", "--format", format];
    let output = pasvlab(&[&matrix[..], &["-o", path]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let written = fs::read_to_string(&file).expect("a report");
    assert!(!written.contains('\u{1b}'));
    let printed = pasvlab(&[&matrix[..], &["-o", "-"]].concat());
    if format == "terminal" {
        assert!(text(&printed.stdout).contains('\u{1b}'), "they were asked for");
    } else {
        assert_eq!(text(&printed.stdout), written);
    }
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), 1, "nothing else is left");
}

#[rstest]
#[case::a_file_in_no_directory(
    &["run", CELL, "-o", "/no/such/directory/report"],
    "/no/such/directory/report"
)]
#[case::bless_elsewhere(&["bless", "--directory", "/"], "tests/headline.json")]
#[case::no_fixes_where_there_are_none(&["matrix", "--no-fixes"], "--format html")]
fn what_cannot_be_written_exits_with_2_and_says_why(#[case] arguments: &[&str], #[case] why: &str) {
    let output = pasvlab(arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains(why), "no {why:?} in:\n{errors}");
}
