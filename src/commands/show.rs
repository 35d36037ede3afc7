//! `pasvlab show`: what something is.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_report::{client, diagram, page, server, words};
use pasvlab_scenarios::{Catalog, Topology};

use crate::cli::{ShowArgs, Shown};
use crate::exit::Failure;

/// Runs `pasvlab show`.
pub(crate) fn run(catalog: &Catalog, args: &ShowArgs) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match &args.what {
        Shown::Topology(args) => match &args.id {
            Some(id) => topology(catalog.topology(id)?, &mut out)?,
            None => out.write_all(page::topologies_page(catalog).as_bytes())?,
        },
        Shown::Client(args) => {
            let client = catalog.client(&args.id)?;
            let programs = catalog.programs_of(&client.id);
            let programs: Vec<_> = programs.map(|program| program.version_name(client)).collect();
            client::write(client, &programs, &mut out)?;
        }
        Shown::Server(args) => server::write(catalog.server(&args.id)?, &mut out)?,
    }
    out.flush()?;
    Ok(())
}

fn topology(topology: &Topology, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}", topology.title)?;
    paragraph(&topology.summary, out)?;
    writeln!(out)?;
    for (name, value) in page::settings(topology) {
        paragraph(&format!("{name}: {value}"), out)?;
    }
    write!(out, "\n{}", diagram::mermaid(topology))
}

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    words::wrapped(text, 0).iter().try_for_each(|line| writeln!(out, "{line}"))
}
