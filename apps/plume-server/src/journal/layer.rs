//! The receiver of events.

use std::{fmt, io::Write, sync::Arc};

use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::SetGlobalDefaultError,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::journal::entry::Values;
use crate::journal::line::LogSettings;
use crate::journal::ring::Journal;

/// The beginning of the targets of this project.
const OWN: &str = "plume";
/// The beginning of the targets of the client.
const CLIENT: &str = "plume_client";

/// Receives lines.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// A layer that keeps events in a journal and writes them as lines.
pub struct Recorder {
    journal: Journal,
    settings: LogSettings,
    sink: Sink,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Creates a layer that gives lines to `sink`.
    #[must_use]
    pub fn new(journal: Journal, settings: LogSettings, sink: Sink) -> Self {
        Self { journal, settings, sink }
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let limit = match metadata.target() {
            // The client has an event for each attempt that fails: thousands while the cloud is away.
            target if target.starts_with(CLIENT) && self.settings.level <= Level::INFO => {
                self.settings.level.min(Level::WARN)
            }
            target if target.starts_with(OWN) => self.settings.level,
            _ => Level::WARN,
        };
        // A span has no level of its own: it is kept for the events within.
        metadata.is_span() && metadata.target().starts_with(OWN) || *metadata.level() <= limit
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut values = Values::default();
        attributes.record(&mut values);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(values);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(values) = span.extensions_mut().get_mut::<Values>()
        {
            record.record(values);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut values = Values::default();
        event.record(&mut values);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Values>() {
                values.inherit(outer);
            }
        }
        let metadata = event.metadata();
        let entry = self.journal.add(*metadata.level(), metadata.target(), values);
        (self.sink)(&self.settings.format.line(&entry));
    }
}

/// Returns a receiver of lines for operators, which become events.
#[must_use]
pub fn lines() -> Sink {
    Arc::new(|line| tracing::warn!("{line}"))
}

/// Keeps all events of this process in a journal, and writes them to stderr.
///
/// # Errors
///
/// [`SetGlobalDefaultError`] if another receiver is set.
pub fn subscribe(journal: &Journal, settings: LogSettings) -> Result<(), SetGlobalDefaultError> {
    let sink: Sink = Arc::new(|line| {
        // If stderr is closed, there is no other place for it.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    });
    let recorder = Recorder::new(journal.clone(), settings, sink);
    tracing::subscriber::set_global_default(Registry::default().with(recorder))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use secrecy::SecretString;

    use super::*;
    use crate::journal::{Filter, LineFormat};

    fn recorded(level: Level, act: impl FnOnce()) -> (Vec<String>, Journal) {
        let (journal, lines) = (Journal::default(), Arc::new(Mutex::new(Vec::new())));
        let sink = Arc::clone(&lines);
        let settings = LogSettings { level, format: LineFormat::Text };
        let sink: Sink = Arc::new(move |line| sink.lock().unwrap().push(line.to_owned()));
        let recorder = Recorder::new(journal.clone(), settings, sink);
        tracing::subscriber::with_default(Registry::default().with(recorder), act);
        let lines = lines.lock().unwrap().clone();
        (lines, journal)
    }

    #[test]
    fn an_event_has_the_fields_of_the_spans_around_it() {
        let (lines, journal) = recorded(Level::DEBUG, || {
            let span = tracing::info_span!(target: "plume_client", "call", operation = "nodes", tenant = "north", status = tracing::field::Empty);
            span.record("status", 502);
            span.in_scope(|| tracing::info!(target: "plume_client", attempt = 2, "error\nresponse"));
        });
        assert!(
            lines[0].ends_with("INFO  error response attempt=2 operation=nodes tenant=north status=502"),
            "{lines:?}"
        );
        let found = journal.find(&Filter { limit: 9, ..Filter::default() }, |_| true);
        assert_eq!(found.entries[0].tenant.as_deref(), Some("north"));
    }

    #[test]
    fn levels_are_kept_from_the_set_one_and_of_foreign_crates_from_warn() {
        let (lines, _) = recorded(Level::DEBUG, || {
            tracing::trace!(target: "plume_client", "1");
            tracing::debug!(target: "plume_client", "2");
            tracing::info!(target: "hyper", "3");
            tracing::warn!(target: "hyper", "4");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        let (lines, _) = recorded(Level::INFO, || {
            tracing::info!(target: "plume_client", "5");
            tracing::warn!(target: "plume_client", "6");
            tracing::info!(target: "plume_server", "7");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    #[test]
    fn a_secret_is_not_in_a_line() {
        let (lines, _) = recorded(Level::INFO, || {
            let secret = SecretString::from("not-a-real-secret");
            tracing::info!(target: "plume_server", ?secret, "signed in");
        });
        assert!(lines[0].contains("secret=") && !lines[0].contains("not-a-real-secret"), "{lines:?}");
    }
}
