//! A value over time.

/// A value at every moment: `first` from the beginning, then one entry for each change.
#[derive(Debug, Clone)]
pub(crate) struct Timeline<T> {
    first: T,
    changes: Vec<(i64, T)>,
}

impl<T: PartialEq> Timeline<T> {
    pub(crate) fn new(first: T) -> Self {
        Self { first, changes: Vec::new() }
    }

    /// Sets the value from `at` on. Moments are ascending; of two values at one moment the later wins.
    pub(crate) fn set(&mut self, at: i64, value: T) {
        if self.changes.last().is_some_and(|(last, _)| *last == at) {
            self.changes.pop();
        }
        if *self.last() != value {
            self.changes.push((at, value));
        }
    }

    /// Returns the value after the last change.
    pub(crate) fn last(&self) -> &T {
        self.changes.last().map_or(&self.first, |(_, value)| value)
    }

    /// Returns the moment of the last change. `None` before the first one.
    pub(crate) fn since(&self) -> Option<i64> {
        self.changes.last().map(|(at, _)| *at)
    }

    /// Returns the value at `moment`.
    pub(crate) fn at(&self, moment: i64) -> &T {
        let after = self.changes.partition_point(|(at, _)| *at <= moment);
        after.checked_sub(1).and_then(|index| self.changes.get(index)).map_or(&self.first, |(_, value)| value)
    }

    pub(crate) fn changes(&self) -> &[(i64, T)] {
        &self.changes
    }

    /// Returns the time in milliseconds between `from` and `to` for which `wanted` holds.
    pub(crate) fn time_where(&self, from: i64, to: i64, wanted: impl Fn(&T) -> bool) -> i64 {
        let mut total = 0;
        let mut start = from;
        let after = self.changes.partition_point(|(at, _)| *at <= from);
        let mut value = self.at(from);
        for (at, next) in self.changes.iter().skip(after).take_while(|(at, _)| *at < to) {
            if wanted(value) {
                total = at.saturating_sub(start).saturating_add(total);
            }
            (start, value) = (*at, next);
        }
        if wanted(value) && to > start { total.saturating_add(to.saturating_sub(start)) } else { total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Timeline<bool> {
        let mut line = Timeline::new(true);
        for (at, value) in [(10, false), (20, false), (30, true), (40, false), (40, true)] {
            line.set(at, value);
        }
        line
    }

    #[test]
    fn a_period_of_all_time_does_not_overflow() {
        let line = line();
        assert_eq!(line.time_where(i64::MIN, i64::MAX, |_| true), i64::MAX);
    }

    #[test]
    fn a_value_holds_from_its_moment_on() {
        let line = line();
        assert_eq!([9, 10, 29, 30, 41].map(|at| *line.at(at)), [true, false, false, true, true]);
        assert_eq!((*line.last(), line.since()), (true, Some(30)), "an equal value is no change");
        assert_eq!(line.changes(), [(10, false), (30, true)]);
        assert_eq!(Timeline::new(1).since(), None);
    }

    #[test]
    fn time_is_measured_by_value() {
        let line = line();
        for (from, to, down) in [(0, 100, 20), (0, 10, 0), (15, 25, 10), (0, 12, 2), (29, 31, 1), (50, 40, 0)]
        {
            assert_eq!(line.time_where(from, to, |up| !up), down, "{from}..{to}");
        }
        assert_eq!(line.time_where(0, 100, |up| *up), 80);
    }
}
