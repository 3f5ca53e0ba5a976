//! The picture of the speed tests of an Internet line.

use plume_types::SpeedTestSeries;

use crate::picture::axis::period;
use crate::picture::canvas::{Anchor, BELOW_TITLE, Canvas, LEFT, Path};
use crate::picture::panel::{Panel, STRIDE};
use crate::series::speed::{Speed, TestOutcome, TestedSpeed, analyze, tests};
use crate::series::{is_gap, usual_step};
use crate::text::{count, name, number};

/// A direction: its heading and its speed.
type Side = (&'static str, fn(&TestedSpeed) -> Option<f64>);

/// Draws speed tests: for each direction the speeds as circles, and failed tests as crosses at the bottom. Speeds are joined
/// by a line unless a test failed or a gap is between them. `location` is the location's name.
#[must_use]
pub fn speed(location: &str, series: &SpeedTestSeries) -> String {
    let tests = tests(series);
    let mut canvas = Canvas::new("speed");
    let title = format!("Speed tests of {}", name(location));
    let (Some(first), Some(last)) = (tests.first(), tests.last()) else {
        canvas.text((16.0, 90.0), Anchor::Start, "heading", "No data");
        return canvas.finish(
            120.0,
            &title,
            "no test with a time",
            "The report has no speed test with a time.",
        );
    };
    let (from, to) = (first.at.timestamp(), last.at.timestamp());
    // Marks at the edges stay inside.
    let margin = (to.saturating_sub(from) / 40).max(60);
    let range = (from.saturating_sub(margin), to.saturating_add(margin));
    let step = usual_step(tests.iter().map(|test| test.at));
    let mut top = BELOW_TITLE;
    let sides: [Side; 2] = [("Download", |test| test.download_mbps), ("Upload", |test| test.upload_mbps)];
    for (heading, side) in sides {
        let highest = tests.iter().filter_map(side).reduce(f64::max);
        let panel = Panel::new(top, range, highest);
        panel.frame(&mut canvas, heading, "Mbps");
        let place = |test: &TestedSpeed| Some((panel.x(test.at.timestamp()), panel.y(side(test)?)));
        let joined = |before: &TestedSpeed, after: &TestedSpeed| {
            let jump = after.at.signed_duration_since(before.at).num_seconds();
            side(before).is_some() && side(after).is_some() && step.is_none_or(|step| !is_gap(jump, step))
        };
        for run in tests.chunk_by(joined) {
            let mut points = run.iter().filter_map(place);
            if let Some(start) = points.next() {
                canvas.path(&points.fold(Path::at(start), Path::to), "line");
            }
        }
        for test in &tests {
            match place(test) {
                Some(at) => canvas.circle(at, 3.2, "mark"),
                None if test.outcome == TestOutcome::Failed => {
                    canvas.cross((panel.x(test.at.timestamp()), panel.bottom() - 7.0), 4.5);
                }
                None => {}
            }
        }
        if highest.is_none() {
            panel.remark(&mut canvas, "No data");
        }
        top += STRIDE;
    }
    canvas.circle((LEFT + 6.0, top - 4.0), 3.2, "mark");
    canvas.text((LEFT + 16.0, top), Anchor::Start, "", "test");
    canvas.cross((LEFT + 84.0, top - 4.0), 4.5);
    canvas.text((LEFT + 96.0, top), Anchor::Start, "", "failed test");
    let subtitle = period(from, to);
    canvas.finish(top + 20.0, &title, &subtitle, &description(series, &subtitle))
}

fn description(series: &SpeedTestSeries, period: &str) -> String {
    let report = analyze(series);
    let side = |word: &str, speed: &Speed| match (speed.median_mbps, speed.latest_mbps) {
        (Some(median), Some(latest)) => {
            format!("{word}: median {} Mbps, latest {} Mbps.", number(median), number(latest))
        }
        _ => format!("{word}: unknown."),
    };
    format!(
        "From {period}: {}, {} failed. {} {}",
        count(report.succeeded_tests, "test", "tests"),
        report.failed_tests,
        side("Download", &report.download),
        side("Upload", &report.upload)
    )
}
