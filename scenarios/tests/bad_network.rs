//! Networks, subnets, routes and hosts that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::two_subnets_with_one_id(
    "id = \"provider-b\"",
    "id = \"provider-a\"",
    (39, 6),
    "duplicate id: there are two called `provider-a`",
    "every subnet needs an id of its own"
)]
#[case::an_unknown_network(
    "network = \"corp\"",
    "network = \"crop\"",
    (27, 11),
    "unknown network `crop`",
    "did you mean `corp`?"
)]
#[case::an_unknown_subnet(
    "subnet = \"corp-a\", address = \"172.20.9.10\"",
    "subnet = \"corp-x\", address = \"172.20.9.10\"",
    (47, 26),
    "unknown subnet `corp-x`",
    "did you mean `corp-a`?"
)]
#[case::an_unknown_end_of_a_peering(
    "between = [\"corp\", \"provider\"]",
    "between = [\"corp\", \"internet\"]",
    (23, 20),
    "unknown network `internet`",
    "there is `corp` and `provider`"
)]
#[case::a_peering_with_three_ends(
    "between = [\"corp\", \"provider\"]",
    "between = [\"corp\", \"provider\", \"corp\"]",
    (23, 11),
    "a peering has two ends, this one has 3",
    "write the ids of two networks"
)]
#[case::a_peering_of_a_network_with_itself(
    "between = [\"corp\", \"provider\"]",
    "between = [\"corp\", \"corp\"]",
    (23, 20),
    "both ends of this peering are in `corp`",
    "a network needs no peering with itself; write another network"
)]
#[case::an_address_that_is_none(
    "address = \"172.20.9.10\"",
    "address = \"172.20.9.300\"",
    (47, 46),
    "`172.20.9.300` is not an IPv4 address",
    "write four numbers from 0 to 255, for example \"10.0.1.10\""
)]
#[case::a_range_that_is_none(
    "cidr = \"10.0.2.0/24\"",
    "cidr = \"10.0.2.0\"",
    (42, 8),
    "`10.0.2.0` is not an address range",
    "write an address and a prefix length, for example \"10.0.1.0/24\""
)]
#[case::a_range_that_is_an_address_in_it(
    "cidr = \"10.0.2.0/24\"",
    "cidr = \"10.0.2.7/24\"",
    (42, 8),
    "`10.0.2.7/24` is an address within a range, not the range",
    "write \"10.0.2.0/24\""
)]
#[case::an_address_outside_its_subnet(
    "address = \"172.20.9.10\"",
    "address = \"172.20.8.10\"",
    (47, 46),
    "address 172.20.8.10 is outside its subnet `corp-a`",
    "the subnet has 172.20.9.0/24"
)]
#[case::a_subnet_outside_its_network(
    "cidr = \"10.0.2.0/24\"",
    "cidr = \"10.1.2.0/24\"",
    (42, 8),
    "subnet 10.1.2.0/24 is outside its network `provider`",
    "the network has 10.0.0.0/16"
)]
#[case::subnets_that_overlap(
    "cidr = \"10.0.2.0/24\"",
    "cidr = \"10.0.0.0/20\"",
    (42, 8),
    "subnet 10.0.0.0/20 overlaps subnet `provider-a` in network `provider`",
    "subnets of one network have no addresses in common"
)]
#[case::a_network_without_addresses(
    "cidrs = [\"172.20.0.0/16\"]",
    "cidrs = []",
    (14, 9),
    "this network has no address range",
    "write at least one, for example [\"10.0.0.0/16\"]"
)]
#[case::a_zone_outside_a_vpc(
    "kind = \"vpc\"\ncidrs = [\"172",
    "kind = \"on-premises\"\ncidrs = [\"172",
    (28, 8),
    "network `corp` is not a VPC and has no zones",
    "remove `zone`, or give the network `kind = \"vpc\"`"
)]
#[case::two_interfaces_with_one_address(
    "address = \"172.20.9.46\"",
    "address = \"172.20.9.10\"",
    (73, 46),
    "two interfaces in network `corp` have the address 172.20.9.10",
    "give one of them another address"
)]
#[case::a_host_without_an_address(
    "interfaces = [{ subnet = \"corp-a\", address = \"172.20.9.10\" }]",
    "interfaces = []",
    (47, 14),
    "there is no address here",
    "write at least one, [{ subnet = \"…\", address = \"…\" }]"
)]
#[case::a_host_in_two_networks(
    "{ subnet = \"corp-a\", address = \"172.20.9.10\" }",
    "{ subnet = \"corp-a\", address = \"172.20.9.10\" }, { subnet = \"provider-a\", address = \"10.0.1.9\" }",
    (47, 74),
    "this interface is in network `provider`, the first one in `corp`",
    "all interfaces of one thing are in one network"
)]
#[case::a_route_via_nothing(
    "via = \"tgw\"",
    "via = \"vpn\"",
    (30, 39),
    "unknown peering, router or gateway `vpn`",
    "one of its own: `tgw`"
)]
#[case::a_route_via_a_peering_of_others(
    "[[peering]]",
    "[[network]]\nid = \"other\"\nkind = \"vpc\"\ncidrs = [\"192.168.0.0/16\"]\n\n[[subnet]]\nid = \"other-a\"\nnetwork = \"other\"\ncidr = \"192.168.0.0/24\"\nroutes = [{ to = \"10.0.1.0/24\", via = \"tgw\" }]\n\n[[peering]]",
    (30, 39),
    "peering `tgw` does not touch network `other`",
    "nothing does; add a [[peering]] with this network at one end, or a router in it"
)]
#[case::two_routes_to_one_range(
    "routes = [{",
    "routes = [{ to = \"10.0.1.0/24\", via = \"tgw\" }, {",
    (30, 55),
    "this subnet has two routes to 10.0.1.0/24",
    "keep one of them: a route table has one line for a range"
)]
#[case::no_client(
    "role = \"client\"",
    "role = \"bystander\"",
    (45, 6),
    "no host is the client",
    "give one host `role = \"client\"`"
)]
#[case::no_server(
    "role = \"server\"",
    "role = \"bystander\"",
    (45, 6),
    "no host is the server",
    "give one host `role = \"server\"`"
)]
#[case::two_clients(
    "[[target_group]]",
    "[[host]]\nid = \"other\"\nrole = \"client\"\ninterfaces = [{ subnet = \"provider-b\", address = \"10.0.2.10\" }]\n\n[[target_group]]",
    (55, 6),
    "two hosts are the client",
    "one client and one server; the others are `role = \"bystander\"`"
)]
#[case::two_servers(
    "[[target_group]]",
    "[[host]]\nid = \"other\"\nrole = \"server\"\ninterfaces = [{ subnet = \"provider-b\", address = \"10.0.2.10\" }]\n\n[[target_group]]",
    (55, 6),
    "two hosts are the server",
    "one client and one server; the others are `role = \"bystander\"`"
)]
#[case::a_server_that_listens(
    "role = \"server\"\n",
    "role = \"server\"\nlistens = [22]\n",
    (52, 12),
    "only a bystander has `listens`",
    "what a client or a server listens on follows from what it runs; remove the key"
)]
fn in_a_topology_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let text = common::broken(common::TOPOLOGY, old, new);
    let error = load::topology("topologies/t.toml", &text).unwrap_err();
    common::check(&error, "topologies/t.toml", place, message, hint);
}
