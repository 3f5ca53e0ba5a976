//! The target, its verdict and its budget.

use super::*;

#[test]
fn a_promise_is_not_met_by_a_time_that_is_mostly_unknown() {
    let by = |unknown: CountAs, letters: &str| {
        let half = policy(|policy| (policy.unknown, policy.least_known_percent) = (unknown, 50.0));
        analyze(json!({"locationState": samples(letters)}), &half)
    };
    for unknown in [CountAs::Up, CountAs::Excluded] {
        assert_eq!(by(unknown, "??++").verdict, Verdict::Met);
        let standard = policy(|policy| policy.unknown = unknown);
        assert_eq!(report_by("?+++++++++", &standard).verdict, Verdict::Met);
        assert_eq!(report_by("??++++++++", &standard).verdict, Verdict::Unknown);
        let report = by(unknown, "?+??");
        assert_eq!((report.verdict, report.uptime_percent), (Verdict::Unknown, Some(100.0)));
        let text = report.render(Format::Text);
        assert!(
            text.starts_with("📜 Uptime target: ⚪ UNKNOWN - Too little of the time is known\n"),
            "{text}"
        );
        assert_eq!(by(unknown, "?-??").verdict, Verdict::Missed);
    }
    // All of it counts as downtime, and still it is met.
    let lax = policy(|policy| (policy.unknown, policy.target_percent) = (CountAs::Down, 10.0));
    assert_eq!(analyze(json!({"locationState": samples("?+??")}), &lax).verdict, Verdict::Met);
}

#[test]
fn little_known_time_misses_a_target_only_if_the_rest_could_not_change_that() {
    let judged = |unknown: CountAs, up_seconds, down_seconds, unknown_seconds| {
        let terms = policy(|policy| (policy.unknown, policy.target_percent) = (unknown, 99.0));
        let mut time = TimeByClass::default();
        (time.up_seconds, time.down_seconds, time.unknown_seconds) =
            (up_seconds, down_seconds, unknown_seconds);
        time.verdict(&terms)
    };
    for (unknown, up, down, missing, verdict) in [
        (CountAs::Excluded, 1_000, 0, 0, Verdict::Met),
        (CountAs::Excluded, 900, 0, 100, Verdict::Met),
        (CountAs::Excluded, 899, 0, 101, Verdict::Unknown),
        (CountAs::Excluded, 880, 20, 100, Verdict::Missed),
        // Of 1,000 s, 10 s may be down.
        (CountAs::Excluded, 90, 10, 900, Verdict::Unknown),
        (CountAs::Excluded, 89, 11, 900, Verdict::Missed),
        (CountAs::Up, 90, 10, 900, Verdict::Unknown),
        (CountAs::Up, 89, 11, 900, Verdict::Missed),
        (CountAs::Down, 100, 0, 900, Verdict::Missed),
        (CountAs::Down, 9_999, 0, 1, Verdict::Met),
        (CountAs::Down, 0, 0, 1_000, Verdict::Unknown),
        (CountAs::Excluded, 0, 0, 0, Verdict::Unknown),
    ] {
        assert_eq!(judged(unknown, up, down, missing), verdict, "{unknown:?} {up} {down} {missing}");
    }
}

