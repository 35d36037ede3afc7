//! `pasvlab learn` on the programs themselves: what it writes is what the client files say. Programs
//! that are not there are skipped, unless PASVLAB_REQUIRE_PROGRAMS is set.
#![cfg(target_os = "linux")]

mod common;
#[path = "portrait/effects.rs"]
mod effects;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::catalog;
use effects::{after_500, after_failure};
use pasvlab_scenarios::{Catalog, ConnectCause, DataCommand, load};
use rstest::rstest;

/// What a program has to have around it, in a directory of its own.
fn pasvlab(home: &Path) -> Command {
    for (name, text) in Catalog::scripts() {
        std::fs::write(home.join(name), text).expect("a script is written");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    command.env("HOME", home).env("LC_ALL", "C.UTF-8").env("PASVLAB_SCRIPTS", home);
    for name in ["ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    command
}

fn skip(why: &str) {
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{why}");
    // Nobody reads it but who looks for it.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory: PathBuf| directory.join(program).is_file())
}

fn learn(home: &Path, file: &Path, script: &str) -> Output {
    let mut command = pasvlab(home);
    command.args(["learn", "--jobs", "8", "-o"]).arg(file).args(["--", "sh", "-c", script]);
    command.output().expect("pasvlab runs")
}

#[rstest]
#[case::curl("curl")]
#[case::lftp("lftp")]
#[case::wget("wget")]
#[case::tnftp("tnftp")]
#[case::python("python-ftplib")]
fn the_learned_file_is_what_is_known_of(#[case] id: &str) {
    // Watching takes real time, most of all of programs that wait before they try again.
    if id != "curl" && std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none() {
        return skip("this takes a while; set PASVLAB_REQUIRE_PROGRAMS=1");
    }
    let program = catalog().program(id).expect("a known program");
    if let Some(missing) = program.needs.iter().find(|need| !is_there(need)) {
        return skip(&format!("{missing} is not installed"));
    }
    let home = tempfile::tempdir().expect("a directory");
    let clients = home.path().join("clients");
    std::fs::create_dir(&clients).expect("a directory");
    let name = format!("learned-{id}.toml");
    let output = learn(home.path(), &clients.join(&name), &program.download);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(69) {
        return skip(&said);
    }
    let text = std::fs::read_to_string(clients.join(&name)).unwrap_or_else(|_| panic!("{said}"));
    let learned = load::client(&name, &text).expect("a sound file");
    let known = catalog().client(&program.client).expect("a known client");
    let (own, data) = (&known.data, &learned.data);
    assert_eq!(data.commands, own.commands, "{text}");
    assert_eq!(data.order, own.order, "{text}");
    assert_eq!(data.address, own.address, "{text}");
    assert_eq!(data.epsv_address, own.epsv_address, "{text}");
    assert_eq!(after_500(&learned, &own.commands), after_500(known, &own.commands), "{text}");
    let passive: Vec<DataCommand> =
        own.commands.iter().copied().filter(|command| !command.is_active()).collect();
    for cause in [ConnectCause::Refused, ConnectCause::TimedOut] {
        let after = |client| after_failure(client, &passive, cause);
        assert_eq!(after(&learned), after(known), "{cause:?}: {text}");
    }
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    runs_in_the_matrix(home.path(), &format!("learned-{id}"));
}

/// At once, and without anybody's hand.
fn runs_in_the_matrix(home: &Path, id: &str) {
    let mut command = pasvlab(home);
    let output = command.arg("--scenarios").arg(home).args(["matrix", "--client", id]).output();
    let output = output.expect("pasvlab runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains(id));
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "mine").expect("a file is written");
    let output = learn(home.path(), &file, "true");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("exists; write --force"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "mine");
}

#[test]
fn a_file_must_be_named_after_its_client() {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = pasvlab(home.path());
    let file = home.path().join("one.toml");
    let output = command.args(["learn", "--name", "other", "-o"]).arg(&file).args(["--", "true"]);
    let output = output.output().expect("pasvlab runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("named after its id, which is `other`"), "{said}");
}

#[test]
fn a_program_that_dials_nothing_teaches_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("idle.toml");
    let output = learn(home.path(), &file, "echo nothing to do");
    if output.status.code() == Some(69) {
        return skip(&String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("opened no control connection"), "{said}");
    assert!(said.contains("nothing to do"), "{said}");
    assert!(!file.exists());
}
