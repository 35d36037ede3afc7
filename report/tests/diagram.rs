//! Diagrams of the built-in topologies: sound as Mermaid text, and right about who reaches whom.

use std::collections::BTreeSet;

use pasvlab_report::diagram::mermaid;
use pasvlab_scenarios::Catalog;

/// What the text declares and draws, as far as this generator writes it.
struct Drawn {
    text: String,
    declared: Vec<String>,
    /// From, arrow, to.
    edges: Vec<(String, String, String)>,
}

impl Drawn {
    fn of(text: String) -> Self {
        let mut declared = Vec::new();
        let mut edges = Vec::new();
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["%%{init:", ..] | ["flowchart", ..] | ["direction", ..] | ["classDef", ..] => {}
                ["end"] => {}
                [from, arrow, .., to] if arrow.starts_with('-') => {
                    let arrow = arrow.split('|').next().unwrap_or(arrow);
                    edges.push(((*from).to_owned(), arrow.to_owned(), (*to).to_owned()));
                }
                ["subgraph", title, ..] => declared.push(id(title)),
                [node, ..] => declared.push(id(node)),
                [] => {}
            }
        }
        Self { text, declared, edges }
    }

    fn builtin(topology: &str) -> Self {
        let catalog = Catalog::builtin().expect("the built-in files are sound");
        Self::of(mermaid(catalog.topology(topology).expect("a built-in topology")))
    }

    fn arrow(&self, from: &str, to: &str) -> Option<&str> {
        let edge = self.edges.iter().find(|edge| edge.0 == from && edge.2 == to);
        edge.map(|(_, arrow, _)| arrow.as_str())
    }

    /// All nodes to which arrows lead from this one.
    fn reached<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::from([from]);
        loop {
            let next: Vec<&str> = self
                .edges
                .iter()
                .filter(|(from, arrow, _)| arrow == "-->" && reached.contains(from.as_str()))
                .map(|(_, _, to)| to.as_str())
                .filter(|to| !reached.contains(to))
                .collect();
            if next.is_empty() {
                return reached;
            }
            reached.extend(next);
        }
    }
}

/// The name with which a declaration begins.
fn id(declaration: &str) -> String {
    let name = declaration.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_');
    name.collect()
}

fn all() -> impl Iterator<Item = (String, Drawn)> {
    let catalog = Catalog::builtin().expect("the built-in files are sound");
    let topologies: Vec<_> = catalog.topologies().cloned().collect();
    topologies.into_iter().map(|topology| (topology.id.clone(), Drawn::of(mermaid(&topology))))
}

#[test]
fn every_subgraph_ends_and_every_quote_is_closed() {
    for (topology, drawn) in all() {
        let begun = drawn.text.lines().filter(|line| line.trim().starts_with("subgraph ")).count();
        let ended = drawn.text.lines().filter(|line| line.trim() == "end").count();
        assert!(begun > 0, "{topology}");
        assert_eq!(begun, ended, "{topology}:\n{}", drawn.text);
        for line in drawn.text.lines() {
            assert_eq!(line.matches('"').count() % 2, 0, "{topology}: {line}");
        }
    }
}

#[test]
fn every_name_is_declared_once_and_every_edge_has_two_declared_ends() {
    for (topology, drawn) in all() {
        let names: BTreeSet<&String> = drawn.declared.iter().collect();
        assert_eq!(names.len(), drawn.declared.len(), "{topology}:\n{}", drawn.text);
        assert!(names.iter().all(|name| name.contains('_')), "{topology}: {names:?}");
        for (from, arrow, to) in &drawn.edges {
            assert!(["-->", "-.->", "-.-"].contains(&arrow.as_str()), "{topology}: {arrow}");
            assert!(names.contains(from), "{topology}: {from}");
            assert!(names.contains(to), "{topology}: {to}");
        }
    }
}

#[test]
fn solid_arrows_lead_from_the_client_to_the_server_in_every_topology() {
    let catalog = Catalog::builtin().expect("the built-in files are sound");
    for topology in catalog.topologies() {
        let drawn = Drawn::of(mermaid(topology));
        let name = |id: &str| format!("host_{}", id.replace('-', "_"));
        let (client, server) = (name(&topology.client().id), name(&topology.server().id));
        let reached = drawn.reached(&client);
        assert!(reached.contains(server.as_str()), "{}:\n{}", topology.id, drawn.text);
    }
}

#[test]
fn an_endpoint_leads_to_its_load_balancer_and_nothing_goes_past_it() {
    let drawn = Drawn::builtin("privatelink");
    assert_eq!(drawn.arrow("host_client", "vpce_vpce_1"), Some("-->"));
    assert_eq!(drawn.arrow("vpce_vpce_1", "lb_nlb"), Some("-->"));
    assert_eq!(drawn.arrow("lb_nlb", "host_server"), Some("-->"));
    assert_eq!(drawn.edges.len(), 3, "{}", drawn.text);
}

#[test]
fn a_client_past_the_load_balancer_has_an_arrow_with_the_servers_address() {
    let drawn = Drawn::builtin("nlb");
    assert!(drawn.text.contains("host_client -.->|\"10.0.1.10\"| host_server"), "{}", drawn.text);
}

#[test]
fn without_a_route_to_the_server_there_is_no_arrow_to_it() {
    let drawn = Drawn::builtin("nlb-isolated");
    assert_eq!(drawn.arrow("host_client", "lb_nlb"), Some("-->"));
    assert_eq!(drawn.arrow("host_client", "host_server"), None);
}

#[test]
fn the_servers_address_leads_to_the_machine_that_has_it_at_the_clients() {
    let drawn = Drawn::builtin("privatelink-overlap");
    assert_eq!(drawn.arrow("host_client", "host_intranet"), Some("-.->"));
    assert_eq!(drawn.arrow("host_client", "host_server"), None);
}
