//! The files that are part of the program.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use pasvlab_scenarios::{
    AddressPolicy, Catalog, DataCommand, Link, Os, PassiveIp, Problem, Selection, expand,
};
use rstest::{fixture, rstest};

#[fixture]
fn catalog() -> Catalog {
    Catalog::builtin().unwrap_or_else(|error| {
        let lines: Vec<String> = error.problems().map(Problem::one_line).collect();
        panic!("{}", lines.join("\n"));
    })
}

/// The ids that the files of a folder must have, in order.
fn files(folder: &str) -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut ids: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    ids.sort();
    ids
}

#[rstest]
fn the_whole_catalogue_loads(catalog: Catalog) {
    let topologies: Vec<&str> = catalog.topologies().map(|topology| &*topology.id).collect();
    let servers: Vec<&str> = catalog.servers().map(|server| &*server.id).collect();
    let clients: Vec<&str> = catalog.clients().map(|client| &*client.id).collect();
    let cases: Vec<&str> = catalog.cases().map(|case| &*case.id).collect();
    let matrices: Vec<&str> = catalog.matrices().map(|matrix| &*matrix.id).collect();
    assert_eq!(topologies, files("topologies"));
    assert_eq!(servers, files("servers"));
    assert_eq!(clients, files("clients"));
    assert_eq!(cases, files("cases"));
    assert_eq!(matrices, files("matrices"));
    for id in
        ["direct", "nlb", "nlb-isolated", "nlb-multi-az", "privatelink", "privatelink-overlap"]
    {
        assert!(catalog.topology(id).is_ok(), "{id}");
    }
}

#[rstest]
fn everything_built_in_has_sources(catalog: Catalog) {
    assert!(catalog.topologies().all(|topology| !topology.sources.is_empty()));
    assert!(catalog.servers().all(|server| !server.sources.is_empty()));
    assert!(catalog.clients().all(|client| !client.sources.is_empty()));
    assert!(catalog.cases().all(|case| !case.sources.is_empty()));
}

#[rstest]
fn the_headline_matrix_crosses_everything(catalog: Catalog) {
    let matrix = catalog.matrix("headline").unwrap();
    let cells = expand(matrix, &Selection::default());
    assert_eq!(cells.len(), 6 * 4 * 13);
    for cell in &cells {
        catalog.check_cell(cell).unwrap();
    }
    let first: Vec<String> = cells.iter().take(5).map(ToString::to_string).collect();
    assert_eq!(
        first,
        [
            "direct/auto/ftp-netkit",
            "direct/nlb/ftp-netkit",
            "direct/endpoint/ftp-netkit",
            "direct/zero/ftp-netkit",
            "direct/auto/lftp",
        ]
    );
}

#[rstest]
#[case::it_has_neither_with_nothing_in_between("direct", false, false)]
#[case::it_has_nlb_with_a_load_balancer("nlb", true, false)]
#[case::it_has_nlb_with_a_load_balancer_elsewhere("nlb-isolated", true, false)]
#[case::it_has_nlb_with_a_load_balancer_in_two_zones("nlb-multi-az", true, false)]
#[case::it_has_both_with_an_endpoint("privatelink", true, true)]
#[case::it_has_both_with_an_endpoint_and_overlap("privatelink-overlap", true, true)]
fn a_topology_has_the_settings_that_make_sense_in_it(
    catalog: Catalog,
    #[case] id: &str,
    #[case] nlb: bool,
    #[case] endpoint: bool,
) {
    let topology = catalog.topology(id).unwrap();
    assert_eq!(topology.announced("auto"), Some(PassiveIp::Auto));
    assert_eq!(topology.announced("zero"), Some(PassiveIp::Address(Ipv4Addr::UNSPECIFIED)));
    assert_eq!(topology.announced("nlb").is_some(), nlb);
    assert_eq!(topology.announced("endpoint").is_some(), endpoint);
    assert_eq!(topology.announced("nonsense"), None);
    let node = topology.load_balancers.first().map(|balancer| balancer.nodes[0].address);
    assert_eq!(topology.announced("nlb"), node.map(PassiveIp::Address));
    let interface =
        topology.endpoints.first().map(|endpoint| endpoint.interfaces[0].interface.address);
    assert_eq!(topology.announced("endpoint"), interface.map(PassiveIp::Address));
}

