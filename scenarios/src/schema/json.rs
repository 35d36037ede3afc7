//! The same as JSON Schemas, for editors that complete keys and show what they mean.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::{CaseFile, ClientFile, MatrixFile, ProgramFile, ServerFile, TopologyFile};
use crate::kind::Kind;
use crate::spelling::spelled_name;

/// The JSON Schema of a kind of file, of draft 7, the newest that editors know for TOML. It says what
/// keys there are and of which type; what the loader finds out besides, such as whether an id exists,
/// it does not say.
#[must_use]
pub fn json_schema(kind: Kind) -> Value {
    let mut schema = match kind {
        Kind::Topology => of::<TopologyFile>(),
        Kind::Server => of::<ServerFile>(),
        Kind::Client => of::<ClientFile>(),
        Kind::Case => of::<CaseFile>(),
        Kind::Matrix => of::<MatrixFile>(),
        Kind::Program => of::<ProgramFile>(),
    };
    schema.insert("title".to_owned(), format!("pasvlab {}", kind.name()).into());
    schema.to_value()
}

/// The text of [`json_schema`], as a file.
#[must_use]
pub fn json_schema_text(kind: Kind) -> String {
    format!("{:#}\n", json_schema(kind))
}

/// All schemas as they are committed: path from the project's root, and text.
pub fn json_schema_files() -> impl Iterator<Item = (String, String)> {
    let path = |kind: Kind| format!("scenarios/schema/{}.json", kind.name());
    Kind::ALL.into_iter().map(move |kind| (path(kind), json_schema_text(kind)))
}

fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07()
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(tidy));
    settings.into_generator().into_root_schema_for::<T>()
}

/// TOML has no null: a key without a value is left out.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [only] = &choices[..] {
            // In draft 7 nothing may stand beside a reference.
            let only = only.clone();
            schema.remove("anyOf");
            schema.insert("allOf".to_owned(), Value::Array(vec![only]));
        }
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
}

/// Paragraphs on one line, and keys and values as files spell them.
fn tidy(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> =
            text.split("\n\n").map(|text| text.replace('\n', " ")).collect();
        *text = without_links(&paragraphs.join("\n\n"));
    }
}

/// Links of the documentation, ``[`Type::Name`]``, as a file spells what they lead to.
fn without_links(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, rest) = part.split_once("`]").unwrap_or((part, ""));
        let name = link.rsplit("::").next().unwrap_or(link);
        let variant = name.starts_with(|first: char| first.is_ascii_uppercase());
        let name = if variant { spelled_name(name) } else { name.to_owned() };
        plain.push_str(&format!("`{name}`{rest}"));
    }
    plain
}

/// What a key means, as the schema says it: of the table of this path, or of the file if the path is
/// empty.
pub(crate) fn describe(schema: &Value, path: &[&str]) -> Option<String> {
    let mut place = schema;
    let mut description = None;
    for key in path {
        place = resolved(schema, place).get("properties")?.get(key)?;
        description = place.get("description").and_then(Value::as_str);
    }
    let own = || resolved(schema, place).get("description").and_then(Value::as_str);
    description.or_else(own).map(str::to_owned)
}

/// Whether a part of a schema stands for a table, or a list of them.
pub(crate) fn is_table(schema: &Value, place: &Value) -> bool {
    let place = resolved(schema, place);
    place.get("properties").is_some() || place.get("additionalProperties").is_some()
}

/// The table that a part of a schema stands for: a reference's target, a list's element.
fn resolved<'a>(root: &'a Value, place: &'a Value) -> &'a Value {
    let inner = place.get("allOf").and_then(|all| all.get(0)).or_else(|| place.get("items"));
    if let Some(inner) = inner {
        return resolved(root, inner);
    }
    let target = place.get("$ref").and_then(Value::as_str);
    match target.and_then(|target| root.pointer(target.trim_start_matches('#'))) {
        Some(target) => resolved(root, target),
        None => place,
    }
}
