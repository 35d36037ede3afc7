//! A sound file of every kind, for tests to break, and what every test does with them.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fs;
use std::path::Path;

use pasvlab_scenarios::{LoadError, Location};

/// The sound file with its first `old` replaced.
pub(crate) fn broken(sound: &str, old: &str, new: &str) -> String {
    assert!(sound.contains(old), "the sound file has no {old:?}");
    sound.replacen(old, new, 1)
}

/// Writes a file, and the folder around it.
pub(crate) fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Checks an error's first problem, in all the forms in which a person may see it.
pub(crate) fn check(
    error: &LoadError,
    file: &str,
    place: (usize, usize),
    message: &str,
    hint: &str,
) {
    let (line, column) = place;
    let first = error.problems().next().unwrap();
    let seen = error.one_line();
    assert_eq!(error.location(), Some(Location { file: file.to_owned(), line, column }), "{seen}");
    assert_eq!(first.message(), message);
    assert!(first.advice().unwrap_or_default().contains(hint), "{seen}");
    assert!(seen.starts_with(&format!("{file}:{line}:{column}: {message} (")), "{seen}");
    assert_eq!(error.to_string(), format!("{file}: {message}"));
    let mut drawn = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .render_report(&mut drawn, error)
        .unwrap();
    assert!(drawn.contains(&format!("{file}:{line}:{column}]")), "{drawn}");
}

/// A topology with everything in it.
pub(crate) const TOPOLOGY: &str = r#"id = "t"
title = "A title"
summary = "A summary."
sources = []
connect = "ftp.example"
latency_ms = 2

[passive_ips]
nlb = "10.0.1.50"

[[network]]
id = "corp"
kind = "vpc"
cidrs = ["172.20.0.0/16"]

[[network]]
id = "provider"
kind = "vpc"
cidrs = ["10.0.0.0/16"]

[[peering]]
id = "tgw"
between = ["corp", "provider"]

[[subnet]]
id = "corp-a"
network = "corp"
zone = "a"
cidr = "172.20.9.0/24"
routes = [{ to = "10.0.1.0/24", via = "tgw" }]

[[subnet]]
id = "provider-a"
network = "provider"
zone = "a"
cidr = "10.0.1.0/24"

[[subnet]]
id = "provider-b"
network = "provider"
zone = "b"
cidr = "10.0.2.0/24"

[[host]]
id = "client"
role = "client"
interfaces = [{ subnet = "corp-a", address = "172.20.9.10" }]

[[host]]
id = "server"
role = "server"
interfaces = [{ subnet = "provider-a", address = "10.0.1.10" }]

[[target_group]]
id = "ftp"
targets = ["10.0.1.10"]

[[load_balancer]]
id = "nlb"
nodes = [{ subnet = "provider-a", address = "10.0.1.50" }]
listeners = [
    { ports = "21", target_group = "ftp" },
    { ports = "8192-8200", target_group = "ftp" },
]

[[endpoint_service]]
id = "svc"
load_balancer = "nlb"

[[endpoint]]
id = "vpce"
service = "svc"
interfaces = [{ subnet = "corp-a", address = "172.20.9.46" }]

[[name]]
name = "ftp.example"
of = "vpce"
"#;

/// A server.
pub(crate) const SERVER: &str = r#"id = "t"
title = "A title"
summary = "A summary."
sources = []
control_port = 21
passive_ports = "8192-8200"
greeting = "Hello."
user = "demo"
password = "secret"
idle_timeout_s = 1800

[[file]]
path = "report.csv"
size = 6000
"#;

/// A client that tries again.
pub(crate) const CLIENT: &str = r#"id = "t"
program = "t"
versions = "1"
options = []
os = "linux"
verified = "run"
summary = "A summary."
sources = []

login = ["USER", "PASS"]

[list]
command = "LIST"

[download]
before = ["TYPE I"]
command = "RETR {file}"

[upload]
command = "STOR {file}"

[data]
commands = ["EPSV", "PASV"]
epsv_needs_feature = ["EPSV"]
order = "connect-first"
address = "reply"
on_reply_error = "next-command"
on_connect_failure = "reconnect"
connect_timeout_s = 20

[retry]
after = ["timed-out"]
rounds = 3
first_wait_s = 1
wait_step_s = 0.5
max_wait_s = 10

[messages]
connect = "connect: {os}"
refused = "refused by {address}:{port}"
"#;

/// A matrix of built-in things.
pub(crate) const MATRIX: &str = r#"id = "t"
title = "A title"
server = "transfer-family"
topologies = ["direct", "nlb"]
passive_ips = ["auto", "nlb"]
clients = ["lftp", "wget"]
"#;

/// A case of built-in things.
pub(crate) const CASE: &str = r#"id = "t"
title = "A title"
summary = "A summary."
sources = []
topology = "nlb"
passive_ip = "nlb"
client = "lftp"
server = "transfer-family"
passive_port = 8192
transcript = ["227 "]
"#;
