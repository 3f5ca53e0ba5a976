//! Errors of the configuration.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

/// One error, with its line if it is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, counted from 1.
    pub line: Option<usize>,
    /// The key, for example `cloud.partner_id`; empty for an error of the whole file or a variable that is unknown.
    pub key: String,
    /// The key or variable and the cause. It never repeats a value, which may be a secret.
    pub text: String,
}

impl Problem {
    pub(super) fn concerns(&self, key: &str) -> bool {
        self.key.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', '_']))
    }
}

/// All errors of a configuration, in the order of their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    path: Option<PathBuf>,
    all: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(path: Option<&Path>, mut all: Vec<Problem>) -> Self {
        all.sort_by_key(|problem| problem.line);
        Self { path: path.map(Path::to_owned), all }
    }

    /// Returns the errors.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.all.iter()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns whether there is one of a key or section, or of a key in it.
    #[must_use]
    pub fn concern(&self, key: &str) -> bool {
        self.all.iter().any(|problem| problem.concerns(key))
    }
}

impl fmt::Display for Problems {
    /// One line for each error, as `FILE:LINE: text`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { line, text, .. }) in self.all.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match (&self.path, line) {
                (Some(path), Some(line)) => write!(f, "{}:{line}: {text}", path.display())?,
                (_, _) => f.write_str(text)?,
            }
        }
        Ok(())
    }
}

impl Error for Problems {}
