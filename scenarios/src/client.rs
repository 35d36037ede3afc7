//! A client's behaviour as data: what it sends, which address it dials, when it gives up.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

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

/// How a client reads address and port in the reply to `PASV`. The code must be 227, and all lines of
/// the reply are read, unless the variant says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasvReply {
    /// Six numbers joined by commas, at the first digit after the code of any line, with blanks and a
    /// sign before each but the first, as C's `sscanf` reads them; taken modulo 256 (netkit ftp, tnftp,
    /// inetutils).
    FirstDigit,
    /// The same in the first line only, after any code 2xx (NcFTP).
    FirstDigitOfFirstLine,
    /// The same in the last line only (PHP's ftp extension).
    FirstDigitOfLastLine,
    /// The same in the last line only, after any code 2xx (Midnight Commander).
    FirstDigitOfLastLineAnyCode,
    /// At the first digit of the last line, after any code 2xx, six numbers joined by commas without
    /// blanks; a missing one is 0; taken modulo 256 (wget).
    FirstDigitNoBlanks,
    /// At the first digit of the last line, four numbers of 0 to 255 and two more, joined by commas; the
    /// port is 256 times the fifth and the sixth, modulo 65536, and not 0 (PHP's `ftp://` wrapper).
    FirstDigitSum,
    /// Six numbers as for [`PasvReply::FirstDigit`], at the first digit of the last line at which they
    /// are found, after any code 2xx (lftp).
    FirstSix,
    /// The first place in the last line with six numbers of 0 to 255 joined by commas (curl).
    FirstSixOctets,
    /// The first place in the first line with six numbers of one to three digits joined by commas; the
    /// fifth, shifted by eight bits, and the sixth are the port's bits (Commons Net).
    FirstSixShort,
    /// The first place with six numbers joined by commas; the port is 256 times the fifth and the sixth
    /// (Python, Ruby).
    FirstSixSum,
    /// The same after any code 2xx (Perl).
    FirstSixSumAnyCode,
    /// The same in the last line only, after any code 1xx to 3xx (FluentFTP).
    FirstSixSumOfLastLine,
    /// The first place with six numbers, which may be negative, joined by commas, after any code 1xx to
    /// 3xx; those of the port are taken modulo 256 (basic-ftp).
    FirstSixSigned,
    /// Between the first `(` and the last `)`, split at commas, at least six parts; the port is 256
    /// times the fifth and the sixth (jlaffaye/ftp).
    Parentheses,
    /// Exactly `(n,n,n,n,n,n)` with numbers of 0 to 255 (suppaftp).
    ExactParentheses,
    /// In the last line, after any code 2xx or 3xx, what is between the first `(` and the first `)`, or
    /// without them from the first digit on; exactly six parts, split at commas and full stops; the
    /// port is 256 times the fifth and the sixth, modulo 65536 (WinSCP).
    ParenthesesOrFirstDigit,
    /// In the last line, after any code 2xx or 3xx, exactly six numbers of one to three digits, at most
    /// 255, between brackets of any kind or blanks (FileZilla).
    Brackets,
    /// After any code 2xx, split at blanks, parentheses and commas, at least eight parts: the last two
    /// are the port, or the two before the last if that is no number; the address is not read (.NET).
    LastTwo,
    /// The port of six numbers found anywhere in the first line, after any code 2xx; the address is not
    /// read (gvfs).
    PortOfSix,
}

/// How a client reads the port in the reply to `EPSV`. The code must be 229, and all lines of the reply
/// are read, unless the variant says otherwise.
///
/// Only programs that send `EPSV` over IPv4 have a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EpsvReply {
    /// In the last line the first `(`, three equal characters of any kind, the port, and that character
    /// again (curl).
    AnyDelimiter,
    /// The first `(`, three equal characters of any kind, a number as C's `sscanf` reads it, modulo
    /// 65536, and that character again (tnftp).
    AnyDelimiterScanned,
    /// In the first line, between the first `(` and the first `)`, nothing but the port between four
    /// equal characters of any kind (Commons Net).
    WholeParentheses,
    /// Exactly `(|||port|)` (suppaftp).
    Bars,
    /// In the last line, after any code 2xx or 3xx, between the first `(|||` and the next `|)`; 0 is no
    /// port (FileZilla, which sends `EPSV` over IPv4 only through a proxy).
    BarsNotZero,
    /// Three characters of `|` and `!`, then the port, and another of them on the same line, after any
    /// code 1xx to 3xx (basic-ftp).
    BarsOrMarks,
    /// In the last line exactly `(|||port|)`, with `!` for any `|`, after any code 1xx to 3xx
    /// (FluentFTP).
    BarsOrMarksInParentheses,
    /// Between the first `|||` and the last `|`; no parentheses needed (jlaffaye/ftp).
    BetweenBars,
    /// In the last line, after any code 2xx, three times the first character after `(`, or after the
    /// code, then a number as C's `sscanf` reads it, modulo 65536 (lftp).
    FirstCharacter,
    /// In the first line, after any code 2xx, four characters after the last `(`; 0 is no port (gvfs).
    AfterLastParenthesis,
    /// In the last line, after any code 2xx, three characters after the first `|`; no number is 0
    /// (Midnight Commander).
    AfterFirstBar,
    /// After the third `|` in the last line, modulo 65536; 0 is no port (PHP's `ftp://` wrapper).
    AfterThirdBar,
    /// The first number after the code of any line, modulo 65536, after the codes 227 to 229
    /// (inetutils).
    FirstNumber,
}

