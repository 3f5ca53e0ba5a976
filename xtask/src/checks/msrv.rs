//! One minimum Rust version: stated once in the workspace, and the same everywhere else but in named programs.

use crate::text::manifest;
use crate::workspace::{Member, Outcome, Workspace};

const RESOLVER: &str = "3";
/// Programs with a newer minimum, because a library they need has it.
pub(crate) const NEWER: &[(&str, &str)] = &[("plume-server", "1.89")];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let root = workspace.read("Cargo.toml")?;
    let stated = manifest::value(&root, "workspace.package", "rust-version")
        .ok_or("Cargo.toml has no rust-version in [workspace.package]")?;
    outcome.notes.push(format!("minimum Rust {stated}"));

    let members = workspace.members()?;
    outcome.scanned("manifests", members.len());
    outcome.faults.extend(judge_members(&members, stated));
    outcome.faults.extend(judge_root(&root));
    // Clippy reads rust-version from the manifest unless clippy.toml overrides it.
    let clippy = workspace.read("clippy.toml").unwrap_or_default();
    outcome.faults.extend(judge_clippy(&clippy, stated));
    if let Err(message) = workspace.bytes("Cargo.lock") {
        outcome.faults.push(message);
    }
    match workspace.read("README.md") {
        Ok(readme) => {
            outcome.scanned("lines of README.md", readme.lines().count());
            outcome.faults.extend(judge_readme(&readme, stated));
        }
        Err(message) => outcome.faults.push(message),
    }
    Ok(outcome)
}

fn judge_root(root: &str) -> Option<String> {
    let resolver = manifest::value(root, "workspace", "resolver");
    (resolver != Some(RESOLVER))
        .then(|| format!("Cargo.toml: resolver is {}, not {RESOLVER}", resolver.unwrap_or("not set")))
}

fn judge_members(members: &[Member], stated: &str) -> Vec<String> {
    members
        .iter()
        .filter_map(|member| {
            let newer = NEWER.iter().find(|(name, _)| *name == member.name);
            let wanted = newer.map_or(stated, |(_, version)| version);
            let found = member.rust_version.as_deref().unwrap_or("nothing");
            (found != wanted).then(|| format!("{}: rust-version is {found}, not {wanted}", member.manifest))
        })
        .collect()
}

fn judge_clippy(clippy: &str, stated: &str) -> Option<String> {
    let found = manifest::value(clippy, "", "msrv").filter(|found| *found != stated)?;
    Some(format!("clippy.toml: msrv is {found}, not {stated}; leave it out, clippy reads the manifest"))
}

/// Checks that the README contains `Rust 1.x`, and only with the stated version.
fn judge_readme(readme: &str, stated: &str) -> Vec<String> {
    let mut mentions = 0_usize;
    let mut faults = Vec::new();
    for (index, line) in readme.lines().enumerate() {
        for (at, word) in line.match_indices("Rust 1.") {
            let version: String = line
                .get(at + word.len() - 2..)
                .unwrap_or_default()
                .chars()
                .take_while(|character| character.is_ascii_digit() || *character == '.')
                .collect();
            mentions += 1;
            if version.trim_end_matches('.') != stated {
                faults.push(format!(
                    "README.md:{}: says Rust {version}, the workspace says {stated}",
                    index + 1
                ));
            }
        }
    }
    if mentions == 0 {
        faults.push(format!("README.md does not say `Rust {stated}`"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readme_with_another_or_no_version_is_found() {
        assert!(judge_readme("Needs Rust 1.88 or newer.", "1.88").is_empty());
        assert!(judge_readme("The minimum is Rust 1.88.", "1.88").is_empty());
        assert_eq!(judge_readme("Needs Rust 1.85.", "1.88").len(), 1);
        assert_eq!(judge_readme("Needs Rust 1.8.", "1.88").len(), 1);
        assert_eq!(judge_readme("Rust 1.88\nand Rust 1.90", "1.88").len(), 1);
        assert_eq!(judge_readme("Needs Rust.", "1.88").len(), 1);
    }

    #[test]
    fn member_with_its_own_or_no_version_is_found() {
        let member = |rust_version: Option<&str>| Member {
            name: "a".to_owned(),
            manifest: "a/Cargo.toml".to_owned(),
            rust_version: rust_version.map(str::to_owned),
        };
        let members = [member(Some("1.88")), member(Some("1.90")), member(None)];
        assert_eq!(judge_members(&members, "1.88").len(), 2);
        let (name, newer) = NEWER[0];
        let named = |version: &str| Member { name: name.to_owned(), ..member(Some(version)) };
        assert_eq!(judge_members(&[named(newer), named("1.88")], "1.88").len(), 1);
    }

    #[test]
    fn overriding_clippy_toml_and_another_resolver_are_found() {
        assert!(judge_clippy("msrv = \"1.80\"\n", "1.88").is_some());
        assert!(judge_clippy("msrv = \"1.88\"\n", "1.88").is_none());
        assert!(judge_clippy("allow-unwrap-in-tests = true\n", "1.88").is_none());
        assert!(judge_root("[workspace]\nresolver = \"2\"\n").is_some());
        assert!(judge_root("[workspace]\n").is_some());
        assert!(judge_root("[workspace]\nresolver = \"3\"\n").is_none());
    }
}
