//! Routes of messages, and their times.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::calendar::QuietHours;
use crate::ids::{ChannelId, GroupKey, TenantId};
use crate::policy::checked;

/// The version of the [`NotifyPolicy`] format that this version of the crate reads and writes.
pub const NOTIFY_POLICY_VERSION: u32 = 1;

/// The routes of messages, and the times of reminders and digests.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::notify::{NotifyPolicy, RouteTarget};
///
/// let policy: NotifyPolicy = serde_json::from_str(
///     r#"{"routes": [{"severities": ["red"], "channels": ["pager"]}, {"channels": ["chat"]}]}"#,
/// )?;
/// let target = RouteTarget::new("north".into(), Status::Orange);
/// assert_eq!(policy.route(&target).ok_or("no route")?.channels[0].as_str(), "chat");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct NotifyPolicy {
    /// The version of the format: [`NOTIFY_POLICY_VERSION`].
    pub version: u32,
    /// The routes. The first one that matches counts; without one, nothing is sent.
    pub routes: Vec<Route>,
    /// The time between two messages about trouble that is neither acknowledged nor changes.
    #[serde(with = "span")]
    pub remind_every: Duration,
    /// The time of the daily digest, in minutes after midnight UTC.
    pub digest_minute: u32,
}

/// A route: conditions, and the channels of messages that meet all of them. A condition without values is always met.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Route {
    /// One of these tenants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantId>,
    /// A home with one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Box<str>>,
    /// A home or fleet incident of one of these groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupKey>,
    /// One of these statuses: the worst that the incident has had in a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Status>,
    /// The channels. Without channels, messages of the route are dropped.
    pub channels: Vec<ChannelId>,
    /// The hours in which messages of the route wait, whatever their severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

/// The properties of an incident that routes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RouteTarget {
    /// The tenant.
    pub tenant: TenantId,
    /// The tags of the home.
    pub tags: Vec<Box<str>>,
    /// The groups of the home, or the group of a fleet incident.
    pub groups: Vec<GroupKey>,
    /// The status: see [`Incident::severity`](crate::incident::Incident::severity).
    pub severity: Status,
}

impl RouteTarget {
    /// Returns a target without tags and groups.
    #[must_use]
    pub fn new(tenant: TenantId, severity: Status) -> Self {
        Self { tenant, tags: Vec::new(), groups: Vec::new(), severity }
    }
}

impl Route {
    /// Returns the end of the quiet hours, if it is quiet.
    #[must_use]
    pub fn quiet_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let quiet = self.quiet.as_ref().filter(|quiet| quiet.is_open(now))?;
        Some(quiet.next_change(now).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    fn matches(&self, target: &RouteTarget) -> bool {
        meets(&self.tenants, std::slice::from_ref(&target.tenant))
            && meets(&self.tags, &target.tags)
            && meets(&self.groups, &target.groups)
            && meets(&self.severities, &[target.severity])
    }
}

fn meets<T: PartialEq>(wanted: &[T], given: &[T]) -> bool {
    wanted.is_empty() || wanted.iter().any(|value| given.contains(value))
}

impl NotifyPolicy {
    /// Returns the standard: no routes, a reminder every 4 hours, and a digest at 07:00 UTC.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: NOTIFY_POLICY_VERSION,
            routes: Vec::new(),
            remind_every: Duration::from_secs(4 * 3_600),
            digest_minute: 7 * 60,
        }
    }

    /// Returns the first route that matches.
    #[must_use]
    pub fn route(&self, target: &RouteTarget) -> Option<&Route> {
        self.routes.iter().find(|route| route.matches(target))
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, NOTIFY_POLICY_VERSION)?;
        if self.remind_every < Duration::from_secs(60) {
            let every = span::write(self.remind_every);
            return Err(PolicyError::new("remind_every", format!("{every} is less than 1m")));
        }
        let quiet = self.routes.iter().filter_map(|route| route.quiet.as_ref());
        if quiet.into_iter().any(QuietHours::is_always) {
            return Err(PolicyError::new("routes.quiet", "these quiet hours never end"));
        }
        if self.digest_minute >= 24 * 60 {
            return Err(PolicyError::new(
                "digest_minute",
                format!("{} is not below 1440", self.digest_minute),
            ));
        }
        Ok(())
    }
}

impl Default for NotifyPolicy {
    /// [`NotifyPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

checked!(NotifyPolicy);
