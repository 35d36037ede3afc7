//! Everything that can decide how a session comes out, each with a stable id.

use std::fmt;

use strum::EnumCount;

use crate::net::Reason;
use crate::record::ConnectError;

/// Something that can decide how a session comes out: an announcement, a decision, a drop, an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum Cause {
    /// The server announced an address of its own (PassiveIp AUTO).
    AnnouncedOwnAddress,
    /// The server announced the address that it was given (PassiveIp).
    AnnouncedPassiveIp,
    /// The server announced an address that is neither its own nor its PassiveIp.
    AnnouncedOther,
    /// A box on the way changed the announcement.
    AnnouncementRewritten,
    /// An answer to `EPSV` has a port and no address (RFC 2428 section 3).
    PortOnly,
    /// The client listens and announces where (active mode, RFC 959 section 5.2).
    ClientListens,
    /// The client dialled the announced address.
    ReplyObeyed,
    /// After `EPSV` the client dialled the address it is connected to (RFC 2428 section 3).
    PeerAfterEpsv,
    /// The client put the address it is connected to in place of the announced one.
    AddressReplaced,
    /// The client asked for the server's name again.
    NameAskedAgain,
    /// The client still had the address of an earlier reply.
    EarlierAddress,
    /// The client accepts no other address than the one it is connected to.
    ClientInsistsOnPeer,
    /// The client dialled the server's control port.
    ControlDialled,
    /// The server dialled the address that the client announced.
    ServerDialled,
    /// The packet that opens the connection arrived.
    Arrived,
    /// The announced address is private, and does not lead to the server from where the client is.
    PassiveAddressPrivate,
    /// The announced address is not private, and does not lead to the server either.
    PassiveAddressUnreachable,
    /// The address that the client announced is private, and the server cannot reach it.
    ActiveAddressPrivate,
    /// The address that the client announced is not private, and the server cannot reach it.
    ActiveAddressUnreachable,
    /// The client's operating system takes 0.0.0.0 for the own host.
    ClientDialledItself,
    /// The client's operating system does not dial 0.0.0.0.
    ZeroNotDialled,
    /// Where the client is, the address belongs to another host.
    OtherHost,
    /// The address leads to the server's interface in another zone than the session's.
    OtherZone,
    /// Nobody listens on the port.
    PortClosed,
    /// A proxy does not pass the port on.
    PortNotRelayed,
    /// The data connection comes from another address than the session, and the server closes it.
    DataFromElsewhere,
    /// The server refuses active mode.
    ActiveModeRefused,
    /// The server refuses passive mode.
    PassiveModeRefused,
    /// TLS could not be set up on the control connection.
    TlsFailed,
    /// The server refuses the log-in.
    LoginRefused,
    /// The server refuses another command.
    CommandRefused,
    /// The server ended the session by itself.
    SessionEnded,
    /// The TLS session of a data connection is a new one, and the server insists on a resumed one.
    TlsSessionNew,
    /// A header of the PROXY protocol reached a server that expects none.
    UnexpectedProxyHeader,
    /// A reply, or what was transferred, is not what it should be.
    Unreadable,
    /// Nothing came any more.
    ServerSilent,
    /// An FTP helper on the way could not read the announcement, because it was in TLS.
    HelperBlinded,
    /// The server wants TLS first.
    TlsRequired,
    /// The client wants TLS, and the server refuses it.
    TlsRefused,
    /// Two programs that are not the lab's talked in TLS, so that nobody knows what they said.
    TlsUnread,
    /// Nobody connected to the port that the client announced.
    NobodyConnected,
    /// The connection was never dialled.
    NeverDialled,
    /// How a connect failed.
    Connect(ConnectError),
    /// What the network did.
    Network(Reason),
}

