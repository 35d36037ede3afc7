//! Real programs inside the lab. What a machine lacks is said, and fails if PASVLAB_REQUIRE_PROGRAMS
//! is set.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "says what was skipped")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The program, to be run with these arguments.
fn pasvlab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    command.args(arguments).env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs `program` in a cell.
fn exec(cell: &str, options: &[&str], program: &[&str]) -> Output {
    let (topology, passive_ip) = cell.split_once('/').expect("topology/passive-ip");
    let mut arguments = vec!["exec", "--topology", topology, "--passive-ip", passive_ip];
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(program);
    pasvlab(&arguments).output().expect("pasvlab runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether all of these can be run here, and a sandbox made; says what is missing.
fn there(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let mut missing: Vec<String> = programs
        .iter()
        .filter(|name| !is_there(name))
        .map(|name| format!("`{name}` is not installed"))
        .collect();
    let tried = exec("direct/auto", &[], &["true"]);
    if tried.status.code() == Some(69) {
        missing.push(text(&tried.stderr));
    }
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join("; ");
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

#[test]
fn a_program_that_dials_the_peer_transfers_through_privatelink_with_0_0_0_0() {
    if !there(&["lftp"]) {
        return;
    }
    let script = "set net:max-retries 1; ls; get {file} -o /dev/null; put /etc/hosts -o hosts; bye";
    let output =
        exec("privatelink/zero", &[], &["lftp", "-e", script, "-u", "{user},{password}", "{host}"]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(text(&output.stdout).contains("report.csv"));
    assert!(report.contains("listing, download and upload arrived intact"), "{report}");
    assert!(report.contains("The client put 10.1.135.46"), "{report}");
}

#[test]
fn a_program_that_dials_0_0_0_0_meets_its_own_host() {
    if !there(&["ftp-ssl"]) {
        return;
    }
    let script = "printf 'open {host}\\nuser {user} {password}\\npassive\\nget {file} /dev/null\\nquit\\n' \
                  | ftp-ssl -inv -z nossl";
    let output = exec("privatelink/zero", &["--exit-code", "verdict"], &["sh", "-c", script]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("ftp: connect: Connection refused"), "{report}");
    assert!(report.contains("connect to 0.0.0.0"), "{report}");
    assert!(report.contains("0.0.0.0 is the client's own host on Linux"), "{report}");
}

#[test]
fn an_ordinary_user_can_do_it() {
    if !there(&["curl", "setpriv"]) || !is_root() {
        return;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let copy = scratch.path().join("pasvlab");
    fs::copy(env!("CARGO_BIN_EXE_pasvlab"), &copy).expect("a copy");
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"])
        .arg(&copy)
        .args(["exec", "--topology", "privatelink", "--passive-ip", "zero", "--"])
        .args(["sh", "-c", "id -u; curl -sS -o /dev/null {url}"])
        .current_dir("/")
        .output()
        .expect("setpriv runs");
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(text(&output.stdout), "65534\n");
    assert!(report.contains("download arrived intact"), "{report}");
}

/// A server of Debian's, where `.ci/install-clients` unpacks it.
fn server(package: &str, name: &str) -> Option<String> {
    let clients = std::env::var("PASVLAB_CLIENTS");
    let clients =
        clients.unwrap_or_else(|_| format!("{}/target/clients", env!("CARGO_MANIFEST_DIR")));
    let binary = format!("{clients}/servers/{package}/usr/sbin/{name}");
    if Path::new(&binary).exists() {
        return Some(binary);
    }
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{binary} is missing");
    eprintln!("skipped: {binary} is missing");
    None
}

#[test]
fn a_real_server_serves_a_real_client_and_meets_the_same_network() {
    let Some(binary) = server("proftpd-core", "proftpd").filter(|_| there(&["curl", "openssl"]))
    else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/proftpd.sh");
    let server = format!("sh {script} {binary}");
    let run = |cell: &str, curl: &str| {
        let program = format!("curl -sS {curl} -o /dev/null {{url}}");
        let options = ["--syn-retries", "1", "--server-command", &server, "--exit-code", "verdict"];
        let output = exec(cell, &options, &["sh", "-c", &program]);
        (output.status.code(), text(&output.stderr))
    };
    let (code, report) = run("privatelink/auto", "");
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("220 ProFTPD"), "{report}");
    assert!(report.contains("sh talks to a real server"), "{report}");
    let (code, report) =
        run("privatelink/auto", "--disable-epsv --no-ftp-skip-pasv-ip --connect-timeout 2");
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("227 Entering Passive Mode (10,0,1,10,"), "{report}");
    assert!(report.contains("the route table has no route to this address"), "{report}");
    let (code, report) =
        run("privatelink/endpoint", "--disable-epsv --no-ftp-skip-pasv-ip --connect-timeout 2");
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("227 Entering Passive Mode (10,1,135,46,"), "{report}");
    let (code, report) = run("direct/auto", "--ftp-port -");
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("server connects to"), "{report}");
}

#[test]
fn vsftpd_announces_the_address_that_it_is_told_to() {
    let Some(binary) = server("vsftpd", "vsftpd").filter(|_| there(&["curl"])) else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/vsftpd.sh");
    let server = format!("sh {script} {binary}");
    let options = ["--server-command", &server, "--exit-code", "verdict"];
    let program = ["curl", "-sS", "--disable-epsv", "--no-ftp-skip-pasv-ip", "-o", "/dev/null"];
    let program = [&program[..], &["ftp://anonymous:x@{host}/{file}"]].concat();
    let output = exec("privatelink/endpoint", &options, &program);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("220 (vsFTPd"), "{report}");
    assert!(report.contains("227 Entering Passive Mode (10,1,135,46,"), "{report}");
}

