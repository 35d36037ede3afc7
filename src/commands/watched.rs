//! Runs a program inside the lab, in one situation after another, and reads what it did.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pasvlab_harness::lab::{Live, Real, run_live};
use pasvlab_harness::live::{MTU, NAME_SERVER};
use pasvlab_harness::portrait::{Nothing, Sight, sight};
use pasvlab_harness::{Dialler, Scenario};
use pasvlab_sandbox::Spec;
use pasvlab_scenarios::{Situation, Situations};

use super::inside::{Given, NOT_RUN, attached, filled, given, name_of};
use crate::cli::LearnArgs;
use crate::exit::Failure;
use crate::terminal::{progress, remark};

/// The seed of every choice.
const SEED: u64 = 1;
/// Repeats of an unanswered SYN, so that silence takes three seconds: one, and two after a repeat.
const SYN_RETRIES: u8 = 1;
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the program in its second argument's directory, where its output goes to a file.
const WRAPPER: &str = r#"cd "$1" && shift && exec "$@" >../output 2>&1 </dev/null"#;

/// Watches one program.
pub(super) struct Watcher<'a> {
    situations: &'a Situations,
    command: Vec<OsString>,
    name: String,
    limit: Duration,
    jobs: usize,
    /// Where the command was typed.
    directory: PathBuf,
    /// The end of what the program printed in its first run.
    said: Mutex<Option<String>>,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(situations: &'a Situations, args: &LearnArgs) -> Result<Self, Failure> {
        let directory = std::env::current_dir()?;
        Ok(Self {
            situations,
            command: absolute(&args.command, &directory),
            name: name_of(&args.command),
            limit: Duration::from_secs(u64::from(args.limit)),
            jobs: args.jobs.get(),
            directory,
            said: Mutex::default(),
        })
    }

    /// Watches the program in these situations, several at once.
    pub(super) fn watch(&self, batch: &[&Situation]) -> Result<Vec<Sight>, Failure> {
        let names: Vec<&str> = batch.iter().map(|situation| situation.id.as_str()).collect();
        let text = format!("watching {} in: {}", self.name, names.join(", "));
        remark(&pasvlab_report::words::wrapped(&text, 0).join("\n"))?;
        let bar = progress(batch.len(), "runs");
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Option<Result<Sight, Failure>>>> =
            Mutex::new(batch.iter().map(|_| None).collect());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(batch.len()) {
                scope.spawn(|| {
                    while let Some((place, situation)) = {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        batch.get(place).map(|situation| (place, *situation))
                    } {
                        let result = self.one(situation);
                        bar.inc(1);
                        done.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(result);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.into_iter().map(|result| result.unwrap_or(Err(Failure::Internal))).collect()
    }

    fn one(&self, situation: &Situation) -> Result<Sight, Failure> {
        let topology = self.situations.place(situation);
        let dialler = Dialler::Real(self.name.clone());
        let (passive_ip, server) = (&situation.passive_ip, &situation.server);
        let scenario = Scenario::of(topology, passive_ip, dialler, server, SEED);
        let scenario = scenario.ok_or(Failure::Internal)?;
        let home = tempfile::tempdir()?;
        let work = home.path().join("work");
        fs::create_dir(&work)?;
        let given = given(&scenario, false);
        let mut sandbox = given.start(&self.spec(&scenario, &work, &given))?;
        let live = Live {
            client: Some(attached(&sandbox)?),
            limit: Some(self.limit),
            patience: PATIENCE,
            ..Live::default()
        };
        let record = run_live(&scenario, live)?;
        let stopped = (record.ended_at >= self.limit).then_some(self.limit);
        let code = if stopped.is_none() { sandbox.wait()? } else { 0 };
        drop(sandbox);
        let said = last_lines(&home.path().join("output"));
        if record.packets.is_empty() && NOT_RUN.contains(&code) {
            return Err(Failure::Usage(format!("the program could not be run:\n{said}")));
        }
        let mut first = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(said);
        drop(first);
        Ok(sight(&situation.id, &record, stopped))
    }

    fn spec(&self, scenario: &Scenario<'_>, work: &Path, given: &Given) -> Spec {
        let mut command: Vec<OsString> = ["sh", "-c", WRAPPER, "sh"].map(OsString::from).into();
        command.push(work.into());
        command.extend(filled(&self.command, &given.values));
        let mut environment = given.environment();
        let directory = self.directory.to_string_lossy().into_owned();
        environment.push(("PASVLAB_DIRECTORY".to_owned(), directory));
        Spec {
            addresses: Real::client_of(scenario).addresses,
            mtu: MTU,
            resolver: NAME_SERVER,
            hosts: Vec::new(),
            syn_retries: Some(SYN_RETRIES),
            as_root: false,
            files: given.names(),
            environment,
            command,
        }
    }

    /// Why nothing was learned, and what the program had to say.
    pub(super) fn nothing(&self, nothing: &Nothing) -> Failure {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let said = said.filter(|said| !said.is_empty());
        let said = said.map_or(String::new(), |said| format!("\nit printed:\n{said}"));
        Failure::Usage(format!(
            "nothing could be learned: {nothing}\n  \
             the command has to log in and transfer a file by itself; try it with `pasvlab exec` first{said}"
        ))
    }
}

/// A program that is named by a relative path is found from any directory.
fn absolute(command: &[OsString], directory: &Path) -> Vec<OsString> {
    let mut command = command.to_vec();
    if let Some(program) = command.first_mut()
        && Path::new(program).components().count() > 1
    {
        *program = directory.join(&*program).into();
    }
    command
}

fn last_lines(output: &Path) -> String {
    let bytes = fs::read(output).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(4)..].join("\n")
}
