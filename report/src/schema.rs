//! JSON Schemas (draft 2020-12) of what is written as JSON, made from the types that write it.

use schemars::{JsonSchema, schema_for};

use crate::json::Document;
use crate::story::Story;

/// Of `pasvlab matrix --format json`.
#[must_use]
pub fn matrix() -> String {
    text::<Document>()
}

/// Of `pasvlab run --format json`.
#[must_use]
pub fn session() -> String {
    text::<Story>()
}

fn text<T: JsonSchema>() -> String {
    // A schema is plain JSON; this cannot fail for it.
    format!("{:#}\n", schema_for!(T).as_value())
}
