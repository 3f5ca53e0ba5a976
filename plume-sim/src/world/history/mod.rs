//! The one history of a location, from which its live state and every report are computed.
//!
//! A plan says what is in the home; a list of [`Event`]s says what happened. [`History::fold`] replays the
//! events once, in order, and keeps what came out of them as [`Timeline`]s. The present state is the last
//! entry of each timeline, and a report reads the entries before: so neither can tell another story.
//!
//! **A simulated home is a list of events.** `plume-sim/src/world/history/` folds the events of a location up to the
//! moment of a request into timelines; the live state is their last entry, a report reads the entries before, and
//! neither can tell another story. A story and a write are nothing but more events. Only writes are stored: the rest
//! is computed from seed, stories and time when it is asked for, so ten thousand homes cost nothing at the start.

mod event;
mod fold;
mod record;
mod script;
mod timeline;

pub(crate) use event::{CLASSES, Change, Claimed, Event, NodeLabel};
pub(crate) use record::{History, NodeHistory};
pub(crate) use script::Script;
