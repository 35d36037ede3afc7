//! A server on ordinary sockets that watches its client: for programs that cannot run inside the lab.
//!
//! It is libunftp, with a watcher in front of every control connection. The watcher answers `PASV` and
//! `EPSV` itself, with what the question of the session asks for, listens where an answer may lead, and
//! passes the data on.
//!
//! - `question` — what each session asks its client.
//! - `session` — one control connection.
//! - `data` — where data connections may arrive.
//! - `predict` — what a client file would do.
//! - `way` — what was seen of boxes between client and server.

mod data;
mod predict;
mod question;
mod session;
mod way;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pasvlab_scenarios::Server;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

pub use predict::{Answer, Known, closest, policies, predicted};
pub use question::{Announce, Question, questions, questions_of_the_way};
pub use session::{Offer, Report};
pub use way::{Sight, left_out, sights};

/// How a probe is held.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddrV4,
    /// The address that clients connect to, if a box on the way puts this host's own in its place.
    pub public: Option<Ipv4Addr>,
    /// Other addresses of this host at which data connections are waited for.
    pub also: Vec<Ipv4Addr>,
    /// Ports for data connections; without them any that is free.
    pub ports: Option<RangeInclusive<u16>>,
    /// What it asks, one question per session.
    pub questions: Vec<Question>,
    /// The server that stands behind it; its account is the one to log in with.
    pub server: Server,
    /// What it takes at most.
    pub limits: Limits,
}

/// What a probe takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Control connections at once.
    pub at_once: usize,
    /// Control connections of one address at once.
    pub of_one_address: usize,
    /// Control connections in all.
    pub in_all: usize,
    /// Bytes of one data connection, each way.
    pub bytes: u64,
    /// Log-ins that fail; the last of them ends the probe.
    pub wrong_logins: usize,
    /// How long a control connection may be silent.
    pub idle: Duration,
    /// How long a data connection is waited for.
    pub patience: Duration,
    /// How long the probe lasts.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 8,
            of_one_address: 4,
            in_all: 100,
            bytes: 1024 * 1024,
            wrong_logins: 3,
            idle: Duration::from_secs(120),
            patience: Duration::from_secs(10),
            total: Duration::from_secs(60 * 60),
        }
    }
}

/// Something to tell the user while the probe lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It listens.
    Listening(SocketAddrV4),
    /// It waits for a session: its number, from 1, and what it will ask.
    Waiting(usize, Question),
    /// A session is over.
    Over(Report),
}

/// Why a probe has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every question has been asked.
    Complete,
    /// Its user has stopped it.
    Stopped,
    /// Too many log-ins failed.
    WrongLogins,
    /// It lasted too long, or had too many sessions.
    Limit,
}

/// What the sessions of a probe share.
#[derive(Debug, Default)]
struct Shared {
    asked: usize,
    reports: Vec<Report>,
    wrong_logins: usize,
    open: BTreeMap<IpAddr, usize>,
    in_all: usize,
}

type State = Arc<Mutex<Shared>>;

fn locked(state: &State) -> MutexGuard<'_, Shared> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks every question, or until `stop` is set, and returns what was seen.
///
/// # Errors
/// If it cannot listen, or there can be no runtime.
pub fn run(
    settings: &Settings,
    stop: &AtomicBool,
    mut news: impl FnMut(News) -> io::Result<()>,
) -> io::Result<(Vec<Report>, Ended)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = Arc::new(settings.clone());
    runtime.block_on(async move {
        let listener = TcpListener::bind(SocketAddr::V4(settings.listen)).await?;
        let SocketAddr::V4(address) = listener.local_addr()? else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        news(News::Listening(address))?;
        let state = State::default();
        let ended = serve(&listener, &settings, &state, stop, &mut news).await?;
        let reports = std::mem::take(&mut locked(&state).reports);
        Ok((reports, ended))
    })
}

async fn serve(
    listener: &TcpListener,
    settings: &Arc<Settings>,
    state: &State,
    stop: &AtomicBool,
    news: &mut impl FnMut(News) -> io::Result<()>,
) -> io::Result<Ended> {
    let begun = Instant::now();
    let (mut told, mut announced) = (0, None);
    loop {
        for report in finished(state, &mut told) {
            news(News::Over(report))?;
        }
        if let Some(ended) = ended(settings, state, stop, begun) {
            return Ok(ended);
        }
        let next = locked(state).asked;
        if announced != Some(next)
            && let Some(question) = settings.questions.get(next)
        {
            announced = Some(next);
            news(News::Waiting(next + 1, question.clone()))?;
        }
        // So often it looks whether it is to stop.
        let pause = Duration::from_millis(100);
        if let Ok(Ok((stream, peer))) = tokio::time::timeout(pause, listener.accept()).await {
            admit(stream, peer, settings, state);
        }
    }
}

fn finished(state: &State, told: &mut usize) -> Vec<Report> {
    let state = locked(state);
    let reports = state.reports[*told..].to_vec();
    *told = state.reports.len();
    reports
}

fn ended(settings: &Settings, state: &State, stop: &AtomicBool, begun: Instant) -> Option<Ended> {
    let state = locked(state);
    let limits = &settings.limits;
    if stop.load(Ordering::Relaxed) {
        Some(Ended::Stopped)
    } else if state.wrong_logins >= limits.wrong_logins {
        Some(Ended::WrongLogins)
    } else if state.asked >= settings.questions.len() && state.open.is_empty() {
        Some(Ended::Complete)
    } else if begun.elapsed() > limits.total
        || (state.in_all >= limits.in_all && state.open.is_empty())
    {
        Some(Ended::Limit)
    } else {
        None
    }
}

/// Serves a control connection, if there may be another one.
fn admit(stream: TcpStream, peer: SocketAddr, settings: &Arc<Settings>, state: &State) {
    let limits = &settings.limits;
    let mut shared = locked(state);
    let open: usize = shared.open.values().sum();
    let own = shared.open.get(&peer.ip()).copied().unwrap_or_default();
    if open >= limits.at_once || own >= limits.of_one_address || shared.in_all >= limits.in_all {
        tracing::info!(%peer, "one control connection too many");
        return;
    }
    shared.in_all += 1;
    *shared.open.entry(peer.ip()).or_default() += 1;
    drop(shared);
    let (settings, state) = (Arc::clone(settings), Arc::clone(state));
    tokio::spawn(async move {
        if let Err(error) = session::run(stream, &settings, &state).await {
            tracing::info!(%peer, %error, "control connection ended");
        }
        let mut shared = locked(&state);
        if let Some(count) = shared.open.get_mut(&peer.ip()) {
            *count -= 1;
        }
        shared.open.retain(|_, count| *count > 0);
    });
}
