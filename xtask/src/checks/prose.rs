//! The words of comments, documentation and messages, and the pointers to the reference of the API.

use std::collections::BTreeSet;

use crate::text::source::{has_word, is_identifier};
use crate::workspace::{Outcome, Workspace};

/// Words that are not plain technical English. Split, so that this file passes its own check.
const WORDS: &[&str] = &[
    concat!("a", "new"),
    concat!("be", " had"),
    concat!("for", " ever"),
    concat!("let", " go"),
    concat!("seld", "om"),
    concat!("unless", " told"),
    concat!("wh", "om"),
];
/// Files that still hold one of [`WORDS`], or words of others. The list only shrinks.
const ALLOWED: &[&str] = &[
    "plume-client/OPERATIONS.md",
    "plume-client/src/exchange/tests/schedules.rs",
    "plume-client/src/limiter/machine/invariants.rs",
    "plume-client/src/limiter/shell/tests/mod.rs",
    "plume-client/src/limiter/shell/tests/schedules.rs",
    "plume-client/src/operations/tables/gateway.rs",
    "plume-client/src/operations/tables/reports.rs",
    "plume-client/tests/faults/pages.rs",
    "plume-client/tests/limits.rs",
    "plume-client/tests/operations.rs",
    "plume-sim/tests/api.rs",
];
/// The reference of the API: one file per document.
const REFERENCE: &str = "docs/plume-api/";
const DOCUMENTS: &[&str] = &["auth", "endpoints", "limits-and-errors", "models"];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut sections = BTreeSet::new();
    for document in DOCUMENTS {
        let text = workspace.read(&format!("{REFERENCE}{document}.md"))?;
        sections.extend(text.lines().filter_map(section).map(|section| (*document, section.to_owned())));
    }
    outcome.scanned("sections of the reference", sections.len());

    let (mut texts, mut pointers) = (0, 0);
    let files = workspace.files()?;
    for path in files.iter().filter(|path| path.ends_with(".rs") || path.ends_with(".md")) {
        let text = workspace.read(path)?;
        texts += 1;
        let words = judge_words(path, &text);
        if !ALLOWED.contains(&path.as_str()) {
            outcome.faults.extend(words);
        } else if words.is_empty() {
            outcome.notes.push(format!("{path} can leave the list of exceptions"));
        }
        if !path.starts_with(REFERENCE) {
            let found = found_pointers(&text);
            pointers += found.len();
            outcome.faults.extend(judge_pointers(path, &found, &sections));
        }
    }
    outcome.scanned("sources and pages", texts);
    outcome.scanned("pointers to the reference", pointers);
    Ok(outcome)
}

fn judge_words(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for word in WORDS.iter().filter(|word| has_word(&line, word)) {
            faults.push(format!("{path}:{}: `{word}`; use a plain word", index + 1));
        }
    }
    faults
}

/// The number of a heading: `## 4. Node` is 4, `### 4.2 health` is 4.2.
fn section(line: &str) -> Option<&str> {
    let number = line.trim_start_matches('#').strip_prefix(' ')?.split(' ').next()?.trim_end_matches('.');
    (line.starts_with("##") && is_number(number)).then_some(number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A line, a document and the number of a section in it: "models §2, §8" are two.
fn found_pointers(text: &str) -> Vec<(usize, &'static str, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for document in DOCUMENTS {
            for (at, _) in line.match_indices(document) {
                let before = line.get(..at).and_then(|text| text.chars().next_back());
                let after = line.get(at + document.len()..).unwrap_or_default();
                if !before.is_some_and(is_identifier) {
                    found.extend(numbers(after).map(|number| (index + 1, *document, number)));
                }
            }
        }
    }
    found
}

/// The numbers of a list such as ` §2, §8` or `.md §2–§5`, which ends at the first other word.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text.trim_start_matches(".md").trim_start_matches('`');
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', ',', '–', '-']).strip_prefix('§')?;
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.');
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(number.trim_end_matches('.').to_owned())
    })
}

fn judge_pointers(
    path: &str,
    found: &[(usize, &'static str, String)],
    sections: &BTreeSet<(&str, String)>,
) -> Vec<String> {
    let lost = found.iter().filter(|(_, document, number)| !sections.contains(&(*document, number.clone())));
    lost.map(|(line, document, number)| {
        format!("{path}:{line}: {REFERENCE}{document}.md has no section {number}")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_found_as_a_whole_word() {
        for word in WORDS {
            assert_eq!(judge_words("a.rs", &format!("//! x\n//! It is {word}.")).len(), 1, "{word}");
            assert!(judge_words("a.rs", &format!("//! {word}x, x{word}")).is_empty(), "{word}");
        }
    }

    #[test]
    fn headings_have_numbers() {
        let lines = ["## 4. Node", "### 4.2 health", "## Grades", "# 1. Title", "text"];
        let found: Vec<_> = lines.into_iter().filter_map(section).collect();
        assert_eq!(found, ["4", "4.2"]);
    }

    #[test]
    fn pointers_are_read_with_their_lists() {
        let text = "//! A node. (`plume-api` models §4.2, §5)\n//! `limits-and-errors` §3; auth §5; oauth §9";
        let expected =
            [(1, "models", "4.2"), (1, "models", "5"), (2, "auth", "5"), (2, "limits-and-errors", "3")];
        let expected = expected.map(|(line, document, number)| (line, document, number.to_owned()));
        assert_eq!(found_pointers(text), expected);
        assert_eq!(numbers(" §2–§5 and §9").collect::<Vec<_>>(), ["2", "5"]);
    }

    #[test]
    fn pointer_to_a_missing_section_is_found() {
        let sections = BTreeSet::from([("models", "4".to_owned())]);
        assert!(judge_pointers("a.rs", &found_pointers("(`plume-api` models §4)"), &sections).is_empty());
        assert_eq!(
            judge_pointers("a.rs", &found_pointers(concat!("models", " §40")), &sections),
            ["a.rs:1: docs/plume-api/models.md has no section 40"]
        );
    }
}
