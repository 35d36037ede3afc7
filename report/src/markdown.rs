//! A matrix in Markdown: a table per topology, clients down, settings across, and below it the causes
//! of its failures. GitHub's tables.

use std::io::{self, Write};

use anstream::adapter::strip_bytes;
use pasvlab_harness::{CellResult, Outcome};

use crate::grouping::{Group, groups, in_order, letter};
use crate::story::Story;
use crate::{MatrixResult, Renderer, Session, TopologyNote, mermaid, session, words};

/// Writes a matrix in Markdown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Markdown {
    /// Puts clients that come out the same into one row.
    pub grouped: bool,
}

impl Renderer<MatrixResult> for Markdown {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# {}\n", plain(&result.title))?;
        writeln!(out, "Seed {}. What the words in the tables mean:\n", result.seed)?;
        legend(result, out)?;
        for note in &result.topologies {
            let cells: Vec<&CellResult> =
                result.cells.iter().filter(|cell| cell.cell.topology == note.id).collect();
            self.topology(note, &cells, result, out)?;
        }
        Ok(())
    }
}

impl Renderer<Session<'_>> for Markdown {
    /// Verdict, chain, command, diagram and transcript.
    fn write(&self, session: &Session<'_>, out: &mut dyn Write) -> io::Result<()> {
        let story = session.story();
        let cell = &story.cell;
        writeln!(out, "# {}\n", story.id())?;
        let topology = plain(&session.topology.title);
        let announced = cell.announced.clone().unwrap_or_default();
        let who = format!("{} talks to {}", plain(&story.program), story.server);
        writeln!(out, "{who} with PassiveIp {announced}, through: {topology}.\n")?;
        verdict(session, &story, out)?;
        writeln!(out, "\n## Run it again\n\n```sh\n{}\n```", story.command())?;
        let diagram = mermaid::diagram(&story.sequence);
        writeln!(out, "\n## Who said what to whom\n\n```mermaid\n{diagram}```")?;
        writeln!(out, "\n## Everything that happened\n\n```text")?;
        // Colours are for terminals.
        let mut entries = Vec::new();
        session::entries(session.record, session.packets, &mut entries)?;
        out.write_all(&strip_bytes(&entries).into_vec())?;
        writeln!(out, "```")
    }
}

fn verdict(session: &Session<'_>, story: &Story, out: &mut dyn Write) -> io::Result<()> {
    let outcome = session.verdict.outcome;
    let after = words::clock(session.record.ended_at);
    let (short, meaning) = (words::short(outcome), words::meaning(outcome));
    writeln!(out, "**{short}** after {after} s: {meaning}.")?;
    if let (Some(reason), Some(cause)) = (&story.cell.reason, &story.cell.cause) {
        writeln!(out, "\n{} \\[`{cause}`\\]", plain(reason))?;
    }
    if !story.chain.is_empty() {
        writeln!(out)?;
    }
    for (number, sentence) in story.chain.iter().enumerate() {
        writeln!(out, "{}. {}", number + 1, plain(&sentence.text))?;
    }
    if !story.fixes.is_empty() {
        writeln!(out, "\nWhat helps (each was run and seen to work):\n")?;
    }
    story.fixes.iter().try_for_each(|fix| writeln!(out, "- {}", plain(fix)))
}

impl Markdown {
    fn topology(
        self,
        note: &TopologyNote,
        cells: &[&CellResult],
        result: &MatrixResult,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "\n## {}\n\n{}.\n", note.id, plain(&note.title))?;
        let groups = groups(cells);
        // A setting that the topology does not have is no column.
        let settings = in_order(
            cells
                .iter()
                .filter(|cell| cell.announced.is_some())
                .map(|c| c.cell.passive_ip.as_str()),
        );
        header(cells, &settings, out)?;
        for (clients, row) in self.rows(cells, &settings, &groups) {
            let clients = clients.iter().map(|client| format!("`{client}`"));
            let clients = clients.collect::<Vec<_>>().join(", ");
            writeln!(out, "| {clients} | {} |", row.join(" | "))?;
        }
        causes(&groups, out)?;
        if let Some(remark) = note.rotation(result.seed) {
            writeln!(out, "\n{}", plain(&remark))?;
        }
        Ok(())
    }

    /// The rows: clients, and a text for each setting.
    fn rows<'a>(
        self,
        cells: &[&'a CellResult],
        settings: &[&str],
        groups: &[Group<'_>],
    ) -> Vec<(Vec<&'a str>, Vec<String>)> {
        let mut rows: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
        for client in in_order(cells.iter().map(|cell| cell.cell.client.as_str())) {
            let of_client: Vec<_> =
                cells.iter().filter(|cell| cell.cell.client == client).copied().collect();
            let row: Vec<String> = settings
                .iter()
                .map(|setting| {
                    let cell = of_client.iter().find(|cell| cell.cell.passive_ip == *setting);
                    cell.map(|cell| outcome(cell, groups)).unwrap_or_default()
                })
                .collect();
            match rows.iter_mut().find(|(_, known)| self.grouped && *known == row) {
                Some((clients, _)) => clients.push(client),
                None => rows.push((vec![client], row)),
            }
        }
        rows
    }
}

fn header(cells: &[&CellResult], settings: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let titles = settings.iter().map(|setting| {
        let cell = cells.iter().find(|cell| cell.cell.passive_ip == *setting);
        let announced = cell.and_then(|cell| cell.announced).map(words::passive_ip);
        match announced {
            Some(announced) if *setting != "auto" => format!("{setting}: {announced}"),
            _ => (*setting).to_owned(),
        }
    });
    let titles: Vec<String> = titles.collect();
    writeln!(out, "| Client | {} |", titles.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(titles.len()))
}

/// An outcome, with the letter of its cause.
fn outcome(cell: &CellResult, groups: &[Group<'_>]) -> String {
    let text = words::short(cell.outcome);
    match groups.iter().position(|group| group.holds(cell)) {
        Some(place) => format!("{text} ({})", letter(place)),
        None => text.to_owned(),
    }
}

fn causes(groups: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (place, group) in groups.iter().enumerate() {
        let id = group.cause.map(|cause| format!(" \\[`{}`\\]", cause.id())).unwrap_or_default();
        let gap = if place == 0 { "\n" } else { "" };
        let (letter, outcome) = (letter(place), words::short(group.outcome));
        writeln!(out, "{gap}- ({letter}) {outcome}: {}{id}", plain(group.reason))?;
    }
    Ok(())
}

fn legend(result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
    let mut outcomes: Vec<Outcome> = result.cells.iter().map(|cell| cell.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    for outcome in outcomes.into_iter().filter(|outcome| *outcome != Outcome::NotApplicable) {
        writeln!(out, "- **{}**: {}", words::short(outcome), words::meaning(outcome))?;
    }
    Ok(())
}

/// Text in which nothing means anything to Markdown, on one line.
#[must_use]
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '[' | ']' | '#' | '|') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
