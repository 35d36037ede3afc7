//! What is concluded from what a program was seen to do. The lab's own client takes the programs'
//! place, with every client file of Linux: what is concluded has to be what is in the file.

mod common;
#[path = "portrait/effects.rs"]
mod effects;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Debug;

use common::catalog;
use effects::{after_500, after_failure, effect};
use pasvlab_harness::portrait::{self, Draft, Sight, same_everywhere};
use pasvlab_report::portrait::{About, Portrait, file};
use pasvlab_scenarios::{Client, ConnectCause, DataCommand, Os, Situations, TransferKind, load};

/// Where a conclusion is not what is in the file: client, key, and why.
const EXCEPTIONS: &str = include_str!("portrait/exceptions.txt");

fn situations() -> Situations {
    Situations::builtin(catalog()).expect("sound situations")
}

fn watched(situations: &Situations, client: &Client, transfers: &[TransferKind]) -> Vec<Sight> {
    let seen = portrait::watch(situations, |batch| {
        let sights = batch.iter().map(|s| portrait::simulated(situations, s, client, transfers));
        Ok::<_, Infallible>(sights.collect())
    });
    let Ok(seen) = seen;
    seen
}

fn concluded(seen: &[Sight]) -> Draft {
    portrait::conclude(seen).expect("every client sends a data-connection command")
}

fn clients() -> impl Iterator<Item = &'static Client> {
    // Nobody is watched in TLS: no server of the situations speaks it.
    catalog().clients().filter(|client| client.os == Os::Linux && !client.asks_for_tls())
}

/// The file's text for a draft.
fn text(id: &str, seen: &[Sight], draft: &Draft) -> String {
    let about = About { id: id.to_owned(), program: id.to_owned(), ..About::default() };
    file::text(&Portrait { about, seen, draft, differences: &[], closest: &[] })
}

/// Keys in which a conclusion differs from the file.
fn wrong(client: &Client, found: &Client) -> Vec<(&'static str, String)> {
    let (own, data) = (&client.data, &found.data);
    let mut wrong = Vec::new();
    fn compare<T: PartialEq + Debug>(
        wrong: &mut Vec<(&'static str, String)>,
        key: &'static str,
        expected: T,
        found: T,
    ) {
        if expected != found {
            wrong.push((key, format!("{found:?}, not {expected:?}")));
        }
    }
    let passive: Vec<DataCommand> =
        own.commands.iter().copied().filter(|command| !command.is_active()).collect();
    compare(&mut wrong, "commands", &own.commands, &data.commands);
    compare(&mut wrong, "order", own.order, data.order);
    if !same_everywhere(own.address, data.address) {
        compare(&mut wrong, "address", own.address, data.address);
    }
    compare(&mut wrong, "epsv_address", own.epsv_address, data.epsv_address);
    let features = |features: &[String]| features.to_vec();
    let needs = (features(&own.epsv_needs_feature), features(&data.epsv_needs_feature));
    compare(&mut wrong, "epsv_needs_feature", needs.0, needs.1);
    let at_peer = (own.data_must_be_at_peer, data.data_must_be_at_peer);
    compare(&mut wrong, "data_must_be_at_peer", at_peer.0, at_peer.1);
    let refused = |client| after_500(client, &own.commands);
    compare(&mut wrong, "on_reply_error", refused(client), refused(found));
    for (key, of) in [
        ("on_unparsable", (|data| data.on_unparsable) as fn(&pasvlab_scenarios::DataPolicy) -> _),
        ("on_mismatch", |data| data.on_mismatch),
    ] {
        let then = |client: &Client| -> Vec<String> {
            passive.iter().map(|command| effect(client, *command, of(&client.data))).collect()
        };
        compare(&mut wrong, key, then(client), then(found));
    }
    for cause in [ConnectCause::Refused, ConnectCause::TimedOut, ConnectCause::Unreachable] {
        let failed = |client| after_failure(client, &passive, cause);
        compare(&mut wrong, "on_connect_failure", failed(client), failed(found));
    }
    let replaced = |client: &Client| {
        let data = &client.data;
        let fallback = data.on_replaced_connect_failure.unwrap_or(data.on_connect_failure);
        effect(client, DataCommand::Pasv, fallback)
    };
    compare(&mut wrong, "on_replaced_connect_failure", replaced(client), replaced(found));
    compare(&mut wrong, "tries", own.tries, data.tries);
    compare(&mut wrong, "eprt_needs_epsv", own.eprt_needs_epsv, data.eprt_needs_epsv);
    compare(&mut wrong, "connect_timeout_s", own.connect_timeout, data.connect_timeout);
    wrong.dedup_by_key(|(key, _)| *key);
    wrong
}

fn exceptions() -> BTreeSet<(&'static str, &'static str)> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let pairs = lines.map(|line| {
        let mut words = line.split_whitespace();
        (words.next().expect("a client"), words.next().expect("a key"))
    });
    pairs.collect()
}

