//! The response of the application QoE operations. (`plume-api` models §8)

use serde::{Deserializer, Serialize};
use serde_json::Value;

use crate::decode::{Context, Decode};
use crate::field::Field;
use crate::list::List;
use crate::macros::deserialize_by_decode;
use crate::models::qoe::rating::TrafficClassQoe;
use crate::models::qoe::reading;

/// The response of the application QoE operations.
///
/// Its schema is not published, so the JSON is kept as received ([`AppQoe::raw`]), and [`AppQoe::traffic_classes`]
/// reads the objects that name a traffic class, with a word or a score under any of the usual names. An unreadable
/// quality is never "good".
///
/// ```
/// use plume_types::{AppQoe, QoeRating};
///
/// let qoe = AppQoe::from(serde_json::json!({"items": [{"trafficClass": "video", "quality": "Poor"}]}));
/// let classes = qoe.traffic_classes();
/// assert_eq!(classes[0].name, "video");
/// assert_eq!(classes[0].rating, Some(QoeRating::Poor));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AppQoe(Value);

impl AppQoe {
    /// Returns the response as received.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.0
    }

    /// Returns the traffic classes of the response, in its order.
    ///
    /// Supported are lists of objects with a name, and objects that map the name of a class to such an object or to a
    /// word. An object that contains classes is their container, even if it has a quality itself. Of several words or
    /// scores of a class the worst counts. A class without any has neither `rating` nor `score`. Values in place of a
    /// class that could not be read are counted ([`List::unreadable`]).
    #[must_use]
    pub fn traffic_classes(&self) -> List<TrafficClassQoe> {
        reading::classes(&self.0)
    }
}

impl From<Value> for AppQoe {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Decode for AppQoe {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(Value::decode(deserializer, cx)?.and_then(|value| {
            if value.is_object() || value.is_array() {
                return Field::Known(Self(value));
            }
            cx.mismatch("application QoE", "a bare value");
            Field::Unreadable
        }))
    }
}

impl Serialize for AppQoe {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

deserialize_by_decode!(AppQoe);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::models::qoe::rating::QoeRating;

    fn read(value: Value) -> Vec<(String, Option<QoeRating>, Option<f64>)> {
        AppQoe(value)
            .traffic_classes()
            .into_iter()
            .map(|class| (class.name, class.rating, class.score))
            .collect()
    }

