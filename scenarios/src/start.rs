//! A new file out of an existing one, with comments that say what its parts mean.

use serde_json::Value;
use toml_edit::{Decor, DocumentMut, Item, RawString, Table, TomlError};

use crate::kind::Kind;
use crate::schema;

/// Columns of a comment.
const WIDTH: usize = 90;

/// The text of an existing file as the beginning of another: with its id, a line that tells editors
/// where the file's JSON Schema is, and a comment on every key of the file and on every kind of table
/// in it. Comments and order stay as they are. From a file that was made so and has this id it makes
/// the same text again.
///
/// # Errors
///
/// The text is not TOML.
pub fn starting_text(kind: Kind, text: &str, id: &str) -> Result<String, TomlError> {
    let schema = schema::json_schema(kind);
    let mut document: DocumentMut = text.parse()?;
    if let Some(value) = document.get_mut("id").and_then(Item::as_value_mut) {
        let decor = value.decor().clone();
        *value = id.into();
        *value.decor_mut() = decor;
    }
    explain(document.as_table_mut(), &schema, &mut Vec::new());
    let text = document.to_string();
    let line = schema_line(kind);
    let body = text.strip_prefix(&line).map_or(text.as_str(), |body| body.trim_start_matches('\n'));
    let more = absent(&document, &schema);
    let body = body.strip_suffix(&more).unwrap_or(body);
    Ok(format!("{line}\n{body}{more}"))
}

/// The line by which editors (Even Better TOML and others on Taplo) find the JSON Schema, as it is in
/// a directory with folders for kinds of files and one more for schemas.
#[must_use]
pub fn schema_line(kind: Kind) -> String {
    format!("#:schema ../schema/{}.json\n", kind.name())
}

/// Puts a comment before keys of the file and before tables, whether of the file or of such a table.
fn explain(table: &mut Table, schema: &Value, path: &mut Vec<String>) {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in keys {
        path.push(key.clone());
        let about = comment(schema, path);
        match table.get_mut(&key) {
            Some(Item::Table(inner)) => {
                prepend(inner.decor_mut(), &about);
                explain(inner, schema, path);
            }
            Some(Item::ArrayOfTables(list)) => {
                if let Some(first) = list.iter_mut().next() {
                    prepend(first.decor_mut(), &about);
                    explain(first, schema, path);
                }
            }
            Some(Item::Value(_)) if path.len() == 1 => {
                if let Some(mut key) = table.key_mut(&key) {
                    prepend(key.leaf_decor_mut(), &about);
                }
            }
            _ => {}
        }
        path.pop();
    }
}

/// A comment at the end on what else such a file can have.
fn absent(document: &DocumentMut, schema: &Value) -> String {
    let keys = schema.get("properties").and_then(Value::as_object);
    let mut text = String::new();
    for (key, value) in keys.into_iter().flatten().filter(|(key, _)| !document.contains_key(key)) {
        let Some(about) = schema::describe(schema, &[key]) else { continue };
        if text.is_empty() {
            text.push_str("\n# Such a file can also have:\n");
        }
        let table = schema::is_table(schema, value);
        let name = match (table, value.get("items").is_some()) {
            (true, true) => format!("[[{key}]]"),
            (true, false) => format!("[{key}]"),
            (false, _) => key.clone(),
        };
        text.push_str(&wrapped(&format!("{name}: {about}"), "#   "));
    }
    text
}

fn comment(schema: &Value, path: &[String]) -> String {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    schema::describe(schema, &path).map_or_else(String::new, |about| wrapped(&about, "# "))
}

/// Text as lines of a comment.
fn wrapped(text: &str, start: &str) -> String {
    let mut lines = String::new();
    for paragraph in text.split("\n\n") {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
                lines.push_str(&format!("{start}{}\n", line.trim_end()));
                line.clear();
            }
            line.push_str(word);
            line.push(' ');
        }
        lines.push_str(&format!("{start}{}\n", line.trim_end()));
    }
    lines
}

/// Puts a comment before what is there already, after the blank lines, unless it is there.
fn prepend(decor: &mut Decor, about: &str) {
    let before = decor.prefix().and_then(RawString::as_str).unwrap_or_default().to_owned();
    if about.is_empty() || before.contains(about) {
        return;
    }
    let comments = before.trim_start_matches('\n');
    let blank = &before[..before.len() - comments.len()];
    decor.set_prefix(format!("{blank}{about}{comments}"));
}
