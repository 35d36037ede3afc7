//! From sights to a client's behaviour, with the evidence for every part of it.

use std::collections::BTreeMap;
use std::time::Duration;

use pasvlab_scenarios::{
    AddressPolicy, Client, ConnectCause, DataCommand, EpsvAddress, Fallback, OnConnectCauses,
    OnReplyCodes, Operation, RetryCause, TransferKind, spelled,
};

use super::address::{Observation, Went, candidates, same_everywhere};
use super::operations::{Operations, operations};
use super::reaction::{Next, Order, Reaction, reactions};
use super::retry;
use super::sight::{Dial, Effort, End, Sight};
use crate::record::ConnectError;

/// A key of a client file.
pub type Key = &'static str;

/// A client's behaviour as it was concluded, and what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The behaviour. Names, versions and sources are empty.
    pub client: Client,
    /// What was seen, for each key.
    pub evidence: BTreeMap<Key, String>,
    /// Where the behaviour only approximates what was seen, by key.
    pub inexact: Vec<(Key, String)>,
    /// What else fits, and was not told apart.
    pub untold: Vec<String>,
    /// Address policies that fit, the chosen one first; none where no reply to `PASV` was followed.
    pub policies: Vec<AddressPolicy>,
    /// The transfers that were seen.
    pub transfers: Vec<TransferKind>,
}

/// Why nothing can be concluded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// No control connection was opened.
    #[error("the program opened no control connection")]
    NoSession,
    /// None of its sessions came to a data-connection command.
    #[error("the program sent no data-connection command; it said: {0}")]
    NoEffort(String),
}

/// Every reply to `PASV` that could be read, and where the program went.
pub(super) fn observations(seen: &[Sight]) -> Vec<Observation> {
    let mut observations = Vec::new();
    for sight in seen {
        for (session, effort) in sight.efforts() {
            let followed = effort.went != Went::Nowhere || effort.end() == End::Mismatch;
            if let (Some(announced), true) = (effort.announced, followed) {
                let peer = sight.sessions[session].peer;
                observations.push(Observation { announced, peer, went: effort.went });
            }
        }
    }
    observations
}

/// Concludes what a program does from what it was seen to do.
///
/// # Errors
/// If it never came to open a data connection.
pub fn conclude(seen: &[Sight]) -> Result<Draft, Nothing> {
    let commands = commands(seen);
    if commands.is_empty() {
        return Err(nothing(seen));
    }
    let operations = operations(seen).ok_or(Nothing::NoSession)?;
    let mut conclusions = Conclusions {
        seen,
        reactions: reactions(seen),
        draft: draft(&commands, &operations, seen),
    };
    conclusions.commands();
    conclusions.operations(&operations);
    conclusions.address();
    conclusions.epsv_address();
    conclusions.habits();
    conclusions.replies();
    conclusions.control_port();
    conclusions.mismatch();
    conclusions.connects();
    conclusions.retry();
    conclusions.times();
    conclusions.not_looked_into();
    Ok(conclusions.draft)
}

fn nothing(seen: &[Sight]) -> Nothing {
    let said = seen.iter().flat_map(|sight| &sight.sessions).next();
    match said {
        None => Nothing::NoSession,
        Some(session) => Nothing::NoEffort(match session.commands.as_slice() {
            [] => "nothing".to_owned(),
            commands => {
                commands.iter().map(|line| super::sight::word(line)).collect::<Vec<_>>().join(" ")
            }
        }),
    }
}

