//! The sentences of all reports, in one place.
//!
//! The functions take unchanged text of the API and make it presentable, so that no sentence contains a control
//! character or an endless name.

pub(crate) mod changes;
mod health;
pub(crate) mod series;
pub(crate) mod topology;
pub(crate) mod traffic;

pub use health::known;
pub(crate) use health::*;