/// The session worked, but the lab cannot know that: it says so, and judges connections only.
#[test]
fn of_two_real_programs_in_tls_only_connections_are_judged() {
    let programs = ["curl", "openssl"];
    let Some(binary) = server("vsftpd", "vsftpd").filter(|_| there(&programs)) else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/vsftpd.sh");
    let server = format!("sh {script} {binary} tls");
    let options = ["--server-command", &server];
    let curl = ["curl", "-sS", "--ssl-reqd", "--insecure", "--connect-timeout", "3"];
    let curl = [&curl[..], &["-o", "/dev/null", "ftp://anonymous:x@{host}/{file}"]].concat();
    let output = exec("direct/auto", &options, &curl);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("pasvlab explain tls-unread"), "{report}");
    let output = exec("firewall-alg/auto", &options, &curl);
    let report = text(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("pasvlab explain not-allowed"), "{report}");
}

#[test]
fn pure_ftpd_becomes_the_user_who_logs_in() {
    let programs = ["curl", "openssl", "mount"];
    let Some(binary) = server("pure-ftpd", "pure-ftpd").filter(|_| there(&programs)) else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/pure-ftpd.sh");
    let server = format!("sh {script} {binary}");
    let options = ["--server-command", &server, "--exit-code", "verdict"];
    let curl = ["curl", "-sS", "--disable-epsv", "--no-ftp-skip-pasv-ip", "-o", "/dev/null"];
    let output = exec("privatelink/endpoint", &options, &[&curl[..], &["{url}"]].concat());
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("Welcome to Pure-FTPd"), "{report}");
    assert!(report.contains("227 Entering Passive Mode (10,1,135,46,"), "{report}");
    let output = exec("privatelink/auto", &options, &["curl", "-sS", "-o", "/dev/null", "{url}"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[test]
fn the_exit_code_is_the_programs() {
    if !there(&["sh"]) {
        return;
    }
    let code = |script: &str| exec("direct/auto", &[], &["sh", "-c", script]).status.code();
    assert_eq!(code("exit 0"), Some(0));
    assert_eq!(code("exit 7"), Some(7));
    assert_eq!(code("kill -9 $$"), Some(137));
    assert_eq!(exec("direct/auto", &["--limit", "1"], &["sleep", "30"]).status.code(), Some(124));
    assert_eq!(exec("direct/auto", &[], &["/etc/passwd"]).status.code(), Some(126));
    let missing = exec("direct/auto", &[], &["no-such-program"]);
    assert_eq!(missing.status.code(), Some(127));
    assert_eq!(
        text(&missing.stderr),
        "error: cannot run no-such-program: No such file or directory (os error 2)\n"
    );
}

#[test]
fn names_resolve_by_a_name_server_or_by_the_hosts_file() {
    if !there(&["getent"]) {
        return;
    }
    let found = |names: &str| {
        let output = exec("direct/auto", &["--names", names], &["getent", "ahostsv4", "{host}"]);
        (text(&output.stdout).contains("10.0.1.10"), text(&output.stderr))
    };
    let (by_dns, report) = found("dns");
    assert!(by_dns && report.contains(" is 10.0.1.10"), "{report}");
    let (by_hosts, report) = found("hosts");
    assert!(by_hosts && !report.contains(" is 10.0.1.10"), "{report}");
    let unknown = exec("direct/auto", &[], &["getent", "ahostsv4", "www.example.com"]);
    assert_eq!(unknown.status.code(), Some(2), "no such name in there");
}

#[test]
fn nothing_leads_out() {
    if !there(&["sh"]) {
        return;
    }
    let script =
        "ls /sys/class/net 2>/dev/null; cat /proc/net/dev | cut -d: -f1 | tail -n +3 | sort";
    let output = exec("direct/auto", &[], &["sh", "-c", &format!("unset x; {script}")]);
    let seen = text(&output.stdout);
    let interfaces: Vec<&str> = seen.split_whitespace().collect();
    assert!(interfaces.ends_with(&["lo", "pasvlab0"]), "{interfaces:?}");
}

#[test]
fn the_report_can_go_to_standard_output_or_nowhere() {
    if !there(&["curl"]) {
        return;
    }
    let curl = ["curl", "-s", "-o", "/dev/null", "{url}"];
    let moved = exec("direct/auto", &["--report", "-"], &curl);
    assert!(text(&moved.stdout).contains("download arrived intact"), "{}", text(&moved.stdout));
    assert_eq!(text(&moved.stderr), "");
    let quiet = exec("direct/auto", &["--quiet"], &curl);
    assert_eq!((text(&quiet.stdout), text(&quiet.stderr)), (String::new(), String::new()));
}

#[test]
fn a_system_without_user_namespaces_is_told_what_to_change() {
    if !there(&["unshare"]) {
        return;
    }
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && exec {} exec --topology direct --passive-ip auto -- true",
        env!("CARGO_BIN_EXE_pasvlab")
    );
    let output = Command::new("unshare").args(["-Ur", "sh", "-c", &script]).output().expect("runs");
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{errors}");
    assert!(errors.contains("sysctl user.max_user_namespaces"), "{errors}");
}

#[test]
fn a_system_without_a_tun_device_is_told_what_to_change() {
    if !there(&["unshare"]) {
        return;
    }
    let script = format!(
        "mount -t tmpfs none /dev/net && exec {} exec --topology direct --passive-ip auto -- true",
        env!("CARGO_BIN_EXE_pasvlab")
    );
    let output =
        Command::new("unshare").args(["-Urm", "sh", "-c", &script]).output().expect("runs");
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{errors}");
    assert!(errors.contains("/dev/net/tun cannot be opened (No such file"), "{errors}");
    assert!(errors.contains("modprobe tun"), "{errors}");
}

#[test]
fn a_shell_opens_inside() {
    if !there(&["sh"]) {
        return;
    }
    let mut shell = pasvlab(&["shell", "--topology", "privatelink", "--passive-ip", "auto"])
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("pasvlab runs");
    let mut input = shell.stdin.take().expect("a pipe");
    input.write_all(b"echo $PASVLAB_HOST $PASVLAB_PORT; exit 3\n").expect("the shell reads");
    drop(input);
    let output = shell.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stdout), "vpce-1.svc-1.us-east-1.vpce.example 21\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_terminal_stays_one() {
    if !there(&["script"]) {
        return;
    }
    let command = format!(
        "{} exec --topology direct --passive-ip auto -- tty",
        env!("CARGO_BIN_EXE_pasvlab")
    );
    let output = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script runs");
    assert!(text(&output.stdout).contains("/dev/pts/"), "{}", text(&output.stdout));
}

