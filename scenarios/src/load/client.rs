//! A client file.

use std::time::Duration;

use crate::schema::Spanned;

use crate::load::{Report, values};
use crate::model::{
    AUTH_TLS, Client, DataCommand, DataPolicy, EpsvAddress, EpsvReply, Fallback, Messages,
    OnConnectCauses, OnReplyCodes, Operation, Order, PROT_P, PasvReply, Retry,
};
use crate::schema;
use crate::suggest;

/// What may stand in braces in a message.
const MESSAGE_PLACEHOLDERS: [&str; 12] = [
    "os",
    "address",
    "port",
    "host",
    "peer",
    "seconds",
    "ms",
    "reply",
    "code",
    "text",
    "announced",
    "announced_port",
];

pub(crate) fn client(report: &mut Report, file: schema::ClientFile) -> Option<Client> {
    let id = values::file_id(report, &file.id);
    let program = values::line(report, &file.program);
    let versions = values::line(report, &file.versions);
    let options = values::lines(report, &file.options);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let login = commands(report, &file.login, &[]);
    tls(report, &file.login);
    let list = operation(report, &file.list, &[]);
    let download = operation(report, &file.download, &["file"]);
    let upload = operation(report, &file.upload, &["file"]);
    let data = data(report, &file.data);
    if let (Some(reads), false) = (&file.data.reads_reply_after_failure, commands_come_first(&file))
    {
        report.fail::<()>(
            reads.span(),
            "`reads_reply_after_failure` without a transfer command that comes first",
            "write `order = \"command-first\"`, or remove this key",
        );
    }
    let retry = retry(report, &file);
    let messages = messages(report, &file.messages);
    Some(Client {
        id: id?,
        program: program?,
        versions: versions?,
        options: options?,
        os: file.os,
        verified: file.verified,
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
    values::all(texts.iter().map(|text| template(report, text, known)))
}

/// Data connections are protected only once the control connection is (RFC 4217 section 9).
fn tls(report: &mut Report, login: &[schema::Text]) {
    let at = |command: &str| login.iter().position(|step| step.get_ref() == command);
    let Some(protects) = at(PROT_P) else { return };
    if at(AUTH_TLS).is_none_or(|secures| secures > protects) {
        report.fail::<()>(
            login[protects].span(),
            "`PROT P` without `AUTH TLS` before it",
            "write \"AUTH TLS\" earlier in `login`",
        );
    }
}

fn operation(
    report: &mut Report,
    table: &schema::OperationTable,
    known: &[&str],
) -> Option<Operation> {
    let before = commands(report, &table.before, known);
    let before_connect = commands(report, &table.before_connect, known);
    let between = commands(report, &table.between, known);
    let command = template(report, &table.command, known);
    let passes = values::optional(&table.passes, |number| values::within(report, number, 1..=10));
    Some(Operation {
        before: before?,
        before_connect: before_connect?,
        between: between?,
        command: command?,
        order: table.order,
        passes: passes?.unwrap_or(1) as u32,
    })
}

/// Whether some transfer command is on its way before its data connection is open.
fn commands_come_first(file: &schema::ClientFile) -> bool {
    let operations = [&file.list, &file.download, &file.upload];
    operations
        .into_iter()
        .any(|operation| operation.order.unwrap_or(file.data.order) != Order::ConnectFirst)
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
            if !table.commands.get_ref().contains(&DataCommand::Epsv) {
                report.fail::<()>(
                    list.span(),
                    "`epsv_needs_feature` without EPSV",
                    "add \"EPSV\" to `commands`, or remove this key",
                );
            }
            values::lines(report, list.get_ref())
        }
    };
    modes(report, table);
    let mut seconds = |number: &Option<Spanned<u64>>| {
        values::optional(number, |number| values::seconds(report, number))
    };
    let connect_timeout = seconds(&table.connect_timeout_s);
    let reply_timeout = seconds(&table.reply_timeout_s);
    let tcp_keepalive = seconds(&table.tcp_keepalive_s);
    let noop_every = seconds(&table.noop_every_s);
    let noop_reply_timeout = seconds(&table.noop_reply_timeout_s);
    let accept_timeout = seconds(&table.accept_timeout_s);
    let data_timeout = seconds(&table.data_timeout_s);
    let tries = values::optional(&table.tries, |number| values::within(report, number, 1..=100));
    let on_reply_codes =
        values::all(table.on_reply_codes.iter().map(|rule| on_reply_codes(report, table, rule)));
    let on_connect_causes = values::all(
        table.on_connect_causes.iter().map(|rule| on_connect_causes(report, table, rule)),
    );
    commands?;
    Some(DataPolicy {
        commands: table.commands.get_ref().clone(),
        epsv_needs_feature: features?,
        unlisted_last: table.unlisted_last,
        order: table.order,
        reads_reply_after_failure: table
            .reads_reply_after_failure
            .as_ref()
            .is_some_and(|reads| *reads.get_ref()),
        pasv_reply: table.pasv_reply.unwrap_or(PasvReply::FirstDigit),
        epsv_reply: table.epsv_reply.unwrap_or(EpsvReply::AnyDelimiter),
        epsv_takes_pasv_reply: table.epsv_takes_pasv_reply,
        address: table.address,
        epsv_address: table.epsv_address.unwrap_or(EpsvAddress::Peer),
        data_must_be_at_peer: table.data_must_be_at_peer,
        foreign_server: table.foreign_server,
        tls_session: table.tls_session,
        on_reply_error: *table.on_reply_error.get_ref(),
        on_unparsable: *table.on_unparsable.as_ref().unwrap_or(&table.on_reply_error).get_ref(),
        unparsable_is_control_port: table.unparsable_is_control_port,
        aborts: table.aborts,
        on_reply_codes: on_reply_codes?,
        on_mismatch: *table.on_mismatch.get_ref(),
        on_connect_failure: *table.on_connect_failure.get_ref(),
        on_connect_causes: on_connect_causes?,
        on_replaced_connect_failure: table
            .on_replaced_connect_failure
            .as_ref()
            .map(|fallback| *fallback.get_ref()),
        tries: tries?.unwrap_or(1) as u32,
        forgets_failures: table.forgets_failures,
        keeps_active_mode: table.keeps_active_mode,
        eprt_needs_epsv: table.eprt_needs_epsv,
        pins_first_success: table.pins_first_success,
        connect_timeout: connect_timeout?,
        accept_timeout: accept_timeout?,
        reply_timeout: reply_timeout?,
        data_timeout: data_timeout?,
        tcp_keepalive: tcp_keepalive?,
        noop_every: noop_every?,
        noop_reply_timeout: noop_reply_timeout?,
    })
}

