//! Routers between networks, in `topologies/*.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{DataCommand, InterfaceTable, Spanned, Text, Texts};

/// `[[router]]`: keeps track of connections between its inside and its outside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterTable {
    /// Name within the topology, different from those of hosts, load balancers and endpoints.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// What people call it. Default: `"firewall"` without `source_nat` and `forwards`, else `"nat"`.
    pub kind: Option<RouterKind>,
    /// Its interfaces inside, all in one network. Default: none; it has its outside ones only, and
    /// everything that is not addressed to it comes from inside.
    #[serde(default)]
    pub inside: Vec<InterfaceTable>,
    /// Its interfaces outside, at least one, all in one network.
    #[schemars(length(min = 1))]
    pub outside: Spanned<Vec<InterfaceTable>>,
    /// Whether connections from inside get an outside address as their source. Default: false.
    #[serde(default)]
    pub source_nat: bool,
    /// Which of several outside addresses a connection gets; only with `source_nat`. Default:
    /// `"per-client"`.
    pub choose: Option<Spanned<ChooseAddress>>,
    /// Whether a source port stays what it is if it is free; only with `source_nat`. Default: true.
    pub keep_ports: Option<Spanned<bool>>,
    /// What it passes on to hosts inside. Default: nothing.
    #[serde(default)]
    pub forwards: Vec<ForwardTable>,
    /// Whether hosts inside reach each other by an outside address; needs `inside` and `forwards`.
    /// Default: false.
    pub hairpin: Option<Spanned<bool>>,
    /// Which connections from inside may pass. Default: all.
    pub from_inside: Option<Vec<PassageTable>>,
    /// Which connections from outside may pass, besides those of forwards. Default: none.
    #[serde(default)]
    pub from_outside: Vec<PassageTable>,
    /// What a packet meets that may not pass. Default: `"silence"`.
    #[serde(default)]
    pub refusal: Refusal,
    /// How long a connection may be idle, in seconds, 1 to 432000. Default: 432000 (Linux,
    /// nf_conntrack_tcp_timeout_established).
    pub idle_timeout_s: Option<Spanned<u64>>,
    /// What a packet meets that comes after that. Default: `"silence"`.
    #[serde(default)]
    pub after_idle: AfterIdle,
    /// The FTP helper. Default: none.
    pub ftp_helper: Option<FtpHelperTable>,
}

/// `kind` of a router: words for people only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouterKind {
    /// An instance that translates.
    NatInstance,
    /// A router at home or in an office, a carrier's NAT.
    Nat,
    /// A firewall.
    Firewall,
    /// A host that publishes ports of containers, or a node of a cluster.
    Publisher,
}

/// `choose` of a router or NAT gateway, `rewrite_source` of a forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChooseAddress {
    /// All connections of a source address get the same.
    PerClient,
    /// The seed chooses for each connection.
    PerConnection,
}

/// One of a router's `forwards`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardTable {
    /// One of the outside addresses. Default: all of them.
    pub address: Option<Text>,
    /// Ports outside, `"21"` or `"8192-8200"`.
    pub ports: Text,
    /// Addresses of hosts inside, in turn; at least one.
    #[schemars(length(min = 1))]
    pub to: Spanned<Texts>,
    /// As many ports inside. Default: the same.
    pub to_ports: Option<Text>,
    /// Whether the host inside sees one of the router's inside addresses as the source, and which.
    /// Needs `inside`. Default: it sees the real source.
    pub rewrite_source: Option<Spanned<ChooseAddress>>,
}

/// One of a router's `from_inside` and `from_outside`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassageTable {
    /// Destination ports, `"21"` or `"1024-65535"`.
    pub ports: Text,
    /// Destination addresses. Default: all.
    pub to: Option<Text>,
}

/// `refusal` of a router.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The packet vanishes.
    #[default]
    Silence,
    /// A reset, as from the destination.
    Reset,
    /// ICMP port unreachable.
    PortUnreachable,
    /// ICMP communication administratively prohibited.
    Prohibited,
}

/// `after_idle` of a router.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterIdle {
    /// The packet vanishes.
    #[default]
    Silence,
    /// A sender inside receives a reset.
    ResetInside,
    /// A sender inside receives a FIN.
    FinInside,
    /// A packet from inside opens the connection anew.
    PickUp,
}

/// `ftp_helper` of a router.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FtpHelperTable {
    /// Server ports of the control connections that it reads, at least one. Default: 21.
    #[schemars(length(min = 1))]
    pub ports: Option<Spanned<Vec<Spanned<u16>>>>,
    /// Announcements that it understands, at least one. Default: all four.
    #[schemars(length(min = 1))]
    pub understands: Option<Spanned<Vec<Spanned<DataCommand>>>>,
    /// Whether it takes announcements of another address than the sender's own for good. Default:
    /// false.
    #[serde(default)]
    pub loose: bool,
}

/// `[[nat_gateway]]`: translates sources, forgets connections after 350 idle seconds and resets a
/// host inside that goes on then.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatGatewayTable {
    /// Name within the topology, different from those of hosts, load balancers and endpoints.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Its private addresses, one to eight, all in one subnet of a VPC. On the internet it has their
    /// elastic addresses.
    pub addresses: Spanned<Vec<InterfaceTable>>,
    /// Which of several addresses a connection gets; undocumented. Default: `"per-connection"`.
    pub choose: Option<ChooseAddress>,
}

/// `[[internet_gateway]]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InternetGatewayTable {
    /// Name within the topology.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub id: Text,
    /// Id of the VPC.
    pub vpc: Text,
    /// Id of a network of the kind internet.
    pub internet: Text,
    /// Elastic addresses. Default: none.
    #[serde(default)]
    pub elastic_ips: Vec<ElasticTable>,
}

/// One of an internet gateway's `elastic_ips`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElasticTable {
    /// The address on the internet: a subnet of that network and an address in it.
    pub public: InterfaceTable,
    /// The address in the VPC of a host, NAT gateway, router or load balancer node.
    pub private: Text,
}
