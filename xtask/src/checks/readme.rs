//! What README.md promises is what is tested and measured.

use crate::checks::dependencies::crate_count;
use crate::workspace::{Outcome, Workspace};

const DEMO: &str = "cargo run --example cli -- --demo health";
const TEST: &str = "cargo test --locked";
const COUNTED: &str = "plume-health";

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let readme = workspace.read("README.md")?;
    outcome.scanned("lines of README.md", readme.lines().count());
    outcome.faults.extend(judge_commands(&readme));

    let script = workspace.read(".ci/run")?;
    outcome.scanned("lines of .ci/run", script.lines().count());
    outcome.faults.extend(judge_script(&script));

    let measured = crate_count(workspace, COUNTED)?;
    outcome.notes.push(format!("{COUNTED} compiles {measured} crates"));
    outcome.faults.extend(judge_count(&readme, measured));
    Ok(outcome)
}

fn judge_commands(readme: &str) -> Vec<String> {
    [DEMO, TEST]
        .iter()
        .filter(|command| !readme.contains(*command))
        .map(|command| format!("README.md does not show `{command}`"))
        .collect()
}

/// The script must run the command as the README has it: nothing may follow it on its line.
fn judge_script(script: &str) -> Option<String> {
    let runs = script.lines().map(str::trim).any(|line| !line.starts_with('#') && line.ends_with(TEST));
    (!runs).then(|| format!(".ci/run does not run the README's `{TEST}`"))
}

fn judge_count(readme: &str, measured: usize) -> Vec<String> {
    let counts = counts(readme);
    if counts.is_empty() {
        return vec![format!(
            "README.md does not say how many crates {COUNTED} compiles (\"{COUNTED} … N crates\")"
        )];
    }
    counts
        .iter()
        .filter(|count| **count != measured)
        .map(|count| format!("README.md says {COUNTED} compiles {count} crates, measured are {measured}"))
        .collect()
}

/// The first `N crates` after each mention of the crate, in the same paragraph and before another crate's name.
fn counts(readme: &str) -> Vec<usize> {
    readme
        .match_indices(COUNTED)
        .filter_map(|(at, name)| count_after(readme.get(at + name.len()..)?))
        .collect()
}

fn count_after(text: &str) -> Option<usize> {
    let paragraph = text.split("\n\n").next()?;
    let words = paragraph.split("plume-").next()?;
    let (before, _) = words.split_once(" crates")?;
    before.split(|character: char| !character.is_ascii_digit()).next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_changed_command_is_found() {
        assert!(judge_commands(&format!("{DEMO}\n{TEST}")).is_empty());
        assert_eq!(judge_commands("cargo test --locked\n").len(), 1);
        assert_eq!(judge_commands("cargo run --example cli\ncargo test\n").len(), 2);
    }

    #[test]
    fn a_script_that_runs_something_else_is_found() {
        assert!(judge_script("step 'tests' cargo test --locked\n").is_none());
        assert!(judge_script("# cargo test --locked\n").is_some());
        assert!(judge_script("cargo test --locked --lib\n").is_some());
    }

    #[test]
    fn a_count_that_is_wrong_or_missing_is_found() {
        assert!(judge_count("`plume-health` alone is 17 crates.", 17).is_empty());
        assert!(
            judge_count("| `plume-health` | 17 crates |\n| `plume-client` | 107 crates |", 17).is_empty()
        );
        assert_eq!(judge_count("`plume-health` alone is\n16 crates.", 17).len(), 1);
        assert_eq!(judge_count("`plume-health` is small; `plume-client` has 17 crates.", 17).len(), 1);
        assert_eq!(judge_count("`plume-health` is small.\n\nAll of it: 17 crates.", 17).len(), 1);
    }
}
