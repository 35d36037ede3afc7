//! One file per subcommand.

mod advise;
mod bless;
mod capture;
mod check;
mod completions;
mod conformance;
mod exec;
mod explain;
#[cfg(target_os = "linux")]
mod inside;
mod learn;
mod list;
mod man;
mod matrix;
mod new;
mod probe;
mod run;
mod schema;
mod show;
#[cfg(target_os = "linux")]
mod watched;

use pasvlab_scenarios::Catalog;

use crate::cli::{Cli, Command, MatrixArgs};
use crate::exit::Failure;

/// Runs what was typed.
pub(crate) fn dispatch(cli: &Cli) -> Result<(), Failure> {
    let scenarios = cli.scenarios.as_deref();
    match &cli.command {
        Some(Command::Check(args)) => return check::run(scenarios, args),
        Some(Command::Schema(args)) => return schema::run(args),
        Some(Command::Man(args)) => return man::run(args),
        _ => {}
    }
    let catalog = match scenarios {
        Some(directory) => Catalog::from_dir(directory)?,
        None => Catalog::builtin()?,
    };
    let scenarios = cli.scenarios.as_deref();
    match &cli.command {
        None => matrix::run(&catalog, &MatrixArgs::default()),
        Some(Command::Matrix(args)) => matrix::run(&catalog, args),
        Some(Command::Advise(args)) => advise::run(&catalog, args),
        Some(Command::Run(args)) => run::run(&catalog, args, scenarios),
        Some(Command::Exec(args)) => exec::exec(&catalog, args, scenarios),
        Some(Command::Shell(args)) => exec::shell(&catalog, args, scenarios),
        Some(Command::Conformance(args)) => conformance::run(&catalog, args),
        Some(Command::Learn(args)) => learn::run(&catalog, args),
        Some(Command::Probe(args)) => probe::run(&catalog, args),
        Some(Command::Bless(args)) => bless::run(&catalog, args),
        Some(Command::List(args)) => list::run(&catalog, args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Show(args)) => show::run(&catalog, args),
        Some(Command::New(args)) => new::run(&catalog, scenarios, args),
        Some(Command::Completions(args)) => completions::run(&catalog, args),
        // These need no catalogue.
        Some(Command::Check(_) | Command::Schema(_) | Command::Man(_)) => Ok(()),
    }
}
