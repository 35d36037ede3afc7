//! What was seen of boxes between client and server: translation of addresses, and helpers that read FTP
//! and put other addresses into commands and replies.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{Client, DataCommand};

use super::predict::{like, policies, predicted, seen};
use super::session::{Offer, Report};
use crate::portrait::Went;

/// One thing that was seen of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Sessions arrive at another address than clients connect to.
    ServerTranslated {
        /// What clients connect to.
        public: Ipv4Addr,
        /// Where they arrive.
        own: Ipv4Addr,
    },
    /// Sessions come from several addresses.
    SeveralSources {
        /// Those addresses, in order of appearance.
        addresses: Vec<Ipv4Addr>,
    },
    /// A data connection comes from another address than its control connection.
    DataFromElsewhere {
        /// Of the control connection.
        control: Ipv4Addr,
        /// Of the data connection.
        data: Ipv4Addr,
    },
    /// No data connection comes, although the address that the client connects to is announced.
    Blocked {
        /// `EPSV` or `PASV`.
        command: DataCommand,
    },
    /// The client offers another address than its connection comes from.
    OfferTranslated {
        /// `PORT` or `EPRT`.
        command: DataCommand,
        /// What the command says.
        offered: Ipv4Addr,
        /// Where the control connection comes from.
        source: Ipv4Addr,
    },
    /// The client offers the address that its connection comes from.
    OfferSame {
        /// `PORT` or `EPRT`.
        command: DataCommand,
        /// That address.
        address: Ipv4Addr,
    },
    /// One command offers the address from which the connection comes, the other another one.
    OfferRewritten {
        /// The one that offers the source.
        rewritten: DataCommand,
        /// The one that does not.
        kept: DataCommand,
        /// What it offers.
        offered: Ipv4Addr,
    },
    /// An announcement of one line is followed by a data connection, the same in two lines is not.
    ReplyRead {
        /// The address announced.
        announced: Ipv4Addr,
        /// Whether somebody else's address was announced, and the connection came here all the same.
        foreign: bool,
    },
    /// The other way round.
    ReplySpoiled {
        /// The address announced.
        announced: Ipv4Addr,
    },
    /// Somebody else's address was announced, in one line and in two, and the connection came here.
    ForeignReplaced {
        /// The address announced.
        announced: Ipv4Addr,
    },
    /// No known rule leads to all the addresses that were dialled.
    NoRule,
    /// The client is known, and something else arrived than from it.
    Unlike {
        /// The question to which.
        question: &'static str,
        /// The client's id.
        client: String,
        /// Where the connection should have arrived; none if nowhere here.
        expected: Option<Ipv4Addr>,
        /// Where it did; none if nowhere.
        arrived: Option<Ipv4Addr>,
    },
}

impl Sight {
    /// A name that stays.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::ServerTranslated { .. } => "server-translated",
            Self::SeveralSources { .. } => "several-sources",
            Self::DataFromElsewhere { .. } => "data-from-elsewhere",
            Self::Blocked { .. } => "blocked",
            Self::OfferTranslated { .. } => "offer-translated",
            Self::OfferSame { .. } => "offer-same",
            Self::OfferRewritten { .. } => "offer-rewritten",
            Self::ReplyRead { .. } => "reply-read",
            Self::ReplySpoiled { .. } => "reply-spoiled",
            Self::ForeignReplaced { .. } => "foreign-replaced",
            Self::NoRule => "no-rule",
            Self::Unlike { .. } => "unlike",
        }
    }
}

/// What the reports show of the way. `client`: whose reports they are, if that is known. `watched`: where
/// a connection is seen to arrive.
#[must_use]
pub fn sights(reports: &[Report], client: Option<&Client>, watched: &[Ipv4Addr]) -> Vec<Sight> {
    let mut sights = Vec::new();
    let mut add = |sight: Sight| {
        if !sights.contains(&sight) {
            sights.push(sight);
        }
    };
    addresses(reports).into_iter().for_each(&mut add);
    offers(reports).into_iter().for_each(&mut add);
    for report in reports {
        blocked(report).into_iter().for_each(&mut add);
    }
    comparisons(reports).for_each(&mut add);
    if policies(reports, watched).is_some_and(|fitting| fitting.is_empty()) {
        add(Sight::NoRule);
    }
    for report in reports {
        client.and_then(|client| unlike(report, client, watched)).into_iter().for_each(&mut add);
    }
    sights
}

/// From where, and to where, connections come.
fn addresses(reports: &[Report]) -> Vec<Sight> {
    let mut sights = Vec::new();
    let mut sources = Vec::new();
    for report in reports {
        let (own, peer) = report.ends();
        if own != peer {
            sights.push(Sight::ServerTranslated { public: peer, own });
        }
        if !sources.contains(report.client.ip()) {
            sources.push(*report.client.ip());
        }
    }
    if sources.len() > 1 {
        sights.push(Sight::SeveralSources { addresses: sources });
    }
    for report in reports {
        let control = *report.client.ip();
        let elsewhere = report.offers.iter().filter_map(|offer| offer.from);
        let elsewhere = elsewhere.filter(|data| *data != control);
        sights.extend(elsewhere.map(|data| Sight::DataFromElsewhere { control, data }));
    }
    sights
}

