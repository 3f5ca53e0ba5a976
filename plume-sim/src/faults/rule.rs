//! A rule of a fault plan: its conditions and its effect.

use std::{fmt, time::Duration};

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::format;
use crate::http::Area;

/// One rule of a [`FaultPlan`](crate::faults::plan::FaultPlan): an effect and its conditions.
///
/// ```
/// use std::time::Duration;
///
/// use plume_sim::faults::{Area, Effect, FaultRule};
///
/// let rule = FaultRule::new(Effect::status(503))
///     .name("reports are down")
///     .area(Area::Reports)
///     .between(Duration::from_secs(60), Duration::from_secs(120))
///     .probability(0.5);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "format::is_default")]
    pub(crate) when: When,
    #[serde(deserialize_with = "format::effect")]
    pub(crate) effect: Effect,
}

/// The conditions of a rule; all must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) area: Option<Area>,
    #[serde(with = "format::method", skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<Method>,
    /// The template of a route, in the form of [`Simulator::routes`](crate::Simulator::routes).
    #[serde(deserialize_with = "format::route", skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    #[serde(rename = "customer", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) customers: Vec<String>,
    #[serde(rename = "location", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) locations: Vec<String>,
    #[serde(rename = "client", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) clients: Vec<String>,
    /// The time since the simulator was built.
    #[serde(with = "format::time", skip_serializing_if = "Duration::is_zero")]
    pub(crate) from: Duration,
    #[serde(with = "format::maybe_time", skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Duration>,
    /// The first and the last of the requests that match everything above, counted from 1.
    pub(crate) first: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u64>,
    /// Every n-th of those: the n-th, the 2n-th, …
    pub(crate) every: u64,
    pub(crate) probability: f64,
}

impl Default for When {
    fn default() -> Self {
        Self {
            area: None,
            method: None,
            route: None,
            customers: Vec::new(),
            locations: Vec::new(),
            clients: Vec::new(),
            from: Duration::ZERO,
            until: None,
            first: 1,
            last: None,
            every: 1,
            probability: 1.0,
        }
    }
}

/// The effect of a rule.
///
/// Latency, clock skew and changes of the body add up. Of the effects that replace the response, the first that
/// applies wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// Delays the response by a time drawn from this range.
    #[serde(deserialize_with = "format::latency")]
    Latency {
        /// The minimum.
        #[serde(rename = "least_ms", serialize_with = "format::milliseconds")]
        least: Duration,
        /// The maximum.
        #[serde(rename = "most_ms", serialize_with = "format::milliseconds")]
        most: Duration,
    },
    /// Returns an error in the service's own envelope. The request is not carried out.
    Status {
        /// 400 to 599.
        status: u16,
        /// The header `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// Returns 401 and invalidates the token.
    #[serde(deserialize_with = "format::nothing")]
    Unauthorized,
    /// Returns 403 in the API's envelope, as for another partner's resource.
    #[serde(deserialize_with = "format::nothing")]
    Forbidden,
    /// Blocks the caller's address for this time: a 403 of the firewall, not of the API. The response does not name the
    /// time, so a client stays away for up to five minutes, however short the block is.
    FirewallBlock {
        /// The duration.
        #[serde(with = "format::time", default = "format::five_minutes")]
        lasts: Duration,
    },
    /// Counts calls: an address with more than `calls` to API and reports within `window` is blocked for the rest of
    /// the window. The real firewall allows 2,000 in 300 s.
    Firewall {
        /// Maximum number of calls.
        #[serde(default = "format::call_limit")]
        calls: u32,
        /// The window.
        #[serde(with = "format::time", default = "format::five_minutes")]
        window: Duration,
    },
    /// Returns the page of a proxy with status 200.
    #[serde(deserialize_with = "format::nothing")]
    HtmlBody,
    /// Returns 200 without a body.
    #[serde(deserialize_with = "format::nothing")]
    EmptyBody,
    /// Returns half of the body with a matching length.
    #[serde(deserialize_with = "format::nothing")]
    TruncatedBody,
    /// Changes the JSON of the response.
    Mutate(Mutation),
    /// Sends the body slowly.
    SlowBody {
        /// At least 1.
        bytes_per_second: u32,
    },
    /// Breaks the connection.
    Reset {
        /// The stage at which it breaks.
        at: ResetStage,
    },
    /// Never responds.
    #[serde(deserialize_with = "format::nothing")]
    Hang,
    /// Returns a body of this size.
    HugeBody {
        /// The size.
        bytes: u64,
    },
    /// Returns nested lists.
    NestedBody {
        /// The depth.
        levels: u32,
    },
    /// Returns a redirect.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        #[serde(default = "format::found")]
        status: u16,
        /// The target.
        location: String,
    },
    /// Shifts the `Date` header by this number of seconds.
    ClockSkew {
        /// Positive: the cloud's clock is ahead.
        seconds: i64,
    },
    /// Removes the OAuth client: it gets no tokens, and its existing ones are rejected.
    #[serde(deserialize_with = "format::nothing")]
    RevokedClient,
    /// Changes the client's secret: only the new one gets tokens.
    RotatedSecret {
        /// The new secret.
        secret: String,
    },
    /// Sets the `expires_in` of the token response, independent of the actual lifetime. `None` omits it.
    #[serde(with = "format::expires_in")]
    ExpiresIn(Option<Value>),
}

