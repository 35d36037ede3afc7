//! What the client sends: commands for data connections, and what it says before and after them.

use pasvlab_scenarios::DataCommand;

use super::{Conclusions, asks_for_tls, places};
use crate::portrait::operations::Operations;
use crate::portrait::reaction::{Next, Reaction};

impl Conclusions<'_> {
    pub(super) fn commands(&mut self) {
        let commands = self.draft.client.data.commands.clone();
        let first = |command: DataCommand| {
            let mut efforts = self.efforts();
            let sight = efforts.find(|(_, _, effort)| effort.command == command);
            format!("{} in {}", command.name(), sight.map_or("", |(sight, ..)| &sight.situation))
        };
        let firsts: Vec<String> = commands.iter().map(|command| first(*command)).collect();
        self.seen_in("commands", firsts.join(", "));
        self.eprt();
        self.feature();
    }

    /// Whether `EPRT` is left out once `EPSV` was refused.
    pub(super) fn eprt(&mut self) {
        let knows = |command| self.draft.client.data.commands.contains(&command);
        let place = |command| self.draft.client.data.commands.iter().position(|c| *c == command);
        let (eprt, port) = (place(DataCommand::Eprt), place(DataCommand::Port));
        if !knows(DataCommand::Epsv) || eprt.is_none() || eprt > port {
            return;
        }
        let left_out = |reaction: &&Reaction| {
            reaction.epsv_refused
                && matches!(
                    reaction.next,
                    Next::Moved(DataCommand::Port) | Next::AnewWith(DataCommand::Port)
                )
                && reaction.command != DataCommand::Eprt
        };
        let places = places(self.reactions.iter().filter(left_out).map(|r| r.situation.as_str()));
        if !places.is_empty() {
            self.draft.client.data.eprt_needs_epsv = true;
            self.seen_in("eprt_needs_epsv", format!("PORT without EPRT in {places}"));
        }
    }

    /// Whether `EPSV` waits for the answer to `FEAT`.
    pub(super) fn feature(&mut self) {
        let begins = |id: &str| {
            let sight = self.seen.iter().find(|sight| sight.situation == id)?;
            sight.efforts().next().map(|(_, effort)| effort.command)
        };
        let (with, without) = (begins("private-own"), begins("no-feat"));
        let text = "without an answer to FEAT it does not begin with EPSV";
        if with == Some(DataCommand::Epsv) && without.is_some_and(|c| c != DataCommand::Epsv) {
            self.draft.client.data.epsv_needs_feature = vec!["EPSV".to_owned()];
            self.seen_in("epsv_needs_feature", format!("{text} (no-feat)"));
            self.inexact("epsv_needs_feature", "which feature it looks for was not looked into");
        }
    }

    pub(super) fn operations(&mut self, operations: &Operations) {
        let whole = self.seen.iter().find(|sight| !sight.transferred().is_empty());
        let place = whole.map_or("", |sight| &sight.situation).to_owned();
        let order = match operations.order {
            pasvlab_scenarios::Order::ConnectFirst => "connected before the transfer command",
            pasvlab_scenarios::Order::CommandFirst => "transfer command before the connect",
        };
        self.seen_in("login", place.clone());
        if operations.login.iter().any(|line| asks_for_tls(line)) {
            self.inexact("login", "AUTH, which was refused, is left out: it goes on without TLS");
        }
        self.seen_in("order", format!("{order} in {place}"));
        let kinds = [
            ("list", &operations.list),
            ("download", &operations.download),
            ("upload", &operations.upload),
        ];
        for (key, operation) in kinds {
            match operation {
                Some(_) => self.seen_in(key, place.clone()),
                None => self.inexact(key, "not seen; this is what it would have to send"),
            }
        }
        if whole.is_none() {
            self.inexact("order", "no transfer came to its end; this is a guess");
        }
    }
}
