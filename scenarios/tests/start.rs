//! New files out of existing ones.

use std::collections::BTreeSet;

use pasvlab_scenarios::catalog::{self, Source, State};
use pasvlab_scenarios::{Catalog, Kind, start};
use rstest::rstest;

fn catalog() -> Catalog {
    Catalog::builtin().expect("the built-in files are sound")
}

fn started(kind: Kind, from: &str, id: &str) -> String {
    let source = catalog().source(kind, from, None).expect("a built-in file");
    start::starting_text(kind, &source.text, id).expect("TOML")
}

#[rstest]
#[case::topology(Kind::Topology)]
#[case::server(Kind::Server)]
#[case::client(Kind::Client)]
#[case::case(Kind::Case)]
#[case::matrix(Kind::Matrix)]
#[case::program(Kind::Program)]
fn what_a_new_file_says_is_sound_and_differs_from_its_model_in_the_id_alone(#[case] kind: Kind) {
    let catalog = catalog();
    let mut files = Vec::new();
    for from in catalog.ids(kind) {
        let model = catalog.source(kind, from, None).expect("a built-in file").text;
        let text = start::starting_text(kind, &model, "of-my-own").expect("TOML");
        assert!(text.starts_with(&start::schema_line(kind)), "{from}");
        let mut value: toml::Table = text.parse().expect("TOML");
        value.insert("id".to_owned(), from.into());
        assert_eq!(value, model.parse().expect("TOML"), "{from}");
        files.push(Source { kind, name: format!("from-{from}/of-my-own.toml"), text });
    }
    let checked = catalog::check(&[], &files);
    assert_eq!(checked.len(), files.len());
    for file in checked {
        assert!(matches!(file.state, State::Sound), "{file:?}");
    }
}

#[rstest]
#[case::topology(Kind::Topology)]
#[case::server(Kind::Server)]
#[case::client(Kind::Client)]
#[case::case(Kind::Case)]
#[case::matrix(Kind::Matrix)]
#[case::program(Kind::Program)]
fn a_new_file_made_from_a_new_file_is_the_same_but_for_the_id(#[case] kind: Kind) {
    let catalog = catalog();
    for from in catalog.ids(kind) {
        let model = catalog.source(kind, from, None).expect("a built-in file").text;
        let first = start::starting_text(kind, &model, "first").expect("TOML");
        let second = start::starting_text(kind, &first, "second").expect("TOML");
        assert_eq!(second, first.replacen("id = \"first\"", "id = \"second\"", 1), "{from}");
    }
}

#[test]
fn comments_of_the_model_stay_and_every_kind_of_table_gets_one() {
    let text = started(Kind::Client, "lftp", "mine");
    assert!(
        text.contains(
            "\n# Other codes say that it is worth trying again.\n[[data.on_reply_codes]]\n"
        )
    );
    for (about, key) in [
        ("The file's name without `.toml`.", "id = \"mine\""),
        ("How it opens data connections.", "[data]"),
        ("How often it begins again.", "[retry]"),
    ] {
        let (before, _) = text.split_once(&format!("\n{key}\n")).expect(key);
        let paragraph = before.rsplit("\n\n").next().unwrap_or_default();
        assert!(paragraph.contains(about), "{about:?} is not above {key} in:\n{text}");
    }
}

#[test]
fn what_a_topology_could_have_besides_is_named_at_the_end() {
    let text = started(Kind::Topology, "direct", "mine");
    let (_, also) = text.split_once("# Such a file can also have:\n").expect("a list");
    let named: BTreeSet<&str> =
        also.lines().filter_map(|line| line.strip_prefix("#   [[")?.split(']').next()).collect();
    for table in ["router", "load_balancer", "endpoint", "nat_gateway"] {
        assert!(named.contains(table), "no {table} in:\n{also}");
    }
    assert!(!named.contains("host"), "it has hosts:\n{also}");
    assert!(also.lines().all(|line| line.starts_with('#')));
}

/// A case of the user's that names a topology of the user's.
fn case_and_topology() -> [Source; 2] {
    let case = started(Kind::Case, "idle-nlb", "mine").replace("\"nlb-isolated\"", "\"place\"");
    let topology = started(Kind::Topology, "nlb-isolated", "place");
    [
        Source { kind: Kind::Case, name: "my/cases/mine.toml".to_owned(), text: case },
        Source {
            kind: Kind::Topology,
            name: "my/topologies/place.toml".to_owned(),
            text: topology,
        },
    ]
}

#[test]
fn what_a_file_refers_to_may_be_among_the_checked_files_or_the_others() {
    let [case, topology] = case_and_topology();
    let states = |others: &[Source], files: &[Source]| -> Vec<bool> {
        let checked = catalog::check(others, files);
        checked.iter().map(|file| matches!(file.state, State::Sound)).collect()
    };
    assert_eq!(states(&[], std::slice::from_ref(&case)), [false]);
    assert_eq!(states(&[], &[case.clone(), topology.clone()]), [true, true]);
    assert_eq!(states(&[topology], &[case]), [true]);
}

#[test]
fn references_wait_until_the_other_files_are_sound() {
    let [case, mut topology] = case_and_topology();
    topology.text = topology.text.replace("[[host]]", "[[hosts]]");
    let checked = catalog::check(&[], &[case, topology]);
    assert!(matches!(checked[0].state, State::Unfinished), "{checked:?}");
    assert!(matches!(checked[1].state, State::Wrong(_)), "{checked:?}");
}

#[test]
fn a_built_in_file_that_a_replaced_one_breaks_is_reported_last() {
    let text = started(Kind::Topology, "direct", "split-horizon-outside");
    let name = "my/topologies/split-horizon-outside.toml".to_owned();
    let checked = catalog::check(&[], &[Source { kind: Kind::Topology, name, text }]);
    assert!(matches!(checked[0].state, State::Sound), "{checked:?}");
    let broken: Vec<&str> = checked[1..].iter().map(|file| file.name.as_str()).collect();
    assert!(!broken.is_empty());
    assert!(broken.iter().all(|name| name.starts_with("built-in/")), "{broken:?}");
}
