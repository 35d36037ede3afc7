//! A client's behaviour as data: what it sends, which address it dials, when it gives up.

mod policy;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

pub use policy::*;

/// The command of a client's log-in with which it goes over to TLS (RFC 4217 section 4).
pub const AUTH_TLS: &str = "AUTH TLS";
/// The command of a client's log-in after which data connections are in TLS, too (RFC 4217 section 9).
pub const PROT_P: &str = "PROT P";

/// How one FTP client (in a range of versions, with certain options) opens its data connections.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// The name used on the command line.
    pub id: String,
    /// The program.
    pub program: String,
    /// The versions for which this holds, in words.
    pub versions: String,
    /// What a user sets to get this behaviour, spelled as the user types it; empty for defaults.
    pub options: Vec<String>,
    /// The operating system it runs on.
    pub os: Os,
    /// How the behaviour was established.
    pub verified: Verified,
    /// One or two sentences.
    pub summary: String,
    /// Where it was read or seen.
    pub sources: Vec<String>,
    /// Commands from greeting to prompt. `USER` and `PASS` take their argument from the server file.
    pub login: Vec<String>,
    /// How it lists a directory.
    pub list: Operation,
    /// How it downloads a file; `{file}` is the file's name.
    pub download: Operation,
    /// How it uploads a file; `{file}` is the file's name.
    pub upload: Operation,
    /// How it opens data connections.
    pub data: DataPolicy,
    /// What it does after a failed round; without it, it gives up.
    pub retry: Option<Retry>,
    /// What it tells its user.
    pub messages: Messages,
}

impl Client {
    /// Whether it goes over to TLS.
    #[must_use]
    pub fn asks_for_tls(&self) -> bool {
        self.login.iter().any(|step| step == AUTH_TLS)
    }

    /// Whether its data connections are in TLS, too.
    #[must_use]
    pub fn protects_data(&self) -> bool {
        self.login.iter().any(|step| step == PROT_P)
    }

    /// Id of the server of its cells if none is named.
    #[must_use]
    pub fn default_server(&self) -> &'static str {
        if self.asks_for_tls() { crate::DEFAULT_SERVER_IN_TLS } else { crate::DEFAULT_SERVER }
    }
}

/// One transfer: commands before the data connection, commands after it, the transfer command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Sent before `PASV` or `EPSV`; a negative answer is ignored unless the client cares.
    pub before: Vec<String>,
    /// Sent after the reply to `PASV` or `EPSV`, before the data connection is opened.
    pub before_connect: Vec<String>,
    /// Sent between the opening of the data connection and the transfer command.
    pub between: Vec<String>,
    /// The transfer command itself.
    pub command: String,
    /// Whether the data connection is opened before or after the transfer command is sent, if this
    /// operation differs from [`DataPolicy::order`].
    pub order: Option<Order>,
    /// How often it goes through all data-connection commands before it gives up.
    pub passes: u32,
}

