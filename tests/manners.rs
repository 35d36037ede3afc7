//! How the command behaves on a command line: help, exit codes, colour, pipes, completions, manual.

#![expect(clippy::print_stderr, reason = "says what was skipped")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rstest::rstest;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    command.args(arguments);
    for name in ["RUST_LOG", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn pasvlab(arguments: &[&str]) -> Output {
    command(arguments).output().expect("pasvlab runs")
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("pasvlab runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("pasvlab ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn help(path: &[String], flag: &str) -> String {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push(flag);
    let output = pasvlab(&arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    text(&output.stdout)
}

/// Subcommands as the help lists them, with all below them: `["show", "topology"]`.
fn subcommands() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let help = help(&path, "--help");
        let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
        let list = list.split("\n\n").next().unwrap_or_default();
        for line in list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.split_whitespace().next().expect("a name");
            if name != "help" {
                open.push([path.clone(), vec![name.to_owned()]].concat());
            }
        }
        all.push(path);
    }
    all
}

#[test]
fn every_help_has_examples_and_fits_into_80_columns() {
    let all = subcommands();
    for known in ["exec", "matrix", "new", "probe"] {
        assert!(all.iter().any(|path| path == &[known]), "no {known} in {all:?}");
    }
    for path in all {
        for flag in ["-h", "--help"] {
            let help = help(&path, flag);
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{path:?} {flag}: {line}");
            }
            let (_, examples) = help.split_once("\nExamples:\n").expect("examples");
            let examples = examples.split("\n\n").next().unwrap_or_default();
            // A line that was too long would go on where commands begin.
            let mut goes_on = false;
            for line in examples.lines() {
                let begins = line.starts_with("  pasvlab");
                let deeper = line.starts_with("          ");
                assert!(begins || deeper || goes_on, "{path:?} {flag}: {line:?} was broken");
                goes_on = line.ends_with('\\');
            }
        }
    }
}

/// Rows of the table in the help: code, name, meaning.
fn exit_codes(help: &str) -> Vec<[String; 3]> {
    let (_, table) = help.split_once("\nExit codes:\n").expect("exit codes");
    let mut rows: Vec<[String; 3]> = Vec::new();
    for line in table.lines() {
        let mut words = line.split_whitespace();
        if line.starts_with("   ") {
            let rest = words.collect::<Vec<_>>().join(" ");
            let [.., meaning] = rows.last_mut().expect("a row before");
            *meaning = format!("{meaning} {rest}");
        } else {
            let mut word = || words.next().expect("a code and a name").to_owned();
            let (code, name) = (word(), word());
            rows.push([code, name, words.collect::<Vec<_>>().join(" ")]);
        }
    }
    rows
}

#[test]
fn the_page_of_exit_codes_is_the_table_in_the_help() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
    let page = fs::read_to_string(page).expect("the page");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    let expected: Vec<String> = exit_codes(&help(&[], "--help"))
        .iter()
        .map(|[code, name, meaning]| format!("| {code} | {name} | {meaning} |"))
        .collect();
    assert_eq!(rows, expected);
    assert_eq!(rows.len(), 9);
}

