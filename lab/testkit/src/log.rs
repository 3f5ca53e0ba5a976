//! The lines of the log of a test.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// Keeps the events of this thread from the level `info` on, until it is dropped.
pub struct Recording {
    lines: Arc<Mutex<Vec<String>>>,
    _second: Dispatch,
    _recorded: DefaultGuard,
}

impl Recording {
    pub fn start() -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        // With one subscriber in the process, a line of which another test is the first writer counts as switched off.
        let second = Dispatch::new(Registry::default());
        let recorded = tracing::subscriber::set_default(Registry::default().with(Lines(Arc::clone(&lines))));
        Self { lines, _second: second, _recorded: recorded }
    }

    /// Returns the lines so far, as `LEVEL message name=value`.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::INFO {
            return;
        }
        let mut line = Line { message: String::new(), fields: String::new() };
        event.record(&mut line);
        self.0.lock().unwrap().push(format!("{level} {}{}", line.message, line.fields));
    }
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => write!(self.fields, " {name}={value:?}").unwrap(),
        }
    }
}
