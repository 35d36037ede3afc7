//! A client for a person: what it is, and step by step what it does to open a data connection.
//!
//! Everything is made from the client's data; nothing is known about a program by its name.
//!
//! - [`sentences`], [`replies`] — one function per kind of setting; a value without words does not
//!   compile.
//! - `opening` — from the log-in to the transfer command.
//! - `failing` — what follows if something goes wrong.
//! - `waiting` — patience, keep-alives, and what is printed.

mod failing;
mod opening;
pub mod replies;
pub mod sentences;
mod waiting;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4};

use anstyle::Style;
use pasvlab_harness::record::Meaning;
use pasvlab_harness::sim::os;
use pasvlab_scenarios::{Client, DataCommand, Os};

use crate::words;

/// A step of what a client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub title: &'static str,
    /// Sentences, each on a line of its own.
    pub lines: Vec<String>,
}

impl Step {
    fn new(title: &'static str, lines: Vec<String>) -> Self {
        Self { title, lines }
    }
}

/// What the client does, in the order in which it happens. Steps that cannot happen are left out.
#[must_use]
pub fn steps(client: &Client) -> Vec<Step> {
    let mut steps = opening::steps(client);
    steps.extend(failing::steps(client));
    steps.extend(waiting::steps(client));
    steps
}

/// What the client is, as names and values. The options come one by one, as the user types them.
#[must_use]
pub fn facts(client: &Client) -> Vec<(&'static str, Vec<String>)> {
    let options = match client.options.as_slice() {
        [] => vec!["defaults".to_owned()],
        options => options.to_vec(),
    };
    let platform = format!("{}, {}", sentences::os(client.os), zero(client.os));
    vec![
        ("Program", vec![client.program.clone()]),
        ("Versions", vec![client.versions.clone()]),
        ("Options", options),
        ("Platform", vec![platform]),
        ("Known from", vec![sentences::verified(client.verified).to_owned()]),
    ]
}

/// What the system makes of a program that dials 0.0.0.0.
fn zero(system: Os) -> &'static str {
    match os::meaning(system, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0), &[]) {
        Meaning::OwnHost(_) => "where 0.0.0.0 is the own host",
        Meaning::NotAvailable => "which does not dial 0.0.0.0",
        Meaning::Remote => "which dials 0.0.0.0 like any other address",
    }
}

/// Column of the values of [`facts`].
const VALUES: usize = 12;
/// Column of the text of a step.
const TEXT: usize = 4;

/// Writes all of it to `out`, within [`words::WIDTH`] columns.
///
/// # Errors
/// Those of `out`.
pub fn write(client: &Client, programs: &[String], out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}\n", client.id)?;
    let mut facts = facts(client);
    if !programs.is_empty() {
        facts.push(("Checked", vec![format!("against {}, inside the lab", programs.join(", "))]));
    }
    for (name, values) in facts {
        let mut name = format!("{name}:");
        for line in values.iter().flat_map(|value| words::wrapped(value, VALUES)) {
            writeln!(out, "{name:VALUES$}{line}")?;
            name.clear();
        }
    }
    writeln!(out)?;
    for line in words::wrapped(&client.summary, 0) {
        writeln!(out, "{line}")?;
    }
    for (number, step) in (1..).zip(steps(client)) {
        writeln!(out, "\n{:<TEXT$}{bold}{}{bold:#}", format!("{number}."), step.title)?;
        step.lines.iter().try_for_each(|line| hanging(line, "", out))?;
    }
    if !client.sources.is_empty() {
        writeln!(out, "\n{bold}Sources{bold:#}")?;
        client.sources.iter().try_for_each(|source| hanging(source, "-", out))?;
    }
    Ok(())
}

/// Writes a sentence at the column of steps, its later lines under its first, with a mark before it.
fn hanging(text: &str, mark: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut mark = format!("{mark:>width$} ", width = TEXT - 1);
    for line in words::wrapped(text, TEXT) {
        writeln!(out, "{mark}{line}")?;
        mark = " ".repeat(TEXT);
    }
    Ok(())
}

/// Whether the client knows the command.
fn knows(client: &Client, command: DataCommand) -> bool {
    client.data.commands.contains(&command)
}

/// Whether it may read an address and a port as a reply to `PASV` has them.
fn reads_pasv_reply(client: &Client) -> bool {
    knows(client, DataCommand::Pasv)
        || (knows(client, DataCommand::Epsv) && client.data.epsv_takes_pasv_reply)
}

/// `a`, `a or b`, `a, b or c`.
fn either(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
