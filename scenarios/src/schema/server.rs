//! `servers/*.toml`.

use serde::Deserialize;
use toml::Spanned;

use super::{Text, Texts};

/// A server file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFile {
    /// The file's name without `.toml`.
    pub id: Text,
    /// One line for a person.
    pub title: Text,
    /// A few sentences; line breaks count as spaces.
    pub summary: Text,
    /// Where the facts come from; may be empty.
    pub sources: Texts,
    /// Port of the control connection.
    pub control_port: Spanned<u16>,
    /// Passive ports, `"8192-8200"`; the control port is not among them.
    pub passive_ports: Text,
    /// Text of the 220 greeting, one line.
    pub greeting: Text,
    /// The one account.
    pub user: Text,
    /// Its password.
    pub password: Text,
    /// How long a session may be silent, in seconds.
    pub idle_timeout_s: Spanned<u64>,
    /// Which address `AUTO` announces. Default: `"session-interface"`.
    #[serde(default)]
    pub auto_announces: AutoAnnounces,
    /// Files in the account's home, at least one; clients download the first.
    #[serde(default)]
    pub file: Vec<FileTable>,
}

/// What `PassiveIp` AUTO stands for; AWS documents only "one of the endpoint's addresses".
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnnounces {
    /// The address of the interface that received the control connection.
    #[default]
    SessionInterface,
    /// The address of the server's first interface, whoever asks.
    FirstInterface,
}

/// `[[file]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTable {
    /// Path relative to the home, with `/` between its parts.
    pub path: Text,
    /// Size in bytes, at most 1 GiB.
    pub size: Spanned<u64>,
}
