//! Exit codes, and how errors are shown.

use std::io::{self, Write};
use std::process::ExitCode;

use pasvlab_scenarios::LoadError;

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
    /// The output could not be written.
    Output(io::Error),
    /// pasvlab itself has an error; it has been reported.
    Internal,
}

/// Makes a panic say what to do about it. Inside a simulation a panic ends one task; elsewhere it ends
/// the command, with [`Failure::Internal`].
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
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

/// Shows the failure on standard error and picks the exit code: 0 fine, 1 differs, 2 usage or bad
/// file, 69 the system lacks something (EX_UNAVAILABLE, sysexits.h), 70 internal (EX_SOFTWARE).
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    let mut stderr = anstream::stderr();
    // If standard error is gone too, the exit code has to do.
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Differs) => ExitCode::from(1),
        Err(Failure::Program(code)) => ExitCode::from(code),
        Err(Failure::Sandbox(error)) => {
            let _ = writeln!(stderr, "error: {error}");
            ExitCode::from(69)
        }
        Err(Failure::Usage(text)) => {
            let _ = writeln!(stderr, "error: {text}");
            ExitCode::from(2)
        }
        Err(Failure::Data(error)) => {
            let _ = writeln!(stderr, "{:?}", miette::Report::new(*error));
            ExitCode::from(2)
        }
        // The reader went away, as `head` does: nothing is wrong.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Internal) => ExitCode::from(70),
        Err(Failure::Output(error)) => {
            let _ = writeln!(stderr, "error: the output could not be written: {error}");
            ExitCode::from(70)
        }
    }
}
