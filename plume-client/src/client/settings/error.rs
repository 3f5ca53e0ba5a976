//! What is wrong with settings.

use std::fmt;

use crate::error::Error;

/// Settings that are missing or wrong, all of them at once, each with its name and the fix. No value is ever
/// repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<String>,
    any_wrong: bool,
}

impl SettingsError {
    /// One problem, told with the setting's name and the fix.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self::new(vec![problem.into()], true)
    }

    pub(super) fn new(problems: Vec<String>, any_wrong: bool) -> Self {
        let harmless = |problem: String| plume_text::on_screen(&problem).into_owned();
        Self { problems: problems.into_iter().map(harmless).collect(), any_wrong }
    }

    /// Whether settings are missing and no setting is wrong: the program was not set up yet.
    #[must_use]
    pub fn is_only_missing(&self) -> bool {
        !self.any_wrong
    }

    /// The problems, one line each.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [one] => f.write_str(one),
            several => {
                f.write_str("settings are missing or wrong:")?;
                several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for SettingsError {}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::settings(error.to_string())
    }
}
