//! The error of settings.

use std::fmt;

use crate::client::settings::reader::Problem;
use crate::error::Error;

/// Missing or invalid settings: all of them at once, each with its name and the fix. Values are never repeated.
#[derive(Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<String>,
    any_wrong: bool,
}

impl SettingsError {
    /// Creates an error of one problem, which names the setting and the fix.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self::new(vec![problem.into()], true)
    }

    pub(super) fn of(problems: Vec<Problem>, warnings: Vec<String>) -> Self {
        let any_wrong = problems.iter().any(|problem| !problem.is_missing);
        // A misspelt name is the most likely cause of a missing setting.
        Self::new(problems.into_iter().map(|problem| problem.text).chain(warnings).collect(), any_wrong)
    }

    pub(super) fn new(problems: Vec<String>, any_wrong: bool) -> Self {
        let harmless = |problem: String| plume_text::on_screen(&problem).into_owned();
        Self { problems: problems.into_iter().map(harmless).collect(), any_wrong }
    }

    /// Returns whether settings are missing and none is invalid: the program is not set up yet.
    #[must_use]
    pub fn is_only_missing(&self) -> bool {
        !self.any_wrong
    }

    /// Returns advice in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        "Correct the setting and start again."
    }

    /// Returns the problems, one line each.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [one] => f.write_str(one),
            several => {
                f.write_str("missing or invalid settings:")?;
                several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

/// The text with its help, as `fn main` prints the error that it returns; `{:#?}` is the struct.
impl fmt::Debug for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{self}\nhelp: {}", self.help());
        }
        f.debug_struct("SettingsError")
            .field("problems", &self.problems)
            .field("any_wrong", &self.any_wrong)
            .finish()
    }
}

impl std::error::Error for SettingsError {}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::settings(error.to_string())
    }
}
