//! Renderers: each turns results into text, or packets into a file, and never runs anything.
//!
//! - [`matrix`] — a matrix as a table for a terminal.
//! - [`json`] — a matrix as JSON, and the comparison with a committed one.
//! - [`session`] — one cell: transcript, connection attempts, drops, verdict.
//! - [`capture`] — the packets of one cell as a pcapng file.
//! - [`diagram`] — a topology as a Mermaid flowchart.
//! - [`page`] — the documentation page of all topologies.
//! - [`client`] — what a client does, step by step.
//! - [`portrait`] — what was learned about a program, in words and as a client file.
//! - [`probe`] — what a probe saw, as text and as JSON.
//! - [`advise`] — which changes help, and which do not.
//! - [`reasons`] — the catalogue of reasons: what every id of a verdict means.
//! - [`words`] — outcomes, times and addresses in words, shared by the others.

pub mod advise;
pub mod capture;
pub mod client;
pub mod diagram;
pub mod json;
pub mod matrix;
pub mod page;
pub mod portrait;
pub mod probe;
pub mod reasons;
pub mod session;
pub mod words;

use std::io::{self, Write};

use pasvlab_harness::CellResult;

/// A matrix that has been run.
#[derive(Debug, Clone)]
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
}

/// What a table says about a topology besides its cells.
#[derive(Debug, Clone)]
pub struct TopologyNote {
    /// Its id.
    pub id: String,
    /// One line for a person.
    pub title: String,
    /// A name that the client resolves to several addresses in turn: name and number of addresses.
    pub rotates: Option<(String, usize)>,
}

/// A way to write a matrix down.
pub trait MatrixReport {
    /// Writes it to `out`.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()>;
}
