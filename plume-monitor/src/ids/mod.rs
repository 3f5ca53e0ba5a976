//! Names of tenants, homes, groups of homes, incidents and channels.
//!
//! ```
//! use plume_monitor::ids::{GroupKey, GroupKind, HomeId, IncidentId, TenantId};
//!
//! let home = HomeId::new("5f1b-home");
//! let region = GroupKey::new(GroupKind::Region, "north");
//! assert_eq!((home.as_str(), region.to_string().as_str()), ("5f1b-home", "region north"));
//!
//! let opened = "2026-01-15T10:00:00Z".parse()?;
//! assert_eq!(IncidentId::of_home(&home, opened, 3).as_str(), "home:5f1b-home:1768471200-3");
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod group;
mod incident;
mod opaque;

pub use group::{GroupKey, GroupKind};
pub use incident::IncidentId;
pub use opaque::{ChannelId, HomeId, TenantId};