#[test]
fn unknown_time_neither_meets_nor_misses_a_target() {
    for unknown in [CountAs::Up, CountAs::Down, CountAs::Excluded] {
        let policy = policy(|policy| policy.unknown = unknown);
        for stats in [
            json!({"locationState": []}),
            json!({"locationState": null}),
            json!({"locationState": samples("???")}),
            json!({"locationState": [17, {"value": "online"}]}),
            json!({"statsDateRange": {"start": start().to_rfc3339(), "end": minute(60).to_rfc3339()}}),
        ] {
            let report = analyze(stats.clone(), &policy);
            assert_eq!((report.verdict, report.uptime_percent), (Verdict::Unknown, None), "{stats}");
            assert!(report.incidents.is_empty());
            assert!(
                report
                    .render(Format::Text)
                    .starts_with("📜 Uptime target: ⚪ UNKNOWN - No counted sample could be read\n")
            );
        }
    }
    // Neither does time that is all excused.
    let all = in_maintenance(-1, 100, MaintenanceTime::Excluded);
    assert_eq!(report_by("++--", &all).verdict, Verdict::Unknown);
    let none = analyze(json!({"locationState": [17, {"value": "online"}]}), &SlaPolicy::standard());
    assert_eq!((none.unusable_samples, none.samples, none.from, none.to), (2, 0, None, None));
    assert_eq!(none.step_seconds, 900);
}

#[test]
fn the_target_is_met_at_its_edge() {
    // 1000 minutes, 5 of them down, are 99.5 %.
    let letters = |down: usize| "-".repeat(down) + &"+".repeat(1000 - down);
    assert_eq!(report(&letters(4)).verdict, Verdict::Met);
    let edge = report(&letters(5));
    assert_eq!((edge.verdict, edge.budget.left_seconds), (Verdict::Met, 0));
    assert_eq!((edge.budget.used_percent, edge.budget.burn_rate), (Some(100.0), Some(1.0)));
    assert_eq!(report(&letters(6)).verdict, Verdict::Missed);
    // A target that binary numbers cannot hold is met at its edge, too.
    let fine = policy(|policy| policy.target_percent = 99.9);
    assert_eq!(report_by(&letters(1), &fine).verdict, Verdict::Met);
    assert_eq!(report_by(&letters(2), &fine).verdict, Verdict::Missed);
    for (target, down, verdict) in
        [(100.0, 0, Verdict::Met), (100.0, 1, Verdict::Missed), (0.0, 1000, Verdict::Met)]
    {
        let policy = policy(|policy| policy.target_percent = target);
        assert_eq!(report_by(&letters(down), &policy).verdict, verdict, "{target}");
    }
    // From code anything can come.
    for (target, verdict) in [(f64::NAN, Verdict::Met), (-1.0, Verdict::Met), (1e9, Verdict::Missed)] {
        let policy = policy(|policy| policy.target_percent = target);
        assert_eq!(report_by("-", &policy).verdict, verdict, "{target}");
    }
}

#[test]
fn the_budget_adds_up() {
    let budget = report(&("-".repeat(2) + &"+".repeat(998))).budget;
    assert_eq!((budget.allowed_seconds, budget.used_seconds, budget.left_seconds), (300, 120, 180));
    assert_eq!((budget.used_percent, budget.burn_rate), (Some(40.0), Some(0.4)));
    let over = report(&("-".repeat(10) + &"+".repeat(990))).budget;
    assert_eq!((over.left_seconds, over.burn_rate), (-300, Some(2.0)));
    // Rounded down: 0.5 % of 3 minutes is 0.9 s.
    assert_eq!(report("+++").budget.allowed_seconds, 0);
    assert_eq!(report("+++").budget.used_percent, None);
    // The budget of a month is used by a day.
    let month = policy(|policy| policy.budget_period = Some(Duration::from_secs(30 * 86_400)));
    let budget = report_by(&("-".repeat(2) + &"+".repeat(998)), &month).budget;
    assert_eq!((budget.allowed_seconds, budget.used_seconds, budget.left_seconds), (12_960, 120, 12_840));
    assert_eq!(budget.burn_rate, Some(0.4));
    // Nothing was allowed, or nothing counts.
    let strict = policy(|policy| policy.target_percent = 100.0);
    let budget = report_by("+-", &strict).budget;
    assert_eq!((budget.allowed_seconds, budget.left_seconds, budget.used_percent), (0, -60, None));
    assert_eq!(budget.burn_rate, None);
    assert_eq!(report("??").budget.burn_rate, None);
}
