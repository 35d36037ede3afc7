//! From sights to a client's behaviour, with the evidence for every part of it.
//!
//! - `sends`, `dials`, `reacts`, `goes_on` — the parts of it.
//! - `words` — reactions in words.

mod dials;
mod goes_on;
mod reacts;
mod sends;
mod words;

use std::collections::BTreeMap;

use pasvlab_scenarios::{AddressPolicy, Client, DataCommand, Fallback, Operation, TransferKind};

use super::address::{Observation, Went};
use super::operations::{Operations, operations};
use super::reaction::{Order, Reaction, reactions};
use super::sight::{Effort, End, Sight, word};

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
            commands => commands.iter().map(|line| word(line)).collect::<Vec<_>>().join(" "),
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
    client.login = operations.login.iter().filter(|line| !asks_for_tls(line)).cloned().collect();
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

/// Whether a command asks for TLS. The situations have none, so who went on can do without; a client file
/// that asks for it cannot.
fn asks_for_tls(line: &str) -> bool {
    word(line) == "AUTH"
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
}
