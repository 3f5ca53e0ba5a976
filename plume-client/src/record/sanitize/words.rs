//! The words of the API that occur as values.

use std::{collections::HashSet, sync::LazyLock};

use crate::operations::Operation;

/// Words of the API that occur as values, in lower case.
const WORDS: &[&str] = &[
    "active",
    "admin",
    "all",
    "auto",
    "auxiliary",
    "backhaul",
    "basic",
    "basicservice",
    "bearer",
    "bedtime",
    "bridge",
    "captive",
    "captiveportal",
    "completed",
    "connected",
    "customer",
    "daily",
    "default",
    "degraded",
    "desc",
    "device",
    "dhcp",
    "disable",
    "disabled",
    "disconnected",
    "dynamic",
    "enable",
    "enabled",
    "error",
    "ethernet",
    "excellent",
    "failed",
    "fair",
    "false",
    "fronthaul",
    "full",
    "fullservice",
    "gateway",
    "good",
    "guest",
    "guests",
    "half",
    "healthy",
    "high",
    "home",
    "idle",
    "inactive",
    "interface",
    "intermittent",
    "internetaccessonly",
    "location",
    "low",
    "lte",
    "manual",
    "mdns",
    "medium",
    "moca",
    "monitor",
    "monthly",
    "motion",
    "na",
    "network",
    "networks",
    "never",
    "no",
    "node",
    "none",
    "noservice",
    "null",
    "off",
    "offline",
    "on",
    "onboarding",
    "online",
    "open",
    "optimized",
    "owner",
    "partial",
    "pending",
    "poor",
    "poorhealth",
    "pppoe",
    "queued",
    "reboot",
    "root",
    "router",
    "running",
    "scheduled",
    "schoolnights",
    "snooze",
    "standby",
    "static",
    "succeeded",
    "success",
    "total",
    "true",
    "unavailable",
    "unknow",
    "unknown",
    "unsupported",
    "wan",
    "weekly",
    "wifi",
    "wlan",
    "wlans",
    "yes",
];

/// The values that operations document for their parameters.
static VALUES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let parameters = Operation::ALL.iter().flat_map(|operation| operation.parameters);
    parameters.flat_map(|parameter| parameter.values).copied().collect()
});

/// Returns whether `text` is a word of the API, possibly with a number: `home`, `fronthaul-1`.
pub(super) fn is_word(text: &str) -> bool {
    if VALUES.contains(text) {
        return true;
    }
    let text = text.to_ascii_lowercase();
    let stem = text.trim_end_matches(|character: char| character.is_ascii_digit());
    // A number of many digits after a word is rather an identity.
    let stem = if text.len() - stem.len() <= 2 { stem.trim_end_matches('-') } else { &text };
    WORDS.binary_search(&stem).is_ok() || WORDS.binary_search(&text.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted() {
        assert!(WORDS.is_sorted());
        for word in ["home", "Home", "fronthaul-1", "auxiliary2", "fullService"] {
            assert!(is_word(word), "{word}");
        }
        for word in ["alice", "home-123456", "Living Room", ""] {
            assert!(!is_word(word), "{word}");
        }
    }
}
