//! The layout of the SLA report.

use plume_health::render::{Document, Rendering, render};

use crate::sla::report::SlaReport;
use crate::sla::words;

impl SlaReport {
    /// Writes the report, with the method of counting at its end. See
    /// [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &SlaReport) -> Document {
    let mut document = Document::default();
    document.strong(words::headline(report));
    let maintenance = report.maintenance.total_seconds();
    let lines = [
        words::period(report.from, report.to),
        Some(words::spent(&report.time)),
        (maintenance > 0).then(|| words::maintenance(maintenance)),
        Some(words::budget(&report.budget)),
        Some(words::incidents(report)),
        words::repair(report),
        (report.unusable_samples > 0).then(|| words::unusable(report.unusable_samples)),
        (report.future_samples > 0).then(|| words::future(report.future_samples)),
    ];
    document.paragraph(lines.into_iter().flatten());
    document.section(words::INCIDENTS, &report.incidents, |document, incident| {
        document.plain(format!("  • {}", words::incident(incident)));
    });
    document.section(words::GAPS, &report.gaps, |document, gap| {
        document.plain(format!("  • {}", words::gap(gap)));
    });
    document.list(words::METHOD, &report.method);
    document
}
