//! `pasvlab list`: what there is.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;
use pasvlab_report::words;
use pasvlab_scenarios::{Catalog, Client, ServerTls};

use crate::cli::{ListArgs, Listed};
use crate::exit::Failure;

/// Runs `pasvlab list`.
pub(crate) fn run(catalog: &Catalog, args: &ListArgs) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match args.what {
        Listed::Topologies => {
            let mut list = List::new(&mut out, catalog.topologies().map(|topology| &topology.id));
            for topology in catalog.topologies() {
                let ids: Vec<&str> = topology.passive_ip_ids().collect();
                list.entry(&topology.id, &topology.title)?;
                list.detail(&format!("PassiveIp: {}", ids.join(", ")))?;
            }
        }
        Listed::Clients => clients(catalog, &mut out)?,
        Listed::Servers => {
            let mut list = List::new(&mut out, catalog.servers().map(|server| &server.id));
            for server in catalog.servers() {
                list.entry(&server.id, &server.title)?;
                match server.tls {
                    ServerTls::None => {}
                    ServerTls::Offered => list.detail("TLS offered")?,
                    ServerTls::Required => list.detail("TLS required")?,
                }
            }
        }
        Listed::Cases => {
            let mut list = List::new(&mut out, catalog.cases().map(|case| &case.id));
            for case in catalog.cases() {
                list.entry(&case.id, &case.title)?;
                list.detail(&case.cell().to_string())?;
            }
        }
        Listed::Matrices => {
            let mut list = List::new(&mut out, catalog.matrices().map(|matrix| &matrix.id));
            for matrix in catalog.matrices() {
                list.entry(&matrix.id, &matrix.title)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Clients under the names of their programs.
fn clients(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let mut list = List::new(out, catalog.clients().map(|client| &client.id)).indented();
    for (number, (program, clients)) in by_program(catalog).into_iter().enumerate() {
        if number > 0 {
            writeln!(list.out)?;
        }
        words::wrapped(program, 0).iter().try_for_each(|line| writeln!(list.out, "{line}"))?;
        for client in clients {
            list.entry(&client.id, &client.versions)?;
            match client.options.as_slice() {
                [] => list.detail("defaults")?,
                options => list.detail(&options.join("; "))?,
            }
        }
    }
    Ok(())
}

/// The clients of each program, and the programs in alphabetical order, whatever their case.
fn by_program(catalog: &Catalog) -> Vec<(&str, Vec<&Client>)> {
    let mut programs: BTreeMap<(String, &str), Vec<&Client>> = BTreeMap::new();
    for client in catalog.clients() {
        let program = client.program.as_str();
        programs.entry((program.to_lowercase(), program)).or_default().push(client);
    }
    programs.into_iter().map(|((_, program), clients)| (program, clients)).collect()
}

/// Ids, and what belongs to them in a column of its own.
struct List<'a> {
    out: &'a mut dyn Write,
    /// Where ids begin.
    indent: usize,
    /// Where everything else begins.
    column: usize,
}

/// The column of texts is not further to the right than this; a longer id has a line of its own.
const RIGHTMOST: usize = 28;

impl<'a> List<'a> {
    fn new<'b>(out: &'a mut dyn Write, ids: impl Iterator<Item = &'b String>) -> Self {
        let longest = ids.map(String::len).max().unwrap_or_default();
        Self { out, indent: 0, column: (longest + 2).min(RIGHTMOST) }
    }

    fn indented(self) -> Self {
        Self { indent: 2, column: (self.column + 2).min(RIGHTMOST), ..self }
    }

    fn entry(&mut self, id: &str, text: &str) -> io::Result<()> {
        let bold = Style::new().bold();
        let Self { indent, column, .. } = *self;
        write!(self.out, "{:indent$}{bold}{id}{bold:#}", "")?;
        let mut lines = words::wrapped(text, column).into_iter().peekable();
        if let Some(first) = lines.next_if(|_| indent + id.len() < column) {
            write!(self.out, "{:blank$}{first}", "", blank = column - indent - id.len())?;
        }
        writeln!(self.out)?;
        lines.try_for_each(|line| writeln!(self.out, "{:column$}{line}", ""))
    }

    fn detail(&mut self, text: &str) -> io::Result<()> {
        let column = self.column;
        let mut lines = words::wrapped(text, column).into_iter();
        lines.try_for_each(|line| writeln!(self.out, "{:column$}{line}", ""))
    }
}
