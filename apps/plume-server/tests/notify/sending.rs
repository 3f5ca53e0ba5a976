//! The sender with the store in a file: time is skipped, receivers fail as the test says.

use std::time::Duration;

use chrono::TimeDelta;
use plume::monitor::{
    ids::{GroupKey, GroupKind},
    incident::{ChangeKind, Scope},
};
use plume_server::{
    notify::send_test,
    store::model::{Action, NewHome, RecordKind, Tenant},
};
use serde_json::json;

use crate::bed::*;

#[tokio::test]
async fn a_wait_that_the_receiver_requests_is_obeyed_up_to_an_hour() {
    for (after, seconds) in [("30", 30), ("1000000000000", 3_600), ("soon", 30), ("0", 1)] {
        let bed = Bed::webhook().await;
        bed.answer([Answer::Wait(after)]);
        bed.opened("i1").await;
        bed.tick().await;
        // A further message of the channel waits too.
        bed.opened("i2").await;
        for _ in 0..3_700 {
            bed.clock.advance(Duration::from_secs(1));
            bed.tick().await;
            if bed.receivers.lock().unwrap().seen.len() > 1 {
                break;
            }
        }
        let seen = bed.seen();
        assert_eq!(seen[1].at, start() + TimeDelta::seconds(seconds), "{after}");
        assert_eq!((seen.len(), &seen[0].id), (3, &seen[1].id), "{after}");
    }
}

#[tokio::test]
async fn a_channel_that_fails_for_three_days_loses_nothing_silently() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(500));
    bed.opened("stays").await;
    // 20 homes go down and come back each day, one stays down from the third day.
    for day in 0..3 {
        for home in 0..20 {
            let id = format!("i{day}-{home}");
            bed.opened(&id).await;
            bed.pass(Duration::from_secs(1_800)).await;
            if (day, home) != (2, 19) {
                bed.closed(&id).await;
            }
            bed.pass(Duration::from_secs(2_520)).await;
        }
    }
    let failing = bed.seen();
    // A message is attempted at most as often as its back-off says, whatever else arrives.
    assert!((8..150).contains(&failing.len()), "{}", failing.len());
    assert_eq!(bed.reports().len(), 1, "{:?}", bed.reports());
    assert!(bed.reports()[0].starts_with("The channel Main fails\nIt has failed since 2026-01-15 00:01 UTC"));
    bed.always(Answer::Status(200));
    bed.pass(5 * HOUR).await;
    let texts: Vec<String> = bed.seen().iter().map(|seen| seen.body["text"].to_string()).collect();
    assert!((1..=8).contains(&texts.len()), "{texts:#?}");
    // The newest state of what is younger than a day, in few messages.
    let all = texts.concat();
    assert!(all.contains("home-i2-19: 🔴 red") && all.contains("home-i2-18: recovered"), "{all}");
    assert_eq!(bed.reports().len(), 2);
    assert!(bed.reports()[1].starts_with("The channel Main works again"));
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap().0, 0);
    // Every message has a final row in the log: sent, dead, or replaced by one that has.
    let mut last = std::collections::BTreeMap::new();
    for row in bed.log().await {
        last.insert(row.message, row.outcome);
    }
    assert!(last.len() >= 120 && last.values().all(|outcome| outcome != "retry"), "{last:?}");
}

#[tokio::test]
async fn a_message_ends_as_a_dead_letter_after_a_day() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(500));
    bed.opened("i1").await;
    bed.pass(26 * HOUR).await;
    let outcomes = bed.outcomes().await;
    assert_eq!(outcomes.len(), 11);
    assert!(outcomes[..10].iter().all(|outcome| outcome == "retry") && outcomes[10] == "dead");
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 1));
    let seen = bed.seen();
    assert!(seen.iter().all(|attempt| attempt.id == seen[0].id));
}

#[tokio::test]
async fn trouble_that_ended_while_the_channel_failed_is_one_message() {
    let bed = Bed::webhook().await;
    bed.answer([Answer::Status(500)]);
    bed.opened("i1").await;
    bed.tick().await;
    bed.closed("i1").await;
    bed.pass(HOUR).await;
    let seen = bed.seen();
    assert_eq!(
        seen.iter().map(|seen| &seen.body["type"]).collect::<Vec<_>>(),
        ["incident.problem", "incident.recovered"]
    );
    assert_eq!(seen[1].body["replaced"], 1);
    assert_eq!(bed.outcomes().await, ["retry", "superseded", "sent"]);
}

