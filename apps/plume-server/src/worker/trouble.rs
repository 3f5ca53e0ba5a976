//! Failures of the store: for each kind of work one line at the start and one at the end, however many there are.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::store::StoreError;

/// Receives lines for operators.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// The state of the store, as the worker, the leader and the sender see it.
pub struct Trouble {
    log: Log,
    /// The failing work by its name. Other work may succeed meanwhile.
    since: Mutex<BTreeMap<String, Since>>,
}

/// The failures since the last success.
#[derive(Debug, Clone, Copy)]
struct Since {
    /// The first and the last failure, on the monotonic clock.
    began: Duration,
    last: Duration,
    lost: u64,
}

/// Work without an attempt for this time is not counted as failing: some of it is rare, or has no cause any more.
const RECENT: Duration = Duration::from_secs(10 * 60);

impl Trouble {
    /// Creates the state of a store that works.
    #[must_use]
    pub fn new(log: Log) -> Self {
        Self { log, since: Mutex::default() }
    }

    /// Records a failure at a time of the monotonic clock. `is_lost` says whether the result of a check was lost with it.
    pub(crate) fn failed(&self, doing: &str, error: &StoreError, is_lost: bool, now: Duration) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !since.contains_key(doing);
        let state = since.entry(doing.to_owned()).or_insert(Since { began: now, last: now, lost: 0 });
        state.last = now;
        state.lost = state.lost.saturating_add(u64::from(is_lost));
        if is_first {
            (self.log)(&format!("failed to {doing}: {error}; {}", error.help()));
        }
    }

    /// Returns the longest time for which some work has failed each time. One failure is none.
    pub(crate) fn lasts(&self, now: Duration) -> Option<Duration> {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = since.values().filter(|since| now.saturating_sub(since.last) < RECENT);
        recent.map(|since| since.last.saturating_sub(since.began)).max()
    }

    /// Records a success of the same work.
    pub(crate) fn succeeded(&self, doing: &str, now: Duration) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Since { began, lost, .. }) = since.remove(doing) {
            let seconds = now.saturating_sub(began).as_secs();
            let lost = match lost {
                0 => String::new(),
                lost => format!("; the results of {lost} checks were lost"),
            };
            (self.log)(&format!("the store works again after {seconds} s ({doing}){lost}"));
        }
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trouble").field("since", &self.since).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreErrorKind;

    #[test]
    fn any_number_of_failures_are_two_lines() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let trouble = Trouble::new(Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned())));
        let full = StoreError::new(StoreErrorKind::Full, "the disk is full");
        trouble.succeeded("commit a check", Duration::from_secs(1));
        for second in 10..20 {
            trouble.failed("commit a check", &full, second > 11, Duration::from_secs(second));
        }
        assert_eq!(trouble.lasts(Duration::from_secs(70)), Some(Duration::from_secs(9)));
        trouble.succeeded("commit a check", Duration::from_secs(70));
        assert_eq!(trouble.lasts(Duration::from_secs(70)), None);
        trouble.succeeded("commit a check", Duration::from_secs(71));
        let lines = lines.lock().unwrap();
        assert!(
            lines[0].starts_with("failed to commit a check: store: the disk is full; Free some space."),
            "{lines:?}"
        );
        assert_eq!(
            lines[1..],
            ["the store works again after 60 s (commit a check); the results of 8 checks were lost"]
        );
    }

    #[test]
    fn rare_work_that_failed_once_is_no_failure_that_lasts() {
        let trouble = Trouble::new(Arc::new(|_: &str| {}));
        let error = StoreError::new(StoreErrorKind::Internal, "odd");
        let at = Duration::from_secs;
        trouble.failed("close an incident", &error, false, at(10));
        assert_eq!(trouble.lasts(at(200)), Some(Duration::ZERO));
        // It fails each time, and then is not done again.
        trouble.failed("close an incident", &error, false, at(310));
        assert_eq!(trouble.lasts(at(320)), Some(at(300)));
        assert_eq!(trouble.lasts(at(310) + RECENT - at(1)), Some(at(300)));
        assert_eq!(trouble.lasts(at(310) + RECENT), None);
    }

    #[test]
    fn work_that_fails_beside_work_that_succeeds_is_seen_once() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let trouble = Trouble::new(Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned())));
        let error = StoreError::new(StoreErrorKind::Internal, "odd");
        for second in 0..100 {
            let now = Duration::from_secs(second);
            trouble.failed("decide", &error, false, now);
            trouble.succeeded("commit a check", now);
            if second == 50 {
                trouble.failed("read the outbox", &error, false, now);
            }
        }
        trouble.succeeded("decide", Duration::from_secs(100));
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines[0].starts_with("failed to decide") && lines[1].starts_with("failed to read the outbox")
        );
        assert_eq!(lines[2], "the store works again after 100 s (decide)");
    }
}
