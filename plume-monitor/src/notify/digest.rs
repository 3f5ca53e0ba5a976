//! The daily summary of milder trouble, and the summaries of many homes.

use std::time::Duration;

use chrono::{DateTime, Days, TimeDelta, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::{Incident, Scope, is_worse};
use crate::notify::kind::MessageKind;
use crate::notify::policy::{NotifyPolicy, Route};
use crate::time::has_passed;

/// The maximum number of entries of a digest. The rest is counted.
pub const MAX_ENTRIES: usize = 50;
/// The time that passes after the newest of the incidents, so that the first checks of other homes are in the summary.
pub(super) const CALM: Duration = Duration::from_secs(300);
/// The longest time that the oldest of them waits.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The milder trouble of a tenant's homes since the last digest, and what is repeated once a day; or one of the summaries of
/// [`DigestKind`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Digest {
    /// The key of the message: the same for a repeated decision.
    pub key: Box<str>,
    /// The owner.
    pub tenant: TenantId,
    /// The channels.
    pub channels: Vec<ChannelId>,
    /// The time of the digest.
    pub at: DateTime<Utc>,
    /// The number of incidents.
    pub total: u64,
    /// The worst [`MAX_ENTRIES`], the worst first.
    pub entries: Vec<DigestEntry>,
    /// The kind.
    #[serde(default, skip_serializing_if = "DigestKind::is_daily")]
    pub kind: DigestKind,
}

/// The kind of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum DigestKind {
    /// The daily one.
    #[default]
    Daily,
    /// The summary of trouble that was there at the first checks of homes.
    FirstChecks,
    /// The summary of homes that are in trouble after the end of their fleet incident.
    Left,
}

plume_health::__named!(DigestKind { Daily = "daily", FirstChecks = "first_checks", Left = "left" });

impl DigestKind {
    /// Returns the kind of the summary for an incident with [`Decision::Summary`](crate::notify::Decision::Summary).
    #[must_use]
    pub fn of_summary(incident: &Incident) -> Self {
        if incident.is_left() { Self::Left } else { Self::FirstChecks }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_daily(&self) -> bool {
        *self == Self::Daily
    }
}

/// An incident in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DigestEntry {
    /// The incident.
    pub incident: IncidentId,
    /// The thing that it is about.
    pub scope: Scope,
    /// The difference to the last announcement.
    pub kind: MessageKind,
    /// The status now. Green after the end, unknown if the state of the incident was lost.
    pub status: Status,
    /// The start of the trouble.
    pub since: DateTime<Utc>,
    /// The root cause, in one sentence for people.
    pub message: Box<str>,
}

impl Digest {
    /// Returns a digest without entries. A tenant has one of each kind for each set of channels at a time.
    #[must_use]
    pub fn new(kind: DigestKind, tenant: TenantId, channels: Vec<ChannelId>, at: DateTime<Utc>) -> Self {
        let names: Vec<&str> = channels.iter().map(ChannelId::as_str).collect();
        let prefix = match kind {
            DigestKind::Daily => "digest",
            DigestKind::FirstChecks => "first",
            DigestKind::Left => "left",
        };
        let key = format!("{prefix}:{tenant}:{}:{}", at.timestamp(), names.join(","));
        Self { key: key.into(), tenant, channels, at, total: 0, entries: Vec::new(), kind }
    }

    /// Adds an incident, and records in the incident that it was announced. Store both together.
    pub fn add(&mut self, incident: &mut Incident, kind: MessageKind) {
        self.total = self.total.saturating_add(1);
        let entry = DigestEntry {
            incident: incident.id.clone(),
            scope: incident.scope.clone(),
            kind,
            status: incident.status(),
            since: incident.situation.since,
            message: incident.situation.root.message.clone(),
        };
        let place = self.entries.partition_point(|one| !is_worse(entry.status, one.status));
        self.entries.insert(place, entry);
        self.entries.truncate(MAX_ENTRIES);
        let _ = incident.tell(self.channels.clone());
        incident.mark_announced(self.at);
    }
}

