//! A policy in configuration: a profile and the changes to it.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::policy::rule_set::{DevicePolicy, POLICY_VERSION, Policy};
use crate::policy::rules::{
    HealthLimit, LocationOfflineRule, NodeHealthRule, PoorQoeRule, ReducedServiceRule, Rule,
};
use crate::policy::span;
use crate::report::{Profile, Severity, Status};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDocument {
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    profile: Option<Profile>,
    #[serde(default, with = "span::option")]
    max_age: Option<Option<Duration>>,
    #[serde(default)]
    devices: Option<DevicePolicy>,
    #[serde(default)]
    rules: RuleChanges,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct RuleChanges {
    location_offline: LocationOfflineChange,
    node_disconnected: RuleChange,
    no_service: RuleChange,
    reduced_service: ReducedServiceChange,
    node_health: NodeHealthChange,
    node_alert: RuleChange,
    device_disconnected: RuleChange,
    poor_qoe: PoorQoeChange,
}

/// Declares the changes to one kind of rule.
macro_rules! change {
    ($name:ident for $rule:ident { $($field:ident: $type:ty,)+ }) => {
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        struct $name {
            $( $field: Option<$type>, )+
        }

        impl $name {
            fn apply(self, rule: &mut $rule) {
                $(
                    if let Some(value) = self.$field {
                        rule.$field = value;
                    }
                )+
            }
        }
    };
}

change!(RuleChange for Rule { enabled: bool, severity: Severity, status: Status, });
change!(LocationOfflineChange for LocationOfflineRule {
    severity: Severity,
    status: Status,
    network_status: bool,
});
change!(ReducedServiceChange for ReducedServiceRule {
    enabled: bool,
    severity: Severity,
    status: Status,
    full_service_only: bool,
});
change!(NodeHealthChange for NodeHealthRule {
    enabled: bool,
    severity: Severity,
    status: Status,
    from: HealthLimit,
    poor_below: f64,
});
change!(PoorQoeChange for PoorQoeRule {
    enabled: bool,
    severity: Severity,
    status: Status,
    poor_below: f64,
});

impl PolicyDocument {
    fn into_policy(self) -> Policy {
        let mut policy = Policy::of_profile(self.profile.unwrap_or(Profile::Standard));
        policy.version = self.version.unwrap_or(POLICY_VERSION);
        if let Some(max_age) = self.max_age {
            policy.max_age = max_age;
        }
        if let Some(devices) = self.devices {
            policy.devices = devices;
        }
        let (changes, rules) = (self.rules, &mut policy.rules);
        changes.location_offline.apply(&mut rules.location_offline);
        changes.node_disconnected.apply(&mut rules.node_disconnected);
        changes.no_service.apply(&mut rules.no_service);
        changes.reduced_service.apply(&mut rules.reduced_service);
        changes.node_health.apply(&mut rules.node_health);
        changes.node_alert.apply(&mut rules.node_alert);
        changes.device_disconnected.apply(&mut rules.device_disconnected);
        changes.poor_qoe.apply(&mut rules.poor_qoe);
        policy
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let policy = PolicyDocument::deserialize(deserializer)?.into_policy();
        policy.validate().map_err(D::Error::custom)?;
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Policy, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn omitted_members_keep_the_profile_values() {
        assert_eq!(read("{}"), Ok(Policy::standard()));
        assert_eq!(read(r#"{"profile":"panoptes"}"#), Ok(Policy::panoptes()));
        let mut expected = Policy::standard();
        expected.rules.node_alert.enabled = false;
        expected.max_age = None;
        assert_eq!(read(r#"{"max_age":null,"rules":{"node-alert":{"enabled":false}}}"#), Ok(expected));
    }

    #[test]
    fn a_policy_survives_being_written_and_read() {
        for devices in [
            DevicePolicy::All,
            DevicePolicy::Ignore,
            DevicePolicy::Favorites,
            DevicePolicy::Watched(vec!["02:00:00:00:10:01".into()]),
            DevicePolicy::Recent { within: Duration::from_secs(90) },
        ] {
            let mut policy = Policy::panoptes().with_devices(devices);
            policy.rules.node_health.from = HealthLimit::Poor;
            policy.rules.location_offline.network_status = true;
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(read(&json), Ok(policy), "{json}");
            assert_eq!(read(&json).map(|policy| policy.max_age), Ok(Policy::panoptes().max_age));
        }
    }

    #[test]
    fn unknown_keys_and_words_are_refused_by_name() {
        for (json, part) in [
            (r#"{"rule":{}}"#, "unknown field `rule`"),
            (r#"{"rules":{"poor_qoe":{}}}"#, "unknown field `poor_qoe`"),
            (r#"{"rules":{"poor-qoe":{"treshold":1}}}"#, "unknown field `treshold`"),
            (r#"{"rules":{"location-offline":{"enabled":false}}}"#, "unknown field `enabled`"),
            (r#"{"profile":"strict"}"#, "unknown variant `strict`"),
            (r#"{"devices":"some"}"#, "unknown variant `some`"),
            (r#"{"devices":{"recent":{"within":"soon"}}}"#, "`soon` is not a duration"),
            (r#"{"devices":{"recent":{"within":"1h","of":1}}}"#, "unknown field `of`"),
            (r#"{"devices":{"watched":[" "]}}"#, "`devices.watched`"),
            (r#"{"version":2}"#, "`version`: 2 is not supported"),
            (r#"{"rules":{"location-offline":{"status":"green"}}}"#, "cannot be green"),
            (r#"{"rules":{"location-offline":{"status":"unknown"}}}"#, "cannot be unknown"),
            (r#"{"rules":{"node-alert":{"status":"unknown"}}}"#, "`rules.node-alert.status`"),
            (r#"{"rules":{"poor-qoe":{"poor_below":5.1}}}"#, "`rules.poor-qoe.poor_below`: 5.1"),
            (r#"{"rules":{"node-health":{"poor_below":-0.1}}}"#, "`rules.node-health.poor_below`"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(part), "{json}: {error}");
        }
    }

    #[test]
    fn limits_end_with_the_scale() {
        for limit in ["0", "5", "5.0"] {
            assert!(read(&format!(r#"{{"rules":{{"poor-qoe":{{"poor_below":{limit}}}}}}}"#)).is_ok());
        }
        let mut policy = Policy::standard();
        policy.rules.poor_qoe.poor_below = f64::NAN;
        assert!(policy.validate().is_err());
        let mut policy = Policy::standard();
        policy.rules.location_offline.status = Status::Yellow;
        assert!(policy.validate().is_ok());
    }
}
