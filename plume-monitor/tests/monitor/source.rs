//! Problems of the source of all data.

use chrono::{DateTime, TimeDelta, Utc};
use plume_monitor::home::CheckFailure;
use plume_monitor::ids::{HomeId, TenantId};
use plume_monitor::source::{SourceChange, SourceCheck, SourceEvent, SourcePolicy, SourceProblem, Sources};
use proptest::{option, prelude::*, sample::select};
use testkit::snapshots::stored::{comes_back, time};

use crate::cases;

const FAILURES: [CheckFailure; 7] = [
    CheckFailure::Transport,
    CheckFailure::Server,
    CheckFailure::Blocked,
    CheckFailure::RateLimited,
    CheckFailure::Credential,
    CheckFailure::NotFound,
    CheckFailure::Other,
];

fn policy() -> SourcePolicy {
    SourcePolicy::standard()
}

fn start() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn tenant() -> TenantId {
    TenantId::new("isp")
}

/// A monitor that sees checks of one tenant.
#[derive(Default)]
struct Seen {
    sources: Sources,
    changes: Vec<SourceChange>,
}

impl Seen {
    /// Records a check at a second, and returns the changes of it.
    fn check(&mut self, second: i64, home: usize, failure: Option<CheckFailure>) -> &[SourceChange] {
        self.check_of(&tenant(), second, home, failure)
    }

    fn check_of(
        &mut self,
        tenant: &TenantId,
        second: i64,
        home: usize,
        failure: Option<CheckFailure>,
    ) -> &[SourceChange] {
        let home = HomeId::new(format!("home-{home}"));
        let check = SourceCheck::new(tenant.clone(), home, start() + TimeDelta::seconds(second), failure);
        // States survive storage, and stay small.
        if second % 64 == 0 {
            let text = serde_json::to_string(&self.sources).unwrap();
            let stored: Sources = serde_json::from_str(&text).unwrap();
            assert_eq!(stored, self.sources);
            assert!(text.len() < 8_000, "{} bytes", text.len());
        }
        let from = self.changes.len();
        self.changes.extend(self.sources.observe(&policy(), &check));
        &self.changes[from..]
    }

    fn problems(&self) -> Vec<SourceProblem> {
        self.sources.open().map(|incident| incident.problem).collect()
    }
}

/// Runs `checks` in one minute, of which the last `failures` fail, and returns whether the cloud is unreachable.
fn is_lost(checks: usize, failures: usize, homes: usize, seconds: i64) -> bool {
    let mut seen = Seen::default();
    for number in 0..checks {
        let failure = (number >= checks - failures).then_some(CheckFailure::Server);
        seen.check(number as i64 * seconds / checks as i64, number % homes, failure);
    }
    seen.problems() == [SourceProblem::Unreachable]
}

#[test]
fn limits_of_the_share_are_exact() {
    for (checks, failures, seconds, expected) in [
        // Half of at least 20 within 60 s.
        (20, 9, 50, false),
        (20, 10, 50, true),
        (20, 11, 50, true),
        (19, 19, 50, true),
        (200, 99, 50, false),
        (200, 100, 50, true),
        // Half of at least 3 within 5 minutes.
        (2, 2, 200, false),
        (3, 1, 200, false),
        (3, 2, 200, true),
        (4, 1, 200, false),
        (4, 2, 200, true),
        // Too few in 5 minutes.
        (2, 2, 50, false),
    ] {
        assert_eq!(is_lost(checks, failures, checks, seconds), expected, "{failures} of {checks}");
    }
}

#[test]
fn a_fault_of_one_home_is_its_own() {
    // One home fails each time, and the others are checked less often.
    let mut seen = Seen::default();
    for number in 0..20 {
        seen.check(number * 60, 1, Some(CheckFailure::Server));
        if number % 4 == 0 {
            seen.check(number * 60, 2, None);
        }
    }
    assert_eq!(seen.problems(), []);
    // The only home of a fleet cannot be distinguished from the cloud.
    assert!(is_lost(3, 3, 1, 200));
}

