//! The differences between two back-tests.

use std::collections::BTreeMap;

use crate::backtest::replay::BackTest;
use crate::ids::TenantId;
use crate::incident::Scope;
use crate::monitor::Due;
use crate::notify::MessageKind;

/// Messages of one kind about one thing, of which two policies send different numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The owner.
    pub tenant: TenantId,
    /// The home, group or source.
    pub scope: Scope,
    /// The kind of the messages.
    pub kind: MessageKind,
    /// The number of messages with the first policies.
    pub first: u64,
    /// The number of messages with the second policies.
    pub second: u64,
}

/// Returns the differences between two back-tests of one history. Digests are not compared.
#[must_use]
pub fn compare(first: &BackTest, second: &BackTest) -> Vec<Difference> {
    let mut rows = BTreeMap::<String, Difference>::new();
    for (test, is_first) in [(first, true), (second, false)] {
        for due in &test.sent {
            let Due::Message(message) = due else { continue };
            let key = format!("{} {:?} {}", message.tenant, message.scope, message.kind);
            let row = rows.entry(key).or_insert_with(|| Difference {
                tenant: message.tenant.clone(),
                scope: message.scope.clone(),
                kind: message.kind,
                first: 0,
                second: 0,
            });
            let count = if is_first { &mut row.first } else { &mut row.second };
            *count = count.saturating_add(1);
        }
    }
    rows.into_values().filter(|row| row.first != row.second).collect()
}
