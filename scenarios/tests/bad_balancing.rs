//! Load balancers, endpoints, names and settings that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::a_host_with_the_id_of_a_load_balancer(
    "id = \"nlb\"",
    "id = \"server\"",
    (59, 6),
    "duplicate id: there are two called `server`",
    "every host, router, NAT gateway, load balancer or endpoint needs an id of its own"
)]
#[case::an_unknown_target_group(
    "{ ports = \"21\", target_group = \"ftp\" }",
    "{ ports = \"21\", target_group = \"http\" }",
    (62, 36),
    "unknown target group `http`",
    "there is `ftp`"
)]
#[case::an_unknown_load_balancer(
    "load_balancers = [\"nlb\"]",
    "load_balancers = [\"alb\"]",
    (68, 19),
    "unknown load balancer `alb`",
    "did you mean `nlb`?"
)]
#[case::an_unknown_service(
    "service = \"svc\"",
    "service = \"service\"",
    (72, 11),
    "unknown endpoint service `service`",
    "there is `svc`"
)]
#[case::an_unknown_owner_of_a_name(
    "of = \"vpce\"",
    "of = \"vpcx\"",
    (77, 6),
    "unknown host, router, NAT gateway, load balancer or endpoint `vpcx`",
    "did you mean `vpce`?"
)]
#[case::two_listeners_on_one_port(
    "ports = \"8192-8200\"",
    "ports = \"20-25\"",
    (63, 15),
    "two listeners on port 21",
    "a port has one listener"
)]
#[case::more_listeners_than_aws_allows(
    "ports = \"8192-8200\"",
    "ports = \"8192-8241\"",
    (61, 13),
    "this load balancer listens on 51 ports",
    "AWS has one listener per port and allows 50 per load balancer"
)]
#[case::a_port_that_is_none(
    "ports = \"8192-8200\"",
    "ports = \"ftp-data\"",
    (63, 15),
    "`ftp-data` is neither a port nor a range of ports",
    "write \"21\" or \"8192-8200\", with numbers from 1 to 65535"
)]
#[case::port_zero(
    "ports = \"21\"",
    "ports = \"0\"",
    (62, 15),
    "the port range `0` has port 0",
    "ports begin at 1"
)]
#[case::ports_backwards(
    "ports = \"8192-8200\"",
    "ports = \"8200-8192\"",
    (63, 15),
    "the port range `8200-8192` is backwards",
    "write \"8192-8200\""
)]
#[case::a_target_that_no_host_has(
    "targets = [\"10.0.1.10\"]",
    "targets = [\"10.0.1.11\"]",
    (56, 12),
    "no host in the load balancer's network `provider` has the address 10.0.1.11",
    "hosts there have `10.0.1.10`"
)]
#[case::a_target_in_another_network(
    "targets = [\"10.0.1.10\"]",
    "targets = [\"172.20.9.10\"]",
    (56, 12),
    "no host in the load balancer's network `provider` has the address 172.20.9.10",
    "hosts there have `10.0.1.10`"
)]
#[case::a_target_that_is_there_twice(
    "targets = [\"10.0.1.10\"]",
    "targets = [\"10.0.1.10\", \"10.0.1.10\"]",
    (56, 25),
    "this address is there twice",
    "keep one of them"
)]
#[case::a_target_group_without_targets(
    "targets = [\"10.0.1.10\"]",
    "targets = []",
    (56, 11),
    "this target group has no targets",
    "write the addresses of hosts; what AWS does without targets is not documented"
)]
#[case::a_target_group_without_a_listener(
    "[[target_group]]",
    "[[target_group]]\nid = \"spare\"\ntargets = [\"10.0.1.10\"]\n\n[[target_group]]",
    (55, 6),
    "no listener uses target group `spare`",
    "remove it, or add a listener with `target_group = \"spare\"`"
)]
#[case::a_target_group_of_two_networks(
    "[[load_balancer]]",
    "[[load_balancer]]\nid = \"other\"\nnodes = [{ subnet = \"corp-a\", address = \"172.20.9.50\" }]\nlisteners = [{ ports = \"21\", target_group = \"ftp\" }]\n\n[[load_balancer]]",
    (55, 6),
    "load balancers in different networks use target group `ftp`",
    "give each of them a target group of its own"
)]
#[case::a_load_balancer_without_nodes(
    "nodes = [{ subnet = \"provider-a\", address = \"10.0.1.50\" }]",
    "nodes = []",
    (60, 9),
    "there is no address here",
    "write at least one, [{ subnet = \"…\", address = \"…\" }]"
)]
#[case::a_load_balancer_without_a_zone(
    "zone = \"a\"\ncidr = \"10.0.1.0/24\"",
    "cidr = \"10.0.1.0/24\"",
    (59, 21),
    "subnet `provider-a` has no zone",
    "a load balancer has one address per zone: give the subnet a `zone`"
)]
#[case::two_nodes_in_one_zone(
    "nodes = [{ subnet",
    "nodes = [{ subnet = \"provider-a\", address = \"10.0.1.51\" }, { subnet",
    (60, 71),
    "two addresses in zone `a`",
    "a load balancer has one address per zone"
)]
#[case::nodes_in_two_networks(
    "nodes = [{ subnet",
    "nodes = [{ subnet = \"corp-a\", address = \"172.20.9.50\" }, { subnet",
    (60, 69),
    "this interface is in network `provider`, the first one in `corp`",
    "all interfaces of one thing are in one network"
)]
#[case::an_endpoint_where_the_load_balancer_has_no_node(
    "nodes = [{ subnet = \"provider-a\", address = \"10.0.1.50\" }]",
    "nodes = [{ subnet = \"provider-b\", address = \"10.0.2.50\" }]",
    (73, 26),
    "load balancer `nlb` has no node in zone `a`",
    "an endpoint can only be in zones of its load balancer: `b`"
)]
#[case::a_client_that_connects_nowhere(
    "connect = \"ftp.example\"",
    "connect = \"ftp.exmaple\"",
    (5, 11),
    "`ftp.exmaple` is neither an IPv4 address nor a name of this file",
    "did you mean `ftp.example`?"
)]
#[case::a_name_that_is_none(
    "name = \"ftp.example\"",
    "name = \"FTP.example.\"",
    (76, 8),
    "`FTP.example.` is not a DNS name",
    "write lower-case letters, digits, `-` and dots, without a final dot"
)]
#[case::a_name_that_is_defined_twice(
    "[[name]]",
    "[[name]]\nname = \"a.ftp.example\"\nof = \"nlb\"\n\n[[name]]",
    (80, 8),
    "the name `a.ftp.example` is defined twice",
    "zonal names, <zone>.<name>, are defined along with the name itself"
)]
#[case::auto_redefined(
    "nlb = \"10.0.1.50\"",
    "auto = \"10.0.1.50\"",
    (9, 1),
    "`auto` cannot be defined here",
    "every topology has `auto` (the server's own address) and `zero` (0.0.0.0)"
)]
#[case::zero_redefined(
    "nlb = \"10.0.1.50\"",
    "zero = \"10.0.1.50\"",
    (9, 1),
    "`zero` cannot be defined here",
    "every topology has `auto` (the server's own address) and `zero` (0.0.0.0)"
)]
#[case::a_passive_ip_that_is_no_address(
    "nlb = \"10.0.1.50\"",
    "nlb = \"nlb.example\"",
    (9, 7),
    "`nlb.example` is not an IPv4 address",
    "write four numbers from 0 to 255, for example \"10.0.1.10\""
)]
#[case::an_idle_time_out_that_is_too_short(
    "{ ports = \"21\", target_group = \"ftp\" }",
    "{ ports = \"21\", target_group = \"ftp\", idle_timeout_s = 59 }",
    (62, 60),
    "59 is out of bounds",
    "write a number from 60 to 6000"
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
