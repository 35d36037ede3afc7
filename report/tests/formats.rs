//! Every format tells the same of a matrix: what a reader finds in one, a program finds in the others.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use pasvlab_harness::record::Sealed;
use pasvlab_harness::{Jobs, Scenario, judge};
use pasvlab_report::csv::Csv;
use pasvlab_report::html::Html;
use pasvlab_report::json::{self, Json};
use pasvlab_report::junit::Junit;
use pasvlab_report::markdown::Markdown;
use pasvlab_report::story::Story;
use pasvlab_report::{MatrixResult, Renderer, TopologyNote, words};
use pasvlab_scenarios::{Catalog, Selection};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use scraper::{Html as Page, Selector};
use serde_json::Value;

/// Outcome and cause by cell; an outcome alone for cells that transfer.
type Told = BTreeMap<String, (String, Option<String>)>;

/// A matrix with settings that some of its topologies lack, with five outcomes, and with sessions in TLS.
fn matrix() -> &'static MatrixResult {
    static RESULT: OnceLock<MatrixResult> = OnceLock::new();
    RESULT.get_or_init(|| run(2))
}

fn run(threads: usize) -> MatrixResult {
    let catalog = Catalog::builtin().expect("the built-in catalogue is sound");
    let matrix = catalog.matrix("headline").expect("the headline matrix");
    let topologies = ["nlb", "privatelink"].map(str::to_owned).to_vec();
    let selection = Selection { topologies: topologies.clone(), ..Selection::default() };
    let story = |_: &_, record: &_| Story::of(record, &judge(record), &[], false);
    let (mut cells, mut stories) = (Vec::new(), Vec::new());
    for matrix in [matrix, catalog.matrix("ftps").expect("the matrix for TLS")] {
        let jobs = Jobs::new(&catalog, matrix, &selection, 1).expect("known ids");
        let (more, told) = jobs.run_and_keep(threads, || {}, story);
        cells.extend(more);
        stories.extend(told);
    }
    let topologies = topologies.iter().map(|id| catalog.topology(id).expect("a known id"));
    MatrixResult {
        title: matrix.title.clone(),
        seed: 1,
        topologies: topologies.map(TopologyNote::of).collect(),
        verified: vec![("lftp".to_owned(), "lftp 4.9".to_owned())],
        cells,
        stories,
    }
}

fn written(renderer: &dyn Renderer<MatrixResult>) -> String {
    let mut bytes = Vec::new();
    renderer.write(matrix(), &mut bytes).expect("writing to memory");
    String::from_utf8(bytes).expect("text")
}

/// What the results themselves say of cells that were run.
fn told() -> Told {
    let cells = matrix().cells.iter().filter(|cell| cell.announced.is_some());
    let cells = cells.map(|cell| {
        let cause = cell.cause.map(|cause| cause.id().to_owned());
        (cell.cell.to_string(), (cell.outcome.id().to_owned(), cause))
    });
    cells.collect()
}

/// The outcome with this short form.
fn outcome_of(short: &str) -> String {
    let mut outcomes = matrix().cells.iter().map(|cell| cell.outcome);
    let outcome = outcomes.find(|outcome| words::short(*outcome) == short);
    outcome.unwrap_or_else(|| panic!("no outcome is called {short:?}")).id().to_owned()
}

#[test]
fn the_matrix_has_several_outcomes_and_cells_that_are_not_applicable() {
    let outcomes: std::collections::BTreeSet<_> =
        matrix().cells.iter().map(|cell| cell.outcome.id()).collect();
    assert!(outcomes.len() >= 5, "{outcomes:?}");
    assert!(outcomes.contains("not-applicable"));
    let telling = told().into_values().filter(|(_, cause)| cause.is_some()).count();
    assert!(telling > 10, "{telling} cells have a cause");
}

#[test]
fn json_tells_outcome_and_cause_of_every_cell() {
    let document = json::parse(&written(&Json)).expect("what it wrote itself");
    assert_eq!(document.cells.len(), matrix().cells.len());
    let cells = document.cells.into_iter().filter(|cell| cell.announced.is_some());
    let found: Told = cells
        .map(|cell| {
            let id = format!("{}/{}/{}", cell.topology, cell.passive_ip, cell.client);
            (id, (cell.outcome, cell.cause))
        })
        .collect();
    assert_eq!(found, told());
}

