//! Worker and leader on a store in a file, with a simulated cloud and a clock that only the test moves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod circumstances;
mod digests;
mod lost;
mod routing;
mod sources;
mod suspended;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    Client, RateLimiter, RetryPolicy, Settings,
    health::Status,
    monitor::{
        ids::{HomeId, TenantId},
        incident::Scope,
        monitor::OPERATOR,
        notify::{MessageKind, NotifyPolicy},
    },
    runtime::{Clock, ManualClock, Transport},
};
use plume_seal::{SealKeys, Sealed};
use plume_server::{
    metrics::Meters,
    stop::Stop,
    store::{
        CheckStore, HistoryStore, HomeStore, IncidentStore, OutboxStore, PassStore, RecordStore,
        SqliteOptions, SqliteStore, Store,
        model::{
            Action, Announcer, Attempt, HomeQuery, IncidentQuery, NewHome, Outcome, RecordKind, Silent,
            Tenant,
        },
    },
    suspended::Suspended,
    worker::{
        Clients, Fleet, Keeper, Leader, Letter, Log, Maintenance, Notifier, Parts, Policies, Trouble, Worker,
    },
};
use plume_sim::{Cast, Home, Simulator, Story, StoryEvent, StoryPlan, When, faults::FaultPlan};
use testkit::log::Recording;
use tokio::sync::mpsc;

const TENANT: &str = "provider";
/// Time between two turns of the worker and the leader.
const STEP: Duration = Duration::from_secs(5);

struct Bed {
    folder: PathBuf,
    clock: ManualClock,
    cloud: Simulator,
    store: Option<SqliteStore>,
    worker: Option<Worker>,
    leader: Option<Leader>,
    keeper: Option<Keeper>,
    retry: RetryPolicy,
    suspended: Suspended,
    fleet: Option<Arc<Fleet>>,
    notifier: Option<Arc<Notifier>>,
    /// The policy of messages.
    notify: &'static str,
    log: Arc<Mutex<Vec<String>>>,
    messages: Vec<(MessageKind, Status)>,
    /// The channels of the messages.
    channels: Vec<String>,
    /// The numbers of incidents in digests.
    digests: Vec<u64>,
}

