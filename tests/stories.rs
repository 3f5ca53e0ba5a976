//! One history, many views: a story has the same effect on the live state, the reports and their analysis. All are read
//! through the client while a day passes on a manual clock.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume::{
    Client, Events, Granularity, LocationHandle, RateLimiter, Settings, WanPeriod,
    health::{HealthReport, NodeState, Policy, RuleId, Status, analyze, uptime, wan},
    operations,
    runtime::{Clock, ManualClock},
    types::{ConnectionState, Field, FreeForm, OnlineState, OnlineWord, Reboot},
};
use plume_sim::{Cast, Home, Simulator, StoryEvent, StoryPlan, When};

const MINUTE: u64 = 60;

/// A simulated day that begins at 10:00.
struct Day {
    simulator: Simulator,
    client: Client,
    clock: ManualClock,
    home: LocationHandle,
}

impl Day {
    /// At 14:02 the node has no power, for 20 minutes. It takes 97 seconds to start then.
    fn with_power_loss(home: Home, node: &str) -> Self {
        // 2026-01-15T10:00:00Z.
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let lasts = Some(Duration::from_secs(20 * MINUTE));
        let story = StoryPlan::new("lunch").event(
            When::TimeOfDay { day: 0, hour: 14, minute: 2 },
            Cast::Homes(vec![home]),
            StoryEvent::PowerLoss { node: node.to_owned(), lasts },
        );
        let simulator =
            Simulator::builder().seed(7).customers(0).clock(Arc::clone(&shared)).story(story).build();
        let client = Client::builder()
            .settings(Settings::from_variables(simulator.environment()).unwrap())
            .transport(simulator.transport())
            .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
            .clock(shared)
            .strict(true)
            .build()
            .unwrap();
        let home = client.customer(home.customer_id()).location(home.location_id());
        Self { simulator, client, clock, home }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.wall()
    }

    /// Advances the clock to this time of the first day, or of the next one.
    fn until(&self, day: i64, hour: i64, minute: i64, second: i64) {
        let start = DateTime::<Utc>::from_timestamp(1_768_435_200, 0).unwrap();
        let at = start + chrono::TimeDelta::seconds(((day * 24 + hour) * 60 + minute) * 60 + second);
        self.clock.advance((at - self.now()).to_std().unwrap());
    }

    /// Returns the restarts of this day by node, from the gateway group.
    async fn restarts(&self) -> Vec<Reboot> {
        let history = self.client.gateway_reports().reboot_history(self.home.id()).await.unwrap();
        let today = |restart: &&Reboot| restart.occurred_at.unwrap() >= at("10:00:00");
        history.items.known().unwrap().iter().filter(today).cloned().collect()
    }

    async fn report(&self) -> HealthReport {
        analyze(&self.home.snapshot().await.unwrap(), &Policy::standard(), self.now())
    }
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-01-15T{time}Z").parse().unwrap()
}

#[tokio::test]
async fn power_loss_of_a_pod_is_consistent_in_every_view() {
    let day = Day::with_power_loss(Home::ReducedService, "Living Room");
    day.until(0, 14, 1, 59);
    assert_eq!(day.report().await.status, Status::Green);

    day.until(0, 14, 10, 0);
    let report = day.report().await;
    assert!(report.headline.contains("1 pod is disconnected"), "{}", report.headline);
    assert_eq!(report.online, Some(true), "the gateway stays online");
    let dark: Vec<_> = report.nodes.iter().filter(|node| node.state == NodeState::Disconnected).collect();
    assert_eq!((dark.len(), dark[0].name.as_str()), (1, "Living Room"));
    let finding = report.of_rule(RuleId::NodeDisconnected).next().unwrap();
    let id = dark[0].id.clone();
    let node = day.home.node(&id).await.unwrap();
    assert_eq!(node.connection_state, Field::Known(ConnectionState::Disconnected));
    assert_eq!(node.connection_state_changed_at, Field::Known(at("14:02:00")));
    assert_eq!(node.health, Field::Absent, "a pod without power has no health");
    // The devices behind it are those that the analysis reports as away and the list as disconnected.
    let devices = day.home.devices().await.unwrap();
    let gone = devices
        .iter()
        .filter(|device| device.connection_state == Field::Known(ConnectionState::Disconnected));
    let mut gone: Vec<_> = gone.map(|device| device.mac.to_string().to_lowercase()).collect();
    let mut missed: Vec<_> =
        finding.consequences.iter().map(|consequence| consequence.subject.id.to_lowercase()).collect();
    gone.sort();
    missed.sort();
    assert_eq!(missed, gone);
    assert_eq!((gone.len(), report.devices.unwrap().disconnected), (2, 2));
    assert!(day.restarts().await.is_empty(), "a node without power reports nothing");

    day.until(0, 14, 24, 0);
    assert_eq!(day.report().await.status, Status::Green);
    assert_eq!(day.home.node(&id).await.unwrap().connection_state_changed_at, Field::Known(at("14:23:37")));

    day.until(1, 10, 0, 0);
    let restarts = day.restarts().await;
    assert_eq!(restarts.len(), 1);
    assert_eq!((restarts[0].node_id.as_ref(), restarts[0].occurred_at), (Some(&id), Some(at("14:22:00"))));
    let listed = day.home.reports().reboots(&Events::default()).await.unwrap();
    assert_eq!(listed.number("count"), Some(1.0));
    let hours = day.home.reports().online_stats(Granularity::Hours, Some(24)).await.unwrap();
    let hours = uptime::analyze(&hours);
    assert_eq!((hours.incidents, hours.uptime_percent), (0, Some(100.0)), "the location was there all day");
    // A day without events, because no node has this name.
    let quiet = Day::with_power_loss(Home::ReducedService, "no-such-node");
    quiet.until(1, 10, 0, 0);
    let traffic = async |day: &Day| day.home.reports().wan_stats(WanPeriod::Daily).await.unwrap();
    let (with, without) = (wan::analyze(&traffic(&day).await), wan::analyze(&traffic(&quiet).await));
    assert_eq!((with.points, with.valid_points), (96, without.valid_points), "the line works as well");
    let moved = [&without, &with].map(|line| line.download.total_mb.unwrap());
    assert!(moved[1] < moved[0], "without the devices of the dark pod: {moved:?}");
    let alarms = async |day: &Day| {
        let read = day.home.read(&operations::NODE_ALARMS).with("nodeId", id.as_str());
        read.with("granularity", "minutes")
            .with("limit", 60)
            .with("start", at("14:00:00").timestamp_millis())
            .json()
            .await
            .unwrap()
    };
    let raised = |body: FreeForm| {
        let points = body.items("podAlarm").into_iter().filter(|point| point.number("value") != Some(0.0));
        points.map(|point| point.time("timestamp").unwrap()).collect::<Vec<_>>()
    };
    let raised_today = raised(alarms(&day).await);
    assert_eq!(raised_today.first(), Some(&at("14:02:00")), "an alarm in every whole minute of the outage");
    assert_eq!((raised_today.last(), raised_today.len()), (Some(&at("14:22:00")), 21));
    assert!(raised(alarms(&quiet).await).is_empty());
    day.simulator.verdict().assert_clean();
}

