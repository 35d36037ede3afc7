//! The real tokio, with its network and its task spawning open to simulation.
//!
//! This package carries the name `tokio` so that libraries which depend on
//! tokio use it without being changed. Everything is the real crate, re-exported,
//! except what a simulation has to decide for itself:
//!
//! * [`net`]: `TcpStream`, `TcpListener`, `TcpSocket`, `UdpSocket`,
//!   `lookup_host` and `ToSocketAddrs`;
//! * `spawn` and `task::spawn`, which keep tasks on the thread of the simulation;
//! * `task::spawn_blocking` and `task::block_in_place`, which a simulation
//!   refuses;
//! * `select!`, which polls its branches in the order in which they are written.
//!
//! While a [`sim::Network`] is in force on a thread (see [`sim::install`]), these
//! go to that network. On every other thread they go to the real tokio, so one
//! binary can hold simulated hosts and serve live sockets.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Names declared in this crate take precedence over those of a glob, which is
// what lets the modules below shadow their real counterparts and leaves all
// others, macros included, as they are.
pub use real::*;

/// As the real one with `biased;`: branches are polled in the order in which they are written.
///
/// The real one begins at a random branch, out of a generator that nobody can seed, so that of two
/// branches that are ready at one moment sometimes the one is taken and sometimes the other. A
/// simulation is to go the same way every time.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)*) => { $crate::real_select! { biased; $($branches)* } };
    ($($branches:tt)*) => { $crate::real_select! { biased; $($branches)* } };
}

#[cfg(feature = "macros")]
#[doc(hidden)]
pub use real::select as real_select;

pub mod net;
pub mod sim;
pub mod task;

#[cfg(feature = "rt")]
pub use task::spawn;
