//! The chain of causes, one sentence each, in order.

use pasvlab_scenarios::DataCommand;

use super::Cause;
use super::announced::{announcement, offer_changed};
use super::attempt::{self, Attempt, Dial, Offer};
use super::blinded;
use super::cause::refusal;
use super::journey::{answer_lost, first_answer, first_loss, named, route};
use super::reach::{dial_reason, offer_reason};
use super::session::{control_syn, foreign_peer, os_name, through_endpoint};
use super::statement::{Evidence, Statement, statement};
use crate::net::Reason;
use crate::record::{
    ConnectError, DecidedBy, Ending, Event, Failure, Meaning, PacketRecord, Record, Stage,
};

/// The chain that ends with the decisive cause, if the session failed.
pub(super) fn chain(record: &Record, decisive: Option<&Statement>) -> Vec<Statement> {
    let mut chain = of_attempts(record);
    // The server says no afterwards.
    chain.extend(decisive.filter(|decisive| decisive.cause == Cause::TlsSessionNew).map(full_stop));
    if let Some(Ending::Failed { stage, failure: Failure::Rejected(code) }) = record.ending()
        && decisive.is_some_and(|decisive| decisive.cause != Cause::UnexpectedProxyHeader)
        && !chain.iter().any(|statement| statement.cause == Cause::DataFromElsewhere)
    {
        let refusal = refusal(record, *stage, *code);
        chain.push(Statement { text: format!("{}.", capitalised(&refusal.text)), ..refusal });
    }
    // The network's own words for an address that leads nowhere are there already.
    let said = |decisive: &Statement| {
        chain.iter().any(|statement| {
            statement.cause == decisive.cause || statement.rests_on == decisive.rests_on
        })
    };
    if let Some(decisive) = decisive.filter(|decisive| !said(decisive)) {
        chain.push(full_stop(decisive));
    }
    chain
}

