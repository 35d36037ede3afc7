//! Where reports go: standard output, or a file that is whole or not there.

use std::io::Write;
use std::path::Path;

use crate::exit::Failure;
use crate::files;

/// Writes a report to `path`, or to standard output if there is none or it is `-`. Colours go to
/// terminals only.
///
/// A file appears under its name when it is complete: what was there before stays until then, and if
/// something goes wrong.
pub(crate) fn deliver(path: Option<&Path>, report: &[u8]) -> Result<(), Failure> {
    match path.filter(|path| !files::is_standard(path)) {
        None => {
            let mut out = anstream::stdout().lock();
            out.write_all(report)?;
            out.flush()?;
            Ok(())
        }
        Some(path) => {
            let plain = anstream::adapter::strip_bytes(report).into_vec();
            files::save(path, &String::from_utf8_lossy(&plain), true)
        }
    }
}
