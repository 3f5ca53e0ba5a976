//! Circumstances that change: windows, clocks, suspensions, a cloud that hangs.

use super::*;

/// A window that is open for ten hours.
const MISTAKE: &str = r#"{"name": "mistake", "calendar": {"version": 1, "windows": [{"start": "2026-01-15T09:00:00", "duration": "10h"}]}}"#;

/// A home that is offline, and windows of its tenant. Returns their edition, too.
async fn offline_in_windows(windows: &str) -> (Bed, u64) {
    let bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::GatewayDown]).customers(0).clock(clock).build()
    })
    .await;
    let (tenant, body) = (TenantId::new(TENANT), windows.as_bytes().to_vec());
    let edition = bed.store().put_record(&tenant, RecordKind::Window, "w1", 0, body).await.unwrap();
    (bed, edition)
}

#[tokio::test]
async fn the_end_of_a_window_by_a_person_releases_held_messages() {
    let (mut bed, edition) = offline_in_windows(MISTAKE).await;
    bed.pass(15).await;
    assert_eq!((bed.statuses().await, bed.messages.as_slice()), (vec![Status::Red], &[][..]));
    let body = ended(MISTAKE, bed.clock.wall());
    bed.store().put_record(&TenantId::new(TENANT), RecordKind::Window, "w1", edition, body).await.unwrap();
    bed.pass(2).await;
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
}

/// A window that a person ended.
fn ended(window: &str, at: DateTime<Utc>) -> Vec<u8> {
    let mut window: Maintenance = serde_json::from_str(window).unwrap();
    window.ended = Some(at);
    serde_json::to_vec(&window).unwrap()
}

#[tokio::test]
async fn a_window_is_kept_until_no_period_of_the_service_level_needs_it() {
    let (mut bed, _) = offline_in_windows(MISTAKE).await;
    let (tenant, kind) = (TenantId::new(TENANT), RecordKind::Window);
    let daily = MISTAKE.replace("\"10h\"", "\"1h\", \"repeat\": \"FREQ=DAILY\"");
    for (id, body) in [
        ("daily", daily.clone().into_bytes()),
        ("ended", ended(&daily, bed.clock.wall() + TimeDelta::days(1))),
        ("newer", b"{}".to_vec()),
    ] {
        bed.store().put_record(&tenant, kind, id, 0, body).await.unwrap();
    }
    let stop = Stop::default();
    let stopping = stop.stopping();
    let mut keeper = bed.keeper.take().unwrap();
    let mut left = async |bed: &Bed, hours: u64| {
        bed.clock.advance(Duration::from_secs(hours * 3_600));
        keeper.round(&stopping).await;
        let records = bed.store().records(&tenant, kind).await.unwrap();
        records.into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(left(&bed, 2).await.len(), 4);
    // The mistake ends at 19:00, the daily one a day after 10:00.
    assert_eq!(left(&bed, 62 * 24 + 6).await.len(), 4);
    assert_eq!(left(&bed, 1).await, ["daily", "ended", "newer"]);
    assert_eq!(left(&bed, 14).await, ["daily", "ended", "newer"]);
    assert_eq!(left(&bed, 1).await, ["daily", "newer"]);
}

#[tokio::test]
async fn a_window_that_ended_while_nothing_ran_releases_held_messages() {
    let (mut bed, edition) = offline_in_windows(MISTAKE).await;
    bed.pass(15).await;
    bed.store().remove_record(&TenantId::new(TENANT), RecordKind::Window, "w1", edition).await.unwrap();
    bed.restart().await;
    bed.pass(2).await;
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_no_held_message() {
    let windows = r#"{"name": "two", "calendar": {"version": 1, "windows": [
        {"start": "2026-01-15T09:00:00", "duration": "80m"}, {"start": "2026-01-16T09:00:00", "duration": "10h"}]}}"#;
    let (mut bed, _) = offline_in_windows(windows).await;
    bed.pass(10).await;
    assert_eq!((bed.statuses().await, bed.messages.as_slice()), (vec![Status::Red], &[][..]));
    // A wrong date for a few seconds, in which the end of the second window is taken for the next decision.
    for days in [1, -1] {
        bed.clock.set_wall(bed.clock.wall() + TimeDelta::days(days));
        bed.clock.advance(STEP);
        bed.leader.as_mut().unwrap().tick(false).await.unwrap();
    }
    bed.pass(8).await;
    assert_eq!(bed.messages, []);
    bed.pass(8).await;
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
}