impl Drop for Bed {
    fn drop(&mut self) {
        (self.worker, self.leader, self.keeper, self.store) = (None, None, None, None);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Bed {
    async fn new(cloud: impl FnOnce(ManualClock) -> Simulator) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("plume-server-worker-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let cloud = cloud(clock.clone());
        let mut bed = Self {
            folder,
            clock,
            cloud,
            store: None,
            worker: None,
            leader: None,
            keeper: None,
            // The clock stands still during a turn, so no call may wait.
            retry: RetryPolicy::none(),
            suspended: Suspended::default(),
            fleet: None,
            notifier: None,
            notify: r#"{"routes": [{"channels": ["mail"]}]}"#,
            log: Arc::default(),
            messages: Vec::new(),
            channels: Vec::new(),
            digests: Vec::new(),
        };
        bed.open();
        let tenant = TenantId::new(TENANT);
        bed.store().put_tenant(Tenant { id: tenant.clone(), name: "Provider".to_owned() }).await.unwrap();
        let homes =
            bed.cloud.tenant_locations("Example ISP").unwrap().into_iter().map(|(customer, location)| {
                NewHome {
                    tenant: tenant.clone(),
                    id: HomeId::new(location.as_str()),
                    name: location.clone(),
                    customer,
                    location,
                    region: Some("north".to_owned()),
                    tags: Vec::new(),
                    due: bed.clock.wall(),
                }
            });
        let homes: Vec<NewHome> = homes.collect();
        bed.store().put_homes(homes).await.unwrap();
        bed.start().await;
        bed
    }

    fn open(&mut self) {
        // base64 of "not-a-real-key-not-a-real-key-32"
        let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
        let options = SqliteOptions {
            path: self.folder.join("monitor.db"),
            clock: Arc::new(self.clock.clone()),
            sealed: Arc::new(Sealed::new(Arc::new(keys)).unwrap()),
        };
        self.store = Some(SqliteStore::open(options).unwrap());
    }

    /// Starts worker and leader, as a new process would.
    async fn start(&mut self) {
        self.start_with(self.cloud.transport()).await;
    }

    async fn start_with(&mut self, transport: Arc<dyn Transport>) {
        let client = Client::builder()
            .settings(Settings::from_variables(self.cloud.environment()).unwrap())
            .transport(transport)
            .clock(self.clock.clone())
            .retry(self.retry)
            .rate_limiter(RateLimiter::unlimited(Arc::new(self.clock.clone())))
            .build()
            .unwrap();
        let notify: NotifyPolicy = serde_json::from_str(self.notify).unwrap();
        let mut policies = Policies::default();
        policies.monitor.notify = notify;
        let fleet = Arc::new(Fleet::new(&policies));
        let lines = Arc::clone(&self.log);
        let log: Log = Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()));
        let notifier = Arc::new(Notifier::new(policies.monitor.notify.clone(), Arc::clone(&fleet)));
        let parts = Parts {
            suspended: self.suspended.clone(),
            store: Arc::new(self.store().clone()) as Arc<dyn Store>,
            clock: Arc::new(self.clock.clone()),
            notifier: Arc::clone(&notifier),
            policies: Arc::new(policies),
            fleet: Arc::clone(&fleet),
            trouble: Arc::new(Trouble::new(log)),
            meters: Meters::default(),
        };
        let (signals, received) = mpsc::unbounded_channel();
        let clients = Clients::new(&client);
        self.worker = Some(Worker::new(parts.clone(), clients.clone(), signals));
        self.keeper = Some(Keeper::new(parts.clone()));
        let mut leader = Leader::new(parts, clients, received);
        leader.begin().await.unwrap();
        (self.leader, self.fleet, self.notifier) = (Some(leader), Some(fleet), Some(notifier));
    }

    async fn restart(&mut self) {
        self.stop();
        self.open();
        self.start().await;
    }

    fn stop(&mut self) {
        (self.worker, self.leader, self.keeper, self.store) = (None, None, None, None);
        (self.fleet, self.notifier) = (None, None);
    }

    /// Changes the file while no process uses it.
    async fn edit(&mut self, sql: &str) {
        self.stop();
        let file = rusqlite::Connection::open(self.folder.join("monitor.db")).unwrap();
        assert!(file.execute(sql, []).unwrap() > 0, "{sql}");
        drop(file);
        self.open();
        self.start().await;
    }

    fn announcer(&self) -> Arc<dyn Announcer> {
        Arc::clone(self.notifier.as_ref().unwrap()) as Arc<dyn Announcer>
    }

    /// One turn of the worker and the leader after a time.
    async fn step(&mut self, time: Duration) {
        self.clock.advance(time);
        self.worker.as_ref().unwrap().turn(200).await;
        self.leader.as_mut().unwrap().tick(true).await.unwrap();
        self.send().await;
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }

    /// Lets the time pass, step by step.
    async fn pass(&mut self, minutes: u64) {
        for step in 0..minutes * 60 / STEP.as_secs() {
            self.pass_step(step).await;
        }
    }

    async fn pass_step(&mut self, step: u64) {
        self.clock.advance(STEP);
        self.worker.as_ref().unwrap().turn(200).await;
        self.leader.as_mut().unwrap().tick(step.is_multiple_of(6)).await.unwrap();
        self.send().await;
    }

    /// Lets hours pass in steps of a minute.
    async fn pass_hours(&mut self, hours: u64) {
        for _ in 0..hours * 60 {
            self.clock.advance(Duration::from_secs(60));
            self.worker.as_ref().unwrap().turn(200).await;
            self.leader.as_mut().unwrap().tick(false).await.unwrap();
            self.send().await;
        }
    }

