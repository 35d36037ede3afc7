//! Single values: ids, texts, addresses, ranges, times.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::schema::Spanned;
use ipnet::Ipv4Net;

use crate::load::Report;
use crate::schema::Text;

/// The longest time that any setting may have, in seconds: a week.
const LONGEST: u64 = 7 * 24 * 3600;

/// An id; reports bad characters.
pub(crate) fn id(report: &mut Report, text: &Text) -> Option<String> {
    let id = text.get_ref();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.is_empty() && id.chars().all(good) {
        return Some(id.clone());
    }
    let better: String =
        id.chars().map(|c| c.to_ascii_lowercase()).map(|c| if good(c) { c } else { '-' }).collect();
    let rule = "an id consists of lower-case letters, digits and `-`";
    let hint =
        if better.is_empty() { rule.to_owned() } else { format!("{rule}, for example `{better}`") };
    report.fail(text.span(), format!("bad id `{}`", id.escape_debug()), hint)
}

/// A file's own id, which must be the file's name.
pub(crate) fn file_id(report: &mut Report, text: &Text) -> Option<String> {
    let id = id(report, text)?;
    let stem = report.stem();
    if id == stem {
        return Some(id);
    }
    report.fail(
        text.span(),
        format!("the id `{id}` differs from the file's name"),
        format!("write `id = \"{stem}\"`, or call the file `{id}.toml`"),
    )
}

/// A text with something in it; line breaks are fine.
pub(crate) fn prose(report: &mut Report, text: &Text) -> Option<String> {
    let value = text.get_ref().trim();
    if value.is_empty() {
        return report.fail(text.span(), "this text is empty", "write at least a few words");
    }
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One line of text, exactly as it is: not empty, no control characters.
pub(crate) fn line(report: &mut Report, text: &Text) -> Option<String> {
    let value = text.get_ref();
    if value.trim().is_empty() {
        return report.fail(text.span(), "this text is empty", "remove it or write something");
    }
    if value.chars().any(char::is_control) {
        return report.fail(
            text.span(),
            "this text has a line break or another control character",
            "it must be one line",
        );
    }
    Some(value.clone())
}

/// Several of them.
pub(crate) fn lines(report: &mut Report, texts: &[Text]) -> Option<Vec<String>> {
    all(texts.iter().map(|text| line(report, text)))
}

/// An IPv4 address.
pub(crate) fn address(report: &mut Report, text: &Text) -> Option<Ipv4Addr> {
    text.get_ref().parse().ok().or_else(|| {
        report.fail(
            text.span(),
            format!("`{}` is not an IPv4 address", text.get_ref().escape_debug()),
            "write four numbers from 0 to 255, for example \"10.0.1.10\"",
        )
    })
}

/// A range of addresses that begins where its prefix length says.
pub(crate) fn cidr(report: &mut Report, text: &Text) -> Option<Ipv4Net> {
    let Ok(net) = text.get_ref().parse::<Ipv4Net>() else {
        return report.fail(
            text.span(),
            format!("`{}` is not an address range", text.get_ref().escape_debug()),
            "write an address and a prefix length, for example \"10.0.1.0/24\"",
        );
    };
    if net != net.trunc() {
        return report.fail(
            text.span(),
            format!("`{net}` is an address within a range, not the range"),
            format!("write \"{}\"", net.trunc()),
        );
    }
    Some(net)
}

/// A port or a range of ports.
pub(crate) fn ports(report: &mut Report, text: &Text) -> Option<RangeInclusive<u16>> {
    let value = text.get_ref();
    let (first, last) = value.split_once('-').unwrap_or((value, value));
    let (Ok(first), Ok(last)) = (first.trim().parse::<u16>(), last.trim().parse::<u16>()) else {
        return report.fail(
            text.span(),
            format!("`{}` is neither a port nor a range of ports", value.escape_debug()),
            "write \"21\" or \"8192-8200\", with numbers from 1 to 65535",
        );
    };
    if first == 0 {
        return report.fail(
            text.span(),
            format!("the port range `{value}` has port 0"),
            "ports begin at 1",
        );
    }
    if last < first {
        return report.fail(
            text.span(),
            format!("the port range `{value}` is backwards"),
            format!("write \"{last}-{first}\""),
        );
    }
    Some(first..=last)
}

/// A port.
pub(crate) fn port(report: &mut Report, port: &Spanned<u16>) -> Option<u16> {
    match *port.get_ref() {
        0 => report.fail(port.span(), "port 0 is not a port", "ports begin at 1"),
        port => Some(port),
    }
}

/// A whole number within bounds.
pub(crate) fn within(
    report: &mut Report,
    number: &Spanned<u64>,
    bounds: RangeInclusive<u64>,
) -> Option<u64> {
    let value = *number.get_ref();
    if bounds.contains(&value) {
        return Some(value);
    }
    report.fail(
        number.span(),
        format!("{value} is out of bounds"),
        format!("write a number from {} to {}", bounds.start(), bounds.end()),
    )
}

/// A time-out in whole seconds, one at least.
pub(crate) fn seconds(report: &mut Report, number: &Spanned<u64>) -> Option<Duration> {
    within(report, number, 1..=LONGEST).map(Duration::from_secs)
}

/// A number within bounds, fractions allowed.
pub(crate) fn number(
    report: &mut Report,
    number: &Spanned<f64>,
    bounds: RangeInclusive<f64>,
) -> Option<f64> {
    let value = *number.get_ref();
    if bounds.contains(&value) {
        return Some(value);
    }
    report.fail(
        number.span(),
        format!("{value} is out of bounds"),
        format!("write a number from {} to {}", bounds.start(), bounds.end()),
    )
}

/// A pause in seconds, fractions allowed.
pub(crate) fn pause(report: &mut Report, value: &Spanned<f64>) -> Option<Duration> {
    number(report, value, 0.0..=LONGEST as f64).map(Duration::from_secs_f64)
}

/// Reports that a list has nothing in it.
pub(crate) fn not_empty<T>(
    report: &mut Report,
    list: &Spanned<Vec<T>>,
    message: &str,
    hint: &str,
) -> Option<()> {
    if list.get_ref().is_empty() { report.fail(list.span(), message, hint) } else { Some(()) }
}

/// All of them, or none; either way every one is looked at, so that every problem is reported.
pub(crate) fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let items: Vec<Option<T>> = items.collect();
    items.into_iter().collect()
}

