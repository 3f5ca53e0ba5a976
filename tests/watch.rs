//! `plume::watch` against the simulator, on a manual clock.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use plume::{
    CallRate, Client, ErrorKind, RateLimiter, Settings,
    health::{RuleId, Status},
    monitor::tracker::EventKind,
    runtime::{Clock, Limits, ManualClock, Transport, TransportError},
    watch::{FailureCause, Transition, Watch, WatchFailure, WatchState},
};
use plume_sim::{
    Cast, Home, Simulator, SimulatorBuilder, StoryEvent, StoryPlan, When,
    faults::{Area, Effect, FaultPlan, FaultRule},
};

const MINUTE: Duration = Duration::from_secs(60);

/// 2026-01-15T10:00:00Z.
fn morning() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200)
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-01-15T{time}Z").parse().unwrap()
}

fn pair(home: Home) -> (&'static str, &'static str) {
    (home.customer_id(), home.location_id())
}

fn simulator(clock: &ManualClock) -> SimulatorBuilder {
    Simulator::builder().seed(7).customers(0).clock(Arc::new(clock.clone()))
}

fn client(simulator: &Simulator, clock: &ManualClock, transport: Arc<dyn Transport>) -> Client {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    Client::builder()
        .settings(Settings::from_variables(simulator.environment()).unwrap())
        .transport(transport)
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&clock)))
        .clock(clock)
        .build()
        .unwrap()
}

/// A pod of the home without power from 10:02 for 20 minutes.
fn power_loss(home: Home) -> StoryPlan {
    StoryPlan::new("lunch").event(
        When::TimeOfDay { day: 0, hour: 10, minute: 2 },
        Cast::Homes(vec![home]),
        StoryEvent::PowerLoss { node: "Living Room".to_owned(), lasts: Some(20 * MINUTE) },
    )
}

