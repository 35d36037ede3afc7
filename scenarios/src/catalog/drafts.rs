//! Files on their way into the catalogue.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::catalog::{Catalog, Source};
use crate::error::{LoadError, Problem};
use crate::kind::Kind;
use crate::load::{self, CaseDraft, MatrixDraft, ProgramDraft};
use crate::model::{Client, Server, Topology};

static TOPOLOGIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/topologies");
static SERVERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/servers");
static CLIENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/clients");
static CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");
static PROGRAMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/programs");
static MATRICES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/matrices");

fn embedded(kind: Kind) -> &'static Dir<'static> {
    match kind {
        Kind::Topology => &TOPOLOGIES,
        Kind::Server => &SERVERS,
        Kind::Client => &CLIENTS,
        Kind::Case => &CASES,
        Kind::Matrix => &MATRICES,
        Kind::Program => &PROGRAMS,
    }
}

/// What has been read so far. A later file replaces an earlier one with the same id.
#[derive(Default)]
pub(super) struct Drafts {
    topologies: BTreeMap<String, Topology>,
    servers: BTreeMap<String, Server>,
    clients: BTreeMap<String, Client>,
    cases: BTreeMap<String, (CaseDraft, Origin)>,
    matrices: BTreeMap<String, (MatrixDraft, Origin)>,
    programs: BTreeMap<String, (ProgramDraft, Origin)>,
    problems: Vec<Problem>,
}

/// Where a file is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    BuiltIn,
    Directory,
}

