//! The server beside Prometheus with Alertmanager, in one run: the time from a change to its first notification, and the
//! number of notifications in a storm of one region. Prints one line of JSON after ten minutes.
//!
//! ```text
//! cargo bench -p plume-server --bench storm    # `.ci/servers` installs the others; add their directory to the PATH
//! ```
//!
//! Both watch the same number of homes every 60 s, confirm a change for 60 s, and send webhooks to one receiver. They are not
//! the same: Prometheus scrapes a local number for each home, for free; the server asks a simulated cloud within its call
//! budget, holds the first message for at least 60 s so that a storm is one message, and finds the common region itself.
//! Alertmanager is configured to group by region.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench may panic and prints"
)]

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener as Port,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use plume::{
    CallRate, Client, RateLimiter, Settings,
    health::{Policy, Status, analyze},
    monitor::{
        ids::{HomeId, TenantId},
        notify::NotifyPolicy,
    },
    runtime::{Clock, SystemClock},
};
use plume_seal::{SealKeys, Sealed};
use plume_server::{
    guard::Guard,
    metrics::Meters,
    notify::{Carriers, Sender, SenderParts},
    stop::Stop,
    store::{
        HomeStore, RecordStore, SqliteOptions, SqliteStore,
        model::{NewHome, RecordKind, Tenant},
    },
    suspended::Suspended,
    worker::{Clients, Fleet, Leader, Notifier, Parts, Policies, Trouble, Worker},
};
use plume_sim::{Cast, Simulator, StoryEvent, StoryPlan, When};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const HOMES: usize = 150;
const CUSTOMERS: u32 = 900;
const REGIONS: u32 = 5;
/// The region of the storm, and that of the single home.
const DARK: u32 = 3;
const LONE: u32 = 1;
/// Times since the start: one home fails, a region fails, the end.
const FIRST: Duration = Duration::from_secs(180);
const STORM: Duration = Duration::from_secs(300);
const END: Duration = Duration::from_secs(600);
const INTERVAL: Duration = Duration::from_secs(60);
/// base64 of "not-a-real-key-not-a-real-key-32"
const KEY: &str = "bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";

/// The state that the homes and the receivers share.
#[derive(Debug, Default)]
struct Shared {
    down: BTreeSet<usize>,
    /// The sender, the time and the text of each notification.
    seen: Vec<(&'static str, Duration, String)>,
}

type State = Arc<Mutex<Shared>>;

fn main() {
    let folder = std::env::temp_dir().join(format!("plume-server-storm-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let found = runtime.block_on(compare(&folder));
    drop(runtime);
    fs::remove_dir_all(&folder).unwrap();
    println!("{found}");
}

async fn compare(folder: &Path) -> Value {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let state: State = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let began = clock.monotonic();
    tokio::spawn(serve(listener, Arc::clone(&state), Arc::clone(&clock), began));

    let ours = monitor(folder, &address, Arc::clone(&clock)).await;
    let (homes, lone, dark) = (&ours.homes, &ours.lone, &ours.dark);
    let theirs = Others::start(folder, &address, homes);
    clock.sleep(FIRST.saturating_sub(clock.monotonic().saturating_sub(began))).await;
    state.lock().unwrap().down.insert(*lone);
    clock.sleep(STORM.saturating_sub(clock.monotonic().saturating_sub(began))).await;
    state.lock().unwrap().down.extend(dark);
    clock.sleep(END.saturating_sub(clock.monotonic().saturating_sub(began))).await;

    let memory = theirs.memory();
    drop(theirs);
    let seen = std::mem::take(&mut state.lock().unwrap().seen);
    for (sender, at, body) in &seen {
        eprintln!("{:>5.0} s {sender}: {}", at.as_secs_f64(), body.chars().take(300).collect::<String>());
    }
    // The message about the lone home may come later than the storm, and Alertmanager repeats a group that changes.
    let dark_group = format!("\"region\":\"region-{DARK}\"");
    let lone_home = format!("{{\"home\":\"{}\"}}", ours.lone_home);
    let summary = |sender: &str| {
        let of_sender = || seen.iter().filter(|(of, ..)| *of == sender);
        let after = |from: Duration| of_sender().filter(move |(_, at, _)| *at >= from);
        let in_storm: Vec<f64> = after(STORM)
            .filter(|(of, _, body)| match *of {
                "ours" => !body.contains(&lone_home),
                _ => body.contains(&dark_group),
            })
            .map(|(_, at, _)| at.as_secs_f64())
            .collect();
        json!({
            "notifications_before": of_sender().filter(|(_, at, _)| *at < FIRST).count(),
            "single_home_s": after(FIRST).next().map(|(_, at, _)| (*at - FIRST).as_secs_f64().round()),
            "storm_s": in_storm.first().map(|at| (at - STORM.as_secs_f64()).round()),
            "storm_notifications": in_storm.len(),
        })
    };
    ours.stop.stop();
    json!({
        "homes": homes.len(),
        "storm_homes": dark.len(),
        "plume_server": summary("ours"),
        "prometheus": summary("theirs"),
        "prometheus_rss_mib": memory.0,
        "alertmanager_rss_mib": memory.1,
    })
}

/// Answers probes of homes, and records notifications.
async fn serve(listener: TcpListener, state: State, clock: Arc<dyn Clock>, began: Duration) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (state, clock) = (Arc::clone(&state), Arc::clone(&clock));
        tokio::spawn(async move {
            let _ = answer(stream, &state, clock.monotonic().saturating_sub(began)).await;
        });
    }
}

async fn answer(mut stream: TcpStream, state: &State, at: Duration) -> std::io::Result<()> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
    let (line, body) = loop {
        let read = stream.read(&mut buffer).await?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return Ok(());
            }
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            break (head.lines().next().unwrap_or_default().to_owned(), body.to_owned());
        }
    };
    let mut reply = String::new();
    if let Some(home) = line.strip_prefix("GET /metrics?home=").and_then(|rest| rest.split(' ').next()) {
        let is_down = home.parse().is_ok_and(|home| state.lock().unwrap().down.contains(&home));
        reply = format!("home_up {}\n", u8::from(!is_down));
    } else {
        let sender = if line.starts_with("POST /theirs") { "theirs" } else { "ours" };
        // Recoveries are not compared.
        if !(body.contains("\"resolved\"") && sender == "theirs") {
            state.lock().unwrap().seen.push((sender, at, body));
        }
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(reply.as_bytes()).await
}

