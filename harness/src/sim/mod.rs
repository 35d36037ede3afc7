//! Virtual time and the hosts that live in it.
//!
//! - [`os`] — what differs between operating systems: 0.0.0.0, connect time-outs, error texts.
//! - [`world`] — the state of one simulation: fabric, names, pending packets, record.
//! - [`sockets`] — the seam's network, implemented on turmoil-net's kernels: streams, listeners.
//! - `keepalive` — TCP keep-alives, sent and answered at the edges of hosts.
//! - `resend` — what a real host did not take, once more.
//! - [`driver`] — the one future that polls hosts, carries packets and sleeps until the next one.
//!
//! Nothing ticks. The runtime's clock is paused and jumps to the next timer whenever every host is
//! idle, so a simulated hour without packets costs nothing.

pub mod driver;
mod keepalive;
mod listener;
pub mod os;
mod resend;
pub mod sockets;
mod stream;
pub mod world;

pub use driver::{HostPlan, Plan, Runs, simulate};
pub use world::{Door, keep_alive, now, put_door, record, said};
