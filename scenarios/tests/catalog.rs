//! Files of a directory along with the built-in ones.

mod common;

use std::path::Path;

use pasvlab_scenarios::{Catalog, Problem};
use rstest::rstest;
use tempfile::tempdir;

#[test]
fn an_empty_directory_leaves_the_built_in_files() {
    let dir = tempdir().unwrap();
    assert_eq!(Catalog::from_dir(dir.path()).unwrap(), Catalog::builtin().unwrap());
}

#[test]
fn a_file_of_the_directory_is_added() {
    let dir = tempdir().unwrap();
    common::write(dir.path(), "topologies/t.toml", common::TOPOLOGY);
    common::write(dir.path(), "servers/t.toml", common::SERVER);
    common::write(dir.path(), "clients/t.toml", common::CLIENT);
    common::write(dir.path(), "matrices/t.toml", common::MATRIX);
    common::write(dir.path(), "cases/t.toml", common::CASE);
    common::write(dir.path(), "cases/notes.txt", "not for the laboratory");
    let catalog = Catalog::from_dir(dir.path()).unwrap();
    assert_eq!(catalog.topology("t").unwrap().names.len(), 2);
    assert_eq!(catalog.server("t").unwrap().files.len(), 1);
    assert_eq!(catalog.client("t").unwrap().retry.as_ref().unwrap().rounds, 3);
    assert_eq!(catalog.matrix("t").unwrap().clients, ["lftp", "wget"]);
    assert_eq!(catalog.case("t").unwrap().cell().to_string(), "nlb/nlb/lftp");
    assert!(catalog.topology("privatelink").is_ok());
}

#[test]
fn a_file_of_the_directory_replaces_the_built_in_one() {
    let dir = tempdir().unwrap();
    let text = common::broken(common::TOPOLOGY, "id = \"t\"", "id = \"direct\"");
    common::write(dir.path(), "topologies/direct.toml", &text);
    let catalog = Catalog::from_dir(dir.path()).unwrap();
    assert_eq!(catalog.topology("direct").unwrap().title, "A title");
    assert_eq!(catalog.topologies().len(), Catalog::builtin().unwrap().topologies().len());
}

#[test]
fn a_replacement_that_a_built_in_file_cannot_live_with_is_an_error_that_says_so() {
    let dir = tempdir().unwrap();
    let text = common::broken(common::SERVER, "id = \"t\"", "id = \"transfer-family\"");
    let text = common::broken(&text, "8192-8200", "50000-50010");
    common::write(dir.path(), "servers/transfer-family.toml", &text);
    let error = Catalog::from_dir(dir.path()).unwrap_err().one_line();
    assert!(error.starts_with("built-in/cases/ftp-dials-itself.toml:"), "{error}");
    assert!(error.contains("8197 is not a passive port of server `transfer-family`"), "{error}");
    assert!(error.contains("a file of yours has replaced a built-in one"), "{error}");
}

#[test]
fn all_errors_of_all_files_are_reported_together() {
    let dir = tempdir().unwrap();
    let text = common::broken(common::TOPOLOGY, "role = \"server\"", "role = \"client\"");
    let topology = common::write(dir.path(), "topologies/t.toml", &text);
    let server = common::write(dir.path(), "servers/t.toml", "id = 1");
    let error = Catalog::from_dir(dir.path()).unwrap_err();
    let lines: Vec<String> = error.problems().map(Problem::one_line).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with(&format!("{topology}:45:6: no host is the server")));
    assert!(lines[1].starts_with(&format!("{topology}:50:6: two hosts are the client")));
    assert!(lines[2].starts_with(&format!("{server}:1:6: wrong type")));
}

#[test]
fn a_directory_that_does_not_exist_is_an_error() {
    let error = Catalog::from_dir(Path::new("no/such/directory")).unwrap_err();
    assert_eq!(error.location(), None);
    assert_eq!(error.to_string(), "no/such/directory: this directory does not exist");
    assert!(error.one_line().contains("topologies/"));
}

#[test]
fn a_file_that_is_not_text_is_an_error_that_names_it() {
    let dir = tempdir().unwrap();
    let file = common::write(dir.path(), "clients/t.toml", "");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    let error = Catalog::from_dir(dir.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{file}: cannot be read: ")), "{error}");
}

#[test]
fn an_empty_file_is_an_error_that_can_be_drawn() {
    let dir = tempdir().unwrap();
    let file = common::write(dir.path(), "clients/t.toml", "");
    let error = Catalog::from_dir(dir.path()).unwrap_err();
    assert!(error.one_line().starts_with(&format!("{file}:1:1: missing key `id`")));
    assert!(format!("{:?}", miette::Report::new(error)).contains("missing key"));
}

#[rstest]
#[case::with_a_suggestion_for_a_slip(
    "privatlink",
    "unknown topology `privatlink`; did you mean `privatelink`? \
     (list them with `pasvlab list topologies`)"
)]
#[case::without_one_for_a_stranger(
    "mainframe",
    "unknown topology `mainframe` (list them with `pasvlab list topologies`)"
)]
fn an_unknown_topology_is_answered(#[case] id: &str, #[case] text: &str) {
    let catalog = Catalog::builtin().unwrap();
    let unknown = catalog.topology(id).unwrap_err();
    assert_eq!(unknown.to_string(), text);
    assert_eq!((unknown.kind, &*unknown.id), ("topology", id));
    assert!(unknown.known.iter().any(|known| known == "nlb"));
}

#[test]
fn every_kind_of_unknown_id_names_its_list() {
    let catalog = Catalog::builtin().unwrap();
    let texts = [
        catalog.server("x").unwrap_err().to_string(),
        catalog.client("x").unwrap_err().to_string(),
        catalog.case("x").unwrap_err().to_string(),
        catalog.matrix("x").unwrap_err().to_string(),
    ];
    for (text, list) in texts.iter().zip(["servers", "clients", "cases", "matrices"]) {
        assert!(text.ends_with(&format!("(list them with `pasvlab list {list}`)")), "{text}");
    }
}

#[test]
fn a_directory_whose_files_are_not_in_folders_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().join("clients");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("mine.toml"), "").expect("a file");
    let error = Catalog::from_dir(&folder).expect_err("files without folders");
    let problem = error.problems().next().expect("a problem");
    assert_eq!(problem.file(), folder.display().to_string());
    assert_eq!(problem.advice(), Some("name the directory above this one"));
}
