//! `pasvlab probe` and the programs themselves, over loopback. Programs that are not there are skipped,
//! unless PASVLAB_REQUIRE_PROGRAMS is set.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rstest::rstest;
use serde_json::Value;

const QUESTIONS: usize = 7;

fn skip(why: &str) {
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{why}");
    // Nobody reads it but who looks for it.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory: PathBuf| directory.join(program).is_file())
}

/// A probe, and the port at which it listens.
fn probe(more: &[&str]) -> (Child, u16) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["probe", "--listen", "127.0.0.2:0", "--format", "json"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pasvlab runs");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says where it listens");
    let port = line.trim().rsplit(' ').next().and_then(|port| port.parse().ok());
    // Somebody has to listen, or it cannot say more.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    (child, port.unwrap_or_else(|| panic!("{line}")))
}

fn result(child: Child) -> Value {
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn closest(result: &Value) -> Vec<&str> {
    let closest = result["closest"].as_array().expect("a list");
    closest.iter().filter_map(|one| one["client"].as_str()).collect()
}

#[rstest]
#[case::curl(
    "curl",
    "curl",
    "curl -sS -m 15 -o out ftp://demo:correct-horse@127.0.0.2:$PORT/report.csv"
)]
#[case::lftp(
    "lftp",
    "lftp",
    "lftp -c \"set net:max-retries 1; set net:timeout 5; \
     open -p $PORT -u demo,correct-horse 127.0.0.2; get report.csv -o out\""
)]
#[case::wget(
    "wget",
    "wget",
    "wget -nv --tries=1 --connect-timeout=3 -O out ftp://demo:correct-horse@127.0.0.2:$PORT/report.csv"
)]
#[case::tnftp(
    "tnftp",
    "tnftp",
    "printf 'open 127.0.0.2 %s\\nuser demo correct-horse\\nget report.csv out\\nquit\\n' $PORT | tnftp -inv"
)]
#[case::python(
    "python3",
    "python-ftplib",
    "python3 -c \"import ftplib; f = ftplib.FTP(); f.connect('127.0.0.2', $PORT, 5); \
     f.login('demo', 'correct-horse'); f.retrbinary('RETR report.csv', print); f.quit()\""
)]
fn a_probe_recognises(#[case] program: &str, #[case] client: &str, #[case] script: &str) {
    if !is_there(program) {
        return skip(&format!("{program} is not installed"));
    }
    let home = tempfile::tempdir().expect("a directory");
    let (child, port) = probe(&["--patience", "3"]);
    for _ in 0..QUESTIONS {
        let status = Command::new("timeout")
            .args(["30", "sh", "-c", script])
            .env("PORT", port.to_string())
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.expect("a shell runs");
        let _ = std::fs::remove_file(home.path().join("out"));
    }
    let result = result(child);
    assert_eq!(result["complete"], true, "{result:#}");
    assert!(closest(&result).contains(&client), "{result:#}");
    assert!(result["closest"][0]["differs"].as_array().is_some_and(Vec::is_empty), "{result:#}");
}

#[test]
fn wrong_log_ins_end_a_probe() {
    let (child, port) = probe(&[]);
    for _ in 0..3 {
        let stream = std::net::TcpStream::connect(("127.0.0.2", port)).expect("it listens");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a greeting");
        (&stream).write_all(b"USER demo\r\n").expect("a command is sent");
        lines.read_line(&mut line).expect("a reply");
        (&stream).write_all(b"PASS guess\r\n").expect("a command is sent");
        lines.read_line(&mut line).expect("a reply");
        assert!(line.contains("530"), "{line}");
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn nobody_else_reaches_a_probe_unless_its_user_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["probe", "--listen", "0.0.0.0:2121"])
        .output()
        .expect("pasvlab runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("write --public if that is meant"), "{said}");
}
