//! `pasvlab run`: one cell, or one case, with everything that happened.

use std::io::Write;

use pasvlab_harness::advise::{Question, advise};
use pasvlab_harness::{Outcome, Scenario, judge};
use pasvlab_report::session;
use pasvlab_scenarios::{Catalog, CellId, Topology};

use crate::cli::RunArgs;
use crate::exit::Failure;

/// Runs `pasvlab run`.
pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Result<(), Failure> {
    let scenario = match chosen(catalog, args)? {
        (_, Some(scenario)) => scenario,
        (cell, None) => {
            return Err(not_applicable(catalog.topology(&cell.topology)?, &cell.passive_ip));
        }
    };
    let record = pasvlab_harness::run(&scenario);
    let mut out = anstream::stdout().lock();
    let verdict = judge(&record);
    session::write(&record, &verdict, args.trace, &mut out)?;
    let failed = verdict.outcome != Outcome::Transferred;
    if let Some(question) = Question::of(catalog, &scenario).filter(|_| failed) {
        pasvlab_report::advise::write_fixes(&question, &advise(&question), &mut out)?;
    }
    out.flush()?;
    Ok(())
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
