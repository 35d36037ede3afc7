//! What a client does if something goes wrong, and what it remembers of that.

use pasvlab_scenarios::{
    Client, DataCommand, EpsvAddress, Fallback, ForeignServer, OnConnectCauses, OnReplyCodes, Retry,
};

use super::waiting::seconds;
use super::{Step, either, knows, reads_pasv_reply, sentences};

/// All of these steps.
pub(super) fn steps(client: &Client) -> Vec<Step> {
    let mut steps = vec![error_reply(client)];
    if may_mismatch(client) {
        let fallback = sentence("Then", client.data.on_mismatch, client);
        steps.push(Step::new("After an address that it does not accept", vec![fallback]));
    }
    steps.push(failed_connection(client));
    if let Some(retry) = &client.retry {
        steps.push(Step::new("How it starts again", starting_again(retry)));
    }
    steps.push(Step::new("What it remembers in the session", remembered(client)));
    steps
}

fn may_mismatch(client: &Client) -> bool {
    let data = &client.data;
    let passive = data.commands.iter().any(|command| !command.is_active());
    let active = data.commands.iter().any(|command| command.is_active());
    (reads_pasv_reply(client) && sentences::forbids(data.address))
        || (passive && data.data_must_be_at_peer)
        || (active && data.foreign_server == ForeignServer::Refuse)
}

/// "Then it …", with what the fallback means for this client.
fn sentence(when: &str, fallback: Fallback, client: &Client) -> String {
    let commands = &client.data.commands;
    let active = commands.iter().find(|command| command.is_active());
    let passive = commands.iter().find(|command| !command.is_active());
    let none_left = match fallback {
        Fallback::NextCommand | Fallback::ReconnectNext => commands.len() == 1,
        Fallback::ActiveMode | Fallback::ReconnectActive => active.is_none(),
        Fallback::ReconnectPassive => passive.is_none(),
        Fallback::Stop | Fallback::Reconnect => false,
    };
    if none_left {
        return format!(
            "{when} {}: there is no other command.",
            sentences::fallback(Fallback::Stop)
        );
    }
    let words = sentences::fallback(fallback);
    let with = match fallback {
        Fallback::ActiveMode | Fallback::ReconnectActive => active,
        Fallback::ReconnectPassive => passive,
        _ => None,
    };
    match with {
        Some(command) => format!("{when} {words}, with {}.", command.name()),
        None => format!("{when} {words}."),
    }
}

fn error_reply(client: &Client) -> Step {
    let data = &client.data;
    let special = |rule: &OnReplyCodes| {
        let codes: Vec<String> =
            rule.codes.iter().map(|code| sentences::reply_code(*code)).collect();
        let names: Vec<String> = rule.commands.iter().map(|c| c.name().to_owned()).collect();
        let when = format!("After {} to {}", either(&codes), either(&names));
        sentence(&when, rule.then, client)
    };
    let mut lines: Vec<String> = data.on_reply_codes.iter().map(special).collect();
    let other = if lines.is_empty() { "an" } else { "any other" };
    if data.unparsable_is_control_port {
        lines.push(sentence(&format!("After {other} error reply"), data.on_reply_error, client));
        lines.push(
            "After a reply to PASV that it cannot read it dials the control connection's own \
             address and port."
                .to_owned(),
        );
    } else if data.on_unparsable == data.on_reply_error {
        let when = format!("After {other} error reply, or one that it cannot read,");
        lines.push(sentence(&when, data.on_reply_error, client));
    } else {
        lines.push(sentence(&format!("After {other} error reply"), data.on_reply_error, client));
        lines.push(sentence("After a reply that it cannot read", data.on_unparsable, client));
    }
    if data.aborts {
        lines.push(
            "It sends ABOR after a reply that it cannot read, or whose address it does not accept."
                .to_owned(),
        );
    }
    Step::new("After an error reply to the data-connection command", lines)
}

