//! What a scenario is, once it has been read and found sound.
//!
//! Every reference between things (a route's target, a listener's target group) is an index that is
//! known to exist, so nothing downstream has to ask again. The loader is the only place that makes
//! these values; see [`crate::load`].

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

pub use crate::balancing::*;
pub use crate::client::*;
pub use crate::gateway::*;
pub use crate::ground::*;

/// Position of a [`Host`] in [`Topology::hosts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostIx(pub usize);

/// What stands between one FTP client and one FTP server.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences: what it stands for and where it is found.
    pub summary: String,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// The host name or address the client is told to connect to.
    pub connect: String,
    /// What every leg between two interfaces is like where its network or peering does not say.
    pub link: Link,
    /// Address spaces. An address means something only inside one of them.
    pub networks: Vec<Network>,
    /// Subnets of all networks.
    pub subnets: Vec<Subnet>,
    /// Connections between networks that route tables can point at.
    pub peerings: Vec<Peering>,
    /// Routers that keep track of connections, that route tables can point at: NAT gateways and
    /// instances, home routers, firewalls, hosts that publish ports.
    pub routers: Vec<Router>,
    /// Internet gateways of VPCs, that route tables can point at.
    pub internet_gateways: Vec<InternetGateway>,
    /// Stateless filters of subnets.
    pub network_acls: Vec<NetworkAcl>,
    /// Stateful filters of interfaces.
    pub security_groups: Vec<SecurityGroup>,
    /// Machines with a TCP stack. Exactly one has [`Role::Client`] and one [`Role::Server`].
    pub hosts: Vec<Host>,
    /// Network load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Their target groups.
    pub target_groups: Vec<TargetGroup>,
    /// Interface endpoints (PrivateLink, consumer side).
    pub endpoints: Vec<Endpoint>,
    /// DNS names.
    pub names: Vec<Name>,
    /// The values of PassiveIp this topology can be asked for, beyond `auto` and `zero` which it
    /// always has: id to address.
    pub passive_ips: BTreeMap<String, Ipv4Addr>,
}

/// A machine with a TCP stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// Name within the topology.
    pub id: String,
    /// What it does.
    pub role: Role,
    /// Its interfaces; the first one is the source of the connections it opens.
    pub interfaces: Vec<Interface>,
    /// What its interfaces belong to.
    pub attachment: Attachment,
    /// TCP ports on which a bystander accepts connections and says nothing.
    pub listens: Vec<u16>,
    /// What a proxy passes on, and where to.
    pub relays: Vec<Relay>,
    /// Its security groups, on every interface. None: everything passes.
    pub security_groups: Vec<SecurityGroupIx>,
}

/// What a host's interfaces belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// A machine of its owner: an instance, a container, a computer in an office.
    Instance,
    /// A managed service, which puts interfaces of a VPC endpoint into the owner's subnets, as AWS
    /// Transfer Family does (user guide: Create a server in a virtual private cloud).
    Endpoint,
}

/// Ports of a proxy that ends TCP connections and opens its own (HAProxy in TCP mode, nginx stream).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The ports it listens on.
    pub ports: RangeInclusive<u16>,
    /// Where it connects to, in turn, on the same port.
    pub to: Vec<Ipv4Addr>,
    /// Whether it tells the other side who connected.
    pub proxy_protocol: ProxyProtocol,
}

/// The header with which a proxy tells who connected (HAProxy, The PROXY protocol, versions 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// None.
    Off,
    /// One line of text.
    V1,
    /// Binary.
    V2,
}

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the FTP client.
    Client,
    /// Runs the FTP server on each of its interfaces.
    Server,
    /// Just happens to be there.
    Bystander,
    /// Passes connections on; see [`Host::relays`].
    Proxy,
}

/// A DNS name.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Fully qualified, without the final dot.
    pub name: String,
    /// Where it holds; none: everywhere. A host looks in its own network first.
    pub network: Option<NetworkIx>,
    /// The load balancer whose nodes it names, if it does: nodes that are out of service are left
    /// out of answers.
    pub load_balancer: Option<LoadBalancerIx>,
    /// Its A records, one per zone. The order rotates from query to query, and the seed chooses
    /// where it starts.
    pub addresses: Vec<Ipv4Addr>,
}

/// An FTP server and its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// Port of the control connection.
    pub control_port: u16,
    /// Range of passive ports.
    pub passive_ports: RangeInclusive<u16>,
    /// Text of the 220 greeting.
    pub greeting: String,
    /// The one account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// How long a session may be silent.
    pub idle_timeout: Duration,
    /// Which address `AUTO` announces.
    pub auto_announces: AutoAnnounces,
    /// Whether it opens data connections to clients that send `PORT`.
    pub active_mode: bool,
    /// From where it takes data connections.
    pub data_peer: DataPeer,
    /// Where it expects a header of the PROXY protocol.
    pub accepts_proxy_protocol: AcceptsProxyProtocol,
    /// Files in the user's home; the first is the one that clients download.
    pub files: Vec<FileSpec>,
    /// Whether it speaks TLS.
    pub tls: ServerTls,
    /// What it makes of TLS sessions that data connections resume, or do not.
    pub tls_resumption: TlsResumption,
    /// What it does otherwise than a good server.
    pub quirks: Vec<Quirk>,
}

/// What a server makes of TLS sessions on data connections: AWS Transfer Family's
/// `TlsSessionResumptionMode`, and what other servers call session reuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsResumption {
    /// Every connection gets a session of its own.
    Disabled,
    /// A data connection may resume the session of its control connection.
    Enabled,
    /// It must, or nothing is transferred.
    Enforced,
}

