//! Process 1 of the process namespace: starts the program, buries whatever dies, and takes the rest
//! along when it ends (pid_namespaces(7)).

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::{Command, ExitCode};

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, wait};

/// Exit codes of a shell for a command that cannot be run, or is not there (POSIX, sh, "Exit Status").
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Runs the program in `arguments` and returns its exit code.
pub(super) fn run(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(program) = arguments.next() else { return ExitCode::from(CANNOT_RUN) };
    if prctl::set_pdeathsig(Signal::SIGKILL).is_err() {
        return ExitCode::from(CANNOT_RUN);
    }
    // Its exit status is among those that `wait` below collects.
    let started = Command::new(&program).args(arguments).spawn();
    let child = match started {
        Ok(child) => child.id() as i32,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: cannot run {}: {error}", program.display());
            let code = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
            return ExitCode::from(code);
        }
    };
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, code)) if pid.as_raw() == child => {
                return ExitCode::from(code as u8);
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid.as_raw() == child => {
                return ExitCode::from(128 + signal as i32 as u8);
            }
            Err(nix::errno::Errno::EINTR) | Ok(_) => {}
            Err(_) => return ExitCode::from(CANNOT_RUN),
        }
    }
}
