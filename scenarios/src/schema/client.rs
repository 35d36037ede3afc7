//! `clients/*.toml`.

use serde::Deserialize;
use toml::Spanned;

use super::{Text, Texts};

/// A client file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// The file's name without `.toml`.
    pub id: Text,
    /// The program.
    pub program: Text,
    /// The versions for which this holds, in words.
    pub versions: Text,
    /// What a user sets to get this behaviour; empty for defaults.
    pub options: Texts,
    /// The operating system it runs on.
    pub os: Os,
    /// How the behaviour was established.
    pub verified: Verified,
    /// One or two sentences; line breaks count as spaces.
    pub summary: Text,
    /// Where it was read or seen; may be empty.
    pub sources: Texts,
    /// Commands from greeting to prompt; `USER` and `PASS` get their argument from the server file.
    pub login: Texts,
    /// How it lists a directory.
    pub list: OperationTable,
    /// How it downloads a file.
    pub download: OperationTable,
    /// How it uploads a file.
    pub upload: OperationTable,
    /// How it opens data connections.
    pub data: DataTable,
    /// How often it begins again. Default: it does not. Required by, and only allowed with, a
    /// fallback of `"reconnect"`.
    pub retry: Option<Spanned<RetryTable>>,
    /// What it tells its user.
    pub messages: MessagesTable,
}

/// `os` of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// FreeBSD and its relatives.
    Bsd,
    /// Windows.
    Windows,
}

/// `verified` of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// Read in the program's source.
    Source,
    /// Also seen by running the program.
    Run,
}

/// `[list]`, `[download]` and `[upload]`. In the latter two `{file}` is the file's name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationTable {
    /// Sent before the data-connection command. Default: nothing.
    #[serde(default)]
    pub before: Texts,
    /// Sent between the opening of the data connection and the transfer command. Default: nothing.
    #[serde(default)]
    pub between: Texts,
    /// The transfer command.
    pub command: Text,
}

/// `[data]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataTable {
    /// Data-connection commands in the order in which they are tried, at least one.
    pub commands: Spanned<Vec<DataCommand>>,
    /// `EPSV` is skipped unless the answer to `FEAT` lists one of these. Default: no condition.
    pub epsv_needs_feature: Option<Spanned<Texts>>,
    /// Whether it connects before it sends the transfer command. Default: `"connect-first"`.
    #[serde(default)]
    pub order: Order,
    /// Which address it dials after `PASV`.
    pub address: AddressPolicy,
    /// After a negative or unusable answer to a data-connection command. Default: `"stop"`.
    #[serde(default = "stop")]
    pub on_reply_error: Spanned<Fallback>,
    /// After a data connection that could not be opened. Default: `"stop"`.
    #[serde(default = "stop")]
    pub on_connect_failure: Spanned<Fallback>,
    /// How long it waits for the data connection, in seconds. Default: as long as the operating
    /// system does.
    pub connect_timeout_s: Option<Spanned<u64>>,
}

fn stop() -> Spanned<Fallback> {
    Spanned::new(0..0, Fallback::Stop)
}

/// A data-connection command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DataCommand {
    /// `"PASV"`.
    Pasv,
    /// `"EPSV"`.
    Epsv,
    /// `"PORT"`.
    Port,
    /// `"EPRT"`.
    Eprt,
}

/// `order`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Connect, then send the transfer command.
    #[default]
    ConnectFirst,
    /// Send the transfer command, then connect.
    CommandFirst,
}

/// `address`; what they mean is with [`crate::model::AddressPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressPolicy {
    /// The address in the reply.
    Reply,
    /// The control connection's peer.
    Peer,
    /// The reply if it equals the peer, else failure.
    ReplyMustEqualPeer,
    /// lftp's rule.
    PeerIfReservedOrScopeDiffers,
    /// WinSCP's rule.
    PeerIfReplyUnroutable,
    /// FileZilla's rule.
    PeerIfReplyUnroutableOrInvalid,
}

/// `on_reply_error` and `on_connect_failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// Gives up the transfer.
    Stop,
    /// Tries the next of `commands`; gives up after the last.
    NextCommand,
    /// Goes on with the first `PORT` or `EPRT` of `commands`.
    ActiveMode,
    /// Begins again with log-in, as `[retry]` says.
    Reconnect,
}

/// `[retry]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryTable {
    /// Failures after which it tries again, at least one.
    pub after: Spanned<Vec<RetryCause>>,
    /// Rounds in all, the first one included; at least 2, at most 1000000.
    pub rounds: Spanned<u32>,
    /// Pause after the first failed round, in seconds, fractions allowed.
    pub first_wait_s: Spanned<f64>,
    /// What the pause is multiplied by from round to round, 1.0 to 100.0. Default: 1.0.
    pub wait_factor: Option<Spanned<f64>>,
    /// What is added to it from round to round, in seconds, fractions allowed. Default: 0.
    pub wait_step_s: Option<Spanned<f64>>,
    /// The longest pause, in seconds, fractions allowed; not below the first.
    pub max_wait_s: Spanned<f64>,
}

/// One of `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryCause {
    /// The peer answered with a reset.
    Refused,
    /// Nobody answered.
    TimedOut,
    /// A router answered that there is no way.
    Unreachable,
    /// The operating system would not even try.
    AddressNotAvailable,
}

/// `[messages]`. Placeholders: `{os}`, `{address}`, `{port}`, `{host}`, `{seconds}`, `{ms}`,
/// `{reply}`; what they mean is with [`crate::model::Messages`]. All keys but `connect` default to
/// none, which means that `connect` is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesTable {
    /// The data connection failed and nothing below is more precise.
    pub connect: Text,
    /// It was refused.
    pub refused: Option<Text>,
    /// The operating system gave up waiting.
    pub timed_out: Option<Text>,
    /// The client's own patience ended.
    pub client_timeout: Option<Text>,
    /// A router answered that there is no way.
    pub unreachable: Option<Text>,
    /// The operating system would not dial the address.
    pub address_not_available: Option<Text>,
    /// The address policy forbids the address in the reply.
    pub mismatch: Option<Text>,
    /// The server rejected the data-connection command, or its reply could not be read.
    pub rejected: Option<Text>,
    /// Whether it prints something for every failed attempt. Default: only for the last one.
    #[serde(default)]
    pub every_attempt: bool,
}
