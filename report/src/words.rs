//! Outcomes, times and addresses in words.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use pasvlab_harness::Outcome;
use pasvlab_harness::record::Stage;
use pasvlab_scenarios::PassiveIp;

/// The outcome as a table shows it.
#[must_use]
pub fn short(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Transferred => "ok",
        Outcome::Refused => "refused",
        Outcome::TimedOut => "timed out",
        Outcome::Unreachable => "unreachable",
        Outcome::AddressNotAvailable => "not dialled",
        Outcome::WrongHost => "wrong host",
        Outcome::Rejected => "rejected",
        Outcome::ProtocolError => "protocol",
        Outcome::Unknown => "unknown",
        Outcome::NotApplicable => "-",
    }
}

/// A sign for the outcome, beside its short form.
#[must_use]
pub fn symbol(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Transferred => "✓",
        Outcome::Refused => "✗",
        Outcome::TimedOut => "…",
        Outcome::Unreachable => "⊘",
        Outcome::AddressNotAvailable => "∅",
        Outcome::WrongHost => "≠",
        Outcome::Rejected => "!",
        Outcome::ProtocolError => "?",
        Outcome::Unknown => "·",
        Outcome::NotApplicable => "–",
    }
}

/// What the short form means.
#[must_use]
pub fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Transferred => "listing, download and upload arrived intact",
        Outcome::Refused => "a reset answered the connection",
        Outcome::TimedOut => "nobody answered until the client or its system gave up",
        Outcome::Unreachable => "a router answered that there is no way",
        Outcome::AddressNotAvailable => "the client's system does not dial such an address",
        Outcome::WrongHost => "the data connection went to a host that is not the server",
        Outcome::Rejected => "client or server refused what the other proposed",
        Outcome::ProtocolError => "a reply or a transfer was not what it has to be",
        Outcome::Unknown => "client and server talked in TLS that the lab cannot read",
        Outcome::NotApplicable => "the topology has no such address",
    }
}

/// The colour of an outcome.
#[must_use]
pub fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Transferred => AnsiColor::Green.on_default(),
        Outcome::NotApplicable | Outcome::Unknown => Style::new().dimmed(),
        Outcome::TimedOut | Outcome::Unreachable => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    }
}

/// A stage in a sentence: "failed while …".
#[must_use]
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Control => "opening the control connection",
        Stage::Login => "logging in",
        Stage::DataConnect => "opening the data connection",
        Stage::Transfer => "transferring",
        Stage::Done => "nothing",
    }
}

/// PassiveIp as AWS spells it.
#[must_use]
pub fn passive_ip(value: PassiveIp) -> String {
    match value {
        PassiveIp::Auto => "AUTO".to_owned(),
        PassiveIp::Address(address) => address.to_string(),
    }
}

/// A point in virtual time: seconds and milliseconds.
#[must_use]
pub fn clock(at: Duration) -> String {
    format!("{}.{:03}", at.as_secs(), at.subsec_millis())
}

/// A length of time for a person: `45 s`, `2 min`, `5 h`, `3 days`.
#[must_use]
pub fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", (seconds + 30) / 60),
        7_200..172_800 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// No line of a terminal report is longer than this, unless a single word is.
pub const WIDTH: usize = 80;

/// Breaks `text` into lines that fit into [`WIDTH`] columns after an indentation of `indent`.
#[must_use]
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if indent + line.chars().count() + 1 + length <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = "the load balancer forgot the idle connection and nobody was told ".repeat(5);
        let lines = wrapped(&text, 17);
        assert!(lines.iter().all(|line| 17 + line.len() <= WIDTH), "{lines:?}");
        assert_eq!(lines.join(" "), text.trim());
    }

    #[test]
    fn a_word_that_fits_nowhere_has_a_line_of_its_own() {
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b"), 0), ["a", &long, "b"]);
    }

    #[test]
    fn spans_are_in_the_largest_unit_that_fits() {
        let spans = [119, 600, 8_000, 400_000].map(|s| span(Duration::from_secs(s)));
        assert_eq!(spans, ["119 s", "10 min", "2 h", "5 days"]);
    }
}
