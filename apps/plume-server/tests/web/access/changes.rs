//! Changes by the API: the same rules as for forms, and repetitions.

use std::collections::{BTreeMap, BTreeSet};

use plume::monitor::incident::Incident;
use plume_server::store::IncidentStore;
use serde_json::{Value, json};

use super::*;

const INCIDENT: &str = "/api/v1/incidents/north/i1";

/// A program with a token of an operator.
struct Program<'a> {
    bed: &'a Bed,
    token: String,
}

impl<'a> Program<'a> {
    async fn new(bed: &'a Bed, group: &str) -> Self {
        Self { bed, token: bed.token(group).await }
    }

    async fn call(&self, path: &str, document: Value) -> (u16, Value) {
        let headers = [("authorization", self.token.as_str())];
        let answer = self.bed.call(path, &headers, &document.to_string()).await;
        let document = serde_json::from_str(&answer.text);
        (answer.status.as_u16(), document.unwrap_or_else(|_| panic!("{}", answer.text)))
    }

    async fn decide(&self, action: &str, document: Value) -> (u16, Value) {
        self.call(&format!("{INCIDENT}/{action}"), document).await
    }
}

async fn stored(bed: &Bed) -> Incident {
    bed.store.incident(&tenant(), &IncidentId::new("i1")).await.unwrap().unwrap().incident
}

#[tokio::test]
async fn a_decision_by_the_api_is_one_of_the_state_that_was_read() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let (status, incident) = program.decide("acknowledge", json!({"version": 1.0, "edits": 0})).await;
    assert_eq!((status, &incident["acknowledged"]["by"]), (200, &"token of operator".into()));
    assert_eq!(incident["edits"], 1);
    assert!(
        bed.page("/incidents/north/i1", &bed.session("viewer").await)
            .await
            .text
            .contains("token of operator")
    );
    assert_eq!(program.decide("release", json!({"version": 1.0, "edits": 0.5})).await.0, 400);
    // Another state: of a form, and of another program.
    let cookie = bed.session("operator").await;
    let stale = "action=snooze&hours=1&version=1&edits=0";
    assert_eq!(bed.submit("/incidents/north/i1", &cookie, stale).await.status, 409);
    let other = Program::new(&bed, "admin").await;
    for (action, document) in [
        ("acknowledge", json!({"version": 1, "edits": 0})),
        ("acknowledge", json!({"version": 2, "edits": 1})),
        ("snooze", json!({"version": 1, "edits": 0, "hours": 1})),
        ("release", json!({"version": 1, "edits": 7})),
    ] {
        let (status, problem) = other.decide(action, document).await;
        assert_eq!((status, &problem["type"]), (409, &"urn:plume-server:problem:changed".into()), "{action}");
    }
    let (_, snoozed) = other.decide("snooze", json!({"version": 1, "edits": 1, "hours": 168})).await;
    assert_eq!(snoozed["snoozed"]["until"], "2026-01-22T10:00:00Z");
    let (status, released) = other.decide("release", json!({"version": 1, "edits": 2})).await;
    assert_eq!((status, &released["acknowledged"], &released["snoozed"]), (200, &Value::Null, &Value::Null));
    let actions = bed.actions().await;
    let done: Vec<_> = actions.iter().filter(|(_, _, outcome)| outcome == "done").collect();
    let (who, action, _) = done[0];
    assert_eq!(action, "incident acknowledge");
    assert!(
        who.starts_with("token of operator (token ") && who.ends_with("https://id.example.net ada)"),
        "{who}"
    );
}

#[tokio::test]
async fn an_incident_that_no_one_has_is_not_given_back() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let release = async |edits: u32| program.decide("release", json!({"version": 1, "edits": edits})).await;
    let is_refused = |(status, problem): (u16, Value)| {
        assert_eq!((status, &problem["title"]), (409, &"Nothing to give back".into()), "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains("neither acknowledged nor snoozed"),
            "{problem}"
        );
    };
    is_refused(release(0).await);
    let form = "action=release&version=1&edits=0";
    let page = bed.submit("/incidents/north/i1", &bed.session("operator").await, form).await;
    assert!(page.status == 409 && page.text.contains("Nothing to give back"), "{}", page.text);
    assert_eq!(stored(&bed).await.edits, 0);
    // A snooze that is over is none.
    let snooze = json!({"version": 1, "edits": 0, "hours": 1});
    assert_eq!(program.decide("snooze", snooze.clone()).await.0, 200);
    bed.clock.advance(Duration::from_secs(3_600));
    is_refused(release(1).await);
    assert_eq!(program.decide("acknowledge", json!({"version": 1, "edits": 1})).await.0, 200);
    assert_eq!(release(2).await.0, 200);
    is_refused(release(3).await);
    assert_eq!(stored(&bed).await.edits, 3);
}

