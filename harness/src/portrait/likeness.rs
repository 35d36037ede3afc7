//! What a client file does in the same situations, and whether it is the same.

use pasvlab_scenarios::{Catalog, Client, Situation, Situations, TransferKind};

use super::address::Went;
use super::operations::words;
use super::plan::next;
use super::sight::{Sight, Step, sight};
use crate::lab::{Dialler, Scenario};

/// The seed of every choice.
const SEED: u64 = 1;

/// A situation in which two did not do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The situation.
    pub situation: String,
    /// What was seen.
    pub seen: Vec<Step>,
    /// What the client file does.
    pub file: Vec<Step>,
}

/// How much a client file is like what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The client's id.
    pub client: String,
    /// Situations in which it sends other data-connection commands, or dials other addresses.
    pub differs: Vec<String>,
    /// Whether it also says the same words in the same order where everything works.
    pub same_words: bool,
}

/// What the lab's own client does in a situation.
///
/// # Panics
/// If the situation is not one of `situations`.
#[must_use]
pub fn simulated(
    situations: &Situations,
    situation: &Situation,
    client: &Client,
    transfers: &[TransferKind],
) -> Sight {
    let topology = situations.place(situation);
    let dialler = Dialler::Simulated(client);
    let scenario = Scenario::of(topology, &situation.passive_ip, dialler, &situation.server, SEED);
    let scenario = scenario.expect("a situation has a setting of its place");
    let record = crate::run(&Scenario { transfers: transfers.to_vec(), ..scenario });
    sight(&situation.id, &record, None)
}

/// Watches somebody through all situations that may show something new.
///
/// # Errors
/// The first error of `watch`.
pub fn watch<E>(
    situations: &Situations,
    mut watch: impl FnMut(&[&Situation]) -> Result<Vec<Sight>, E>,
) -> Result<Vec<Sight>, E> {
    let mut seen: Vec<Sight> = Vec::new();
    loop {
        let batch = next(situations, &seen);
        if batch.is_empty() {
            return Ok(seen);
        }
        seen.extend(watch(&batch)?);
    }
}

/// Where a client file does something else than was seen.
#[must_use]
pub fn differences(
    situations: &Situations,
    seen: &[Sight],
    client: &Client,
    transfers: &[TransferKind],
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for sight in seen {
        let situation = situations.iter().find(|situation| situation.id == sight.situation);
        let Some(situation) = situation else { continue };
        let file = simulated(situations, situation, client, transfers);
        if !same(sight, &file) {
            let situation = sight.situation.clone();
            let (seen, file) = (sight.steps().collect(), file.steps().collect());
            differences.push(Difference { situation, seen, file });
        }
    }
    differences
}

/// Whether two did the same, as far as both were followed.
fn same(one: &Sight, other: &Sight) -> bool {
    let (first, second): (Vec<Step>, Vec<Step>) = (one.steps().collect(), other.steps().collect());
    if one.stopped.is_none() && other.stopped.is_none() {
        return first == second;
    }
    // Who was not stopped would have gone on as well.
    let longer = |stopped: &[Step], ended: &Sight, all: &[Step]| {
        ended.stopped.is_none() && stopped.len() > all.len()
    };
    if longer(&first, other, &second) || longer(&second, one, &first) {
        return false;
    }
    let length = first.len().min(second.len());
    // The step at which somebody was stopped may not be over.
    let close = |(a, b): (&Step, &Step)| {
        a == b
            || (a.command == b.command
                && (a.dialled == Went::Nowhere || b.dialled == Went::Nowhere))
    };
    let steady = length.saturating_sub(1);
    let ends_alike = first[steady..length].iter().zip(&second[steady..length]).all(close);
    first[..steady] == second[..steady] && ends_alike && (length > 0 || first.len() == second.len())
}

/// Every client of the catalogue that goes without TLS, as the situations do: the most alike first; in
/// order of id where they are equally alike.
#[must_use]
pub fn closest(
    catalog: &Catalog,
    situations: &Situations,
    seen: &[Sight],
    transfers: &[TransferKind],
) -> Vec<Likeness> {
    let clients = catalog.clients().filter(|client| !client.asks_for_tls());
    let mut all: Vec<Likeness> =
        clients.map(|client| likeness(situations, seen, client, transfers)).collect();
    all.sort_by_key(|one| (one.differs.len(), !one.same_words));
    all
}

fn likeness(
    situations: &Situations,
    seen: &[Sight],
    client: &Client,
    transfers: &[TransferKind],
) -> Likeness {
    let differences = differences(situations, seen, client, transfers);
    let whole = seen.iter().find(|sight| !sight.transferred().is_empty());
    let same_words = whole.is_some_and(|sight| {
        let situation = situations.iter().find(|situation| situation.id == sight.situation);
        let file = situation.map(|s| simulated(situations, s, client, transfers));
        let said = |sight: &Sight| -> Vec<String> {
            let lines = sight.sessions.iter().flat_map(words).map(str::to_owned);
            lines.filter(|word| word != "QUIT").collect()
        };
        file.is_some_and(|file| said(&file) == said(sight))
    });
    Likeness {
        client: client.id.clone(),
        differs: differences.into_iter().map(|difference| difference.situation).collect(),
        same_words,
    }
}
