//! Pages in Markdown.

use pasvlab_harness::Cause;

use super::terminal::NO_EXAMPLE;
use super::{Group, Page, Reasons};

const HEADING: &str = "\
# Reasons

Everything that can decide how a session comes out. `pasvlab run` names the id, and
`pasvlab explain ID` prints one of these sections. Generated from `report/reasons/`;
after a change there, make it anew:

```sh
cargo run --release -- explain --all --format markdown > docs/reasons.md
```
";

/// The documentation page: every id, by group, with a table of contents.
#[must_use]
pub fn reasons_page(reasons: &Reasons) -> String {
    let mut text = HEADING.to_owned();
    for group in Group::ALL {
        text.push_str(&format!("\n**{}**\n\n", group.heading()));
        for (cause, page) in reasons.of(group) {
            text.push_str(&format!("- [{cause}](#{cause}): {}\n", plain(&page.sentence)));
        }
    }
    for (cause, page) in Group::ALL.into_iter().flat_map(|group| reasons.of(group)) {
        text.push('\n');
        text.push_str(&section(cause, page, |id| format!("[{id}](#{id})")));
    }
    text
}

/// One id as a document of its own.
#[must_use]
pub fn one_page(cause: Cause, page: &Page) -> String {
    section(cause, page, |id| format!("`pasvlab explain {id}`"))
}

fn section(cause: Cause, page: &Page, link: impl Fn(&str) -> String) -> String {
    let mut text = format!("## {cause}\n\n**{}**\n", plain(&page.sentence));
    for paragraph in page.paragraphs() {
        text.push_str(&format!("\n{}\n", plain(paragraph)));
    }
    let log = page.log.iter().map(|line| format!("{}: `{}`", plain(&line.client), line.says));
    list(&mut text, "In a log", log);
    let filter = page.filter.iter().map(|filter| format!("Wireshark display filter: `{filter}`"));
    list(&mut text, "In a capture", page.capture.iter().map(|line| plain(line)).chain(filter));
    let fixes = page.fixes.iter().map(|fix| format!("{}: {}", fix.r#where, plain(&fix.change)));
    list(&mut text, "What to change", fixes);
    let none = page.examples.is_empty().then(|| NO_EXAMPLE.to_owned());
    let examples = page.examples.iter().map(|example| format!("`pasvlab run {example}`"));
    list(&mut text, "Cells that show it", examples.chain(none));
    list(&mut text, "See also", page.see.iter().map(|id| link(id)));
    list(&mut text, "Sources", page.sources.iter().map(|source| plain(source)));
    text
}

fn list(text: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}\n")).collect();
    if !items.is_empty() {
        text.push_str(&format!("\n{heading}:\n\n{}", items.concat()));
    }
}

/// Text in which nothing means anything to Markdown but what stands between backticks.
fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::new();
    let mut code = false;
    for c in text.chars() {
        code ^= c == '`';
        if !code && matches!(c, '\\' | '*' | '_' | '<' | '[' | ']' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_code_keeps_its_meaning() {
        assert_eq!(plain("a_b `c_d`\n[e]"), "a\\_b `c_d` \\[e\\]");
    }
}
