//! The layout of files: one module style, source files of at most 600 lines, folders of at most nine files.

use std::collections::BTreeMap;

use crate::text::source::code_only;
use crate::workspace::{Outcome, Workspace};

/// Maximum number of lines of a source file, except tests and tables of data.
const LONGEST: usize = 600;
/// Maximum number of source files in one folder, except lists of similar files.
const FULLEST: usize = 9;
/// Folders that are a list of similar files.
const LISTS: &[&str] =
    &["apps/plume-cli/src/commands", "plume-client/src/operations/tables", "plume-types/src/models"];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let files = workspace.files()?;
    let sources: Vec<&str> = files.iter().map(String::as_str).filter(|path| path.ends_with(".rs")).collect();
    for path in &sources {
        let text = workspace.read(path)?;
        outcome.faults.extend(judge_length(path, &text));
        outcome.faults.extend(judge_module_paths(path, &text));
    }
    outcome.faults.extend(judge_style(&sources));
    outcome.faults.extend(judge_folders(&sources));
    outcome.scanned("Rust files", sources.len());
    Ok(outcome)
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn judge_length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (!is_test(path) && lines > LONGEST).then(|| format!("{path}: {lines} lines, more than {LONGEST}"))
}

/// Checks that a module is where the compiler looks for it, so that no file belongs to two crates.
fn judge_module_paths(path: &str, text: &str) -> Option<String> {
    let code = code_only(text, &["#[path"]);
    code.contains("#[path").then(|| format!("{path}: `#[path]`; share code through a crate"))
}

/// Checks that a module with children is `name/mod.rs`, so that one folder contains all of it.
fn judge_style(sources: &[&str]) -> Vec<String> {
    let beside = |path: &&&str| {
        let folder = path.strip_suffix(".rs").unwrap_or_default();
        sources.iter().any(|other| other.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    };
    let split =
        sources.iter().filter(|path| path.starts_with("src/") || path.contains("/src/")).filter(beside);
    split
        .map(|path| format!("{path}: its children are in a folder beside it; move it there as mod.rs"))
        .collect()
}

fn judge_folders(sources: &[&str]) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (folder, _) in sources.iter().filter(|path| !is_test(path)).filter_map(|path| path.rsplit_once('/')) {
        *folders.entry(folder).or_default() += 1;
    }
    folders
        .into_iter()
        .filter(|(folder, count)| *count > FULLEST && !LISTS.contains(folder))
        .map(|(folder, count)| format!("{folder}: {count} files, more than {FULLEST}; group them in folders"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_source_file_is_found_and_long_test_is_not() {
        assert!(judge_length("a/src/b.rs", &"\n".repeat(LONGEST)).is_none());
        assert!(judge_length("a/src/b.rs", &"\n".repeat(LONGEST + 1)).is_some());
        assert!(judge_length("a/tests/b.rs", &"\n".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn module_beside_its_folder_is_found() {
        assert_eq!(judge_style(&["a/src/b.rs", "a/src/b/c.rs"]).len(), 1);
        assert!(judge_style(&["a/src/b/mod.rs", "a/src/b/c.rs", "a/src/bc.rs", "a/src/bc2/d.rs"]).is_empty());
    }

    #[test]
    fn module_with_a_path_attribute_is_found() {
        assert!(judge_module_paths("a/src/b.rs", "#[path = \"../c.rs\"]\nmod c;").is_some());
        assert!(judge_module_paths("a/src/b.rs", "// #[path]\nmod c;").is_none());
    }

    #[test]
    fn full_folder_is_found() {
        let files: Vec<String> = (0..=FULLEST).map(|number| format!("a/src/{number}.rs")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        assert_eq!(judge_folders(&files).len(), 1);
        assert!(judge_folders(&files[1..]).is_empty());
    }
}
