//! Lines of measured numbers over a day. A gap in the checks is a gap in the line.

use std::ops::Range;

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, TimeDelta, Utc};

use crate::store::model::Point;
use crate::web::view::{Moment, moment};

const WIDTH: f64 = 1440.0;
const HEIGHT: f64 = 98.0;
/// A longer pause between two samples is a gap.
const GAP: TimeDelta = TimeDelta::minutes(75);

/// A chart with its description.
#[derive(Debug, Template)]
#[template(path = "chart.html")]
pub(super) struct Chart {
    title: &'static str,
    unit: &'static str,
    top: String,
    words: String,
    lines: Vec<String>,
    from: Moment,
}

// The template escapes every text.
impl HtmlSafe for Chart {}

/// Returns the charts of the checks of a day; none without samples.
pub(super) fn all(points: &[Point], day: &Range<DateTime<Utc>>) -> Vec<Chart> {
    let values = |value: fn(&Point) -> Option<u32>| {
        let numbers = points.iter().filter_map(move |point| Some((point.at, value(point)?)));
        numbers.map(|(at, value)| (at, f64::from(value))).collect::<Vec<_>>()
    };
    let charts = [
        chart("Pods offline", "pods", &values(|point| point.pods.map(|(_, off)| off)), day),
        chart("Devices connected", "devices, of full checks", &values(|point| point.devices), day),
        chart("Duration of a check", "ms", &values(|point| Some(point.took_ms)), day),
    ];
    charts.into_iter().flatten().collect()
}

/// Returns a chart of values in the order of their times; `None` without a value.
pub(super) fn chart(
    title: &'static str,
    unit: &'static str,
    values: &[(DateTime<Utc>, f64)],
    day: &Range<DateTime<Utc>>,
) -> Option<Chart> {
    let last = values.last()?.1;
    let least = values.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let top = if most > 10.0 { most.ceil() } else { most.max(1.0) };
    let length = seconds(day.start, day.end).max(1.0);
    let mut lines: Vec<String> = Vec::new();
    let mut before: Option<DateTime<Utc>> = None;
    for (at, value) in values.iter().filter(|(at, _)| day.contains(at)) {
        let x = seconds(day.start, *at) / length * WIDTH;
        let y = 1.0 + HEIGHT - value / top * HEIGHT;
        let place = format!("{x:.1},{y:.1} ");
        match lines.last_mut() {
            Some(line) if before.is_some_and(|before| at.signed_duration_since(before) <= GAP) => {
                line.push_str(&place);
            }
            _ => lines.push(place),
        }
        before = Some(*at);
    }
    // A line of one point has no length; drawn twice, its round ends are a dot.
    for line in lines.iter_mut().filter(|line| line.matches(',').count() == 1) {
        *line = line.repeat(2);
    }
    let [least, most, last, top] = [least, most, last, top].map(number);
    let words = format!("{title}: least {least}, most {most}, last {last} ({unit})");
    Some(Chart { title, unit, top, words, lines, from: moment(day.start, day.end) })
}

/// A number for people: at most one digit after the point.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the seconds of a day")]
    let seconds = to.signed_duration_since(from).num_seconds() as f64;
    seconds
}

#[cfg(test)]
mod tests {
    use plume::health::Status;

    use super::*;

    #[test]
    fn a_gap_in_the_checks_cuts_the_line_and_nothing_measured_is_no_chart() {
        let start = DateTime::UNIX_EPOCH;
        let day = start..start + TimeDelta::days(1);
        let point = |minutes, off| Point {
            at: start + TimeDelta::minutes(minutes),
            status: Status::Green,
            is_full: false,
            failure: 0,
            took_ms: 5,
            pods: Some((3, off)),
            devices: None,
        };
        let charts = all(&[point(0, 0), point(5, 2), point(600, 1)], &day);
        assert_eq!(
            charts.iter().map(|chart| chart.title).collect::<Vec<_>>(),
            ["Pods offline", "Duration of a check"]
        );
        assert_eq!(charts[0].lines, ["0.0,99.0 5.0,1.0 ", "600.0,50.0 600.0,50.0 "]);
        assert_eq!(charts[0].words, "Pods offline: least 0, most 2, last 1 (pods)");
        assert!(all(&[], &day).is_empty());
    }
}
