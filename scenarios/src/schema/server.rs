//! `servers/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Spanned, Text, Texts};

/// A server file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
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
    /// Whether it opens data connections to clients that send `PORT`. Default: false.
    #[serde(default)]
    pub active_mode: bool,
    /// From where it takes data connections. Default: `"session"`.
    #[serde(default)]
    pub data_peer: DataPeer,
    /// Where it expects a header of the PROXY protocol. Default: `"nowhere"`.
    #[serde(default)]
    pub accepts_proxy_protocol: AcceptsProxyProtocol,
    /// Whether it speaks TLS (RFC 4217). Default: `"none"`.
    #[serde(default)]
    pub tls: ServerTls,
    /// What it makes of TLS sessions that data connections resume, or do not. Default: `"enabled"`. Only
    /// for a server that speaks TLS.
    pub tls_resumption: Option<Spanned<TlsResumption>>,
    /// What it does otherwise than a good server. Default: nothing.
    #[serde(default)]
    pub quirk: Vec<QuirkTable>,
    /// Files in the account's home, at least one; clients download the first.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub file: Vec<FileTable>,
}

/// What `PassiveIp` AUTO stands for; AWS documents only "one of the endpoint's addresses".
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnnounces {
    /// The address of the interface that received the control connection.
    #[default]
    SessionInterface,
    /// The address of the server's first interface, whoever asks.
    FirstInterface,
}

/// `data_peer` of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataPeer {
    /// Only from the address that the control connection comes from.
    #[default]
    Session,
    /// From anywhere.
    Any,
}

/// `accepts_proxy_protocol` of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptsProxyProtocol {
    /// Nowhere.
    #[default]
    Nowhere,
    /// On control connections.
    Control,
    /// On control connections and on data connections.
    Everywhere,
}

/// `tls` of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServerTls {
    /// It does not know `AUTH`.
    #[default]
    None,
    /// After `AUTH TLS`, if the client sends that.
    Offered,
    /// Nobody logs in before `AUTH TLS`, and nobody transfers before `PROT P`.
    Required,
}

/// `tls_resumption` of a server: AWS Transfer Family's `TlsSessionResumptionMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsResumption {
    /// Every connection gets a session of its own.
    Disabled,
    /// A data connection may resume the session of its control connection.
    Enabled,
    /// It must; without that nothing is transferred.
    Enforced,
}

/// `[[quirk]]`: exactly one of `reply`, `rewrite`, `silent` and `delay_s`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuirkTable {
    /// The command, `"EPSV"`, with its first arguments if only those are meant, `"OPTS MLST"`, or
    /// `"greeting"`.
    pub command: Text,
    /// Does nothing but answer like this; several lines are a reply of several lines.
    pub reply: Option<Text>,
    /// Whether it closes the control connection after `reply`. Default: false.
    #[serde(default)]
    pub close: bool,
    /// Does what it should, but words its reply like this. `{a}` is the announced address with
    /// commas, `{p}` its port as two numbers, `{port}` its port.
    pub rewrite: Option<Text>,
    /// Does nothing and says nothing.
    #[serde(default)]
    pub silent: bool,
    /// Does what it should after so many seconds.
    pub delay_s: Option<Spanned<u64>>,
}

/// `[[file]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTable {
    /// Path relative to the home, with `/` between its parts.
    pub path: Text,
    /// Size in bytes, at most 1 GiB.
    pub size: Spanned<u64>,
}
