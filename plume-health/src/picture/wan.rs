//! The picture of the traffic of an Internet line.

use plume_types::WanStats;

use crate::picture::axis::period;
use crate::picture::canvas::{Anchor, BELOW_TITLE, Canvas, LEFT};
use crate::picture::panel::{Panel, STRIDE};
use crate::series::is_gap;
use crate::series::wan::{Direction, Interval, Rate, analyze, intervals};
use crate::text::{count, name, number, span, time};

/// A direction: its heading and its rate.
type Side = (&'static str, fn(&Interval) -> Rate);

/// Draws the traffic of a location's Internet line: for each direction the average of each interval as an area, and its
/// highest rate as a line. `location` is the location's name.
#[must_use]
pub fn wan(location: &str, stats: &WanStats) -> String {
    let intervals = covered(intervals(stats));
    let mut canvas = Canvas::new("wan");
    let title = format!("Internet traffic of {}", name(location));
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        canvas.text((16.0, 90.0), Anchor::Start, "heading", "No data");
        return canvas.finish(
            120.0,
            &title,
            "no interval with a time",
            "The report has no interval with a time.",
        );
    };
    let (range, seconds) = ((first.0, last.1), first.2.seconds);
    let gaps = gaps(&intervals);
    let mut top = BELOW_TITLE;
    let sides: [Side; 2] =
        [("Download", |interval| interval.download), ("Upload", |interval| interval.upload)];
    for (heading, side) in sides {
        let averages = values(&intervals, |interval| side(interval).average_mbps);
        let maxima = values(&intervals, |interval| side(interval).max_mbps);
        let highest = averages.iter().chain(&maxima).map(|(_, _, value)| *value).reduce(f64::max);
        let panel = Panel::new(top, range, highest);
        for (from, to) in &gaps {
            panel.gap(&mut canvas, *from, *to);
        }
        panel.frame(&mut canvas, heading, "Mbps");
        panel.steps(&mut canvas, &averages, "area", true);
        panel.steps(&mut canvas, &maxima, "line", false);
        if highest.is_none() {
            panel.remark(&mut canvas, "No data");
        }
        top += STRIDE;
    }
    legend(&mut canvas, top, seconds, !gaps.is_empty());
    let subtitle = period(range.0, range.1);
    canvas.finish(top + 20.0, &title, &subtitle, &description(stats, &subtitle, gaps.len()))
}

/// An interval with its end.
type Covered = (i64, i64, Interval);

/// Each interval lasts to the next one, or its own length before a gap.
fn covered(intervals: Vec<Interval>) -> Vec<Covered> {
    let starts: Vec<i64> = intervals.iter().map(|interval| interval.at.timestamp()).collect();
    let next = starts.iter().skip(1).map(|at| Some(*at)).chain([None]);
    let cover = |(interval, next): (Interval, Option<i64>)| {
        let at = interval.at.timestamp();
        let near = next.filter(|next| !is_gap(next.saturating_sub(at), interval.seconds));
        (at, near.unwrap_or(at.saturating_add(interval.seconds)), interval)
    };
    intervals.into_iter().zip(next).map(cover).collect()
}

/// The known values with their times.
fn values(intervals: &[Covered], value: impl Fn(&Interval) -> Option<f64>) -> Vec<(i64, i64, f64)> {
    intervals.iter().filter_map(|(from, to, interval)| Some((*from, *to, value(interval)?))).collect()
}

/// The time without any value.
fn gaps(intervals: &[Covered]) -> Vec<(i64, i64)> {
    let mut gaps: Vec<(i64, i64)> = Vec::new();
    let mut add = |from: i64, to: i64| match gaps.last_mut() {
        _ if from >= to => {}
        Some(before) if before.1 >= from => before.1 = to,
        _ => gaps.push((from, to)),
    };
    let mut end = None;
    for (from, to, interval) in intervals {
        let rates = [interval.download, interval.upload];
        add(end.unwrap_or(*from), *from);
        if !rates.iter().any(|rate| rate.average_mbps.or(rate.max_mbps).is_some()) {
            add(*from, *to);
        }
        end = Some(*to);
    }
    gaps
}

fn legend(canvas: &mut Canvas, y: f64, seconds: i64, has_gaps: bool) {
    canvas.rect((LEFT, y - 10.0), (22.0, 10.0), "area");
    canvas.text((LEFT + 28.0, y), Anchor::Start, "", &format!("average of {}", span(seconds)));
    canvas.line((LEFT + 178.0, y - 4.0), (LEFT + 200.0, y - 4.0), "line");
    canvas.text((LEFT + 206.0, y), Anchor::Start, "", "highest rate");
    if has_gaps {
        canvas.unknown((LEFT + 318.0, y - 10.0), (22.0, 11.0));
        canvas.text((LEFT + 346.0, y), Anchor::Start, "", "no data");
    }
}

fn description(stats: &WanStats, period: &str, gaps: usize) -> String {
    let report = analyze(stats);
    let side = |word: &str, direction: &Direction| {
        let average = direction.average_mbps.map(|mbps| format!("on average {} Mbps", number(mbps)));
        let peak = direction.peak.map(|peak| {
            let at = peak.at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
            format!("at most {} Mbps{at}", number(peak.mbps))
        });
        let facts: Vec<String> = average.into_iter().chain(peak).collect();
        let facts = if facts.is_empty() { "unknown".to_owned() } else { facts.join(", ") };
        format!("{word}: {facts}.")
    };
    let sides = [side("Download", &report.download), side("Upload", &report.upload)].join(" ");
    match gaps {
        0 => format!("From {period}. {sides} No gaps."),
        gaps => format!("From {period}. {sides} {} without data.", count(gaps, "stretch", "stretches")),
    }
}
