//! Outages out of the samples of an online report.

use chrono::{DateTime, Utc};
use plume_health::{
    series::usual_step,
    text::{span, time},
    uptime::{SampleState, UptimeSample},
};

use crate::timeline::event::{Event, EventKind};

/// Offline samples in a row. Samples without a value neither end nor begin an outage.
#[derive(Debug, Clone, Copy)]
struct Outage {
    /// The first offline sample.
    first: DateTime<Utc>,
    /// Whether a sample with another state comes directly before.
    is_begin_known: bool,
    /// The first sample with another state after it.
    end: Option<DateTime<Utc>>,
}

fn outages(samples: &[UptimeSample]) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    let mut before = SampleState::Unknown;
    for sample in samples {
        let open = outages.last_mut().filter(|outage| outage.end.is_none());
        match (sample.state, open) {
            (SampleState::Offline, None) => {
                let is_begin_known = before != SampleState::Unknown;
                outages.push(Outage { first: sample.at, is_begin_known, end: None });
            }
            (SampleState::Online | SampleState::Intermittent, Some(outage)) => outage.end = Some(sample.at),
            _ => {}
        }
        before = sample.state;
    }
    outages
}

/// The begin and the end of each outage in a period. An outage that began earlier is an event at the begin of the period.
pub(super) fn events(samples: &[UptimeSample], since: DateTime<Utc>) -> Vec<Event> {
    let within = match usual_step(samples.iter().map(|sample| sample.at)) {
        Some(3_600) => " within the hour",
        Some(86_400) => " within the day",
        _ => "",
    };
    let mut events = Vec::new();
    for Outage { first, is_begin_known, end } in outages(samples) {
        if end.is_some_and(|end| end < since) {
            continue;
        }
        let (text, after) = match (first < since, is_begin_known) {
            (true, true) => (format!("offline since {}, before this period", time(first)), None),
            (_, false) => ("offline; it is not known since when".to_owned(), Some("an unknown time")),
            (false, true) => (format!("offline{within}"), None),
        };
        let text = if end.is_some() { text } else { format!("{text}, not back since") };
        let began_before = first < since || !is_begin_known;
        events.push(Event { began_before, ..Event::new(first.max(since), EventKind::Offline, text) });
        if let Some(end) = end {
            let passed = (end - first).num_seconds();
            let after = after.map_or_else(|| format!("at most {}", span(passed)), str::to_owned);
            events.push(Event::new(end, EventKind::Online, format!("online again after {after}")));
        }
    }
    events
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use plume_health::uptime;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_768_471_200 + 3_600 * hour, 0).unwrap()
    }

    fn found(samples: &[(i64, &str)], since: i64) -> Vec<(i64, EventKind, bool, String)> {
        let rows = samples
            .iter()
            .map(|(hour, value)| serde_json::json!({"timestamp": at(*hour), "value": value}))
            .collect::<Vec<_>>();
        let stats = serde_json::from_value(serde_json::json!({ "locationState": rows })).unwrap();
        let events = events(&uptime::samples(&stats), at(since));
        let hour = |event: &Event| (event.at - at(0)).num_hours();
        events.iter().map(|event| (hour(event), event.kind, event.began_before, event.text.clone())).collect()
    }

    #[test]
    fn an_outage_lasts_until_the_location_is_known_to_be_back() {
        use EventKind::{Offline, Online};
        let samples = [(0, "online"), (1, "offline"), (2, ""), (3, "offline"), (4, "online"), (5, "offline")];
        let expected = [
            (1, Offline, false, "offline within the hour".to_owned()),
            (4, Online, false, "online again after at most 3 h".to_owned()),
            (5, Offline, false, "offline within the hour, not back since".to_owned()),
        ];
        assert_eq!(found(&samples, 0), expected);
    }

    #[test]
    fn an_outage_that_began_before_the_period_says_so() {
        use EventKind::{Offline, Online};
        let samples = [(0, "online"), (1, "offline"), (2, "offline"), (3, "offline"), (4, "online")];
        let expected = [
            (2, Offline, true, "offline since 2026-01-15 11:00 UTC, before this period".to_owned()),
            (4, Online, false, "online again after at most 3 h".to_owned()),
        ];
        assert_eq!(found(&samples, 2), expected);
        // The report itself begins in an outage, and so does a part of it without values.
        let unknown = [
            (1, Offline, true, "offline; it is not known since when".to_owned()),
            (4, Online, false, "online again after an unknown time".to_owned()),
        ];
        assert_eq!(found(&samples[1..], 0), unknown);
        assert_eq!(found(&[&[(0, "")], &samples[1..]].concat(), 0), unknown);
        // The end alone may lie in the period.
        assert_eq!(found(&samples, 4).iter().map(|event| event.0).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(found(&samples, 5), []);
    }
}
