//! Client files against the programs that they describe, as far as those are installed: a few in one
//! cell here, all of docs/conformance.md in `.ci/run`.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "says what was skipped")]

use std::process::Command;

use rstest::rstest;

/// Programs that start at once and do not wait.
const QUICK: [&str; 13] = [
    "basic-ftp",
    "curl",
    "curl-noepsv",
    "ftp-netkit-debian-passive",
    "inetutils-ftp-passive",
    "lftp",
    "ncftp",
    "perl-net-ftp",
    "php-ftp",
    "python-ftplib",
    "ruby-net-ftp",
    "suppaftp",
    "tnftp",
];

/// Whether real programs can be run inside the lab here.
fn a_sandbox_can_be_made() -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["exec", "--topology", "direct", "--passive-ip", "auto", "--", "true"])
        .output()
        .expect("pasvlab runs");
    if output.status.success() {
        return true;
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{errors}");
    eprintln!("skipped: {errors}");
    false
}

/// The same in TLS.
const QUICK_IN_TLS: [&str; 6] = [
    "curl-ftps",
    "lftp-ftps",
    "perl-net-ftp-ftps",
    "php-ftp-ftps",
    "python-ftplib-ftps",
    "ruby-net-ftp-ftps",
];

#[rstest]
#[case::in_clear("transfer-family", &QUICK)]
#[case::in_tls("transfer-family-ftps", &QUICK_IN_TLS)]
fn programs_do_through_privatelink_what_their_files_say(
    #[case] server: &str,
    #[case] programs: &[&str],
) {
    if !a_sandbox_can_be_made() {
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    command.args(["conformance", "--topology", "privatelink", "--passive-ip", "zero"]);
    command.args(["--server", server]).env("NO_COLOR", "1");
    for program in programs {
        command.args(["--program", program]);
    }
    if std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_some() {
        command.arg("--require");
    }
    let output = command.output().expect("pasvlab runs");
    let table = String::from_utf8_lossy(&output.stdout);
    for skipped in table.lines().filter(|line| line.starts_with("skipped ")) {
        eprintln!("{skipped}");
    }
    assert!(output.status.success(), "{table}");
    assert!(table.contains(" differ; "), "{table}");
}

#[test]
fn a_program_that_can_log_in_nowhere_is_left_out_and_it_is_said_why() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    command.args(["conformance", "--program", "curl-ftps", "--server", "transfer-family"]);
    let output = command.env("NO_COLOR", "1").output().expect("pasvlab runs");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("skipped curl-ftps: it can log in to none of these servers"), "{table}");
    assert!(table.contains("0 programs, 0 cells"), "{table}");
}
