//! `matrices/*.toml` and `cases/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{LinkTable, Spanned, Text, Texts};

/// A matrix file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatrixFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// One line for a person.
    pub title: Text,
    /// Server id.
    pub server: Text,
    /// Topology ids in order of display, at least one.
    #[schemars(length(min = 1))]
    pub topologies: Spanned<Texts>,
    /// PassiveIp ids in order of display, at least one: `auto`, `zero`, and those of the topologies.
    #[schemars(length(min = 1))]
    pub passive_ips: Spanned<Texts>,
    /// Client ids in order of display, at least one.
    #[schemars(length(min = 1))]
    pub clients: Spanned<Texts>,
}

/// A case file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// One line for a person.
    pub title: Text,
    /// A few sentences; line breaks count as spaces.
    pub summary: Text,
    /// Where it was seen; may be empty.
    pub sources: Texts,
    /// Topology id.
    pub topology: Text,
    /// PassiveIp id: `auto`, `zero`, or one of the topology's.
    pub passive_ip: Text,
    /// Client id.
    pub client: Text,
    /// Server id.
    pub server: Text,
    /// The passive port of every data connection, one of the server's. Default: the server chooses.
    pub passive_port: Option<Spanned<u16>>,
    /// What every leg is like here. Default: as the topology says.
    pub link: Option<LinkTable>,
    /// The id of the outcome that the lab is expected to reach: `transferred`, `refused`,
    /// `timed-out`, `unreachable`, `address-not-available`, `wrong-host`, `rejected` or
    /// `protocol-error`.
    pub outcome: Text,
    /// Lines that the printed transcript must contain, in this order; may be empty.
    pub transcript: Texts,
}
