//! The pages and the API over a store in memory, with a clock that only the test moves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod access;
mod api;
mod channels;
mod home;
mod inside;
mod oidc;
mod overview;
mod pages;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    health::Status,
    monitor::{
        budget::{BudgetPolicy, Census, Load},
        ids::{GroupKey, GroupKind, HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, IncidentChange, Scope, Situation},
        notify::Route,
        schedule::SchedulePolicy,
    },
    runtime::{Clock, ManualClock},
};
use plume_server::{
    access::SignIn,
    guard::Guard,
    notify::Means,
    stop::Stop,
    store::{
        CheckStore, HomeStore, MemoryStore, Store,
        model::{CheckResult, Committed, Decisions, Logged, NewHome, Point, Silent, Tenant, Verdict},
    },
    suspended::Suspended,
    web::{
        Dashboard, DashboardParts, Gate, Hosts, Live, Newest, Notice, Outlook, Process, Provider, Pulse,
        router,
    },
};
use tower::ServiceExt;

/// A text that breaks a page which does not escape it, or turns the text behind it.
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

struct Bed<S = MemoryStore> {
    store: S,
    clock: ManualClock,
    routes: Router,
    dashboard: Dashboard,
    /// The homes that people wanted to have checked.
    requested: Arc<Mutex<Vec<HomeId>>>,
    /// The state of the worker.
    pulse: Arc<Mutex<Option<Pulse>>>,
    live: Live,
    stop: Stop,
}

struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    text: String,
}

impl Bed {
    async fn new() -> Self {
        Self::with(None).await
    }

    async fn with(sign_in: Option<SignIn>) -> Self {
        Self::build(sign_in, Process::default(), |_| None, in_memory).await
    }

    async fn showing(process: Process) -> Self {
        Self::build(None, process, |_| None, in_memory).await
    }

    /// A server with routes of messages.
    async fn routed(routes: &str) -> Self {
        let routes: Vec<Route> = serde_json::from_str(routes).unwrap();
        let outlook = Outlook { routes: routes.into(), ..outlook() };
        Self::build_with(outlook, None, Process::default(), |_| None, in_memory).await
    }

    async fn with_provider(
        sign_in: Option<SignIn>,
        provider: impl FnOnce(&ManualClock) -> Option<Provider>,
    ) -> Self {
        Self::build(sign_in, Process::default(), provider, in_memory).await
    }
}

