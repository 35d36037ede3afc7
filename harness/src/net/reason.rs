//! Why a packet went no further, or was answered by something other than its destination.

use std::fmt;

/// The reason for a drop or for an answer given on the way. Ids are stable: reports and scripts may
/// rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The sender's subnet has no route to the destination. A VPC drops such packets without a word;
    /// an on-premises router answers that the network is unreachable.
    NoRoute,
    /// The destination lies in a connected range, but no interface has that address.
    NobodyAtAddress,
    /// A peering connection or transit gateway does not carry packets further than its far network
    /// (VPC peering guide: no transitive peering).
    NotBeyondPeering,
    /// The load balancer has no listener on the port: "unintended traffic" is dropped, never
    /// forwarded and not answered (NLB guide, Listeners).
    NoListener,
    /// The load balancer has a listener, but its target group has no target it may use.
    NoTarget,
    /// A segment on a listener's port that neither opens a connection nor belongs to one is answered
    /// with a reset (NLB guide, Listeners).
    StraySegment,
    /// The load balancer had forgotten the connection, idle for too long; the sender of the next
    /// packet receives a reset (NLB guide, Connection idle time-out).
    IdleTimeout,
    /// The endpoint had forgotten the connection; packets after 350 idle seconds are not delivered
    /// (AWS Networking blog, Implementing long-running TCP connections).
    EndpointIdleTimeout,
    /// PrivateLink opens connections from consumer to provider only (AWS PrivateLink guide, Access
    /// AWS services).
    OneWay,
    /// Every source port towards this destination is taken.
    PortsExhausted,
}

impl Reason {
    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::NoRoute => "no-route",
            Self::NobodyAtAddress => "nobody-at-address",
            Self::NotBeyondPeering => "not-beyond-peering",
            Self::NoListener => "no-listener",
            Self::NoTarget => "no-target",
            Self::StraySegment => "stray-segment",
            Self::IdleTimeout => "idle-timeout",
            Self::EndpointIdleTimeout => "endpoint-idle-timeout",
            Self::OneWay => "one-way",
            Self::PortsExhausted => "ports-exhausted",
        }
    }

    /// The reason as the end of a sentence: "dropped: …".
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NoRoute => "the route table has no route to this address",
            Self::NobodyAtAddress => "no interface has this address",
            Self::NotBeyondPeering => "the peering does not reach beyond its far network",
            Self::NoListener => "the load balancer has no listener on this port",
            Self::NoTarget => "the load balancer has no target to send it to",
            Self::StraySegment => "the segment belongs to no connection",
            Self::IdleTimeout => "the load balancer forgot the idle connection",
            Self::EndpointIdleTimeout => "the endpoint forgot the idle connection",
            Self::OneWay => "PrivateLink opens connections from consumer to provider only",
            Self::PortsExhausted => "no source port is left towards this destination",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