#[tokio::test]
async fn a_broken_connection_repeats_with_the_same_id_or_a_mark() {
    let bed = Bed::webhook().await;
    bed.answer([Answer::Broken]);
    bed.opened("i1").await;
    bed.pass(HOUR).await;
    let seen = bed.seen();
    assert_eq!((seen.len(), &seen[0].id), (2, &seen[1].id));
    assert_eq!(seen[0].body["data"], seen[1].body["data"]);
    let slack = Bed::new(json!({ "kind": "slack", "url": "https://main.example.com/x" })).await;
    slack.answer([Answer::Status(503), Answer::Broken]);
    slack.opened("i1").await;
    slack.pass(HOUR).await;
    let marks: Vec<bool> =
        slack.seen().iter().map(|seen| seen.body["text"].as_str().unwrap().ends_with("(repeat)")).collect();
    // A 503 is certain.
    assert_eq!(marks, [false, false, true]);
}

#[tokio::test]
async fn a_message_is_not_sent_once_people_have_the_trouble_or_it_is_over() {
    let bed = Bed::webhook().await;
    bed.answer([Answer::Status(503)]);
    bed.opened("i1").await;
    bed.tick().await;
    let filed = bed.store().incident(&tenant(), &"i1".into()).await.unwrap().unwrap();
    let action = Action::Acknowledge { seen: filed.incident.seen() };
    let silent: std::sync::Arc<dyn plume_server::store::model::Announcer> =
        std::sync::Arc::new(plume_server::store::model::Silent);
    bed.store().act(&tenant(), &"i1".into(), "Ada", action, &silent).await.unwrap();
    bed.pass(HOUR).await;
    assert_eq!(bed.seen().len(), 1);
    assert_eq!(bed.outcomes().await, ["retry", "superseded"]);
    // A worsening is news.
    bed.changed("i1", ChangeKind::Updated, 2).await;
    bed.tick().await;
    assert_eq!(bed.seen().len(), 1);
}

#[tokio::test]
async fn a_silence_holds_messages_until_its_end() {
    let bed = Bed::webhook().await;
    let silence = json!({ "name": "works", "from": start(), "until": start() + TimeDelta::hours(2), "homes": ["home-i1", "home-i2"] });
    let body = silence.to_string().into_bytes();
    bed.store().put_record(&tenant(), RecordKind::Silence, "s1", 0, body).await.unwrap();
    for id in ["i1", "i2", "i3"] {
        bed.opened(id).await;
    }
    bed.tick().await;
    bed.closed("i2").await;
    bed.pass(HOUR).await;
    let seen = bed.seen();
    assert!(seen.len() == 1 && seen[0].body["data"]["incident"] == "i3");
    bed.pass(2 * HOUR).await;
    let rest: Vec<_> = bed.seen().iter().map(|seen| seen.body["data"]["incident"].clone()).collect();
    assert_eq!(rest, ["i1", "i2"]);
}

#[tokio::test]
async fn the_hourly_limit_makes_a_summary_also_after_a_restart() {
    let mut bed = Bed::webhook().await;
    let target = json!({ "kind": "webhook", "url": "https://main.example.com/", "key": KEY });
    bed.put_channel("main", json!({ "name": "Main", "target": target, "max_per_hour": 4 })).await;
    for number in 0..3 {
        bed.opened(&format!("i{number}")).await;
        bed.tick().await;
    }
    bed.restart();
    for number in 3..100 {
        bed.opened(&format!("i{number}")).await;
    }
    bed.pass(Duration::from_secs(300)).await;
    let seen = bed.seen();
    assert_eq!(seen.len(), 4);
    let summary = &seen[3].body;
    assert_eq!((&summary["type"], &summary["data"]["total"]), (&json!("summary"), &json!(97)));
    assert_eq!(summary["data"]["entries"].as_array().unwrap().len(), 50);
    assert!(summary["text"].as_str().unwrap().contains("home-i99: 🔴 red"));
    // The limit is reached: the rest waits for the next hour.
    bed.opened("late").await;
    bed.pass(HOUR / 2).await;
    assert!(bed.seen().is_empty());
    bed.pass(HOUR).await;
    assert_eq!(bed.seen().len(), 1);
}

#[tokio::test]
async fn a_busy_channel_does_not_hide_the_messages_of_another_from_its_limit() {
    let mut bed = Bed::webhook().await;
    let target = json!({ "kind": "webhook", "url": "https://main.example.com/", "key": KEY });
    bed.put_channel("main", json!({ "name": "Main", "target": target, "max_per_hour": 2 })).await;
    let other = json!({ "kind": "webhook", "url": "https://other.example.com/", "key": KEY });
    bed.put_channel("other", json!({ "name": "Other", "target": other, "max_per_hour": 1_000 })).await;
    for id in ["i1", "i2"] {
        bed.opened(id).await;
        bed.tick().await;
    }
    for number in 0..550 {
        let mut message = outgoing(&message("home-1", "offline"));
        (message.channel, message.dedup) = ("other".to_owned(), number.to_string());
        message.incident = None;
        bed.stored(vec![message]).await;
        bed.tick().await;
    }
    bed.restart();
    bed.opened("i3").await;
    bed.tick().await;
    assert_eq!(bed.seen().len(), 2);
    bed.pass(HOUR).await;
    assert_eq!(bed.seen().len(), 1);
}

