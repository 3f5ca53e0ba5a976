//! The simulator's state and its queries.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume_runtime::Clock;
use serde_json::Value;

use crate::faults::{Engine, FaultPlan, Firewall};
use crate::http::Understood;
use crate::oauth::{Issued, Policy, Tokens};
use crate::oracle::{Oracle, Verdict};
use crate::routes::Route;
use crate::simulator::endpoints::{Endpoints, IN_PROCESS_BASE};
use crate::simulator::request_log::{RequestLog, RequestRecord};
use crate::simulator::tenants::{Tenant, Tenants, UnknownTenant};
use crate::world::{AuditRecord, Identity, Written, customer_id, millis};

/// The lifetime of a token whose response names none, and the maximum lifetime that a client may assume.
const UNSAID_LIFE: Duration = Duration::from_secs(600);
pub(crate) const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

/// A Plume Cloud in memory: authorization server, API and reports.
///
/// Cheap to clone: clones share all state. Two simulators with equal settings return equal bytes for equal requests
/// if their clocks show the same time.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
/// use plume_sim::{Home, Simulator};
///
/// let simulator = Simulator::builder().seed(7).build();
/// let path = format!("/api/Customers/{}/locations", Home::Healthy.customer_id());
/// let response = simulator.handle(Request::get(&path).body(Bytes::new())?);
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "no token yet");
///
/// let token = simulator.issue_token();
/// let request = Request::get(&path).header("authorization", format!("Bearer {token}"));
/// assert_eq!(simulator.handle(request.body(Bytes::new())?).status(), StatusCode::OK);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone)]
pub struct Simulator {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) tenants: Tenants,
    clock: Arc<dyn Clock>,
    pub(crate) built_at: Duration,
    lifetime_seconds: i64,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tokens: Tokens,
    pub(crate) log: RequestLog,
    pub(crate) engine: Engine,
    pub(crate) firewall: Firewall,
    pub(crate) oracle: Oracle,
    pub(crate) trace: u64,
    pub(crate) understood: Option<Understood>,
}

impl Simulator {
    pub(crate) fn new(
        tenants: Vec<Tenant>,
        clock: Arc<dyn Clock>,
        lifetime_seconds: i64,
        faults: FaultPlan,
    ) -> Self {
        let built_at = clock.monotonic();
        let state = State { engine: Engine::new(faults), ..State::default() };
        let state = Mutex::new(state);
        Self {
            shared: Arc::new(Shared {
                tenants: Tenants::new(tenants),
                clock,
                built_at,
                lifetime_seconds,
                state,
            }),
        }
    }

