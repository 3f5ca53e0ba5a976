//! The verdict on the clients.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

/// A broken rule and its message.
pub(crate) type Breach = (ViolationKind, String);

/// Maximum number of breaches of each kind in the text of a verdict.
const SHOWN: usize = 3;

/// The behaviour of clients towards a simulator. Returned by [`Simulator::verdict`](crate::Simulator::verdict).
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
    /// The labels of the rules of the fault plan that never applied.
    pub(crate) unused_faults: Vec<String>,
}

/// Counters of requests and responses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Counts {
    /// Number of requests.
    pub requests: u64,
    /// Requests to the API and the reports.
    pub calls: u64,
    /// Token requests, successful or not.
    pub token_requests: u64,
    /// Issued tokens.
    pub tokens_issued: u64,
    /// Maximum number of token requests of one OAuth client from one address within any 60 s.
    #[serde(rename = "mostTokenRequestsIn60s")]
    pub most_token_requests_in_60_s: u64,
    /// Maximum number of calls from one address within any 300 s.
    #[serde(rename = "mostCallsIn300s")]
    pub most_calls_in_300_s: u64,
    /// Maximum number of concurrent requests.
    pub most_in_flight: u64,
    /// Calls that the firewall blocked.
    pub blocked: u64,
    /// Requests for which the simulator has no route.
    pub unknown_routes: u64,
    /// Requests for documented actions that the simulator does not implement. They break no rule.
    pub unsimulated: u64,
    /// Requests to which a rule of the fault plan applied.
    pub faulted: u64,
    /// Responses by status. Requests without a response count under 0.
    pub by_status: BTreeMap<u16, u64>,
}

/// Defines the rules with their names.
macro_rules! rules {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// A rule that a client broke. The table in the [guide](crate::guide) says what each one detects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ViolationKind {
            $($(#[$doc])* $kind,)*
        }

        impl ViolationKind {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Returns the name of the rule.
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
    /// A token was requested while a valid one was available: one token per call, several at once, a new one after a
    /// 403.
    NeedlessTokenRequest = "needless token request",
    /// More than 8 token requests from one address within 60 s that failed or returned an unused token, more than 20
    /// of any kind, or more than 30 introspections and revocations. Each 401 explains one request.
    TokenRequestStorm = "token request storm",
    /// More than 2,000 calls from one address within 300 s.
    CallLimit = "call limit",
    /// More than six calls per second from one address for ten minutes.
    Flood = "flood",
    /// The same list at least eight times per second for three seconds.
    BusyPolling = "busy polling",
    /// A token was used after its expiry.
    ExpiredToken = "expired token",
    /// A token was used although its client knew that it is rejected: the API had refused it and a verification, or
    /// the client had revoked it.
    RejectedToken = "rejected token",
    /// A token was used for a resource of another provider, or was never issued here.
    ForeignToken = "foreign token",
    /// More than one call of a client after the firewall's response that its address is blocked.
    CallDuringBlock = "call during a block",
    /// A non-idempotent change was sent again while the first one was in flight or had an unknown outcome, without a
    /// read in between that could show the outcome.
    RepeatedChange = "repeated change",
    /// The same request was repeated many times although the response is 401.
    RefusalLoop = "refusal loop",
    /// The same failing request was repeated too often.
    RetryStorm = "retry storm",
    /// The same request, or many others with the same response, before the time named by `Retry-After`.
    EarlyRetry = "early retry",
    /// Pages of a list that skip rows, repeat rows, or continue past the end.
    Paging = "paging",
    /// A redirect was followed with the credential. The API does not redirect.
    FollowedRedirect = "followed redirect",
    /// A request for which the simulator has no route.
    UnknownRoute = "unknown route",
    /// A request that no careful client sends: without a token, or with an empty path segment.
    Malformed = "malformed request",
    /// `undefined`, `null`, `{id}` and the like in place of an id.
    PlaceholderId = "placeholder id",
    /// A secret known to the simulator in the wrong place: URL, header, cookie, body.
    LeakedSecret = "leaked secret",
}

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The broken rule.
    pub kind: ViolationKind,
    /// The requests that show it, by [`RequestRecord::number`](crate::RequestRecord::number). The last one broke the
    /// rule.
    pub requests: Vec<u64>,
    /// The arrival of the last of them by the simulator's monotonic clock.
    pub at: Duration,
    /// The description of the breach, without secrets.
    pub message: String,
}

impl Verdict {
    /// Returns whether no rule was broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.totals.is_empty()
    }

    /// Returns the breaches in order: the first thousand, and in any case the first five of each kind.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns the counters.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Returns how often a rule was broken.
    #[must_use]
    pub fn count(&self, kind: ViolationKind) -> u64 {
        self.totals.get(&kind).copied().unwrap_or_default()
    }

    /// Returns the labels of the rules of the current fault plan that have not applied to any request. A test with such a
    /// rule does not test what it names.
    ///
    /// ```
    /// use plume_sim::{Simulator, faults::{Effect, FaultPlan, FaultRule}};
    ///
    /// let plan = FaultPlan::new(7).rule(FaultRule::new(Effect::status(503)).name("down").from_request(1_000));
    /// let cloud = Simulator::builder().faults(plan).build();
    /// // … drive a client …
    /// assert_eq!(cloud.verdict().unused_faults(), ["down"]);
    /// ```
    #[must_use]
    pub fn unused_faults(&self) -> &[String] {
        &self.unused_faults
    }

    /// Returns the verdict without these rules, for tests that break them deliberately.
    pub fn ignoring(mut self, kinds: &[ViolationKind]) -> Self {
        self.violations.retain(|violation| !kinds.contains(&violation.kind));
        self.totals.retain(|kind, _| !kinds.contains(kind));
        self
    }

    /// Panics if a client broke a rule. For the end of a test.
    ///
    /// # Panics
    ///
    /// If a rule was broken, with the verdict as the message.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self}");
    }

    /// Panics if a rule of the current fault plan has not applied to any request. For the end of a test.
    ///
    /// # Panics
    ///
    /// If there is such a rule, with the labels of all of them.
    #[track_caller]
    pub fn assert_faults_used(&self) {
        let unused = &self.unused_faults;
        assert!(unused.is_empty(), "rules of the fault plan that never applied: {}", unused.join(", "));
    }

    /// Returns the verdict as a JSON object with `clean`, `totals` by name of the rule, `violations`, `counts` and
    /// `unusedFaults`. A served simulator returns it at `GET /simulator/verdict`.
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
            "unusedFaults": self.unused_faults,
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
    /// Formats the message with its evidence.
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

/// Names every broken rule with its first breaches, so that many of one kind do not hide another.
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
            "at most {} concurrent requests; {} faults, {} blocked, {} unknown routes",
            counts.most_in_flight, counts.faulted, counts.blocked, counts.unknown_routes,
        )?;
        match counts.unsimulated {
            0 => {}
            1 => write!(f, "\n1 request for a documented action that is not simulated (breaks no rule)")?,
            n => write!(f, "\n{n} requests for documented actions that are not simulated (break no rule)")?,
        }
        match self.unused_faults.as_slice() {
            [] => Ok(()),
            unused => write!(f, "\nrules of the fault plan that never applied: {}", unused.join(", ")),
        }
    }
}
