//! The content of the files that client and server exchange: derived from the file's path, so that
//! both ends know it without asking each other.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;
use pasvlab_scenarios::FileSpec;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Sha256Digest = [u8; 32];

/// A file's bytes and their digest.
#[derive(Debug, Clone)]
pub struct File {
    /// The bytes.
    pub content: Bytes,
    /// Their SHA-256.
    pub digest: Sha256Digest,
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<(String, u64), File>> = const { RefCell::new(BTreeMap::new()) };
}

/// The file that `spec` stands for. Made once per thread and path.
#[must_use]
pub fn file(spec: &FileSpec) -> File {
    KNOWN.with_borrow_mut(|known| {
        known.entry((spec.path.clone(), spec.size)).or_insert_with(|| make(spec)).clone()
    })
}

fn make(spec: &FileSpec) -> File {
    let seed = sha256(spec.path.as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&seed[..8]);
    let mut content = vec![0; usize::try_from(spec.size).unwrap_or(usize::MAX)];
    Pcg32::seed_from_u64(u64::from_le_bytes(start)).fill_bytes(&mut content);
    let digest = sha256(&content);
    File { content: content.into(), digest }
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256::digest(bytes).into()
}
