//! A fixed piece of work, run beside the measured one. It separates a slow program from a slow machine.

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use plume_runtime::{Clock, SystemClock};

/// The times of the measured work and of the reference, taken alternately on one thread.
#[derive(Debug, Default)]
pub struct Reference {
    clock: SystemClock,
    work: Duration,
    items: u64,
    reference: Duration,
    units: u64,
}

impl Reference {
    /// Runs `items` pieces of the measured work.
    pub fn measured<T>(&mut self, items: u64, work: impl FnOnce() -> T) -> T {
        let began = self.clock.monotonic();
        let result = work();
        self.work += self.clock.monotonic().saturating_sub(began);
        self.items += items;
        result
    }

    /// Runs one unit of the reference work: keys, text and allocations, like the work of a client.
    pub fn unit(&mut self) {
        let began = self.clock.monotonic();
        let mut random = fastrand::Rng::with_seed(self.units);
        let rows: BTreeMap<String, u64> =
            (0..1_000).map(|row| (format!("row {}", random.u64(..)), row)).collect();
        let text = serde_json::to_string(&rows).unwrap_or_default();
        let read: Result<BTreeMap<String, u64>, _> = serde_json::from_str(&text);
        black_box(read.is_ok());
        self.reference += self.clock.monotonic().saturating_sub(began);
        self.units += 1;
    }

    /// Adds the times of another thread.
    pub fn add(&mut self, other: &Self) {
        self.work += other.work;
        self.items += other.items;
        self.reference += other.reference;
        self.units += other.units;
    }

    /// Returns the number of items in the time of one unit; zero if nothing was measured.
    #[must_use]
    pub fn items_per_unit(&self) -> f64 {
        let unit = self.reference.as_secs_f64() / self.units.max(1) as f64;
        let item = self.work.as_secs_f64() / self.items.max(1) as f64;
        if item > 0.0 { unit / item } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_items_per_unit() {
        let mut reference = Reference {
            work: Duration::from_secs(10),
            items: 1_000,
            reference: Duration::from_secs(4),
            units: 2,
            ..Reference::default()
        };
        // 10 ms for an item, 2 s for a unit.
        assert!((reference.items_per_unit() - 200.0).abs() < 1e-9);
        reference.add(&Reference { work: Duration::from_secs(10), ..Reference::default() });
        assert!((reference.items_per_unit() - 100.0).abs() < 1e-9);
        assert!(Reference::default().items_per_unit() < f64::EPSILON);
    }
}
