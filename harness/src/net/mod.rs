//! The simulated network: addresses, routes, middleboxes, names. Pure: no I/O, no clock, no FTP.
//!
//! - [`packet`] — a TCP segment between two wire addresses.
//! - [`reason`] — why a packet went no further, with stable ids.
//! - [`middlebox`] — what a box is: a function from a packet to an action, time passed in.
//! - [`flows`] — the source-translating flow table that several boxes share.
//! - [`nlb`] — one node of a network load balancer.
//! - [`privatelink`] — one interface of an interface endpoint.
//! - [`fabric`] — networks, subnets, routes and the wiring between boxes; carries packets.
//! - [`dns`] — names with one address per zone, rotating.
//!
//! Every address in this module is a *wire address*: it means something only inside one network.

pub mod dns;
pub mod fabric;
pub mod flows;
pub mod middlebox;
pub mod nlb;
pub mod packet;
pub mod privatelink;
pub mod reason;

pub use dns::Dns;
pub use fabric::{Carried, Fabric, InterfaceIx};
pub use middlebox::{Action, Middlebox, Side};
pub use packet::{Flags, Packet};
pub use reason::Reason;

/// Virtual time since the simulation began.
pub type Time = std::time::Duration;
