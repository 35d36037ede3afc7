//! Any bytes as what a server says: the client's engine ends, with an outcome, whatever comes.
//!
//! The first byte chooses the client. The rest are quirks: a byte for the command, one for what
//! happens to it, one for a length, and so many bytes of a reply.

#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pasvlab_harness::{Outcome, Scenario, judge};
use pasvlab_scenarios::{Catalog, CellId, Client, Quirk, QuirkAction};

const COMMANDS: &[&str] = &[
    "USER", "PASS", "FEAT", "OPTS", "PWD", "TYPE", "SYST", "PASV", "EPSV", "PORT", "EPRT", "LIST",
    "MLSD", "RETR", "STOR", "SIZE",
];

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::builtin().expect("the built-in catalogue is sound"))
}

/// The next quirk, and the bytes after it.
fn quirk(bytes: &[u8]) -> Option<(Quirk, &[u8])> {
    let [command, action, length, rest @ ..] = bytes else { return None };
    let (text, rest) = rest.split_at(usize::from(*length).min(rest.len()));
    let text = String::from_utf8_lossy(text).into_owned();
    let command = COMMANDS.get(usize::from(*command) % (COMMANDS.len() + 1));
    let action = match action % 5 {
        0 => QuirkAction::Reply { text, close: false },
        1 => QuirkAction::Reply { text, close: true },
        2 => QuirkAction::Rewrite(text),
        3 => QuirkAction::Silence,
        _ => QuirkAction::Delay(Duration::from_secs(u64::from(*length))),
    };
    Some((Quirk { command: command.map(|name| (*name).to_owned()), action }, rest))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, mut rest)) = bytes.split_first() else { return };
    let mut server = catalog().server("ftpd").expect("a known server").clone();
    let clients: Vec<&Client> =
        catalog().clients().filter(|client| server.takes(client)).collect();
    let client = clients[usize::from(*first) % clients.len()];
    while let Some((quirk, after)) = quirk(rest) {
        server.quirks.push(quirk);
        rest = after;
    }
    let cell = CellId {
        topology: "direct".to_owned(),
        passive_ip: "auto".to_owned(),
        client: client.id.clone(),
    };
    let scenario = Scenario::of_cell(catalog(), &cell, "ftpd", 1).expect("known ids");
    let scenario = Scenario { server: &server, ..scenario.expect("every topology has AUTO") };
    let verdict = judge(&pasvlab_harness::run(&scenario));
    assert!(verdict.outcome == Outcome::Transferred || !verdict.reason.is_empty());
});