/// Data-connection commands in the order in which they are tried. Each sight shows a part of it: what
/// came before what, when it was sent for the first time.
fn commands(seen: &[Sight]) -> Vec<DataCommand> {
    let mut chains: Vec<Vec<DataCommand>> = Vec::new();
    for sight in seen {
        let mut chain = Vec::new();
        for (_, effort) in sight.efforts() {
            if !chain.contains(&effort.command) {
                chain.push(effort.command);
            }
        }
        chains.push(chain);
    }
    let mut left: Vec<DataCommand> = Vec::new();
    for command in chains.iter().flatten() {
        if !left.contains(command) {
            left.push(*command);
        }
    }
    let mut order = Vec::new();
    while !left.is_empty() {
        let comes_after = |command: &DataCommand| {
            chains.iter().any(|chain| {
                let at = chain.iter().position(|other| other == command);
                at.is_some_and(|at| chain[..at].iter().any(|other| left.contains(other)))
            })
        };
        // If they contradict one another, the one that was seen first comes first.
        let next = left.iter().position(|command| !comes_after(command)).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// A behaviour about which nothing but its commands is known.
fn draft(commands: &[DataCommand], operations: &Operations, seen: &[Sight]) -> Draft {
    let unseen = |before: &[&str], command: &str| Operation {
        before: before.iter().map(|line| (*line).to_owned()).collect(),
        before_connect: Vec::new(),
        between: Vec::new(),
        command: command.to_owned(),
        ..blank().download
    };
    let or = |seen: &Option<Operation>, other| seen.clone().unwrap_or(other);
    let mut client = blank();
    client.retry = None;
    client.login.clone_from(&operations.login);
    client.list = or(&operations.list, unseen(&[], "LIST"));
    client.download = or(&operations.download, unseen(&["TYPE I"], "RETR {file}"));
    client.upload = or(&operations.upload, unseen(&["TYPE I"], "STOR {file}"));
    client.data.commands = commands.to_vec();
    client.data.order = operations.order;
    client.data.on_connect_failure = Fallback::Stop;
    let transfers = transfers(seen);
    Draft {
        client,
        evidence: BTreeMap::new(),
        inexact: Vec::new(),
        untold: Vec::new(),
        policies: Vec::new(),
        transfers,
    }
}

/// The transfers that came to their end where most did. A program that never got that far has tried
/// one, and which one makes no difference.
fn transfers(seen: &[Sight]) -> Vec<TransferKind> {
    let most = seen.iter().map(Sight::transferred).max_by_key(Vec::len).unwrap_or_default();
    if most.is_empty() { vec![TransferKind::Download] } else { most }
}

/// A client file in which everything that may be left out is.
const BLANK: &str = r#"
id = "blank"
program = "blank"
versions = "unknown"
options = []
os = "linux"
verified = "run"
summary = "Nothing is known."
sources = []
login = []
list = { command = "LIST" }
download = { command = "RETR {file}" }
upload = { command = "STOR {file}" }
[data]
commands = ["PASV"]
address = "reply"
on_connect_failure = "reconnect"
[retry]
after = ["refused"]
rounds = 2
first_wait_s = 0
max_wait_s = 0
[messages]
connect = "the data connection failed: {os}"
"#;

/// A behaviour with every default, and with rounds.
///
/// # Panics
/// If the text above is no client file.
pub(super) fn blank() -> Client {
    pasvlab_scenarios::load::client("blank.toml", BLANK).expect("the text above is sound")
}

/// How many situations are named as evidence for one thing.
const MOST: usize = 4;

/// Situations, each once, for a comment.
fn places<'a>(situations: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for situation in situations {
        if !names.contains(&situation) {
            names.push(situation);
        }
    }
    match names.len() {
        0..=MOST => names.join(", "),
        count => format!("{} and {} more", names[..MOST].join(", "), count - MOST),
    }
}

struct Conclusions<'a> {
    seen: &'a [Sight],
    reactions: Vec<Reaction>,
    draft: Draft,
}

