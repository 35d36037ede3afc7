//! Listeners, targets, endpoint services and scoped names that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::fewer_target_ports_than_ports(
    "target_ports = \"8192-8200\"",
    "target_ports = \"8192-8199\"",
    (189, 68),
    "`target_ports` and `ports` differ in length: 8 and 9",
    "write \"8192-8200\""
)]
#[case::target_ports_that_are_none(
    "target_ports = \"8192-8200\"",
    "target_ports = \"passive\"",
    (189, 68),
    "`passive` is neither a port nor a range of ports",
    "write \"21\" or \"8192-8200\", with numbers from 1 to 65535"
)]
#[case::a_port_of_the_group_for_a_range(
    ", target_ports = \"8192-8200\"",
    "",
    (189, 15),
    "this listener has 9 ports, target group `server` has one",
    "write `target_ports = \"…\"` here, or remove the target group's `port`"
)]
#[case::a_port_of_the_group_that_is_none(
    "port = 2121\ncross",
    "port = 0\ncross",
    (165, 8),
    "port 0 is not a port",
    "ports begin at 1"
)]
#[case::a_port_for_health_checks_that_is_none(
    "health_check_port = 22",
    "health_check_port = 0",
    (169, 21),
    "port 0 is not a port",
    "ports begin at 1"
)]
#[case::an_idle_time_out_that_is_too_long(
    "idle_timeout_s = 6000",
    "idle_timeout_s = 6001",
    (188, 63),
    "6001 is out of bounds",
    "write a number from 60 to 6000"
)]
#[case::a_target_by_instance_that_is_an_interface_of_an_endpoint(
    "id = \"server\"\ntargets",
    "id = \"server\"\ntarget_type = \"instance\"\ntargets",
    (165, 12),
    "interfaces of an endpoint are registered by address, not by instance",
    "write `target_type = \"ip\"`, or `attachment = \"instance\"` if host `server` is your own machine"
)]
#[case::a_preserved_address_with_an_interface_of_an_endpoint(
    "sticky = true",
    "preserve_client_ip = true",
    (167, 22),
    "client IP preservation is not supported for targets that are interfaces of an endpoint",
    "remove it, or write `attachment = \"instance\"` if host `server` is your own machine (Network Load Balancer guide, Client IP preservation)"
)]
#[case::an_unknown_target_type(
    "target_type = \"instance\"",
    "target_type = \"alb\"",
    (180, 15),
    "`alb` is not a value that this key can have",
    "allowed: `ip` and `instance`"
)]
#[case::a_deregistration_delay_that_is_too_long(
    "deregistration_delay_s = 60",
    "deregistration_delay_s = 3601",
    (172, 26),
    "3601 is out of bounds",
    "write a number from 0 to 3600"
)]
#[case::a_change_of_no_target(
    "target = \"10.0.2.10\", becomes = \"unhealthy\"",
    "target = \"10.0.2.30\", becomes = \"unhealthy\"",
    (175, 27),
    "10.0.2.30 is not a target of group `server`",
    "it has `10.0.2.10`"
)]
#[case::a_change_that_is_none(
    "becomes = \"unhealthy\"",
    "becomes = \"draining\"",
    (175, 50),
    "`draining` is not a value that this key can have",
    "allowed: `healthy`, `unhealthy` and `deregistered`"
)]
#[case::a_change_after_the_end_of_time(
    "at_s = 90",
    "at_s = 604801",
    (174, 14),
    "604801 is out of bounds",
    "write a number from 0 to 604800"
)]
#[case::a_change_without_a_time(
    "at_s = 90, ",
    "",
    (174, 5),
    "missing key `at_s`",
    "add `at_s = 60` inside these braces"
)]
#[case::a_service_without_load_balancers(
    "load_balancers = [\"nlb\", \"spare\"]",
    "load_balancers = []",
    (201, 18),
    "this endpoint service shares no load balancer",
    "write the id of one at least"
)]
#[case::a_service_without_the_key_load_balancers(
    "load_balancers = [\"nlb\", \"spare\"]\n",
    "",
    (199, 1),
    "missing key `load_balancers`",
    "add `load_balancers = [\"…\"]` below [[endpoint_service]]"
)]
#[case::a_load_balancer_that_is_there_twice(
    "load_balancers = [\"nlb\", \"spare\"]",
    "load_balancers = [\"nlb\", \"nlb\"]",
    (201, 26),
    "load balancer `nlb` is there twice",
    "keep one of them"
)]
#[case::a_load_balancer_in_two_services(
    "[[endpoint]]",
    "[[endpoint_service]]\nid = \"other\"\nload_balancers = [\"spare\"]\n\n[[endpoint]]",
    (205, 19),
    "two endpoint services share load balancer `spare`",
    "a load balancer is behind one endpoint service at most"
)]
#[case::an_endpoint_where_no_load_balancer_has_a_node(
    "{ subnet = \"public-b\", address = \"10.0.3.50\" }",
    "{ subnet = \"private-a\", address = \"10.0.2.50\" }",
    (208, 16),
    "none of the load balancers `nlb` and `spare` has a node in zone `b`",
    "an endpoint can only be in zones of its load balancers: `a`"
)]
#[case::an_idle_time_out_of_an_endpoint(
    "after_idle = \"reset\"",
    "idle_timeout_s = 350",
    (212, 1),
    "unknown key `idle_timeout_s`",
    "known here: `id`, `service`, `interfaces`, `security_groups`, `private_dns` and `after_idle`"
)]
#[case::an_unknown_end_of_idleness(
    "after_idle = \"reset\"",
    "after_idle = \"fin\"",
    (212, 14),
    "`fin` is not a value that this key can have",
    "allowed: `silence` and `reset`"
)]
#[case::a_private_name_that_is_none(
    "private_dns = \"ftp.example\"",
    "private_dns = \"10.0.0.1\"",
    (211, 15),
    "`10.0.0.1` is not a DNS name",
    "write lower-case letters, digits, `-` and dots, without a final dot"
)]
#[case::a_private_name_that_is_defined_twice(
    "private_dns = \"ftp.example\"",
    "private_dns = \"a.nlb.example\"",
    (211, 15),
    "the name `a.nlb.example` is defined twice",
    "zonal names, <zone>.<name>, are defined along with the name itself"
)]
#[case::a_name_with_an_owner_and_addresses(
    "of = \"box\"",
    "of = \"box\"\naddresses = [\"203.0.113.5\"]",
    (222, 13),
    "this name has both `of` and `addresses`",
    "keep one of them"
)]
#[case::a_name_with_neither(
    "of = \"box\"\n",
    "",
    (220, 8),
    "this name has neither `of` nor `addresses`",
    "write `of = \"…\"` with an id, or `addresses = [\"…\"]`"
)]
#[case::a_name_without_addresses(
    "addresses = [\"198.51.100.50\"]",
    "addresses = []",
    (216, 13),
    "this name has no addresses",
    "write at least one, for example [\"198.51.100.10\"]"
)]
#[case::a_name_with_an_address_that_is_none(
    "addresses = [\"198.51.100.50\"]",
    "addresses = [\"vpce\"]",
    (216, 14),
    "`vpce` is not an IPv4 address",
    "write four numbers from 0 to 255, for example \"10.0.1.10\""
)]
#[case::a_name_with_one_address_twice(
    "addresses = [\"198.51.100.50\"]",
    "addresses = [\"198.51.100.50\", \"198.51.100.50\"]",
    (216, 31),
    "this address is there twice",
    "keep one of them"
)]
#[case::a_name_in_an_unknown_network(
    "[\"198.51.100.50\"]\nnetwork = \"home\"",
    "[\"198.51.100.50\"]\nnetwork = \"homes\"",
    (217, 11),
    "unknown network `homes`",
    "did you mean `home`?"
)]
#[case::a_name_of_an_internet_gateway(
    "of = \"box\"",
    "of = \"igw\"",
    (221, 6),
    "unknown host, router, NAT gateway, load balancer or endpoint `igw`",
    "there is `client`, `nas`, `server`, `proxy`, `box`, `node`, `natgw`, `nlb`, `spare` and `vpce`"
)]
#[case::a_name_that_is_defined_twice_in_a_network(
    "[\"198.51.100.50\"]\nnetwork = \"home\"",
    "[\"198.51.100.50\"]\nnetwork = \"vpc\"",
    (211, 15),
    "the name `ftp.example` is defined twice",
    "zonal names, <zone>.<name>, are defined along with the name itself"
)]
#[case::a_client_that_connects_to_a_name_of_another_network(
    "connect = \"ftp.example\"",
    "connect = \"nlb.example\"",
    (5, 11),
    "the name `nlb.example` does not hold in the client's network `home`",
    "names that do: `ftp.example` and `box.example`"
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
