//! What `pasvlab probe` sees of boxes between it and its client: relays on loopback that translate and
//! rewrite as a NAT with an FTP helper does, and the lab's own routers. What a machine lacks is said, and
//! fails if PASVLAB_REQUIRE_PROGRAMS is set.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "says what was skipped")]

#[path = "way/box.rs"]
mod between;
#[path = "way/client.rs"]
mod client;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use rstest::rstest;
use serde_json::Value;

use between::{Helper, Relay};
use client::Client;

/// Where the probe listens.
const PROBE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// With those about the way behind a NAT.
const QUESTIONS: usize = 11;

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

fn ids(result: &Value) -> Vec<&str> {
    let way = result["way"].as_array().expect("a list");
    way.iter().filter_map(|one| one["sight"].as_str()).collect()
}

/// The number of the next relay.
static NEXT: AtomicU8 = AtomicU8::new(1);

/// What the probe says after this client has been asked everything through a relay.
fn seen(helper: Option<Helper>, client: Client, more: &[&str]) -> Value {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let outside = format!("127.0.4.{number}");
    let (child, port) = probe(&[&["--public-address", &outside], more].concat());
    let relay = Relay::open(number, (PROBE, port), helper);
    for _ in 0..QUESTIONS {
        client.session(relay.outside);
    }
    result(child)
}

fn result(child: Child) -> Value {
    let output = child.wait_with_output().expect("it ends");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(result["complete"], true, "{result:#}");
    result
}

#[rstest]
#[case::that_follows_replies(Client { trusts: true, active: false })]
#[case::that_dials_the_peer(Client { trusts: false, active: false })]
fn nothing_is_seen_between_a_probe_and_a_plain_client(#[case] client: Client) {
    let (child, port) = probe(&["--public-address", "127.0.0.2"]);
    for _ in 1..QUESTIONS {
        client.session((PROBE, port));
    }
    let result = result(child);
    let expected: &[&str] = if client.trusts { &[] } else { &["foreign-replaced"] };
    assert_eq!(ids(&result), expected, "{result:#}");
}

#[rstest]
#[case::that_follows_replies(Client { trusts: true, active: false }, &["server-translated", "data-from-elsewhere"])]
#[case::that_dials_the_peer(Client { trusts: false, active: false }, &["server-translated", "foreign-replaced"])]
fn a_nat_that_reads_no_ftp_translates_and_nothing_else(
    #[case] client: Client,
    #[case] expected: &[&str],
) {
    // The client is on the probe's own host, so it gets there past the relay, too.
    let result = seen(None, client, &[]);
    assert_eq!(ids(&result), expected, "{result:#}");
}

#[test]
fn a_helper_that_reads_packet_by_packet_is_told_by_a_reply_of_two_lines() {
    let client = Client { trusts: true, active: false };
    let result = seen(Some(Helper { every_address: true, whole_lines: false }), client, &[]);
    let text = format!("{result:#}");
    let ids = ids(&result);
    assert!(ids.contains(&"server-translated") && ids.contains(&"reply-read"), "{text}");
    assert!(text.contains("whatever the server announces"), "{text}");
}

#[test]
fn a_helper_that_rewrites_its_own_servers_address_makes_a_client_break_every_rule() {
    let client = Client { trusts: true, active: false };
    let result = seen(Some(Helper { every_address: false, whole_lines: true }), client, &[]);
    // Addresses other than the server's own are reached past the relay, on the same host.
    let expected = ["server-translated", "data-from-elsewhere", "no-rule"];
    assert_eq!(ids(&result), expected, "{result:#}");
    assert_eq!(result["address_policies"], Value::Array(Vec::new()), "{result:#}");
}

#[test]
fn a_proxy_that_rewrites_everything_is_told_if_the_client_is_known() {
    let client = Client { trusts: true, active: false };
    let proxy = Helper { every_address: true, whole_lines: true };
    let result = seen(Some(proxy), client, &["--client", "suppaftp"]);
    let text = format!("{result:#}");
    assert!(text.contains("Name the client with --client"), "{text}");
    assert!(
        text.contains("In public, suppaftp would not come here, and a connection came"),
        "{text}"
    );
    assert!(text.contains("the reply was rewritten on the way"), "{text}");
    let honest = Client { trusts: false, active: false };
    let result = seen(None, honest, &["--client", "suppaftp-nat-workaround"]);
    assert!(!ids(&result).contains(&"unlike"), "{result:#}");
}

#[test]
fn a_command_that_is_rewritten_differs_from_one_that_is_not() {
    let client = Client { trusts: true, active: true };
    // The client offers another address than its connections come from, as from behind a NAT.
    let result = seen(None, client, &[]);
    assert!(ids(&result).contains(&"offer-translated"), "{result:#}");
    assert!(!ids(&result).contains(&"offer-rewritten"), "{result:#}");
    let result = seen(Some(Helper { every_address: false, whole_lines: true }), client, &[]);
    let text = format!("{result:#}");
    assert!(ids(&result).contains(&"offer-rewritten"), "{text}");
    assert!(text.contains("rewrites PORT and does not know EPRT"), "{text}");
}

