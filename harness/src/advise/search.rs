//! Sets of changes, smallest first, each of them run.

use pasvlab_scenarios::{Client, Topology};

use super::candidates;
use super::{Advice, Insufficient, OwnOptions, Proposal, Question, Sighting};
use crate::change::{Change, Setup};
use crate::verdict::judge;

/// More changes of server and network than this are not searched for.
const MOST: usize = 3;

/// Sessions per way and client, at least: some choices of the network differ from seed to seed.
const SEEDS: u64 = 2;

/// Answers a question.
#[must_use]
pub fn advise(question: &Question<'_>) -> Advice {
    let mut search = Search { question, sessions: 0 };
    let before = search.everybody(&[]);
    if before.iter().all(Sighting::works) {
        let sessions = search.sessions;
        return Advice {
            before,
            proposals: Vec::new(),
            own_options: Vec::new(),
            insufficient: Vec::new(),
            sessions,
        };
    }
    let proposals = search.proposals();
    let own_options = search.own_options(&before);
    let insufficient = search.insufficient();
    Advice { before, proposals, own_options, insufficient, sessions: search.sessions }
}

struct Search<'a> {
    question: &'a Question<'a>,
    sessions: usize,
}

impl Search<'_> {
    /// Every client, every way, with these changes.
    fn everybody(&mut self, changes: &[Change]) -> Vec<Sighting> {
        let clients = self.question.clients.clone();
        clients.into_iter().flat_map(|client| self.one(client, changes, false)).collect()
    }

    /// One client, every way; with `only_success` no further than the first failure.
    fn one(&mut self, client: &Client, changes: &[Change], only_success: bool) -> Vec<Sighting> {
        let mut seen = Vec::new();
        for way in self.question.ways.clone() {
            for seed in 0..seeds(way) {
                let sighting = self.session(way, client, changes, seed);
                let works = sighting.works();
                seen.push(sighting);
                if only_success && !works {
                    return seen;
                }
            }
        }
        seen
    }

    fn session(
        &mut self,
        way: &Topology,
        client: &Client,
        changes: &[Change],
        seed: u64,
    ) -> Sighting {
        self.sessions += 1;
        let mut setup = Setup {
            topology: way.clone(),
            passive_ip: self.question.passive_ip,
            server: self.question.server.clone(),
            client: client.clone(),
            passive_port: self.question.passive_port,
            link: self.question.link,
            seed,
        };
        for change in changes {
            change.apply(&mut setup);
        }
        let record = setup.run();
        let verdict = judge(&record);
        Sighting {
            way: way.id.clone(),
            client: client.id.clone(),
            seed,
            outcome: verdict.outcome,
            cause: verdict.cause,
            reason: verdict.reason,
            took: record.ended_at,
        }
    }

    fn works(&mut self, client: &Client, changes: &[Change]) -> bool {
        self.one(client, changes, true).iter().all(Sighting::works)
    }

    /// The smallest sets with which everybody works.
    fn proposals(&mut self) -> Vec<Proposal> {
        let candidates = candidates::of_setup(self.question);
        let mut found: Vec<Proposal> = Vec::new();
        for size in 0..=MOST.min(candidates.len()) {
            let least = found.iter().map(Proposal::size).min().unwrap_or(usize::MAX);
            if size > least {
                break;
            }
            for set in sets(&candidates, size) {
                let least = found.iter().map(Proposal::size).min().unwrap_or(usize::MAX);
                if let Some(clients) = self.completed(&set, least.saturating_sub(size)) {
                    found.push(self.proposal(set, clients));
                }
            }
        }
        let least = found.iter().map(Proposal::size).min().unwrap_or_default();
        found.retain(|proposal| proposal.size() == least);
        // Whoever runs the server is asked first, and users last.
        found.sort_by_key(|proposal| proposal.clients.len());
        found
    }

    /// What has to be changed at clients, besides `set`, so that everybody works; none if that does not
    /// exist, or takes more than `most` changes.
    fn completed(&mut self, set: &[Change], most: usize) -> Option<Vec<(String, Change)>> {
        let mut changed = Vec::new();
        for client in self.question.clients.clone() {
            if self.works(client, set) {
                continue;
            }
            if changed.len() >= most {
                return None;
            }
            let own = self.first_own(client, set)?;
            changed.push((client.id.clone(), own));
        }
        Some(changed)
    }

    fn first_own(&mut self, client: &Client, set: &[Change]) -> Option<Change> {
        let mut options = candidates::of_client(self.question, client).into_iter();
        options.find(|option| {
            let mut changes = set.to_vec();
            changes.push(option.clone());
            self.works(client, &changes)
        })
    }

    /// The proposal, with every session that it was seen to work in.
    fn proposal(&mut self, changes: Vec<Change>, clients: Vec<(String, Change)>) -> Proposal {
        let mut after = Vec::new();
        for client in self.question.clients.clone() {
            let own = clients.iter().find(|(id, _)| *id == client.id).map(|(_, own)| own.clone());
            let changes: Vec<Change> = changes.iter().cloned().chain(own).collect();
            after.extend(self.one(client, &changes, false));
        }
        Proposal { changes, clients, after }
    }

    /// What the users of clients that fail can do, with everything else as it is.
    fn own_options(&mut self, before: &[Sighting]) -> Vec<OwnOptions> {
        let fails = |client: &&Client| {
            before.iter().any(|sighting| sighting.client == client.id && !sighting.works())
        };
        let failing: Vec<&Client> = self.question.clients.iter().copied().filter(fails).collect();
        let mut all = Vec::new();
        for client in failing {
            let mut work = candidates::of_client(self.question, client);
            work.retain(|option| self.works(client, std::slice::from_ref(option)));
            all.push(OwnOptions { client: client.id.clone(), work });
        }
        all
    }

    /// Settings of PassiveIp that do not do for everybody.
    fn insufficient(&mut self) -> Vec<Insufficient> {
        let mut all = Vec::new();
        for change in candidates::settings(self.question) {
            let seen = self.everybody(std::slice::from_ref(&change));
            let (working, failing): (Vec<Sighting>, Vec<Sighting>) =
                seen.into_iter().partition(Sighting::works);
            if !failing.is_empty() {
                all.push(Insufficient { change, failing, working: working.len() });
            }
        }
        all
    }
}

/// As many seeds as there are addresses for the name that the client connects to.
fn seeds(way: &Topology) -> u64 {
    let of_name = way.names.iter().filter(|name| name.name == way.connect);
    let addresses = of_name.map(|name| name.addresses.len() as u64).max().unwrap_or_default();
    addresses.max(SEEDS)
}

/// All sets of this size that make sense together, in the order of the candidates.
fn sets(candidates: &[Change], size: usize) -> Vec<Vec<Change>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in candidates.iter().enumerate() {
        for rest in sets(&candidates[place + 1..], size - 1) {
            if rest.iter().all(|other| compatible(first, other)) {
                let mut set = vec![first.clone()];
                set.extend(rest);
                all.push(set);
            }
        }
    }
    all
}

/// PassiveIp is set once.
fn compatible(one: &Change, other: &Change) -> bool {
    !(one.sets_passive_ip() && other.sets_passive_ip())
}
