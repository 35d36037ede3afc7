//! What a client file would do in a session of a probe.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{AddressPolicy, Catalog, Client, DataCommand, EpsvAddress, Fallback};

use super::question::{Announce, Question};
use super::session::Report;
use super::way::doubt;
use crate::ftp::client::policy::{Choice, choose};
use crate::portrait::{Observation, Went, candidates};

/// What a client does up to its first data connection, or until it has none left to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Data-connection commands, in order.
    pub commands: Vec<DataCommand>,
    /// Where the data connection went.
    pub went: Went,
}

/// How much a client file is like what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The client's id.
    pub client: String,
    /// Questions to which it has other answers.
    pub differs: Vec<&'static str>,
    /// Whether it says the same words before its first data-connection command.
    pub same_words: bool,
}

/// The answer in a report. What follows a connection that was not seen to arrive depends on how long
/// that took; after a reply that cannot be read there is none.
pub(super) fn seen(report: &Report) -> Answer {
    let mut answer = Answer { commands: Vec::new(), went: Went::Nowhere };
    for offer in &report.offers {
        answer.commands.push(offer.command);
        answer.went = offer.went;
        let unread = offer.went == Went::Unseen && report.question.announce == Announce::Unparsable;
        if offer.went != Went::Nowhere && !unread {
            break;
        }
    }
    answer
}

/// What a client file answers in a session that arrives at `own`, and that the client opens to `peer`.
/// `watched`: the addresses at which a connection can be seen to arrive.
#[must_use]
pub fn predicted(
    client: &Client,
    question: &Question,
    (own, peer): (Ipv4Addr, Ipv4Addr),
    watched: &[Ipv4Addr],
) -> Answer {
    let data = &client.data;
    let mut commands = Vec::new();
    let mut at = 0;
    while let Some(command) = data.commands.get(at) {
        commands.push(*command);
        let refused = match command {
            DataCommand::Epsv => !question.epsv,
            DataCommand::Pasv => !question.pasv,
            DataCommand::Port | DataCommand::Eprt => true,
        };
        let fallback = if refused {
            let rule = data.on_reply_codes.iter().find(|rule| rule.fits(*command, 500));
            rule.map_or(data.on_reply_error, |rule| rule.then)
        } else {
            match dialled(client, *command, question, (own, peer)) {
                Some(address) => {
                    let went = visible(address, (own, peer), watched);
                    return Answer { commands, went };
                }
                None if question.announce == Announce::Unparsable => data.on_unparsable,
                None => return Answer { commands, went: Went::Unseen },
            }
        };
        let later = |wanted: fn(&DataCommand) -> bool| {
            data.commands.iter().skip(at + 1).position(wanted).map(|ahead| at + 1 + ahead)
        };
        let next = match fallback {
            Fallback::NextCommand => later(|_| true),
            Fallback::ActiveMode => later(|command| command.is_active()),
            // A new log-in is a new session, with a question of its own.
            _ => None,
        };
        let Some(next) = next else { break };
        at = next;
    }
    // A reply that cannot be read leaves the watcher waiting.
    let unread = question.announce == Announce::Unparsable
        && question.pasv
        && commands.last() == Some(&DataCommand::Pasv);
    Answer { commands, went: if unread { Went::Unseen } else { Went::Nowhere } }
}

/// The address that is dialled after a passive command that was granted.
fn dialled(
    client: &Client,
    command: DataCommand,
    question: &Question,
    (own, peer): (Ipv4Addr, Ipv4Addr),
) -> Option<Ipv4Addr> {
    if command == DataCommand::Epsv {
        return match client.data.epsv_address {
            EpsvAddress::Peer | EpsvAddress::Host | EpsvAddress::LastReply => Some(peer),
        };
    }
    let announced = match question.announce {
        Announce::Own => peer,
        Announce::Inside => own,
        Announce::Address(address) => address,
        Announce::Unparsable => return None,
    };
    match choose(client.data.address, announced, peer) {
        Choice::Reply => Some(announced),
        Choice::Peer => Some(peer),
        Choice::Neither => None,
    }
}

