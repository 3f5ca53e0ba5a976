//! The layout of the SLA report.

use plume_health::render::{Document, Rendering, render};

use crate::sla::phrases;
use crate::sla::report::SlaReport;

impl SlaReport {
    /// Renders the report, with the counting rules at its end. See
    /// [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &SlaReport) -> Document {
    let mut document = Document::default();
    document.strong(phrases::headline(report));
    let maintenance = report.maintenance.total_seconds();
    let lines = [
        phrases::period(report.from, report.to),
        Some(phrases::spent(&report.time)),
        (maintenance > 0).then(|| phrases::maintenance(maintenance)),
        Some(phrases::budget(&report.budget)),
        Some(phrases::incidents(report)),
        phrases::repair(report),
        (report.unusable_samples > 0).then(|| phrases::unusable(report.unusable_samples)),
        (report.future_samples > 0).then(|| phrases::future(report.future_samples)),
    ];
    document.paragraph(lines.into_iter().flatten());
    document.section(phrases::INCIDENTS, &report.incidents, |document, incident| {
        document.plain(format!("  • {}", phrases::incident(incident)));
    });
    document.section(phrases::GAPS, &report.gaps, |document, gap| {
        document.plain(format!("  • {}", phrases::gap(gap)));
    });
    document.list(phrases::METHOD, &report.method);
    document
}
