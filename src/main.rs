//! The `pasvlab` command: what stands between an FTP client and its server, and whether they get
//! through. See `pasvlab --help`.

mod cli;
mod commands;
mod exit;
mod logging;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::install(cli.verbose);
    exit::code(commands::dispatch(&cli))
}
