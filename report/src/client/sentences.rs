//! The settings of clients in words: one function per kind, with a text for every value.
//! Those for replies are in [`super::replies`].

use pasvlab_scenarios::{
    AddressPolicy, Client, ConnectCause, DataCommand, EpsvAddress, Fallback, ForeignServer, Order,
    Os, RetryCause, TlsSession, Verified,
};

/// What goes over to TLS; nothing if the client does not ask for it.
#[must_use]
pub fn tls(client: &Client) -> Vec<&'static str> {
    match (client.asks_for_tls(), client.protects_data()) {
        (false, _) => Vec::new(),
        (true, false) => {
            let refused = "If the server refuses AUTH TLS, the client gives up.";
            vec![CONTROL_IN_TLS, refused, DATA_IN_CLEAR]
        }
        (true, true) => {
            let refused = "If the server refuses AUTH TLS or PROT P, the client gives up.";
            vec![CONTROL_IN_TLS, DATA_IN_TLS, tls_session(client.data.tls_session), refused]
        }
    }
}

const CONTROL_IN_TLS: &str = "After AUTH TLS the control connection is in TLS: no box on the way \
                              reads replies, or rewrites the addresses in them.";
const DATA_IN_TLS: &str = "After PROT P data connections are in TLS as well. The handshake comes \
                           before the first byte of data, and the client begins it.";
const DATA_IN_CLEAR: &str = "Data connections stay in clear, because it does not send PROT P.";

/// Which TLS session a data connection has.
#[must_use]
pub fn tls_session(session: TlsSession) -> &'static str {
    match session {
        TlsSession::Control => {
            "Each resumes a TLS session: the control connection's, or an earlier data connection's."
        }
        TlsSession::New => {
            "Each has a TLS session of its own. Servers that insist on a resumed one refuse that."
        }
    }
}

/// Which address is dialled after `PASV`.
#[must_use]
pub fn address(policy: AddressPolicy) -> &'static str {
    match policy {
        AddressPolicy::Reply => "The address in the reply, whatever it is.",
        AddressPolicy::Peer => {
            "The control connection's peer. The address in the reply does not count."
        }
        AddressPolicy::ReplyMustEqualPeer => {
            "The address in the reply if it is the control connection's peer. It does not accept \
             any other."
        }
        AddressPolicy::ReplyMustEqualPeerOrLoopback => {
            "The address in the reply if it is the control connection's peer, or if both are \
             loopback (127.0.0.0/8). It does not accept any other."
        }
        AddressPolicy::PeerIfReservedOrScopeDiffers => UNLESS_RESERVED_OR_OTHER_SCOPE,
        AddressPolicy::PeerIfReserved => {
            "The address in the reply, unless it is reserved (0.0.0.0/8, 127.0.0.0/8 but not \
             127.0.0.1, 240.0.0.0/4) or multicast (224.0.0.0/4): then the control connection's peer."
        }
        AddressPolicy::PeerIfReplyUnroutable => UNLESS_UNROUTABLE,
        AddressPolicy::PeerIfReplyUnroutableButZero => UNLESS_UNROUTABLE_BUT_ZERO,
        AddressPolicy::PeerIfReplyUnroutableOrInvalid => UNLESS_UNROUTABLE_OR_INVALID,
        AddressPolicy::MismatchIfReplyUnroutableOrInvalid => NEVER_UNROUTABLE_OR_INVALID,
        AddressPolicy::PeerIfReplyPrivateAndPrefixDiffers => {
            "The address in the reply, unless its text begins with \"192.168.\", \"10.\", or \
             \"172.16.\" to \"172.31.\" and that of the control connection's peer does not begin with \
             the same of these: then the peer."
        }
        AddressPolicy::PeerIfReplySiteLocalAndPeerNot => {
            "The address in the reply, unless it is site-local (10.0.0.0/8, 172.16.0.0/12, \
             192.168.0.0/16) and the control connection's peer is not: then the peer."
        }
        AddressPolicy::PeerIfReplyZeroOrSiteLocalAndPeerNot => {
            "The address in the reply, unless it is 0.0.0.0, or is site-local (10.0.0.0/8, \
             172.16.0.0/12, 192.168.0.0/16) where the control connection's peer is not: then the \
             peer."
        }
        AddressPolicy::PeerIfReplyPrivateAndPeerNot => {
            "The address in the reply, unless it is private (10.0.0.0/8, 172.16.0.0/12, \
             192.168.0.0/16, 127.0.0.1) and the control connection's peer is not: then the peer."
        }
        AddressPolicy::PeerIfMulticastOrScopeDiffers => UNLESS_MULTICAST_OR_OTHER_SCOPE,
        AddressPolicy::PeerIfReplyUnroutableWhateverPeer => {
            "The address in the reply, unless its text begins with \"10.\", \"172.16.\" to \
             \"172.31.\", \"192.168.\", \"127.0.0.1\" or \"0.0.0.0\": then the control connection's \
             peer, whatever that is."
        }
    }
}

