//! The latest events in memory.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use plume::runtime::{Clock, SystemClock};
use tracing::Level;

use crate::journal::entry::{Entry, Values};

/// Events that are kept.
const KEPT: usize = 10_000;

/// The latest events. Clones share them.
#[derive(Clone)]
pub struct Journal(Arc<Mutex<Kept>>);

struct Kept {
    clock: Arc<dyn Clock>,
    next: u64,
    entries: VecDeque<Arc<Entry>>,
}

/// A selection of events.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only events of this level or a more severe one.
    pub level: Option<Level>,
    /// Only events that contain this text.
    pub text: String,
    /// Only events since this time.
    pub since: Option<DateTime<Utc>>,
    /// Only events before this number.
    pub before: Option<u64>,
    /// Only events after this number, the nearest ones.
    pub after: Option<u64>,
    /// Maximum number of events.
    pub limit: usize,
}

/// Selected events, the newest first.
#[derive(Debug, Default)]
pub struct Found {
    /// The events.
    pub entries: Vec<Arc<Entry>>,
    /// Whether there are newer ones.
    pub has_newer: bool,
    /// Whether there are older ones.
    pub has_older: bool,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("last", &self.last()).finish_non_exhaustive()
    }
}

impl Default for Journal {
    fn default() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        Self(Arc::new(Mutex::new(Kept { clock, next: 1, entries: VecDeque::new() })))
    }
}

impl Journal {
    /// Sets the clock of the times of later events: that of the monitor.
    pub fn set_clock(&self, clock: Arc<dyn Clock>) {
        self.lock().clock = clock;
    }

    /// Adds an event. Returns it.
    pub(super) fn add(&self, level: Level, target: &str, values: Values) -> Arc<Entry> {
        let mut kept = self.lock();
        let Values { message, fields } = values;
        let tenant = fields.iter().find(|(name, _)| *name == "tenant").map(|(_, value)| value.clone());
        let entry = Entry {
            number: kept.next,
            at: kept.clock.wall(),
            level,
            target: target.to_owned(),
            message,
            fields,
            tenant,
        };
        let entry = Arc::new(entry);
        kept.next += 1;
        if kept.entries.len() >= KEPT {
            kept.entries.pop_front();
        }
        kept.entries.push_back(Arc::clone(&entry));
        entry
    }

    /// Returns the number of the last event; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.lock().next - 1
    }

    /// Returns the selected events that `is_visible` accepts.
    pub fn find(&self, filter: &Filter, is_visible: impl Fn(&Entry) -> bool) -> Found {
        // The search is done without the lock, so that it delays no event.
        let entries: Vec<Arc<Entry>> = self.lock().entries.iter().cloned().collect();
        let text = filter.text.to_lowercase();
        let is_wanted = |entry: &&Arc<Entry>| {
            filter.level.is_none_or(|level| entry.level <= level)
                && filter.since.is_none_or(|since| entry.at >= since)
                && is_visible(entry)
                && (text.is_empty() || entry.contains(&text))
        };
        let limit = filter.limit.max(1);
        let mut found = Found::default();
        if let Some(after) = filter.after {
            let newer = entries.iter().filter(|entry| entry.number > after).filter(is_wanted);
            found.entries = newer.take(limit + 1).cloned().collect();
            found.has_newer = found.entries.len() > limit;
            found.entries.truncate(limit);
            found.entries.reverse();
            found.has_older =
                entries.iter().filter(|entry| entry.number <= after).any(|entry| is_wanted(&entry));
        } else {
            let is_before = |entry: &&Arc<Entry>| filter.before.is_none_or(|before| entry.number < before);
            let older = entries.iter().rev().filter(is_before).filter(is_wanted);
            found.entries = older.take(limit + 1).cloned().collect();
            found.has_older = found.entries.len() > limit;
            found.entries.truncate(limit);
            found.has_newer = filter.before.is_some_and(|before| {
                entries.iter().filter(|entry| entry.number >= before).any(|entry| is_wanted(&entry))
            });
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change under the lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use plume::runtime::ManualClock;

    use super::*;

    fn journal(events: u64) -> Journal {
        let journal = Journal::default();
        for number in 1..=events {
            let level = if number % 2 == 0 { Level::WARN } else { Level::DEBUG };
            let message = format!("event {number}");
            journal.add(level, "plume_server", Values { message, fields: Vec::new() });
        }
        journal
    }

    fn numbers(found: &Found) -> (Vec<u64>, bool, bool) {
        (found.entries.iter().map(|entry| entry.number).collect(), found.has_newer, found.has_older)
    }

    #[test]
    fn parts_lead_to_older_and_back_to_newer_events() {
        let journal = journal(10);
        let find = |before, after| {
            let filter = Filter { level: Some(Level::INFO), before, after, limit: 2, ..Filter::default() };
            numbers(&journal.find(&filter, |_| true))
        };
        assert_eq!(find(None, None), (vec![10, 8], false, true));
        assert_eq!(find(Some(8), None), (vec![6, 4], true, true));
        assert_eq!(find(Some(4), None), (vec![2], true, false));
        assert_eq!(find(None, Some(2)), (vec![6, 4], true, true));
        assert_eq!(find(None, Some(8)), (vec![10], false, true));
    }

    #[test]
    fn filters_and_visibility_select_events_and_old_ones_are_dropped() {
        let journal = journal(KEPT as u64 + 5);
        let count = |filter: Filter, is_visible: fn(&Entry) -> bool| {
            journal.find(&Filter { limit: KEPT * 2, ..filter }, is_visible).entries.len()
        };
        assert_eq!(count(Filter::default(), |_| true), KEPT);
        assert_eq!(count(Filter::default(), |entry| entry.number == 6), 1);
        assert_eq!(count(Filter::default(), |entry| entry.number == 5), 0);
        assert_eq!(count(Filter { text: "EVENT 10005".to_owned(), ..Filter::default() }, |_| true), 1);
        let later = DateTime::<Utc>::MAX_UTC;
        assert_eq!(count(Filter { since: Some(later), ..Filter::default() }, |_| true), 0);
        assert_eq!(count(Filter { level: Some(Level::WARN), ..Filter::default() }, |_| true), KEPT / 2);
        assert_eq!((journal.last(), journal.lock().entries.len()), (KEPT as u64 + 5, KEPT));
    }

    #[test]
    fn an_event_has_the_time_of_the_monitor_and_its_tenant() {
        let (journal, clock) = (Journal::default(), ManualClock::new(DateTime::UNIX_EPOCH));
        journal.set_clock(Arc::new(clock.clone()));
        let fields = vec![("home", "h1".to_owned()), ("tenant", "north".to_owned())];
        clock.advance(std::time::Duration::from_secs(60));
        let entry = journal.add(Level::INFO, "plume_server", Values { message: "x".to_owned(), fields });
        assert_eq!((entry.at.timestamp(), entry.tenant.as_deref()), (60, Some("north")));
        let since = |seconds: i64| Filter {
            since: DateTime::from_timestamp(seconds, 0),
            limit: 9,
            ..Filter::default()
        };
        let found = [60, 61].map(|seconds| journal.find(&since(seconds), |_| true).entries.len());
        assert_eq!(found, [1, 0]);
    }
}