#[tokio::test]
async fn texts_have_the_names_of_people_and_documents_the_ids() {
    let bed = Bed::webhook().await;
    bed.store().put_tenant(Tenant { id: tenant(), name: "Example ISP".to_owned() }).await.unwrap();
    let home = NewHome {
        tenant: tenant(),
        id: "home-1".into(),
        customer: "c".to_owned(),
        location: "l".to_owned(),
        name: "Linden Street 5".to_owned(),
        region: None,
        tags: Vec::new(),
        due: bed.now(),
    };
    bed.store().put_homes(vec![home]).await.unwrap();
    let of_group = |kind, value: &str, key: &str| {
        let mut message = message("x", "many homes are offline");
        message.scope = Scope::Group(GroupKey::new(kind, value));
        (message.incident, message.key) = (key.into(), key.into());
        message
    };
    let region = of_group(GroupKind::Region, "north", "i2");
    let all = of_group(GroupKind::Tenant, tenant().as_str(), "i3");
    bed.stored([message("home-1", "offline"), region, all].iter().map(outgoing).collect()).await;
    bed.tick().await;
    let seen = bed.seen();
    let text = |index: usize| seen[index].body["text"].as_str().unwrap();
    assert!(
        text(0).starts_with("Linden Street 5: ") && text(0).ends_with("\nTenant: Example ISP"),
        "{}",
        text(0)
    );
    assert!(
        text(1).starts_with("region north: ") && text(1).ends_with("\nTenant: Example ISP"),
        "{}",
        text(1)
    );
    assert!(text(2).starts_with("tenant Example ISP: ") && !text(2).contains("Tenant:"), "{}", text(2));
    assert!(seen[0].body["data"].to_string().contains("home-1"), "{}", seen[0].body);
}

#[tokio::test]
async fn a_channel_that_does_not_exist_is_reported_and_its_messages_wait_for_a_day() {
    let stray = |home: &str| {
        let mut message = outgoing(&message(home, "offline"));
        message.channel = "pagr".to_owned();
        message.dedup = home.to_owned();
        message
    };
    let bed = Bed::webhook().await;
    bed.stored(vec![stray("home-1"), stray("home-2")]).await;
    bed.tick().await;
    bed.tick().await;
    // Of the others, the first one reports it.
    let texts = |bed: &Bed| {
        bed.seen().iter().map(|seen| seen.body["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let reports = texts(&bed);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].starts_with("The channel pagr fails"), "{}", reports[0]);
    assert!(reports[0].ends_with("The last cause: the channel does not exist"), "{}", reports[0]);
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (2, 0));
    // A person adds it.
    let target = json!({ "kind": "webhook", "url": "https://other.example.com/", "key": KEY });
    bed.clock.advance(Duration::from_secs(1));
    bed.put_channel("pagr", json!({ "name": "Pager", "target": target })).await;
    bed.pass(HOUR).await;
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 0));
    assert!(texts(&bed).concat().contains("The channel Pager works again"));

    let bed = Bed::webhook().await;
    bed.stored(vec![stray("home-1")]).await;
    bed.pass(26 * HOUR).await;
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 1));
    assert_eq!(texts(&bed).len(), 1);
}

#[tokio::test]
async fn a_channel_of_a_newer_version_is_reported_and_stops_no_other() {
    let bed = Bed::webhook().await;
    bed.put_channel("main", json!({ "name": "Main", "target": { "kind": "pigeon", "loft": "secret" } }))
        .await;
    bed.opened("i1").await;
    bed.tick().await;
    bed.tick().await;
    assert!(bed.reports()[0].ends_with("the document of the channel is not one of this version"));
    assert!(!bed.reports()[0].contains("secret") && !bed.reports()[0].contains("pigeon"));
    // What it was is sent once it can be read.
    let target = json!({ "kind": "webhook", "url": "https://main.example.com/", "key": KEY });
    bed.put_channel("main", json!({ "name": "Main", "target": target })).await;
    bed.pass(HOUR).await;
    assert_eq!(bed.seen().len(), 1);
}

