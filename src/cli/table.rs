//! Running what is simulated: `matrix` and `run`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CaptureArgs, DEFAULT_SEED};

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  pasvlab run privatelink/zero/ftp-netkit
  pasvlab run ftp-dials-itself --trace                a case, with every packet
  pasvlab run privatelink/auto/curl --pcap all.pcapng
  pasvlab run privatelink/auto/curl --pcap client.pcapng --pcap-at client
  pasvlab run privatelink/auto/curl --pcap - --pcap-at client | tshark -r -

With --pcap - the packets go to standard output and the report to standard
error. Without --pcap-at the file has an interface for every place. Wireshark
takes a packet that it sees at two places for a repetition: to read a
connection, capture at one. What was lost, and why: frame.comment. A session in
TLS can be read: the file has its secrets. Wireshark reads data connections in
TLS if the protocol ftp-data is off: tshark --disable-protocol ftp-data";

pub(super) const MATRIX_EXAMPLES: &str = "\
Examples:
  pasvlab matrix --topology privatelink     one topology
  pasvlab matrix --client lftp --client curl --passive-ip zero
  pasvlab matrix --matrix topologies --client curl
  pasvlab matrix --format html -o matrix.html
  pasvlab matrix --format json > table.json
  pasvlab matrix --check table.json         compare with a committed table
  pasvlab matrix --scenarios my --topology office

Exit codes: 0 fine; 1 cells differ from the committed table, and are named.";

pub(super) const BLESS_EXAMPLES: &str = "\
Examples:
  pasvlab bless --check        what is stale, cell by cell
  pasvlab bless                make it anew; git diff shows the rest

Exit codes: 0 all is fresh, or has been made so; 1 something is stale.";

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

    /// How to write the result
    #[arg(long, value_enum, default_value_t = MatrixFormat::Terminal)]
    pub(crate) format: MatrixFormat,

    /// Write the result to this file, not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Leave out of the page of --format html what helps where a cell fails; each such cell is run some
    /// dozen times to find that
    #[arg(long)]
    pub(crate) no_fixes: bool,

    /// Compare with this table (JSON, as --format json prints it); - is standard input
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
            format: MatrixFormat::Terminal,
            output: None,
            no_fixes: false,
            check: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichClients {
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    /// Tables of 80 columns
    Terminal,
    /// Tables for an issue or a page
    Markdown,
    /// A page with every cell's story, in one file
    Html,
    /// For programs; what --check compares with
    Json,
    /// Test results; with --check, a cell that differs fails
    Junit,
    /// For a spreadsheet
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// TOPOLOGY/PASSIVE-IP/CLIENT, or the id of a case
    pub(crate) cell: String,

    /// Server [default: transfer-family, or transfer-family-ftps for a client that uses TLS]
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,

    /// Seed of every choice
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub(crate) seed: u64,

    /// Show every packet and every box it passed
    #[arg(long)]
    pub(crate) trace: bool,

    /// How to write it down
    #[arg(long, value_enum, default_value_t = SessionFormat::Terminal)]
    pub(crate) format: SessionFormat,

    /// Write it to this file, not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) capture: CaptureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionFormat {
    /// Lines of 80 columns
    Terminal,
    /// For an issue: the verdict, the transcript, a diagram
    Markdown,
    /// A page in one file
    Html,
    /// For programs
    Json,
    /// A sequence diagram
    Mermaid,
}

#[derive(Debug, Args)]
pub(crate) struct BlessArgs {
    /// Change nothing; say what is stale, and end with 1 if anything is
    #[arg(long)]
    pub(crate) check: bool,

    /// The project's directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,

    /// Threads [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
}
