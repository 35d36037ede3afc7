//! Advice for a person: what fails, the smallest changes that were seen to help, what does not help
//! and why.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_harness::advise::{Advice, Insufficient, Proposal, Question, Sighting, same_version};
use pasvlab_harness::change::{Change, Side};
use pasvlab_scenarios::{Client, PassiveIp};

use crate::words;

/// How many proposals of the same size are shown.
const SHOWN: usize = 6;

/// Writes the advice for a terminal.
///
/// # Errors
/// Those of `out`.
pub fn write(question: &Question<'_>, advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    heading(question, out)?;
    section("As things are", out)?;
    sightings(&advice.before, question, out)?;
    if advice.all_works() {
        writeln!(out)?;
        return paragraph("Everything works already: there is nothing to change.", 0, out);
    }
    proposals(question, advice, out)?;
    own_options(question, advice, out)?;
    insufficient(question, advice, out)?;
    writeln!(out)?;
    let text = format!(
        "{} sessions were run for this, with seeds that reach every zone.",
        advice.sessions
    );
    paragraph(&text, 0, out)
}

/// What was seen to help, one line each: the smallest sets of changes, then what the clients' users can
/// do alone.
#[must_use]
pub fn fixes(question: &Question<'_>, advice: &Advice) -> Vec<String> {
    let mut lines = Vec::new();
    for proposal in &advice.proposals {
        let server = proposal.changes.iter().map(|change| (side(change), change));
        let clients = proposal.clients.iter().map(|(id, change)| (id.as_str(), change));
        let parts = server.chain(clients);
        let parts: Vec<String> =
            parts.map(|(who, change)| format!("{who}: {}", named(question, change))).collect();
        lines.push(parts.join("; and "));
    }
    for own in &advice.own_options {
        lines.extend(
            own.work.iter().map(|change| format!("{}: {}", own.client, named(question, change))),
        );
    }
    let mut known = Vec::new();
    lines.retain(|line| {
        let new = !known.contains(line);
        known.push(line.clone());
        new
    });
    lines
}

/// Writes [`fixes`] for a terminal, at the end of the report about a cell.
///
/// # Errors
/// Those of `out`.
pub fn write_fixes(
    question: &Question<'_>,
    advice: &Advice,
    out: &mut dyn Write,
) -> io::Result<()> {
    if advice.all_works() {
        return Ok(());
    }
    let fixes = fixes(question, advice);
    if fixes.is_empty() {
        section("Nothing that the lab can change helps", out)?;
        let ways: Vec<&str> = question.ways.iter().map(|way| way.id.as_str()).collect();
        let clients = question.clients.iter().map(|client| format!(" --client {}", client.id));
        let (ways, clients) = (ways.join(" "), clients.collect::<String>());
        return paragraph(&format!("What was tried: pasvlab advise {ways}{clients}"), 2, out);
    }
    section("What helps (each was run and seen to work)", out)?;
    for fix in fixes {
        for (number, line) in words::wrapped(&fix, 4).into_iter().enumerate() {
            writeln!(out, "  {} {line}", if number == 0 { "-" } else { " " })?;
        }
    }
    Ok(())
}

fn heading(question: &Question<'_>, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let ways: Vec<&str> = question.ways.iter().map(|way| way.id.as_str()).collect();
    let text = format!(
        "{} to {} with PassiveIp {}",
        ways.join(" and "),
        question.server.id,
        words::passive_ip(question.passive_ip)
    );
    writeln!(out, "{bold}{text}{bold:#}")?;
    if ways.len() > 1 {
        paragraph("These are ways to one server: its settings hold for all of them.", 0, out)?;
    }
    Ok(())
}

fn section(title: &str, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "\n{bold}{title}{bold:#}")
}

/// One line for each client on each way, and the reasons below; sessions of several seeds are one line
/// if they came out alike.
fn sightings(seen: &[Sighting], question: &Question<'_>, out: &mut dyn Write) -> io::Result<()> {
    for way in &question.ways {
        if question.ways.len() > 1 {
            writeln!(out, "  {}", way.id)?;
        }
        let here: Vec<Sighting> = seen.iter().filter(|one| one.way == way.id).cloned().collect();
        for group in groups(&here) {
            let one = group[0];
            let style = words::style(one.outcome);
            let outcome = words::short(one.outcome);
            let seeds: Vec<String> = group.iter().map(|one| one.seed.to_string()).collect();
            let seeds = match group.len() < all_seeds(&here, one) {
                true => format!("  (seed {})", seeds.join(", ")),
                false => String::new(),
            };
            let cause = one.cause.map_or_else(String::new, |cause| format!("  {cause}"));
            let name = format!("{:24}", one.client);
            writeln!(out, "  {name} {style}{outcome}{style:#}{cause}{seeds}")?;
        }
        let failing: Vec<Sighting> = here.into_iter().filter(|one| !one.works()).collect();
        reasons(&failing, false, out)?;
    }
    Ok(())
}