#[tokio::test]
async fn a_person_beside_a_token_is_refused() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    for (action, mut document) in [
        ("acknowledge", json!({"version": 1, "edits": 0})),
        ("release", json!({"version": 1, "edits": 0})),
        ("snooze", json!({"version": 1, "edits": 0, "hours": 1})),
        ("notes", json!({"text": "on my way"})),
    ] {
        document["person"] = "Ada".into();
        let (status, problem) = program.decide(action, document).await;
        assert!(
            status == 400 && problem["detail"].as_str().unwrap().contains("`person`"),
            "{action}: {problem}"
        );
    }
    assert_eq!((stored(&bed).await.edits, stored(&bed).await.notes.len()), (0, 0));
}

#[tokio::test]
async fn a_repeated_change_of_the_api_is_carried_out_once() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    for (action, document) in [
        ("acknowledge", json!({"version": 1, "edits": 0})),
        ("snooze", json!({"version": 1, "edits": 1, "hours": 4})),
        ("release", json!({"version": 1, "edits": 2})),
        ("notes", json!({"text": "the cable is cut"})),
    ] {
        let first = program.decide(action, document.clone()).await;
        assert_eq!(first.0, 200, "{action} {}", first.1);
        bed.clock.advance(Duration::from_secs(9));
        assert_eq!(program.decide(action, document).await, first, "{action}");
    }
    assert_eq!((stored(&bed).await.edits, stored(&bed).await.notes.len()), (3, 1));
    assert_eq!(bed.actions().await.len(), 4, "a repetition is no action");
    // The same words later, of another, or with others between are no repetition.
    let other = Program::new(&bed, "admin").await;
    let note = |text: &str| json!({ "text": text });
    other.decide("notes", note("the cable is cut")).await;
    other.decide("notes", note("on my way")).await;
    other.decide("notes", note("the cable is cut")).await;
    bed.clock.advance(Duration::from_secs(600));
    other.decide("notes", note("the cable is cut")).await;
    assert_eq!(stored(&bed).await.notes.len(), 5);
    // A second snooze that lasts longer is none either.
    let snooze = |edits: u32, hours: u32| json!({"version": 1, "edits": edits, "hours": hours});
    assert_eq!(program.decide("snooze", snooze(3, 1)).await.0, 200);
    assert_eq!(program.decide("snooze", snooze(3, 24)).await.0, 409);
    bed.clock.advance(Duration::from_secs(700));
    assert_eq!(program.decide("snooze", snooze(3, 1)).await.0, 409);
    // One of another person with the same effect is a conflict.
    assert_eq!(other.decide("snooze", snooze(3, 1)).await.0, 409);
    let document = json!({"version": 1, "edits": 4});
    assert_eq!(program.decide("acknowledge", document.clone()).await.0, 200);
    assert_eq!(other.decide("acknowledge", document.clone()).await.0, 409);
    assert_eq!(program.decide("acknowledge", document.clone()).await.0, 200);
    bed.clock.advance(Duration::from_secs(600));
    assert_eq!(program.decide("acknowledge", document).await.0, 409);
}

