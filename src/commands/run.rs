//! `pasvlab run`: one cell, or one case, with everything that happened.

use std::io::Write;

use pasvlab_harness::{Scenario, judge};
use pasvlab_report::session;
use pasvlab_scenarios::{Catalog, CellId};

use crate::cli::RunArgs;
use crate::exit::Failure;

/// Runs `pasvlab run`.
pub(crate) fn run(catalog: &Catalog, args: &RunArgs) -> Result<(), Failure> {
    let (cell, server, passive_port) = chosen(catalog, args)?;
    let topology = catalog.topology(&cell.topology)?;
    let Some(announced) = topology.announced(&cell.passive_ip) else {
        let known: Vec<&str> = topology.passive_ip_ids().collect();
        return Err(Failure::Usage(format!(
            "not-applicable: topology `{}` has no PassiveIp `{}`; it has {}",
            topology.id,
            cell.passive_ip,
            known.join(", ")
        )));
    };
    let scenario = Scenario {
        topology,
        passive_ip: cell.passive_ip.clone(),
        announced,
        client: catalog.client(&cell.client)?,
        server: catalog.server(&server)?,
        passive_port,
        seed: args.seed,
    };
    let record = pasvlab_harness::run(&scenario);
    let mut out = anstream::stdout().lock();
    session::write(&record, &judge(&record), args.trace, &mut out)?;
    out.flush()?;
    Ok(())
}

/// The cell that was asked for: by its three ids, or by a case's id.
fn chosen(catalog: &Catalog, args: &RunArgs) -> Result<(CellId, String, Option<u16>), Failure> {
    if args.cell.contains('/') {
        let cell = args.cell.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
        catalog.check_cell(&cell)?;
        return Ok((cell, args.server.clone(), None));
    }
    let case = catalog.case(&args.cell)?;
    Ok((case.cell(), case.server.clone(), case.passive_port))
}
