//! Packet scripts: what a box, a name server or the whole fabric makes of one packet after another.
//!
//! A script names only the fields that matter to it and compares everything that comes out: the side,
//! the packet with every field, and the reason. Each test is named after the sentence that it proves
//! and says where the sentence comes from. Where no source decides, it says "the lab's choice".
//!
//! - [`script`] — the words that scripts are written in.
//! - [`packet`] — flags and resets.
//! - [`flows`] — the translating table.
//! - [`nlb`] — the load balancer's node.
//! - [`privatelink`] — the endpoint's interface.
//! - [`fabric`] — routes, delays and the wiring between boxes.
//! - [`dns`] — names.

mod dns;
mod fabric;
mod flows;
mod nlb;
mod packet;
mod privatelink;
mod script;
