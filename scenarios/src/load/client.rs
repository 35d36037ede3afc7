//! A client file.

use std::time::Duration;

use toml::Spanned;

use crate::load::{Report, values};
use crate::model::{
    AddressPolicy, Client, DataCommand, DataPolicy, Fallback, Messages, Operation, Order, Os,
    Retry, RetryCause, Verified,
};
use crate::schema;
use crate::suggest;

/// What may stand in braces in a message.
const MESSAGE_PLACEHOLDERS: [&str; 7] = ["os", "address", "port", "host", "seconds", "ms", "reply"];

pub(crate) fn client(report: &mut Report, file: schema::ClientFile) -> Option<Client> {
    let id = values::file_id(report, &file.id);
    let program = values::line(report, &file.program);
    let versions = values::line(report, &file.versions);
    let options = values::lines(report, &file.options);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let login = commands(report, &file.login, &[]);
    let list = operation(report, &file.list, &[]);
    let download = operation(report, &file.download, &["file"]);
    let upload = operation(report, &file.upload, &["file"]);
    let data = data(report, &file.data);
    let retry = retry(report, &file);
    let messages = messages(report, &file.messages);
    Some(Client {
        id: id?,
        program: program?,
        versions: versions?,
        options: options?,
        os: os(file.os),
        verified: match file.verified {
            schema::Verified::Source => Verified::Source,
            schema::Verified::Run => Verified::Run,
        },
        summary: summary?,
        sources: sources?,
        login: login?,
        list: list?,
        download: download?,
        upload: upload?,
        data: data?,
        retry: retry?,
        messages: messages?,
    })
}

/// One line in which only these placeholders occur.
fn template(report: &mut Report, text: &schema::Text, known: &[&str]) -> Option<String> {
    let line = values::line(report, text)?;
    for opened in line.split('{').skip(1) {
        let name = opened.split_once('}').map(|(name, _)| name);
        if name.is_some_and(|name| known.contains(&name)) {
            continue;
        }
        let shown = name.map_or_else(|| "{".to_owned(), |name| format!("{{{name}}}"));
        let braced: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
        let hint = match (known, name.and_then(|n| suggest::nearest(n, known.iter().copied()))) {
            ([], _) => "no placeholders are known here".to_owned(),
            (_, Some(near)) => format!("did you mean `{{{near}}}`?"),
            _ => format!("known here: {}", suggest::list(&braced)),
        };
        return report.fail(text.span(), format!("unknown placeholder `{shown}`"), hint);
    }
    Some(line)
}

fn commands(report: &mut Report, texts: &[schema::Text], known: &[&str]) -> Option<Vec<String>> {
    let commands: Vec<_> = texts.iter().map(|text| template(report, text, known)).collect();
    commands.into_iter().collect()
}

fn operation(
    report: &mut Report,
    table: &schema::OperationTable,
    known: &[&str],
) -> Option<Operation> {
    let before = commands(report, &table.before, known);
    let between = commands(report, &table.between, known);
    let command = template(report, &table.command, known);
    Some(Operation { before: before?, between: between?, command: command? })
}

fn data(report: &mut Report, table: &schema::DataTable) -> Option<DataPolicy> {
    let commands = values::not_empty(
        report,
        &table.commands,
        "this client knows no data-connection command",
        "write at least one of \"PASV\", \"EPSV\", \"PORT\" and \"EPRT\"",
    );
    let features = match &table.epsv_needs_feature {
        None => Some(Vec::new()),
        Some(list) => {
            if !table.commands.get_ref().contains(&schema::DataCommand::Epsv) {
                report.fail::<()>(
                    list.span(),
                    "`epsv_needs_feature` without EPSV",
                    "add \"EPSV\" to `commands`, or remove this key",
                );
            }
            values::lines(report, list.get_ref())
        }
    };
    active_mode(report, table);
    let connect_timeout = match &table.connect_timeout_s {
        Some(number) => Some(values::seconds(report, number)?),
        None => None,
    };
    commands?;
    Some(DataPolicy {
        commands: table.commands.get_ref().iter().copied().map(data_command).collect(),
        epsv_needs_feature: features?,
        order: match table.order {
            schema::Order::ConnectFirst => Order::ConnectFirst,
            schema::Order::CommandFirst => Order::CommandFirst,
        },
        address: address_policy(table.address),
        on_reply_error: fallback(*table.on_reply_error.get_ref()),
        on_connect_failure: fallback(*table.on_connect_failure.get_ref()),
        connect_timeout,
    })
}

/// A client can only fall back to active mode if it knows a command for it.
fn active_mode(report: &mut Report, table: &schema::DataTable) {
    let active = [schema::DataCommand::Port, schema::DataCommand::Eprt];
    if table.commands.get_ref().iter().any(|command| active.contains(command)) {
        return;
    }
    for fallback in [&table.on_reply_error, &table.on_connect_failure] {
        if *fallback.get_ref() == schema::Fallback::ActiveMode {
            report.fail::<()>(
                fallback.span(),
                "`active-mode` without PORT or EPRT",
                "add \"PORT\" or \"EPRT\" to `commands`",
            );
        }
    }
}