#[tokio::test]
async fn a_changed_channel_does_not_wait_for_the_end_of_its_pause() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(404));
    bed.opened("i1").await;
    bed.pass(10 * HOUR).await;
    bed.seen();
    bed.always(Answer::Status(200));
    let target = json!({ "kind": "webhook", "url": "https://main.example.com/repaired", "key": KEY });
    bed.clock.advance(Duration::from_secs(1));
    bed.put_channel("main", json!({ "name": "Main", "target": target })).await;
    send_test(bed.store(), &tenant(), "main", "Ada", bed.now()).await.unwrap();
    bed.tick().await;
    assert_eq!(bed.seen().len(), 2);
}

/// A fleet incident takes a message over that was not sent yet, and ends before the trouble.
#[tokio::test]
async fn a_message_that_a_fleet_incident_took_over_is_sent_if_the_trouble_outlasts_it() {
    let bed = Bed::webhook().await;
    let link = |fleet: Option<&str>| {
        let link = json!({ "incident": "i1", "fleet": fleet, "hold_until": null });
        let links = vec![serde_json::from_value(link).unwrap()];
        plume_server::store::model::Decisions { links, ..Default::default() }
    };
    let bell: std::sync::Arc<dyn plume_server::store::model::Announcer> = std::sync::Arc::new(Bell);
    bed.answer([Answer::Status(503)]);
    bed.opened("i1").await;
    bed.tick().await;
    bed.store().decide(&tenant(), link(Some("f1")), &bell).await.unwrap();
    bed.pass(HOUR).await;
    assert_eq!(bed.outcomes().await, ["retry", "superseded"]);
    bed.store().decide(&tenant(), link(None), &bell).await.unwrap();
    bed.tick().await;
    let seen = bed.seen();
    assert_eq!((seen.len(), &seen[1].body["type"]), (2, &json!("incident.problem")));
    assert_ne!(seen[0].id, seen[1].id);
    bed.closed("i1").await;
    bed.tick().await;
    assert_eq!(bed.seen()[0].body["type"], "incident.recovered");
}

#[tokio::test]
async fn a_test_message_is_in_the_log() {
    let bed = Bed::new(json!({ "kind": "teams", "url": "https://main.example.com/x?sig=y" })).await;
    send_test(bed.store(), &tenant(), "main", "Ada <script>", bed.now()).await.unwrap();
    bed.tick().await;
    let log = bed.log().await;
    // A workflow does not say whether it posted the card.
    assert_eq!((log[0].outcome.as_str(), log[0].detail.as_str()), ("accepted", "200 OK"));
}

#[tokio::test]
async fn an_alert_is_repeated_until_it_is_resolved() {
    let bed = Bed::new(json!({ "kind": "alertmanager", "url": "https://main.example.com/am/" })).await;
    bed.opened("i1").await;
    bed.pass(HOUR / 6).await;
    let firing = bed.seen();
    assert!((10..=12).contains(&firing.len()), "{}", firing.len());
    for (number, seen) in firing.iter().enumerate() {
        let alert = &seen.body[0];
        assert_eq!(alert["labels"], firing[0].body[0]["labels"], "{number}");
        let ends: chrono::DateTime<chrono::Utc> = alert["endsAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(ends, seen.at + TimeDelta::minutes(5));
    }
    bed.closed("i1").await;
    bed.pass(HOUR / 6).await;
    let resolved = bed.seen();
    assert!((1..=2).contains(&resolved.len()), "{resolved:?}");
    let ends: chrono::DateTime<chrono::Utc> =
        resolved[0].body[0]["endsAt"].as_str().unwrap().parse().unwrap();
    assert!(ends <= resolved[0].at);
    bed.pass(HOUR).await;
    assert!(bed.seen().is_empty());
}

// WB13
#[tokio::test]
async fn messages_that_were_taken_before_a_suspension_wait_until_its_end() {
    for is_in_file in [true, false] {
        let target = json!({ "kind": "webhook", "url": "https://main.example.com/hook", "key": KEY });
        let bed = Bed::with(target, is_in_file).await;
        for id in ["i1", "i2", "i3"] {
            bed.opened(id).await;
        }
        bed.answer([Answer::Suspended]);
        let before = bed.now();
        bed.tick().await;
        let first = bed.seen();
        // The turn ends within the request, not after the next message.
        assert_eq!((first.len(), bed.now()), (1, before));
        bed.store().suspend(&tenant(), true).await.unwrap();
        bed.pass(HOUR).await;
        assert_eq!(bed.seen().len(), 0);
        assert!(bed.outcomes().await.is_empty(), "nothing is given up");
        bed.store().suspend(&tenant(), false).await.unwrap();
        bed.suspended.replace([].into());
        bed.pass(Duration::from_secs(180)).await;
        let sent = bed.seen();
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[0].id, first[0].id, "a repeat has the same id");
    }
}
