//! Pages for a terminal.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_harness::Cause;

use super::{Group, Page, Reasons};
use crate::words;

/// Writes every id with its sentence, by group.
///
/// # Errors
/// Those of `out`.
pub fn write_list(reasons: &Reasons, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    for group in Group::ALL {
        writeln!(out, "{bold}{}{bold:#}", group.heading())?;
        for (cause, page) in reasons.of(group) {
            writeln!(out, "  {bold}{cause}{bold:#}")?;
            indented(&page.sentence, 6, out)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "A page: pasvlab explain ID")
}

/// Writes the page of one id.
///
/// # Errors
/// Those of `out`.
pub fn write_page(cause: Cause, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{cause}{bold:#}")?;
    indented(&page.sentence, 0, out)?;
    for paragraph in page.paragraphs() {
        writeln!(out)?;
        indented(paragraph, 0, out)?;
    }
    heading("In a log", !page.log.is_empty(), out)?;
    for line in &page.log {
        item(&format!("{}: {}", line.client, line.says), out)?;
    }
    heading("In a capture", true, out)?;
    for line in &page.capture {
        item(line, out)?;
    }
    if let Some(filter) = &page.filter {
        item("Wireshark display filter:", out)?;
        indented(filter, 6, out)?;
    }
    heading("What to change", !page.fixes.is_empty(), out)?;
    for fix in &page.fixes {
        item(&format!("{}: {}", fix.r#where, fix.change), out)?;
    }
    heading("Cells that show it", true, out)?;
    if page.examples.is_empty() {
        item(NO_EXAMPLE, out)?;
    }
    for example in &page.examples {
        writeln!(out, "    pasvlab run {example}")?;
    }
    heading("See also", true, out)?;
    for id in &page.see {
        writeln!(out, "    pasvlab explain {id}")?;
    }
    heading("Sources", true, out)?;
    page.sources.iter().try_for_each(|source| item(source, out))
}

/// What stands in the place of examples.
pub(super) const NO_EXAMPLE: &str = "None of the built-in ones.";

fn heading(text: &str, wanted: bool, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    if wanted { writeln!(out, "\n{bold}{text}{bold:#}") } else { Ok(()) }
}

fn item(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (number, line) in words::wrapped(text, 4).into_iter().enumerate() {
        let mark = if number == 0 { '-' } else { ' ' };
        writeln!(out, "  {mark} {line}")?;
    }
    Ok(())
}

fn indented(text: &str, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    let lines = words::wrapped(text, indent);
    lines.iter().try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
}
