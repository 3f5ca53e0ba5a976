//! An event as a line.

use std::fmt::Write;

use chrono::SecondsFormat;
use serde_json::{Map, Value};
use tracing::Level;

use crate::journal::entry::Entry;

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LineFormat {
    /// Time, level, message and fields for people.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// The settings of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// The least severe level that is kept.
    pub level: Level,
    /// The form of a line.
    pub format: LineFormat,
}

impl Default for LogSettings {
    /// Text from the level `info` on.
    fn default() -> Self {
        Self { level: Level::INFO, format: LineFormat::Text }
    }
}

impl LineFormat {
    /// Returns the line of an event, without a line break.
    pub(super) fn line(self, entry: &Entry) -> String {
        match self {
            Self::Text => text(entry),
            Self::Json => json(entry),
        }
    }
}

fn text(entry: &Entry) -> String {
    let at = entry.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut line = format!("{at} {:5} {}", entry.level, entry.message);
    for (name, value) in &entry.fields {
        // A value with a space is in quotes, so that it does not look like two fields.
        let is_plain = !value.is_empty() && !value.contains([' ', '"', '=']);
        let _ = if is_plain { write!(line, " {name}={value}") } else { write!(line, " {name}={value:?}") };
    }
    line
}

fn json(entry: &Entry) -> String {
    let fields: Map<String, Value> =
        entry.fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    let document = serde_json::json!({
        "time": entry.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "level": entry.level.as_str(),
        "target": entry.target,
        "message": entry.message,
        "fields": fields,
    });
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_in_both_forms() {
        let entry = Entry {
            number: 1,
            at: "2026-01-15T10:00:00.250Z".parse().unwrap(),
            level: Level::WARN,
            target: "plume_server".to_owned(),
            message: "failed \"twice\"".to_owned(),
            fields: vec![("status", "502".to_owned()), ("why", "a=b c".to_owned())],
            tenant: None,
        };
        assert_eq!(
            LineFormat::Text.line(&entry),
            r#"2026-01-15T10:00:00Z WARN  failed "twice" status=502 why="a=b c""#
        );
        let json: Value = serde_json::from_str(&LineFormat::Json.line(&entry)).unwrap();
        assert_eq!((&json["message"], &json["fields"]["why"]), (&"failed \"twice\"".into(), &"a=b c".into()));
        assert_eq!(json["time"], "2026-01-15T10:00:00.250Z");
    }
}
