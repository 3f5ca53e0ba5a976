//! Every operation against the simulator, in process: real OAuth, real JSON, no network.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use plume_client::{
    Client, CustomerSearch, ErrorKind, Events, Filter, Granularity, LocationHandle, NotRetried,
    QoeGranularity, QoePeriod, RateLimiter, Resource, RetryPolicy, SearchEntity, SearchField, Service,
    Settings, WanPeriod,
};
use plume_runtime::{Clock, ManualClock, SystemClock};
use plume_sim::{
    Home, ListShape, Simulator,
    faults::{Area, Effect, FaultPlan, FaultRule},
};
use plume_types::{ConnectionState, OnlineState, Part, PartFailureKind, QoeRating, ServiceTier};

struct Setup {
    simulator: Simulator,
    client: Client,
    clock: ManualClock,
}

fn setup_with(shape: ListShape) -> Setup {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let simulator =
        Simulator::builder().seed(7).customers(30).list_shape(shape).clock(Arc::clone(&shared)).build();
    let client = Client::builder()
        .settings(Settings::from_variables(simulator.environment()).unwrap())
        .transport(simulator.transport())
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
        .clock(shared)
        .build()
        .unwrap();
    Setup { simulator, client, clock }
}

fn setup() -> Setup {
    setup_with(ListShape::Wrapped)
}

impl Setup {
    fn home(&self, home: Home) -> LocationHandle {
        self.client.customer(home.customer_id()).location(home.location_id())
    }

    fn token_requests(&self) -> usize {
        self.simulator.requests().iter().filter(|request| request.path.ends_with("/token")).count()
    }
}

#[tokio::test]
async fn every_home_gives_a_whole_snapshot() {
    let setup = setup();
    for home in Home::ALL {
        let before = setup.client.calls_made();
        let snapshot = setup.home(home).snapshot().await.unwrap();
        assert!(snapshot.location.known().is_some(), "{home}");
        assert!(snapshot.nodes.known().is_some(), "{home}");
        assert!(snapshot.devices.known().is_some(), "{home}");
        assert!(snapshot.service_level.known().is_some(), "{home}");
        assert!(snapshot.qoe.known().is_some(), "{home}");
        assert_eq!(setup.client.calls_made() - before, 4, "{home}");
        // A snapshot can be kept as a file and read back.
        let text = serde_json::to_string(&snapshot).unwrap();
        let back: plume_types::LocationSnapshot = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text, "{home}");
    }
    assert_eq!(setup.token_requests(), 1);
    assert!(setup.client.drift().is_empty(), "{:#?}", setup.client.drift());
}

#[tokio::test]
async fn states_are_read_as_they_are() {
    let setup = setup();
    let disconnected = async |home| {
        let nodes = setup.home(home).nodes().await.unwrap();
        nodes
            .iter()
            .filter(|node| node.connection_state.known() == Some(&ConnectionState::Disconnected))
            .count()
    };
    assert_eq!(disconnected(Home::Healthy).await, 0);
    assert_eq!(disconnected(Home::OnePodDown).await, 1);
    assert_eq!(disconnected(Home::TwoPodsDown).await, 2);
    assert_eq!(disconnected(Home::GatewayDown).await, 3);
    assert!(setup.home(Home::Empty).nodes().await.unwrap().is_known_empty());
    let tier = setup.home(Home::ReducedService).service_level().await.unwrap().status;
    assert_eq!(tier, ServiceTier::BasicService);
    let status =
        setup.home(Home::GatewayDown).get().await.unwrap().network_status.into_known().unwrap().status;
    assert_eq!(status, OnlineState::Offline);
    let qoe = setup.home(Home::PoorQoe).app_qoe(QoePeriod::LastHour).await.unwrap();
    assert!(qoe.traffic_classes().iter().any(|class| class.rating == Some(QoeRating::Poor)));
    let nodes = setup.home(Home::TwoPodsDown).nodes().await.unwrap();
    assert_eq!(nodes.iter().filter(|node| node.is_gateway() == Some(true)).count(), 1);
}