#[rstest]
fn every_client_is_told_a_name_that_has_an_address(catalog: Catalog) {
    for topology in catalog.topologies() {
        let name = topology.names.iter().find(|name| name.name == topology.connect).unwrap();
        assert!(!name.addresses.is_empty());
    }
}

#[rstest]
fn zonal_names_come_by_themselves(catalog: Catalog) {
    let topology = catalog.topology("nlb-multi-az").unwrap();
    let names: Vec<(&str, Vec<String>)> = topology
        .names
        .iter()
        .map(|name| (&*name.name, name.addresses.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(
        names,
        [
            ("nlb-1.elb.us-east-1.example", vec!["10.0.1.50".to_owned(), "10.0.2.50".to_owned()]),
            ("a.nlb-1.elb.us-east-1.example", vec!["10.0.1.50".to_owned()]),
            ("b.nlb-1.elb.us-east-1.example", vec!["10.0.2.50".to_owned()]),
        ]
    );
}

#[rstest]
fn the_isolated_client_has_a_route_to_the_load_balancer_and_none_to_the_server(catalog: Catalog) {
    let topology = catalog.topology("nlb-isolated").unwrap();
    let from = topology.client().interfaces[0];
    let reaches = |address: Ipv4Addr| {
        topology.subnet(from.subnet).routes.iter().any(|route| route.to.contains(&address))
    };
    assert!(reaches(topology.load_balancers[0].nodes[0].address));
    assert!(!reaches(topology.server().interfaces[0].address));
    let back = topology.subnet(topology.load_balancers[0].nodes[0].subnet);
    assert!(back.routes.iter().any(|route| route.to.contains(&from.address)));
}

#[rstest]
fn the_overlapping_bystander_has_the_servers_address_in_the_clients_network(catalog: Catalog) {
    let topology = catalog.topology("privatelink-overlap").unwrap();
    let bystander = topology.hosts.iter().find(|host| !host.listens.is_empty()).unwrap();
    let network = |host: &pasvlab_scenarios::Host| topology.network_of(host.interfaces[0]);
    assert_eq!(bystander.interfaces[0].address, topology.server().interfaces[0].address);
    assert_eq!(network(bystander), network(topology.client()));
    assert_ne!(network(bystander), network(topology.server()));
    let server = catalog.server("transfer-family").unwrap();
    assert!(bystander.listens.iter().all(|port| !server.passive_ports.contains(port)));
}

#[rstest]
fn defaults_are_the_documented_ones(catalog: Catalog) {
    let topology = catalog.topology("privatelink").unwrap();
    assert_eq!(topology.link, Link::default());
    assert_eq!(topology.load_balancers[0].listeners[0].idle_timeout, Duration::from_secs(350));
    assert_eq!(topology.endpoints[0].idle_timeout, Duration::from_secs(350));
    assert!(!topology.load_balancers[0].cross_zone);
}

#[rstest]
#[case("ftp-netkit", AddressPolicy::Reply, &[DataCommand::Pasv], Os::Linux)]
#[case(
    "lftp",
    AddressPolicy::PeerIfReservedOrScopeDiffers,
    &[DataCommand::Pasv, DataCommand::Port],
    Os::Linux
)]
#[case("winscp-force-on", AddressPolicy::Peer, &[DataCommand::Pasv, DataCommand::Port], Os::Windows)]
#[case("winscp-force-off", AddressPolicy::Reply, &[DataCommand::Pasv, DataCommand::Port], Os::Windows)]
#[case("curl", AddressPolicy::Peer, &[DataCommand::Epsv, DataCommand::Pasv], Os::Linux)]
#[case("suppaftp", AddressPolicy::Reply, &[DataCommand::Pasv], Os::Linux)]
fn a_client_is_what_its_source_says(
    catalog: Catalog,
    #[case] id: &str,
    #[case] address: AddressPolicy,
    #[case] commands: &[DataCommand],
    #[case] os: Os,
) {
    let client = catalog.client(id).unwrap();
    assert_eq!((client.data.address, client.os), (address, os));
    assert_eq!(client.data.commands, commands);
}

#[rstest]
fn wget_pauses_a_second_longer_each_time(catalog: Catalog) {
    let retry = catalog.client("wget").unwrap().retry.clone().unwrap();
    assert_eq!((retry.rounds, retry.wait_step), (20, Duration::from_secs(1)));
    assert_eq!(
        (retry.first_wait, retry.max_wait),
        (Duration::from_secs(1), Duration::from_secs(10))
    );
    assert!((retry.wait_factor - 1.0).abs() < f64::EPSILON);
}