#[test]
fn an_id_that_the_cloud_does_not_know_is_no_problem_of_the_source() {
    let mut seen = Seen::default();
    for number in 0..1_000 {
        let failure = (number % 10 >= 6).then_some(CheckFailure::NotFound);
        seen.check(number / 10, number as usize % 10, failure);
    }
    // One home with a 401 beside good ones, for a day.
    for number in 0..1_440 {
        seen.check(100 + number * 60, 7, Some(CheckFailure::Credential));
        seen.check(130 + number * 60, 8, None);
    }
    assert_eq!(seen.changes, []);
}

#[test]
fn failures_of_every_kind_are_one_incident_with_the_name_of_most() {
    use CheckFailure::{NotFound, Other, Server, Transport};
    for (kinds, problem) in [
        ([Other, Other], SourceProblem::Unreadable),
        ([NotFound, NotFound], SourceProblem::NotFound),
        ([Other, Server], SourceProblem::Unreachable),
        ([Transport, Server], SourceProblem::Unreachable),
    ] {
        let mut seen = Seen::default();
        for second in 0..3_000 {
            let is_away = (600..1_200).contains(&second);
            seen.check(second, second as usize % 50, is_away.then_some(kinds[second as usize % 2]));
        }
        let changes: Vec<_> = seen.changes.iter().map(|change| (change.event, change.problem)).collect();
        assert_eq!(changes, [(SourceEvent::Opened, problem), (SourceEvent::Closed, problem)]);
    }
}

#[test]
fn a_call_limit_that_is_used_up_for_minutes_is_a_problem() {
    for (homes, seconds, expected) in [(50, 3_600, true), (50, 200, false), (1, 3_600, false)] {
        let mut seen = Seen::default();
        for second in 0..9_000 {
            // Two of three checks are not made.
            let is_limited = (600..600 + seconds).contains(&second) && second % 3 > 0;
            let failure = is_limited.then_some(CheckFailure::RateLimited);
            let home = if is_limited { second % homes } else { second % 50 };
            seen.check(second, home as usize, failure);
        }
        let limited = |event| (event, SourceProblem::Limited);
        let changes: Vec<_> = seen.changes.iter().map(|change| (change.event, change.problem)).collect();
        let both = [limited(SourceEvent::Opened), limited(SourceEvent::Closed)];
        assert_eq!(changes, &both[..if expected { 2 } else { 0 }], "{homes} {seconds}");
    }
}

#[test]
fn an_outage_of_the_cloud_is_one_incident() {
    let mut seen = Seen::default();
    for second in 0..7_200 {
        let is_away = (1_800..5_400).contains(&second);
        let failure =
            is_away.then_some(if second % 2 == 0 { CheckFailure::Transport } else { CheckFailure::Server });
        for check in 0..4 {
            seen.check(second, (second * 4 + check) as usize, failure);
        }
    }
    let [opened, closed] = &seen.changes[..] else { panic!("{:?}", seen.changes) };
    assert_eq!((opened.event, closed.event), (SourceEvent::Opened, SourceEvent::Closed));
    let after = |change: &SourceChange| (change.at - start()).num_seconds();
    assert_eq!((opened.since - start()).num_seconds(), 1_800);
    assert!((1_825..=1_830).contains(&after(opened)), "{}", after(opened));
    assert!((5_440..=5_450).contains(&after(closed)), "{}", after(closed));
    assert!(opened.to_string().starts_with("opened: unreachable since 2026-01-15 10:30:00 UTC"), "{opened}");
}

#[test]
fn failures_around_the_limit_do_not_flap() {
    let mut seen = Seen::default();
    for second in 0..3_600 {
        // Between 45 % and 55 % in turns of a minute.
        let percent = if second / 60 % 2 == 0 { 45 } else { 55 };
        for check in 0..5 {
            let failed = (second * 5 + check) * 37 % 100 < percent;
            seen.check(second, (second * 5 + check) as usize, failed.then_some(CheckFailure::Transport));
        }
    }
    assert_eq!(seen.changes.len(), 1);
}

