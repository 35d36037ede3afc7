//! Names with several addresses, handed out in rotating order.

use std::net::Ipv4Addr;

use pasvlab_scenarios::{Name, NetworkIx};

/// The names of one simulation.
#[derive(Debug)]
pub struct Dns {
    names: Vec<Name>,
    queries: Vec<usize>,
}

impl Dns {
    /// The seed decides which address of each name comes first in the first answer.
    #[must_use]
    pub fn new(names: Vec<Name>, seed: u64) -> Self {
        let queries =
            names.iter().map(|name| seed as usize % name.addresses.len().max(1)).collect();
        Self { names, queries }
    }

    /// The A records of `name` for a host in `network`, starting one further than at the last query;
    /// `None` if there is no such name. A name that holds in the host's own network goes before one
    /// that holds everywhere (Amazon Route 53 guide: Working with private hosted zones). Names compare
    /// without regard to case (RFC 4343).
    pub fn resolve(&mut self, name: &str, network: NetworkIx) -> Option<Vec<Ipv4Addr>> {
        let place = self.find(name, network)?;
        let mut addresses = self.names[place].addresses.clone();
        let turns = self.queries[place] % addresses.len().max(1);
        addresses.rotate_left(turns);
        self.queries[place] += 1;
        Some(addresses)
    }

    /// Whether there is such a name for a host in `network`.
    #[must_use]
    pub fn knows(&self, name: &str, network: NetworkIx) -> bool {
        self.find(name, network).is_some()
    }

    fn find(&self, name: &str, network: NetworkIx) -> Option<usize> {
        let name = name.trim_end_matches('.');
        let find = |scope: Option<NetworkIx>| {
            self.names
                .iter()
                .position(|known| known.network == scope && known.name.eq_ignore_ascii_case(name))
        };
        find(Some(network)).or_else(|| find(None))
    }
}
