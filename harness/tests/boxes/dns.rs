//! Names: [`pasvlab_harness::net::dns`].

use std::net::Ipv4Addr;

use pasvlab_harness::net::Dns;
use pasvlab_scenarios::Name;
use rstest::rstest;

use crate::script::ip;

const SERVICE: &str = "vpce-1.vpce-svc-1.eu-central-1.vpce.amazonaws.com";

/// A name with the last octets of its addresses.
fn name(name: &str, octets: &[u8]) -> Name {
    Name { name: name.to_owned(), addresses: addresses(octets) }
}

fn addresses(octets: &[u8]) -> Vec<Ipv4Addr> {
    octets.iter().map(|octet| ip(&format!("10.1.1.{octet}"))).collect()
}

fn dns(seed: u64) -> Dns {
    Dns::new(vec![name(SERVICE, &[1, 2, 3]), name("other", &[8, 9]), name("empty", &[])], seed)
}

/// PrivateLink guide, Share your services: requests to the regional name alternate round-robin.
#[test]
fn each_query_starts_one_address_further() {
    let mut dns = dns(0);
    for octets in [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]] {
        assert_eq!(dns.resolve(SERVICE), Some(addresses(&octets)));
    }
}

/// Where the round begins is not documented; the lab's choice is that the seed decides.
#[rstest]
#[case(0, [1, 2, 3])]
#[case(1, [2, 3, 1])]
#[case(2, [3, 1, 2])]
#[case(3, [1, 2, 3])]
#[case(u64::MAX, [1, 2, 3])]
fn the_seed_chooses_where_the_first_answer_starts(#[case] seed: u64, #[case] octets: [u8; 3]) {
    assert_eq!(dns(seed).resolve(SERVICE), Some(addresses(&octets)));
}

/// NLB guide, DNS name: each name resolves to its own addresses.
#[test]
fn each_name_takes_its_own_turns() {
    let mut dns = dns(0);
    dns.resolve(SERVICE);
    assert_eq!(dns.resolve("other"), Some(addresses(&[8, 9])));
    assert_eq!(dns.resolve(SERVICE), Some(addresses(&[2, 3, 1])));
}

/// RFC 4343 section 3: names compare without regard to case, and are still one name.
#[test]
fn case_makes_no_difference() {
    let mut dns = dns(0);
    assert_eq!(dns.resolve(&SERVICE.to_uppercase()), Some(addresses(&[1, 2, 3])));
    assert_eq!(dns.resolve(SERVICE), Some(addresses(&[2, 3, 1])));
}

/// RFC 1034 section 3.1: the final dot marks an absolute name, which all of these are.
#[test]
fn the_final_dot_makes_no_difference() {
    assert_eq!(dns(0).resolve(&format!("{SERVICE}.")), Some(addresses(&[1, 2, 3])));
}

/// RFC 1034 section 4.3.2: a name that does not exist is an error, unlike one without records.
#[rstest]
#[case::another("nobody", None)]
#[case::a_part("vpce-svc-1.eu-central-1.vpce.amazonaws.com", None)]
#[case::nothing("", None)]
#[case::a_name_without_addresses("empty", Some(&[][..]))]
fn an_unknown_name_has_no_answer(#[case] name: &str, #[case] octets: Option<&[u8]>) {
    assert_eq!(dns(1).resolve(name), octets.map(addresses));
}
