//! The FTP server: libunftp on a simulated host, with files in OpenDAL's memory service.
//!
//! - `ports` — passive ports in the order that the seed gives.
//! - `account` — the one account.
//! - `guarded` — files that a server shows only to data connections that resume a TLS session.
//! - `quirks` — what a server that misbehaves on purpose does.
//!
//! libunftp takes a data connection only from the session's address. Where a server file says otherwise
//! (`data_peer`), or expects a PROXY protocol header, the harness stands in front of the port: it shows
//! libunftp the session's address, or the one in the header.
//!
//! What AWS Transfer Family adds to an FTP server is here as settings of libunftp: passive mode only,
//! nine passive ports, and `PassiveIp` as libunftp's passive host. `AUTO` is the address of the
//! interface that received the control connection, unless the server file's `auto_announces` says
//! otherwise; the service documents "one of the endpoint's addresses" and no rule (API reference, ProtocolDetails.PassiveIp).

mod account;
mod guarded;
mod ports;
mod quirks;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libunftp::ServerBuilder;
use libunftp::options::{ActivePassiveMode, FtpsRequired, PassiveHost};
use opendal::Operator;
use opendal::services::Memory;
use pasvlab_scenarios::{
    AcceptsProxyProtocol, AutoAnnounces, DataPeer, PassiveIp, Server, ServerTls, TlsResumption,
};
use rand_core::SeedableRng;
use rand_pcg::Pcg32;
use tokio::net::{TcpListener, TcpStream};
use unftp_sbe_opendal::OpendalStorage;

use self::account::Account;
use self::guarded::{Guard, Guarded};
use self::ports::Ports;
use super::files::{self, Sha256Digest};
use crate::sim::{self, Door};
use crate::tls::{Handshakes, Identity};

/// The server's files, also for whoever wants to know what an upload left there.
#[derive(Debug, Clone)]
pub struct Store {
    operator: Operator,
}

impl Store {
    /// An empty store.
    ///
    /// # Panics
    /// If OpenDAL's memory service cannot be built, which needs nothing.
    #[must_use]
    pub fn new() -> Self {
        let operator = Operator::new(Memory::default()).expect("the memory service needs nothing");
        Self { operator }
    }

    /// Size and SHA-256 of a file; `None` if it is not there.
    pub async fn digest(&self, path: &str) -> Option<(u64, Sha256Digest)> {
        let content = self.operator.read(path).await.ok()?.to_bytes();
        Some((content.len() as u64, files::sha256(&content)))
    }

    /// SHA-256 of every file, by name.
    pub async fn digests(&self) -> BTreeMap<String, Sha256Digest> {
        let mut digests = BTreeMap::new();
        // Listing memory cannot fail; a missing file would show as a failed transfer.
        for entry in self.operator.list("").await.unwrap_or_default() {
            if let Some((_, digest)) = self.digest(entry.path()).await {
                digests.insert(entry.path().to_owned(), digest);
            }
        }
        digests
    }

