//! Many cells at once: each in a simulation of its own, spread over threads, collected in order.

use std::net::SocketAddrV4;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use pasvlab_scenarios::{Catalog, CellId, DataCommand, Matrix, PassiveIp, Selection, UnknownId};

use crate::lab::{Scenario, run};
use crate::net::Time;
use crate::record::transcript::data_commands;
use crate::record::{Record, Stage};
use crate::verdict::{Cause, Outcome, judge};

/// What is kept of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellResult {
    /// Which cell.
    pub cell: CellId,
    /// What PassiveIp means there; none if the topology has no such setting.
    pub announced: Option<PassiveIp>,
    /// How it came out.
    pub outcome: Outcome,
    /// How far it came.
    pub stage: Stage,
    /// Each data connection as the client dialled it.
    pub dialled: Vec<SocketAddrV4>,
    /// The data-connection commands that the client sent.
    pub commands: Vec<DataCommand>,
    /// How long the session took.
    pub took: Time,
    /// How many packets set out.
    pub packets: usize,
    /// The decisive cause; none for a success.
    pub cause: Option<Cause>,
    /// The same in one line; empty for a success.
    pub reason: String,
}

impl CellResult {
    /// What is kept of a record.
    #[must_use]
    pub fn of(cell: CellId, record: &Record) -> Self {
        let verdict = judge(record);
        Self {
            cell,
            announced: Some(record.cell.announced),
            outcome: verdict.outcome,
            stage: verdict.stage,
            dialled: record.decisions().filter_map(|decision| decision.dialled).collect(),
            commands: data_commands(record),
            took: record.ended_at,
            packets: record.packets.len(),
            cause: verdict.cause,
            reason: verdict.reason,
        }
    }

    /// A cell whose topology has no such setting.
    #[must_use]
    pub fn not_applicable(cell: CellId) -> Self {
        Self {
            cell,
            announced: None,
            outcome: Outcome::NotApplicable,
            stage: Stage::Control,
            dialled: Vec::new(),
            commands: Vec::new(),
            took: Time::ZERO,
            packets: 0,
            cause: None,
            reason: String::new(),
        }
    }
}

/// A matrix's cells, looked up and ready to run.
#[derive(Debug, Clone)]
pub struct Jobs<'a> {
    jobs: Vec<(CellId, Option<Scenario<'a>>)>,
}

impl<'a> Jobs<'a> {
    /// The cells that `selection` takes from `matrix`.
    ///
    /// # Errors
    /// If an id of either is unknown.
    pub fn new(
        catalog: &'a Catalog,
        matrix: &Matrix,
        selection: &Selection,
        seed: u64,
    ) -> Result<Self, UnknownId> {
        let cells = catalog.expand(matrix, selection)?.into_iter();
        let jobs = cells.map(|cell| {
            let scenario = Scenario::of_cell(catalog, &cell, &matrix.server, seed)?;
            Ok((cell, scenario))
        });
        let jobs = jobs.collect::<Result<_, UnknownId>>()?;
        Ok(Self { jobs })
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Runs every cell on `threads` threads. `done` is called after each, from any of them. The
    /// results are in the order of the cells and the same for any number of threads.
    #[must_use]
    pub fn run(&self, threads: usize, done: impl Fn() + Sync) -> Vec<CellResult> {
        self.run_and_keep(threads, done, |_, _| ()).0
    }

    /// The same, and what `keep` makes of each cell's record, in the same order; none for a cell that
    /// is not applicable.
    #[must_use]
    pub fn run_and_keep<T: Send>(
        &self,
        threads: usize,
        done: impl Fn() + Sync,
        keep: impl Fn(&Scenario<'a>, &Record) -> T + Sync,
    ) -> (Vec<CellResult>, Vec<Option<T>>) {
        let next = AtomicUsize::new(0);
        let results: Vec<_> = self.jobs.iter().map(|_| None).collect();
        let results = Mutex::new(results);
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, self.jobs.len().max(1)) {
                scope.spawn(|| {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let Some((cell, scenario)) = self.jobs.get(place) else { break };
                        let result = run_one(cell, scenario.as_ref(), &keep);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results[place] = Some(result);
                        drop(results);
                        done();
                    }
                });
            }
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.into_iter().flatten().unzip()
    }
}

fn run_one<'a, T>(
    cell: &CellId,
    scenario: Option<&Scenario<'a>>,
    keep: impl Fn(&Scenario<'a>, &Record) -> T,
) -> (CellResult, Option<T>) {
    let Some(scenario) = scenario else { return (CellResult::not_applicable(cell.clone()), None) };
    let record = run(scenario);
    (CellResult::of(cell.clone(), &record), Some(keep(scenario, &record)))
}