#[tokio::test]
async fn a_date_that_is_wrong_for_minutes_deletes_no_history() {
    let mut bed = Bed::new(power_cut).await;
    let began = bed.clock.wall();
    bed.pass(20).await;
    let (tenant, home) = (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()));
    let stop = Stop::default();
    let stopping = stop.stopping();
    let mut keeper = bed.keeper.take().unwrap();
    let mut left = async |bed: &Bed| {
        keeper.round(&stopping).await;
        bed.store().points(&tenant, &home, began..began + TimeDelta::hours(1)).await.unwrap().len()
    };
    bed.clock.advance(Duration::from_secs(2 * 3_600));
    let all = left(&bed).await;
    assert!(all >= 4, "{all}");
    bed.clock.set_wall(bed.clock.wall() + TimeDelta::days(400));
    assert_eq!(left(&bed).await, all);
    bed.clock.advance(Duration::from_secs(600));
    assert_eq!(left(&bed).await, all);
    bed.clock.set_wall(bed.clock.wall() - TimeDelta::days(400));
    assert_eq!(left(&bed).await, all);
    // History that is old by both clocks is deleted.
    bed.clock.advance(Duration::from_secs(9 * 86_400));
    assert_eq!(left(&bed).await, 0);
}

#[tokio::test]
async fn a_check_of_a_cloud_that_hangs_ends_before_its_lease() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(0).clock(clock).build()
    })
    .await;
    bed.retry = RetryPolicy::default();
    bed.restart().await;
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "hang"}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.clock.advance(Duration::from_secs(600));
    let (worker, mut waited) = (bed.worker.take().unwrap(), Duration::ZERO);
    let turn = tokio::spawn({
        let worker = worker.clone();
        async move { worker.turn(200).await }
    });
    while !turn.is_finished() {
        tokio::task::yield_now().await;
        // The store has a thread of its own, whose work takes no time of this clock.
        if bed.clock.sleepers() > 0 {
            bed.clock.advance(Duration::from_millis(100));
            waited += Duration::from_millis(100);
        }
    }
    assert!((20..=50).contains(&waited.as_secs()), "{waited:?}");
    let (tenant, home) = (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()));
    assert!(bed.store().home(&tenant, &home).await.unwrap().unwrap().checked.is_some());
    let calls = bed.cloud.requests().len();
    worker.turn(200).await;
    assert_eq!(bed.cloud.requests().len(), calls, "the home is checked again");
}

#[tokio::test]
async fn a_suspended_tenant_has_no_checks_until_it_is_back() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(1).await;
    let tenant = TenantId::new(TENANT);
    bed.store().suspend(&tenant, true).await.unwrap();
    bed.suspended.replace([tenant.clone()].into());
    bed.pass(1).await;
    let calls = bed.cloud.requests().len();
    bed.pass(20).await;
    assert_eq!(bed.cloud.requests().len(), calls);
    assert_eq!(bed.fleet.as_ref().unwrap().unchecked(bed.clock.wall()), 0);
    bed.store().suspend(&tenant, false).await.unwrap();
    bed.suspended.replace([].into());
    bed.pass(2).await;
    assert!(bed.cloud.requests().len() >= calls + 20);
}

