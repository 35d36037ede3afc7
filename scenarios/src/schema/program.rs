//! `programs/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Spanned, Text, Texts};

/// A program file.
///
/// Commands are run by `sh -c` in an empty directory, which is `HOME` as well. They find
/// `PASVLAB_HOST`, `PASVLAB_PORT`, `PASVLAB_USER`, `PASVLAB_PASSWORD` and `PASVLAB_FILE`, scripts of
/// this project in `PASVLAB_SCRIPTS`, and what was installed for it in `PASVLAB_CLIENTS`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgramFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// The id of the client file that says how the program behaves with these options.
    pub client: Text,
    /// Programs on `PATH`, absolute paths, and paths below `{clients}`: what it takes.
    pub needs: Spanned<Texts>,
    /// The command that prints the program's version.
    pub version: Spanned<Texts>,
    /// What that prints for a version for which the client file holds.
    pub versions: Text,
    /// Downloads the one file, and ends.
    pub download: Text,
    /// What `download` transfers, of `list`, `download` and `upload`. Default: `download` alone.
    pub transfers: Option<Spanned<Texts>>,
    /// Logs in once and transfers several things. Default: the program cannot.
    pub session: Option<Text>,
    /// What `session` transfers, in order. Default: a listing, a download, an upload.
    pub session_transfers: Option<Spanned<Texts>>,
    /// What was done to make it comparable, and why.
    pub comment: Option<Text>,
    /// Cells in which it does something else than its client file, and why.
    #[serde(default)]
    pub differs: Vec<DiffersTable>,
}

/// Cells in which a program does something else than its client file says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffersTable {
    /// `topology/passive-ip/server`, with `*` for any.
    pub cell: Text,
    /// Why, as a sentence.
    pub why: Text,
}
