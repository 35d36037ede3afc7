//! `pasvlab check`: whether files are sound.

use std::io::Write;
use std::path::Path;

use pasvlab_scenarios::Kind;
use pasvlab_scenarios::catalog::{self, Source, State};

use crate::cli::CheckArgs;
use crate::exit::{self, Failure};
use crate::files;

/// Runs `pasvlab check`.
pub(crate) fn run(scenarios: Option<&Path>, args: &CheckArgs) -> Result<(), Failure> {
    let mut files = Vec::new();
    let mut unread = false;
    for path in &args.files {
        match found(path, args.kind) {
            Ok(found) => files.extend(found),
            Err(failure) => {
                // The other files are worth looking at.
                exit::tell(failure);
                unread = true;
            }
        }
    }
    let others = scenarios.map(catalog::in_directory).transpose()?;
    let mut others = others.unwrap_or_default();
    others.retain(|other| !files.iter().any(|file| same(&file.name, &other.name)));
    let sound = report(&others, &files)?;
    if sound && !unread { Ok(()) } else { Err(Failure::Unsound) }
}

/// The file, or the files of the directory.
fn found(path: &Path, kind: Option<Kind>) -> Result<Vec<Source>, Failure> {
    if path.is_dir() {
        return Ok(catalog::in_directory(path)?);
    }
    Ok(vec![source(path, kind)?])
}

/// Whether two names are one file.
fn same(one: &str, other: &str) -> bool {
    let real = |name: &str| std::fs::canonicalize(name).ok();
    one == other || real(one).is_some_and(|path| Some(path) == real(other))
}

/// A file whose kind is given, or follows from its folder, or from its keys.
fn source(path: &Path, kind: Option<Kind>) -> Result<Source, Failure> {
    let text = files::read(path)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let of_folder = || absolute.parent().and_then(Kind::of_folder);
    let kind = kind.or_else(of_folder).or_else(|| Kind::of_text(&text)).ok_or_else(|| {
        Failure::Usage(format!(
            "cannot tell what kind of file {} is\n  write --kind, or put it in a folder of its \
             kind, for example clients/",
            files::shown(path)
        ))
    })?;
    if files::is_standard(path) {
        return Ok(Source::unnamed(kind, &files::shown(path), text));
    }
    Ok(Source { kind, name: path.display().to_string(), text })
}

/// Says of each file whether it is sound; whether all are.
fn report(others: &[Source], files: &[Source]) -> Result<bool, Failure> {
    let mut wrong = 0;
    let mut out = anstream::stdout().lock();
    let mut count = 0;
    for checked in catalog::check(others, files) {
        count += 1;
        match checked.state {
            State::Sound => writeln!(out, "{}: ok", checked.name)?,
            State::Unfinished => writeln!(
                out,
                "{}: ok by itself; its references wait until the others are ok",
                checked.name
            )?,
            State::Wrong(error) => {
                wrong += 1;
                // In the order in which they belong.
                out.flush()?;
                exit::show(error);
            }
        }
    }
    out.flush()?;
    if wrong > 0 && count > 1 {
        crate::terminal::remark(&format!("{wrong} of {count} files have errors"))?;
    }
    Ok(wrong == 0)
}
