//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
  pasvlab list topologies
  pasvlab list clients                      by program, with versions and options
  pasvlab show topology privatelink         what it is, with a diagram
  pasvlab show client lftp                  what it does, step by step

Exit codes:
  0   fine
  1   cells differ from the committed table
  2   wrong usage, or a data file with an error
  70  an internal error";

const LIST_EXAMPLES: &str = "\
Examples:
  pasvlab list topologies
  pasvlab list clients      under their programs, with versions and options

Options of clients are spelled as the user of the program types them.
What a client does: pasvlab show client ID";

const SHOW_TOPOLOGY_EXAMPLES: &str = "\
Examples:
  pasvlab show topology privatelink
  pasvlab show topology --all > docs/topologies.md";

const SHOW_CLIENT_EXAMPLES: &str = "\
Examples:
  pasvlab show client lftp
  pasvlab show client winscp-force-auto
  pasvlab show client my-ftp --scenarios my   a client of your own
  pasvlab list clients                        all ids, by program";

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
    Run(RunArgs),
    /// List what there is
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Show what one of them is
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Which matrix
    #[arg(long, value_name = "ID", default_value = "headline")]
    pub(crate) matrix: String,

    /// Only these topologies (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) topology: Vec<String>,

    /// Only these clients (repeatable)
    #[arg(long, value_name = "ID", conflicts_with = "clients")]
    pub(crate) client: Vec<String>,

    /// `all`: every client there is, not only those of the matrix
    #[arg(long, value_name = "WHICH")]
    pub(crate) clients: Option<WhichClients>,

    /// Only these settings of PassiveIp (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) passive_ip: Vec<String>,

    /// Seed of every choice
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub(crate) seed: u64,

    /// Threads [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,

    /// Compare with this table (JSON, as --format json prints it); name the cells that differ
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,
}

impl Default for MatrixArgs {
    fn default() -> Self {
        Self {
            matrix: "headline".to_owned(),
            topology: Vec::new(),
            client: Vec::new(),
            clients: None,
            passive_ip: Vec::new(),
            seed: DEFAULT_SEED,
            jobs: None,
            format: Format::Terminal,
            check: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichClients {
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Terminal,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// TOPOLOGY/PASSIVE-IP/CLIENT, or the id of a case
    pub(crate) cell: String,

    /// Server
    #[arg(long, value_name = "ID", default_value = "transfer-family")]
    pub(crate) server: String,

    /// Seed of every choice
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub(crate) seed: u64,

    /// Show every packet and every box it passed
    #[arg(long)]
    pub(crate) trace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    pub(crate) what: Listed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    Topologies,
    Clients,
    Servers,
    Cases,
    Matrices,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(subcommand)]
    pub(crate) what: Shown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Shown {
    /// A topology: summary, settings, and a diagram in Mermaid
    #[command(after_help = SHOW_TOPOLOGY_EXAMPLES)]
    Topology(ShowTopologyArgs),
    /// A client: what it does to open a data connection, step by step
    ///
    /// Says in words which commands it sends, how it reads the replies, which address it dials, what it
    /// does after a failure, how long it waits and what it prints, all from the client's file.
    #[command(after_help = SHOW_CLIENT_EXAMPLES)]
    Client(ShowClientArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowTopologyArgs {
    /// Which topology
    #[arg(required_unless_present = "all")]
    pub(crate) id: Option<String>,

    /// All of them, as the page docs/topologies.md
    #[arg(long, conflicts_with = "id")]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowClientArgs {
    /// Which client
    pub(crate) id: String,
}
