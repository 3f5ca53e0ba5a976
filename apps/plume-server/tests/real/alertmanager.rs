//! Incidents reach a real Alertmanager by API v2, once, and are resolved there.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use plume::{
    health::Status,
    monitor::{
        ids::{ChannelId, HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, CloseReason, Incident, IncidentChange, Scope, Situation},
        notify::{Message, difference},
    },
    runtime::{Clock, SystemClock},
};
use plume_server::{
    guard::Guard,
    metrics::Meters,
    notify::{Carriers, Sender, SenderParts},
    store::{
        CheckStore, HomeStore, MemoryStore, OutboxStore, RecordStore,
        model::{Announcement, Announcer, Decisions, Outgoing, RecordKind, Tenant},
    },
    suspended::Suspended,
    worker::{Letter, Trouble},
};
use serde_json::{Value, json};

use crate::counterpart::{Folder, Running, free_port, get, program};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);
/// A headline that breaks what does not escape it.
const HOSTILE: &str = "offline \u{202e}<b>\"'&{{ .Labels }}\r\n\u{1f534}";

/// An Alertmanager that sends notifications to a receiver.
struct Alertmanager {
    address: String,
    notified: mpsc::Receiver<Value>,
    _process: Running,
    _folder: Folder,
}

impl Alertmanager {
    fn start() -> Self {
        let folder = Folder::new("alertmanager");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = listener.local_addr().unwrap();
        let configuration = format!(
            "route: {{ receiver: hook, group_by: [incident], group_wait: 0s, group_interval: 1s }}\n\
             receivers: [{{ name: hook, webhook_configs: [{{ url: \"http://{receiver}/\", send_resolved: true }}] }}]\n"
        );
        fs::write(folder.0.join("alertmanager.yml"), configuration).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(program("prometheus-alertmanager"));
        command
            .arg(format!("--config.file={}", folder.0.join("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.0.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"]);
        let process = Running(command.stdin(Stdio::null()).spawn().unwrap());
        let (sender, notified) = mpsc::channel();
        // The thread ends with the process of the test.
        thread::spawn(move || listener.incoming().for_each(|stream| receive(stream.unwrap(), &sender)));
        Self { address, notified, _process: process, _folder: folder }
    }

    /// The alerts that are not resolved.
    fn alerts(&self) -> Option<Vec<Value>> {
        let (_, body) = get(&self.address, "/api/v2/alerts")?;
        serde_json::from_str(&body).ok()
    }
}

/// Reads one notification and accepts it.
fn receive(mut stream: std::net::TcpStream, sender: &mpsc::Sender<Value>) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
        if let Some(body) = body {
            let _ = sender.send(body);
            break;
        }
        if read == 0 {
            break;
        }
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// Announces every difference on the channel `alerts`.
#[derive(Debug)]
struct Bell;

impl Announcer for Bell {
    fn announce(&self, incident: &mut Incident, now: chrono::DateTime<chrono::Utc>) -> Announcement {
        let Some(kind) = difference(incident) else { return Announcement::default() };
        let message = Message::announce(incident, kind, vec![ChannelId::new("alerts")], now);
        let outgoing = Outgoing {
            channel: "alerts".to_owned(),
            incident: Some(message.incident.clone()),
            dedup: message.key.to_string(),
            not_before: now,
            body: serde_json::to_vec(&Letter::Message(Box::new(message))).unwrap(),
        };
        Announcement { messages: vec![outgoing], ..Announcement::default() }
    }
}

/// Waits until a test of the present gives a value.
async fn until<T>(clock: &dyn Clock, what: &str, mut present: impl FnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match present() {
                Some(found) => return found,
                None => clock.sleep(PAUSE).await,
            }
        }
    };
    tokio::select! {
        found = found => found,
        () = clock.limit(PATIENCE) => panic!("{what} did not happen"),
    }
}

#[tokio::test]
async fn an_incident_is_one_alert_until_it_is_over() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let server = Alertmanager::start();
    let origin = format!("http://{}", server.address);
    until(clock.as_ref(), "the start", || server.alerts()).await;

    let store = MemoryStore::new(Arc::clone(&clock));
    let tenant = TenantId::new("provider");
    store.put_tenant(Tenant { id: tenant.clone(), name: "Provider".to_owned() }).await.unwrap();
    let channel = json!({ "name": "Alerts", "target": { "kind": "alertmanager", "url": origin } });
    let body = channel.to_string().into_bytes();
    store.put_record(&tenant, RecordKind::Channel, "alerts", 0, body).await.unwrap();
    let sender = Sender::new(SenderParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock),
        carriers: Carriers::new(Arc::new(Guard::new([origin])), Arc::clone(&clock)),
        from: "Monitor <monitor@example.net>".to_owned(),
        bot: None,
        trouble: Arc::new(Trouble::new(Arc::new(|_: &str| {}))),
        meters: Meters::default(),
        suspended: Suspended::default(),
    });
    let change =
        |kind| IncidentChange::new(IncidentId::new("i1"), Scope::Home(HomeId::new("h1")), kind, clock.wall());
    let bell: Arc<dyn Announcer> = Arc::new(Bell);

    let mut opened = change(ChangeKind::Opened);
    let cause = Cause::new(CauseKind::Status, "h1", Status::Red, format!("the gateway is {HOSTILE}"));
    opened.situation = Some(Situation::new(cause, clock.wall(), HOSTILE));
    let decisions = Decisions { changes: vec![opened], ..Decisions::default() };
    store.decide(&tenant, decisions, &bell).await.unwrap();
    // It also repeats the alert, because none has been repeated yet.
    sender.tick().await.unwrap();
    let log = store.deliveries(&tenant, None, 10).await.unwrap();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(log[0].outcome, "sent", "{log:?}");
    let alerts = server.alerts().unwrap();
    assert_eq!(alerts.len(), 1, "the repetition is the same alert: {alerts:?}");
    let labels = json!({ "alertname": "PlumeIncident", "incident": "i1", "scope": "home", "place": "h1" });
    assert_eq!(alerts[0]["labels"], labels);
    assert_eq!(alerts[0]["status"]["state"], "active");
    let summary = alerts[0]["annotations"]["summary"].as_str().unwrap();
    assert!(summary.contains("offline") && !summary.contains('\n'), "{summary:?}");
    let notified = until(clock.as_ref(), "the notification", || server.notified.try_recv().ok()).await;
    assert_eq!((&notified["status"], &notified["alerts"][0]["labels"]), (&json!("firing"), &labels));

    let mut closed = change(ChangeKind::Closed);
    closed.reason = Some(CloseReason::Recovered);
    let decisions = Decisions { changes: vec![closed], ..Decisions::default() };
    store.decide(&tenant, decisions, &bell).await.unwrap();
    sender.tick().await.unwrap();
    until(clock.as_ref(), "the end", || server.alerts().filter(Vec::is_empty)).await;
    let notified = until(clock.as_ref(), "the news of the end", || server.notified.try_recv().ok()).await;
    assert_eq!((&notified["status"], &notified["alerts"][0]["labels"]), (&json!("resolved"), &labels));
}