/// Processes whose command line has this word.
fn processes_with(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(word) {
            found.push(line);
        }
    }
    found
}

/// Waits until there are none, or as many as there may be.
fn settled(word: &str, there: bool) -> Vec<String> {
    for _ in 0..100 {
        let found = processes_with(word);
        if found.is_empty() != there {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    processes_with(word)
}

#[test]
fn whoever_is_killed_nothing_is_left() {
    if !there(&["sleep", "sh"]) {
        return;
    }
    let mounts = || fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let before = mounts();
    for word in ["97531.1", "97531.2"] {
        let background = format!("sleep {word} & exec sleep {word}");
        let mut lab = pasvlab(&["exec", "--topology", "direct", "--passive-ip", "auto", "--"])
            .args(["sh", "-c", &background])
            .stderr(Stdio::null())
            .spawn()
            .expect("pasvlab runs");
        assert!(!settled(word, true).is_empty(), "it runs");
        std::thread::sleep(Duration::from_millis(300));
        lab.kill().expect("it is there");
        lab.wait().expect("it ends");
        assert_eq!(settled(word, false), Vec::<String>::new());
    }
    assert_eq!(mounts(), before);
}

#[test]
fn a_hundred_runs_leave_nothing() {
    if !there(&["sh"]) {
        return;
    }
    let mounts = || fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let devices = || fs::read_to_string("/proc/net/dev").expect("devices").lines().count();
    let before = (mounts(), devices());
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let output = exec("direct/auto", &[], &["sh", "-c", "sleep 97532.7 & exit 5"]);
                    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
                }
            });
        }
    });
    assert_eq!(settled("97532.7", false), Vec::<String>::new());
    assert_eq!((mounts(), devices()), before);
}

