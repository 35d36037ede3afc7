//! One file per subcommand.

mod list;
mod matrix;
mod run;
mod show;

use pasvlab_scenarios::Catalog;

use crate::cli::{Cli, Command, MatrixArgs};
use crate::exit::Failure;

/// Runs what was typed.
pub(crate) fn dispatch(cli: &Cli) -> Result<(), Failure> {
    let catalog = match &cli.scenarios {
        Some(directory) => Catalog::from_dir(directory)?,
        None => Catalog::builtin()?,
    };
    match &cli.command {
        None => matrix::run(&catalog, &MatrixArgs::default()),
        Some(Command::Matrix(args)) => matrix::run(&catalog, args),
        Some(Command::Run(args)) => run::run(&catalog, args),
        Some(Command::List(args)) => list::run(&catalog, args),
        Some(Command::Show(args)) => show::run(&catalog, args),
    }
}