#[tokio::test]
async fn the_limits_of_the_api_are_those_of_the_forms() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let cookie = bed.session("operator").await;
    for (action, document, form, status) in [
        (
            "snooze",
            json!({"version": 1, "edits": 0, "hours": 0}),
            "action=snooze&hours=0&version=1&edits=0",
            422,
        ),
        (
            "snooze",
            json!({"version": 1, "edits": 0, "hours": 169}),
            "action=snooze&hours=169&version=1&edits=0",
            422,
        ),
        ("notes", json!({"text": " "}), "action=note&text=+", 422),
        (
            "notes",
            json!({"text": "x".repeat(2_001)}),
            &format!("action=note&text={}", "x".repeat(2_001)),
            422,
        ),
        ("acknowledge", json!({"version": 9, "edits": 0}), "action=acknowledge&version=9&edits=0", 409),
    ] {
        let (by_program, problem) = program.decide(action, document).await;
        let by_form = bed.submit("/incidents/north/i1", &cookie, form).await;
        assert_eq!((by_program, by_form.status.as_u16()), (status, status), "{action} {problem}");
        // The same words.
        let detail = problem["detail"].as_str().unwrap();
        assert!(by_form.text.contains(detail), "{detail}: {}", by_form.text);
    }
    for document in [
        json!({"version": 1}),
        json!({"version": -1, "edits": 0}),
        json!({"version": 1, "edits": 0, "hours": 1}),
        json!({"version": "1", "edits": 0}),
        json!({"version": 1.5, "edits": 0}),
        json!({"version": 1e300, "edits": 0}),
    ] {
        let (status, problem) = program.decide("acknowledge", document.clone()).await;
        assert_eq!((status, &problem["title"]), (400, &"Invalid parameter".into()), "{document}");
    }
    assert_eq!(stored(&bed).await.edits, 0);
    let (status, _) =
        program.call("/api/v1/incidents/north/none/acknowledge", json!({"version": 1, "edits": 0})).await;
    assert_eq!(status, 404);
}

/// People and programs choose their names.
#[tokio::test]
async fn a_change_of_another_with_the_same_name_is_no_repetition() {
    let bed = Bed::closed().await;
    let (one, other) = (Program::new(&bed, "operator").await, Program::new(&bed, "operator").await);
    for (action, document) in [
        ("acknowledge", json!({"version": 1, "edits": 0})),
        ("snooze", json!({"version": 1, "edits": 1, "hours": 4})),
        ("release", json!({"version": 1, "edits": 2})),
    ] {
        assert_eq!(one.decide(action, document.clone()).await.0, 200);
        assert_eq!(other.decide(action, document.clone()).await.0, 409, "{action}");
        assert_eq!(one.decide("notes", json!({"text": action})).await.0, 200);
        assert_eq!(one.decide(action, document).await.0, 200, "{action} again, after a note");
    }
    for program in [&one, &other, &other] {
        assert_eq!(program.decide("notes", json!({"text": "on my way"})).await.0, 200);
    }
    let notes = stored(&bed).await.notes;
    assert_eq!(notes.iter().filter(|note| &*note.text == "on my way").count(), 2);
    assert_eq!(bed.actions().await.len(), 8);
    bed.clock.advance(Duration::from_secs(600));
    let release = json!({"version": 1, "edits": 2});
    assert_eq!(one.decide("release", release).await.0, 409, "it is no repetition any more");
}

#[tokio::test]
async fn a_check_by_the_api_is_due_at_once() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let (status, requested) = program.call("/api/v1/homes/north/h1/check", json!({})).await;
    assert_eq!((status, &requested["requested"]), (202, &"2026-01-15T10:00:00Z".into()));
    assert_eq!(*bed.requested.lock().unwrap(), [HomeId::new("h1")]);
    assert_eq!(program.call("/api/v1/homes/north/h2/check", json!({})).await.0, 404);
    for _ in 1..20 {
        assert_eq!(program.call("/api/v1/homes/north/h1/check", json!({})).await.0, 202);
    }
    let headers = [("authorization", program.token.as_str())];
    let busy = bed.call("/api/v1/homes/north/h1/check", &headers, "{}").await;
    assert_eq!((busy.status.as_u16(), &busy.headers["retry-after"]), (429, &"60".parse().unwrap()));
    assert!(busy.text.contains("problem:busy") && busy.text.contains("20 checks"), "{}", busy.text);
    bed.clock.advance(Duration::from_secs(60));
    bed.requested.lock().unwrap().truncate(1);
    let whole = bed.session("all-admin").await;
    bed.submit("/users/tenants", &whole, "id=north&action=suspend&sure=yes").await;
    let (status, problem) =
        Program::new(&bed, "all-admin").await.call("/api/v1/homes/north/h1/check", json!({})).await;
    assert_eq!((status, &problem["detail"]), (422, &"the tenant is suspended".into()));
    assert_eq!(bed.requested.lock().unwrap().len(), 1);
}

