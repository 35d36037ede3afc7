//! What is wrong with a file, where, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One or more files could not be used.
///
/// As an error its text is the first problem's, with the file's name. As a [`Diagnostic`] it also
/// shows the place, a hint, and the other problems. [`LoadError::one_line`] is for a log.
#[derive(Debug, Clone)]
pub struct LoadError {
    first: Box<Problem>,
    others: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone)]
pub struct Problem {
    file: File,
    spans: Vec<(Range<usize>, String)>,
    message: String,
    hint: Option<String>,
}

/// A place in a file, the way a person counts: both numbers begin at 1, and a column is a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// A file's name and, if it could be read, its text.
#[derive(Debug, Clone)]
pub(crate) enum File {
    Text(Arc<NamedSource<String>>),
    Unread(String),
}

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self::Text(Arc::new(NamedSource::new(name, text.to_owned()).with_language("toml")))
    }

    fn name(&self) -> &str {
        match self {
            Self::Text(source) => source.name(),
            Self::Unread(name) => name,
        }
    }
}

impl Problem {
    /// A problem with a piece of a file.
    pub(crate) fn at(file: &File, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            file: file.clone(),
            spans: vec![(span, "here".to_owned())],
            message: message.into(),
            hint: None,
        }
    }

    /// A problem with a file as a whole.
    pub(crate) fn unread(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: File::Unread(file.to_owned()),
            spans: Vec::new(),
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is written at the problem's place.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        if let Some((_, text)) = self.spans.first_mut() {
            *text = label.into();
        }
        self
    }

    /// A second place that has to do with it.
    pub(crate) fn and(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.spans.push((span, label.into()));
        self
    }

    /// Offset of the place in the file.
    pub(crate) fn start(&self) -> usize {
        self.spans.first().map_or(0, |(span, _)| span.start)
    }

    /// The file, as it was named to the loader.
    pub fn file(&self) -> &str {
        self.file.name()
    }

    /// What is wrong, in words, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if that can be told.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Where it is; none if the file could not be read at all.
    pub fn location(&self) -> Option<Location> {
        let File::Text(source) = &self.file else { return None };
        let (span, _) = self.spans.first()?;
        let text = source.inner();
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some(Location {
            file: source.name().to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        })
    }

    /// `file:line:column: message (hint)`.
    pub fn one_line(&self) -> String {
        let place = match self.location() {
            Some(Location { file, line, column }) => format!("{file}:{line}:{column}"),
            None => self.file.name().to_owned(),
        };
        match &self.hint {
            Some(hint) => format!("{place}: {} ({hint})", self.message),
            None => format!("{place}: {}", self.message),
        }
    }
}

impl LoadError {
    /// An error of these problems; none if there are none.
    pub(crate) fn of(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let first = Box::new(problems.next()?);
        Some(Self { first, others: problems.collect() })
    }

    /// All problems, the first one first. There is at least one.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&*self.first).chain(&self.others)
    }

    /// Takes the error apart.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        std::iter::once(*self.first).chain(self.others).collect()
    }

    /// Where the first problem is; none if its file could not be read at all.
    pub fn location(&self) -> Option<Location> {
        self.first.location()
    }

    /// The first problem as `file:line:column: message (hint)`.
    pub fn one_line(&self) -> String {
        self.first.one_line()
    }
}

impl From<Problem> for LoadError {
    fn from(problem: Problem) -> Self {
        Self { first: Box::new(problem), others: Vec::new() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.name(), self.message)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)
    }
}

impl std::error::Error for Problem {}
impl std::error::Error for LoadError {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match &self.file {
            File::Text(source) => Some(source),
            File::Unread(_) => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mut primary = true;
        Some(Box::new(self.spans.iter().map(move |(span, label)| {
            let label = Some(label.clone());
            if std::mem::take(&mut primary) {
                LabeledSpan::new_primary_with_span(label, span.clone())
            } else {
                LabeledSpan::new_with_span(label, span.clone())
            }
        })))
    }
}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.first.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.first.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.first.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.others.is_empty() {
            return None;
        }
        Some(Box::new(self.others.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
