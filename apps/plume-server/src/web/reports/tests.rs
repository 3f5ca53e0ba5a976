//! Readings of a simulated cloud, on a clock that only the test moves.

use chrono::DateTime;
use plume::{
    RateLimiter, RetryPolicy, Settings,
    health::Status,
    monitor::ids::{HomeId, TenantId},
    runtime::ManualClock,
};
use plume_sim::{Home as SimulatedHome, Simulator, faults::FaultPlan};

use super::*;
use crate::access::Tenants;
use crate::store::model::{Traits, Verdict};
use crate::web::reports::running::{MOST, OF_TENANT};

const HANG: &str = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "hang"}}]}"#;

struct Bed {
    clock: ManualClock,
    cloud: Simulator,
    live: Live,
    suspended: Suspended,
    reports: Arc<Reports>,
}

impl Bed {
    fn new(plan: &str) -> Self {
        Self::with(plan, |_| true)
    }

    /// A bed whose client has only some of the settings.
    fn with(plan: &str, keeps: impl Fn(&str) -> bool) -> Self {
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let cloud = Simulator::builder().seed(7).homes([SimulatedHome::Healthy]).customers(0);
        let cloud = cloud.clock(clock.clone()).build();
        cloud.set_faults(FaultPlan::parse(plan).unwrap());
        let client = Client::builder()
            .settings(Settings::from_variables(cloud.environment().filter(|(name, _)| keeps(name))).unwrap())
            .transport(cloud.transport())
            .clock(clock.clone())
            .retry(RetryPolicy::none())
            .rate_limiter(RateLimiter::unlimited(Arc::new(clock.clone())))
            .build()
            .unwrap();
        let (shared, suspended) = (Arc::new(clock.clone()) as Arc<dyn Clock>, Suspended::default());
        let live = Live::new(Arc::clone(&shared));
        let reports = Reports::new(Some(client), shared, live.clone(), suspended.clone());
        Self { clock, cloud, live, suspended, reports: Arc::new(reports) }
    }

    /// The simulated home as one of a tenant.
    fn home(&self, tenant: &str, id: &str) -> Home {
        let locations = self.cloud.tenant_locations("Example ISP").unwrap();
        let (customer, location) = locations.into_iter().next().unwrap();
        let now = DateTime::UNIX_EPOCH;
        Home {
            tenant: TenantId::new(tenant),
            id: HomeId::new(id),
            customer,
            location,
            name: id.to_owned(),
            traits: Traits::default(),
            tags: Vec::new(),
            verdict: Verdict { status: Status::Green, since: now, headline: String::new() },
            checked: None,
            data: None,
        }
    }

    /// Reads a report as a page does.
    fn page(&self, home: &Home) -> tokio::task::JoinHandle<Read> {
        let (reports, home) = (Arc::clone(&self.reports), home.clone());
        tokio::spawn(async move { reports.read(&home).await })
    }

    async fn pass(&self, time: Duration) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        self.clock.advance(time);
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    fn calls(&self) -> usize {
        self.cloud.requests().iter().filter(|request| request.path.contains("/locations/")).count()
    }
}