#[test]
fn the_report_can_be_written_to_a_file() {
    if !there(&["curl"]) {
        return;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let file = scratch.path().join("report.json");
    let path = file.to_str().expect("text");
    let options = ["--report", path, "--format", "json", "--name", "my-client"];
    let output = exec("direct/auto", &options, &["curl", "-sS", "-o", "/dev/null", "{url}"]);
    assert_eq!(text(&output.stderr), "");
    let report = fs::read_to_string(&file).expect("a report");
    let document = pasvlab_report::json::parse(&report).expect("a table");
    let cell = &document.cells[0];
    assert_eq!((cell.client.as_str(), cell.outcome.as_str()), ("my-client", "transferred"));
    assert_eq!(cell.commands, ["EPSV"]);
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_the_program_runs() {
    let output = exec("direct/auto", &["--report", "/no/such/report"], &["sh", "-c", "echo ran"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert!(text(&output.stderr).contains("/no/such/report"));
}

/// Data of this many bytes, each part different.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| (place / 251) as u8 ^ place as u8).collect()
}

fn written(folder: &Path, bytes: usize) -> String {
    let file = folder.join("content");
    fs::write(&file, content(bytes)).expect("a file");
    file.to_str().expect("text").to_owned()
}

/// The kernel's TCP against the simulated one; see CONTRIBUTING.md for the same with 100 MB.
#[test]
fn ten_megabytes_arrive_intact_both_ways() {
    if !there(&["curl"]) {
        return;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let file = written(scratch.path(), 10_000_000);
    let back = scratch.path().join("back");
    let script = format!(
        "curl -sS -T {file} --user {{user}}:{{password}} ftp://{{host}}/up && \
         curl -sS -o {} --user {{user}}:{{password}} ftp://{{host}}/up",
        back.display()
    );
    let output = exec("direct/auto", &[], &["sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(fs::read(&back).expect("a file") == content(10_000_000), "the same content");
}

#[test]
fn a_slow_reader_gets_everything() {
    if !there(&["curl", "python3"]) {
        return;
    }
    // Reads a megabyte with pauses, through the smallest buffer that the kernel gives.
    let script = "\
import ftplib, os, socket, time
ftp = ftplib.FTP()
ftp.connect(os.environ['PASVLAB_HOST'], int(os.environ['PASVLAB_PORT']))
ftp.login(os.environ['PASVLAB_USER'], os.environ['PASVLAB_PASSWORD'])
ftp.trust_server_pasv_ipv4_address = True
ftp.storbinary('STOR up', __import__('io').BytesIO(bytes(range(256)) * 4096))
data = ftp.transfercmd('RETR up')
data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
time.sleep(1)
got = b''
while part := data.recv(65536):
    got += part
    if len(got) // 262144 != (len(got) - len(part)) // 262144: time.sleep(0.2)
data.close()
ftp.voidresp()
print(got == bytes(range(256)) * 4096)
";
    let output = exec("direct/auto", &["--limit", "60"], &["python3", "-c", script]);
    assert_eq!(text(&output.stdout), "True\n", "{}", text(&output.stderr));
}

#[test]
fn a_half_closed_connection_still_answers_and_many_are_served_at_once() {
    if !there(&["python3"]) {
        return;
    }
    let script = "\
import os, socket, threading
at = (os.environ['PASVLAB_HOST'], int(os.environ['PASVLAB_PORT']))
answers = []
def talk(number):
    one = socket.create_connection(at)
    one.recv(1000)
    one.sendall(b'USER demo\\r\\n')
    if number % 2: one.shutdown(socket.SHUT_WR)
    answers.append(one.recv(1000)[:3])
    if number % 3: one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\\1\\0\\0\\0\\0\\0\\0\\0')
    one.close()
threads = [threading.Thread(target=talk, args=(n,)) for n in range(100)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(answers), set(answers))
";
    let output = exec("direct/auto", &["--limit", "60"], &["python3", "-c", script]);
    assert_eq!(text(&output.stdout), "100 {b'331'}\n", "{}", text(&output.stderr));
}

#[test]
fn ctrl_c_reaches_the_program_and_the_report_still_comes() {
    if !there(&["script", "sh"]) {
        return;
    }
    // Loops instead of sleeping: while dash starts a program it forgets a signal for itself.
    // And replaces the shell that `script` starts: dash would die of the same signal.
    let command = format!(
        "exec {} exec --topology direct --passive-ip auto --limit 60 -- \
         sh -c 'trap \"exit 9\" INT; echo ready; while :; do :; done'",
        env!("CARGO_BIN_EXE_pasvlab")
    );
    let mut terminal = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script runs");
    let mut output = terminal.stdout.take().expect("a pipe");
    let mut input = terminal.stdin.take().expect("a pipe");
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"ready") && output.read(&mut byte).expect("output") > 0 {
        seen.extend(byte);
    }
    input.write_all(b"\x03").expect("the terminal takes it");
    output.read_to_end(&mut seen).expect("output");
    let status = terminal.wait().expect("it ends");
    let seen = text(&seen);
    assert!(seen.contains("direct/auto/sh"), "{seen}");
    assert_eq!(status.code(), Some(9), "{seen}");
}

#[test]
fn what_a_program_sent_is_captured() {
    if !there(&["curl"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("client.pcapng");
    let options = ["--pcap", file.to_str().expect("text"), "--pcap-at", "client"];
    let output = exec("privatelink/auto", &options, &["curl", "-s", "-o", "/dev/null", "{url}"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let capture = text(&fs::read(&file).expect("a capture"));
    let again = "pasvlab exec --topology privatelink --passive-ip auto --server transfer-family --seed 1 \
                 -- curl -s -o /dev/null '{url}'";
    for expected in [again, "EPSV\r\n", "RETR report.csv\r\n"] {
        assert!(capture.contains(expected), "{expected}");
    }
}

/// The certificate of a server with TLS is there, and that of one without is not.
#[test]
fn a_program_can_trust_the_server_and_one_that_does_not_ends_tls() {
    if !there(&["curl"]) {
        return;
    }
    let ftps = ["--server", "transfer-family-ftps", "--exit-code", "program"];
    let trusting = "curl -sS --ssl-reqd --cacert \"$PASVLAB_CERTIFICATE\" -o /dev/null {url}";
    let output = exec("privatelink/zero", &ftps, &["sh", "-c", trusting]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("download arrived intact"), "{report}");

    let output = exec("privatelink/zero", &ftps, &["curl", "-sS", "--ssl-reqd", "{url}"]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(60), "{report}");
    let verdict = "the client ends TLS: it does not trust the certificate (alert unknown_ca)";
    assert!(report.contains(verdict), "{report}");
    assert!(report.contains("pasvlab explain tls-failed"), "{report}");

    let without = ["sh", "-c", "echo ${PASVLAB_CERTIFICATE-none}"];
    let output = exec("privatelink/zero", &[], &without);
    assert_eq!(text(&output.stdout), "none\n");
}

#[test]
fn a_program_with_implicit_ftps_is_told_from_one_that_asks() {
    if !there(&["curl"]) {
        return;
    }
    let ftps = ["--server", "transfer-family-ftps"];
    let url = "ftps://{host}:{port}/{file}";
    let output = exec("direct/auto", &ftps, &["curl", "-sS", "-k", "-u", "{user}:{password}", url]);
    let report = text(&output.stderr);
    assert!(report.contains("the client begins TLS at once (implicit FTPS)"), "{report}");
}
