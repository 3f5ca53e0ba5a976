//! Every parameter of every operation is understood by the simulator as the client means it.
//!
//! The client writes it into the URL or the body, the simulator reads it there by its own code, and
//! `Simulator::understood` says with which meaning. A test of one side alone can hold both to the same mistake.

use std::collections::BTreeMap;

use plume_client::{Operation, Parameter, Place, Safety};
use plume_sim::{Home, ListShape};
use serde_json::{Value, json};

use crate::{changes, household::Household};

/// Parameters that are lists.
const LISTS: [&str; 12] = [
    "deviceIds",
    "embed",
    "filters",
    "groupIds",
    "groups",
    "include",
    "includes",
    "macs",
    "nodeIds",
    "persons",
    "searchEntities",
    "trafficClasses",
];

/// Parameters of a query that have no effect on an answer of the simulator, with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("customers.search partnerId", "a token sees the customers of one partner"),
    ("location.appFacade.home showOnlyIot", "no device belongs to an IoT network"),
    ("location.appFacade.home showAlsoIot", "no device belongs to an IoT network"),
    ("location.forceGraph allSSIDs", "every device uses the one network of its home"),
    ("location.forceGraph showPartnerComponent", "homes have no partner components"),
    ("location.forceGraph showOnlyIot", "no device belongs to an IoT network"),
    ("location.forceGraph showAlsoIot", "no device belongs to an IoT network"),
    ("location.node.claim skipSubscription", "a claim changes no subscription"),
    ("location.node.unclaim preservePackId", "a pack is known by its serial number"),
    ("location.node.unclaim removeAccountId", "nodes in the store have no account"),
    ("location.devices allSSIDs", "every device uses the one network of its home"),
    ("location.devices showPartnerComponent", "homes have no partner components"),
    ("location.devices showOnlyIot", "no device belongs to an IoT network"),
    ("location.devices showAlsoIot", "no device belongs to an IoT network"),
    ("location.device daysOffline", "a device that is named is found however long it is gone"),
    ("location.trafficClassStats macs", "the numbers are those of the whole home"),
    ("reports.appResults timezone", "the aggregate has no days"),
    ("reports.optimizationSummary deep", "the summary has no records"),
    ("reports.broadbandEfficiency deep", "there is no alert to show"),
    ("gateway.location.features fields", "the answer is one list"),
    ("gateway.location.capabilities fields", "the answer is one list"),
    ("gateway.location.nat fields", "the answer is one object of plain values"),
];

