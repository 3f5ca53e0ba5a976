//! Every English word of the reports, in one place.
//!
//! Functions take text of the API as it came and make it presentable themselves, so that no sentence can
//! carry a control character or a name without end.

pub(crate) mod changes;
mod health;
pub(crate) mod series;
pub(crate) mod topology;
pub(crate) mod traffic;

pub use health::known;
pub(crate) use health::*;
