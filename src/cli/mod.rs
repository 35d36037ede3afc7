//! What can be typed.

mod advise;
mod capture;
mod catalogue;
mod files;
mod program;
mod table;

use std::path::PathBuf;

use clap::{ColorChoice, Parser, Subcommand, ValueEnum};

pub(crate) use advise::AdviseArgs;
pub(crate) use capture::CaptureArgs;
pub(crate) use catalogue::{ExplainArgs, ExplainFormat, ListArgs, Listed, ShowArgs, Shown};
pub(crate) use files::{CheckArgs, CompletionsArgs, ManArgs, NewArgs, SchemaArgs};
pub(crate) use program::{
    ConformanceArgs, ConformanceFormat, ExecArgs, ExitCodeOf, LearnArgs, Names, PlaceArgs,
    ProbeArgs, ShellArgs,
};
pub(crate) use table::{BlessArgs, MatrixArgs, MatrixFormat, RunArgs, SessionFormat, WhichClients};

/// The seed used when none is given. With it, names that rotate over two zones start with the second
/// one, where a fixed PassiveIp shows its weakness.
pub(crate) const DEFAULT_SEED: u64 = 1;

/// Where options are that every subcommand has.
const GLOBAL: &str = "Everywhere";

const EXAMPLES: &str = "\
Examples:
  pasvlab                                   the headline matrix
  pasvlab matrix --topology privatelink     one topology
  pasvlab matrix --client lftp --client curl --passive-ip zero
  pasvlab matrix --format html -o matrix.html
  pasvlab matrix --format json > table.json
  pasvlab matrix --check table.json         compare with a committed table
  pasvlab run privatelink/zero/ftp-netkit   one cell, with the reasons
  pasvlab run privatelink/auto/curl --format markdown -o report.md
  pasvlab run ftp-dials-itself --trace      a recorded case, with every packet
  pasvlab exec --topology nlb --passive-ip zero -- curl -O {url}
                                            a real program in the client's place
  pasvlab list topologies
  pasvlab list clients                      by program, with versions, options
  pasvlab show topology privatelink         what it is, with a diagram
  pasvlab show client lftp                  what it does, step by step
  pasvlab advise privatelink --client lftp  the smallest change that helps
  pasvlab explain no-listener               what a reason means, and what helps
  pasvlab new client my-client --from lftp  begin a file of your own
  pasvlab check my                          the files of a directory";

/// A laboratory for FTP through NAT: topology x PassiveIp x client.
///
/// Runs a real FTP server and a real FTP client library on a simulated network, in virtual time, and
/// says for every combination whether it connects, and why not. Without a subcommand it runs the
/// headline matrix.
#[derive(Debug, Parser)]
#[command(version, about, after_help = after_help(), max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Read topologies, clients, servers, cases and matrices from this directory as well
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub(crate) scenarios: Option<PathBuf>,

    /// Say more on standard error; twice for everything (RUST_LOG overrides)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GLOBAL)]
    pub(crate) verbose: u8,

    /// Print results and errors, but no progress, remarks or reports on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = GLOBAL)]
    pub(crate) quiet: bool,

    /// When to use colour: NO_COLOR and CLICOLOR_FORCE hold for auto
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    #[arg(help_heading = GLOBAL)]
    pub(crate) color: ColorChoice,
}

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", crate::exit::table())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a matrix, or a part of one
    #[command(after_help = table::MATRIX_EXAMPLES)]
    Matrix(MatrixArgs),
    /// Run one cell and show what happened
    #[command(after_help = table::RUN_EXAMPLES)]
    Run(RunArgs),
    /// Find the smallest change that makes clients work
    ///
    /// Tries changes of the server's PassiveIp, of the network, and of the clients' options, runs every
    /// session with each of them, and proposes what was seen to make all of them work.
    #[command(after_help = advise::ADVISE_EXAMPLES)]
    Advise(AdviseArgs),
    /// Run a program of this machine inside the lab, in the client's place (Linux)
    ///
    /// The program runs in namespaces of its own. Its only network is the simulated one, in real time;
    /// names resolve there; loopback works as on any host. No privileges are needed. The report goes to
    /// standard error, so that the program's own output stays as it is.
    #[command(after_help = program::EXEC_EXAMPLES)]
    Exec(ExecArgs),
    /// Open a shell inside the lab, in the client's place (Linux)
    #[command(after_help = program::SHELL_EXAMPLES)]
    Shell(ShellArgs),
    /// Hold client files against the programs that they describe (Linux)
    ///
    /// Runs every program that is installed inside the lab, and its client file in simulation, and
    /// compares the data-connection commands, the addresses that were dialled and the outcome.
    #[command(after_help = program::CONFORMANCE_EXAMPLES)]
    Conformance(ConformanceArgs),
    /// Watch a program of this machine inside the lab, and write its client file (Linux)
    ///
    /// Runs the program in situations that tell clients apart: with a private and a public server,
    /// EPSV answered and refused, and replies to PASV with other addresses, with 0.0.0.0, or without
    /// any; with ports that refuse, and ports that do not answer. What it sends and dials becomes a
    /// client file, with the evidence for every key. The file is run in simulation, and where it does
    /// something else than the program it says so.
    #[command(after_help = program::LEARN_EXAMPLES)]
    Learn(LearnArgs),
    /// Be a server for a client that cannot run inside the lab, and watch what it does
    ///
    /// Serves FTP on an ordinary socket and answers each session's PASV and EPSV otherwise: with its own
    /// address, with 0.0.0.0, with addresses that lead nowhere, without any. Where data connections
    /// arrive shows which address the client dials, which clients do the same, and which settings of
    /// PassiveIp work for them.
    #[command(after_help = program::PROBE_EXAMPLES)]
    Probe(ProbeArgs),
    /// Make the committed tables and generated pages of the project anew
    ///
    /// Runs every client behind every topology, and writes tests/headline.json, tests/topologies.json,
    /// COMPATIBILITY.md, docs/ftps.md, docs/topologies.md and the schemas in report/schema. Says which cells changed.
    #[command(after_help = table::BLESS_EXAMPLES)]
    Bless(BlessArgs),
    /// List what there is
    #[command(after_help = catalogue::LIST_EXAMPLES)]
    List(ListArgs),
    /// Show what one of them is
    #[command(after_help = catalogue::SHOW_EXAMPLES)]
    Show(ShowArgs),
    /// Explain a reason that a verdict gave: why it happens, how to tell, what to change
    #[command(after_help = catalogue::EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Begin a file of your own from an existing one
    #[command(after_help = files::NEW_EXAMPLES)]
    New(NewArgs),
    /// Look for errors in files of your own
    #[command(after_help = files::CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Print the JSON Schema of a kind of file, for editors
    #[command(after_help = files::SCHEMA_EXAMPLES)]
    Schema(SchemaArgs),
    /// Print a script that lets a shell complete what is typed
    #[command(after_help = files::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print a manual page
    #[command(after_help = files::MAN_EXAMPLES)]
    Man(ManArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Terminal,
    Json,
}