/// 0.0.0.0 arrives at loopback. This host's own address does not where a box translates it.
fn visible(address: Ipv4Addr, (own, peer): (Ipv4Addr, Ipv4Addr), watched: &[Ipv4Addr]) -> Went {
    let zero = address.is_unspecified() && watched.contains(&Ipv4Addr::LOCALHOST);
    let hidden = address == own && own != peer;
    if address == peer || (watched.contains(&address) && !hidden) || zero {
        Went::To(address)
    } else {
        Went::Unseen
    }
}

/// Every reply to `PASV` that was followed, or not seen to be. Where a connection to the announced
/// address would have been seen, none means that none was tried.
fn observations(reports: &[Report], watched: &[Ipv4Addr]) -> Vec<Observation> {
    let offers = reports.iter().flat_map(|report| report.offers.iter().map(move |o| (report, o)));
    let doubt = doubt(reports);
    offers
        .filter_map(|(report, offer)| {
            let announced = offer.announced?;
            let (own, peer) = report.ends();
            if doubt.about(announced, peer, offer.went) {
                return None;
            }
            let zero = announced.is_unspecified() && watched.contains(&Ipv4Addr::LOCALHOST);
            // Where a box translates, who dials this host's own address does not arrive.
            let seen = zero || (watched.contains(&announced) && (own == peer || announced != own));
            let went = match offer.went {
                Went::Nowhere => return None,
                // It is the same for every rule, so something else was in the way.
                Went::Unseen if announced == peer => return None,
                Went::Unseen if seen => Went::Nowhere,
                went => went,
            };
            Some(Observation { announced, peer, went })
        })
        .collect()
}

/// The address policies that fit; none at all if no reply to `PASV` tells. `watched`: where a connection
/// is seen to arrive.
#[must_use]
pub fn policies(reports: &[Report], watched: &[Ipv4Addr]) -> Option<Vec<AddressPolicy>> {
    let observations = observations(reports, watched);
    (!observations.is_empty()).then(|| candidates(&observations))
}

/// Every client of the catalogue that goes without TLS, as the server of a probe does: the most alike
/// first; in order of id where they are equally alike.
#[must_use]
pub fn closest(catalog: &Catalog, reports: &[Report], watched: &[Ipv4Addr]) -> Vec<Known> {
    let clients = catalog.clients().filter(|client| !client.asks_for_tls());
    let mut all: Vec<Known> = clients.map(|client| known(client, reports, watched)).collect();
    all.sort_by_key(|known| (known.differs.len(), !known.same_words));
    all
}

/// Whether an answer is the expected one. Whether a connection to this host's own address arrives past the
/// box that translates depends on where the client is.
pub(super) fn like(seen: &Answer, expected: &Answer, own: Ipv4Addr) -> bool {
    let past = seen.went == Went::To(own) && expected.went == Went::Unseen;
    seen.commands == expected.commands && (seen.went == expected.went || past)
}

fn known(client: &Client, reports: &[Report], watched: &[Ipv4Addr]) -> Known {
    let (mut differs, doubt) = (Vec::new(), doubt(reports));
    for report in reports {
        let expected = predicted(client, &report.question, report.ends(), watched);
        let seen = seen(report);
        let announced = report.offers.iter().find_map(|offer| offer.announced);
        let same = seen.commands == expected.commands
            && announced.is_some_and(|announced| doubt.about(announced, report.peer, seen.went));
        if !same && !like(&seen, &expected, *report.server.ip()) {
            differs.push(report.question.id);
        }
    }
    let same_words = reports.first().is_some_and(|report| {
        let said = words(report.words.iter().map(String::as_str));
        [&client.list, &client.download].into_iter().any(|operation| {
            let lines = client.login.iter().chain(&operation.before).map(String::as_str);
            words(lines) == said
        })
    });
    Known { client: client.id.clone(), differs, same_words }
}

/// Words before the first data-connection command.
fn words<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let words = lines.map(|line| line.split(' ').next().unwrap_or_default());
    words.take_while(|word| !matches!(*word, "PASV" | "EPSV" | "PORT" | "EPRT")).collect()
}
