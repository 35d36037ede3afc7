//! Which address the client dials.

use pasvlab_scenarios::{DataCommand, EpsvAddress, spelled};

use super::words::{closest_policy, describe};
use super::{Conclusions, observations, places};
use crate::portrait::address::{Went, candidates, same_everywhere};
use crate::portrait::sight::{Dial, Effort, End, Sight};

impl Conclusions<'_> {
    pub(super) fn address(&mut self) {
        let observations = observations(self.seen);
        if observations.is_empty() {
            self.inexact("address", "no reply to PASV was followed; this is a guess");
            return;
        }
        let fitting = candidates(&observations);
        self.draft.policies.clone_from(&fitting);
        let mut said: Vec<String> = Vec::new();
        for observation in &observations {
            let text = describe(observation);
            if !said.contains(&text) {
                said.push(text);
            }
        }
        self.seen_in("address", said.join("; "));
        let Some(chosen) = fitting.first() else {
            let best = closest_policy(&observations);
            self.draft.client.data.address = best;
            self.inexact("address", "no rule that is known fits everything; this one fits most");
            return;
        };
        self.draft.client.data.address = *chosen;
        for other in &fitting[1..] {
            let why = if same_everywhere(*chosen, *other) {
                "the two never differ"
            } else {
                "not told apart"
            };
            self.untold(format!("address = \"{}\" fits as well ({why})", spelled(other)));
        }
        self.at_peer();
    }

    /// Whether a connection elsewhere is given up once it is open.
    pub(super) fn at_peer(&mut self) {
        let elsewhere = |(_, peer, effort): &(&Sight, std::net::Ipv4Addr, &Effort)| {
            effort.dial == Dial::Open && effort.went != Went::To(*peer)
        };
        let ends: Vec<(String, End)> = self
            .efforts()
            .filter(elsewhere)
            .map(|(sight, _, effort)| (sight.situation.clone(), effort.end()))
            .collect();
        let given_up = |end| matches!(end, End::Dropped | End::Other);
        if let Some((place, _)) = ends.iter().find(|(_, end)| given_up(*end)) {
            self.draft.client.data.data_must_be_at_peer = true;
            let text = format!("connected elsewhere and gave that up in {place}");
            self.seen_in("data_must_be_at_peer", text);
        }
    }

    pub(super) fn epsv_address(&mut self) {
        let mut elsewhere = None;
        for (sight, peer, effort) in self.efforts() {
            if let (DataCommand::Epsv, Went::To(address)) = (effort.command, effort.went)
                && address != peer
            {
                let earlier = sight.efforts().any(|(_, other)| other.announced == Some(address));
                elsewhere = Some((sight.situation.clone(), earlier));
            }
        }
        let dialled = |(_, _, effort): &(&Sight, std::net::Ipv4Addr, &Effort)| {
            effort.command == DataCommand::Epsv && matches!(effort.went, Went::To(_))
        };
        let all =
            places(self.efforts().filter(dialled).map(|(sight, ..)| sight.situation.as_str()));
        match elsewhere {
            Some((place, true)) => {
                self.draft.client.data.epsv_address = EpsvAddress::LastReply;
                self.seen_in("epsv_address", format!("the address of the 227 before, in {place}"));
            }
            Some((place, false)) => {
                self.draft.client.data.epsv_address = EpsvAddress::Host;
                self.seen_in("epsv_address", format!("not the peer in {place}"));
            }
            None if all.is_empty() => {}
            None => {
                self.seen_in("epsv_address", format!("the peer in {all}"));
                self.untold("epsv_address = \"host\" fits as well: the name had one address");
            }
        }
    }

    /// Whether it dials the control connection's port after a 227 that it cannot read.
    pub(super) fn control_port(&mut self) {
        let mut place = None;
        for sight in self.seen {
            for (session, effort) in sight.efforts() {
                let unread = effort.command == DataCommand::Pasv
                    && effort.code == Some(227)
                    && !effort.readable;
                // For who watches from outside it is another control connection.
                let next = sight.sessions.get(session + 1);
                let silent = next.is_some_and(|session| session.commands.is_empty());
                if unread && (effort.dial != Dial::Not || silent) {
                    place = Some(sight.situation.clone());
                }
            }
        }
        if let Some(place) = place {
            self.draft.client.data.unparsable_is_control_port = true;
            self.seen_in("unparsable_is_control_port", place);
        }
    }
}
