//! Quality of applications: its parameters. The responses are made up.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use http::StatusCode;
use plume_sim::Home;
use serde_json::json;

use common::{Client, api, names};

#[test]
fn app_qoe_takes_json_and_forms() {
    let client = Client::default();
    let path = format!("{}/appqoe/AppQoeStatsByTrafficClass", api(Home::PoorQoe));
    let json = r#"{"timePeriod":"last7Days","trafficClassNames":["gaming"],"includeApps":true}"#;
    let form = "timePeriod=last7Days&trafficClassNames=%5B%22gaming%22%5D&includeApps=true";
    let (status, body) = client.send("POST", &path, json);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(names(body["trafficClasses"].as_array().unwrap(), "trafficClassName"), ["gaming"]);
    assert_eq!(body["trafficClasses"][0]["apps"].as_array().unwrap().len(), 2);
    assert_eq!(client.send("POST", &path, form), (status, body));
    for bad in ["", "{}", r#"{"timePeriod":"lastYear"}"#] {
        assert_eq!(client.send("POST", &path, bad).0, 422, "{bad}");
    }
    assert_eq!(client.send("POST", &path, "{").0, 400);
    assert_eq!(client.status(&path), 404, "it is a POST");
    let offline = format!("{}/appqoe/AppQoeStatsByTrafficClass", api(Home::GatewayDown));
    assert_eq!(client.send("POST", &offline, "timePeriod=lastHour").1["trafficClasses"], json!([]));
}

#[test]
fn traffic_class_stats_by_both_methods() {
    let client = Client::default();
    let path = format!("{}/appqoe/traffic_class_stats", api(Home::PoorQoe));
    let query = "granularity=1+hour&startTime=2026-01-15T00:00:00.000Z&endTime=2026-01-15T06:00:00.000Z";
    let body = client.ok(&format!("{path}?{query}&trafficClasses=video_conferencing"));
    let rows = body["trafficClasses"].as_array().unwrap();
    assert_eq!(names(rows, "trafficClassName"), ["video_conferencing"]);
    assert!((4..=6).contains(&rows[0]["stats"].as_array().unwrap().len()), "an hour may be missing");
    let posted = json!({
        "granularity": "1 hour",
        "startTime": "2026-01-15T00:00:00.000Z",
        "endTime": "2026-01-15T06:00:00.000Z",
        "trafficClasses": ["video_conferencing"],
    });
    assert_eq!(client.send("POST", &path, &posted.to_string()), (StatusCode::OK, body));
    for missing in ["granularity", "startTime", "endTime"] {
        let query = query.replace(missing, "other");
        assert_eq!(client.status(&format!("{path}?{query}")), 422, "{missing}");
    }
    let endless = "granularity=1+minute&startTime=0001-01-01T00:00:00.000Z&endTime=9999-12-31T00:00:00.000Z";
    client.ok(&format!("{path}?{endless}"));
}
