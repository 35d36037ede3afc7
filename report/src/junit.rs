//! A matrix as JUnit XML, for systems that show test results: a suite per topology, a test per cell.
//!
//! A cell that transfers passes, one that is not applicable is skipped, every other fails. Its type is
//! the id of its cause, its message says what happened. With a table of what is expected, a cell
//! passes if it comes out as the table has it, whatever that is.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pasvlab_harness::{CellResult, Outcome};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::grouping::in_order;
use crate::json::{self, Cell, Difference, Document};
use crate::{MatrixResult, Renderer, words};

/// Writes a matrix as test results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Junit<'a> {
    /// What the cells are held against; none: all are to transfer.
    pub expected: Option<&'a Document>,
}

impl Renderer<MatrixResult> for Junit<'_> {
    fn write(&self, result: &MatrixResult, out: &mut dyn Write) -> io::Result<()> {
        let differences = self.expected.map(|expected| json::differences(expected, result));
        let differences = differences.map(|differences| {
            differences.into_iter().map(|found| (found.cell.clone(), found)).collect()
        });
        let mut report = Report::new(result.title.as_str());
        for topology in in_order(result.cells.iter().map(|cell| cell.cell.topology.as_str())) {
            let mut suite = TestSuite::new(topology);
            let cells = result.cells.iter().filter(|cell| cell.cell.topology == topology);
            suite.add_test_cases(cells.map(|cell| test(cell, differences.as_ref())));
            report.add_test_suite(suite);
        }
        report.serialize(out).map_err(io::Error::other)
    }
}

fn test(result: &CellResult, differences: Option<&BTreeMap<String, Difference>>) -> TestCase {
    let name = format!("{}/{}", result.cell.passive_ip, result.cell.client);
    let status = match (result.outcome, differences) {
        (Outcome::NotApplicable, None) => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(words::meaning(result.outcome));
            skipped
        }
        (Outcome::Transferred, None) => TestCaseStatus::success(),
        (_, None) => failure(result, result.reason.clone()),
        (_, Some(differences)) => match differences.get(&result.cell.to_string()) {
            None => TestCaseStatus::success(),
            Some(difference) => failure(result, difference.to_string()),
        },
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(result.cell.topology.as_str());
    case.set_time(result.took);
    case
}

fn failure(result: &CellResult, message: String) -> TestCaseStatus {
    let Cell { outcome, cause, .. } = Cell::of(result);
    let kind = cause.map_or(outcome.clone(), |cause| format!("{outcome}/{cause}"));
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    status
}