impl Drafts {
    /// The files inside the program.
    pub(super) fn add_builtin(&mut self) {
        for source in builtin() {
            match source {
                Ok(source) => self.add(&source, Origin::BuiltIn),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    /// The files below a directory.
    pub(super) fn add_directory(&mut self, dir: &Path) {
        for source in directory(dir) {
            match source {
                Ok(source) => self.add_own(&source),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    /// A file of the user's.
    pub(super) fn add_own(&mut self, source: &Source) {
        self.add(source, Origin::Directory);
    }

    fn add(&mut self, source: &Source, origin: Origin) {
        let (name, text) = (source.name.as_str(), source.text.as_str());
        let added = match source.kind {
            Kind::Topology => load::topology(name, text)
                .map(|value| drop(self.topologies.insert(value.id.clone(), value))),
            Kind::Server => load::server(name, text)
                .map(|value| drop(self.servers.insert(value.id.clone(), value))),
            Kind::Client => load::client(name, text)
                .map(|value| drop(self.clients.insert(value.id.clone(), value))),
            Kind::Case => load::case_draft(name, text)
                .map(|draft| drop(self.cases.insert(draft.value.id.clone(), (draft, origin)))),
            Kind::Matrix => load::matrix_draft(name, text)
                .map(|draft| drop(self.matrices.insert(draft.value.id.clone(), (draft, origin)))),
            Kind::Program => load::program_draft(name, text)
                .map(|draft| drop(self.programs.insert(draft.value.id.clone(), (draft, origin)))),
        };
        if let Err(error) = added {
            self.problems.extend(error.into_problems());
        }
    }

    /// Whether a file has an error already.
    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The catalogue, once the references are known to be sound.
    pub(super) fn finish(self) -> Result<Catalog, LoadError> {
        if let Some(error) = LoadError::of(self.problems) {
            return Err(error);
        }
        let catalog = Catalog {
            topologies: self.topologies,
            servers: self.servers,
            clients: self.clients,
            cases: BTreeMap::new(),
            matrices: BTreeMap::new(),
            programs: BTreeMap::new(),
        };
        let mut problems = Vec::new();
        for (draft, origin) in self.cases.values() {
            problems.extend(replaced(load::case_checks(draft, &catalog), *origin));
        }
        for (draft, origin) in self.matrices.values() {
            problems.extend(replaced(load::matrix_checks(draft, &catalog), *origin));
        }
        for (draft, origin) in self.programs.values() {
            problems.extend(replaced(load::program_checks(draft, &catalog), *origin));
        }
        if let Some(error) = LoadError::of(problems) {
            return Err(error);
        }
        let cases = self.cases.into_iter().map(|(id, (draft, _))| (id, draft.value)).collect();
        let matrices =
            self.matrices.into_iter().map(|(id, (draft, _))| (id, draft.value)).collect();
        let programs =
            self.programs.into_iter().map(|(id, (draft, _))| (id, draft.value)).collect();
        Ok(Catalog { cases, matrices, programs, ..catalog })
    }
}

/// The files inside the program.
pub(super) fn builtin() -> impl Iterator<Item = Result<Source, Problem>> {
    let files = Kind::ALL
        .into_iter()
        .flat_map(|kind| embedded(kind).files().map(move |file| (kind, file)))
        .filter(|(_, file)| is_toml(file.path()));
    files.map(|(kind, file)| {
        let name = format!("built-in/{}/{}", kind.folder(), file.path().display());
        match file.contents_utf8() {
            Some(text) => Ok(Source { kind, name, text: text.to_owned() }),
            None => Err(Problem::unread(&name, "this is not UTF-8 text")),
        }
    })
}

/// The files below a directory with folders for kinds of files.
pub(super) fn directory(dir: &Path) -> Vec<Result<Source, Problem>> {
    let shown = dir.display().to_string();
    let hint = "it must have some of topologies/, servers/, clients/, cases/, matrices/, programs/";
    if !dir.is_dir() {
        let wrong =
            if dir.exists() { "this is no directory" } else { "this directory does not exist" };
        return vec![Err(Problem::unread(&shown, wrong).hint(hint))];
    }
    let folders = Kind::ALL.map(|kind| (kind, dir.join(kind.folder())));
    if folders.iter().all(|(_, folder)| !folder.exists()) && has_files(dir) {
        let wrong = "the files in this directory are not in folders";
        let hint = match Kind::of_folder(dir) {
            Some(_) => "name the directory above this one",
            None => hint,
        };
        return vec![Err(Problem::unread(&shown, wrong).hint(hint))];
    }
    folders.iter().flat_map(|(kind, folder)| self::folder(*kind, folder)).collect()
}

/// Whether a directory has files in it that look like this crate's.
fn has_files(dir: &Path) -> bool {
    let mut entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.any(|entry| is_toml(&entry.path()))
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// The files of a folder for one kind, which may be missing.
pub(super) fn folder(kind: Kind, dir: &Path) -> Vec<Result<Source, Problem>> {
    let unread = |path: &Path, error: std::io::Error| {
        Problem::unread(&path.display().to_string(), format!("cannot be read: {error}"))
    };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![Err(unread(dir, error))],
        Ok(entries) => entries,
    };
    let (mut paths, mut files) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => files.push(Err(unread(dir, error))),
        }
    }
    paths.retain(|path| is_toml(path));
    paths.sort();
    files.extend(paths.iter().map(|path| match fs::read_to_string(path) {
        Ok(text) => Ok(Source { kind, name: path.display().to_string(), text }),
        Err(error) => Err(unread(path, error)),
    }));
    files
}

/// A built-in file whose references are broken is so because a file of the directory has replaced
/// what it refers to.
fn replaced(problems: Vec<Problem>, origin: Origin) -> impl Iterator<Item = Problem> {
    problems.into_iter().map(move |problem| match origin {
        Origin::Directory => problem,
        Origin::BuiltIn => problem.hint(
            "a file of yours has replaced a built-in one that this file needs; \
             give yours another id, or replace this file too",
        ),
    })
}

/// The scripts that the built-in programs are run with: name and text.
pub(super) fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let folder = PROGRAMS.get_dir("scripts");
    let files = folder.into_iter().flat_map(Dir::files);
    files.filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents_utf8()?)))
}