/// How data connections are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPolicy {
    /// The commands it knows, in the order in which it tries them. One that fails is not tried again
    /// in the session, unless it [`DataPolicy::forgets_failures`].
    pub commands: Vec<DataCommand>,
    /// `EPSV` is skipped unless the server's answer to `FEAT` lists one of these. Empty: no such
    /// condition.
    pub epsv_needs_feature: Vec<String>,
    /// Whether `EPSV` and `EPRT` come after all others unless the server's answer to `FEAT` lists them.
    pub unlisted_last: bool,
    /// Whether the data connection is opened before or after the transfer command is sent.
    pub order: Order,
    /// Whether it still reads the reply to a transfer command for which it could not connect.
    pub reads_reply_after_failure: bool,
    /// How it reads the reply to `PASV`.
    pub pasv_reply: PasvReply,
    /// How it reads the reply to `EPSV`.
    pub epsv_reply: EpsvReply,
    /// Whether it takes an address and port in the reply to `EPSV` as if it were one to `PASV`.
    pub epsv_takes_pasv_reply: bool,
    /// Which address is dialled after `PASV`.
    pub address: AddressPolicy,
    /// Which address is dialled after `EPSV`.
    pub epsv_address: EpsvAddress,
    /// Whether it drops a data connection to another address than the control connection's, once the
    /// server has answered the transfer command.
    pub data_must_be_at_peer: bool,
    /// What it does in active mode with a connection from another address than that.
    pub foreign_server: ForeignServer,
    /// The TLS session of a data connection, if it is in TLS.
    pub tls_session: TlsSession,
    /// After a reply by which the server refuses a data-connection command.
    pub on_reply_error: Fallback,
    /// After a reply by which the server grants it, but which cannot be read.
    pub on_unparsable: Fallback,
    /// Whether it dials the control connection's own address and port after a reply to `PASV` that it
    /// cannot read, in place of [`DataPolicy::on_unparsable`].
    pub unparsable_is_control_port: bool,
    /// Whether it sends `ABOR` after a reply that it cannot read, or whose address it does not accept.
    pub aborts: bool,
    /// After these replies to these commands, in place of [`DataPolicy::on_reply_error`].
    pub on_reply_codes: Vec<OnReplyCodes>,
    /// After an announced address that its policy forbids.
    pub on_mismatch: Fallback,
    /// After a data connection that could not be opened.
    pub on_connect_failure: Fallback,
    /// After these failures with these commands, in place of [`DataPolicy::on_connect_failure`].
    pub on_connect_causes: Vec<OnConnectCauses>,
    /// The same if it had put the peer in place of the announced address; none: the same.
    pub on_replaced_connect_failure: Option<Fallback>,
    /// How often it sends a data-connection command before it falls back from a connection that
    /// could not be opened.
    pub tries: u32,
    /// Whether it begins each transfer with the first of its commands again, also with those that
    /// have failed.
    pub forgets_failures: bool,
    /// Whether it stays in active mode once a transfer has succeeded so, although it
    /// [`DataPolicy::forgets_failures`].
    pub keeps_active_mode: bool,
    /// Whether it does not send `EPRT` once the server has refused `EPSV`.
    pub eprt_needs_epsv: bool,
    /// Whether the first command that works is the only one that it uses from then on.
    pub pins_first_success: bool,
    /// How long it waits for the data connection; none leaves it to the operating system.
    pub connect_timeout: Option<Duration>,
    /// How long it waits for the server's connection in active mode; none: for ever.
    pub accept_timeout: Option<Duration>,
    /// How long it waits for a reply; none: for ever.
    pub reply_timeout: Option<Duration>,
    /// How long it waits for the next byte of a transfer; none: for ever.
    pub data_timeout: Option<Duration>,
    /// After how long without a packet TCP asks whether the other side of the control connection is
    /// still there, and how often then; none: never.
    pub tcp_keepalive: Option<Duration>,
    /// How often it sends `NOOP` on the control connection during a transfer; none: never.
    pub noop_every: Option<Duration>,
    /// How long it waits for the reply to that before it goes on; none: as for every reply.
    pub noop_reply_timeout: Option<Duration>,
}

/// What a client does after certain replies to a data-connection command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnReplyCodes {
    /// The commands.
    pub commands: Vec<DataCommand>,
    /// The replies' codes; 4 and 5 are all codes that begin so.
    pub codes: Vec<u16>,
    /// What it does.
    pub then: Fallback,
    /// What it prints, in place of [`Messages::rejected`].
    pub say: Option<String>,
}

impl OnReplyCodes {
    /// Whether this is about a reply with this code to this command.
    #[must_use]
    pub fn fits(&self, command: DataCommand, code: u16) -> bool {
        let listed = |listed: &u16| *listed == code || *listed == code / 100;
        self.commands.contains(&command) && self.codes.iter().any(listed)
    }
}

/// What a client does after certain data connections that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnConnectCauses {
    /// The commands that prepared them; empty: any.
    pub commands: Vec<DataCommand>,
    /// How they failed; empty: in any way.
    pub causes: Vec<ConnectCause>,
    /// What it does.
    pub then: Fallback,
}

impl OnConnectCauses {
    /// Whether this is about a connection that failed so after this command.
    #[must_use]
    pub fn fits(&self, command: DataCommand, cause: ConnectCause) -> bool {
        (self.commands.is_empty() || self.commands.contains(&command))
            && (self.causes.is_empty() || self.causes.contains(&cause))
    }
}

