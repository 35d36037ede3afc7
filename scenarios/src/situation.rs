//! Situations in which a program is watched, to learn what it does: `situations/`.
//!
//! They are no part of the catalogue: a place is a topology with nothing in it but a client and a
//! server, and nobody crosses it with others.

use serde::Deserialize;

use crate::catalog::{Catalog, UnknownId};
use crate::error::LoadError;
use crate::model::{DataCommand, PassiveIp, Quirk, QuirkAction, Server, Topology};

const SITUATIONS: &str = include_str!("../situations/situations.toml");
const PLACES: [(&str, &str); 3] = [
    ("private.toml", include_str!("../situations/private.toml")),
    ("public.toml", include_str!("../situations/public.toml")),
    ("silent.toml", include_str!("../situations/silent.toml")),
];

/// What a server says to `EPSV` if it does not know it.
const EPSV_REFUSED: &str = "500 Unknown command.";

/// All situations, and where they take place.
#[derive(Debug, Clone, PartialEq)]
pub struct Situations {
    places: Vec<Topology>,
    list: Vec<Situation>,
}

/// Where a program is watched, and what it is told there.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// Its name.
    pub id: String,
    /// A few words for a person.
    pub title: String,
    /// The setting of PassiveIp.
    pub passive_ip: String,
    /// What that means.
    pub announced: PassiveIp,
    /// The server, with its quirks.
    pub server: Server,
    /// Whether every program is watched in it.
    pub first: bool,
    /// Whether it is only of use where others leave a choice between address policies.
    pub also: bool,
    place: usize,
}

/// Why there are no situations.
#[derive(Debug, thiserror::Error)]
pub enum SituationError {
    /// A place has an error.
    #[error(transparent)]
    Place(#[from] LoadError),
    /// The list has one.
    #[error("situations.toml: {0}")]
    List(#[from] toml::de::Error),
    /// It names a server that there is not.
    #[error("situations.toml: {0}")]
    Server(#[from] UnknownId),
    /// It names a place, or a setting, that there is not.
    #[error("situations.toml: `{situation}`: there is no {what}")]
    Missing {
        /// The situation.
        situation: String,
        /// What it names.
        what: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    server: String,
    situation: Vec<SituationTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SituationTable {
    id: String,
    title: String,
    place: String,
    passive_ip: String,
    epsv: Epsv,
    #[serde(default)]
    first: bool,
    #[serde(default)]
    also: bool,
    pasv_reply: Option<String>,
    epsv_reply: Option<String>,
    feat_reply: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Epsv {
    Answered,
    Refused,
    Both,
}

impl Situations {
    /// Those that are part of this program, with a server of the catalogue.
    ///
    /// # Errors
    /// If the program was built with a broken file, or the catalogue lacks the server.
    pub fn builtin(catalog: &Catalog) -> Result<Self, SituationError> {
        let places = PLACES.iter().map(|(file, text)| crate::load::topology(file, text));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let file: ListFile = toml::from_str(SITUATIONS)?;
        let server = catalog.server(&file.server)?;
        let mut list = Vec::new();
        for table in &file.situation {
            if table.epsv != Epsv::Refused {
                list.push(situation(table, &places, server, false)?);
            }
            if table.epsv != Epsv::Answered {
                list.push(situation(table, &places, server, true)?);
            }
        }
        Ok(Self { places, list })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Situation> {
        self.list.iter()
    }

    /// Where a situation takes place.
    #[must_use]
    pub fn place(&self, situation: &Situation) -> &Topology {
        &self.places[situation.place]
    }
}

fn situation(
    table: &SituationTable,
    places: &[Topology],
    server: &Server,
    refuses_epsv: bool,
) -> Result<Situation, SituationError> {
    let missing = |what: String| SituationError::Missing { situation: table.id.clone(), what };
    let place = places.iter().position(|place| place.id == table.place);
    let place = place.ok_or_else(|| missing(format!("place `{}`", table.place)))?;
    let announced = places[place].announced(&table.passive_ip);
    let announced = announced.ok_or_else(|| missing(format!("setting `{}`", table.passive_ip)))?;
    let epsv = if refuses_epsv { Some(EPSV_REFUSED) } else { table.epsv_reply.as_deref() };
    let answers = [
        ("EPSV", epsv),
        ("PASV", table.pasv_reply.as_deref()),
        ("FEAT", table.feat_reply.as_deref()),
    ];
    let quirks = answers.into_iter().filter_map(|(command, reply)| Some(quirk(command, reply?)));
    let both = table.epsv == Epsv::Both && refuses_epsv;
    Ok(Situation {
        id: if both { format!("{}-no-epsv", table.id) } else { table.id.clone() },
        title: table.title.clone(),
        passive_ip: table.passive_ip.clone(),
        announced,
        server: Server {
            quirks: quirks.chain(server.quirks.iter().cloned()).collect(),
            ..server.clone()
        },
        first: table.first,
        also: table.also,
        place,
    })
}

fn quirk(command: &str, reply: &str) -> Quirk {
    let action = QuirkAction::Reply { text: reply.to_owned(), close: false };
    Quirk { command: Some(command.to_owned()), action }
}

impl Situation {
    /// Whether a program that was watched in `other`, and sent only these commands there, has seen
    /// all that it would see here.
    #[must_use]
    pub fn shows_nothing_new(&self, other: &Self, sent: &[&str]) -> bool {
        self.place == other.place
            && sent.iter().all(|command| self.answer(command) == other.answer(command))
    }

    /// Whether the server refuses a command.
    #[must_use]
    pub fn refuses(&self, command: DataCommand) -> bool {
        self.reply(command.name()).is_some_and(|reply| reply.starts_with(['4', '5']))
    }

    /// What the server says to a command in place of its own reply.
    #[must_use]
    pub fn reply(&self, command: &str) -> Option<&str> {
        let mut quirks = self.server.quirks.iter();
        let quirk = quirks.find(|quirk| quirk.command.as_deref() == Some(command))?;
        match &quirk.action {
            QuirkAction::Reply { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Everything that decides what a program gets to hear after a command.
    fn answer(&self, command: &str) -> (Option<&str>, Option<PassiveIp>) {
        let reply = self.reply(command);
        (reply, (command == "PASV" && reply.is_none()).then_some(self.announced))
    }
}