/// The running server, without its pages.
struct Ours {
    /// The number and the region of each home.
    homes: Vec<(usize, u32)>,
    lone: usize,
    lone_home: String,
    dark: Vec<usize>,
    stop: Stop,
}

async fn monitor(folder: &Path, receiver: &str, clock: Arc<dyn Clock>) -> Ours {
    let homes = healthy(&clock).await;
    let places: Vec<(usize, u32)> =
        homes.iter().enumerate().map(|(place, (customer, _))| (place, region(customer))).collect();
    let lone = places.iter().find(|(_, region)| *region == LONE).unwrap().0;
    let dark = places.iter().filter(|(_, region)| *region == DARK).map(|(place, _)| *place).collect();
    let outage = || StoryEvent::WanOutage { lasts: None };
    let story = StoryPlan::new("storm")
        .event(When::After(FIRST), Cast::Location(homes[lone].1.clone()), outage())
        .event(When::After(STORM), Cast::Region { number: DARK, of: REGIONS }, outage());
    let cloud = cloud(&clock, story);

    let sealed = Sealed::new(Arc::new(SealKeys::parse(&format!("bench {KEY}")).unwrap())).unwrap();
    let path = folder.join("monitor.db");
    let store =
        SqliteStore::open(SqliteOptions { path, clock: Arc::clone(&clock), sealed: Arc::new(sealed) })
            .unwrap();
    let tenant = TenantId::new("provider");
    store.put_tenant(Tenant { id: tenant.clone(), name: "Provider".to_owned() }).await.unwrap();
    let new = |(customer, location): &(String, String)| NewHome {
        tenant: tenant.clone(),
        id: HomeId::new(location.as_str()),
        name: location.clone(),
        customer: customer.clone(),
        location: location.clone(),
        region: Some(format!("region-{}", region(customer))),
        tags: Vec::new(),
        due: clock.wall(),
    };
    store.put_homes(homes.iter().map(new).collect()).await.unwrap();
    let origin = format!("http://{receiver}");
    let target = json!({ "kind": "webhook", "url": format!("{origin}/ours"), "key": format!("whsec_{KEY}") });
    let body = json!({ "name": "Hook", "target": target }).to_string().into_bytes();
    store.put_record(&tenant, RecordKind::Channel, "hook", 0, body).await.unwrap();

    let notify: NotifyPolicy = serde_json::from_str(r#"{"routes": [{"channels": ["hook"]}]}"#).unwrap();
    let mut policies = Policies::default();
    policies.monitor.notify = notify;
    policies.monitor.schedule.normal = INTERVAL;
    let client = Client::builder()
        .settings(Settings::from_variables(cloud.environment()).unwrap())
        .transport(cloud.transport())
        .clock(Arc::clone(&clock))
        .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&clock)))
        .build()
        .unwrap();
    let fleet = Arc::new(Fleet::new(&policies));
    let notifier = Arc::new(Notifier::new(policies.monitor.notify.clone(), Arc::clone(&fleet)));
    let parts = Parts {
        store: Arc::new(store),
        clock: Arc::clone(&clock),
        policies: Arc::new(policies),
        fleet,
        notifier,
        trouble: Arc::new(Trouble::new(Arc::new(|line: &str| println!("{line}")))),
        meters: Meters::default(),
        suspended: Suspended::default(),
    };
    let sender = Sender::new(SenderParts {
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&clock),
        carriers: Carriers::new(Arc::new(Guard::new([origin])), clock),
        from: "Monitor <monitor@example.net>".to_owned(),
        bot: None,
        trouble: Arc::clone(&parts.trouble),
        meters: Meters::default(),
        suspended: parts.suspended.clone(),
    });
    let stop = Stop::default();
    let (signals, received) = mpsc::unbounded_channel();
    let clients = Clients::new(&client);
    let mut leader = Leader::new(parts.clone(), clients.clone(), received);
    leader.begin().await.unwrap();
    let worker = Worker::new(parts, clients, signals);
    let (checks, messages) = (stop.stopping(), stop.stopping());
    tokio::spawn(leader.run(stop.stopping()));
    tokio::spawn(async move { worker.run(checks).await });
    tokio::spawn(async move { sender.run(messages).await });
    Ours { homes: places, lone, lone_home: homes[lone].1.clone(), dark, stop }
}