/// What a client does when a way of opening the data connection fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// Gives up the transfer.
    #[default]
    Stop,
    /// Tries the next command of [`DataPolicy::commands`]; gives up after the last.
    NextCommand,
    /// Goes on with the first active-mode command (`PORT` or `EPRT`) of [`DataPolicy::commands`].
    ActiveMode,
    /// Goes back to log-in and tries again, see [`Client::retry`].
    Reconnect,
    /// Closes the control connection, logs in again and goes on with the next command; at once, unless
    /// it [`Retry::always_waits`].
    ReconnectNext,
    /// Starts again as [`Client::retry`] says, in active mode. Its other commands stay known.
    ReconnectActive,
    /// The same in passive mode.
    ReconnectPassive,
}

impl Fallback {
    /// Whether it needs [`Client::retry`].
    #[must_use]
    pub fn starts_again(self) -> bool {
        matches!(self, Self::Reconnect | Self::ReconnectActive | Self::ReconnectPassive)
    }
}

/// What a client repeats after a failed round, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Failures after which it tries again: any, or only those that the client holds to be passing.
    pub after: Vec<RetryCause>,
    /// Rounds in all, the first one included.
    pub rounds: u32,
    /// Pause after the first failed round.
    pub first_wait: Duration,
    /// What the pause grows by from round to round: multiplied by this…
    pub wait_factor: f64,
    /// …and this added.
    pub wait_step: Duration,
    /// The longest pause.
    pub max_wait: Duration,
    /// Whether pauses are counted from the beginning of the round that failed, and not from its end.
    pub waits_from_start: bool,
    /// Whether it also pauses for [`Fallback::ReconnectNext`].
    pub always_waits: bool,
}

/// Why a data connection could not be opened, for [`OnConnectCauses::causes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectCause {
    /// The peer answered with a reset.
    Refused,
    /// Nobody answered, or in active mode nobody connected.
    TimedOut,
    /// A router answered that there is no way.
    Unreachable,
    /// The operating system would not even try.
    AddressNotAvailable,
}

/// A kind of failure, for [`Retry::after`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
    /// The server refused a data-connection command.
    Rejected,
    /// The reply to a data-connection command could not be read.
    Unparsable,
    /// The server refused the transfer command for the time being (4xx).
    TransientReply,
    /// Nothing came for longer than it waits, wherever in the session.
    Silence,
}

/// What a client prints. Placeholders: `{os}` the operating system's text for the error, `{address}`
/// and `{port}` the dialled ones (or those that it does not accept), `{host}` the host it was told to
/// connect to, `{peer}` the control connection's peer, `{seconds}` and `{ms}` the time it waited,
/// `{reply}` the server's last reply to a data-connection command, `{code}` its code and `{text}` the
/// rest of its last line, `{announced}` and `{announced_port}` the address and port in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Messages {
    /// The data connection failed and no line below is more precise.
    pub connect: String,
    /// It was refused.
    pub refused: Option<String>,
    /// The operating system gave up waiting.
    pub timed_out: Option<String>,
    /// The client's own patience ended.
    pub client_timeout: Option<String>,
    /// Nobody connected in active mode; none: as `client_timeout`.
    pub accept_timeout: Option<String>,
    /// A router answered that there is no way.
    pub unreachable: Option<String>,
    /// The operating system would not dial the address.
    pub address_not_available: Option<String>,
    /// The address policy forbids the address in the reply.
    pub mismatch: Option<String>,
    /// The server rejected the data-connection command.
    pub rejected: Option<String>,
    /// The server rejected `PORT` or `EPRT`; none: as `rejected`.
    pub port_rejected: Option<String>,
    /// The reply to a data-connection command could not be read; none: as `rejected`.
    pub unparsable: Option<String>,
    /// The reply to `EPSV` could not be read; none: as `unparsable`.
    pub epsv_unparsable: Option<String>,
    /// Nothing came for longer than it waits.
    pub silence: Option<String>,
    /// Whether it prints something for every failed attempt, or only for the last one.
    pub every_attempt: bool,
}

/// Where a client runs. It decides what dialling 0.0.0.0 does, how long a connect lasts, and the
/// error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
    /// FreeBSD and its relatives.
    Bsd,
    /// Windows.
    Windows,
}

/// How a behaviour was established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// Only documented: its source is closed.
    Documented,
    /// Read in the program's source.
    Source,
    /// Also seen by running the program.
    Run,
}
