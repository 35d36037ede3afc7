//! How often a program begins again, and with which pauses.

use std::time::Duration;

use pasvlab_scenarios::{Retry, RetryCause};

use super::sight::Sight;
use crate::net::Time;

/// Rounds that are written down if the program was stopped before its last.
const MANY: u32 = 1000;
/// Pauses that differ by less are the same: programs count them from different moments.
const SAME: f64 = 0.5;

/// What is known of a program's rounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rounds {
    pub(super) retry: Retry,
    /// Whether the number of rounds was seen.
    pub(super) counted: bool,
    /// Pauses between rounds, as they were seen.
    pub(super) pauses: Vec<Duration>,
}

/// Concludes from the sights in which it began again.
pub(super) fn rounds(seen: &[Sight], situations: &[String], after: Vec<RetryCause>) -> Rounds {
    let again = seen.iter().filter(|sight| situations.contains(&sight.situation));
    let again: Vec<&Sight> = again.collect();
    let longest = again.iter().copied().max_by_key(|sight| sight.sessions.len());
    let from_start = counts_from_start(&again);
    let pauses = longest.map(|sight| pauses(sight, from_start)).unwrap_or_default();
    let counted = longest.is_some_and(|sight| sight.stopped.is_none());
    let rounds = longest.filter(|_| counted).map_or(MANY, |sight| sight.sessions.len() as u32);
    let (wait_factor, wait_step) = growth(&pauses);
    let first_wait = pauses.first().map_or(Duration::ZERO, |pause| tidy(*pause));
    let most = pauses.iter().max().map_or(first_wait, |pause| tidy(*pause));
    let mut retry = super::conclude::blank().retry.expect("the blank file has rounds");
    (retry.after, retry.rounds) = (after, rounds.max(2));
    (retry.first_wait, retry.wait_factor, retry.wait_step) = (first_wait, wait_factor, wait_step);
    retry.max_wait = most.max(first_wait);
    retry.waits_from_start = from_start;
    Rounds { retry, counted, pauses }
}

/// From the end of each round to the next, or from its beginning.
fn pauses(sight: &Sight, from_start: bool) -> Vec<Duration> {
    let ends = sight.sessions.iter().map(|session| match session.efforts.last() {
        Some(effort) if !from_start => effort.ended,
        _ => session.begun,
    });
    let pause = |(end, next): (Time, Time)| next.saturating_sub(end);
    ends.zip(sight.sessions.iter().skip(1).map(|session| session.begun)).map(pause).collect()
}

/// Whether first rounds of different lengths are followed by pauses that end at the same time.
fn counts_from_start(again: &[&Sight]) -> bool {
    let first = |from_start| -> Vec<f64> {
        let pauses = again.iter().filter_map(|sight| pauses(sight, from_start).first().copied());
        pauses.map(|pause| pause.as_secs_f64()).collect()
    };
    let spread = |pauses: Vec<f64>| {
        let most = pauses.iter().copied().fold(0.0, f64::max);
        most - pauses.into_iter().fold(most, f64::min)
    };
    spread(first(true)) < SAME && spread(first(false)) >= SAME
}

/// What pauses are multiplied by, and what is added to them.
fn growth(pauses: &[Duration]) -> (f64, Duration) {
    let seconds: Vec<f64> = pauses.iter().map(Duration::as_secs_f64).collect();
    let (none, same) = (Duration::ZERO, |a: f64, b: f64| (a - b).abs() < SAME);
    match seconds[..] {
        [first, second, third, ..] if same(third - second, second - first) => {
            let step = second - first;
            (1.0, if step < SAME { none } else { tidy(Duration::from_secs_f64(step)) })
        }
        [first, second, ..] if first > SAME && second - first >= SAME => {
            (((second / first) * 10.0).round() / 10.0, none)
        }
        _ => (1.0, none),
    }
}

/// To tenths of a second.
fn tidy(time: Duration) -> Duration {
    Duration::from_millis((time.as_millis() as u64 + 50) / 100 * 100)
}