    async fn fill(&self, server: &Server) {
        for spec in &server.files {
            let content = files::file(spec).content;
            // Writing to memory cannot fail; a missing file would show as a failed transfer.
            let _ = self.operator.write(&spec.path, content).await;
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything that a server program needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server file.
    pub server: Server,
    /// What it announces in answers to PASV.
    pub passive_ip: PassiveIp,
    /// The port of every data connection, if the scenario pins it.
    pub passive_port: Option<u16>,
    /// Addresses it listens on.
    pub addresses: Vec<Ipv4Addr>,
    /// Who it is in TLS, if it speaks that.
    pub identity: Option<Identity>,
    /// Seed of its choices.
    pub seed: u64,
}

/// Serves FTP on every address until dropped.
pub async fn run(settings: Settings, store: Store) {
    store.fill(&settings.server).await;
    let ports = Arc::new(Mutex::new(Pcg32::seed_from_u64(settings.seed)));
    if settings.server.accepts_proxy_protocol != AcceptsProxyProtocol::Nowhere {
        let door = Door { header: true, ..Door::default() };
        sim::put_door(settings.server.control_port, door);
    }
    let settings = Arc::new(settings);
    for address in &settings.addresses {
        let address = SocketAddr::from((*address, settings.server.control_port));
        match TcpListener::bind(address).await {
            Ok(listener) => {
                let (settings, store, ports) = (settings.clone(), store.clone(), ports.clone());
                tokio::spawn(accept(listener, settings, store, ports));
            }
            Err(error) => tracing::error!(%address, %error, "the server cannot listen"),
        }
    }
}

async fn accept(
    listener: TcpListener,
    settings: Arc<Settings>,
    store: Store,
    ports: Arc<Mutex<Pcg32>>,
) {
    while let Ok((stream, peer)) = listener.accept().await {
        tracing::debug!(%peer, "control connection");
        tokio::spawn(serve(stream, settings.clone(), store.clone(), ports.clone()));
    }
}

/// Serves one control connection and nothing else, with files of its own.
pub(crate) async fn serve_one(stream: TcpStream, settings: Settings) {
    let store = Store::new();
    store.fill(&settings.server).await;
    let ports = Arc::new(Mutex::new(Pcg32::seed_from_u64(settings.seed)));
    serve(stream, Arc::new(settings), store, ports).await;
}

/// Serves one control connection. Each gets a libunftp server of its own, because libunftp gives a
/// binder to the first session only.
async fn serve(stream: TcpStream, settings: Arc<Settings>, store: Store, ports: Arc<Mutex<Pcg32>>) {
    let Settings { server, passive_ip, passive_port, .. } = &*settings;
    let passive_host = match (passive_ip, server.auto_announces, settings.addresses.first()) {
        (PassiveIp::Address(address), _, _) => PassiveHost::Ip(*address),
        (PassiveIp::Auto, AutoAnnounces::FirstInterface, Some(first)) => PassiveHost::Ip(*first),
        (PassiveIp::Auto, _, _) => PassiveHost::FromConnection,
    };
    let door = Door {
        header: server.accepts_proxy_protocol == AcceptsProxyProtocol::Everywhere,
        peer: (server.data_peer == DataPeer::Any).then(|| stream.peer_addr().ok()).flatten(),
    };
    let modes = if server.active_mode {
        ActivePassiveMode::ActiveAndPassive
    } else {
        ActivePassiveMode::PassiveOnly
    };
    let handshakes = Handshakes::default();
    let insists = server.tls_resumption == TlsResumption::Enforced;
    let guard = insists.then(|| Guard::new(handshakes.clone()));
    let storage = Guarded::new(OpendalStorage::new(store.operator), guard);
    let account = Arc::new(Account::new(&server.user, &server.password));
    let builder = ServerBuilder::with_authenticator(Box::new(move || storage.clone()), account)
        .greeting(lasting(&server.greeting))
        .passive_ports(server.passive_ports.clone())
        .passive_host(passive_host)
        .idle_session_timeout(server.idle_timeout.as_secs())
        .active_passive_mode(modes)
        .binder(Ports::new(*passive_port, ports, door));
    let builder = match &settings.identity {
        Some(identity) => {
            let config = identity.server(server.tls_resumption, &handshakes);
            builder.ftps_manual::<PathBuf>(config)
        }
        None => builder,
    };
    let builder = match server.tls {
        ServerTls::Required => builder.ftps_required(FtpsRequired::All, FtpsRequired::All),
        ServerTls::None | ServerTls::Offered => builder,
    };
    // libunftp logs through slog to `log`; formatting that nobody reads would be half of its work.
    let builder = if tracing::enabled!(target: "libunftp", tracing::Level::INFO) {
        builder
    } else {
        builder.logger(slog::Logger::root(slog::Discard, slog::o!()))
    };
    match builder.build() {
        Ok(server) => {
            let stream = quirks::before(stream, &settings.server.quirks);
            if let Err(error) = server.service(stream).await {
                tracing::warn!(%error, "control connection ended");
            }
        }
        Err(error) => tracing::error!(%error, "the server cannot be built"),
    }
}

/// libunftp wants a greeting that lives for ever; each distinct one is kept once.
fn lasting(greeting: &str) -> &'static str {
    static GREETINGS: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    let mut known =
        GREETINGS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(greeting) = known.get(greeting) {
        return greeting;
    }
    let greeting: &'static str = Box::leak(greeting.into());
    known.insert(greeting);
    greeting
}