/// What an optional key says; the outer none is an error.
pub(crate) fn optional<T, U>(
    value: &Option<T>,
    convert: impl FnOnce(&T) -> Option<U>,
) -> Option<Option<U>> {
    match value {
        Some(value) => convert(value).map(Some),
        None => Some(None),
    }
}

/// An optional time in whole seconds, within bounds.
pub(crate) fn seconds_or(
    report: &mut Report,
    number: &Option<Spanned<u64>>,
    bounds: RangeInclusive<u64>,
    default: u64,
) -> Option<Duration> {
    let seconds = match number {
        Some(number) => within(report, number, bounds)?,
        None => default,
    };
    Some(Duration::from_secs(seconds))
}

/// A moment of a session, in whole seconds from its start.
pub(crate) fn moment(report: &mut Report, number: &Spanned<u64>) -> Option<Duration> {
    within(report, number, 0..=LONGEST).map(Duration::from_secs)
}

/// Ports that stand for others, one for one; `key` is where they are written.
pub(crate) fn as_many(
    report: &mut Report,
    text: &Text,
    key: &str,
    others: &RangeInclusive<u16>,
) -> Option<RangeInclusive<u16>> {
    let found = ports(report, text)?;
    if found.len() == others.len() {
        return Some(found);
    }
    let last = usize::from(*found.start()) + others.len() - 1;
    let hint = match u16::try_from(last) {
        Ok(last) if last == *found.start() => format!("write \"{last}\""),
        Ok(last) => format!("write \"{}-{last}\"", found.start()),
        Err(_) => "each of `ports` stands for one of them: write as many".to_owned(),
    };
    report.fail(
        text.span(),
        format!("`{key}` and `ports` differ in length: {} and {}", found.len(), others.len()),
        hint,
    )
}

/// The first port that two ranges have in common.
pub(crate) fn common_port(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> Option<u16> {
    let first = *one.start().max(other.start());
    (one.contains(&first) && other.contains(&first)).then_some(first)
}