    /// Sends what is due.
    async fn send(&mut self) {
        let now = self.clock.wall();
        for queue in self.store().queues(now).await.unwrap() {
            let lease = Duration::from_secs(20);
            for sending in self.store().take_messages(&queue, now, lease, 100).await.unwrap() {
                match serde_json::from_slice(&sending.message.body).unwrap() {
                    Letter::Message(message) => {
                        self.messages.push((message.kind, message.status));
                        self.channels.push(sending.message.channel.clone());
                    }
                    Letter::Digest { digest } => self.digests.push(digest.total),
                }
                let attempt = Attempt { at: now, detail: "200".to_owned(), outcome: Outcome::Sent };
                self.store().settle(&sending, attempt).await.unwrap();
            }
        }
    }

    async fn statuses(&self) -> Vec<Status> {
        let query = HomeQuery { limit: 1000, ..HomeQuery::default() };
        let page = self.store().homes(&TenantId::new(TENANT), query).await.unwrap();
        page.items.into_iter().map(|home| home.verdict.status).collect()
    }

    async fn incidents(&self) -> Vec<plume::monitor::incident::Incident> {
        let query = IncidentQuery { limit: 1000, ..IncidentQuery::default() };
        let filed = self.store().incidents(&TenantId::new(TENANT), query).await.unwrap();
        filed.into_iter().map(|filed| filed.incident).collect()
    }
}

fn power_cut(clock: ManualClock) -> Simulator {
    // From 10:02 to 10:22.
    Simulator::builder()
        .seed(7)
        .homes([Home::Healthy])
        .customers(0)
        .story(Story::PowerCut)
        .clock(clock)
        .build()
}

/// A power cut in one home from its start to its end. `restarts` are the minutes at which the process is replaced.
async fn one_power_cut(restarts: &[u64]) {
    let mut bed = Bed::new(power_cut).await;
    for minute in 0..60 {
        if restarts.contains(&minute) {
            bed.restart().await;
        }
        bed.pass(1).await;
        match minute {
            0 => assert_eq!(bed.statuses().await, [Status::Green]),
            12 => assert_eq!(bed.statuses().await, [Status::Red]),
            _ => {}
        }
    }
    assert_eq!(bed.statuses().await, [Status::Green], "{restarts:?}");
    assert_eq!(
        bed.messages,
        [(MessageKind::Problem, Status::Red), (MessageKind::Recovered, Status::Green)],
        "{restarts:?}"
    );
    let incidents = bed.incidents().await;
    assert_eq!((incidents.len(), incidents[0].is_open()), (1, false), "{restarts:?}");
    let (tenant, home) = (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()));
    let (now, hour) = (bed.clock.wall(), TimeDelta::hours(1));
    let transitions = bed.store().transitions(&tenant, &home, now - hour * 2..now).await.unwrap();
    let path: Vec<Status> = transitions.iter().map(|logged| logged.transition.to).collect();
    assert_eq!(path, [Status::Green, Status::Red, Status::Green], "{restarts:?}");
    let points = bed.store().points(&tenant, &home, now - hour * 2..now).await.unwrap();
    assert!(points.len() >= 12, "{}", points.len());
    assert_eq!(*bed.log.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_power_cut_is_one_incident_with_two_messages() {
    one_power_cut(&[]).await;
}

#[tokio::test]
async fn restarts_at_any_minute_change_no_message() {
    for minute in [1, 3, 5, 7, 8, 9, 12, 22, 25, 27, 30] {
        one_power_cut(&[minute]).await;
    }
    one_power_cut(&(0..60).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_storm_of_many_homes_is_one_message() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([]).customers(60).story(Story::PowerCut).clock(clock).build()
    })
    .await;
    let homes = bed.statuses().await.len();
    assert!(homes >= 60);
    bed.pass(20).await;
    assert!(bed.statuses().await.iter().filter(|status| **status == Status::Red).count() > homes / 2);
    assert!(bed.messages.len() <= 3, "{:?}", bed.messages);
    assert!(!bed.messages.is_empty());
}

