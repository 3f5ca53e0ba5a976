//! The pages and documents of channels.

use chrono::TimeDelta;
use plume_server::store::{
    ChannelStore, CheckStore, OutboxStore, RecordStore,
    model::{Attempt, Decisions, Outcome, Outgoing, Queue, RecordKind, Silent},
};
use serde_json::{Value, json};

use crate::*;

const TARGET: &str = "https://canary-host.example.com/secret-path-canary";
const KEY: &str = "whsec_bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";

impl Bed {
    async fn add_channel(&self, id: &str, state: Option<Value>) {
        let target = json!({ "kind": "webhook", "url": TARGET, "key": KEY });
        let channel = json!({ "name": format!("Main {HOSTILE}"), "target": target }).to_string();
        let put = |kind, id: String, body: String| async move {
            self.store.put_record(&tenant(), kind, &id, 0, body.into_bytes()).await.unwrap();
        };
        put(RecordKind::Channel, id.to_owned(), channel).await;
        if let Some(state) = state {
            put(RecordKind::State, format!("channel:{id}"), state.to_string()).await;
        }
    }

    /// Stores a message for `main` whose last attempt has this outcome.
    async fn add_message(&self, dedup: &str, outcome: Outcome) {
        let now = self.clock.wall();
        let body = json!({ "notice": { "title": format!("Notice {HOSTILE}"), "lines": [] } }).to_string();
        let message = Outgoing {
            channel: "main".to_owned(),
            incident: None,
            dedup: dedup.to_owned(),
            not_before: now,
            body: body.into_bytes(),
        };
        let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
        self.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
        let queue = Queue { tenant: tenant(), channel: "main".to_owned() };
        let lease = Duration::from_secs(60);
        for sending in self.store.take_messages(&queue, now, lease, 10).await.unwrap() {
            let attempt = Attempt { at: now, detail: format!("500 {HOSTILE}"), outcome: outcome.clone() };
            self.store.settle(&sending, attempt).await.unwrap();
        }
    }
}

fn failing(now: DateTime<Utc>) -> Value {
    json!({
        "failing_since": now - TimeDelta::hours(2), "failures": 5, "cause": format!("500 {HOSTILE}"),
        "paused_until": now + TimeDelta::minutes(30), "worked_at": now - TimeDelta::hours(3),
    })
}

#[tokio::test]
async fn a_failing_channel_is_shown_with_its_cause_and_without_its_secrets() {
    let bed = Bed::new().await;
    let empty = bed.get("/channels").await;
    assert!(empty.status == 200 && empty.text.contains("There is no channel"), "{}", empty.text);
    assert!(empty.text.contains("No message is sent, because there is no route: add one"), "{}", empty.text);
    bed.add_channel("main", Some(failing(bed.clock.wall()))).await;
    bed.add_message("d1", Outcome::Dead).await;
    for path in ["/channels", "/channels/north/main"] {
        let page = bed.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for word in [
            ">failing<",
            "2 h",
            "next attempt at <time",
            "10:30:00 UTC</time> (in 30 min)",
            "500 &#60;script&#62;",
        ] {
            assert!(page.text.contains(word), "{path}: {word}: {}", page.text);
        }
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(!page.text.contains("secret-path-canary") && !page.text.contains("whsec_bm9"), "{path}");
    }
    let page = bed.get("/channels/north/main").await.text;
    assert!(page.contains("canary-host.example.com") && page.contains("Notice &#60;script"), "{page}");
    assert_eq!(bed.get("/channels/north/none").await.status, 404);
    assert_eq!(bed.get("/channels/none/main").await.status, 404);
}

