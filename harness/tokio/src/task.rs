//! Asynchronous green-threads: the real `tokio::task`, except for the functions
//! which decide where a task or a closure runs.
//!
//! `JoinSet`, `runtime::Handle::spawn` and `LocalSet` are the real ones and do
//! not look for a simulated network.

#[cfg(feature = "rt")]
pub use real::task::*;

#[cfg(feature = "rt")]
use {crate::sim, std::future::Future};

/// Spawns a task: on the real runtime, or on the current `LocalSet` while a
/// simulated network is in force.
///
/// A simulated host owns its tasks: when the host is stopped its `LocalSet` is
/// dropped and every task with it, which a task on the runtime would outlive.
/// The bounds are those of the real function, so that code accepted here is
/// accepted there.
///
/// # Panics
///
/// Outside a runtime; and, with a simulated network in force, outside a
/// `LocalSet`.
#[cfg(feature = "rt")]
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if sim::in_force() { real::task::spawn_local(future) } else { real::task::spawn(future) }
}

/// Runs a blocking closure on the thread pool of the real runtime.
///
/// # Panics
///
/// With a simulated network in force: the runtime holds its clock still until
/// the closure returns, and how the closure interleaves with the simulation is
/// up to the operating system.
#[cfg(feature = "rt")]
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    refuse("spawn_blocking");
    real::task::spawn_blocking(f)
}

/// Runs a blocking closure on this thread, moving other tasks elsewhere.
///
/// # Panics
///
/// With a simulated network in force, as [`spawn_blocking`] does; and on a
/// current-thread runtime, as the real function does.
#[cfg(feature = "rt-multi-thread")]
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    refuse("block_in_place");
    real::task::block_in_place(f)
}

#[cfg(feature = "rt")]
#[track_caller]
fn refuse(what: &str) {
    assert!(
        !sim::in_force(),
        "tokio::task::{what} would freeze virtual time: a simulated network is in force on this \
         thread, and its clock cannot move while a real thread works. Do the work inside the \
         task if it is short, or give the simulated host an implementation which does not block \
         (a storage back-end in memory rather than on disk, for example)"
    );
}
