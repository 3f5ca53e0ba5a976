//! The members of an event in a story's file. An error message starts with the key, by which its line is found.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use crate::world::document::nearest;
use crate::world::history::CLASSES;
use crate::world::homes::{device_names, node_names};

/// Returns the value that `form` makes of the input; otherwise the key and the mistake.
fn field<'de, D: Deserializer<'de>, G: Deserialize<'de>, T>(
    from: D,
    key: &str,
    form: impl FnOnce(G) -> Result<T, String>,
) -> Result<T, D::Error> {
    let given = G::deserialize(from).map_err(|error| {
        let whole = error.to_string();
        whole.split(" at line ").next().unwrap_or_default().to_owned()
    });
    given.and_then(form).map_err(|message| D::Error::custom(format!("`{key}`: {message}")))
}

pub(crate) fn once() -> u32 {
    1
}

pub(crate) fn gateway() -> String {
    "gateway".to_owned()
}

pub(crate) fn reboot() -> String {
    "reboot".to_owned()
}

fn whole(least: u32, most: u32) -> impl Fn(u32) -> Result<u32, String> {
    move |number| {
        let wrong = || format!("expected a whole number from {least} to {most}");
        Some(number).filter(|number| (least..=most).contains(number)).ok_or_else(wrong)
    }
}

/// Defines how each member is read: its name in Rust, its type, its key, and the conversion.
macro_rules! fields {
    ($($name:ident: $type:ty = $key:literal, $form:expr;)*) => {
        $(pub(crate) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
            field(from, $key, $form)
        })*
    };
}

fields! {
    times: u32 = "times", whole(1, 1_000);
    day: Option<u16> = "day", |day| whole(0, 3_652)(day).map(|day| u16::try_from(day).ok());
    percent: u8 = "percent", |percent| whole(1, 100)(percent).map(|percent| u8::try_from(percent).unwrap_or(100));
    lasts: Option<Duration> = "for", |Span(span)| Ok(Some(span));
    every: Option<Span> = "every", |span| Ok(Some(span));
    reason: String = "reason", filled;
    version: String = "version", filled;
    name: String = "name", filled;
    class: String = "class", known_class;
    node: String = "node", |name| known(name, &node_names());
    to: String = "to", |name| known(name, &node_names());
    device: String = "device", |name| known(name, &device_names());
}

pub(crate) fn maybe_node<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    node(from).map(Some)
}

fn known_class(class: String) -> Result<String, String> {
    let hint = hint(&class, &CLASSES);
    if CLASSES.contains(&class.as_str()) { Ok(class) } else { Err(format!("{class:?} is unknown{hint}")) }
}

fn filled(text: String) -> Result<String, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text) }
}

/// Accepts a number from 1, or one of `names` in any case. A name that no home has is a mistake.
fn known(given: String, names: &[&str]) -> Result<String, String> {
    let known = names.iter().any(|name| name.eq_ignore_ascii_case(&given));
    if known || given.parse::<u8>().is_ok_and(|number| number > 0) {
        return Ok(given);
    }
    Err(format!("no home has {given:?}{}", hint(&given, names)))
}

/// Returns the nearest word, or otherwise all known ones.
fn hint(given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("; did you mean {word:?}?"),
        None => format!("; known: {}", known.join(", ")),
    }
}

/// A span such as `90s`, `20m`, `1h30m` or `2d`. The maximum is ten years, so sums of moments stay within the
/// calendar.
#[derive(Clone, Copy)]
pub(crate) struct Span(pub(crate) Duration);

impl Span {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0_u64;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let (digits, tail) = rest.split_at_checked(end)?;
            let unit = match tail.chars().next()? {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return None,
            };
            total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit)?)?;
            rest = tail.get(1..)?;
        }
        (!text.trim().is_empty() && total <= 3_653 * 86_400).then_some(Self(Duration::from_secs(total)))
    }

    pub(crate) fn milliseconds(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format!("{text:?} is not a span such as 90s, 20m, 1h30m or 2d"));
        Self::parse(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        for (text, wanted) in [("90s", 90_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("0s", 0)] {
            assert_eq!(Span::parse(text).map(Span::milliseconds), Some(wanted), "{text}");
        }
        for text in ["", "20", "m", "20 m", "-5m", "5x", "99999d", "9999999999999999999s", "5é"] {
            assert!(Span::parse(text).is_none(), "{text}");
        }
    }
}