    #[test]
    fn lists_and_maps_of_classes_are_read() {
        let expected = vec![("video".to_owned(), Some(QoeRating::Poor), Some(1.5))];
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
    fn known_bare_word_under_a_name_is_read() {
        assert_eq!(read(json!({"video": "poor"})), vec![("video".to_owned(), Some(QoeRating::Poor), None)]);
        for word in ["very poor", "VERY_POOR", "verypoor"] {
            assert_eq!(read(json!({"video": word})), vec![("video".to_owned(), Some(QoeRating::Poor), None)]);
        }
        assert_eq!(read(json!({"timePeriod": "lastHour", "result": "ok"})), vec![]);
    }

    #[test]
    fn a_bare_score_in_a_container_of_classes_is_read() {
        let score = |name: &str, score| (name.to_owned(), None, Some(score));
        for (body, expected) in [
            (json!({"trafficClasses": {"video": 1.2}}), vec![score("video", 1.2)]),
            (json!({"trafficClasses": {"video": "1.2"}}), vec![score("video", 1.2)]),
            (
                json!({"data": {"classes": {"gaming": 4.5, "video": 1.2, "count": 2}}}),
                vec![score("gaming", 4.5), score("video", 1.2)],
            ),
            (
                json!({"trafficClassStats": {"gaming": {"mos": 4.5}, "video": 1.2}}),
                vec![score("gaming", 4.5), score("video", 1.2)],
            ),
            (
                json!({"trafficClasses": {"pages": 1, "items": [{"name": "video", "score": 4.5}]}}),
                vec![score("video", 4.5)],
            ),
            (
                json!({"trafficClasses": {"items": [{"name": "gaming", "score": 4.5}], "video": 1.2}}),
                vec![score("gaming", 4.5), score("video", 1.2)],
            ),
            (json!({"trafficClasses": {"video": 1768471200}}), vec![]),
            (json!({"video": 1.2}), vec![]),
        ] {
            assert_eq!(read(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn the_name_of_something_else_is_not_a_class() {
        for body in [
            json!({"overall": {"name": "home", "score": 4.6}}),
            json!({"name": "Home", "score": 4.6}),
            json!({"site": {"name": "Home", "score": 4.6}}),
            json!({"data": {"name": "Home", "qoe": "good"}}),
            json!([{"name": "home", "score": 4.6}]),
            json!({"items": [{"name": "Overall", "quality": "good"}]}),
        ] {
            assert_eq!(read(body.clone()), [], "{body}");
        }
        let video = [("video".to_owned(), None, Some(1.2))];
        assert_eq!(read(json!({"overall": {"name": "home", "score": 4.6}, "video": {"score": 1.2}})), video);
        assert_eq!(read(json!({"video": {"name": "video", "score": 1.2}})), video);
        assert_eq!(read(json!({"trafficClasses": {"a": {"name": "video", "score": 1.2}}})), video);
    }

    #[test]
    fn of_a_doubled_field_the_last_readable_value_counts() {
        let poor = [("video".to_owned(), None, Some(1.2))];
        let list = r#"[{"trafficClass":"video","score":1.2}]"#;
        for body in [
            format!(r#"{{"trafficClasses":{list},"trafficClasses":17}}"#),
            format!(r#"{{"trafficClasses":17,"trafficClasses":{list}}}"#),
            format!(r#"{{"trafficClasses":{list},"trafficClasses":"x"}}"#),
            format!(r#"{{"trafficClasses":{list},"trafficClasses":null}}"#),
            format!(r#"{{"trafficClasses":{list},"trafficClasses":{{}}}}"#),
            format!(r#"{{"trafficClasses":{list},"trafficClasses":{{"$unreadable":true}}}}"#),
            format!(r#"{{"trafficClasses":{{"$unreadable":true}},"trafficClasses":{list}}}"#),
            r#"[{"trafficClass":"video","score":1.2,"score":"n/a"}]"#.to_owned(),
            r#"[{"trafficClass":"video","score":"n/a","score":1.2}]"#.to_owned(),
            r#"[{"trafficClass":"video","score":1.2,"score":{}}]"#.to_owned(),
            r#"[{"trafficClass":"video","score":1.2,"score":true}]"#.to_owned(),
            r#"[{"trafficClass":"video","score":4.5,"score":1.2}]"#.to_owned(),
            r#"[{"trafficClass":"video","trafficClass":"","score":1.2}]"#.to_owned(),
        ] {
            let qoe: AppQoe = serde_json::from_str(&body).unwrap();
            assert_eq!(read(qoe.0), poor, "{body}");
        }
        // Of a number and a known word too.
        for (body, rating, score) in [
            (r#""quality":4.5,"quality":"poor""#, Some(QoeRating::Poor), None),
            (r#""quality":"4.5","quality":"Very Poor""#, Some(QoeRating::Poor), None),
            (r#""quality":"poor","quality":4.5"#, None, Some(4.5)),
            (r#""quality":4.5,"quality":"wobbly""#, None, Some(4.5)),
            (r#""quality":"wobbly","quality":4.5"#, None, Some(4.5)),
        ] {
            let qoe: AppQoe =
                serde_json::from_str(&format!(r#"[{{"trafficClass":"video",{body}}}]"#)).unwrap();
            assert_eq!(read(qoe.0), [("video".to_owned(), rating, score)], "{body}");
        }
    }

    #[test]
    fn an_unreadable_quality_is_unknown() {
        assert_eq!(read(json!({})), vec![]);
        assert_eq!(
            read(json!([{"trafficClass": "gaming", "latencyMs": 12}])),
            vec![("gaming".to_owned(), None, None)]
        );
        assert_eq!(
            read(json!([{"trafficClass": "gaming", "qoe": "wobbly"}])),
            vec![("gaming".to_owned(), Some("wobbly".into()), None)]
        );
    }

    #[test]
    fn an_object_with_classes_in_it_is_their_container() {
        let video = |score: f64| vec![("video".to_owned(), None, Some(score))];
        for body in [
            json!({"locationQoe": {"score": 4.6, "trafficClasses": [{"trafficClass": "video", "score": 1.2}]}}),
            json!({"result": {"status": "ok", "items": [{"trafficClass": "video", "score": 1.2}]}}),
            json!({"location": {"health": {"status": "good"}, "classes": [{"name": "video", "score": 1.2}]}}),
            json!({"name": "Home", "qoe": "good", "trafficClassStats": {"video": {"score": 1.2}}}),
            json!([{"name": "Home", "mos": 4.9, "data": {"x": {"y": [{"className": "video", "mos": "1.2"}]}}}]),
        ] {
            assert_eq!(read(body.clone()), video(1.2), "{body}");
            assert_eq!(AppQoe(body.clone()).traffic_classes().unreadable(), 0, "{body}");
        }
        // An object that may be a class or a container counts as both, so that neither hides the other.
        assert_eq!(read(json!({"video": {"score": 4.5, "lastHour": {"score": 1.0}}})).len(), 2);
    }

    #[test]
    fn of_several_qualities_of_a_class_the_worst_counts() {
        for (body, rating, score) in [
            (
                json!([{"trafficClass": "video", "qoe": "good", "health": "poor"}]),
                Some(QoeRating::Poor),
                None,
            ),
            (json!([{"trafficClass": "video", "score": 4.5, "mos": 1.2}]), None, Some(1.2)),
            (json!([{"trafficClass": "video", "score": 85, "mos": 4.0}]), None, Some(4.0)),
            (
                json!([{"trafficClass": "video", "score": 4.5, "qoe": {"status": "bad"}}]),
                Some(QoeRating::Poor),
                Some(4.5),
            ),
            (
                json!([{"trafficClass": "video", "metrics": {"up": {"score": 1.2}, "down": {"score": 4}}}]),
                None,
                Some(1.2),
            ),
            (json!([{"trafficClass": "video", "score": "poor"}]), Some(QoeRating::Poor), None),
            (
                json!([{"trafficClass": "video", "score": 4.8, "stats": [{"score": 1.2}], "result": "ok"}]),
                None,
                Some(1.2),
            ),
            (json!([{"trafficClass": "video", "score": 4.8, "data": {"status": "done"}}]), None, Some(4.8)),
            (json!([{"trafficClass": "video", "qoe": [{"score": 4}, {"score": 1.2}]}]), None, Some(1.2)),
        ] {
            assert_eq!(read(body.clone()), [("video".to_owned(), rating, score)], "{body}");
        }
    }

    #[test]
    fn values_in_place_of_a_class_are_counted() {
        for (body, unreadable) in [
            (json!([{"trafficClass": "video", "score": 4.5}, 17, null, {"latency": 3}]), 3),
            (json!({"trafficClasses": "x", "video": {"score": 4.5}}), 1),
            (json!({"trafficClasses": [{"latency": 3}], "video": {"score": 4.5}}), 1),
            (json!({"trafficClasses": {"$unreadable": true}, "video": {"score": 4.5}}), 1),
            (json!({"trafficClasses": [], "video": {"score": 4.5}}), 0),
            (json!({"location": {"health": "poor"}, "trafficClasses": [{"name": "video", "score": 4.5}]}), 0),
            (json!({"home": {"qoe": "poor", "trafficClasses": [{"name": "video", "score": 4.5}]}}), 1),
            // A quality beside another one.
            (json!([{"trafficClass": "video", "quality": "good", "score": "n/a"}]), 1),
            (json!([{"trafficClass": "video", "quality": "good", "score": "1e999"}]), 1),
            (json!([{"trafficClass": "video", "quality": "good", "score": []}]), 1),
            (json!([{"trafficClass": "video", "quality": "good", "score": true}]), 1),
            (json!([{"trafficClass": "video", "quality": {"a": 1}, "score": 4.5}]), 1),
            (json!([{"trafficClass": "video", "quality": "", "mos": 4.5}]), 1),
            (json!([{"trafficClass": "video", "quality": "good", "score": null}]), 0),
            (json!([{"trafficClass": "video", "quality": "good", "health": [], "status": true}]), 0),
            (json!([{"trafficClass": "video", "quality": "good", "latencyMs": 12}]), 0),
            // A field beside others that are classes.
            (json!({"trafficClasses": {"video": 1.2, "gaming": "good"}}), 0),
            (json!({"trafficClasses": {"video": 12, "gaming": "good"}}), 1),
            (json!({"trafficClasses": {"video": null, "gaming": {"score": 4.5}}}), 1),
            (json!({"video": 1.2, "gaming": "good", "locationId": "5f"}), 1),
            (json!({"video": "1.2", "gaming": "good"}), 1),
            (json!({"video": "awful", "gaming": "good"}), 1),
            (json!({"video": "NOT GOOD", "gaming": "good"}), 1),
            (json!({"video": "very_poor", "gaming": "good"}), 0),
            (
                json!({"at": "2026-01-15", "of": "", "timePeriod": "lastHour", "note": "all is well here", "gaming": "good"}),
                0,
            ),
            (json!({"video": {"score": 4.5}, "count": 1}), 0),
            (json!({"video": {"score": 4.5}, "gaming": 1.1}), 1),
            (json!({"video": {"score": 4.5}, "gaming": "1.1"}), 1),
            (json!({"video": {"score": 4.5}, "gaming": "awful"}), 1),
            (json!({"video": {"score": 4.5}, "gaming": {"status": "terrible"}}), 1),
            (json!({"video": {"score": 4.5}, "gaming": {}, "voice": [], "web": null, "other": true}), 4),
            (json!({"a": {"trafficClass": "video", "score": 4.5}, "gaming": 1.1}), 1),
            (json!({"data": [{"video": {"quality": "good"}, "gaming": ["poor"]}]}), 1),
            (json!({"video": "good", "gaming": null, "voice": {"state": "x"}, "web": ["poor"]}), 3),
            (
                json!({"trafficClasses": {"items": [{"name": "video", "score": 4.5}], "gaming": 12, "web": null}}),
                2,
            ),
            (
                json!({
                    "video": {"score": 4.5}, "locationId": "5f", "timestamp": 1_768_471_200, "nextPage": null, "links": [],
                    "errors": [], "has_more": false, "sampleCount": 3, "TOTAL": 3, "metadata": {"a": 1}, "success": true,
                    "updatedAt": null, "requestID": {}, "start-time": 3,
                }),
                0,
            ),
            // The detail of a class.
            (json!({"video": {"score": 4.5, "latency": 12, "lastHour": {"score": 4.0}}}), 0),
            (json!({"trafficClasses": {"video": {"up": {"score": 4.5}, "latency": 12}}}), 0),
            (json!([{"trafficClass": "video", "metrics": {"up": {"score": 4.5}, "latency": 12}}]), 0),
            // What is called otherwise than its field may be a class.
            (json!({"video": {"name": "Video streaming", "score": 1.2}, "gaming": {"score": 4.5}}), 1),
            (json!({"video": {"name": "Video streaming", "quality": "poor"}, "gaming": {"score": 4.5}}), 1),
            (json!({"overall": {"name": "home", "score": 4.6}, "gaming": {"score": 4.5}}), 0),
            (json!({"router": {"name": "Router", "status": "ok"}, "gaming": {"score": 4.5}}), 0),
            (json!({"trafficClasses": {"count": 1, "items": [{"name": "video", "score": 4.5}]}}), 0),
        ] {
            assert_eq!(AppQoe(body.clone()).traffic_classes().unreadable(), unreadable, "{body}");
        }
    }

    #[test]
    fn the_quality_of_something_else_is_not_a_class() {
        for body in [
            json!({"score": 4.8}),
            json!({"overall": {"score": 4.8}}),
            json!({"locationQoe": {"score": 4.8}}),
            json!({"request": {"status": "ok"}}),
            json!({"result": {"status": "ok", "rows": [{"latency": 3}]}}),
        ] {
            assert_eq!(read(body.clone()), [], "{body}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let mut value = json!({"name": "deep", "qoe": "poor"});
        for _ in 0..40 {
            value = json!([value]);
        }
        let classes = AppQoe(value).traffic_classes();
        assert!(classes.is_empty());
        assert_eq!(classes.unreadable(), 1);
    }
}
