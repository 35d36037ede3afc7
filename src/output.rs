//! Where reports go: standard output, or a file that is whole or not there.

use std::io::{self, Write};
use std::path::Path;

use crate::exit::Failure;

/// Writes a report to `path`, or to standard output if there is none or it is `-`. Colours go to
/// terminals only.
///
/// A file appears under its name when it is complete: what was there before stays until then, and if
/// something goes wrong.
pub(crate) fn deliver(path: Option<&Path>, report: &[u8]) -> Result<(), Failure> {
    match path.filter(|path| *path != Path::new("-")) {
        None => {
            let mut out = anstream::stdout().lock();
            out.write_all(report)?;
            out.flush()?;
            Ok(())
        }
        Some(path) => replace(path, report)
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display()))),
    }
}

fn replace(path: &Path, report: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // As any program's files, and not for their owner only.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    file.as_file().write_all(&anstream::adapter::strip_bytes(report).into_vec())?;
    file.persist(path)?;
    Ok(())
}