impl Server {
    /// Whether a client that was told to use TLS, or not to, can log in.
    #[must_use]
    pub fn takes(&self, client: &Client) -> bool {
        match self.tls {
            ServerTls::None => !client.asks_for_tls(),
            ServerTls::Offered => true,
            ServerTls::Required => client.asks_for_tls(),
        }
    }
}

/// Whether a server speaks TLS (RFC 4217), once a client asks for it with `AUTH TLS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerTls {
    /// No: it does not know `AUTH`.
    None,
    /// If the client wants.
    Offered,
    /// The client must: nobody logs in before `AUTH TLS`, and no data connection is prepared before
    /// `PROT P`.
    Required,
}

/// Something that a server does otherwise than a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quirk {
    /// The command, in upper case, and its first arguments if only those are meant; none: the greeting.
    pub command: Option<String>,
    /// What happens to it.
    pub action: QuirkAction,
}

/// What a server with a [`Quirk`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuirkAction {
    /// Does nothing but answer with this text, then perhaps closes the connection.
    Reply {
        /// Lines of the reply.
        text: String,
        /// Whether it closes the control connection after it.
        close: bool,
    },
    /// Does what it should, but words its reply like this. In the replies to `PASV` and `EPSV`, `{a}`
    /// is the address with commas, `{p}` the port as two numbers, `{port}` the port.
    Rewrite(String),
    /// Does nothing and says nothing.
    Silence,
    /// Does what it should after a while.
    Delay(Duration),
}

/// What `PassiveIp` AUTO stands for. AWS documents only "one of the endpoint's addresses" (AWS
/// Transfer Family API reference, ProtocolDetails.PassiveIp), so it is a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoAnnounces {
    /// The address of the interface that received the control connection.
    SessionInterface,
    /// The address of the server's first interface, whoever asks.
    FirstInterface,
}

/// From where a server takes data connections. What AWS Transfer Family does is not documented, so it
/// is a switch; most other servers insist on the session's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataPeer {
    /// Only from the address that the control connection comes from.
    Session,
    /// From anywhere.
    Any,
}

/// Where a server expects a header of the PROXY protocol, version 1 or 2, before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptsProxyProtocol {
    /// Nowhere: a header is taken for FTP, or for the file's content.
    Nowhere,
    /// On control connections.
    Control,
    /// On control connections and on data connections.
    Everywhere,
}

/// A file on the server. Its content is derived from its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// Path relative to the user's home.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

/// What the server announces in its answer to PASV (AWS Transfer Family: `PassiveIp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassiveIp {
    /// `AUTO`: the address of the server interface that received the control connection.
    Auto,
    /// This address, whoever asks; `0.0.0.0` included.
    Address(Ipv4Addr),
}

/// Topologies, settings and clients to cross.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// Topology ids, in order of display.
    pub topologies: Vec<String>,
    /// PassiveIp ids, in order of display.
    pub passive_ips: Vec<String>,
    /// Client ids, in order of display.
    pub clients: Vec<String>,
    /// Server id.
    pub server: String,
}

/// A named cell with what is special about it: a recorded session, a customer's case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The name used on the command line.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// Where it was seen.
    pub sources: Vec<String>,
    /// Topology id.
    pub topology: String,
    /// PassiveIp id.
    pub passive_ip: String,
    /// Client id.
    pub client: String,
    /// Server id.
    pub server: String,
    /// The passive port of every data connection, where it is known.
    pub passive_port: Option<u16>,
    /// What every leg is like here, in place of the topology's [`Topology::link`].
    pub link: Option<Link>,
    /// The outcome's id that the lab is expected to reach, such as `timed-out`.
    pub outcome: String,
    /// Lines that the printed transcript must contain, in this order.
    pub transcript: Vec<String>,
}

/// A real program, set up so that it behaves as a client file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The name used on the command line.
    pub id: String,
    /// Client id.
    pub client: String,
    /// What must be there: programs on `PATH`, absolute paths, and paths below `{clients}`.
    pub needs: Vec<String>,
    /// The command that prints its version.
    pub version: Vec<String>,
    /// What that prints for a version for which the client file holds.
    pub versions: String,
    /// The shell command that downloads the one file.
    pub download: String,
    /// What that transfers, in order.
    pub transfers: Vec<TransferKind>,
    /// The shell command that transfers several things in one session, if it can.
    pub session: Option<String>,
    /// What that transfers, in order.
    pub session_transfers: Vec<TransferKind>,
    /// What was done to make it comparable, and why.
    pub comment: Option<String>,
    /// Where it does something else than its client file says.
    pub differs: Vec<Differs>,
}

impl Program {
    /// Its name and version, as in "lftp 4.9".
    #[must_use]
    pub fn version_name(&self, client: &Client) -> String {
        format!("{} {}", client.program, self.versions.trim_end_matches('.'))
    }
}

/// Cells in which a program does something else than its client file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// Topology id; none: any.
    pub topology: Option<String>,
    /// PassiveIp id; none: any.
    pub passive_ip: Option<String>,
    /// Server id; none: any.
    pub server: Option<String>,
    /// Why.
    pub why: String,
}

/// Something that a client transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferKind {
    /// A directory listing.
    List,
    /// A file from the server.
    Download,
    /// A file to the server.
    Upload,
}

impl TransferKind {
    /// All of them, in the order of a session.
    pub const ALL: [Self; 3] = [Self::List, Self::Download, Self::Upload];
}
