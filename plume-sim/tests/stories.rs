//! Stories: their events show in the live state and in every report.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume_runtime::ManualClock;
use plume_sim::{Cast, Home, Level, Story, StoryEvent, StoryPlan, When};
use serde_json::{Value, json};

use common::{Client, api, builder, clock, names, reports};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn span(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(story: impl Into<StoryPlan>) -> (Client, ManualClock) {
    let clock = clock();
    let builder = builder().clock(Arc::new(clock.clone())).token_lifetime(span(1 << 30)).story(story);
    (Client::new(builder), clock)
}

fn at(hour: u8, minute: u8) -> When {
    When::TimeOfDay { day: 0, hour, minute }
}

fn healthy() -> Cast {
    Cast::Homes(vec![Home::Healthy])
}

fn rows(body: &Value, key: &str) -> Vec<Value> {
    body[key].as_array().unwrap_or_else(|| panic!("no {key} in {body}")).clone()
}

#[test]
fn a_region_is_offline_alone_and_its_outage_is_known() {
    let text = r#"{"name": "storm", "events": [
        {"at": "+1h", "homes": "region 3 of 8", "event": "wan-outage", "for": "20m"}
    ]}"#;
    let clock = clock();
    let story = StoryPlan::from_json("storm.json", text).unwrap();
    let cloud = builder().clock(clock.clone()).homes([]).customers(64).story(story).build();
    let locations = cloud.tenant_locations("Example ISP").unwrap();
    assert!(locations.len() > 64, "some customers have two locations");
    clock.advance(span(HOUR + 5 * MINUTE));
    let hit = |location: &str| cloud.outages(location).iter().any(|(start, _)| *start > start_of_storm());
    for (customer, location) in &locations {
        let number = u32::from_str_radix(&customer[16..], 16).unwrap();
        // A home that is offline from the start stays so.
        if cloud.outages(location).iter().all(|(start, _)| *start > start_of_storm()) {
            assert_eq!(hit(location), number % 8 == 3, "{customer}");
        }
    }
    let (_, location) = locations.iter().find(|(_, location)| hit(location)).unwrap();
    let outage = |minutes: u64| {
        let [(start, end)] = cloud.outages(location)[..] else { panic!("{:?}", cloud.outages(location)) };
        assert_eq!((end - start).num_minutes(), i64::try_from(minutes).unwrap());
    };
    // An outage that lasts ends now.
    outage(5);
    clock.advance(span(HOUR));
    outage(20);
    assert!(cloud.outages("nowhere").is_empty() && cloud.tenant_locations("Example Nowhere").is_err());
}

/// A second before the outage.
fn start_of_storm() -> DateTime<Utc> {
    common::start() + span(HOUR - 1)
}

/// The simulator is built at 10:00.
#[test]
fn a_gateway_without_power_shows_everywhere() {
    let dark = StoryEvent::PowerLoss { node: "gateway".to_owned(), lasts: Some(span(20 * MINUTE)) };
    let (client, clock) = told(StoryPlan::new("lunch").event(at(14, 2), healthy(), dark));
    let home = api(Home::Healthy);
    let status = || client.ok(&home)["networkStatus"].clone();
    clock.advance(span(4 * HOUR + MINUTE));
    assert_eq!(status()["status"], "online");

    clock.advance(span(2 * MINUTE));
    let node = &client.nodes(Home::Healthy)[0];
    assert_eq!(node["connectionState"], "disconnected");
    assert_eq!(node["connectionStateChangeAt"], "2026-01-15T14:02:00.000Z");
    assert_eq!((&node["health"], &node["leafToRoot"]), (&Value::Null, &json!([])));
    assert_eq!(status()["status"], "offline");
    assert_eq!(status()["statusChangedAt"], "2026-01-15T14:02:00.000Z");
    let devices = client.devices(Home::Healthy);
    assert!(names(&devices, "connectionState").iter().all(|state| *state == "disconnected"));
    assert!(names(&devices, "connectionStateChangeAt").iter().all(|at| at.contains("T14:02:00")));
    let uplink = client.ok(&format!("{home}/uplink-status"));
    assert_eq!(uplink["gatewayConnectionState"], "disconnected");

    // At 15:00 the hour is past: 20 minutes, and the time to start.
    clock.advance(span(57 * MINUTE));
    let node = &client.nodes(Home::Healthy)[0];
    assert_eq!(
        (&node["connectionState"], &node["bootAt"]),
        (&json!("connected"), &json!("2026-01-15T14:22:00.000Z"))
    );
    assert_eq!(status()["statusChangedAt"], "2026-01-15T14:23:37.000Z");
    assert_eq!(status()["durationOfPreviousStatus"], 20 * 60 + 97);
    let hours = rows(&client.ok(&format!("{}/onlineStats?limit=3", reports(Home::Healthy))), "locationState");
    assert_eq!(names(&hours, "value"), ["online", "online", "offline"]);
    assert_eq!(names(&hours, "timestamp")[2], "2026-01-15T14:00:00.000Z");
    let wan = rows(&client.ok(&format!("{}/wanStats?period=daily", reports(Home::Healthy))), "fifteenMins");
    let quarter =
        |time: &str| wan.iter().find(|point| point["timestamp"].as_str().unwrap().contains(time)).unwrap();
    assert!(quarter("T14:00").get("rxMbytes").unwrap().is_null(), "13 of 15 minutes are missing");
    assert!(!quarter("T13:45")["rxMbytes"].is_null());
    let reboots = client.ok(&format!("{}/reboots", reports(Home::Healthy)));
    assert_eq!((&reboots["count"], &reboots["reboots"][0]["reason"]), (&json!(1), &json!("power cycle")));
    // No other home is affected.
    assert_eq!(client.ok(&format!("{}/reboots", reports(Home::PoorQoe)))["count"], 0);
}

