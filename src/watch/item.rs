//! The items of a watch.

use std::{error::Error as StdError, fmt};

use chrono::{DateTime, Utc};
use plume_client::Error;
use plume_health::HealthReport;
use plume_monitor::tracker::Event;
use plume_types::{CustomerId, LocationId};
use serde::Serialize;

/// A change of a home's status that lasted long enough to be reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Transition {
    /// The home's owner.
    pub customer_id: CustomerId,
    /// The home.
    pub location_id: LocationId,
    /// The time of the check that made the change certain.
    pub at: DateTime<Utc>,
    /// The change: its kind, the confirmed statuses [`from`](Event::from) and [`to`](Event::to), and since when.
    pub event: Event,
    /// The newest report: that of the check that made the change certain. Its status may be worse than that of the event,
    /// because a problem that got worse a moment ago has not lasted long enough to be confirmed.
    pub report: HealthReport,
}

/// A check without a verdict. The home keeps the status it had and is checked again at its next turn.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WatchFailure {
    /// The home's owner.
    pub customer_id: CustomerId,
    /// The home.
    pub location_id: LocationId,
    /// The time of the check.
    pub at: DateTime<Utc>,
    /// The reason.
    pub cause: FailureCause,
}

/// The reason why a check has no verdict.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FailureCause {
    /// No part of the home could be read, or the home does not exist.
    Read(Error),
    /// A part that the verdict needs could not be read or is unknown: the report's status is
    /// [`Status::Unknown`](plume_health::Status::Unknown).
    Unknown(Box<HealthReport>),
}

impl WatchFailure {
    /// Returns the error, if nothing could be read.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.cause {
            FailureCause::Read(error) => Some(error),
            FailureCause::Unknown(_) => None,
        }
    }
}

impl fmt::Display for WatchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("health check failed: ")?;
        match &self.cause {
            FailureCause::Read(error) => write!(f, "{error}")?,
            FailureCause::Unknown(report) => {
                f.write_str("no verdict")?;
                for (at, part) in report.unknown.iter().filter(|part| part.needed).enumerate() {
                    let before = if at == 0 { ", " } else { "; " };
                    write!(f, "{before}{}: {}", part.part.as_str(), plume_text::on_screen(&part.reason))?;
                }
            }
        }
        let customer = plume_text::on_screen(self.customer_id.as_str());
        let location = plume_text::on_screen(self.location_id.as_str());
        write!(f, " (customer {customer}, location {location})")
    }
}

impl StdError for WatchFailure {
    // The error's own text is part of the message.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().and_then(StdError::source)
    }
}
