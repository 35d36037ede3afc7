//! `pasvlab matrix`: runs a matrix or a part of it, prints it, compares it.

use std::io::Write;
use std::path::Path;

use pasvlab_harness::Jobs;
use pasvlab_report::json::{self, Document, Json};
use pasvlab_report::matrix::Terminal;
use pasvlab_report::{MatrixReport, MatrixResult, TopologyNote};
use pasvlab_scenarios::{Catalog, Clients, Matrix, Selection, Topology};

use crate::cli::{Format, MatrixArgs, WhichClients};
use crate::exit::Failure;
use crate::files;
use crate::terminal::{progress, remark};

/// Runs `pasvlab matrix`.
pub(crate) fn run(catalog: &Catalog, args: &MatrixArgs) -> Result<(), Failure> {
    let matrix = catalog.matrix(&args.matrix)?;
    let expected = args.check.as_deref().map(committed).transpose()?;
    let jobs = Jobs::new(catalog, matrix, &selection(args), args.seed)?;
    let threads = args.jobs.or_else(|| std::thread::available_parallelism().ok());
    let bar = progress(jobs.len(), "cells");
    let cells = jobs.run(threads.map_or(1, std::num::NonZero::get), || bar.inc(1));
    bar.finish_and_clear();
    let result = MatrixResult {
        title: matrix.title.clone(),
        seed: args.seed,
        topologies: notes(catalog, matrix, &args.topology),
        verified: verified(catalog),
        cells,
    };
    let Some(expected) = expected else { return print(args.format, &result) };
    compare(args, &expected, &result)
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
    topologies
        .map(|topology| TopologyNote {
            id: topology.id.clone(),
            title: topology.title.clone(),
            rotates: rotates(topology),
        })
        .collect()
}

fn rotates(topology: &Topology) -> Option<(String, usize)> {
    let name = topology.names.iter().find(|name| name.name == topology.connect)?;
    (name.addresses.len() > 1).then(|| (name.name.clone(), name.addresses.len()))
}

fn print(format: Format, result: &MatrixResult) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match format {
        Format::Terminal => Terminal.write(result, &mut out)?,
        Format::Json => Json.write(result, &mut out)?,
    }
    out.flush()?;
    Ok(())
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
    if args.format == Format::Json {
        print(Format::Json, result)?;
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
