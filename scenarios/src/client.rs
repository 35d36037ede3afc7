//! A client's behaviour as data: what it sends, which address it dials, when it gives up.

use std::time::Duration;

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

/// One transfer: commands before the data connection, commands after it, the transfer command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Sent before `PASV` or `EPSV`; a negative answer is ignored unless the client cares.
    pub before: Vec<String>,
    /// Sent between the opening of the data connection and the transfer command.
    pub between: Vec<String>,
    /// The transfer command itself.
    pub command: String,
}

/// How data connections are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPolicy {
    /// The commands it knows, in the order in which it tries them.
    pub commands: Vec<DataCommand>,
    /// `EPSV` is skipped unless the server's answer to `FEAT` lists one of these. Empty: no such
    /// condition.
    pub epsv_needs_feature: Vec<String>,
    /// Whether the data connection is opened before or after the transfer command is sent.
    pub order: Order,
    /// Which address is dialled after `PASV`. After `EPSV` it is always the control connection's peer.
    pub address: AddressPolicy,
    /// After a negative or unusable answer to a data-connection command.
    pub on_reply_error: Fallback,
    /// After a data connection that could not be opened.
    pub on_connect_failure: Fallback,
    /// How long it waits for the data connection; none leaves it to the operating system.
    pub connect_timeout: Option<Duration>,
}

/// The FTP commands that prepare a data connection (RFC 959, RFC 2428).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Connect, then send `LIST`, `RETR` or `STOR`.
    ConnectFirst,
    /// Send the command, then connect.
    CommandFirst,
}

/// Which address a client dials, given the reply to `PASV` and the control connection's peer.
///
/// The variants differ in their address classes because the programs do; one never stands in for
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPolicy {
    /// The address in the reply, whatever it is.
    Reply,
    /// The control connection's peer, whatever the reply says.
    Peer,
    /// The reply if it equals the peer; anything else ends the transfer.
    ReplyMustEqualPeer,
    /// The peer if the reply is reserved (0/8, 127/8 but 127.0.0.1, 240/4 and above) or multicast
    /// (224/4), or if reply and peer differ in being private (10/8, 172.16/12, 192.168/16,
    /// 169.254/16) or in being 127.0.0.1. Else the reply.
    PeerIfReservedOrScopeDiffers,
    /// The peer if the reply's text is unroutable and the peer's is not; else the reply. Unroutable
    /// text begins with `127`, `10.`, `192.168`, `169.254`, `0.`, or `172.16.` to `172.31.`
    PeerIfReplyUnroutable,
    /// As [`AddressPolicy::PeerIfReplyUnroutable`] but "unroutable" means: begins with `127`, `10.`,
    /// `192.168`, `169.254`, `172.16.` to `172.31.`, or is no valid literal, which an address with a
    /// first octet of 0 is not.
    PeerIfReplyUnroutableOrInvalid,
}

/// What a client does when a way of opening the data connection fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Gives up the transfer.
    Stop,
    /// Tries the next command of [`DataPolicy::commands`].
    NextCommand,
    /// Goes on with the first active-mode command (`PORT` or `EPRT`) of [`DataPolicy::commands`].
    ActiveMode,
    /// Goes back to log-in and tries again, see [`Client::retry`].
    Reconnect,
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
}

/// A kind of failure, for [`Retry::after`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What a client prints. Placeholders: `{os}` the operating system's text for the error, `{address}`
/// and `{port}` the dialled ones, `{host}` the host it was told to connect to, `{seconds}` and `{ms}`
/// the time it waited, `{reply}` the server's last reply.
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
    /// A router answered that there is no way.
    pub unreachable: Option<String>,
    /// The operating system would not dial the address.
    pub address_not_available: Option<String>,
    /// The address policy forbids the address in the reply.
    pub mismatch: Option<String>,
    /// The server rejected the data-connection command, or its reply could not be read.
    pub rejected: Option<String>,
    /// Whether it prints something for every failed attempt, or only for the last one.
    pub every_attempt: bool,
}

/// Where a client runs. It decides what dialling 0.0.0.0 does, how long a connect lasts, and the
/// error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Read in the program's source.
    Source,
    /// Also seen by running the program.
    Run,
}