/// What `PORT` and `EPRT` say about the client's side.
fn offers(reports: &[Report]) -> Vec<Sight> {
    let mut all = Vec::new();
    for report in reports {
        let source = *report.client.ip();
        let own = report.offers.iter().filter_map(|o| Some((o.command, *o.own?.ip(), source)));
        all.extend(own);
    }
    let same = |(_, offered, source): &&(DataCommand, Ipv4Addr, Ipv4Addr)| offered == source;
    let mut sights = Vec::new();
    for (command, offered, source) in &all {
        let other = all.iter().filter(same).find(|(other, ..)| other != command);
        sights.push(match other {
            _ if offered == source => {
                // Else the other command tells more.
                if all.iter().any(|one| !same(&one) && one.0 != *command) {
                    continue;
                }
                Sight::OfferSame { command: *command, address: *source }
            }
            Some((rewritten, ..)) => {
                let (rewritten, kept) = (*rewritten, *command);
                Sight::OfferRewritten { rewritten, kept, offered: *offered }
            }
            None => {
                let (command, offered, source) = (*command, *offered, *source);
                Sight::OfferTranslated { command, offered, source }
            }
        });
    }
    sights
}

/// Commands after which the client should have come, whatever its address rule.
fn blocked(report: &Report) -> Vec<Sight> {
    let lost = |offer: &&Offer| {
        let here = match offer.command {
            DataCommand::Epsv => true,
            DataCommand::Pasv => offer.announced == Some(report.peer),
            DataCommand::Port | DataCommand::Eprt => false,
        };
        here && !offer.refused && offer.went == Went::Unseen
    };
    // Why nobody comes after two lines is told by a comparison.
    let offers = report.offers.iter().filter(|_| report.question.again.is_none());
    let lost = offers.filter(lost);
    lost.map(|offer| Sight::Blocked { command: offer.command }).collect()
}

/// What is not the client's doing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doubt {
    /// That a connection does not come: a box may let in only what it has read of.
    unseen: bool,
    /// That it comes here after another address was announced: a box may have rewritten that.
    replaced: bool,
}

impl Doubt {
    /// Whether it tells nothing about the client where it went after this reply.
    pub(super) fn about(self, announced: Ipv4Addr, peer: Ipv4Addr, went: Went) -> bool {
        match went {
            Went::Unseen => self.unseen,
            Went::To(address) => self.replaced && address == peer && announced != peer,
            Went::Nowhere => false,
        }
    }
}

/// Which sights are a box's work, if one that reads replies was found.
pub(super) fn doubt(reports: &[Report]) -> Doubt {
    let mut doubt = Doubt::default();
    for sight in comparisons(reports) {
        if let Sight::ReplyRead { foreign, .. } = sight {
            doubt.replaced = true;
            doubt.unseen |= !foreign;
        }
    }
    doubt
}

/// Questions whose answers are, or may be, the work of a box that reads replies. What a client file would do
/// is not compared there.
#[must_use]
pub fn left_out(reports: &[Report]) -> Vec<&'static str> {
    let doubt = doubt(reports);
    let mut questions = Vec::new();
    for report in reports {
        let mut offers = report.offers.iter();
        let doubtful = offers.any(|offer| {
            let announced = offer.announced;
            announced.is_some_and(|announced| doubt.about(announced, report.peer, offer.went))
        });
        if doubtful && !questions.contains(&report.question.id) {
            questions.push(report.question.id);
        }
    }
    questions
}

/// Replies of one line against the same in two.
fn comparisons(reports: &[Report]) -> impl Iterator<Item = Sight> {
    reports.iter().filter_map(|again| {
        let whole = reports.iter().find(|whole| again.question.again == Some(whole.question.id));
        compared(whole?, again)
    })
}

/// The same announcement in one line and in two.
fn compared(whole: &Report, again: &Report) -> Option<Sight> {
    let offer = |report: &Report| -> Option<(Ipv4Addr, bool)> {
        let offer = report.offers.iter().find(|offer| offer.announced.is_some())?;
        (offer.went != Went::Nowhere).then_some((offer.announced?, offer.at.is_some()))
    };
    let (announced, came) = offer(whole)?;
    let (_, came_again) = offer(again)?;
    let (own, peer) = whole.ends();
    let foreign = announced != own && announced != peer;
    match (came, came_again) {
        (true, false) => Some(Sight::ReplyRead { announced, foreign }),
        (false, true) => Some(Sight::ReplySpoiled { announced }),
        (true, true) if foreign => Some(Sight::ForeignReplaced { announced }),
        _ => None,
    }
}

/// What a known client would not have done.
fn unlike(report: &Report, client: &Client, watched: &[Ipv4Addr]) -> Option<Sight> {
    let expected = predicted(client, &report.question, report.ends(), watched);
    let seen = seen(report);
    if seen.commands.first() != expected.commands.first()
        || like(&seen, &expected, *report.server.ip())
        || seen.went == expected.went
    {
        return None;
    }
    let address = |went| match went {
        Went::To(address) => Some(address),
        Went::Nowhere | Went::Unseen => None,
    };
    // The same for every client, and said already.
    if address(seen.went).is_none() && expected.went == Went::To(report.peer) {
        return None;
    }
    Some(Sight::Unlike {
        question: report.question.id,
        client: client.id.clone(),
        expected: address(expected.went),
        arrived: address(seen.went),
    })
}
