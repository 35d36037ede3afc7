//! What comes after a failure, and which fall-backs fit that.

use std::time::Duration;

use pasvlab_scenarios::{DataCommand, Fallback};

use super::operations::is_prelude;
use super::sight::{Effort, End, Session, Sight};

/// What a program did after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reaction {
    /// Where.
    pub(super) situation: String,
    /// The command that led nowhere.
    pub(super) command: DataCommand,
    /// How.
    pub(super) end: End,
    /// Whether it had dialled the peer in place of the announced address.
    pub(super) replaced: bool,
    /// Whether the server had refused `EPSV`.
    pub(super) epsv_refused: bool,
    /// What came next.
    pub(super) next: Next,
    /// Whether there was a pause before a new control connection.
    pub(super) paused: bool,
}

impl Reaction {
    /// Whether the command was sent again on the same control connection, not because a connection
    /// had failed. The lab's client does so with a new one.
    pub(super) fn repeats(&self) -> bool {
        self.next == Next::Again && !matches!(self.end, End::Connect(_))
    }
}

/// What comes after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, or another transfer.
    Ended,
    /// The same command again, on the same control connection.
    Again,
    /// Another command on it.
    Moved(DataCommand),
    /// A new control connection, and the same command again.
    Anew,
    /// A new control connection, and another command.
    AnewWith(DataCommand),
}

/// A new control connection that comes later than this after a failure has been waited for.
const PAUSE: Duration = Duration::from_millis(700);

/// In order of preference, where several fit what was seen.
const PREFERENCE: [Fallback; 7] = [
    Fallback::Stop,
    Fallback::NextCommand,
    Fallback::ActiveMode,
    Fallback::Reconnect,
    Fallback::ReconnectNext,
    Fallback::ReconnectActive,
    Fallback::ReconnectPassive,
];

/// Every reaction to a failure.
pub(super) fn reactions(seen: &[Sight]) -> Vec<Reaction> {
    seen.iter().flat_map(of_sight).collect()
}

fn of_sight(sight: &Sight) -> Vec<Reaction> {
    let efforts: Vec<(usize, &Effort)> = sight.efforts().collect();
    let mut reactions = Vec::new();
    let mut epsv_refused = false;
    for (place, (session, effort)) in efforts.iter().enumerate() {
        let end = effort.end();
        let failed = matches!(end, End::Refused(_) | End::Unparsable);
        epsv_refused |= failed && effort.command == DataCommand::Epsv;
        if matches!(end, End::Transferred | End::Other) {
            continue;
        }
        let next = match efforts.get(place + 1) {
            Some((later, next)) if later == session => {
                on_the_same(&sight.sessions[*session], effort, next)
            }
            Some((_, next)) => anew(effort, next),
            // Nobody knows what it would have done next.
            None if sight.stopped.is_some() => continue,
            None => Next::Ended,
        };
        let rounds_are_over = |other: &Reaction| {
            let began_again = matches!(other.next, Next::Anew | Next::AnewWith(_) | Next::Again);
            next == Next::Ended
                && began_again
                && other.command == effort.command
                && other.end == end
        };
        if !reactions.iter().any(rounds_are_over) {
            reactions.push(reaction(sight, *session, effort, epsv_refused, next));
        }
    }
    reactions
}

fn reaction(
    sight: &Sight,
    session: usize,
    effort: &Effort,
    epsv_refused: bool,
    next: Next,
) -> Reaction {
    let begun = sight.sessions.get(session + 1).map(|session| session.begun);
    let pause = begun.map_or(Duration::ZERO, |begun| begun.saturating_sub(effort.ended));
    Reaction {
        situation: sight.situation.clone(),
        command: effort.command,
        end: effort.end(),
        replaced: effort.replaced(sight.sessions[session].peer),
        epsv_refused,
        next,
        paused: matches!(next, Next::Anew | Next::AnewWith(_)) && pause > PAUSE,
    }
}

