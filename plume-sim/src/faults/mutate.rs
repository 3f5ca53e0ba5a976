//! Changes of JSON responses, drawn from a seed.

use serde_json::{Map, Value, json};

use crate::faults::rule::{Change, Mutation};
use crate::world::noise;

/// Returns the changed `body` as text, because duplicate keys have no other form.
pub(crate) fn mutate(body: &Value, mutation: &Mutation, seed: u64) -> String {
    match mutation.change {
        Change::Bare => bare(body).to_string(),
        Change::Wrapped => wrapped(body).to_string(),
        Change::Renamed => renamed(body).to_string(),
        Change::DuplicateKeys => {
            let mut text = String::new();
            Walk { mutation, seed, visited: 0 }.write(body, &mut text);
            text
        }
        _ => {
            let mut body = body.clone();
            Walk { mutation, seed, visited: 0 }.change(&mut body);
            body.to_string()
        }
    }
}

/// Returns the only member of an envelope.
fn envelope(body: &Value) -> Option<(&String, &Value)> {
    let object = body.as_object().filter(|object| object.len() == 1)?;
    object.iter().next()
}

fn bare(body: &Value) -> Value {
    let mut inner = body;
    while let Some((_, next)) = envelope(inner) {
        inner = next;
    }
    inner.clone()
}

fn wrapped(body: &Value) -> Value {
    match envelope(body) {
        Some((key, inner)) => json!({ key: { key: inner } }),
        None => json!({ "data": body }),
    }
}

fn renamed(body: &Value) -> Value {
    match envelope(body) {
        Some((key, inner)) => {
            let mut letters = key.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            let name: String = "renamed".chars().chain(first).chain(letters).collect();
            json!({ name: inner })
        }
        None => json!({ "renamedData": body }),
    }
}

struct Walk<'m> {
    mutation: &'m Mutation,
    seed: u64,
    visited: u64,
}

impl Walk<'_> {
    /// Returns whether the member changes. Draws once per member, regardless of its name.
    fn hit(&mut self, key: &str) -> bool {
        self.visited += 1;
        let drawn = noise::between(self.seed, &[self.visited, noise::salt(key)], 0.0, 1.0);
        let named = self.mutation.keys.is_empty() || self.mutation.keys.iter().any(|name| name == key);
        named && drawn < self.mutation.share
    }

    fn change(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.change(item)),
            Value::Object(object) => {
                let keys: Vec<String> = object.keys().cloned().collect();
                for key in keys {
                    let hit = self.hit(&key);
                    if let Some(member) = object.get_mut(&key) {
                        self.change(member);
                    }
                    if hit {
                        self.change_member(object, &key);
                    }
                }
            }
            _ => {}
        }
    }

    fn change_member(&self, object: &mut Map<String, Value>, key: &str) {
        let Some(member) = object.get_mut(key) else { return };
        match self.mutation.change {
            Change::Nulls => *member = Value::Null,
            Change::Missing => {
                object.remove(key);
            }
            Change::NumbersAsText => {
                if member.is_number() {
                    *member = json!(member.to_string());
                }
            }
            Change::UnknownWords => {
                if member.as_str().is_some_and(is_word) {
                    *member = json!("notYetKnownWord");
                }
            }
            Change::ExtraFields => {
                let extra = json!({ "added": true, "nested": [1, { "deeper": null }] });
                object.insert(format!("{key}FromTomorrow"), extra);
            }
            _ => *member = self.other_type(member),
        }
    }

    fn other_type(&self, value: &Value) -> Value {
        let choices = [json!("a text"), json!(-17.25), json!(true), json!([]), json!({ "unexpected": 1 })];
        let own = match value {
            Value::String(_) => 0,
            Value::Number(_) => 1,
            Value::Bool(_) => 2,
            Value::Array(_) => 3,
            Value::Object(_) => 4,
            Value::Null => 5,
        };
        let others: Vec<&Value> =
            choices.iter().enumerate().filter(|(index, _)| *index != own).map(|(_, value)| value).collect();
        let bound = u64::try_from(others.len()).unwrap_or(1);
        let index = usize::try_from(noise::below(self.seed, &[self.visited, 99], bound)).unwrap_or(0);
        others.get(index).map_or(Value::Null, |value| (*value).clone())
    }

    /// Writes `value` with some members duplicated: the original, then another value.
    fn write(&mut self, value: &Value, text: &mut String) {
        match value {
            Value::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    self.write(item, text);
                }
                text.push(']');
            }
            Value::Object(object) => {
                text.push('{');
                for (index, (key, member)) in object.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    let name = Value::from(key.as_str()).to_string();
                    let hit = self.hit(key);
                    text.push_str(&name);
                    text.push(':');
                    self.write(member, text);
                    if hit {
                        text.push(',');
                        text.push_str(&name);
                        text.push(':');
                        text.push_str(&self.other_type(member).to_string());
                    }
                }
                text.push('}');
            }
            other => text.push_str(&other.to_string()),
        }
    }
}