const UNLESS_RESERVED_OR_OTHER_SCOPE: &str = "The address in the reply, except in three cases, in \
    which it dials the control connection's peer: the address is reserved (0.0.0.0/8, 127.0.0.0/8 \
    but not 127.0.0.1, 240.0.0.0/4) or multicast (224.0.0.0/4); one of address and peer is private \
    (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16) and the other is not; one of them \
    is 127.0.0.1 and the other is not.";

const UNLESS_UNROUTABLE: &str = "The address in the reply, unless it is unroutable and the control \
    connection's peer is not: then the peer. Unroutable is an address whose text begins with \
    \"127\", \"10.\", \"192.168\", \"169.254\", \"0.\", or \"172.16.\" to \"172.31.\".";

const UNLESS_UNROUTABLE_BUT_ZERO: &str = "The address in the reply, unless it is unroutable and \
    the control connection's peer is not: then the peer. Unroutable is an address whose text \
    begins with \"127\", \"10.\", \"192.168\", \"169.254\", or \"172.16.\" to \"172.31.\", but not \
    one that begins with \"0.\".";

const UNLESS_UNROUTABLE_OR_INVALID: &str = "The address in the reply, unless it is unroutable and \
    the control connection's peer is not: then the peer. Unroutable is an address whose text \
    begins with \"127\", \"10.\", \"192.168\", \"169.254\", or \"172.16.\" to \"172.31.\", or that \
    is not valid, as one with a first octet of 0 is not.";

const NEVER_UNROUTABLE_OR_INVALID: &str = "The address in the reply. It does not accept an \
    unroutable one, unless the control connection's peer is unroutable too. Unroutable is an \
    address whose text begins with \"127\", \"10.\", \"192.168\", \"169.254\", or \"172.16.\" to \
    \"172.31.\", or that is not valid, as one with a first octet of 0 is not.";

const UNLESS_MULTICAST_OR_OTHER_SCOPE: &str = "The address in the reply, except in three cases, in \
    which it dials the control connection's peer: the address is multicast (224.0.0.0/4); one of \
    address and peer is private (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16) and the other is not; \
    one of them is loopback (127.0.0.0/8) and the other is not.";

/// Whether there are addresses that the policy does not accept.
#[must_use]
pub fn forbids(policy: AddressPolicy) -> bool {
    match policy {
        AddressPolicy::ReplyMustEqualPeer
        | AddressPolicy::ReplyMustEqualPeerOrLoopback
        | AddressPolicy::MismatchIfReplyUnroutableOrInvalid => true,
        AddressPolicy::Reply
        | AddressPolicy::Peer
        | AddressPolicy::PeerIfReservedOrScopeDiffers
        | AddressPolicy::PeerIfReserved
        | AddressPolicy::PeerIfReplyUnroutable
        | AddressPolicy::PeerIfReplyUnroutableButZero
        | AddressPolicy::PeerIfReplyUnroutableOrInvalid
        | AddressPolicy::PeerIfReplyPrivateAndPrefixDiffers
        | AddressPolicy::PeerIfReplySiteLocalAndPeerNot
        | AddressPolicy::PeerIfReplyZeroOrSiteLocalAndPeerNot
        | AddressPolicy::PeerIfReplyPrivateAndPeerNot
        | AddressPolicy::PeerIfMulticastOrScopeDiffers
        | AddressPolicy::PeerIfReplyUnroutableWhateverPeer => false,
    }
}

