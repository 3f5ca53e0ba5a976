//! The layout of differences.

use plume_health::render::{Document, Rendering, render};

use crate::change::changes::{Changes, ComparedPart};
use crate::change::phrases;

impl Changes {
    /// Renders the differences. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &Changes) -> Document {
    let mut document = Document::default();
    document.strong(phrases::title(&report.location.name));
    document.plain(phrases::period(report.before, report.after));
    if report.changes.is_empty() {
        let complete = report.not_compared.is_empty();
        document
            .paragraph([if complete { phrases::NO_CHANGES } else { phrases::NO_CHANGES_IN_REST }.to_owned()]);
    }
    for part in [ComparedPart::Location, ComparedPart::Nodes, ComparedPart::Devices] {
        let of_part = report.changes.iter().filter(|change| change.kind.part() == part);
        let messages: Vec<&str> = of_part.map(|change| change.message.as_str()).collect();
        document.list(phrases::heading(part, messages.len()), &messages);
    }
    let not_compared: Vec<String> = report.not_compared.iter().map(phrases::not_compared).collect();
    document.list(phrases::NOT_COMPARED, &not_compared);
    document
}
