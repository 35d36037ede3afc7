//! The whole fabric: [`pasvlab_harness::net::fabric`], with the boxes that the lab has.
//!
//! Networks are drawn first, then hosts and boxes are set on them by name, and a script sends packets
//! from one host or another. What comes out is compared as a whole: every packet that set out because
//! of it, from where and when, the boxes that it passed with its addresses behind each, and where,
//! when, how and as what it ended. Each test is named after the sentence that it proves and says where
//! the sentence comes from. Where no source decides, it says "the lab's choice".
//!
//! - [`ground`] — drawing networks, hosts and boxes.
//! - [`journey`] — what became of a packet, as scripts write it down.
//! - [`scenes`] — grounds that several scripts play on.
//! - [`routes`] — within a network, to a peered one, and nowhere.
//! - [`routers`] — routers between two networks.
//! - [`gateways`] — NAT gateways and internet gateways.
//! - [`circles`] — packets that do not arrive anywhere.
//! - [`boxes`] — load balancers and endpoints.
//! - [`preserved`] — load balancers that show their targets the client's address.
//! - [`pairs`] — boxes that send two packets, or more.
//! - [`acls`] — filters of subnets.
//! - [`groups`] — filters of interfaces.
//! - [`links`] — what legs do to packets: latency, jitter, loss.
//! - [`capacity`] — what they do to large packets and to many: bandwidth, MTU.
//! - [`wiring`] — an arbitrary topology.
//! - [`any`] — what holds for every topology and every packet.

mod acls;
mod any;
mod boxes;
mod capacity;
mod circles;
mod gateways;
mod ground;
mod groups;
mod journey;
mod links;
mod pairs;
mod preserved;
mod routers;
mod routes;
mod scenes;
#[path = "../boxes/script.rs"]
mod script;
mod wiring;