/// Each change is a row of the audit, which has room for a number of rows.
#[tokio::test]
async fn a_program_makes_a_limited_number_of_changes() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    for number in 0..120 {
        assert_eq!(program.decide("acknowledge", json!({})).await.0, 400, "{number}");
    }
    let path = format!("{INCIDENT}/acknowledge");
    let document = json!({"version": 1, "edits": 0});
    let headers = [("authorization", program.token.as_str())];
    let refused = bed.call(&path, &headers, &document.to_string()).await;
    assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (429, &"5".parse().unwrap()));
    assert!(refused.text.contains("the next one is possible in 5 s"), "{}", refused.text);
    // Neither another program nor the person who made the token has to wait.
    assert_eq!(Program::new(&bed, "admin").await.decide("notes", json!({"text": "seen"})).await.0, 200);
    let cookie = bed.session("operator").await;
    let note = "action=note&text=on+my+way&version=1&edits=0";
    assert_eq!(bed.submit("/incidents/north/i1", &cookie, note).await.status, 303);
    bed.clock.advance(Duration::from_secs(5));
    assert_eq!(program.decide("acknowledge", document).await.0, 200);
}

#[tokio::test]
async fn the_button_of_an_incident_says_from_whom_it_is_taken() {
    let bed = Bed::closed().await;
    let (one, other) = (bed.session("operator").await, bed.session("admin").await);
    let path = "/incidents/north/i1";
    let button = async |cookie: &str| {
        let page = bed.page(path, cookie).await.text;
        let (_, rest) = page.split_once("value=\"acknowledge\">").unwrap();
        rest.split_once("</button>").unwrap().0.to_owned()
    };
    assert_eq!(button(&other).await, "I have it");
    assert_eq!(bed.submit(path, &one, "action=acknowledge&version=1&edits=0").await.status, 303);
    assert_eq!(
        (button(&one).await, button(&other).await),
        ("I have it".into(), "Take over from Ada of operator".into())
    );
}

#[tokio::test]
async fn a_program_ends_the_pause_of_a_channel() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let path = "/api/v1/channels/north/main/try";
    assert_eq!(program.call(path, json!({})).await.0, 404);
    let channel = json!({"name": "Main", "target": {"kind": "mail", "to": ["ada@example.net"]}});
    let now = bed.clock.wall();
    let state = json!({"failing_since": now, "failures": 3, "cause": "500", "paused_until": now + TimeDelta::hours(4)});
    for (kind, id, document) in
        [(RecordKind::Channel, "main", channel), (RecordKind::State, "channel:main", state)]
    {
        bed.store.put_record(&tenant(), kind, id, 0, document.to_string().into_bytes()).await.unwrap();
    }
    let (_, listed) = (
        0,
        bed.ask(&Method::GET, "/api/v1/channels/north/main", &[("authorization", &program.token)], "").await,
    );
    assert!(listed.text.contains("2026-01-15T14:00:00Z"), "{}", listed.text);
    let (status, channel) = program.call(path, json!({})).await;
    assert_eq!((status, &channel["paused_until"], &channel["cause"]), (200, &Value::Null, &"500".into()));
    assert_eq!(program.call(path, json!({"x": 1})).await.0, 400);
    assert_eq!(program.call("/api/v1/channels/south/main/try", json!({})).await.0, 404);
    assert_eq!(Program::new(&bed, "viewer").await.call(path, json!({})).await.0, 403);
    assert_eq!(bed.actions().await.iter().filter(|(_, action, _)| action == "channel try").count(), 1);
}

