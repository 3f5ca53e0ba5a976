//! The results of calls by their targets, for one token.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// The target of a call to which a 401 can refer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) struct Target {
    /// A keyed hash of the customer in the path, or of a path without one.
    pub(in crate::exchange) subject: u64,
    /// The operation: a role may allow one and not another.
    pub(in crate::exchange) operation: &'static str,
}

impl Target {
    /// Returns the target of a call of `operation`. `path` counts without a customer.
    pub(in crate::exchange) fn of(operation: &'static str, customer: Option<&str>, path: &str) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self { subject: KEY.hash_one((customer.is_some(), customer.unwrap_or(path))), operation }
    }
}

/// The maximum number of subjects in each of two maps. The older map is dropped when the newer one is full.
const MOST: usize = 4_096;

/// The marks of one token. Bounded; recently used ones stay.
#[derive(Debug, Default)]
pub(super) struct Marks {
    young: HashMap<u64, Mark>,
    old: HashMap<u64, Mark>,
}

#[derive(Debug, Clone, Default)]
struct Mark {
    /// An operation on it succeeded.
    known: bool,
    /// Refused for every operation.
    unknown: bool,
    /// The refused operations.
    refused: Vec<&'static str>,
    /// Operations marked since the last success.
    since: u8,
}

impl Marks {
    /// Returns whether a 401 for `target` is known to be about the target.
    pub(super) fn has(&self, target: Target) -> bool {
        let mark = self.young.get(&target.subject).or_else(|| self.old.get(&target.subject));
        mark.is_some_and(|mark| mark.unknown || mark.refused.contains(&target.operation))
    }

    /// Marks `target` as refused with a valid token.
    pub(super) fn refused(&mut self, target: Target) {
        let mark = self.touch(target.subject);
        if !mark.refused.contains(&target.operation) {
            mark.refused.push(target.operation);
            mark.since = mark.since.saturating_add(1);
        }
        // For an accepted customer the role may not allow this operation. Two refused operations in a row mean that the
        // customer was deleted.
        mark.unknown |= !mark.known || mark.since >= 2;
    }

    /// Marks `target` as accepted.
    pub(super) fn accepted(&mut self, target: Target) {
        let mark = self.touch(target.subject);
        if mark.unknown {
            // It was created meanwhile, so earlier marks are void.
            mark.refused.clear();
        } else {
            mark.refused.retain(|operation| *operation != target.operation);
        }
        mark.known = true;
        mark.unknown = false;
        mark.since = 0;
    }

    fn touch(&mut self, subject: u64) -> &mut Mark {
        if self.young.len() >= MOST && !self.young.contains_key(&subject) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(subject).or_insert_with(|| old.remove(&subject).unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn invariants(&self) {
        assert!(self.young.len() <= MOST && self.old.len() <= MOST);
        assert!(self.young.keys().all(|subject| !self.old.contains_key(subject)));
        for mark in self.young.values().chain(self.old.values()) {
            assert!(mark.known || mark.unknown, "{mark:?}");
            assert!(!mark.unknown || !mark.refused.is_empty(), "{mark:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(subject: u64, operation: &'static str) -> Target {
        Target { subject, operation }
    }

    #[test]
    fn an_unknown_id_is_marked_for_every_operation_and_a_success_clears_it() {
        let mut marks = Marks::default();
        assert!(!marks.has(target(1, "get")));
        marks.refused(target(1, "get"));
        assert!(marks.has(target(1, "get")) && marks.has(target(1, "nodes")));
        assert!(!marks.has(target(2, "get")));
        marks.accepted(target(1, "nodes"));
        assert!(!marks.has(target(1, "nodes")) && !marks.has(target(1, "get")));
        marks.invariants();
    }

    #[test]
    fn forbidden_operation_of_a_role_is_no_evidence_about_the_customer() {
        let mut marks = Marks::default();
        marks.accepted(target(1, "get"));
        marks.refused(target(1, "reboot"));
        assert!(marks.has(target(1, "reboot")) && !marks.has(target(1, "get")));
        marks.accepted(target(1, "get"));
        assert!(marks.has(target(1, "reboot")), "another operation's success does not allow it");
        marks.accepted(target(1, "reboot"));
        assert!(!marks.has(target(1, "reboot")));
        marks.invariants();
    }

    #[test]
    fn deleted_known_customer_costs_two_checks() {
        let mut marks = Marks::default();
        marks.accepted(target(1, "get"));
        marks.refused(target(1, "get"));
        assert!(!marks.has(target(1, "nodes")));
        marks.refused(target(1, "nodes"));
        assert!(marks.has(target(1, "devices")));
        marks.invariants();
    }

    #[test]
    fn marks_are_bounded_and_keep_used_ones() {
        let mut marks = Marks::default();
        for subject in 0..20_000 {
            marks.refused(target(subject, "get"));
            marks.refused(target(0, "get"));
            if subject % 1_000 == 0 {
                marks.invariants();
            }
        }
        assert!(marks.has(target(0, "get")) && marks.has(target(19_999, "get")));
        assert!(!marks.has(target(1, "get")));
    }
}
