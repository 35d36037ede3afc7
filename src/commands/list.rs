//! `pasvlab list`: what there is.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_report::words;
use pasvlab_scenarios::Catalog;

use crate::cli::{ListArgs, Listed};
use crate::exit::Failure;

/// Runs `pasvlab list`.
pub(crate) fn run(catalog: &Catalog, args: &ListArgs) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match args.what {
        Listed::Topologies => {
            for topology in catalog.topologies() {
                let ids: Vec<&str> = topology.passive_ip_ids().collect();
                entry(&mut out, &topology.id, &topology.title)?;
                detail(&mut out, &format!("PassiveIp: {}", ids.join(", ")))?;
            }
        }
        Listed::Clients => {
            for client in catalog.clients() {
                entry(&mut out, &client.id, &format!("{} {}", client.program, client.versions))?;
                if !client.options.is_empty() {
                    detail(&mut out, &client.options.join("; "))?;
                }
            }
        }
        Listed::Servers => {
            for server in catalog.servers() {
                entry(&mut out, &server.id, &server.title)?;
            }
        }
        Listed::Cases => {
            for case in catalog.cases() {
                entry(&mut out, &case.id, &case.title)?;
                detail(&mut out, &case.cell().to_string())?;
            }
        }
        Listed::Matrices => {
            for matrix in catalog.matrices() {
                entry(&mut out, &matrix.id, &matrix.title)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Column where titles begin.
const TITLES: usize = 21;

fn entry(out: &mut dyn Write, id: &str, title: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    let lines = words::wrapped(title, TITLES);
    let first = lines.first().map_or("", String::as_str);
    writeln!(out, "{bold}{id:20}{bold:#} {first}")?;
    lines.iter().skip(1).try_for_each(|line| writeln!(out, "{:TITLES$}{line}", ""))
}

fn detail(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut lines = words::wrapped(text, TITLES).into_iter();
    lines.try_for_each(|line| writeln!(out, "{:TITLES$}{line}", ""))
}
