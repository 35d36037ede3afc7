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
  pasvlab exec --topology nlb --passive-ip zero -- curl -O {url}
                                            a real program in the client's place
  pasvlab list topologies
  pasvlab list clients                      by program, with versions and options
  pasvlab show topology privatelink         what it is, with a diagram
  pasvlab show client lftp                  what it does, step by step

Exit codes:
  0   fine
  1   cells differ from the committed table
  2   wrong usage, or a data file with an error
  69  the system lacks what a real program inside the lab takes
  70  an internal error
  pasvlab exec has the program's exit code";

const EXEC_EXAMPLES: &str = "\
The program finds in its environment, and in its arguments if they name it:
  PASVLAB_HOST {host}, PASVLAB_PORT {port}            what to connect to
  PASVLAB_USER {user}, PASVLAB_PASSWORD {password}    how to log in
  PASVLAB_FILE {file}                                 a file to download
  PASVLAB_URL {url}                                   all of them as a URL

Examples:
  pasvlab exec --topology privatelink --passive-ip zero -- curl -O {url}
  pasvlab exec --topology privatelink --passive-ip auto -- \\
    lftp -e 'ls; bye' -u '{user},{password}' {host}
  pasvlab exec --topology nlb --passive-ip nlb --names hosts -- ftp -p {host}
  pasvlab exec --topology direct --passive-ip auto --exit-code verdict -- \\
    ./my-client {host}

A server of --server-command finds PASVLAB_ADDRESS, PASVLAB_PORT, PASVLAB_USER,
PASVLAB_PASSWORD, PASVLAB_ROOT (a directory with the files),
PASVLAB_PASSIVE_ADDRESS (empty for AUTO), PASVLAB_PASSIVE_FIRST and
PASVLAB_PASSIVE_LAST (ports). It has to stay in the foreground.

Exit codes: the program's own, 128 and the number of the signal that ended it;
with --exit-code verdict 0 if the last transfer arrived, else 1. 126 and 127:
the program could not be run. 69: the system lacks what this takes.";

const SHELL_EXAMPLES: &str = "\
Examples:
  pasvlab shell --topology privatelink --passive-ip auto
  pasvlab shell --topology direct --passive-ip zero --names hosts

What can be reached from there, and as whom: echo $PASVLAB_HOST $PASVLAB_USER";

const CONFORMANCE_EXAMPLES: &str = "\
Examples:
  pasvlab conformance                       all programs that are installed
  pasvlab conformance --program curl --program lftp --topology privatelink
  pasvlab conformance --require --format markdown > table.md

Exit codes: 0 all agree; 1 some differ, or with --require some are missing.";

const LEARN_EXAMPLES: &str = "\
The program is run again and again, each time in a directory of its own that is
empty. It finds the same variables and placeholders as with pasvlab exec. Best
is a command that logs in, downloads {file} and ends.

Examples:
  pasvlab learn --name my-client -o my/clients/my-client.toml -- \\
    ./my-client ftp://{user}:{password}@{host}:{port}/{file}
  pasvlab learn --version-of 'curl --version' -- curl -sS -o out {url}
  pasvlab matrix --scenarios my --client my-client      what became of it

Without -o the file goes to standard output, and the summary to standard error.

Exit codes: 0 the file does what the program was seen to do; 1 not everywhere,
and it says where; 2 nothing could be learned; 69 the system lacks what this
takes.";

const PROBE_EXAMPLES: &str = "\
Every control session is answered otherwise, so the client has to connect as
often as there are questions: log in, list the directory, disconnect. The
address that is announced to it may lead nowhere; then it will report an error,
which is fine.

On Linux it listens at 127.0.0.2 unless told otherwise: there a client that
dials 0.0.0.0 arrives at 127.0.0.1, and one that dials the server at 127.0.0.2.
Other systems have 127.0.0.1 only, where the two look alike.

Examples:
  pasvlab probe
  pasvlab probe --format json > client.json
  pasvlab probe --listen 192.0.2.10:2121 --public    for a client elsewhere

