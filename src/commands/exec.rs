//! `pasvlab exec` and `pasvlab shell`: real programs inside the lab.

use std::ffi::OsString;
use std::path::Path;

use pasvlab_scenarios::Catalog;

use crate::cli::{ExecArgs, PlaceArgs, ShellArgs};
use crate::exit::Failure;

/// Runs `pasvlab exec`.
pub(crate) fn exec(
    catalog: &Catalog,
    args: &ExecArgs,
    scenarios: Option<&Path>,
) -> Result<(), Failure> {
    let again = again("exec", &args.place, scenarios, &args.command);
    let ended = platform::run(catalog, &args.place, &args.command, &again)?;
    let code = match args.exit_code {
        crate::cli::ExitCodeOf::Program => ended.code,
        crate::cli::ExitCodeOf::Verdict => u8::from(!ended.transferred),
    };
    if code == 0 { Ok(()) } else { Err(Failure::Program(code)) }
}

/// Runs `pasvlab shell`.
pub(crate) fn shell(
    catalog: &Catalog,
    args: &ShellArgs,
    scenarios: Option<&Path>,
) -> Result<(), Failure> {
    let again = again("shell", &args.place, scenarios, &[]);
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| OsString::from("/bin/sh"));
    let ended = platform::run(catalog, &args.place, &[shell], &again)?;
    if ended.code == 0 { Ok(()) } else { Err(Failure::Program(ended.code)) }
}

/// What to type to run the same program at the same place.
fn again(
    subcommand: &str,
    place: &PlaceArgs,
    scenarios: Option<&Path>,
    command: &[OsString],
) -> Vec<String> {
    let mut words = vec!["pasvlab".to_owned(), subcommand.to_owned()];
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
    option("--topology", &place.topology);
    option("--passive-ip", &place.passive_ip);
    match &place.server_command {
        Some(command) => option("--server-command", command),
        None => option("--server", &place.server),
    }
    option("--seed", &place.seed.to_string());
    if let Some(directory) = scenarios {
        option("--scenarios", &directory.to_string_lossy());
    }
    if !command.is_empty() {
        words.push("--".to_owned());
        words.extend(command.iter().map(|word| word.to_string_lossy().into_owned()));
    }
    words
}

/// How a program ended.
struct Ended {
    code: u8,
    transferred: bool,
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::{Catalog, Ended, Failure, OsString, PlaceArgs};

    pub(super) fn run(
        _: &Catalog,
        _: &PlaceArgs,
        _: &[OsString],
        _: &[String],
    ) -> Result<Ended, Failure> {
        Err(pasvlab_sandbox::Error::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use std::fs::File;
    use std::io::{self, Write};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use pasvlab_harness::ftp::files;
    use pasvlab_harness::lab::{Live, Real, run_live};
    use pasvlab_harness::live::{MTU, NAME_SERVER};
    use pasvlab_harness::{CellResult, Dialler, Outcome, Record, Scenario, judge};
    use pasvlab_report::json::Json;
    use pasvlab_report::{MatrixResult, Renderer, session};
    use pasvlab_sandbox::{Sandbox, Spec};
    use pasvlab_scenarios::{CellId, PassiveIp};

    use super::{Catalog, Ended, Failure, OsString, PlaceArgs};
    use crate::cli::{Format, Names};
    use crate::commands::capture::{Capture, to_stdout};
    use crate::commands::inside::{Given, NOT_RUN, attached, filled, given, name_of};

    /// The exit code for a program that was stopped, as timeout(1) has it.
    const STOPPED: u8 = 124;

    pub(super) fn run(
        catalog: &Catalog,
        args: &PlaceArgs,
        command: &[OsString],
        again: &[String],
    ) -> Result<Ended, Failure> {
        let name = args.name.clone().unwrap_or_else(|| name_of(command));
        let topology = catalog.topology(&args.topology)?;
        let server = catalog.server(&args.server)?;
        let dialler = Dialler::Real(name);
        let scenario = Scenario::of(topology, &args.passive_ip, dialler, server, args.seed)
            .ok_or_else(|| super::super::run::not_applicable(topology, &args.passive_ip))?;
        // Before the program runs, so that its work is not lost for a wrong name.
        if to_stdout(&args.capture) {
            let text = "--pcap -: standard output is the program's; name a file";
            return Err(Failure::Usage(text.to_owned()));
        }
        let capture = Capture::prepare(&args.capture, &scenario)?;
        let mut out = destination(args)?;
        survive_the_terminal()?;
        let server = args.server_command.as_deref();
        let server = server.map(|command| real_server(&scenario, command)).transpose()?;
        let given = given(&scenario, server.is_some());
        let mut sandbox = given.start(&spec(&scenario, args, command, &given))?;
        let limit = args.limit.map(|seconds| Duration::from_secs(u64::from(seconds.get())));
        let live = Live {
            client: Some(attached(&sandbox)?),
            server: server.as_ref().map(attached).transpose()?,
            limit,
            patience: patience(args),
        };
        let record = run_live(&scenario, live)?;
        let stopped = limit.is_some_and(|limit| record.ended_at >= limit);
        let code = if stopped { STOPPED } else { sandbox.wait()? };
        drop(sandbox);
        // There is nothing to tell of a program that could not be run; that has been said.
        if !record.packets.is_empty() || !NOT_RUN.contains(&code) {
            report(args, &record, &mut out)?;
        }
        let verdict = judge(&record);
        if let Some(capture) = capture {
            let again: Vec<&str> = again.iter().map(String::as_str).collect();
            capture.write(&record, &verdict, &again)?;
        }
        let transferred = verdict.outcome == Outcome::Transferred;
        Ok(Ended { code, transferred })
    }

    fn destination(args: &PlaceArgs) -> Result<Box<dyn Write>, Failure> {
        let Some(path) = &args.report else {
            let nowhere = crate::terminal::quiet();
            return Ok(if nowhere { Box::new(io::sink()) } else { Box::new(anstream::stderr()) });
        };
        if crate::files::is_standard(path) {
            return Ok(Box::new(anstream::stdout()));
        }
        match File::create(path) {
            Ok(file) => Ok(Box::new(anstream::StripStream::new(file))),
            Err(error) => Err(Failure::Usage(format!("cannot write {}: {error}", path.display()))),
        }
    }

    /// What the terminal sends to everybody in it is for the program; this one stays to report.
    fn survive_the_terminal() -> io::Result<()> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
        }
        Ok(())
    }

