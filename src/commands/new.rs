//! `pasvlab new`: begins a file of the user's.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use pasvlab_scenarios::catalog::{self, Source, State};
use pasvlab_scenarios::schema::json_schema_text;
use pasvlab_scenarios::{Catalog, Kind, start};

use crate::cli::NewArgs;
use crate::exit::Failure;
use crate::files;
use crate::terminal::remark;

/// Runs `pasvlab new`.
pub(crate) fn run(
    catalog: &Catalog,
    scenarios: Option<&Path>,
    args: &NewArgs,
) -> Result<(), Failure> {
    let output = args.output.as_deref().filter(|path| !files::is_standard(path));
    let folder = output.map(|path| destination(path, args)).transpose()?;
    let model = catalog.source(args.kind, &args.from, scenarios)?;
    let text = start::starting_text(args.kind, &model.text, &args.id)
        .map_err(|error| Failure::Usage(format!("{}: {error}", model.name)))?;
    let name =
        output.map_or_else(|| format!("{}.toml", args.id), |path| path.display().to_string());
    sound(scenarios, Source { kind: args.kind, name, text: text.clone() })?;
    let (Some(path), Some(folder)) = (output, folder) else {
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    };
    make(&folder)?;
    files::save(path, &text, false)?;
    let root = files::directory(&folder);
    let schemas = root.join("schema");
    make(&schemas)?;
    let schema = schemas.join(format!("{}.json", args.kind.name()));
    files::save(&schema, &json_schema_text(args.kind), true)?;
    remark(&format!("written: {}\n         {}, for editors", path.display(), schema.display()))?;
    remark(&format!("try it:  {}", usage(args, &root)))?;
    Ok(())
}

/// The folder of the file, which must be that of its kind, and its name that of its id: otherwise
/// nothing would find it.
fn destination(path: &Path, args: &NewArgs) -> Result<PathBuf, Failure> {
    let name = format!("{}.toml", args.id);
    let absolute = std::path::absolute(path)?;
    let folder = absolute.parent();
    if path.file_name() != Some(OsStr::new(&name))
        || folder.and_then(Kind::of_folder) != Some(args.kind)
    {
        let (kind, folder) = (args.kind.name(), args.kind.folder());
        return Err(Failure::Usage(format!(
            "{}: the file of this {kind} is called {name}, in a folder called {folder}\n  \
             write for example -o my/{folder}/{name}",
            path.display(),
        )));
    }
    if path.exists() {
        let text = format!("{} exists; choose another id, or remove it first", path.display());
        return Err(Failure::Usage(text));
    }
    Ok(files::directory(path))
}

/// Refuses an id that cannot be one.
fn sound(scenarios: Option<&Path>, file: Source) -> Result<(), Failure> {
    let others = scenarios.map(catalog::in_directory).and_then(Result::ok).unwrap_or_default();
    for checked in catalog::check(&others, &[file]) {
        if let State::Wrong(error) = checked.state {
            return Err(error.into());
        }
    }
    Ok(())
}

fn make(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| {
        Failure::Usage(format!("cannot make the directory {}: {error}", directory.display()))
    })
}

/// What to type to see the new thing at work.
fn usage(args: &NewArgs, root: &Path) -> String {
    let (id, root) = (&args.id, root.display());
    let rest = match args.kind {
        Kind::Topology => format!("matrix --topology {id}"),
        Kind::Client => format!("matrix --client {id}"),
        Kind::Server => format!("run --server {id} direct/auto/curl"),
        Kind::Case => format!("run {id}"),
        Kind::Matrix => format!("matrix --matrix {id}"),
        Kind::Program => format!("conformance --program {id}"),
    };
    format!("pasvlab --scenarios {root} {rest}")
}
