//! The replay of a history.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Status;

use crate::backtest::history::{History, Record};
use crate::home::Transition;
use crate::ids::HomeId;
use crate::monitor::{Due, Monitor, Policies};
use crate::sla::{Availability, SlaPolicy, availability, in_order};

/// The time between two decisions about messages.
const TICK: TimeDelta = TimeDelta::seconds(20);
/// The time without samples after which nothing is decided: without checks, no message was possible.
const LONGEST_GAP: TimeDelta = TimeDelta::hours(6);

/// The decisions that policies would have made, from [`run`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BackTest {
    /// The messages and digests, oldest first.
    pub sent: Vec<Due>,
    /// The number of messages and digests that were not sent because the policies have no channel for them.
    pub without_channel: u64,
    /// The confirmed changes of status, oldest first.
    pub transitions: Vec<(HomeId, Transition)>,
}

impl BackTest {
    fn take(&mut self, decided: impl IntoIterator<Item = Due>) {
        for due in decided {
            if due.channels().is_empty() {
                self.without_channel = self.without_channel.saturating_add(1);
            } else {
                self.sent.push(due);
            }
        }
    }

    /// Returns the number of messages, without digests.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.sent.iter().filter(|due| matches!(due, Due::Message(_))).count()
    }

    /// Returns the number of digests.
    #[must_use]
    pub fn digests(&self) -> usize {
        self.sent.len().saturating_sub(self.messages())
    }

    /// Returns the availability of a home in a period, by the confirmed statuses. Before the first one it is unknown.
    #[must_use]
    pub fn availability(
        &self,
        home: &HomeId,
        policy: &SlaPolicy,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Availability {
        let of_home = self.transitions.iter().filter(|(other, _)| other == home);
        let statuses = in_order(of_home.map(|(_, transition)| transition));
        availability(Status::Unknown, &statuses, policy, from, to)
    }
}

/// Replays a history. The work is proportional to the number of samples and to their time, apart from sorting them.
///
/// Of two samples of a home at the same instant, the second one is ignored, and so are samples of homes that the
/// history does not have. A home is without data if a sample is missing for longer than twice the median time between
/// its samples, or the interval of the policies. Mild trouble that is left at the end is in the digest after it.
#[must_use]
pub fn run(history: &History, policies: &Policies) -> BackTest {
    let mut records: Vec<&Record> = history.records.iter().collect();
    // Homes that were checked at the same instant come in one order, whatever that of the history.
    records.sort_by_key(|record| (record.sample.at, &record.home));
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return BackTest::default() };
    let (start, end) = (first.sample.at, last.sample.at);
    let mut monitor = Monitor::new(policies.clone(), start);
    for home in &history.homes {
        monitor.insert(home.clone(), start);
    }
    let intervals = intervals(&records);
    let mut test = BackTest::default();
    let mut now = start;
    for record in records {
        advance(&mut monitor, &mut now, record.sample.at, &mut test);
        let usual = intervals.get(&record.home).copied().unwrap_or_default();
        let transitions = monitor.observe_after(usual, &record.home, &record.sample, now);
        test.transitions.extend(transitions.into_iter().map(|transition| (record.home.clone(), transition)));
    }
    // Held messages are due a little later.
    let held = end.checked_add_signed(TimeDelta::minutes(5)).unwrap_or(end);
    advance(&mut monitor, &mut now, held, &mut test);
    let left = monitor.tick_all(monitor.next_digest().max(now));
    test.take(left.into_iter().filter(|due| matches!(due, Due::Digest(_))));
    test
}

/// Returns the median time between two samples of each home.
fn intervals<'a>(records: &[&'a Record]) -> BTreeMap<&'a HomeId, Duration> {
    let mut gaps = BTreeMap::<&HomeId, (DateTime<Utc>, Vec<TimeDelta>)>::new();
    for record in records {
        let (last, gaps) = gaps.entry(&record.home).or_insert_with(|| (record.sample.at, Vec::new()));
        let gap = record.sample.at.signed_duration_since(*last);
        *last = record.sample.at;
        if gap > TimeDelta::zero() {
            gaps.push(gap);
        }
    }
    let median = |mut gaps: Vec<TimeDelta>| {
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).and_then(|gap| gap.to_std().ok()).unwrap_or_default()
    };
    gaps.into_iter().map(|(home, (_, gaps))| (home, median(gaps))).collect()
}

/// Decides about messages up to the time of the next sample.
fn advance(monitor: &mut Monitor, now: &mut DateTime<Utc>, until: DateTime<Utc>, test: &mut BackTest) {
    let stop = now.checked_add_signed(LONGEST_GAP).map_or(until, |stop| stop.min(until));
    while let Some(next) = now.checked_add_signed(TICK).filter(|next| *next <= stop) {
        *now = next;
        test.take(monitor.tick_all(next));
    }
    *now = until.max(*now);
}
