//! `pasvlab learn`: from a program of this machine to its client file.

use pasvlab_scenarios::Catalog;

use crate::cli::LearnArgs;
use crate::exit::Failure;

/// Runs `pasvlab learn`.
pub(crate) fn run(catalog: &Catalog, args: &LearnArgs) -> Result<(), Failure> {
    platform::run(catalog, args)
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::{Catalog, Failure, LearnArgs};

    pub(super) fn run(_: &Catalog, _: &LearnArgs) -> Result<(), Failure> {
        Err(pasvlab_sandbox::Error::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use std::ffi::OsString;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use pasvlab_harness::portrait::{self, Difference, Draft, Sight};
    use pasvlab_report::portrait::{About, Portrait, file, summary};
    use pasvlab_scenarios::{Situations, load};

    use super::{Catalog, Failure, LearnArgs};
    use crate::commands::inside::name_of;
    use crate::commands::watched::Watcher;
    use crate::files;
    use crate::terminal::quiet;

    /// Programs that run other programs.
    const SHELLS: [&str; 5] = ["sh", "bash", "dash", "zsh", "env"];

    pub(super) fn run(catalog: &Catalog, args: &LearnArgs) -> Result<(), Failure> {
        let about = about(args)?;
        // Before the program runs, so that its work is not lost for a wrong name.
        let destination = output(args).map(|path| free(path, &about.id, args.force));
        destination.transpose()?;
        let situations = Situations::builtin(catalog).map_err(internal)?;
        let watcher = Watcher::new(&situations, args)?;
        let seen = portrait::watch(&situations, |batch| watcher.watch(batch))?;
        let draft = portrait::conclude(&seen).map_err(|nothing| watcher.nothing(&nothing))?;
        let (text, differences) = proven(&situations, &about, &seen, &draft)?;
        let closest = portrait::closest(catalog, &situations, &seen, &draft.transfers);
        let portrait = Portrait {
            about,
            seen: &seen,
            draft: &draft,
            differences: &differences,
            closest: &closest,
        };
        write(args, &portrait, &situations, &text)?;
        if differences.is_empty() { Ok(()) } else { Err(Failure::Differs) }
    }

    /// The file to write; none for standard output.
    fn output(args: &LearnArgs) -> Option<&Path> {
        args.output.as_deref().filter(|path| !files::is_standard(path))
    }

    fn internal(error: impl std::fmt::Display) -> Failure {
        Failure::Usage(error.to_string())
    }

    /// What the file says about the program.
    fn about(args: &LearnArgs) -> Result<About, Failure> {
        let stem = output(args).and_then(Path::file_stem);
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        let program = name_of(&args.command);
        let id = args.name.clone().or(stem).unwrap_or_else(|| identifier(&program));
        // A script is known by its client's name.
        let program = if SHELLS.contains(&program.as_str()) { id.clone() } else { program };
        let command: Vec<String> =
            args.command.iter().map(|word| shown(&word.to_string_lossy(), ARGUMENT)).collect();
        let version = args.version_of.as_deref().map(version).transpose()?;
        Ok(About { id, program, version, command: command.join(" ") })
    }

    /// A program's file name as an id.
    fn identifier(name: &str) -> String {
        let letter = |letter: char| match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        };
        name.chars().map(letter).collect::<String>().trim_matches('-').to_owned()
    }

    /// Letters of an argument, and of a version, that a file shows.
    const ARGUMENT: usize = 200;
    const VERSION: usize = 60;

    /// Text on one line; what is long is cut.
    fn shown(text: &str, most: usize) -> String {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if line.chars().count() + word.chars().count() > most && !line.is_empty() {
                return line + " ...";
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.extend(word.chars().filter(|letter| !letter.is_control()));
        }
        line
    }

    fn version(command: &str) -> Result<String, Failure> {
        let output = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|error| Failure::Usage(format!("`{command}` cannot be run: {error}")))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        line.map(|line| shown(line, VERSION)).ok_or_else(|| {
            Failure::Usage(format!("`{command}`, given with --version-of, printed nothing"))
        })
    }

    /// Sees to it that the file can be written.
    fn free(path: &Path, id: &str, force: bool) -> Result<(), Failure> {
        let shown = path.display();
        if path.file_name() != Some(OsString::from(format!("{id}.toml")).as_os_str()) {
            return Err(Failure::Usage(format!(
                "{shown}: a client file is named after its id, which is `{id}`\n  \
                 write -o {}, or --name with the file's name",
                path.with_file_name(format!("{id}.toml")).display()
            )));
        }
        if !force && path.exists() {
            return Err(Failure::Usage(format!(
                "{shown} exists; write --force to overwrite it, or another name"
            )));
        }
        let directory = files::directory(path);
        if !directory.is_dir() {
            return Err(Failure::Usage(format!(
                "{} is no directory; make it with mkdir -p",
                directory.display()
            )));
        }
        Ok(())
    }

    /// The client file, and where it does something else than the program.
    fn proven(
        situations: &Situations,
        about: &About,
        seen: &[Sight],
        draft: &Draft,
    ) -> Result<(String, Vec<Difference>), Failure> {
        let name = format!("{}.toml", about.id);
        let text = |differences: &[Difference]| {
            file::text(&Portrait { about: about.clone(), seen, draft, differences, closest: &[] })
        };
        let client = load::client(&name, &text(&[]))?;
        let differences = portrait::differences(situations, seen, &client, &draft.transfers);
        let text = text(&differences);
        load::client(&name, &text)?;
        Ok((text, differences))
    }

    fn write(
        args: &LearnArgs,
        portrait: &Portrait<'_>,
        situations: &Situations,
        text: &str,
    ) -> Result<(), Failure> {
        let Some(path) = output(args) else {
            if !quiet() {
                summary::write(portrait, situations, &mut anstream::stderr().lock())?;
            }
            let mut out = anstream::stdout().lock();
            out.write_all(text.as_bytes())?;
            return Ok(out.flush()?);
        };
        files::save(path, text, args.force)?;
        let mut out = anstream::stdout().lock();
        summary::write(portrait, situations, &mut out)?;
        writeln!(out, "\nWritten: {}", path.display())?;
        Ok(out.flush()?)
    }
}
