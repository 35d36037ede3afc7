//! What a probe saw, as text and as JSON.

mod way;

use std::io::{self, Write};
use std::net::Ipv4Addr;

use pasvlab_harness::portrait::Went;
use pasvlab_harness::probe::{Known, Offer, Report, Sight, left_out, policies};
use pasvlab_scenarios::{AddressPolicy, spelled};
use serde::Serialize;

use crate::words;

/// Columns of names.
const NAME: usize = 18;
/// So many address rules are not explained.
const MANY: usize = 3;

/// Clients that do the same; if there are none, those that differ least. If some of them also say the
/// same words, only those.
#[must_use]
pub fn alike(all: &[Known]) -> Vec<&Known> {
    let Some(first) = all.first() else { return Vec::new() };
    let same = |one: &&Known| {
        one.differs.len() == first.differs.len() && one.same_words == first.same_words
    };
    all.iter().filter(same).collect()
}

/// Writes what was seen and what follows from it.
///
/// # Errors
/// Those of `out`.
pub fn write(
    reports: &[Report],
    all: &[Known],
    watched: &[Ipv4Addr],
    sights: &[Sight],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "\nWhat the client did:\n")?;
    for report in reports {
        row(report.question.id, &deeds(report), out)?;
    }
    writeln!(out)?;
    for report in reports {
        row(report.question.id, report.question.title, out)?;
    }
    rules(&policies(reports, watched).unwrap_or_default(), out)?;
    if !sights.is_empty() {
        writeln!(out, "\nBetween client and server:")?;
    }
    for sight in sights {
        writeln!(out)?;
        for line in words::wrapped(&way::words(sight), 2) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "\nClosest clients:\n")?;
    let left_out = left_out(reports);
    if !left_out.is_empty() {
        let text = format!(
            "Not compared, because a box on the way may have had its hand in them: {}.",
            left_out.join(", ")
        );
        for line in words::wrapped(&text, 2) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out)?;
    }
    for one in alike(all) {
        let mut text = if one.differs.is_empty() {
            "the same answers".to_owned()
        } else {
            format!("other answers to {}", one.differs.join(", "))
        };
        if one.same_words {
            text.push_str(", and the same words before them");
        }
        row_of(28, &one.client, &text, out)?;
    }
    Ok(())
}

/// Address rules; if there are few, also what they mean.
fn rules(policies: &[AddressPolicy], out: &mut dyn Write) -> io::Result<()> {
    if policies.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nAddress rules that fit:\n")?;
    for policy in policies {
        writeln!(out, "  {}", spelled(policy))?;
        if policies.len() < MANY {
            for line in words::wrapped(crate::client::sentences::address(*policy), 6) {
                writeln!(out, "      {line}")?;
            }
        }
    }
    Ok(())
}

fn row(name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    row_of(NAME, name, text, out)
}

fn row_of(width: usize, name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (number, line) in words::wrapped(text, width + 2).iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        writeln!(out, "  {name:<width$}{line}")?;
    }
    Ok(())
}

fn deeds(report: &Report) -> String {
    let peer = report.peer;
    let deeds: Vec<String> = report.offers.iter().map(|offer| deed(offer, peer)).collect();
    if deeds.is_empty() { "no data-connection command".to_owned() } else { deeds.join(", ") }
}

fn deed(offer: &Offer, peer: Ipv4Addr) -> String {
    let name = offer.command.name();
    match offer.went {
        _ if offer.refused => format!("{name} refused"),
        Went::To(address) if address == peer => format!("{name} > the server's address"),
        Went::To(address) => format!("{name} > {address}"),
        Went::Unseen => format!("{name}, and no connection came"),
        Went::Nowhere => name.to_owned(),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    complete: bool,
    sessions: Vec<Session<'a>>,
    address_policies: Vec<String>,
    way: Vec<Seen>,
    left_out: Vec<&'static str>,
    closest: Vec<Closest<'a>>,
}

#[derive(Serialize)]
struct Session<'a> {
    question: &'a str,
    client: String,
    server: String,
    peer: String,
    words: &'a [String],
    offers: Vec<Attempt>,
}

#[derive(Serialize)]
struct Attempt {
    command: &'static str,
    refused: bool,
    announced: Option<String>,
    dialled: Option<String>,
    arrived: Option<String>,
    from: Option<String>,
    own: Option<String>,
}

#[derive(Serialize)]
struct Seen {
    sight: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Closest<'a> {
    client: &'a str,
    differs: &'a [&'static str],
    same_words: bool,
}

/// The same for machines.
///
/// # Errors
/// Those of `out`.
pub fn json(
    reports: &[Report],
    all: &[Known],
    watched: &[Ipv4Addr],
    sights: &[Sight],
    complete: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let closest = alike(all).into_iter().map(|one| Closest {
        client: &one.client,
        differs: &one.differs,
        same_words: one.same_words,
    });
    let document = Document {
        complete,
        sessions: reports.iter().map(session).collect(),
        address_policies: policies(reports, watched)
            .unwrap_or_default()
            .into_iter()
            .map(spelled)
            .collect(),
        way: sights
            .iter()
            .map(|sight| Seen { sight: sight.id(), text: way::words(sight) })
            .collect(),
        left_out: left_out(reports),
        closest: closest.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn session(report: &Report) -> Session<'_> {
    Session {
        question: report.question.id,
        client: report.client.to_string(),
        server: report.server.to_string(),
        peer: report.peer.to_string(),
        words: &report.words,
        offers: report.offers.iter().map(attempt).collect(),
    }
}

fn attempt(offer: &Offer) -> Attempt {
    let dialled = match offer.went {
        Went::To(address) => Some(address.to_string()),
        Went::Nowhere | Went::Unseen => None,
    };
    Attempt {
        command: offer.command.name(),
        refused: offer.refused,
        announced: offer.announced.map(|address| address.to_string()),
        dialled,
        arrived: offer.at.map(|address| address.to_string()),
        from: offer.from.map(|address| address.to_string()),
        own: offer.own.map(|address| address.to_string()),
    }
}
