//! `pasvlab completions`: scripts for shells.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};
use pasvlab_scenarios::{Catalog, Kind, Topology};

use crate::cli::{Cli, CompletionsArgs};
use crate::exit::Failure;

/// Runs `pasvlab completions`.
pub(crate) fn run(catalog: &Catalog, args: &CompletionsArgs) -> Result<(), Failure> {
    let mut command = with_ids(Cli::command(), catalog);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "pasvlab", &mut script);
    let mut out = anstream::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}

/// The command, in which arguments that take an id know which there are.
fn with_ids(command: Command, catalog: &Catalog) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| match ids(&name, &arg, catalog) {
            Some(ids) => arg.value_parser(PossibleValuesParser::new(ids)),
            None => arg,
        })
        .mut_subcommands(|subcommand| with_ids(subcommand, catalog))
}

/// The ids that an argument takes.
fn ids(command: &str, arg: &Arg, catalog: &Catalog) -> Option<Vec<String>> {
    let of = |kind: Kind| Some(catalog.ids(kind).into_iter().map(str::to_owned).collect());
    match (command, arg.get_id().as_str()) {
        ("topology", "id") | (_, "topology" | "topologies") => of(Kind::Topology),
        ("client", "id") | (_, "client") => of(Kind::Client),
        ("server", "id") | (_, "server") => of(Kind::Server),
        (_, "matrix") => of(Kind::Matrix),
        (_, "program") => of(Kind::Program),
        ("run", "cell") => of(Kind::Case),
        (_, "passive_ip") => {
            let ids = catalog.topologies().flat_map(Topology::passive_ip_ids);
            let mut ids: Vec<String> = ids.map(str::to_owned).collect();
            ids.sort();
            ids.dedup();
            Some(ids)
        }
        _ => None,
    }
}
