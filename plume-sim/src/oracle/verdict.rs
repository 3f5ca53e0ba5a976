//! What the oracles say in the end.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

/// A breach of a rule, and what to say about it.
pub(crate) type Breach = (ViolationKind, String);

/// How many breaches of each kind a verdict shows.
const SHOWN: usize = 3;

/// How a client behaved towards a simulator, from [`Simulator::verdict`](crate::Simulator::verdict).
///
/// ```
/// use plume_sim::Simulator;
///
/// let simulator = Simulator::builder().build();
/// // … drive a client …
/// simulator.verdict().assert_clean();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    pub(crate) counts: Counts,
    pub(crate) violations: Vec<Violation>,
    pub(crate) totals: BTreeMap<ViolationKind, u64>,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Counts {
    /// All requests.
    pub requests: u64,
    /// Requests to the API and the reports.
    pub calls: u64,
    /// Requests for a token, whatever came of them.
    pub token_requests: u64,
    /// Tokens that were handed out.
    pub tokens_issued: u64,
    /// The most token requests of one OAuth client from one address within any 60 s.
    #[serde(rename = "mostTokenRequestsIn60s")]
    pub most_token_requests_in_60_s: u64,
    /// The most calls from one address within any 300 s.
    #[serde(rename = "mostCallsIn300s")]
    pub most_calls_in_300_s: u64,
    /// The most requests that were under way at the same time.
    pub most_in_flight: u64,
    /// Calls that the firewall answered.
    pub blocked: u64,
    /// Requests for which the simulator has no route.
    pub unknown_routes: u64,
    /// Requests for documented actions that the simulator does not carry out. No client is at fault for them.
    pub unsimulated: u64,
    /// Requests to which a rule of the fault plan applied.
    pub faulted: u64,
    /// Answers by their status; requests that got none count under 0.
    pub by_status: BTreeMap<u16, u64>,
}