#[tokio::test]
async fn a_cloud_without_answers_makes_no_home_red() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    assert!(bed.statuses().await.iter().all(|status| *status != Status::Unknown));
    let before = bed.messages.len();
    let log = Recording::start();
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "status", "status": 503}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass(25).await;
    let statuses = bed.statuses().await;
    assert!(statuses.iter().all(|status| *status == Status::Unknown), "{statuses:?}");
    let is_logged = |words: &str, level: &str| {
        let found: Vec<String> = log.lines().into_iter().filter(|line| line.contains(words)).collect();
        assert!(found.len() == 1 && found[0].contains(level), "{words}: {found:?}");
    };
    is_logged("The cloud does not respond", "WARN ");
    // One message about the cloud, and none about a home.
    let new = bed.messages.get(before..).unwrap_or_default();
    assert_eq!(new, [(MessageKind::Problem, Status::Orange)]);
    bed.cloud.set_faults(FaultPlan::new(0));
    bed.pass(15).await;
    assert!(bed.statuses().await.iter().all(|status| *status != Status::Unknown));
    let new = bed.messages.get(before + 1..).unwrap_or_default();
    assert_eq!(new, [(MessageKind::Recovered, Status::Green)]);
    is_logged("the trouble with the cloud is over: unreachable", "INFO ");
}

#[tokio::test]
async fn the_age_of_the_data_survives_a_restart_without_the_cloud() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "status", "status": 503}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass(8).await;
    let newest = |bed: &Bed| bed.fleet.as_ref().unwrap().newest(bed.clock.wall())[&TenantId::new(TENANT)];
    let (before, is_old) = newest(&bed);
    assert!(is_old, "{before}");
    bed.restart().await;
    let (after, is_old) = newest(&bed);
    // A point of the history is of a whole second.
    assert!(is_old && (before - after).abs() <= TimeDelta::seconds(1), "{before} {after}");
}

#[tokio::test]
async fn a_state_that_another_leader_wrote_does_not_stop_decisions() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    let (operator, known) = (TenantId::new(OPERATOR), bed.messages.len());
    bed.store().put_record(&operator, RecordKind::State, "sources", 0, b"{}".to_vec()).await.unwrap();
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "status", "status": 503}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass(25).await;
    assert_eq!(bed.messages.get(known..), Some(&[(MessageKind::Problem, Status::Orange)][..]));
    bed.cloud.set_faults(FaultPlan::new(0));
    bed.pass(15).await;
    assert_eq!(bed.messages.last(), Some(&(MessageKind::Recovered, Status::Green)));
}

#[tokio::test]
async fn a_blocked_address_gets_one_call_at_a_time() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(20).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    let known = bed.messages.len();
    let plan = r#"{"rules": [{"effect": {"kind": "firewall_block", "lasts": "1h"}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    // All homes become due within it.
    bed.pass(6).await;
    let before = bed.cloud.requests().len();
    bed.pass(20).await;
    let calls = bed.cloud.requests().len() - before;
    // A probe every five minutes, and their tokens; 20 homes would make more than 80.
    assert!((1..=8).contains(&calls), "{calls} calls in 20 minutes of a block");
    assert_eq!(bed.messages.get(known..), Some(&[(MessageKind::Problem, Status::Orange)][..]));
    bed.cloud.set_faults(FaultPlan::new(0));
    // The address stays blocked for its hour.
    bed.pass(70).await;
    assert!(bed.statuses().await.iter().all(|status| *status != Status::Unknown));
    assert_eq!(bed.messages.last(), Some(&(MessageKind::Recovered, Status::Green)));
}

