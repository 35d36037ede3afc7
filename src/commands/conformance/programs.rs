//! Programs on this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pasvlab_scenarios::{Catalog, Program};
use tempfile::TempDir;

/// A program that can be run.
pub(super) struct Installed<'a> {
    pub(super) program: &'a Program,
    /// What it says of its version.
    pub(super) version: String,
}

/// What programs find around them.
pub(super) struct Surroundings {
    scripts: TempDir,
    clients: PathBuf,
}

impl Surroundings {
    /// Writes out the scripts that programs are run with.
    pub(super) fn new(clients: PathBuf) -> io::Result<Self> {
        let scripts = tempfile::tempdir()?;
        for (name, text) in Catalog::scripts() {
            fs::write(scripts.path().join(name), text)?;
        }
        Ok(Self { scripts, clients })
    }

    /// A command that finds everything, in `home`.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(home)
            .env("HOME", home)
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "dumb")
            .env("PASVLAB_SCRIPTS", self.scripts.path())
            .env("PASVLAB_CLIENTS", &self.clients);
        // No other way to the server than the lab's, and nothing of the user's own settings.
        for name in ["ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// The program's version, or why it cannot be run.
    pub(super) fn find(&self, program: &Program) -> Result<String, String> {
        for need in &program.needs {
            if !self.is_there(need) {
                return Err(format!("`{need}` is not there"));
            }
        }
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (name, arguments) = program.version.split_first().ok_or("it has no version command")?;
        let output = self
            .command(name, home.path())
            .args(arguments)
            .output()
            .map_err(|error| format!("`{name}` cannot be run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = if text.trim().is_empty() {
            String::from_utf8_lossy(&output.stderr).into_owned()
        } else {
            text
        };
        let version = said.lines().next().unwrap_or_default().trim().to_owned();
        if version.contains(&program.versions) {
            return Ok(version);
        }
        Err(format!("its version is \"{version}\", not {}", program.versions))
    }

    fn is_there(&self, need: &str) -> bool {
        if let Some(below) = need.strip_prefix("{clients}/") {
            return self.clients.join(below).exists();
        }
        if need.starts_with('/') {
            return Path::new(need).exists();
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(need).is_file())
    }
}
