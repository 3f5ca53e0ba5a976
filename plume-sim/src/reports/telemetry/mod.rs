//! The reports service below `Customers/{id}/locations/{locationId}`: measured values and past events.
//!
//! Series accept `granularity`, `limit` and `start`, lists of events `startAt`, `endAt`, `order` and `limit`; both
//! are cut at 1000. Only complete steps with measurements are shown.

pub(crate) mod alarms;
pub(crate) mod changes;
pub(crate) mod location;
pub(crate) mod quality;
pub(crate) mod radio;
pub(crate) mod steering;
