//! `pasvlab man`: manual pages, made from the help.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::{Cli, ManArgs};
use crate::exit::Failure;
use crate::terminal::remark;

/// Runs `pasvlab man`.
pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(directory) = &args.output {
        let pages = all(&root, directory)?;
        return Ok(remark(&format!("{pages} pages in {}", directory.display()))?);
    }
    let mut command = &root;
    for name in &args.subcommand {
        command = command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let of = command.get_name();
            let known = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            Failure::Usage(format!("`{of}` has no subcommand `{name}`\n  {known}"))
        })?;
    }
    let mut out = anstream::stdout().lock();
    out.write_all(&page(command)?)?;
    Ok(out.flush()?)
}

/// Writes the pages of a command and of those below it; how many.
fn all(command: &Command, directory: &Path) -> Result<usize, Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::Usage(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let path = directory.join(Man::new(command.clone()).get_filename());
    std::fs::write(&path, page(command)?).map_err(|error| failed(&path, error))?;
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.map(|command| all(command, directory)).sum::<Result<usize, _>>().map(|below| below + 1)
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let source = format!("pasvlab {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("pasvlab");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    page.extend(sections(&after).into_bytes());
    Ok(page)
}

/// What is below the options in the help: examples, exit codes, and text.
fn sections(text: &str) -> String {
    let (mut notes, mut examples, mut codes) = (String::new(), String::new(), String::new());
    for block in text.split("\n\n") {
        if let Some(lines) = block.strip_prefix("Examples:\n") {
            examples.push_str(&as_it_is(lines));
        } else if let Some(lines) = block.strip_prefix("Exit codes:\n") {
            codes.push_str(&as_it_is(lines));
        } else if let Some(text) = block.strip_prefix("Exit codes: ") {
            codes.push_str(&filled(text));
        } else if block.lines().any(|line| line.starts_with("  ")) {
            notes.push_str(&as_it_is(block));
        } else {
            notes.push_str(&filled(block));
        }
    }
    let mut all = String::new();
    for (title, body) in [("NOTES", notes), ("EXAMPLES", examples), ("EXIT STATUS", codes)] {
        if !body.is_empty() {
            // A string takes whatever is written to it.
            let _ = writeln!(all, ".SH {title}\n{}", body.trim_end());
        }
    }
    all
}

/// Lines that are not to be joined, and begin where they do in the help.
fn as_it_is(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| escaped(line) + "\n").collect();
    format!(".PP\n.nf\n.in 0\n{lines}.in\n.fi\n")
}

fn filled(text: &str) -> String {
    let lines: String = text.lines().map(|line| escaped(line) + "\n").collect();
    format!(".PP\n{lines}")
}

/// A line that roff takes as text: no escape, no request, and hyphens that can be copied.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}