/// Writes a state that no version can read.
async fn spoil(bed: &Bed, tenant: &str, name: &str) {
    let tenant = TenantId::new(tenant);
    let records = bed.store().records(&tenant, RecordKind::State).await.unwrap();
    let edition = records.iter().find(|record| record.id == name).unwrap().edition;
    let body = br#"{"version": 999}"#.to_vec();
    bed.store().put_record(&tenant, RecordKind::State, name, edition, body).await.unwrap();
}

#[tokio::test]
async fn incidents_of_the_cloud_end_although_their_state_cannot_be_read() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    let known = bed.messages.len();
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "status", "status": 503}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass(15).await;
    assert_eq!(bed.messages.get(known..), Some(&[(MessageKind::Problem, Status::Orange)][..]));
    spoil(&bed, OPERATOR, "sources").await;
    bed.cloud.set_faults(FaultPlan::new(0));
    bed.restart().await;
    bed.pass(15).await;
    assert_eq!(bed.messages.last(), Some(&(MessageKind::Lost, Status::Unknown)));
    let query = IncidentQuery { is_open: true, limit: 10, ..IncidentQuery::default() };
    assert_eq!(bed.store().incidents(&TenantId::new(OPERATOR), query).await.unwrap(), []);
}

#[tokio::test]
async fn fleet_incidents_end_although_their_state_cannot_be_read() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([]).customers(60).story(Story::PowerCut).clock(clock).build()
    })
    .await;
    bed.pass(15).await;
    let open = async |bed: &Bed| {
        let incidents = bed.incidents().await.into_iter();
        let is_group = |incident: &plume::monitor::incident::Incident| {
            incident.is_open() && matches!(incident.scope, Scope::Group(_))
        };
        incidents.filter(is_group).count()
    };
    assert!(open(&bed).await > 0);
    spoil(&bed, TENANT, "groups").await;
    bed.restart().await;
    // The homes are announced on their own, in one summary.
    bed.pass(2).await;
    let incidents = bed.incidents().await;
    let homes = incidents.iter().filter(|one| one.is_open() && matches!(one.scope, Scope::Home(_)));
    let homes: Vec<_> = homes.map(|one| (one.fleet.is_some(), one.announced.is_some())).collect();
    assert!(homes.len() > 5 && homes.iter().all(|home| *home == (false, true)), "{homes:?}");
    assert_eq!(bed.messages.last(), Some(&(MessageKind::Lost, Status::Unknown)));
    // The power is back after 22 minutes.
    bed.pass(45).await;
    assert_eq!(open(&bed).await, 0);
}

#[tokio::test]
async fn a_pause_of_the_monitor_is_a_time_without_data_and_says_how_long() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(0).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    bed.clock.advance(Duration::from_secs(3 * 3_600));
    bed.pass(1).await;
    let changes = bed.store().latest_transitions(&TenantId::new(TENANT), 3).await.unwrap();
    let shown: Vec<_> = changes
        .iter()
        .map(|(_, logged)| (logged.transition.from, logged.transition.to, logged.headline.as_str()))
        .collect();
    let [(Status::Unknown, Status::Green, back), (Status::Green, Status::Unknown, lost), _] = shown[..]
    else {
        panic!("{shown:?}");
    };
    assert!(back.contains("No issues detected"), "{back}");
    assert!(lost.starts_with("no data for 3 h"), "{lost}");
}

#[tokio::test]
async fn each_change_of_a_check_is_logged_with_its_own_reason() {
    let mut bed = Bed::new(power_cut).await;
    bed.pass(1).await;
    let log = Recording::start();
    // The power is back after 22 minutes.
    bed.step(Duration::from_secs(3_600)).await;
    bed.pass(2).await;
    let lines = log.lines();
    let line = |to: &str| {
        let found =
            lines.iter().find(|line| line.contains("status changed") && line.contains(&format!("to={to}")));
        found.unwrap_or_else(|| panic!("{to}: {lines:#?}")).clone()
    };
    assert!(line("unknown").contains("no data for 1 h"), "{lines:#?}");
    assert!(line("green").contains("No issues detected"), "{lines:#?}");
}