/// Sessions of one client on one way that came out alike.
fn groups(seen: &[Sighting]) -> Vec<Vec<&Sighting>> {
    let mut groups: Vec<Vec<&Sighting>> = Vec::new();
    for one in seen {
        let alike = |group: &&mut Vec<&Sighting>| {
            let first = group[0];
            (&first.way, &first.client, first.outcome, first.cause)
                == (&one.way, &one.client, one.outcome, one.cause)
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// How many sessions there are of a client on a way.
fn all_seeds(seen: &[Sighting], of: &Sighting) -> usize {
    seen.iter().filter(|one| (&one.way, &one.client) == (&of.way, &of.client)).count()
}

fn proposals(question: &Question<'_>, advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    if advice.proposals.is_empty() {
        section("Nothing that may be changed makes everything work", out)?;
        return obstacles(question, advice, out);
    }
    let sessions = advice.proposals[0].after.len();
    section(&format!("What makes all {sessions} sessions work (each was run)"), out)?;
    for (number, proposal) in advice.proposals.iter().take(SHOWN).enumerate() {
        of_proposal(question, number + 1, proposal, out)?;
    }
    if advice.proposals.len() > SHOWN {
        let more = advice.proposals.len() - SHOWN;
        paragraph(&format!("and {more} more of the same size"), 2, out)?;
    }
    Ok(())
}

fn of_proposal(
    question: &Question<'_>,
    number: usize,
    proposal: &Proposal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let green = words::style(pasvlab_harness::Outcome::Transferred);
    let server = proposal.changes.iter().map(|change| (side(change).to_owned(), change));
    let clients = proposal.clients.iter().map(|(id, change)| (id.clone(), change));
    for (place, (who, change)) in server.chain(clients).enumerate() {
        let number = if place == 0 { format!("{number}.") } else { String::new() };
        let text = format!("{who}: {}", named(question, change));
        for (line_number, line) in words::wrapped(&text, 5).into_iter().enumerate() {
            let number = if line_number == 0 { number.as_str() } else { "" };
            writeln!(out, "  {number:2} {green}{line}{green:#}")?;
        }
    }
    Ok(())
}

fn side(change: &Change) -> &'static str {
    match change.side() {
        Side::Server => "server",
        Side::Network => "network",
        Side::Client => "client",
    }
}

/// A change in words; an address with its name, a client with its options only if it is the same
/// version.
fn named(question: &Question<'_>, change: &Change) -> String {
    if let Change::Client(new) = change {
        let same = |old: &&&Client| same_version(old, new);
        return match (question.clients.iter().find(same), new.options.as_slice()) {
            (None, _) => change.to_string(),
            (Some(_), []) => "defaults".to_owned(),
            (Some(_), options) => options.join("; "),
        };
    }
    let Change::PassiveIp(PassiveIp::Address(address)) = change else { return change.to_string() };
    let mut names = Vec::new();
    for way in &question.ways {
        let ids = way.passive_ips.iter().filter(|(_, known)| *known == address);
        names.extend(ids.map(|(id, _)| format!("`{id}` of {}", way.id)));
    }
    match names.as_slice() {
        [] => change.to_string(),
        names => format!("{change} ({})", names.join(", ")),
    }
}

/// What stands in the way, if nothing helps: the best single setting, and what fails with it.
fn obstacles(question: &Question<'_>, advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    let best = advice.insufficient.iter().max_by_key(|tried| tried.working);
    match best.filter(|tried| tried.working > advice.before.iter().filter(|s| s.works()).count()) {
        Some(best) => {
            let text = format!("The nearest is to {}; then there remains:", best.change);
            paragraph(&text, 2, out)?;
            reasons(&best.failing, question.ways.len() > 1, out)
        }
        None => {
            paragraph("No setting of PassiveIp helps more than the present one:", 2, out)?;
            let failing: Vec<Sighting> =
                advice.before.iter().filter(|one| !one.works()).cloned().collect();
            reasons(&failing, question.ways.len() > 1, out)
        }
    }
}

fn own_options(question: &Question<'_>, advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    if advice.own_options.is_empty() {
        return Ok(());
    }
    section("What users of these clients can do alone", out)?;
    for own in &advice.own_options {
        if own.work.is_empty() {
            writeln!(out, "  {:<24} nothing that the lab knows", own.client)?;
        }
        for (place, change) in own.work.iter().enumerate() {
            let client = if place == 0 { own.client.as_str() } else { "" };
            let text = named(question, change);
            for (number, line) in words::wrapped(&text, 27).into_iter().enumerate() {
                let client = if number == 0 { client } else { "" };
                writeln!(out, "  {client:<24} {line}")?;
            }
        }
    }
    Ok(())
}

fn insufficient(question: &Question<'_>, advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    if advice.insufficient.is_empty() {
        return Ok(());
    }
    section("What is not enough", out)?;
    for Insufficient { change, failing, working } in &advice.insufficient {
        let all = working + failing.len();
        let text = format!("{}: {working} of {all} sessions work", named(question, change));
        paragraph(&text, 2, out)?;
        reasons(failing, question.ways.len() > 1, out)?;
    }
    Ok(())
}

/// Each reason once, with who has it, and on which way if that is not clear.
fn reasons(failing: &[Sighting], with_way: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut known: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for one in failing {
        let same = |known: &&mut (&str, &str, Vec<&str>)| {
            (known.0, known.1) == (one.way.as_str(), one.reason.as_str())
        };
        match known.iter_mut().find(same) {
            Some((_, _, clients)) if clients.contains(&one.client.as_str()) => {}
            Some((_, _, clients)) => clients.push(&one.client),
            None => known.push((&one.way, &one.reason, vec![&one.client])),
        }
    }
    for (way, reason, clients) in known {
        let way = if with_way { format!("{way}, ") } else { String::new() };
        paragraph(&format!("{way}{}: {reason}", clients.join(", ")), 6, out)?;
    }
    Ok(())
}

fn paragraph(text: &str, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    for line in words::wrapped(text, indent) {
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}
