//! The law: a green home was read and is healthy, and unread parts are listed. It has its own reader of the bodies.
//!
//! It covers only the unambiguous cases of the documentation, so it is not a second analyzer. Of a doubled key either
//! value may count.

use plume_health::{Format, HealthReport, ReportPart, Status};
use serde_json::{Map, Value};

use crate::homes::bodies::{Bodies, Plant};
use crate::homes::generate::{AGAIN, TIMES_OF_LAST_DAY, TIMES_THAT_ARE_OLD};

type Checked = Result<(), String>;

fn law(holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(text()) }
}

fn tree(body: Option<&String>) -> Option<Value> {
    serde_json::from_str(body?).ok()
}

/// Returns all values of a key that may be doubled.
fn all<'a>(object: &'a Map<String, Value>, key: &str) -> Vec<&'a Value> {
    let again = format!("{AGAIN}{key}");
    object.iter().filter(|(name, _)| *name == key || **name == again).map(|(_, value)| value).collect()
}

/// Returns the value of a key that is present once.
fn one<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    match all(object, key).as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

fn word(value: &Value) -> Option<String> {
    Some(value.as_str()?.trim().to_ascii_lowercase())
}

fn is_word(value: Option<&Value>, words: &[&str]) -> bool {
    value.and_then(word).is_some_and(|word| words.contains(&word.as_str()))
}

/// Returns a number, also from numeric text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn score(value: Option<&Value>) -> Option<f64> {
    value.and_then(number).filter(|score| (0.0..=5.0).contains(score))
}

/// The kinds of body in place of a list.
enum Listed<'a> {
    /// A list: bare, wrapped once, or wrapped twice.
    Items(&'a [Value]),
    /// The key of the wrapper is doubled: either may count.
    Either,
    Unreadable,
}

fn list<'a>(body: Option<&'a Value>, key: &str, wraps: usize) -> Listed<'a> {
    match body {
        Some(Value::Array(items)) => Listed::Items(items),
        Some(Value::Object(object)) if wraps > 0 => match all(object, key).as_slice() {
            [inner] => list(Some(inner), key, wraps - 1),
            [] => Listed::Unreadable,
            _ => Listed::Either,
        },
        _ => Listed::Unreadable,
    }
}

fn objects(items: &[Value]) -> impl Iterator<Item = &Map<String, Value>> {
    items.iter().filter_map(Value::as_object)
}

/// Checks the verdict on these bodies.
pub(super) fn of_verdict(bodies: &Bodies, report: &HealthReport) -> Checked {
    let [nodes, devices, location, service, qoe] =
        [&bodies.nodes, &bodies.devices, &bodies.location, &bodies.service_level, &bodies.qoe]
            .map(|body| tree(body.as_ref()));
    let (nodes, devices) = (list(nodes.as_ref(), "nodes", 2), list(devices.as_ref(), "devices", 2));
    let network: Vec<&Value> = location
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|location| all(location, "networkStatus"))
        .filter_map(Value::as_object)
        .flat_map(|status| all(status, "status"))
        .collect();
    // A location without a readable id is unreadable.
    let is_read = location
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|location| matches!(all(location, "id").as_slice(), [Value::String(id)] if id == "l"));
    let offline =
        is_read && !network.is_empty() && network.iter().all(|status| is_word(Some(status), &["offline"]));
    let perhaps_offline = network.iter().any(|status| is_word(Some(status), &["offline"]));

    // Unknown is not offline.
    let connected = |node: &Map<String, Value>| {
        let states = all(node, "connectionState");
        !states.is_empty() && states.into_iter().all(|state| is_word(Some(state), &["connected"]))
    };
    let some_connected = matches!(nodes, Listed::Items(nodes) if objects(nodes)
        .any(|node| connected(node) && is_id(node) && !is_doubled(node, nodes)));
    law(report.online != Some(false) || perhaps_offline || !some_connected, || {
        "offline with a connected node".into()
    })?;
    let needed = report.unknown.iter().any(|unknown| unknown.needed);
    law(!needed || report.status != Status::Green, || "green with a needed part unknown".into())?;
    if report.status != Status::Green {
        return Ok(());
    }

    // Green: every node was read, and is connected.
    let nodes = match nodes {
        Listed::Items(nodes) => nodes,
        Listed::Either => return Ok(()),
        Listed::Unreadable => return Err("green without a list of nodes".into()),
    };
    law(!nodes.is_empty(), || "green with no node".into())?;
    for node in nodes {
        let read = node.as_object().is_some_and(|node| {
            let states = all(node, "connectionState");
            states.into_iter().any(|state| is_word(Some(state), &["connected"]))
        });
        law(read, || format!("green with the node {node}"))?;
    }
    law(!offline, || "green and offline".into())?;
    let unknown = |part: ReportPart| report.unknown.iter().any(|unknown| unknown.part == part);

    for node in objects(nodes) {
        of_node(node, &unknown)?;
    }
    match devices {
        Listed::Items(devices) => devices.iter().try_for_each(|device| of_device(device, &unknown))?,
        Listed::Either => {}
        Listed::Unreadable => {
            law(unknown(ReportPart::Devices), || "unreadable devices are not listed".into())?;
        }
    }
    of_service(location.as_ref(), service.as_ref(), &unknown)?;
    of_qoe(qoe.as_ref(), &unknown)
}

