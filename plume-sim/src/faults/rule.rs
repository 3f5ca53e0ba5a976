//! What a rule of a fault plan says: when it applies, and what happens then.

use std::{fmt, time::Duration};

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::format;
use crate::http::Area;

/// One rule of a [`FaultPlan`](crate::faults::plan::FaultPlan).
///
/// ```
/// use plume_sim::faults::{Area, Effect, FaultRule};
///
/// let rule = FaultRule::new(Effect::Status { status: 503, retry_after: None })
///     .name("reports are down")
///     .area(Area::Reports)
///     .between(60, 120)
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

/// The conditions of a rule; all of them have to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) area: Option<Area>,
    #[serde(with = "format::method", skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<Method>,
    /// The template of a route, as [`Simulator::routes`](crate::Simulator::routes) writes it.
    #[serde(deserialize_with = "format::route", skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    #[serde(rename = "customer", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) customers: Vec<String>,
    #[serde(rename = "location", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) locations: Vec<String>,
    #[serde(rename = "client", deserialize_with = "format::texts", skip_serializing_if = "Vec::is_empty")]
    pub(crate) clients: Vec<String>,
    /// Since the simulator was built.
    #[serde(with = "format::time", skip_serializing_if = "Duration::is_zero")]
    pub(crate) from: Duration,
    #[serde(with = "format::maybe_time", skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Duration>,
    /// The first and the last of the requests that fulfil everything above, counted from 1.
    pub(crate) first: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u64>,
    /// Of those, every n-th.
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

/// What goes wrong.
///
/// Effects that add up: latency, clock skew, changes of the body. Of those that replace the answer, the first
/// that applies wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// The answer comes later, by a time drawn from this range.
    #[serde(deserialize_with = "format::latency")]
    Latency {
        /// The shortest.
        #[serde(rename = "least_ms", serialize_with = "format::milliseconds")]
        least: Duration,
        /// The longest.
        #[serde(rename = "most_ms", serialize_with = "format::milliseconds")]
        most: Duration,
    },
    /// An error in the service's own envelope. The request is not carried out.
    Status {
        /// 400 to 599.
        status: u16,
        /// The header `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// 401, as for a token that was withdrawn: from now on it is not accepted any more.
    #[serde(deserialize_with = "format::nothing")]
    Unauthorized,
    /// 403 in the API's envelope: another partner's resource.
    #[serde(deserialize_with = "format::nothing")]
    Forbidden,
    /// The firewall blocks the caller's address: a 403 that is not the API's, now and for this time.
    Block {
        /// How long.
        #[serde(with = "format::time", default = "format::five_minutes")]
        lasts: Duration,
    },
    /// The firewall counts: more than `calls` to API and reports within `window` from one address, and it is
    /// blocked for the rest of the window. The real one: 2,000 in 300 s.
    Firewall {
        /// The calls that are let through.
        #[serde(default = "format::call_limit")]
        calls: u32,
        /// The window.
        #[serde(with = "format::time", default = "format::five_minutes")]
        window: Duration,
    },
    /// A page of some proxy with status 200.
    #[serde(deserialize_with = "format::nothing")]
    Html,
    /// A 200 without a body.
    #[serde(deserialize_with = "format::nothing")]
    Empty,
    /// A body that ends in the middle and says that it is whole.
    #[serde(deserialize_with = "format::nothing")]
    Truncated,
    /// A change of the answer's JSON.
    Mutate(Mutation),
    /// The body comes slowly.
    Drip {
        /// At least 1.
        bytes_per_second: u32,
    },
    /// The connection breaks.
    Reset {
        /// Where.
        at: ResetStage,
    },
    /// No answer ever comes.
    #[serde(deserialize_with = "format::nothing")]
    Hang,
    /// A body of this many bytes.
    Bomb {
        /// How large.
        bytes: u64,
    },
    /// Lists within lists, this deep.
    Deep {
        /// How deep.
        levels: u32,
    },
    /// A redirection.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        #[serde(default = "format::found")]
        status: u16,
        /// Where to.
        location: String,
    },
    /// The `Date` header is wrong by this many seconds.
    ClockSkew {
        /// Positive: the cloud's clock is ahead.
        seconds: i64,
    },
    /// The OAuth client does not exist any more: no new tokens, and the old ones are not accepted.
    #[serde(deserialize_with = "format::nothing")]
    RevokedClient,
    /// The client has another secret: tokens are given to this one only.
    RotatedSecret {
        /// The new secret.
        secret: String,
    },
    /// The token answer says this about the token's life, whatever the life is. `None`: it says nothing.
    #[serde(with = "format::expires_in")]
    ExpiresIn(Option<Value>),
}

/// `Retry-After`, in its two forms and in wrong ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "`retry_after`: seconds, a text, or {\"date_in\": seconds} is expected here")]
#[non_exhaustive]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// A date this many seconds ahead, as HTTP writes dates.
    #[serde(with = "format::date_in")]
    DateIn(u64),
    /// Any text.
    Text(String),
}

