//! All files together.

mod check;
mod drafts;

use std::collections::BTreeMap;
use std::path::Path;

use crate::catalog::drafts::Drafts;
use crate::error::LoadError;
use crate::kind::Kind;
use crate::load::table::Known;
use crate::matrix::{CellId, Clients, Selection};
use crate::model::{Case, Client, Matrix, Program, Server, Topology};
use crate::suggest;

/// Topologies, servers, clients, cases, matrices and programs by id, with all references between them sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    topologies: BTreeMap<String, Topology>,
    servers: BTreeMap<String, Server>,
    clients: BTreeMap<String, Client>,
    cases: BTreeMap<String, Case>,
    programs: BTreeMap<String, Program>,
    matrices: BTreeMap<String, Matrix>,
}

pub use check::{Checked, State, check, in_directory};

/// A file's text, before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it describes.
    pub kind: Kind,
    /// What to call it in errors. Its id must be this without directory and `.toml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A text from somewhere without file names, such as standard input. Its id is right by itself.
    #[must_use]
    pub fn unnamed(kind: Kind, whence: &str, text: String) -> Self {
        let table = text.parse::<toml::Table>().ok();
        let id = table.as_ref().and_then(|table| table.get("id")?.as_str());
        let name = id.map_or_else(|| whence.to_owned(), |id| format!("{whence}/{id}.toml"));
        Self { kind, name, text }
    }
}

/// An id that nothing has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownId {
    /// What was looked for, in the singular: `topology`, `server`, `client`, `case`, `matrix`,
    /// `PassiveIp` or `reason`.
    pub kind: &'static str,
    /// The id that was looked for.
    pub id: String,
    /// The id that was probably meant.
    pub suggestion: Option<String>,
    /// All ids of that kind, in order.
    pub known: Vec<String>,
}

impl UnknownId {
    /// Nothing of this kind has the id; `known` are the ids that there are.
    #[must_use]
    pub fn new<'a>(kind: &'static str, id: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        let suggestion = suggest::nearest(id, known.iter().map(String::as_str));
        Self { kind, id: id.to_owned(), suggestion: suggestion.map(str::to_owned), known }
    }

    /// The first half of the text: what is unknown.
    pub(crate) fn message(&self) -> String {
        format!("unknown {} `{}`", self.kind, self.id)
    }

    /// The second half: what to do about it.
    pub(crate) fn hint(&self) -> String {
        suggest::hint(&self.id, self.known.iter().map(String::as_str))
    }
}

impl std::fmt::Display for UnknownId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean `{suggestion}`?")?;
        }
        match self.kind {
            "PassiveIp" => write!(f, " (there is {})", suggest::list(&self.known)),
            "topology" => f.write_str(" (list them with `pasvlab list topologies`)"),
            "reason" => f.write_str(" (list them with `pasvlab explain`)"),
            "matrix" => f.write_str(" (list them with `pasvlab list matrices`)"),
            kind => write!(f, " (list them with `pasvlab list {kind}s`)"),
        }
    }
}

impl std::error::Error for UnknownId {}
impl miette::Diagnostic for UnknownId {}

fn get<'a, T>(
    map: &'a BTreeMap<String, T>,
    kind: &'static str,
    id: &str,
) -> Result<&'a T, UnknownId> {
    map.get(id).ok_or_else(|| UnknownId::new(kind, id, map.keys().map(String::as_str)))
}

impl Catalog {
    /// The files that are part of this program.
    ///
    /// # Errors
    ///
    /// None, unless the program was built with a broken file.
    pub fn builtin() -> Result<Self, LoadError> {
        let mut drafts = Drafts::default();
        drafts.add_builtin();
        drafts.finish()
    }

    /// The built-in files, and those of `DIR/topologies/*.toml`, `servers/`, `clients/`, `cases/`
    /// and `matrices/`, each of which may be missing. A file of the directory replaces the built-in
    /// one with the same id. Files whose names do not end in `.toml` are not looked at.
    ///
    /// # Errors
    ///
    /// The directory does not exist or cannot be read, or there is something wrong with a file. All
    /// files are read before this reports, so that the error has the problems of all of them.
    pub fn from_dir(dir: &Path) -> Result<Self, LoadError> {
        let mut drafts = Drafts::default();
        drafts.add_builtin();
        drafts.add_directory(dir);
        drafts.finish()
    }

    /// The text from which the thing of a kind and an id was read, given the directory of
    /// [`Catalog::from_dir`].
    ///
    /// # Errors
    ///
    /// There is no such thing.
    pub fn source(&self, kind: Kind, id: &str, dir: Option<&Path>) -> Result<Source, UnknownId> {
        let name = format!("{id}.toml");
        let own = dir.map(drafts::directory).unwrap_or_default();
        let own = own.into_iter().filter_map(Result::ok);
        let mut all = own.chain(drafts::builtin().filter_map(Result::ok));
        let wanted = |source: &Source| {
            source.kind == kind && Path::new(&source.name).file_name() == Some(name.as_ref())
        };
        all.find(wanted).ok_or_else(|| UnknownId::new(kind.name(), id, self.ids(kind)))
    }

