//! `pasvlab run`: one cell, or one case, with everything that happened.

use std::io::Write;

use pasvlab_harness::{Scenario, judge};
use pasvlab_report::session;
use pasvlab_scenarios::{Catalog, CellId};

use crate::cli::RunArgs;
use crate::exit::Failure;

/// Runs `pasvlab run`.
pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Result<(), Failure> {
    let scenario = match chosen(catalog, args)? {
        (_, Some(scenario)) => scenario,
        (cell, None) => return Err(not_applicable(catalog, &cell)?),
    };
    let record = pasvlab_harness::run(&scenario);
    let mut out = anstream::stdout().lock();
    session::write(&record, &judge(&record), args.trace, &mut out)?;
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

fn not_applicable(catalog: &Catalog, cell: &CellId) -> Result<Failure, Failure> {
    let topology = catalog.topology(&cell.topology)?;
    let known: Vec<&str> = topology.passive_ip_ids().collect();
    Ok(Failure::Usage(format!(
        "not-applicable: topology `{}` has no PassiveIp `{}`; it has {}",
        topology.id,
        cell.passive_ip,
        known.join(", ")
    )))
}