impl<S: Store + Clone + 'static> Bed<S> {
    async fn build(
        sign_in: Option<SignIn>,
        process: Process,
        provider: impl FnOnce(&ManualClock) -> Option<Provider>,
        store: impl FnOnce(&ManualClock) -> S,
    ) -> Self {
        Self::build_with(outlook(), sign_in, process, provider, store).await
    }

    async fn build_with(
        outlook: Outlook,
        sign_in: Option<SignIn>,
        process: Process,
        provider: impl FnOnce(&ManualClock) -> Option<Provider>,
        store: impl FnOnce(&ManualClock) -> S,
    ) -> Self {
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let store = store(&clock);
        let stop = Stop::default();
        let requested = Arc::<Mutex<Vec<HomeId>>>::default();
        let (pulse, live) = (Arc::<Mutex<Option<Pulse>>>::default(), Live::new(Arc::new(clock.clone())));
        let provider = provider(&clock);
        let parts = DashboardParts {
            store: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
            announcer: Arc::new(Silent),
            client: None,
            pulse: {
                let pulse = Arc::clone(&pulse);
                Arc::new(move || pulse.lock().unwrap().clone())
            },
            check_now: {
                let requested = Arc::clone(&requested);
                Arc::new(move |home, _| {
                    requested.lock().unwrap().push(home.clone());
                    Some(Decisions::default())
                })
            },
            live: live.clone(),
            stopping: stop.stopping(),
            notice: Notice::default(),
            gate: match &sign_in {
                Some(sign_in) => Gate::closed(sign_in.clone(), provider, Suspended::default()),
                None => Gate::open(Suspended::default()),
            },
            process,
            outlook,
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let dashboard = Dashboard::new(parts);
        let public = sign_in.as_ref().and_then(|sign_in| sign_in.public_origin.as_deref());
        let routes = router(dashboard.clone(), Hosts::of(address).with_public(public));
        store.put_tenant(Tenant { id: tenant(), name: format!("North {HOSTILE}") }).await.unwrap();
        Self { store, clock, routes, dashboard, requested, pulse, live, stop }
    }

    async fn add_home(&self, id: &str, name: &str) {
        self.add_home_of(&tenant(), id, name).await;
    }

    async fn add_home_of(&self, tenant: &TenantId, id: &str, name: &str) {
        let home = NewHome {
            tenant: tenant.clone(),
            id: HomeId::new(id),
            customer: format!("customer {HOSTILE}"),
            location: id.to_owned(),
            name: name.to_owned(),
            region: Some(HOSTILE.to_owned()),
            tags: vec![HOSTILE.to_owned()],
            due: self.clock.wall(),
        };
        self.store.put_homes(vec![home]).await.unwrap();
    }

    /// Commits a green check of a home.
    async fn check_home(&self, id: &str) {
        self.check(id, "No issues detected", true, &[]).await;
    }

    /// Commits a check of a home, with its changes: their kinds and statuses. Without a change, the home is green, or unknown
    /// without data.
    async fn check(&self, id: &str, headline: &str, has_data: bool, changes: &[(&str, &str, &str)]) {
        let logged = |(kind, from, to): &(&str, &str, &str)| {
            let at = self.clock.wall();
            let change = serde_json::json!({ "kind": kind, "from": from, "to": to, "since": at, "at": at });
            Logged { transition: serde_json::from_value(change).unwrap(), headline: headline.to_owned() }
        };
        let transitions: Vec<Logged> = changes.iter().map(logged).collect();
        let plain = if has_data { Status::Green } else { Status::Unknown };
        let status = transitions.last().map_or(plain, |logged| logged.transition.to);
        let all = self.store.enrolled().await.unwrap();
        let due =
            all.into_iter().map(|enrolled| enrolled.due).find(|due| due.home == HomeId::new(id)).unwrap();
        let claim = self.store.claim(&[due], Duration::from_secs(60)).await.unwrap().pop().unwrap();
        let (at, failure) = (self.clock.wall(), u8::from(!has_data));
        let result = CheckResult {
            tenant: claim.tenant,
            home: claim.home,
            fence: claim.fence,
            point: Point { at, status, is_full: false, failure, took_ms: 100, pods: None, devices: None },
            verdict: Verdict { status, since: at, headline: headline.to_owned() },
            traits: None,
            state: Vec::new(),
            schedule: claim.schedule,
            transitions,
            incidents: Vec::new(),
        };
        let committed = self.store.commit(result, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
        assert_eq!(committed, Committed::Done);
    }

    /// Opens an incident of the operator about a source since a number of minutes.
    async fn open_source(&self, source: &str, minutes: i64) {
        let (operator, since) = (TenantId::new("operator"), self.clock.wall() - TimeDelta::minutes(minutes));
        self.store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await.unwrap();
        let scope = Scope::Source(source.into());
        let mut change = IncidentChange::new(IncidentId::new(source), scope, ChangeKind::Opened, since);
        let cause = Cause::new(CauseKind::Source, source, Status::Orange, "a message");
        change.situation = Some(Situation::new(cause, since, "a message"));
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        self.store.decide(&operator, decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    }

    async fn open_incident(&self, id: &str, home: &str, since: DateTime<Utc>) {
        self.open_incident_of(&tenant(), id, home, since).await;
    }

    async fn open_incident_of(&self, tenant: &TenantId, id: &str, home: &str, since: DateTime<Utc>) {
        let scope = Scope::Home(HomeId::new(home));
        let mut change =
            IncidentChange::new(IncidentId::new(id), scope, ChangeKind::Opened, self.clock.wall());
        let cause = Cause::new(CauseKind::Status, home, Status::Red, format!("the gateway is off {HOSTILE}"));
        change.situation = Some(Situation::new(cause, since, "🔴 LOCATION OFFLINE - the gateway is off"));
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        self.store.decide(tenant, decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("host", "localhost:8080").body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("host", "localhost:8080")
            .header("origin", "http://localhost:8080")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response = self.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let kind = parts.headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
        let is_for_people = !kind.contains("json");
        assert!(!is_for_people || !text.contains('\u{202e}'), "text from right to left: {text}");
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// The state of a worker without homes.
fn pulse() -> Pulse {
    Pulse {
        load: Load::of(&BudgetPolicy::standard(), &SchedulePolicy::standard(), &Census::default()),
        checks_per_minute: None,
        with_data_per_minute: None,
        calls_per_second: None,
        unchecked: 0,
        stale: 0,
        newest: Newest::default(),
        turns: [("worker", Duration::ZERO); 3],
        failing: None,
    }
}

fn in_memory(clock: &ManualClock) -> MemoryStore {
    MemoryStore::new(Arc::new(clock.clone()))
}

fn outlook() -> Outlook {
    Outlook { means: Means { guard: Guard::new([]), has_mail: false, has_bot: false }, routes: Arc::new([]) }
}

fn tenant() -> TenantId {
    TenantId::new("north")
}

/// The value of the first hidden field with this name.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no field {name}"));
    rest.split_once('"').unwrap().0.to_owned()
}
