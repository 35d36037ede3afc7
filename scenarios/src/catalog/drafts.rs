//! Files on their way into the catalogue.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::catalog::Catalog;
use crate::error::{LoadError, Problem};
use crate::load::{self, CaseDraft, MatrixDraft, ProgramDraft};
use crate::model::{Client, Server, Topology};

static TOPOLOGIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/topologies");
static SERVERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/servers");
static CLIENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/clients");
static CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");
static PROGRAMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/programs");
static MATRICES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/matrices");

/// The kinds of files.
#[derive(Clone, Copy)]
enum Kind {
    Topology,
    Server,
    Client,
    Case,
    Matrix,
    Program,
}

static KINDS: [(Kind, &Dir<'_>); 6] = [
    (Kind::Topology, &TOPOLOGIES),
    (Kind::Server, &SERVERS),
    (Kind::Client, &CLIENTS),
    (Kind::Case, &CASES),
    (Kind::Matrix, &MATRICES),
    (Kind::Program, &PROGRAMS),
];

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Topology => "topologies",
            Self::Server => "servers",
            Self::Client => "clients",
            Self::Case => "cases",
            Self::Matrix => "matrices",
            Self::Program => "programs",
        }
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
        for (kind, dir) in KINDS {
            for file in dir.files() {
                let name = file.path().display().to_string();
                if !name.ends_with(".toml") {
                    continue;
                }
                let name = format!("built-in/{}/{name}", kind.folder());
                match file.contents_utf8() {
                    Some(text) => self.add(kind, &name, text, Origin::BuiltIn),
                    None => self.problems.push(Problem::unread(&name, "this is not UTF-8 text")),
                }
            }
        }
    }

    /// The files below a directory.
    pub(super) fn add_directory(&mut self, dir: &Path) {
        if !dir.is_dir() {
            let problem =
                Problem::unread(&dir.display().to_string(), "this directory does not exist");
            let hint = "it must have some of topologies/, servers/, clients/, cases/, matrices/, \
                        programs/";
            self.problems.push(problem.hint(hint));
            return;
        }
        for (kind, _) in KINDS {
            self.add_folder(kind, &dir.join(kind.folder()));
        }
    }

    fn add_folder(&mut self, kind: Kind, dir: &Path) {
        let shown = dir.display().to_string();
        let mut paths = Vec::new();
        match fs::read_dir(dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                self.problems.push(Problem::unread(&shown, format!("cannot be read: {error}")));
                return;
            }
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => paths.push(entry.path()),
                        Err(error) => self
                            .problems
                            .push(Problem::unread(&shown, format!("cannot be read: {error}"))),
                    }
                }
            }
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let name = path.display().to_string();
            match fs::read_to_string(&path) {
                Ok(text) => self.add(kind, &name, &text, Origin::Directory),
                Err(error) => {
                    self.problems.push(Problem::unread(&name, format!("cannot be read: {error}")));
                }
            }
        }
    }

    fn add(&mut self, kind: Kind, name: &str, text: &str, origin: Origin) {
        let added = match kind {
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
