//! `clients/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Spanned, Text, Texts};
pub use crate::client::{
    AddressPolicy, ConnectCause, DataCommand, EpsvAddress, EpsvReply, Fallback, ForeignServer,
    Order, Os, PasvReply, RetryCause, TlsSession, Verified,
};

/// A client file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// The file's name without `.toml`.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
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
    /// After `AUTH TLS` the connection is in TLS, and after `PROT P` every data connection.
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
    /// fallback of `"reconnect"`, `"reconnect-active"` or `"reconnect-passive"`.
    pub retry: Option<Spanned<RetryTable>>,
    /// What it tells its user.
    pub messages: MessagesTable,
}

/// `[list]`, `[download]` and `[upload]`. In the latter two `{file}` is the file's name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationTable {
    /// Sent before the data-connection command. Default: nothing.
    #[serde(default)]
    pub before: Texts,
    /// Sent after the reply to the data-connection command, before the data connection is opened.
    /// Default: nothing.
    #[serde(default)]
    pub before_connect: Texts,
    /// Sent between the opening of the data connection and the transfer command. Default: nothing.
    #[serde(default)]
    pub between: Texts,
    /// The transfer command.
    pub command: Text,
    /// Whether it connects before it sends that. Default: as `order` in `[data]`.
    pub order: Option<Order>,
    /// How often it goes through all data-connection commands before it gives up, 1 to 10. Default: 1.
    pub passes: Option<Spanned<u64>>,
}

/// `[data]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataTable {
    /// Data-connection commands in the order in which they are tried, at least one.
    #[schemars(length(min = 1))]
    pub commands: Spanned<Vec<DataCommand>>,
    /// `EPSV` is skipped unless the answer to `FEAT` lists one of these. Default: no condition.
    pub epsv_needs_feature: Option<Spanned<Texts>>,
    /// Whether EPSV and EPRT come after all others unless the answer to FEAT lists them. Default: false.
    #[serde(default)]
    pub unlisted_last: bool,
    /// Whether it connects before it sends the transfer command. Default: `"connect-first"`.
    #[serde(default)]
    pub order: Order,
    /// Whether it still reads the reply to a transfer command for which it could not connect; only if
    /// it sends that first. Default: false.
    pub reads_reply_after_failure: Option<Spanned<bool>>,
    /// How it reads the reply to `PASV`. Default: `"first-digit"`.
    pub pasv_reply: Option<PasvReply>,
    /// How it reads the reply to `EPSV`. Default: `"any-delimiter"`.
    pub epsv_reply: Option<EpsvReply>,
    /// Whether it takes an address and port in the reply to `EPSV` as if it were one to `PASV`.
    /// Default: false.
    #[serde(default)]
    pub epsv_takes_pasv_reply: bool,
    /// Which address it dials after `PASV`.
    pub address: AddressPolicy,
    /// Which address it dials after `EPSV`. Default: `"peer"`.
    pub epsv_address: Option<EpsvAddress>,
    /// Whether it drops a data connection to another address than the control connection's, once the
    /// server has answered the transfer command. Default: false.
    #[serde(default)]
    pub data_must_be_at_peer: bool,
    /// What it does in active mode with a connection from another address. Default: `"take"`.
    #[serde(default)]
    pub foreign_server: ForeignServer,
    /// The TLS session of data connections, after `PROT P`. Default: `"control"`.
    #[serde(default)]
    pub tls_session: TlsSession,
    /// After a reply by which the server refuses a data-connection command. Default: `"stop"`.
    #[serde(default = "stop")]
    pub on_reply_error: Spanned<Fallback>,
    /// After a reply by which the server grants it, but which cannot be read. Default: as
    /// `on_reply_error`.
    pub on_unparsable: Option<Spanned<Fallback>>,
    /// Whether it dials the control connection's own address and port after a reply to PASV that it
    /// cannot read. Default: false.
    #[serde(default)]
    pub unparsable_is_control_port: bool,
    /// Whether it sends ABOR after a reply that it cannot read, or whose address it does not accept.
    /// Default: false.
    #[serde(default)]
    pub aborts: bool,
    /// After certain replies, in place of `on_reply_error`. Default: none.
    #[serde(default)]
    pub on_reply_codes: Vec<OnReplyCodesTable>,
    /// After an announced address that `address` forbids. Default: `"stop"`.
    #[serde(default = "stop")]
    pub on_mismatch: Spanned<Fallback>,
    /// After a data connection that could not be opened. Default: `"stop"`.
    #[serde(default = "stop")]
    pub on_connect_failure: Spanned<Fallback>,
    /// After certain ones of these, in place of `on_connect_failure`. Default: none.
    #[serde(default)]
    pub on_connect_causes: Vec<OnConnectCausesTable>,
    /// The same if the peer had been put in place of the announced address. Default: the same.
    pub on_replaced_connect_failure: Option<Spanned<Fallback>>,
    /// How often it sends a data-connection command before it falls back from a connection that
    /// could not be opened, 1 to 100. Default: 1.
    pub tries: Option<Spanned<u64>>,
    /// Whether it begins each transfer with the first of `commands` again. Default: false, one that
    /// fails is not tried again in the session.
    #[serde(default)]
    pub forgets_failures: bool,
    /// Whether it stays in active mode once a transfer has succeeded so, despite `forgets_failures`.
    /// Default: false.
    #[serde(default)]
    pub keeps_active_mode: bool,
    /// Whether it does not send `EPRT` once the server has refused `EPSV`. Default: false.
    #[serde(default)]
    pub eprt_needs_epsv: bool,
    /// Whether the first command that works is the only one from then on. Default: false.
    #[serde(default)]
    pub pins_first_success: bool,
    /// How long it waits for the data connection, in seconds. Default: as long as the operating
    /// system does.
    pub connect_timeout_s: Option<Spanned<u64>>,
    /// How long it waits for the server's connection in active mode, in seconds. Default: for ever.
    pub accept_timeout_s: Option<Spanned<u64>>,
    /// How long it waits for a reply, in seconds. Default: for ever.
    pub reply_timeout_s: Option<Spanned<u64>>,
    /// How long it waits for the next byte of a transfer, in seconds. Default: for ever.
    pub data_timeout_s: Option<Spanned<u64>>,
    /// Seconds without a packet after which TCP asks whether the other side of the control
    /// connection is still there. Default: it does not.
    pub tcp_keepalive_s: Option<Spanned<u64>>,
    /// How often it sends `NOOP` on the control connection during a transfer, in seconds. Default:
    /// it does not.
    pub noop_every_s: Option<Spanned<u64>>,
    /// How long it waits for the reply to that before it goes on, in seconds. Default: as for every
    /// reply.
    pub noop_reply_timeout_s: Option<Spanned<u64>>,
}