fn on_reply_codes(
    report: &mut Report,
    table: &schema::DataTable,
    rule: &schema::OnReplyCodesTable,
) -> Option<OnReplyCodes> {
    let example = "write for example `commands = [\"EPSV\"], codes = [500, 502]`";
    values::not_empty(report, &rule.commands, "there is no command here", example)?;
    values::not_empty(report, &rule.codes, "there is no code here", example)?;
    known(report, table, &rule.commands, "only commands of `commands` have replies")?;
    let code = |code: &Spanned<u64>| match *code.get_ref() {
        class @ (4 | 5) => Some(class),
        _ => values::within(report, code, 400..=599),
    };
    let codes = values::all(rule.codes.get_ref().iter().map(code))?;
    let say = match &rule.say {
        Some(text) => Some(template(report, text, &MESSAGE_PLACEHOLDERS)?),
        None => None,
    };
    Some(OnReplyCodes {
        commands: rule.commands.get_ref().clone(),
        codes: codes.into_iter().map(|code| code as u16).collect(),
        then: *rule.then.get_ref(),
        say,
    })
}

fn on_connect_causes(
    report: &mut Report,
    table: &schema::DataTable,
    rule: &schema::OnConnectCausesTable,
) -> Option<OnConnectCauses> {
    let example = "write for example `commands = [\"PORT\"]`, `causes = [\"timed-out\"]`, or both";
    if rule.commands.is_none() && rule.causes.is_none() {
        let text = "this is about every failed connection";
        return report.fail(rule.then.span(), text, example);
    }
    if let Some(commands) = &rule.commands {
        values::not_empty(report, commands, "there is no command here", example)?;
        known(report, table, commands, "only commands of `commands` prepare connections")?;
    }
    if let Some(causes) = &rule.causes {
        values::not_empty(report, causes, "there is no cause here", example)?;
    }
    Some(OnConnectCauses {
        commands: rule.commands.as_ref().map(|list| list.get_ref().clone()).unwrap_or_default(),
        causes: rule.causes.as_ref().map(|list| list.get_ref().clone()).unwrap_or_default(),
        then: *rule.then.get_ref(),
    })
}