#[test]
fn a_pod_that_loses_its_link_raises_an_alert_and_stays_weak() {
    let loss = StoryEvent::BackhaulLoss { node: "Living Room".to_owned(), lasts: Some(span(8 * MINUTE)) };
    let (client, clock) = told(StoryPlan::new("link").event(at(14, 2), Cast::Everyone, loss));
    let home = api(Home::DeviceGone);
    let alerts = || rows(&client.ok(&format!("{home}/alerts")), "nodes");
    clock.advance(span(4 * HOUR + 5 * MINUTE));
    let node = client.nodes(Home::DeviceGone)[1].clone();
    assert_eq!(node["connectionState"], "disconnected");
    assert_eq!(node["connectionStateChangeAt"], "2026-01-15T14:02:00.000Z");
    assert_eq!((&node["alerts"], alerts()), (&json!([]), vec![]), "what is away has no health to be poor");
    assert_eq!(client.ok(&home)["networkStatus"]["status"], "online", "the gateway stays online");
    assert_eq!(client.devices(Home::DeviceGone)[5]["connectionState"], "disconnected", "a device on it");

    clock.advance(span(10 * MINUTE));
    let node = client.nodes(Home::DeviceGone)[1].clone();
    assert_eq!((&node["connectionState"], &node["health"]["status"]), (&json!("connected"), &json!("poor")));
    assert_eq!(node["bootAt"], "2026-01-10T10:13:23.000Z", "it did not restart");
    assert_eq!(alerts(), [json!({ "id": node["id"], "alerts": [{ "type": "poorHealth" }] })]);
    clock.advance(span(30 * MINUTE));
    assert_eq!(client.nodes(Home::DeviceGone)[1]["health"]["status"], "good");
    assert!(alerts().is_empty());
    let items = rows(
        &client.ok(&format!("/reports/gateway/nodes/{}/qoe/history?limit=3", node["id"].as_str().unwrap())),
        "items",
    );
    let score = |index: usize| items[index]["connection"]["weightedQoeScore"].as_f64().unwrap();
    assert!(score(1) < 2.5 && score(2) < 2.5, "{items:?}");
}

