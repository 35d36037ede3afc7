//! Reactions and observations in words.

use pasvlab_scenarios::{AddressPolicy, ConnectCause, RetryCause};

use super::places;
use crate::portrait::address::{Observation, Went};
use crate::portrait::reaction::{Next, Reaction};
use crate::portrait::sight::End;
use crate::record::ConnectError;

/// Reactions that differ in more than their situation.
pub(super) fn distinct(reactions: &[Reaction]) -> Vec<&Reaction> {
    let mut found: Vec<&Reaction> = Vec::new();
    for reaction in reactions {
        let same = |other: &&Reaction| {
            Reaction { situation: reaction.situation.clone(), ..(**other).clone() } == *reaction
        };
        if !found.iter().any(same) {
            found.push(reaction);
        }
    }
    found
}

pub(super) fn evidence<'a>(reactions: impl Iterator<Item = &'a Reaction>) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for reaction in reactions {
        let text = what_followed(reaction);
        match said.iter_mut().find(|(other, _)| *other == text) {
            Some((_, situations)) => situations.push(&reaction.situation),
            None => said.push((text, vec![&reaction.situation])),
        }
    }
    let said = said
        .into_iter()
        .map(|(text, situations)| format!("{text} in {}", places(situations.into_iter())));
    said.collect::<Vec<_>>().join("; ")
}

pub(super) fn told(reaction: &Reaction) -> String {
    format!("{} in {}", what_followed(reaction), reaction.situation)
}

pub(super) fn what_followed(reaction: &Reaction) -> String {
    let name = reaction.command.name();
    match reaction.next {
        Next::Ended => format!("nothing after {name}"),
        Next::Again => format!("{name} again"),
        Next::Moved(command) => format!("{} after {name}", command.name()),
        Next::Anew => format!("a new log-in and the same again after {name}"),
        Next::AnewWith(command) => format!("a new log-in and {} after {name}", command.name()),
    }
}

pub(super) fn cause(reaction: &Reaction) -> Option<ConnectCause> {
    let End::Connect(error) = reaction.end else { return None };
    Some(match error {
        ConnectError::Refused => ConnectCause::Refused,
        ConnectError::TimedOut | ConnectError::ClientTimeout => ConnectCause::TimedOut,
        ConnectError::Unreachable => ConnectCause::Unreachable,
        ConnectError::AddressNotAvailable => ConnectCause::AddressNotAvailable,
    })
}

pub(super) fn retry_cause(reaction: &Reaction) -> Option<RetryCause> {
    Some(match (reaction.end, cause(reaction)) {
        (End::Refused(_), _) => RetryCause::Rejected,
        (End::Unparsable, _) => RetryCause::Unparsable,
        (_, Some(ConnectCause::Refused)) => RetryCause::Refused,
        (_, Some(ConnectCause::TimedOut)) => RetryCause::TimedOut,
        (_, Some(ConnectCause::Unreachable)) => RetryCause::Unreachable,
        (_, Some(ConnectCause::AddressNotAvailable)) => RetryCause::AddressNotAvailable,
        (_, None) => return None,
    })
}

pub(super) fn closest_policy(observations: &[Observation]) -> AddressPolicy {
    let count = |policy: &AddressPolicy| {
        observations.iter().filter(|observation| observation.fits(*policy)).count()
    };
    let best =
        crate::portrait::preference().into_iter().min_by_key(|p| std::cmp::Reverse(count(p)));
    best.unwrap_or(AddressPolicy::Reply)
}

pub(super) fn describe(observation: &Observation) -> String {
    let Observation { announced, peer, went } = observation;
    let went = match went {
        Went::To(address) if address == announced && address == peer => {
            return format!("{announced} from itself: dialled");
        }
        Went::To(address) if address == announced => "dialled".to_owned(),
        Went::To(address) if address == peer => "the peer instead".to_owned(),
        Went::To(address) => format!("{address} instead"),
        Went::Nowhere => "refused".to_owned(),
        Went::Unseen => "not seen to arrive".to_owned(),
    };
    format!("{announced} from {peer}: {went}")
}
