//! The layout of a roll-up.

use plume_health::render::{Document, Rendering, render};

use crate::fleet::phrases;
use crate::fleet::report::FleetReport;

impl FleetReport {
    /// Renders the report. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &FleetReport) -> Document {
    let mut document = Document::default();
    document.strong(phrases::title(report.homes));
    document.section(phrases::STATUS, &phrases::statuses(report), |document, line| {
        document.plain(format!("  {line}"));
    });
    document.paragraph([
        phrases::connections(report),
        phrases::states(phrases::PODS, &report.nodes),
        phrases::states(phrases::DEVICES, &report.devices),
    ]);
    let common: Vec<String> = report.common_causes.iter().map(phrases::common_cause).collect();
    document.list(phrases::COMMON, &common);
    let rules: Vec<String> = report.by_rule.iter().map(phrases::rule).collect();
    document.list(phrases::RULES, &rules);
    let worst: Vec<String> = report.worst.iter().map(phrases::home).collect();
    document.list(phrases::WORST, &worst);
    let not_counted: Vec<String> = report
        .values_not_counted
        .iter()
        .map(|(attribute, values)| phrases::not_counted(*attribute, *values))
        .collect();
    document.list(phrases::NOT_COUNTED, &not_counted);
    document
}
