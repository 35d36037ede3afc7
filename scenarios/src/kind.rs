//! Kinds of files: their names, their folders, and how to tell them apart.

use std::path::Path;

use toml::Table;

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// All that stands between one client and one server.
    Topology,
    /// An FTP server.
    Server,
    /// What one FTP client does.
    Client,
    /// A cell whose outcome is known.
    Case,
    /// What to cross with what.
    Matrix,
    /// How a real program is run so that it behaves as a client file says.
    Program,
}

impl Kind {
    /// All of them, in the order in which they are read.
    pub const ALL: [Self; 6] =
        [Self::Topology, Self::Server, Self::Client, Self::Case, Self::Matrix, Self::Program];

    /// The word for one: `topology`, `server`, `client`, `case`, `matrix` or `program`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Topology => "topology",
            Self::Server => "server",
            Self::Client => "client",
            Self::Case => "case",
            Self::Matrix => "matrix",
            Self::Program => "program",
        }
    }

    /// The folder of a scenario directory that such files are in: `topologies` and so on.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Topology => "topologies",
            Self::Server => "servers",
            Self::Client => "clients",
            Self::Case => "cases",
            Self::Matrix => "matrices",
            Self::Program => "programs",
        }
    }

    /// The kind of the files in the folder that a path names last.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let name = folder.file_name()?.to_str()?;
        Self::ALL.into_iter().find(|kind| kind.folder() == name)
    }

    /// The kind that a file's keys speak for: that of which it has most of the keys that no other kind
    /// has. None if it has no such key, as many of two kinds, or is not TOML.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let count =
            |kind: &Self| kind.telling().iter().filter(|key| table.contains_key(**key)).count();
        let most = Self::ALL.iter().map(count).max().filter(|most| *most > 0)?;
        let mut likely = Self::ALL.into_iter().filter(|kind| count(kind) == most);
        likely.next().filter(|_| likely.next().is_none())
    }

    /// Keys that files of this kind must have and others cannot.
    fn telling(self) -> &'static [&'static str] {
        match self {
            Self::Topology => &["connect", "network", "subnet", "host"],
            Self::Server => &["control_port", "passive_ports", "greeting", "user", "password"],
            Self::Client => &["login", "os", "verified", "list", "data", "messages"],
            Self::Case => &["topology", "passive_ip", "outcome", "transcript"],
            Self::Matrix => &["topologies", "clients"],
            Self::Program => &["needs", "version"],
        }
    }
}
