//! The layout of an event.

use plume_health::render::{Document, Rendering, render};

use crate::tracker::event::Event;
use crate::tracker::phrases;

impl Event {
    /// Renders the event. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(event: &Event) -> Document {
    let mut document = Document::default();
    document.strong(phrases::event(event));
    document.plain(phrases::since(event));
    document
}
