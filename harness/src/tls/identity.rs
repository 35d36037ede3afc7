//! The certificate of the lab's server, and what the two sides are set to.

use std::sync::Arc;
use std::time::Duration;

use pasvlab_scenarios::{TlsResumption, TlsSession};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, KeyLog, ServerConfig,
    SignatureScheme,
};
use sha2::{Digest, Sha256};

use super::Handshakes;
use super::provider::provider;
use super::sessions::{Sessions, TICKETS};
use crate::sim;

/// What an Ed25519 key in PKCS #8 begins with (RFC 8410 section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// How many servers a client remembers sessions of; there is one.
const SESSIONS: usize = 8;
/// Seconds from 1970 to the day on which every session takes place, 2026-01-01.
const DAY: u64 = 1_767_225_600;

/// The certificate with which the lab's server answers to a name, and its key: the same for the same
/// name, always, and no secret.
#[derive(Debug, Clone)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: Vec<u8>,
}

impl Identity {
    /// The identity of a server that is known by this name or address. The certificate signs itself
    /// and holds from 2020 to 2100. Its key is an Ed25519 one, so that it always has the same length.
    ///
    /// # Panics
    /// Never: names that were loaded are ASCII.
    #[must_use]
    pub fn of(host: &str) -> Self {
        let key = [&PKCS8[..], &Sha256::digest(format!("pasvlab {host}"))].concat();
        let pair = KeyPair::try_from(&PrivatePkcs8KeyDer::from(&key[..])).expect("an Ed25519 key");
        let mut parameters = CertificateParams::new([host.to_owned()]).expect("an ASCII name");
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2100, 1, 1);
        // A name of the standard is too short for AWS's (RFC 5280 appendix A.1); the alternative name counts.
        parameters.distinguished_name.push(DnType::CommonName, "pasvlab");
        let certificate = parameters.self_signed(&pair).expect("a certificate of one name");
        Self { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }

    /// The certificate, for programs that are to trust it.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// What the server is set to: TLS 1.2 and 1.3. Its full handshakes are counted.
    ///
    /// # Panics
    /// Never: the key is an Ed25519 one, and there are suites of both versions.
    pub(crate) fn server(
        &self,
        resumption: TlsResumption,
        handshakes: &Handshakes,
    ) -> Arc<ServerConfig> {
        let key = PrivatePkcs8KeyDer::from(self.key.clone());
        let key = provider().key_provider.load_private_key(key.into()).expect("an Ed25519 key");
        let certified = CertifiedKey::new(vec![self.certificate.clone()], handshakes.counting(key));
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(VirtualTime))
            .with_safe_default_protocol_versions()
            .expect("suites of both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        if resumption == TlsResumption::Disabled {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            config.session_storage = Sessions::new();
            config.send_tls13_tickets = TICKETS;
        }
        config.key_log = Arc::new(Log);
        Arc::new(config)
    }

    /// What a client is set to that trusts this certificate, whatever it calls the server, and that
    /// resumes sessions, or not.
    ///
    /// # Panics
    /// Never: the provider has suites of both versions.
    pub(crate) fn client(&self, session: TlsSession) -> Arc<ClientConfig> {
        let trust = Arc::new(Trust(self.certificate.clone()));
        let mut config = ClientConfig::builder_with_details(provider(), Arc::new(VirtualTime))
            .with_safe_default_protocol_versions()
            .expect("suites of both versions")
            .dangerous()
            .with_custom_certificate_verifier(trust)
            .with_no_client_auth();
        config.resumption = match session {
            TlsSession::Control => Resumption::in_memory_sessions(SESSIONS),
            TlsSession::New => Resumption::disabled(),
        };
        config.key_log = Arc::new(Log);
        Arc::new(config)
    }
}

/// Trusts one certificate.
#[derive(Debug)]
struct Trust(CertificateDer<'static>);

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *certificate == self.0 {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// The time of the simulation, on the one day that it knows.
#[derive(Debug)]
struct VirtualTime;

impl TimeProvider for VirtualTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(DAY) + sim::now()))
    }
}

/// Keeps the secrets.
#[derive(Debug)]
struct Log;

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        super::note_secret(format!("{label} {} {}", hex(client_random), hex(secret)));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