fn is_id(node: &Map<String, Value>) -> bool {
    one(node, "id").and_then(Value::as_str).is_some_and(|id| id.starts_with("TST"))
}

/// Whether a node has two records, of which the worse one counts.
fn is_doubled(node: &Map<String, Value>, nodes: &[Value]) -> bool {
    objects(nodes).filter(|other| one(other, "id") == one(node, "id")).count() > 1
}

fn of_node(node: &Map<String, Value>, unknown: &impl Fn(ReportPart) -> bool) -> Checked {
    let told = |what: &str| format!("green with a node of {what}: {}", Value::from(node.clone()));
    match all(node, "health").as_slice() {
        [Value::Object(health)] => {
            let (status, points) = (all(health, "status"), all(health, "score"));
            let bad = matches!(status.as_slice(), [status] if is_word(Some(status), &["poor", "fair", "degraded"]))
                || matches!(points.as_slice(), [points] if score(Some(points)).is_some_and(|score| score < 2.0));
            law(!bad, || told("bad health"))?;
            let good =
                status.into_iter().any(|status| is_word(Some(status), &["excellent", "good", "healthy"]))
                    || points.into_iter().any(|points| score(Some(points)).is_some());
            law(good || unknown(ReportPart::NodeHealth), || told("unknown health"))?;
        }
        [] | [_] => law(unknown(ReportPart::NodeHealth), || told("unreadable health"))?,
        _ => {}
    }
    match all(node, "alerts").as_slice() {
        [] | [Value::Null] => {}
        [Value::Array(alerts)] => {
            let active = objects(alerts).any(|alert| all(alert, "state").is_empty());
            law(!active || unknown(ReportPart::NodeAlerts), || told("an alert"))?;
            let read = alerts.iter().all(Value::is_object);
            law(read || unknown(ReportPart::NodeAlerts), || told("an unreadable alert"))?;
        }
        [_] => law(unknown(ReportPart::NodeAlerts), || told("unreadable alerts"))?,
        _ => {}
    }
    Ok(())
}

fn of_device(device: &Value, unknown: &impl Fn(ReportPart) -> bool) -> Checked {
    let told = |what: &str| format!("green with {what}: {device}");
    let Value::Object(fields) = device else {
        return law(unknown(ReportPart::Devices), || told("an unreadable device"));
    };
    if unknown(ReportPart::Devices) {
        // The law does not cover which ones, but a device that is clearly away must be a finding.
        let plain = one(fields, "mac").and_then(Value::as_str).is_some_and(|mac| mac.starts_with("02:"));
        let away = is_word(one(fields, "connectionState"), &["disconnected"]);
        let recent = one(fields, "connectionStateChangeAt")
            .and_then(Value::as_str)
            .is_some_and(|time| TIMES_OF_LAST_DAY.contains(&time));
        return law(!(plain && away && recent), || told("a device that is away"));
    }
    let states = all(fields, "connectionState");
    let read = states.iter().any(|state| is_word(Some(state), &["connected", "disconnected"]));
    // A device that is away for long may have any state, or an unreadable one.
    let old = |time: &&Value| time.as_str().is_some_and(|time| TIMES_THAT_ARE_OLD.contains(&time));
    let times = all(fields, "connectionStateChangeAt");
    law(read || times.iter().any(old), || told("a device of an unknown state"))?;
    let away = matches!(states.as_slice(), [state] if is_word(Some(state), &["disconnected"]));
    law(!away || times.iter().any(old), || told("a device that is away"))
}

fn of_service(
    location: Option<&Value>,
    service: Option<&Value>,
    unknown: &impl Fn(ReportPart) -> bool,
) -> Checked {
    let own = service.and_then(Value::as_object).map(|level| all(level, "status")).unwrap_or_default();
    let levels = location.and_then(Value::as_object).map(|location| all(location, "serviceLevel"));
    let copy =
        levels.into_iter().flatten().filter_map(Value::as_object).flat_map(|level| all(level, "status"));
    let none = matches!(own.as_slice(), [own] if is_word(Some(own), &["noservice"]));
    law(!none, || "green without service".into())?;
    let mut words = own.into_iter().chain(copy);
    let read = words.any(|tier| is_word(Some(tier), &["fullservice", "basicservice"]));
    law(read || unknown(ReportPart::ServiceLevel), || "an unreadable service level is not listed".into())
}

const CLASSES: [&str; 3] = ["video", "gaming", "web_browsing"];
const GOOD: [&str; 6] = ["excellent", "good", "healthy", "fair", "degraded", "ok"];

