//! Files of one's own: how they begin, and how their errors are found.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rstest::rstest;
use tempfile::TempDir;

/// Runs pasvlab in a directory.
fn pasvlab(directory: &TempDir, arguments: &[&str]) -> Output {
    with_input(directory, arguments, "")
}

fn with_input(directory: &TempDir, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pasvlab runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It need not read.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("pasvlab ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn empty() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn begin(directory: &TempDir, kind: &str, folder: &str, from: &str) {
    let path = format!("my/{folder}/mine.toml");
    let output = pasvlab(directory, &["new", kind, "mine", "--from", from, "-o", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

fn change(directory: &TempDir, file: &str, from: &str, to: &str) {
    let path = directory.path().join(file);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(path, text.replacen(from, to, 1)).expect("a file");
}

#[rstest]
#[case("topology", "topologies", "privatelink", &["matrix", "--topology", "mine"])]
#[case("client", "clients", "lftp", &["matrix", "--topology", "direct", "--client", "mine"])]
#[case("server", "servers", "ftpd", &["run", "--server", "mine", "direct/auto/curl"])]
#[case("case", "cases", "idle-nlb", &["run", "mine"])]
#[case("matrix", "matrices", "headline", &["matrix", "--matrix", "mine", "--client", "curl"])]
fn a_new_file_is_sound_has_a_schema_beside_it_and_runs_at_once(
    #[case] kind: &str,
    #[case] folder: &str,
    #[case] from: &str,
    #[case] run: &[&str],
) {
    let directory = empty();
    begin(&directory, kind, folder, from);
    let file = directory.path().join(format!("my/{folder}/mine.toml"));
    let written = fs::read_to_string(&file).expect("the file");
    let schema = written.lines().next().and_then(|line| line.strip_prefix("#:schema "));
    let schema = file.parent().expect("a folder").join(schema.expect("a schema"));
    let committed = format!("scenarios/schema/{kind}.json");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(committed);
    assert_eq!(
        fs::read_to_string(schema).expect("the schema"),
        fs::read_to_string(committed).expect("the committed schema"),
    );

    let checked = pasvlab(&directory, &["check", "my"]);
    assert_eq!(text(&checked.stdout), format!("my/{folder}/mine.toml: ok\n"));
    assert_eq!(checked.status.code(), Some(0));

    let ran = pasvlab(&directory, &[&["--scenarios", "my"], run].concat());
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert!(!ran.stdout.is_empty());
}

#[test]
fn nothing_is_overwritten() {
    let directory = empty();
    begin(&directory, "client", "clients", "lftp");
    let path = "my/clients/mine.toml";
    let before = fs::read(directory.path().join(path)).expect("the file");
    let output = pasvlab(&directory, &["new", "client", "mine", "--from", "curl", "-o", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("my/clients/mine.toml exists"));
    assert_eq!(fs::read(directory.path().join(path)).expect("the file"), before);
}

#[rstest]
#[case::another_name(&["--from", "lftp", "-o", "my/clients/other.toml"], "my/clients/mine.toml")]
#[case::another_folder(&["--from", "lftp", "-o", "my/mine.toml"], "my/clients/mine.toml")]
#[case::nothing_to_begin_from(&["--from", "lfpt"], "did you mean `lftp`")]
fn a_file_that_nothing_would_find_is_refused_and_nothing_is_left(
    #[case] arguments: &[&str],
    #[case] hint: &str,
) {
    let directory = empty();
    let output = pasvlab(&directory, &[&["new", "client", "mine"], arguments].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(hint), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), 0);
}

#[test]
fn every_file_with_an_error_is_shown_with_file_line_and_column() {
    let directory = empty();
    begin(&directory, "client", "clients", "lftp");
    begin(&directory, "topology", "topologies", "nlb");
    begin(&directory, "server", "servers", "ftpd");
    change(&directory, "my/clients/mine.toml", "os = \"linux\"", "os = \"linus\"");
    change(&directory, "my/topologies/mine.toml", "[[host]]", "[[hosts]]");
    let output = pasvlab(&directory, &["check", "my"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(text(&output.stdout), "my/servers/mine.toml: ok\n");
    for (file, key) in [("my/clients/mine.toml", "os = "), ("my/topologies/mine.toml", "[[hosts]]")]
    {
        let written = fs::read_to_string(directory.path().join(file)).expect("the file");
        let line = written.lines().position(|line| line.starts_with(key)).expect(key) + 1;
        assert!(errors.contains(&format!("[{file}:{line}:")), "no {file}:{line} in:\n{errors}");
    }
    assert!(errors.contains("did you mean `linux`?"), "{errors}");
    assert!(errors.ends_with("2 of 3 files have errors\n"), "{errors}");
}

#[test]
fn references_are_looked_up_among_built_in_files_scenarios_and_checked_files() {
    let directory = empty();
    begin(&directory, "case", "cases", "idle-nlb");
    begin(&directory, "topology", "topologies", "nlb-isolated");
    let case = "my/cases/mine.toml";
    assert_eq!(pasvlab(&directory, &["check", case]).status.code(), Some(0));
    change(&directory, case, "topology = \"nlb-isolated\"", "topology = \"mine\"");
    let alone = pasvlab(&directory, &["check", case]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("unknown topology `mine`"), "{}", text(&alone.stderr));
    for more in [&["my/topologies/mine.toml"][..], &["my/topologies"], &["--scenarios", "my"]] {
        let output = pasvlab(&directory, &[&["check", case], more].concat());
        assert_eq!(output.status.code(), Some(0), "{more:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_kind_of_a_file_follows_from_its_folder_its_keys_or_is_given() {
    let directory = empty();
    begin(&directory, "client", "clients", "lftp");
    let file = directory.path().join("my/clients/mine.toml");
    let written = fs::read_to_string(&file).expect("the file");
    fs::rename(&file, directory.path().join("mine.toml")).expect("a file");
    assert_eq!(pasvlab(&directory, &["check", "mine.toml"]).status.code(), Some(0));

    let output = with_input(&directory, &["check", "-"], &written);
    assert_eq!(text(&output.stdout), "standard input/mine.toml: ok\n");
    let as_server = with_input(&directory, &["check", "--kind", "server", "-"], &written);
    assert_eq!(as_server.status.code(), Some(2));
    assert!(text(&as_server.stderr).contains("unknown key `data`"), "{}", text(&as_server.stderr));

    let output = with_input(&directory, &["check", "-"], "id = \"mine\"\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--kind"), "{}", text(&output.stderr));
}

#[rstest]
#[case::missing("nothing.toml", "cannot read nothing.toml: ")]
#[case::empty("empty", "empty: there is no file for pasvlab in this directory")]
fn what_cannot_be_read_is_named_and_the_rest_is_checked(#[case] path: &str, #[case] error: &str) {
    let directory = empty();
    begin(&directory, "server", "servers", "ftpd");
    fs::create_dir(directory.path().join("empty")).expect("a directory");
    let output = pasvlab(&directory, &["check", path, "my"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(error), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "my/servers/mine.toml: ok\n");
}
