//! A store, a clock that skips every wait, and receivers under the control of the test.

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use plume::{
    health::Status,
    monitor::{
        ids::{ChannelId, HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, CloseReason, Incident, IncidentChange, Scope, Situation},
        notify::{Message, MessageKind, difference},
    },
    runtime::{Clock, InProcess, ManualClock, Transport, TransportError, TransportErrorKind},
};
use plume_seal::{SealKeys, Sealed};
use plume_server::{
    metrics::Meters,
    notify::{Carriers, Mailer, Sender, SenderParts},
    store::{
        MemoryStore, SqliteOptions, SqliteStore, Store,
        model::{Announcement, Announcer, Decisions, Delivery, Outgoing, RecordKind, Silent, Tenant},
    },
    suspended::Suspended,
    worker::{Letter, Trouble},
};
use serde_json::{Value, json};

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// base64 of "not-a-real-key-not-a-real-key-32"
pub(crate) const KEY: &str = "whsec_bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";

pub(crate) fn tenant() -> TenantId {
    TenantId::new("a")
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-01-15T00:00:00Z".parse().unwrap()
}

/// The response of a receiver.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Status(u16),
    Wait(&'static str),
    /// It takes the message, and the connection breaks.
    Broken,
    /// It takes the message, and never responds.
    Silence,
    /// The tenant is suspended while the receiver has the message.
    Suspended,
}

/// A request that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) at: DateTime<Utc>,
    pub(crate) host: String,
    pub(crate) id: String,
    pub(crate) body: Value,
}

#[derive(Debug, Default)]
pub(crate) struct Receivers {
    pub(crate) answers: VecDeque<Answer>,
    /// The response after those, 200 if there is none.
    pub(crate) usual: Option<(&'static str, Answer)>,
    pub(crate) seen: Vec<Seen>,
    /// A text in messages that are never accepted.
    pub(crate) poison: Option<&'static str>,
}

pub(crate) struct Bed {
    pub(crate) folder: PathBuf,
    store: Arc<dyn Store>,
    is_in_file: bool,
    pub(crate) clock: ManualClock,
    pub(crate) receivers: Arc<Mutex<Receivers>>,
    pub(crate) sender: Sender,
    pub(crate) suspended: Suspended,
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn open(folder: &std::path::Path, clock: &ManualClock) -> SqliteStore {
    let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let sealed = Arc::new(Sealed::new(Arc::new(keys)).unwrap());
    let path = folder.join("monitor.db");
    SqliteStore::open(SqliteOptions { path, clock: Arc::new(clock.clone()), sealed }).unwrap()
}

fn sender(
    store: &Arc<dyn Store>,
    clock: &ManualClock,
    receivers: &Arc<Mutex<Receivers>>,
    suspended: &Suspended,
) -> Sender {
    let of_requests = suspended.clone();
    let (shared, now) = (Arc::clone(receivers), clock.clone());
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let (shared, now, suspended) = (Arc::clone(&shared), now.clone(), of_requests.clone());
        async move {
            // The way there and back.
            tokio::task::yield_now().await;
            let answer = receive(&shared, &now, &request);
            if answer == Answer::Suspended {
                suspended.replace([tenant()].into());
            }
            tokio::task::yield_now().await;
            match answer {
                Answer::Status(status) => Ok(Response::builder().status(status).body(Bytes::new()).unwrap()),
                Answer::Wait(after) => {
                    let response = Response::builder().status(429).header("retry-after", after);
                    Ok(response.body(Bytes::new()).unwrap())
                }
                Answer::Silence => std::future::pending().await,
                Answer::Suspended => Ok(Response::new(Bytes::new())),
                Answer::Broken => Err(TransportError::new(TransportErrorKind::Interrupted, "broken")),
            }
        }
    });
    sender_over(store, clock, Arc::new(transport), suspended)
}

fn sender_over(
    store: &Arc<dyn Store>,
    clock: &ManualClock,
    transport: Arc<dyn Transport>,
    suspended: &Suspended,
) -> Sender {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    Sender::new(SenderParts {
        store: Arc::clone(store),
        clock: Arc::clone(&clock),
        carriers: Carriers::new(transport, clock),
        from: "Monitor <monitor@example.net>".to_owned(),
        bot: None,
        trouble: Arc::new(Trouble::new(Arc::new(|_: &str| {}))),
        meters: Meters::default(),
        suspended: suspended.clone(),
    })
}

