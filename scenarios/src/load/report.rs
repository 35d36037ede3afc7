//! Collects what is wrong with one file.

use std::ops::Range;

use crate::error::{File, LoadError, Problem};

pub(crate) struct Report {
    file: File,
    problems: Vec<Problem>,
}

impl Report {
    pub(crate) fn new(file: &File) -> Self {
        Self { file: file.clone(), problems: Vec::new() }
    }

    /// A problem in this file, to be completed and given to [`Report::add`].
    pub(crate) fn at(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(&self.file, span, message)
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports a problem with its hint, and is none so that a conversion can end with it.
    pub(crate) fn fail<T>(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<T> {
        let problem = self.at(span, message).hint(hint);
        self.add(problem);
        None
    }

    /// None once there is a problem: what follows would only complain about its consequences.
    pub(crate) fn sound(&self) -> Option<()> {
        self.problems.is_empty().then_some(())
    }

    /// The file's name without directory and `.toml`, which must be its id.
    pub(crate) fn stem(&self) -> String {
        let name = match &self.file {
            File::Text(source) => source.name(),
            File::Unread(name) => name,
        };
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        name.strip_suffix(".toml").unwrap_or(name).to_owned()
    }

    /// The value, if all is well.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, LoadError> {
        // In the order in which a person reads the file.
        self.problems.sort_by_key(|problem| problem.start());
        match (LoadError::of(self.problems), value) {
            (None, Some(value)) => Ok(value),
            (Some(error), _) => Err(error),
            (None, None) => unreachable!("a conversion that fails says why"),
        }
    }

    /// The problems, if there are any.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}