    /// Returns the lifetime that a client may assume for a new token.
    pub(crate) fn judged_life(&self, said: Option<&Option<Value>>) -> Duration {
        let actual = Duration::from_secs(u64::try_from(self.shared.lifetime_seconds).unwrap_or(0));
        let claimed = match said {
            None => return actual,
            Some(None) => UNSAID_LIFE,
            Some(Some(value)) => {
                let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                match number {
                    Some(seconds) if seconds <= 0.0 => Duration::ZERO,
                    Some(seconds) => {
                        Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)
                    }
                    None => UNSAID_LIFE,
                }
            }
        };
        actual.max(claimed)
    }

    pub(crate) fn policy(&self, now: i64) -> Policy<'_> {
        Policy {
            identities: self.shared.tenants.identities(),
            seed: self.shared.tenants.get(0).map_or(0, |tenant| tenant.seed),
            now,
            lifetime_seconds: self.shared.lifetime_seconds,
            revoked: false,
            secret: None,
            expires_in: None,
        }
    }

    /// Issues a valid token of the first provider without a request.
    #[must_use]
    pub fn issue_token(&self) -> String {
        let at = self.shared.clock.monotonic();
        let now = millis(self.shared.clock.wall());
        let mut state = self.state();
        let (number, text) = state.tokens.issue(&self.policy(now), 0);
        let until = at.saturating_add(self.judged_life(None));
        state.oracle.gift(Issued { number, tenant: 0 }, at, until);
        text
    }

    /// Returns the settings for a client of the first provider that uses [`Simulator::transport`]. For a served
    /// simulator, use [`Server::endpoints`](crate::Server::endpoints).
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(IN_PROCESS_BASE, &Identity::first())
    }

    /// Returns the settings for a client of the provider with this name: one added by
    /// [`SimulatorBuilder::tenant`](crate::SimulatorBuilder::tenant), or `Example ISP`, the first one.
    ///
    /// # Errors
    ///
    /// Fails if the simulator has no provider with this name. The error lists the known names.
    ///
    /// ```
    /// use plume_sim::Simulator;
    ///
    /// let cloud = Simulator::builder().tenant("Example Cable", 5).build();
    /// let cable = cloud.tenant_endpoints("Example Cable")?;
    /// assert_ne!(cable.partner_id(), cloud.endpoints().partner_id());
    /// assert_eq!(
    ///     cloud.tenant_endpoints("Exmaple Cable").unwrap_err().to_string(),
    ///     "unknown tenant \"Exmaple Cable\" (known: \"Example ISP\", \"Example Cable\")",
    /// );
    /// # Ok::<(), plume_sim::UnknownTenant>(())
    /// ```
    pub fn tenant_endpoints(&self, name: &str) -> Result<Endpoints, UnknownTenant> {
        Ok(Endpoints::new(IN_PROCESS_BASE, self.identity_of(name)?))
    }

    /// Returns the ids of the customers of the provider with this name, in the order of lists.
    ///
    /// # Errors
    ///
    /// Fails if the simulator has no provider with this name.
    pub fn tenant_customers(&self, name: &str) -> Result<Vec<String>, UnknownTenant> {
        let tenant = self.shared.tenants.named(name)?.lock();
        Ok(tenant.numbers().map(customer_id).collect())
    }

    /// Returns the customer id and the id of every location of the provider with this name, in the order of lists.
    ///
    /// # Errors
    ///
    /// Fails if the simulator has no provider with this name.
    pub fn tenant_locations(&self, name: &str) -> Result<Vec<(String, String)>, UnknownTenant> {
        let tenant = self.shared.tenants.named(name)?.lock();
        let keys = tenant.customers().flat_map(|customer| customer.locations);
        Ok(keys.map(|key| (customer_id(key.customer), key.id())).collect())
    }

    pub(crate) fn identity_of(&self, name: &str) -> Result<&Identity, UnknownTenant> {
        Ok(&self.shared.tenants.named(name)?.identity)
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// Returns [`Endpoints::environment`] of [`Simulator::endpoints`].
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        self.endpoints().environment()
    }

    /// Returns the verdict on the clients so far.
    pub fn verdict(&self) -> Verdict {
        let state = self.state();
        Verdict { unused_faults: state.engine.unused(), ..state.oracle.verdict() }
    }

    /// Resets the simulator between two tests: writes are undone, and log and verdict are empty. Tokens stay valid,
    /// the numbers of requests continue, and the fault plan stays in place.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_sim::Simulator;
    ///
    /// let simulator = Simulator::builder().build();
    /// let _ = simulator.handle(http::Request::get("/nowhere").body(Bytes::new())?);
    /// assert!(!simulator.verdict().is_clean());
    /// simulator.reset();
    /// simulator.verdict().assert_clean();
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn reset(&self) {
        for tenant in self.shared.tenants.iter() {
            tenant.lock().written = Written::default();
        }
        let mut state = self.state();
        state.oracle.reset();
        state.log.clear();
        state.understood = None;
    }

    /// Returns a hash of all requests and responses so far with their times.
    ///
    /// Equal settings and equal requests at equal times give equal hashes, so a run can be compared with its replay.
    /// Responses with tokens are hashed with them.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.state().trace
    }

    /// Replaces the fault plan. Its time windows count from when the simulator was built.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.state().engine = Engine::new(plan);
    }

    /// Returns start and end of each time at which the location was offline, from the simulator's build until now: the
    /// truth that a test compares with its findings. An outage that lasts ends now. Empty for an unknown location.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use plume_runtime::{ManualClock, chrono::DateTime};
    /// use plume_sim::{Home, Simulator, Story};
    ///
    /// let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
    /// let cloud = Simulator::builder().story(Story::PowerCut).clock(clock.clone()).build();
    /// clock.advance(Duration::from_secs(3_600));
    /// let [(start, end)] = cloud.outages(Home::Healthy.location_id())[..] else { panic!("one outage") };
    /// // 20 minutes without power, and the time to start.
    /// assert_eq!((end - start).num_seconds(), 20 * 60 + 97);
    /// ```
    #[must_use]
    pub fn outages(&self, location_id: &str) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let now = millis(self.shared.clock.wall());
        let location =
            self.shared.tenants.iter().find_map(|tenant| tenant.world(now).location_by_id(location_id));
        let outages = location.map(|location| location.history.outages(location.anchor, now));
        let moment = DateTime::from_timestamp_millis;
        let outages = outages.into_iter().flatten();
        outages.filter_map(|(start, end)| Some((moment(start)?, moment(end)?))).collect()
    }

    /// Returns the number of requests since the simulator was built, token requests included.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.state().log.count()
    }

    /// Returns the latest requests (at most 10,000), oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state().log.records()
    }

    /// Returns the latest request to a resource as its handler understood it. `None` before the first one.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_sim::Simulator;
    ///
    /// let simulator = Simulator::builder().build();
    /// let url = "/api/Customers/v2/search?searchString=Doe&searchEntities=name&searchEntities=email";
    /// let token = format!("Bearer {}", simulator.issue_token());
    /// let _ = simulator.handle(http::Request::get(url).header("authorization", token).body(Bytes::new())?);
    /// let understood = simulator.understood().ok_or("no request came")?;
    /// assert_eq!(understood.query["searchEntities"], ["name", "email"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn understood(&self) -> Option<Understood> {
        self.state().understood.clone()
    }

    /// Returns all changes made by requests, oldest first. The API serves the same rows at `…/auditTrail`.
    #[must_use]
    pub fn audit(&self) -> Vec<AuditRecord> {
        let of_tenant = |tenant: &Tenant| tenant.lock().written.audit.clone();
        let mut rows: Vec<AuditRecord> = self.shared.tenants.iter().flat_map(of_tenant).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    /// Returns every endpoint of the simulator.
    ///
    /// ```
    /// assert!(plume_sim::Simulator::routes().iter().any(|route| route.template == "/api/Customers/{id}"));
    /// ```
    #[must_use]
    pub fn routes() -> Vec<Route> {
        Route::all()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Every update of the state is complete in itself, so it stays valid after a panic elsewhere.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("seed", &self.policy(0).seed)
            .field("homes", &self.shared.tenants.get(0).map(|tenant| tenant.lock().homes.clone()))
            .field("tenants", &self.shared.tenants.identities().len())
            .finish_non_exhaustive()
    }
}