/// The same as a sentence.
fn full_stop(statement: &Statement) -> Statement {
    let text = format!("{}.", capitalised(&statement.text));
    Statement { text, ..statement.clone() }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the client tried before, once for each way in which it failed.
fn earlier(record: &Record, chain: &mut Vec<Statement>) {
    let mut known: Vec<(DataCommand, Statement)> = Vec::new();
    for attempt in attempt::earlier(record) {
        let (command, failed) = match &attempt {
            Attempt::Dial(dial) if dial.error.is_some() || dial.decision.dialled.is_none() => {
                (dial.decision.command, dial_reason(record, dial))
            }
            Attempt::Offer(offer) if offer.error.is_some() => {
                (offer.command, offer_reason(record, offer))
            }
            Attempt::Dial(_) | Attempt::Offer(_) => continue,
        };
        known.push((command, failed));
    }
    let last = attempt::last(record).map(|attempt| match attempt {
        Attempt::Dial(dial) => dial.decision.command,
        Attempt::Offer(offer) => offer.command,
    });
    let mut said: Vec<(DataCommand, Cause)> = Vec::new();
    for (command, failed) in known {
        let what = (command, failed.cause);
        if Some(command) == last || said.contains(&what) {
            continue;
        }
        said.push(what);
        let text = format!("{} had failed: {}.", command.name(), failed.text);
        chain.push(Statement { text, ..failed });
    }
}

fn of_attempts(record: &Record) -> Vec<Statement> {
    let mut chain = Vec::new();
    if let Some(Ending::Failed { stage: Stage::Control, failure: Failure::Connect(error) }) =
        record.ending()
    {
        if let Some(syn) = control_syn(record) {
            let text = format!("The client dialled {}.", syn.packet.dst);
            chain.push(statement(Cause::ControlDialled, text, Evidence::packet(record, syn)));
            chain.extend(way(record, syn));
        }
        chain.push(end_of_dial(*error, Evidence::end(record)));
        return chain;
    }
    earlier(record, &mut chain);
    match attempt::last(record) {
        Some(Attempt::Dial(dial)) => of_dial(record, &dial, &mut chain),
        Some(Attempt::Offer(offer)) => of_offer(record, &offer, &mut chain),
        None => {}
    }
    chain
}

fn of_dial(record: &Record, dial: &Dial<'_>, chain: &mut Vec<Statement>) {
    let mut announced = announcement(record, dial);
    let helper = blinded::of_dial(record, dial).map(|helper| helper.sentence());
    if let Some(helper) = &helper {
        // Both are about one reply; the decision comes after it.
        announced.rests_on = helper.rests_on;
    }
    chain.push(announced);
    chain.extend(helper);
    chain.push(decision(record, dial));
    chain.extend(journey(record, dial));
    chain.extend(end(record, dial.error, dial.connect));
    if let Some(found) = foreign_peer(record) {
        let (data, session) = (found.data, found.session);
        let text = format!(
            "The session comes from {session}, not from {data}: the server closed the data connection."
        );
        chain.push(statement(Cause::DataFromElsewhere, text, found.rests_on));
        return;
    }
    let broke_later = matches!(
        record.ending(),
        None | Some(Ending::Failed { failure: Failure::Silence | Failure::Protocol(_), .. })
    );
    if dial.connected && broke_later {
        chain.extend(first_loss(record, dial.since).map(|loss| {
            let text = format!("The data connection was open; then {}.", loss.text);
            Statement { text, ..loss }
        }));
        chain.extend(first_answer(record, dial.since));
    }
}

fn of_offer(record: &Record, offer: &Offer<'_>, chain: &mut Vec<Statement>) {
    let (command, address) = (offer.command.name(), offer.address);
    let rests_on = Evidence::event(record, offer.event);
    let text = format!("The client listened on {address} and announced it with {command}.");
    chain.push(statement(Cause::ClientListens, text, rests_on));
    chain.extend(offer_changed(record, offer));
    chain.extend(blinded::of_offer(record, offer).map(|helper| helper.sentence()));
    let dialled = offer.connect.map_or(rests_on, |event| Evidence::event(record, event));
    chain.push(match offer.dialled {
        Some(to) => statement(Cause::ServerDialled, format!("The server dialled {to}."), dialled),
        None => statement(Cause::NobodyConnected, "The server did not dial.", rests_on),
    });
    if let Some(syn) = offer.syn {
        chain.extend(way(record, syn));
    }
    if let (Some(error), Some(event)) = (offer.error, offer.connect) {
        chain.push(end_of_offer(error, Evidence::event(record, event)));
    }
    if offer.error.is_some() && through_endpoint(record) {
        let one_way = "The session came through PrivateLink, which opens connections from consumer to \
                       provider only.";
        let session = control_syn(record).map_or(rests_on, |syn| Evidence::packet(record, syn));
        chain.push(statement(Reason::OneWay, one_way, session));
    }
}

/// The way of a packet that opens a connection, and of the answer to it if that was lost.
fn way(record: &Record, syn: &PacketRecord) -> Vec<Statement> {
    let mut sentences = vec![route(record, syn)];
    if let Some((answer, place, reason)) = answer_lost(record, syn) {
        let place = named(record.place(place));
        let text = format!("The answer got as far as the {place}, which dropped it: {reason}.");
        sentences.push(statement(reason, text, Evidence::packet(record, answer)));
    }
    sentences
}

fn decision(record: &Record, dial: &Dial<'_>) -> Statement {
    let decision = dial.decision;
    let peer = decision.peer;
    let rests_on = Evidence::event(record, dial.event);
    let Some(dialled) = decision.dialled else {
        let text = format!("The client dialled nothing: it is connected to {peer}.");
        return statement(Cause::ClientInsistsOnPeer, text, rests_on);
    };
    let (cause, text) = match (decision.decided_by, decision.announced) {
        (DecidedBy::Server, _) => {
            (Cause::ReplyObeyed, format!("The client dialled {dialled} as it was told."))
        }
        (DecidedBy::Protocol, _) => (
            Cause::PeerAfterEpsv,
            format!("The client dialled {dialled}, the address it is connected to (RFC 2428)."),
        ),
        (DecidedBy::Client, Some(announced)) if announced == peer => (
            Cause::AddressReplaced,
            format!(
                "The client dialled {dialled}, the address it is connected to, whatever was announced."
            ),
        ),
        (DecidedBy::Client, Some(announced)) => (
            Cause::AddressReplaced,
            format!(
                "The client put {peer}, the address it is connected to, in place of {announced} and \
                 dialled {dialled}."
            ),
        ),
        (DecidedBy::Name, _) => (
            Cause::NameAskedAgain,
            format!("The client asked for the server's name again and dialled {dialled}."),
        ),
        (DecidedBy::EarlierReply, _) => (
            Cause::EarlierAddress,
            format!(
                "The client dialled {dialled}, the address of an earlier reply to PASV, which it still \
                 had."
            ),
        ),
        (DecidedBy::Client, None) => {
            (Cause::AddressReplaced, format!("The client dialled {dialled}."))
        }
    };
    statement(cause, text, rests_on)
}

fn journey(record: &Record, dial: &Dial<'_>) -> Vec<Statement> {
    let (Some(meaning), Some(dialled)) = (dial.meaning, dial.decision.dialled) else {
        return Vec::new();
    };
    let rests_on = Evidence::event(record, dial.connect.unwrap_or(dial.event));
    let os = os_name(record.cell.os);
    let (ip, port) = (dialled.ip(), dialled.port());
    match meaning {
        Meaning::OwnHost(own) => {
            let text = format!(
                "On {os} {ip} is the program's own host, so the connection went to {own}:{port} there."
            );
            vec![statement(Cause::ClientDialledItself, text, rests_on)]
        }
        Meaning::NotAvailable => {
            let text = format!("{os} does not dial {ip} (WSAEADDRNOTAVAIL, 10049).");
            vec![statement(Cause::ZeroNotDialled, text, rests_on)]
        }
        Meaning::Remote => dial.syn.map_or_else(Vec::new, |syn| way(record, syn)),
    }
}

fn end(record: &Record, error: Option<ConnectError>, event: Option<&Event>) -> Option<Statement> {
    Some(end_of_dial(error?, Evidence::event(record, event?)))
}

/// The same for a connection that the server dialled.
fn end_of_offer(error: ConnectError, rests_on: Evidence) -> Statement {
    match error {
        ConnectError::TimedOut => {
            statement(error, "Nothing came back, and the server's system gave up.", rests_on)
        }
        ConnectError::ClientTimeout => {
            statement(error, "Nothing came back until the session ended.", rests_on)
        }
        _ => end_of_dial(error, rests_on),
    }
}

fn end_of_dial(error: ConnectError, rests_on: Evidence) -> Statement {
    let text = match error {
        ConnectError::Refused => "A reset came back: the connection was refused.",
        ConnectError::TimedOut => "Nothing came back, and the operating system gave up.",
        ConnectError::ClientTimeout => "Nothing came back, and the client gave up.",
        ConnectError::Unreachable => "The operating system reported that there is no route.",
        ConnectError::AddressNotAvailable => "The connect failed at once.",
    };
    statement(error, text, rests_on)
}
