//! Where packets are captured.

use std::fmt;

use pasvlab_harness::record::{Place, PlaceIx};

/// Places of a record, as interfaces of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places(Vec<Interface>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interface {
    place: PlaceIx,
    /// The place's name; with its address if others have the same name.
    pub(super) name: String,
    /// Its network and address.
    pub(super) description: String,
}

/// There is no such place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlace {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: Vec<String>,
}

impl fmt::Display for UnknownPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = self.known.iter().map(|name| format!("`{name}`")).collect();
        write!(f, "no place is called `{}`; there are {}", self.name, known.join(", "))
    }
}

impl std::error::Error for UnknownPlace {}

impl Places {
    /// All places of a record.
    #[must_use]
    pub fn all(places: &[Place]) -> Self {
        let interface = |(number, place): (usize, &Place)| {
            let same = places.iter().filter(|other| other.name == place.name).count();
            let name = match place.address {
                Some(address) if same > 1 => format!("{}@{address}", place.name),
                _ => place.name.clone(),
            };
            let description = match place.address {
                Some(address) => format!("{address} in {}", place.network),
                None => place.network.clone(),
            };
            Interface { place: PlaceIx(number as u16), name, description }
        };
        Self(places.iter().enumerate().map(interface).collect())
    }

    /// Those with one of these names. Where several places have one name, as the nodes of a load
    /// balancer have, it stands for all of them, and `NAME@ADDRESS` for one.
    ///
    /// # Errors
    /// If nothing has one of the names.
    pub fn named(places: &[Place], names: &[String]) -> Result<Self, UnknownPlace> {
        let Self(all) = Self::all(places);
        let meant = |interface: &Interface, name: &String| {
            *name == interface.name || *name == places[usize::from(interface.place.0)].name
        };
        for name in names {
            if !all.iter().any(|interface| meant(interface, name)) {
                let known = all.into_iter().map(|interface| interface.name).collect();
                return Err(UnknownPlace { name: name.clone(), known });
            }
        }
        let wanted = |interface: &Interface| names.iter().any(|name| meant(interface, name));
        Ok(Self(all.into_iter().filter(wanted).collect()))
    }

    /// In the order of the record.
    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.0
    }

    /// The interface's number in the file; none if the place is not wanted.
    pub(super) fn number(&self, place: PlaceIx) -> Option<u32> {
        let number = self.0.iter().position(|interface| interface.place == place)?;
        Some(number as u32)
    }
}