/// One of `on_reply_codes`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnReplyCodesTable {
    /// Commands of the client, at least one.
    #[schemars(length(min = 1))]
    pub commands: Spanned<Vec<DataCommand>>,
    /// Codes of replies, at least one, 400 to 599; or 4 or 5, for all that begin so.
    #[schemars(length(min = 1))]
    pub codes: Spanned<Vec<Spanned<u64>>>,
    /// What it does.
    pub then: Spanned<Fallback>,
    /// What it prints then. Default: as for other replies.
    pub say: Option<Text>,
}

/// One of `on_connect_causes`. At least one of `commands` and `causes` is there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnConnectCausesTable {
    /// Commands of the client that prepared the connection. Default: any.
    pub commands: Option<Spanned<Vec<DataCommand>>>,
    /// How the connection failed. Default: in any way.
    pub causes: Option<Spanned<Vec<ConnectCause>>>,
    /// What it does.
    pub then: Spanned<Fallback>,
}

fn stop() -> Spanned<Fallback> {
    Spanned::new(0..0, Fallback::Stop)
}

/// `[retry]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryTable {
    /// Failures after which it tries again, at least one.
    #[schemars(length(min = 1))]
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
    /// Whether pauses are counted from the beginning of the failed round. Default: false, from its end.
    #[serde(default)]
    pub waits_from_start: bool,
    /// Whether it also pauses for `"reconnect-next"`. Default: false, it goes on at once.
    #[serde(default)]
    pub always_waits: bool,
}

/// `[messages]`. Placeholders: `{os}`, `{address}`, `{port}`, `{host}`, `{peer}`, `{seconds}`,
/// `{ms}`, `{reply}`, `{code}`, `{text}`, `{announced}`, `{announced_port}`. All keys but `connect`
/// default to none, which means that `connect` is used.
///
/// `{os}` is the operating system's text for the error, `{address}` and `{port}` were dialled, `{host}`
/// is what it was told to connect to, `{peer}` the control connection's peer, `{seconds}` and `{ms}` the
/// time it waited, `{reply}` the server's last reply to a data-connection command, `{code}` its code,
/// `{text}` the rest of its last line, `{announced}` and `{announced_port}` the address and port in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// Nobody connected in active mode. Default: as `client_timeout`.
    pub accept_timeout: Option<Text>,
    /// A router answered that there is no way.
    pub unreachable: Option<Text>,
    /// The operating system would not dial the address.
    pub address_not_available: Option<Text>,
    /// The address policy forbids the address in the reply.
    pub mismatch: Option<Text>,
    /// The server rejected the data-connection command.
    pub rejected: Option<Text>,
    /// The server rejected `PORT` or `EPRT`. Default: as `rejected`.
    pub port_rejected: Option<Text>,
    /// The reply to a data-connection command could not be read. Default: as `rejected`.
    pub unparsable: Option<Text>,
    /// The reply to `EPSV` could not be read. Default: as `unparsable`.
    pub epsv_unparsable: Option<Text>,
    /// Nothing came for longer than it waits. Default: nothing is printed.
    pub silence: Option<Text>,
    /// Whether it prints something for every failed attempt. Default: only for the last one.
    #[serde(default)]
    pub every_attempt: bool,
}
