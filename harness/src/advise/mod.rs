//! Which smallest set of changes makes everybody's sessions work.
//!
//! - `candidates` — what could be changed, and which other options a client has.
//! - `search` — sets of changes, smallest first, each of them run.
//!
//! Nothing is proposed that has not been seen to work.

mod candidates;
mod search;

use pasvlab_scenarios::{Catalog, Client, Link, PassiveIp, Server, Topology};

use crate::change::{Change, Side};
use crate::lab::{Dialler, Scenario};
use crate::net::Time;
use crate::verdict::{Cause, Outcome};

pub use candidates::same_version;
pub use search::advise;

/// Who is to be helped, and what must stay as it is.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Where other options and versions of clients come from.
    pub catalog: &'a Catalog,
    /// Ways to one and the same server, whose settings hold for all of them.
    pub ways: Vec<&'a Topology>,
    /// The clients, each of which goes every way.
    pub clients: Vec<&'a Client>,
    /// The server.
    pub server: &'a Server,
    /// Its present setting.
    pub passive_ip: PassiveIp,
    /// The port of every data connection, if it is known.
    pub passive_port: Option<u16>,
    /// What every leg is like, in place of the topologies' own.
    pub link: Option<Link>,
    /// What must not be changed.
    pub keep: Vec<Keep>,
}

/// Something that must not be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// PassiveIp.
    PassiveIp,
    /// Whatever a side could do.
    All(Side),
    /// The client with this id.
    Client(String),
}

impl<'a> Question<'a> {
    /// What would make this cell work; none if a real program is the client.
    #[must_use]
    pub fn of(catalog: &'a Catalog, scenario: &Scenario<'a>) -> Option<Self> {
        let Dialler::Simulated(client) = scenario.client else { return None };
        Some(Self {
            catalog,
            ways: vec![scenario.topology],
            clients: vec![client],
            server: scenario.server,
            passive_ip: scenario.announced,
            passive_port: scenario.passive_port,
            link: scenario.link,
            keep: Vec::new(),
        })
    }
}

impl Question<'_> {
    /// Whether a change may be proposed.
    fn allows(&self, change: &Change) -> bool {
        !self.keep.iter().any(|keep| match keep {
            Keep::PassiveIp => change.sets_passive_ip(),
            Keep::All(side) => change.side() == *side,
            Keep::Client(_) => false,
        })
    }

    /// Whether the client's options may be changed.
    fn allows_client(&self, id: &str) -> bool {
        !self.keep.iter().any(|keep| match keep {
            Keep::PassiveIp => false,
            Keep::All(side) => *side == Side::Client,
            Keep::Client(kept) => kept == id,
        })
    }
}

/// What a session was seen to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The topology's id.
    pub way: String,
    /// The id of the client that was asked about.
    pub client: String,
    /// The seed: with names that rotate it chooses the zone.
    pub seed: u64,
    /// How the session came out.
    pub outcome: Outcome,
    /// Why it failed.
    pub cause: Option<Cause>,
    /// The same in one line; empty for a success.
    pub reason: String,
    /// How long it took.
    pub took: Time,
}

impl Sighting {
    /// Whether everything was transferred.
    #[must_use]
    pub fn works(&self) -> bool {
        self.outcome == Outcome::Transferred
    }
}

/// A set of changes with which every session was seen to work.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// What to change on the server and in the network.
    pub changes: Vec<Change>,
    /// What to change at clients, by the id of the client.
    pub clients: Vec<(String, Change)>,
    /// Every session with it.
    pub after: Vec<Sighting>,
}

impl Proposal {
    /// How many changes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.changes.len() + self.clients.len()
    }
}

/// What one client's user can do alone.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnOptions {
    /// The client's id.
    pub client: String,
    /// Options, or versions, with which it was seen to work every way.
    pub work: Vec<Change>,
}

/// A single change with which not every session works.
#[derive(Debug, Clone, PartialEq)]
pub struct Insufficient {
    /// The change.
    pub change: Change,
    /// The sessions that fail with it.
    pub failing: Vec<Sighting>,
    /// How many sessions work with it.
    pub working: usize,
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Every session as things are.
    pub before: Vec<Sighting>,
    /// The smallest sets of changes, all of the same size; none if none was found, or if everything
    /// works already.
    pub proposals: Vec<Proposal>,
    /// What the users of failing clients can do alone.
    pub own_options: Vec<OwnOptions>,
    /// Settings of PassiveIp that are not enough, and why.
    pub insufficient: Vec<Insufficient>,
    /// How many sessions were run.
    pub sessions: usize,
}

impl Advice {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn all_works(&self) -> bool {
        self.before.iter().all(Sighting::works)
    }
}
