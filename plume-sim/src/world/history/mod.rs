//! The history of a location, from which its live state and every report are computed.
//!
//! **A simulated home is a list of events.** A plan describes the home, and [`History::fold`] replays the events up
//! to the moment of a request into [`Timeline`](timeline::Timeline)s. The live state is the last entry of each
//! timeline, and a report reads the earlier entries, so the two agree. Stories and writes are events as well. Only
//! writes are stored; the rest is computed from seed, stories and time, so ten thousand homes cost nothing at the
//! start.

mod event;
mod fold;
mod record;
mod script;
mod timeline;

pub(crate) use event::{CLASSES, Change, Claimed, Event, NodeLabel};
pub(crate) use record::{History, NodeHistory};
pub(crate) use script::Script;
