//! The JSON Schemas: they say what the loader says of a file's form, and the committed ones are those
//! of the types.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use pasvlab_scenarios::{Kind, load, schema};
use rstest::rstest;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn validator(kind: Kind) -> Validator {
    jsonschema::validator_for(&schema::json_schema(kind)).expect("a JSON Schema")
}

/// A file as the JSON that its schema is about.
fn json(text: &str) -> Value {
    toml::from_str(text).expect("TOML")
}

fn complaints(kind: Kind, text: &str) -> Vec<String> {
    let complaint =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator(kind).iter_errors(&json(text)).map(complaint).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}

fn builtin(kind: Kind, id: &str) -> String {
    let file = folder(kind.folder()).join(format!("{id}.toml"));
    fs::read_to_string(file).expect("a built-in file")
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for (path, text) in schema::json_schema_files() {
        let committed = fs::read_to_string(folder("..").join(&path)).unwrap_or_default();
        assert!(committed == text, "{path} is stale: see CONTRIBUTING.md");
    }
}

#[rstest]
#[case::topology(Kind::Topology)]
#[case::server(Kind::Server)]
#[case::client(Kind::Client)]
#[case::case(Kind::Case)]
#[case::matrix(Kind::Matrix)]
#[case::program(Kind::Program)]
fn every_built_in_file_is_valid_and_its_kind_is_told_from_its_text(#[case] kind: Kind) {
    let paths = files(&folder(kind.folder()));
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!(complaints(kind, &text), [""; 0], "{}", path.display());
        assert_eq!(Kind::of_text(&text), Some(kind), "{}", path.display());
        assert_eq!(Kind::of_folder(path.parent().expect("a folder")), Some(kind));
    }
}

#[test]
fn editors_find_the_schema_of_every_folder() {
    let path = folder("../.taplo.toml");
    let table: toml::Table = fs::read_to_string(path).expect("a file").parse().expect("TOML");
    let rules = table["rule"].as_array().expect("rules");
    for kind in Kind::ALL {
        let files = format!("scenarios/{}/*.toml", kind.folder());
        let rule = rules.iter().find(|rule| rule["include"][0].as_str() == Some(&files));
        let schema = rule.and_then(|rule| rule["schema"]["path"].as_str());
        assert_eq!(schema, Some(&*format!("scenarios/schema/{}.json", kind.name())));
    }
}

/// One change to a sound file: loader and schema both refuse it.
#[rstest]
#[case::unknown_key(Kind::Topology, "direct", "title = ", "titel = ")]
#[case::missing_key(Kind::Topology, "direct", "role = \"client\"\n", "")]
#[case::missing_table(Kind::Client, "lftp", "[messages]\nconnect", "[retry.messages]\nconnect")]
#[case::wrong_type(Kind::Server, "ftpd", "control_port = 21", "control_port = \"21\"")]
#[case::number_out_of_bounds(Kind::Server, "ftpd", "control_port = 21", "control_port = 65536")]
#[case::negative_number(Kind::Server, "ftpd", "size = 120", "size = -1")]
#[case::unknown_value(Kind::Client, "lftp", "os = \"linux\"", "os = \"plan9\"")]
#[case::unknown_value_in_a_list(
    Kind::Client,
    "lftp",
    "[\"PASV\", \"PORT\"]",
    "[\"PSAV\", \"PORT\"]"
)]
#[case::empty_list(Kind::Client, "lftp", "commands = [\"PASV\", \"PORT\"]", "commands = []")]
#[case::text_for_a_list(Kind::Client, "lftp", "options = []", "options = \"\"")]
#[case::bad_id(Kind::Case, "idle-nlb", "id = \"idle-nlb\"", "id = \"Idle NLB\"")]
#[case::unknown_key_of_a_table(Kind::Topology, "privatelink", "targets =", "target =")]
#[case::empty_matrix(
    Kind::Matrix,
    "headline",
    "passive_ips = [\"auto\", \"nlb\", \"endpoint\", \"zero\"]",
    "passive_ips = []"
)]
#[case::missing_command(Kind::Program, "curl", "client = \"curl\"\n", "")]
fn what_the_loader_refuses_for_its_form_the_schema_refuses_too(
    #[case] kind: Kind,
    #[case] id: &str,
    #[case] sound: &str,
    #[case] broken: &str,
) {
    let text = builtin(kind, id);
    assert!(text.contains(sound), "{id} has no {sound:?}");
    let changed = text.replacen(sound, broken, 1);
    let name = format!("{id}.toml");
    let loaded = match kind {
        Kind::Topology => load::topology(&name, &changed).map(drop),
        Kind::Server => load::server(&name, &changed).map(drop),
        Kind::Client => load::client(&name, &changed).map(drop),
        Kind::Case => load::case(&name, &changed).map(drop),
        Kind::Matrix => load::matrix(&name, &changed).map(drop),
        Kind::Program => load::program(&name, &changed).map(drop),
    };
    assert!(loaded.is_err(), "the loader takes it");
    assert!(!complaints(kind, &changed).is_empty(), "the schema takes it");
}

/// Every table and key, wherever it is.
fn each(value: &Value, path: &str, seen: &mut impl FnMut(&str, &Value)) {
    for (key, inner) in value.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}.{key}");
        seen(&path, inner);
        each(inner, &path, seen);
    }
    for (name, inner) in value.get("definitions").and_then(Value::as_object).into_iter().flatten() {
        each(inner, name, seen);
    }
}

#[rstest]
fn every_key_has_a_description_in_words_of_the_file() {
    for kind in Kind::ALL {
        let schema = schema::json_schema(kind);
        let mut keys = 0;
        each(&schema, kind.name(), &mut |path, key| {
            keys += 1;
            let description = key.get("description").and_then(Value::as_str).unwrap_or_default();
            assert!(!description.is_empty(), "{path} has none");
            for foreign in ["[`", "crate::", "::"] {
                assert!(!description.contains(foreign), "{path}: {description}");
            }
        });
        assert!(keys > 5, "{}: {keys}", kind.name());
        let text = schema.to_string();
        assert!(!text.contains("[`") && !text.contains("\"null\""), "{}", kind.name());
    }
}
