//! The reports service below `Customers/{id}/locations/{locationId}`: what was measured and what happened.
//!
//! Series honour `granularity`, `limit` and `start`, lists of events `startAt`, `endAt`, `write` and `limit`;
//! both are cut at 1000. A step is shown once it is over, and only where there was something to measure.

pub(crate) mod alarms;
pub(crate) mod changes;
pub(crate) mod location;
pub(crate) mod quality;
pub(crate) mod radio;
pub(crate) mod steering;
