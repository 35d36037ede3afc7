//! `pasvlab matrix`: runs a matrix or a part of it, prints it, compares it.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use pasvlab_harness::advise::{Question, advise};
use pasvlab_harness::{Jobs, Outcome, Record, Scenario, judge};
use pasvlab_report::advise as help;
use pasvlab_report::csv::Csv;
use pasvlab_report::html::Html;
use pasvlab_report::json::{self, Document, Json};
use pasvlab_report::junit::Junit;
use pasvlab_report::markdown::Markdown;
use pasvlab_report::story::Story;
use pasvlab_report::terminal::Terminal;
use pasvlab_report::{MatrixResult, Renderer, TopologyNote};
use pasvlab_scenarios::{Catalog, Clients, Matrix, Selection};

use crate::cli::{MatrixArgs, MatrixFormat, WhichClients};
use crate::exit::Failure;
use crate::files;
use crate::output;
use crate::terminal::{progress, remark};

/// Runs `pasvlab matrix`.
pub(crate) fn run(catalog: &Catalog, args: &MatrixArgs) -> Result<(), Failure> {
    if args.no_fixes && args.format != MatrixFormat::Html {
        let text = "--no-fixes is for --format html; other formats have none";
        return Err(Failure::Usage(text.to_owned()));
    }
    let matrix = catalog.matrix(&args.matrix)?;
    let expected = args.check.as_deref().map(committed).transpose()?;
    let jobs = Jobs::new(catalog, matrix, &selection(args), args.seed)?;
    let threads = threads(args.jobs);
    let bar = progress(jobs.len(), "cells");
    let done = || bar.inc(1);
    let (cells, stories) = if args.format == MatrixFormat::Html {
        jobs.run_and_keep(threads, done, |scenario, record| story(catalog, scenario, record, args))
    } else {
        (jobs.run(threads, done), Vec::new())
    };
    bar.finish_and_clear();
    let result = MatrixResult {
        title: matrix.title.clone(),
        seed: args.seed,
        topologies: notes(catalog, matrix, &args.topology),
        verified: verified(catalog),
        cells,
        stories,
    };
    let Some(expected) = expected else { return print(args, None, &result) };
    compare(args, &expected, &result)
}

/// What happened in a cell, and what helps, unless that is not wanted.
fn story<'a>(
    catalog: &'a Catalog,
    scenario: &Scenario<'a>,
    record: &Record,
    args: &MatrixArgs,
) -> Story {
    let verdict = judge(record);
    let wanted = !args.no_fixes && verdict.outcome != Outcome::Transferred;
    let question = Question::of(catalog, scenario).filter(|_| wanted);
    let fixes = question.map(|question| help::fixes(&question, &advise(&question)));
    Story::of(record, &verdict, &fixes.unwrap_or_default(), false)
}

/// As many as are wanted, or one per processor.
pub(super) fn threads(wanted: Option<NonZeroUsize>) -> usize {
    wanted.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

fn selection(args: &MatrixArgs) -> Selection {
    let clients = match args.clients {
        Some(WhichClients::All) => Clients::All,
        None if args.client.is_empty() => Clients::Default,
        None => Clients::Listed(args.client.clone()),
    };
    Selection { topologies: args.topology.clone(), passive_ips: args.passive_ip.clone(), clients }
}

/// Clients with the programs against which they were held.
pub(super) fn verified(catalog: &Catalog) -> Vec<(String, String)> {
    let clients = catalog.clients().flat_map(|client| {
        let programs = catalog.programs_of(&client.id);
        programs.map(|program| (client.id.clone(), program.version_name(client)))
    });
    clients.collect()
}

/// Remarks on these topologies, or on all of the matrix.
pub(super) fn notes(catalog: &Catalog, matrix: &Matrix, only: &[String]) -> Vec<TopologyNote> {
    let ids = if only.is_empty() { &matrix.topologies[..] } else { only };
    let topologies = ids.iter().filter_map(|id| catalog.topology(id).ok());
    topologies.map(TopologyNote::of).collect()
}

fn print(
    args: &MatrixArgs,
    expected: Option<&Document>,
    result: &MatrixResult,
) -> Result<(), Failure> {
    let renderer: &dyn Renderer<MatrixResult> = match args.format {
        MatrixFormat::Terminal => &Terminal,
        MatrixFormat::Markdown => &Markdown::default(),
        MatrixFormat::Html => &Html,
        MatrixFormat::Json => &Json,
        MatrixFormat::Junit => &Junit { expected },
        MatrixFormat::Csv => &Csv,
    };
    let mut report = Vec::new();
    renderer.write(result, &mut report)?;
    output::deliver(args.output.as_deref(), &report)
}

fn committed(path: &Path) -> Result<Document, Failure> {
    let text = files::read(path)?;
    json::parse(&text).map_err(|error| {
        Failure::Usage(format!(
            "{}:{}:{}: not a table as `pasvlab matrix --format json` prints it: {error}",
            files::shown(path),
            error.line(),
            error.column()
        ))
    })
}

fn compare(args: &MatrixArgs, expected: &Document, result: &MatrixResult) -> Result<(), Failure> {
    if expected.seed != result.seed {
        return Err(Failure::Usage(format!(
            "the committed table was made with seed {}; run with --seed {0}",
            expected.seed
        )));
    }
    if args.format != MatrixFormat::Terminal || args.output.is_some() {
        print(args, Some(expected), result)?;
    }
    let differences = json::differences(expected, result);
    let mut err = anstream::stderr().lock();
    for difference in &differences {
        writeln!(err, "{difference}")?;
    }
    let cells = result.cells.len();
    if differences.is_empty() {
        return Ok(remark(&format!("{cells} cells as expected"))?);
    }
    writeln!(err, "{} of {cells} cells differ", differences.len())?;
    Err(Failure::Differs)
}