/// Returns the items until this time of the day.
async fn items_until(
    watch: &mut Watch,
    clock: &ManualClock,
    end: DateTime<Utc>,
) -> Vec<Result<Transition, WatchFailure>> {
    let mut items = Vec::new();
    std::future::poll_fn(|cx| {
        while clock.wall() < end {
            match pin!(watch.next()).poll(cx) {
                Poll::Ready(item) => items.extend(item),
                // A watch on a skipping clock only yields.
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    })
    .await;
    items
}

#[tokio::test]
async fn rounds_end_the_stream_after_as_many_checks() {
    for (rounds, checks) in [(0, 0), (1, 2), (45, 90)] {
        let clock = ManualClock::skipping(morning());
        let cloud = simulator(&clock).story(power_loss(Home::ReducedService)).build();
        let client = client(&cloud, &clock, cloud.transport());
        let homes = [pair(Home::ReducedService), pair(Home::Healthy)];
        let mut watch = plume::watch(&client, homes).every(MINUTE).rounds(rounds);
        let mut items = Vec::new();
        while let Some(item) = watch.next().await {
            items.push(item.unwrap());
        }
        assert_eq!(client.calls_made(), 4 * checks, "{rounds}");
        assert!(items.iter().all(|change| change.at == change.event.at));
        assert_eq!(items.len(), if rounds == 45 { 2 } else { 0 }, "{rounds}");
        assert!(watch.next().await.is_none());
    }
}

#[tokio::test]
async fn story_yields_its_transitions_and_no_other_item() {
    let clock = ManualClock::skipping(morning());
    let cloud = simulator(&clock).story(power_loss(Home::ReducedService)).build();
    let client = client(&cloud, &clock, cloud.transport());
    let homes = [pair(Home::ReducedService), pair(Home::Healthy)];
    let mut watch = plume::watch(&client, homes).every(MINUTE);
    let items = items_until(&mut watch, &clock, at("10:40:00")).await;
    let [Ok(lost), Ok(back)] = &items[..] else { panic!("{items:#?}") };
    for transition in [lost, back] {
        assert_eq!((transition.customer_id.as_str(), transition.location_id.as_str()), homes[0]);
    }
    assert_eq!(
        (lost.event.kind, lost.event.from, lost.event.to),
        (EventKind::Entered, Status::Green, lost.report.status)
    );
    assert_eq!((lost.event.since, lost.event.at), (at("10:02:00"), at("10:05:00")));
    assert_eq!(lost.report.of_rule(RuleId::NodeDisconnected).count(), 1);
    assert_eq!((back.event.kind, back.event.to), (EventKind::Left, Status::Green));
    assert_eq!(back.event.since, at("10:24:00"));
    cloud.verdict().assert_clean();
}

#[tokio::test]
async fn check_makes_four_calls_and_checks_keep_their_schedule() {
    let clock = ManualClock::skipping(morning());
    let cloud = simulator(&clock).build();
    let client = client(&cloud, &clock, cloud.transport());
    let mut watch =
        plume::watch(&client, [Home::Healthy, Home::OnePodDown, Home::Healthy].map(pair)).every(MINUTE);
    assert_eq!(watch.state().iter().count(), 2, "a repeated home counts once");
    items_until(&mut watch, &clock, at("10:09:59")).await;
    // A check every 30 seconds, from the start to the end of the ten minutes.
    assert_eq!(client.calls_made(), 4 * 21);
    let api = cloud.requests().into_iter().filter(|request| request.path.starts_with("/api/"));
    let times: BTreeSet<u64> = api.map(|request| request.at.as_secs()).collect();
    assert_eq!(times, (0..=600).step_by(30).collect());
}

#[tokio::test]
async fn cloud_outage_fails_each_check_and_is_no_transition() {
    let clock = ManualClock::skipping(morning());
    let cloud = simulator(&clock).build();
    let client = client(&cloud, &clock, cloud.transport());
    let mut watch = plume::watch(&client, [pair(Home::Healthy)]).every(5 * MINUTE);
    assert!(items_until(&mut watch, &clock, at("10:12:00")).await.is_empty());
    let down = Effect::status(503);
    cloud.set_faults(FaultPlan::new(7).rule(FaultRule::new(down).area(Area::Api)));
    let items = items_until(&mut watch, &clock, at("10:42:00")).await;
    assert_eq!(items.len(), 6, "one at each turn: {items:#?}");
    for item in items {
        let failure = item.unwrap_err();
        assert_eq!((failure.customer_id.as_str(), failure.location_id.as_str()), pair(Home::Healthy));
        assert_eq!(failure.error().unwrap().kind(), ErrorKind::Server);
        let text = failure.to_string();
        assert!(text.starts_with("health check failed: "), "{text}");
        assert!(
            text.ends_with(&format!("(customer {}, location {})", failure.customer_id, failure.location_id)),
            "{text}"
        );
    }
    let state = watch.state();
    let (_, _, tracker) = state.iter().next().unwrap();
    assert_eq!(tracker.status(), Status::Green, "the last known status stays");
    assert!(tracker.unknown_since().is_some());
    cloud.set_faults(FaultPlan::default());
    assert!(items_until(&mut watch, &clock, at("11:12:00")).await.is_empty());
    assert_eq!(watch.state().iter().next().unwrap().2.unknown_since(), None);
}

#[tokio::test]
async fn missing_required_part_is_a_failure_with_the_report() {
    let clock = ManualClock::skipping(morning());
    let down = Effect::status(500);
    let rule = FaultRule::new(down).route("/api/Customers/{id}/locations/{locationId}/nodes");
    let cloud = simulator(&clock).faults(FaultPlan::new(7).rule(rule)).build();
    let client = client(&cloud, &clock, cloud.transport());
    let mut watch = plume::watch(&client, [pair(Home::Healthy)]);
    let failure = watch.next().await.unwrap().unwrap_err();
    let FailureCause::Unknown(report) = &failure.cause else { panic!("{failure:?}") };
    assert_eq!(report.status, Status::Unknown);
    assert!(failure.error().is_none());
    let text = failure.to_string();
    assert!(text.starts_with("health check failed: no verdict, nodes: "), "{text}");
}

#[tokio::test]
async fn resumed_watch_repeats_no_transition() {
    let clock = ManualClock::skipping(morning());
    let cloud = simulator(&clock).build();
    let client = client(&cloud, &clock, cloud.transport());
    let homes = [pair(Home::TwoPodsDown), pair(Home::Healthy)];
    let mut watch = plume::watch(&client, [homes[0]]).every(MINUTE);
    let items = items_until(&mut watch, &clock, at("10:10:00")).await;
    assert_eq!(items.len(), 1, "{items:?}");
    let stored = serde_json::to_string(&watch.state()).unwrap();
    drop(watch);
    let state: WatchState = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&state).unwrap(), stored);
    // The new watch has one home more.
    let mut watch = plume::watch(&client, homes).every(MINUTE).resume(state);
    assert!(items_until(&mut watch, &clock, at("10:20:00")).await.is_empty());
    let statuses: Vec<_> = watch.state().iter().map(|(_, _, tracker)| tracker.status()).collect();
    assert_eq!(statuses, [items[0].as_ref().unwrap().event.to, Status::Green]);
    // Without the state the transition is reported again.
    let mut watch = plume::watch(&client, homes).every(MINUTE);
    assert_eq!(items_until(&mut watch, &clock, at("10:30:00")).await.len(), 1);
}