impl Conclusions<'_> {
    fn seen_in(&mut self, key: Key, text: String) {
        self.draft.evidence.insert(key, text);
    }

    fn inexact(&mut self, key: Key, text: impl Into<String>) {
        self.draft.inexact.push((key, text.into()));
    }

    fn untold(&mut self, text: impl Into<String>) {
        self.draft.untold.push(text.into());
    }

    fn order(&self) -> Order<'_> {
        let data = &self.draft.client.data;
        Order {
            commands: &data.commands,
            eprt_needs_epsv: data.eprt_needs_epsv,
            forgets_failures: data.forgets_failures,
        }
    }

    /// Every effort, with its sight and the peer.
    fn efforts(&self) -> impl Iterator<Item = (&Sight, std::net::Ipv4Addr, &Effort)> {
        self.seen.iter().flat_map(|sight| {
            let with = move |(session, effort)| {
                let session: &super::sight::Session = &sight.sessions[session];
                (sight, session.peer, effort)
            };
            sight.efforts().map(with)
        })
    }

    fn commands(&mut self) {
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
    fn eprt(&mut self) {
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
    fn feature(&mut self) {
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

    fn operations(&mut self, operations: &Operations) {
        let whole = self.seen.iter().find(|sight| !sight.transferred().is_empty());
        let place = whole.map_or("", |sight| &sight.situation).to_owned();
        let order = match operations.order {
            pasvlab_scenarios::Order::ConnectFirst => "connected before the transfer command",
            pasvlab_scenarios::Order::CommandFirst => "transfer command before the connect",
        };
        self.seen_in("login", place.clone());
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

    fn address(&mut self) {
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
    fn at_peer(&mut self) {
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

    fn epsv_address(&mut self) {
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

    /// What comes after replies that refuse a command, and after those that cannot be read.
    fn replies(&mut self) {
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

    fn reply_exception(&mut self, reaction: &Reaction) {
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

    fn mismatch(&mut self) {
        let refused = self.of(|reaction| reaction.end == End::Mismatch);
        if let Some((fallback, others)) = self.choose("on_mismatch", &refused) {
            self.draft.client.data.on_mismatch = fallback;
            self.exceptions("on_mismatch", &others);
        }
    }

    fn connects(&mut self) {
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

    fn connect_exceptions(&mut self, others: &[Reaction]) {
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

    /// What is repeated, how often, with which pauses.
    fn retry(&mut self) {
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
    fn tries(&mut self) {
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
    fn habits(&mut self) {
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
                    let prelude = |line: &String| super::operations::is_prelude(line);
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
    fn begins_anew(&self, first: DataCommand) -> Option<String> {
        let goes_on = |session: &super::sight::Session| {
            let mut efforts = session.efforts.iter();
            efforts.next().is_some_and(|effort| effort.command == first)
                && efforts.next().is_some_and(|effort| effort.command != first)
        };
        let begins = |session: &super::sight::Session| {
            session.efforts.first().is_some_and(|effort| effort.command == first)
        };
        let anew = |sight: &&Sight| {
            sight.sessions.windows(2).any(|pair| goes_on(&pair[0]) && begins(&pair[1]))
        };
        self.seen.iter().find(anew).map(|sight| sight.situation.clone())
    }

    /// Whether it dials the control connection's port after a 227 that it cannot read.
    fn control_port(&mut self) {
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

    fn times(&mut self) {
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

    fn not_looked_into(&mut self) {
        self.inexact("pasv_reply", "how it reads unusual replies was not looked into");
        self.inexact("messages", "what it prints was not looked into");
    }

    fn of(&self, wanted: impl Fn(&Reaction) -> bool) -> Vec<Reaction> {
        self.reactions.iter().filter(|reaction| wanted(reaction)).cloned().collect()
    }

    /// The fall-back for these reactions, with its evidence; and what it does not fit.
    fn choose(&mut self, key: Key, reactions: &[Reaction]) -> Option<(Fallback, Vec<Reaction>)> {
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

    fn exceptions(&mut self, key: Key, others: &[Reaction]) {
        for reaction in others {
            let text = format!("but {}", told(reaction));
            if !self.draft.inexact.contains(&(key, text.clone())) {
                self.inexact(key, text);
            }
        }
    }
}

/// Reactions that differ in more than their situation.
fn distinct(reactions: &[Reaction]) -> Vec<&Reaction> {
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

fn evidence<'a>(reactions: impl Iterator<Item = &'a Reaction>) -> String {
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

fn told(reaction: &Reaction) -> String {
    format!("{} in {}", what_followed(reaction), reaction.situation)
}

fn what_followed(reaction: &Reaction) -> String {
    let name = reaction.command.name();
    match reaction.next {
        Next::Ended => format!("nothing after {name}"),
        Next::Again => format!("{name} again"),
        Next::Moved(command) => format!("{} after {name}", command.name()),
        Next::Anew => format!("a new log-in and the same again after {name}"),
        Next::AnewWith(command) => format!("a new log-in and {} after {name}", command.name()),
    }
}

fn cause(reaction: &Reaction) -> Option<ConnectCause> {
    let End::Connect(error) = reaction.end else { return None };
    Some(match error {
        ConnectError::Refused => ConnectCause::Refused,
        ConnectError::TimedOut | ConnectError::ClientTimeout => ConnectCause::TimedOut,
        ConnectError::Unreachable => ConnectCause::Unreachable,
        ConnectError::AddressNotAvailable => ConnectCause::AddressNotAvailable,
    })
}

fn retry_cause(reaction: &Reaction) -> Option<RetryCause> {
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

fn closest_policy(observations: &[Observation]) -> AddressPolicy {
    let count = |policy: &AddressPolicy| {
        observations.iter().filter(|observation| observation.fits(*policy)).count()
    };
    let best = super::preference().into_iter().min_by_key(|p| std::cmp::Reverse(count(p)));
    best.unwrap_or(AddressPolicy::Reply)
}

fn describe(observation: &Observation) -> String {
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