fn of_qoe(qoe: Option<&Value>, unknown: &impl Fn(ReportPart) -> bool) -> Checked {
    let mut classes = Vec::new();
    if let Some(qoe) = qoe {
        gather(qoe, &mut classes);
    }
    for class in &classes {
        let scores = all(class, "score");
        let words = all(class, "quality");
        let poor = matches!(scores.as_slice(), [points] if score(Some(points)).is_some_and(|score| score < 2.0))
            || matches!(words.as_slice(), [word] if is_word(Some(word), &["poor"]));
        law(!poor, || format!("green with the class {}", Value::from((*class).clone())))?;
        // A class may have its quality under a name or in a form that the law does not read.
        let known = |key: &String| ["trafficClass", "score", "quality"].contains(&key.as_str());
        let plain =
            class.keys().all(known) && !scores.iter().any(|points| points.is_array() || points.is_object());
        let read = scores.into_iter().chain(words).any(says_something);
        law(read || !plain || unknown(ReportPart::Qoe), || {
            format!("an unreadable class is not listed: {}", Value::from((*class).clone()))
        })?;
    }
    let anything = qoe.is_some_and(says_something);
    law(anything || unknown(ReportPart::Qoe), || "unreadable QoE is not listed".into())
}

/// Returns the objects that name an existing class.
fn gather<'a>(value: &'a Value, classes: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, classes)),
        Value::Object(object) => {
            if is_word(one(object, "trafficClass"), &CLASSES) {
                classes.push(object);
            }
            object.values().for_each(|item| gather(item, classes));
        }
        _ => {}
    }
}

/// Whether any quality is present.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(object) => object.values().any(says_something),
        other => {
            score(Some(other)).is_some() || is_word(Some(other), &GOOD) || is_word(Some(other), &["poor"])
        }
    }
}

/// Checks a rendered report.
pub(super) fn of_text(format: Format, text: &str) -> Checked {
    law(!text.is_empty(), || "the report is empty".into())?;
    if format == Format::Json {
        return serde_json::from_str::<Value>(text).map(drop).map_err(|error| error.to_string());
    }
    let bad = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    law(!text.contains(bad), || format!("a control character in {text:?}"))?;
    let marks = text.chars().fold((0, 0), |(run, most), character| {
        let run = if character == '\u{301}' { run + 1 } else { 0 };
        (run, run.max(most))
    });
    law(marks.1 <= 4, || format!("{} marks on a letter", marks.1))?;
    let title = text.lines().next().unwrap_or_default();
    let name = title.split("for ").nth(1).unwrap_or_default();
    law(name.chars().any(char::is_alphanumeric) || name.contains("&lt;b"), || {
        format!("no name in {title:?}")
    })?;
    if format == Format::Html {
        let mut open = false;
        for piece in text.split_inclusive(['<', '>']) {
            // Pieces end where a tag begins or ends.
            if let Some(tag) = piece.strip_suffix('>') {
                law(open && matches!(tag, "b" | "/b"), || format!("the tag {tag:?} in {text:?}"))?;
                open = false;
            } else if piece.ends_with('<') {
                law(!open, || format!("a tag in a tag in {text:?}"))?;
                open = true;
            }
        }
        for piece in text.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| piece.starts_with(entity));
            law(known, || format!("a bare & in {text:?}"))?;
        }
    }
    Ok(())
}

/// Returns the bodies as a program with this fault would read them.
pub(super) fn plant_in(bodies: &Bodies, plant: Plant) -> Bodies {
    let mut planted = bodies.clone();
    let change = |body: &mut Option<String>, change: &dyn Fn(&mut Value)| {
        if let Some(mut tree) = tree(body.as_ref()) {
            change(&mut tree);
            *body = Some(tree.to_string());
        }
    };
    let each_node = |tree: &mut Value, change: &dyn Fn(&mut Map<String, Value>)| {
        tree.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(change);
    };
    match plant {
        Plant::UnreadableIsAbsent => change(&mut planted.nodes, &|tree| {
            if let Some(items) = tree.as_array_mut() {
                items.retain(Value::is_object);
            }
        }),
        Plant::ConnectedByDefault => change(&mut planted.nodes, &|tree| {
            each_node(tree, &|node| {
                if !is_word(node.get("connectionState"), &["connected", "disconnected"]) {
                    node.insert("connectionState".to_owned(), "connected".into());
                }
            });
        }),
        Plant::NoAlerts => change(&mut planted.nodes, &|tree| {
            each_node(tree, &|node| {
                if node.get("alerts").is_some_and(|alerts| !alerts.is_array()) {
                    node.remove("alerts");
                }
            });
        }),
        Plant::NoQoe => {
            planted.qoe = Some(r#"[{"trafficClass":"video","score":4.5}]"#.to_owned());
        }
        Plant::OldByDefault => change(&mut planted.devices, &|tree| {
            each_node(tree, &|device| {
                let time = device.get("connectionStateChangeAt").and_then(Value::as_str);
                if time.is_some_and(|time| !TIMES_OF_LAST_DAY.contains(&time)) {
                    device.insert("connectionStateChangeAt".to_owned(), TIMES_THAT_ARE_OLD[0].into());
                }
            });
        }),
        Plant::Green | Plant::Unsaid | Plant::Raw => {}
    }
    planted
}
