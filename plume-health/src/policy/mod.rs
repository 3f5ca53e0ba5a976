//! The rules as data: enabled rules, severities and limits.
//!
//! Build a [`Policy`] in code ([`Policy::standard`], then change fields) or read it from configuration in any serde
//! format. Settings that the configuration leaves out stay as in the profile that it names. An unknown key is an
//! error, because a misspelt rule would otherwise be ignored silently.
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
