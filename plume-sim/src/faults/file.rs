//! Fault plans as JSON.

use std::{fmt, path::Path};

use crate::faults::plan::FaultPlan;
use crate::faults::{read, write};

impl FaultPlan {
    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// [`PlanError`] with line, column and key of the first mistake.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        read::plan(text).map_err(|mistake| PlanError {
            file: None,
            place: Some((mistake.position.line, mistake.position.column)),
            message: mistake.message,
        })
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    ///
    /// [`PlanError`] with the name of the file, if it cannot be read or is no plan.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, PlanError> {
        let path = path.as_ref();
        let file = Some(path.display().to_string());
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|error| PlanError { file, ..error }),
            Err(error) => {
                Err(PlanError { file, place: None, message: format!("cannot be read: {}", error.kind()) })
            }
        }
    }

    /// The plan as JSON, such that [`FaultPlan::parse`] gives the same plan.
    #[must_use]
    pub fn to_json(&self) -> String {
        write::plan(self)
    }

    /// Checks a plan that was made by hand as [`FaultPlan::parse`] checks one that is read.
    ///
    /// # Errors
    ///
    /// [`PlanError`] without a place.
    pub fn check(&self) -> Result<(), PlanError> {
        Self::parse(&self.to_json()).map(drop).map_err(|error| PlanError { place: None, ..error })
    }
}

/// Why something is no fault plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    file: Option<String>,
    place: Option<(u32, u32)>,
    message: String,
}

impl PlanError {
    /// The line, counted from 1; none if the plan was not read from a text.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.place.map(|(line, _)| line)
    }

    /// The column, counted from 1 in characters.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.place.map(|(_, column)| column)
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("fault plan"))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for PlanError {}