fn on_the_same(session: &Session, effort: &Effort, next: &Effort) -> Next {
    // What is said before a transfer is said again: it is another one, unless it is the same word for
    // word.
    let said = |line: &&String| {
        let earlier = session.efforts.iter().take_while(|other| other.at < next.at);
        session.opening.contains(line) || earlier.into_iter().any(|e| e.before.contains(line))
    };
    let prelude = next.before.iter().filter(|line| is_prelude(line));
    if prelude.into_iter().any(|line| !said(&line)) {
        return Next::Ended;
    }
    if next.command == effort.command { Next::Again } else { Next::Moved(next.command) }
}

fn anew(effort: &Effort, next: &Effort) -> Next {
    if next.command == effort.command { Next::Anew } else { Next::AnewWith(next.command) }
}

/// A program's commands, as far as fall-backs depend on them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) commands: &'a [DataCommand],
    pub(super) eprt_needs_epsv: bool,
    pub(super) forgets_failures: bool,
}

impl Order<'_> {
    /// Whether a fall-back leads to what was seen.
    pub(super) fn fits(&self, fallback: Fallback, reaction: &Reaction) -> bool {
        let leads = |fallback| {
            let next = self.leads_to(fallback, reaction.command, reaction.epsv_refused);
            next == Some(reaction.next)
        };
        // This one goes on at once.
        let patient =
            [Fallback::ReconnectActive, Fallback::ReconnectPassive].into_iter().any(leads);
        let hurries = fallback == Fallback::ReconnectNext && reaction.paused && patient;
        let repeats = fallback == Fallback::Reconnect && reaction.repeats();
        (leads(fallback) && !hurries) || repeats
    }

    /// What a fall-back leads to; none if it is not possible.
    fn leads_to(&self, fallback: Fallback, from: DataCommand, epsv_refused: bool) -> Option<Next> {
        let skips = |command: &DataCommand| {
            *command == DataCommand::Eprt && self.eprt_needs_epsv && epsv_refused
        };
        let rest = self.commands.iter().copied().skip_while(|command| *command != from).skip(1);
        let mut rest = rest.filter(|command| !skips(command));
        let mut all = self.commands.iter().copied();
        let anew = |command| if command == from { Next::Anew } else { Next::AnewWith(command) };
        match fallback {
            Fallback::Stop => Some(Next::Ended),
            Fallback::NextCommand => Some(rest.next().map_or(Next::Ended, Next::Moved)),
            Fallback::ActiveMode => {
                all.find(|command| command.is_active())?;
                let then = rest.find(|command| command.is_active());
                Some(then.map_or(Next::Ended, Next::Moved))
            }
            Fallback::Reconnect if self.forgets_failures => all.next().map(anew),
            Fallback::Reconnect => Some(Next::Anew),
            Fallback::ReconnectNext => Some(rest.next().map_or(Next::Ended, Next::AnewWith)),
            Fallback::ReconnectActive => all.find(|command| command.is_active()).map(anew),
            Fallback::ReconnectPassive => all.find(|command| !command.is_active()).map(anew),
        }
    }

    /// The fall-back that fits most of what was seen, and what it does not fit. None if nothing was
    /// seen.
    pub(super) fn choose<'r>(
        &self,
        reactions: &[&'r Reaction],
    ) -> Option<(Fallback, Vec<&'r Reaction>)> {
        let count = |fallback: &Fallback| {
            reactions.iter().filter(|reaction| self.fits(*fallback, reaction)).count()
        };
        // The first of the best.
        let best = PREFERENCE.into_iter().min_by_key(|f| std::cmp::Reverse(count(f)))?;
        let fits = |reaction: &&&Reaction| !self.fits(best, reaction);
        (!reactions.is_empty()).then(|| (best, reactions.iter().filter(fits).copied().collect()))
    }

    /// Fall-backs other than the chosen one that fit everything as well.
    pub(super) fn as_good(&self, chosen: Fallback, reactions: &[&Reaction]) -> Vec<Fallback> {
        let fits_all =
            |fallback: &Fallback| reactions.iter().all(|reaction| self.fits(*fallback, reaction));
        PREFERENCE.into_iter().filter(|f| *f != chosen && fits_all(f)).collect()
    }
}
