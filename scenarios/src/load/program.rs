//! Program files.

use crate::schema::Spanned;

use crate::error::Problem;
use crate::load::{ProgramDraft, Report, values};
use crate::model::{Differs, Program, TransferKind};
use crate::schema;
use crate::suggest;

pub(crate) fn program(report: &mut Report, file: &schema::ProgramFile) -> Option<Program> {
    let id = values::file_id(report, &file.id);
    let needs = some(report, &file.needs, "name at least the program itself");
    let version = some(report, &file.version, "name the command that prints the version");
    let versions = values::line(report, &file.versions);
    let transfers = match &file.transfers {
        Some(list) => transfers_of(report, list),
        None => Some(vec![TransferKind::Download]),
    };
    let session_transfers = match &file.session_transfers {
        Some(list) => transfers_of(report, list),
        None => Some(TransferKind::ALL.to_vec()),
    };
    let differs = values::all(file.differs.iter().map(|table| differs(report, table)));
    Some(Program {
        id: id?,
        client: file.client.get_ref().clone(),
        needs: needs?,
        version: version?,
        versions: versions?,
        download: file.download.get_ref().clone(),
        transfers: transfers?,
        session: file.session.as_ref().map(|session| session.get_ref().clone()),
        session_transfers: session_transfers?,
        comment: file.comment.as_ref().map(|comment| comment.get_ref().trim().to_owned()),
        differs: differs?,
    })
}

/// The texts of a list that must not be empty.
fn some(report: &mut Report, list: &Spanned<schema::Texts>, hint: &str) -> Option<Vec<String>> {
    values::not_empty(report, list, "this list is empty", hint)?;
    values::lines(report, list.get_ref())
}

fn transfers_of(report: &mut Report, list: &Spanned<schema::Texts>) -> Option<Vec<TransferKind>> {
    values::not_empty(report, list, "this list is empty", "leave it out for the default")?;
    values::all(list.get_ref().iter().map(|text| match text.get_ref().as_str() {
        "list" => Some(TransferKind::List),
        "download" => Some(TransferKind::Download),
        "upload" => Some(TransferKind::Upload),
        other => report.fail(
            text.span(),
            format!("`{other}` is no transfer"),
            suggest::hint(other, ["list", "download", "upload"]),
        ),
    }))
}

fn differs(report: &mut Report, table: &schema::DiffersTable) -> Option<Differs> {
    let parts: Vec<&str> = table.cell.get_ref().split('/').collect();
    let [topology, passive_ip, server] = parts[..] else {
        return report.fail(
            table.cell.span(),
            "this is no cell",
            "write topology/passive-ip/server, with * for any",
        );
    };
    let why = values::line(report, &table.why)?;
    let own = |part: &str| (part != "*").then(|| part.to_owned());
    Some(Differs { topology: own(topology), passive_ip: own(passive_ip), server: own(server), why })
}

/// What a program file refers to must exist.
pub(crate) fn program_checks(
    draft: &ProgramDraft,
    catalog: &crate::catalog::Catalog,
) -> Vec<Problem> {
    let mut report = Report::new(&draft.file);
    let client = &draft.parsed.client;
    if let Err(unknown) = catalog.client(client.get_ref()) {
        report.fail::<()>(client.span(), unknown.message(), unknown.hint());
    }
    report.into_problems()
}
