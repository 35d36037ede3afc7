//! Reading and writing what is named on the command line.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Whether a path stands for standard input or output: `-`.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// The text of a file, or of standard input.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if is_standard(path) {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", shown(path))))?;
    Ok(text)
}

/// What to call a path.
pub(crate) fn shown(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// The directory that a file is in.
pub(crate) fn directory(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// Writes a file in one step: nobody finds half of it. Without `force` it overwrites nothing.
pub(crate) fn save(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed =
        |error: io::Error| Failure::Usage(format!("cannot write {}: {error}", path.display()));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(directory(path)).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let saved = if force { file.persist(path) } else { file.persist_noclobber(path) };
    saved.map_err(|error| failed(error.error))?;
    Ok(())
}
