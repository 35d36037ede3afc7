//! Changes of a setup: what an administrator or a user of a client could do otherwise.
//!
//! - `apply` — what each of them does to a setup.
//! - `zones` — a setup of which only one availability zone is left.
//! - `lift` — the change that takes one cause away, and nothing else.

mod apply;
mod lift;
mod zones;

use std::fmt;

use pasvlab_scenarios::{Client, Link, PassiveIp, Server, Topology, TransferKind};

use crate::lab::{Dialler, Scenario, run};
use crate::record::Record;

pub(crate) use apply::LONGEST_IDLE;
pub use lift::lift;
pub(crate) use zones::of_server as zones_of_server;

/// Everything that one session depends on, owned, so that it can be changed.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What stands between.
    pub topology: Topology,
    /// What the server announces.
    pub passive_ip: PassiveIp,
    /// The server.
    pub server: Server,
    /// The client.
    pub client: Client,
    /// The port of every data connection, if it is known.
    pub passive_port: Option<u16>,
    /// What every leg is like, in place of the topology's own.
    pub link: Option<Link>,
    /// Seed of every choice.
    pub seed: u64,
}

impl Setup {
    /// A copy of a scenario; none if a real program is to be the client.
    #[must_use]
    pub fn of(scenario: &Scenario<'_>) -> Option<Self> {
        let Dialler::Simulated(client) = scenario.client else { return None };
        Some(Self {
            topology: scenario.topology.clone(),
            passive_ip: scenario.announced,
            server: scenario.server.clone(),
            client: client.clone(),
            passive_port: scenario.passive_port,
            link: scenario.link,
            seed: scenario.seed,
        })
    }

    /// Runs it.
    #[must_use]
    pub fn run(&self) -> Record {
        run(&Scenario {
            topology: &self.topology,
            passive_ip: spelled(self.passive_ip),
            announced: self.passive_ip,
            client: Dialler::Simulated(&self.client),
            server: &self.server,
            passive_port: self.passive_port,
            link: self.link,
            transfers: TransferKind::ALL.to_vec(),
            seed: self.seed,
        })
    }
}

/// Something that could be done otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The server announces this.
    PassiveIp(PassiveIp),
    /// A server in each zone, which announces the address that its clients connect to; each client
    /// connects by the zone's own name.
    ServerPerZone,
    /// A server for each way to it, which announces the address that its clients connect to.
    ServerPerWay,
    /// The server takes data connections from anywhere.
    DataFromAnywhere,
    /// The server takes data connections whose TLS session is a new one.
    NewTlsSessions,
    /// The server dials clients that send `PORT`.
    ActiveMode,
    /// The server expects headers of the PROXY protocol.
    ProxyHeadersExpected,
    /// The server offers TLS, and demands it of nobody.
    OfferTls,
    /// The server refuses nothing that it could do.
    NoRefusals,
    /// The load balancer with this id listens on the passive ports, too.
    Listeners(String),
    /// The load balancer with this id uses targets of other zones, or does not.
    CrossZone(String, bool),
    /// The target group with this id sends a client to one target only.
    Sticky(String),
    /// Targets of the group with this id see the client's address, or the load balancer's.
    PreserveClientIp(String, bool),
    /// The target group with this id sends no header of the PROXY protocol.
    NoProxyHeaders(String),
    /// The security group with this id lets the passive ports in, or out.
    SecurityGroup(String, Direction),
    /// The network ACL with this id lets TCP from port 1024 on in, or out.
    NetworkAcl(String, Direction),
    /// The router with this id lets connections to the passive ports pass.
    Passage(String),
    /// The router with this id publishes the passive ports as it does the control port.
    Publish(String),
    /// The router with this id leads connections from inside to what it publishes back inside.
    Hairpin(String),
    /// The host with this id relays the passive ports as it does the control port.
    Relay(String),
    /// The host with this id relays to one server only.
    RelayToOne(String),
    /// The load balancer with this id keeps idle connections as long as it can, 6000 seconds
    /// (NLB guide, Listeners: TCP idle timeout).
    IdleTimeout(String),
    /// Senders learn of a smaller MTU.
    MtuDiscovery,
    /// The client's user sets other options, or takes another version.
    Client(Box<Client>),
}

/// A direction through a filter, as seen from what it protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards it.
    In,
    /// From it.
    Out,
}

/// Who has to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Who runs the server.
    Server,
    /// Who runs the network.
    Network,
    /// Who runs the client.
    Client,
}

