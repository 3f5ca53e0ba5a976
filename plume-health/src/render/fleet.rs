//! The layout of a roll-up of homes.

use super::Document;
use crate::{fleet::FleetReport, words::fleet as words};

pub(crate) fn layout(report: &FleetReport) -> Document {
    let mut document = Document::default();
    document.strong(words::title(report.homes));
    let bullet = |document: &mut Document, line: &String| document.plain(format!("  • {line}"));
    document.section(words::STATUS, &words::statuses(report), |document, line| {
        document.plain(format!("  {line}"));
    });
    document.blank();
    document.plain(words::connections(report));
    document.plain(words::states(words::PODS, &report.nodes));
    document.plain(words::states(words::DEVICES, &report.devices));
    let common: Vec<String> = report.common_causes.iter().map(words::common_cause).collect();
    document.section(words::COMMON, &common, bullet);
    let rules: Vec<String> = report.by_rule.iter().map(words::rule).collect();
    document.section(words::RULES, &rules, bullet);
    let worst: Vec<String> = report.worst.iter().map(words::home).collect();
    document.section(words::WORST, &worst, bullet);
    let not_counted: Vec<String> = report
        .values_not_counted
        .iter()
        .map(|(attribute, values)| words::not_counted(*attribute, *values))
        .collect();
    document.section(words::NOT_COUNTED, &not_counted, bullet);
    document
}
