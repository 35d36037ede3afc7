//! Why a packet went no further, or was answered by something other than its destination.

use std::fmt;

use strum::VariantArray;

/// The reason for a drop or for an answer given on the way. Ids are stable: reports and scripts may
/// rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
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
    IdleExpired,
    /// The endpoint had forgotten the connection; packets after 350 idle seconds are not delivered
    /// (AWS Networking blog, Implementing long-running TCP connections).
    EndpointIdleExpired,
    /// PrivateLink opens connections from consumer to provider only (AWS PrivateLink guide, Access
    /// AWS services).
    OneWay,
    /// Every source port towards this destination is taken.
    PortsExhausted,
    /// The load balancer ends the connection, because its target failed its health check or was
    /// taken out (NLB guide, Target groups: connection termination).
    TargetGone,
    /// A target that is its own client through the load balancer, with client addresses preserved:
    /// the packet would come from its own address (NLB guide, Troubleshooting).
    LoopsBack,
    /// No rule of the interface's security groups allows the connection; nobody is told (EC2 guide,
    /// Security groups).
    SecurityGroup,
    /// The subnet's network ACL denies it; nobody is told (VPC guide, Network ACLs).
    NetworkAcl,
    /// The internet gateway translates elastic addresses only, and the sender has none (VPC guide,
    /// Internet gateways).
    NoElasticAddress,
    /// A packet from outside that belongs to no connection, on a port that leads nowhere inside.
    NotForwarded,
    /// A packet from inside to an outside address of the router, whose port is published: it does not
    /// lead such connections back inside (RFC 4787 section 6, hairpinning).
    NoHairpin,
    /// The firewall's rules do not let the connection pass.
    NotAllowed,
    /// The firewall's rules do not let the connection pass, and it answers ICMP port unreachable.
    PortUnreachable,
    /// The firewall's rules do not let the connection pass, and it answers ICMP administratively
    /// prohibited.
    Prohibited,
    /// The router had forgotten the connection, idle for too long.
    RouterIdleExpired,
    /// The FTP helper waits for the whole of a line that was split over two segments (Linux,
    /// nf_conntrack_ftp).
    SplitAnnouncement,
    /// The FTP helper cannot find a free port to announce (Linux, nf_nat_ftp).
    NoPortToAnnounce,
    /// The packet went round in circles until its time to live was over (RFC 791 section 3.2).
    TimeToLive,
    /// The packet is larger than the link's MTU, and its sender does not learn of that.
    TooBig,
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
            Self::IdleExpired => "idle-expired",
            Self::EndpointIdleExpired => "endpoint-idle-expired",
            Self::OneWay => "endpoint-one-way",
            Self::PortsExhausted => "ports-exhausted",
            Self::TargetGone => "target-gone",
            Self::LoopsBack => "loops-back",
            Self::SecurityGroup => "security-group",
            Self::NetworkAcl => "network-acl",
            Self::NoElasticAddress => "no-elastic-address",
            Self::NotForwarded => "not-forwarded",
            Self::NoHairpin => "no-hairpin",
            Self::NotAllowed => "not-allowed",
            Self::PortUnreachable => "port-unreachable",
            Self::Prohibited => "prohibited",
            Self::RouterIdleExpired => "router-idle-expired",
            Self::SplitAnnouncement => "split-announcement",
            Self::NoPortToAnnounce => "no-port-to-announce",
            Self::TimeToLive => "time-to-live",
            Self::TooBig => "too-big",
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
            Self::IdleExpired => "the load balancer forgot the idle connection",
            Self::EndpointIdleExpired => "the endpoint forgot the idle connection",
            Self::OneWay => "PrivateLink opens connections from consumer to provider only",
            Self::PortsExhausted => "no source port is left towards this destination",
            Self::TargetGone => "the load balancer ended the connection: its target is gone",
            Self::LoopsBack => "the target would receive a packet from its own address",
            Self::SecurityGroup => "no rule of the security group allows it",
            Self::NetworkAcl => "the network ACL denies it",
            Self::NoElasticAddress => "the sender has no elastic address",
            Self::NotForwarded => "nothing inside is published on this port",
            Self::NoHairpin => "the router does not lead connections from inside back inside",
            Self::NotAllowed => "the firewall does not let it pass",
            Self::PortUnreachable => "the firewall rejects it: port unreachable",
            Self::Prohibited => "the firewall rejects it: administratively prohibited",
            Self::RouterIdleExpired => "the router forgot the idle connection",
            Self::SplitAnnouncement => "the FTP helper waits for the line in one piece",
            Self::NoPortToAnnounce => "the FTP helper has no free port to announce",
            Self::TimeToLive => "the packet went round in circles",
            Self::TooBig => "the packet is too big for the link, and its sender is not told",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
