//! What a client does after a failure, in effect: different settings may come to the same.

use pasvlab_scenarios::{Client, ConnectCause, DataCommand, Fallback};

/// What a fall-back comes to after a command: several are the same if few commands are left.
pub(crate) fn effect(client: &Client, from: DataCommand, fallback: Fallback) -> String {
    let commands = &client.data.commands;
    let mut rest = commands.iter().skip_while(|command| **command != from).skip(1);
    let then = match fallback {
        Fallback::NextCommand | Fallback::ReconnectNext => rest.next(),
        Fallback::ActiveMode => rest.find(|command| command.is_active()),
        Fallback::ReconnectActive => commands.iter().find(|command| command.is_active()),
        Fallback::ReconnectPassive => commands.iter().find(|command| !command.is_active()),
        Fallback::Stop | Fallback::Reconnect => None,
    };
    match (fallback, then) {
        (Fallback::Reconnect, _) => "again".to_owned(),
        (_, None) => "stop".to_owned(),
        (Fallback::NextCommand | Fallback::ActiveMode, Some(command)) => command.name().to_owned(),
        (_, Some(command)) => format!("reconnect, {}", command.name()),
    }
}

/// After a 500 to each command that was seen to be refused, in effect.
pub(crate) fn after_500(client: &Client, commands: &[DataCommand]) -> Vec<String> {
    let data = &client.data;
    let rule = |command| data.on_reply_codes.iter().find(|rule| rule.fits(command, 500));
    let then = |command| rule(command).map_or(data.on_reply_error, |rule| rule.then);
    commands.iter().map(|command| effect(client, *command, then(*command))).collect()
}

/// After a passive connection that failed, in effect.
pub(crate) fn after_failure(
    client: &Client,
    commands: &[DataCommand],
    cause: ConnectCause,
) -> Vec<String> {
    let data = &client.data;
    let rule = |command| data.on_connect_causes.iter().find(|rule| rule.fits(command, cause));
    let then = |command| {
        let fallback = rule(command).map_or(data.on_connect_failure, |rule| rule.then);
        let again = client.retry.as_ref().is_some_and(|retry| {
            let named = retry.after.iter().map(|cause| format!("{cause:?}"));
            named.into_iter().any(|name| name == format!("{cause:?}"))
        });
        if fallback == Fallback::Reconnect && !again { Fallback::Stop } else { fallback }
    };
    commands.iter().map(|command| effect(client, *command, then(*command))).collect()
}
