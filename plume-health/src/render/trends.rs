//! The layouts of the uptime and WAN reports.

use super::Document;
use crate::{
    uptime::UptimeReport,
    wan::WanReport,
    words::{series, trends as words},
};

pub(crate) fn uptime(report: &UptimeReport) -> Document {
    let mut document = Document::default();
    document.strong(words::uptime_headline(report));
    let mut lines = Vec::new();
    if report.samples > 0 {
        lines.extend(words::period(report.first_sample, report.last_sample));
        lines.push(words::samples(report));
        lines.push(words::incidents(report));
        lines.push(words::trend(report));
    }
    if report.unknown_samples > 0 {
        lines.push(words::not_counted(report.unknown_samples));
    }
    if !lines.is_empty() {
        document.blank();
    }
    for line in lines {
        document.plain(line);
    }
    document
}

pub(crate) fn wan(report: &WanReport) -> Document {
    let mut document = Document::default();
    document.strong(words::wan_headline(report));
    if !report.is_known() {
        return document;
    }
    if let Some(period) = words::period(report.first_point, report.last_point) {
        document.blank();
        document.plain(period);
    }
    for (heading, direction) in [(words::DOWNLOAD, &report.download), (words::UPLOAD, &report.upload)] {
        document.section(heading, &words::direction(direction), |document, line| {
            document.plain(line);
        });
    }
    document.section(words::BUSY_HOURS, &report.busy_hours, |document, hour| {
        document.plain(words::busy_hour(hour));
    });
    document.section(series::DATA_QUALITY, &series::data_quality(&report.details), |document, line| {
        document.plain(line);
    });
    document
}
