//! Exit codes, and how errors are shown.

use std::io::{self, Write};
use std::process::ExitCode;

use pasvlab_scenarios::LoadError;

/// The codes with which this program ends by itself, with their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Ok = 0,
    Differs = 1,
    Usage = 2,
    /// EX_UNAVAILABLE of sysexits.h.
    Unavailable = 69,
    /// EX_SOFTWARE of sysexits.h.
    Internal = 70,
}

/// All exit codes: code, name, meaning. The one place where they are explained; the help and the manual
/// page show it, and docs/exit-codes.md is held against it.
const TABLE: [(&str, &str, &str); 9] = [
    ("0", "ok", "done; that cells fail is a result"),
    (
        "1",
        "differs",
        "matrix: cells differ from the committed table; conformance, learn: a program differs from its \
         client file, or with --require is missing; advise: nothing helps; exec with --exit-code verdict: no transfer \
         arrived; probe: it ended before every question was asked",
    ),
    ("2", "usage", "wrong usage, or a file with an error; learn: nothing could be learned"),
    ("69", "unavailable", "the system lacks what a real program inside the lab takes"),
    ("70", "internal", "pasvlab has an error, or its output could not be written"),
    ("124", "stopped", "exec, shell: --limit stopped the program"),
    ("126", "not-run", "exec, shell: the program was found and could not be run"),
    ("127", "not-found", "exec, shell: the program was not found"),
    (
        "other",
        "program",
        "exec, shell: the program's own code, or 128 and the number of the signal that ended it",
    ),
];

/// The table of exit codes, for the help.
pub(crate) fn table() -> String {
    const MEANING: usize = 22;
    let mut text = "Exit codes:".to_owned();
    for (code, name, meaning) in TABLE {
        let mut lines = pasvlab_report::words::wrapped(meaning, MEANING).into_iter();
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("\n  {code:<7}{name:<13}{first}"));
        lines.for_each(|line| text.push_str(&format!("\n{:MEANING$}{line}", "")));
    }
    text
}

/// How a command can fail, or end otherwise than fine.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Cells differ from the committed table; they have been named.
    Differs,
    /// A program that ran inside the lab ended with this code, or the verdict asks for it.
    Program(u8),
    /// The system lacks what running programs inside the lab takes.
    Sandbox(pasvlab_sandbox::Error),
    /// What was typed cannot be meant.
    Usage(String),
    /// A data file has an error.
    Data(Box<LoadError>),
    /// Files have errors; they have been shown.
    Unsound,
    /// The output could not be written.
    Output(io::Error),
    /// pasvlab itself has an error; it has been reported.
    Internal,
}

/// Makes a panic say what to do about it. Inside a simulation a panic ends one task; elsewhere it ends
/// the command, with [`Failure::Internal`].
///
/// libunftp ends the task of a data connection by a panic if TLS fails there (0.24.0,
/// src/server/datachan.rs, writer and reader). That is something that a client can do to a server, and
/// part of the session.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let file = panic.location().map(|location| location.file()).unwrap_or_default();
        if file.contains("libunftp") && file.ends_with("datachan.rs") {
            tracing::warn!(%panic, "the server gives up a data connection");
            return;
        }
        let mut stderr = anstream::stderr();
        let _ = writeln!(stderr, "internal error: {panic}");
        let _ = writeln!(stderr, "this is an error of pasvlab; please report it with the command");
    }));
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl From<pasvlab_scenarios::UnknownId> for Failure {
    fn from(error: pasvlab_scenarios::UnknownId) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<pasvlab_sandbox::Error> for Failure {
    fn from(error: pasvlab_sandbox::Error) -> Self {
        Self::Sandbox(error)
    }
}

/// Shows what is wrong with a file on standard error.
pub(crate) fn show(error: LoadError) {
    // If standard error is gone too, the exit code has to do.
    let _ = writeln!(anstream::stderr(), "{:?}", miette::Report::new(error));
}

/// Shows the failure on standard error, and picks the exit code.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    result.map_or_else(tell, |()| ExitCode::from(Exit::Ok as u8))
}

/// Shows a failure on standard error, and picks its exit code.
pub(crate) fn tell(failure: Failure) -> ExitCode {
    let mut stderr = anstream::stderr();
    let exit = match failure {
        Failure::Differs => Exit::Differs,
        Failure::Program(code) => return ExitCode::from(code),
        Failure::Sandbox(error) => {
            let _ = writeln!(stderr, "error: {error}");
            Exit::Unavailable
        }
        Failure::Usage(text) => {
            let _ = writeln!(stderr, "error: {text}");
            Exit::Usage
        }
        Failure::Data(error) => {
            show(*error);
            Exit::Usage
        }
        Failure::Unsound => Exit::Usage,
        // The reader went away, as `head` does: nothing is wrong.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Failure::Internal => Exit::Internal,
        Failure::Output(error) => {
            let _ = writeln!(stderr, "error: the output could not be written: {error}");
            Exit::Internal
        }
    };
    ExitCode::from(exit as u8)
}
