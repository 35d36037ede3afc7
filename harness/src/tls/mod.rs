//! TLS for FTP (RFC 4217), by rustls, so that a session in TLS can be repeated and read.
//!
//! - `provider` — rustls's cryptography, with random numbers that follow from the seed.
//! - `tap` — writes down what every sealed record has in it.
//! - `handshakes` — counts those that resume no session.
//! - `sessions` — those that the server remembers.
//! - `identity` — the certificate of the lab's server, and what the two sides are set to.
//! - `stream` — a connection that goes over to TLS while somebody else holds it.
//!
//! The keys protect nothing: whoever has the seed has them. They are for simulated networks only.

mod handshakes;
mod identity;
mod provider;
mod sessions;
mod stream;
mod tap;

use std::cell::RefCell;

use rand_core::Rng;
use rand_pcg::Pcg32;

use crate::record::sealed::{Content, Sealed, Tag};

pub(crate) use handshakes::Handshakes;
pub use identity::Identity;
pub(crate) use stream::{Switch, Terms, sealable, sealed};

/// Stream of the seeded generator that is for TLS alone, so that other choices stay as they are.
const STREAM: u64 = 0x7461_7065;

/// What TLS needs to know of the session that runs on this thread.
struct Session {
    random: Pcg32,
    sealed: Sealed,
}

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// Runs a session whose TLS follows from `seed`; returns what it returns, and what was sealed.
pub(crate) fn session<R>(seed: u64, run: impl FnOnce() -> R) -> (R, Sealed) {
    let random = Pcg32::new(seed, STREAM);
    let session = Session { random, sealed: Sealed::default() };
    let outer = SESSION.replace(Some(session));
    let result = run();
    let ended = SESSION.replace(outer);
    (result, ended.map(|session| session.sealed).unwrap_or_default())
}

/// Does something with the session in force; nothing if there is none.
fn with<R>(act: impl FnOnce(&mut Session) -> R) -> Option<R> {
    // Connections that are dropped with the thread may come after this.
    SESSION.try_with(|session| session.borrow_mut().as_mut().map(act)).ok().flatten()
}

fn random(bytes: &mut [u8]) -> Option<()> {
    with(|session| session.random.fill_bytes(bytes))
}

fn note(tag: Tag, content: Content) {
    with(|session| session.sealed.note(tag, content));
}

fn note_secret(line: String) {
    with(|session| session.sealed.note_secret(line));
}