/// The reason of a page that is there.
async fn why(page: tokio::task::JoinHandle<Read>) -> String {
    assert!(page.is_finished());
    page.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn all_readers_of_a_home_wait_for_one_reading_and_no_longer_than_a_page() {
    let bed = Bed::new(HANG);
    let home = bed.home("north", "h1");
    let pages = [0, 1, 2].map(|_| bed.page(&home));
    bed.pass(Duration::from_millis(4_900)).await;
    let calls = bed.calls();
    assert!((1..=4).contains(&calls) && pages.iter().all(|page| !page.is_finished()), "{calls} calls");
    bed.pass(Duration::from_millis(100)).await;
    for page in pages {
        assert_eq!(why(page).await, SLOW);
    }
    // The reading ends, and its failure serves the next readers for a while.
    bed.pass(Duration::from_secs(25)).await;
    let late = bed.page(&home);
    bed.pass(Duration::ZERO).await;
    let why = why(late).await;
    assert!(why.contains("no response within") && bed.calls() == calls, "{why}");
    bed.cloud.set_faults(FaultPlan::parse(r#"{"rules": []}"#).unwrap());
    bed.pass(RETRY).await;
    let again = bed.page(&home);
    bed.pass(Duration::ZERO).await;
    assert!(again.is_finished() && again.await.unwrap().is_ok());
    assert!(bed.calls() > calls);
}

#[tokio::test]
async fn a_report_that_comes_late_reloads_the_page_and_is_kept() {
    let slow = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "latency", "least_ms": 8000, "most_ms": 8000}}]}"#;
    let bed = Bed::new(slow);
    let home = bed.home("north", "h1");
    let joined = bed.live.join(Some((bed.clock.wall().timestamp_millis(), 0)), &Tenants::All, None).unwrap();
    let mut events = joined.receiver;
    let page = bed.page(&home);
    bed.pass(PAGE).await;
    assert_eq!(why(page).await, SLOW);
    assert!(events.try_recv().is_err());
    bed.pass(Duration::from_secs(4)).await;
    let event = events.try_recv().unwrap();
    assert_eq!((event.kind, event.key.as_str()), (Kind::Report, "/homes/north/h1"));
    let next = bed.page(&home);
    bed.pass(Duration::ZERO).await;
    assert!(next.is_finished() && next.await.unwrap().is_ok());
}

#[tokio::test]
async fn readers_of_one_tenant_leave_calls_to_others() {
    let bed = Bed::new(HANG);
    let page = |tenant: &str, number: usize| bed.page(&bed.home(tenant, &number.to_string()));
    let own: Vec<_> = (0..OF_TENANT + 1).map(|number| page("north", number)).collect();
    bed.pass(Duration::ZERO).await;
    let refused: Vec<_> = own.into_iter().filter(|page| page.is_finished()).collect();
    assert_eq!(refused.len(), 1);
    for page in refused {
        assert_eq!(why(page).await, BUSY);
    }
    let mut others: Vec<_> = (OF_TENANT..MOST).map(|number| page("south", number)).collect();
    bed.pass(Duration::ZERO).await;
    assert!(others.iter().all(|page| !page.is_finished()));
    others.push(page("west", 0));
    bed.pass(Duration::ZERO).await;
    assert_eq!(why(others.pop().unwrap()).await, BUSY);
    // A reading ends also if its page is closed, and then there is room.
    others.into_iter().for_each(|page| page.abort());
    bed.pass(LIMIT).await;
    let last = page("west", 0);
    bed.pass(Duration::ZERO).await;
    assert!(!last.is_finished());
}

#[tokio::test]
async fn requests_of_one_tenant_are_limited_and_the_next_report_is_of_the_present() {
    let bed = Bed::new(r#"{"rules": []}"#);
    let (north, south) = (bed.home("north", "h1"), bed.home("south", "h1"));
    for is_new in [true, false, true] {
        let before = bed.calls();
        bed.reports.read(&north).await.unwrap();
        assert_eq!(bed.calls() > before, is_new);
        if !is_new {
            assert!(bed.reports.request(&north));
        }
    }
    assert_eq!((1..=REQUESTS).filter(|_| bed.reports.request(&north)).count(), REQUESTS - 1);
    assert!(bed.reports.request(&south));
    bed.clock.advance(MINUTE);
    assert!(bed.reports.request(&north));
}

#[tokio::test]
async fn a_suspension_ends_the_readings_of_its_tenant() {
    let bed = Bed::new(HANG);
    let (north, south) = (bed.page(&bed.home("north", "h1")), bed.page(&bed.home("south", "h1")));
    bed.pass(Duration::from_secs(1)).await;
    bed.suspended.replace([TenantId::new("north")].into());
    bed.pass(Duration::ZERO).await;
    assert_eq!(why(north).await, SUSPENDED);
    assert!(!south.is_finished());
}

#[tokio::test]
async fn a_missing_setting_is_named_by_the_key_of_this_program() {
    let bed = Bed::with("{}", |name| name != "PLUME_REPORTS_BASE");
    let trends = bed.reports.trends(&bed.home("north", "h1")).await;
    assert!(trends.problem.starts_with("`cloud.reports_base` is not set"), "{}", trends.problem);
}
