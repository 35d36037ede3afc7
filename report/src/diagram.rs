//! A small diagram of a topology, in Mermaid: its networks, what is in them and between them, and who
//! reaches whom. Made from the file alone, without running anything.
//!
//! A solid arrow is the way of a connection to what the client is told to connect to, and whatever
//! boxes pass on by themselves. A dotted arrow is what else the client reaches if it dials an address
//! that the server may announce; the arrow's label is that address.
//!
//! - `walk` — the way of a packet, from routes and addresses.
//! - `edges` — the arrows.
//! - `labels` — the words.
//! - [`picture`] — the same as a drawing.

mod edges;
mod labels;
mod walk;

pub mod picture;

use pasvlab_scenarios::{NetworkIx, Role, Topology};

use self::edges::{Edge, Line};
use self::walk::Node;

pub(crate) use self::edges::connect_addresses;
pub(crate) use self::labels::link;

/// The diagram as the text of a Mermaid flowchart, with a final line break.
///
/// Networks are subgraphs, except those with nothing in them, such as an internet that is only
/// crossed: they are nodes. What joins two networks is outside of both.
#[must_use]
pub fn mermaid(topology: &Topology) -> String {
    let mut lines = HEAD.map(str::to_owned).to_vec();
    let nodes = nodes(topology);
    for ix in networks(topology) {
        if !walk::occupied(topology, ix) {
            lines.push(format!("  {}", declared(topology, Node::Network(ix))));
            continue;
        }
        let title = quoted(&labels::network(topology, ix));
        lines.push(format!("  subgraph {}[{title}]", name(topology, Node::Network(ix))));
        // Without it, what joins nothing outside runs across.
        lines.push("    direction LR".to_owned());
        let inside = nodes.iter().filter(|node| walk::home(topology, **node) == Some(ix));
        lines.extend(inside.map(|node| format!("    {}", declared(topology, *node))));
        lines.push("  end".to_owned());
    }
    let between = nodes.iter().filter(|node| walk::home(topology, **node).is_none());
    lines.extend(between.map(|node| format!("  {}", declared(topology, *node))));
    lines.extend(edges::edges(topology).iter().map(|edge| format!("  {}", drawn(topology, edge))));
    lines.extend(CLASSES.map(str::to_owned));
    lines.join("\n") + "\n"
}

/// Frames have titles of two lines, and Mermaid leaves room for one.
const HEAD: [&str; 2] =
    [r#"%%{init: {"flowchart": {"subGraphTitleMargin": {"bottom": 25}}}}%%"#, "flowchart LR"];

/// Client and server stand out, on light pages and on dark ones.
const CLASSES: [&str; 2] = [
    "  classDef client fill:#dbeafe,stroke:#1d4ed8,color:#111827",
    "  classDef server fill:#dcfce7,stroke:#15803d,color:#111827",
];

/// All networks, the client's first.
fn networks(topology: &Topology) -> Vec<NetworkIx> {
    let mut networks: Vec<NetworkIx> = (0..topology.networks.len()).map(NetworkIx).collect();
    let client = walk::home(topology, Node::Host(topology.client_ix().0));
    networks.sort_by_key(|ix| Some(*ix) != client);
    networks
}

/// All nodes but networks, the client first and the server last: that is how they are read.
fn nodes(topology: &Topology) -> Vec<Node> {
    let mut nodes: Vec<Node> = walk::nodes(topology).collect();
    nodes.sort_by_key(|node| match node {
        Node::Host(ix) => match topology.hosts[*ix].role {
            Role::Client => 0,
            Role::Server => 3,
            Role::Bystander | Role::Proxy => 1,
        },
        _ => 2,
    });
    nodes
}

/// A node's declaration. Kinds of boxes differ in shape.
fn declared(topology: &Topology, node: Node) -> String {
    let name = name(topology, node);
    let text = quoted(&labels::node(topology, node));
    match node {
        Node::Host(ix) => match topology.hosts[ix].role {
            Role::Client => format!("{name}[{text}]:::client"),
            Role::Server => format!("{name}[{text}]:::server"),
            Role::Bystander | Role::Proxy => format!("{name}[{text}]"),
        },
        Node::Endpoint(_) => format!("{name}([{text}])"),
        Node::LoadBalancer(_) => format!("{name}{{{{{text}}}}}"),
        Node::Router(_) | Node::Gateway(_) => format!("{name}[[{text}]]"),
        Node::Network(_) => format!("{name}({text})"),
    }
}

fn drawn(topology: &Topology, edge: &Edge) -> String {
    let (from, to) = (name(topology, edge.from), name(topology, edge.to));
    let arrow = match edge.line {
        Line::Solid => "-->",
        Line::Dotted => "-.->",
        Line::Joined => "-.-",
    };
    let label = labels::edge(topology, edge);
    if label.is_empty() {
        format!("{from} {arrow} {to}")
    } else {
        format!("{from} {arrow}|{}| {to}", quoted(&[label]))
    }
}

/// A node's name in the text: its kind and its id, so that no name is a word of Mermaid's (`end`,
/// `graph`) and no two are the same.
fn name(topology: &Topology, node: Node) -> String {
    let (kind, id) = match node {
        Node::Network(ix) => ("net", &topology.network(ix).id),
        Node::Host(ix) => ("host", &topology.hosts[ix].id),
        Node::Endpoint(ix) => ("vpce", &topology.endpoints[ix].id),
        Node::LoadBalancer(ix) => ("lb", &topology.load_balancers[ix].id),
        Node::Router(ix) => ("router", &topology.routers[ix.0].id),
        Node::Gateway(ix) => ("igw", &topology.internet_gateways[ix.0].id),
    };
    format!("{kind}_{}", id.replace('-', "_"))
}

/// Lines as the text of a node or an edge, with what means something to Mermaid escaped.
fn quoted(lines: &[String]) -> String {
    let escaped: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", escaped.join("<br/>"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '&' => escaped.push_str("#amp;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_mermaid_is_escaped() {
        let lines = ["a \"b\" [c]".to_owned(), "#1 <d> & e".to_owned()];
        assert_eq!(quoted(&lines), "\"a #quot;b#quot; [c]<br/>#35;1 #lt;d#gt; #amp; e\"");
    }
}