#[tokio::test]
async fn all_list_shapes_give_the_same() {
    let mut seen = Vec::new();
    for shape in [ListShape::Bare, ListShape::Wrapped, ListShape::DoubleWrapped] {
        let setup = setup_with(shape);
        let home = setup.home(Home::OnePodDown);
        seen.push((home.nodes().await.unwrap(), home.devices().await.unwrap()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn every_typed_read_of_a_location_decodes() {
    let setup = setup();
    let home = setup.home(Home::OnePodDown);
    let nodes = home.nodes().await.unwrap();
    let node = home.node(&nodes[0].id).await.unwrap();
    assert!(node.devices.known().is_some_and(|devices| !devices.is_empty()));
    let device = home.devices().await.unwrap()[0].clone();
    assert_eq!(home.device(device.mac.as_str().to_uppercase()).await.unwrap().mac, device.mac);
    let network = home.wifi_network().await.unwrap();
    assert_eq!(network.encryption_key.unwrap().expose(), "not-a-real-key");
    assert!(!home.wifi_networks().await.unwrap().is_empty());
    assert!(home.backhaul().await.unwrap().wpa_key.is_some());
    assert!(home.capabilities().await.unwrap().network_configuration.is_some());
    home.alerts().await.unwrap();
    assert!(home.uplink_status().await.unwrap().gateway_connection_state.known().is_some());
    let now = setup.clock.wall();
    let hour_ago = now - chrono::TimeDelta::hours(1);
    home.traffic_class_stats(QoeGranularity::QuarterHour, hour_ago, now).await.unwrap();
    assert_eq!(
        setup.client.customer(home.customer_id()).node(&nodes[0].id).await.unwrap().location_id.as_ref(),
        Some(home.id())
    );
    assert!(setup.client.drift().is_empty(), "{:#?}", setup.client.drift());
}

#[tokio::test]
async fn every_report_decodes() {
    let setup = setup();
    let home = setup.home(Home::OnePodDown);
    let reports = home.reports();
    assert_eq!(reports.wan_stats(WanPeriod::Daily).await.unwrap().points().len(), 96);
    assert!(!reports.wan_stats(WanPeriod::Weekly).await.unwrap().points().is_empty());
    let online = reports.online_stats(Granularity::Hours, Some(24)).await.unwrap();
    assert!(online.location_state.known().is_some_and(|samples| !samples.is_empty()));
    reports.reboots(&Events::default()).await.unwrap();
    let node = home.nodes().await.unwrap()[0].id.clone();
    let tests = reports.speed_test_results(&node, Granularity::Days, 7).await.unwrap();
    assert!(tests.download_speeds.known().is_some_and(|speeds| !speeds.is_empty()));

    let gateway = setup.client.gateway_reports();
    let device = home.devices().await.unwrap()[0].mac.to_string();
    gateway.device_qoe_history(device.as_str()).await.unwrap();
    gateway.node_qoe_history(&node).await.unwrap();
    gateway.location_qoe(home.id()).await.unwrap();
    gateway.device_bandwidth(device.as_str()).await.unwrap();
    gateway.device_bandwidth_history(device.as_str()).await.unwrap();
    gateway.location_bandwidth(home.id()).await.unwrap();
    gateway.optimization(home.id()).await.unwrap();
    gateway.reboot_history(home.id()).await.unwrap();
    gateway.lan_connectivity_history(device.as_str()).await.unwrap();
    assert!(!gateway.wan_stats_history(home.id()).await.unwrap().points().is_empty());
    gateway.wan_saturation(home.id()).await.unwrap();
    gateway.wan_saturation_history(home.id()).await.unwrap();
    assert!(setup.client.drift().is_empty(), "{:#?}", setup.client.drift());
}

#[tokio::test]
async fn customers_are_listed_counted_and_found() {
    let setup = setup();
    let customers = setup.client.customers();
    let total = customers.count().await.unwrap().unwrap();
    assert_eq!(total, 30 + Home::ALL.len() as u64);
    let page = customers.clone().filter(Filter::new().limit(10).offset(5)).list().await.unwrap();
    assert_eq!(page.len(), 10);
    let one = customers.clone().filter(Filter::new().equals("id", page[0].id.as_str())).list().await.unwrap();
    assert_eq!(one.len(), 1);
    let account = page[0].account_id.clone().unwrap();
    assert_eq!(
        customers.clone().filter(Filter::new().equals("accountId", account.as_str())).count().await.unwrap(),
        Some(1)
    );

    let hits = customers.search(account.as_str(), &[SearchEntity::AccountId], true).await.unwrap();
    assert_eq!(hits[0].customer_id.as_ref(), Some(&page[0].id));
    let partner = setup.client.partner();
    let search = CustomerSearch::exact(SearchField::AccountId, account.as_str()).page(0, 5);
    let hits = partner.search_customers(&search).await.unwrap();
    assert_eq!(hits[0].id, page[0].id);

    let location = setup.client.customer(&page[0].id).locations().await.unwrap()[0].clone();
    let found = partner.location(location.service_id.as_ref().unwrap().as_str()).await.unwrap();
    assert_eq!((&found.id, found.customer_id()), (&location.id, Some(&page[0].id)));
    assert_eq!(partner.location(location.id.as_str()).await.unwrap().id, location.id);
    let node = setup.home(Home::Healthy).nodes().await.unwrap()[0].id.clone();
    assert!(partner.node(&node).await.unwrap().is_claimed());
    assert!(!partner.node("SIMUNCLAIMED1").await.unwrap().is_claimed());
    let group = setup.client.partner_id().unwrap().as_str();
    assert_eq!(partner.group_customers(group).filter(Filter::new().limit(3)).list().await.unwrap().len(), 3);
    assert_eq!(setup.client.customer(&page[0].id).get().await.unwrap().id, page[0].id);
}

#[tokio::test]
async fn unknown_ids_are_reported_as_unknown() {
    let setup = setup();
    let nobody = setup.client.customer("5ca1ab1e00000000ffffffff");
    let error = nobody.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
    let error = nobody.location("5ca1ab1e00000000ffffffff").snapshot().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
    let nowhere = setup.client.customer(Home::Healthy.customer_id()).location("5ca1ab1e00000000ffffffff");
    let error = nowhere.snapshot().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Location));
    assert!(error.to_string().starts_with("no such location"), "{error}");
    let error = setup.home(Home::Healthy).device("02:00:00:ff:ff:ff").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Device));
    let error = setup.home(Home::Healthy).node("NOSUCHNODE").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Node));
    let error = setup.client.read_path(Service::Api, "/no/such/route").json().await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn looking_for_an_unknown_customer_again_and_again_breaks_no_rule() {
    for known_first in [true, false] {
        let setup = setup();
        if known_first {
            setup.home(Home::Healthy).get().await.unwrap();
        }
        let nobody = setup.client.customer("5ca1ab1e00000000ffffffff").location("5ca1ab1e00000000ffffffff");
        for _ in 0..5 {
            let error = nobody.snapshot().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
        }
        assert_eq!(setup.token_requests(), 1);
        // Four parts each, and at most one check of the token.
        assert!(setup.client.calls_made() <= 22, "{}", setup.client.calls_made());
        let verdict = setup.simulator.verdict();
        assert!(verdict.is_clean(), "{verdict}");
    }
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_runs_out() {
    let setup = setup();
    let home = setup.home(Home::Healthy);
    for _ in 0..40 {
        home.get().await.unwrap();
        setup.clock.advance(Duration::from_secs(60));
    }
    // 40 minutes with tokens of ten minutes.
    assert!((4..=6).contains(&setup.token_requests()), "{}", setup.token_requests());
    assert!(setup.simulator.requests().iter().all(|request| request.status == 200));
}

#[tokio::test]
async fn wrong_credentials_are_distinguished_and_not_shown() {
    let simulator = Simulator::builder().build();
    let canary = "Basic MG9hU0lNVUxBVE9SOnNpbS1jYW5hcnktd3Jvbmc=";
    let mut variables: std::collections::BTreeMap<String, String> =
        simulator.environment().map(|(name, value)| (name.to_owned(), value)).collect();
    variables.insert("PLUME_AUTH_HEADER".to_owned(), canary.to_owned());
    let client = Client::builder()
        .settings(Settings::from_variables(variables).unwrap())
        .transport(simulator.transport())
        .build()
        .unwrap();
    let error = client.customers().count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!((error.status(), error.code()), (Some(401), Some("invalid_client")));
    assert!(error.help().contains("authorization header"));
    assert!(!format!("{error} {error:?} {client:?}").contains("MG9hU0lN"), "{error:?}");
}

#[tokio::test]
async fn a_part_that_fails_does_not_hide_the_others() {
    // The QoE route is taken away by a transport in front of the simulator.
    let simulator = Simulator::builder().build();
    let inner = simulator.transport();
    let transport = plume_runtime::InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let inner = Arc::clone(&inner);
        async move {
            if request.uri().path().contains("/appqoe/") {
                let mut answer = http::Response::new(bytes::Bytes::from("<html>"));
                *answer.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
                return Ok(answer);
            }
            if request.uri().path().ends_with("/devices") {
                return Ok(http::Response::new(bytes::Bytes::from("<html>")));
            }
            inner.send(request, &plume_runtime::Limits::default()).await
        }
    });
    let client = Client::builder()
        .settings(Settings::from_variables(simulator.environment()).unwrap())
        .transport(Arc::new(transport))
        // Another test counts the permits of the limiter of the process.
        .rate_limiter(RateLimiter::unlimited(Arc::new(SystemClock::new())))
        .build()
        .unwrap();
    let home = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    let snapshot = home.snapshot().await.unwrap();
    assert!(snapshot.nodes.known().is_some());
    assert_eq!(snapshot.qoe.failure().unwrap().kind, PartFailureKind::Unsupported);
    assert_eq!(snapshot.devices.failure().unwrap().kind, PartFailureKind::Unreadable);
    assert!(matches!(snapshot.service_level, Part::Known(_)));
}

