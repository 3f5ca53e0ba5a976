//! The commands and numbers of the README files are tested and measured, and their programs are complete.

use crate::checks::dependencies::crate_count;
use crate::workspace::{Outcome, Workspace};

const DEMO: &str = "cargo run --example cli -- --demo health";
const TEST: &str = "cargo test --locked";
/// Pages for users, which are read outside of the repository too.
const PAGES: &[&str] = &["README.md", "docs/cookbook/"];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let readme = workspace.read("README.md")?;
    outcome.scanned("lines of README.md", readme.lines().count());
    outcome.faults.extend(judge_commands(&readme));

    let script = workspace.read(".ci/run")?;
    outcome.scanned("lines of .ci/run", script.lines().count());
    outcome.faults.extend(judge_script(&script));

    let counts = counts(&readme);
    outcome.scanned("counts of crates in README.md", counts.len());
    for (name, stated) in counts {
        outcome.faults.extend(judge_count(name, stated, crate_count(workspace, name)?));
    }

    let (mut pages, mut programs) = (0, 0);
    for path in workspace.files()?.iter().filter(|path| is_page(path)) {
        let text = workspace.read(path)?;
        pages += 1;
        programs += blocks(&text).len();
        outcome.faults.extend(judge_programs(path, &text));
        outcome.faults.extend(judge_links(path, &text));
    }
    outcome.scanned("pages for users", pages);
    outcome.scanned("programs on them", programs);
    Ok(outcome)
}

fn is_page(path: &str) -> bool {
    let of_crate = path.starts_with("plume-") && path.matches('/').count() == 1;
    path.ends_with(".md")
        && (PAGES.iter().any(|page| path.starts_with(page)) || of_crate && path.ends_with("/README.md"))
}

fn judge_commands(readme: &str) -> Vec<String> {
    [DEMO, TEST]
        .iter()
        .filter(|command| !readme.contains(*command))
        .map(|command| format!("README.md does not show `{command}`"))
        .collect()
}

/// Checks that the script runs the command of the README without further arguments.
fn judge_script(script: &str) -> Option<String> {
    let runs = script.lines().map(str::trim).any(|line| !line.starts_with('#') && line.ends_with(TEST));
    (!runs).then(|| format!(".ci/run does not run the README's `{TEST}`"))
}

fn judge_count(name: &str, stated: usize, measured: usize) -> Option<String> {
    (stated != measured)
        .then(|| format!("README.md says {name} compiles {stated} crates, measured: {measured}"))
}

/// The numbers at the end of the rows that begin with the name of a crate: "| `plume-health` | … | 16 |".
fn counts(readme: &str) -> Vec<(&str, usize)> {
    let row = |line: &str| -> Option<(usize, usize, usize)> {
        let rest = line.strip_prefix("| `")?;
        let count = rest.trim_end().trim_end_matches('|').rsplit('|').next()?.trim().parse().ok()?;
        Some((3, 3 + rest.find('`')?, count))
    };
    let rows = readme.lines().filter(|line| line.starts_with("| `plume-"));
    rows.filter_map(|line| row(line).and_then(|(from, to, count)| Some((line.get(from..to)?, count))))
        .collect()
}

/// The Rust code blocks with the numbers of their first lines.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut open) = (Vec::new(), None);
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            None if line.starts_with("```") => {
                open = Some((index + 1, line.starts_with("```rust"), String::new()));
            }
            Some((at, is_rust, block)) if line == "```" => {
                if *is_rust {
                    found.push((*at, std::mem::take(block)));
                }
                open = None;
            }
            Some((_, _, block)) => *block = format!("{block}{line}\n"),
            None => {}
        }
    }
    found
}

/// Checks that a program can be copied as shown: rustdoc compiles it, and hides and adds nothing.
fn judge_programs(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, block) in blocks(text) {
        if !block.contains("fn main()") {
            faults.push(format!("{path}:{line}: a Rust block without `fn main()`"));
        }
        if block.lines().any(|line| line == "#" || line.starts_with("# ")) {
            faults.push(format!("{path}:{line}: a Rust block with a hidden line"));
        }
    }
    faults
}

/// Finds relative links, which are dead on docs.rs and on the registry.
fn judge_links(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("https://") && !target.starts_with('#')) {
            faults.push(format!("{path}:{}: a relative link, `{target}`", index + 1));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_changed_command_is_found() {
        assert!(judge_commands(&format!("{DEMO}\n{TEST}")).is_empty());
        assert_eq!(judge_commands("cargo test --locked\n").len(), 1);
        assert_eq!(judge_commands("cargo run --example cli\ncargo test\n").len(), 2);
    }

    #[test]
    fn script_that_runs_another_command_is_found() {
        assert!(judge_script("step 'tests' cargo test --locked\n").is_none());
        assert!(judge_script("# cargo test --locked\n").is_some());
        assert!(judge_script("cargo test --locked --lib\n").is_some());
    }

    #[test]
    fn wrong_count_is_found() {
        let readme =
            "| crate | crates |\n| `plume-a` | text | 17 |\n| `plume-b` (library `b`) | 3 |\n| `b` | 4 |\n";
        assert_eq!(counts(readme), [("plume-a", 17), ("plume-b", 3)]);
        assert!(judge_count("plume-a", 17, 17).is_none());
        assert!(judge_count("plume-a", 17, 18).is_some());
    }

    #[test]
    fn incomplete_program_is_found() {
        let page = |code: &str| format!("text\n```sh\n# a comment\n```\n```rust,no_run\n{code}```\n");
        assert!(judge_programs("a.md", &page("#[tokio::main]\nasync fn main() {}\n")).is_empty());
        assert_eq!(judge_programs("a.md", &page("let a = 1;\n")).len(), 1);
        assert_eq!(
            judge_programs("a.md", &page("# use a::b;\nfn main() {}\n")),
            ["a.md:5: a Rust block with a hidden line"]
        );
    }

    #[test]
    fn relative_link_is_found() {
        assert!(judge_links("a.md", "[a](https://example.net/a.md), [b](#b) and f(x)").is_empty());
        assert_eq!(
            judge_links("a.md", "x\n[a](a.md) [b](https://example.net)"),
            ["a.md:2: a relative link, `a.md`"]
        );
    }

    #[test]
    fn pages_for_users_are_recognized() {
        assert!(["README.md", "plume-sim/README.md", "docs/cookbook/errors.md"].into_iter().all(is_page));
        assert!(
            !["plume-sim/TESTING.md", "lab/peers/README.md", "docs/plume-api/README.md"]
                .into_iter()
                .any(is_page)
        );
    }
}
