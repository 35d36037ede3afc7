//! Names for addresses.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use pasvlab_harness::Record;
use pasvlab_harness::record::What;

/// Addresses with their names: those that were resolved to it, then the place that has it, which is what
/// Wireshark shows.
///
/// A file has one list of names for all networks, and networks may repeat addresses. So an address
/// that two places have has no name. A gateway's address is not in the record, unless a name led to
/// it.
pub(super) fn names(record: &Record) -> BTreeMap<Ipv4Addr, Vec<String>> {
    let mut names: BTreeMap<Ipv4Addr, Vec<String>> = BTreeMap::new();
    for event in &record.events {
        let What::Resolved { name, addresses } = &event.what else { continue };
        for address in addresses {
            let names = names.entry(*address).or_default();
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    let mut owners: BTreeMap<Ipv4Addr, usize> = BTreeMap::new();
    for place in &record.places {
        let Some(address) = place.address else { continue };
        *owners.entry(address).or_default() += 1;
        names.entry(address).or_default().push(place.name.clone());
    }
    names.retain(|address, _| owners.get(address).is_none_or(|count| *count == 1));
    names
}
