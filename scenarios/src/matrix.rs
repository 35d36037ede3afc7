//! Cells, and which of them a matrix stands for.

use std::fmt;
use std::str::FromStr;

use crate::model::{Case, Matrix};

/// One cell: a topology, a PassiveIp setting, a client. Written `privatelink/zero/lftp`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId {
    /// Topology id.
    pub topology: String,
    /// PassiveIp id.
    pub passive_ip: String,
    /// Client id.
    pub client: String,
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topology, passive_ip, client } = self;
        write!(f, "{topology}/{passive_ip}/{client}")
    }
}

/// A text that is not a [`CellId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a cell: {reason}; write TOPOLOGY/PASSIVE-IP/CLIENT, for example privatelink/zero/lftp"
)]
pub struct CellIdError {
    text: String,
    reason: &'static str,
}

impl FromStr for CellId {
    type Err = CellIdError;

    fn from_str(text: &str) -> Result<Self, CellIdError> {
        let error = |reason| CellIdError { text: text.to_owned(), reason };
        let parts: Vec<&str> = text.split('/').collect();
        let [topology, passive_ip, client] = parts.as_slice() else {
            return Err(error(if parts.len() < 3 {
                "it has fewer than three parts"
            } else {
                "it has more than three parts"
            }));
        };
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for part in [topology, passive_ip, client] {
            if part.is_empty() {
                return Err(error("one of its parts is empty"));
            }
            if !part.chars().all(good) {
                return Err(error("ids consist of lower-case letters, digits and `-`"));
            }
        }
        Ok(Self {
            topology: (*topology).to_owned(),
            passive_ip: (*passive_ip).to_owned(),
            client: (*client).to_owned(),
        })
    }
}

impl Case {
    /// The cell in which this case plays.
    pub fn cell(&self) -> CellId {
        CellId {
            topology: self.topology.clone(),
            passive_ip: self.passive_ip.clone(),
            client: self.client.clone(),
        }
    }
}

/// A choice from a matrix. What is left empty is the matrix's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Topology ids.
    pub topologies: Vec<String>,
    /// PassiveIp ids.
    pub passive_ips: Vec<String>,
    /// Clients.
    pub clients: Clients,
}

/// The clients of a [`Selection`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clients {
    /// The matrix's own.
    #[default]
    Default,
    /// Every client that can log in to the matrix's server: that speaks TLS if the server wants it, and
    /// does not if the server cannot. [`crate::Catalog::expand`] knows them; [`expand`] by itself does not,
    /// and takes the matrix's own.
    All,
    /// These; if there are none, the matrix's own.
    Listed(Vec<String>),
}

/// The cells of a matrix, or of a part of it, ordered by topology, then client, then setting.
///
/// Cells that are not applicable, see [`crate::Topology::announced`], are among them. Nothing is
/// looked up: ids that do not exist come out as they went in, see [`crate::Catalog::expand`].
pub fn expand(matrix: &Matrix, selection: &Selection) -> Vec<CellId> {
    let clients = match &selection.clients {
        Clients::Listed(clients) => or(clients, &matrix.clients),
        Clients::Default | Clients::All => &matrix.clients,
    };
    let passive_ips = or(&selection.passive_ips, &matrix.passive_ips);
    let mut cells = Vec::new();
    for topology in or(&selection.topologies, &matrix.topologies) {
        for client in clients {
            for passive_ip in passive_ips {
                cells.push(CellId {
                    topology: topology.clone(),
                    passive_ip: passive_ip.clone(),
                    client: client.clone(),
                });
            }
        }
    }
    cells
}

fn or<'a>(chosen: &'a [String], own: &'a [String]) -> &'a [String] {
    if chosen.is_empty() { own } else { chosen }
}
