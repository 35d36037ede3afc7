//! A matrix as one page that needs nothing else, neither files nor a network: the grid, filters, and
//! every cell's story with a drawing of the topology and the deciding packet's way.
//!
//! The page is a template (`templates/`) with the table in it, so that it can be read without scripts.
//! The stories are JSON in a script element. Most of what they say they have in common, so every text,
//! message and list stands there once, in a pool, and is named by its place.

mod pool;

use std::io::{self, Write};

use askama::Template;
use pasvlab_harness::{CellResult, Outcome};

use self::pool::Pool;
use crate::grouping::in_order;
use crate::{MatrixResult, Renderer, Session, TopologyNote, words};

/// Writes a matrix, or a single session, as a page.
#[derive(Debug, Clone, Copy)]
pub struct Html;

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page<'a> {
    title: &'a str,
    seed: u64,
    legend: Vec<Legend>,
    verified: String,
    programs: Vec<&'a str>,
    topologies: Vec<Column<'a>>,
    rows: Vec<Row<'a>>,
    data: String,
    style: &'static str,
    script: &'static str,
}

struct Legend {
    id: &'static str,
    symbol: &'static str,
    short: &'static str,
    meaning: &'static str,
}

struct Column<'a> {
    id: &'a str,
    title: &'a str,
    summary: String,
    settings: Vec<Setting<'a>>,
    svg: String,
}

struct Setting<'a> {
    id: &'a str,
    announced: String,
}

struct Row<'a> {
    client: &'a str,
    program: &'a str,
    verified: bool,
    cells: Vec<Option<CellView>>,
}

struct CellView {
    id: String,
    class: &'static str,
    symbol: &'static str,
    short: &'static str,
}

impl Renderer<MatrixResult> for Html {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        let topologies: Vec<Column<'_>> =
            result.topologies.iter().map(|note| column(note, result)).collect();
        let clients = in_order(result.cells.iter().map(|cell| cell.cell.client.as_str()));
        let verified = in_order(
            result
                .verified
                .iter()
                .filter(|(id, _)| clients.contains(&id.as_str()))
                .map(|(_, name)| name.as_str()),
        );
        let mut programs =
            in_order(result.stories.iter().flatten().map(|story| story.program.as_str()));
        programs.sort_unstable_by_key(|program| program.to_lowercase());
        let page = Page {
            title: &result.title,
            seed: result.seed,
            legend: legend(result),
            verified: verified.join(", "),
            programs,
            rows: clients.iter().map(|client| row(client, &topologies, result)).collect(),
            topologies,
            data: data(result)?,
            style: include_str!("../templates/matrix.css"),
            script: include_str!("../templates/matrix.js"),
        };
        page.write_into(out).map_err(io::Error::other)
    }
}

impl Renderer<Session<'_>> for Html {
    fn write(&self, session: &Session<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (record, story, cell) = (session.record, session.story(), session.cell());
        let result = MatrixResult {
            title: cell.to_string(),
            seed: record.cell.seed,
            topologies: vec![TopologyNote::of(session.topology)],
            verified: Vec::new(),
            cells: vec![CellResult::of(cell, record)],
            stories: vec![Some(story)],
        };
        self.write(&result, out)
    }
}

/// A topology with the settings that it has.
fn column<'a>(note: &'a TopologyNote, result: &'a MatrixResult) -> Column<'a> {
    let cells = result.cells.iter().filter(|cell| cell.cell.topology == note.id);
    let mut settings: Vec<Setting<'a>> = Vec::new();
    for cell in cells {
        let id = cell.cell.passive_ip.as_str();
        if let Some(announced) = cell.announced
            && !settings.iter().any(|setting| setting.id == id)
        {
            settings.push(Setting { id, announced: words::passive_ip(announced) });
        }
    }
    Column {
        id: &note.id,
        title: &note.title,
        summary: note.summary.split_whitespace().collect::<Vec<_>>().join(" "),
        settings,
        svg: note.picture.to_string(),
    }
}

fn row<'a>(client: &'a str, topologies: &[Column<'_>], result: &'a MatrixResult) -> Row<'a> {
    let of_client: Vec<&CellResult> =
        result.cells.iter().filter(|cell| cell.cell.client == client).collect();
    let mut cells = Vec::new();
    for topology in topologies {
        for setting in &topology.settings {
            let cell = of_client.iter().find(|cell| {
                cell.cell.topology == topology.id && cell.cell.passive_ip == setting.id
            });
            cells.push(cell.map(|cell| view(cell)));
        }
    }
    let stories = result.stories.iter().flatten();
    let mut of_client = stories.filter(|story| story.cell.client == client);
    Row {
        client,
        program: of_client.next().map_or("", |story| story.program.as_str()),
        verified: result.verified.iter().any(|(id, _)| id == client),
        cells,
    }
}

fn view(cell: &CellResult) -> CellView {
    CellView {
        id: cell.cell.to_string(),
        class: cell.outcome.id(),
        symbol: words::symbol(cell.outcome),
        short: words::short(cell.outcome),
    }
}

/// The outcomes that occur.
fn legend(result: &MatrixResult) -> Vec<Legend> {
    let mut outcomes: Vec<Outcome> = result.cells.iter().map(|cell| cell.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    let outcomes = outcomes.into_iter().filter(|outcome| *outcome != Outcome::NotApplicable);
    outcomes.map(entry).collect()
}

fn entry(outcome: Outcome) -> Legend {
    Legend {
        id: outcome.id(),
        symbol: words::symbol(outcome),
        short: words::short(outcome),
        meaning: words::meaning(outcome),
    }
}

/// What the script shows, as JSON that can stand in a script element.
fn data(result: &MatrixResult) -> io::Result<String> {
    let mut pool = Pool::default();
    let mut cells = serde_json::Map::new();
    for story in result.stories.iter().flatten() {
        cells.insert(story.id(), pool.story(story));
    }
    let outcomes: serde_json::Map<String, serde_json::Value> = legend(result)
        .into_iter()
        .map(|Legend { id, symbol, short, meaning }| {
            let words = serde_json::json!({"symbol": symbol, "short": short, "meaning": meaning});
            (id.to_owned(), words)
        })
        .collect();
    let (outcomes, cells) = (serde_json::to_string(&outcomes)?, serde_json::to_string(&cells)?);
    let text = format!("{{\"outcomes\":{outcomes},\"pool\":{},\"cells\":{cells}}}", pool.json());
    // Within a script element only this could end it.
    Ok(text.replace('<', "\\u003c"))
}
