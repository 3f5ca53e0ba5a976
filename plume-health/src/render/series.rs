//! The layouts of the SLA report, of series, and of events.

use super::Document;
use crate::{
    baseline::Judgement,
    qoe::QoeReport,
    signal::SignalReport,
    sla::SlaReport,
    speed::SpeedReport,
    tracker::Event,
    wan::{PlanFit, SaturationReport},
    words::{series as words, sla, tracker, trends},
};

pub(crate) fn sla(report: &SlaReport) -> Document {
    let mut document = Document::default();
    document.strong(sla::headline(report));
    document.blank();
    let maintenance = report.maintenance.total_seconds();
    let lines = [
        trends::period(report.from, report.to),
        Some(sla::spent(&report.time)),
        (maintenance > 0).then(|| sla::maintenance(maintenance)),
        Some(sla::budget(&report.budget)),
        Some(sla::incidents(report)),
        sla::repair(report),
        (report.unusable_samples > 0).then(|| sla::unusable(report.unusable_samples)),
        (report.future_samples > 0).then(|| sla::future(report.future_samples)),
    ];
    for line in lines.into_iter().flatten() {
        document.plain(line);
    }
    document.section(sla::INCIDENTS, &report.incidents, |document, incident| {
        document.plain(sla::incident(incident));
    });
    document.section(sla::GAPS, &report.gaps, |document, gap| document.plain(sla::gap(gap)));
    document.section(sla::METHOD, &report.method, |document, sentence| {
        document.plain(format!("  • {sentence}"));
    });
    document
}

/// A heading, and a part for each direction.
fn directions(headline: String, download: &[String], upload: &[String]) -> Document {
    let mut document = Document::default();
    document.strong(headline);
    for (heading, lines) in [(trends::DOWNLOAD, download), (trends::UPLOAD, upload)] {
        document.section(heading, lines, |document, line| document.plain(line));
    }
    document
}

pub(crate) fn plan_fit(fit: &PlanFit) -> Document {
    directions(words::fit_headline(fit), &words::fit(&fit.download), &words::fit(&fit.upload))
}

pub(crate) fn saturation(report: &SaturationReport) -> Document {
    directions(
        words::saturation_headline(report),
        &words::saturation(&report.download),
        &words::saturation(&report.upload),
    )
}

pub(crate) fn speed(report: &SpeedReport) -> Document {
    let mut document = directions(
        words::speed_headline(report),
        &words::speed(&report.download),
        &words::speed(&report.upload),
    );
    if report.unknown_tests > 0 {
        document.blank();
        document.plain(words::tests_unknown(report.unknown_tests));
    }
    document
}

pub(crate) fn signal(report: &SignalReport) -> Document {
    let mut document = Document::default();
    if report.series.is_empty() {
        document.strong(words::signal_unknown());
    } else {
        document.strong(words::SIGNAL);
    }
    for series in report.series.iter().take(super::MAX_ITEMS) {
        document.blank();
        document.strong(words::signal_heading(series));
        for line in words::graded(&series.signal, " dBm") {
            document.plain(line);
        }
    }
    document.and_more(report.series.len(), "");
    if !report.unreadable_bands.is_empty() {
        document.blank();
        document.plain(words::bands_unreadable(&report.unreadable_bands));
    }
    document
}

pub(crate) fn qoe(report: &QoeReport) -> Document {
    let mut document = Document::default();
    document.strong(words::qoe_headline(&report.score));
    let lines = words::graded(&report.score, "");
    if !lines.is_empty() {
        document.blank();
    }
    for line in lines {
        document.plain(line);
    }
    document
}

pub(crate) fn judgement(judgement: &Judgement) -> Document {
    let mut document = Document::default();
    document.strong(format!("{} - {}", words::judgement(judgement.level), judgement.explanation));
    if let Some(usual) = &judgement.usual {
        document.plain(words::basis(usual.scope, usual.spread.samples));
    }
    document
}

pub(crate) fn event(event: &Event) -> Document {
    let mut document = Document::default();
    document.strong(tracker::event(event));
    document.plain(tracker::since(event));
    document
}
