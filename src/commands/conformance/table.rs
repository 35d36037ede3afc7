//! What came out.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use pasvlab_scenarios::ServerTls;

use super::Results;
use super::cell::{Compared, Deeds, Setting};

/// Programs, differences and sums, for a person at a terminal.
pub(super) fn text(results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (number, installed) in results.installed.iter().enumerate() {
        let cells = (0..results.settings.len()).filter_map(|setting| results.of(number, setting));
        let (all, agreeing) = cells.fold((0, 0), |(all, agreeing), cell| {
            (all + 1, agreeing + usize::from(!cell.differs()))
        });
        let style = if agreeing == all { AnsiColor::Green } else { AnsiColor::Red }.on_default();
        let id = &installed.program.id;
        writeln!(out, "{style}{id:<30}{style:#} {agreeing:>3} of {all}  {}", installed.version)?;
    }
    text_of_problems(results, out)
}

/// What differs and what was skipped, and the sums.
pub(super) fn text_of_problems(results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (number, installed) in results.installed.iter().enumerate() {
        for (at, setting) in results.settings.iter().enumerate() {
            if let Some(cell) = results.of(number, at).filter(|cell| cell.differs()) {
                difference(&installed.program.id, setting, cell, out)?;
            }
        }
    }
    for (program, why) in &results.skipped {
        writeln!(out, "skipped {}: {why}", program.id)?;
    }
    let (all, differing) = (results.cells.len(), results.differing());
    let programs = results.installed.len();
    writeln!(
        out,
        "{programs} programs, {all} cells: {} agree, {differing} differ; {} programs skipped",
        all - differing,
        results.skipped.len()
    )
}

fn difference(
    program: &str,
    setting: &Setting<'_>,
    cell: &Compared,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{program} in {}{bold:#}", name(setting))?;
    if let (true, Some(why)) = (cell.agrees(), &cell.known) {
        return writeln!(out, "  agrees, but is said to differ: {why}");
    }
    writeln!(out, "  its file: {}", deeds(&cell.expected))?;
    writeln!(out, "  itself:   {}", deeds(&cell.seen))?;
    for line in cell.said.lines() {
        writeln!(out, "  | {line}")?;
    }
    Ok(())
}

fn name(setting: &Setting<'_>) -> String {
    format!("{}/{}/{}", setting.topology.id, setting.passive_ip, setting.server.id)
}

fn deeds(deeds: &Deeds) -> String {
    let dialled: Vec<String> = deeds.dialled.iter().map(ToString::to_string).collect();
    let more = if deeds.goes_on { ", and so on" } else { "" };
    let (commands, dialled) = (deeds.commands.join(" "), dialled.join(" "));
    format!("{commands}; dialled {dialled}; {}{more}", deeds.outcome)
}

const INTRODUCTION: &str = "\
<!-- pasvlab conformance --require --format markdown > docs/conformance.md -->
# Programs held against their client files

Each program was run inside the lab, and its client file in simulation. Compared were the
data-connection commands in order, the addresses that were dialled, and the outcome, which is what
the tables show. Every program downloaded a file; where that succeeded it also ran a whole session,
as far as it can. The server `transfer-family` answers `EPSV`, `no-epsv` refuses it. A program that was
told to use TLS was run against `transfer-family-ftps`, which wants that and insists on resumed TLS
sessions, and `transfer-family-ftps-enabled`, which does not insist. Both answer `EPSV`: what such a
program does where `EPSV` is refused was not seen, because no server of the lab refuses it in TLS.
";

/// The same as a page: a table for each topology.
pub(super) fn markdown(results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (programs, cells) = (results.installed.len(), results.cells.len());
    let agreeing = cells - results.differing();
    writeln!(out, "{INTRODUCTION}")?;
    writeln!(out, "{programs} program configurations, {cells} cells: {agreeing} agree.\n")?;
    let mut topologies: Vec<&str> = Vec::new();
    for setting in &results.settings {
        if !topologies.contains(&setting.topology.id.as_str()) {
            topologies.push(&setting.topology.id);
        }
    }
    for topology in topologies {
        for in_tls in [false, true] {
            table(results, topology, in_tls, out)?;
        }
    }
    notes(results, out)
}

/// What programs did in one topology, those that were told to use TLS or the others.
fn table(
    results: &Results<'_>,
    topology: &str,
    in_tls: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let wants_tls = |at: &usize| results.settings[*at].server.tls == ServerTls::Required;
    let of: Vec<usize> = (0..results.settings.len())
        .filter(|at| results.settings[*at].topology.id == topology && wants_tls(at) == in_tls)
        .collect();
    let there = |number: usize| of.iter().any(|at| results.of(number, *at).is_some());
    let rows: Vec<usize> = (0..results.installed.len()).filter(|number| there(*number)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {topology}{}\n", if in_tls { ", in TLS" } else { "" })?;
    write!(out, "| Program | Version | Client file |")?;
    for at in &of {
        let setting = &results.settings[*at];
        write!(out, " {}, {} |", setting.passive_ip, setting.server.id)?;
    }
    writeln!(out, "\n|---|---|---|{}", "---|".repeat(of.len()))?;
    for number in rows {
        let program = results.installed[number].program;
        let versions = program.versions.trim_end_matches('.');
        write!(out, "| {} | {versions} | `{}` |", program.id, program.client)?;
        for at in &of {
            write!(out, " {} |", results.of(number, *at).map_or_else(String::new, word))?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn word(cell: &Compared) -> String {
    match (cell.agrees(), &cell.known) {
        (true, None) => cell.seen.outcome.clone(),
        (false, Some(_)) => format!("{} (*)", cell.seen.outcome),
        _ => format!("DIFFERS: {}", cell.seen.outcome),
    }
}

fn notes(results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    let programs = results.installed.iter().map(|installed| installed.program);
    let known: Vec<_> = programs.filter(|program| !program.differs.is_empty()).collect();
    if known.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "(*) The program does something else than its client file, and it is known why:\n"
    )?;
    for program in known {
        for differs in &program.differs {
            writeln!(out, "- {}: {}", program.id, differs.why)?;
        }
    }
    Ok(())
}
