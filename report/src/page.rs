//! Pages of documentation: every topology, and every client behind every one of them.

use std::io;

use pasvlab_scenarios::{Catalog, Topology};

use crate::markdown::{Markdown, plain};
use crate::{MatrixResult, Renderer, diagram};

const HEADING: &str = "\
# Topologies

Generated from the topology files. After a change of a file, make it anew:

```sh
cargo run --release -- show topology --all > docs/topologies.md
```

How to read the diagrams:

- A frame is a network. What stands between frames joins them.
- A solid arrow is the way of a connection to what the client connects to, and what a
  box passes on by itself: a load balancer to its targets, an endpoint to load
  balancers, a router's forwards, a proxy's relays.
- A dotted arrow from the client is what it reaches besides, if it dials the address on
  the arrow, which the server may announce. Such an address without an arrow leads
  nowhere, or along the solid arrows. Other dotted arrows and lines are routes and
  connections of networks that the client does not use.
- Ports: `21, 9192-9200 → 8192-8200` is what a box takes and, if it differs, the ports
  behind it. `SG` is what security groups let pass, `ACL` what network ACLs do; neither
  is named where everything passes. `rest` is what a router does with everything else.
- Letters after addresses are availability zones, where there are several.
";

/// All topologies of the catalogue in order of id, in Markdown: title, summary, settings, diagram,
/// sources.
#[must_use]
pub fn topologies_page(catalog: &Catalog) -> String {
    let mut page = HEADING.to_owned();
    for topology in catalog.topologies() {
        page.push_str(&section(topology));
    }
    page
}

fn section(topology: &Topology) -> String {
    let title = plain(&topology.title);
    let summary = plain(&topology.summary);
    let mut settings = String::new();
    for (name, value) in self::settings(topology) {
        settings.push_str(&format!("- {name}: {}\n", plain(&value)));
    }
    let diagram = diagram::mermaid(topology);
    let mut section = format!(
        "\n## {}\n\n**{title}.** {summary}\n\n{settings}\n```mermaid\n{diagram}```\n",
        topology.id
    );
    if !topology.sources.is_empty() {
        section.push_str("\nSources:\n\n");
        for source in &topology.sources {
            section.push_str(&format!("- {}\n", plain(source)));
        }
    }
    section
}

/// What a topology's settings are, as names and values: what the client connects to, the values of
/// PassiveIp, and what legs are like if that is unusual.
#[must_use]
pub fn settings(topology: &Topology) -> Vec<(&'static str, String)> {
    let addresses = diagram::connect_addresses(topology);
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let connect = match addresses.as_slice() {
        [only] if *only == topology.connect => only.clone(),
        addresses => format!("{} ({})", topology.connect, addresses.join(", ")),
    };
    let own = topology.passive_ips.iter().map(|(id, address)| format!("{id} ({address})"));
    let passive_ips = ["auto".to_owned(), "zero (0.0.0.0)".to_owned()].into_iter().chain(own);
    let passive_ips = passive_ips.collect::<Vec<_>>().join(", ");
    let mut settings = vec![("The client connects to", connect), ("PassiveIp", passive_ips)];
    let legs = diagram::link(&topology.link);
    if !legs.is_empty() {
        settings.push(("Every leg", legs));
    }
    settings
}

/// What stands between the title of the compatibility page and its tables.
const COMPATIBILITY: &str = "\
Every client file, behind every topology, with every setting of PassiveIp that means
something there. Generated; after a change make it anew with `cargo run --release -- bless`.

Clients that come out the same share a row. A letter after an outcome is its cause, below the
table; `pasvlab run TOPOLOGY/SETTING/CLIENT` tells the whole story of a cell. How far the
client files do what the real programs do is in [docs/conformance.md](docs/conformance.md),
what the topologies look like in [docs/topologies.md](docs/topologies.md).
";

/// What the page docs/ftps.md says first.
const IN_TLS: &str = "\
Every client file that goes over to TLS, with the server `transfer-family-ftps`, which takes data
connections only if they resume the control connection's TLS session, as AWS Transfer Family does
unless told otherwise. Generated; after a change make it anew with `cargo run --release -- bless`.

Clients that come out the same share a row. A letter after an outcome is its cause, below the
table; `pasvlab run TOPOLOGY/SETTING/CLIENT` tells the whole story of a cell. In clear:
[COMPATIBILITY.md](../COMPATIBILITY.md).
";

/// The full matrix as the page COMPATIBILITY.md.
///
/// # Errors
/// Those of writing to memory, which are none.
pub fn compatibility(result: &MatrixResult) -> io::Result<String> {
    matrix_page("Compatibility", COMPATIBILITY, result)
}

/// The matrix of clients in TLS as the page docs/ftps.md.
///
/// # Errors
/// Those of writing to memory, which are none.
pub fn compatibility_in_tls(result: &MatrixResult) -> io::Result<String> {
    matrix_page("Compatibility over FTPS", IN_TLS, result)
}

fn matrix_page(heading: &str, introduction: &str, result: &MatrixResult) -> io::Result<String> {
    let mut bytes = Vec::new();
    Markdown { grouped: true }.write(result, &mut bytes)?;
    let tables = String::from_utf8(bytes).map_err(io::Error::other)?;
    let (_, tables) = tables.split_once('\n').unwrap_or_default();
    Ok(format!("# {heading}\n\n{introduction}{tables}"))
}
