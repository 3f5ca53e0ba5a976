//! One value of a table.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use plume::{
    health::{on_screen, speed::TestOutcome},
    types::{ConnectionState, Field, Location, OnlineState},
};

use crate::output::style::Tone;

/// A value for people and for comma-separated files.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    content: Content,
    pub(crate) tone: Tone,
}

#[derive(Debug, Clone)]
enum Content {
    Absent,
    Text(String),
    Time(DateTime<Utc>),
    /// A short form for people.
    Short {
        shown: String,
        exact: String,
    },
}

/// A time of a model, where its absence decides something or not.
pub(crate) struct Moment(Field<DateTime<Utc>>);

impl From<Field<DateTime<Utc>>> for Moment {
    fn from(field: Field<DateTime<Utc>>) -> Self {
        Self(field)
    }
}

impl From<Option<DateTime<Utc>>> for Moment {
    fn from(time: Option<DateTime<Utc>>) -> Self {
        Self(time.map_or(Field::Absent, Field::Known))
    }
}

impl Cell {
    pub(crate) fn new(text: impl ToString) -> Self {
        // Names come from elsewhere: no text of a table may change the screen.
        let text = on_screen(&text.to_string()).into_owned();
        Self { content: Content::Text(text), tone: Tone::Plain }
    }

    pub(crate) fn absent() -> Self {
        Self { content: Content::Absent, tone: Tone::Dim }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.content, Content::Absent)
    }

    pub(crate) fn option(value: Option<impl ToString>) -> Self {
        value.map_or_else(Self::absent, Self::new)
    }

    /// Shows a value that cannot be read as such, not as missing.
    pub(crate) fn field(field: Field<impl ToString>) -> Self {
        match field {
            Field::Known(value) => Self::new(value),
            Field::Absent => Self::absent(),
            Field::Unreadable => Self::new("unreadable").with(Tone::Warning),
        }
    }

    pub(crate) fn time(field: impl Into<Moment>) -> Self {
        match field.into().0 {
            Field::Known(time) => Self { content: Content::Time(time), tone: Tone::Plain },
            other => Self::field(other),
        }
    }

    pub(crate) fn connection(state: Field<&ConnectionState>) -> Self {
        let tone = match state {
            Field::Known(ConnectionState::Connected) => Tone::Good,
            Field::Known(ConnectionState::Disconnected) => Tone::Bad,
            _ => Tone::Warning,
        };
        if state.is_absent() { Self::absent() } else { Self::field(state).with(tone) }
    }

    /// The network state of a location.
    pub(crate) fn online(location: &Location) -> Self {
        let state = location.network_status.as_ref().and_then(|network| network.status.as_ref());
        let tone = match state {
            Field::Known(OnlineState::Online) => Tone::Good,
            Field::Known(OnlineState::Offline) => Tone::Bad,
            _ => Tone::Warning,
        };
        if state.is_absent() { Self::absent() } else { Self::field(state).with(tone) }
    }

    /// A time of a list of times: the relative ones would look alike.
    pub(crate) fn clock(time: DateTime<Utc>) -> Self {
        let shown = time.format("%-d %b %H:%MZ").to_string();
        let exact = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self::short(shown, exact)
    }

    /// A text for people, and the value for files.
    pub(crate) fn short(shown: String, exact: String) -> Self {
        Self { content: Content::Short { shown, exact }, tone: Tone::Plain }
    }

    /// The speed of a test: of a failed one nothing but that.
    pub(crate) fn speed(outcome: TestOutcome, mbps: Option<f64>) -> Self {
        match (outcome, mbps) {
            (TestOutcome::Failed, None) => {
                let content = Content::Short { shown: "failed".to_owned(), exact: String::new() };
                Self { content, tone: Tone::Bad }
            }
            _ => Self::decimal(mbps),
        }
    }

    pub(crate) fn outcome(outcome: TestOutcome) -> Self {
        let tone = match outcome {
            TestOutcome::Succeeded => Tone::Good,
            TestOutcome::Failed => Tone::Bad,
            _ => Tone::Warning,
        };
        Self::new(outcome).with(tone)
    }

    /// A number with one decimal.
    pub(crate) fn decimal(value: Option<f64>) -> Self {
        Self::option(value.map(|value| format!("{value:.1}")))
    }

    pub(crate) fn yes_no(value: Option<bool>) -> Self {
        Self::option(value.map(|value| if value { "yes" } else { "no" }))
    }

    pub(crate) fn with(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The text for a reader at `now`, or the exact one.
    pub(crate) fn shown(&self, now: Option<DateTime<Utc>>) -> String {
        match (&self.content, now) {
            (Content::Absent, _) => "-".to_owned(),
            (Content::Time(time), Some(now)) if *time <= now => {
                let passed = (now - *time).num_seconds().unsigned_abs();
                format!("{} ago", plume_text::human(Duration::from_secs(passed)))
            }
            (Content::Short { shown, .. }, Some(_)) => shown.clone(),
            _ => self.exact(),
        }
    }

    /// The text for programs; empty if there is no value.
    pub(crate) fn exact(&self) -> String {
        match &self.content {
            Content::Absent => String::new(),
            Content::Text(text) => text.clone(),
            Content::Short { exact, .. } => exact.clone(),
            Content::Time(time) => time.to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }
}