#[test]
fn pods_and_devices_roam() {
    let to = |node: &str| StoryEvent::PodRoams { node: "2".to_owned(), to: node.to_owned() };
    let story = StoryPlan::new("roam")
        .event(When::After(span(60)), Cast::Everyone, to("Bedroom"))
        .event(
            When::After(span(120)),
            Cast::Everyone,
            StoryEvent::PowerLoss { node: "3".to_owned(), lasts: None },
        )
        .event(When::After(span(180)), Cast::Everyone, to("gateway"))
        .event(
            When::After(span(200)),
            Cast::Everyone,
            StoryEvent::DeviceJoins { device: "Phone".to_owned(), node: Some("Living Room".to_owned()) },
        )
        // A cycle has no effect.
        .event(When::After(span(210)), Cast::Everyone, StoryEvent::PodRoams { node: "gateway".to_owned(), to: "2".to_owned() });
    let (client, clock) = told(story);
    let ids: Vec<Value> = client.nodes(Home::PoorQoe).iter().map(|node| node["id"].clone()).collect();
    clock.advance(span(60));
    let pod = client.nodes(Home::PoorQoe)[1].clone();
    let path: Vec<&Value> = pod["leafToRoot"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    assert_eq!(path, [&ids[2], &ids[0]], "through the bedroom to the gateway");
    let console = client.devices(Home::PoorQoe)[5].clone();
    let path: Vec<&Value> =
        console["leafToRoot"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    assert_eq!(path, [&ids[1], &ids[2], &ids[0]]);
    clock.advance(span(60));
    assert_eq!(
        names(&client.nodes(Home::PoorQoe), "connectionState"),
        ["connected", "disconnected", "disconnected"]
    );
    clock.advance(span(60));
    assert_eq!(
        names(&client.nodes(Home::PoorQoe), "connectionState"),
        ["connected", "connected", "disconnected"]
    );
    clock.advance(span(60));
    assert_eq!(client.devices(Home::PoorQoe)[0]["leafToRoot"][0]["id"], ids[1]);
    assert_eq!(client.nodes(Home::PoorQoe)[0]["leafToRoot"], json!([]));
}

#[test]
fn the_evening_is_full_and_the_line_slow() {
    let (client, clock) = told(Story::EveningSaturation);
    let saturation = |home: Home| {
        let path =
            format!("/reports/gateway/locations/{}/wan-saturation/history?limit=4", home.location_id());
        rows(&client.ok(&path), "items")
            .iter()
            .map(|item| item["rxMaxPercentage"].as_f64().unwrap())
            .collect::<Vec<_>>()
    };
    clock.advance(span(8 * HOUR));
    assert!(saturation(Home::Healthy).iter().all(|share| *share < 60.0));
    clock.advance(span(2 * HOUR));
    assert!(saturation(Home::Healthy).iter().all(|share| *share >= 96.0), "{:?}", saturation(Home::Healthy));
    let qoe = |client: &Client| {
        let path = format!("{}/appqoe/AppQoeStatsByTrafficClass", api(Home::Healthy));
        client.send("POST", &path, "timePeriod=lastHour").1["trafficClasses"][2]["qoe"].clone()
    };
    assert_eq!(qoe(&client), "poor");
    clock.advance(span(24 * HOUR));
    assert_eq!(qoe(&client), "poor", "and on the next evening");
    clock.advance(span(6 * HOUR));
    assert_ne!(qoe(&client), "poor");

    let slow = StoryEvent::SpeedDrop { percent: 10, lasts: None };
    let (client, clock) = told(StoryPlan::new("slow").event(When::After(span(0)), Cast::Everyone, slow));
    clock.advance(span(12 * HOUR));
    let test = client.nodes(Home::Healthy)[0]["speedTest"].clone();
    assert!(test["download"].as_f64().unwrap() < 60.0, "{test}");
}

#[test]
fn firmware_is_installed_at_night() {
    let (client, clock) = told(Story::FirmwareUpgrade);
    clock.advance(span(17 * HOUR));
    let firmware = |node: usize| client.nodes(Home::PoorQoe)[node]["firmwareVersion"].clone();
    assert_eq!(client.nodes(Home::PoorQoe)[2]["connectionState"], "disconnected", "the last pod begins");
    assert_eq!(firmware(0), "8.5.2");
    clock.advance(span(HOUR));
    assert_eq!([firmware(0), firmware(1), firmware(2)], ["8.6.0", "8.6.0", "8.6.0"].map(Value::from));
    let path = format!("/reports/gateway/locations/{}/reboot/history?limit=3", Home::PoorQoe.location_id());
    let reboots = rows(&client.ok(&path), "items");
    assert_eq!(reboots.len(), 3, "one of each pod");
    assert!(reboots.iter().all(|reboot| reboot["reason"] == "firmware upgrade"));
    assert!(reboots.iter().all(|reboot| reboot["firmwareVersion"] == "8.6.0"));
}

#[test]
fn an_outage_of_the_provider_affects_its_share() {
    let clock = clock();
    let story = Story::IspOutage;
    let build = || {
        let builder = builder().clock(Arc::new(clock.clone())).token_lifetime(span(1 << 30)).customers(200);
        Client::new(builder.story(story))
    };
    let client = build();
    let again = build();
    clock.advance(span(10 * MINUTE));
    let offline = |client: &Client| -> Vec<String> {
        let customers = client.ok("/api/Customers");
        let ids =
            customers.as_array().unwrap().iter().map(|customer| customer["id"].as_str().unwrap().to_owned());
        let is_offline = |id: &String| {
            let locations = client.ok(&format!("/api/Customers/{id}/locations"));
            locations[0]["networkStatus"]["status"] == "offline"
        };
        ids.filter(is_offline).collect()
    };
    let gone = offline(&client);
    assert!((60..110).contains(&gone.len()), "{} of 208", gone.len());
    assert_eq!(offline(&again), gone, "the same homes for the same seed");
    clock.advance(span(HOUR));
    assert!(offline(&client).len() < 10, "all but the broken ones are back");
}

#[test]
fn every_named_story_runs() {
    for story in Story::ALL {
        assert!(!story.plan().description().is_empty(), "{story}");
        let (client, clock) = told(story);
        for _ in 0..48 {
            clock.advance(span(HOUR));
            for home in [Home::Healthy, Home::PoorQoe, Home::Empty] {
                client.nodes(home);
            }
        }
        // All devices and nodes are back at the end.
        let healthy = client.nodes(Home::PoorQoe);
        assert_eq!(names(&healthy, "connectionState"), ["connected"; 3], "{story}");
    }
}

#[test]
fn a_story_is_parsed_from_json() {
    let text = r##"{
        "name": "tuesday",
        "about": "everything at once",
        "events": [
            { "at": "14:02", "homes": ["healthy"], "event": "power-loss", "for": "20m" },
            { "at": "+1h", "event": "reboot", "node": "2", "reason": "kernel panic" },
            { "at": "03:00", "day": 1, "homes": "10%", "event": "firmware-upgrade", "version": "9.0.0" },
            { "at": "+5m", "homes": "all", "event": "wan-outage", "for": "90s", "times": 3, "every": "10m" },
            { "at": "+2h", "event": "backhaul-loss", "node": "Living Room", "for": "5m" },
            { "at": "+2h", "event": "pod-roams", "node": "2", "to": "3" },
            { "at": "+2h", "event": "poor-health", "node": "2", "for": "1h30m" },
            { "at": "-1h", "event": "device-leaves", "device": "Phone" },
            { "at": "+1h", "event": "device-joins", "device": "Phone", "node": "gateway" },
            { "at": "19:00", "event": "saturation", "percent": 95, "for": "4h" },
            { "at": "19:00", "event": "speed-drop", "percent": 20 },
            { "at": "19:00", "event": "poor-qoe", "class": "gaming", "for": "4h" },
            { "at": "+0s", "homes": ["5ca1ab1e0000010f00000001"], "event": "service-level", "level": "noService" },
            { "at": "+0s", "event": "ssid", "name": "Renamed" }
        ]
    }"##;
    let (client, clock) = told(StoryPlan::from_json("tuesday.json", text).unwrap());
    let ssid = client.ok(&format!("{}/wifiNetwork/ssid", api(Home::PoorQoe)));
    assert_eq!(ssid, json!({ "ssid": "Renamed" }));
    let level = |home: Home| client.ok(&format!("{}/serviceLevel", api(home)))["status"].clone();
    assert_eq!((level(Home::Healthy), level(Home::PoorQoe)), (json!("noService"), json!("fullService")));
    assert_eq!(client.devices(Home::PoorQoe)[0]["connectionState"], "disconnected", "out for an hour");
    clock.advance(span(5 * MINUTE));
    for (after, status) in [(0, "offline"), (90, "online"), (510, "offline"), (90, "online")] {
        clock.advance(span(after));
        assert_eq!(client.ok(&api(Home::PoorQoe))["networkStatus"]["status"], status, "{after}");
    }
    // The story in code is equal.
    let code = StoryPlan::new("one").event(
        When::TimeOfDay { day: 0, hour: 1, minute: 5 },
        Cast::Homes(vec![Home::Empty]),
        StoryEvent::ServiceLevel { level: Level::BasicService },
    );
    let json = r#"{"name": "one", "events": [
        {"at": "1:05", "homes": ["empty"], "event": "service-level", "level": "basicService"}]}"#;
    assert_eq!(StoryPlan::from_json("one.json", json).unwrap(), code);
}