#[test]
fn a_simulator_in_this_process_has_no_call_limit_unless_one_is_chosen() {
    let cloud = Simulator::builder().seed(7).build();
    let settings = || Settings::from_variables(cloud.environment()).unwrap();
    let builder = || Client::builder().settings(settings());
    let left = |builder: plume_client::ClientBuilder| builder.build().unwrap().rate_limiter().budget_left();
    assert_eq!(left(builder().transport(cloud.transport())), None);
    let clock = Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH));
    assert_eq!(left(builder().transport(cloud.transport()).clock(clock)), Some(1_900));
    let chosen = builder().transport(cloud.transport()).rate_limiter(RateLimiter::of_process());
    assert_eq!(left(chosen), Some(1_900));
    assert_eq!(left(builder()), Some(1_900), "the real network");
}

#[tokio::test]
async fn the_retry_budget_does_not_hide_many_faults_over_a_fleet() {
    let scan = async |policy: RetryPolicy| {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        let rule = FaultRule::new(Effect::status(503)).area(Area::Api).every(3);
        let faults = FaultPlan::new(7).rule(rule);
        let simulator =
            Simulator::builder().seed(7).customers(100).clock(clock.clone()).faults(faults).build();
        let client = Client::builder()
            .settings(Settings::from_variables(simulator.environment()).unwrap())
            .transport(simulator.transport())
            .rate_limiter(RateLimiter::unlimited(Arc::new(clock.clone())))
            .clock(clock)
            .retry(policy)
            .build()
            .unwrap();
        let (homes, failures) = client.fleet().concurrency(1).locations().collect().await;
        simulator.verdict().assert_faults_used();
        (homes.len(), failures)
    };
    let (homes, failures) = scan(RetryPolicy::default()).await;
    assert!(homes > 0 && !failures.is_empty());
    for failure in &failures {
        assert_eq!(failure.error().not_retried(), Some(NotRetried::BudgetUsedUp), "{failure}");
        assert!(failure.to_string().contains("too many calls fail at the moment"), "{failure}");
    }
    let (all, failures) = scan(RetryPolicy::default().max_attempts(10).without_budget()).await;
    assert!(all > homes && failures.is_empty(), "{failures:?}");
}
