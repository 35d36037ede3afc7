//! How the TOML files spell a scenario: one struct per kind of file, one field per key.
//!
//! Keys that are not named here are errors. A key without a default here must be present; nothing
//! else is ever assumed. Texts that mean something (ids, addresses, ranges) are read as text and
//! examined by [`crate::load`], so that a complaint can name the place.
//!
//! Ids consist of lower-case letters, digits and `-`. A file's own id is its name without `.toml`.

mod balancing;
mod client;
mod gateway;
mod ground;
mod json;
mod program;
mod server;
mod spanned;
mod table;
mod topology;

pub use balancing::*;
pub use client::*;
pub use gateway::*;
pub use ground::*;
pub(crate) use json::{describe, is_table};
pub use json::{json_schema, json_schema_files, json_schema_text};
pub use program::*;
pub use server::*;
pub use spanned::Spanned;
pub use table::*;
pub use topology::*;

/// A text with its place in the file.
pub type Text = Spanned<String>;
/// A list of texts, each with its place in the file.
pub type Texts = Vec<Spanned<String>>;
