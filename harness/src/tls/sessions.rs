//! TLS sessions that the server remembers, to be resumed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

/// Tickets that come with one handshake of TLS 1.3.
pub(super) const TICKETS: usize = 2;
/// Tickets that are kept.
const KEPT: usize = 256;

/// The control connection's session, and those that resumed it.
///
/// A ticket can be used again: FTP programs resume the control connection's session on every data
/// connection, with the one ticket that they have. FileZilla ends its own session where it cannot
/// (FileZilla 3.71.0 src/engine/ftp/transfersocket.cpp:220-257). rustls's own storage forgets a ticket
/// that was used.
///
/// A data connection that resumes nothing gets no ticket. A client that only uploads reads none, and
/// the kernel of one that closes a connection with something unread resets it (RFC 1122 section
/// 4.2.2.13), so that the server may lose what it has not read.
#[derive(Debug)]
pub(super) struct Sessions {
    stored: Arc<ServerSessionMemoryCache>,
    /// Tickets that may still be given.
    left: AtomicUsize,
}

impl Sessions {
    pub(super) fn new() -> Arc<Self> {
        let stored = ServerSessionMemoryCache::new(KEPT);
        Arc::new(Self { stored, left: AtomicUsize::new(TICKETS) })
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        let given = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        given.is_ok() && self.stored.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.stored.get(key)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.stored.get(key)?;
        self.left.fetch_add(TICKETS, Ordering::Relaxed);
        Some(found)
    }

    fn can_cache(&self) -> bool {
        self.stored.can_cache()
    }
}
