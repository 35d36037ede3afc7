//! `pasvlab bless`: makes the committed tables and the generated pages anew, and says what changed.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use pasvlab_harness::{CellResult, Jobs};
use pasvlab_report::json::{self, Json};
use pasvlab_report::reasons::{self, Reasons};
use pasvlab_report::{MatrixResult, Renderer, page, schema};
use pasvlab_scenarios::{Catalog, Clients, Matrix, Selection};

use super::matrix::{notes, threads};
use crate::cli::{BlessArgs, DEFAULT_SEED};
use crate::exit::Failure;
use crate::output;
use crate::terminal::progress;

/// Runs `pasvlab bless`.
pub(crate) fn run(catalog: &Catalog, args: &BlessArgs) -> Result<(), Failure> {
    let directory = &args.directory;
    if !directory.join(HEADLINE).is_file() {
        return Err(Failure::Usage(format!(
            "{} is not pasvlab's project directory: it has no {HEADLINE}; name it with --directory",
            directory.display()
        )));
    }
    let mut out = anstream::stdout().lock();
    let mut stale = 0;
    for derived in derived(catalog, threads(args.jobs))? {
        let path = directory.join(&derived.path);
        let committed = read(&path)?;
        if committed == derived.text {
            continue;
        }
        stale += 1;
        writeln!(out, "{}: {}", derived.path, if args.check { "stale" } else { "made anew" })?;
        derived.changes(&committed, &mut out)?;
        if !args.check {
            output::deliver(Some(&path), derived.text.as_bytes())?;
        }
    }
    let (files, verb) =
        (if stale == 1 { "file" } else { "files" }, if stale == 1 { "is" } else { "are" });
    match (stale, args.check) {
        (0, _) => writeln!(out, "all is as it should be")?,
        (_, false) => writeln!(out, "{stale} {files} made anew")?,
        (_, true) => {
            writeln!(out, "{stale} {files} {verb} stale; make anew with `pasvlab bless`")?;
            return Err(Failure::Differs);
        }
    }
    Ok(())
}

const HEADLINE: &str = "tests/headline.json";

/// A file that is made from others.
struct Derived {
    /// Within the project.
    path: String,
    text: String,
    /// The matrix in it, if it is a table for comparison.
    table: Option<MatrixResult>,
}

/// A file as it is; empty if there is none yet.
fn read(path: &Path) -> Result<String, Failure> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => {
            read.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))
        }
    }
}

/// All of them as they should be.
fn derived(catalog: &Catalog, threads: usize) -> Result<Vec<Derived>, Failure> {
    let (headline, topologies) = (catalog.matrix("headline")?, catalog.matrix("topologies")?);
    let everybody = Selection { clients: Clients::All, ..Selection::default() };
    let full = result(catalog, topologies, cells(catalog, topologies, &everybody, threads)?);
    // What the table of all topologies has is a part of that.
    let known: BTreeMap<String, &CellResult> =
        full.cells.iter().map(|cell| (cell.cell.to_string(), cell)).collect();
    let part = catalog.expand(topologies, &Selection::default())?;
    let part = part.iter().filter_map(|cell| known.get(&cell.to_string()).copied().cloned());
    let part = result(catalog, topologies, part.collect());
    let ftps = catalog.matrix("ftps")?;
    let in_tls = result(catalog, ftps, cells(catalog, ftps, &everybody, threads)?);
    let head = cells(catalog, headline, &Selection::default(), threads)?;
    let reasons = Reasons::builtin().map_err(|error| Failure::Usage(error.to_string()))?;
    let page = |path: &str, text| Derived { path: path.to_owned(), text, table: None };
    let mut all = vec![
        table(HEADLINE, result(catalog, headline, head))?,
        table("tests/topologies.json", part)?,
        page("COMPATIBILITY.md", page::compatibility(&full)?),
        page("docs/ftps.md", page::compatibility_in_tls(&in_tls)?),
        page("docs/topologies.md", page::topologies_page(catalog)),
        page("docs/reasons.md", reasons::reasons_page(&reasons)),
        page("report/schema/matrix.json", schema::matrix()),
        page("report/schema/session.json", schema::session()),
    ];
    let schemas = pasvlab_scenarios::schema::json_schema_files();
    all.extend(schemas.map(|(path, text)| page(&path, text)));
    Ok(all)
}

fn table(path: &str, table: MatrixResult) -> Result<Derived, Failure> {
    let mut bytes = Vec::new();
    Json.write(&table, &mut bytes)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(Derived { path: path.to_owned(), text, table: Some(table) })
}

fn cells(
    catalog: &Catalog,
    matrix: &Matrix,
    selection: &Selection,
    threads: usize,
) -> Result<Vec<CellResult>, Failure> {
    let jobs = Jobs::new(catalog, matrix, selection, DEFAULT_SEED)?;
    let bar = progress(jobs.len(), "cells");
    let cells = jobs.run(threads, || bar.inc(1));
    bar.finish_and_clear();
    Ok(cells)
}

fn result(catalog: &Catalog, matrix: &Matrix, cells: Vec<CellResult>) -> MatrixResult {
    MatrixResult {
        title: matrix.title.clone(),
        seed: DEFAULT_SEED,
        topologies: notes(catalog, matrix, &[]),
        cells,
        ..MatrixResult::default()
    }
}

impl Derived {
    /// Says what changed: of a table each cell, of a page the first line.
    fn changes(&self, committed: &str, out: &mut dyn Write) -> io::Result<()> {
        let Some(table) = &self.table else { return self.first_line(committed, out) };
        let Ok(document) = json::parse(committed) else {
            return writeln!(out, "  the committed table cannot be read, or has other fields");
        };
        for difference in json::differences(&document, table) {
            writeln!(out, "  {difference}")?;
        }
        for id in json::gone(&document, table) {
            writeln!(out, "  {id}: no longer in the matrix")?;
        }
        Ok(())
    }

    fn first_line(&self, committed: &str, out: &mut dyn Write) -> io::Result<()> {
        let (old, new) = (committed.lines().count(), self.text.lines().count());
        let pairs = committed.lines().zip(self.text.lines());
        let same = pairs.take_while(|(old, new)| old == new).count();
        writeln!(out, "  differs from line {} on ({old} lines, now {new})", same + 1)
    }
}