/// Returns whether a text looks like a word of an enumeration: letters only, as `connected`, `fullService`. Names of
/// people and places have spaces or initial capitals.
fn is_word(text: &str) -> bool {
    (2..=30).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns nested lists.
pub(crate) fn deep(levels: u32) -> String {
    let levels = usize::try_from(levels).unwrap_or(usize::MAX);
    let mut text = "[".repeat(levels);
    text.push_str(&"]".repeat(levels));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Value {
        json!({ "nodes": [
            { "id": "SIM1", "connectionState": "connected", "rssi": -50, "partnerId": "5ca1" },
            { "id": "SIM2", "connectionState": "disconnected", "rssi": -60, "nested": { "state": "good" } },
        ]})
    }

    fn with(change: Change, share: f64) -> String {
        mutate(&body(), &Mutation::new(change).share(share), 7)
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn envelopes_change_and_their_content_does_not() {
        assert_eq!(read(&with(Change::Bare, 0.0)), body()["nodes"]);
        assert_eq!(read(&with(Change::Wrapped, 0.0)), json!({ "nodes": body() }));
        assert_eq!(read(&with(Change::Renamed, 0.0)), json!({ "renamedNodes": body()["nodes"] }));
        let list = json!([1]);
        let wrapped = mutate(&list, &Mutation::new(Change::Wrapped), 7);
        assert_eq!(read(&wrapped), json!({ "data": [1] }));
    }

    #[test]
    fn zero_share_changes_nothing() {
        let envelopes = [Change::Bare, Change::Wrapped, Change::Renamed];
        for change in Change::ALL.into_iter().filter(|change| !envelopes.contains(change)) {
            assert_eq!(read(&with(change, 0.0)), body(), "{change:?}");
        }
    }

    #[test]
    fn each_change_matches_its_name() {
        assert_eq!(read(&with(Change::Nulls, 1.0)), json!({ "nodes": null }));
        assert_eq!(read(&with(Change::Missing, 1.0)), json!({}));
        assert!(!read(&with(Change::WrongTypes, 1.0))["nodes"].is_array());
        let words = read(&with(Change::UnknownWords, 1.0));
        assert_eq!(words["nodes"][0]["connectionState"], "notYetKnownWord");
        assert_eq!(words["nodes"][0]["id"], "SIM1", "not a word of an enumeration");
        let numbers = read(&with(Change::NumbersAsText, 1.0));
        assert_eq!(numbers["nodes"][1]["rssi"], "-60");
        let extra = read(&with(Change::ExtraFields, 1.0));
        assert_eq!(extra["nodes"][0]["rssiFromTomorrow"]["added"], true);
        let twice = with(Change::DuplicateKeys, 1.0);
        assert_eq!(twice.matches("\"rssi\":").count(), 4, "{twice}");
    }

    #[test]
    fn keys_narrow_a_change() {
        let mutation = Mutation::new(Change::Missing).share(1.0).keys(["rssi"]);
        let changed = read(&mutate(&body(), &mutation, 7));
        assert!(changed["nodes"][0].get("rssi").is_none());
        assert_eq!(changed["nodes"][0]["id"], "SIM1");
    }

    #[test]
    fn equal_seeds_change_equally_and_different_ones_do_not() {
        let mutation = Mutation::new(Change::Missing);
        let texts: Vec<String> = (0..16).map(|seed| mutate(&body(), &mutation, seed)).collect();
        assert_eq!(texts[3], mutate(&body(), &mutation, 3));
        assert!(texts.iter().any(|text| *text != texts[0]));
    }
}
