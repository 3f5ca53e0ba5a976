//! The layout of a roll-up of homes.

use plume_health::render::{Document, Rendering, render};

use crate::fleet::report::FleetReport;
use crate::fleet::words;

impl FleetReport {
    /// Writes the report. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &FleetReport) -> Document {
    let mut document = Document::default();
    document.strong(words::title(report.homes));
    document.section(words::STATUS, &words::statuses(report), |document, line| {
        document.plain(format!("  {line}"));
    });
    document.paragraph([
        words::connections(report),
        words::states(words::PODS, &report.nodes),
        words::states(words::DEVICES, &report.devices),
    ]);
    let common: Vec<String> = report.common_causes.iter().map(words::common_cause).collect();
    document.list(words::COMMON, &common);
    let rules: Vec<String> = report.by_rule.iter().map(words::rule).collect();
    document.list(words::RULES, &rules);
    let worst: Vec<String> = report.worst.iter().map(words::home).collect();
    document.list(words::WORST, &worst);
    let not_counted: Vec<String> = report
        .values_not_counted
        .iter()
        .map(|(attribute, values)| words::not_counted(*attribute, *values))
        .collect();
    document.list(words::NOT_COUNTED, &not_counted);
    document
}