#[tokio::test]
async fn a_window_of_the_api_is_one_of_the_form_and_ends_once() {
    let bed = Bed::closed().await;
    let program = Program::new(&bed, "operator").await;
    let path = "/api/v1/maintenance/north";
    let new = |start: &str, covers: &str, value: &str| json!({"name": "upgrade", "start": start, "hours": 2, "zone": "Europe/Berlin", "repeat": "weekly", "covers": covers, "value": value});
    let (status, window) = program.call(path, new("2026-01-15T10:30", "home", "h1")).await;
    assert_eq!((status, &window["covers"]), (201, &"home h1".into()), "{window}");
    assert_eq!(window["open_until"], "2026-01-15T11:30:00Z");
    assert_eq!(window["opens"], "2026-01-22T09:30:00Z");
    assert_eq!((&window["ended"], &window["is_over"]), (&Value::Null, &false.into()));
    // The same again is the same one, also by the form.
    let (status, again) = program.call(path, new("2026-01-15T10:30", "home", "h1")).await;
    assert_eq!((status, &again), (200, &window));
    let cookie = bed.session("operator").await;
    let form = "action=add&name=upgrade&start=2026-01-15T10%3A30&hours=2&zone=Europe%2FBerlin&repeat=weekly&covers=home";
    assert_eq!(bed.submit("/homes/north/h1/maintenance", &cookie, form).await.status, 409);
    for (document, words) in [
        (new("2026-01-15T08:30", "home", "h1"), "at most one hour ago"),
        (new("tomorrow", "home", "h1"), "must be a date and a time"),
        (new("2026-01-20T10:30", "home", "h2"), "no such home"),
        (new("2026-01-20T10:30", "tag", "none"), "has the tag none"),
        (new("2026-01-20T10:30", "tag", ""), "`value`"),
        (new("2026-01-20T10:30", "region", "none"), "is in the region none"),
        (new("2026-01-20T10:30", "tenant", "h1"), "has no `value`"),
        (json!({"name": " ", "start": "2026-01-20T10:30", "hours": 2, "covers": "tenant"}), "needs a name"),
        (json!({"name": "x", "start": "2026-01-20T10:30", "hours": 745, "covers": "tenant"}), "31 days"),
    ] {
        let (status, problem) = program.call(path, document).await;
        assert!(status == 422 && problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    let (status, problem) = program
        .call(path, json!({"name": "x", "start": "2026-01-20T10:30", "hours": 2, "covers": "all"}))
        .await;
    assert_eq!(status, 400, "{problem}");
    for (document, words) in [
        (
            json!({"name": "x", "start": "2026-01-20T10:30", "hours": -1, "covers": "tenant"}),
            "`hours` must be a whole number that is not negative and not too large, not `-1`",
        ),
        (
            json!({"name": "x", "start": "2026-01-20T10:30", "hours": 1, "covers": "all"}),
            "`covers` must be one of `home`, `tag`, `region`, `tenant`, not `all`",
        ),
        (json!({"start": ""}), "`name` is missing; `hours` is missing; `covers` is missing"),
        (json!(["x"]), "the body must be an object, such as `{}`, not a list"),
    ] {
        let (status, problem) = program.call(path, document).await;
        assert!(status == 400 && problem["detail"].as_str().unwrap().starts_with(words), "{problem}");
    }
    let (_, problem) = program.call(path, json!({"start": 5, "hour": 1, "repeat": "never"})).await;
    for words in [
        "`start` must be a text in quotes, not `5`",
        "unknown key `hour`; did you mean `hours`?",
        "`repeat` must be one of `once`, ",
        "`name` is missing",
        "`hours` is missing",
        "`covers` is missing",
    ] {
        assert!(problem["detail"].as_str().unwrap().contains(words), "{words}: {problem}");
    }
    let mut elsewhere = new("2026-01-20T10:30", "tenant", "");
    elsewhere["zone"] = "Mars/X".into();
    let (_, problem) = program.call(path, elsewhere).await;
    assert_eq!(problem["detail"], "unknown time zone: `Mars/X` (example: `Europe/Vienna`)");
    let (status, of_region) = program.call(path, new("2026-01-21T10:30", "region", HOSTILE)).await;
    assert!(status == 201 && of_region["covers"].as_str().unwrap().contains("region"), "{of_region}");
    let end = format!("{path}/{}/end", of_region["id"].as_str().unwrap());
    assert_eq!(bed.call(&end, &[("authorization", &program.token)], r#"{"edition": 1}"#).await.status, 204);
    assert_eq!(program.call("/api/v1/maintenance/south", new("2026-01-20T10:30", "tenant", "")).await.0, 404);
    let (_, list) =
        (0, bed.ask(&Method::GET, "/api/v1/maintenance", &[("authorization", &program.token)], "").await);
    let list: Value = serde_json::from_str(&list.text).unwrap();
    assert_eq!(list["items"], json!([window]));
    let end = format!("{path}/{}/end", window["id"].as_str().unwrap());
    let headers = [("authorization", program.token.as_str())];
    assert_eq!(bed.call(&end, &headers, r#"{"edition": 7}"#).await.status, 409);
    for _ in 0..2 {
        assert_eq!(bed.call(&end, &headers, r#"{"edition": 1}"#).await.status, 204, "also a repetition");
    }
    assert_eq!(bed.call(&end, &headers, r#"{"edition": 2}"#).await.status, 409);
    let list = bed.ask(&Method::GET, "/api/v1/maintenance", &headers, "").await;
    let list: Value = serde_json::from_str(&list.text).unwrap();
    assert_eq!(list["items"][0]["ended"], "2026-01-15T10:00:00Z");
    assert_eq!((&list["items"][0]["is_over"], &list["items"][0]["opens"]), (&true.into(), &Value::Null));
    // One that has not opened is removed.
    let (_, next) = program.call(path, new("2026-01-20T10:30", "tenant", "")).await;
    let end = format!("{path}/{}/end", next["id"].as_str().unwrap());
    for status in [204, 404] {
        assert_eq!(bed.call(&end, &headers, r#"{"edition": 1}"#).await.status, status);
    }
    let actions: Vec<_> =
        bed.actions().await.into_iter().filter(|(_, _, outcome)| outcome == "done").collect();
    let actions: Vec<_> = actions.iter().map(|(_, action, _)| action.as_str()).collect();
    // Each has its row before it is done; that of another edition is followed by one that says so.
    assert_eq!(
        actions,
        [
            "add maintenance",
            "add maintenance",
            "remove maintenance",
            "end maintenance",
            "end maintenance",
            "add maintenance",
            "remove maintenance"
        ]
    );
    let missed = bed.actions().await.into_iter().filter(|(_, _, outcome)| outcome.starts_with("not done"));
    assert_eq!(missed.count(), 1);
}

/// Without sign-in there are no tokens, and a decision names its person.
#[tokio::test]
async fn a_decision_without_sign_in_names_its_person() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let path = format!("{INCIDENT}/acknowledge");
    let named = |person: &str| json!({"version": 1, "edits": 0, "person": person}).to_string();
    for (document, status) in [
        (json!({"version": 1, "edits": 0}).to_string(), 422),
        (named("  "), 422),
        (named(&"x".repeat(61)), 422),
        (named("Ada"), 200),
    ] {
        assert_eq!(bed.call(&path, &[], &document).await.status.as_u16(), status, "{document}");
    }
    assert_eq!(&*stored(&bed).await.acknowledged.unwrap().by, "Ada");
    let plain = bed.call(&path, &[("content-type", "text/plain")], &named("Eve")).await;
    assert_eq!(plain.status, 415, "a foreign page can send plain text");
}

/// The refusals of each change that no schema excludes, by their requests. The document has exactly these.
#[tokio::test]
async fn the_document_has_the_refusals_of_each_change() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let window = json!({ "name": "Upgrade", "start": "2026-01-20T01:30", "hours": 2, "covers": "home", "value": "h1" });
    let with = |member: &str, value: Value| {
        let mut window = window.clone();
        window[member] = value;
        window
    };
    let added = bed.call("/api/v1/maintenance/north", &[], &window.to_string()).await;
    let added: Value = serde_json::from_str(&added.text).unwrap();
    let id = added["id"].as_str().unwrap();
    let seen = |edits: u32, person: &str| json!({"version": 1, "edits": edits, "person": person, "hours": 1});
    let decide = |edits: u32, person: &str| json!({"version": 1, "edits": edits, "person": person});
    let incident = |action: &str, own: &str| {
        (format!("/api/v1/incidents/{{tenant}}/{{incident}}/{action}"), own.to_owned())
    };
    let end = "/api/v1/maintenance/{tenant}/{window}/end";
    let check = "/api/v1/homes/{tenant}/{home}/check";
    let mut requests = vec![
        (check.to_owned(), "/api/v1/homes/north/none/check".to_owned(), json!({})),
        (
            "/api/v1/channels/{tenant}/{channel}/try".to_owned(),
            "/api/v1/channels/north/none/try".to_owned(),
            json!({}),
        ),
        ("/api/v1/maintenance/{tenant}".to_owned(), "/api/v1/maintenance/none".to_owned(), window.clone()),
        (
            "/api/v1/maintenance/{tenant}".to_owned(),
            "/api/v1/maintenance/north".to_owned(),
            with("zone", "Mars".into()),
        ),
        (end.to_owned(), "/api/v1/maintenance/north/none/end".to_owned(), json!({"edition": 1})),
        (end.to_owned(), format!("/api/v1/maintenance/north/{id}/end"), json!({"edition": 7})),
    ];
    for own in ["none", "i1"] {
        for (action, document) in [
            ("acknowledge", [decide(7, "Ada"), decide(0, "")]),
            ("release", [decide(7, "Ada"), decide(0, "")]),
            ("snooze", [seen(7, "Ada"), seen(0, "")]),
            ("notes", [json!({"text": " ", "person": "Ada"}), json!({"text": "x"})]),
        ] {
            for document in document {
                let (path, own) = incident(action, &format!("/api/v1/incidents/north/{own}/{action}"));
                requests.push((path, own, document));
            }
        }
    }
    let home = "/api/v1/homes/north/h1/check".to_owned();
    requests.extend(std::iter::repeat_n((check.to_owned(), home, json!({})), 30));
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, own, body) in requests {
        let status = bed.call(&own, &[], &body.to_string()).await.status;
        if status.as_u16() >= 400 {
            reached.entry(path).or_default().insert(status.as_str().to_owned());
        }
    }
    // A home that no worker has taken up yet; the worker of this test has every home.
    reached.entry(check.to_owned()).or_default().insert("422".to_owned());
    let document: Value = serde_json::from_str(&bed.get("/api/v1/openapi.json").await.text).unwrap();
    let changes =
        document["paths"].as_object().unwrap().iter().filter_map(|(path, of)| Some((path, of.get("post")?)));
    let declared: BTreeMap<String, BTreeSet<String>> = changes
        .map(|(path, change)| {
            let statuses = change["responses"].as_object().unwrap().keys();
            let refusals = statuses.filter(|status| status.starts_with('4') && *status != "4XX");
            (path.clone(), refusals.cloned().collect())
        })
        .collect();
    assert_eq!(declared, reached);
}

/// The commands of the README.
#[tokio::test]
async fn the_commands_of_the_readme_are_carried_out() {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("### Changes by the API").unwrap();
    let block = section.split("```").nth(1).unwrap();
    let bed = Bed::closed().await;
    let token = bed.token("operator").await;
    let channel = br#"{"name": "Hook", "target": {"kind": "mail", "to": ["ada@example.net"]}}"#;
    bed.store.put_record(&tenant(), RecordKind::Channel, "hook", 0, channel.to_vec()).await.unwrap();
    let mut carried_out = 0;
    for line in block.lines().filter(|line| line.starts_with("curl ")) {
        let (_, rest) = line.split_once("\"$MONITOR").unwrap();
        let (path, rest) = rest.split_once('"').unwrap();
        let path = &path.replace("WINDOW", &bed.window_of_program(&tenant()).await);
        assert!(rest.contains("-H \"Authorization: Bearer $TOKEN\""), "{line}");
        let headers = [("authorization", token.as_str())];
        let answer = match rest.split_once("--json '") {
            Some((_, document)) => bed.call(path, &headers, document.trim_end_matches('\'')).await,
            None => bed.ask(&Method::GET, path, &headers, "").await,
        };
        assert!(answer.status.is_success(), "{line}: {}", answer.text);
        carried_out += 1;
    }
    assert_eq!(carried_out, 9);
    assert_eq!((stored(&bed).await.edits, stored(&bed).await.notes.len()), (3, 1));
    assert_eq!(bed.requested.lock().unwrap().len(), 1);
}
