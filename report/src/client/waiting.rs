//! How long a client waits, what it does to be remembered meanwhile, and what it prints.

use std::time::Duration;

use pasvlab_harness::record::ConnectError;
use pasvlab_harness::sim::os;
use pasvlab_scenarios::{Client, Os};

use super::{Step, sentences};

/// All of these steps.
pub(super) fn steps(client: &Client) -> Vec<Step> {
    vec![
        Step::new("How long it waits", patience(client)),
        Step::new("How it keeps the control connection alive", keep_alive(client)),
        Step::new("What it prints", printed(client)),
    ]
}

/// A length of time, exactly: `15 s`, `22.5 s`, `300 s (5 min)`.
pub(super) fn seconds(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    let whole_minutes = length.subsec_nanos() == 0 && length.as_secs().is_multiple_of(60);
    if whole_minutes && length.as_secs() >= 120 {
        return format!("{seconds} s ({} min)", length.as_secs() / 60);
    }
    format!("{seconds} s")
}

/// How long the operating system tries to open a connection that nobody answers.
fn system_patience(os: Os) -> Duration {
    Duration::from_millis(os::syn_schedule(os).last().copied().unwrap_or_default())
}

fn patience(client: &Client) -> Vec<String> {
    let data = &client.data;
    let system = sentences::os(client.os);
    let own = system_patience(client.os);
    let about = format!("about {} on {system}", seconds(own));
    let mut lines = Vec::new();
    if data.commands.iter().any(|command| !command.is_active()) {
        lines.push(match data.connect_timeout {
            None => format!("For the data connection: as long as the system does, {about}."),
            Some(limit) if limit <= own => format!("For the data connection: {}.", seconds(limit)),
            Some(limit) => format!(
                "For the data connection: {}; but the system gives up earlier, after {about}.",
                seconds(limit)
            ),
        });
    }
    let limit = |limit: Option<Duration>| limit.map_or("for ever".to_owned(), seconds);
    if data.commands.iter().any(|command| command.is_active()) {
        lines.push(format!(
            "For the server to connect in active mode: {}.",
            limit(data.accept_timeout)
        ));
    }
    lines.push(format!("For a reply: {}.", limit(data.reply_timeout)));
    lines.push(format!("For the next byte of a transfer: {}.", limit(data.data_timeout)));
    if data.reply_timeout.is_some() || data.data_timeout.is_some() {
        lines.push("If no reply or no byte comes in time, it gives up.".to_owned());
    }
    lines
}

fn keep_alive(client: &Client) -> Vec<String> {
    let data = &client.data;
    let mut lines = Vec::new();
    if let Some(every) = data.noop_every {
        lines.push(format!("During a transfer it sends NOOP every {}.", seconds(every)));
        if let Some(limit) = data.noop_reply_timeout {
            let limit = seconds(limit);
            lines
                .push(format!("It waits {limit} for the reply to NOOP, and then goes on without."));
        }
    }
    if let Some(every) = data.tcp_keepalive {
        lines.push(format!(
            "TCP asks after {} without a packet, and as often then, whether the other side is still \
             there.",
            seconds(every)
        ));
    }
    if lines.is_empty() {
        lines.push("Not at all: during a transfer nothing is sent there.".to_owned());
    }
    lines
}

/// Its texts, the more precise ones after the general one.
fn printed(client: &Client) -> Vec<String> {
    let messages = &client.messages;
    let texts = [
        ("If the data connection cannot be opened", Some(&messages.connect)),
        ("If it is refused", messages.refused.as_ref()),
        ("If the system gave up waiting", messages.timed_out.as_ref()),
        ("If its own patience ended", messages.client_timeout.as_ref()),
        ("If nobody connects in active mode", messages.accept_timeout.as_ref()),
        ("If there is no way", messages.unreachable.as_ref()),
        ("If the system does not dial the address", messages.address_not_available.as_ref()),
        ("If it does not accept the address", messages.mismatch.as_ref()),
        ("If the data-connection command is rejected", messages.rejected.as_ref()),
        ("If PORT or EPRT is rejected", messages.port_rejected.as_ref()),
        ("If it cannot read the reply", messages.unparsable.as_ref()),
        ("If it cannot read the reply to EPSV", messages.epsv_unparsable.as_ref()),
        ("If no reply or no byte comes in time", messages.silence.as_ref()),
    ];
    let mut lines: Vec<String> = texts
        .into_iter()
        .filter_map(|(when, text)| Some(format!("{when}: \"{}\"", filled(text?))))
        .collect();
    if lines.iter().any(|line| line.contains(ERROR)) {
        let example = os::error_text(client.os, ConnectError::Refused);
        lines.push(format!("{ERROR} is the system's text, for example \"{example}\""));
    }
    if client.data.commands.len() > 1 || client.data.tries > 1 {
        let which = if messages.every_attempt {
            "Something is printed for every failed attempt."
        } else {
            "Nothing is printed for a failed attempt after which it goes on in the same session."
        };
        lines.push(which.to_owned());
    }
    lines
}

/// What stands for the operating system's text.
const ERROR: &str = "<error>";

/// The text with words for its placeholders.
fn filled(text: &str) -> String {
    text.replace("{os}", ERROR)
        .replace("{address}", "<address>")
        .replace("{port}", "<port>")
        .replace("{host}", "<host>")
        .replace("{seconds}", "<seconds>")
        .replace("{ms}", "<milliseconds>")
        .replace("{peer}", "<the control connection's peer>")
        .replace("{code}", "<code>")
        .replace("{text}", "<the reply's text>")
        .replace("{announced}", "<address in the reply>")
        .replace("{announced_port}", "<port in the reply>")
        .replace("{reply}", "<the server's reply>")
}