Exit codes: 0 every question was asked; 1 it ended before; 2 wrong usage, or it
cannot listen.";

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
    /// Run a program of this machine inside the lab, in the client's place (Linux)
    ///
    /// The program runs in namespaces of its own. Its only network is the simulated one, in real time;
    /// names resolve there; loopback works as on any host. No privileges are needed. The report goes to
    /// standard error, so that the program's own output stays as it is.
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(ExecArgs),
    /// Open a shell inside the lab, in the client's place (Linux)
    #[command(after_help = SHELL_EXAMPLES)]
    Shell(ShellArgs),
    /// Hold client files against the programs that they describe (Linux)
    ///
    /// Runs every program that is installed inside the lab, and its client file in simulation, and
    /// compares the data-connection commands, the addresses that were dialled and the outcome.
    #[command(after_help = CONFORMANCE_EXAMPLES)]
    Conformance(ConformanceArgs),
    /// Watch a program of this machine inside the lab, and write its client file (Linux)
    ///
    /// Runs the program in situations that tell clients apart: with a private and a public server,
    /// EPSV answered and refused, and replies to PASV with other addresses, with 0.0.0.0, or without
    /// any; with ports that refuse, and ports that do not answer. What it sends and dials becomes a
    /// client file, with the evidence for every key. The file is run in simulation, and where it does
    /// something else than the program it says so.
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(LearnArgs),
    /// Be a server for a client that cannot run inside the lab, and watch what it does
    ///
    /// Serves FTP on an ordinary socket and answers each session's PASV and EPSV otherwise: with its own
    /// address, with 0.0.0.0, with addresses that lead nowhere, without any. Where data connections
    /// arrive shows which address the client dials, which clients do the same, and which settings of
    /// PassiveIp work for them.
    #[command(after_help = PROBE_EXAMPLES)]
    Probe(ProbeArgs),
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

/// Where a real program is to be.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Topology
    #[arg(long, value_name = "ID")]
    pub(crate) topology: String,

    /// Setting of PassiveIp
    #[arg(long, value_name = "ID")]
    pub(crate) passive_ip: String,

    /// Server
    #[arg(long, value_name = "ID", default_value = "transfer-family")]
    pub(crate) server: String,

    /// A real server in place of the lab's, started by `sh -c` in a namespace of its own
    #[arg(long, value_name = "COMMAND")]
    pub(crate) server_command: Option<String>,

    /// Seed of every choice
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub(crate) seed: u64,

    /// The program's name in the report [default: its file name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// How the program finds names: from a name server in the lab, or all in /etc/hosts
    #[arg(long, value_enum, default_value_t = Names::Dns)]
    pub(crate) names: Names,

    /// How often the program's kernel repeats a SYN that nobody answers [default: as it is set here,
    /// usually 6, which takes 127 seconds]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=127))]
    pub(crate) syn_retries: Option<u8>,

    /// Stop the program after so many seconds; the exit code is 124 then, as timeout(1) has it
    #[arg(long, value_name = "SECONDS")]
    pub(crate) limit: Option<std::num::NonZeroU32>,

    /// Show every packet and every box it passed
    #[arg(long)]
    pub(crate) trace: bool,

    /// Write the report to this file, not to standard error
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    Dns,
    Hosts,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Whose exit code to end with
    #[arg(long, value_enum, default_value_t = ExitCodeOf::Program)]
    pub(crate) exit_code: ExitCodeOf,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExitCodeOf {
    Program,
    Verdict,
}

#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    /// Only these programs (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) program: Vec<String>,

    /// These topologies (repeatable) [default: direct, privatelink, elastic-ip]
    #[arg(long, value_name = "ID")]
    pub(crate) topology: Vec<String>,

    /// Only these settings of PassiveIp (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) passive_ip: Vec<String>,

    /// These servers (repeatable) [default: transfer-family, no-epsv]
    #[arg(long, value_name = "ID")]
    pub(crate) server: Vec<String>,

    /// Programs that run at once [default: 16]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,

    /// Fail if a program is missing
    #[arg(long)]
    pub(crate) require: bool,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = ConformanceFormat::Terminal)]
    pub(crate) format: ConformanceFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConformanceFormat {
    Terminal,
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct LearnArgs {
    /// The client's id [default: the file's name without .toml, or the program's file name]
    #[arg(long, value_name = "ID")]
    pub(crate) name: Option<String>,

    /// Write the client file here; its name is the id and .toml
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, requires = "output")]
    pub(crate) force: bool,

    /// A command, for a shell, whose first line of output is the program's version
    #[arg(long, value_name = "COMMAND")]
    pub(crate) version_of: Option<String>,

    /// Stop each run after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 40)]
    #[arg(value_parser = clap::value_parser!(u32).range(5..=3600))]
    pub(crate) limit: u32,

    /// Runs at once
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) jobs: std::num::NonZeroUsize,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// Where to listen [default: 127.0.0.2:2121 on Linux, else 127.0.0.1:2121]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddrV4>,

    /// Ask only so many questions
    #[arg(long, value_name = "N")]
    pub(crate) sessions: Option<std::num::NonZeroUsize>,

    /// Seconds to wait for a data connection once a transfer was asked for
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) patience: u64,

    /// Listen where others can reach it; the password is made up then
    #[arg(long)]
    pub(crate) public: bool,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,
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
