//! What a program inside the lab finds, and how it is held there. Shared by the commands that run one.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use pasvlab_harness::Scenario;
use pasvlab_harness::lab::identity;
use pasvlab_harness::live::Attached;
use pasvlab_sandbox::{FILES, Sandbox, Spec};

/// Exit codes for a program that is not there, or cannot be run.
pub(super) const NOT_RUN: [u8; 2] = [126, 127];

/// The file in which a program finds the server's certificate.
const CERTIFICATE: &str = "certificate.pem";

/// What a program inside the lab is given.
pub(super) struct Given {
    /// The variables in its environment; its arguments may name them, too.
    pub(super) values: Vec<(&'static str, String)>,
    /// Names and contents of files that it finds in [`FILES`].
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// What a program is given to talk to the lab's server, or to a real one, which has a certificate of its
/// own if any.
pub(super) fn given(scenario: &Scenario<'_>, real_server: bool) -> Given {
    let server = scenario.server;
    let (host, port) = (&scenario.topology.connect, server.control_port);
    let mut values =
        Vec::from(values_of(host, port, &server.user, &server.password, &server.files[0].path));
    let mut files = Vec::new();
    if let Some(identity) = identity(scenario).filter(|_| !real_server) {
        values.push(("PASVLAB_CERTIFICATE", format!("{FILES}/{CERTIFICATE}")));
        files.push((CERTIFICATE.to_owned(), identity.pem().as_bytes().to_vec()));
    }
    Given { values, files }
}

impl Given {
    /// The variables, as a sandbox takes them.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The files' names, as a sandbox takes them.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Starts a program with the files that it is given.
    pub(super) fn start(&self, spec: &Spec) -> Result<Sandbox, pasvlab_sandbox::Error> {
        let contents: Vec<&[u8]> = self.files.iter().map(|(_, content)| &content[..]).collect();
        Sandbox::start_with(spec, &contents)
    }
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