/// Where a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResetStage {
    /// Before the request was taken: it has certainly no effect.
    Connect,
    /// After the request was carried out, before any byte of the answer.
    Request,
    /// Within the head of the answer.
    Headers,
    /// After the head of the answer.
    AfterHeaders,
    /// Within its body.
    Body,
}

/// A change of a JSON answer. Works on any answer; what exactly changes is drawn by the plan's seed.
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
    /// Changes about half of the members.
    #[must_use]
    pub fn new(change: Change) -> Self {
        Self { change, share: 0.5, keys: Vec::new() }
    }

    /// The share of the members that change, 0 to 1. Changes of the envelope do not look at it.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share.clamp(0.0, 1.0);
        self
    }

    /// Only members with these names change.
    #[must_use]
    pub fn keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys = keys.into_iter().map(Into::into).collect();
        self
    }
}

/// How JSON is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Values of another type.
    WrongTypes,
    /// Numbers written as text.
    NumbersAsText,
    /// `null` instead of values.
    Nulls,
    /// Members are left out.
    Missing,
    /// Words of enumerations that are not known yet.
    UnknownWords,
    /// More members than anybody asked for.
    ExtraFields,
    /// Members that stand twice, with different values.
    DuplicateKeys,
    /// The value without its envelope: `{"nodes": […]}` becomes `[…]`.
    Bare,
    /// One envelope more: `{"nodes": […]}` becomes `{"nodes": {"nodes": […]}}`, `[…]` becomes `{"data": […]}`.
    Wrapped,
    /// The envelope has an unknown name: `{"nodes": […]}` becomes `{"renamedNodes": […]}`.
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
    /// The word that a plan in JSON uses for this kind of effect.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Status { .. } => "status",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Block { .. } => "block",
            Self::Firewall { .. } => "firewall",
            Self::Html => "html",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Mutate(_) => "mutate",
            Self::Drip { .. } => "drip",
            Self::Reset { .. } => "reset",
            Self::Hang => "hang",
            Self::Bomb { .. } => "bomb",
            Self::Deep { .. } => "deep",
            Self::Redirect { .. } => "redirect",
            Self::ClockSkew { .. } => "clock_skew",
            Self::RevokedClient => "revoked_client",
            Self::RotatedSecret { .. } => "rotated_secret",
            Self::ExpiresIn(_) => "expires_in",
        }
    }

    /// 429, with a hint or without.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<RetryAfter>) -> Self {
        Self::Status { status: 429, retry_after }
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
    /// A rule that always applies; the other methods narrow it.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { name: None, when: When::default(), effect }
    }

    /// What it is called in [`RequestRecord::faults`](crate::RequestRecord::faults).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only in this part of the cloud.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.when.area = Some(area);
        self
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.when.method = Some(method);
        self
    }

    /// Only this route, given as its template. A template that the simulator does not serve is refused by
    /// [`FaultPlan::check`](crate::faults::plan::FaultPlan::check).
    #[must_use]
    pub fn route(mut self, template: impl Into<String>) -> Self {
        self.when.route = Some(template.into());
        self
    }

    /// Only this customer; may be called more than once.
    #[must_use]
    pub fn customer(mut self, id: impl Into<String>) -> Self {
        self.when.customers.push(id.into());
        self
    }

    /// Only this location; may be called more than once.
    #[must_use]
    pub fn location(mut self, id: impl Into<String>) -> Self {
        self.when.locations.push(id.into());
        self
    }

    /// Only requests of this OAuth client; may be called more than once.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.when.clients.push(id.into());
        self
    }

    /// Only from second `from` to before second `until`, counted from when the simulator was built.
    #[must_use]
    pub fn between(mut self, from: u64, until: u64) -> Self {
        self.when.from = Duration::from_secs(from);
        self.when.until = Some(Duration::from_secs(until));
        self
    }

    /// Only from the n-th of the requests that fulfil the other conditions, counted from 1.
    #[must_use]
    pub fn from_request(mut self, number: u64) -> Self {
        self.when.first = number.max(1);
        self
    }

    /// Only up to the n-th of the requests that fulfil the other conditions, counted from 1.
    #[must_use]
    pub fn to_request(mut self, number: u64) -> Self {
        self.when.last = Some(number);
        self
    }

    /// Only the first of the requests that fulfil the other conditions.
    #[must_use]
    pub fn once(self) -> Self {
        self.to_request(1)
    }

    /// Only every n-th of them.
    #[must_use]
    pub fn every(mut self, number: u64) -> Self {
        self.when.every = number.max(1);
        self
    }

    /// Only with this probability, 0 to 1, drawn by the plan's seed.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.when.probability = probability.clamp(0.0, 1.0);
        self
    }

    /// What happens.
    #[must_use]
    pub fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Its name, or what it does.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.effect.to_string())
    }
}
