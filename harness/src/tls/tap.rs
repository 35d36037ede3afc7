//! Cipher suites that write down what they seal and open.
//!
//! rustls takes its cryptography from whoever gives it some; these stand in front of *ring*'s and
//! change nothing.

use std::sync::LazyLock;

use bytes::Bytes;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, KeyBlockShape, MessageDecrypter,
    MessageEncrypter, OutboundOpaqueMessage, OutboundPlainMessage, Tls12AeadAlgorithm,
    Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::crypto::ring;
use rustls::{
    ConnectionTrafficSecrets, ContentType, Error, SupportedCipherSuite, Tls12CipherSuite,
    Tls13CipherSuite,
};

use crate::record::sealed::{Content, alert};

/// *ring*'s cipher suites, tapped.
pub(super) fn suites() -> Vec<SupportedCipherSuite> {
    // rustls keeps them by reference for as long as the program runs.
    static SUITES: LazyLock<Vec<SupportedCipherSuite>> =
        LazyLock::new(|| ring::ALL_CIPHER_SUITES.iter().map(tapped).collect());
    SUITES.clone()
}

fn tapped(suite: &SupportedCipherSuite) -> SupportedCipherSuite {
    match suite {
        SupportedCipherSuite::Tls13(suite) => {
            let aead_alg = Box::leak(Box::new(Tap13(suite.aead_alg)));
            SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
                common: rustls::crypto::CipherSuiteCommon { ..suite.common },
                hkdf_provider: suite.hkdf_provider,
                aead_alg,
                quic: None,
            })))
        }
        SupportedCipherSuite::Tls12(suite) => {
            let aead_alg = Box::leak(Box::new(Tap12(suite.aead_alg)));
            SupportedCipherSuite::Tls12(Box::leak(Box::new(Tls12CipherSuite {
                common: rustls::crypto::CipherSuiteCommon { ..suite.common },
                prf_provider: suite.prf_provider,
                kx: suite.kx,
                sign: suite.sign,
                aead_alg,
            })))
        }
        // The enumeration may grow, by suites that could not be read here.
        #[expect(unreachable_patterns, reason = "no other today")]
        other => *other,
    }
}

struct Tap13(&'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for Tap13 {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(Sealing(self.0.encrypter(key, iv)))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Opening(self.0.decrypter(key, iv)))
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }
}

struct Tap12(&'static dyn Tls12AeadAlgorithm);

impl Tls12AeadAlgorithm for Tap12 {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(Sealing(self.0.encrypter(key, iv, extra)))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(Opening(self.0.decrypter(key, iv)))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        self.0.key_block_shape()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv, explicit)
    }
}

struct Sealing(Box<dyn MessageEncrypter>);

impl MessageEncrypter for Sealing {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        seq: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let content = content(message.typ, || message.payload.to_vec());
        let sealed = self.0.encrypt(message, seq)?;
        if let Some(tag) = sealed.payload.as_ref().last_chunk() {
            super::note(*tag, content);
        }
        Ok(sealed)
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        self.0.encrypted_payload_len(payload_len)
    }
}

struct Opening(Box<dyn MessageDecrypter>);

impl MessageDecrypter for Opening {
    fn decrypt<'a>(
        &mut self,
        message: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let tag = message.payload.last_chunk().copied();
        let opened = self.0.decrypt(message, seq)?;
        if let Some(tag) = tag {
            super::note(tag, content(opened.typ, || opened.payload.to_vec()));
        }
        Ok(opened)
    }
}

fn content(kind: ContentType, payload: impl FnOnce() -> Vec<u8>) -> Content {
    match kind {
        ContentType::ApplicationData => Content::Data(Bytes::from(payload())),
        ContentType::Alert => alert(&payload()).map_or(Content::Own, Content::Alert),
        _ => Content::Own,
    }
}
