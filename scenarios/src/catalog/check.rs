//! Whether files are sound, one by one.

use std::collections::BTreeMap;
use std::path::Path;

use super::Source;
use super::drafts::{self, Drafts};
use crate::error::{LoadError, Problem};
use crate::kind::Kind;

/// A file, and what was found out about it.
#[derive(Debug)]
pub struct Checked {
    /// The file, as it was named to the loader.
    pub name: String,
    /// Whether it is sound.
    pub state: State,
}

/// Whether a file is sound.
#[derive(Debug)]
pub enum State {
    /// It is, and what it refers to exists.
    Sound,
    /// It is, but nobody has looked whether what it refers to exists: other files have errors, and
    /// perhaps it is in one of them.
    Unfinished,
    /// It is not.
    Wrong(LoadError),
}

/// The files of a directory: of one that has folders for kinds of files, or of one such folder.
///
/// # Errors
///
/// The directory or a file cannot be read, or there is no file.
pub fn in_directory(dir: &Path) -> Result<Vec<Source>, LoadError> {
    let found = match Kind::of_folder(dir) {
        Some(kind) => drafts::folder(kind, dir),
        None => drafts::directory(dir),
    };
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for file in found {
        match file {
            Ok(source) => sources.push(source),
            Err(problem) => problems.push(problem),
        }
    }
    if sources.is_empty() && problems.is_empty() {
        let name = dir.display().to_string();
        let problem = Problem::unread(&name, "there is no file for pasvlab in this directory");
        problems.push(problem.hint("the name of such a file ends in .toml"));
    }
    LoadError::of(problems).map_or(Ok(sources), Err)
}

/// Reads files, and looks for what they refer to among the built-in files, these, and `others`. Has
/// all of `files`, in order, and then what else has errors: one of the others, or a built-in file that
/// needs what a file of the same id has replaced.
#[must_use]
pub fn check(others: &[Source], files: &[Source]) -> Vec<Checked> {
    let mut drafts = Drafts::default();
    drafts.add_builtin();
    others.iter().chain(files).for_each(|source| drafts.add_own(source));
    let unfinished = drafts.has_problems();
    let mut wrong: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    let error = drafts.finish().err();
    for problem in error.into_iter().flat_map(LoadError::into_problems) {
        wrong.entry(problem.file().to_owned()).or_default().push(problem);
    }
    let mut checked: Vec<Checked> = Vec::new();
    for source in files {
        let state = match wrong.remove(&source.name).and_then(LoadError::of) {
            Some(error) => State::Wrong(error),
            None if unfinished && refers(source.kind) => State::Unfinished,
            None => State::Sound,
        };
        checked.push(Checked { name: source.name.clone(), state });
    }
    let rest = wrong.into_iter().filter_map(|(name, problems)| {
        Some(Checked { name, state: State::Wrong(LoadError::of(problems)?) })
    });
    checked.extend(rest);
    checked
}

/// Whether files of this kind refer to other files.
fn refers(kind: Kind) -> bool {
    match kind {
        Kind::Topology | Kind::Server | Kind::Client => false,
        Kind::Case | Kind::Matrix | Kind::Program => true,
    }
}