/// Which address a client dials after `EPSV`, whose reply has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EpsvAddress {
    /// The control connection's peer (RFC 2428 section 3).
    Peer,
    /// The host name that it was told, asked for again.
    Host,
    /// The address in the last reply to `PASV`, if one could be read; else the peer (Midnight
    /// Commander).
    LastReply,
}

/// The TLS session of a data connection (RFC 8446 section 2.2, RFC 5246 section 7.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsSession {
    /// It resumes that of the control connection, or of an earlier data connection.
    #[default]
    Control,
    /// It has one of its own.
    New,
}

/// What a client does in active mode with a connection from another address than the control
/// connection's peer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForeignServer {
    /// Takes it.
    #[default]
    Take,
    /// Drops it, and that is the end of the transfer ([`DataPolicy::on_mismatch`]).
    Refuse,
    /// Drops it and goes on waiting.
    Ignore,
}

/// The FTP commands that prepare a data connection (RFC 959, RFC 2428).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum DataCommand {
    /// `PASV`: the server listens and names address and port.
    Pasv,
    /// `EPSV`: the server listens and names the port.
    Epsv,
    /// `PORT`: the client listens and names address and port.
    Port,
    /// `EPRT`: the same, for any address family.
    Eprt,
}

impl DataCommand {
    /// Whether the client listens and the server connects.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Port | Self::Eprt)
    }

    /// The command as it is sent.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pasv => "PASV",
            Self::Epsv => "EPSV",
            Self::Port => "PORT",
            Self::Eprt => "EPRT",
        }
    }
}

/// When the transfer command is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Connect, then send `LIST`, `RETR` or `STOR`.
    #[default]
    ConnectFirst,
    /// Send the command and connect at once; read the reply to it when the connection is open.
    CommandFirst,
}

/// Which address a client dials, given the reply to `PASV` and the control connection's peer.
///
/// The variants differ in their address classes because the programs do; one never stands in for
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AddressPolicy {
    /// The address in the reply, whatever it is.
    Reply,
    /// The control connection's peer, whatever the reply says.
    Peer,
    /// The reply if it equals the peer; anything else is a mismatch.
    ReplyMustEqualPeer,
    /// The reply if it equals the peer, or if both are loopback (127/8); anything else is a mismatch
    /// (basic-ftp 6).
    ReplyMustEqualPeerOrLoopback,
    /// The peer if the reply is reserved (0/8, 127/8 but 127.0.0.1, 240/4 and above) or multicast
    /// (224/4), or if reply and peer differ in being private (10/8, 172.16/12, 192.168/16,
    /// 169.254/16) or in being 127.0.0.1. Else the reply (lftp).
    PeerIfReservedOrScopeDiffers,
    /// The peer if the reply is reserved or multicast, as above; else the reply (lftp with
    /// `ftp:fix-pasv-address no`).
    PeerIfReserved,
    /// The peer if the reply's text is unroutable and the peer's is not; else the reply. Unroutable
    /// text begins with `127`, `10.`, `192.168`, `169.254`, `0.`, or `172.16.` to `172.31.` (WinSCP
    /// since 6.2).
    PeerIfReplyUnroutable,
    /// As [`AddressPolicy::PeerIfReplyUnroutable`], but text that begins with `0.` is routable (WinSCP
    /// before 6.2).
    PeerIfReplyUnroutableButZero,
    /// As [`AddressPolicy::PeerIfReplyUnroutable`] but "unroutable" means: begins with `127`, `10.`,
    /// `192.168`, `169.254`, `172.16.` to `172.31.`, or is no valid literal, which an address with a
    /// first octet of 0 is not (FileZilla).
    PeerIfReplyUnroutableOrInvalid,
    /// The same condition, but then it is a mismatch (FileZilla with fall-back to active mode).
    MismatchIfReplyUnroutableOrInvalid,
    /// The peer if the reply's text begins with `192.168.`, `10.`, or `172.16.` to `172.31.`, and the
    /// peer's text does not begin with the same of these; else the reply (NcFTP).
    PeerIfReplyPrivateAndPrefixDiffers,
    /// The peer if the reply is site-local (10/8, 172.16/12, 192.168/16) and the peer is not; else the
    /// reply (Commons Net before 3.7).
    PeerIfReplySiteLocalAndPeerNot,
    /// The same, and the peer if the reply is 0.0.0.0 (Commons Net 3.7 and 3.8).
    PeerIfReplyZeroOrSiteLocalAndPeerNot,
    /// The peer if the reply is private (10/8, 172.16/12, 192.168/16, 127.0.0.1) and the peer is not;
    /// else the reply (basic-ftp before 6).
    PeerIfReplyPrivateAndPeerNot,
    /// The peer if the reply is multicast, or if reply and peer differ in being private (10/8,
    /// 172.16/12, 192.168/16) or in being loopback (127/8); else the reply (jlaffaye/ftp since 0.2.1).
    PeerIfMulticastOrScopeDiffers,
    /// The peer if the reply's text begins with `10.`, `172.16.` to `172.31.`, `192.168.`,
    /// `127.0.0.1` or `0.0.0.0`, whatever the peer is; else the reply (FluentFTP).
    PeerIfReplyUnroutableWhateverPeer,
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
