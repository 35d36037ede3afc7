//! Rounds: a client that starts again after a failure does so here, until it succeeds, gives up, or
//! has done the same thing twice.

use std::collections::VecDeque;
use std::time::Duration;

use pasvlab_scenarios::{DataCommand, Retry, RetryCause};

use super::session::Left;
use super::{Broken, Task, WayOut, messages, session};
use crate::record::{ConnectError, Ending, Failure, Stage, What};
use crate::sim;

/// Runs the client to its end.
pub async fn run(task: Task) {
    let ending = match resolve(&task).await {
        Ok(address) => rounds(&task, address).await,
        Err(broken) => failed(&broken),
    };
    sim::record(What::Ended(ending));
}

/// The address for the control connection: the first one of the answer. It is asked for once, as the
/// programs that reconnect keep the answer for a while.
async fn resolve(task: &Task) -> Result<std::net::SocketAddr, Broken> {
    let unresolved = |text| Broken::protocol(Stage::Control, text);
    let mut addresses = tokio::net::lookup_host((task.host.as_str(), task.port))
        .await
        .map_err(|error| unresolved(error.to_string()))?;
    addresses.next().ok_or_else(|| unresolved(format!("{} has no address", task.host)))
}

/// What a round came to. What it printed does not count: it may name the passive port, which differs
/// each time.
#[derive(Debug, PartialEq)]
struct Round {
    stage: Stage,
    failure: Failure,
    decisions: session::Decisions,
    /// The commands for the next round, in order.
    commands: VecDeque<DataCommand>,
    /// How many transfers are left.
    transfers: usize,
}

async fn rounds(task: &Task, address: std::net::SocketAddr) -> Ending {
    let mut past = Vec::new();
    let mut lengths = Vec::new();
    let mut left = Left::everything(task);
    for round in 1.. {
        sim::record(What::Round(round));
        let start = sim::now();
        let transfers = left.transfers.len();
        let (result, decisions) = session::run(task, address, &mut left).await;
        let Err(broken) = result else { return Ending::Complete };
        if let Some(said) = broken.said.clone().or_else(|| silence(task, &broken)) {
            sim::said(said);
        }
        left.after(&broken, transfers);
        // It goes on with a command less than before, so there is an end to this.
        if broken.way_out == WayOut::GoOn {
            continue;
        }
        let Some(retry) = starts_again(task, &broken, round) else { return failed(&broken) };
        let (stage, failure) = (broken.stage, broken.failure.clone());
        if task.client.data.forgets_failures && !left.resumes {
            left.commands = task.client.data.commands.iter().copied().collect();
        }
        let (commands, transfers) = (left.commands.clone(), left.transfers.len());
        past.push(Round { stage, failure, decisions, commands, transfers });
        lengths.push(sim::now() - start);
        if let Some(cycle) = cycle(&past) {
            let last = &lengths[lengths.len() - cycle..];
            let mean = last.iter().sum::<Duration>() / cycle as u32;
            let remaining = remaining(retry, round, mean);
            sim::record(What::Cut { rounds: round, of: retry.rounds, remaining });
            return failed(&broken);
        }
        tokio::time::sleep(pause(retry, wait(retry, round), sim::now() - start)).await;
    }
    unreachable!("the loop above has no end of its own")
}

/// How many rounds at the end of `past` repeat as many before them, if it is the client that goes round
/// in a circle: after each of them it would send something else.
fn cycle(past: &[Round]) -> Option<usize> {
    (1..=past.len() / 2).find(|length| {
        let (before, last) = past.split_at(past.len() - length);
        let differ = |at: usize| last[..at].iter().all(|other| other.commands != last[at].commands);
        before.ends_with(last) && (0..*length).all(differ)
    })
}

/// What the client prints if nothing came for longer than it waits.
fn silence(task: &Task, broken: &Broken) -> Option<String> {
    (broken.failure == Failure::Silence).then(|| messages::silence(&task.client))?
}

fn failed(broken: &Broken) -> Ending {
    Ending::Failed { stage: broken.stage, failure: broken.failure.clone() }
}

/// The client's retry settings, if it tries again after this failure.
fn starts_again<'a>(task: &'a Task, broken: &Broken, round: u32) -> Option<&'a Retry> {
    let retry = task.client.retry.as_ref().filter(|retry| round < retry.rounds)?;
    let named = || cause(broken).is_some_and(|cause| retry.after.contains(&cause));
    (broken.way_out == WayOut::Switch || named()).then_some(retry)
}

