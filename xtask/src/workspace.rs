//! The files of the workspace, and its packages as cargo reports them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The result of a check: what it scanned, and the faults it found.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The kinds of scanned things and their counts. A zero is a fault, because such a check has proved nothing.
    pub(crate) scanned: Vec<(String, usize)>,
    /// Lines for the reader: measurements and what was scanned.
    pub(crate) notes: Vec<String>,
    /// The faults, one line each, with the place.
    pub(crate) faults: Vec<String>,
}

impl Outcome {
    pub(crate) fn scanned(&mut self, what: &str, count: usize) {
        self.notes.push(format!("scanned {count} {what}"));
        self.scanned.push((what.to_owned(), count));
    }

    /// Returns all faults, also for kinds of which nothing was scanned.
    pub(crate) fn verdict(self) -> Vec<String> {
        let mut faults = self.faults;
        if self.scanned.is_empty() {
            faults.push("the check reported no scanned files".to_owned());
        }
        let empty = self.scanned.iter().filter(|(_, count)| *count == 0);
        faults.extend(empty.map(|(what, _)| format!("scanned no {what}, so nothing was proved")));
        faults
    }
}

/// A package of the workspace as cargo reports it.
pub(crate) struct Member {
    pub(crate) name: String,
    /// The manifest's path below the root, with forward slashes.
    pub(crate) manifest: String,
    pub(crate) rust_version: Option<String>,
}

/// The checkout under test.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub(crate) fn new(root: PathBuf) -> Self {
        // Cargo reports absolute paths without symbolic links; the root must be comparable with them.
        Self { root: fs::canonicalize(&root).unwrap_or(root) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Copies the files of [`Workspace::files`] to `copy` and removes all others there. An unchanged file keeps its
    /// time, so that a build in `copy` stays fresh.
    pub(crate) fn copy_to(&self, copy: &Path) -> Result<(), String> {
        let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(copy).map_err(|error| failed(copy, error))?;
        let (wanted, copied) = (self.files()?, Self::new(copy.to_owned()));
        let mut old = Vec::new();
        copied.walk(&copied.root, &mut old)?;
        for name in old.iter().filter(|name| wanted.binary_search(name).is_err()) {
            let path = copied.root.join(name);
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
        for name in wanted {
            let (bytes, path) = (self.bytes(&name)?, copied.root.join(&name));
            if fs::read(&path).is_ok_and(|old| old == bytes) {
                continue;
            }
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
            }
            fs::copy(self.root.join(&name), &path).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    /// The text of a file below the root.
    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| format!("failed to read {path}: {error}"))
    }

    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.root.join(path)).map_err(|error| format!("failed to read {path}: {error}"))
    }

    /// Returns the cargo that started this program, which may not be the first on the PATH.
    pub(crate) fn cargo_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.root);
        command
    }

    /// Runs cargo in the workspace and returns what it printed.
    pub(crate) fn cargo(&self, args: &[&str]) -> Result<String, String> {
        self.output(&mut self.cargo_command(args), &format!("cargo {}", args.join(" ")))
    }

    pub(crate) fn members(&self) -> Result<Vec<Member>, String> {
        let text = self.cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"])?;
        let metadata: Value =
            serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        let packages =
            metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata has no packages")?;
        packages.iter().map(|package| self.member(package)).collect()
    }

    fn member(&self, package: &Value) -> Result<Member, String> {
        let field = |name: &str| package.get(name).and_then(Value::as_str).map(str::to_owned);
        let manifest = field("manifest_path").ok_or("cargo metadata: a package without manifest_path")?;
        Ok(Member {
            name: field("name").ok_or("cargo metadata: a package without a name")?,
            manifest: self.below_root(Path::new(&manifest)),
            rust_version: field("rust_version"),
        })
    }

    /// Every file that is, or would be, under version control.
    pub(crate) fn files(&self) -> Result<Vec<String>, String> {
        // A source archive has no version control, though a directory above it may. All files are scanned then.
        let mut files: Vec<String> = if self.root.join(".git").exists() {
            let text = self.output(
                Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]),
                "git ls-files",
            )?;
            text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
        } else {
            let mut found = Vec::new();
            self.walk(&self.root, &mut found)?;
            found
        };
        // A file may be listed and already deleted.
        files.retain(|path| self.root.join(path).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    fn walk(&self, directory: &Path, found: &mut Vec<String>) -> Result<(), String> {
        let shown = directory.display();
        let entries = fs::read_dir(directory).map_err(|error| format!("failed to list {shown}: {error}"))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("failed to list {shown}: {error}"))?.path();
            let skipped = path.file_name().is_some_and(|name| name == ".git" || name == "target");
            if path.is_dir() && !skipped {
                self.walk(&path, found)?;
            } else if path.is_file() {
                found.push(self.below_root(&path));
            }
        }
        Ok(())
    }

    fn below_root(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    fn output(&self, command: &mut Command, shown: &str) -> Result<String, String> {
        let output = command
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("failed to start {shown}: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{shown} failed: {}", said.trim()));
        }
        String::from_utf8(output.stdout).map_err(|error| format!("{shown} did not print text: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanning_nothing_is_a_fault() {
        assert_eq!(Outcome::default().verdict().len(), 1);
        let mut outcome = Outcome::default();
        outcome.scanned("files", 3);
        outcome.scanned("manifests", 0);
        assert_eq!(outcome.verdict(), ["scanned no manifests, so nothing was proved"]);
    }

    #[test]
    fn copy_has_the_same_files_and_keeps_unchanged_ones() {
        let home = std::env::temp_dir().join(format!("xtask-copy-{}", std::process::id()));
        let (from, copy) = (home.join("from"), home.join("from/target/copy"));
        let text = |path: &str| fs::read_to_string(copy.join(path)).ok();
        fs::create_dir_all(from.join("src")).unwrap();
        for (path, text) in [("same", "1"), ("changed", "2"), ("src/gone", "3")] {
            fs::write(from.join(path), text).unwrap();
        }
        let workspace = Workspace::new(from.clone());
        workspace.copy_to(&copy).unwrap();
        assert_eq!((text("same").as_deref(), text("src/gone").as_deref()), (Some("1"), Some("3")));
        let written = fs::metadata(copy.join("same")).unwrap().modified().unwrap();
        fs::write(from.join("same"), "1").unwrap();
        fs::remove_file(from.join("src/gone")).unwrap();
        // A bug that was left behind.
        fs::write(copy.join("changed"), "bug").unwrap();
        workspace.copy_to(&copy).unwrap();
        assert_eq!((text("changed").as_deref(), text("src/gone")), (Some("2"), None));
        assert_eq!(fs::metadata(copy.join("same")).unwrap().modified().unwrap(), written);
        fs::remove_dir_all(&home).unwrap();
    }
}
