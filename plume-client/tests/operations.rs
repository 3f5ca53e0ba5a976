//! Every operation once: what is sent, what is refused, and what the table in the documentation says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::{collections::BTreeSet, fmt::Write, path::Path};

use http::Method;
use plume_client::{
    Area, ErrorKind, Operation, Paging, Place, ResponseShape, Safety, Service, operations as op,
};
use serde_json::{Value, json};

const BASES: [(Service, &str); 3] =
    [(Service::Api, "/api"), (Service::Reports, "/reports"), (Service::Lte, "/lteservice")];

fn base(service: Service) -> &'static str {
    BASES.iter().find(|(known, _)| *known == service).unwrap().1
}

#[tokio::test]
async fn every_operation_sends_its_documented_request() {
    for operation in Operation::ALL {
        let (client, requests) = support::client(|_| (200, r#"{"id":"x"}"#.to_owned()));
        let mut path = format!("{}{}", base(operation.service), operation.path);
        let mut query = Vec::new();
        let mut body = serde_json::Map::new();
        let mut values: Vec<(&str, String)> = Vec::new();
        for name in operation.placeholders() {
            values.push((name, format!("a/{name} ü")));
            path = path.replace(&format!("{{{name}}}"), &format!("a%2F{name}%20%C3%BC"));
        }
        for parameter in operation.parameters {
            let value =
                parameter.values.first().map_or(format!("{}&?", parameter.name), |&word| word.to_owned());
            match parameter.place {
                Place::Query => query.push((parameter.name.to_owned(), value.clone())),
                _ => _ = body.insert(parameter.name.to_owned(), json!(value)),
            }
            values.push((parameter.name, value));
        }
        if operation.safety == Safety::Safe {
            let read = client.read(operation);
            let read = values.iter().fold(read, |read, (name, value)| read.with(name, value.as_str()));
            assert!(read.clone().json().await.is_ok(), "{operation}");
        } else {
            let change = client.change(operation);
            let change =
                values.iter().fold(change, |change, (name, value)| change.with(name, value.as_str()));
            let dry_run = change.dry_run().unwrap();
            assert!(requests.lock().unwrap().is_empty(), "{operation}: a dry run sends nothing");
            assert!(change.send().await.is_ok(), "{operation}");
            let requests = requests.lock().unwrap();
            assert_eq!(dry_run.method, requests[0].method(), "{operation}");
            assert_eq!(dry_run.url, requests[0].uri().to_string(), "{operation}");
            let sent: Option<Value> = serde_json::from_slice(requests[0].body()).ok();
            assert_eq!(dry_run.body.map(|body| body.expose().clone()), sent, "{operation}");
        }
        let requests = requests.lock().unwrap();
        let [request] = requests.as_slice() else { panic!("{operation}: {} requests", requests.len()) };
        assert_eq!(request.method(), operation.method, "{operation}");
        assert_eq!(request.uri().host(), Some("cloud.example.net"), "{operation}");
        assert_eq!(request.uri().path(), path, "{operation}");
        let sent: Vec<(String, String)> =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        assert_eq!(sent, query, "{operation}");
        assert_eq!(request.headers()["accept"], "application/json", "{operation}");
        assert_eq!(request.headers()["authorization"], "Bearer not.a.token", "{operation}");
        if body.is_empty() {
            assert!(
                request.body().is_empty() && !request.headers().contains_key("content-type"),
                "{operation}"
            );
        } else {
            assert_eq!(request.headers()["content-type"], "application/json", "{operation}");
            assert_eq!(
                serde_json::from_slice::<Value>(request.body()).unwrap(),
                Value::Object(body),
                "{operation}"
            );
        }
    }
}

#[tokio::test]
async fn missing_or_unknown_parameters_are_named_and_not_sent() {
    let (client, requests) = support::client(|_| (200, "{}".to_owned()));
    for operation in Operation::ALL {
        let needed: Vec<&str> = operation
            .placeholders()
            .chain(
                operation
                    .parameters
                    .iter()
                    .filter(|parameter| parameter.required)
                    .map(|parameter| parameter.name),
            )
            .collect();
        for left_out in &needed {
            let given = needed.iter().filter(|name| *name != left_out);
            let error = if operation.safety == Safety::Safe {
                given
                    .fold(client.read(operation), |read, name| read.with(name, "x"))
                    .json()
                    .await
                    .unwrap_err()
            } else {
                given
                    .fold(client.change(operation), |change, name| change.with(name, "x"))
                    .dry_run()
                    .unwrap_err()
            };
            assert_eq!(error.kind(), ErrorKind::Argument, "{operation}");
            assert!(
                error.to_string().starts_with(&format!("missing required parameter `{left_out}` (")),
                "{operation}: {error}"
            );
        }
    }
    let home = client.customer("c1").location("l1");
    let error = home.read(&op::WAN_STATS).with("periode", "daily").json().await.unwrap_err();
    assert!(error.to_string().contains("`periode`") && error.to_string().contains("`period`"), "{error}");
    for value in ["", ".", "%2e%2e"] {
        let error = home.read(&op::NODE).with("nodeId", value).json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{value}");
    }
    // A read is no change, a customer no location, and neither is the other's.
    for error in [
        client.read(&op::NODE_REBOOT).with("id", "c").json().await.unwrap_err(),
        client.change(&op::NODES).dry_run().unwrap_err(),
        client.customer("c1").read(&op::GROUP_GET).json().await.unwrap_err(),
        home.read(&op::CUSTOMERS_GET).json().await.unwrap_err(),
        home.read(&op::GROUP_GET).json().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
        assert!(error.to_string().starts_with("invalid `operation`: "), "{error}");
    }
    assert_eq!(requests.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn handles_bring_their_ids_and_lists_become_several_values() {
    let (client, requests) = support::client(|_| (200, r#"{"a":[{"token":"canary"}]}"#.to_owned()));
    let home = client.customer("c1").location("l1");
    let answer = home.read(&op::FIRMWARE).json().await.unwrap();
    assert!(!format!("{answer:?}").contains("canary"), "{answer:?}");
    home.read(&op::LTE_STATE).json().await.unwrap();
    home.read(&op::GATEWAY_LOCATION_NODES).with("fields", "(*,mesh)").json().await.unwrap();
    client.customer("c1").read(&op::CUSTOMER_ROLES).json().await.unwrap();
    home.read(&op::DASHBOARD)
        .with("macs", vec!["02:00:00:00:00:01", "02:00:00:00:00:02"])
        .json()
        .await
        .unwrap();
    home.read(&op::DEVICES)
        .with("daysOffline", 7)
        .with("allSSIDs", true)
        .with("showOnlyIot", None::<bool>)
        .json()
        .await
        .unwrap();
    assert_eq!(home.read(&op::FIRMWARE).expose_text().await.unwrap(), r#"{"a":[{"token":"canary"}]}"#);
    let own: std::collections::BTreeMap<String, Value> = home.read(&op::FIRMWARE).json_as().await.unwrap();
    assert_eq!(own.len(), 1);
    let lines: Vec<String> = requests.lock().unwrap().iter().map(support::line).collect();
    assert_eq!(
        lines[..6],
        [
            "GET /api/Customers/c1/locations/l1/firmware",
            "GET /lteservice/locations/l1/currentState",
            "GET /api/gateway/locations/l1/nodes?fields=%28*%2Cmesh%29",
            "GET /api/Customers/c1/roles",
            "GET /reports/Customers/c1/locations/l1/dashboard?macs=02%3A00%3A00%3A00%3A00%3A01&macs=02%3A00%3A00%3A00%3A00%3A02",
            "GET /api/Customers/c1/locations/l1/devices?daysOffline=7&allSSIDs=true",
        ]
    );
}

#[tokio::test]
async fn a_base_that_is_not_set_is_named() {
    let client = plume_client::Client::builder()
        .api_base(plume_auth::SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(plume_auth::StaticToken::new("not.a.token").unwrap())
        .build()
        .unwrap();
    let home = client.customer("c1").location("l1");
    for (operation, setting) in [(&op::QOE, "PLUME_REPORTS_BASE"), (&op::LTE_STATE, "PLUME_LTE_BASE")] {
        let error = home.read(operation).json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().contains(setting), "{error}");
    }
}

/// The rows of the collected reference, one a line: service, method, path with `*` for every placeholder.
const ENDPOINTS: &str = include_str!("operations/endpoints.txt");

#[test]
fn operations_match_the_endpoints_of_the_reference() {
    let known: BTreeSet<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let path: Vec<&str> = operation
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { "*" } else { part })
                .collect();
            format!("{} {}{}", operation.method, base(operation.service), path.join("/"))
        })
        .collect();
    let expected: BTreeSet<String> = ENDPOINTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = expected.difference(&known).collect();
    let unknown: Vec<_> = known.difference(&expected).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:#?}\nnot in the list: {unknown:#?}");
}

#[test]
fn safe_and_unsafe_operations_are_classified() {
    let named = |safety| -> BTreeSet<&str> {
        let of = Operation::ALL.iter().filter(|operation| operation.safety == safety);
        of.filter(|operation| operation.method != Method::GET).map(|operation| operation.name).collect()
    };
    assert_eq!(
        named(Safety::Neither),
        [
            "customers.register",
            "customers.registerWithGroups",
            "location.create",
            "location.node.claim",
            "location.node.reboot",
            "location.node.speedTest",
            "location.optimize",
            "location.reboot",
            "location.wifiNetwork.create",
        ]
        .into()
    );
    assert_eq!(
        named(Safety::Safe),
        [
            "location.appPrioritization",
            "location.appQoe",
            "location.appQoeApps",
            "location.appQoeProfiles",
            "location.exists",
            "location.trafficClassStats.post",
            "reports.qoeMetrics",
        ]
        .into()
    );
}

/// The contents of `OPERATIONS.md`.
fn table() -> String {
    let mut text = String::from(
        "\n# Table of operations\n\n\
         Generated from the descriptors. *Repeat* is whether a call may be retried after a failure: a read (`safe`), a\n\
         change that may be repeated (`idempotent`), or one that may not (`once`). *Pages* is how a list is read to its\n\
         end: by `filter` or by `skip`; `cut` means that `limit` cuts it and the rest cannot be read. *Needs* are the\n\
         required parameters. *Grade* is the best evidence: A the vendor's current reference, B an older description,\n\
         C clients. *From* is the section of the collected reference.\n\n\
         | area | operations | changes | typed responses |\n|---|---|---|---|\n",
    );
    let areas: BTreeSet<Area> = Operation::ALL.iter().map(|operation| operation.area).collect();
    let of = |area| Operation::ALL.iter().filter(move |operation| operation.area == area);
    let count = |text: &mut String, name: &str, operations: &[&&Operation]| {
        let changes = operations.iter().filter(|operation| operation.safety != Safety::Safe).count();
        let typed = operations
            .iter()
            .filter(|operation| {
                matches!(operation.response, ResponseShape::Model(_) | ResponseShape::List(_))
            })
            .count();
        writeln!(text, "| {name} | {} | {changes} | {typed} |", operations.len()).unwrap();
    };
    for area in &areas {
        count(&mut text, &format!("{area:?}"), &of(*area).collect::<Vec<_>>());
    }
    count(&mut text, "all", &Operation::ALL.iter().collect::<Vec<_>>());
    for area in areas {
        let head = "| operation | sent | response | repeat | pages | needs | grade | from |\n|---|---|---|---|---|---|---|---|";
        writeln!(text, "\n## {area:?}\n\n{head}").unwrap();
        for operation in of(area) {
            let answer = match operation.response {
                ResponseShape::Model(name) => format!("`{name}`"),
                ResponseShape::List(name) => format!("list of `{name}`"),
                ResponseShape::Nothing => "nothing".to_owned(),
                _ => "JSON".to_owned(),
            };
            let repeat = match operation.safety {
                Safety::Safe => "safe",
                Safety::Idempotent => "idempotent",
                _ => "once",
            };
            let pages = match operation.paging {
                Paging::Filter => "`filter`",
                Paging::LimitSkip => "`skip`",
                Paging::LimitOnly => "cut",
                _ => "",
            };
            let needs: Vec<String> = operation
                .parameters
                .iter()
                .filter(|parameter| parameter.required)
                .map(|parameter| format!("`{}`", parameter.name))
                .collect();
            let old = if operation.deprecated { " (deprecated)" } else { "" };
            writeln!(
                text,
                "| `{}`: {}{old} | `{} {}{}` | {answer} | {repeat} | {pages} | {} | {:?} | {} |",
                operation.name,
                operation.summary,
                operation.method,
                base(operation.service),
                operation.path,
                needs.join(", "),
                operation.grade,
                operation.source,
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_table_in_the_documentation_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("OPERATIONS.md");
    let expected = table();
    if std::env::var_os("UPDATE_OPERATIONS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == expected,
        "OPERATIONS.md is out of date; regenerate it with: \
         UPDATE_OPERATIONS=1 cargo test -p plume-client --test operations the_table"
    );
}
