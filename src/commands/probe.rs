//! `pasvlab probe`: a server on an ordinary socket that watches its client.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pasvlab_harness::Jobs;
use pasvlab_harness::probe::{self, Ended, Limits, News, Report, Settings, Sight};
use pasvlab_report::terminal::Terminal;
use pasvlab_report::{MatrixResult, Renderer, probe as report};
use pasvlab_scenarios::{Catalog, Clients, Selection, Server};

use crate::cli::{Format, ProbeArgs};
use crate::exit::Failure;

/// The port that is used unless another is named; FTP's own takes privileges.
const PORT: u16 = 2121;
/// The matrix whose topologies the closest client is run through.
const MATRIX: &str = "headline";
/// The seed of every choice in it.
const SEED: u64 = 1;

/// Runs `pasvlab probe`.
pub(crate) fn run(catalog: &Catalog, args: &ProbeArgs) -> Result<(), Failure> {
    let listen = args.listen.unwrap_or_else(default_listen);
    permitted(listen, args.public)?;
    let server = server(catalog, listen)?;
    let (other, also) = others(listen);
    let client = args.client.as_deref().map(|id| catalog.client(id)).transpose()?;
    let mut questions = probe::questions(other);
    if args.public || args.public_address.is_some() {
        let translated = args.public_address.is_some_and(|public| public != *listen.ip());
        questions.extend(probe::questions_of_the_way(translated));
    }
    questions.truncate(args.sessions.map_or(questions.len(), std::num::NonZeroUsize::get));
    let of = questions.len();
    let limits = Limits { patience: Duration::from_secs(args.patience), ..Limits::default() };
    let (public, ports) = (args.public_address, args.ports.clone());
    let settings =
        Settings { listen, public, also: also.clone(), ports, questions, server, limits };
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop))?;
    let news = |news: News| tell(&news, &settings.server, of);
    let (reports, ended) = probe::run(&settings, &stop, news).map_err(|error| {
        Failure::Usage(format!(
            "cannot serve at {listen}: {error}\n  name another address of this host, or another \
             port, with --listen"
        ))
    })?;
    let watched = [&[*listen.ip()], &also[..]].concat();
    let sights = probe::sights(&reports, client, &watched);
    print(catalog, args, &reports, ended, (&watched, &sights))?;
    if ended == Ended::Complete { Ok(()) } else { Err(Failure::Differs) }
}

/// 127.0.0.2 where there is one: what arrives at 127.0.0.1 was meant for 0.0.0.0 then.
fn default_listen() -> SocketAddrV4 {
    let last = if cfg!(target_os = "linux") { 2 } else { 1 };
    SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), PORT)
}

/// Nobody else may reach it unless the user says so.
fn permitted(listen: SocketAddrV4, public: bool) -> Result<(), Failure> {
    if listen.ip().is_loopback() || public {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{listen} can be reached from other hosts\n  \
         write --public if that is meant; the password is made up then and shown once"
    )))
}

/// Other addresses of this host at which a client may arrive: one to announce, and all to listen at.
fn others(listen: SocketAddrV4) -> (Option<Ipv4Addr>, Vec<Ipv4Addr>) {
    if !listen.ip().is_loopback() {
        return (None, Vec::new());
    }
    let there =
        |address: &Ipv4Addr| address != listen.ip() && TcpListener::bind((*address, 0)).is_ok();
    let also: Vec<Ipv4Addr> =
        [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 3)].into_iter().filter(there).collect();
    let other = also.iter().copied().find(|address| *address != Ipv4Addr::LOCALHOST);
    (other, also)
}

fn server(catalog: &Catalog, listen: SocketAddrV4) -> Result<Server, Failure> {
    let mut server = catalog.server("transfer-family")?.clone();
    // Behind the watcher any port will do (RFC 6335 section 6).
    server.passive_ports = 49_152..=65_535;
    if !listen.ip().is_loopback() {
        server.password = token()?;
    }
    Ok(server)
}

/// A password that nobody can guess.
fn token() -> Result<String, Failure> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::Output(io::Error::other(format!("the system has no randomness: {error}")))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Tells the user what has happened, and what to do next.
fn tell(news: &News, server: &Server, of: usize) -> io::Result<()> {
    let mut err = anstream::stderr().lock();
    match news {
        News::Listening(address) => {
            writeln!(err, "FTP server at {} port {}", address.ip(), address.port())?;
            writeln!(err, "user {}, password {}", server.user, server.password)?;
            writeln!(err, "Ctrl-C ends it with what was seen so far")
        }
        News::Waiting(number, question) => {
            writeln!(err, "\nsession {number} of {of}: {}", question.title)?;
            writeln!(err, "  connect, log in, list the directory, then disconnect")
        }
        News::Over(report) => {
            let commands: Vec<&str> =
                report.offers.iter().map(|offer| offer.command.name()).collect();
            writeln!(err, "  seen: {}", commands.join(" "))
        }
    }
}

fn print(
    catalog: &Catalog,
    args: &ProbeArgs,
    reports: &[Report],
    ended: Ended,
    (watched, sights): (&[Ipv4Addr], &[Sight]),
) -> Result<(), Failure> {
    let mut err = anstream::stderr().lock();
    match ended {
        Ended::Complete => {}
        Ended::Stopped => writeln!(err, "\nstopped before every question was asked")?,
        Ended::WrongLogins => writeln!(err, "\nended: too many log-ins failed")?,
        Ended::Limit => writeln!(err, "\nended: it lasted too long, or had too many sessions")?,
    }
    let all = probe::closest(catalog, reports, watched);
    let mut out = anstream::stdout().lock();
    if args.format == Format::Json {
        report::json(reports, &all, watched, sights, ended == Ended::Complete, &mut out)?;
        return Ok(out.flush()?);
    }
    if reports.is_empty() {
        writeln!(out, "\nNo session came to a data-connection command.")?;
        return Ok(out.flush()?);
    }
    report::write(reports, &all, watched, sights, &mut out)?;
    let closest = report::alike(&all).first().map(|closest| closest.client.as_str());
    if let Some(client) = args.client.as_deref().or(closest) {
        writeln!(out, "\nWhat works for {client}:\n")?;
        matrix(catalog, client, &mut out)?;
    }
    Ok(out.flush()?)
}

/// The closest client in every topology, with every setting of PassiveIp.
fn matrix(catalog: &Catalog, client: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let matrix = catalog.matrix(MATRIX)?;
    let clients = Clients::Listed(vec![client.to_owned()]);
    let selection = Selection { clients, ..Selection::default() };
    let jobs = Jobs::new(catalog, matrix, &selection, SEED)?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cells = jobs.run(threads, || {});
    let topologies = super::matrix::notes(catalog, matrix, &[]);
    let (title, verified) = (matrix.title.clone(), super::matrix::verified(catalog));
    let result =
        MatrixResult { title, seed: SEED, topologies, verified, cells, stories: Vec::new() };
    Ok(Terminal.write(&result, out)?)
}
