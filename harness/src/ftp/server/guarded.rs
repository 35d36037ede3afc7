//! Files that can be reached only through data connections that the server takes.
//!
//! libunftp does not ask whether the TLS session of a data connection resumes that of the control
//! connection, and has no switch for it. It has the handshake done before it touches a file, so that
//! is where servers that insist on it are made.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use tokio::io::AsyncRead;
use unftp_core::auth::DefaultUser;
use unftp_core::storage::{Error, ErrorKind, Fileinfo, Result, StorageBackend};
use unftp_sbe_opendal::OpendalStorage;

use crate::record::What;
use crate::sim;
use crate::tls::Handshakes;

type Metadata = <OpendalStorage as StorageBackend<DefaultUser>>::Metadata;

/// Files, and who may have them.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    files: OpendalStorage,
    guard: Option<Guard>,
}

/// Lets nobody pass whose data connection has a TLS session of its own.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    handshakes: Handshakes,
    /// Full handshakes that were accounted for. The control connection's is the first.
    known: Arc<AtomicU32>,
}

impl Guard {
    pub(super) fn new(handshakes: Handshakes) -> Self {
        Self { handshakes, known: Arc::new(AtomicU32::new(1)) }
    }

    /// A session has one data connection at a time, so a new full handshake is that of the present one.
    fn pass(&self) -> Result<()> {
        let full = self.handshakes.full();
        if self.known.swap(full.max(1), Ordering::Relaxed) >= full {
            return Ok(());
        }
        sim::record(What::NotResumed);
        let reason =
            "the data connection does not resume the TLS session of the control connection";
        Err(Error::new(ErrorKind::ConnectionClosed, reason))
    }
}

impl Guarded {
    pub(super) fn new(files: OpendalStorage, guard: Option<Guard>) -> Self {
        Self { files, guard }
    }

    fn pass(&self) -> Result<()> {
        self.guard.as_ref().map_or(Ok(()), Guard::pass)
    }
}

#[async_trait]
impl StorageBackend<DefaultUser> for Guarded {
    type Metadata = Metadata;

    async fn metadata<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
    ) -> Result<Metadata> {
        self.files.metadata(user, path).await
    }

    async fn list<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Metadata>>> {
        self.pass()?;
        self.files.list(user, path).await
    }

    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
        start: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        self.pass()?;
        self.files.get(user, path, start).await
    }

    async fn put<P, R>(&self, user: &DefaultUser, input: R, path: P, start: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        self.pass()?;
        self.files.put(user, input, path, start).await
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.del(user, path).await
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.mkd(user, path).await
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        from: P,
        to: P,
    ) -> Result<()> {
        self.files.rename(user, from, to).await
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.rmd(user, path).await
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.cwd(user, path).await
    }
}
