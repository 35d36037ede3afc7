//! The `pasvlab` command: what stands between an FTP client and its server, and whether they get
//! through. See `pasvlab --help`.

mod cli;
mod commands;
mod exit;
mod files;
mod logging;
mod output;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

/// Building and dropping thousands of small worlds is a sixth faster with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A program that runs inside the lab is started by another process of this program, in there.
    #[cfg(target_os = "linux")]
    if let Some(code) = pasvlab_sandbox::inside() {
        return code;
    }
    terminal::choose_colour(std::env::args_os().skip(1));
    let cli = cli::Cli::parse();
    terminal::be_quiet(cli.quiet);
    logging::install(cli.verbose);
    exit::report_panics();
    let result = std::panic::catch_unwind(|| commands::dispatch(&cli));
    exit::code(result.unwrap_or(Err(exit::Failure::Internal)))
}
