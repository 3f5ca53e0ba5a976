//! Series and events: their parameters, and agreement with the live state.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plume_sim::Home;
use serde_json::{Value, json};

use common::{Client, encode, names, reports};

fn rows(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

struct Asking {
    client: Client,
    home: Home,
}

impl Asking {
    fn about(home: Home) -> Self {
        Self { client: Client::new(common::builder().customers(3)), home }
    }

    fn ok(&self, rest: &str) -> Value {
        self.client.ok(&format!("{}/{rest}", reports(self.home)))
    }

    fn status(&self, rest: &str) -> u16 {
        self.client.status(&format!("{}/{rest}", reports(self.home)))
    }

    fn node(&self, index: usize) -> String {
        self.client.nodes(self.home)[index]["id"].as_str().unwrap().to_owned()
    }

    fn mac(&self, name: &str) -> String {
        let devices = self.client.devices(self.home);
        let device = devices.iter().find(|device| device["nickname"] == name).unwrap();
        encode(device["mac"].as_str().unwrap())
    }
}

#[test]
fn series_honour_granularity_limit_and_start() {
    let home = Asking::about(Home::Healthy);
    let series = format!("nodes/{}/radio/5G/channelUtilization", home.node(0));
    let points = |query: &str| rows(&home.ok(&format!("{series}?{query}"))["5g"]);
    assert_eq!(points("").len(), 24);
    assert_eq!(
        names(&points("granularity=hours&limit=2"), "timestamp"),
        ["2026-01-15T08:00:00.000Z", "2026-01-15T09:00:00.000Z"]
    );
    assert_eq!(names(&points("granularity=minutes&limit=1"), "timestamp"), ["2026-01-15T09:59:00.000Z"]);
    assert_eq!(names(&points("granularity=days&limit=1"), "timestamp"), ["2026-01-14T00:00:00.000Z"]);
    // 2026-01-15T05:00Z; the current step is not shown yet.
    let from = points("granularity=hours&start=1768453200000&limit=100");
    assert_eq!(from.len(), 5);
    assert_eq!(from, points("")[19..]);
    assert_eq!(points("start=1768471200000&limit=3"), [] as [Value; 0]);
    assert_eq!(points("granularity=minutes&limit=5000").len(), 1_000, "never more than 1000");
    for (query, status) in [
        ("granularity=weeks", 422),
        ("limit=0", 422),
        ("limit=many", 400),
        ("start=soon", 422),
        ("start=99999999999999999", 422),
    ] {
        assert_eq!(home.status(&format!("{series}?{query}")), status, "{query}");
    }
    assert_eq!(home.status(&format!("nodes/{}/radio/60G/bandwidth", home.node(0))), 422);
    assert_eq!(home.status("nodes/none/radio/5G/bandwidth"), 404);
}

#[test]
fn only_the_requested_radio_has_points_and_6_ghz_has_none() {
    let home = Asking::about(Home::Healthy);
    for (radio, filled) in [("2.4G", Some("2g")), ("5G", Some("5g")), ("6G", None)] {
        let body = home.ok(&format!("nodes/{}/radio/{radio}/bandwidth", home.node(0)));
        for band in ["2g", "5g", "6g"] {
            assert_eq!(!rows(&body[band]).is_empty(), filled == Some(band), "{radio} {band}");
        }
    }
}

#[test]
fn lost_nodes_are_not_measured_and_raise_alarms() {
    let home = Asking::about(Home::OnePodDown);
    // Lost at 08:00.
    let lost = home.node(1);
    let points = rows(&home.ok(&format!("nodes/{lost}/radio/5G/wifiCapacity"))["5g"]);
    assert_eq!(points.last().unwrap()["timestamp"], "2026-01-15T07:00:00.000Z");
    let alarms = rows(&home.ok(&format!("node/{lost}/alarms?limit=4"))["podAlarm"]);
    assert_eq!(alarms.iter().map(|point| point["value"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 0, 1, 1]);
    let summary = home.ok("alarmSummary?limit=4");
    assert_eq!(summary["alarmPods"], json!([{ "id": lost, "count": 2 }]));
    assert!(rows(&summary["alarmIds"]).contains(&json!(lost)));
    let sum: u64 = rows(&home.ok("alarm?limit=4")["podAlarm"])
        .iter()
        .map(|point| point["value"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, 2);
    let row = home.ok(&format!("nodes/{lost}/qoe"));
    assert_eq!(row, json!({ "id": lost, "score": null }));
    assert_eq!(home.ok(&format!("nodes/{lost}/qoe/liveModeStream")), json!({ "data": [] }));
}

#[test]
fn a_disconnected_device_has_the_floor_as_signal() {
    let home = Asking::about(Home::DeviceGone);
    let mac = home.mac("Alexa");
    let body = home.ok(&format!("devices/{mac}/rssi?limit=4"));
    assert_eq!((&body["5g"], &body["6g"]), (&json!({}), &json!({})));
    let heard: Vec<&Value> = body["2g"].as_object().unwrap().values().collect();
    let values: Vec<f64> = rows(heard[0]).iter().map(|point| point["value"].as_f64().unwrap()).collect();
    assert!(values[..2].iter().all(|value| (-70.0..-40.0).contains(value)), "{values:?}");
    assert_eq!(values[2..], [-95.0, -95.0]);
    let cable = home.ok(&format!("devices/{}/rssi", home.mac("Television")));
    assert_eq!((&cable["2g"], &cable["5g"]), (&json!({}), &json!({})), "a cable has no signal");
    // A threshold above every signal raises an alarm for every sample.
    let alarms = |query: &str| rows(&home.ok(&format!("devices/{mac}/alarms?limit=4{query}"))["deviceAlarm"]);
    assert_eq!(
        alarms("&coverageAlarmThreshold=-10").iter().map(|point| &point["value"]).collect::<Vec<_>>(),
        [1, 1]
    );
    assert_eq!(
        alarms("&coverageAlarmThreshold=-94").iter().map(|point| &point["value"]).collect::<Vec<_>>(),
        [0, 0]
    );
    assert_eq!(home.status(&format!("devices/{mac}/alarms?coverageAlarmThreshold=low")), 422);
}

#[test]
fn traffic_is_the_same_in_all_reports() {
    let home = Asking::about(Home::Healthy);
    let mac = home.mac("Phone");
    let series = home.ok(&format!("devices/{mac}/bandwidth"));
    let history = home.client.ok(&format!("/reports/gateway/devices/{mac}/bandwidth/history"));
    let of =
        |rows: Vec<Value>, key: &str| rows.iter().map(|row| row[key].as_f64().unwrap()).collect::<Vec<_>>();
    assert_eq!(of(rows(&series["received"]), "value"), of(rows(&history["items"]), "download"));
    assert_eq!(of(rows(&series["transmitted"]), "value"), of(rows(&history["items"]), "upload"));
    let charts = home.ok(&format!("devices/{mac}/chartData"));
    assert_eq!(of(rows(&charts["chartsData"]), "downloadMb"), of(rows(&history["items"]), "download"));
    let dashboard = home.ok(&format!("dashboard?macs={mac}"));
    let day = home.client.ok(&format!("/reports/gateway/devices/{mac}/bandwidth"));
    assert_eq!(dashboard["devices"][0]["downloadMb"], day["daily"]["downloadMb"]);
    assert_eq!(rows(&dashboard["devices"]).len(), 1);
    assert_eq!(home.status("dashboard?macs=none"), 404);
    // A day is the sum of its hours.
    let days = home.ok(&format!("devices/{mac}/bandwidth?granularity=days&limit=1"));
    let hours = home.ok(&format!("devices/{mac}/bandwidth?start=1768348800000&limit=24"));
    let sum: f64 = of(rows(&hours["received"]), "value").iter().sum();
    assert!((days["received"][0]["value"].as_f64().unwrap() - sum).abs() < 0.1);
    let chart = home.ok("wanSaturation");
    let peak = of(rows(&chart["chart"]), "rxMaxPercentage").into_iter().fold(0.0, f64::max);
    assert_eq!(chart["rxMaxPercentage"], peak);
}

#[test]
fn quality_is_the_same_in_all_reports() {
    let home = Asking::about(Home::Healthy);
    let (node, mac) = (home.node(0), home.mac("Phone"));
    let of = |rows: Vec<Value>| rows.iter().map(|row| row["weightedQoeScore"].clone()).collect::<Vec<_>>();
    let gateway = |path: &str| {
        let body = home.client.ok(&format!("/reports/gateway/{path}/qoe/history?limit=96"));
        rows(&body["items"]).iter().map(|row| row["connection"].clone()).collect::<Vec<_>>()
    };
    for (path, thing) in [("nodes", &node), ("devices", &mac)] {
        let metrics = home.ok(&format!("{path}/{thing}/qoeMetrics?granularity=days&limit=1"));
        assert_eq!(of(rows(&metrics["data"])), of(gateway(&format!("{path}/{thing}"))), "{path}");
        assert_eq!(metrics, home.ok(&format!("{path}/{thing}/qoeMetricsV2?granularity=days&limit=1")));
        assert!(metrics["data"][0]["timestamp"].is_number(), "milliseconds unless asked otherwise");
        let iso = home.ok(&format!("{path}/{thing}/qoeMetrics?timestampISOFormat=true"));
        assert!(iso["data"][0]["timestamp"].is_string());
        let now = home.ok(&format!("{path}/{thing}/qoe"));
        assert!(rows(&home.ok("qoe")[path]).contains(&now));
        let v2 = home.ok(&format!("{path}/v2/{thing}/qoe"));
        assert_eq!((&v2["score"], &v2["links"][0]["rssiDbm"]), (&now["score"], &now["rssiDbm"]));
        for (stream, count) in [("liveModeStream", 12), ("superLiveModeStreamV2", 60)] {
            let live = home.ok(&format!("{path}/{thing}/qoe/{stream}"));
            assert_eq!(rows(&live["data"]).len(), count, "{path} {stream}");
        }
        let since = home.ok(&format!("{path}/{thing}/qoe/superLiveModeStream?startTime=1768471190000"));
        assert_eq!(rows(&since["data"]).len(), 10);
    }
    let many = |nodes: usize, macs: usize| {
        let body = json!({ "nodeIds": vec![&node; nodes], "macs": vec![mac.replace("%3A", ":"); macs] });
        home.client.send("POST", &format!("{}/qoeMetrics", reports(home.home)), &body.to_string())
    };
    let (_, body) = many(1, 1);
    let of_device =
        rows(&body["data"]).into_iter().filter(|row| row.get("mac").is_some()).collect::<Vec<_>>();
    assert!(of_device.len() < rows(&body["data"]).len(), "the node has points as well");
    assert_eq!(of(of_device), of(rows(&home.ok(&format!("devices/{mac}/qoeMetrics"))["data"])));
    for (nodes, macs, status) in [(0, 0, 422), (15, 15, 200), (1, 30, 422)] {
        assert_eq!(many(nodes, macs).0.as_u16(), status, "{nodes} {macs}");
    }
}

#[test]
fn steering_adds_up() {
    let home = Asking::about(Home::DeviceGone);
    let mac = home.mac("Work Laptop");
    let sum = |rows: Vec<Value>| rows.iter().map(|row| row["attempts"].as_u64().unwrap()).sum::<u64>();
    for kind in ["band", "client"] {
        let stats = sum(rows(&home.ok(&format!("devices/{mac}/{kind}SteeringStats?limit=48"))["data"]));
        assert!(stats > 0, "{kind}");
        assert_eq!(home.ok(&format!("devices/{mac}/{kind}SteeringSummary?limit=48"))["attempts"], stats);
        assert!(sum(rows(&home.ok(&format!("{kind}SteeringStats?limit=48"))["data"])) > stats);
    }
    let triggers = rows(&home.ok(&format!("devices/{mac}/clientSteeringTriggers")));
    let attempts = sum(rows(&home.ok(&format!("devices/{mac}/clientSteeringStats?limit=24"))["data"]));
    assert_eq!(u64::try_from(triggers.len()).unwrap(), attempts);
    // With one pod there is no other node to steer to.
    let alone = Asking::about(Home::Healthy);
    assert_eq!(sum(rows(&alone.ok("clientSteeringStats")["data"])), 0);
}

#[test]
fn steering_and_reboots_are_ordered_and_cut() {
    let clock = common::clock();
    let client = Client::new(common::builder().customers(3).clock(Arc::new(clock.clone())));
    let home = Asking { client, home: Home::DeviceGone };
    let times = |query: &str| -> Vec<String> {
        let body = home.ok(&format!("bandSteeringStats?{query}"));
        names(&rows(&body["data"]), "timestamp").into_iter().map(str::to_owned).collect()
    };
    let hour = |hour: u32| format!("2026-01-15T{hour:02}:00:00.000Z");
    let hours = |range: std::ops::Range<u32>| range.map(hour).collect::<Vec<_>>();
    assert_eq!(times("limit=3"), hours(7..10));
    assert_eq!(times("limit=3&order=desc"), [hour(9), hour(8), hour(7)]);
    // 2026-01-15T02:00:00Z to 06:00:00Z.
    assert_eq!(times("startAt=1768442400000&endAt=1768456800000"), hours(2..6));
    assert_eq!(times("startAt=1768442400000&endAt=1768456800000&limit=2"), hours(2..4));
    assert_eq!(times("startAt=1768442400000&endAt=1768456800000&limit=2&order=desc"), [hour(5), hour(4)]);
    assert_eq!(times("start=1768442400000&limit=2"), hours(2..4));
    assert_eq!(home.status("bandSteeringStats?order=up"), 422);

    let restart = |node: &str| {
        let path = format!("{}/nodes/{node}/reboot", common::api(home.home));
        assert_eq!(home.client.send("PUT", &path, "delay=0").0, 204);
    };
    let nodes: Vec<String> =
        home.client.nodes(home.home).iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
    let seen = |query: &str| -> Vec<String> {
        let body = home.ok(&format!("reboots?{query}"));
        names(&rows(&body["reboots"]), "nodeId").into_iter().map(str::to_owned).collect()
    };
    for node in &nodes[..2] {
        restart(node);
        clock.advance(Duration::from_secs(240));
    }
    assert_eq!(seen(""), [nodes[1].clone(), nodes[0].clone()], "newest first");
    assert_eq!(seen("order=asc"), nodes[..2]);
    assert_eq!(seen("limit=1"), nodes[1..2]);
    assert_eq!(seen(&format!("nodeId={}", nodes[0])), nodes[..1]);
    assert_eq!(home.status("reboots?limit=1001"), 422);
}

#[test]
fn events_are_ordered_cut_and_found_again() {
    let home = Asking::about(Home::Healthy);
    let ids = rows(&home.ok("optimizeRequests"));
    assert_eq!(ids.len(), 30, "one in every night of the last 30 days");
    let deep = rows(&home.ok("optimizeRequests?deep=true"));
    assert_eq!(deep.len(), 10, "no more whole records than that");
    assert_eq!(names(&deep, "id"), ids[..10].iter().map(|id| id.as_str().unwrap()).collect::<Vec<_>>());
    let ascending = rows(&home.ok("optimizeRequests?order=asc"));
    assert_eq!(ascending, ids.iter().rev().cloned().collect::<Vec<_>>());
    let within = rows(&home.ok("optimizeRequests?startAt=1768176000000&endAt=2026-01-14T00:00:00.000Z"));
    assert_eq!(within.len(), 2);
    let one = ids[3].as_str().unwrap();
    assert_eq!(home.ok(&format!("optimizeRequests/{one}")), deep[3]);
    assert_eq!(
        home.ok(&format!("optimizeResponses/{one}"))["id"],
        one,
        "the answer has the id of the question"
    );
    assert_eq!(home.status("optimizeRequests/none"), 404);
    assert_eq!(home.status("topologyChangeResults/none"), 404);
    for (query, status) in [
        ("order=up", 422),
        ("startAt=soon", 422),
        ("startAt=1768471200000&endAt=1768176000000", 422),
        ("limit=x", 400),
        ("limit=0", 422),
        ("limit=1000", 200),
        ("limit=1001", 422),
        ("limit=10&deep=true", 200),
        ("limit=11&deep=true", 422),
    ] {
        assert_eq!(home.status(&format!("optimizeRequests?{query}")), status, "{query}");
    }
    let summary = home.ok("optimizationSummary?startAt=1768176000000");
    let responses = rows(&home.ok("optimizeResponses?startAt=1768176000000&deep=true"));
    let succeeded = responses.iter().filter(|row| row["status"] == "succeeded").count();
    assert_eq!((&summary["total"], &summary["succeeded"]), (&json!(responses.len()), &json!(succeeded)));
    assert_eq!(rows(&home.ok("topologyChanges")).len(), rows(&home.ok("topologyChangeResults")).len());
    let api = home.client.ok(&format!("{}?include=summary", common::api(home.home)));
    assert_eq!(summary["lastAt"], api["summary"]["optimization"]["stateChangedAt"]);
    let counts =
        |of: Home| home.client.ok(&format!("/reports/gateway/locations/{}/optimization", of.location_id()));
    let lately = rows(&home.ok("optimizeResponses?deep=false"));
    let summary = home.ok("optimizationSummary");
    let told = counts(home.home);
    assert_eq!(told["total"], json!(lately.len()), "the gateway group counts the same records");
    assert_eq!([&told["succeeded"], &told["failed"]], [&summary["succeeded"], &summary["failed"]]);
    let none = Asking::about(Home::Empty);
    assert_eq!(none.ok("optimizeRequests"), json!([]), "nothing to optimize");
    assert_eq!(counts(Home::Empty)["total"], 0);
}

#[test]
fn firmware_is_reported_by_node() {
    let home = Asking::about(Home::DeviceGone);
    let all = rows(&home.ok("firmwareUpgrades?startAt=0&order=asc"));
    let nodes = home.client.nodes(Home::DeviceGone);
    assert_eq!(names(&all, "toVersion"), names(&nodes, "firmwareVersion"));
    assert_eq!(rows(&home.ok(&format!("nodes/{}/firmwareUpgrades?startAt=0", home.node(1)))), all[1..2]);
    assert_eq!(home.status("nodes/none/firmwareUpgrades"), 404);
}

#[test]
fn required_parameters_are_required() {
    let home = Asking::about(Home::Healthy);
    let mac = home.mac("Television");
    for (rest, status) in [
        ("nodes/wanStatsLiveModeStream", 400),
        ("nodes/wanStatsLiveModeStream?startTime=soon", 422),
        ("networkOutages/stats?startTimestamp=1&endTimestamp=2", 400),
        ("networkOutages/stats?startTimestamp=1&endTimestamp=2&type=daily", 422),
        ("networkOutages/stats?startTimestamp=2&endTimestamp=1&type=monthly", 422),
        ("nodes/health?startDate=2026-01-14&endDate=2026-01-14", 400),
        ("nodes/health?startDate=14.1.2026&endDate=2026-01-14&granularity=3h", 422),
        ("nodes/health?startDate=2026-01-14&endDate=2026-01-14&granularity=1d", 422),
        ("nodes/health?startDate=2026-01-14&endDate=2026-01-14&granularity=3h&timezoneOffset=9999", 422),
        ("lanConnectivityHistory?granularity=3h&limit=1", 400),
        ("lanConnectivityHistory?macs=none&granularity=3h&limit=1", 404),
        ("placement-recommendations", 400),
        ("nodes/none/results/1", 404),
    ] {
        assert_eq!(home.status(rest), status, "{rest}");
    }
    let cable =
        home.ok(&format!("lanConnectivityHistory?macs={mac},{}&granularity=3h&limit=4", home.mac("Phone")));
    let connected = |index: usize| {
        rows(&cable["devices"][index]["items"])
            .iter()
            .map(|row| row["isEthernetConnected"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!((connected(0), connected(1)), (vec![true; 4], vec![false; 4]));
    let health = home.ok("nodes/health?startDate=2026-01-13&endDate=2026-01-14&granularity=3h");
    assert_eq!(rows(&health["nodes"][0]["health"]).len(), 16);
    let shifted =
        home.ok("nodes/health?startDate=2026-01-14&endDate=2026-01-14&granularity=3h&timezoneOffset=-180");
    assert_eq!(shifted["nodes"][0]["health"][0]["timestamp"], "2026-01-13T21:00:00.000Z");
}

#[test]
fn outages_agree_with_the_live_state() {
    let home = Asking::about(Home::GatewayDown);
    let body =
        home.ok("networkOutages/stats?startTimestamp=1768435200000&endTimestamp=1768471200000&type=monthly");
    assert_eq!(
        body["outages"],
        json!([{ "timestamp": "2026-01-15T08:00:00.000Z", "durationSeconds": 7_200 }])
    );
    assert_eq!((&body["count"], &body["totalSeconds"]), (&json!(1), &json!(7_200)));
    let counted = home.ok("networkOutages/stats?startTimestamp=1768435200000&endTimestamp=1768471200000&type=yearly&countOnly=true");
    assert!(counted.get("outages").is_none());
    assert_eq!(counted["count"], 1);
    assert_eq!(
        home.ok("monthlyReport")["offlineSeconds"].as_u64().map(|seconds| seconds >= 7_200),
        Some(true)
    );
}

/// Collects every object with a timestamp, by its place and that timestamp.
fn stamped<'v>(value: &'v Value, place: &str, found: &mut BTreeMap<(String, &'v str), &'v Value>) {
    match value {
        Value::Array(rows) => {
            for row in rows {
                // Rows of different nodes or devices are distinguished by their owner.
                let whose = row["id"].as_str().or(row["mac"].as_str()).unwrap_or_default();
                stamped(row, &format!("{place}/{whose}"), found);
            }
        }
        Value::Object(members) => {
            if let Some(at) = members.get("timestamp").and_then(Value::as_str) {
                assert!(found.insert((place.to_owned(), at), value).is_none(), "{place}: {at} twice");
            }
            for (name, member) in members {
                stamped(member, &format!("{place}.{name}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn history_stays_as_time_advances() {
    let clock = common::clock();
    let mut home = Asking::about(Home::OnePodDown);
    home.client = Client::new(common::builder().customers(3).clock(Arc::new(clock.clone())));
    let (node, lost, mac) = (home.node(0), home.node(1), home.mac("Phone"));
    let mut questions: Vec<String> =
        ["edgesHistory", "alarm", "nodeDevice/alarms", "bandSteeringStats", "wanSaturation"]
            .map(str::to_owned)
            .to_vec();
    for node in [&node, &lost] {
        let of = |rest: &str| format!("nodes/{node}/{rest}");
        questions.extend(["utilizationMetrics", "qoeMetrics?timestampISOFormat=true"].map(of));
        questions.extend(
            ["bandwidth", "alarms", "wifiCapacity", "channelUtilization"]
                .map(|what| of(&format!("radio/5G/{what}"))),
        );
    }
    let of = |rest: &str| format!("devices/{mac}/{rest}");
    questions.extend(
        ["rssi", "bandwidth", "chartData", "alarms", "clientSteeringStats", "clientSteeringTriggers"].map(of),
    );
    questions.extend(
        ["optimizeRequests?deep=true", "optimizeResponses?deep=true", "topologyChanges?deep=true"]
            .map(str::to_owned),
    );
    let before: Vec<Value> = questions.iter().map(|question| home.ok(question)).collect();
    clock.advance(Duration::from_secs(3 * 3_600));
    let token = home.client.simulator.issue_token();
    home.client.token = token;
    let mut compared = 0;
    for (question, before) in questions.iter().zip(&before) {
        let after = home.ok(question);
        let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
        stamped(before, "", &mut old);
        stamped(&after, "", &mut new);
        for (key, value) in &old {
            if let Some(later) = new.get(key) {
                assert_eq!(value, later, "{question}: {key:?}");
                compared += 1;
            }
        }
        assert!(
            !old.is_empty() || question.contains(&lost) || question.contains("topology"),
            "{question}: nothing to compare"
        );
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn wrong_clock_breaks_no_rule() {
    for seconds in [0, 60, 253_402_300_000] {
        let clock =
            plume_runtime::ManualClock::new(chrono::DateTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let client = Client::new(common::builder().clock(Arc::new(clock)));
        let (node, mac) = (
            client.nodes(Home::Healthy)[0]["id"].clone(),
            encode(client.devices(Home::Healthy)[0]["mac"].as_str().unwrap()),
        );
        let node = node.as_str().unwrap();
        for question in [
            format!("nodes/{node}/radio/5G/bandwidth?granularity=days&limit=1000"),
            format!("devices/{mac}/rssi?start=0"),
            "networkOutages/stats?startTimestamp=0&endTimestamp=253402300799000&type=yearly".to_owned(),
            "nodes/health?startDate=1970-01-01&endDate=9999-12-31&granularity=15m&timezoneOffset=-600"
                .to_owned(),
            format!("devices/{mac}/clientSteeringTriggers?startAt=0"),
            "optimizeRequests?startAt=0".to_owned(),
            "monthlyReport".to_owned(),
        ] {
            let status = client.status(&format!("{}/{question}", reports(Home::Healthy)));
            assert!(status < 500, "{seconds}: {question}: {status}");
        }
        for question in [
            format!("/lteservice/locations/{}/metrics?limitDays=366", Home::Healthy.location_id()),
            format!(
                "/lteservice/locations/{}/speedTests?limit=99&granularity=months",
                Home::Healthy.location_id()
            ),
            format!(
                "{}/devices/{mac}/appTime/apps/dataUsage?timePeriod=last30Days",
                common::api(Home::Healthy)
            ),
        ] {
            assert!(client.status(&question) < 500, "{seconds}: {question}");
        }
    }
}