#[test]
fn csv_tells_outcome_and_cause_of_every_cell() {
    let text = written(&Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found = Told::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.expect("as many values as names");
        if row["outcome"] == "not-applicable" {
            continue;
        }
        let id = format!("{}/{}/{}", row["topology"], row["passive_ip"], row["client"]);
        let cause = Some(row["cause"].clone()).filter(|cause| !cause.is_empty());
        found.insert(id, (row["outcome"].clone(), cause));
    }
    assert_eq!(found, told());
}

#[test]
fn junit_tells_outcome_and_cause_of_every_cell() {
    let report = Report::deserialize_from_str(&written(&Junit::default())).expect("JUnit");
    let mut found = Told::new();
    let mut skipped = 0;
    for suite in &report.test_suites {
        for case in &suite.test_cases {
            let id = format!("{}/{}", suite.name.as_str(), case.name.as_str());
            match &case.status {
                TestCaseStatus::Success { .. } => {
                    found.insert(id, ("transferred".to_owned(), None));
                }
                TestCaseStatus::NonSuccess { kind, message, ty, .. } => {
                    assert_eq!(*kind, NonSuccessKind::Failure);
                    assert!(message.is_some(), "{id}");
                    let ty = ty.as_ref().expect("a type").as_str();
                    let (outcome, cause) = ty.split_once('/').expect("outcome and cause");
                    found.insert(id, (outcome.to_owned(), Some(cause.to_owned())));
                }
                TestCaseStatus::Skipped { .. } => skipped += 1,
            }
        }
    }
    assert_eq!(found, told());
    assert_eq!(skipped, matrix().cells.len() - found.len());
}

#[test]
fn junit_fails_exactly_the_cells_that_differ_from_a_table() {
    let mut expected = json::parse(&written(&Json)).expect("what it wrote itself");
    let changed = expected.cells.iter_mut().find(|cell| cell.outcome == "transferred");
    changed.expect("a success").outcome = "refused".to_owned();
    let report = written(&Junit { expected: Some(&expected) });
    let report = Report::deserialize_from_str(&report).expect("JUnit");
    let failures: usize = report.test_suites.iter().map(|suite| suite.failures).sum();
    assert_eq!(failures, 1);
    let skipped = report.test_suites.iter().map(|suite| suite.skipped).sum::<usize>();
    assert_eq!(skipped, 0, "a cell that is not applicable, as it should be, passes");
}

/// The tables of a Markdown page, with causes read from the lists below them.
fn told_in_markdown(text: &str) -> Told {
    let mut found = Told::new();
    for section in text.split("\n## ").skip(1) {
        let topology = section.lines().next().expect("a heading");
        let causes: BTreeMap<&str, &str> = section
            .lines()
            .filter_map(|line| {
                let (letter, rest) = line.strip_prefix("- (")?.split_once(')')?;
                let (_, id) = rest.rsplit_once("\\[`")?;
                Some((letter, id.trim_end_matches("`\\]")))
            })
            .collect();
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches(['|', ' ']).split(" | ").map(str::to_owned).collect()
        };
        let mut rows = section.lines().filter(|line| line.starts_with("| ")).map(cells);
        let header = rows.next().expect("a header");
        for row in rows {
            for (title, text) in header.iter().zip(&row).skip(1) {
                let setting = title.split(':').next().expect("an id");
                let (short, letter) = match text.split_once(" (") {
                    Some((short, letter)) => (short, Some(letter.trim_end_matches(')'))),
                    None => (text.as_str(), None),
                };
                let cause = letter.map(|letter| causes[letter].to_owned());
                for client in row[0].split(", ").map(|client| client.trim_matches('`')) {
                    let id = format!("{topology}/{setting}/{client}");
                    found.insert(id, (outcome_of(short), cause.clone()));
                }
            }
        }
    }
    found
}

#[test]
fn markdown_tells_outcome_and_cause_of_every_cell() {
    assert_eq!(told_in_markdown(&written(&Markdown::default())), told());
}

#[test]
fn markdown_with_clients_in_groups_tells_the_same_in_fewer_rows() {
    let (each, grouped) = (written(&Markdown::default()), written(&Markdown { grouped: true }));
    assert_eq!(told_in_markdown(&grouped), told());
    assert!(grouped.lines().count() < each.lines().count());
}

fn select(css: &str) -> Selector {
    Selector::parse(css).expect("a selector")
}

