//! Network ACLs, security groups and links that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::two_network_acls_with_one_id(
    "[[security_group]]",
    "[[network_acl]]\nid = \"ftp-only\"\n\n[[security_group]]",
    (128, 6),
    "duplicate id: there are two called `ftp-only`",
    "every network ACL needs an id of its own"
)]
#[case::an_unknown_network_acl(
    "acl = \"ftp-only\"",
    "acl = \"ftponly\"",
    (56, 7),
    "unknown network ACL `ftponly`",
    "did you mean `ftp-only`?"
)]
#[case::a_network_acl_outside_a_vpc(
    "cidr = \"203.0.113.0/24\"\n",
    "cidr = \"203.0.113.0/24\"\nacl = \"ftp-only\"\n",
    (44, 7),
    "network `internet` is not a VPC and has no network ACLs",
    "remove `acl`, or give the network `kind = \"vpc\"`"
)]
#[case::two_rules_with_one_number(
    "number = 100",
    "number = 200",
    (123, 16),
    "two rules have the number 200",
    "the lowest number that matches decides: give every rule its own"
)]
#[case::a_rule_with_number_zero(
    "number = 100",
    "number = 0",
    (123, 16),
    "0 is out of bounds",
    "write a number from 1 to 32766"
)]
#[case::a_rule_with_the_number_of_the_last_one(
    "number = 100",
    "number = 32767",
    (123, 16),
    "32767 is out of bounds",
    "write a number from 1 to 32766"
)]
#[case::an_unknown_action(
    "action = \"deny\"",
    "action = \"drop\"",
    (122, 30),
    "`drop` is not a value that this key can have",
    "allowed: `allow` and `deny`"
)]
#[case::a_rule_without_an_action(
    "action = \"deny\", ",
    "",
    (122, 5),
    "missing key `action`",
    "add `action = \"allow\"` inside these braces"
)]
#[case::a_rule_without_a_number(
    "number = 200, ",
    "",
    (122, 5),
    "missing key `number`",
    "add `number = 100` inside these braces"
)]
#[case::a_rule_for_port_zero(
    "ports = \"1-65535\"",
    "ports = \"0-65535\"",
    (122, 46),
    "the port range `0-65535` has port 0",
    "ports begin at 1"
)]
#[case::a_rule_for_an_address(
    "ports = \"21\", peer = \"192.168.0.0/16\" },\n]",
    "ports = \"21\", peer = \"192.168.0.1\" },\n]",
    (123, 60),
    "`192.168.0.1` is not an address range",
    "write an address and a prefix length, for example \"10.0.1.0/24\""
)]
#[case::two_security_groups_with_one_id(
    "id = \"all\"",
    "id = \"ftp\"",
    (134, 6),
    "duplicate id: there are two called `ftp`",
    "every security group needs an id of its own"
)]
#[case::an_unknown_security_group(
    "[\"ftp\", \"all\"]",
    "[\"ftp\", \"al\"]",
    (151, 27),
    "unknown security group `al`",
    "did you mean `all`?"
)]
#[case::a_security_group_that_is_there_twice(
    "[\"ftp\", \"all\"]",
    "[\"ftp\", \"ftp\"]",
    (151, 27),
    "security group `ftp` is there twice",
    "keep one of them"
)]
#[case::a_security_group_outside_a_vpc(
    "listens = [21]",
    "listens = [21]\nsecurity_groups = [\"all\"]",
    (146, 20),
    "network `home` is not a VPC and has no security groups",
    "remove `security_groups`, or give the network `kind = \"vpc\"`"
)]
#[case::an_unknown_security_group_of_a_load_balancer(
    "security_groups = [\"ftp\"]\nfilters",
    "security_groups = [\"web\"]\nfilters",
    (191, 20),
    "unknown security group `web`",
    "there is `ftp` and `all`"
)]
#[case::an_unknown_security_group_of_an_endpoint(
    "security_groups = [\"all\"]\nprivate",
    "security_groups = [\"web\"]\nprivate",
    (210, 20),
    "unknown security group `web`",
    "there is `ftp` and `all`"
)]
#[case::a_security_group_for_an_address_in_a_range(
    "peer = \"10.0.0.0/16\" }]",
    "peer = \"10.0.9.0/16\" }]",
    (130, 44),
    "`10.0.9.0/16` is an address within a range, not the range",
    "write \"10.0.0.0/16\""
)]
#[case::a_tracked_connection_that_is_forgotten_too_early(
    "idle_timeout_s = 600",
    "idle_timeout_s = 59",
    (131, 18),
    "59 is out of bounds",
    "write a number from 60 to 432000"
)]
#[case::a_tracked_connection_that_is_forgotten_too_late(
    "idle_timeout_s = 600",
    "idle_timeout_s = 432001",
    (131, 18),
    "432001 is out of bounds",
    "write a number from 60 to 432000"
)]
#[case::a_latency_that_is_too_long(
    "latency_ms = 5",
    "latency_ms = 60001",
    (8, 14),
    "60001 is out of bounds",
    "write a number from 0 to 60000"
)]
#[case::a_jitter_that_is_too_long(
    "jitter_ms = 2",
    "jitter_ms = 60001",
    (9, 13),
    "60001 is out of bounds",
    "write a number from 0 to 60000"
)]
#[case::a_jitter_with_a_fraction(
    "jitter_ms = 2",
    "jitter_ms = 0.5",
    (9, 13),
    "wrong type: number `0.5`, expected a whole number",
    "write a whole number, without sign, quotes, fraction or unit"
)]
#[case::a_bandwidth_of_nothing(
    "bandwidth_bit_s = 20000000",
    "bandwidth_bit_s = 0",
    (10, 19),
    "nothing gets through a bandwidth of 0",
    "write bits per second, or remove the key: there is no limit then"
)]
#[case::a_loss_of_most_packets(
    "loss_percent = 0.5",
    "loss_percent = 50.1",
    (11, 16),
    "50.1 is out of bounds",
    "write a number from 0 to 50"
)]
#[case::a_loss_that_is_negative(
    "loss_percent = 0.5",
    "loss_percent = -0.5",
    (11, 16),
    "-0.5 is out of bounds",
    "write a number from 0 to 50"
)]
#[case::an_mtu_below_that_of_ip(
    "mtu = 1400",
    "mtu = 575",
    (12, 7),
    "575 is out of bounds",
    "write a number from 576 to 9001"
)]
#[case::an_mtu_above_that_of_aws(
    "mtu = 1400",
    "mtu = 9002",
    (12, 7),
    "9002 is out of bounds",
    "write a number from 576 to 9001"
)]
#[case::a_link_of_a_network_with_an_unknown_key(
    "link = { latency_ms = 3 }",
    "link = { latency = 3 }",
    (19, 10),
    "unknown key `latency`",
    "did you mean `latency_ms`?"
)]
#[case::a_link_of_a_network_that_is_too_long(
    "link = { latency_ms = 3 }",
    "link = { latency_ms = 99999 }",
    (19, 23),
    "99999 is out of bounds",
    "write a number from 0 to 60000"
)]
#[case::a_link_of_a_peering_that_is_too_small(
    "link = { mtu = 1300 }",
    "link = { mtu = 130 }",
    (74, 16),
    "130 is out of bounds",
    "write a number from 576 to 9001"
)]
#[case::a_subnet_without_a_network(
    "network = \"home\"\n",
    "",
    (31, 1),
    "missing key `network`",
    "add `network = …` below [[subnet]]"
)]
fn in_a_topology_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let text = common::broken(common::GATEWAYS, old, new);
    let error = load::topology("topologies/t.toml", &text).unwrap_err();
    common::check(&error, "topologies/t.toml", place, message, hint);
}
