//! The choices in which clients differ: how they read replies, where and when they dial.

use schemars::JsonSchema;
use serde::Deserialize;

#[cfg(doc)]
use super::DataPolicy;

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