/// The values of a parameter to try.
fn values(household: &Household, operation: &Operation, parameter: &Parameter) -> Vec<Value> {
    let id = |name: &'static str| household.id(operation, name);
    if LISTS.contains(&parameter.name) {
        let all: Vec<Value> = match (parameter.values, parameter.name) {
            ([_, ..], _) => parameter.values.iter().map(|value| json!(value)).collect(),
            (_, "macs" | "deviceIds") => vec![json!(id("mac")), json!(id("wired"))],
            (_, "nodeIds") => vec![json!(id("nodeId"))],
            (_, "groupIds") => vec![json!(id("groupId"))],
            (_, "includes") => vec![json!("location"), json!("nodes")],
            (_, "filters") => vec![json!("customer"), json!("nodes")],
            (_, "trafficClasses") => vec![json!("gaming"), json!("video_conferencing")],
            _ => vec![json!("one"), json!("two, too")],
        };
        return vec![json!(all[..1]), json!(all)];
    }
    if !parameter.values.is_empty() {
        return parameter.values.iter().map(|value| json!(value)).collect();
    }
    match parameter.name {
        "limit" | "limitDays" | "skip" | "daysOffline" | "delay" | "serverId" => vec![json!(3), json!(1)],
        "timezoneOffset" | "coverageAlarmThreshold" => vec![json!(-60)],
        "start" | "startTimestamp" | "endTimestamp" => vec![json!(1_768_435_200_000_u64)],
        "startTime" | "startAt" => vec![json!("2026-01-14T00:00:00.000Z")],
        "endTime" | "endAt" => vec![json!("2026-01-15T09:30:00.000Z")],
        "startDate" => vec![json!("2026-01-12")],
        "endDate" => vec![json!("2026-01-15")],
        "filter" => vec![json!(r#"{"where":{"name":{"like":"a+b&c=%"}},"limit":2,"order":"id DESC"}"#)],
        "where" => vec![json!(r#"{"name":{"neq":"a+b&c=%"}}"#)],
        "fields" => vec![json!("(*,interfaces)"), json!("id")],
        "direction" => vec![json!("asc"), json!("desc")],
        "mac" => vec![json!(id("mac"))],
        "nodeId" => vec![json!(id("nodeId"))],
        "email" => vec![json!(id("email"))],
        "partnerId" => vec![json!(id("partnerId"))],
        "serialNumber" => vec![json!("SIMUNCLAIMED1")],
        "encryptionKey" => vec![json!("not-a-real-key-2 &+%")],
        "wpaMode" => vec![json!("sae-mixed")],
        "groupRekey" | "fastTransition" => vec![json!("disable")],
        "minWifiMode24" => vec![json!("11ax")],
        "granularity" => vec![json!("15 minutes")],
        "wpaModes" => vec![json!({ "freqBand24": "psk2" })],
        name if flag(name) => vec![json!(true), json!(false)],
        _ => vec![json!("Sample & Sons + 1%")],
    }
}

/// Whether a parameter is a truth value.
fn flag(name: &str) -> bool {
    const FLAGS: [&str; 22] = [
        "allSSIDs",
        "allowMlo",
        "countOnly",
        "deep",
        "devicesOnlineThirtyDays",
        "disableDefaultServiceNetwork",
        "emailVerified",
        "enabled",
        "exactMatch",
        "excludeDevices",
        "excludeUnclaimed",
        "favorite",
        "forcePcs",
        "includeApps",
        "lastThirtyDaysSpeedTestAverages",
        "locked",
        "preservePackId",
        "privateMode",
        "recentSpeedTest",
        "removeAccountId",
        "ssidBroadcast",
        "startsWith",
    ];
    FLAGS.contains(&name)
        || name.starts_with("show")
        || ["timestampISOFormat", "uapsd", "hybridCheck"].contains(&name)
}

/// A value as a query carries it.
fn written(value: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => vec![one(value)],
    }
}

/// Returns the simulator's interpretation of `parameter` in a call with `value`.
async fn understood(
    household: &Household,
    operation: &'static Operation,
    parameter: &Parameter,
    value: &Value,
) -> Result<(), String> {
    let mut given: BTreeMap<&str, Value> = match operation.name {
        // The API takes one of its two at a time.
        "location.device.update" => BTreeMap::new(),
        _ if operation.safety == Safety::Safe => household.parameters(operation).into_iter().collect(),
        _ => {
            let body = changes::body(operation);
            let known = operation
                .parameters
                .iter()
                .filter_map(|known| Some((known.name, body.get(known.name)?.clone())));
            known.collect()
        }
    };
    given.insert(parameter.name, value.clone());
    let placeholders: Vec<_> =
        operation.placeholders().map(|name| (name, household.id(operation, name))).collect();
    let sent = if operation.safety == Safety::Safe {
        let mut read = household.client.read(operation);
        for (name, id) in &placeholders {
            read = read.with(name, id.as_str());
        }
        for (name, value) in &given {
            read = read.with(name, value.clone());
        }
        read.expose_text().await.map(drop)
    } else {
        let mut change = household.client.change(operation);
        for (name, id) in &placeholders {
            change = change.with(name, id.as_str());
        }
        for (name, value) in &given {
            change = change.with(name, value.clone());
        }
        change.send().await.map(drop)
    };
    sent.map_err(|error| format!("{error}"))?;
    let understood = household.simulator.understood().ok_or("the simulator saw nothing")?;
    let path: Vec<_> = understood.path.iter().map(|(_, value)| value.clone()).collect();
    let meant: Vec<_> = placeholders.into_iter().map(|(_, value)| value).collect();
    if path != meant {
        return Err(format!("meant the path {meant:?}, read {path:?}"));
    }
    let expected = written(value);
    match parameter.place {
        Place::Query => match understood.query.get(parameter.name) {
            None => Err("has no effect".to_owned()),
            Some(read) if *read == expected => Ok(()),
            // An object is the same object in any order.
            Some(read) if parameter.name == "filter" || parameter.name == "where" => {
                let json = |text: &String| serde_json::from_str::<Value>(text).ok();
                (read.first().and_then(json) == expected.first().and_then(json))
                    .then_some(())
                    .ok_or_else(|| format!("read as {read:?}"))
            }
            Some(read) => Err(format!("read as {read:?}")),
        },
        _ => {
            let body: Value = serde_json::from_str(&understood.body).map_err(|error| error.to_string())?;
            if body.get(parameter.name) == Some(value) { Ok(()) } else { Err(format!("read as {body}")) }
        }
    }
}

#[tokio::test]
async fn every_parameter_is_understood_as_it_is_meant() {
    let household = Household::explored(Home::Healthy, ListShape::default()).await;
    let (mut tried, mut wrong, mut without_effect) = (0, Vec::new(), Vec::new());
    for operation in Operation::ALL.iter().copied() {
        for parameter in operation.parameters {
            for value in values(&household, operation, parameter) {
                tried += 1;
                let result = if operation.safety == Safety::Safe {
                    understood(&household, operation, parameter, &value).await
                } else {
                    // A change must not affect the next one.
                    let mut household = Household::explored(Home::Healthy, ListShape::default()).await;
                    household.prepare(operation).await;
                    understood(&household, operation, parameter, &value).await
                };
                match result {
                    Ok(()) => {}
                    Err(why) if why == "has no effect" => {
                        without_effect.push(format!("{} {}", operation.name, parameter.name));
                    }
                    Err(why) => wrong.push(format!("{} {}={value}: {why}", operation.name, parameter.name)),
                }
            }
        }
    }
    without_effect.dedup();
    let known: Vec<_> = WITHOUT_EFFECT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
    assert_eq!(without_effect, known, "left what has no effect, right what this test gives a reason for");
    assert!(tried > 500, "{tried}");
}
