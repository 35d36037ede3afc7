//! A matrix as tables that a person can read at once: one per topology, clients down, settings
//! across, and under each the reasons of its failures.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_harness::{CellResult, Outcome};

use crate::grouping::{Group, groups, in_order, letter};
use crate::{MatrixResult, Renderer, TopologyNote, words};

/// Width of the column of client names.
const NAMES: usize = 19;
/// Width of a setting's column. Four of them and the names fit into 80 columns.
const COLUMN: usize = 15;

/// Writes tables for a terminal. Styles are ANSI sequences; strip them where they are not wanted.
#[derive(Debug, Clone, Copy)]
pub struct Terminal;

impl Renderer<MatrixResult> for Terminal {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        let bold = Style::new().bold();
        writeln!(out, "{bold}{}{bold:#}  (seed {})", result.title, result.seed)?;
        for note in &result.topologies {
            let cells: Vec<&CellResult> =
                result.cells.iter().filter(|cell| cell.cell.topology == note.id).collect();
            writeln!(out)?;
            table(note, &cells, result, out)?;
        }
        writeln!(out)?;
        legend(result, out)
    }
}

fn table(
    note: &TopologyNote,
    cells: &[&CellResult],
    result: &MatrixResult,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = Style::new().bold();
    if note.id.len() + note.title.len() + 2 <= words::WIDTH {
        writeln!(out, "{bold}{}{bold:#}  {}", note.id, note.title)?;
    } else {
        writeln!(out, "{bold}{}{bold:#}", note.id)?;
        remark(&note.title, out)?;
    }
    let settings = in_order(cells.iter().map(|cell| cell.cell.passive_ip.as_str()));
    let clients = in_order(cells.iter().map(|cell| cell.cell.client.as_str()));
    header(cells, &settings, out)?;
    let groups = groups(cells);
    for client in clients {
        let mark = if result.verified.iter().any(|(id, _)| id == client) { " *" } else { "" };
        let name = format!("{client}{mark}");
        if name.len() < NAMES {
            write!(out, "  {name:NAMES$}")?;
        } else {
            // A long name has a line of its own.
            write!(out, "  {name}\n  {:NAMES$}", "")?;
        }
        let mut gap = 0;
        for cell in cells.iter().filter(|cell| cell.cell.client == client) {
            write!(out, "{:gap$}", "")?;
            gap = COLUMN.saturating_sub(write_cell(cell, &groups, out)?);
        }
        writeln!(out)?;
    }
    for (mark, group) in groups.iter().enumerate() {
        let text = format!("{} {}: {}", letter(mark), words::short(group.outcome), group.reason);
        remark(&text, out)?;
    }
    if let Some(text) = note.rotation(result.seed) {
        remark(&format!("  {text}"), out)?;
    }
    Ok(())
}

fn header(cells: &[&CellResult], settings: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let address = |setting: &str| {
        let cell = cells.iter().find(|cell| cell.cell.passive_ip == setting)?;
        cell.announced.map(words::passive_ip)
    };
    let row = |name: &str, columns: Vec<String>| {
        let columns: String = columns.iter().map(|text| format!("{text:COLUMN$}")).collect();
        format!("  {name:NAMES$}{columns}").trim_end().to_owned()
    };
    let names = settings.iter().map(|setting| (*setting).to_owned()).collect();
    writeln!(out, "{}", row("PassiveIp", names))?;
    let addresses = settings.iter().map(|setting| address(setting).unwrap_or_default()).collect();
    writeln!(out, "{}", row("", addresses))
}

/// Writes one outcome; returns its width.
fn write_cell(cell: &CellResult, groups: &[Group<'_>], out: &mut dyn Write) -> io::Result<usize> {
    let style = words::style(cell.outcome);
    let text = words::short(cell.outcome);
    let mark = groups.iter().position(|group| group.holds(cell)).map(letter);
    let text = mark.map_or_else(|| text.to_owned(), |mark| format!("{text} {mark}"));
    write!(out, "{style}{text}{style:#}")?;
    Ok(text.len())
}

/// Writes a remark, indented.
fn remark(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in words::wrapped(text, 4) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn legend(result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
    let mut outcomes: Vec<Outcome> = result.cells.iter().map(|cell| cell.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    for outcome in outcomes {
        let style = words::style(outcome);
        let text = words::short(outcome);
        writeln!(out, "  {style}{text:12}{style:#} {}", words::meaning(outcome))?;
    }
    let shown = |id: &String| result.cells.iter().any(|cell| cell.cell.client == *id);
    let programs =
        result.verified.iter().filter(|(id, _)| shown(id)).map(|(_, name)| name.as_str());
    let programs = in_order(programs);
    if !programs.is_empty() {
        let text = format!("*            verified against {}", programs.join(", "));
        for (number, line) in words::wrapped(&text, 15).into_iter().enumerate() {
            writeln!(out, "{:1$}{line}", "", if number == 0 { 2 } else { 15 })?;
        }
    }
    Ok(())
}