#[tokio::test]
async fn a_full_disk_costs_history_and_no_message_and_is_reported_once() {
    let mut bed = Bed::new(power_cut).await;
    // Nothing can be kept in the place of the reserve, as on a full disk.
    let reserve = bed.folder.join("monitor.db-reserve");
    std::fs::create_dir(&reserve).unwrap();
    let _ = bed.store().clone().with_reserve(1 << 16);
    let began = bed.clock.wall();
    bed.pass(60).await;
    let disk = (MessageKind::Problem, Status::Orange);
    let cut = [(MessageKind::Problem, Status::Red), (MessageKind::Recovered, Status::Green)];
    assert_eq!(bed.messages, [disk, cut[0], cut[1]]);
    assert_eq!(bed.statuses().await, [Status::Green]);
    let (tenant, home) = (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()));
    let points =
        async |bed: &Bed| bed.store().points(&tenant, &home, began..bed.clock.wall()).await.unwrap().len();
    assert_eq!(points(&bed).await, 0);
    std::fs::remove_dir(&reserve).unwrap();
    bed.pass(30).await;
    assert_eq!(bed.messages[3..], [(MessageKind::Recovered, Status::Green)]);
    assert!(points(&bed).await >= 4);
    assert_eq!(std::fs::metadata(&reserve).unwrap().len(), 1 << 16);
    // The incident is the record of the gap.
    let query = IncidentQuery { limit: 10, ..IncidentQuery::default() };
    let filed = bed.store().incidents(&TenantId::new(OPERATOR), query).await.unwrap();
    let gap = &filed[0].incident;
    let text = "The disk is full: history is not recorded until 1 MiB are free, ";
    assert!(gap.situation.headline.starts_with(text) && gap.situation.since == began, "{gap:?}");
    assert!(gap.closed.is_some_and(|closed| closed.at > began + TimeDelta::minutes(60)));
}

#[tokio::test]
async fn most_checks_of_lasting_trouble_do_not_write_its_incident() {
    let mut bed = Bed::new(|clock| {
        let homes = [Home::GatewayDown, Home::OnePodDown];
        Simulator::builder().seed(7).homes(homes).customers(0).clock(clock).build()
    })
    .await;
    bed.pass(15).await;
    let editions = async |bed: &Bed| {
        let query = IncidentQuery { limit: 10, is_open: true, ..IncidentQuery::default() };
        let filed = bed.store().incidents(&TenantId::new(TENANT), query).await.unwrap();
        filed.iter().map(|filed| filed.edition).collect::<Vec<_>>()
    };
    let before = editions(&bed).await;
    assert!(!before.is_empty());
    bed.pass(60).await;
    // About 30 checks of each. A full check knows more consequences than a cheap one.
    let after = editions(&bed).await;
    assert!(after.iter().zip(&before).all(|(after, before)| after - before <= 6), "{before:?} {after:?}");
}

#[tokio::test]
async fn an_outage_of_the_cloud_is_repeated_without_a_check_that_changes_it() {
    let mut bed = Bed::new(|clock| {
        // None of them is announced at once.
        let homes = [Home::Healthy, Home::ReducedService, Home::PoorQoe, Home::DeviceGone];
        Simulator::builder().seed(7).homes(homes).customers(0).clock(clock).build()
    })
    .await;
    bed.pass(10).await;
    assert_eq!(bed.messages, []);
    let plan = r#"{"rules": [{"when": {"area": "api"}, "effect": {"kind": "status", "status": 503}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass_hours(9).await;
    let (problem, reminder) =
        ((MessageKind::Problem, Status::Orange), (MessageKind::Reminder, Status::Orange));
    assert_eq!(bed.messages, [problem, reminder, reminder]);
}

