//! The one history of a location, from which its live state and every report are computed.
//!
//! A plan says what is in the home; a list of [`Event`]s says what happened. [`History::fold`] replays the
//! events once, in order, and keeps what came out of them as [`Timeline`]s. The present state is the last
//! entry of each timeline, and a report reads the entries before: so neither can tell another story.

mod event;
mod fold;
mod record;
mod script;
mod timeline;

pub(crate) use event::{CLASSES, Change, Claimed, Event, NodeLabel};
pub(crate) use record::{History, NodeHistory};
pub(crate) use script::Script;
