//! One program in one cell.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::process::Stdio;

use pasvlab_harness::record::What;
use pasvlab_harness::record::transcript::data_commands;
use pasvlab_harness::{Dialler, Outcome, Scenario, judge};
use pasvlab_report::json;
use pasvlab_scenarios::{Catalog, Program, Server, Topology, TransferKind};

use super::programs::Surroundings;
use crate::exit::Failure;

/// The seed of every choice, in simulation and in earnest.
const SEED: u64 = 1;
/// A program repeats an unanswered SYN once, and so waits for three seconds.
const SYN_RETRIES: &str = "1";
/// Seconds after which a program that goes on is stopped.
const LIMIT: &str = "60";

/// Where a program is run.
#[derive(Clone)]
pub(super) struct Setting<'a> {
    pub(super) topology: &'a Topology,
    pub(super) passive_ip: String,
    pub(super) server: &'a Server,
}

/// What a client did: the program in earnest, or its file in simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deeds {
    /// Data-connection commands, in order.
    pub(super) commands: Vec<String>,
    /// Addresses that were dialled for data, in order.
    pub(super) dialled: Vec<Ipv4Addr>,
    pub(super) outcome: String,
    /// Whether it would have gone on with the same.
    pub(super) goes_on: bool,
}

/// A program held against its file.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) expected: Deeds,
    pub(super) seen: Deeds,
    /// Why the program is known to do something else here.
    pub(super) known: Option<String>,
    /// The end of what the program printed.
    pub(super) said: String,
}

impl Compared {
    /// Whether the program does something else than its file, and nobody has said why.
    pub(super) fn differs(&self) -> bool {
        self.agrees() == self.known.is_some()
    }

    pub(super) fn agrees(&self) -> bool {
        let (expected, seen) = (&self.expected, &self.seen);
        if !expected.goes_on && !seen.goes_on {
            return expected == seen;
        }
        // As far as both were followed. Where a program was stopped is chance.
        let outcome = seen.goes_on || expected.outcome == seen.outcome;
        outcome
            && common(&expected.commands, &seen.commands)
            && common(&expected.dialled, &seen.dialled)
    }
}

/// Whether one list is the beginning of the other.
fn common<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    let length = one.len().min(other.len());
    length > 0 && one[..length] == other[..length] || one.len() == other.len()
}

/// Runs a program, and its file.
pub(super) fn compare(
    catalog: &Catalog,
    surroundings: &Surroundings,
    program: &Program,
    setting: &Setting<'_>,
) -> Result<Compared, Failure> {
    let mut expected = simulated(catalog, program, setting, &program.transfers)?;
    let (mut seen, mut said) = real(surroundings, program, setting, &program.download)?;
    if let (true, Some(session)) = (expected == seen, &program.session) {
        // Whole sessions are comparable where they succeed: a program goes on after a failure, or
        // not, as its user says.
        let whole = simulated(catalog, program, setting, &program.session_transfers)?;
        if whole.outcome == Outcome::Transferred.id() {
            (seen, said) = real(surroundings, program, setting, session)?;
            expected = whole;
        }
    }
    let known = program.differs.iter().find(|known| {
        let fits = |own: &Option<String>, id: &str| own.as_ref().is_none_or(|own| own == id);
        fits(&known.topology, &setting.topology.id)
            && fits(&known.passive_ip, &setting.passive_ip)
            && fits(&known.server, &setting.server.id)
    });
    Ok(Compared { expected, seen, known: known.map(|known| known.why.clone()), said })
}

fn simulated(
    catalog: &Catalog,
    program: &Program,
    setting: &Setting<'_>,
    transfers: &[TransferKind],
) -> Result<Deeds, Failure> {
    let client = Dialler::Simulated(catalog.client(&program.client)?);
    let Setting { topology, passive_ip, server } = setting;
    let scenario = Scenario::of(topology, passive_ip, client, server, SEED)
        .ok_or_else(|| super::super::run::not_applicable(topology, passive_ip))?;
    let record = pasvlab_harness::run(&Scenario { transfers: transfers.to_vec(), ..scenario });
    let commands = data_commands(&record);
    let dialled = record.decisions().filter_map(|decision| decision.dialled);
    let cut = record.events.iter().any(|event| matches!(event.what, What::Cut { .. }));
    Ok(Deeds {
        commands: commands.iter().map(|command| command.name().to_owned()).collect(),
        dialled: dialled.map(|address| *address.ip()).collect(),
        outcome: judge(&record).outcome.id().to_owned(),
        goes_on: cut,
    })
}

/// Runs the program inside the lab, in a process of its own; also the end of what it printed.
fn real(
    surroundings: &Surroundings,
    program: &Program,
    setting: &Setting<'_>,
    script: &str,
) -> Result<(Deeds, String), Failure> {
    let home = tempfile::tempdir()?;
    let (work, report) = (home.path().join("work"), home.path().join("report.json"));
    let output = home.path().join("output");
    fs::create_dir(&work)?;
    let said = File::create(&output)?;
    let status = surroundings
        .command("/proc/self/exe", &work)
        .args(["exec", "--topology", &setting.topology.id, "--passive-ip", &setting.passive_ip])
        .args(["--server", &setting.server.id, "--seed", &SEED.to_string()])
        .args(["--name", &program.id, "--syn-retries", SYN_RETRIES, "--limit", LIMIT])
        .args(["--format", "json", "--report"])
        .arg(&report)
        .args(["--", "sh", "-c", script])
        .stdout(Stdio::from(said.try_clone()?))
        .stderr(Stdio::from(said))
        .status()?;
    let said = last_lines(&output);
    let cell = fs::read_to_string(&report).ok().and_then(|text| {
        let document = json::parse(&text).ok()?;
        document.cells.into_iter().next()
    });
    let Some(cell) = cell else {
        return Err(Failure::Usage(format!("`{}` could not be run:\n{said}", program.id)));
    };
    let dialled = cell.dialled.iter().filter_map(|text| text.parse::<SocketAddrV4>().ok());
    let deeds = Deeds {
        commands: cell.commands,
        dialled: dialled.map(|address| *address.ip()).collect(),
        outcome: cell.outcome,
        goes_on: status.code() == Some(124),
    };
    Ok((deeds, said))
}

fn last_lines(output: &Path) -> String {
    let bytes = fs::read(output).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(4)..].join("\n")
}
