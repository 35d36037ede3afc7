//! One cell for a person: the control transcript with virtual times, every connection attempt and who
//! chose its address, every drop and its reason, what the client printed, and the verdict.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use pasvlab_harness::record::{Record, What};
use pasvlab_harness::{Outcome, Verdict};

use crate::terminal::Terminal;
use crate::timeline::{self, Entry, EntryKind};
use crate::{Renderer, Session, words};

/// Writes the session to `out`; with `packets`, also every packet with every box it passed.
///
/// # Errors
/// Those of `out`.
pub fn write(
    record: &Record,
    verdict: &Verdict,
    packets: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    heading(record, out)?;
    entries(record, packets, out)?;
    conclusion(record, verdict, out)
}

/// Writes what happened, without heading and conclusion.
pub(crate) fn entries(record: &Record, packets: bool, out: &mut dyn Write) -> io::Result<()> {
    timeline::timeline(record, packets).iter().try_for_each(|entry| write_entry(entry, out))
}

impl Renderer<Session<'_>> for Terminal {
    /// What helps is left to [`advise::write_fixes`](crate::advise::write_fixes), which knows more.
    fn write(&self, session: &Session<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(session.record, session.verdict, session.packets, out)
    }
}

/// Columns before the text of an entry: time, gap, mark, blank.
const MARGIN: usize = 15;

/// Writes an entry. Lines of the control connection stay as they were on the wire.
fn write_entry(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let Entry { at, kind, text, .. } = entry;
    let (mark, style) = look(*kind);
    let lines = match kind {
        EntryKind::Reply | EntryKind::Command | EntryKind::Packet => {
            text.lines().map(str::to_owned).collect()
        }
        _ => text.lines().flat_map(|line| words::wrapped(line, MARGIN)).collect::<Vec<_>>(),
    };
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            writeln!(out, "{:>11}  {mark} {style}{line}{style:#}", words::clock(*at))?;
        } else {
            writeln!(out, "{:MARGIN$}{style}{line}{style:#}", "")?;
        }
    }
    Ok(())
}

/// The mark in front of an entry, and its style.
fn look(kind: EntryKind) -> (char, Style) {
    match kind {
        EntryKind::Command => ('>', Style::new()),
        EntryKind::Reply => ('<', Style::new()),
        EntryKind::Event => ('*', AnsiColor::Cyan.on_default()),
        EntryKind::Note => ('*', Style::new()),
        EntryKind::Failure => ('!', AnsiColor::Red.on_default()),
        EntryKind::Said => ('"', Style::new().bold()),
        EntryKind::Changed => ('~', AnsiColor::Yellow.on_default()),
        EntryKind::Lost => ('x', AnsiColor::Yellow.on_default()),
        EntryKind::Packet => ('-', Style::new().dimmed()),
    }
}

fn heading(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let cell = &record.cell;
    let bold = Style::new().bold();
    writeln!(
        out,
        "{bold}{}/{}/{}{bold:#}  (seed {})",
        cell.topology, cell.passive_ip, cell.client, cell.seed
    )?;
    writeln!(
        out,
        "{} talks to {} with PassiveIp {}\n",
        cell.program,
        cell.server,
        words::passive_ip(cell.announced)
    )
}

fn conclusion(record: &Record, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let style = words::style(verdict.outcome).bold();
    let Verdict { outcome, stage, cause, reason, chain, .. } = verdict;
    let after = words::clock(record.ended_at);
    writeln!(out)?;
    if *outcome == Outcome::Transferred {
        writeln!(out, "{style}{outcome}{style:#} after {after} s: {}", arrived(record))?;
    } else {
        let stage = words::stage(*stage);
        writeln!(out, "{style}{outcome}{style:#} after {after} s, while {stage}:")?;
        paragraph(reason, out)?;
        writeln!(out)?;
    }
    for statement in chain {
        // The moment is that of the event above which the statement rests on.
        let at = statement.rests_on.at(record).map(|at| format!("[{}] ", words::clock(at)));
        paragraph(&format!("{}{}", at.unwrap_or_default(), statement.text), out)?;
    }
    if let Some(cause) = cause {
        let gap = if chain.is_empty() { "" } else { "\n" };
        writeln!(out, "{gap}  More about this cause: pasvlab explain {cause}")?;
    }
    Ok(())
}

/// What was transferred, as a sentence without its full stop.
fn arrived(record: &Record) -> String {
    let mut kinds = Vec::new();
    for event in &record.events {
        if let What::Transferred { what, intact: true, .. } = &event.what
            && !kinds.contains(what)
        {
            kinds.push(*what);
        }
    }
    let names: Vec<&str> = kinds.into_iter().map(timeline::name).collect();
    let names = match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing".to_owned(),
    };
    format!("{names} arrived intact")
}

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in words::wrapped(text, 2) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
