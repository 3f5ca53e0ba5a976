//! The JSON forms of a fault plan's parts that their types do not define.

use std::{fmt, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};
use serde_json::Value;

use crate::faults::firewall::{CALLS, WINDOW};
use crate::routes::ROUTES;

/// Longer times are mistakes.
const LONGEST_SECONDS: f64 = 100.0 * 365.0 * 86_400.0;

/// Returns the word for a variant without content.
pub(crate) fn word(variant: &impl Serialize) -> String {
    serde_json::to_value(variant).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(crate) fn five_minutes() -> Duration {
    WINDOW
}

pub(crate) fn call_limit() -> u32 {
    CALLS
}

pub(crate) fn found() -> u16 {
    302
}

pub(crate) fn half() -> f64 {
    0.5
}

/// Deserializes an effect as a whole, so its errors must name it as the place.
pub(crate) fn effect<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    T::deserialize(from).map_err(|error| {
        let whole = error.to_string();
        let message = whole.split(" at line ").next().unwrap_or_default();
        D::Error::custom(format!("`effect`: {message}"))
    })
}

/// Deserializes an effect without further members.
pub(crate) fn nothing<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(from).map(|Nothing {}| ())
}

/// Deserializes the template of a route, in any case. An unknown one is left to the validation of the plan.
pub(crate) fn route<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let given = String::deserialize(from)?;
    let known = ROUTES.iter().find(|row| row.template.eq_ignore_ascii_case(&given));
    Ok(Some(known.map_or(given, |row| row.template.to_owned())))
}

/// Deserializes `ms`, or `least_ms` and `most_ms`.
pub(crate) fn latency<'de, D: Deserializer<'de>>(from: D) -> Result<(Duration, Duration), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Latency {
        ms: Option<u64>,
        least_ms: Option<u64>,
        most_ms: Option<u64>,
    }
    let Latency { ms, least_ms, most_ms } = Latency::deserialize(from)?;
    match (ms, least_ms, most_ms) {
        (Some(exactly), None, None) => Ok((Duration::from_millis(exactly), Duration::from_millis(exactly))),
        (None, Some(least), Some(most)) => Ok((Duration::from_millis(least), Duration::from_millis(most))),
        _ => Err(D::Error::custom("a latency requires either \"ms\" or both \"least_ms\" and \"most_ms\"")),
    }
}

pub(crate) fn milliseconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Seconds as a number, or a text such as `90s`, `5m`, `2h`, `1d`.
pub(crate) mod time {
    use super::*;

    struct Time;

    impl Visitor<'_> for Time {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("seconds, or a text such as \"90s\", \"5m\", \"2h\", \"1d\"")
        }

        fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
            self.visit_f64(Duration::from_secs(seconds).as_secs_f64())
        }

        fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
            let known = Some(seconds).filter(|seconds| (0.0..=LONGEST_SECONDS).contains(seconds));
            let time = known.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            time.ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            let units = [('s', 1.0), ('m', 60.0), ('h', 3_600.0), ('d', 86_400.0)];
            let seconds = units.into_iter().find_map(|(unit, factor)| {
                let number: f64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
                Some(number * factor)
            });
            match seconds {
                Some(seconds) => self.visit_f64(seconds),
                None => Err(E::invalid_value(Unexpected::Str(text), &self)),
            }
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        from.deserialize_any(Time)
    }

    /// Writes seconds. Whole seconds stay whole numbers.
    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        if time.subsec_nanos() == 0 {
            to.serialize_u64(time.as_secs())
        } else {
            to.serialize_f64(time.as_secs_f64())
        }
    }
}

/// The same for an optional time.
pub(crate) mod maybe_time {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        time::deserialize(from).map(Some)
    }

    pub(crate) fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time::serialize(&time.unwrap_or_default(), to)
    }
}

/// A method of the API, in any case.
pub(crate) mod method {
    use http::Method;

    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Method>, D::Error> {
        let name = String::deserialize(from)?.to_ascii_uppercase();
        let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let method = known.into_iter().find(|method| method.as_str() == name);
        method.map(Some).ok_or_else(|| D::Error::custom(format!("\"{name}\" is not a method of this API")))
    }

    pub(crate) fn serialize<S: Serializer>(method: &Option<Method>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(method.as_ref().map_or("", Method::as_str))
    }
}

/// Deserializes one text or a list of texts.
pub(crate) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = items.next_element()? {
                texts.push(text);
            }
            if texts.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(texts) }
        }
    }

    from.deserialize_any(Texts)
}

/// `{"date_in": 30}`.
pub(crate) mod date_in {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        date_in: u64,
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        Form::deserialize(from).map(|form| form.date_in)
    }

    pub(crate) fn serialize<S: Serializer>(seconds: &u64, to: S) -> Result<S::Ok, S::Error> {
        Form { date_in: *seconds }.serialize(to)
    }
}

/// `{"value": …}`, where `null` is a value and a missing one is `None`.
pub(crate) mod expires_in {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default, deserialize_with = "some", skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    }

    fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(from).map(Some)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
        Form::deserialize(from).map(|form| form.value)
    }

    pub(crate) fn serialize<S: Serializer>(value: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
        Form { value: value.clone() }.serialize(to)
    }
}