/// The header `Retry-After` in its two forms, or any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "`retry_after`: expected seconds, a text, or {\"date_in\": seconds}")]
#[non_exhaustive]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// An HTTP date this number of seconds ahead.
    #[serde(with = "format::date_in")]
    DateIn(u64),
    /// Any text.
    Text(String),
}

/// A number of seconds, rounded up.
impl From<Duration> for RetryAfter {
    fn from(wait: Duration) -> Self {
        Self::Seconds(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)))
    }
}

/// The stage at which a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResetStage {
    /// Before the request arrives: it has no effect.
    Connect,
    /// After the request was carried out, before the first byte of the response.
    Request,
    /// Within the head of the response.
    Headers,
    /// After the head of the response.
    AfterHeaders,
    /// Within the body.
    Body,
}

/// A change of a JSON response. It applies to any response; the plan's seed selects the members.
///
/// ```
/// use plume_sim::faults::{Change, Effect, FaultRule, Mutation};
///
/// let mutation = Mutation::new(Change::UnknownWords).share(1.0).keys(["connectionState"]);
/// let rule = FaultRule::new(Effect::Mutate(mutation));
/// assert_eq!(rule.label(), "mutate unknown_words");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    pub(crate) change: Change,
    /// The share of the members that change.
    #[serde(default = "format::half")]
    pub(crate) share: f64,
    /// If not empty, only members with these names change.
    #[serde(default, deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<String>,
}

impl Mutation {
    /// Returns a mutation of about half of the members.
    #[must_use]
    pub fn new(change: Change) -> Self {
        Self { change, share: 0.5, keys: Vec::new() }
    }

    /// Sets the share of the members that change, 0 to 1. Changes of the envelope ignore it.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share.clamp(0.0, 1.0);
        self
    }

    /// Restricts the change to members with these names.
    #[must_use]
    pub fn keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys = keys.into_iter().map(Into::into).collect();
        self
    }
}

/// The kind of a JSON change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Replaces values by values of another type.
    WrongTypes,
    /// Replaces numbers by texts.
    NumbersAsText,
    /// Replaces values by `null`.
    Nulls,
    /// Omits members.
    Missing,
    /// Replaces words of enumerations by unknown ones.
    UnknownWords,
    /// Adds members.
    ExtraFields,
    /// Duplicates members with different values.
    DuplicateKeys,
    /// Removes the envelope: `{"nodes": […]}` becomes `[…]`.
    Bare,
    /// Adds an envelope: `{"nodes": […]}` becomes `{"nodes": {"nodes": […]}}`, `[…]` becomes `{"data": […]}`.
    Wrapped,
    /// Renames the envelope: `{"nodes": […]}` becomes `{"renamedNodes": […]}`.
    Renamed,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 10] = [
        Self::WrongTypes,
        Self::NumbersAsText,
        Self::Nulls,
        Self::Missing,
        Self::UnknownWords,
        Self::ExtraFields,
        Self::DuplicateKeys,
        Self::Bare,
        Self::Wrapped,
        Self::Renamed,
    ];
}

