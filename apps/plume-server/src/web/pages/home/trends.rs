//! Trends of a day from the cloud: the traffic of the Internet line and the times online.

use std::ops::Range;

use chrono::{DateTime, Utc};
use plume::types::{OnlineStats, OnlineWord, WanStats};

use crate::web::pages::home::chart::{Chart, chart, number};
use crate::web::reports::Trends;
use crate::web::view::{Age, Moment, age, moment};

/// Trends as charts, with the rows of a table.
#[derive(Debug)]
pub(super) struct TrendsView {
    pub(super) charts: Vec<Chart>,
    pub(super) rows: Vec<Row>,
    /// The percentage of the samples at which the home was online; empty without samples.
    pub(super) online: String,
    /// The age of the reading; `None` if there is none.
    pub(super) age: Option<Age>,
    pub(super) problem: String,
}

/// The numbers of a time, empty if one is not known.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: Moment,
    pub(super) down: String,
    pub(super) up: String,
    pub(super) online: String,
}

type Values = Vec<(DateTime<Utc>, f64)>;

impl TrendsView {
    pub(super) fn new(trends: &Trends, day: &Range<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let wan = trends.wan.as_deref();
        let down = wan.map_or_else(Values::new, |wan| rates(wan, day, true));
        let up = wan.map_or_else(Values::new, |wan| rates(wan, day, false));
        let online = trends.online.as_deref().map_or_else(Vec::new, |stats| words(stats, day));
        let shares: Values = online.iter().map(|(at, word)| (*at, share(word))).collect();
        let charts = [
            chart("Download, highest rate", "Mbps", &down, day),
            chart("Upload, highest rate", "Mbps", &up, day),
            chart("Online", "1 is online, 0 offline", &shares, day),
        ];
        Self {
            charts: charts.into_iter().flatten().collect(),
            rows: rows(&down, &up, &online, now),
            online: percentage(&shares),
            age: trends.read.map(|read| age(read, now)),
            problem: trends.problem.clone(),
        }
    }
}

fn rates(wan: &WanStats, day: &Range<DateTime<Utc>>, is_down: bool) -> Values {
    let points = wan.points().iter();
    let rate = points.filter_map(|point| {
        let value = if is_down { point.rx_max_mbps } else { point.tx_max_mbps };
        Some((point.timestamp?, value.filter(|value| value.is_finite() && *value >= 0.0)?))
    });
    sorted(rate.filter(|(at, _)| day.contains(at)).collect())
}

fn words(stats: &OnlineStats, day: &Range<DateTime<Utc>>) -> Vec<(DateTime<Utc>, OnlineWord)> {
    let samples = stats.location_state.known().map(|samples| samples.iter()).into_iter().flatten();
    let known = samples.filter_map(|sample| Some((sample.timestamp?, sample.value.clone()?)));
    sorted(known.filter(|(at, _)| day.contains(at)).collect())
}

fn sorted<T>(mut values: Vec<(DateTime<Utc>, T)>) -> Vec<(DateTime<Utc>, T)> {
    values.sort_by_key(|(at, _)| *at);
    values
}

fn share(word: &OnlineWord) -> f64 {
    match word {
        OnlineWord::Online => 1.0,
        OnlineWord::Offline => 0.0,
        _ => 0.5,
    }
}

fn percentage(shares: &Values) -> String {
    let count = u32::try_from(shares.len()).unwrap_or(u32::MAX);
    match count {
        0 => String::new(),
        count => {
            let sum: f64 = shares.iter().map(|(_, share)| share).sum();
            format!("{} %", number(sum / f64::from(count) * 100.0))
        }
    }
}

/// One row for each time of any of the lists, the newest first.
fn rows(down: &Values, up: &Values, online: &[(DateTime<Utc>, OnlineWord)], now: DateTime<Utc>) -> Vec<Row> {
    let mut times: Vec<DateTime<Utc>> =
        down.iter().chain(up).map(|(at, _)| *at).chain(online.iter().map(|(at, _)| *at)).collect();
    times.sort_unstable();
    times.dedup();
    let find = |values: &Values, at: DateTime<Utc>| {
        let place = values.binary_search_by_key(&at, |(at, _)| *at).ok();
        place.and_then(|place| values.get(place)).map_or_else(String::new, |(_, value)| number(*value))
    };
    let row = |at: DateTime<Utc>| Row {
        at: moment(at, now),
        down: find(down, at),
        up: find(up, at),
        online: online
            .iter()
            .find(|(time, _)| *time == at)
            .map_or_else(String::new, |(_, word)| word.to_string()),
    };
    times.into_iter().rev().map(row).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-01-15T{hour:02}:00:00Z").parse().unwrap()
    }

    #[test]
    fn charts_and_rows_have_the_known_numbers_of_the_day_in_their_order() {
        let read = |json: serde_json::Value| json.to_string();
        let wan: WanStats = serde_json::from_str(&read(serde_json::json!({ "fifteenMins": [
            { "timestamp": at(3), "rxMaxMbps": 90.26, "txMaxMbps": 2 },
            { "timestamp": at(2), "txMaxMbps": 2 },
            { "timestamp": at(1), "rxMaxMbps": 10, "txMaxMbps": 2 },
            { "timestamp": at(23), "rxMaxMbps": 1e9, "txMaxMbps": 2 },
        ] })))
        .unwrap();
        let online: OnlineStats = serde_json::from_str(&read(serde_json::json!({ "locationState": [
            { "timestamp": at(1), "value": "online" },
            { "timestamp": at(2), "value": "offline" },
        ] })))
        .unwrap();
        let trends = Trends {
            wan: Some(Arc::new(wan)),
            online: Some(Arc::new(online)),
            read: Some(at(4)),
            problem: String::new(),
        };
        let view = TrendsView::new(&trends, &(at(0)..at(4)), at(4));
        let rows: Vec<_> =
            view.rows.iter().map(|row| (row.down.as_str(), row.up.as_str(), row.online.as_str())).collect();
        assert_eq!(rows, [("90.3", "2", ""), ("", "2", "offline"), ("10", "2", "online")]);
        assert_eq!((view.charts.len(), view.online.as_str()), (3, "50 %"));
    }

    #[test]
    fn no_report_is_no_chart_and_no_percentage() {
        let view = TrendsView::new(&Trends::default(), &(at(0)..at(4)), at(4));
        assert!(view.charts.is_empty() && view.rows.is_empty() && view.online.is_empty());
    }
}
