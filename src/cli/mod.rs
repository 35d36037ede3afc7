//! What can be typed.

mod advise;
mod capture;
mod catalogue;
mod program;
mod table;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use advise::AdviseArgs;
pub(crate) use capture::CaptureArgs;
pub(crate) use catalogue::{ExplainArgs, ExplainFormat, ListArgs, Listed, ShowArgs, Shown};
pub(crate) use program::{
    ConformanceArgs, ConformanceFormat, ExecArgs, ExitCodeOf, LearnArgs, Names, PlaceArgs,
    ProbeArgs, ShellArgs,
};
pub(crate) use table::{MatrixArgs, RunArgs, WhichClients};

/// The seed used when none is given. With it, names that rotate over two zones start with the second
/// one, where a fixed PassiveIp shows its weakness.
const DEFAULT_SEED: u64 = 1;

const EXAMPLES: &str = "\
Examples:
  pasvlab                                   the headline matrix
  pasvlab matrix --topology privatelink     one topology
  pasvlab matrix --client lftp --client curl --passive-ip zero
  pasvlab matrix --format json > table.json
  pasvlab matrix --check table.json         compare with a committed table
  pasvlab run privatelink/zero/ftp-netkit   one cell, with transcript and reasons
  pasvlab run ftp-dials-itself --trace      a recorded case, with every packet
  pasvlab exec --topology nlb --passive-ip zero -- curl -O {url}
                                            a real program in the client's place
  pasvlab list topologies
  pasvlab list clients                      by program, with versions and options
  pasvlab show topology privatelink         what it is, with a diagram
  pasvlab show client lftp                  what it does, step by step
  pasvlab explain no-listener               what a reason means, and what helps

Exit codes:
  0   fine
  1   cells differ from the committed table
  2   wrong usage, or a data file with an error
  69  the system lacks what a real program inside the lab takes
  70  an internal error
  pasvlab exec has the program's exit code";

/// A laboratory for FTP through NAT: topology x PassiveIp x client.
///
/// Runs a real FTP server and a real FTP client library on a simulated network, in virtual time, and
/// says for every combination whether it connects, and why not. Without a subcommand it runs the
/// headline matrix.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Read topologies, clients, servers, cases and matrices from this directory as well
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,

    /// Say more on standard error; twice for everything (RUST_LOG overrides)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a matrix, or a part of one
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
    /// List what there is
    #[command(after_help = catalogue::LIST_EXAMPLES)]
    List(ListArgs),
    /// Show what one of them is
    Show(ShowArgs),
    /// Explain a reason that a verdict gave: why it happens, how to tell, what to change
    #[command(after_help = catalogue::EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Terminal,
    Json,
}
