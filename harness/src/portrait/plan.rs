//! Which situations a program is watched in next.

use pasvlab_scenarios::{AddressPolicy, PassiveIp, Situation, Situations};

use super::address::Observation;
use super::conclude::observations;
use super::sight::Sight;
use super::{Went, candidates};
use crate::ftp::client::policy::{Choice, choose};

/// The situations that come next, given what was seen; they do not depend on one another. None: what
/// can be learned is known.
///
/// First those in which every program is watched. Then all others but those in which the program
/// would hear the same as in one that it was watched in. Then, while more than one address policy
/// fits, those that tell them apart.
#[must_use]
pub fn next<'a>(situations: &'a Situations, seen: &[Sight]) -> Vec<&'a Situation> {
    if seen.is_empty() {
        return situations.iter().filter(|situation| situation.first).collect();
    }
    let main = news(situations, seen);
    if !main.is_empty() {
        return main;
    }
    telling(situations, seen).into_iter().collect()
}

fn was_seen(situation: &Situation, seen: &[Sight]) -> bool {
    seen.iter().any(|sight| sight.situation == situation.id)
}

/// Situations in which the program may hear something new.
fn news<'a>(situations: &'a Situations, seen: &[Sight]) -> Vec<&'a Situation> {
    let mut ever: Vec<&str> = seen.iter().flat_map(Sight::asked).collect();
    ever.sort_unstable();
    ever.dedup();
    let mut chosen: Vec<&Situation> = Vec::new();
    for situation in situations.iter().filter(|situation| !situation.also) {
        let known = seen.iter().any(|sight| {
            let other = situations.iter().find(|other| other.id == sight.situation);
            other.is_some_and(|other| situation.shows_nothing_new(other, &sight.asked()))
        });
        let twice = chosen.iter().any(|other| situation.shows_nothing_new(other, &ever));
        if !known && !twice && !was_seen(situation, seen) {
            chosen.push(situation);
        }
    }
    chosen
}

/// The situation that tells the most of the remaining policies from the preferred one.
fn telling<'a>(situations: &'a Situations, seen: &[Sight]) -> Option<&'a Situation> {
    let observed = observations(seen);
    let left = candidates(&observed);
    let [preferred, others @ ..] = left.as_slice() else { return None };
    if observed.is_empty() {
        return None;
    }
    let parted = |situation: &&Situation| {
        others.iter().filter(|other| parts(situations, situation, *preferred, **other)).count()
    };
    let open = situations.iter().filter(|situation| situation.also && !was_seen(situation, seen));
    // The first of the best: `min_by_key` takes the first, `max_by_key` the last.
    let best = open.min_by_key(|situation| std::cmp::Reverse(parted(situation)))?;
    (parted(&best) > 0).then_some(best)
}

/// Whether two policies lead to different places in a situation.
fn parts(
    situations: &Situations,
    situation: &Situation,
    one: AddressPolicy,
    other: AddressPolicy,
) -> bool {
    let (PassiveIp::Address(announced), peer) = (situation.announced, peer(situations, situation))
    else {
        return false;
    };
    let went = match choose(one, announced, peer) {
        Choice::Reply => Went::To(announced),
        Choice::Peer => Went::To(peer),
        Choice::Neither => Went::Nowhere,
    };
    !Observation { announced, peer, went }.fits(other)
}

fn peer(situations: &Situations, situation: &Situation) -> std::net::Ipv4Addr {
    situations.place(situation).server().interfaces[0].address
}