#[tokio::test]
async fn trouble_in_a_maintenance_window_is_announced_only_if_it_lasts() {
    let mut bed = Bed::new(power_cut).await;
    // It covers the power cut.
    let window = r#"{"name": "upgrade", "calendar": {"version": 1, "windows": [{"start": "2026-01-15T10:01:00", "duration": "55m"}]}}"#;
    let tenant = TenantId::new(TENANT);
    bed.store().put_record(&tenant, RecordKind::Window, "w1", 0, window.as_bytes().to_vec()).await.unwrap();
    bed.pass(70).await;
    assert_eq!(bed.messages, []);
    assert_eq!(bed.statuses().await, [Status::Green]);
}

#[tokio::test]
async fn trouble_that_outlasts_a_maintenance_window_is_announced_at_its_end() {
    let mut bed = Bed::new(power_cut).await;
    let window = r#"{"name": "upgrade", "calendar": {"version": 1, "windows": [{"start": "2026-01-15T10:01:00", "duration": "15m"}]}}"#;
    let tenant = TenantId::new(TENANT);
    bed.store().put_record(&tenant, RecordKind::Window, "w1", 0, window.as_bytes().to_vec()).await.unwrap();
    bed.pass(15).await;
    assert_eq!(bed.messages, []);
    bed.pass(45).await;
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red), (MessageKind::Recovered, Status::Green)]);
}

#[tokio::test]
async fn mild_trouble_is_announced_in_a_daily_digest() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::PoorQoe]).customers(0).clock(clock).build()
    })
    .await;
    bed.pass(30).await;
    assert_eq!((bed.statuses().await, bed.messages.as_slice()), (vec![Status::Yellow], &[][..]));
    // To the next morning, in long steps.
    for _ in 0..43 {
        bed.clock.advance(Duration::from_secs(1800));
        bed.worker.as_ref().unwrap().turn(200).await;
        bed.leader.as_mut().unwrap().tick(true).await.unwrap();
        bed.send().await;
    }
    assert_eq!(bed.digests, [1]);
    assert_eq!(bed.messages, []);
}

#[tokio::test]
async fn lasting_trouble_is_repeated_every_four_hours_until_it_is_acknowledged() {
    // The home is well at its first check.
    let outage = StoryEvent::WanOutage { lasts: None };
    let story = StoryPlan::new("outage").event(When::After(Duration::from_secs(600)), Cast::Everyone, outage);
    let mut bed = Bed::new(|clock| {
        let cloud = Simulator::builder().seed(7).homes([Home::Healthy]).customers(0);
        cloud.story(story).clock(clock).build()
    })
    .await;
    bed.pass_hours(9).await;
    let (problem, reminder) = ((MessageKind::Problem, Status::Red), (MessageKind::Reminder, Status::Red));
    assert_eq!(bed.messages, [problem, reminder, reminder]);
    let incident = bed.incidents().await.pop().unwrap();
    let (tenant, action) = (TenantId::new(TENANT), Action::Acknowledge { seen: incident.seen() });
    let silent: Arc<dyn Announcer> = Arc::new(Silent);
    bed.store().act(&tenant, &incident.id, "ann", action, &silent).await.unwrap();
    bed.pass_hours(9).await;
    assert_eq!(bed.messages.len(), 3);
}

#[tokio::test]
async fn a_person_can_have_a_home_checked_now() {
    let mut bed = Bed::new(power_cut).await;
    bed.pass(1).await;
    let (tenant, home) = (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()));
    let fleet = Arc::clone(bed.fleet.as_ref().unwrap());
    let now = bed.clock.wall();
    let silent: Arc<dyn Announcer> = Arc::new(Silent);
    let decision = fleet.check_now(&home, now).unwrap();
    bed.store().decide(&tenant, decision, &silent).await.unwrap();
    bed.worker.as_ref().unwrap().turn(200).await;
    assert_eq!(bed.store().home(&tenant, &home).await.unwrap().unwrap().checked, Some(now));
    assert!(fleet.check_now(&HomeId::new("none"), now).is_none());
}
