//! The rules as data: what fires, how bad it is, and where the limits are.
//!
//! A [`Policy`] is code ([`Policy::standard`], then changed field by field) or configuration: every format
//! with a serde reader will do. What configuration leaves out stays as in the profile it names, and a key that
//! nobody knows is an error, because a misspelt rule would otherwise be silently off.
//!
//! ```
//! use plume_health::{Policy, Status};
//!
//! let policy: Policy = serde_json::from_str(
//!     r#"{
//!         "profile": "standard",
//!         "devices": {"recent": {"within": "12h"}},
//!         "rules": {"poor-qoe": {"status": "orange", "poor_below": 2.5}}
//!     }"#,
//! )?;
//! assert_eq!(policy.rules.poor_qoe.status, Status::Orange);
//! assert!(policy.rules.node_health.enabled);
//!
//! let misspelt = serde_json::from_str::<Policy>(r#"{"rules": {"poor-quoe": {}}}"#).unwrap_err();
//! assert!(misspelt.to_string().contains("unknown field `poor-quoe`"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod document;
mod rule_set;
mod rules;
pub mod span;

pub use rule_set::{DevicePolicy, POLICY_VERSION, Policy, PolicyError};
pub use rules::{
    HealthLimit, LocationOfflineRule, NodeHealthRule, PoorQoeRule, ReducedServiceRule, Rule, Rules,
};

pub use crate::facts::in_range;
pub use crate::report::Profile;