#[test]
fn what_is_concluded_from_a_client_is_what_its_file_says() {
    let situations = situations();
    let mut known = exceptions();
    known.retain(|(_, key)| *key != "session");
    let mut unknown = Vec::new();
    for client in clients() {
        let draft = concluded(&watched(&situations, client, &[TransferKind::Download]));
        for (key, text) in wrong(client, &draft.client) {
            if !known.remove(&(client.id.as_str(), key)) {
                unknown.push(format!("{} {key}: {text}", client.id));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(known.is_empty(), "these are not exceptions any more: {known:#?}");
}

#[test]
fn a_concluded_client_does_what_was_seen() {
    let situations = situations();
    let mut wrong = Vec::new();
    for client in clients() {
        let seen = watched(&situations, client, &[TransferKind::Download]);
        let draft = concluded(&seen);
        let differences =
            portrait::differences(&situations, &seen, &draft.client, &draft.transfers);
        wrong.extend(differences.into_iter().map(|d| format!("{} {d:?}", client.id)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_whole_session_leads_to_a_client_that_sends_the_same_words() {
    let situations = situations();
    let mut wrong = Vec::new();
    let known = exceptions();
    for client in clients().filter(|client| !known.contains(&(client.id.as_str(), "session"))) {
        let seen = watched(&situations, client, &TransferKind::ALL);
        let draft = concluded(&seen);
        let words = |sight: &Sight| -> Vec<String> {
            sight.sessions.iter().flat_map(|session| session.commands.clone()).collect()
        };
        for sight in seen.iter().filter(|sight| sight.transferred().len() == 3) {
            let situation = situations.iter().find(|s| s.id == sight.situation);
            let situation = situation.expect("a situation");
            let file = portrait::simulated(&situations, situation, &draft.client, &draft.transfers);
            if words(sight) != words(&file) {
                wrong.push(format!("{} {}", client.id, sight.situation));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_written_file_is_read_as_what_was_concluded() {
    let situations = situations();
    for client in clients() {
        let seen = watched(&situations, client, &[TransferKind::Download]);
        let draft = concluded(&seen);
        let text = text(&client.id, &seen, &draft);
        let file = load::client(&format!("{}.toml", client.id), &text);
        let mut file = file.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let expected = &draft.client;
        file.id.clone_from(&expected.id);
        file.program.clone_from(&expected.program);
        file.versions.clone_from(&expected.versions);
        file.summary.clone_from(&expected.summary);
        file.sources.clone_from(&expected.sources);
        file.messages.clone_from(&expected.messages);
        assert_eq!(&file, expected, "{text}");
    }
}

#[test]
fn the_same_sights_make_the_same_file() {
    let situations = situations();
    let client = catalog().client("lftp").expect("a known client");
    let written = || {
        let seen = watched(&situations, client, &[TransferKind::Download]);
        text("lftp", &seen, &concluded(&seen))
    };
    assert_eq!(written(), written());
}

#[test]
fn a_client_is_the_closest_to_itself() {
    let situations = situations();
    for id in ["curl", "tnftp"] {
        let client = catalog().client(id).expect("a known client");
        let transfers = [TransferKind::Download];
        let seen = watched(&situations, client, &transfers);
        let closest = portrait::closest(catalog(), &situations, &seen, &transfers);
        let same: Vec<&str> = closest
            .iter()
            .filter(|one| one.differs.is_empty() && one.same_words)
            .map(|one| one.client.as_str())
            .collect();
        assert!(same.contains(&id), "{id}: {same:?}");
    }
}

#[test]
fn a_program_that_opens_no_data_connection_teaches_nothing() {
    assert_eq!(portrait::conclude(&[]), Err(portrait::Nothing::NoSession));
}
