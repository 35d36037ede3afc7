//! rustls's cryptography: *ring*'s, tapped, with random numbers that follow from the seed.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret,
    SupportedKxGroup, ring,
};
use rustls::{Error, NamedGroup, PeerMisbehaved};
use x25519_dalek::{PublicKey, StaticSecret};

use super::tap;

/// The provider of every connection in the lab.
///
/// The lab's own programs agree on keys over X25519. A real program may want another group; then the
/// server's part of the key comes from the machine's random numbers.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let others = ring::ALL_KX_GROUPS.iter().filter(|group| group.name() != NamedGroup::X25519);
        let seeded: &'static dyn SupportedKxGroup = &X25519;
        Arc::new(CryptoProvider {
            cipher_suites: tap::suites(),
            kx_groups: [seeded].into_iter().chain(others.copied()).collect(),
            secure_random: &Seeded,
            ..ring::default_provider()
        })
    });
    Arc::clone(&PROVIDER)
}

#[derive(Debug)]
struct Seeded;

impl SecureRandom for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        super::random(bytes).ok_or(GetRandomFailed)
    }
}

/// Diffie-Hellman over Curve25519 (RFC 7748), with a private key that follows from the seed.
#[derive(Debug)]
struct X25519;

impl SupportedKxGroup for X25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut bytes = [0; 32];
        super::random(&mut bytes).ok_or(GetRandomFailed)?;
        let secret = StaticSecret::from(bytes);
        let public = PublicKey::from(&secret);
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

struct Exchange {
    secret: StaticSecret,
    public: PublicKey,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let refused = Error::from(PeerMisbehaved::InvalidKeyShare);
        let Ok(peer) = <[u8; 32]>::try_from(peer) else { return Err(refused) };
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer));
        if !shared.was_contributory() {
            return Err(refused);
        }
        Ok(SharedSecret::from(&shared.as_bytes()[..]))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}
