//! Looking at what there is: `list`, `show` and `explain`.

use clap::{Args, Subcommand, ValueEnum};

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  pasvlab list topologies
  pasvlab list clients      under their programs, with versions and options

Options of clients are spelled as the user of the program types them.
What a client does: pasvlab show client ID";

pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  pasvlab show topology privatelink
  pasvlab show client lftp
  pasvlab show server transfer-family-ftps";

pub(super) const SHOW_TOPOLOGY_EXAMPLES: &str = "\
Examples:
  pasvlab show topology privatelink
  pasvlab show topology --all > docs/topologies.md";

pub(super) const SHOW_CLIENT_EXAMPLES: &str = "\
Examples:
  pasvlab show client lftp
  pasvlab show client winscp-force-auto
  pasvlab show client my-ftp --scenarios my   a client of your own
  pasvlab list clients                        all ids, by program";

pub(super) const SHOW_SERVER_EXAMPLES: &str = "\
Examples:
  pasvlab show server transfer-family
  pasvlab show server transfer-family-ftps    which wants TLS
  pasvlab list servers                        all ids";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  pasvlab explain                             all ids, each with a sentence
  pasvlab explain passive-address-private     as `run` names it
  pasvlab explain too-big --format markdown   to paste into an answer
  pasvlab explain --all --format markdown > docs/reasons.md";

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
    /// A server: its ports, whether it speaks TLS, what it takes and refuses
    #[command(after_help = SHOW_SERVER_EXAMPLES)]
    Server(ShowServerArgs),
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

#[derive(Debug, Args)]
pub(crate) struct ShowServerArgs {
    /// Which server
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Which reason; without it, all ids are listed
    pub(crate) id: Option<String>,

    /// All pages
    #[arg(long, conflicts_with = "id")]
    pub(crate) all: bool,

    /// How to write pages
    #[arg(long, value_enum, default_value = "terminal")]
    pub(crate) format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Terminal,
    Markdown,
}