fn receive(shared: &Mutex<Receivers>, clock: &ManualClock, request: &Request<Bytes>) -> Answer {
    let mut receivers = shared.lock().unwrap();
    let host = request.uri().host().unwrap().to_owned();
    let id = request.headers().get("webhook-id").map(|id| id.to_str().unwrap().to_owned());
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    if receivers.poison.is_some_and(|poison| body.to_string().contains(poison)) {
        return Answer::Status(500);
    }
    receivers.seen.push(Seen { at: clock.wall(), host: host.clone(), id: id.unwrap_or_default(), body });
    let usual = receivers.usual.clone().filter(|(usual, _)| *usual == host).map(|(_, answer)| answer);
    receivers.answers.pop_front().or(usual).unwrap_or(Answer::Status(200))
}

/// Announces every difference on the channel `main`.
#[derive(Debug)]
pub(crate) struct Bell;

impl Announcer for Bell {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        let Some(kind) = difference(incident) else { return Announcement::default() };
        let message = Message::announce(incident, kind, vec![ChannelId::new("main")], now);
        Announcement { messages: vec![outgoing(&message)], ..Announcement::default() }
    }
}

pub(crate) fn outgoing(message: &Message) -> Outgoing {
    Outgoing {
        channel: "main".to_owned(),
        incident: Some(message.incident.clone()),
        dedup: message.key.to_string(),
        not_before: message.at,
        body: serde_json::to_vec(&Letter::Message(Box::new(message.clone()))).unwrap(),
    }
}

pub(crate) fn change(
    id: &str,
    kind: ChangeKind,
    version: u32,
    text: &str,
    now: DateTime<Utc>,
) -> IncidentChange {
    let scope = Scope::Home(HomeId::new(format!("home-{id}")));
    let mut change = IncidentChange::new(IncidentId::new(id), scope, kind, now);
    let cause = Cause::new(CauseKind::Status, id, Status::Red, text);
    change.version = version;
    change.situation = Some(Situation::new(cause, now, "offline"));
    if kind == ChangeKind::Closed {
        (change.situation, change.reason) = (None, Some(CloseReason::Recovered));
    }
    change
}

/// A message about a home that is red.
pub(crate) fn message(home: &str, text: &str) -> Message {
    let mut change = change("i1", ChangeKind::Opened, 1, text, start());
    change.scope = Scope::Home(HomeId::new(home));
    let mut incident = Incident::open(tenant(), &change).unwrap();
    Message::announce(&mut incident, MessageKind::Problem, vec![ChannelId::new("main")], start())
}

impl Bed {
    /// A bed with the channel `main` to `main.example.com`, and `other` to `other.example.com`.
    pub(crate) async fn new(target: Value) -> Self {
        Self::with(target, true).await
    }

    pub(crate) async fn with(target: Value, is_in_file: bool) -> Self {
        Self::at(target, is_in_file, ManualClock::skipping(start())).await
    }

    /// A bed in memory, whose clock only the test moves.
    pub(crate) async fn still(target: Value) -> Self {
        Self::at(target, false, ManualClock::new(start())).await
    }

