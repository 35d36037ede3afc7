//! An internet gateway: [`pasvlab_harness::net::elastic`].
//!
//! Two hosts of the VPC have elastic addresses: 10.0.1.10 is 203.0.113.10, and 10.0.1.11 is
//! 203.0.113.11. "The guide" is the VPC guide, Internet gateways.

use pasvlab_harness::net::elastic::{ElasticAddress, InternetGateway};
use pasvlab_harness::net::{Flags, Packet, Reason};
use rstest::rstest;

use crate::ground::{INSIDE, OUTSIDE};
use crate::script::{
    Fields, Script, ack, fin, forwards, ip, rst, secs, segment, silence, syn, syn_ack,
};

const OWN: &str = "10.0.1.10:5000";
const ELASTIC: &str = "203.0.113.10:5000";
const PEER: &str = "198.51.100.21:21";

fn gateway() -> Script<InternetGateway> {
    let pair = |public, private| ElasticAddress { public: ip(public), private: ip(private) };
    Script::of(InternetGateway::new(vec![
        pair("203.0.113.10", "10.0.1.10"),
        pair("203.0.113.11", "10.0.1.11"),
    ]))
}

/// The guide: when traffic leaves, the address "is set to the public IPv4 address or Elastic IP address
/// of your instance".
#[rstest]
#[case::opening(syn(OWN, PEER).seq(7), syn(ELASTIC, PEER).seq(7))]
#[case::answer(syn_ack(OWN, PEER).ack(8), syn_ack(ELASTIC, PEER).ack(8))]
#[case::reset(rst(OWN, PEER).seq(9), rst(ELASTIC, PEER).seq(9))]
#[case::other_host(fin("10.0.1.11:21", PEER), fin("203.0.113.11:21", PEER))]
#[case::no_flags(
    segment(Flags::default(), OWN, PEER).window(7),
    segment(Flags::default(), ELASTIC, PEER).window(7)
)]
fn what_leaves_comes_from_the_elastic_address(#[case] sent: Packet, #[case] seen: Packet) {
    gateway().takes(INSIDE, sent, forwards(OUTSIDE, seen));
}

/// The guide: traffic for the elastic address "has its destination address translated into the
/// instance's private IPv4 address".
#[rstest]
#[case::opening(syn(PEER, ELASTIC).seq(7), syn(PEER, OWN).seq(7))]
#[case::answer(syn_ack(PEER, ELASTIC).ack(8), syn_ack(PEER, OWN).ack(8))]
#[case::other_host(ack(PEER, "203.0.113.11:21"), ack(PEER, "10.0.1.11:21"))]
fn what_comes_for_the_elastic_address_reaches_the_private_one(
    #[case] sent: Packet,
    #[case] seen: Packet,
) {
    gateway().takes(OUTSIDE, sent, forwards(INSIDE, seen));
}

/// The guide: "one-to-one NAT": only addresses are translated.
#[rstest]
fn ports_stay_what_they_are(#[values(1, 20, 21, 1024, 8192, 65535)] port: u16) {
    let (own, elastic) = (format!("10.0.1.10:{port}"), format!("203.0.113.10:{port}"));
    gateway().takes(INSIDE, syn(&own, PEER), forwards(OUTSIDE, syn(&elastic, PEER))).takes(
        OUTSIDE,
        syn(PEER, &elastic),
        forwards(INSIDE, syn(PEER, &own)),
    );
}

/// The guide: "Your instance is only aware of the private (internal) IP address space", so a host with
/// an elastic address announces its private one (chmouel/ftp-cloudfs issue 12).
#[rstest]
#[case::port("PORT 10,0,1,10,19,137\r\n")]
#[case::pasv("227 Entering Passive Mode (10,0,1,10,32,1)\r\n")]
fn announcements_are_not_rewritten(#[case] line: &'static str) {
    gateway().takes(
        INSIDE,
        ack(OWN, PEER).data(line),
        forwards(OUTSIDE, ack(ELASTIC, PEER).data(line)),
    );
}

/// The guide: to communicate over the internet an instance must have a public or elastic address.
#[rstest]
#[case::opening(syn("10.0.1.12:5000", PEER))]
#[case::answer(syn_ack("10.0.1.12:21", PEER))]
fn without_an_elastic_address_nothing_leaves(#[case] packet: Packet) {
    gateway().takes(INSIDE, packet, silence(Reason::NoElasticAddress));
}

/// The guide, as above: an address that stands for nobody leads nowhere, nor does a private one.
#[rstest]
#[case::unknown_public(syn(PEER, "203.0.113.12:21"))]
#[case::private(syn(PEER, "10.0.1.10:21"))]
fn an_unknown_public_address_leads_nowhere(#[case] packet: Packet) {
    gateway().takes(OUTSIDE, packet, silence(Reason::NobodyAtAddress));
}

/// The guide: translation is between two addresses and not of connections; either end may go on in the
/// middle of one, after any time.
#[test]
fn nothing_is_remembered() {
    gateway()
        .takes(OUTSIDE, ack(PEER, ELASTIC), forwards(INSIDE, ack(PEER, OWN)))
        .wait(secs(1_000_000))
        .takes(INSIDE, ack(OWN, PEER), forwards(OUTSIDE, ack(ELASTIC, PEER)));
}
