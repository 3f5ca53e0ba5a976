//! The layouts of the reports over time.

use crate::phrases::{series as phrases, traffic};
use crate::render::document::{Document, MAX_ITEMS};
use crate::render::format::Rendering;
use crate::render::write::render;
use crate::series::qoe::QoeReport;
use crate::series::signal::SignalReport;
use crate::series::speed::SpeedReport;
use crate::series::uptime::UptimeReport;
use crate::series::wan::{PlanFit, SaturationReport, WanReport};

impl UptimeReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, uptime)
    }
}

fn uptime(report: &UptimeReport) -> Document {
    let mut document = Document::default();
    document.strong(traffic::uptime_headline(report));
    let mut lines = Vec::new();
    if report.samples > 0 {
        lines.extend(traffic::period(report.first_sample, report.last_sample));
        lines.extend([traffic::samples(report), traffic::incidents(report), traffic::trend(report)]);
    }
    if report.unknown_samples > 0 {
        lines.push(traffic::not_counted(report.unknown_samples));
    }
    document.paragraph(lines);
    document
}

impl WanReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, wan)
    }
}

fn wan(report: &WanReport) -> Document {
    let mut document = Document::default();
    document.strong(traffic::wan_headline(report));
    if !report.is_known() {
        return document;
    }
    document.paragraph(traffic::period(report.first_point, report.last_point));
    for (heading, direction) in [(traffic::DOWNLOAD, &report.download), (traffic::UPLOAD, &report.upload)] {
        document.section(heading, &traffic::direction(direction), |document, line| {
            document.plain(line);
        });
    }
    document.section(traffic::BUSY_HOURS, &report.busy_hours, |document, hour| {
        document.plain(traffic::busy_hour(hour));
    });
    document.section(phrases::DATA_QUALITY, &phrases::data_quality(&report.details), |document, line| {
        document.plain(line);
    });
    document
}

/// Returns a headline with a section for each direction.
fn directions(headline: String, download: &[String], upload: &[String]) -> Document {
    let mut document = Document::default();
    document.strong(headline);
    for (heading, lines) in [(traffic::DOWNLOAD, download), (traffic::UPLOAD, upload)] {
        document.section(heading, lines, |document, line| document.plain(line));
    }
    document
}

impl PlanFit {
    /// Renders the verdict. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, plan_fit)
    }
}

fn plan_fit(fit: &PlanFit) -> Document {
    directions(phrases::fit_headline(fit), &phrases::fit(&fit.download), &phrases::fit(&fit.upload))
}

impl SaturationReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, saturation)
    }
}

fn saturation(report: &SaturationReport) -> Document {
    directions(
        phrases::saturation_headline(report),
        &phrases::saturation(&report.download),
        &phrases::saturation(&report.upload),
    )
}

impl SpeedReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, speed)
    }
}

fn speed(report: &SpeedReport) -> Document {
    let mut document = directions(
        phrases::speed_headline(report),
        &phrases::speed(&report.download),
        &phrases::speed(&report.upload),
    );
    if report.unknown_tests > 0 {
        document.paragraph([phrases::tests_unknown(report.unknown_tests)]);
    }
    document
}

impl SignalReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, signal)
    }
}

fn signal(report: &SignalReport) -> Document {
    let mut document = Document::default();
    if report.series.is_empty() {
        document.strong(phrases::signal_unknown());
    } else {
        document.strong(phrases::SIGNAL);
    }
    for series in report.series.iter().take(MAX_ITEMS) {
        document.blank();
        document.strong(phrases::signal_heading(series));
        for line in phrases::graded(&series.signal, " dBm") {
            document.plain(line);
        }
    }
    document.and_more(report.series.len(), "");
    if !report.unreadable_bands.is_empty() {
        document.paragraph([phrases::bands_unreadable(&report.unreadable_bands)]);
    }
    document
}

impl QoeReport {
    /// Renders the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, qoe)
    }
}

fn qoe(report: &QoeReport) -> Document {
    let mut document = Document::default();
    document.strong(phrases::qoe_headline(&report.score));
    document.paragraph(phrases::graded(&report.score, ""));
    document
}
