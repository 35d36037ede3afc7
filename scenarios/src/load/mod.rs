//! From the text of a file to a value of [`crate::model`], or to a list of what is wrong with it.
//!
//! Each function takes the file's name, which appears in errors and from which the id must be made,
//! and the file's text. Everything that can be checked within one file is checked here; references
//! from one file to another are [`crate::catalog`]'s.

mod addresses;
mod balancing;
mod client;
mod endpoints;
mod filters;
mod forwards;
mod gateway;
mod ids;
mod internet;
mod links;
mod machines;
mod names;
mod network;
mod parse;
mod program;
mod report;
mod routes;
mod server;
pub(crate) mod table;
mod targets;
mod topology;
mod values;

pub(crate) use program::program_checks;
pub(crate) use report::Report;
pub(crate) use table::{case_checks, matrix_checks};

use crate::error::{File, LoadError};
use crate::model::{Case, Client, Matrix, Program, Server, Topology};
use crate::schema;

/// Reads a topology file.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn topology(file: &str, text: &str) -> Result<Topology, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::TopologyFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = topology::topology(&mut report, parsed);
    report.finish(value)
}

/// Reads a server file.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn server(file: &str, text: &str) -> Result<Server, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::ServerFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = server::server(&mut report, parsed);
    report.finish(value)
}

/// Reads a client file.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn client(file: &str, text: &str) -> Result<Client, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::ClientFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = client::client(&mut report, parsed);
    report.finish(value)
}

/// Reads a matrix file, without asking whether what it names exists.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn matrix(file: &str, text: &str) -> Result<Matrix, LoadError> {
    matrix_draft(file, text).map(|draft| draft.value)
}

/// Reads a case file, without asking whether what it names exists.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn case(file: &str, text: &str) -> Result<Case, LoadError> {
    case_draft(file, text).map(|draft| draft.value)
}

/// Reads a program file, without asking whether the client that it names exists.
///
/// # Errors
///
/// Everything that is wrong with it, as far as that can be told at once.
pub fn program(file: &str, text: &str) -> Result<Program, LoadError> {
    program_draft(file, text).map(|draft| draft.value)
}

/// A value whose references to other files have not been checked, and what is needed to complain
/// about them.
#[derive(Debug)]
pub(crate) struct Draft<Value, Parsed> {
    pub(crate) value: Value,
    pub(crate) parsed: Parsed,
    pub(crate) file: File,
}

pub(crate) type MatrixDraft = Draft<Matrix, schema::MatrixFile>;
pub(crate) type CaseDraft = Draft<Case, schema::CaseFile>;

pub(crate) type ProgramDraft = Draft<Program, schema::ProgramFile>;

pub(crate) fn matrix_draft(file: &str, text: &str) -> Result<MatrixDraft, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::MatrixFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = table::matrix(&mut report, &parsed);
    Ok(Draft { value: report.finish(value)?, parsed, file })
}

pub(crate) fn case_draft(file: &str, text: &str) -> Result<CaseDraft, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::CaseFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = table::case(&mut report, &parsed);
    Ok(Draft { value: report.finish(value)?, parsed, file })
}

pub(crate) fn program_draft(file: &str, text: &str) -> Result<ProgramDraft, LoadError> {
    let file = File::new(file, text);
    let parsed: schema::ProgramFile = parse::parse(&file)?;
    let mut report = Report::new(&file);
    let value = program::program(&mut report, &parsed);
    Ok(Draft { value: report.finish(value)?, parsed, file })
}
