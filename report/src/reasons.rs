//! The catalogue of reasons: a page for every id that a verdict can give. The pages are data, in
//! `report/reasons/ID.toml`, because the laboratory knows no product's texts.
//!
//! - `terminal` — one page, or the list of all.
//! - `markdown` — the documentation page.

mod markdown;
mod terminal;

use std::collections::BTreeMap;
use std::fmt;

use include_dir::{Dir, include_dir};
use pasvlab_harness::Cause;
use pasvlab_scenarios::UnknownId;
use serde::Deserialize;

pub use markdown::{one_page, reasons_page};
pub use terminal::{write_list, write_page};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/reasons");

/// What there is to say about one id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// What the id says, in one sentence.
    pub sentence: String,
    /// What it is about.
    pub group: Group,
    /// Why this happens; paragraphs are apart by an empty line.
    pub mechanism: String,
    /// What clients and servers print then, word for word.
    #[serde(default)]
    pub log: Vec<Says>,
    /// What a capture shows.
    pub capture: Vec<String>,
    /// Wireshark display filter that finds it.
    pub filter: Option<String>,
    /// What to change; none for what is not a fault.
    #[serde(default)]
    pub fixes: Vec<Fix>,
    /// Cells that show it, as typed after `pasvlab run`; none if no cell of the catalogue does.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Ids to look at, too.
    pub see: Vec<String>,
    /// Where all that is from.
    pub sources: Vec<String>,
}

/// What an id is about, in the order of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// What was announced, by whom.
    Announcement,
    /// Which address was dialled, and who chose it.
    Decision,
    /// Why that address is the wrong one.
    Address,
    /// What the server, or whoever was reached, did.
    Server,
    /// What became of packets on their way.
    Network,
    /// How a connection attempt ended.
    End,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Announcement, Self::Decision, Self::Address, Self::Server, Self::Network, Self::End];

    /// The heading over its ids.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Announcement => "What was announced",
            Self::Decision => "What was dialled",
            Self::Address => "Addresses that lead elsewhere",
            Self::Server => "What the other end did",
            Self::Network => "What became of packets",
            Self::End => "How a connection attempt ended",
        }
    }
}

/// A line that a program prints.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// Which program, and with which option if it needs one.
    pub client: String,
    /// The text; `...` is left out.
    pub says: String,
}

/// A change that helps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Who can make it.
    pub r#where: Where,
    /// What to change.
    pub change: String,
}

/// Who can make a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// Whoever runs the server.
    Server,
    /// Whoever runs the network.
    Network,
    /// Whoever runs the client.
    Client,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Network => "network",
            Self::Client => "client",
        })
    }
}

/// The page of each cause.
#[derive(Debug, Clone)]
pub struct Reasons {
    pages: BTreeMap<Cause, Page>,
}

/// A page that cannot be used. None of the built-in ones is such; a test sees to that.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It cannot be read.
    #[error("reasons/{id}.toml: {error}")]
    Unreadable {
        /// Its id.
        id: String,
        /// Why.
        error: String,
    },
    /// No cause has its id.
    #[error("reasons/{0}.toml: no cause has this id")]
    WithoutCause(String),
    /// A cause has none.
    #[error("reasons/{0}.toml: is missing")]
    Missing(Cause),
}

impl Reasons {
    /// The built-in pages: one for each of [`Cause::ALL`], and no other.
    ///
    /// # Errors
    /// If a page is missing, is one too many, or cannot be read.
    pub fn builtin() -> Result<Self, PageError> {
        let mut pages = BTreeMap::new();
        for file in FILES.files() {
            let id = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let unreadable = |error: String| PageError::Unreadable { id: id.clone(), error };
            let text = file.contents_utf8().ok_or_else(|| unreadable("not UTF-8".to_owned()))?;
            let page = toml::from_str(text).map_err(|error| unreadable(error.to_string()))?;
            let cause = Cause::ALL.into_iter().find(|cause| cause.id() == id);
            pages.insert(cause.ok_or_else(|| PageError::WithoutCause(id.clone()))?, page);
        }
        match Cause::ALL.into_iter().find(|cause| !pages.contains_key(cause)) {
            Some(missing) => Err(PageError::Missing(missing)),
            None => Ok(Self { pages }),
        }
    }

    /// The cause with this id, and its page.
    ///
    /// # Errors
    /// If there is none; the error names the nearest.
    pub fn find(&self, id: &str) -> Result<(Cause, &Page), UnknownId> {
        let found = self.pages.iter().find(|(cause, _)| cause.id() == id);
        let ids = || Cause::ALL.into_iter().map(Cause::id);
        found.map(|(cause, page)| (*cause, page)).ok_or_else(|| UnknownId::new("reason", id, ids()))
    }

    /// Every cause with its page, in the order of a session.
    pub fn all(&self) -> impl Iterator<Item = (Cause, &Page)> {
        Cause::ALL.into_iter().filter_map(|cause| Some((cause, self.pages.get(&cause)?)))
    }

    /// Those of one group.
    pub fn of(&self, group: Group) -> impl Iterator<Item = (Cause, &Page)> {
        self.all().filter(move |(_, page)| page.group == group)
    }
}

impl Page {
    /// The paragraphs of the mechanism.
    fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.mechanism.split("\n\n")
    }
}
