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

/// A topology with load balancer and endpoint.
pub(crate) const TOPOLOGY: &str = r#"id = "t"
title = "A title"
summary = "A summary."
sources = []
connect = "ftp.example"
link = { latency_ms = 2 }

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
load_balancers = ["nlb"]

[[endpoint]]
id = "vpce"
service = "svc"
interfaces = [{ subnet = "corp-a", address = "172.20.9.46" }]

[[name]]
name = "ftp.example"
of = "vpce"
"#;

/// A topology with everything that [`TOPOLOGY`] has not.
pub(crate) const GATEWAYS: &str = r#"id = "t"
title = "A title"
summary = "A summary."
sources = []
connect = "ftp.example"

[link]
latency_ms = 5
jitter_ms = 2
bandwidth_bit_s = 20000000
loss_percent = 0.5
mtu = 1400
mtu_discovery = false

[[network]]
id = "home"
kind = "on-premises"
cidrs = ["192.168.0.0/16"]
link = { latency_ms = 3 }

[[network]]
id = "internet"
kind = "internet"
cidrs = ["203.0.113.0/24", "198.51.100.0/24"]

[[network]]
id = "vpc"
kind = "vpc"
cidrs = ["10.0.0.0/16"]

[[subnet]]
id = "home-lan"
network = "home"
cidr = "192.168.1.0/24"
routes = [
    { to = "0.0.0.0/0", via = "box" },
    { to = "10.0.0.0/16", via = "vpn" },
]

[[subnet]]
id = "isp"
network = "internet"
cidr = "203.0.113.0/24"

[[subnet]]
id = "elastic"
network = "internet"
cidr = "198.51.100.0/24"

[[subnet]]
id = "public-a"
network = "vpc"
zone = "a"
cidr = "10.0.1.0/24"
routes = [{ to = "0.0.0.0/0", via = "igw" }]
acl = "ftp-only"

[[subnet]]
id = "private-a"
network = "vpc"
zone = "a"
cidr = "10.0.2.0/24"
routes = [{ to = "0.0.0.0/0", via = "natgw" }]

[[subnet]]
id = "public-b"
network = "vpc"
zone = "b"
cidr = "10.0.3.0/24"

[[peering]]
id = "vpn"
between = ["home", "vpc"]
link = { mtu = 1300 }

[[router]]
id = "box"
inside = [{ subnet = "home-lan", address = "192.168.1.1" }]
outside = [
    { subnet = "isp", address = "203.0.113.5" },
    { subnet = "isp", address = "203.0.113.6" },
]
source_nat = true
choose = "per-connection"
keep_ports = false
forwards = [
    { address = "203.0.113.5", ports = "2121", to = ["192.168.1.20"], to_ports = "21" },
    { ports = "8192-8200", to = ["192.168.1.20"], rewrite_source = "per-client" },
]
hairpin = true
from_inside = [{ ports = "1024-65535" }, { ports = "21", to = "198.51.100.0/24" }]
from_outside = [{ ports = "22" }]
refusal = "prohibited"
idle_timeout_s = 300
after_idle = "pick-up"
ftp_helper = { ports = [21, 2121], understands = ["PASV", "EPSV"], loose = true }

[[router]]
id = "node"
outside = [{ subnet = "public-a", address = "10.0.1.7" }]
forwards = [{ ports = "30021", to = ["10.0.2.30"], to_ports = "21" }]

[[nat_gateway]]
id = "natgw"
addresses = [
    { subnet = "public-a", address = "10.0.1.8" },
    { subnet = "public-a", address = "10.0.1.9" },
]

[[internet_gateway]]
id = "igw"
vpc = "vpc"
internet = "internet"
elastic_ips = [
    { public = { subnet = "elastic", address = "198.51.100.8" }, private = "10.0.1.8" },
    { public = { subnet = "elastic", address = "198.51.100.50" }, private = "10.0.1.50" },
]

[[network_acl]]
id = "ftp-only"
inbound = [
    { number = 200, action = "deny", ports = "1-65535" },
    { number = 100, action = "allow", ports = "21", peer = "192.168.0.0/16" },
]
outbound = [{ number = 100, action = "allow", ports = "1024-65535" }]

[[security_group]]
id = "ftp"
inbound = [{ ports = "21", peer = "192.168.0.0/16" }, { ports = "8192-8200" }]
outbound = [{ ports = "1024-65535", peer = "10.0.0.0/16" }]
idle_timeout_s = 600

[[security_group]]
id = "all"

[[host]]
id = "client"
role = "client"
interfaces = [{ subnet = "home-lan", address = "192.168.1.10" }]

[[host]]
id = "nas"
role = "bystander"
interfaces = [{ subnet = "home-lan", address = "192.168.1.20" }]
listens = [21]

[[host]]
id = "server"
role = "server"
interfaces = [{ subnet = "private-a", address = "10.0.2.10" }]
security_groups = ["ftp", "all"]

[[host]]
id = "proxy"
role = "proxy"
interfaces = [{ subnet = "private-a", address = "10.0.2.30" }]
relays = [
    { ports = "21", to = ["10.0.2.10"], proxy_protocol = "v2" },
    { ports = "8192-8200", to = ["10.0.2.10"] },
]

[[target_group]]
id = "server"
targets = ["10.0.2.10"]
port = 2121
cross_zone = true
sticky = true
proxy_protocol = true
health_check_port = 22
terminate_unhealthy = false
terminate_deregistered = true
deregistration_delay_s = 60
changes = [
    { at_s = 90, target = "10.0.2.10", becomes = "deregistered" },
    { at_s = 30, target = "10.0.2.10", becomes = "unhealthy" },
]

[[target_group]]
id = "proxies"
target_type = "instance"
targets = ["10.0.2.30"]
preserve_client_ip = false

[[load_balancer]]
id = "nlb"
nodes = [{ subnet = "public-a", address = "10.0.1.50" }]
listeners = [
    { ports = "21", target_group = "server", idle_timeout_s = 6000 },
    { ports = "9192-9200", target_group = "server", target_ports = "8192-8200" },
]
security_groups = ["ftp"]
filters_privatelink = false

[[load_balancer]]
id = "spare"
nodes = [{ subnet = "public-b", address = "10.0.3.50" }]
listeners = [{ ports = "8192-8200", target_group = "proxies" }]

[[endpoint_service]]
id = "svc"
load_balancers = ["nlb", "spare"]

[[endpoint]]
id = "vpce"
service = "svc"
interfaces = [
    { subnet = "private-a", address = "10.0.2.46" },
    { subnet = "public-b", address = "10.0.3.46" },
]
security_groups = ["all"]
private_dns = "ftp.example"
after_idle = "reset"

[[name]]
name = "ftp.example"
addresses = ["198.51.100.50"]
network = "home"

[[name]]
name = "box.example"
of = "box"

[[name]]
name = "nlb.example"
of = "nlb"
network = "vpc"
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
outcome = "transferred"
transcript = ["227 "]
"#;
