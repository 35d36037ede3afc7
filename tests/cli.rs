//! The command as it is typed: exit codes, errors that name file and line, comparison with a table.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pasvlab_scenarios::{Catalog, Server, ServerTls};
use rstest::rstest;

fn pasvlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(arguments)
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1")
        .output()
        .expect("pasvlab runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The same text whatever the width at which it was wrapped.
fn unwrapped(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "│").collect();
    words.join(" ")
}

/// A directory that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("topologies")).expect("a directory");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path that is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn privatelink() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/topologies/privatelink.toml");
    fs::read_to_string(file).expect("the built-in topology")
}

/// One change to a sound topology, and what the error must say about it.
#[rstest]
#[case::malformed_toml("[[network]]", "[[network", "unclosed array table")]
#[case::an_unknown_reference("of = \"vpce-1\"", "of = \"vpce-2\"", "vpce-2")]
#[case::an_address_outside_its_subnet("\"10.1.135.10\"", "\"10.1.136.10\"", "10.1.135.0/24")]
#[case::two_interfaces_with_one_address("\"10.1.135.10\"", "\"10.1.135.46\"", "10.1.135.46")]
#[case::a_route_to_nowhere(
    "cidr = \"10.1.135.0/24\"",
    "cidr = \"10.1.135.0/24\"\nroutes = [{ to = \"10.0.1.0/24\", via = \"tgw\" }]",
    "tgw"
)]
#[case::a_listener_without_a_target_group(
    "{ ports = \"21\", target_group = \"ftp\" }",
    "{ ports = \"21\" }",
    "target_group"
)]
#[case::an_unknown_key("title = ", "titel = ", "titel")]
fn a_bad_file_is_named_with_its_line_and_exits_with_2(
    #[case] sound: &str,
    #[case] broken: &str,
    #[case] named: &str,
) {
    let topology = privatelink();
    assert!(topology.contains(sound), "the built-in topology has {sound:?}");
    let name = broken.chars().filter(char::is_ascii_alphanumeric).take(40).collect::<String>();
    let scratch = Scratch::new(&name);
    let file = scratch.0.join("topologies/privatelink.toml");
    let changed = topology.replacen(sound, broken, 1);
    fs::write(&file, &changed).expect("a file");

    let output = pasvlab(&["--scenarios", scratch.path(), "matrix", "--topology", "privatelink"]);

    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(output.stdout.is_empty());
    assert!(errors.contains("privatelink.toml:"), "no file and line in:\n{errors}");
    assert!(unwrapped(&errors).contains(named), "no {named:?} in:\n{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
}

#[rstest]
#[case::topology(&["matrix", "--topology", "privatlink"], "did you mean `privatelink`")]
#[case::client(&["matrix", "--client", "lfpt"], "did you mean `lftp`")]
#[case::passive_ip(&["matrix", "--passive-ip", "zeroo"], "did you mean `zero`")]
#[case::cell(&["run", "privatelink/zero"], "TOPOLOGY/PASSIVE-IP/CLIENT")]
#[case::client_of_a_cell(&["run", "privatelink/zero/lfpt"], "did you mean `lftp`")]
#[case::client_to_be_shown(&["show", "client", "lfpt"], "did you mean `lftp`")]
#[case::server_to_be_shown(&["show", "server", "transfer-famly"], "did you mean `transfer-family`")]
#[case::no_client_to_be_shown(&["show", "client"], "<ID>")]
#[case::case(&["run", "ftp-dials-himself"], "did you mean `ftp-dials-itself`")]
#[case::setting_of_a_cell(&["run", "direct/endpoint/lftp"], "not-applicable")]
#[case::option(&["matrix", "--topologie", "direct"], "--topology")]
#[case::table(&["matrix", "--check", "/no/such/table.json"], "/no/such/table.json")]
#[case::directory(&["--scenarios", "/no/such/directory", "list", "clients"], "/no/such/directory")]
fn what_cannot_be_meant_exits_with_2_and_says_what_was_meant(
    #[case] arguments: &[&str],
    #[case] hint: &str,
) {
    let output = pasvlab(arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(unwrapped(&errors).contains(hint), "no {hint:?} in:\n{errors}");
}

#[test]
fn a_cell_that_differs_from_the_committed_table_is_named_and_exits_with_1() {
    let scratch = Scratch::new("differs");
    let table = pasvlab(&["matrix", "--topology", "direct", "--format", "json"]).stdout;
    let file = scratch.0.join("table.json");
    let path = file.to_str().expect("a path that is text");
    fs::write(&file, &table).expect("a file");
    let check = ["matrix", "--topology", "direct", "--check", path];
    assert_eq!(pasvlab(&check).status.code(), Some(0));

    let refused = "\"passive_ip\":\"zero\",\"announced\":\"0.0.0.0\",\"client\":\"ftp-netkit\",\"outcome\":\"refused\"";
    let changed = text(&table).replace(refused, &refused.replace("refused", "transferred"));
    assert_ne!(changed, text(&table));
    fs::write(&file, changed).expect("a file");
    let output = pasvlab(&check);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("direct/zero/ftp-netkit: outcome is refused, expected transferred"),
        "{errors}"
    );
    assert!(errors.contains("1 of 52 cells differ"), "{errors}");
}

#[test]
fn a_part_of_the_matrix_is_compared_with_its_part_of_the_table() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/headline.json");
    let output = pasvlab(&["matrix", "--client", "curl", "--check", table]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn the_default_command_prints_every_topology_within_80_columns_and_without_colour() {
    let output = pasvlab(&[]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    for id in
        ["direct", "nlb", "nlb-isolated", "nlb-multi-az", "privatelink", "privatelink-overlap"]
    {
        assert!(printed.lines().any(|line| line.split("  ").next() == Some(id)), "{id}");
    }
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    assert!(!printed.contains('\u{1b}'));
    assert!(output.stderr.is_empty(), "no progress bar without a terminal");
}

#[rstest]
fn lists_name_what_can_be_run(
    #[values("topologies", "clients", "servers", "cases", "matrices")] what: &str,
) {
    let output = pasvlab(&["list", what]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.is_empty());
}

#[test]
fn clients_are_listed_under_their_programs_in_alphabetical_order() {
    let output = pasvlab(&["list", "clients"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    assert!(!printed.contains('\u{1b}'));
    for line in printed.lines() {
        let single = line.split_whitespace().nth(1).is_none();
        assert!(single || line.chars().count() <= 80, "{line:?}");
    }

    let groups: Vec<&str> = printed.split("\n\n").collect();
    let programs: Vec<String> =
        groups.iter().filter_map(|group| group.lines().next()).map(str::to_lowercase).collect();
    assert!(programs.is_sorted(), "{programs:?}");
    assert!(programs.iter().all(|program| !program.starts_with(' ')), "{programs:?}");

    let catalog = Catalog::builtin().expect("the built-in files are sound");
    for client in catalog.clients() {
        let found = groups.iter().find(|group| group.lines().next() == Some(&client.program));
        let group = unwrapped(found.unwrap_or_else(|| panic!("no {}", client.program)));
        let options = client.options.join("; ");
        let options = if options.is_empty() { "defaults" } else { &options };
        let entry = format!(" {} {} {options}", client.id, client.versions);
        assert!(group.contains(&entry), "no {entry:?} in:\n{group}");
    }
}

#[test]
fn a_cell_of_a_client_in_tls_has_a_server_that_speaks_it_unless_another_is_named() {
    let output = pasvlab(&["run", "direct/auto/curl-ftps"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = "curl talks to transfer-family-ftps with PassiveIp AUTO";
    assert!(text(&output.stdout).contains(said), "{}", text(&output.stdout));
    let output = pasvlab(&["run", "direct/auto/curl-ftps", "--server", "transfer-family"]);
    assert!(text(&output.stdout).contains("curl talks to transfer-family with"));
}

#[test]
fn a_client_is_shown_step_by_step_within_80_columns_and_without_colour() {
    let output = pasvlab(&["show", "client", "lftp"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in ["lftp\n", "Program:    lftp\n", "\n1.  ", "\n10. ", "\nSources\n  - "] {
        assert!(printed.contains(part), "no {part:?} in:\n{printed}");
    }
    assert!(!printed.contains('\u{1b}'));
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
}

#[test]
fn the_servers_that_speak_tls_are_told_from_the_others() {
    let listed = text(&pasvlab(&["list", "servers"]).stdout);
    let with_tls: Vec<&str> =
        listed.split("\n").filter(|line| line.trim() == "TLS required").collect();
    let catalog = Catalog::builtin().expect("the built-in files are sound");
    let speaks = |server: &&Server| server.tls != ServerTls::None;
    assert_eq!(with_tls.len(), catalog.servers().filter(speaks).count(), "{listed}");
    let shown = text(&pasvlab(&["show", "server", "transfer-family-ftps"]).stdout);
    assert!(shown.contains("\nTLS:             required: "), "{shown}");
    let shown = text(&pasvlab(&["show", "server", "transfer-family"]).stdout);
    assert!(shown.contains("\nTLS:             none: "), "{shown}");
}

#[rstest]
#[case::a_client(&["run", "direct/auto/suppaftp-ftps", "--server", "transfer-family"], "Servers that have it (--server): transfer-family-ftps")]
#[case::a_server(&["run", "direct/auto/lftp", "--server", "transfer-family-ftps"], "suppaftp-ftps")]
fn who_does_not_agree_on_tls_is_told_who_does(#[case] arguments: &[&str], #[case] hint: &str) {
    let output = pasvlab(arguments);
    assert_eq!(output.status.code(), Some(0));
    let remark = unwrapped(&text(&output.stderr));
    assert!(remark.contains(hint) && remark.contains("wants TLS"), "{remark}");
    let quiet = pasvlab(&[&["--quiet"], arguments].concat());
    assert_eq!((text(&quiet.stderr), quiet.stdout), (String::new(), output.stdout));
}

#[test]
fn diagnostics_carry_virtual_time() {
    let output = pasvlab(&["-v", "run", "privatelink/auto/ftp-netkit"]);
    assert_eq!(output.status.code(), Some(0));
    let errors = text(&output.stderr);
    assert!(errors.contains("127.0"), "the time-out after 127 virtual seconds:\n{errors}");
}

#[test]
fn a_session_fits_into_80_columns_except_for_what_was_on_the_wire() {
    for cell in ["privatelink/auto/lftp", "privatelink-overlap/auto/ftp-netkit", "nlb/auto/curl"] {
        let output = pasvlab(&["run", cell]);
        assert_eq!(output.status.code(), Some(0));
        for line in text(&output.stdout).lines() {
            let wire = line.get(13..14).is_some_and(|mark| mark == "<" || mark == ">");
            assert!(wire || line.chars().count() <= 80, "{line:?}");
        }
    }
}

#[test]
fn a_capture_on_standard_output_is_alone_there() {
    let cell = "privatelink/auto/curl";
    let output = pasvlab(&["run", cell, "--pcap", "-", "--pcap-at", "client"]);
    assert_eq!(output.status.code(), Some(0));
    // The type of a section header (pcapng, section 4.1).
    assert_eq!(output.stdout[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    assert!(text(&output.stderr).contains("transferred after"), "{}", text(&output.stderr));
    assert_eq!(output.stderr, pasvlab(&["run", cell]).stdout);
}

#[test]
fn two_captures_of_a_cell_are_the_same_bytes_whatever_their_files_are_called() {
    let scratch = Scratch::new("captures");
    let capture = |name: &str| {
        let file = scratch.0.join(name);
        let path = file.to_str().expect("a path that is text");
        let output = pasvlab(&["run", "home-router-alg/auto/lftp", "--pcap", path]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        fs::read(&file).expect("a capture")
    };
    let capture = (capture("one.pcapng"), capture("two.pcapng"));
    assert_eq!(capture.0, capture.1);
    let command = "pasvlab run home-router-alg/auto/lftp --seed 1 --server transfer-family";
    assert!(text(&capture.0).contains(command));
}

#[test]
fn a_place_that_is_not_there_leaves_the_file_as_it_was() {
    let scratch = Scratch::new("no-such-place");
    let file = scratch.0.join("kept.pcapng");
    fs::write(&file, "kept").expect("a file");
    let path = file.to_str().expect("a path that is text");
    let output = pasvlab(&["run", "direct/auto/curl", "--pcap", path, "--pcap-at", "nlb"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: --pcap-at: in topology `direct` no place is called `nlb`; there are `router of \
         vpc`, `client`, `server`\n"
    );
    assert_eq!(fs::read(&file).expect("a file"), b"kept");
}
