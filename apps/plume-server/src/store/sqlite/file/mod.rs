//! The file of the database.
//!
//! | part | purpose |
//! |---|---|
//! | `open` | its lock, its checks, its settings and its tables |
//! | `backup` | copies of it, and their return |

mod backup;
mod open;

pub(crate) use backup::replace;
pub(super) use backup::{back_up, restore};
pub(super) use open::{Place, beside, open, open_copier, open_reader, open_unknown, private};
