//! A diagnosis as text.

use std::fmt;

use crate::doctor::diagnosis::{Check, Diagnosis, Finding, Outcome};

impl Outcome {
    /// Returns the name in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The width of the column of results and of the one of names.
const COLUMNS: (usize, usize) = (8, 15);

/// Writes the first line of `text` after the columns, and the others below it.
fn block(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let indent = COLUMNS.0 + COLUMNS.1 + 1;
    text.lines().enumerate().try_for_each(|(number, line)| match number {
        0 => writeln!(f, "{line}"),
        _ => writeln!(f, "{:indent$}{line}", ""),
    })
}

/// One line with the result, the name and the observation or reason, and one for each warning or the fix.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, text) = match &self.finding {
            Finding::Passed { seen, .. } => ("PASSED", seen),
            Finding::Failed { seen, .. } => ("FAILED", seen),
            Finding::Skipped { reason } => ("SKIPPED", reason),
        };
        write!(f, "{status:<0$}{name:<1$} ", COLUMNS.0, COLUMNS.1, name = self.name)?;
        match &self.subject {
            Some(subject) => block(f, &format!("{subject}: {text}"))?,
            None => block(f, text)?,
        }
        let indent = COLUMNS.0 + COLUMNS.1 + 1;
        for warning in self.warnings() {
            write!(f, "{:indent$}", "")?;
            block(f, &format!("warning: {warning}"))?;
        }
        if let Some(help) = self.help() {
            write!(f, "{:indent$}", "")?;
            block(f, &format!("fix: {help}"))?;
        }
        Ok(())
    }
}

/// A table of the checks and a line with their numbers.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks.iter().try_for_each(|check| write!(f, "{check}"))?;
        let count = |is: fn(&Check) -> bool| self.checks.iter().filter(|check| is(check)).count();
        let warnings: usize = self.checks.iter().map(|check| check.warnings().len()).sum();
        write!(
            f,
            "\n{} passed, {} failed, {} skipped; {warnings} {}, {} {}",
            count(Check::is_passed),
            count(Check::is_failed),
            count(Check::is_skipped),
            if warnings == 1 { "warning" } else { "warnings" },
            self.calls,
            if self.calls == 1 { "call" } else { "calls" },
        )
    }
}
