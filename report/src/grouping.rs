//! Failures with the same cause, together, for tables that say each cause once.

use pasvlab_harness::{Cause, CellResult, Outcome};

/// Failures of one topology with the same cause.
pub(crate) struct Group<'a> {
    pub(crate) outcome: Outcome,
    pub(crate) cause: Option<Cause>,
    pub(crate) reason: &'a str,
}

impl Group<'_> {
    pub(crate) fn holds(&self, cell: &CellResult) -> bool {
        (cell.outcome, cell.cause, &*cell.reason) == (self.outcome, self.cause, self.reason)
    }
}

/// The groups of these cells, in order.
pub(crate) fn groups<'a>(cells: &[&'a CellResult]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.reason.is_empty()) {
        if !groups.iter().any(|group| group.holds(cell)) {
            groups.push(Group { outcome: cell.outcome, cause: cell.cause, reason: &cell.reason });
        }
    }
    groups
}

/// `a` to `z`, then `aa` and so on.
pub(crate) fn letter(place: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    if place < 26 {
        letter(place).to_string()
    } else {
        format!("{}{}", letter(place / 26 - 1), letter(place))
    }
}

/// Each id once, in the order in which they first occur.
pub(crate) fn in_order<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    for id in ids {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    known
}
