//! Routers between networks: what translates, filters or publishes on the way.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::Ipv4Net;

use crate::client::DataCommand;
use crate::ground::{Interface, NetworkIx};

/// Position of a [`Router`] in [`Topology::routers`](crate::Topology::routers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouterIx(pub usize);
/// Position of an [`InternetGateway`] in
/// [`Topology::internet_gateways`](crate::Topology::internet_gateways).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InternetGatewayIx(pub usize);

/// A router that keeps track of connections between its inside and its outside. With few settings it
/// is a NAT gateway, a NAT instance, a home or office router, a carrier's NAT, a firewall with or
/// without an FTP helper, a host that publishes ports of containers, or a node of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Router {
    /// Name within the topology.
    pub id: String,
    /// What it is, for people.
    pub kind: RouterKind,
    /// Its interfaces inside, all in one network. None: it has its outside ones only, and everything
    /// that is not addressed to it comes from inside (a NAT gateway or NAT instance in a VPC).
    pub inside: Vec<Interface>,
    /// Its interfaces outside, at least one, all in one network.
    pub outside: Vec<Interface>,
    /// How sources of connections from inside are translated; none: not at all.
    pub source_nat: Option<SourceNat>,
    /// What it passes on from its outside addresses to hosts inside.
    pub forwards: Vec<Forward>,
    /// Whether a host inside reaches another one inside by an outside address and its forwards.
    pub hairpin: bool,
    /// Which connections from inside may pass.
    pub from_inside: Vec<Passage>,
    /// Which connections from outside may pass, besides those of forwards and of the FTP helper.
    pub from_outside: Vec<Passage>,
    /// What a packet meets that may not pass.
    pub refusal: Refusal,
    /// How long a connection may be idle.
    pub idle_timeout: Duration,
    /// What a packet meets that comes after the time-out.
    pub after_idle: AfterIdle,
    /// The FTP helper (ALG); none: FTP is like any other protocol.
    pub ftp_helper: Option<FtpHelper>,
}

/// What people call a [`Router`] with such settings. It decides nothing but words in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterKind {
    /// A NAT gateway of a VPC.
    NatGateway,
    /// An instance that translates.
    NatInstance,
    /// A router at home or in an office, a carrier's NAT.
    Nat,
    /// A firewall.
    Firewall,
    /// A host that publishes ports of containers, or a node of a cluster.
    Publisher,
}

/// How a router translates the sources of connections from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceNat {
    /// Which of several outside addresses a connection gets.
    pub choose: ChooseAddress,
    /// Whether a source port stays what it is if it is free; else ports are given out one after the
    /// other, from 1024.
    pub keep_ports: bool,
}

/// Which of several addresses a translated connection gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChooseAddress {
    /// All connections of a source address get the same.
    PerClient,
    /// The seed chooses for each connection.
    PerConnection,
}

/// Ports of a router's outside addresses that lead to a host inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The outside address; none: all of them.
    pub address: Option<Ipv4Addr>,
    /// Ports outside.
    pub ports: RangeInclusive<u16>,
    /// The hosts inside, in turn.
    pub to: Vec<Ipv4Addr>,
    /// The port inside that stands for the first of `ports`; the others follow.
    pub first_port: u16,
    /// Whether the host inside sees one of the router's inside addresses as the source, and which
    /// one. None: it sees the real source.
    pub rewrite_source: Option<ChooseAddress>,
}

/// Connections that a router lets pass, by where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Destination ports.
    pub ports: RangeInclusive<u16>,
    /// Destination addresses.
    pub to: Ipv4Net,
}

/// What a packet meets that a router does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing: it vanishes (DROP).
    Silence,
    /// A reset, as from the destination (REJECT with tcp-reset).
    Reset,
    /// ICMP port unreachable (REJECT by default).
    PortUnreachable,
    /// ICMP communication administratively prohibited.
    Prohibited,
}

/// What a packet meets whose connection a router has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterIdle {
    /// It vanishes, whoever sent it.
    Silence,
    /// Its sender receives a reset if it is inside; what comes from outside vanishes.
    ResetInside,
    /// Its sender receives a FIN if it is inside; what comes from outside vanishes.
    FinInside,
    /// What comes from inside opens the connection anew (Linux connection tracking picks up
    /// connections in the middle); what comes from outside vanishes.
    PickUp,
}

/// The part of a firewall that reads FTP control connections and lets announced data connections
/// pass, translated where addresses are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FtpHelper {
    /// Server ports of the control connections that it reads.
    pub ports: Vec<u16>,
    /// Announcements that it understands.
    pub understands: Vec<DataCommand>,
    /// Whether it takes announcements of another address than the sender's own for good.
    pub loose: bool,
}

/// Connects a VPC to the internet and translates between elastic and private addresses, one to one
/// (Amazon VPC guide: Internet gateways).
#[derive(Debug, Clone, PartialEq)]
pub struct InternetGateway {
    /// Name within the topology.
    pub id: String,
    /// The VPC.
    pub vpc: NetworkIx,
    /// The internet.
    pub internet: NetworkIx,
    /// Elastic addresses.
    pub elastic: Vec<Elastic>,
}

/// An elastic address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elastic {
    /// On the internet.
    pub public: Interface,
    /// In the VPC.
    pub private: Ipv4Addr,
}
