//! An event of the log.

use std::fmt;

use chrono::{DateTime, Utc};
use tracing::{
    Level,
    field::{Field, Visit},
};

/// Maximum number of characters of a message and of the value of a field, and the number of fields.
const MESSAGE: usize = 1_000;
const VALUE: usize = 300;
const FIELDS: usize = 24;

/// An event. All texts are neutralized and shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number of the event in this process.
    pub number: u64,
    /// The time.
    pub at: DateTime<Utc>,
    /// The level.
    pub level: Level,
    /// The part of the program.
    pub target: String,
    /// The message.
    pub message: String,
    /// The other values, those of the event before those of the calls around it.
    pub fields: Vec<(&'static str, String)>,
    /// The tenant that the event is about.
    pub tenant: Option<String>,
}

impl Entry {
    /// Returns whether the message, the target or a field contains a text in lower case.
    pub(super) fn contains(&self, text: &str) -> bool {
        let has = |part: &str| part.to_lowercase().contains(text);
        has(&self.message) || has(&self.target) || self.fields.iter().any(|(_, value)| has(value))
    }
}

/// The values of an event or of a span.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Values {
    /// Takes over the fields of a span around this one that it does not have itself.
    pub(super) fn inherit(&mut self, outer: &Self) {
        for (name, value) in &outer.fields {
            if self.fields.len() < FIELDS && !self.fields.iter().any(|(known, _)| known == name) {
                self.fields.push((name, value.clone()));
            }
        }
    }

    fn put(&mut self, name: &'static str, text: &str) {
        match name {
            "message" => self.message = neutral(text, MESSAGE),
            _ => {
                let text = neutral(text, VALUE);
                let count = self.fields.len();
                match self.fields.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, value)) => *value = text,
                    None if count < FIELDS => self.fields.push((name, text)),
                    None => {}
                }
            }
        }
    }
}

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }
}

/// Neutralizes a text and cuts it.
fn neutral(text: &str, most: usize) -> String {
    plume_text::shorten(&plume_text::on_screen(text), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_no_second_line_and_a_bounded_length() {
        assert_eq!(neutral("a\nERROR forged\u{1b}[31m", 100), "a ERROR forged\u{fffd}[31m");
        assert!(neutral(&"x".repeat(10_000), 300).chars().count() <= 301);
    }

    #[test]
    fn fields_of_an_outer_span_do_not_replace_those_of_the_event() {
        let mut event = Values::default();
        event.put("status", "502");
        let mut span = Values::default();
        (0..100).for_each(|_| span.put("status", "200"));
        span.put("operation", "nodes");
        event.inherit(&span);
        assert_eq!(event.fields, [("status", "502".to_owned()), ("operation", "nodes".to_owned())]);
    }
}
