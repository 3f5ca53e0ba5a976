//! The reports service.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use plume_sim::Home;
use serde_json::{Value, json};

use common::{Client, api, has_keys, names, reports};

fn rows(body: &Value, key: &str) -> Vec<Value> {
    body[key].as_array().unwrap_or_else(|| panic!("no {key} in {body}")).clone()
}

fn node(client: &Client, home: Home, index: usize) -> String {
    client.nodes(home)[index]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_day_of_wan_stats_has_96_points_and_some_gaps() {
    let client = Client::default();
    for home in [Home::Healthy, Home::PoorQoe, Home::ReducedService] {
        let points = rows(&client.ok(&format!("{}/wanStats?period=daily", reports(home))), "fifteenMins");
        assert_eq!(points.len(), 96);
        assert_eq!(points[0]["timestamp"], "2026-01-14T10:00:00.000Z");
        assert_eq!(points[95]["timestamp"], "2026-01-15T09:45:00.000Z");
        let gaps = points.iter().filter(|point| point["rxMbytes"].is_null()).count();
        assert!((1..=4).contains(&gaps), "{gaps}");
        for point in points.iter().filter(|point| !point["rxMbytes"].is_null()) {
            let number = |key: &str| point[key].as_f64().unwrap();
            assert!(number("rxMbytes") * 8.0 / 900.0 < number("rxMaxMbps"), "{point}");
            assert!(number("txMbytes") * 8.0 / 900.0 < number("txMaxMbps"), "{point}");
        }
    }
    let week = client.ok(&format!("{}/wanStats?period=weekly", reports(Home::Healthy)));
    assert_eq!(rows(&week, "hours").len(), 168);
    assert_eq!(
        rows(&client.ok(&format!("{}/wanStats?period=monthly", reports(Home::Healthy))), "days").len(),
        30
    );
    for bad in ["", "?period=hourly"] {
        assert_eq!(client.status(&format!("{}/wanStats{bad}", reports(Home::Healthy))), 422, "{bad}");
    }
    assert_eq!(
        client.ok(&format!("{}/wanStats?period=daily", reports(Home::Empty))),
        json!({ "fifteenMins": [] })
    );
}

#[test]
fn online_stats_agree_with_the_network_state() {
    let client = Client::default();
    let stats = |home, query: &str| client.ok(&format!("{}/onlineStats{query}", reports(home)));
    let body = stats(Home::Healthy, "");
    has_keys(&body["statsDateRange"], &["start", "end"]);
    let samples = rows(&body, "locationState");
    assert_eq!(samples.len(), 168);
    let offline: Vec<&Value> = samples.iter().filter(|sample| sample["value"] == "offline").collect();
    assert_eq!(offline.len(), 1, "the restart five days ago");
    assert_eq!(offline[0]["timestamp"], "2026-01-10T10:00:00.000Z");
    let changed = &client.ok(&api(Home::Healthy))["networkStatus"]["statusChangedAt"];
    assert_eq!(changed, "2026-01-10T10:15:00.000Z");

    assert_eq!(names(&rows(&stats(Home::GatewayDown, "?limit=2"), "locationState"), "value"), ["offline"; 2]);
    assert_eq!(rows(&stats(Home::Healthy, "?granularity=days&limit=7"), "locationState").len(), 7);
    assert!(rows(&stats(Home::Empty, ""), "locationState").is_empty());
    assert_eq!(client.status(&format!("{}/onlineStats?granularity=weeks", reports(Home::Healthy))), 422);
    assert_eq!(client.status(&format!("{}/onlineStats?limit=x", reports(Home::Healthy))), 400);
    assert_eq!(rows(&stats(Home::Healthy, "?granularity=minutes&limit=99999"), "locationState").len(), 1_000);
}

#[test]
fn speed_tests_are_run_by_the_gateway() {
    let client = Client::default();
    let path = |index| {
        format!(
            "{}/nodes/{}/results?granularity=hours&limit=40",
            reports(Home::PoorQoe),
            node(&client, Home::PoorQoe, index)
        )
    };
    let body = client.ok(&format!("{}&showFailedSpeedTests=true", path(0)));
    let downloads = rows(&body, "downloadSpeeds");
    assert!(downloads.len() > 30);
    assert_eq!(downloads.len() + rows(&body, "failedSpeedTests").len(), 40);
    let last = client.nodes(Home::PoorQoe)[0]["speedTest"].clone();
    let newest = downloads.last().unwrap();
    assert_eq!((&newest["value"], &newest["timestamp"]), (&last["download"], &last["endedAt"]));
    assert!(rows(&client.ok(&path(0)), "failedSpeedTests").is_empty());
    assert!(rows(&client.ok(&path(1)), "downloadSpeeds").is_empty());
    let bare = path(0).split_once('?').unwrap().0.to_owned();
    for (query, status) in [("", 400), ("?granularity=hours", 400), ("?granularity=weeks&limit=1", 422)] {
        assert_eq!(client.status(&format!("{bare}{query}")), status, "{query}");
    }
}

#[test]
fn reboots_agree_with_the_live_state() {
    let client = Client::default();
    let path = format!("{}/reboots", reports(Home::OnePodDown));
    assert_eq!(client.ok(&path)["count"], 0, "none in the last day");
    let body = client.ok(&format!("{path}?startAt=2026-01-01T00:00:00.000Z"));
    assert_eq!(body["count"], 3, "what is lost now had restarted, too");
    let boot = &client.nodes(Home::OnePodDown)[0]["bootAt"];
    assert_eq!(&body["reboots"][0]["timestamp"], boot);
    let one = format!("{path}?startAt=1&nodeId={}", node(&client, Home::OnePodDown, 2));
    assert_eq!(client.ok(&one)["count"], 1);
    assert_eq!(client.status(&format!("{path}?startAt=yesterday")), 422);
}

#[test]
fn gateway_reports_have_their_published_shapes() {
    let client = Client::default();
    let location = format!("/reports/gateway/locations/{}", Home::DeviceGone.location_id());
    let devices = client.devices(Home::DeviceGone);
    let phone =
        format!("/reports/gateway/devices/{}", devices[0]["mac"].as_str().unwrap().replace(':', "%3A"));
    let gateway = format!("/reports/gateway/nodes/{}", node(&client, Home::DeviceGone, 0));

    for path in [format!("{phone}/qoe/history"), format!("{gateway}/qoe/history?limit=96")] {
        let items = rows(&client.ok(&path), "items");
        assert_eq!(items.len(), 96);
        assert!(
            items
                .iter()
                .all(|item| { item["connection"]["weightedQoeScore"].as_f64().is_some_and(|s| s <= 5.0) })
        );
    }
    let qoe = client.ok(&format!("{location}/qoe"));
    let radio = ["score", "freqBand", "chWidthMhz", "rssiDbm", "interferencePercent", "snrDb"];
    rows(&qoe, "nodes").iter().for_each(|node| {
        has_keys(node, &radio);
        has_keys(node, &["id"]);
    });
    rows(&qoe, "devices").iter().for_each(|device| {
        has_keys(device, &radio);
        assert_ne!(device["mac"], "AA:BB:CC:00:11:22", "gone");
    });
    has_keys(&client.ok(&format!("{phone}/bandwidth"))["daily"], &["downloadMb", "uploadMb"]);
    let hours = rows(&client.ok(&format!("{phone}/bandwidth/history")), "items");
    assert_eq!(hours.len(), 24);
    assert!(hours[0]["timestamp"].is_i64(), "a number here");
    let all = rows(&client.ok(&format!("{location}/devices/bandwidth")), "items");
    assert_eq!(all.len(), devices.len());
    has_keys(&all[0], &["mac", "downloadMb", "uploadMb"]);
    has_keys(&client.ok(&format!("{location}/optimization")), &["eaa", "succeeded", "failed", "total"]);
    let reboots = rows(&client.ok(&format!("{location}/reboot/history")), "items");
    assert_eq!(reboots.len(), 3);
    has_keys(&reboots[0], &["occurredAt", "nodeId", "reason", "firmwareVersion", "rebootType", "model"]);
    assert_eq!(client.status(&format!("{location}/reboot/history?limit=501")), 422);
    let lan = client.ok(&format!("{phone}/lan-connectivity/history"));
    has_keys(&lan["statsDateRange"], &["startAt", "endAt"]);
    assert!(rows(&lan, "items").iter().all(|item| item["isEthernetConnected"] == false));
    let wan = rows(&client.ok(&format!("{location}/wan-stats/history")), "items");
    has_keys(&wan[0], &["timestamp", "rxMb", "txMb", "rxMaxMbps", "txMaxMbps"]);
    let peak = client.ok(&format!("{location}/wan-saturation"));
    let history = rows(&client.ok(&format!("{location}/wan-saturation/history")), "items");
    let highest = history.iter().map(|item| item["rxMaxPercentage"].as_f64().unwrap()).fold(0.0, f64::max);
    assert_eq!(peak["rxMaxPercentage"].as_f64(), Some(highest));
    assert!(highest <= 100.0);
}

#[test]
fn a_disconnected_device_has_no_newer_history() {
    let client = Client::default();
    let alexa = "/reports/gateway/devices/aabbcc001122";
    let items = rows(&client.ok(&format!("{alexa}/qoe/history")), "items");
    assert_eq!(items.last().unwrap()["timestamp"], "2026-01-15T07:45:00.000Z");
    assert_eq!(rows(&client.ok(&format!("{alexa}/bandwidth/history")), "items").len(), 22);
    for path in ["devices/none/qoe/history", "nodes/none/qoe/history", "locations/none/qoe"] {
        assert_eq!(client.status(&format!("/reports/gateway/{path}")), 404, "{path}");
    }
}
