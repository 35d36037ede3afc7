//! Routers, gateways, proxies, and routes to them, that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::two_routers_with_one_id(
    "id = \"node\"",
    "id = \"box\"",
    (99, 6),
    "duplicate id: there are two called `box`",
    "every peering, router or gateway needs an id of its own"
)]
#[case::a_nat_gateway_with_the_id_of_a_peering(
    "id = \"natgw\"",
    "id = \"vpn\"",
    (104, 6),
    "duplicate id: there are two called `vpn`",
    "every peering, router or gateway needs an id of its own"
)]
#[case::an_internet_gateway_with_the_id_of_a_router(
    "id = \"igw\"",
    "id = \"node\"",
    (111, 6),
    "duplicate id: there are two called `node`",
    "every peering, router or gateway needs an id of its own"
)]
#[case::a_router_with_the_id_of_a_host(
    "id = \"nas\"",
    "id = \"node\"",
    (99, 6),
    "duplicate id: there are two called `node`",
    "every host, router, NAT gateway, load balancer or endpoint needs an id of its own"
)]
#[case::a_load_balancer_with_the_id_of_a_nat_gateway(
    "id = \"spare\"",
    "id = \"natgw\"",
    (195, 6),
    "duplicate id: there are two called `natgw`",
    "every host, router, NAT gateway, load balancer or endpoint needs an id of its own"
)]
#[case::a_route_via_a_slip(
    "via = \"natgw\"",
    "via = \"natwg\"",
    (63, 37),
    "unknown peering, router or gateway `natwg`",
    "did you mean `natgw`?"
)]
#[case::a_route_via_a_stranger(
    "via = \"natgw\"",
    "via = \"mainframe\"",
    (63, 37),
    "unknown peering, router or gateway `mainframe`",
    "one of its own: `vpn`, `node`, `natgw` and `igw`"
)]
#[case::a_route_via_a_router_elsewhere(
    "via = \"natgw\"",
    "via = \"box\"",
    (63, 37),
    "router `box` does not touch network `vpc`",
    "one of its own: `vpn`, `node`, `natgw` and `igw`"
)]
#[case::a_route_via_a_nat_gateway_elsewhere(
    "via = \"box\"",
    "via = \"natgw\"",
    (36, 31),
    "NAT gateway `natgw` does not touch network `home`",
    "one of its own: `vpn` and `box`"
)]
#[case::a_route_via_an_internet_gateway_elsewhere(
    "via = \"box\"",
    "via = \"igw\"",
    (36, 31),
    "internet gateway `igw` does not touch network `home`",
    "one of its own: `vpn` and `box`"
)]
#[case::a_router_without_an_outside(
    "outside = [\n    { subnet = \"isp\", address = \"203.0.113.5\" },\n    { subnet = \"isp\", address = \"203.0.113.6\" },\n]",
    "outside = []",
    (79, 11),
    "there is no address here",
    "write at least one, [{ subnet = \"…\", address = \"…\" }]"
)]
#[case::a_router_without_the_key_outside(
    "outside = [\n    { subnet = \"isp\", address = \"203.0.113.5\" },\n    { subnet = \"isp\", address = \"203.0.113.6\" },\n]\n",
    "",
    (76, 1),
    "missing key `outside`",
    "add `outside = [{ subnet = \"…\", address = \"…\" }]` below [[router]]"
)]
#[case::an_inside_in_two_networks(
    "{ subnet = \"home-lan\", address = \"192.168.1.1\" }",
    "{ subnet = \"home-lan\", address = \"192.168.1.1\" }, { subnet = \"isp\", address = \"203.0.113.7\" }",
    (78, 72),
    "this interface is in network `internet`, the first one in `home`",
    "all interfaces of one thing are in one network"
)]
#[case::an_inside_in_the_network_of_the_outside(
    "{ subnet = \"home-lan\", address = \"192.168.1.1\" }",
    "{ subnet = \"elastic\", address = \"198.51.100.7\" }",
    (78, 22),
    "inside and outside of this router are the same network `internet`",
    "leave out `inside`: then everything that is not addressed to it comes from inside"
)]
#[case::an_address_of_a_router_that_a_host_has(
    "address = \"192.168.1.1\"",
    "address = \"192.168.1.10\"",
    (78, 44),
    "two interfaces in network `home` have the address 192.168.1.10",
    "give one of them another address"
)]
#[case::a_choice_without_source_nat(
    "source_nat = true\nchoose = \"per-connection\"\nkeep_ports = false",
    "choose = \"per-connection\"",
    (83, 10),
    "`choose` without `source_nat`",
    "write `source_nat = true`, or remove this key"
)]
#[case::ports_that_stay_without_source_nat(
    "source_nat = true\nchoose = \"per-connection\"\nkeep_ports = false",
    "source_nat = false\nkeep_ports = true",
    (84, 14),
    "`keep_ports` without `source_nat`",
    "write `source_nat = true`, or remove this key"
)]
#[case::an_unknown_choice(
    "choose = \"per-connection\"",
    "choose = \"per-conection\"",
    (84, 10),
    "`per-conection` is not a value that this key can have",
    "did you mean `per-connection`? allowed: `per-client` and `per-connection`"
)]
#[case::an_unknown_kind_of_router(
    "choose = \"per-connection\"",
    "kind = \"switch\"",
    (84, 8),
    "`switch` is not a value that this key can have",
    "allowed: `nat-instance`, `nat`, `firewall` and `publisher`"
)]
#[case::hairpin_without_an_inside(
    "outside = [{ subnet = \"public-a\", address = \"10.0.1.7\" }]",
    "outside = [{ subnet = \"public-a\", address = \"10.0.1.7\" }]\nhairpin = true",
    (101, 11),
    "`hairpin` without `inside`",
    "it lets hosts inside reach each other by what is forwarded; add that, or remove this key"
)]
#[case::hairpin_without_forwards(
    "forwards = [\n    { address = \"203.0.113.5\", ports = \"2121\", to = [\"192.168.1.20\"], to_ports = \"21\" },\n    { ports = \"8192-8200\", to = [\"192.168.1.20\"], rewrite_source = \"per-client\" },\n]\n",
    "",
    (86, 11),
    "`hairpin` without `forwards`",
    "it lets hosts inside reach each other by what is forwarded; add that, or remove this key"
)]
#[case::hairpin_without_either(
    "forwards = [{ ports = \"30021\", to = [\"10.0.2.30\"], to_ports = \"21\" }]",
    "hairpin = true",
    (101, 11),
    "`hairpin` without `inside` and `forwards`",
    "it lets hosts inside reach each other by what is forwarded; add that, or remove this key"
)]
#[case::a_forward_of_another_address(
    "address = \"203.0.113.5\", ports",
    "address = \"203.0.113.8\", ports",
    (87, 17),
    "203.0.113.8 is not an outside address of this router",
    "it has `203.0.113.5` and `203.0.113.6`"
)]
#[case::a_forward_to_nobody(
    "to = [\"192.168.1.20\"], to_ports",
    "to = [\"192.168.1.21\"], to_ports",
    (87, 54),
    "no host in the router's network `home` has the address 192.168.1.21",
    "hosts there have `192.168.1.10` and `192.168.1.20`"
)]
#[case::a_forward_to_another_network(
    "to = [\"10.0.2.30\"]",
    "to = [\"192.168.1.20\"]",
    (101, 38),
    "no host in the router's network `vpc` has the address 192.168.1.20",
    "hosts there have `10.0.2.10` and `10.0.2.30`"
)]
#[case::a_forward_to_nothing(
    "to = [\"10.0.2.30\"]",
    "to = []",
    (101, 37),
    "this forward leads nowhere",
    "write at least one address of a host inside"
)]
#[case::a_forward_without_the_key_to(
    ", to = [\"10.0.2.30\"]",
    "",
    (101, 13),
    "missing key `to`",
    "add `to = [\"10.0.1.10\"]` inside these braces"
)]
#[case::a_forward_to_one_host_twice(
    "to = [\"10.0.2.30\"]",
    "to = [\"10.0.2.30\", \"10.0.2.30\"]",
    (101, 51),
    "this address is there twice",
    "keep one of them"
)]
#[case::a_forward_to_fewer_ports(
    "rewrite_source = \"per-client\"",
    "to_ports = \"9192-9199\"",
    (88, 62),
    "`to_ports` and `ports` differ in length: 8 and 9",
    "write \"9192-9200\""
)]
#[case::a_forward_to_more_ports(
    "to = [\"10.0.2.30\"], to_ports = \"21\"",
    "to = [\"10.0.2.30\"], to_ports = \"21-22\"",
    (101, 63),
    "`to_ports` and `ports` differ in length: 2 and 1",
    "write \"21\""
)]
#[case::a_forward_to_ports_beyond_the_last(
    "rewrite_source = \"per-client\"",
    "to_ports = \"65535\"",
    (88, 62),
    "`to_ports` and `ports` differ in length: 1 and 9",
    "each of `ports` stands for one of them: write as many"
)]
#[case::two_forwards_on_one_port(
    "ports = \"8192-8200\", to = [\"192.168.1.20\"]",
    "ports = \"2000-2200\", to = [\"192.168.1.20\"]",
    (88, 15),
    "two forwards on port 2121",
    "a port of an outside address leads to one list of hosts"
)]
#[case::a_rewritten_source_without_an_inside(
    "to_ports = \"21\" }]",
    "to_ports = \"21\", rewrite_source = \"per-connection\" }]",
    (101, 86),
    "`rewrite_source` without `inside`",
    "the source becomes an inside address of the router: add `inside`, or remove this key"
)]
#[case::a_passage_without_ports(
    "{ ports = \"1024-65535\" }, ",
    "{ to = \"10.0.0.0/8\" }, ",
    (91, 16),
    "missing key `ports`",
    "add `ports = \"21\"` inside these braces"
)]
#[case::a_passage_to_an_address(
    "to = \"198.51.100.0/24\"",
    "to = \"198.51.100.1/24\"",
    (91, 63),
    "`198.51.100.1/24` is an address within a range, not the range",
    "write \"198.51.100.0/24\""
)]
#[case::an_unknown_refusal(
    "refusal = \"prohibited\"",
    "refusal = \"drop\"",
    (93, 11),
    "`drop` is not a value that this key can have",
    "allowed: `silence`, `reset`, `port-unreachable` and `prohibited`"
)]
#[case::an_idle_time_out_of_no_time(
    "idle_timeout_s = 300",
    "idle_timeout_s = 0",
    (94, 18),
    "0 is out of bounds",
    "write a number from 1 to 432000"
)]
#[case::an_idle_time_out_that_is_too_long(
    "idle_timeout_s = 300",
    "idle_timeout_s = 432001",
    (94, 18),
    "432001 is out of bounds",
    "write a number from 1 to 432000"
)]
#[case::an_unknown_end_of_idleness(
    "after_idle = \"pick-up\"",
    "after_idle = \"fin\"",
    (95, 14),
    "`fin` is not a value that this key can have",
    "did you mean `fin-inside`? allowed: `silence`, `reset-inside`, `fin-inside` and `pick-up`"
)]
#[case::an_ftp_helper_without_ports(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ ports = [] }",
    (96, 24),
    "this FTP helper knows no port",
    "write one at least, remove the key to have its default, or remove `ftp_helper`"
)]
#[case::an_ftp_helper_on_port_zero(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ ports = [0] }",
    (96, 25),
    "port 0 is not a port",
    "ports begin at 1"
)]
#[case::an_ftp_helper_on_one_port_twice(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ ports = [21, 21] }",
    (96, 29),
    "port 21 is there twice",
    "keep one of them"
)]
#[case::an_ftp_helper_without_announcements(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ understands = [] }",
    (96, 30),
    "this FTP helper knows no announcement",
    "write one at least, remove the key to have its default, or remove `ftp_helper`"
)]
#[case::an_ftp_helper_with_one_announcement_twice(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ understands = [\"PASV\", \"PASV\"] }",
    (96, 39),
    "announcement PASV is there twice",
    "keep one of them"
)]
#[case::an_ftp_helper_with_an_unknown_announcement(
    "{ ports = [21, 2121], understands = [\"PASV\", \"EPSV\"], loose = true }",
    "{ understands = [\"PASSIVE\"] }",
    (96, 31),
    "`PASSIVE` is not a value that this key can have",
    "allowed: `PASV`, `EPSV`, `PORT` and `EPRT`"
)]
#[case::a_nat_gateway_without_addresses(
    "addresses = [\n    { subnet = \"public-a\", address = \"10.0.1.8\" },\n    { subnet = \"public-a\", address = \"10.0.1.9\" },\n]",
    "addresses = []",
    (105, 13),
    "there is no address here",
    "write at least one, [{ subnet = \"…\", address = \"…\" }]"
)]
#[case::a_nat_gateway_with_too_many_addresses(
    "    { subnet = \"public-a\", address = \"10.0.1.9\" },\n",
    "    { subnet = \"public-a\", address = \"10.0.1.100\" },\n    { subnet = \"public-a\", address = \"10.0.1.101\" },\n    { subnet = \"public-a\", address = \"10.0.1.102\" },\n    { subnet = \"public-a\", address = \"10.0.1.103\" },\n    { subnet = \"public-a\", address = \"10.0.1.104\" },\n    { subnet = \"public-a\", address = \"10.0.1.105\" },\n    { subnet = \"public-a\", address = \"10.0.1.106\" },\n    { subnet = \"public-a\", address = \"10.0.1.107\" },\n",
    (105, 13),
    "this NAT gateway has 9 addresses",
    "AWS allows 8 per NAT gateway"
)]
#[case::a_nat_gateway_in_two_subnets(
    "{ subnet = \"public-a\", address = \"10.0.1.9\" }",
    "{ subnet = \"private-a\", address = \"10.0.2.9\" }",
    (107, 16),
    "this address is in subnet `private-a`, the first one in `public-a`",
    "a NAT gateway is in one subnet"
)]
#[case::a_nat_gateway_outside_a_vpc(
    "addresses = [\n    { subnet = \"public-a\", address = \"10.0.1.8\" },\n    { subnet = \"public-a\", address = \"10.0.1.9\" },\n]",
    "addresses = [{ subnet = \"home-lan\", address = \"192.168.1.8\" }]",
    (105, 25),
    "network `home` is not a VPC and has no NAT gateways",
    "write a [[router]] with `source_nat = true`, or give the network `kind = \"vpc\"`"
)]
#[case::a_nat_gateway_without_the_key_addresses(
    "addresses = [\n    { subnet = \"public-a\", address = \"10.0.1.8\" },\n    { subnet = \"public-a\", address = \"10.0.1.9\" },\n]\n",
    "",
    (103, 1),
    "missing key `addresses`",
    "add `addresses = [{ subnet = \"…\", address = \"…\" }]` below [[nat_gateway]]"
)]
#[case::an_internet_gateway_of_no_vpc(
    "vpc = \"vpc\"",
    "vpc = \"home\"",
    (112, 7),
    "network `home` is not a VPC",
    "write `vpc`"
)]
#[case::an_internet_gateway_of_an_unknown_network(
    "vpc = \"vpc\"",
    "vpc = \"vpcs\"",
    (112, 7),
    "unknown network `vpcs`",
    "did you mean `vpc`?"
)]
#[case::an_internet_gateway_to_no_internet(
    "internet = \"internet\"",
    "internet = \"home\"",
    (113, 12),
    "network `home` is not the internet",
    "write `internet`"
)]
#[case::two_internet_gateways_of_a_vpc(
    "[[network_acl]]",
    "[[internet_gateway]]\nid = \"other\"\nvpc = \"vpc\"\ninternet = \"internet\"\n\n[[network_acl]]",
    (121, 7),
    "VPC `vpc` has two internet gateways",
    "a VPC has one internet gateway at most"
)]
#[case::an_elastic_address_outside_the_internet(
    "{ subnet = \"elastic\", address = \"198.51.100.8\" }",
    "{ subnet = \"home-lan\", address = \"192.168.1.8\" }",
    (115, 27),
    "this address is in network `home`, not on the internet `internet`",
    "write a subnet of the gateway's `internet` and an address in it"
)]
#[case::an_elastic_address_that_a_router_has(
    "{ subnet = \"elastic\", address = \"198.51.100.8\" }",
    "{ subnet = \"isp\", address = \"203.0.113.5\" }",
    (115, 44),
    "two interfaces in network `internet` have the address 203.0.113.5",
    "give one of them another address"
)]
#[case::two_elastic_addresses_that_are_the_same(
    "address = \"198.51.100.50\"",
    "address = \"198.51.100.8\"",
    (116, 48),
    "two interfaces in network `internet` have the address 198.51.100.8",
    "give one of them another address"
)]
#[case::an_elastic_address_of_nobody(
    "private = \"10.0.1.8\"",
    "private = \"10.0.1.80\"",
    (115, 76),
    "nothing in VPC `vpc` that can have an elastic address has the address 10.0.1.80",
    "hosts, routers, NAT gateways and load balancer nodes there have `10.0.2.10`, `10.0.2.30`, `10.0.1.7`, `10.0.1.8`, `10.0.1.9`, `10.0.1.50` and `10.0.3.50`"
)]
#[case::an_elastic_address_of_an_endpoint(
    "private = \"10.0.1.8\"",
    "private = \"10.0.2.46\"",
    (115, 76),
    "nothing in VPC `vpc` that can have an elastic address has the address 10.0.2.46",
    "hosts, routers, NAT gateways and load balancer nodes there have `10.0.2.10`"
)]
#[case::an_elastic_address_of_another_network(
    "private = \"10.0.1.8\"",
    "private = \"192.168.1.10\"",
    (115, 76),
    "nothing in VPC `vpc` that can have an elastic address has the address 192.168.1.10",
    "hosts, routers, NAT gateways and load balancer nodes there have `10.0.2.10`"
)]
#[case::two_elastic_addresses_of_one_host(
    "private = \"10.0.1.50\"",
    "private = \"10.0.1.8\"",
    (116, 77),
    "10.0.1.8 has two elastic addresses",
    "a private address has one elastic address at most"
)]
#[case::a_proxy_without_relays(
    "relays = [\n    { ports = \"21\", to = [\"10.0.2.10\"], proxy_protocol = \"v2\" },\n    { ports = \"8192-8200\", to = [\"10.0.2.10\"] },\n]\n",
    "",
    (154, 6),
    "proxy `proxy` has no relays",
    "add `relays = [{ ports = \"21\", to = [\"…\"] }]`, with addresses of hosts"
)]
#[case::a_bystander_with_relays(
    "role = \"proxy\"",
    "role = \"bystander\"",
    (158, 15),
    "only a proxy has `relays`",
    "give the host `role = \"proxy\"`, or remove the key"
)]
#[case::two_relays_on_one_port(
    "ports = \"8192-8200\", to = [\"10.0.2.10\"]",
    "ports = \"20-25\", to = [\"10.0.2.10\"]",
    (159, 15),
    "two relays on port 21",
    "a port of a proxy leads to one list of hosts"
)]
#[case::a_relay_to_nobody(
    "ports = \"8192-8200\", to = [\"10.0.2.10\"]",
    "ports = \"8192-8200\", to = [\"10.0.2.11\"]",
    (159, 34),
    "no other host has the address 10.0.2.11",
    "hosts there have `192.168.1.10`, `192.168.1.20` and `10.0.2.10`"
)]
#[case::a_relay_to_itself(
    "ports = \"8192-8200\", to = [\"10.0.2.10\"]",
    "ports = \"8192-8200\", to = [\"10.0.2.30\"]",
    (159, 34),
    "no other host has the address 10.0.2.30",
    "hosts there have `192.168.1.10`, `192.168.1.20` and `10.0.2.10`"
)]
#[case::a_relay_to_nothing(
    "ports = \"8192-8200\", to = [\"10.0.2.10\"]",
    "ports = \"8192-8200\", to = []",
    (159, 33),
    "this relay leads nowhere",
    "write at least one address of a host"
)]
#[case::a_relay_to_one_host_twice(
    "ports = \"8192-8200\", to = [\"10.0.2.10\"]",
    "ports = \"8192-8200\", to = [\"10.0.2.10\", \"10.0.2.10\"]",
    (159, 47),
    "this address is there twice",
    "keep one of them"
)]
#[case::an_unknown_version_of_the_proxy_protocol(
    "proxy_protocol = \"v2\"",
    "proxy_protocol = \"v3\"",
    (158, 58),
    "`v3` is not a value that this key can have",
    "allowed: `off`, `v1` and `v2`"
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
