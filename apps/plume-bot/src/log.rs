//! The operator's log: one line per event, on stderr or wherever it is sent.

use std::{fmt, io::Write, sync::Arc};

use chrono::{DateTime, SecondsFormat, Utc};
use plume::{health::on_screen, runtime::Clock};

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

    /// Lines with a time on stderr.
    #[must_use]
    pub fn stderr(clock: Arc<dyn Clock>) -> Self {
        Self::new(move |line| {
            let now = DateTime::<Utc>::from(clock.wall()).to_rfc3339_opts(SecondsFormat::Secs, true);
            // With stderr closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{now} {line}");
        })
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