/// Which address is dialled after `EPSV`.
#[must_use]
pub fn epsv_address(address: EpsvAddress) -> &'static str {
    match address {
        EpsvAddress::Peer => "The control connection's peer.",
        EpsvAddress::Host => {
            "The host name that it was told, asked for again. If the name has several addresses, it \
             may be another one than the control connection's peer."
        }
        EpsvAddress::LastReply => {
            "The address in the last reply to PASV that it could read. If there was none, the \
             control connection's peer."
        }
    }
}

/// What a client does with a connection from elsewhere in active mode; nothing if it takes it.
#[must_use]
pub fn foreign_server(foreign: ForeignServer) -> Option<&'static str> {
    match foreign {
        ForeignServer::Take => None,
        ForeignServer::Refuse => Some(
            "A connection from another address than the control connection's peer is dropped, and \
             the transfer fails.",
        ),
        ForeignServer::Ignore => Some(
            "A connection from another address than the control connection's peer is dropped, and it \
             goes on waiting.",
        ),
    }
}

/// What a data-connection command does.
#[must_use]
pub fn data_command(command: DataCommand) -> &'static str {
    match command {
        DataCommand::Pasv => "PASV: the server listens and names address and port.",
        DataCommand::Epsv => "EPSV: the server listens and names the port.",
        DataCommand::Port => "PORT: the client listens and names address and port (active mode).",
        DataCommand::Eprt => {
            "EPRT: the client listens and names address and port, of any address family (active \
             mode)."
        }
    }
}

/// When the transfer command is sent.
#[must_use]
pub fn order(order: Order) -> &'static str {
    match order {
        Order::ConnectFirst => {
            "It opens the data connection first, and sends the transfer command when it is open."
        }
        Order::CommandFirst => {
            "It sends the transfer command first and opens the data connection at once, before it \
             has read the reply."
        }
    }
}

/// What the client does after a setback, without a full stop.
#[must_use]
pub fn fallback(fallback: Fallback) -> &'static str {
    match fallback {
        Fallback::Stop => "it gives up the transfer",
        Fallback::NextCommand => "it goes on with the next command, and gives up after the last",
        Fallback::ActiveMode => "it goes on in active mode",
        Fallback::Reconnect => "it closes the control connection and starts again",
        Fallback::ReconnectNext => {
            "it closes the control connection, logs in again and goes on with the next command; \
             after the last it gives up"
        }
        Fallback::ReconnectActive => {
            "it closes the control connection and starts again in active mode"
        }
        Fallback::ReconnectPassive => {
            "it closes the control connection and starts again in passive mode"
        }
    }
}

/// The code of a reply, or all that begin with a digit.
#[must_use]
pub fn reply_code(code: u16) -> String {
    if code < 10 { format!("{code}xx") } else { code.to_string() }
}

/// Why a data connection could not be opened: "after …".
#[must_use]
pub fn connect_cause(cause: ConnectCause) -> &'static str {
    match cause {
        ConnectCause::Refused => "a refusal",
        ConnectCause::TimedOut => "a time-out",
        ConnectCause::Unreachable => "an answer that there is no way",
        ConnectCause::AddressNotAvailable => "an address that the system does not dial",
    }
}

/// A failure after which a client starts again: "after …".
#[must_use]
pub fn retry_cause(cause: RetryCause) -> &'static str {
    match cause {
        RetryCause::Refused => "a refusal",
        RetryCause::TimedOut => "a time-out",
        RetryCause::Unreachable => "an answer that there is no way",
        RetryCause::AddressNotAvailable => "an address that the system does not dial",
        RetryCause::Rejected => "an error reply to the data-connection command",
        RetryCause::Unparsable => "a reply that it cannot read",
        RetryCause::TransientReply => "a reply 4xx to the transfer command",
        RetryCause::Silence => "a reply or byte that does not come in time",
    }
}

/// The operating system's name.
#[must_use]
pub fn os(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::MacOs => "macOS",
        Os::Bsd => "BSD",
        Os::Windows => "Windows",
    }
}

/// How a behaviour was established.
#[must_use]
pub fn verified(verified: Verified) -> &'static str {
    match verified {
        Verified::Documented => "documentation only; its source is closed",
        Verified::Source => "the program's source",
        Verified::Run => "the program's source, and from running it",
    }
}
