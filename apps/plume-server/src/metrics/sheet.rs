//! Gauges of one scrape.

use std::{borrow::Cow, fmt, sync::atomic::AtomicU64};

use prometheus_client::{
    encoding::text::encode_registry,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// The labels of a series.
pub(super) type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// Numbers that are exposed once.
#[derive(Debug, Default)]
pub(super) struct Sheet(Registry);

impl Sheet {
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.gauges(name, help, [(Labels::new(), value)]);
    }

    /// Adds a gauge if there is a value.
    pub(super) fn known(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.gauge(name, help, value);
        }
    }

    pub(super) fn gauges(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    /// Adds a counter. Its name in the document ends with `_total`.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: f64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        encode_registry(text, &self.0)
    }
}