    /// All ids of a kind, in order.
    #[must_use]
    pub fn ids(&self, kind: Kind) -> Vec<&str> {
        fn keys<T>(map: &BTreeMap<String, T>) -> Vec<&str> {
            map.keys().map(String::as_str).collect()
        }
        match kind {
            Kind::Topology => keys(&self.topologies),
            Kind::Server => keys(&self.servers),
            Kind::Client => keys(&self.clients),
            Kind::Case => keys(&self.cases),
            Kind::Matrix => keys(&self.matrices),
            Kind::Program => keys(&self.programs),
        }
    }

    /// The topology with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn topology(&self, id: &str) -> Result<&Topology, UnknownId> {
        get(&self.topologies, "topology", id)
    }

    /// The server with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn server(&self, id: &str) -> Result<&Server, UnknownId> {
        get(&self.servers, "server", id)
    }

    /// The client with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn client(&self, id: &str) -> Result<&Client, UnknownId> {
        get(&self.clients, "client", id)
    }

    /// The case with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn case(&self, id: &str) -> Result<&Case, UnknownId> {
        get(&self.cases, "case", id)
    }

    /// The matrix with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn matrix(&self, id: &str) -> Result<&Matrix, UnknownId> {
        get(&self.matrices, "matrix", id)
    }

    /// All topologies in order of id.
    pub fn topologies(&self) -> impl ExactSizeIterator<Item = &Topology> {
        self.topologies.values()
    }

    /// All servers in order of id.
    pub fn servers(&self) -> impl ExactSizeIterator<Item = &Server> {
        self.servers.values()
    }

    /// All clients in order of id.
    pub fn clients(&self) -> impl ExactSizeIterator<Item = &Client> {
        self.clients.values()
    }

    /// All cases in order of id.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Case> {
        self.cases.values()
    }

    /// The program with this id.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn program(&self, id: &str) -> Result<&Program, UnknownId> {
        get(&self.programs, "program", id)
    }

    /// All programs in order of id.
    pub fn programs(&self) -> impl ExactSizeIterator<Item = &Program> {
        self.programs.values()
    }

    /// The programs against which a client file is held.
    pub fn programs_of(&self, client: &str) -> impl Iterator<Item = &Program> {
        self.programs.values().filter(move |program| program.client == client)
    }

    /// The scripts that the built-in programs are run with: name and text.
    pub fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        drafts::scripts()
    }

    /// All matrices in order of id.
    pub fn matrices(&self) -> impl ExactSizeIterator<Item = &Matrix> {
        self.matrices.values()
    }

    /// Sees to it that all parts of a cell exist. The topology may still not have the setting, see
    /// [`Topology::announced`]; some topology has.
    ///
    /// # Errors
    ///
    /// The first part that does not exist.
    pub fn check_cell(&self, cell: &CellId) -> Result<(), UnknownId> {
        self.topology(&cell.topology)?;
        self.check_passive_ip(&cell.passive_ip)?;
        self.client(&cell.client)?;
        Ok(())
    }

    /// The cells of a matrix, or of a part of it; as [`crate::expand`], but with every id looked up
    /// and [`Clients::All`] understood.
    ///
    /// # Errors
    ///
    /// The first id of the selection that does not exist, or the matrix's server.
    pub fn expand(&self, matrix: &Matrix, selection: &Selection) -> Result<Vec<CellId>, UnknownId> {
        let mut selection = selection.clone();
        if selection.clients == Clients::All {
            let server = self.server(&matrix.server)?;
            let fitting = self.clients().filter(|client| server.takes(client));
            selection.clients = Clients::Listed(fitting.map(|client| client.id.clone()).collect());
        }
        for id in &selection.topologies {
            self.topology(id)?;
        }
        for id in &selection.passive_ips {
            self.check_passive_ip(id)?;
        }
        if let Clients::Listed(clients) = &selection.clients {
            for id in clients {
                self.client(id)?;
            }
        }
        Ok(crate::matrix::expand(matrix, &selection))
    }

    fn check_passive_ip(&self, id: &str) -> Result<(), UnknownId> {
        let mut known: Vec<&str> =
            self.topologies.values().flat_map(Topology::passive_ip_ids).collect();
        known.sort_unstable();
        known.dedup();
        if known.contains(&id) { Ok(()) } else { Err(UnknownId::new("PassiveIp", id, known)) }
    }
}

impl Known for Catalog {
    fn topology(&self, id: &str) -> Result<&Topology, UnknownId> {
        Self::topology(self, id)
    }

    fn server(&self, id: &str) -> Result<&Server, UnknownId> {
        Self::server(self, id)
    }

    fn client_exists(&self, id: &str) -> Result<(), UnknownId> {
        self.client(id).map(drop)
    }
}
