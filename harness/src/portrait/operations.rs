//! What is sent at log-in and around each transfer.

use pasvlab_scenarios::{Operation, Order, TransferKind};

use super::sight::{Effort, Session, Sight, kind, word};

/// Log-in and transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operations {
    pub(super) login: Vec<String>,
    pub(super) order: Order,
    pub(super) list: Option<Operation>,
    pub(super) download: Option<Operation>,
    pub(super) upload: Option<Operation>,
}

/// Whether a command belongs to a transfer and not to the log-in (RFC 959 section 5.3.1, RFC 3659).
pub(super) fn is_prelude(line: &str) -> bool {
    matches!(word(line), "TYPE" | "MODE" | "STRU" | "SIZE" | "MDTM" | "REST" | "ALLO")
}

/// Reads them from the first sight in which data came across, or else from the first one.
pub(super) fn operations(seen: &[Sight]) -> Option<Operations> {
    let sight = seen.iter().find(|sight| !sight.transferred().is_empty()).or(seen.first())?;
    let first = sight.sessions.iter().find(|session| !session.efforts.is_empty())?;
    let (login, _) = split(&first.opening);
    let mut order = None;
    let mut found = Operations {
        login: login.iter().map(|line| log_in(line)).collect(),
        order: Order::ConnectFirst,
        list: None,
        download: None,
        upload: None,
    };
    for session in &sight.sessions {
        let mut before = split(&session.opening).1.to_vec();
        for effort in &session.efforts {
            if !effort.before.is_empty() {
                before.clone_from(&effort.before);
            }
            let Some(operation) = operation(effort, &before) else { continue };
            let (what, operation, own) = operation;
            let common = *order.get_or_insert(own);
            let operation = Operation { order: (own != common).then_some(own), ..operation };
            found.slot(what).get_or_insert(operation);
            before.clear();
        }
    }
    found.order = order.unwrap_or_default();
    Some(found)
}

impl Operations {
    fn slot(&mut self, what: TransferKind) -> &mut Option<Operation> {
        match what {
            TransferKind::List => &mut self.list,
            TransferKind::Download => &mut self.download,
            TransferKind::Upload => &mut self.upload,
        }
    }
}

/// The log-in, and what already belongs to the first transfer.
fn split(opening: &[String]) -> (&[String], &[String]) {
    let login = opening.iter().rposition(|line| !is_prelude(line)).map_or(0, |last| last + 1);
    opening.split_at(login)
}

/// `USER` and `PASS` take their argument from the server file.
fn log_in(line: &str) -> String {
    let word = word(line);
    if matches!(word, "USER" | "PASS") { word.to_owned() } else { plain(line) }
}

/// The transfer of an effort, if it came to one.
fn operation(effort: &Effort, before: &[String]) -> Option<(TransferKind, Operation, Order)> {
    let line = effort.transfer.as_deref()?;
    let what = kind(line)?;
    let name = match what {
        TransferKind::List => None,
        TransferKind::Download | TransferKind::Upload => {
            let argument = line.split_once(' ').map(|(_, argument)| argument)?;
            argument.rsplit('/').next().filter(|name| !name.is_empty())
        }
    };
    let fill = |line: &String| match name {
        Some(name) => plain(&line.replace(name, "\0")).replace('\0', "{file}"),
        None => plain(line),
    };
    let order = if effort.command_first { Order::CommandFirst } else { Order::ConnectFirst };
    let operation = Operation {
        before: before.iter().map(fill).collect(),
        before_connect: effort.before_connect.iter().map(fill).collect(),
        between: effort.between.iter().map(fill).collect(),
        command: fill(&line.to_owned()),
        ..super::conclude::blank().download
    };
    Some((what, operation, order))
}

/// A line without what would be taken for a placeholder.
fn plain(line: &str) -> String {
    line.replace(['{', '}'], "")
}

/// What a session says in all, arguments left out: for comparisons.
pub(super) fn words(session: &Session) -> Vec<&str> {
    session.commands.iter().map(|line| word(line)).collect()
}
