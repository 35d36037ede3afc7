//! Files of one's own, and files about pasvlab: `check`, `new`, `schema`, `completions`, `man`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use pasvlab_scenarios::Kind;

pub(super) const CHECK_EXAMPLES: &str = "\
What kind of file it is follows from the folder, or else from the keys. What a
file refers to may be built in, in --scenarios, or among the checked files.

Examples:
  pasvlab check my                          everything in the directory my
  pasvlab check my/clients/my-client.toml
  pasvlab check --scenarios my my/cases/my-case.toml
  pasvlab check - < my-client.toml

Exit codes: 0 all are sound; 2 some have errors.";

pub(super) const NEW_EXAMPLES: &str = "\
The file is a copy of another one with its own id and with comments on what its
parts mean. It can be used at once. The JSON Schema for editors is written to
the folder schema/ beside the file's folder.

Examples:
  pasvlab new topology office --from home-router -o my/topologies/office.toml
  pasvlab new client my-client --from lftp -o my/clients/my-client.toml
  pasvlab matrix --scenarios my --topology office --client my-client
  pasvlab new case my-case --from idle-nlb  to standard output

What there is to begin from: pasvlab list topologies, clients, and so on.";

pub(super) const SCHEMA_EXAMPLES: &str = "\
A line at the top of a file tells editors with Taplo (Even Better TOML) where
its schema is, relative to the file: #:schema ../schema/client.json
pasvlab new writes both.

Examples:
  pasvlab schema client > my/schema/client.json
  pasvlab schema topology | jq '.properties | keys'";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Options that take an id complete the ids that there are, with --scenarios also
those in that directory.

Examples:
  pasvlab completions bash > ~/.local/share/bash-completion/completions/pasvlab
  pasvlab completions zsh > ~/.zfunc/_pasvlab        ~/.zfunc is in $fpath
  pasvlab completions fish > ~/.config/fish/completions/pasvlab.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  pasvlab man | man -l -
  pasvlab man matrix | man -l -
  pasvlab man -o ~/.local/share/man/man1             all of them";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, directories of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// What kind of files they are
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(crate) kind: Option<Kind>,
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// What to begin
    #[arg(value_name = "KIND", value_parser = kinds())]
    pub(crate) kind: Kind,

    /// Its id: lower-case letters, digits and -
    pub(crate) id: String,

    /// The id of the one to begin from
    #[arg(long, value_name = "ID")]
    pub(crate) from: String,

    /// Write it here, to FOLDER/ID.toml with the folder of its kind; never overwrites
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which kind of file
    #[arg(value_name = "KIND", value_parser = kinds())]
    pub(crate) kind: Kind,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Of which subcommand [default: of pasvlab itself]
    #[arg(value_name = "SUBCOMMAND", conflicts_with = "output")]
    pub(crate) subcommand: Vec<String>,

    /// Write the pages of all subcommands to this directory
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    let named = |name: String| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(move |name| named(name).ok_or("no such kind"))
}
