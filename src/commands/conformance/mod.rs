//! `pasvlab conformance`: holds client files against the programs that they describe.
//!
//! - `programs` — what is installed, and in which version.
//! - `cell` — one program in one cell: run for real, run in simulation, compared.
//! - `table` — what came out, as text, Markdown or JSON.

mod cell;
mod programs;
mod table;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use pasvlab_scenarios::{Catalog, Program, Server, Topology};

use self::cell::{Compared, Setting};
use self::programs::{Installed, Surroundings};
use crate::cli::{ConformanceArgs, ConformanceFormat};
use crate::exit::Failure;
use crate::terminal::{progress, quiet};

/// Topologies in which programs are held against their files: a private server that is reached as it
/// is, one behind PrivateLink, and one that has a public address.
const TOPOLOGIES: [&str; 3] = ["direct", "privatelink", "elastic-ip"];
/// Servers: one that answers `EPSV`, and one that refuses it; two that want TLS and answer `EPSV`, of
/// which one insists on resumed TLS sessions.
const SERVERS: [&str; 4] =
    ["transfer-family", "no-epsv", "transfer-family-ftps", "transfer-family-ftps-enabled"];
/// Programs that run at once. Most of the time they wait.
const JOBS: usize = 16;

/// Everything that came out.
struct Results<'a> {
    installed: Vec<Installed<'a>>,
    /// Programs that could not be run, and why.
    skipped: Vec<(&'a Program, String)>,
    settings: Vec<Setting<'a>>,
    /// Positions of a program and of a setting, and what the program did there.
    cells: BTreeMap<(usize, usize), Compared>,
}

impl Results<'_> {
    fn of(&self, program: usize, setting: usize) -> Option<&Compared> {
        self.cells.get(&(program, setting))
    }

    fn differing(&self) -> usize {
        self.cells.values().filter(|cell| cell.differs()).count()
    }
}

/// Whether a program is run in a setting: its client, which was told to use TLS or not to, can log in to
/// the server.
fn belongs(catalog: &Catalog, program: &Program, setting: &Setting<'_>) -> Result<bool, Failure> {
    Ok(setting.server.takes(catalog.client(&program.client)?))
}

/// Runs `pasvlab conformance`.
pub(crate) fn run(catalog: &Catalog, args: &ConformanceArgs) -> Result<(), Failure> {
    let programs = chosen(catalog, args)?;
    let settings = settings(catalog, args)?;
    let surroundings = Surroundings::new(clients_directory())?;
    let (mut installed, mut skipped) = (Vec::new(), Vec::new());
    for program in programs {
        let mut belonging = settings.iter().map(|setting| belongs(catalog, program, setting));
        if !belonging.try_fold(false, |any, one| one.map(|one| any || one))? {
            skipped.push((program, "it can log in to none of these servers".to_owned()));
            continue;
        }
        match surroundings.find(program) {
            Ok(version) => installed.push(Installed { program, version }),
            Err(why) => skipped.push((program, why)),
        }
    }
    let cells = run_all(catalog, &surroundings, &installed, &settings, args.jobs)?;
    let results = Results { installed, skipped, settings, cells };
    let mut out = anstream::stdout().lock();
    match args.format {
        ConformanceFormat::Terminal => table::text(&results, &mut out)?,
        ConformanceFormat::Markdown => table::markdown(&results, &mut out)?,
    }
    out.flush()?;
    if args.format != ConformanceFormat::Terminal && !quiet() {
        table::text_of_problems(&results, &mut anstream::stderr())?;
    }
    let incomplete = args.require && !results.skipped.is_empty();
    if results.differing() > 0 || incomplete { Err(Failure::Differs) } else { Ok(()) }
}

fn chosen<'a>(catalog: &'a Catalog, args: &ConformanceArgs) -> Result<Vec<&'a Program>, Failure> {
    if args.program.is_empty() {
        return Ok(catalog.programs().collect());
    }
    let programs = args.program.iter().map(|id| catalog.program(id));
    Ok(programs.collect::<Result<_, _>>()?)
}

fn or_default(chosen: &[String], default: &[&str]) -> Vec<String> {
    if chosen.is_empty() {
        return default.iter().map(|id| (*id).to_owned()).collect();
    }
    chosen.to_vec()
}

fn settings<'a>(catalog: &'a Catalog, args: &ConformanceArgs) -> Result<Vec<Setting<'a>>, Failure> {
    let servers = or_default(&args.server, &SERVERS);
    let servers: Vec<&Server> =
        servers.iter().map(|id| catalog.server(id)).collect::<Result<_, _>>()?;
    let mut settings = Vec::new();
    for id in or_default(&args.topology, &TOPOLOGIES) {
        let topology: &Topology = catalog.topology(&id)?;
        let known = topology.passive_ip_ids();
        for passive_ip in
            known.filter(|id| args.passive_ip.is_empty() || args.passive_ip.iter().any(|c| c == id))
        {
            let passive_ip = passive_ip.to_owned();
            settings.extend(servers.iter().map(|server| Setting {
                topology,
                passive_ip: passive_ip.clone(),
                server,
            }));
        }
    }
    Ok(settings)
}

/// Where programs are that no package installs.
fn clients_directory() -> PathBuf {
    let named = std::env::var_os("PASVLAB_CLIENTS").map(PathBuf::from);
    let directory = named.unwrap_or_else(|| PathBuf::from("target/clients"));
    std::path::absolute(&directory).unwrap_or(directory)
}

fn run_all(
    catalog: &Catalog,
    surroundings: &Surroundings,
    installed: &[Installed<'_>],
    settings: &[Setting<'_>],
    jobs: Option<std::num::NonZeroUsize>,
) -> Result<BTreeMap<(usize, usize), Compared>, Failure> {
    let mut all = Vec::new();
    for (place, installed) in installed.iter().enumerate() {
        for (at, setting) in settings.iter().enumerate() {
            if belongs(catalog, installed.program, setting)? {
                all.push(((place, at), installed.program, setting));
            }
        }
    }
    let bar = progress(all.len(), "cells");
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(all.len()));
    let jobs = jobs.map_or(JOBS, std::num::NonZero::get).min(all.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((place, program, setting)) = all.get(number) else { break };
                    let compared = cell::compare(catalog, surroundings, program, setting);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((*place, compared));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|(place, compared)| Ok((place, compared?))).collect()
}
