//! pasvlab's laboratory: a real FTP server and a real FTP client on a simulated packet network, in
//! virtual time.
//!
//! Data flows one way: a scenario is built into a lab, the lab runs and leaves a record, the record
//! is judged.
//!
//! - [`lab`] — builds one cell (topology × PassiveIp × client) and runs it.
//! - [`matrix`] — many cells at once.
//! - [`net`] — networks, routes, middleboxes, names; pure.
//! - [`sim`] — virtual time, hosts, the seam's sockets.
//! - [`ftp`] — the programs: libunftp as the server, suppaftp as the client.
//! - [`live`] — real programs in place of simulated ones.
//! - [`portrait`] — from what a program was seen to do to a client file.
//! - [`probe`] — a server on ordinary sockets that watches its client.
//! - [`record`] — what happened.
//! - [`tls`] — TLS that follows from the seed, and can be read.
//! - [`verdict`] — what it means.
//! - [`change`] — what could be done otherwise.
//! - [`advise`] — which changes make it work.

pub mod advise;
pub mod change;
pub mod ftp;
pub mod lab;
pub mod live;
pub mod matrix;
pub mod net;
pub mod portrait;
pub mod probe;
pub mod record;
pub mod sim;
pub mod tls;
pub mod verdict;

pub use lab::{Dialler, Scenario, run};
pub use matrix::{CellResult, Jobs};
pub use record::Record;
pub use verdict::{Cause, Outcome, Verdict, judge};
