//! What the client does after replies and connections that failed.

use pasvlab_scenarios::{Fallback, OnConnectCauses, OnReplyCodes, spelled};

use super::words::{cause, distinct, evidence, told};
use super::{Conclusions, Key};
use crate::portrait::reaction::{Next, Reaction};
use crate::portrait::sight::End;

impl Conclusions<'_> {
    /// What comes after replies that refuse a command, and after those that cannot be read.
    pub(super) fn replies(&mut self) {
        let refusals = self.of(|reaction| matches!(reaction.end, End::Refused(_)));
        if let Some((fallback, others)) = self.choose("on_reply_error", &refusals) {
            self.draft.client.data.on_reply_error = fallback;
            for reaction in others {
                self.reply_exception(&reaction);
            }
        }
        self.draft.client.data.on_unparsable = self.draft.client.data.on_reply_error;
        let unreadable = self.of(|reaction| reaction.end == End::Unparsable);
        if let Some((fallback, others)) = self.choose("on_unparsable", &unreadable) {
            self.draft.client.data.on_unparsable = fallback;
            self.exceptions("on_unparsable", &others);
        }
    }

    pub(super) fn reply_exception(&mut self, reaction: &Reaction) {
        let End::Refused(code) = reaction.end else { return };
        let same = [reaction];
        let then = self.order().choose(&same).filter(|(_, others)| others.is_empty());
        let rules = &self.draft.client.data.on_reply_codes;
        let known = rules.iter().any(|rule| rule.fits(reaction.command, code));
        match then {
            _ if known => {}
            Some((then, _)) => {
                self.draft.client.data.on_reply_codes.push(OnReplyCodes {
                    commands: vec![reaction.command],
                    codes: vec![code / 100],
                    then,
                    say: None,
                });
            }
            _ => self.exceptions("on_reply_error", std::slice::from_ref(reaction)),
        }
    }

    pub(super) fn mismatch(&mut self) {
        let refused = self.of(|reaction| reaction.end == End::Mismatch);
        if let Some((fallback, others)) = self.choose("on_mismatch", &refused) {
            self.draft.client.data.on_mismatch = fallback;
            self.exceptions("on_mismatch", &others);
        }
    }

    pub(super) fn connects(&mut self) {
        let failed = |reaction: &Reaction| {
            matches!(reaction.end, End::Connect(_)) && reaction.next != Next::Again
        };
        let plain = self.of(|reaction| failed(reaction) && !reaction.replaced);
        let replaced = self.of(|reaction| failed(reaction) && reaction.replaced);
        if let Some((fallback, others)) = self.choose("on_connect_failure", &plain) {
            // If it begins again after some failures and stops after others, [retry] says so.
            let anew = plain.iter().any(|reaction| reaction.next == Next::Anew);
            let stops = |fallback| matches!(fallback, Fallback::Stop | Fallback::Reconnect);
            let fallback = if anew && stops(fallback) { Fallback::Reconnect } else { fallback };
            self.draft.client.data.on_connect_failure = fallback;
            if fallback != Fallback::Reconnect {
                self.connect_exceptions(&others);
            }
        }
        let all: Vec<&Reaction> = replaced.iter().collect();
        let fits =
            all.iter().all(|r| self.order().fits(self.draft.client.data.on_connect_failure, r));
        if let (false, Some((fallback, _))) =
            (fits, self.choose("on_replaced_connect_failure", &replaced))
        {
            self.draft.client.data.on_replaced_connect_failure = Some(fallback);
        }
        self.tries();
    }

    pub(super) fn connect_exceptions(&mut self, others: &[Reaction]) {
        for reaction in others {
            let same = [reaction];
            let then = self.order().choose(&same).filter(|(_, left)| left.is_empty());
            let (Some((then, _)), Some(cause)) = (then, cause(reaction)) else {
                self.exceptions("on_connect_failure", std::slice::from_ref(reaction));
                continue;
            };
            let rules = &mut self.draft.client.data.on_connect_causes;
            if !rules.iter().any(|rule| rule.fits(reaction.command, cause)) {
                let (commands, causes) = (vec![reaction.command], vec![cause]);
                rules.push(OnConnectCauses { commands, causes, then });
            }
        }
    }

    pub(super) fn of(&self, wanted: impl Fn(&Reaction) -> bool) -> Vec<Reaction> {
        self.reactions.iter().filter(|reaction| wanted(reaction)).cloned().collect()
    }

    /// The fall-back for these reactions, with its evidence; and what it does not fit.
    pub(super) fn choose(
        &mut self,
        key: Key,
        reactions: &[Reaction],
    ) -> Option<(Fallback, Vec<Reaction>)> {
        let distinct = distinct(reactions);
        let (fallback, others) = self.order().choose(&distinct)?;
        let others: Vec<Reaction> = others.into_iter().cloned().collect();
        let as_good = self.order().as_good(fallback, &distinct);
        let fitting = reactions.iter().filter(|reaction| !others.contains(reaction));
        let text = evidence(fitting);
        self.seen_in(key, text);
        if fallback == Fallback::Reconnect && reactions.iter().any(Reaction::repeats) {
            self.inexact(key, "it does so on the same control connection");
        }
        let several = self.draft.client.data.commands.len() > 1;
        if several && others.is_empty() && !as_good.is_empty() {
            let names: Vec<String> =
                as_good.iter().map(|f| format!("\"{}\"", spelled(f))).collect();
            let why = "no command is left to show the difference";
            self.untold(format!("{key} = {} as well: {why}", names.join(", ")));
        }
        Some((fallback, others))
    }

    pub(super) fn exceptions(&mut self, key: Key, others: &[Reaction]) {
        for reaction in others {
            let text = format!("but {}", told(reaction));
            if !self.draft.inexact.contains(&(key, text.clone())) {
                self.inexact(key, text);
            }
        }
    }
}