#[tokio::test]
async fn power_loss_of_the_gateway_is_consistent_in_every_view() {
    let day = Day::with_power_loss(Home::Healthy, "gateway");
    let mut live = Vec::new();
    for minute in (10 * 60..26 * 60).step_by(5) {
        // In the middle of a minute, where the report of that minute is unambiguous.
        day.until(0, 0, minute + 2, 30);
        let location = day.home.get().await.unwrap();
        let status = location.network_status.into_known().unwrap();
        let online = status.status == Field::Known(OnlineState::Online);
        live.push((day.now(), online));
        let nodes = day.home.nodes().await.unwrap();
        let connected = nodes[0].connection_state == Field::Known(ConnectionState::Connected);
        assert_eq!(online, connected, "{}", day.now());
        if (14 * 60 + 2..14 * 60 + 23).contains(&(minute + 2)) {
            let report = day.report().await;
            assert_eq!((report.online, status.status_changed_at), (Some(false), Some(at("14:02:00"))));
            assert_eq!(report.of_rule(RuleId::LocationOffline).count(), 1);
        }
    }

    // 02:00 of the next day: the report by minutes matches the live state.
    day.until(1, 2, 0, 0);
    let minutes = day.home.reports().online_stats(Granularity::Minutes, Some(960)).await.unwrap();
    let samples = minutes.location_state.known().unwrap();
    assert_eq!(samples.len(), 960);
    for (seen, online) in &live {
        let sample = samples.iter().rfind(|sample| sample.timestamp.unwrap() <= *seen).unwrap();
        assert_eq!(sample.value == Some(OnlineWord::Online), *online, "{seen}");
    }
    let report = uptime::analyze(&minutes);
    assert_eq!((report.incidents, report.offline_samples), (1, 22), "14:02 to 14:23:37 in whole minutes");
    let hours =
        uptime::analyze(&day.home.reports().online_stats(Granularity::Hours, Some(16)).await.unwrap());
    assert_eq!((hours.incidents, hours.offline_samples), (1, 1));

    // No traffic in the quarters of an hour without power; otherwise as on a day without events.
    let quiet = Day::with_power_loss(Home::Healthy, "no-such-node");
    quiet.until(1, 2, 0, 0);
    let traffic = day.home.reports().wan_stats(WanPeriod::Daily).await.unwrap();
    let undisturbed = quiet.home.reports().wan_stats(WanPeriod::Daily).await.unwrap();
    let differences: Vec<_> =
        traffic.points().iter().zip(undisturbed.points()).filter(|(one, other)| one != other).collect();
    let dark: Vec<_> = differences.iter().map(|(point, _)| point.timestamp.unwrap()).collect();
    assert_eq!(dark, [at("14:00:00"), at("14:15:00")]);
    assert!(differences.iter().all(|(point, other)| point.rx_mbytes.is_none() && other.rx_mbytes.is_some()));
    let valid = |stats| wan::analyze(stats).valid_points;
    assert_eq!(valid(&traffic) + 2, valid(&undisturbed));

    let status = day.home.get().await.unwrap().network_status.into_known().unwrap();
    assert_eq!(status.status_changed_at, Some(at("14:23:37")));
    let restarts = day.restarts().await;
    assert_eq!(restarts.len(), 1);
    assert_eq!(restarts[0].reason.as_deref(), Some("power cycle"));
    let listed = day.home.reports().reboots(&Events::default()).await.unwrap();
    assert_eq!(listed.number("count"), Some(1.0), "the last 24 hours");
    assert_eq!(day.report().await.status, Status::Green);
    day.simulator.verdict().assert_clean();
}