    fn spec(
        scenario: &Scenario<'_>,
        args: &PlaceArgs,
        command: &[OsString],
        given: &Given,
    ) -> Spec {
        let place = Real::client_of(scenario);
        Spec {
            addresses: place.addresses,
            mtu: MTU,
            resolver: NAME_SERVER,
            hosts: if args.names == Names::Hosts { place.names } else { Vec::new() },
            syn_retries: args.syn_retries,
            as_root: false,
            files: given.names(),
            environment: given.environment(),
            command: filled(command, &given.values),
        }
    }

    /// How long a real server may take to listen.
    const SERVER_STARTS: Duration = Duration::from_secs(20);

    /// Starts a real server, and waits until it listens.
    fn real_server(scenario: &Scenario<'_>, command: &str) -> Result<Sandbox, Failure> {
        let Some(place) = Real::server_of(scenario) else {
            let id = &scenario.topology.id;
            let text = format!("topology `{id}` has several servers; a real one can be one only");
            return Err(Failure::Usage(text));
        };
        let server = scenario.server;
        let passive = match scenario.announced {
            PassiveIp::Auto => String::new(),
            PassiveIp::Address(address) => address.to_string(),
        };
        let (first, last) = (server.passive_ports.start(), server.passive_ports.end());
        let address = place.addresses.first().map(ToString::to_string).unwrap_or_default();
        let values = [
            ("PASVLAB_ADDRESS", address),
            ("PASVLAB_PORT", server.control_port.to_string()),
            ("PASVLAB_USER", server.user.clone()),
            ("PASVLAB_PASSWORD", server.password.clone()),
            ("PASVLAB_ROOT", pasvlab_sandbox::FILES.to_owned()),
            ("PASVLAB_PASSIVE_ADDRESS", passive),
            ("PASVLAB_PASSIVE_FIRST", first.to_string()),
            ("PASVLAB_PASSIVE_LAST", last.to_string()),
        ];
        let content: Vec<_> = server.files.iter().map(files::file).collect();
        let content: Vec<&[u8]> = content.iter().map(|file| &file.content[..]).collect();
        let spec = Spec {
            addresses: place.addresses,
            mtu: MTU,
            resolver: NAME_SERVER,
            hosts: place.names,
            syn_retries: None,
            as_root: true,
            files: server.files.iter().map(|file| file.path.clone()).collect(),
            environment: values.map(|(name, value)| (name.to_owned(), value)).into(),
            command: ["sh", "-c", command].map(OsString::from).into(),
        };
        let sandbox = Sandbox::start_with(&spec, &content)?;
        let deadline = std::time::Instant::now() + SERVER_STARTS;
        while !sandbox.listens(server.control_port) {
            if std::time::Instant::now() > deadline {
                let port = server.control_port;
                let text = format!("nothing listens on port {port} inside: `{command}`");
                return Err(Failure::Usage(text));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(sandbox)
    }

    /// How long the program's kernel tries to connect: some repeats after a second each since Linux 6.5
    /// (tcp_syn_linear_timeouts), then each wait is twice as long as the one before, from one second on
    /// (tcp_syn_retries, ip-sysctl in the kernel's documentation).
    fn patience(args: &PlaceArgs) -> Duration {
        let system = |name: &str| -> Option<u64> {
            let text = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok()?;
            text.trim().parse().ok()
        };
        let (linear, retries) = match args.syn_retries {
            Some(retries) => (0, u64::from(retries)),
            None => (
                system("tcp_syn_linear_timeouts").unwrap_or(0),
                system("tcp_syn_retries").unwrap_or(6),
            ),
        };
        Duration::from_secs(linear + (1 << (retries + 1).min(32)) - 1)
    }

    fn report(args: &PlaceArgs, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        match args.format {
            Format::Terminal => session::write(record, &judge(record), args.trace, out)?,
            Format::Json => {
                let cell = CellId {
                    topology: record.cell.topology.clone(),
                    passive_ip: record.cell.passive_ip.clone(),
                    client: record.cell.client.clone(),
                };
                let cells = vec![CellResult::of(cell, record)];
                let seed = record.cell.seed;
                let result = MatrixResult { seed, cells, ..MatrixResult::default() };
                Json.write(&result, out)?;
            }
        }
        out.flush()
    }
}