// 1 and 2 are in tests/cli.rs, those of real programs and of systems without them in tests/exec.rs.
#[test]
fn success_exits_with_0() {
    assert_eq!(pasvlab(&["list", "servers"]).status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[rstest]
#[case(&["list", "clients"])]
#[case(&["schema", "client"])]
#[case(&["matrix", "--topology", "direct", "--client", "curl"])]
#[case(&["run", "direct/auto/curl"])]
fn output_that_cannot_be_written_exits_with_70(#[case] arguments: &[&str]) {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let output = command(arguments).stdout(full).output().expect("pasvlab runs");
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{errors}");
    assert!(errors.starts_with("error: the output could not be written: "), "{errors}");
}

#[rstest]
#[case(&[])]
#[case(&["--help"])]
#[case(&["list", "clients"])]
#[case(&["show", "client", "curl"])]
#[case(&["run", "direct/auto/curl"])]
#[case(&["schema", "topology"])]
#[case(&["completions", "bash"])]
#[case(&["man"])]
#[case(&["new", "client", "mine", "--from", "curl"])]
fn a_reader_that_goes_away_ends_it_quietly(#[case] arguments: &[&str]) {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let output = command(arguments).stdout(writer).output().expect("pasvlab runs");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
}

/// What has colour if it may: a result, an error about arguments, an error about a file, a log.
const COLOURED: [&[&str]; 4] = [
    &["show", "topology", "direct"],
    &["matrix", "--topologie", "direct"],
    &["--scenarios", "/no/such/directory", "list", "clients"],
    &["-v", "run", "privatelink/auto/ftp-netkit"],
];

fn has_colour(before: &[&str], arguments: &[&str], environment: &[(&str, &str)]) -> bool {
    let arguments = [before, arguments].concat();
    let mut command = command(&arguments);
    command.envs(environment.iter().copied());
    let output = command.output().expect("pasvlab runs");
    let printed = if output.status.success() && !arguments.contains(&"-v") {
        output.stdout
    } else {
        output.stderr
    };
    assert!(!printed.is_empty(), "{arguments:?}");
    printed.contains(&0x1b)
}

#[rstest]
#[case::pipe(&[], &[], false)]
#[case::forced(&[], &[("CLICOLOR_FORCE", "1")], true)]
#[case::forced_and_forbidden(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false)]
#[case::always(&["--color", "always"], &[], true)]
#[case::always_in_one_word(&["--color=always"], &[], true)]
#[case::always_beats_the_environment(&["--color=always"], &[("NO_COLOR", "1")], true)]
#[case::never(&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false)]
#[case::auto(&["--color", "auto"], &[("CLICOLOR_FORCE", "1")], true)]
fn colour_is_where_it_was_asked_for(
    #[case] before: &[&str],
    #[case] environment: &[(&str, &str)],
    #[case] expected: bool,
) {
    for arguments in COLOURED {
        let coloured = has_colour(before, arguments, environment);
        assert_eq!(coloured, expected, "{before:?} {arguments:?} {environment:?}");
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/headline.json");
    let check = ["matrix", "--client", "curl", "--check", table];
    assert_eq!(text(&pasvlab(&check).stderr), "24 cells as expected\n");
    let output = pasvlab(&[&check[..], &["--quiet"]].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let wrong = pasvlab(&["-q", "matrix", "--client", "lfpt"]);
    assert!(text(&wrong.stderr).contains("did you mean `lftp`"));
}

#[test]
fn a_table_to_compare_with_may_come_from_standard_input() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/headline.json");
    let table = fs::read_to_string(path).expect("the table");
    let check = ["matrix", "--client", "curl", "--check", "-"];
    let output = with_input(&check, &table);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = with_input(&check, "[]");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("standard input:1:"), "{}", text(&output.stderr));
}

/// Whether a program is here; what a machine lacks is said, and fails if it is required.
fn there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return true;
    }
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{program} is not installed");
    eprintln!("skipped: {program} is not installed");
    false
}

/// What a program says to a file.
fn said(program: &str, arguments: &[&str], file: &str, content: &[u8]) -> Output {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&path, content).expect("a file");
    Command::new(program).args(arguments).arg(&path).output().expect("it runs")
}

#[rstest]
#[case("bash", "-n")]
#[case("zsh", "-n")]
#[case("fish", "--no-execute")]
fn shells_can_read_their_completions(#[case] shell: &str, #[case] flag: &str) {
    let script = pasvlab(&["completions", shell]);
    assert_eq!(script.status.code(), Some(0));
    assert!(text(&script.stdout).contains("passive-ip"), "no option is completed");
    if there(shell) {
        let read = said(shell, &[flag], &format!("completions.{shell}"), &script.stdout);
        assert!(read.status.success(), "{}", text(&read.stderr));
    }
}

#[rstest]
#[case("bash", &["privatelink", "winscp-force-auto", "transfer-family", "idle-nlb"])]
#[case("zsh", &["privatelink", "winscp-force-auto", "transfer-family", "idle-nlb"])]
// Its script has no values of arguments that are not options.
#[case("fish", &["privatelink", "winscp-force-auto", "transfer-family"])]
fn completions_know_the_ids(#[case] shell: &str, #[case] ids: &[&str]) {
    let script = text(&pasvlab(&["completions", shell]).stdout);
    for id in ids {
        assert!(script.contains(id), "{id} is not completed");
    }
}

#[test]
fn bash_completes_an_id() {
    if !there("bash") {
        return;
    }
    let script = r#"
        source "$1"
        COMP_WORDS=(pasvlab show client winscp-force-a); COMP_CWORD=3
        _pasvlab pasvlab winscp-force-a client
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let completions = pasvlab(&["completions", "bash"]).stdout;
    let completed = said("bash", &["-c", script, "bash"], "completions-of-an-id", &completions);
    let expected = "winscp-force-auto\nwinscp-force-auto-ftps\n";
    assert_eq!(text(&completed.stdout), expected, "{}", text(&completed.stderr));
}

#[test]
fn there_is_a_manual_page_for_every_subcommand_and_man_reads_it_without_warnings() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man1");
    let _ = fs::remove_dir_all(&folder);
    let written = pasvlab(&["man", "-o", folder.to_str().expect("text")]);
    assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
    let groff = there("groff");
    for path in subcommands() {
        let name = [vec!["pasvlab".to_owned()], path].concat().join("-");
        let page = fs::read(folder.join(format!("{name}.1"))).expect("a page");
        assert!(text(&page).contains("\n.SH EXAMPLES\n"), "{name}");
        if !groff {
            continue;
        }
        let shown = said("groff", &["-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=80n"], &name, &page);
        assert_eq!(text(&shown.stderr), "", "{name}");
        for line in text(&shown.stdout).lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
    let one = pasvlab(&["man", "show", "topology"]).stdout;
    assert_eq!(one, fs::read(folder.join("pasvlab-show-topology.1")).expect("a page"));
}
