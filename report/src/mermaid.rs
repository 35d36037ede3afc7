//! A session as a Mermaid sequence diagram: who said what to whom, each connection box by box, and
//! where it was lost. GitHub and GitLab draw it where it stands in a fence of `mermaid`.

use std::io::{self, Write};

use crate::sequence::{Sequence, StepKind};
use crate::way::Point;
use crate::{Renderer, Session};

/// Writes the diagram of a session.
#[derive(Debug, Clone, Copy)]
pub struct Mermaid;

impl Renderer<Session<'_>> for Mermaid {
    fn write(&self, session: &Session<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(diagram(&Sequence::of(session.record)).as_bytes())
    }
}

/// A pause from here on is worth a remark.
const PAUSE_MS: u64 = 1_000;

/// The diagram as text, with a final line break.
#[must_use]
pub fn diagram(sequence: &Sequence) -> String {
    let mut text = "sequenceDiagram\n".to_owned();
    for (number, participant) in sequence.participants.iter().enumerate() {
        text.push_str(&format!("  participant p{number} as {}\n", title(participant)));
    }
    let mut last = 0;
    for step in &sequence.steps {
        let (from, to) = (step.from, step.to);
        let words = escaped(&step.text);
        if step.at_ms >= last + PAUSE_MS {
            let seconds = (step.at_ms - last) / 1_000;
            let end = sequence.participants.len() - 1;
            text.push_str(&format!("  Note over p0,p{end}: {seconds} s later\n"));
        }
        last = step.at_ms;
        let arrow = match step.kind {
            StepKind::Command | StepKind::Open => "->>",
            StepKind::Reply | StepKind::Opened => "-->>",
            StepKind::Lost => "-x",
            StepKind::Note | StepKind::Failure => {
                let (first, last) = (from.min(to), from.max(to));
                let over =
                    if first == last { format!("p{first}") } else { format!("p{first},p{last}") };
                text.push_str(&format!("  Note over {over}: {words}\n"));
                continue;
            }
        };
        text.push_str(&format!("  p{from}{arrow}p{to}: {words}\n"));
    }
    text
}

fn title(point: &Point) -> String {
    match &point.address {
        Some(address) => format!("{}<br/>{address}", escaped(&point.name)),
        None => escaped(&point.name),
    }
}

/// Text in which nothing means anything to Mermaid.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '#' => escaped.push_str("#35;"),
            ';' => escaped.push_str("#59;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '"' => escaped.push_str("#quot;"),
            '\r' | '\n' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}
