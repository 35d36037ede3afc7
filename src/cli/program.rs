//! Running real programs: `exec`, `shell`, `conformance`, `learn` and `probe`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CaptureArgs, DEFAULT_SEED, Format};

pub(super) const EXEC_EXAMPLES: &str = "\
The program finds in its environment, and in its arguments if they name it:
  PASVLAB_HOST {host}, PASVLAB_PORT {port}            what to connect to
  PASVLAB_USER {user}, PASVLAB_PASSWORD {password}    how to log in
  PASVLAB_FILE {file}                                 a file to download
  PASVLAB_URL {url}                                   all of them as a URL
  PASVLAB_CERTIFICATE {certificate}                   of a server in TLS

Examples:
  pasvlab exec --topology privatelink --passive-ip zero -- curl -O {url}
  pasvlab exec --topology privatelink --passive-ip auto -- \\
    lftp -e 'ls; bye' -u '{user},{password}' {host}
  pasvlab exec --topology nlb --passive-ip nlb --names hosts -- ftp -p {host}
  pasvlab exec --topology nlb --passive-ip nlb \\
    --server transfer-family-ftps -- \\
    curl --ssl-reqd --cacert {certificate} -O {url}
  pasvlab exec --topology direct --passive-ip auto --exit-code verdict -- \\
    ./my-client {host}

A server of --server-command finds PASVLAB_ADDRESS, PASVLAB_PORT, PASVLAB_USER,
PASVLAB_PASSWORD, PASVLAB_ROOT (a directory with the files),
PASVLAB_PASSIVE_ADDRESS (empty for AUTO), PASVLAB_PASSIVE_FIRST and
PASVLAB_PASSIVE_LAST (ports). It has to stay in the foreground.

Exit codes: the program's own, 128 and the number of the signal that ended it;
with --exit-code verdict 0 if the last transfer arrived, else 1. 126 and 127:
the program could not be run. 69: the system lacks what this takes.";

pub(super) const SHELL_EXAMPLES: &str = "\
Examples:
  pasvlab shell --topology privatelink --passive-ip auto
  pasvlab shell --topology direct --passive-ip zero --names hosts

What can be reached from there, and as whom: echo $PASVLAB_HOST $PASVLAB_USER";

pub(super) const CONFORMANCE_EXAMPLES: &str = "\
Examples:
  pasvlab conformance                       all programs that are installed
  pasvlab conformance --program curl --program lftp --topology privatelink
  pasvlab conformance --require --format markdown > table.md

Exit codes: 0 all agree; 1 some differ, or with --require some are missing.";

pub(super) const LEARN_EXAMPLES: &str = "\
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

pub(super) const PROBE_EXAMPLES: &str = "\
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
  pasvlab probe --listen 10.0.1.10:2121 --public --ports 8192-8200 \\
    --public-address 198.51.100.10                   from behind a NAT

With --public or --public-address there are more sessions, which tell whether a
box on the way translates addresses or rewrites commands and replies (ALG).

Exit codes: 0 every question was asked; 1 it ended before; 2 wrong usage, or it
cannot listen.";

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
    #[arg(long, value_name = "ID", default_value = pasvlab_scenarios::DEFAULT_SERVER)]
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

    #[command(flatten)]
    pub(crate) capture: CaptureArgs,

    /// Write the report to this file, not to standard error; - is standard output
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

    /// These servers (repeatable) [default: transfer-family,
    /// no-epsv, transfer-family-ftps, transfer-family-ftps-enabled]; a program runs
    /// where it can log in
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

    /// Write the client file here; its name is the id and .toml. - is standard output
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

/// Reads `8192-8200`, or one port.
fn ports(text: &str) -> Result<std::ops::RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err("ports are written FIRST-LAST, as 8192-8200".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// Where to listen [default: port 2121 of this host, see below]
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

    /// The address that the client connects to, if a NAT leads it here; asks
    /// about the way, too, as does --public
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) public_address: Option<std::net::Ipv4Addr>,

    /// Ports for data connections, to be let through and forwarded like the
    /// listening one [default: any that is free]
    #[arg(long, value_name = "FIRST-LAST", value_parser = ports)]
    pub(crate) ports: Option<std::ops::RangeInclusive<u16>>,

    /// The client's id, if it is known: what it does otherwise is laid to the
    /// way
    #[arg(long, value_name = "ID")]
    pub(crate) client: Option<String>,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,
}
