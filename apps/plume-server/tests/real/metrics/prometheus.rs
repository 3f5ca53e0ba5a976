//! A real Prometheus scrapes the exporter of a demo, and evaluates everything that dashboards and rules contain.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use plume::runtime::{Clock, SystemClock};
use serde_json::Value;

use super::dashboards::{Query, queries};
use crate::counterpart::{Demo, Folder, Running, free_port, get, program, repository};

/// Maximum time until something has happened.
const PATIENCE: Duration = Duration::from_secs(90);
/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(200);
/// The words that begin our names.
const OURS: [&str; 4] = ["plume_", "process_", "up", "ALERTS"];

struct Prometheus {
    address: String,
    _process: Running,
    _folder: Folder,
}

impl Prometheus {
    /// Starts a server with the rules of the repository that scrapes one target every second.
    fn start(target: &str) -> Self {
        let folder = Folder::new("prometheus");
        let rules = repository().join("deploy/prometheus/rules.yml");
        let configuration = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [{:?}]\nscrape_configs:\n  \
             - job_name: plume-server\n    static_configs: [{{ targets: [{target:?}] }}]\n",
            rules.display().to_string()
        );
        fs::write(folder.0.join("prometheus.yml"), configuration).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(program("prometheus"));
        command
            .arg(format!("--config.file={}", folder.0.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.0.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--log.level=error"]);
        let process = Running(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        Self { address, _process: process, _folder: folder }
    }

    fn ask(&self, path: &str) -> Option<Value> {
        let (_, body) = get(&self.address, path)?;
        serde_json::from_str(&body).ok()
    }

    /// The result of an expression, or the error.
    fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        let encoded = utf8_percent_encode(expression, NON_ALPHANUMERIC);
        let answer = self.ask(&format!("/api/v1/query?query={encoded}")).ok_or("no answer")?;
        match answer["data"]["result"].as_array() {
            Some(result) => Ok(result.clone()),
            None => Err(answer["error"].to_string()),
        }
    }

    /// Waits until an expression has a result.
    async fn wait_for(&self, expression: &str) {
        let clock = SystemClock::new();
        let found = async {
            while !self.query(expression).is_ok_and(|result| !result.is_empty()) {
                clock.sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = found => {}
            () = clock.limit(PATIENCE) => panic!("{expression} has no result"),
        }
    }
}

/// The names of metrics in an expression.
fn names(expression: &str) -> Vec<String> {
    let mut names = Vec::new();
    // Texts are values of labels.
    for code in expression.split('"').step_by(2) {
        let words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let ours = |word: &&str| {
            OURS.iter().any(|begin| word.starts_with(begin) && (begin.ends_with('_') || word == begin))
        };
        names.extend(words.filter(ours).map(str::to_owned));
    }
    names
}

#[tokio::test]
async fn every_expression_of_dashboards_and_rules_has_a_result_from_our_exporter() {
    let demo = Demo::start();
    let prometheus = Prometheus::start(&demo.metrics);
    prometheus.wait_for("up{job=\"plume-server\"} == 1").await;
    // There is no request before the first one, and rates need two samples.
    get(demo.address.trim_start_matches("http://"), "/").unwrap();
    prometheus.wait_for("count_over_time(plume_server_store_up[1m]) >= 15").await;
    prometheus.wait_for("rate(plume_server_check_duration_seconds_count[1m]) > 0").await;

    let rules = prometheus.ask("/api/v1/rules").unwrap();
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    let alerts = rules.iter().map(|rule| {
        assert_eq!(rule["health"], "ok", "{rule}");
        Query { place: rule["name"].to_string(), expression: rule["query"].as_str().unwrap().to_owned() }
    });
    let (alerts, panels): (Vec<Query>, Vec<Query>) = (alerts.collect(), queries());
    assert!(alerts.len() > 15 && panels.len() > 60, "{} {}", alerts.len(), panels.len());

    let known = prometheus.ask("/api/v1/label/__name__/values").unwrap();
    let known: BTreeSet<String> = serde_json::from_value(known["data"].clone()).unwrap();
    let mut faults = Vec::new();
    for Query { place, expression } in alerts.iter().chain(&panels) {
        for name in names(expression).into_iter().filter(|name| !known.contains(name)) {
            faults.push(format!("{place}: there is no metric {name}"));
        }
    }
    for Query { place, expression } in &panels {
        match prometheus.query(expression) {
            Ok(result) if result.is_empty() => faults.push(format!("{place}: no data from {expression}")),
            Ok(_) => {}
            Err(error) => faults.push(format!("{place}: {error}")),
        }
    }
    for Query { place, expression } in &alerts {
        // A server that is well: no alert, and a valid expression.
        match prometheus.query(expression) {
            Ok(result) if result.is_empty() => {}
            Ok(result) => faults.push(format!("{place} fires for a server that is well: {result:?}")),
            Err(error) => faults.push(format!("{place}: {error}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
