//! The checks of routes beside their type: a mistake here would lose messages without a word.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::json::Fault;

/// Maximum length of the id of a channel.
const LONGEST: usize = 60;
/// The statuses that incidents have.
const SEVERITIES: [&str; 4] = ["red", "orange", "yellow", "unknown"];
/// The words for an id of a channel.
pub const CHANNEL_ID: &str = "1 to 60 letters, digits, dashes, dots and underscores";

/// Returns whether a channel can have this id.
#[must_use]
pub fn is_channel_id(id: &str) -> bool {
    let is_good = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !id.is_empty() && id.len() <= LONGEST && id.chars().all(is_good)
}

/// Finds routes without channels, channels that no tenant can have, and lists that say something else than they seem to.
pub(crate) fn check_routes(policies: &Value) -> Vec<Fault> {
    let routes = policies.pointer("/notify/routes").and_then(Value::as_array);
    let mut faults = Vec::new();
    for (index, route) in routes.into_iter().flatten().enumerate() {
        let at = format!("notify.routes[{index}]");
        let Value::Object(route) = route else {
            faults.push((at, "must be an object, such as `{\"channels\": [\"hook\"]}`".to_owned()));
            continue;
        };
        let Some(channels) = route.get("channels") else {
            let problem = "has no `channels`, so its messages would be dropped; write `\"channels\": []` if they are to be";
            faults.push((at, problem.to_owned()));
            continue;
        };
        for (index, channel) in channels.as_array().into_iter().flatten().enumerate() {
            if channel.as_str().is_some_and(|id| !is_channel_id(id)) {
                let problem = format!("is no id of a channel: it must have {CHANNEL_ID}");
                faults.push((format!("{at}.channels[{index}]"), problem));
            }
        }
        check_lists(&at, route, &mut faults);
        check_quiet(&at, route, &mut faults);
    }
    faults
}

/// Finds conditions without a value, which would always be met, values that are in a list twice, and severities that no
/// incident has.
fn check_lists(at: &str, route: &Map<String, Value>, faults: &mut Vec<Fault>) {
    for key in ["tenants", "tags", "groups", "severities", "channels"] {
        let Some(list) = route.get(key).and_then(Value::as_array) else { continue };
        if list.is_empty() && key != "channels" {
            let problem = "is empty; leave it out if there is no such condition";
            faults.push((format!("{at}.{key}"), problem.to_owned()));
        }
        find_twins(&format!("{at}.{key}"), list, faults);
    }
    let severities = route.get("severities").and_then(Value::as_array).into_iter().flatten();
    for (index, word) in severities.enumerate().filter_map(|(index, word)| Some((index, word.as_str()?))) {
        if !SEVERITIES.contains(&word) {
            let known = SEVERITIES.map(|word| format!("`{word}`")).join(", ");
            faults.push((format!("{at}.severities[{index}]"), format!("must be one of {known}")));
        }
    }
}

/// Finds quiet hours that never begin.
fn check_quiet(at: &str, route: &Map<String, Value>, faults: &mut Vec<Fault>) {
    let ranges = route.get("quiet").and_then(|quiet| quiet.get("ranges")).and_then(Value::as_array);
    let Some(ranges) = ranges else { return };
    let at = format!("{at}.quiet.ranges");
    if ranges.is_empty() {
        faults.push((at.clone(), "is empty, so it is never quiet".to_owned()));
    }
    find_twins(&at, ranges, faults);
    for (index, range) in ranges.iter().enumerate() {
        let Some(days) = range.get("days").and_then(Value::as_array) else { continue };
        let at = format!("{at}[{index}].days");
        if days.is_empty() {
            faults.push((at.clone(), "is empty, so the range never begins".to_owned()));
        }
        find_twins(&at, days, faults);
    }
}

fn find_twins(at: &str, list: &[Value], faults: &mut Vec<Fault>) {
    let mut known = BTreeSet::new();
    for (index, value) in list.iter().enumerate() {
        if !known.insert(value.to_string()) {
            faults.push((format!("{at}[{index}]"), "is in the list more than once".to_owned()));
        }
    }
}
