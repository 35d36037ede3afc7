//! `pasvlab run`: one cell, or one case, with everything that happened.

use std::io::{self, Write};
use std::path::Path;

use pasvlab_harness::advise::{Question, advise};
use pasvlab_harness::{Outcome, Record, Scenario, Verdict, judge};
use pasvlab_report::session;
use pasvlab_scenarios::{Catalog, CellId, Topology};

use super::capture::{Capture, to_stdout};
use crate::cli::RunArgs;
use crate::exit::Failure;

/// Runs `pasvlab run`.
pub(crate) fn run(
    catalog: &Catalog,
    args: &RunArgs,
    scenarios: Option<&Path>,
) -> Result<(), Failure> {
    let scenario = match chosen(catalog, args)? {
        (_, Some(scenario)) => scenario,
        (cell, None) => {
            return Err(not_applicable(catalog.topology(&cell.topology)?, &cell.passive_ip));
        }
    };
    let capture = Capture::prepare(&args.capture, &scenario)?;
    let record = pasvlab_harness::run(&scenario);
    let verdict = judge(&record);
    if let Some(capture) = capture {
        write_capture(capture, args, scenarios, &record, &verdict)?;
    }
    let mut out: Box<dyn Write> = match to_stdout(&args.capture) {
        true => Box::new(anstream::stderr().lock()),
        false => Box::new(anstream::stdout().lock()),
    };
    session::write(&record, &verdict, args.trace, &mut out)?;
    let failed = verdict.outcome != Outcome::Transferred;
    if let Some(question) = Question::of(catalog, &scenario).filter(|_| failed) {
        pasvlab_report::advise::write_fixes(&question, &advise(&question), &mut out)?;
    }
    out.flush()?;
    Ok(())
}

/// Writes the capture, with the command that leaves it again.
fn write_capture(
    capture: Capture,
    args: &RunArgs,
    scenarios: Option<&Path>,
    record: &Record,
    verdict: &Verdict,
) -> io::Result<()> {
    let seed = args.seed.to_string();
    let mut command = vec!["pasvlab", "run", &args.cell, "--seed", &seed];
    if args.cell.contains('/') {
        command.extend(["--server", &args.server]);
    }
    let scenarios = scenarios.map(Path::to_string_lossy);
    command.extend(scenarios.iter().flat_map(|directory| ["--scenarios", directory]));
    capture.write(record, verdict, &command)
}

/// The cell that was asked for: by its three ids, or by a case's id.
fn chosen<'a>(
    catalog: &'a Catalog,
    args: &RunArgs,
) -> Result<(CellId, Option<Scenario<'a>>), Failure> {
    if args.cell.contains('/') {
        let cell = args.cell.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
        let scenario = Scenario::of_cell(catalog, &cell, &args.server, args.seed)?;
        return Ok((cell, scenario));
    }
    let case = catalog.case(&args.cell)?;
    Ok((case.cell(), Scenario::of_case(catalog, case, args.seed)?))
}

/// What to say of a topology that has no such setting.
pub(super) fn not_applicable(topology: &Topology, passive_ip: &str) -> Failure {
    let known: Vec<&str> = topology.passive_ip_ids().collect();
    Failure::Usage(format!(
        "not-applicable: topology `{}` has no PassiveIp `{passive_ip}`; it has {}",
        topology.id,
        known.join(", ")
    ))
}
