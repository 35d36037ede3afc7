//! Packet scripts: what a box or a name server makes of one packet after another.
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
//! - [`proxy_protocol`] — the header that says who opened a connection.
//! - [`prefix`] — the same in front of a stream of segments.
//! - [`ftp_helper`] — the FTP helper of firewalls.
//! - [`dns`] — names.

mod dns;
mod flows;
mod ftp_helper;
mod nlb;
mod packet;
mod prefix;
mod privatelink;
mod proxy_protocol;
mod script;
