//! The layout of an event.

use plume_health::render::{Document, Rendering, render};

use crate::tracker::event::Event;
use crate::tracker::words;

impl Event {
    /// Writes the event. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(event: &Event) -> Document {
    let mut document = Document::default();
    document.strong(words::event(event));
    document.plain(words::since(event));
    document
}
