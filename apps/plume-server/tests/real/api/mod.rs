//! The API of the demo against its `OpenAPI` document, by schemathesis: valid and invalid requests of its own making.

use std::{fs, process::Command, time::Duration};

use plume::runtime::{Clock, SystemClock};

use crate::counterpart::{Demo, Folder, get, program, run};

/// An answer with 400 is correct for some requests that the document cannot exclude: a place of another list.
const CONFIGURATION: &str = r#"
[parameters]
tenant = "example-isp"
"path.home" = "HOME"

"path.incident" = "INCIDENT"

[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 404]
"#;

/// Returns what a change may answer to valid data: its own refusals in the document, such as for another state or a blank text.
/// Filters of schemathesis are alternatives, so an operation is named by one of them.
fn refusals_of_changes(document: &serde_json::Value) -> String {
    let changes = document["paths"].as_object().unwrap().iter();
    let change = |(path, methods): (&String, &serde_json::Value)| {
        let responses = methods.get("post")?["responses"].as_object().unwrap().keys();
        let own = responses.filter(|status| status.parse::<u16>().is_ok_and(|status| status >= 400));
        let own: String = own.map(|status| format!(", {status}")).collect();
        Some(format!(
            "[[operations]]\ninclude-name = \"POST {path}\"\n\
             checks.positive_data_acceptance.expected-statuses = [\"2xx\"{own}]\n"
        ))
    };
    let all: Vec<String> = changes.filter_map(change).collect();
    assert!(all.len() >= 8, "{all:?}");
    all.concat()
}

/// Waits for the first incident of the demo.
async fn open_incident(host: &str) -> String {
    let clock = SystemClock::new();
    for _ in 0..600 {
        let (_, text) = get(host, "/api/v1/incidents?tenant=example-isp&limit=1").unwrap();
        let incidents: serde_json::Value = serde_json::from_str(&text).unwrap();
        if let Some(id) = incidents["items"][0]["id"].as_str() {
            return id.to_owned();
        }
        clock.sleep(Duration::from_millis(200)).await;
    }
    panic!("the demo has no incident");
}

#[tokio::test]
async fn responses_conform_to_the_document_and_bad_requests_are_refused() {
    let demo = Demo::start();
    let folder = Folder::new("schemathesis");
    let host = demo.address.trim_start_matches("http://");
    let (status, homes) = get(host, "/api/v1/homes?tenant=example-isp&limit=1").unwrap();
    assert_eq!(status, 200, "{homes}");
    let homes: serde_json::Value = serde_json::from_str(&homes).unwrap();
    let home = homes["items"][0]["id"].as_str().unwrap();
    let incident = open_incident(host).await;
    let configuration = folder.0.join("schemathesis.toml");
    let (_, document) = get(host, "/api/v1/openapi.json").unwrap();
    let refusals = refusals_of_changes(&serde_json::from_str(&document).unwrap());
    let text = CONFIGURATION.replace("HOME", home).replace("INCIDENT", &incident);
    fs::write(&configuration, format!("{text}\n{refusals}")).unwrap();
    let mut command = Command::new(program("schemathesis"));
    command.arg("--config-file").arg(&configuration).arg("--no-color");
    command.args(["run", &format!("{}/api/v1/openapi.json", demo.address)]);
    command.args(["--checks", "all", "--max-examples", "40", "--seed", "1", "--warnings", "off"]);
    let (passed, text) = run(command.current_dir(&folder.0));
    assert!(passed, "{text}");
    // A document that is not read has no failure.
    let operations =
        text.lines().find_map(|line| line.trim().strip_prefix("Operations:")?.trim().split(' ').next());
    let operations: usize = operations.and_then(|number| number.parse().ok()).unwrap_or_default();
    assert!(operations >= 20 && text.contains("Stateful"), "{text}");
}
