//! Everything that needs Linux.

mod channel;
mod files;
mod groups;
mod init;
mod interface;
mod parent;
mod supervisor;

use std::process::ExitCode;

pub use parent::Sandbox;

/// First argument of the supervisor's command line.
const SUPERVISOR: &str = "--pasvlab-sandbox-supervisor";
/// First argument of process 1's command line.
const INIT: &str = "--pasvlab-sandbox-init";

/// If this process was started to be inside a sandbox, does its work there and returns its exit code.
/// To be called before anything else, as long as there is one thread only.
pub fn inside() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next()?;
    if first == SUPERVISOR {
        return Some(supervisor::run(arguments.next()));
    }
    (first == INIT).then(|| init::run(arguments))
}
