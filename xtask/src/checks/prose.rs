//! The words of comments, documentation and messages, and the pointers to the reference of the API.

use std::collections::BTreeSet;

use crate::text::source::{has_word, is_identifier, prose_only};
use crate::workspace::{Outcome, Workspace};

/// Words that are not plain technical English. Split, so that this file passes its own check.
const WORDS: &[&str] = &[
    concat!("a", "new"),
    concat!("any", "body"),
    concat!("asked", " for"),
    concat!("asks", " for"),
    concat!("be", " had"),
    concat!("every", "body"),
    concat!("for", " ever"),
    concat!("give", " or take"),
    concat!("goes", " on"),
    concat!("hi", "m"),
    concat!("hi", "s"),
    concat!("hur", "ts"),
    concat!("let", " go"),
    concat!("looked", " at"),
    concat!("looks", " at"),
    concat!("no", "body"),
    concat!("on", " purpose"),
    concat!("seld", "om"),
    concat!("some", "body"),
    concat!("tel", "ls"),
    concat!("to", "ld"),
    concat!("tried", " again"),
    concat!("under", " way"),
    concat!("who", "ever"),
    concat!("wh", "om"),
];
/// Openings of a doc comment that name no thing: a noun phrase or a verb says more.
const RIDDLES: &[&str] = &["How many ", "One that ", "The way of ", "What ", "Who "];
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
        outcome.faults.extend(judge_words(path, &text));
        outcome.faults.extend(judge_openings(path, &text));
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
    let faults = faults_of_words(path, text);
    // Tokenizing every source takes seconds, and few contain a word as an identifier.
    if faults.is_empty() || !path.ends_with(".rs") {
        faults
    } else {
        faults_of_words(path, &prose_only(text))
    }
}

fn faults_of_words(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for word in WORDS.iter().filter(|word| has_word(&line, word)) {
            faults.push(format!("{path}:{}: `{word}`; use a plain word", index + 1));
        }
    }
    faults
}

/// Checks the first line of each doc comment.
fn judge_openings(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut is_inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let doc = line.strip_prefix("/// ").or_else(|| line.strip_prefix("//! "));
        let riddle = RIDDLES.iter().find(|riddle| doc.is_some_and(|doc| doc.starts_with(*riddle)));
        if let Some(riddle) = riddle.filter(|_| !is_inside && path.ends_with(".rs")) {
            let opening = riddle.trim_end();
            faults.push(format!("{path}:{}: a doc that opens with `{opening}`; name the thing", index + 1));
        }
        is_inside = line.starts_with("///") || line.starts_with("//!");
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
    fn identifiers_may_contain_any_word() {
        let source = format!("let {0} = f(\"{0}\"); // {0}\n/// {0}\nlet x = {0};\n", WORDS[0]);
        assert_eq!(judge_words("a.rs", &source).len(), 2);
        assert_eq!(judge_words("a.md", &source).len(), 3);
    }

    #[test]
    fn only_the_opening_of_a_doc_is_checked() {
        for riddle in RIDDLES {
            assert_eq!(judge_openings("a.rs", &format!("  /// {riddle}it is.\n")).len(), 1, "{riddle}");
            let inside =
                format!("/// A thing.\n/// {riddle}it is.\n// {riddle}it is.\nlet a = \"/// {riddle}\";\n");
            assert!(judge_openings("a.rs", &inside).is_empty(), "{riddle}");
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