#[test]
fn checks_from_before_an_outage_do_not_end_it() {
    let mut seen = Seen::default();
    for second in (0..300).step_by(2) {
        assert_eq!(seen.check(second, second as usize, None), []);
    }
    for failure in 0..28 {
        let _ = seen.check(300 + failure / 8, failure as usize, Some(CheckFailure::Transport));
    }
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
    // The checks become fewer, so the long window counts, in which most were successful.
    for second in [361, 364, 367] {
        assert_eq!(seen.check(second, second as usize, Some(CheckFailure::Transport)), [], "{second}");
    }
    let ended = |second: &i64| !seen.check(*second, *second as usize, None).is_empty();
    let end = (370..1_000).step_by(3).find(ended).unwrap();
    assert!(seen.problems().is_empty() && end < 370 + 120, "{end}");
    assert_eq!(seen.changes.len(), 2);
}

#[test]
fn a_problem_from_before_a_clock_was_set_back_ends() {
    let mut seen = Seen::default();
    for home in 0..5 {
        let _ = seen.check(7_200 + home, home as usize, Some(CheckFailure::Transport));
    }
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
    let ended = |second: &i64| !seen.check(*second, *second as usize, None).is_empty();
    let end = (3_600..7_200).step_by(30).find(ended).unwrap();
    assert!(end <= 3_600 + 300, "{end}");
}

#[test]
fn a_pause_without_checks_ends_nothing() {
    let mut seen = Seen::default();
    for number in 0..10 {
        seen.check(number * 10, number as usize, Some(CheckFailure::Transport));
    }
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
    seen.check(86_400, 1, Some(CheckFailure::RateLimited));
    seen.check(86_401, 1, None);
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
    seen.check(86_402, 2, None);
    assert_eq!(seen.check(86_403, 3, None)[0].event, SourceEvent::Closed);
}

#[test]
fn a_block_opens_at_once_and_ends_with_two_responses_in_a_row() {
    let mut seen = Seen::default();
    assert_eq!(seen.check(0, 1, Some(CheckFailure::Blocked))[0].problem, SourceProblem::Blocked);
    assert_eq!(seen.check(1, 2, Some(CheckFailure::Blocked)), []);
    assert_eq!(seen.check(300, 1, None), []);
    assert_eq!(seen.check(301, 1, Some(CheckFailure::Blocked)), []);
    assert_eq!(seen.check(600, 1, None), []);
    assert_eq!(seen.check(601, 1, Some(CheckFailure::NotFound))[0].event, SourceEvent::Closed);
    assert!(seen.sources.affecting(&tenant()).is_none());
}

#[test]
fn a_response_from_before_a_block_does_not_end_it() {
    let mut seen = Seen::default();
    seen.check(10, 1, Some(CheckFailure::Blocked));
    for second in 0..9 {
        assert_eq!(seen.check(second, 1, None), []);
    }
}

#[test]
fn a_block_after_few_own_calls_means_that_the_address_is_shared() {
    for (calls, problem) in [
        (None, SourceProblem::Blocked),
        (Some(1_599), SourceProblem::AddressShared),
        (Some(1_600), SourceProblem::Blocked),
    ] {
        let mut check = SourceCheck::new(tenant(), HomeId::new("a"), start(), Some(CheckFailure::Blocked));
        check.own_calls = calls;
        let changes = Sources::new().observe(&policy(), &check);
        assert_eq!(changes[0].problem, problem, "{calls:?}");
    }
}

#[test]
fn a_refused_credential_affects_one_tenant() {
    let (mut seen, other) = (Seen::default(), TenantId::new("other"));
    assert_eq!(seen.check(0, 1, Some(CheckFailure::Credential)), []);
    seen.check_of(&other, 1, 9, None);
    assert_eq!(seen.check(2, 1, Some(CheckFailure::Credential)), []);
    let opened = seen.check(3, 2, Some(CheckFailure::Credential));
    assert_eq!((opened[0].problem, &opened[0].tenant), (SourceProblem::CredentialRefused, &Some(tenant())));
    assert_eq!(opened[0].since, start());
    assert!(seen.sources.affecting(&other).is_none());
    assert!(seen.sources.affecting(&tenant()).is_some());
    assert_eq!(seen.check(4, 3, None), []);
    assert_eq!(seen.check(5, 3, Some(CheckFailure::Credential)), []);
    assert_eq!(seen.check(6, 3, None), []);
    assert_eq!(seen.check(7, 4, None)[0].event, SourceEvent::Closed);
}

