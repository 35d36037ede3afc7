//! Matrix and case files, and their references to the other files.

use crate::schema::Spanned;

use crate::catalog::UnknownId;
use crate::error::Problem;
use crate::load::{CaseDraft, MatrixDraft, Report, links, values};
use crate::model::{Case, Matrix, Server, Topology};
use crate::schema;
use crate::suggest;

/// The outcomes that a case can have, as verdicts spell them.
const OUTCOMES: [&str; 8] = [
    "transferred",
    "refused",
    "timed-out",
    "unreachable",
    "address-not-available",
    "wrong-host",
    "rejected",
    "protocol-error",
];

pub(crate) fn matrix(report: &mut Report, file: &schema::MatrixFile) -> Option<Matrix> {
    let id = values::file_id(report, &file.id);
    let title = values::line(report, &file.title);
    let topologies = choice(report, &file.topologies);
    let passive_ips = choice(report, &file.passive_ips);
    let clients = choice(report, &file.clients);
    Some(Matrix {
        id: id?,
        title: title?,
        topologies: topologies?,
        passive_ips: passive_ips?,
        clients: clients?,
        server: file.server.get_ref().clone(),
    })
}

/// Ids without repetition.
fn choice(report: &mut Report, list: &Spanned<schema::Texts>) -> Option<Vec<String>> {
    values::not_empty(report, list, "this list is empty", "name at least one")?;
    let mut ids: Vec<String> = Vec::new();
    for text in list.get_ref() {
        if ids.contains(text.get_ref()) {
            return report.fail(
                text.span(),
                format!("`{}` is there twice", text.get_ref()),
                "keep one of them",
            );
        }
        ids.push(text.get_ref().clone());
    }
    Some(ids)
}

pub(crate) fn case(report: &mut Report, file: &schema::CaseFile) -> Option<Case> {
    let id = values::file_id(report, &file.id);
    let title = values::line(report, &file.title);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let transcript = values::lines(report, &file.transcript);
    let passive_port = values::optional(&file.passive_port, |port| values::port(report, port));
    let link = links::own(report, &file.link);
    let outcome = outcome(report, &file.outcome);
    Some(Case {
        id: id?,
        title: title?,
        summary: summary?,
        sources: sources?,
        topology: file.topology.get_ref().clone(),
        passive_ip: file.passive_ip.get_ref().clone(),
        client: file.client.get_ref().clone(),
        server: file.server.get_ref().clone(),
        passive_port: passive_port?,
        link: link?,
        outcome: outcome?,
        transcript: transcript?,
    })
}

fn outcome(report: &mut Report, text: &schema::Text) -> Option<String> {
    let outcome = text.get_ref();
    if OUTCOMES.contains(&&**outcome) {
        return Some(outcome.clone());
    }
    let message = format!("unknown outcome `{}`", outcome.escape_debug());
    report.fail(text.span(), message, suggest::hint(outcome, OUTCOMES))
}

/// What the other files have: one function per kind.
pub(crate) trait Known {
    fn topology(&self, id: &str) -> Result<&Topology, UnknownId>;
    fn server(&self, id: &str) -> Result<&Server, UnknownId>;
    fn client_exists(&self, id: &str) -> Result<(), UnknownId>;
}

fn unknown<T>(report: &mut Report, text: &schema::Text, found: Result<T, UnknownId>) -> Option<T> {
    match found {
        Ok(value) => Some(value),
        Err(unknown) => report.fail(text.span(), unknown.message(), unknown.hint()),
    }
}

/// What is wrong with a matrix's references.
pub(crate) fn matrix_checks(draft: &MatrixDraft, known: &impl Known) -> Vec<Problem> {
    let mut report = Report::new(&draft.file);
    let file = &draft.parsed;
    unknown(&mut report, &file.server, known.server(file.server.get_ref()));
    for client in file.clients.get_ref() {
        unknown(&mut report, client, known.client_exists(client.get_ref()));
    }
    let mut topologies = Vec::new();
    for text in file.topologies.get_ref() {
        topologies.extend(unknown(&mut report, text, known.topology(text.get_ref())));
    }
    for text in file.passive_ips.get_ref() {
        let id = text.get_ref();
        if topologies.iter().all(|topology| topology.announced(id).is_none()) {
            let ids = topologies.iter().flat_map(|topology| topology.passive_ip_ids());
            let hint = setting_hint(id, ids);
            let message = format!("no topology of this matrix has the PassiveIp `{id}`");
            report.fail::<()>(text.span(), message, hint);
        }
    }
    report.into_problems()
}

/// What is wrong with a case's references.
pub(crate) fn case_checks(draft: &CaseDraft, known: &impl Known) -> Vec<Problem> {
    let mut report = Report::new(&draft.file);
    let file = &draft.parsed;
    unknown(&mut report, &file.client, known.client_exists(file.client.get_ref()));
    let server = unknown(&mut report, &file.server, known.server(file.server.get_ref()));
    if let (Some(server), Some(port)) = (server, &file.passive_port)
        && !server.passive_ports.contains(port.get_ref())
    {
        let (first, last) = (server.passive_ports.start(), server.passive_ports.end());
        report.fail::<()>(
            port.span(),
            format!("{} is not a passive port of server `{}`", port.get_ref(), server.id),
            format!("it has {first} to {last}"),
        );
    }
    let topology = unknown(&mut report, &file.topology, known.topology(file.topology.get_ref()));
    let id = file.passive_ip.get_ref();
    if let Some(topology) = topology
        && topology.announced(id).is_none()
    {
        let hint = setting_hint(id, topology.passive_ip_ids());
        let message = format!("topology `{}` has no PassiveIp `{id}`", topology.id);
        report.fail::<()>(file.passive_ip.span(), message, hint);
    }
    report.into_problems()
}

fn setting_hint<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    suggest::hint(id, known)
}