#[test]
fn state_of_another_version_or_form_is_refused() {
    for (state, why) in [
        (r#"{"version": 2, "homes": []}"#, "watch state: version 2 is not supported, expected 1"),
        (r#"{"version": 1, "homes": [], "more": 1}"#, "unknown field"),
        (r#"{"homes": []}"#, "missing field"),
    ] {
        let error = serde_json::from_str::<WatchState>(state).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// A transport that counts the requests in flight, and completes none while it is closed.
#[derive(Debug)]
struct Gate {
    inner: Arc<dyn Transport>,
    open: tokio::sync::watch::Sender<bool>,
    running: Arc<AtomicUsize>,
}

impl Gate {
    fn closed(inner: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self { inner, open: tokio::sync::watch::Sender::new(false), running: Arc::default() })
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Transport for Gate {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        if request.uri().path().starts_with("/api/") {
            self.running.fetch_add(1, Ordering::Relaxed);
            let _running = Running(Arc::clone(&self.running));
            self.open.subscribe().wait_for(|open| *open).await.unwrap();
        }
        self.inner.send(request, limits).await
    }
}

/// Polls often enough for the watch to make all possible progress.
fn settle(watch: &mut Watch) -> Vec<Result<Transition, WatchFailure>> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut items = Vec::new();
    for _ in 0..50 {
        if let Poll::Ready(item) = pin!(watch.next()).poll(&mut cx) {
            items.extend(item);
        }
    }
    items
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn concurrent_checks_are_bounded_and_one_per_home() {
    let clock = ManualClock::new(morning());
    let cloud = simulator(&clock).build();
    let gate = Gate::closed(cloud.transport());
    let client = client(&cloud, &clock, gate.clone());
    let homes = [Home::Healthy, Home::OnePodDown, Home::PoorQoe].map(pair);
    let mut watch = plume::watch(&client, homes).every(Duration::from_secs(3)).concurrency(2);
    // Less than the timeout of an attempt.
    for (seconds, checks) in [(0, 1), (1, 2), (2, 2), (5, 2)] {
        clock.advance(Duration::from_secs(seconds));
        assert!(settle(&mut watch).is_empty());
        assert_eq!(gate.running(), 4 * checks, "after {seconds} seconds more");
    }
    drop(watch);
    let mut watch = plume::watch(&client, [homes[0]]).every(Duration::from_secs(1)).concurrency(8);
    for _ in 0..5 {
        clock.advance(Duration::from_secs(1));
        assert!(settle(&mut watch).is_empty());
        assert_eq!(gate.running(), 4, "one check of the one home");
    }
}

#[test]
fn missed_checks_are_skipped() {
    let clock = ManualClock::new(morning());
    let cloud = simulator(&clock).build();
    let client = client(&cloud, &clock, cloud.transport());
    let homes = [Home::Healthy, Home::OnePodDown, Home::PoorQoe].map(pair);
    let mut watch = plume::watch(&client, homes).every(3 * MINUTE).concurrency(64);
    settle(&mut watch);
    assert_eq!(client.calls_made(), 4);
    // No poll for an hour.
    clock.advance(60 * MINUTE);
    for checks in 2..10 {
        settle(&mut watch);
        assert_eq!(client.calls_made(), 4 * checks);
        clock.advance(MINUTE);
    }
}

#[test]
fn dropping_the_watch_cancels_its_calls() {
    let clock = ManualClock::new(morning());
    let cloud = simulator(&clock).build();
    let gate = Gate::closed(cloud.transport());
    let client = client(&cloud, &clock, gate.clone());
    let mut watch = plume::watch(&client, [pair(Home::Healthy)]);
    settle(&mut watch);
    assert_eq!(gate.running(), 4);
    drop(watch);
    assert_eq!((gate.running(), clock.sleepers()), (0, 0));
}

#[test]
fn interactive_calls_have_priority() {
    let clock = ManualClock::new(morning());
    let cloud = simulator(&clock).build();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut rate = CallRate::default();
    (rate.per_second, rate.burst) = (1.0, 1);
    let client = Client::builder()
        .settings(Settings::from_variables(cloud.environment()).unwrap())
        .transport(cloud.transport())
        .rate_limiter(RateLimiter::new(rate, Arc::clone(&shared)))
        .clock(shared)
        .build()
        .unwrap();
    let mut watch = plume::watch(&client, [pair(Home::Healthy)]);
    settle(&mut watch);
    assert_eq!((client.calls_made(), client.rate_limiter().status().waiting), (1, 3));
    let mut call = pin!(async { client.customer(Home::OnePodDown.customer_id()).locations().await });
    assert!(poll(call.as_mut()).is_pending());
    clock.advance(Duration::from_secs(1));
    settle(&mut watch);
    assert_eq!(client.calls_made(), 1, "the watch waits behind the call of a person");
    assert!(poll(call.as_mut()).is_ready());
    for _ in 0..3 {
        clock.advance(Duration::from_secs(1));
        settle(&mut watch);
    }
    assert_eq!(client.calls_made(), 5);
}

#[tokio::test]
async fn watch_of_no_homes_ends() {
    let clock = ManualClock::new(morning());
    let cloud = simulator(&clock).build();
    let client = client(&cloud, &clock, cloud.transport());
    assert!(plume::watch(&client, Vec::<(String, String)>::new()).next().await.is_none());
}
