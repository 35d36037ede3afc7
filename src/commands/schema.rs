//! `pasvlab schema`: the JSON Schema of a kind of file.

use std::io::Write;

use pasvlab_scenarios::schema::json_schema_text;

use crate::cli::SchemaArgs;
use crate::exit::Failure;

/// Runs `pasvlab schema`.
pub(crate) fn run(args: &SchemaArgs) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(json_schema_text(args.kind).as_bytes())?;
    Ok(out.flush()?)
}