#[test]
fn the_page_tells_outcome_and_cause_of_every_cell_in_its_table_and_its_stories() {
    let page = Page::parse_document(&written(&Html));
    let data: String = page.select(&select("#data")).flat_map(|script| script.text()).collect();
    let data: Value = serde_json::from_str(&data).expect("JSON");
    let mut found = Told::new();
    for link in page.select(&select("#matrix tbody td a")) {
        let id = link.attr("href").expect("a link").trim_start_matches('#');
        let cell = link.parent().and_then(scraper::ElementRef::wrap).expect("a cell");
        let class = cell.attr("class").expect("an outcome");
        let words: String = link.text().collect();
        let short = words.split_once(' ').expect("a sign and words").1;
        assert_eq!(outcome_of(short), class, "{id}");
        let story = &data["cells"][id];
        let pooled = |key: &str| {
            let place = story[key].as_u64().expect("a place in the pool");
            data["pool"][place as usize].as_str().map(str::to_owned)
        };
        assert_eq!(pooled("outcome").as_deref(), Some(class), "{id}");
        found.insert(id.to_owned(), (class.to_owned(), pooled("cause")));
    }
    assert_eq!(found, told());
}

#[test]
fn the_page_has_headers_with_scopes_and_names_for_everything_that_is_used() {
    let page = Page::parse_document(&written(&Html));
    for header in page.select(&select("#matrix th")) {
        assert!(header.attr("scope").is_some(), "{}", header.html());
    }
    for field in page.select(&select("form input, form select")) {
        let label = field.ancestors().filter_map(scraper::ElementRef::wrap);
        assert!(label.into_iter().any(|element| element.value().name() == "label"));
    }
    assert_eq!(page.select(&select("dialog[aria-labelledby]")).count(), 1);
    for picture in page.select(&select("svg")) {
        assert_eq!(picture.attr("role"), Some("img"));
        assert!(picture.attr("aria-label").is_some_and(|label| !label.is_empty()));
    }
}

#[test]
fn the_page_needs_nothing_from_anywhere_else() {
    let text = written(&Html);
    let page = Page::parse_document(&text);
    let outside = "img, iframe, object, embed, script[src], link[rel=stylesheet], base";
    assert_eq!(page.select(&select(outside)).count(), 0);
    let links = select("link");
    let icon = page.select(&links).map(|link| link.attr("href"));
    assert_eq!(icon.collect::<Vec<_>>(), [Some("data:,")], "or a browser asks for one");
    assert!(!text.contains("@import") && !text.contains("url("), "a style sheet asks for more");
    // The name of a namespace, which nobody fetches.
    let addresses = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http://") && !addresses.contains("https://"));
}

#[test]
fn a_page_is_the_same_bytes_from_one_thread_and_from_several() {
    let mut bytes = Vec::new();
    Html.write(&run(1), &mut bytes).expect("writing to memory");
    assert!(bytes == written(&Html).into_bytes(), "the pages differ");
}

#[test]
fn stories_of_sessions_in_tls_say_so_and_name_the_server() {
    let is_ftps = |story: &&Story| story.cell.client.ends_with("-ftps");
    let stories = || matrix().stories.iter().flatten();
    assert!(stories().filter(is_ftps).count() > 4);
    for story in stories() {
        let in_tls = is_ftps(&story);
        let lines = story.timeline.iter().filter(|moment| moment.tls).count();
        assert_eq!(lines > 0, in_tls, "{}", story.id());
        let server = if in_tls { "transfer-family-ftps" } else { "transfer-family" };
        assert_eq!(story.server, server, "{}", story.id());
        let steps = story.sequence.steps.iter();
        let notes = steps.filter(|step| step.text.ends_with("has gone over to TLS")).count();
        assert_eq!(notes > 0, in_tls, "{}", story.id());
    }
}

#[test]
fn a_session_in_tls_that_nobody_can_read_says_so_where_it_goes_over() {
    let catalog = Catalog::builtin().expect("the built-in catalogue is sound");
    let cell = "direct/auto/suppaftp-ftps".parse().expect("a cell");
    let scenario = Scenario::of_cell(&catalog, &cell, "transfer-family-ftps", 1);
    let mut record = pasvlab_harness::run(&scenario.expect("known ids").expect("applicable"));
    // As between two programs that are not the lab's.
    record.sealed = Sealed::default();
    let story = Story::of(&record, &judge(&record), &[], false);
    let texts: Vec<&str> = story.timeline.iter().map(|moment| moment.text.as_str()).collect();
    let answer = texts.iter().position(|text| text.starts_with("234 ")).expect("an answer");
    let note = "the control connection has gone over to TLS, and cannot be read";
    assert_eq!(texts[answer + 1], note);
    assert!(story.sequence.steps.iter().any(|step| step.text == note));
    assert!(story.timeline.iter().all(|moment| !moment.tls));
}
