//! A matrix as JSON, and the comparison of two of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

use pasvlab_harness::CellResult;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{MatrixResult, Renderer, Session, words};

/// Writes [`Document`]: one cell per line, so that a difference between two files is a line.
#[derive(Debug, Clone, Copy)]
pub struct Json;

/// A matrix as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The seed of every choice.
    pub seed: u64,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// A cell as JSON. Ids and names are stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Topology id.
    pub topology: String,
    /// PassiveIp id.
    pub passive_ip: String,
    /// What it means in this topology, as AWS spells it; null if it means nothing there.
    pub announced: Option<String>,
    /// Client id.
    pub client: String,
    /// How it came out.
    pub outcome: String,
    /// How far it came; null for a cell that is not applicable.
    pub stage: Option<String>,
    /// The stable id of the decisive cause; null for a success and a cell that is not applicable.
    pub cause: Option<String>,
    /// The same in words.
    pub reason: Option<String>,
    /// Each data connection as the client dialled it, `address:port`.
    pub dialled: Vec<String>,
    /// The data-connection commands that the client sent, in order.
    pub commands: Vec<String>,
    /// Virtual milliseconds until the session ended.
    pub virtual_ms: u64,
    /// Packets that set out.
    pub packets: usize,
}

impl Cell {
    /// A result as JSON.
    #[must_use]
    pub fn of(result: &CellResult) -> Self {
        Self {
            topology: result.cell.topology.clone(),
            passive_ip: result.cell.passive_ip.clone(),
            announced: result.announced.map(words::passive_ip),
            client: result.cell.client.clone(),
            outcome: result.outcome.id().to_owned(),
            stage: result.announced.map(|_| result.stage.id().to_owned()),
            cause: result.cause.map(|cause| cause.id().to_owned()),
            reason: Some(result.reason.clone()).filter(|reason| !reason.is_empty()),
            dialled: result.dialled.iter().map(ToString::to_string).collect(),
            commands: result.commands.iter().map(|command| command.name().to_owned()).collect(),
            virtual_ms: u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
            packets: result.packets,
        }
    }

    fn id(&self) -> String {
        format!("{}/{}/{}", self.topology, self.passive_ip, self.client)
    }

    /// Every field as text, by name, for a comparison.
    fn fields(&self) -> [(&'static str, String); 9] {
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        [
            ("outcome", self.outcome.clone()),
            ("stage", or_none(&self.stage)),
            ("cause", or_none(&self.cause)),
            ("reason", or_none(&self.reason)),
            ("announced", or_none(&self.announced)),
            ("dialled", self.dialled.join(" ")),
            ("commands", self.commands.join(" ")),
            ("virtual_ms", self.virtual_ms.to_string()),
            ("packets", self.packets.to_string()),
        ]
    }
}

impl Renderer<MatrixResult> for Json {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{\"seed\":{},\"cells\":[", result.seed)?;
        for (number, cell) in result.cells.iter().enumerate() {
            let line = serde_json::to_string(&Cell::of(cell))?;
            let comma = if number + 1 < result.cells.len() { "," } else { "" };
            writeln!(out, "{line}{comma}")?;
        }
        writeln!(out, "]}}")
    }
}

impl Renderer<Session<'_>> for Json {
    /// Writes the session's [`Story`](crate::story::Story).
    fn write(&self, session: &Session<'_>, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &session.story())?;
        writeln!(out)
    }
}

/// Reads what [`Json`] wrote.
///
/// # Errors
/// If it is not such a document; the error knows line and column.
pub fn parse(text: &str) -> serde_json::Result<Document> {
    serde_json::from_str(text)
}

/// A cell that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The cell, `topology/passive-ip/client`.
    pub cell: String,
    /// What differs: field, expected, found. Empty if the cell was not expected at all.
    pub fields: Vec<(&'static str, String, String)>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fields.is_empty() {
            return write!(f, "{}: not in the committed table", self.cell);
        }
        write!(f, "{}:", self.cell)?;
        for (number, (field, expected, found)) in self.fields.iter().enumerate() {
            let separator = if number == 0 { " " } else { "; " };
            write!(f, "{separator}{field} is {found}, expected {expected}")?;
        }
        Ok(())
    }
}

/// The cells of `result` that are not as `expected` has them. Cells that `result` does not have are
/// not missed: it may be a part of the matrix.
#[must_use]
pub fn differences(expected: &Document, result: &MatrixResult) -> Vec<Difference> {
    let expected: BTreeMap<String, &Cell> =
        expected.cells.iter().map(|cell| (cell.id(), cell)).collect();
    let found = result.cells.iter().map(Cell::of);
    found
        .filter_map(|found| match expected.get(&found.id()) {
            None => Some(Difference { cell: found.id(), fields: Vec::new() }),
            Some(expected) => {
                let pairs = expected.fields().into_iter().zip(found.fields());
                let fields: Vec<_> = pairs
                    .filter(|((_, expected), (_, found))| expected != found)
                    .map(|((field, expected), (_, found))| (field, expected, found))
                    .collect();
                (!fields.is_empty()).then(|| Difference { cell: found.id(), fields })
            }
        })
        .collect()
}

/// The cells of `expected` that `result` does not have, as ids.
#[must_use]
pub fn gone(expected: &Document, result: &MatrixResult) -> Vec<String> {
    let found: BTreeSet<String> = result.cells.iter().map(|cell| cell.cell.to_string()).collect();
    expected.cells.iter().map(Cell::id).filter(|id| !found.contains(id)).collect()
}
