//! Virtual time and the hosts that live in it.
//!
//! - [`os`] — what differs between operating systems: 0.0.0.0, connect time-outs, error texts.
//! - [`world`] — the state of one simulation: fabric, names, pending packets, record.
//! - [`sockets`] — the seam's network, implemented on turmoil-net's kernels.
//! - [`driver`] — the one future that polls hosts, carries packets and sleeps until the next one.
//!
//! Nothing ticks. The runtime's clock is paused and jumps to the next timer whenever every host is
//! idle, so a simulated hour without packets costs nothing.

pub mod driver;
pub mod os;
pub mod sockets;
pub mod world;

pub use driver::{HostPlan, Plan, simulate};
pub use world::{now, record, said};