fn failed_connection(client: &Client) -> Step {
    let data = &client.data;
    let mut lines = Vec::new();
    if data.tries > 1 {
        lines.push(format!(
            "It sends the command again and connects again, until it has done so {} times in all.",
            data.tries
        ));
    }
    let operations =
        [("listing", &client.list), ("download", &client.download), ("upload", &client.upload)];
    lines.extend(operations.iter().filter(|(_, operation)| operation.passes > 1).map(
        |(name, operation)| {
            format!(
                "A {name} for which no command is left begins again with the first one, {} times in \
                 all.",
                operation.passes
            )
        },
    ));
    lines.extend(data.on_connect_causes.iter().map(|rule| {
        let when = format!("After {}", failed_so(rule));
        sentence(&when, rule.then, client)
    }));
    let then = if data.on_connect_causes.is_empty() { "Then" } else { "Otherwise" };
    match data.on_replaced_connect_failure {
        Some(replaced) if reads_pasv_reply(client) => {
            let when = "If it had put the control connection's peer in place of the address in the \
                        reply,";
            lines.push(sentence(when, replaced, client));
            lines.push(sentence("Otherwise", data.on_connect_failure, client));
        }
        _ => lines.push(sentence(then, data.on_connect_failure, client)),
    }
    Step::new("After a data connection that could not be opened", lines)
}

/// "a time-out", "PORT or EPRT", "a time-out with PASV".
fn failed_so(rule: &OnConnectCauses) -> String {
    let causes: Vec<String> =
        rule.causes.iter().map(|cause| sentences::connect_cause(*cause).to_owned()).collect();
    let commands: Vec<String> = rule.commands.iter().map(|c| c.name().to_owned()).collect();
    match (causes.as_slice(), commands.as_slice()) {
        ([], commands) => either(commands),
        (causes, []) => either(causes),
        (causes, commands) => format!("{} with {}", either(causes), either(commands)),
    }
}

fn starting_again(retry: &Retry) -> Vec<String> {
    let causes: Vec<String> =
        retry.after.iter().map(|cause| sentences::retry_cause(*cause).to_owned()).collect();
    let mut lines = vec![
        format!("It starts again after {}. After other failures it gives up.", either(&causes)),
        format!("It tries {} times in all, the first time included.", retry.rounds),
        pauses(retry),
    ];
    if retry.waits_from_start {
        lines.push("Pauses begin with the attempt: after a long one there is none.".to_owned());
    }
    if retry.always_waits {
        lines.push("It also pauses before it goes on with the next command.".to_owned());
    }
    lines
}

fn pauses(retry: &Retry) -> String {
    let first = seconds(retry.first_wait);
    let factor = (retry.wait_factor > 1.0)
        .then(|| format!("{} times as long as the one before", retry.wait_factor));
    let step = (!retry.wait_step.is_zero()).then(|| seconds(retry.wait_step));
    let growth = match (factor, step) {
        _ if retry.max_wait <= retry.first_wait => None,
        (None, None) => None,
        (Some(factor), None) => Some(factor),
        (None, Some(step)) => Some(format!("{step} longer than the one before")),
        (Some(factor), Some(step)) => Some(format!("{factor}, plus {step}")),
    };
    match growth {
        Some(growth) => format!(
            "The first pause is {first}; each further one is {growth}, but at most {}.",
            seconds(retry.max_wait)
        ),
        None if retry.first_wait.is_zero() => "There is no pause between.".to_owned(),
        None => format!("The pause between is {first}."),
    }
}

fn remembered(client: &Client) -> Vec<String> {
    let data = &client.data;
    let mut lines = Vec::new();
    let codes = data.on_reply_codes.iter().map(|rule| rule.then);
    let fallbacks = [data.on_reply_error, data.on_unparsable, data.on_mismatch]
        .into_iter()
        .chain([data.on_connect_failure])
        .chain(data.on_connect_causes.iter().map(|rule| rule.then))
        .chain(data.on_replaced_connect_failure)
        .chain(codes);
    let goes_on = |fallback: Fallback| fallback != Fallback::Stop && !fallback.starts_again();
    if data.commands.len() > 1 && fallbacks.into_iter().any(goes_on) {
        let line = if data.forgets_failures {
            "Each transfer begins with the first command again, also after it has failed."
        } else {
            "A command that it went on from is not sent again."
        };
        lines.push(line.to_owned());
    }
    if data.keeps_active_mode {
        lines.push("Once active mode has worked it stays in it.".to_owned());
    }
    if data.eprt_needs_epsv {
        lines.push("Once the server has refused EPSV, it does not send EPRT.".to_owned());
    }
    if data.commands.len() > 1 && data.pins_first_success {
        lines.push("The first command that works is the only one from then on.".to_owned());
    }
    let last_reply = data.epsv_address == EpsvAddress::LastReply;
    if last_reply && knows(client, DataCommand::Epsv) && reads_pasv_reply(client) {
        lines.push("The address in the last reply to PASV, which it dials after EPSV.".to_owned());
    }
    if lines.is_empty() {
        lines.push("Nothing: every transfer begins in the same way.".to_owned());
    }
    lines
}
