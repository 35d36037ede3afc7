//! TOML to schema, with errors in words that a person can act on.

use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::error::{File, LoadError, Problem};
use crate::suggest;

/// Reads a file into its schema.
pub(crate) fn parse<T: DeserializeOwned>(file: &File) -> Result<T, LoadError> {
    let File::Text(source) = file else { unreachable!("only files that were read are parsed") };
    toml::from_str(source.inner()).map_err(|error| explain(file, source.inner(), &error).into())
}

/// The parser's error in other words. It has the place, but as to the kind of error there is only the
/// text, which is serde's (`serde::de::Error`) or the TOML parser's own.
fn explain(file: &File, text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    let at = |message: String| Problem::at(file, span.clone(), message);
    if let Some(names) = message.strip_prefix("unknown field ") {
        let (typed, known) = typed_and_known(names);
        at(format!("unknown key `{typed}`"))
            .hint(one_of(typed, &known, "known here"))
            .label("this key")
    } else if let Some(names) = message.strip_prefix("unknown variant ") {
        let (typed, known) = typed_and_known(names);
        at(format!("`{typed}` is not a value that this key can have"))
            .hint(one_of(typed, &known, "allowed"))
            .label("this value")
    } else if let Some(names) = message.strip_prefix("missing field ") {
        let (key, _) = typed_and_known(names);
        at(format!("missing key `{key}`")).hint(addition(key, text, &span)).label("in this table")
    } else if let Some((what, hint)) = type_error(message) {
        at(what).hint(hint).label("this value")
    } else if message == "duplicate key" {
        let key = text.get(span.clone()).unwrap_or_default();
        at(format!("duplicate key `{key}`")).hint("keep one of them").label("the second one")
    } else {
        at(format!("not TOML: {}", message.replace('\n', ", ")))
            .hint("what is before this place is well-formed, so look here or just before")
    }
}

/// What is between backquotes: first the offender, then the alternatives.
fn typed_and_known(names: &str) -> (&str, Vec<&str>) {
    let mut quoted = names.split('`').skip(1).step_by(2);
    (quoted.next().unwrap_or_default(), quoted.collect())
}

/// The nearest alternative, and all of them if they are few enough to read.
fn one_of(typed: &str, known: &[&str], title: &str) -> String {
    let all = format!("{title}: {}", suggest::list(known));
    match suggest::nearest(typed, known.iter().copied()) {
        Some(near) if known.len() > 8 => format!("did you mean `{near}`?"),
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// How and where to add a missing key.
fn addition(key: &str, text: &str, table: &Range<usize>) -> String {
    match key {
        "network" | "subnet" | "host" if table.is_empty() => {
            return format!("add [[{key}]] to the file");
        }
        "list" | "download" | "upload" | "data" | "messages" => {
            return format!("add [{key}] to the file");
        }
        _ => {}
    }
    let header = text.get(table.clone()).unwrap_or_default();
    let example = match key {
        // With ports it is a list of hosts, without it is a route's range.
        "to" if header.contains("ports") => Some("to = [\"10.0.1.10\"]"),
        key => example(key),
    };
    let addition = example.map_or_else(|| format!("{key} = …"), str::to_owned);
    if table.is_empty() {
        format!("add `{addition}` at the top of the file, before the first [table]")
    } else if header.starts_with('[') {
        format!("add `{addition}` below {header}")
    } else {
        format!("add `{addition}` inside these braces")
    }
}

/// How a key is written, for those whose value has a form of its own.
fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "action" => "action = \"allow\"",
        "address" => "address = \"10.0.1.10\"",
        "addresses" => "addresses = [{ subnet = \"…\", address = \"…\" }]",
        "at_s" => "at_s = 60",
        "becomes" => "becomes = \"unhealthy\"",
        "between" => "between = [\"one-network\", \"another\"]",
        "cidr" => "cidr = \"10.0.1.0/24\"",
        "cidrs" => "cidrs = [\"10.0.0.0/16\"]",
        "command" => "command = \"LIST\"",
        "commands" => "commands = [\"PASV\"]",
        "idle_timeout_s" => "idle_timeout_s = 1800",
        "interfaces" => "interfaces = [{ subnet = \"…\", address = \"…\" }]",
        "kind" => "kind = \"vpc\"",
        "listeners" => "listeners = [{ ports = \"21\", target_group = \"…\" }]",
        "load_balancers" => "load_balancers = [\"…\"]",
        "nodes" => "nodes = [{ subnet = \"…\", address = \"…\" }]",
        "number" => "number = 100",
        "outcome" => "outcome = \"transferred\"",
        "outside" => "outside = [{ subnet = \"…\", address = \"…\" }]",
        "ports" => "ports = \"21\"",
        "private" => "private = \"10.0.1.10\"",
        "public" => "public = { subnet = \"…\", address = \"…\" }",
        "role" => "role = \"client\"",
        "sources" => "sources = []",
        "target" => "target = \"10.0.1.10\"",
        "targets" => "targets = [\"10.0.1.10\"]",
        "to" => "to = \"10.0.1.0/24\"",
        _ => return None,
    })
}

/// What is wrong and what to write instead, for messages about types; none for other messages.
fn type_error(message: &str) -> Option<(String, &'static str)> {
    if message == "wanted string or table" {
        return Some(("wrong type: expected a string".to_owned(), "write a text in quotes: \"…\""));
    }
    let (problem, rest) = if let Some(rest) = message.strip_prefix("invalid type: ") {
        ("wrong type", rest)
    } else {
        ("out of bounds", message.strip_prefix("invalid value: ")?)
    };
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = found.replace("floating point", "number").replace(" as i128", "");
    let found = found.replace("sequence", "list").replace("map", "table");
    let (expected, hint) = match expected {
        "a string" => ("a string", "write a text in quotes: \"…\""),
        "a sequence" => ("a list", "write a list, […], or for tables two pairs of brackets, [[…]]"),
        "a boolean" => ("a boolean", "write true or false"),
        "u16" => ("a whole number", "write a whole number from 0 to 65535"),
        "u32" | "u64" => {
            ("a whole number", "write a whole number, without sign, quotes, fraction or unit")
        }
        "f64" => ("a number", "write a number, without quotes or unit"),
        _ => ("a table", "write a table, [name], or in braces, { … }"),
    };
    Some((format!("{problem}: {found}, expected {expected}"), hint))
}
