//! Whole control connections, from greeting to farewell, of every client whose program was run.
//!
//! `BLESS=1 cargo test --test transcripts` writes `tests/transcripts/` anew.

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use common::{catalog, scenario, server_of};
use pasvlab_harness::record::{LineKind, transcript};
use pasvlab_harness::{Outcome, judge};
use pasvlab_scenarios::{Client, Verified};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

fn clients() -> impl Iterator<Item = &'static Client> {
    catalog().clients().filter(|client| client.verified == Verified::Run)
}

/// The session next to its server; one that allows active mode if the client begins with that.
fn whole_session(client: &Client) -> String {
    let active = client.data.commands[0].is_active();
    let ftpd = catalog().server("ftpd").expect("a known server");
    let server = if active { ftpd } else { server_of(client) };
    let topology = catalog().topology("direct").expect("a known topology");
    let record = pasvlab_harness::run(&scenario(topology, "auto", client, server, 1));
    assert_eq!(judge(&record).outcome, Outcome::Transferred, "{}", client.id);
    let mut text = String::new();
    for line in transcript::transcript(&record) {
        let mark = if line.kind == LineKind::Command { '>' } else { '<' };
        let _ = writeln!(text, "{mark} {}", line.text);
    }
    text
}

#[test]
fn every_program_that_was_run_has_the_session_that_is_committed() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for client in clients() {
        let path = folder().join(format!("{}.txt", client.id));
        let found = whole_session(client);
        if bless {
            fs::write(&path, &found).expect("a file that can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_no_session_of_anything_else() {
    let mut expected: Vec<String> = clients().map(|client| format!("{}.txt", client.id)).collect();
    let files = fs::read_dir(folder()).expect("a folder").map(|file| file.expect("a file"));
    let mut found: Vec<String> =
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_session_ends_with_quit() {
    for client in clients() {
        let session = whole_session(client);
        let last: Vec<&str> = session.lines().rev().take(2).collect();
        assert!(last[0].starts_with("< 221"), "{}: {last:?}", client.id);
        assert_eq!(last[1], "> QUIT", "{}", client.id);
    }
}
