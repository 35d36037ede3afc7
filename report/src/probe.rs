//! What a probe saw, as text and as JSON.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use pasvlab_harness::portrait::{Observation, Went, candidates};
use pasvlab_harness::probe::{Known, Offer, Report};
use pasvlab_scenarios::{AddressPolicy, spelled};
use serde::Serialize;

use crate::words;

/// Columns of names.
const NAME: usize = 14;
/// So many address rules are not explained.
const MANY: usize = 3;

/// Every reply to `PASV` that was followed, or not seen to be. Where a connection to the announced
/// address would have been seen, none means that none was tried.
fn observations(reports: &[Report], watched: &[Ipv4Addr]) -> Vec<Observation> {
    let offers = reports.iter().flat_map(|report| report.offers.iter().map(move |o| (report, o)));
    offers
        .filter_map(|(report, offer)| {
            let (announced, peer) = (offer.announced?, *report.server.ip());
            let zero = announced.is_unspecified() && watched.contains(&Ipv4Addr::LOCALHOST);
            let went = match offer.went {
                Went::Nowhere => return None,
                Went::Unseen if zero || watched.contains(&announced) => Went::Nowhere,
                went => went,
            };
            Some(Observation { announced, peer, went })
        })
        .collect()
}

/// The address policies that fit; none if no reply to `PASV` had an address. `watched`: where a
/// connection is seen to arrive.
#[must_use]
pub fn policies(reports: &[Report], watched: &[Ipv4Addr]) -> Vec<AddressPolicy> {
    let observations = observations(reports, watched);
    if observations.is_empty() { Vec::new() } else { candidates(&observations) }
}

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
    rules(&policies(reports, watched), out)?;
    for remark in remarks(reports) {
        writeln!(out)?;
        for line in words::wrapped(&remark, 0) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "\nClosest clients:\n")?;
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
    let peer = *report.server.ip();
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

/// Signs of a box between client and server that translates addresses.
#[must_use]
pub fn remarks(reports: &[Report]) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut say = |text: String| {
        if !remarks.contains(&text) {
            remarks.push(text);
        }
    };
    for report in reports {
        let (client, server) = (*report.client.ip(), *report.server.ip());
        for offer in &report.offers {
            if let Some(own) = offer.own.filter(|own| *own.ip() != client) {
                let (name, own) = (offer.command.name(), own.ip());
                say(format!(
                    "{name} offers {own}, but the client comes from {client}: its address is \
                     translated on the way."
                ));
            }
            if let Some(from) = offer.from.filter(|from| *from != client) {
                say(format!(
                    "A data connection came from {from}, the control connection from {client}: they \
                     are translated to different addresses on the way."
                ));
            }
            if let (Some(announced), Went::To(at)) = (offer.announced, offer.went)
                && announced != at
                && !server.is_loopback()
            {
                say(format!(
                    "{announced} was announced, and the connection came to {at}: the client, or a \
                     box on the way that reads FTP, has put another address in its place."
                ));
            }
        }
    }
    remarks
}

#[derive(Serialize)]
struct Document<'a> {
    complete: bool,
    sessions: Vec<Session<'a>>,
    address_policies: Vec<String>,
    remarks: Vec<String>,
    closest: Vec<Closest<'a>>,
}

#[derive(Serialize)]
struct Session<'a> {
    question: &'a str,
    client: String,
    server: String,
    words: &'a [String],
    offers: Vec<Attempt>,
}

#[derive(Serialize)]
struct Attempt {
    command: &'static str,
    refused: bool,
    announced: Option<String>,
    arrived: Option<String>,
    from: Option<String>,
    own: Option<String>,
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
        address_policies: policies(reports, watched).into_iter().map(spelled).collect(),
        remarks: remarks(reports),
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
        words: &report.words,
        offers: report.offers.iter().map(attempt).collect(),
    }
}

fn attempt(offer: &Offer) -> Attempt {
    let arrived = match offer.went {
        Went::To(address) => Some(address.to_string()),
        Went::Nowhere | Went::Unseen => None,
    };
    Attempt {
        command: offer.command.name(),
        refused: offer.refused,
        announced: offer.announced.map(|address| address.to_string()),
        arrived,
        from: offer.from.map(|address| address.to_string()),
        own: offer.own.map(|address| address.to_string()),
    }
}
