//! Application quality of experience by traffic class. (`plume-api` models §8)

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::decode::{self, Context, Decode};

/// The answer of the application QoE operations.
///
/// Its schema is not published, so the JSON is kept as it came ([`AppQoe::raw`]), and
/// [`AppQoe::traffic_classes`] reads what can be read: objects that name a traffic class, with a word or a
/// score under any of the usual names. What cannot be read is `Unknown`, never "good".
///
/// ```
/// use plume_types::{AppQoe, QoeRating};
///
/// let qoe = AppQoe::from(serde_json::json!({"items": [{"trafficClass": "video", "quality": "Poor"}]}));
/// let classes = qoe.traffic_classes();
/// assert_eq!(classes[0].name, "video");
/// assert_eq!(classes[0].rating, QoeRating::Poor);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AppQoe(Value);

/// What could be read about one traffic class.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrafficClassQoe {
    /// The class as the API names it, for example `video_conferencing`.
    pub name: String,
    /// The quality in a word, if the answer has one.
    pub rating: QoeRating,
    /// The quality as a number, if the answer has one. Elsewhere in the API 5 is excellent and 1 the worst.
    pub score: Option<f64>,
    /// Where the rating or score stands, for example `trafficClasses[0].qoe`.
    pub path: String,
}

/// A quality in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum QoeRating {
    /// Good or better.
    Good,
    /// Between good and poor.
    Fair,
    /// Poor.
    Poor,
    /// No word, or one that this version does not know.
    Unknown(Option<String>),
}

impl QoeRating {
    fn from_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "excellent" | "good" | "healthy" | "great" => Self::Good,
            "fair" | "average" | "ok" | "okay" | "moderate" | "degraded" => Self::Fair,
            "poor" | "bad" | "verypoor" | "very_poor" | "very poor" => Self::Poor,
            _ => Self::Unknown(Some(word.to_owned())),
        }
    }
}

const NAME_KEYS: [&str; 4] = ["trafficClass", "trafficClassName", "className", "name"];
const WORD_KEYS: [&str; 8] =
    ["qoe", "quality", "qualityIndicator", "qoeQuality", "rating", "qoeRating", "health", "status"];
const SCORE_KEYS: [&str; 8] =
    ["score", "qoeScore", "weightedQoeScore", "averageQoeScore", "avgQoeScore", "averageScore", "mos", "qoe"];
/// Answers are flat; this only bounds what a hostile body can cost.
const MAX_DEPTH: usize = 8;

impl AppQoe {
    /// The answer as it came.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.0
    }

    /// The traffic classes that the answer names, in its order.
    ///
    /// Understood are lists of objects with a name, and objects that map a class's name to such an object.
    #[must_use]
    pub fn traffic_classes(&self) -> Vec<TrafficClassQoe> {
        let mut found = Vec::new();
        walk(&self.0, "", None, 0, &mut found);
        found
    }
}

fn walk(value: &Value, path: &str, key: Option<&str>, depth: usize, found: &mut Vec<TrafficClassQoe>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{index}]"), None, depth + 1, found);
            }
        }
        Value::Object(object) => {
            let named = text_of(object, &NAME_KEYS).map(|(_, name)| name);
            let quality = quality_of(object);
            // Under a class's own name the object need not repeat it, but it must speak of quality.
            let name = named.or_else(|| key.filter(|_| quality.is_some()));
            if let Some(name) = name {
                let (rating, score, at) = quality.unwrap_or((QoeRating::Unknown(None), None, ""));
                let path = match (path, at) {
                    ("", at) => at.to_owned(),
                    (path, "") => path.to_owned(),
                    (path, at) => format!("{path}.{at}"),
                };
                found.push(TrafficClassQoe { name: name.to_owned(), rating, score, path });
                return;
            }
            for (key, item) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(item, &path, Some(key), depth + 1, found);
            }
        }
        _ => {}
    }
}

fn text_of<'a>(object: &'a Map<String, Value>, keys: &[&'static str]) -> Option<(&'static str, &'a str)> {
    keys.iter().find_map(|key| Some((*key, object.get(*key)?.as_str()?)))
}

fn quality_of(object: &Map<String, Value>) -> Option<(QoeRating, Option<f64>, &'static str)> {
    let word = text_of(object, &WORD_KEYS);
    let score = SCORE_KEYS.iter().find_map(|key| Some((*key, object.get(*key)?.as_f64()?)));
    let at = word.map(|(key, _)| key).or(score.map(|(key, _)| key))?;
    let rating = word.map_or(QoeRating::Unknown(None), |(_, word)| QoeRating::from_word(word));
    Some((rating, score.map(|(_, score)| score), at))
}

impl From<Value> for AppQoe {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Decode for AppQoe {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_object() || value.is_array() {
            return Ok(Some(Self(value)));
        }
        if !value.is_null() {
            cx.mismatch("application QoE", "a bare value");
        }
        Ok(None)
    }
}

impl Serialize for AppQoe {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AppQoe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Vec<(String, QoeRating, Option<f64>)> {
        AppQoe(value)
            .traffic_classes()
            .into_iter()
            .map(|class| (class.name, class.rating, class.score))
            .collect()
    }

    #[test]
    fn lists_and_maps_of_classes_are_read() {
        let expected = vec![("video".to_owned(), QoeRating::Poor, Some(1.5))];
        for body in [
            json!([{"name": "video", "qoe": "poor", "score": 1.5}]),
            json!({"data": {"classes": [{"trafficClassName": "video", "rating": "POOR", "mos": 1.5}]}}),
            json!({"video": {"quality": "poor", "qoeScore": 1.5}}),
        ] {
            assert_eq!(read(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        assert_eq!(read(json!({})), vec![]);
        assert_eq!(
            read(json!([{"trafficClass": "gaming", "latencyMs": 12}])),
            vec![("gaming".to_owned(), QoeRating::Unknown(None), None)]
        );
        assert_eq!(
            read(json!([{"trafficClass": "gaming", "qoe": "wobbly"}])),
            vec![("gaming".to_owned(), QoeRating::Unknown(Some("wobbly".into())), None)]
        );
    }

    #[test]
    fn depth_is_bounded() {
        let mut value = json!({"name": "deep", "qoe": "poor"});
        for _ in 0..40 {
            value = json!([value]);
        }
        assert_eq!(read(value), vec![]);
    }
}
