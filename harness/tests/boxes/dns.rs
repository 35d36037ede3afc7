//! Names: [`pasvlab_harness::net::dns`].

use std::net::Ipv4Addr;

use pasvlab_harness::net::Dns;
use pasvlab_scenarios::{Name, NetworkIx};
use proptest::prelude::*;
use rstest::rstest;

use crate::script::ip;

const SERVICE: &str = "vpce-1.vpce-svc-1.eu-central-1.vpce.amazonaws.com";

/// The network of the hosts that ask, and another one.
const HERE: NetworkIx = NetworkIx(0);
const THERE: NetworkIx = NetworkIx(1);

/// A name that holds everywhere, with the last octets of its addresses.
fn name(name: &str, octets: &[u8]) -> Name {
    Name { name: name.to_owned(), network: None, load_balancer: None, addresses: addresses(octets) }
}

/// A name that holds in one network.
fn private(network: NetworkIx, text: &str, octets: &[u8]) -> Name {
    Name { network: Some(network), ..name(text, octets) }
}

fn addresses(octets: &[u8]) -> Vec<Ipv4Addr> {
    octets.iter().map(|octet| ip(&format!("10.1.1.{octet}"))).collect()
}

fn dns(seed: u64) -> Dns {
    Dns::new(vec![name(SERVICE, &[1, 2, 3]), name("other", &[8, 9]), name("empty", &[])], seed)
}

/// Names of two networks; `public` is one of everywhere as well.
fn split() -> Dns {
    let names = vec![
        name("public", &[1, 2]),
        private(HERE, "public", &[3, 4]),
        private(THERE, "private", &[5, 6]),
    ];
    Dns::new(names, 0)
}

/// PrivateLink guide, Share your services: requests to the regional name alternate round-robin.
#[test]
fn each_query_starts_one_address_further() {
    let mut dns = dns(0);
    for octets in [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]] {
        assert_eq!(dns.resolve(SERVICE, HERE), Some(addresses(&octets)));
    }
}

/// PrivateLink guide, Share your services: the turn is the name's, whoever asks.
#[test]
fn queries_from_all_networks_take_turns() {
    let mut dns = dns(0);
    assert_eq!(dns.resolve(SERVICE, HERE), Some(addresses(&[1, 2, 3])));
    assert_eq!(dns.resolve(SERVICE, THERE), Some(addresses(&[2, 3, 1])));
}

/// Where the round begins is not documented; the lab's choice is that the seed decides.
#[rstest]
#[case(0, [1, 2, 3])]
#[case(1, [2, 3, 1])]
#[case(2, [3, 1, 2])]
#[case(3, [1, 2, 3])]
#[case(u64::MAX, [1, 2, 3])]
fn the_seed_chooses_where_the_first_answer_starts(#[case] seed: u64, #[case] octets: [u8; 3]) {
    assert_eq!(dns(seed).resolve(SERVICE, HERE), Some(addresses(&octets)));
}

/// NLB guide, DNS name: each name resolves to its own addresses.
#[test]
fn each_name_takes_its_own_turns() {
    let mut dns = dns(0);
    dns.resolve(SERVICE, HERE);
    assert_eq!(dns.resolve("other", HERE), Some(addresses(&[8, 9])));
    assert_eq!(dns.resolve(SERVICE, HERE), Some(addresses(&[2, 3, 1])));
}

/// RFC 4343 section 3: names compare without regard to case, and are still one name.
#[test]
fn case_makes_no_difference() {
    let mut dns = dns(0);
    assert_eq!(dns.resolve(&SERVICE.to_uppercase(), HERE), Some(addresses(&[1, 2, 3])));
    assert_eq!(dns.resolve(SERVICE, HERE), Some(addresses(&[2, 3, 1])));
}

/// RFC 1034 section 3.1: the final dot marks an absolute name, which all of these are.
#[test]
fn the_final_dot_makes_no_difference() {
    assert_eq!(dns(0).resolve(&format!("{SERVICE}."), HERE), Some(addresses(&[1, 2, 3])));
}

/// RFC 1034 section 4.3.2: a name that does not exist is an error, unlike one without records.
#[rstest]
#[case::another("nobody", None)]
#[case::a_part("vpce-svc-1.eu-central-1.vpce.amazonaws.com", None)]
#[case::nothing("", None)]
#[case::a_name_without_addresses("empty", Some(&[][..]))]
fn an_unknown_name_has_no_answer(#[case] name: &str, #[case] octets: Option<&[u8]>) {
    assert_eq!(dns(1).resolve(name, HERE), octets.map(addresses));
}

/// Route 53 guide, Working with private hosted zones: a name in a private hosted zone holds in the
/// VPCs associated with it, and there goes before the public one.
#[rstest]
#[case::both_here("public", HERE, Some(&[3, 4][..]))]
#[case::the_public_one_elsewhere("public", THERE, Some(&[1, 2][..]))]
#[case::a_private_one_at_home("private", THERE, Some(&[5, 6][..]))]
#[case::a_private_one_elsewhere("private", HERE, None)]
fn a_hosts_own_network_is_asked_first(
    #[case] name: &str,
    #[case] network: NetworkIx,
    #[case] octets: Option<&[u8]>,
) {
    assert_eq!(split().resolve(name, network), octets.map(addresses));
}

/// Route 53 guide, Considerations when working with a private hosted zone: a private and a public zone
/// of one name are two zones, with records of their own.
#[test]
fn a_name_takes_its_turns_in_each_network_for_itself() {
    let mut dns = split();
    dns.resolve("public", HERE);
    assert_eq!(dns.resolve("public", THERE), Some(addresses(&[1, 2])));
    assert_eq!(dns.resolve("public", HERE), Some(addresses(&[4, 3])));
}

/// Route 53 guide, Considerations when working with a private hosted zone: if the private zone has the
/// name, the public one is not asked, whatever the records are.
#[test]
fn an_empty_private_name_hides_the_public_one() {
    let mut dns = Dns::new(vec![name("name", &[1]), private(HERE, "name", &[])], 0);
    assert_eq!(dns.resolve("name", HERE), Some(vec![]));
}

/// Few enough names and networks that scopes meet.
fn names() -> impl Strategy<Value = Vec<Name>> {
    let scope = prop::option::of((0..3_usize).prop_map(NetworkIx));
    let one = (0..3_u8, scope, prop::collection::vec(1..250_u8, 0..4)).prop_map(
        |(number, network, octets)| Name { network, ..name(&format!("name-{number}"), &octets) },
    );
    prop::collection::vec(one, 0..8)
}

proptest! {
    /// Route 53 guide, Working with private hosted zones: a host sees its own network's names and
    /// those of everywhere, never those of another network. RFC 1035 section 4.1.2: the answer
    /// is all of the name's records.
    #[test]
    fn an_answer_is_the_nearest_names_records_in_some_turn(
        names in names(),
        seed: u64,
        queries in prop::collection::vec((0..4_u8, 0..3_usize), 1..20),
    ) {
        let mut dns = Dns::new(names.clone(), seed);
        for (number, network) in queries {
            let (text, network) = (format!("name-{number}"), NetworkIx(network));
            let of = |scope| names.iter().find(|name| name.name == text && name.network == scope);
            let nearest = of(Some(network)).or_else(|| of(None));
            let sorted = |mut addresses: Vec<Ipv4Addr>| {
                addresses.sort();
                addresses
            };
            prop_assert_eq!(
                dns.resolve(&text, network).map(sorted),
                nearest.map(|name| sorted(name.addresses.clone()))
            );
        }
    }
}