#[test]
fn the_shipped_story_file_runs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/stories/bad-day.json");
    let (client, clock) = told(StoryPlan::from_file(path).unwrap());
    clock.advance(span(24 * HOUR));
    assert_eq!(client.nodes(Home::Healthy)[0]["firmwareVersion"], "8.6.0");
    let missing = StoryPlan::from_file("no-such-story.json").unwrap_err();
    assert_eq!(missing.to_string(), "no-such-story.json: cannot be read: entity not found");
    assert_eq!(missing.line(), None);
}

#[test]
fn a_bad_story_names_file_line_and_key() {
    let event = |event: &str| {
        format!(
            "{{\n\"name\": \"bad\",\n\"events\": [\n{{\"at\": \"+1m\", \"event\": \"wan-outage\"}},\n{event}\n]}}"
        )
    };
    let cases = [
        ("{".to_owned(), "s.json:1: "),
        ("{\n\"name\": 5}".to_owned(), "s.json:2: name: invalid type: integer `5`, expected a string"),
        ("{\n\"events\": []\n}".to_owned(), "s.json:1: missing field `name`"),
        (event(r#"{"at": "+1m"}"#), "s.json:5: events[1]: missing field `event`"),
        (
            event(r#"{"at": "+1m", "event": "wan-outtage"}"#),
            "s.json:5: events[1].event: unknown variant `wan-outtage`; did you mean `wan-outage`?",
        ),
        (
            event(r#"{"at": "+1m", "event": "wan-outage", "nod": "2"}"#),
            "s.json:5: events[1].nod: unknown field `nod`",
        ),
        (
            event("{\"event\": \"reboot\",\n\"at\": \"25:00\"}"),
            "s.json:6: events[1].at: \"25:00\" is not a time such as",
        ),
        (
            event(r#"{"at": "+1m", "event": "reboot", "node": "gatway"}"#),
            "s.json:5: events[1].node: no home has \"gatway\"; did you mean \"gateway\"?",
        ),
        (event(r#"{"at": "+1m", "event": "reboot", "node": "0"}"#), "events[1].node: no home has \"0\""),
        (
            event(r#"{"at": "+1m", "event": "pod-roams", "node": "2", "to": "Atic"}"#),
            "events[1].to: no home has \"Atic\"; did you mean \"Attic\"?",
        ),
        (
            event(r#"{"at": "+1m", "event": "device-leaves", "device": "Fone"}"#),
            "events[1].device: no home has \"Fone\"",
        ),
        (
            event(r#"{"at": "+1m", "event": "poor-qoe", "class": "gamming"}"#),
            "events[1].class: \"gamming\" is unknown; did you mean \"gaming\"?",
        ),
        (event(r#"{"at": "soon", "event": "reboot"}"#), "events[1].at: \"soon\" is not a time"),
        (event(r#"{"at": "+1m", "day": 1, "event": "reboot"}"#), "events[1].day: only a time of day"),
        (
            event(r#"{"at": "+1m", "event": "wan-outage", "for": "20"}"#),
            "events[1].for: \"20\" is not a span",
        ),
        (event(r#"{"at": "+1m", "event": "wan-outage", "times": 3}"#), "events[1]: missing \"every\""),
        (
            event(r#"{"at": "+1m", "event": "saturation", "percent": 101}"#),
            "events[1].percent: expected a whole number from 1",
        ),
        (
            event(r#"{"at": "+1m", "event": "reboot", "homes": ["helthy"]}"#),
            "events[1].homes[0]: unknown home",
        ),
        (
            event(r#"{"at": "+1m", "event": "reboot", "homes": "most"}"#),
            "events[1].homes: \"most\" is neither",
        ),
        (
            event(r#"{"at": "+1m", "event": "reboot", "homes": "region 8 of 8"}"#),
            "events[1].homes: \"region 8 of 8\" is neither",
        ),
        (
            event(r#"{"at": "+1m", "event": "service-level", "level": "gold"}"#),
            "expected one of `noService`, `basicService`, `fullService`",
        ),
    ];
    for (text, words) in cases {
        let error = StoryPlan::from_json("s.json", &text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}\nwanted: {words}");
    }
    let error = StoryPlan::from_json("s.json", &event(r#"{"at": "+1m", "event": "wan-outage", "nod": "2"}"#));
    let error = error.unwrap_err();
    assert_eq!((error.line(), error.key()), (Some(5), "events[1].nod"));
}
