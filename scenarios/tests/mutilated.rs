//! Whatever happens to a file, the loader answers with a value or with an error that can be shown.

mod common;

use pasvlab_scenarios::{LoadError, Problem, load};
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing that happens to a file.
#[derive(Debug, Clone)]
enum Damage {
    CutOff(Index),
    Remove(Index, usize),
    Insert(Index, String),
    SwapLines(Index, Index),
    RepeatLine(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let scrap = prop_oneof![
        "[\\[\\]{}=\"',.#\n0-9a-z -]{1,6}",
        Just("\u{e4}\u{1f980}".to_owned()),
        Just("`".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("nan".to_owned()),
    ];
    prop_oneof![
        any::<Index>().prop_map(Damage::CutOff),
        (any::<Index>(), 1_usize..12).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), scrap).prop_map(|(at, scrap)| Damage::Insert(at, scrap)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Damage::SwapLines(one, other)),
        any::<Index>().prop_map(Damage::RepeatLine),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    if chars.is_empty() || lines.is_empty() {
        return text.to_owned();
    }
    match damage {
        Damage::CutOff(at) => chars.truncate(at.index(chars.len())),
        Damage::Remove(at, length) => {
            let start = at.index(chars.len());
            let end = (start + length).min(chars.len());
            chars.drain(start..end);
        }
        Damage::Insert(at, scrap) => {
            let start = at.index(chars.len());
            chars.splice(start..start, scrap.chars());
        }
        Damage::SwapLines(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
            return lines.join("\n");
        }
        Damage::RepeatLine(at) => {
            let line = at.index(lines.len());
            lines.insert(line, lines[line]);
            return lines.join("\n");
        }
    }
    chars.into_iter().collect()
}

/// An error names a place that exists and can be shown in every way.
fn shows(text: &str, error: LoadError) {
    for problem in error.problems() {
        let place = problem.location().expect("the file was read");
        let lines: Vec<&str> = text.split('\n').collect();
        assert!((1..=lines.len()).contains(&place.line), "{}", problem.one_line());
        let width = lines[place.line - 1].chars().count();
        assert!((1..=width + 1).contains(&place.column), "{}", problem.one_line());
        assert!(!problem.message().is_empty());
        assert!(problem.advice().is_some(), "{}", problem.one_line());
    }
    let lines: Vec<String> = error.problems().map(Problem::one_line).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')), "{lines:?}");
    assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_damaged_topology_is_a_value_or_an_error(
        sound in prop::sample::select(vec![common::TOPOLOGY, common::GATEWAYS]),
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let text = damages.iter().fold(sound.to_owned(), |text, d| apply(&text, d));
        if let Err(error) = load::topology("topologies/t.toml", &text) {
            shows(&text, error);
        }
    }

    #[test]
    fn a_damaged_client_is_a_value_or_an_error(
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let text = damages.iter().fold(common::CLIENT.to_owned(), |text, d| apply(&text, d));
        if let Err(error) = load::client("clients/t.toml", &text) {
            shows(&text, error);
        }
    }

    #[test]
    fn any_text_is_a_value_or_an_error(text in "(?s).{0,200}") {
        for result in [
            load::topology("t.toml", &text).map(drop),
            load::server("t.toml", &text).map(drop),
            load::client("t.toml", &text).map(drop),
            load::matrix("t.toml", &text).map(drop),
            load::case("t.toml", &text).map(drop),
        ] {
            if let Err(error) = result {
                shows(&text, error);
            }
        }
    }
}

#[test]
fn a_topology_that_is_cut_off_anywhere_is_a_value_or_an_error() {
    for sound in [common::TOPOLOGY, common::GATEWAYS] {
        for (end, _) in sound.char_indices() {
            let text = &sound[..end];
            if let Err(error) = load::topology("topologies/t.toml", text) {
                shows(text, error);
            }
        }
    }
}
