//! The counters of the client, taken over from the facade `metrics`.

use std::{borrow::Cow, sync::Arc};

use metrics::{CounterFn, Gauge, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::metrics::sheet::Labels;

/// Buckets of calls to the cloud, in seconds.
pub(super) const CALLS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters of the client. Clones share them. Other names of the facade are ignored.
///
/// Durations lose the label `operation`: calls by operation are counted, and a histogram for each would be hundreds of series.
#[derive(Debug, Clone)]
pub(super) struct Bridge {
    counters: [(&'static str, Family<Labels, Counter>); 2],
    histograms: [(&'static str, Histogram); 3],
}

impl Bridge {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let mut counter = |name: &'static str, help: &str| {
            let family = Family::<Labels, Counter>::default();
            registry.register(name.strip_suffix("_total").unwrap_or(name), help, family.clone());
            (name, family)
        };
        let counters = [
            counter(
                "plume_client_calls_total",
                "Calls to the cloud by operation and outcome, retries included",
            ),
            counter("plume_client_attempts_total", "Requests on the wire by operation and HTTP status"),
        ];
        let mut histogram = |name: &'static str, help: &str| {
            let histogram = Histogram::new(CALLS);
            registry.register(name, help, histogram.clone());
            (name, histogram)
        };
        let histograms = [
            histogram("plume_client_call_duration_seconds", "Time of a call to the cloud"),
            histogram("plume_client_limiter_wait_seconds", "Wait of a call for the call limit"),
            histogram("plume_client_token_wait_seconds", "Wait of a call for a token"),
        ];
        Self { counters, histograms }
    }

    /// Receives what clients of this process count. There is one receiver for a process; a further one gets nothing.
    pub(super) fn install(&self) {
        let _ = metrics::set_global_recorder(self.clone());
    }
}

impl Recorder for Bridge {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        let Some((_, family)) = self.counters.iter().find(|(name, _)| *name == key.name()) else {
            return metrics::Counter::noop();
        };
        metrics::Counter::from_arc(Arc::new(Counted(family.get_or_create_owned(&labels(key)))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        match self.histograms.iter().find(|(name, _)| *name == key.name()) {
            Some((_, histogram)) => metrics::Histogram::from_arc(Arc::new(Measured(histogram.clone()))),
            None => metrics::Histogram::noop(),
        }
    }
}

/// The labels that the client has. They name operations, outcomes and statuses, and no ids.
fn labels(key: &Key) -> Labels {
    let known = |label: &metrics::Label| {
        let name = ["operation", "outcome", "status"].into_iter().find(|name| *name == label.key())?;
        Some((name, Cow::Owned(label.value().to_owned())))
    };
    key.labels().filter_map(known).collect()
}

struct Counted(Counter);

impl CounterFn for Counted {
    fn increment(&self, value: u64) {
        self.0.inc_by(value);
    }

    fn absolute(&self, value: u64) {
        self.0.inc_by(value.saturating_sub(self.0.get()));
    }
}

struct Measured(Histogram);

impl HistogramFn for Measured {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn what_a_client_counts_is_exposed_with_its_labels() {
        let mut registry = Registry::default();
        let bridge = Bridge::new(&mut registry);
        metrics::with_local_recorder(&bridge, || {
            metrics::counter!("plume_client_calls_total", "operation" => "nodes", "outcome" => "ok")
                .increment(2);
            metrics::counter!("plume_client_attempts_total", "operation" => "nodes", "home" => "h1")
                .increment(1);
            metrics::counter!("foreign_total").increment(1);
            metrics::histogram!("plume_client_token_wait_seconds", "operation" => "nodes").record(0.3);
        });
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "plume_client_calls_total{operation=\"nodes\",outcome=\"ok\"} 2",
            "plume_client_attempts_total{operation=\"nodes\"} 1",
            "plume_client_token_wait_seconds_bucket{le=\"0.25\"} 0",
            "plume_client_token_wait_seconds_bucket{le=\"0.5\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("foreign") && !text.contains("h1"), "{text}");
    }
}
