//! Renderers: each turns results into text, or packets into a file, and never runs anything.
//!
//! A format implements [`Renderer`], for a matrix ([`MatrixResult`]), for a single session
//! ([`Session`]), or for both:
//!
//! - [`terminal`] — tables; [`session`] — a session for a terminal.
//! - [`markdown`] — for an issue or a page of documentation.
//! - [`html`] — one page that needs nothing else, with every cell's story.
//! - [`json`] — for programs, and the comparison with a committed table.
//! - [`junit`], [`mod@csv`] — a matrix as test results, and for a spreadsheet.
//! - [`mermaid`] — a session as a sequence diagram.
//! - [`capture`] — a session's packets as a pcapng file.
//!
//! What they are made from:
//!
//! - [`story`] — all that a report tells of a session: its [`timeline`], the [`sequence`] of messages,
//!   the [`way`] of the decisive packet, the verdict.
//! - [`diagram`] — a topology as a Mermaid flowchart, and as a drawing.
//! - `tls` — what of a session was in TLS.
//! - [`words`] — outcomes, times and addresses in words.
//!
//! Other reports:
//!
//! - [`page`] — the documentation page of all topologies.
//! - [`client`] — what a client does, step by step.
//! - [`server`] — what a server takes, refuses and announces.
//! - [`portrait`] — what was learned about a program, in words and as a client file.
//! - [`probe`] — what a probe saw, as text and as JSON.
//! - [`advise`] — which changes help, and which do not.
//! - [`reasons`] — the catalogue of reasons: what every id of a verdict means.
//! - [`schema`] — JSON Schemas of what [`json`] writes.

pub mod advise;
pub mod capture;
pub mod client;
pub mod csv;
pub mod diagram;
mod grouping;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mermaid;
pub mod page;
pub mod portrait;
pub mod probe;
pub mod reasons;
pub mod schema;
pub mod sequence;
pub mod server;
pub mod session;
pub mod story;
pub mod terminal;
pub mod timeline;
mod tls;
pub mod way;
pub mod words;

use std::io::{self, Write};

use pasvlab_harness::{CellResult, Record, Verdict};
use pasvlab_scenarios::{CellId, Topology};

use crate::diagram::picture::Picture;
use crate::story::Story;

/// A matrix that has been run.
#[derive(Debug, Clone, Default)]
pub struct MatrixResult {
    /// One line for a person.
    pub title: String,
    /// The seed of every choice.
    pub seed: u64,
    /// Titles and remarks of the topologies that occur, in order of display.
    pub topologies: Vec<TopologyNote>,
    /// Clients that were held against real programs, and those, as in "lftp 4.9".
    pub verified: Vec<(String, String)>,
    /// The cells, in order of display: topology, client, PassiveIp.
    pub cells: Vec<CellResult>,
    /// What happened in each cell, in the same order; none where the cell is not applicable. Empty for
    /// formats that do not tell it.
    pub stories: Vec<Option<Story>>,
}

/// What a report says about a topology besides its cells.
#[derive(Debug, Clone)]
pub struct TopologyNote {
    /// Its id.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// What it stands for.
    pub summary: String,
    /// A name that the client resolves to several addresses in turn: name and number of addresses.
    pub rotates: Option<(String, usize)>,
    /// What it looks like.
    pub picture: Picture,
}

impl TopologyNote {
    /// What there is to say about this topology.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        let name = topology.names.iter().find(|name| name.name == topology.connect);
        let several = name.filter(|name| name.addresses.len() > 1);
        Self {
            id: topology.id.clone(),
            title: topology.title.clone(),
            summary: topology.summary.clone(),
            rotates: several.map(|name| (name.name.clone(), name.addresses.len())),
            picture: Picture::of(topology),
        }
    }

    /// A remark on a name that rotates, if there is one.
    #[must_use]
    pub fn rotation(&self, seed: u64) -> Option<String> {
        let (name, count) = self.rotates.as_ref()?;
        Some(format!(
            "{name} rotates over {count} addresses; with seed {seed} the session is on number {}. \
             Other seeds take another one.",
            seed % *count as u64 + 1
        ))
    }
}

/// One cell that has been run, with everything that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// What stood between.
    pub topology: &'a Topology,
    /// What happened.
    pub record: &'a Record,
    /// What it means.
    pub verdict: &'a Verdict,
    /// Changes that were seen to make it work, a sentence each.
    pub fixes: &'a [String],
    /// Whether to tell of every packet.
    pub packets: bool,
}

impl Session<'_> {
    /// Which cell it is.
    #[must_use]
    pub fn cell(&self) -> CellId {
        let cell = &self.record.cell;
        CellId {
            topology: cell.topology.clone(),
            passive_ip: cell.passive_ip.clone(),
            client: cell.client.clone(),
        }
    }

    /// What it tells.
    #[must_use]
    pub fn story(&self) -> Story {
        Story::of(self.record, self.verdict, self.fixes, self.packets)
    }
}

/// A format: a way to write a subject down, a matrix or a session.
pub trait Renderer<Subject: ?Sized> {
    /// Writes it to `out`.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(&self, subject: &Subject, out: &mut dyn Write) -> io::Result<()>;
}