#[test]
fn the_only_home_of_a_tenant_is_refused_three_times() {
    let mut seen = Seen::default();
    assert_eq!(seen.check(0, 1, Some(CheckFailure::Credential)), []);
    assert_eq!(seen.check(60, 1, Some(CheckFailure::Credential)), []);
    assert_eq!(seen.check(120, 1, Some(CheckFailure::Credential)).len(), 1);
    assert_eq!(seen.sources.retain(|_| true, start()), []);
    let gone = seen.sources.retain(|owner| *owner != tenant(), start());
    assert_eq!((gone.len(), gone[0].event, &gone[0].tenant), (1, SourceEvent::Gone, &Some(tenant())));
    assert_eq!(seen.problems(), []);
}

#[test]
fn failures_before_the_end_do_not_count_again() {
    let mut seen = Seen::default();
    for number in 0..200 {
        seen.check(number, number as usize, Some(CheckFailure::Transport));
    }
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
    // Many checks show that it is over, and then there are few.
    for number in 0..40 {
        seen.check(200 + number * 2, number as usize, None);
    }
    for number in 0..6 {
        seen.check(300 + number * 15, number as usize, None);
        assert!(seen.problems().is_empty(), "{number}");
    }
}

#[test]
fn a_clock_that_was_set_back_between_two_runs_empties_the_window() {
    let mut seen = Seen::default();
    for number in 0..10 {
        seen.check(86_400 + number, number as usize, None);
    }
    for number in 0..3 {
        seen.check(number, number as usize, Some(CheckFailure::Transport));
    }
    assert_eq!(seen.problems(), [SourceProblem::Unreachable]);
}

#[test]
fn a_block_from_before_a_clock_was_set_back_ends() {
    let mut seen = Seen::default();
    seen.check(86_400, 1, Some(CheckFailure::Blocked));
    seen.check(10, 1, None);
    assert_eq!(seen.check(20, 2, None)[0].event, SourceEvent::Closed);
}

#[test]
fn invalid_policies_are_refused_by_name() {
    let read = serde_json::from_str::<SourcePolicy>;
    assert_eq!(read("{}").unwrap(), policy());
    let stored = serde_json::to_string(&policy()).unwrap();
    assert_eq!(serde_json::from_str::<SourcePolicy>(&stored).unwrap(), policy());
    for (text, key) in [
        (r#"{"version": 2}"#, "version"),
        (r#"{"few_checks": 0}"#, "few_checks"),
        (r#"{"responses": 0}"#, "responses"),
        (r#"{"many_checks": 2}"#, "many_checks"),
        (r#"{"begin_percent": 101}"#, "begin_percent"),
        (r#"{"end_percent": 50}"#, "end_percent"),
        (r#"{"share": 1}"#, "share"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{text}: {error}");
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn problems_open_and_close_in_turns(
        checks in prop::collection::vec((time(), 0_usize..4, 0_usize..3, option::of(select(FAILURES.to_vec()))), 0..60),
    ) {
        let mut sources = Sources::new();
        let mut open = Vec::new();
        for (at, home, tenant, failure) in checks {
            let (home, tenant) = (HomeId::new(format!("{tenant}-{home}")), TenantId::new(format!("{tenant}")));
            for change in sources.observe(&policy(), &SourceCheck::new(tenant, home, at, failure)) {
                let key = (change.problem, change.tenant);
                match change.event {
                    SourceEvent::Opened => {
                        prop_assert!(!open.contains(&key));
                        open.push(key);
                    }
                    _ => {
                        prop_assert!(open.contains(&key));
                        open.retain(|other| *other != key);
                    }
                }
            }
            prop_assert_eq!(sources.open().count(), open.len());
            comes_back(&sources)?;
        }
    }
}