#[tokio::test]
async fn the_checks_have_each_channel_that_a_message_cannot_reach() {
    let bed = Bed::routed(r#"[{"channels": ["main", "pager"]}]"#).await;
    bed.add_home("h1", "Alder Street 1").await;
    let checks = async || -> Vec<(String, String, String)> {
        let document: Value = serde_json::from_str(&bed.get("/api/config").await.text).unwrap();
        let word = |check: &Value, member: &str| check[member].as_str().unwrap().to_owned();
        let all = document["checks"].as_array().unwrap().iter();
        let all = all.map(|check| (word(check, "name"), word(check, "status"), word(check, "seen")));
        all.filter(|(name, ..)| ["Channel", "Routes"].contains(&name.as_str())).collect()
    };
    let is = |name: &str, status: &str, seen: &str| (name.to_owned(), status.to_owned(), seen.to_owned());
    let missing = |channels: &str, ids: &str| {
        let seen = format!(
            "Routes name the {channels}, which the tenant north does not have: add {ids} to the tenant, or correct the \
             routes in the file of `policies.file`"
        );
        is("Routes", "Attention", &seen)
    };
    let pager = missing("channel `pager`", "a channel with this id");
    bed.add_message("d1", Outcome::Retry { at: bed.clock.wall(), is_uncertain: false }).await;
    let stray = format!("main of North {HOSTILE} does not exist; messages that wait for it: 1");
    assert_eq!(
        checks().await,
        [
            is("Channel", "Attention", &stray),
            missing("channels `main` and `pager`", "channels with these ids")
        ]
    );
    bed.add_channel("main", Some(failing(bed.clock.wall()))).await;
    let failing = format!(
        "Main {HOSTILE} of North {HOSTILE} has failed for 2 h, next attempt in 30 min: 500 {HOSTILE}"
    );
    assert_eq!(checks().await, [is("Channel", "Failing", &failing), pager]);
    let page = bed.get("/settings").await.text;
    assert!(page.contains("has failed for 2 h") && !page.contains("nothing needs attention"), "{page}");
    bed.add_channel("pager", None).await;
    bed.clock.advance(Duration::from_secs(30 * 60));
    let failing = format!("Main {HOSTILE} of North {HOSTILE} has failed for 2 h 30 min: 500 {HOSTILE}");
    assert_eq!(checks().await, [is("Channel", "Failing", &failing)]);
    bed.store
        .put_record(&tenant(), RecordKind::Channel, "pager", 1, b"of another version".to_vec())
        .await
        .unwrap();
    let unreadable = format!("pager of North {HOSTILE} is unreadable");
    assert_eq!(checks().await, [is("Channel", "Failing", &failing), is("Channel", "Failing", &unreadable)]);
}

#[tokio::test]
async fn a_test_message_and_decisions_about_dead_letters_are_carried_out() {
    let bed = Bed::new().await;
    bed.add_channel("main", None).await;
    bed.add_message("d1", Outcome::Dead).await;
    bed.add_message("d2", Outcome::Dead).await;
    let page = bed.get("/channels/north/main").await.text;
    let (token, message) = (field(&page, "token"), field(&page, "message"));
    let post =
        async |form: &str| bed.post("/channels/north/main", &format!("token={token}&{form}")).await.status;
    let backlog = async || bed.store.backlog(&tenant()).await.unwrap();
    assert_eq!(bed.post("/channels/north/main", "action=test").await.status, 403);
    assert_eq!(backlog().await, (0, 2));
    assert_eq!(post("action=test").await, 303);
    assert_eq!(backlog().await, (1, 2));
    assert_eq!(post(&format!("action=retry&message={message}")).await, 303);
    assert_eq!(backlog().await, (2, 1));
    assert_eq!(post("action=drop").await, 303);
    assert_eq!(backlog().await, (2, 0));
    assert_eq!(post("action=burn").await, 422);
    assert!(bed.store.dead_letters(&tenant(), "main", 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_pause_of_a_repaired_channel_is_ended_by_people_and_programs() {
    let bed = Bed::new().await;
    bed.add_channel("main", Some(failing(bed.clock.wall()))).await;
    bed.add_message(
        "d1",
        Outcome::Retry { at: bed.clock.wall() + TimeDelta::minutes(30), is_uncertain: false },
    )
    .await;
    let queues = async || bed.store.queues(bed.clock.wall()).await.unwrap().len();
    let page = bed.get("/channels/north/main").await.text;
    assert!(page.contains("value=\"try\">Try now</button>") && page.contains("it ends the pause"), "{page}");
    assert_eq!(queues().await, 0);
    let token = field(&page, "token");
    assert_eq!(bed.post("/channels/north/main", &format!("token={token}&action=try")).await.status, 303);
    assert_eq!(queues().await, 1, "its message is due");
    let page = bed.get("/channels/north/main").await.text;
    assert!(!page.contains("Try now") && !page.contains("ends the pause"), "{page}");
    let none = bed.post("/channels/north/none", &format!("token={token}&action=try")).await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn routes_that_reach_no_one_are_on_the_pages() {
    let routes = r#"[{"tenants": ["nrth"], "channels": ["main"]}, {"channels": ["main"]}, {"tags": ["x"], "channels": ["main"]}]"#;
    let bed = Bed::routed(routes).await;
    bed.add_channel("main", None).await;
    for path in ["/channels", "/settings"] {
        let page = bed.get(path).await.text;
        for words in [
            "names the tenant `nrth`, which does not exist; did you mean `north`?",
            "o message reaches `notify.routes[2]`",
        ] {
            assert!(page.contains(words), "{path}: {page}");
        }
    }
    assert!(!Bed::routed(r#"[{"channels": ["main"]}]"#).await.get("/settings").await.text.contains("Routes"));
}

#[tokio::test]
async fn a_channel_is_added_replaced_and_removed_by_forms() {
    let bed = Bed::new().await;
    for kind in ["webhook", "slack", "teams", "telegram", "alertmanager"] {
        let page = bed.get(&format!("/channels/new?kind={kind}")).await;
        assert!(page.status == 200 && page.text.contains("Add the channel"), "{kind}: {}", page.text);
    }
    assert!(bed.get("/channels/new?kind=mail").await.text.contains("No mail server is configured"));
    assert_eq!(bed.get("/channels/new?kind=pager").await.status, 404);
    let token = field(&bed.get("/channels/new?kind=slack").await.text, "token");
    let post = async |form: &str| {
        let answer = bed.post("/channels", &format!("token={token}&tenant=north&{form}")).await;
        (answer.status.as_u16(), answer.text)
    };
    let channels = async || bed.store.records(&tenant(), RecordKind::Channel).await.unwrap();
    let good = "action=save&kind=slack&id=chat&edition=0&name=Chat&url=https%3A%2F%2Fhooks.example.com%2Fx";
    assert_eq!(post(good).await.0, 303);
    assert_eq!(channels().await.len(), 1);
    // Refused, each with its reason, and without the secret.
    for (form, reason) in [
        (good.to_owned(), "another channel with this id"),
        (good.replace("id=chat", "id=a%2Fb"), "The id must have"),
        (good.replace("hooks.example.com", "10.0.0.1").replace("chat", "other"), "“URL” must name a host"),
        (good.replace("https", "http").replace("chat", "other"), "“URL” must start with https://"),
        (good.replace("slack", "mail").replace("chat", "other"), "no mail server is configured"),
        (good.replace("slack", "telegram").replace("chat", "other"), "chat must be a whole number"),
        (good.replace("slack", "webhook").replace("chat", "other"), "“Key” must begin with whsec_"),
    ] {
        let (status, text) = post(&form).await;
        assert!([409, 422].contains(&status) && text.contains(reason), "{form}: {status} {text}");
        assert!(!text.contains("hooks.example.com"), "{text}");
    }
    // Another receiver needs its own secret: none is kept, so the key of the old one is not sent to the new one.
    let webhook = "action=save&kind=webhook&id=hook&edition=0&name=H&url=https%3A%2F%2Fa.example.com%2F";
    let key = KEY.replace('=', "%3D");
    assert_eq!(post(&format!("{webhook}&key={key}")).await.0, 303);
    let form = bed.get("/channels/new?kind=webhook&tenant=north&channel=hook").await.text;
    assert!(
        form.contains("Replace the target") && !form.contains("whsec_bm9") && !form.contains("a.example.com")
    );
    let replaced = webhook.replace("edition=0", "edition=1").replace("a.example.com", "b.example.com");
    assert_eq!(post(&replaced).await.0, 422);
    assert_eq!(post(&format!("{replaced}&key={key}")).await.0, 303);
    assert_eq!(post("action=remove&id=hook&edition=2").await.0, 422);
    assert_eq!(post("action=remove&id=hook&edition=1&sure=yes").await.0, 409);
    let state = async || bed.store.record(&tenant(), RecordKind::State, "channel:hook").await.unwrap();
    let failing = failing(bed.clock.wall()).to_string().into_bytes();
    let fail = async |edition| {
        bed.store
            .put_record(&tenant(), RecordKind::State, "channel:hook", edition, failing.clone())
            .await
            .unwrap()
    };
    fail(0).await;
    assert_eq!(post("action=remove&id=hook&edition=2&sure=yes").await.0, 303);
    assert_eq!(channels().await.len(), 1);
    assert!(state().await.is_none(), "the next channel with this id is another one");
    // A message that waited has failed since.
    fail(0).await;
    assert_eq!(post(&format!("{webhook}&key={key}")).await.0, 303);
    assert!(state().await.is_none());
    fail(0).await;
    assert_eq!(post(&format!("{replaced}&key={key}")).await.0, 303);
    assert!(state().await.is_some(), "it is the same channel");
}

#[tokio::test]
async fn documents_of_channels_have_their_condition_and_no_target() {
    let bed = Bed::new().await;
    bed.add_channel("main", Some(failing(bed.clock.wall()))).await;
    bed.add_message("d1", Outcome::Dead).await;
    let list = bed.get("/api/v1/channels?tenant=north").await;
    let document: Value = serde_json::from_str(&list.text).unwrap();
    let channel = &document["items"][0];
    assert_eq!(
        (&channel["id"], &channel["kind"], &channel["state"]),
        (&json!("main"), &json!("webhook"), &json!("failing, paused"))
    );
    assert_eq!(
        (&channel["failures"], &channel["dead_letters"], &channel["waiting"]),
        (&json!(5), &json!(1), &json!(0))
    );
    let one = bed.get("/api/v1/channels/north/main").await;
    let document: Value = serde_json::from_str(&one.text).unwrap();
    assert_eq!(
        (&document["attempts"][0]["outcome"], &document["dead"][0]["attempts"]),
        (&json!("dead"), &json!(1))
    );
    assert!(!one.text.contains("canary") && !list.text.contains("canary"));
    assert_eq!(bed.get("/api/v1/channels/north/none").await.status, 404);
}