/// What has to be named for a client to start again after this failure; none if it never does.
fn cause(broken: &Broken) -> Option<RetryCause> {
    match (&broken.failure, broken.way_out) {
        (Failure::Silence, _) => Some(RetryCause::Silence),
        (Failure::Rejected(400..500), WayOut::None) if broken.stage == Stage::Transfer => {
            Some(RetryCause::TransientReply)
        }
        (Failure::Connect(error), WayOut::StartAgain) => Some(match error {
            ConnectError::Refused => RetryCause::Refused,
            ConnectError::TimedOut | ConnectError::ClientTimeout => RetryCause::TimedOut,
            ConnectError::Unreachable => RetryCause::Unreachable,
            ConnectError::AddressNotAvailable => RetryCause::AddressNotAvailable,
        }),
        (Failure::Rejected(_), WayOut::StartAgain) => Some(RetryCause::Rejected),
        (Failure::Protocol(_), WayOut::StartAgain) => Some(RetryCause::Unparsable),
        _ => None,
    }
}

/// The pauses after the first round, the second, and so on, rounded to milliseconds.
fn waits(retry: &Retry) -> impl Iterator<Item = Duration> {
    let (factor, step) = (retry.wait_factor, retry.wait_step.as_secs_f64());
    let most = retry.max_wait.as_secs_f64();
    let first = retry.first_wait.as_secs_f64().min(most);
    let seconds =
        std::iter::successors(Some(first), move |wait| Some((wait * factor + step).min(most)));
    seconds.map(|wait| Duration::from_millis((wait * 1000.0).round() as u64))
}

/// The pause after round number `round`.
fn wait(retry: &Retry, round: u32) -> Duration {
    waits(retry).nth(round as usize - 1).unwrap_or(retry.max_wait)
}

/// What is left of a pause after a round of this length.
fn pause(retry: &Retry, wait: Duration, length: Duration) -> Duration {
    if retry.waits_from_start { wait.saturating_sub(length) } else { wait }
}

/// How long the rounds after this one would take if each took as long as this one.
fn remaining(retry: &Retry, round: u32, length: Duration) -> Duration {
    let rounds = (retry.rounds - round) as usize;
    let waits = waits(retry).skip(round as usize - 1).take(rounds);
    let pauses: Duration = waits.map(|wait| pause(retry, wait, length)).sum();
    pauses + length * (retry.rounds - round)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(first: u64, factor: f64, step: u64, most: u64) -> Retry {
        Retry {
            after: vec![],
            rounds: 20,
            first_wait: Duration::from_secs(first),
            wait_factor: factor,
            wait_step: Duration::from_secs(step),
            max_wait: Duration::from_secs(most),
            waits_from_start: false,
            always_waits: false,
        }
    }

    #[test]
    fn pauses_grow_by_their_factor_up_to_the_longest() {
        let retry = retry(15, 1.5, 0, 300);
        let pauses: Vec<u64> =
            (1..=10).map(|round| wait(&retry, round).as_millis() as u64).collect();
        assert_eq!(pauses[..3], [15_000, 22_500, 33_750]);
        assert_eq!(pauses[9], 300_000);
    }

    #[test]
    fn pauses_grow_by_their_step_up_to_the_longest() {
        let retry = retry(1, 1.0, 1, 10);
        let pauses: Vec<u64> = waits(&retry).map(|wait| wait.as_secs()).take(12).collect();
        assert_eq!(pauses, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
    }

    #[test]
    fn a_pause_from_the_start_is_over_after_a_long_round() {
        let retry = Retry { waits_from_start: true, ..retry(15, 1.5, 0, 300) };
        let left = |length| pause(&retry, wait(&retry, 1), Duration::from_secs(length));
        assert_eq!([left(0), left(5), left(127)].map(|left| left.as_secs()), [15, 10, 0]);
    }

    #[test]
    fn a_cycle_is_what_the_rounds_at_the_end_repeat() {
        let after = |rounds: &[(u16, DataCommand)]| {
            let round = |(code, next): &(u16, DataCommand)| Round {
                stage: Stage::DataConnect,
                failure: Failure::Rejected(*code),
                decisions: Vec::new(),
                commands: VecDeque::from([*next]),
                transfers: 3,
            };
            cycle(&rounds.iter().map(round).collect::<Vec<_>>())
        };
        let (pasv, port) = ((502, DataCommand::Port), (500, DataCommand::Pasv));
        assert_eq!(after(&[pasv]), None);
        assert_eq!(after(&[pasv, pasv]), Some(1));
        assert_eq!(after(&[pasv, port, pasv]), None);
        assert_eq!(after(&[(421, DataCommand::Pasv), pasv, port, pasv, port]), Some(2));
        // It is the server that alternates.
        let other = (425, DataCommand::Port);
        assert_eq!(after(&[pasv, other, pasv, other]), None);
    }
}
