//! The chain of causes, one sentence each, in order.

use pasvlab_scenarios::PassiveIp;

use super::attempt::{self, Attempt, Dial, Offer};
use super::cause::{control_syn, foreign_peer, os_name, through_endpoint};
use super::journey::{answer_lost, first_answer, first_loss, named, route};
use crate::record::{
    ConnectError, DecidedBy, Decision, Ending, Failure, Meaning, PacketRecord, Record, Stage,
};

/// The chain.
pub(super) fn chain(record: &Record) -> Vec<String> {
    let mut chain = Vec::new();
    if let Some(Ending::Failed { stage: Stage::Control, failure: Failure::Connect(error) }) =
        record.ending()
    {
        if let Some(syn) = control_syn(record) {
            chain.push(format!("The client dialled {}.", syn.packet.dst));
            chain.extend(way(record, syn));
        }
        chain.push(end_of_dial(*error).to_owned());
        return chain;
    }
    match attempt::last(record) {
        Some(Attempt::Dial(dial)) => of_dial(record, &dial, &mut chain),
        Some(Attempt::Offer(offer)) => of_offer(record, &offer, &mut chain),
        None => {}
    }
    chain
}

fn of_dial(record: &Record, dial: &Dial<'_>, chain: &mut Vec<String>) {
    chain.push(announcement(record, dial.decision));
    chain.push(decision(dial.decision));
    chain.extend(journey(record, dial));
    chain.extend(dial.error.map(|error| end_of_dial(error).to_owned()));
    if let Some((data, session)) = foreign_peer(record) {
        chain.push(format!(
            "The session comes from {session}, not from {data}: the server closed the data \
             connection."
        ));
        return;
    }
    let broke_later = matches!(
        record.ending(),
        None | Some(Ending::Failed { failure: Failure::Silence | Failure::Protocol(_), .. })
    );
    if dial.connected && broke_later {
        let loss = first_loss(record, dial.since);
        chain.extend(loss.map(|loss| format!("The data connection was open; then {loss}.")));
        chain.extend(first_answer(record, dial.since));
    }
}

fn of_offer(record: &Record, offer: &Offer<'_>, chain: &mut Vec<String>) {
    let (command, address) = (offer.command.name(), offer.address);
    chain.push(format!("The client listened on {address} and announced it with {command}."));
    match offer.dialled {
        Some(dialled) => chain.push(format!("The server dialled {dialled}.")),
        None => chain.push("The server did not dial.".to_owned()),
    }
    if let Some(syn) = offer.syn {
        chain.extend(way(record, syn));
    }
    chain.extend(offer.error.map(|error| end_of_dial(error).to_owned()));
    if offer.error.is_some() && through_endpoint(record) {
        let one_way = "The session came through PrivateLink, which opens connections from consumer to \
                       provider only.";
        chain.push(one_way.to_owned());
    }
}

/// The way of a packet that opens a connection, and of the answer to it if that was lost.
fn way(record: &Record, syn: &PacketRecord) -> Vec<String> {
    let mut sentences = vec![route(record, syn)];
    if let Some((place, reason)) = answer_lost(record, syn) {
        let place = named(record.place(place));
        sentences
            .push(format!("The answer got as far as the {place}, which dropped it: {reason}."));
    }
    sentences
}

fn announcement(record: &Record, decision: &Decision) -> String {
    let port = decision.port;
    match decision.announced {
        Some(address) => {
            let why = match record.cell.announced {
                PassiveIp::Auto => "PassiveIp AUTO: an address of its own",
                PassiveIp::Address(set) if set == address => "its PassiveIp",
                PassiveIp::Address(_) => "as it arrived at the client",
            };
            format!("The server announced {address}:{port} ({why}).")
        }
        None => format!("The server announced port {port}; an answer to EPSV has no address."),
    }
}

fn decision(decision: &Decision) -> String {
    let Decision { announced, peer, dialled, decided_by, .. } = decision;
    let Some(dialled) = dialled else {
        return format!("The client dialled nothing: it is connected to {peer}.");
    };
    match (decided_by, announced) {
        (DecidedBy::Server, _) => format!("The client dialled {dialled} as it was told."),
        (DecidedBy::Protocol, _) => {
            format!("The client dialled {dialled}, the address it is connected to (RFC 2428).")
        }
        (DecidedBy::Client, Some(announced)) => format!(
            "The client put {peer}, the address it is connected to, in place of {announced} and \
             dialled {dialled}."
        ),
        (DecidedBy::Name, _) => {
            format!("The client asked for the server's name again and dialled {dialled}.")
        }
        (DecidedBy::EarlierReply, _) => format!(
            "The client dialled {dialled}, the address of an earlier reply to PASV, which it still had."
        ),
        (DecidedBy::Client, None) => format!("The client dialled {dialled}."),
    }
}

fn journey(record: &Record, dial: &Dial<'_>) -> Vec<String> {
    let (Some(meaning), Some(dialled)) = (dial.meaning, dial.decision.dialled) else {
        return Vec::new();
    };
    match meaning {
        Meaning::OwnHost(own) => vec![format!(
            "On {} {} is the program's own host, so the connection went to {own}:{} there.",
            os_name(record.cell.os),
            dialled.ip(),
            dialled.port()
        )],
        Meaning::NotAvailable => vec![format!(
            "{} does not dial {} (WSAEADDRNOTAVAIL, 10049).",
            os_name(record.cell.os),
            dialled.ip()
        )],
        Meaning::Remote => dial.syn.map_or_else(Vec::new, |syn| way(record, syn)),
    }
}

fn end_of_dial(error: ConnectError) -> &'static str {
    match error {
        ConnectError::Refused => "A reset came back: the connection was refused.",
        ConnectError::TimedOut => "Nothing came back, and the operating system gave up.",
        ConnectError::ClientTimeout => "Nothing came back, and the client gave up.",
        ConnectError::Unreachable => "The operating system reported that there is no route.",
        ConnectError::AddressNotAvailable => "The connect failed at once.",
    }
}
