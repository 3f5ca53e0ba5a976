//! Rows that are written while they arrive.

use plume::cli::exit;
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::output::{Column, print};
use crate::session::Session;

/// Writes rows to stdout while a command runs.
#[derive(Debug)]
pub(crate) struct Feed<'s> {
    session: &'s Session,
    has_header: bool,
    is_open: bool,
}

impl Session {
    pub(crate) fn feed(&self) -> Feed<'_> {
        Feed { session: self, has_header: false, is_open: true }
    }
}

impl Feed<'_> {
    /// Whether stdout is open. A closed pipe ends a command.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Writes a row where the format has rows.
    ///
    /// # Errors
    ///
    /// A full disk and the like. A closed pipe is none.
    pub(crate) fn row<T: Serialize>(
        &mut self,
        schema: &'static str,
        row: &T,
        columns: &[Column<T>],
    ) -> Result<()> {
        let session = self.session;
        let output = session.output.as_of(session.now());
        if !output.has_rows() {
            return Ok(());
        }
        let text = output.row(schema, row, columns, session.meta(), !self.has_header);
        self.has_header = true;
        self.line(&text)
    }

    /// Writes the header of comma-separated values, if there was no row.
    pub(crate) fn end<T: Serialize>(&mut self, columns: &[Column<T>]) -> Result<()> {
        if self.session.output.is_csv() && !self.has_header {
            self.has_header = true;
            return self.line(&crate::output::Table::rows(&[], columns).csv());
        }
        Ok(())
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        match print(text) {
            Ok(is_open) => self.is_open &= is_open,
            Err(error) => {
                let message = format!("the output could not be written: {error}");
                return Err(Failure::of_code(exit::FAILED, message, "Free some space, or write elsewhere."));
            }
        }
        Ok(())
    }
}
