//! The checks of routes beside their type: a mistake here would lose messages without a word.

use serde_json::Value;

use crate::config::sections::document::Fault;

/// Maximum length of the id of a channel.
const LONGEST: usize = 60;
/// The words for an id of a channel.
pub const CHANNEL_ID: &str = "1 to 60 letters, digits, dashes, dots and underscores";

/// Returns whether a channel can have this id.
#[must_use]
pub fn is_channel_id(id: &str) -> bool {
    let is_good = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !id.is_empty() && id.len() <= LONGEST && id.chars().all(is_good)
}

/// Finds routes without channels, and channels that no tenant can have.
pub(super) fn check_routes(policies: &Value) -> Vec<Fault> {
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
    }
    faults
}
