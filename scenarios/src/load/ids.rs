//! Ids within one file, and references to them.

use std::ops::Range;

use crate::load::{Report, values};
use crate::schema::Text;
use crate::suggest;

/// The ids of one kind of thing, in file order.
pub(crate) struct Ids {
    kind: &'static str,
    entries: Vec<(String, Range<usize>)>,
}

impl Ids {
    /// Collects ids; reports bad characters and repetitions.
    pub(crate) fn of<'a>(
        report: &mut Report,
        kind: &'static str,
        ids: impl IntoIterator<Item = &'a Text>,
    ) -> Self {
        let mut entries: Vec<(String, Range<usize>)> = Vec::new();
        for id in ids {
            values::id(report, id);
            let first = entries.iter().find(|(known, _)| known == id.get_ref());
            if let Some((known, first)) = first {
                let problem = report
                    .at(id.span(), format!("duplicate id: there are two called `{known}`"))
                    .label("the second one")
                    .and(first.clone(), "the first one")
                    .hint(format!("every {kind} needs an id of its own"));
                report.add(problem);
            }
            entries.push((id.get_ref().clone(), id.span()));
        }
        Self { kind, entries }
    }

    /// Position of the thing that is referred to, if there is one.
    pub(crate) fn position(&self, reference: &Text) -> Option<usize> {
        self.entries.iter().position(|(id, _)| id == reference.get_ref())
    }

    /// Position of the thing that is referred to; reports that there is none.
    pub(crate) fn find(&self, report: &mut Report, reference: &Text) -> Option<usize> {
        self.position(reference).or_else(|| {
            report.fail(
                reference.span(),
                format!("unknown {} `{}`", self.kind, reference.get_ref()),
                suggest::hint(reference.get_ref(), self.entries.iter().map(|(id, _)| &**id)),
            )
        })
    }
}