fn region(customer: &str) -> u32 {
    u32::from_str_radix(&customer[customer.len() - 8..], 16).unwrap() % REGIONS
}

fn cloud(clock: &Arc<dyn Clock>, story: StoryPlan) -> Simulator {
    let builder = Simulator::builder().seed(7).homes([]).customers(CUSTOMERS);
    builder.clock(Arc::clone(clock)).story(story).build()
}

/// Returns the customers and locations of homes without trouble: only the story is to cause messages.
async fn healthy(clock: &Arc<dyn Clock>) -> Vec<(String, String)> {
    let quiet = cloud(clock, StoryPlan::new("none"));
    let client = Client::builder()
        .settings(Settings::from_variables(quiet.environment()).unwrap())
        .transport(quiet.transport())
        .clock(Arc::clone(clock))
        .rate_limiter(RateLimiter::unlimited(Arc::clone(clock)))
        .build()
        .unwrap();
    let mut found = Vec::new();
    for (customer, location) in quiet.tenant_locations("Example ISP").unwrap() {
        let home = client.customer(customer.as_str()).location(location.as_str()).snapshot().await.unwrap();
        if analyze(&home, &Policy::standard(), home.taken_at).status == Status::Green {
            found.push((customer, location));
        }
        if found.len() == HOMES {
            break;
        }
    }
    assert_eq!(found.len(), HOMES);
    found
}

/// Prometheus and Alertmanager.
struct Others {
    prometheus: Child,
    alertmanager: Child,
}

impl Others {
    fn start(folder: &Path, address: &str, homes: &[(usize, u32)]) -> Self {
        let write = |name: &str, text: String| -> PathBuf {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let port =
            || format!("127.0.0.1:{}", Port::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        let (alerts, web) = (port(), port());
        let alertmanager = write(
            "alertmanager.yml",
            format!(
                "route: {{ receiver: hook, group_by: [region], group_wait: 30s, group_interval: 5m }}\n\
                 receivers: [{{ name: hook, webhook_configs: [{{ url: \"http://{address}/theirs\" }}] }}]\n"
            ),
        );
        let rules = write(
            "rules.yml",
            "groups:\n  - name: homes\n    rules:\n      - { alert: HomeDown, expr: home_up == 0, for: 60s }\n".to_owned(),
        );
        let mut groups = String::new();
        for region in 0..REGIONS {
            let own = homes.iter().filter(|(_, of)| *of == region).map(|(home, _)| format!("\"{home}\""));
            let own: Vec<String> = own.collect();
            groups.push_str(&format!(
                "      - {{ targets: [{}], labels: {{ region: region-{region} }} }}\n",
                own.join(", ")
            ));
        }
        let prometheus = write(
            "prometheus.yml",
            format!(
                "global: {{ scrape_interval: 60s, evaluation_interval: 15s }}\nrule_files: [{:?}]\n\
                 alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: [{alerts:?}] }}] }}] }}\n\
                 scrape_configs:\n  - job_name: homes\n    static_configs:\n{groups}    relabel_configs:\n\
                 \x20     - {{ source_labels: [__address__], target_label: __param_home }}\n\
                 \x20     - {{ source_labels: [__address__], target_label: instance }}\n\
                 \x20     - {{ target_label: __address__, replacement: {address:?} }}\n",
                rules.display().to_string()
            ),
        );
        let run = |program: &str, arguments: &[String]| {
            let mut command = Command::new(program);
            command.args(arguments).arg("--log.level=error").stdin(Stdio::null()).stdout(Stdio::null());
            command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; run `.ci/servers`"))
        };
        let alertmanager = run(
            "prometheus-alertmanager",
            &[
                format!("--config.file={}", alertmanager.display()),
                format!("--storage.path={}", folder.join("alertmanager").display()),
                format!("--web.listen-address={alerts}"),
                "--cluster.listen-address=".to_owned(),
            ],
        );
        let prometheus = run(
            "prometheus",
            &[
                format!("--config.file={}", prometheus.display()),
                format!("--storage.tsdb.path={}", folder.join("prometheus").display()),
                format!("--web.listen-address={web}"),
            ],
        );
        Self { prometheus, alertmanager }
    }

    /// Resident memory in MiB.
    fn memory(&self) -> (Option<u64>, Option<u64>) {
        let of = |child: &Child| {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
        };
        (of(&self.prometheus), of(&self.alertmanager))
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for child in [&mut self.prometheus, &mut self.alertmanager] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
