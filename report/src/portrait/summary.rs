//! What was learned, for a terminal.

use std::io::{self, Write};

use pasvlab_harness::portrait::Likeness;
use pasvlab_scenarios::{DataCommand, Situations, spelled};

use super::{Portrait, table};
use crate::client::sentences;
use crate::words;

/// Columns of the situations' names.
const NAME: usize = 28;
/// How many clients that differ are named.
const NEAREST: usize = 3;

/// Writes the summary.
///
/// # Errors
/// Those of `out`.
pub fn write(
    portrait: &Portrait<'_>,
    situations: &Situations,
    out: &mut dyn Write,
) -> io::Result<()> {
    seen(portrait, situations, out)?;
    concluded(portrait, out)?;
    section("Not told apart", &portrait.draft.untold, out)?;
    let inexact: Vec<String> =
        portrait.draft.inexact.iter().map(|(key, text)| format!("{key}: {text}")).collect();
    section("Inexact", &inexact, out)?;
    proof(portrait, out)?;
    closest(portrait.closest, portrait.seen.len(), out)
}

fn seen(portrait: &Portrait<'_>, situations: &Situations, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "What {} did:", portrait.about.program)?;
    writeln!(out)?;
    for sight in portrait.seen {
        row(&sight.situation, &table::deeds(sight), out)?;
    }
    writeln!(out)?;
    for situation in situations.iter() {
        if portrait.seen.iter().any(|sight| sight.situation == situation.id) {
            let refused = if situation.refuses(DataCommand::Epsv) { "; EPSV refused" } else { "" };
            row(&situation.id, &format!("{}{refused}", situation.title), out)?;
        }
    }
    Ok(())
}

/// A name, and text next to it.
fn row(name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (number, line) in words::wrapped(text, NAME + 2).iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        writeln!(out, "  {name:<NAME$}{line}")?;
    }
    Ok(())
}

fn concluded(portrait: &Portrait<'_>, out: &mut dyn Write) -> io::Result<()> {
    let data = &portrait.draft.client.data;
    let commands: Vec<&str> = data.commands.iter().map(|command| command.name()).collect();
    let mut facts = vec![
        ("log-in", portrait.draft.client.login.join(", ")),
        ("data commands", commands.join(", ")),
        ("order", sentences::order(data.order).to_owned()),
    ];
    if !portrait.draft.policies.is_empty() {
        let text = format!("{}: {}", spelled(data.address), sentences::address(data.address));
        facts.push(("address", text));
    }
    facts.push(("after a refusal", spelled(data.on_reply_error)));
    facts.push(("not understood", spelled(data.on_unparsable)));
    facts.push(("failed connect", spelled(data.on_connect_failure)));
    if let Some(fallback) = data.on_replaced_connect_failure {
        facts.push(("  to the peer", spelled(fallback)));
    }
    writeln!(out, "\nWhat follows from that:\n")?;
    for (name, text) in facts {
        for (number, line) in words::wrapped(&text, 19).iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            writeln!(out, "  {name:<17}{line}")?;
        }
    }
    Ok(())
}

fn section(title: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}:\n")?;
    for text in lines {
        for (number, line) in words::wrapped(text, 4).iter().enumerate() {
            writeln!(out, "  {}{line}", if number == 0 { "- " } else { "  " })?;
        }
    }
    Ok(())
}

fn proof(portrait: &Portrait<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = portrait.seen.len();
    if portrait.differences.is_empty() {
        return writeln!(out, "\nIn simulation the file does the same in all {count} situations.");
    }
    let same = count - portrait.differences.len();
    writeln!(
        out,
        "\nIn simulation the file does the same in {same} of {count} situations; not in:\n"
    )?;
    for difference in portrait.differences {
        writeln!(out, "  {}", difference.situation)?;
        for (who, steps) in [("program", &difference.seen), ("file", &difference.file)] {
            let lines = words::wrapped(&table::steps(steps), 13);
            for (number, line) in lines.iter().enumerate() {
                writeln!(out, "    {:<9}{line}", if number == 0 { who } else { "" })?;
            }
        }
    }
    Ok(())
}

/// Clients that do the same, and if there are none, the nearest.
fn closest(all: &[Likeness], count: usize, out: &mut dyn Write) -> io::Result<()> {
    let same: Vec<&Likeness> = all.iter().filter(|one| one.differs.is_empty()).collect();
    writeln!(out, "\nClosest clients:\n")?;
    if same.is_empty() {
        for one in all.iter().take(NEAREST) {
            let text =
                format!("differs in {} of {count}: {}", one.differs.len(), one.differs.join(", "));
            row(&one.client, &text, out)?;
        }
        return Ok(());
    }
    for one in same {
        let words = if one.same_words { "the same, and in the same words" } else { "the same" };
        row(&one.client, words, out)?;
    }
    Ok(())
}