/// The outer none is an error, the inner one a client that does not try again.
fn retry(report: &mut Report, file: &schema::ClientFile) -> Option<Option<Retry>> {
    let reconnects = [&file.data.on_reply_error, &file.data.on_connect_failure]
        .into_iter()
        .find(|fallback| *fallback.get_ref() == schema::Fallback::Reconnect);
    match (&file.retry, reconnects) {
        (None, None) => Some(None),
        (None, Some(fallback)) => report.fail(
            fallback.span(),
            "`reconnect` without [retry]",
            "add a [retry] table that says after what, how often, and with which pauses",
        ),
        (Some(table), None) => report.fail(
            table.span(),
            "[retry] without `reconnect`",
            "write `on_connect_failure = \"reconnect\"` in [data], or remove [retry]",
        ),
        (Some(table), Some(_)) => Some(Some(rounds(report, table.get_ref())?)),
    }
}

fn rounds(report: &mut Report, table: &schema::RetryTable) -> Option<Retry> {
    values::not_empty(
        report,
        &table.after,
        "there is no failure after which it tries again",
        "write at least one of \"refused\", \"timed-out\", \"unreachable\" and \
         \"address-not-available\"",
    );
    let rounds = *table.rounds.get_ref();
    if !(2..=1_000_000).contains(&rounds) {
        report.fail::<()>(
            table.rounds.span(),
            format!("{rounds} is out of bounds"),
            "write a number from 2 to 1000000; the first round counts",
        );
    }
    let first_wait = values::pause(report, &table.first_wait_s);
    let factor = |number: &Spanned<f64>| values::number(report, number, 1.0..=100.0);
    let wait_factor = table.wait_factor.as_ref().map_or(Some(1.0), factor);
    let step = |number: &Spanned<f64>| values::pause(report, number);
    let wait_step = table.wait_step_s.as_ref().map_or(Some(Duration::ZERO), step);
    let max_wait = values::pause(report, &table.max_wait_s);
    if max_wait < first_wait {
        report.fail::<()>(
            table.max_wait_s.span(),
            "the longest pause is shorter than the first",
            "write at least the number of `first_wait_s`",
        );
    }
    report.sound()?;
    Some(Retry {
        after: table.after.get_ref().iter().copied().map(cause).collect(),
        rounds,
        first_wait: first_wait?,
        wait_factor: wait_factor?,
        wait_step: wait_step?,
        max_wait: max_wait?,
    })
}

fn messages(report: &mut Report, table: &schema::MessagesTable) -> Option<Messages> {
    let connect = template(report, &table.connect, &MESSAGE_PLACEHOLDERS);
    let mut line = |text: &Option<schema::Text>| {
        text.as_ref().and_then(|text| template(report, text, &MESSAGE_PLACEHOLDERS))
    };
    let messages = Messages {
        connect: connect.unwrap_or_default(),
        refused: line(&table.refused),
        timed_out: line(&table.timed_out),
        client_timeout: line(&table.client_timeout),
        unreachable: line(&table.unreachable),
        address_not_available: line(&table.address_not_available),
        mismatch: line(&table.mismatch),
        rejected: line(&table.rejected),
        every_attempt: table.every_attempt,
    };
    // A line that was wrong has been reported, so that nothing is lost by leaving it out here.
    report.sound().map(|()| messages)
}

fn os(os: schema::Os) -> Os {
    match os {
        schema::Os::Linux => Os::Linux,
        schema::Os::Macos => Os::MacOs,
        schema::Os::Bsd => Os::Bsd,
        schema::Os::Windows => Os::Windows,
    }
}

fn data_command(command: schema::DataCommand) -> DataCommand {
    match command {
        schema::DataCommand::Pasv => DataCommand::Pasv,
        schema::DataCommand::Epsv => DataCommand::Epsv,
        schema::DataCommand::Port => DataCommand::Port,
        schema::DataCommand::Eprt => DataCommand::Eprt,
    }
}

fn address_policy(policy: schema::AddressPolicy) -> AddressPolicy {
    match policy {
        schema::AddressPolicy::Reply => AddressPolicy::Reply,
        schema::AddressPolicy::Peer => AddressPolicy::Peer,
        schema::AddressPolicy::ReplyMustEqualPeer => AddressPolicy::ReplyMustEqualPeer,
        schema::AddressPolicy::PeerIfReservedOrScopeDiffers => {
            AddressPolicy::PeerIfReservedOrScopeDiffers
        }
        schema::AddressPolicy::PeerIfReplyUnroutable => AddressPolicy::PeerIfReplyUnroutable,
        schema::AddressPolicy::PeerIfReplyUnroutableOrInvalid => {
            AddressPolicy::PeerIfReplyUnroutableOrInvalid
        }
    }
}

fn fallback(fallback: schema::Fallback) -> Fallback {
    match fallback {
        schema::Fallback::Stop => Fallback::Stop,
        schema::Fallback::NextCommand => Fallback::NextCommand,
        schema::Fallback::ActiveMode => Fallback::ActiveMode,
        schema::Fallback::Reconnect => Fallback::Reconnect,
    }
}

fn cause(cause: schema::RetryCause) -> RetryCause {
    match cause {
        schema::RetryCause::Refused => RetryCause::Refused,
        schema::RetryCause::TimedOut => RetryCause::TimedOut,
        schema::RetryCause::Unreachable => RetryCause::Unreachable,
        schema::RetryCause::AddressNotAvailable => RetryCause::AddressNotAvailable,
    }
}
