//! Counts full handshakes: those that resume no session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// The full handshakes of one server. Only in these it signs: a session that is resumed was signed
/// for when it began (RFC 8446 section 2.2, RFC 5246 section 7.3).
#[derive(Debug, Clone, Default)]
pub(crate) struct Handshakes(Arc<AtomicU32>);

impl Handshakes {
    /// How many there were.
    pub(crate) fn full(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// The same key, with every signature counted.
    pub(super) fn counting(&self, key: Arc<dyn SigningKey>) -> Arc<dyn SigningKey> {
        Arc::new(Counting { key, handshakes: self.clone() })
    }
}

#[derive(Debug)]
struct Counting<K> {
    key: K,
    handshakes: Handshakes,
}

impl SigningKey for Counting<Arc<dyn SigningKey>> {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let key = self.key.choose_scheme(offered)?;
        Some(Box::new(Counting { key, handshakes: self.handshakes.clone() }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

impl Signer for Counting<Box<dyn Signer>> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.handshakes.0.fetch_add(1, Ordering::Relaxed);
        self.key.sign(message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.key.scheme()
    }
}
