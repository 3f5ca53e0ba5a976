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
/// Names of containers, which are nobody's class.
const CONTAINER_KEYS: [&str; 8] =
    ["data", "items", "results", "classes", "trafficClasses", "trafficClassStats", "stats", "summary"];
/// Words that can mean nothing but a quality, even without a telling name beside them.
const BARE_WORDS: [&str; 5] = ["excellent", "good", "fair", "poor", "bad"];
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
    /// Understood are lists of objects with a name, and objects that map a class's name to such an object or
    /// to a word. An object that names a class and tells nothing of its quality is `Unknown`.
    #[must_use]
    pub fn traffic_classes(&self) -> Vec<TrafficClassQoe> {
        let mut found = Vec::new();
        walk(&self.0, &Place::default(), &mut found);
        found
    }
}

/// Where a value stands.
#[derive(Default)]
struct Place {
    path: String,
    /// The field it is the value of, if that can be the name of a class.
    name: Option<String>,
    depth: usize,
}

impl Place {
    fn at(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), name: None, depth: self.depth + 1 }
    }

    fn under(&self, key: &str) -> Self {
        let known = NAME_KEYS.iter().chain(&WORD_KEYS).chain(&SCORE_KEYS).chain(&CONTAINER_KEYS);
        let name = (!known.into_iter().any(|known| *known == key)).then(|| key.to_owned());
        Self { path: join(&self.path, key), name, depth: self.depth + 1 }
    }
}

fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", other) | (other, "") => other.to_owned(),
        (path, key) => format!("{path}.{key}"),
    }
}

fn walk(value: &Value, place: &Place, found: &mut Vec<TrafficClassQoe>) {
    if place.depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &place.at(index), found);
            }
        }
        Value::Object(object) => {
            let named = text_of(object, &NAME_KEYS).map(|(_, name)| name);
            let quality = quality_of(object, 0);
            // Under a class's own name the object need not repeat it, but it must speak of quality.
            if let Some(quality) = quality
                && let Some(name) = named.or(place.name.as_deref())
            {
                found.push(quality.of(name, &place.path));
                return;
            }
            let before = found.len();
            for (key, item) in object {
                walk(item, &place.under(key), found);
            }
            // The name of a class about which nothing is told; that of a container tells of its children.
            if found.len() == before
                && let Some(name) = named
            {
                found.push(Quality::default().of(name, &place.path));
            }
        }
        // `{"video": "poor"}`: only a known word can tell that this is meant.
        Value::String(word) => {
            let rating = QoeRating::from_word(word);
            if let Some(name) = &place.name
                && BARE_WORDS.contains(&word.trim().to_ascii_lowercase().as_str())
            {
                found.push(Quality { rating: Some(rating), ..Quality::default() }.of(name, &place.path));
            }
        }
        _ => {}
    }
}

fn text_of<'a>(object: &'a Map<String, Value>, keys: &[&'static str]) -> Option<(&'static str, &'a str)> {
    keys.iter().find_map(|key| Some((*key, object.get(*key)?.as_str()?)))
}

#[derive(Default)]
struct Quality {
    rating: Option<QoeRating>,
    score: Option<f64>,
    at: String,
}

impl Quality {
    fn of(self, name: &str, path: &str) -> TrafficClassQoe {
        TrafficClassQoe {
            name: name.to_owned(),
            rating: self.rating.unwrap_or(QoeRating::Unknown(None)),
            score: self.score,
            path: join(path, &self.at),
        }
    }
}

/// What an object tells of quality: directly, or in an object under one of the usual names.
fn quality_of(object: &Map<String, Value>, depth: usize) -> Option<Quality> {
    // Numbers come as numbers or as text here as everywhere.
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    let score = SCORE_KEYS.iter().find_map(|key| Some((*key, number(object.get(*key)?)?)));
    let word = WORD_KEYS.iter().find_map(|key| {
        let word = object.get(*key)?.as_str()?;
        word.trim().parse::<f64>().is_err().then_some((*key, word))
    });
    if word.is_some() || score.is_some() {
        let at = word.map(|(key, _)| key).or(score.map(|(key, _)| key)).unwrap_or_default();
        return Some(Quality {
            rating: word.map(|(_, word)| QoeRating::from_word(word)),
            score: score.map(|(_, score)| score).filter(|score| score.is_finite()),
            at: at.to_owned(),
        });
    }
    if depth > MAX_DEPTH {
        return None;
    }
    WORD_KEYS.iter().chain(&SCORE_KEYS).find_map(|key| {
        let inner = quality_of(object.get(*key)?.as_object()?, depth + 1)?;
        Some(Quality { at: join(key, &inner.at), ..inner })
    })
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
            json!({"trafficClassStats": {"video": {"qoe": {"status": "poor", "score": "1.5"}}}}),
            json!({"name": "report", "trafficClasses": [{"trafficClass": "video", "qoe": "poor", "score": 1.5}]}),
        ] {
            assert_eq!(read(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn a_bare_word_under_a_name_is_read_if_it_is_known() {
        assert_eq!(read(json!({"video": "poor"})), vec![("video".to_owned(), QoeRating::Poor, None)]);
        assert_eq!(read(json!({"timePeriod": "lastHour", "result": "ok"})), vec![]);
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
