//! Stories with everything they have in common said once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::story::Story;

/// Values, each once, named by their places.
#[derive(Debug, Default)]
pub(super) struct Pool {
    values: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Pool {
    /// All values as a JSON array.
    pub(super) fn json(&self) -> String {
        format!("[{}]", self.values.join(",\n"))
    }

    /// The place of a value.
    fn put(&mut self, value: &impl Serialize) -> usize {
        // Texts, numbers and lists of them: always JSON.
        let text = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = self.values.len();
        self.places.insert(text.clone(), place);
        self.values.push(text);
        place
    }

    /// A story, as the page's script reads it.
    pub(super) fn story(&mut self, story: &Story) -> Value {
        let chain: Vec<usize> = story
            .chain
            .iter()
            .map(|sentence| {
                let words = (self.put(&sentence.cause), self.put(&sentence.text));
                self.put(&json!([sentence.at_ms, words.0, words.1]))
            })
            .collect();
        let timeline: Vec<usize> = story
            .timeline
            .iter()
            .map(|moment| {
                let text = self.put(&moment.text);
                self.put(&json!([moment.at_ms, moment.kind, text]))
            })
            .collect();
        let steps: Vec<usize> = story
            .sequence
            .steps
            .iter()
            .map(|step| {
                let text = self.put(&step.text);
                self.put(&json!([step.at_ms, step.kind, step.from, step.to, text]))
            })
            .collect();
        let participants: Vec<usize> =
            story.sequence.participants.iter().map(|point| self.put(point)).collect();
        let ways: Vec<usize> = story.ways.iter().map(|way| self.put(way)).collect();
        let fixes: Vec<usize> = story.fixes.iter().map(|fix| self.put(fix)).collect();
        let cell = &story.cell;
        json!({
            "outcome": self.put(&cell.outcome),
            "announced": self.put(&cell.announced),
            "cause": self.put(&cell.cause),
            "reason": self.put(&cell.reason),
            "program": self.put(&story.program),
            "server": self.put(&story.server),
            "command": self.put(&story.command()),
            "ms": cell.virtual_ms,
            "chain": self.put(&chain),
            "fixes": self.put(&fixes),
            "participants": self.put(&participants),
            "steps": self.put(&steps),
            "timeline": self.put(&timeline),
            "ways": self.put(&ways),
        })
    }
}
