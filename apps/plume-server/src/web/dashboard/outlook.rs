//! The settings of channels, for pages.

use std::sync::Arc;

use plume::monitor::notify::Route;

use crate::notify::Means;

/// The settings of channels, for pages.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "the program fills it from its configuration")]
pub struct Outlook {
    /// The parts that channels depend on.
    pub means: Means,
    /// The routes of incidents to channels.
    pub routes: Arc<[Route]>,
}
