//! The simulated network: addresses, routes, middleboxes, names. Pure: no I/O, no clock, no FTP.
//!
//! - [`packet`] — a TCP segment between two wire addresses.
//! - [`wire`] — the same with headers and checksums.
//! - [`reason`] — why a packet went no further, with stable ids.
//! - [`middlebox`] — what a box is: a function from a packet to an action, time passed in.
//! - [`flows`] — connections and their translations: the table that boxes share.
//! - [`nlb`] — one node of a network load balancer.
//! - [`privatelink`] — one interface of an interface endpoint.
//! - [`router`] — keeps track of connections between inside and outside: NAT, firewalls, published
//!   ports.
//! - [`ftp_helper`] — reads and rewrites FTP control connections, for routers that do.
//! - [`elastic`] — an internet gateway.
//! - [`filters`] — network ACLs and security groups.
//! - [`proxy_protocol`] — the header that says who opened a connection.
//! - [`prefix`] — bytes that a box puts in front of what one side sends.
//! - [`fabric`] — networks, subnets, routes, links and the wiring between boxes; carries packets.
//! - [`dns`] — names with one address per zone, rotating.
//!
//! Every address in this module is a *wire address*: it means something only inside one network.

pub mod dns;
pub mod elastic;
pub mod fabric;
pub mod filters;
pub mod flows;
pub mod ftp_helper;
pub mod middlebox;
pub mod nlb;
pub mod packet;
pub mod prefix;
pub mod privatelink;
pub mod proxy_protocol;
pub mod reason;
pub mod router;
pub mod wire;

pub use dns::Dns;
pub use fabric::{Carried, Fabric, InterfaceIx};
pub use middlebox::{Action, Middlebox, Side};
pub use packet::{Flags, Packet};
pub use reason::Reason;

/// Virtual time since the simulation began.
pub type Time = std::time::Duration;
