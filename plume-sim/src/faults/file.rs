//! Fault plans as JSON, and their validation.

use std::{fmt, path::Path};

use http::HeaderValue;

use crate::faults::plan::FaultPlan;
use crate::faults::rule::{Effect, FaultRule, RetryAfter, When};
use crate::routes::ROUTES;
use crate::world::{nearest, place, read};

/// Maximum number of requests that can be counted, and of bytes in a body.
const MOST: u64 = 1 << 53;
const MOST_BYTES: u64 = 1 << 40;
const MOST_LEVELS: u32 = 10_000_000;
const DAY_SECONDS: u64 = 86_400;
/// About a hundred years.
const MOST_SKEW: u64 = 100 * 365 * DAY_SECONDS;

impl FaultPlan {
    /// Parses a plan from JSON.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError`] with line, column and key of the first mistake.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self = read(text).map_err(|mistake| PlanError {
            file: None,
            place: Some((mistake.line, mistake.column)),
            message: with_key(&mistake.key, &mistake.message),
        })?;
        match plan.mistake() {
            None => Ok(plan),
            Some((key, message)) => Err(PlanError {
                file: None,
                place: Some(place(text, &key)),
                message: with_key(&key, &message),
            }),
        }
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError`] with the name of the file, if it cannot be read or is not a plan.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, PlanError> {
        let path = path.as_ref();
        let file = Some(path.display().to_string());
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|error| PlanError { file, ..error }),
            Err(error) => {
                Err(PlanError { file, place: None, message: format!("cannot be read: {}", error.kind()) })
            }
        }
    }

    /// Returns the plan as JSON. [`FaultPlan::parse`] returns an equal plan.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Validates a plan made in code by the same rules as [`FaultPlan::parse`].
    ///
    /// # Errors
    ///
    /// Returns [`PlanError`] without a position.
    pub fn check(&self) -> Result<(), PlanError> {
        match self.mistake() {
            None => Ok(()),
            Some((key, message)) => {
                Err(PlanError { file: None, place: None, message: with_key(&key, &message) })
            }
        }
    }

    /// Returns key and message of the first mistake.
    fn mistake(&self) -> Option<(String, String)> {
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            let (key, message) = rule.mistake()?;
            Some((format!("rules[{index}].{key}"), message))
        })
    }
}

impl FaultRule {
    fn mistake(&self) -> Option<(&'static str, String)> {
        self.when.mistake().or_else(|| self.effect.mistake())
    }
}

/// Returns a mistake unless the condition holds.
fn holds(condition: bool, key: &'static str, rule: &str) -> Option<(&'static str, String)> {
    (!condition).then(|| (key, rule.to_owned()))
}

fn within<T: PartialOrd + fmt::Display>(
    value: T,
    key: &'static str,
    least: T,
    most: T,
) -> Option<(&'static str, String)> {
    let message = || (key, format!("must be a whole number from {least} to {most}"));
    (value < least || value > most).then(message)
}

impl When {
    fn mistake(&self) -> Option<(&'static str, String)> {
        let share = (0.0..=1.0).contains(&self.probability);
        self.route
            .as_ref()
            .and_then(|route| unknown_route(route))
            .or_else(|| {
                let open = self.until.is_none_or(|until| until > self.from);
                holds(open, "when.until", "the window is empty: \"until\" must be later than \"from\"")
            })
            .or_else(|| within(self.first, "when.first", 1, MOST))
            .or_else(|| {
                let some = self.last.is_none_or(|last| last >= self.first);
                holds(some, "when.last", "no request matches: \"last\" is smaller than \"first\"")
            })
            .or_else(|| within(self.every, "when.every", 1, MOST))
            .or_else(|| holds(share, "when.probability", "must be a number from 0 to 1"))
    }
}

fn unknown_route(given: &str) -> Option<(&'static str, String)> {
    let known = || ROUTES.iter().map(|row| row.template);
    if known().any(|template| template == given) {
        return None;
    }
    let hint = nearest(given, known()).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    Some(("when.route", format!("the simulator has no route \"{given}\"{hint}")))
}

impl Effect {
    fn mistake(&self) -> Option<(&'static str, String)> {
        let is_header = |text: &str| text.parse::<HeaderValue>().is_ok();
        let unfit = "not allowed in a header";
        match self {
            Self::Latency { least, most } => {
                let day = u128::from(DAY_SECONDS) * 1_000;
                let range = "the range is empty: \"least_ms\" is larger than \"most_ms\"";
                holds(least <= most, "effect", range)
                    .or_else(|| holds(most.as_millis() <= day, "effect", "the maximum latency is a day"))
            }
            Self::Status { status, retry_after } => {
                within(*status, "effect.status", 400, 599).or_else(|| match retry_after {
                    Some(RetryAfter::Text(text)) => holds(is_header(text), "effect.retry_after", unfit),
                    Some(RetryAfter::Seconds(seconds)) => within(*seconds, "effect.retry_after", 0, MOST),
                    Some(RetryAfter::DateIn(seconds)) => within(*seconds, "effect.retry_after", 0, 1 << 32),
                    None => None,
                })
            }
            Self::FirewallBlock { lasts: span } | Self::Firewall { window: span, .. } if span.is_zero() => {
                holds(false, "effect", "its time must be longer than zero")
            }
            Self::Firewall { calls, .. } => within(*calls, "effect.calls", 1, u32::MAX),
            Self::Mutate(mutation) => {
                let share = (0.0..=1.0).contains(&mutation.share);
                holds(share, "effect.share", "must be a number from 0 to 1")
            }
            Self::SlowBody { bytes_per_second } => {
                within(*bytes_per_second, "effect.bytes_per_second", 1, u32::MAX)
            }
            Self::HugeBody { bytes } => within(*bytes, "effect.bytes", 1, MOST_BYTES),
            Self::NestedBody { levels } => within(*levels, "effect.levels", 1, MOST_LEVELS),
            Self::Redirect { status, location } => {
                let known = [301, 302, 303, 307, 308].contains(status);
                holds(known, "effect.status", "must be 301, 302, 303, 307 or 308")
                    .or_else(|| holds(is_header(location), "effect.location", unfit))
            }
            Self::ClockSkew { seconds } => within(seconds.unsigned_abs(), "effect.seconds", 0, MOST_SKEW),
            _ => None,
        }
    }
}

fn with_key(key: &str, message: &str) -> String {
    if key.is_empty() { message.to_owned() } else { format!("{key}: {message}") }
}

/// An error in a fault plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    file: Option<String>,
    place: Option<(u32, u32)>,
    message: String,
}

impl PlanError {
    /// Returns the line, counted from 1. `None` if the plan was not read from a text.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.place.map(|(line, _)| line)
    }

    /// Returns the column, counted from 1 in characters.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.place.map(|(_, column)| column)
    }

    /// Returns the message without the position: the path of the mistake, such as `rules[2].effect.status`, and its
    /// cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("fault plan"))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for PlanError {}
