//! The catalogue of reasons: every id is produced by a session (or, where one session cannot, by the
//! box itself), every page's cells show its id, and every failing cell leads to a page.

#[path = "reasons/changed.rs"]
mod changed;
mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{catalog, run, run_case, scenario};
use pasvlab_harness::record::End;
use pasvlab_harness::{Cause, Outcome, Record, judge};
use pasvlab_report::reasons::{Page, Reasons};
use pasvlab_report::{session, words};
use pasvlab_scenarios::{Catalog, CellId};

const SEED: u64 = 1;

fn reasons() -> Reasons {
    Reasons::builtin().expect("one page for each cause")
}

/// The ids that a reader of a session meets: in its verdict, and in what became of its packets.
fn ids(record: &Record) -> BTreeSet<&'static str> {
    let verdict = judge(record);
    let packets = record.packets.iter().flat_map(|packet| {
        let lost = match packet.end {
            End::Delivered(_) => None,
            End::Dropped(_, reason) | End::Unreachable(_, reason) => Some(reason),
        };
        [lost, packet.answer]
    });
    let chain = verdict.chain.iter().map(|statement| statement.cause);
    let causes = chain.chain(verdict.cause).chain(packets.flatten().map(Cause::from));
    causes.map(Cause::id).collect()
}

/// Runs what stands after `pasvlab run`.
fn run_typed(typed: &str) -> Record {
    let (cell, server) = typed.split_once(" --server ").unwrap_or((typed, "transfer-family"));
    let Ok(id) = cell.parse::<CellId>() else {
        return run_case(catalog().case(cell).expect("a case"), SEED);
    };
    let catalog: &Catalog = catalog();
    let topology = catalog.topology(&id.topology).expect("a topology");
    let client = catalog.client(&id.client).expect("a client");
    let server = catalog.server(server).expect("a server");
    pasvlab_harness::run(&scenario(topology, &id.passive_ip, client, server, SEED))
}

#[test]
fn every_cell_on_a_page_shows_the_pages_id() {
    let mut runs = BTreeMap::new();
    for (cause, page) in reasons().all() {
        for typed in &page.examples {
            let found = runs.entry(typed.clone()).or_insert_with(|| ids(&run_typed(typed)));
            assert!(found.contains(cause.id()), "{cause}: `{typed}` shows {found:?}");
        }
    }
}

/// [`Cause::ALL`] is all that there are, by a test next to it.
#[test]
fn every_id_is_produced() {
    let mut found: BTreeSet<&str> = changed::sessions().iter().flat_map(ids).collect();
    found.insert(changed::without_a_free_port().id());
    let reasons = reasons();
    let unproduced: Vec<&str> = reasons
        .all()
        .filter(|(cause, page)| page.examples.is_empty() && !found.contains(cause.id()))
        .map(|(cause, _)| cause.id())
        .collect();
    assert!(unproduced.is_empty(), "dead ids: {unproduced:?}");
}

/// The decisive cause of each changed cell is the one that it was made for.
#[test]
fn what_was_broken_is_what_the_verdict_names() {
    let mut wrong = Vec::new();
    for (expected, record) in changed::broken() {
        let verdict = judge(&record);
        if verdict.cause.map(Cause::id) != Some(expected) {
            wrong.push((expected, verdict.cause, verdict.reason));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// It transferred everything, for all that anybody knows.
#[test]
fn of_a_session_in_tls_between_two_real_programs_nothing_is_claimed() {
    let verdict = judge(&changed::in_tls_that_nobody_reads());
    let found = (verdict.outcome, verdict.cause);
    assert_eq!(found, (Outcome::Unknown, Some(Cause::TlsUnread)), "{verdict:#?}");
    assert!(verdict.reason.contains("is not known"), "{}", verdict.reason);
}

#[test]
fn every_failing_cell_of_the_headline_ends_with_a_page_that_exists() {
    let reasons = reasons();
    let matrix = catalog().matrix("headline").expect("the headline matrix");
    let cells = catalog().expand(matrix, &pasvlab_scenarios::Selection::default());
    let mut failing = 0;
    for cell in cells.expect("known ids") {
        let (result, record) = run(&cell.topology, &cell.passive_ip, &cell.client, SEED);
        let Some(record) = record.filter(|_| result.outcome != Outcome::Transferred) else {
            continue;
        };
        let mut printed = Vec::new();
        session::write(&record, &judge(&record), false, &mut printed).expect("a report");
        let printed = String::from_utf8(printed).expect("text");
        let last = printed.lines().last().unwrap_or_default();
        let id = last.split("pasvlab explain ").nth(1);
        let id = id.unwrap_or_else(|| panic!("{cell}: ends with {last:?}"));
        reasons.find(id).unwrap_or_else(|error| panic!("{cell}: {error}"));
        failing += 1;
    }
    assert!(failing > 100, "{failing}");
}

#[test]
fn a_page_leads_to_other_pages_and_names_its_sources() {
    let reasons = reasons();
    for (cause, page) in reasons.all() {
        let Page { sentence, mechanism, capture, see, sources, .. } = page;
        assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{cause}: {sentence:?}");
        assert!(mechanism.trim_end().ends_with('.'), "{cause}: {mechanism:?}");
        assert!(!capture.is_empty() && !sources.is_empty() && !see.is_empty(), "{cause}");
        for id in see {
            let (other, _) = reasons.find(id).unwrap_or_else(|error| panic!("{cause}: {error}"));
            assert_ne!(other, cause, "{cause} refers to itself");
        }
    }
}

#[test]
fn a_page_fits_into_80_columns() {
    for (cause, page) in reasons().all() {
        let mut printed = Vec::new();
        pasvlab_report::reasons::write_page(cause, page, &mut printed).expect("a page");
        // Without a terminal's codes, as `anstream` prints it there.
        let printed = anstream::adapter::strip_bytes(&printed).into_vec();
        for line in String::from_utf8(printed).expect("text").lines() {
            let words = line.split_whitespace().count();
            assert!(line.chars().count() <= words::WIDTH || words < 3, "{cause}: {line:?}");
        }
    }
}
