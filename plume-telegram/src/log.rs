//! The operator's log: one line per event.

use std::{fmt, sync::Arc};

use plume_text::on_screen;

/// Where lines go. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    write: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Log {
    /// A log that hands each line, without its end, to `write`.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { write: Arc::new(write) }
    }

    /// What went as it should.
    pub fn info(&self, text: &str) {
        (self.write)(&format!("info  {}", on_screen(text)));
    }

    /// What somebody should look at. The text may hold a server's words, so it is made one harmless line.
    pub fn warn(&self, text: &str) {
        (self.write)(&format!("warn  {}", on_screen(text)));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
