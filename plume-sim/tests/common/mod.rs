//! Helpers shared by the tests of the simulator.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode};
use plume_runtime::ManualClock;
use plume_sim::{Home, Simulator, SimulatorBuilder};
use serde_json::Value;

/// 2026-01-15T10:00:00Z.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200)
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(start())
}

pub(crate) fn builder() -> SimulatorBuilder {
    Simulator::builder().seed(7).clock(Arc::new(clock()))
}

/// A simulator with a valid token.
pub(crate) struct Client {
    pub(crate) simulator: Simulator,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new(builder: SimulatorBuilder) -> Self {
        let simulator = builder.build();
        let token = simulator.issue_token();
        Self { simulator, token }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
        let content_type =
            if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", content_type)
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        parsed(&self.simulator.handle(request))
    }

    pub(crate) fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, "")
    }

    /// Returns the body of a GET that must succeed.
    pub(crate) fn ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Returns the status of a GET.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.get(path).0.as_u16()
    }

    pub(crate) fn nodes(&self, home: Home) -> Vec<Value> {
        self.ok(&format!("{}/nodes", api(home)))["nodes"].as_array().unwrap().clone()
    }

    pub(crate) fn devices(&self, home: Home) -> Vec<Value> {
        self.ok(&format!("{}/devices", api(home)))["devices"].as_array().unwrap().clone()
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(builder())
    }
}

/// Returns status and JSON body. A missing body is null.
pub(crate) fn parsed(response: &Response<Bytes>) -> (StatusCode, Value) {
    if response.body().is_empty() {
        assert!(response.headers().get("content-type").is_none());
        return (response.status(), Value::Null);
    }
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    (response.status(), serde_json::from_slice(response.body()).unwrap())
}

pub(crate) fn api(home: Home) -> String {
    format!("/api/Customers/{}/locations/{}", home.customer_id(), home.location_id())
}

pub(crate) fn reports(home: Home) -> String {
    format!("/reports/Customers/{}/locations/{}", home.customer_id(), home.location_id())
}

pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Checks that every member in `keys` is present.
#[track_caller]
pub(crate) fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "{key} is missing in {value:#}");
    }
}

pub(crate) fn names<'v>(rows: &'v [Value], key: &str) -> Vec<&'v str> {
    rows.iter().map(|row| row[key].as_str().unwrap_or("-")).collect()
}
