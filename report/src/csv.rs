//! A matrix as comma-separated values (RFC 4180), one line per cell below a line of names. The columns
//! are the fields of [`json::Cell`](crate::json::Cell); what is null there is empty, and lists are
//! separated by blanks.

use std::io::{self, Write};

use crate::json::Cell;
use crate::{MatrixResult, Renderer};

/// Writes a matrix for a spreadsheet.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

/// The names in the first line.
const COLUMNS: [&str; 12] = [
    "topology",
    "passive_ip",
    "announced",
    "client",
    "outcome",
    "stage",
    "cause",
    "reason",
    "dialled",
    "commands",
    "virtual_ms",
    "packets",
];

impl Renderer<MatrixResult> for Csv {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(COLUMNS)?;
        for cell in result.cells.iter().map(Cell::of) {
            csv.write_record(row(cell))?;
        }
        csv.flush()
    }
}

fn row(cell: Cell) -> [String; COLUMNS.len()] {
    [
        cell.topology,
        cell.passive_ip,
        cell.announced.unwrap_or_default(),
        cell.client,
        cell.outcome,
        cell.stage.unwrap_or_default(),
        cell.cause.unwrap_or_default(),
        cell.reason.unwrap_or_default(),
        cell.dialled.join(" "),
        cell.commands.join(" "),
        cell.virtual_ms.to_string(),
        cell.packets.to_string(),
    ]
}