impl Cause {
    /// All of them, in the order of a session.
    pub const ALL: [Self; 71] = [
        Self::AnnouncedOwnAddress,
        Self::AnnouncedPassiveIp,
        Self::AnnouncedOther,
        Self::AnnouncementRewritten,
        Self::PortOnly,
        Self::ClientListens,
        Self::HelperBlinded,
        Self::ReplyObeyed,
        Self::PeerAfterEpsv,
        Self::AddressReplaced,
        Self::NameAskedAgain,
        Self::EarlierAddress,
        Self::ClientInsistsOnPeer,
        Self::ControlDialled,
        Self::ServerDialled,
        Self::Arrived,
        Self::PassiveAddressPrivate,
        Self::PassiveAddressUnreachable,
        Self::ActiveAddressPrivate,
        Self::ActiveAddressUnreachable,
        Self::ClientDialledItself,
        Self::ZeroNotDialled,
        Self::OtherHost,
        Self::OtherZone,
        Self::PortClosed,
        Self::PortNotRelayed,
        Self::DataFromElsewhere,
        Self::ActiveModeRefused,
        Self::PassiveModeRefused,
        Self::TlsFailed,
        Self::LoginRefused,
        Self::TlsRequired,
        Self::TlsRefused,
        Self::CommandRefused,
        Self::SessionEnded,
        Self::TlsSessionNew,
        Self::UnexpectedProxyHeader,
        Self::Unreadable,
        Self::TlsUnread,
        Self::ServerSilent,
        Self::NobodyConnected,
        Self::NeverDialled,
        Self::Connect(ConnectError::Refused),
        Self::Connect(ConnectError::TimedOut),
        Self::Connect(ConnectError::ClientTimeout),
        Self::Connect(ConnectError::Unreachable),
        Self::Network(Reason::NoRoute),
        Self::Network(Reason::NobodyAtAddress),
        Self::Network(Reason::NotBeyondPeering),
        Self::Network(Reason::NoListener),
        Self::Network(Reason::NoTarget),
        Self::Network(Reason::StraySegment),
        Self::Network(Reason::IdleExpired),
        Self::Network(Reason::EndpointIdleExpired),
        Self::Network(Reason::RouterIdleExpired),
        Self::Network(Reason::OneWay),
        Self::Network(Reason::PortsExhausted),
        Self::Network(Reason::TargetGone),
        Self::Network(Reason::LoopsBack),
        Self::Network(Reason::SecurityGroup),
        Self::Network(Reason::NetworkAcl),
        Self::Network(Reason::NoElasticAddress),
        Self::Network(Reason::NotForwarded),
        Self::Network(Reason::NoHairpin),
        Self::Network(Reason::NotAllowed),
        Self::Network(Reason::PortUnreachable),
        Self::Network(Reason::Prohibited),
        Self::Network(Reason::SplitAnnouncement),
        Self::Network(Reason::NoPortToAnnounce),
        Self::Network(Reason::TimeToLive),
        Self::Network(Reason::TooBig),
    ];

    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::AnnouncedOwnAddress => "announced-own-address",
            Self::AnnouncedPassiveIp => "announced-passive-ip",
            Self::AnnouncedOther => "announced-other-address",
            Self::AnnouncementRewritten => "announcement-rewritten",
            Self::PortOnly => "epsv-port-only",
            Self::ClientListens => "client-listens",
            Self::ReplyObeyed => "reply-obeyed",
            Self::PeerAfterEpsv => "peer-after-epsv",
            Self::AddressReplaced => "address-replaced",
            Self::NameAskedAgain => "name-asked-again",
            Self::EarlierAddress => "earlier-address",
            Self::ClientInsistsOnPeer => "client-insists-on-peer",
            Self::ControlDialled => "control-dialled",
            Self::ServerDialled => "server-dialled",
            Self::Arrived => "arrived",
            Self::PassiveAddressPrivate => "passive-address-private",
            Self::PassiveAddressUnreachable => "passive-address-unreachable",
            Self::ActiveAddressPrivate => "active-address-private",
            Self::ActiveAddressUnreachable => "active-address-unreachable",
            Self::ClientDialledItself => "client-dialled-itself",
            Self::ZeroNotDialled => "zero-not-dialled",
            Self::OtherHost => "other-host",
            Self::OtherZone => "other-zone",
            Self::PortClosed => "port-closed",
            Self::PortNotRelayed => "port-not-relayed",
            Self::DataFromElsewhere => "data-from-elsewhere",
            Self::ActiveModeRefused => "active-mode-refused",
            Self::PassiveModeRefused => "passive-mode-refused",
            Self::TlsFailed => "tls-failed",
            Self::LoginRefused => "login-refused",
            Self::CommandRefused => "command-refused",
            Self::SessionEnded => "session-ended",
            Self::TlsSessionNew => "tls-session-new",
            Self::UnexpectedProxyHeader => "unexpected-proxy-header",
            Self::Unreadable => "unreadable",
            Self::ServerSilent => "server-silent",
            Self::HelperBlinded => "helper-blinded",
            Self::TlsRequired => "tls-required",
            Self::TlsRefused => "tls-refused",
            Self::TlsUnread => "tls-unread",
            Self::NobodyConnected => "nobody-connected",
            Self::NeverDialled => "never-dialled",
            Self::Connect(ConnectError::Refused) => "connection-refused",
            Self::Connect(ConnectError::TimedOut) => "connection-timed-out",
            Self::Connect(ConnectError::ClientTimeout) => "client-gave-up",
            Self::Connect(ConnectError::Unreachable) => "destination-unreachable",
            Self::Connect(ConnectError::AddressNotAvailable) => Self::ZeroNotDialled.id(),
            Self::Network(reason) => reason.id(),
        }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Self::Network(reason)
    }
}

impl From<ConnectError> for Cause {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::AddressNotAvailable => Self::ZeroNotDialled,
            _ => Self::Connect(error),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::{EnumCount, VariantArray};

    use super::*;

    #[test]
    fn all_is_every_cause_once_and_every_reason_of_the_network() {
        for reason in Reason::VARIANTS {
            assert!(Cause::ALL.contains(&Cause::from(*reason)), "{reason:?}");
        }
        for error in ConnectError::VARIANTS {
            assert!(Cause::ALL.contains(&Cause::from(*error)), "{error:?}");
        }
        let all: BTreeSet<Cause> = Cause::ALL.into_iter().collect();
        let ids: BTreeSet<&str> = Cause::ALL.into_iter().map(Cause::id).collect();
        let simple = |cause: &&Cause| !matches!(cause, Cause::Connect(_) | Cause::Network(_));
        assert_eq!(all.iter().filter(simple).count(), Cause::COUNT - 2);
        assert_eq!((all.len(), ids.len()), (Cause::ALL.len(), Cause::ALL.len()));
    }
}
