//! Rounds: a client that starts again after a failure does so here, until it succeeds, gives up, or
//! has done the same thing twice.

use std::time::Duration;

use pasvlab_scenarios::{Retry, RetryCause};

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

async fn rounds(task: &Task, address: std::net::SocketAddr) -> Ending {
    let mut previous = None;
    let mut commands = task.client.data.commands.iter().copied().collect();
    for round in 1.. {
        sim::record(What::Round(round));
        let start = sim::now();
        let (result, decisions) = session::run(task, address, &mut commands).await;
        let Err(broken) = result else { return Ending::Complete };
        if let Some(said) = broken.said.clone().or_else(|| silence(task, &broken)) {
            sim::said(said);
        }
        // It goes on with a command less than before, so there is an end to this.
        if broken.way_out == WayOut::GoOn {
            continue;
        }
        let Some(retry) = starts_again(task, &broken, round) else { return failed(&broken) };
        // What it printed does not count: it may name the passive port, which differs each time.
        let this = (broken.stage, broken.failure.clone(), decisions);
        if previous.as_ref() == Some(&this) {
            let remaining = remaining(retry, round, sim::now() - start);
            sim::record(What::Cut { rounds: round, of: retry.rounds, remaining });
            return failed(&broken);
        }
        previous = Some(this);
        tokio::time::sleep(wait(retry, round)).await;
    }
    unreachable!("the loop above has no end of its own")
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
    let retry = task.client.retry.as_ref()?;
    let Failure::Connect(error) = &broken.failure else { return None };
    let cause = match error {
        ConnectError::Refused => RetryCause::Refused,
        ConnectError::TimedOut | ConnectError::ClientTimeout => RetryCause::TimedOut,
        ConnectError::Unreachable => RetryCause::Unreachable,
        ConnectError::AddressNotAvailable => RetryCause::AddressNotAvailable,
    };
    let again = broken.way_out == WayOut::StartAgain
        && round < retry.rounds
        && retry.after.contains(&cause);
    again.then_some(retry)
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

/// How long the rounds after this one would take if each took as long as this one.
fn remaining(retry: &Retry, round: u32, length: Duration) -> Duration {
    let rounds = (retry.rounds - round) as usize;
    let pauses: Duration = waits(retry).skip(round as usize - 1).take(rounds).sum();
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
}