impl Effect {
    /// Returns the word for this kind of effect in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Status { .. } => "status",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::FirewallBlock { .. } => "firewall_block",
            Self::Firewall { .. } => "firewall",
            Self::HtmlBody => "html_body",
            Self::EmptyBody => "empty_body",
            Self::TruncatedBody => "truncated_body",
            Self::Mutate(_) => "mutate",
            Self::SlowBody { .. } => "slow_body",
            Self::Reset { .. } => "reset",
            Self::Hang => "hang",
            Self::HugeBody { .. } => "huge_body",
            Self::NestedBody { .. } => "nested_body",
            Self::Redirect { .. } => "redirect",
            Self::ClockSkew { .. } => "clock_skew",
            Self::RevokedClient => "revoked_client",
            Self::RotatedSecret { .. } => "rotated_secret",
            Self::ExpiresIn(_) => "expires_in",
        }
    }

    /// Returns an error with this status, 400 to 599. [`retry_after`](Self::retry_after) adds that header.
    ///
    /// ```
    /// use plume_sim::faults::Effect;
    ///
    /// assert_eq!(Effect::status(503), Effect::Status { status: 503, retry_after: None });
    /// ```
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }

    /// Adds `Retry-After` to an effect of the kind `status`. Other effects have no such header and stay as they are.
    ///
    /// ```
    /// use std::time::Duration;
    /// use plume_sim::faults::{Effect, RetryAfter};
    ///
    /// let busy = Effect::status(429).retry_after(Duration::from_secs(30));
    /// assert_eq!(busy, Effect::Status { status: 429, retry_after: Some(RetryAfter::Seconds(30)) });
    /// ```
    #[must_use]
    pub fn retry_after(mut self, wait: impl Into<RetryAfter>) -> Self {
        if let Self::Status { retry_after, .. } = &mut self {
            *retry_after = Some(wait.into());
        }
        self
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, .. } => write!(f, "status {status}"),
            Self::Mutate(mutation) => write!(f, "mutate {}", format::word(&mutation.change)),
            Self::Reset { at } => write!(f, "reset {}", format::word(at)),
            other => f.write_str(other.kind()),
        }
    }
}

impl FaultRule {
    /// Returns a rule that always applies. The other methods add conditions.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { name: None, when: When::default(), effect }
    }

    /// Sets the name, which is the rule's label in [`RequestRecord::faults`](crate::RequestRecord::faults).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Restricts the rule to this part of the cloud.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.when.area = Some(area);
        self
    }

    /// Restricts the rule to this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.when.method = Some(method);
        self
    }

    /// Restricts the rule to this route, given as its template.
    /// [`FaultPlan::check`](crate::faults::plan::FaultPlan::check) refuses a template that the simulator does not
    /// have.
    #[must_use]
    pub fn route(mut self, template: impl Into<String>) -> Self {
        self.when.route = Some(template.into());
        self
    }

    /// Restricts the rule to this customer, and to those of further calls.
    #[must_use]
    pub fn customer(mut self, id: impl Into<String>) -> Self {
        self.when.customers.push(id.into());
        self
    }

    /// Restricts the rule to this location, and to those of further calls.
    #[must_use]
    pub fn location(mut self, id: impl Into<String>) -> Self {
        self.when.locations.push(id.into());
        self
    }

    /// Restricts the rule to requests of this OAuth client, and to those of further calls.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.when.clients.push(id.into());
        self
    }

    /// Restricts the rule to a time window since the simulator was built: `from` inclusive, `until` exclusive.
    #[must_use]
    pub fn between(mut self, from: Duration, until: Duration) -> Self {
        self.when.from = from;
        self.when.until = Some(until);
        self
    }

    /// Starts at the n-th of the requests that match the other conditions, counted from 1.
    #[must_use]
    pub fn from_request(mut self, number: u64) -> Self {
        self.when.first = number.max(1);
        self
    }

    /// Ends after the n-th of the requests that match the other conditions, counted from 1.
    #[must_use]
    pub fn to_request(mut self, number: u64) -> Self {
        self.when.last = Some(number);
        self
    }

    /// Restricts the rule to the first of the requests that match the other conditions. A request at which an earlier
    /// rule replaces the response does not count, so the rule applies to the next one.
    #[must_use]
    pub fn once(self) -> Self {
        self.to_request(1)
    }

    /// Restricts the rule to every n-th of the requests that match the other conditions: the n-th, the 2n-th and so on,
    /// counted from [`from_request`](Self::from_request).
    #[must_use]
    pub fn every(mut self, number: u64) -> Self {
        self.when.every = number.max(1);
        self
    }

    /// Restricts the rule to requests drawn with this probability, 0 to 1, from the plan's seed.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.when.probability = probability.clamp(0.0, 1.0);
        self
    }

    /// Returns the effect.
    #[must_use]
    pub fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Returns the name, or a text for the effect if the rule has no name.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.effect.to_string())
    }
}