/// A rule can only be about commands that the client sends.
fn known(
    report: &mut Report,
    table: &schema::DataTable,
    commands: &Spanned<Vec<DataCommand>>,
    hint: &str,
) -> Option<()> {
    for command in commands.get_ref() {
        if !table.commands.get_ref().contains(command) {
            let text = format!("this client does not know {}", command.name());
            return report.fail(commands.span(), text, hint);
        }
    }
    Some(())
}

/// Every place where a file names a fallback.
fn fallbacks(table: &schema::DataTable) -> impl Iterator<Item = &Spanned<Fallback>> {
    let always = [&table.on_reply_error, &table.on_mismatch, &table.on_connect_failure];
    always
        .into_iter()
        .chain(&table.on_unparsable)
        .chain(&table.on_replaced_connect_failure)
        .chain(table.on_reply_codes.iter().map(|rule| &rule.then))
        .chain(table.on_connect_causes.iter().map(|rule| &rule.then))
}

/// A client can only fall back to a mode if it knows a command for it.
fn modes(report: &mut Report, table: &schema::DataTable) {
    let commands = table.commands.get_ref();
    let active = commands.iter().any(|command| command.is_active());
    let passive = commands.iter().any(|command| !command.is_active());
    for fallback in fallbacks(table) {
        let (name, known, needed) = match fallback.get_ref() {
            Fallback::ActiveMode => ("active-mode", active, ["PORT", "EPRT"]),
            Fallback::ReconnectActive => ("reconnect-active", active, ["PORT", "EPRT"]),
            Fallback::ReconnectPassive => ("reconnect-passive", passive, ["PASV", "EPSV"]),
            _ => continue,
        };
        if !known {
            let [one, other] = needed;
            report.fail::<()>(
                fallback.span(),
                format!("`{name}` without {one} or {other}"),
                format!("add \"{one}\" or \"{other}\" to `commands`"),
            );
        }
    }
}

/// The outer none is an error, the inner one a client that does not try again.
fn retry(report: &mut Report, file: &schema::ClientFile) -> Option<Option<Retry>> {
    let reconnects = fallbacks(&file.data).find(|fallback| fallback.get_ref().starts_again());
    match (&file.retry, reconnects) {
        (None, None) => Some(None),
        (None, Some(fallback)) => report.fail(
            fallback.span(),
            match fallback.get_ref() {
                Fallback::ReconnectActive => "`reconnect-active` without [retry]",
                Fallback::ReconnectPassive => "`reconnect-passive` without [retry]",
                _ => "`reconnect` without [retry]",
            },
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
        "write at least one of \"refused\", \"timed-out\", \"unreachable\", \
         \"address-not-available\", \"rejected\", \"unparsable\", \"transient-reply\" and \
         \"silence\"",
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
        after: table.after.get_ref().clone(),
        rounds,
        first_wait: first_wait?,
        wait_factor: wait_factor?,
        wait_step: wait_step?,
        max_wait: max_wait?,
        waits_from_start: table.waits_from_start,
        always_waits: table.always_waits,
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
        accept_timeout: line(&table.accept_timeout),
        unreachable: line(&table.unreachable),
        address_not_available: line(&table.address_not_available),
        mismatch: line(&table.mismatch),
        rejected: line(&table.rejected),
        port_rejected: line(&table.port_rejected),
        unparsable: line(&table.unparsable),
        epsv_unparsable: line(&table.epsv_unparsable),
        silence: line(&table.silence),
        every_attempt: table.every_attempt,
    };
    // A line that was wrong has been reported, so that nothing is lost by leaving it out here.
    report.sound().map(|()| messages)
}
