//! `pasvlab run`: one cell, or one case, with everything that happened.

use std::io::{self, Write};
use std::path::Path;

use pasvlab_harness::advise::{Question, advise};
use pasvlab_harness::{Dialler, Outcome, Record, Scenario, Verdict, judge};
use pasvlab_report::advise as help;
use pasvlab_report::html::Html;
use pasvlab_report::json::Json;
use pasvlab_report::markdown::Markdown;
use pasvlab_report::mermaid::Mermaid;
use pasvlab_report::terminal::Terminal;
use pasvlab_report::{Renderer, Session, words};
use pasvlab_scenarios::{Catalog, CellId, Topology};

use super::capture::{Capture, to_stdout};
use crate::cli::{RunArgs, SessionFormat};
use crate::exit::Failure;
use crate::output;
use crate::terminal::remark;

/// Runs `pasvlab run`.
pub(crate) fn run(
    catalog: &Catalog,
    args: &RunArgs,
    scenarios: Option<&Path>,
) -> Result<(), Failure> {
    let scenario = match chosen(catalog, args)? {
        (_, Some(scenario)) => scenario,
        (cell, None) => {
            return Err(not_applicable(catalog.topology(&cell.topology)?, &cell.passive_ip));
        }
    };
    let capture = Capture::prepare(&args.capture, &scenario)?;
    let record = pasvlab_harness::run(&scenario);
    let verdict = judge(&record);
    if let Some(capture) = capture {
        write_capture(capture, args, scenarios, &record, &verdict)?;
    }
    let failed = verdict.outcome != Outcome::Transferred;
    // Cases with links of their own are about long transfers, which take their time.
    let quick = scenario.link.is_none();
    let question = Question::of(catalog, &scenario).filter(|_| failed && quick);
    let advice = question.as_ref().map(|question| (question, advise(question)));
    let fixes = advice.as_ref().map(|(question, advice)| help::fixes(question, advice));
    let session = Session {
        topology: scenario.topology,
        record: &record,
        verdict: &verdict,
        fixes: &fixes.unwrap_or_default(),
        packets: args.trace,
    };
    let mut report = Vec::new();
    renderer(args.format).write(&session, &mut report)?;
    if let (SessionFormat::Terminal, Some((question, advice))) = (args.format, advice) {
        help::write_fixes(question, &advice, &mut report)?;
    }
    if args.format == SessionFormat::Terminal && failed && !quick {
        writeln!(report, "\n  What helps: pasvlab advise {}", args.cell)?;
    }
    let aside = args.output.as_deref().is_none_or(|path| path == Path::new("-"));
    if aside && to_stdout(&args.capture) {
        let mut err = anstream::stderr().lock();
        err.write_all(&report)?;
        err.flush()?;
    } else {
        output::deliver(args.output.as_deref(), &report)?;
    }
    let Some(mismatch) = mismatch(catalog, &scenario) else { return Ok(()) };
    Ok(remark(&format!("\n{}", words::wrapped(&mismatch, 0).join("\n")))?)
}

/// What to say if client and server do not agree on TLS, which is seldom what was meant.
fn mismatch(catalog: &Catalog, scenario: &Scenario<'_>) -> Option<String> {
    let Dialler::Simulated(client) = scenario.client else { return None };
    let server = scenario.server;
    if server.takes(client) {
        return None;
    }
    let (client_id, server_id) = (&client.id, &server.id);
    if !client.asks_for_tls() {
        let clients = catalog.clients().filter(|client| server.takes(client));
        let ids: Vec<&str> = clients.map(|client| client.id.as_str()).collect();
        let ids = ids.join(", ");
        return Some(format!(
            "{server_id} wants TLS, and {client_id} does not. Clients that do: {ids}"
        ));
    }
    let servers = catalog.servers().filter(|server| server.takes(client));
    let ids: Vec<&str> = servers.map(|server| server.id.as_str()).collect();
    let ids = ids.join(", ");
    Some(format!(
        "{client_id} wants TLS, and {server_id} has none. Servers that have it (--server): {ids}"
    ))
}

fn renderer(format: SessionFormat) -> &'static dyn for<'a> Renderer<Session<'a>> {
    match format {
        SessionFormat::Terminal => &Terminal,
        SessionFormat::Markdown => &Markdown { grouped: false },
        SessionFormat::Html => &Html,
        SessionFormat::Json => &Json,
        SessionFormat::Mermaid => &Mermaid,
    }
}

/// Writes the capture, with the command that leaves it again.
fn write_capture(
    capture: Capture,
    args: &RunArgs,
    scenarios: Option<&Path>,
    record: &Record,
    verdict: &Verdict,
) -> io::Result<()> {
    let seed = args.seed.to_string();
    let mut command = vec!["pasvlab", "run", &args.cell, "--seed", &seed];
    if args.cell.contains('/') {
        command.extend(["--server", &record.cell.server]);
    }
    let scenarios = scenarios.map(Path::to_string_lossy);
    command.extend(scenarios.iter().flat_map(|directory| ["--scenarios", directory]));
    capture.write(record, verdict, &command)
}

/// The cell that was asked for: by its three ids, or by a case's id.
fn chosen<'a>(
    catalog: &'a Catalog,
    args: &RunArgs,
) -> Result<(CellId, Option<Scenario<'a>>), Failure> {
    if args.cell.contains('/') {
        let cell: CellId = args.cell.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
        let usual = catalog.client(&cell.client)?.default_server();
        let server = args.server.as_deref().unwrap_or(usual);
        let scenario = Scenario::of_cell(catalog, &cell, server, args.seed)?;
        return Ok((cell, scenario));
    }
    let case = catalog.case(&args.cell)?;
    Ok((case.cell(), Scenario::of_case(catalog, case, args.seed)?))
}

/// What to say of a topology that has no such setting.
pub(super) fn not_applicable(topology: &Topology, passive_ip: &str) -> Failure {
    let known: Vec<&str> = topology.passive_ip_ids().collect();
    Failure::Usage(format!(
        "not-applicable: topology `{}` has no PassiveIp `{passive_ip}`; it has {}",
        topology.id,
        known.join(", ")
    ))
}
