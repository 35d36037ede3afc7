//! Packet scripts for what stands between networks: routers, firewalls, gateways and filters.
//!
//! As in the scripts of the other boxes, everything that comes out is compared, each test is named
//! after the sentence that it proves, and its comment says where the sentence comes from. "Linux" is
//! the kernel's `net/netfilter`. Where no source decides, it says "the lab's choice".
//!
//! - [`script`] — the words that scripts are written in.
//! - [`ground`] — routers to run them on.
//! - [`session`] — an FTP control connection through a router.
//! - [`nat_gateway`] and [`nat_instance`] — translation in a VPC.
//! - [`home_router`] — translation at home, in an office, at a carrier.
//! - [`firewall`] — filtering without translation.
//! - [`alg`] — the FTP helper of a router.
//! - [`publishing`] — published ports of containers and cluster nodes.
//! - [`elastic`] — the internet gateway.
//! - [`filters`] — network ACLs and security groups.
//! - [`properties`] — what holds for any packets.

mod alg;
mod elastic;
mod filters;
mod firewall;
mod ground;
mod home_router;
mod nat_gateway;
mod nat_instance;
mod properties;
mod publishing;
#[path = "../boxes/script.rs"]
mod script;
mod session;