impl Change {
    /// Whose change it is.
    #[must_use]
    pub fn side(&self) -> Side {
        match self {
            Self::PassiveIp(_)
            | Self::ServerPerZone
            | Self::ServerPerWay
            | Self::DataFromAnywhere
            | Self::NewTlsSessions
            | Self::ActiveMode
            | Self::ProxyHeadersExpected
            | Self::OfferTls
            | Self::NoRefusals => Side::Server,
            Self::Client(_) => Side::Client,
            _ => Side::Network,
        }
    }
}

impl Change {
    /// Whether it is about PassiveIp.
    pub(crate) fn sets_passive_ip(&self) -> bool {
        matches!(self, Self::PassiveIp(_) | Self::ServerPerZone | Self::ServerPerWay)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassiveIp(setting) => write!(f, "set PassiveIp to {}", spelled(*setting)),
            Self::ServerPerZone => f.write_str(
                "run one server per zone, each with PassiveIp set to the address that its clients \
                 connect to, and let clients connect by the zone's own name",
            ),
            Self::ServerPerWay => f.write_str(
                "run one server for each of these ways, with PassiveIp set to the address that its \
                 clients connect to",
            ),
            Self::DataFromAnywhere => {
                f.write_str("let the server take data connections from any address")
            }
            Self::NewTlsSessions => f.write_str(
                "let the server take data connections that resume no TLS session \
                 (TlsSessionResumptionMode ENABLED)",
            ),
            Self::ActiveMode => f.write_str("enable active mode on the server"),
            Self::ProxyHeadersExpected => {
                f.write_str("let the server expect headers of the PROXY protocol")
            }
            Self::OfferTls => f.write_str("offer TLS on the server (AUTH TLS)"),
            Self::NoRefusals => f.write_str("let the server refuse no command that it knows"),
            Self::Listeners(id) => {
                write!(f, "add listeners for the passive ports to load balancer `{id}`")
            }
            Self::CrossZone(id, true) => {
                write!(f, "turn cross-zone load balancing on at `{id}`")
            }
            Self::CrossZone(id, false) => {
                write!(f, "turn cross-zone load balancing off at `{id}`")
            }
            Self::Sticky(id) => write!(f, "turn stickiness (source IP) on in target group `{id}`"),
            Self::PreserveClientIp(id, true) => {
                write!(f, "turn client IP preservation on in target group `{id}`")
            }
            Self::PreserveClientIp(id, false) => {
                write!(f, "turn client IP preservation off in target group `{id}`")
            }
            Self::NoProxyHeaders(id) => write!(f, "turn the PROXY protocol off at `{id}`"),
            Self::SecurityGroup(id, Direction::In) => {
                write!(f, "let the passive ports in at security group `{id}`")
            }
            Self::SecurityGroup(id, Direction::Out) => {
                write!(f, "let the passive ports out at security group `{id}`")
            }
            Self::NetworkAcl(id, Direction::In) => {
                write!(f, "let TCP ports 1024-65535 in at network ACL `{id}`")
            }
            Self::NetworkAcl(id, Direction::Out) => {
                write!(f, "let TCP ports 1024-65535 out at network ACL `{id}`")
            }
            Self::Passage(id) => write!(f, "let the passive ports pass at `{id}`"),
            Self::Publish(id) => write!(f, "publish the passive ports at `{id}`"),
            Self::Hairpin(id) => write!(f, "turn hairpin NAT (NAT loopback) on at `{id}`"),
            Self::Relay(id) => write!(f, "relay the passive ports at `{id}`"),
            Self::RelayToOne(id) => write!(f, "let `{id}` relay to one server only"),
            Self::IdleTimeout(id) => write!(f, "raise the idle time-out of `{id}` to 6000 s"),
            Self::MtuDiscovery => f.write_str("let ICMP \"fragmentation needed\" pass (path MTU)"),
            Self::Client(client) => {
                write!(f, "use {}", client.program)?;
                write!(f, " {} ", client.versions)?;
                match client.options.as_slice() {
                    [] => f.write_str("with its defaults"),
                    options => write!(f, "with {}", options.join("; ")),
                }
            }
        }
    }
}

/// A setting of PassiveIp as AWS spells it.
pub(crate) fn spelled(setting: PassiveIp) -> String {
    match setting {
        PassiveIp::Auto => "AUTO".to_owned(),
        PassiveIp::Address(address) => address.to_string(),
    }
}