/// Runs a script as the client of a topology whose server is a probe: what became of it, and what the
/// probe says. `$(token)` in it is the password.
fn in_the_lab(topology: &str, options: &str, script: &str) -> Option<(Output, Value)> {
    let tried = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["exec", "--topology", "direct", "--passive-ip", "auto", "--", "bash", "-c"])
        .arg("command -v curl")
        .output()
        .expect("pasvlab runs");
    if tried.status.code() != Some(0) {
        let missing = String::from_utf8_lossy(&tried.stderr).into_owned();
        assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{missing}");
        eprintln!("skipped: no sandbox, no bash or no curl: {missing}");
        return None;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let file = |name: &str| scratch.path().join(name).display().to_string();
    let server = format!(
        "exec {} probe --listen $PASVLAB_ADDRESS:21 --public {options} --format json >{} 2>{}",
        env!("CARGO_BIN_EXE_pasvlab"),
        file("result"),
        file("said")
    );
    let script = format!(
        "token() {{ sed -n 's/.*password //p' {}; }}\n{script}\nwait\n\
         for again in $(seq 100); do [ -s {} ] && exit 0; sleep 0.1; done",
        file("said"),
        file("result")
    );
    let output = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["exec", "--topology", topology, "--passive-ip", "auto"])
        .args(["--server-command", &server, "--", "bash", "-c", &script])
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("pasvlab runs");
    let result = fs::read(file("result")).expect("a file");
    let result = serde_json::from_slice(&result).unwrap_or_else(|error| {
        panic!("{error}: {}\n{}", text(&output.stdout), text(&output.stderr))
    });
    Some((output, result))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// As many sessions as there are questions behind a NAT on one address.
fn sessions(curl: &str) -> String {
    format!(
        "for session in $(seq 10); do timeout 20 curl -sS -o /dev/null -m 8 --connect-timeout 2 \
         {curl} --user demo:$(token) ftp://$PASVLAB_HOST/; done"
    )
}

#[test]
fn the_labs_own_ftp_helper_is_seen_between_a_probe_and_curl() {
    let (topology, options) =
        ("home-router-alg-pasv-only", "--public-address 198.51.100.10 --patience 2");
    let script = sessions("--no-ftp-skip-pasv-ip");
    let Some((_, result)) = in_the_lab(topology, options, &script) else { return };
    let expected = ["server-translated", "blocked", "blocked", "reply-read"];
    assert_eq!(ids(&result), expected, "{result:#}");
    let left_out = result["left_out"].as_array().expect("a list");
    assert!(left_out.contains(&Value::from("inside")), "{result:#}");
    assert!(
        format!("{result:#}").contains("rewrites the address, or lets in only what it has read of")
    );
}

#[test]
fn a_router_without_a_helper_is_not_taken_for_one() {
    let options = "--public-address 198.51.100.10 --patience 2 --ports 8192-8200";
    let script = sessions("");
    let Some((_, result)) = in_the_lab("server-behind-router", options, &script) else { return };
    assert_eq!(ids(&result), ["server-translated", "foreign-replaced"], "{result:#}");
}

#[test]
fn only_who_has_the_password_gets_through_and_limits_hold() {
    // Five of one address at once are one too many: the fifth is closed without a greeting.
    let script = r#"
        host=$PASVLAB_HOST
        greeting() { IFS= read -r -t 20 line <&"$1"; printf '%s ' "${line:0:3}"; }
        exec 3<>/dev/tcp/$host/21; greeting 3
        exec 4<>/dev/tcp/$host/21; greeting 4
        exec 5<>/dev/tcp/$host/21; greeting 5
        exec 6<>/dev/tcp/$host/21; greeting 6
        exec 7<>/dev/tcp/$host/21; line=none; read -r -t 20 line <&7; echo "${line:-closed}"
        exec 3>&- 4>&- 5>&- 6>&- 7>&-
        try() { timeout 20 curl -s -o /dev/null -m 8 --retry 0 --user "demo:$1" ftp://$host/; echo "$?"; }
        for again in $(seq 100); do
            exec 3<>/dev/tcp/$host/21; line=; read -r -t 20 line <&3; exec 3>&-
            [ -n "$line" ] && break
        done
        try correct-horse
        try guess
        try $(token)
        try $(token)
    "#;
    let Some((output, result)) = in_the_lab("direct", "--sessions 2", script) else { return };
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines, ["220 220 220 220 closed", "67", "67", "0", "0"], "{result:#}");
    assert_eq!(result["complete"], true, "{result:#}");
    assert_eq!(result["sessions"].as_array().map(Vec::len), Some(2), "{result:#}");
}