/// Returns the time of the first digest of any route after this time.
///
/// The digest of a route is at [`NotifyPolicy::digest_minute`], or at the end of the quiet hours of the route that this
/// is in. At this time, send the digests that are in [`DueDigests`].
#[must_use]
pub fn next_digest(policy: &NotifyPolicy, after: DateTime<Utc>) -> DateTime<Utc> {
    let of_route = policy.routes.iter().map(|route| of_route(policy, Some(route), after));
    of_route.chain([usual(policy, after)]).min().unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The routes whose digest is due.
///
/// ```
/// use plume_monitor::notify::{DueDigests, NotifyPolicy, next_digest};
///
/// let policy: NotifyPolicy = serde_json::from_str(
///     r#"{"routes": [{"channels": ["chat"], "quiet": {"ranges": [{"days": ["thu"], "from": "06:00", "to": "09:00"}]}}]}"#,
/// )?;
/// let next = next_digest(&policy, "2026-01-15T06:00:00Z".parse()?);
/// assert_eq!(next.to_rfc3339(), "2026-01-15T07:00:00+00:00");
/// let route = policy.routes.first();
/// assert!(!DueDigests::new(&policy, next, next).has(route));
/// let next = next_digest(&policy, next);
/// assert_eq!(next.to_rfc3339(), "2026-01-15T09:00:00+00:00");
/// assert!(DueDigests::new(&policy, next, next).has(route));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DueDigests<'a> {
    routes: Vec<&'a Route>,
    /// Whether it is the time of incidents without a route.
    of_none: bool,
}

impl<'a> DueDigests<'a> {
    /// Returns the routes with a digest from `since`, the time that [`next_digest`] returned last, until now.
    #[must_use]
    pub fn new(policy: &'a NotifyPolicy, since: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let before = since.checked_sub_signed(TimeDelta::milliseconds(1)).unwrap_or(since);
        let is_due = |route: Option<&Route>| of_route(policy, route, before) <= now;
        let routes = policy.routes.iter().filter(|route| is_due(Some(route)));
        Self { routes: routes.collect(), of_none: is_due(None) }
    }

    /// Returns whether the digest of a route of the policy is due. `None` is that of incidents without a route.
    #[must_use]
    pub fn has(&self, route: Option<&Route>) -> bool {
        match route {
            Some(route) => self.routes.iter().any(|due| std::ptr::eq(*due, route) || *due == route),
            None => self.of_none,
        }
    }
}

/// Returns the first digest of a route after this time.
fn of_route(policy: &NotifyPolicy, route: Option<&Route>, after: DateTime<Utc>) -> DateTime<Utc> {
    let next = usual(policy, after);
    let last = next.checked_sub_days(Days::new(1)).unwrap_or(next);
    // The last one may wait for the end of quiet hours.
    [last, next].map(|at| awake(route, at)).into_iter().find(|at| *at > after).unwrap_or(next)
}

/// Returns the first time at or after this one at which the route is not quiet.
fn awake(route: Option<&Route>, at: DateTime<Utc>) -> DateTime<Utc> {
    route.and_then(|route| route.quiet_until(at)).unwrap_or(at)
}

fn usual(policy: &NotifyPolicy, after: DateTime<Utc>) -> DateTime<Utc> {
    let minute = TimeDelta::minutes(policy.digest_minute.into());
    let midnight = after.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let today = midnight.checked_add_signed(minute).unwrap_or(DateTime::<Utc>::MAX_UTC);
    if today > after {
        today
    } else {
        today.checked_add_days(Days::new(1)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// The time at which a summary of incidents with [`Decision::Summary`](crate::notify::Decision::Summary) is due.
///
/// A fleet that is watched for the first time has homes that were in trouble before, and a large fleet incident leaves some.
/// They are one message: nothing began now, and a message for each would hide what begins later. The summary waits until no more
/// are found for five minutes, at most for an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SummaryTime {
    /// The times at which the oldest and the newest incident opened, or its hold after a fleet incident ended.
    opened: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl SummaryTime {
    /// Adds an incident.
    pub fn add(&mut self, incident: &Incident) {
        let after_hold = incident.hold_until.filter(|_| incident.is_left());
        let at = after_hold.map_or(incident.opened_at, |until| until.max(incident.opened_at));
        self.opened = Some(self.opened.map_or((at, at), |(oldest, newest)| (oldest.min(at), newest.max(at))));
    }

    /// Returns whether the summary is due. Without incidents none is.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.opened.is_some_and(|(oldest, newest)| {
            // A time that lies ahead is from before the clock was set back.
            has_passed(newest, now, CALM) || has_passed(oldest, now, LONGEST) || has_passed(now, oldest, CALM)
        })
    }
}