    async fn at(target: Value, is_in_file: bool, clock: ManualClock) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("plume-server-notify-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let store: Arc<dyn Store> = match is_in_file {
            true => Arc::new(open(&folder, &clock)),
            false => Arc::new(MemoryStore::new(Arc::new(clock.clone()))),
        };
        let (receivers, suspended) = (Arc::default(), Suspended::default());
        let sender = sender(&store, &clock, &receivers, &suspended);
        let bed = Self { folder, store, is_in_file, clock, receivers, sender, suspended };
        bed.store().put_tenant(Tenant { id: tenant(), name: "A".to_owned() }).await.unwrap();
        bed.put_channel("main", json!({ "name": "Main", "target": target })).await;
        let other = json!({ "kind": "webhook", "url": "https://other.example.com/", "key": KEY });
        bed.put_channel("other", json!({ "name": "Other", "target": other })).await;
        bed
    }

    pub(crate) async fn webhook() -> Self {
        let target = json!({ "kind": "webhook", "url": "https://main.example.com/hook?sig=x", "key": KEY });
        Self::new(target).await
    }

    /// Sends mails by this server from now on.
    pub(crate) fn mailing(&mut self, mailer: Arc<dyn Mailer>) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (shared, now) = (Arc::clone(&self.receivers), self.clock.clone());
        let reports = InProcess::new(move |request: Request<Bytes>| {
            let (shared, now) = (Arc::clone(&shared), now.clone());
            async move {
                receive(&shared, &now, &request);
                Ok(Response::new(Bytes::new()))
            }
        });
        self.sender = Sender::new(SenderParts {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&clock),
            carriers: Carriers::new(Arc::new(reports), clock).with_mail(mailer),
            from: "Monitor <monitor@example.net>".to_owned(),
            bot: None,
            trouble: Arc::new(Trouble::new(Arc::new(|_: &str| {}))),
            meters: Meters::default(),
            suspended: self.suspended.clone(),
        });
    }

    /// Sends over another transport from now on.
    pub(crate) fn over(&mut self, transport: Arc<dyn Transport>) {
        self.sender = sender_over(&self.store, &self.clock, transport, &self.suspended);
    }

    pub(crate) async fn put_channel(&self, id: &str, channel: Value) {
        let body = channel.to_string().into_bytes();
        let records = self.store().records(&tenant(), RecordKind::Channel).await.unwrap();
        let edition = records.iter().find(|record| record.id == id).map_or(0, |record| record.edition);
        self.store().put_record(&tenant(), RecordKind::Channel, id, edition, body).await.unwrap();
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.wall()
    }

    /// Drops all that a process holds, and opens the store again. A store in memory only lets the leases end.
    pub(crate) fn restart(&mut self) {
        if self.is_in_file {
            let clock = ManualClock::skipping(self.now());
            let none: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
            // The file is locked until its store is dropped.
            self.sender = sender(&none, &clock, &self.receivers, &self.suspended);
            self.store = none;
            self.store = Arc::new(open(&self.folder, &clock));
            self.clock = clock;
        } else {
            self.clock.advance(Duration::from_secs(120));
        }
        self.sender = sender(&self.store, &self.clock, &self.receivers, &self.suspended);
    }

    pub(crate) async fn changed(&self, id: &str, kind: ChangeKind, version: u32) {
        let changes = vec![change(id, kind, version, "the gateway is offline", self.now())];
        let decisions = Decisions { changes, ..Decisions::default() };
        let bell: Arc<dyn Announcer> = Arc::new(Bell);
        self.store().decide(&tenant(), decisions, &bell).await.unwrap();
    }

    pub(crate) async fn opened(&self, id: &str) {
        self.changed(id, ChangeKind::Opened, 1).await;
    }

    pub(crate) async fn closed(&self, id: &str) {
        self.changed(id, ChangeKind::Closed, 1).await;
    }

    pub(crate) async fn stored(&self, outbox: Vec<Outgoing>) {
        let silent: Arc<dyn Announcer> = Arc::new(Silent);
        self.store().decide(&tenant(), Decisions { outbox, ..Decisions::default() }, &silent).await.unwrap();
    }

    pub(crate) async fn tick(&self) {
        self.sender.tick().await.unwrap();
    }

    /// Lets time pass, with a tick every minute.
    pub(crate) async fn pass(&self, time: Duration) {
        let end = self.now() + TimeDelta::from_std(time).unwrap();
        while self.now() < end {
            self.clock.advance(Duration::from_secs(60));
            self.tick().await;
        }
    }

    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.receivers.lock().unwrap().answers.extend(answers);
    }

    /// Sets the response of the receiver of `main`.
    pub(crate) fn always(&self, answer: Answer) {
        self.receivers.lock().unwrap().usual = Some(("main.example.com", answer));
    }

    /// The requests that the receiver of `main` got since the last call.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let mut receivers = self.receivers.lock().unwrap();
        let (main, others) =
            std::mem::take(&mut receivers.seen).into_iter().partition(|seen| seen.host == "main.example.com");
        receivers.seen = others;
        main
    }

    /// The texts that the receiver of `other` got.
    pub(crate) fn reports(&self) -> Vec<String> {
        let receivers = self.receivers.lock().unwrap();
        let others = receivers.seen.iter().filter(|seen| seen.host == "other.example.com");
        others.map(|seen| seen.body["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The delivery log of `main`, oldest first.
    pub(crate) async fn log(&self) -> Vec<Delivery> {
        let mut log = self.store().deliveries(&tenant(), None, 10_000).await.unwrap();
        log.retain(|row| row.channel == "main");
        log.reverse();
        log
    }

    pub(crate) async fn outcomes(&self) -> Vec<String> {
        self.log().await.into_iter().map(|row| row.outcome).collect()
    }
}