/// Defines the rules with their names.
macro_rules! rules {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// A rule that the client broke. What each one sees and cannot see: the table in the [guide](crate::guide).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ViolationKind {
            $($(#[$doc])* $kind,)*
        }

        impl ViolationKind {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// A short name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

rules! {
    /// A token was asked for while one at hand was good: a token per call, several at once, a new one after a 403.
    NeedlessTokenRequest = "needless token request",
    /// More than 8 token requests from one address within 60 s that failed or brought an unused token, more than 20 of
    /// any kind, or more than 30 introspections. A 401 explains one request each.
    TokenRequestStorm = "storm of token requests",
    /// More than 2,000 calls from one address within 300 s.
    CallLimit = "call limit",
    /// More than six calls a second from one address, for ten minutes.
    Flood = "flood",
    /// The same list eight times a second or more, for three seconds.
    BusyPolling = "busy polling",
    /// A token was used after its end.
    ExpiredToken = "expired token",
    /// A token was used although its client knew that it is not accepted: the API had refused it and a verification, too,
    /// or the client had revoked it.
    RejectedToken = "rejected token",
    /// A token was used for something of another provider, or a token that was never handed out here.
    ForeignToken = "foreign token",
    /// More than one call of a client that had heard that the firewall blocks its address.
    CallDuringBlock = "call during a block",
    /// A change that must not happen twice was sent again although the first was under way or may have happened, and
    /// nothing was read in between that could tell.
    RepeatedChange = "repeated change",
    /// The same request again and again although it is answered with 401.
    RefusalLoop = "loop of refusals",
    /// The same failing request more often than helps.
    RetryStorm = "storm of retries",
    /// The same request again before the time that `Retry-After` named, or many others that meet the same answer.
    EarlyRetry = "early retry",
    /// Pages of a list that leave out rows, read the same rows again, or go on behind the end.
    Paging = "paging",
    /// A redirection was followed with the credential. The API does not redirect.
    FollowedRedirect = "followed redirect",
    /// A request for which the simulator has no route.
    UnknownRoute = "unknown route",
    /// A request that no careful client sends: without a token, with an empty path segment.
    Malformed = "malformed request",
    /// `undefined`, `null`, `{id}` and the like in the place of an id.
    PlaceholderId = "placeholder id",
    /// A secret that the simulator knows, in a place where it does not belong: URL, header, cookie, body.
    LeakedSecret = "leaked secret",
}

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Which rule.
    pub kind: ViolationKind,
    /// The requests that show it, by [`RequestRecord::number`](crate::RequestRecord::number); the last one broke
    /// the rule.
    pub requests: Vec<u64>,
    /// When the last of them came, by the simulator's monotonic clock.
    pub at: Duration,
    /// What happened, in a sentence without secrets.
    pub message: String,
}

impl Verdict {
    /// Whether no rule was broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.totals.is_empty()
    }

    /// The breaches in their order: the first thousand of them, and the first few of each kind in any case.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How often a rule was broken.
    #[must_use]
    pub fn count(&self, kind: ViolationKind) -> u64 {
        self.totals.get(&kind).copied().unwrap_or_default()
    }

    /// The verdict without some rules, for tests that break them on purpose.
    pub fn ignoring(mut self, kinds: &[ViolationKind]) -> Self {
        self.violations.retain(|violation| !kinds.contains(&violation.kind));
        self.totals.retain(|kind, _| !kinds.contains(kind));
        self
    }

    /// Ends a test whose client broke a rule.
    ///
    /// # Panics
    ///
    /// If a rule was broken, with the whole verdict as the message.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self}");
    }

    /// The verdict as a JSON object, as `GET /simulator/verdict` of a served simulator gives it: `clean`, `totals` by the
    /// name of the rule, `violations` and `counts`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let totals: serde_json::Map<String, Value> =
            self.totals.iter().map(|(kind, count)| (kind.name().to_owned(), json!(count))).collect();
        let violation = |violation: &Violation| {
            json!({
                "rule": violation.kind.name(),
                "requests": violation.requests,
                "atSeconds": violation.at.as_secs_f64(),
                "message": violation.message,
            })
        };
        json!({
            "clean": self.is_clean(),
            "totals": totals,
            "violations": self.violations.iter().map(violation).collect::<Vec<_>>(),
            "counts": self.counts,
        })
        .to_string()
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Violation {
    /// The message with its evidence.
    fn what(&self) -> impl fmt::Display + use<> {
        let numbers: Vec<String> = self.requests.iter().map(|number| format!("#{number}")).collect();
        format!("{} (request {}, at {:.3} s)", self.message, numbers.join(", "), self.at.as_secs_f64())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.what())
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Every kind that was broken is named, with its first few breaches: a flood of one must not hide another.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let total: u64 = self.totals.values().sum();
        match total {
            0 => writeln!(f, "clean: no rule was broken")?,
            total => writeln!(f, "rules were broken {}:", times(total))?,
        }
        for (kind, count) in &self.totals {
            writeln!(f, "  {kind}, {}:", times(*count))?;
            let shown = self.violations.iter().filter(|violation| violation.kind == *kind).take(SHOWN);
            let mut left = *count;
            for violation in shown {
                left = left.saturating_sub(1);
                writeln!(f, "    {}", violation.what())?;
            }
            if left > 0 {
                writeln!(f, "    and {left} more")?;
            }
        }
        writeln!(
            f,
            "{} requests: {} calls (at most {} in 300 s from one address), {} token requests (at most {} in 60 s, \
             {} tokens)",
            counts.requests,
            counts.calls,
            counts.most_calls_in_300_s,
            counts.token_requests,
            counts.most_token_requests_in_60_s,
            counts.tokens_issued,
        )?;
        write!(
            f,
            "at most {} at the same time; {} faults, {} blocked, {} unknown routes",
            counts.most_in_flight, counts.faulted, counts.blocked, counts.unknown_routes,
        )?;
        match counts.unsimulated {
            0 => Ok(()),
            1 => write!(f, "\n1 request for a documented action that is not simulated: no fault of a client"),
            n => write!(
                f,
                "\n{n} requests for documented actions that are not simulated: no fault of a client"
            ),
        }
    }
}
