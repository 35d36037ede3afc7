//! What the client repeats, what it remembers, and how long it waits.

use std::time::Duration;

use pasvlab_scenarios::{DataCommand, Fallback, RetryCause};

use super::Conclusions;
use super::words::retry_cause;
use crate::portrait::reaction::Next;
use crate::portrait::retry;
use crate::portrait::sight::{Dial, Effort, End, Sight};
use crate::record::ConnectError;

impl Conclusions<'_> {
    /// What is repeated, how often, with which pauses.
    pub(super) fn retry(&mut self) {
        let data = &self.draft.client.data;
        let mut fallbacks = vec![data.on_reply_error, data.on_unparsable, data.on_mismatch];
        fallbacks.push(data.on_connect_failure);
        fallbacks.extend(data.on_replaced_connect_failure);
        fallbacks.extend(data.on_reply_codes.iter().map(|rule| rule.then));
        fallbacks.extend(data.on_connect_causes.iter().map(|rule| rule.then));
        if !fallbacks.into_iter().any(Fallback::starts_again) {
            return;
        }
        let again = self.of(|reaction| {
            matches!(reaction.next, Next::Anew | Next::AnewWith(_)) || reaction.repeats()
        });
        let same = again.iter().filter(|r| self.order().fits(Fallback::Reconnect, r));
        let mut after: Vec<RetryCause> = Vec::new();
        for cause in same.filter_map(retry_cause) {
            if !after.contains(&cause) {
                after.push(cause);
            }
        }
        if after.is_empty() {
            // The file asks for one; the fall-backs above never come to it.
            after.push(RetryCause::Refused);
        }
        let situations: Vec<String> = again.iter().map(|r| r.situation.clone()).collect();
        let rounds = retry::rounds(self.seen, &situations, after);
        let pauses: Vec<String> =
            rounds.pauses.iter().map(|pause| format!("{:.1}", pause.as_secs_f64())).collect();
        self.seen_in("retry", format!("pauses of {} s", pauses.join(", ")));
        if rounds.pauses.len() == 2 && rounds.retry.wait_factor != 1.0 {
            self.untold("whether pauses grow by a factor or by a step: there were two");
        }
        if !rounds.counted {
            self.inexact(
                "retry",
                "it was stopped before its last round; how many there are is not known",
            );
        }
        self.draft.client.retry = Some(rounds.retry);
    }

    /// How often a command is sent before the next.
    pub(super) fn tries(&mut self) {
        let mut most = (1, String::new());
        for sight in self.seen {
            let mut run = 1;
            for reaction in self.reactions.iter().filter(|r| r.situation == sight.situation) {
                let again = reaction.next == Next::Again && matches!(reaction.end, End::Connect(_));
                run = if again { run + 1 } else { 1 };
                if run > most.0 {
                    most = (run, sight.situation.clone());
                }
            }
        }
        if most.0 > 1 {
            self.draft.client.data.tries = most.0.min(100);
            self.seen_in("tries", format!("as often in {}", most.1));
        }
    }

    /// What it remembers from one transfer to the next.
    pub(super) fn habits(&mut self) {
        let first = self.draft.client.data.commands[0];
        if self.draft.client.data.commands.len() < 2 {
            return;
        }
        let mut forgets = self.begins_anew(first).map(|place| (true, place));
        for sight in self.seen {
            for session in &sight.sessions {
                let failed =
                    |effort: &&Effort| effort.command == first && effort.end() != End::Transferred;
                let Some(at) = session.efforts.iter().position(|e| failed(&e)) else { continue };
                let anew = session.efforts[at..].windows(2).find_map(|pair| {
                    let prelude = |line: &String| crate::portrait::operations::is_prelude(line);
                    let another = pair[0].confirmed || pair[1].before.iter().any(prelude);
                    another.then_some(&pair[1])
                });
                if let Some(effort) = anew {
                    forgets = Some((effort.command == first, sight.situation.clone()));
                }
            }
        }
        match forgets {
            Some((true, place)) => {
                self.draft.client.data.forgets_failures = true;
                self.seen_in("forgets_failures", format!("{} again in {place}", first.name()));
            }
            Some((false, _)) => {}
            None => {
                self.untold("whether a command that failed is tried again at the next transfer");
            }
        }
    }

    /// Where it begins a new control connection with its first command, although it had already gone on
    /// to another one.
    pub(super) fn begins_anew(&self, first: DataCommand) -> Option<String> {
        let goes_on = |session: &crate::portrait::sight::Session| {
            let mut efforts = session.efforts.iter();
            efforts.next().is_some_and(|effort| effort.command == first)
                && efforts.next().is_some_and(|effort| effort.command != first)
        };
        let begins = |session: &crate::portrait::sight::Session| {
            session.efforts.first().is_some_and(|effort| effort.command == first)
        };
        let anew = |sight: &&Sight| {
            sight.sessions.windows(2).any(|pair| goes_on(&pair[0]) && begins(&pair[1]))
        };
        self.seen.iter().find(anew).map(|sight| sight.situation.clone())
    }

    pub(super) fn times(&mut self) {
        let mut waited: Option<(Duration, String)> = None;
        for (sight, _, effort) in self.efforts() {
            if let Dial::Failed { error: ConnectError::ClientTimeout, after } = effort.dial {
                waited.get_or_insert((after, sight.situation.clone()));
            }
        }
        if let Some((after, place)) = waited {
            let seconds = after.as_secs_f64().round().max(1.0) as u64;
            self.draft.client.data.connect_timeout = Some(Duration::from_secs(seconds));
            self.seen_in("connect_timeout_s", format!("{:.1} s in {place}", after.as_secs_f64()));
            return;
        }
        let system = self.efforts().find_map(|(_, _, effort)| match effort.dial {
            Dial::Failed { error: ConnectError::TimedOut, after } => Some(after),
            _ => None,
        });
        if let Some(after) = system {
            self.untold(format!(
                "time-outs of its own above {:.0} s: the system gave up before",
                after.as_secs_f64()
            ));
        }
    }

    pub(super) fn not_looked_into(&mut self) {
        self.inexact("pasv_reply", "how it reads unusual replies was not looked into");
        self.inexact("messages", "what it prints was not looked into");
    }
}
