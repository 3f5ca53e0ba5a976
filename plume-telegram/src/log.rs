//! The operator's log: one line per event.

use std::{fmt, sync::Arc};

use plume_text::on_screen;

/// The sink of log lines. Cheap to clone.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let kept = Arc::clone(&lines);
/// let log = plume_telegram::Log::new(move |line| kept.lock().expect("one thread").push(line.to_owned()));
/// log.warn("a server says:\nno");
/// assert_eq!(*lines.lock().expect("one thread"), ["warn  a server says: no"]);
/// ```
#[derive(Clone)]
pub struct Log {
    write: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Log {
    /// Creates a log that passes each line, without its end, to `write`.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { write: Arc::new(write) }
    }

    /// Logs an event that needs no action.
    pub fn info(&self, text: &str) {
        (self.write)(&format!("info  {}", on_screen(text)));
    }

    /// Logs a warning for the operator. The text may contain a server's words, so control characters are removed.
    pub fn warn(&self, text: &str) {
        (self.write)(&format!("warn  {}", on_screen(text)));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
