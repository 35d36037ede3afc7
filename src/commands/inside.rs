//! What a program inside the lab finds, and how it is held there. Shared by the commands that run one.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use pasvlab_harness::Scenario;
use pasvlab_harness::live::Attached;
use pasvlab_sandbox::Sandbox;

/// Exit codes for a program that is not there, or cannot be run.
pub(super) const NOT_RUN: [u8; 2] = [126, 127];

/// The variables in a program's environment; its arguments may name them, too.
pub(super) fn values(scenario: &Scenario<'_>) -> [(&'static str, String); 6] {
    let server = scenario.server;
    let (host, port) = (&scenario.topology.connect, server.control_port);
    values_of(host, port, &server.user, &server.password, &server.files[0].path)
}

fn values_of(
    host: &str,
    port: u16,
    user: &str,
    password: &str,
    file: &str,
) -> [(&'static str, String); 6] {
    let user_info = format!("{}:{}", encoded(user), encoded(password));
    [
        ("PASVLAB_HOST", host.to_owned()),
        ("PASVLAB_PORT", port.to_string()),
        ("PASVLAB_USER", user.to_owned()),
        ("PASVLAB_PASSWORD", password.to_owned()),
        ("PASVLAB_FILE", file.to_owned()),
        ("PASVLAB_URL", format!("ftp://{user_info}@{host}:{port}/{}", encoded(file))),
    ]
}

/// Puts what the program needs to know into its arguments.
pub(super) fn filled(command: &[OsString], values: &[(&str, String)]) -> Vec<OsString> {
    let fill = |argument: &OsString| {
        let Some(text) = argument.to_str() else { return argument.clone() };
        let filled = values.iter().fold(text.to_owned(), |text, (name, value)| {
            let placeholder = name.trim_start_matches("PASVLAB_").to_ascii_lowercase();
            text.replace(&format!("{{{placeholder}}}"), value)
        });
        OsString::from(filled)
    };
    command.iter().map(fill).collect()
}

/// The name under which a program appears in reports.
pub(super) fn name_of(command: &[OsString]) -> String {
    let program = command.first().map_or(OsStr::new("program"), OsString::as_os_str);
    let name = Path::new(program).file_name().unwrap_or(program);
    name.to_string_lossy().into_owned()
}

/// Text as part of a URL (RFC 3986 section 2.1).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let letters = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    letters.collect()
}

/// The descriptors of a sandbox, for the lab.
pub(super) fn attached(sandbox: &Sandbox) -> io::Result<Attached> {
    let own =
        |descriptor: BorrowedFd<'_>| -> io::Result<OwnedFd> { descriptor.try_clone_to_owned() };
    Ok(Attached {
        device: own(sandbox.device())?,
        loopback: own(sandbox.loopback())?,
        ending: own(sandbox.ending())?,
    })
}
