//! Uptime against a promise, at its edges.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Format;
use plume_monitor::sla::{
    self, CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy, SlaReport, TimeByClass, TimeByState,
    Verdict, Within,
};
use serde_json::{Value, json};

fn start() -> DateTime<Utc> {
    "2026-01-15T00:00:00Z".parse().unwrap()
}

fn minute(minute: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minute)
}

/// Samples a minute apart, one letter each: `+` online, `-` offline, `~` another word, `?` no value, blank no
/// sample.
fn samples(letters: &str) -> Vec<Value> {
    (0..)
        .zip(letters.chars())
        .filter_map(|(index, letter)| {
            let value = match letter {
                '+' => json!("online"),
                '-' => json!("offline"),
                '~' => json!("flapping"),
                '?' => Value::Null,
                _ => return None,
            };
            Some(json!({"timestamp": minute(index).to_rfc3339(), "value": value}))
        })
        .collect()
}

fn analyze(stats: Value, policy: &SlaPolicy) -> SlaReport {
    sla::analyze(&serde_json::from_value(stats).unwrap(), policy, minute(100_000))
}

fn report_by(letters: &str, policy: &SlaPolicy) -> SlaReport {
    analyze(json!({"locationState": samples(letters)}), policy)
}

fn report(letters: &str) -> SlaReport {
    report_by(letters, &SlaPolicy::standard())
}

fn policy(change: impl FnOnce(&mut SlaPolicy)) -> SlaPolicy {
    let mut policy = SlaPolicy::standard();
    change(&mut policy);
    policy
}

fn in_maintenance(from: i64, to: i64, time: MaintenanceTime) -> SlaPolicy {
    policy(|policy| {
        policy.maintenance = vec![MaintenanceWindow::new(minute(from), minute(to))];
        policy.maintenance_time = time;
    })
}

/// Online, offline, intermittent, unknown, in minutes.
fn minutes(time: &TimeByState) -> [i64; 4] {
    [time.online_seconds, time.offline_seconds, time.intermittent_seconds, time.unknown_seconds]
        .map(|s| s / 60)
}

#[test]
fn a_sample_covers_the_time_to_the_next() {
    let report = report("++-~+");
    assert_eq!(minutes(&report.time), [3, 1, 1, 0]);
    assert_eq!((report.from, report.to), (Some(minute(0)), Some(minute(5))));
    assert_eq!((report.step_seconds, report.samples), (60, 5));
    assert_eq!((report.up_seconds, report.down_seconds, report.excluded_seconds), (180, 120, 0));
    assert_eq!(report.uptime_percent, Some(60.0));
    assert!(report.gaps.is_empty());
    assert_eq!(report.time.total_seconds(), 300);
}

#[test]
fn two_samples_give_no_step() {
    let of = |minutes: i64| {
        let samples = [(0, "online"), (minutes, "online")]
            .map(|(at, value)| json!({"timestamp": minute(at).to_rfc3339(), "value": value}));
        let stats = serde_json::from_value(json!({"locationState": samples})).unwrap();
        let report = sla::analyze(&stats, &SlaPolicy::standard(), minute(10_000));
        (report.step_seconds, report.time.online_seconds, report.time.unknown_seconds)
    };
    // Eight hours apart: nothing is known about most of them.
    assert_eq!(of(480), (900, 1_800, 27_900));
    assert_eq!(of(15), (900, 1_800, 0));
    assert_eq!(of(1), (60, 120, 0));
}

#[test]
fn a_jump_beyond_one_and_a_half_steps_is_a_gap() {
    let at = |second: i64, word: &str| json!({"timestamp": (start() + TimeDelta::seconds(second)).to_rfc3339(), "value": word});
    for (jump, online, unknown) in [(89, 209, 0), (90, 210, 0), (91, 180, 31)] {
        let stats = json!({"locationState": [
            at(0, "online"), at(60, "online"), at(60 + jump, "online"), at(120 + jump, "offline"),
        ]});
        let report = analyze(stats, &SlaPolicy::standard());
        assert_eq!((report.time.online_seconds, report.time.unknown_seconds), (online, unknown), "{jump}");
        assert_eq!(report.gaps.len(), usize::from(unknown > 0));
    }
}

#[test]
fn gaps_are_unknown_time_and_joined() {
    let report = report("++   ?+?");
    assert_eq!(minutes(&report.time), [3, 0, 0, 5]);
    assert_eq!(report.gaps.len(), 2);
    assert_eq!((report.gaps[0].from, report.gaps[0].to), (minute(2), minute(6)));
    assert_eq!((report.gaps[1].from, report.gaps[1].to), (minute(7), minute(8)));
    assert_eq!(report.uptime_percent, Some(100.0));
    assert_eq!((report.samples, report.unusable_samples), (3, 2));
    assert_eq!(report.excluded_seconds, 300);
}

#[test]
fn unknown_and_intermittent_time_count_as_chosen() {
    for (unknown, intermittent, up, down, excluded) in [
        (CountAs::Excluded, CountAs::Down, 4, 2, 3),
        (CountAs::Up, CountAs::Down, 7, 2, 0),
        (CountAs::Down, CountAs::Down, 4, 5, 0),
        (CountAs::Excluded, CountAs::Up, 5, 1, 3),
        (CountAs::Excluded, CountAs::Excluded, 4, 1, 4),
        (CountAs::Up, CountAs::Up, 8, 1, 0),
    ] {
        let policy = policy(|policy| {
            policy.unknown = unknown;
            policy.intermittent = intermittent;
        });
        let report = report_by("++?? -~++", &policy);
        let minutes = (report.up_seconds / 60, report.down_seconds / 60, report.excluded_seconds / 60);
        assert_eq!(minutes, (up, down, excluded), "{unknown:?} {intermittent:?}");
    }
}

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

#[test]
fn incidents_begin_and_end() {
    let report = report("-++--~-?+-");
    let seen: Vec<(i64, Option<i64>, i64)> = report
        .incidents
        .iter()
        .map(|incident| {
            let minutes = |at: DateTime<Utc>| (at - start()).num_minutes();
            (minutes(incident.start), incident.end.map(minutes), incident.duration_seconds)
        })
        .collect();
    assert_eq!(seen, [(0, Some(1), 60), (3, Some(5), 120), (6, Some(7), 60), (9, None, 60)]);
    assert_eq!(report.incident_count, 4);
    assert_eq!(report.longest.unwrap().start, minute(3));
    // The ongoing one is not repaired yet.
    assert_eq!(report.mttr_seconds, Some(80));
    assert_eq!(report.incidents[0].in_maintenance, Within::No);
    assert!(report.incidents.iter().all(|incident| incident.counted));
}

#[test]
fn an_outage_continues_through_unknown_time() {
    let report = report("+-? -?+");
    assert_eq!(report.incidents.len(), 1);
    let incident = report.incidents[0];
    assert_eq!((incident.start, incident.end), (minute(1), Some(minute(5))));
    assert_eq!((incident.duration_seconds, incident.unknown_seconds), (240, 120));
    // Only what was seen is downtime.
    assert_eq!((report.down_seconds, report.mttr_seconds), (120, Some(240)));
    // It may still be ongoing.
    let ongoing = self::report("+-??");
    assert_eq!((ongoing.incidents[0].end, ongoing.incidents[0].duration_seconds), (None, 60));
    // Unknown time after an end belongs to no outage.
    let two = self::report("-+?-");
    assert_eq!((two.incidents[0].unknown_seconds, two.incidents[1].unknown_seconds), (0, 0));
    assert_eq!((two.incident_count, two.longest.unwrap().start), (2, minute(0)));
}

#[test]
fn short_outages_are_not_incidents() {
    for (minimum, incidents, short) in [(119, 1, 1), (120, 1, 1), (121, 0, 2), (60, 2, 0), (61, 1, 1)] {
        let policy = policy(|policy| policy.minimum_outage = Duration::from_secs(minimum));
        let report = report_by("+-+--+", &policy);
        assert_eq!((report.incident_count, report.short_outages), (incidents, short), "{minimum}");
        assert_eq!(report.down_seconds, 180);
    }
    let endless = policy(|policy| policy.minimum_outage = Duration::MAX);
    assert_eq!(report_by("---", &endless).incident_count, 0);
    // One that is not over may still become an incident.
    for (letters, short) in [("+-+", 1), ("+--", 0), ("+-?", 0), ("-+-", 1)] {
        assert_eq!(report_by(letters, &endless).short_outages, short, "{letters}");
    }
}

#[test]
fn maintenance_counts_as_chosen() {
    let letters = "++----++~?";
    // Two of the four minutes offline, and one minute online.
    let excluded = report_by(letters, &in_maintenance(1, 4, MaintenanceTime::Excluded));
    assert_eq!(minutes(&excluded.time), [4, 4, 1, 1]);
    assert_eq!(minutes(&excluded.maintenance), [1, 2, 0, 0]);
    assert_eq!((excluded.up_seconds, excluded.down_seconds, excluded.excluded_seconds), (180, 180, 240));
    let incident = excluded.incidents[0];
    assert_eq!((incident.in_maintenance, incident.counted), (Within::Partly, true));
    assert_eq!(
        (incident.duration_seconds, incident.maintenance_seconds, incident.counted_seconds),
        (240, 120, 120)
    );
    assert_eq!((excluded.mttr_seconds, excluded.incident_count), (Some(120), 1));

    let counted = report_by(letters, &in_maintenance(1, 4, MaintenanceTime::Counted));
    assert_eq!((counted.up_seconds, counted.down_seconds), (240, 300));
    assert_eq!(counted.maintenance, excluded.maintenance);
    assert_eq!((counted.incidents[0].counted_seconds, counted.incidents[0].counted), (240, true));

    // Wholly within: listed, not counted.
    let whole = report_by(letters, &in_maintenance(2, 6, MaintenanceTime::Excluded));
    assert_eq!((whole.incidents[0].in_maintenance, whole.incidents[0].counted), (Within::Wholly, false));
    assert_eq!((whole.incident_count, whole.longest, whole.mttr_seconds), (0, None, None));
    let whole = report_by(letters, &in_maintenance(2, 6, MaintenanceTime::Counted));
    assert_eq!((whole.incidents[0].in_maintenance, whole.incident_count), (Within::Wholly, 1));
    // A minute is missing at one end.
    for (from, to) in [(3, 6), (2, 5)] {
        let part = report_by(letters, &in_maintenance(from, to, MaintenanceTime::Excluded));
        assert_eq!((part.incidents[0].counted_seconds, part.incident_count), (60, 1));
    }
    // Unknown and intermittent time within is excluded like any other.
    let rest = report_by(letters, &in_maintenance(8, 10, MaintenanceTime::Excluded));
    assert_eq!(minutes(&rest.maintenance), [0, 0, 1, 1]);
    assert_eq!((rest.up_seconds, rest.down_seconds), (240, 240));
    // Next to it is not within.
    let beside = report_by(letters, &in_maintenance(6, 7, MaintenanceTime::Excluded));
    assert_eq!(
        (beside.incidents[0].in_maintenance, beside.incidents[0].maintenance_seconds),
        (Within::No, 0)
    );
}

#[test]
fn an_outage_that_has_just_begun_is_within_maintenance_too() {
    // The newest sample is of this very second: its outage has no length yet.
    let of = |from: i64, to: i64, time: MaintenanceTime| {
        let stats = serde_json::from_value(json!({"locationState": samples("++-")})).unwrap();
        let report = sla::analyze(&stats, &in_maintenance(from, to, time), minute(2));
        let incident = report.incidents[0];
        assert_eq!((incident.duration_seconds, incident.counted_seconds, incident.end), (0, 0, None));
        (incident.in_maintenance, incident.counted, report.incident_count)
    };
    let excluded = MaintenanceTime::Excluded;
    assert_eq!(of(1, 5, excluded), (Within::Wholly, false, 0));
    assert_eq!(of(2, 5, excluded), (Within::Wholly, false, 0));
    // The end is no longer part of a window.
    assert_eq!(of(1, 2, excluded), (Within::No, true, 1));
    assert_eq!(of(3, 5, excluded), (Within::No, true, 1));
    assert_eq!(of(1, 5, MaintenanceTime::Counted), (Within::Wholly, true, 1));
}

#[test]
fn a_part_of_a_second_is_one() {
    let stats = || serde_json::from_value(json!({"locationState": samples("++-")})).unwrap();
    let short = policy(|policy| policy.minimum_outage = Duration::from_millis(1));
    let report = sla::analyze(&stats(), &short, minute(2));
    assert_eq!((report.incidents.len(), report.short_outages), (0, 0));
    let budget = policy(|policy| {
        policy.target_percent = 0.0;
        policy.budget_period = Some(Duration::from_millis(1));
    });
    assert_eq!(sla::analyze(&stats(), &budget, minute(3)).budget.allowed_seconds, 1);
}

#[test]
fn a_number_is_unknown_time() {
    let at = |index: i64, value: Value| json!({"timestamp": minute(index).to_rfc3339(), "value": value});
    let report = analyze(
        json!({"locationState": [at(0, json!("online")), at(1, json!(0)), at(2, json!("")), at(3, json!("offline"))]}),
        &SlaPolicy::standard(),
    );
    assert_eq!(minutes(&report.time), [1, 1, 0, 2]);
    assert_eq!((report.samples, report.unusable_samples), (2, 2));
}

#[test]
fn windows_may_overlap_or_be_invalid() {
    let window = |from, to| MaintenanceWindow::new(minute(from), minute(to));
    let report = report_by(
        "----------",
        &policy(|policy| {
            policy.maintenance =
                vec![window(5, 7), window(1, 4), window(2, 3), window(3, 5), window(9, 8), window(8, 8)];
        }),
    );
    assert_eq!(minutes(&report.maintenance), [0, 6, 0, 0]);
    // Two that are apart.
    let apart = report_by(
        "----------",
        &policy(|policy| policy.maintenance = vec![window(-5, 1), window(8, 20), window(3, 4)]),
    );
    assert_eq!(minutes(&apart.maintenance), [0, 4, 0, 0]);
    assert_eq!(apart.incidents[0].counted_seconds, 360);
}

#[test]
fn the_range_of_the_answer_is_the_time_of_the_report() {
    let range =
        |from: i64, to: i64| json!({"start": minute(from).to_rfc3339(), "end": minute(to).to_rfc3339()});
    let stats = json!({"statsDateRange": range(-10, 20), "locationState": samples("+++++")});
    let report = analyze(stats, &SlaPolicy::standard());
    assert_eq!((report.from, report.to), (Some(minute(-10)), Some(minute(20))));
    assert_eq!(minutes(&report.time), [5, 0, 0, 25]);
    assert_eq!(report.gaps.len(), 2);
    // A range within the samples cuts nothing off.
    let stats = json!({"statsDateRange": [range(1, 2), range(2, 3)], "locationState": samples("+++++")});
    let inner = analyze(stats, &SlaPolicy::standard());
    assert_eq!((inner.from, inner.to), (Some(minute(0)), Some(minute(5))));
    // The last sample covers a little more than a step, as any other.
    let stats = json!({
        "statsDateRange": {"end": (minute(5) + TimeDelta::seconds(30)).to_rfc3339()},
        "locationState": samples("+++++"),
    });
    assert_eq!(analyze(stats, &SlaPolicy::standard()).time.online_seconds, 330);
    // One that ends before it starts is ignored.
    let stats = json!({"statsDateRange": range(5, 4)});
    assert_eq!(analyze(stats, &SlaPolicy::standard()).from, None);
    let stats = json!({"statsDateRange": range(5, 5)});
    assert_eq!(analyze(stats, &SlaPolicy::standard()).from, Some(minute(5)));
}

#[test]
fn the_future_is_not_counted() {
    let stats = serde_json::from_value(json!({
        "statsDateRange": {"start": start().to_rfc3339(), "end": minute(60).to_rfc3339()},
        "locationState": samples("++--++"),
    }))
    .unwrap();
    let report = sla::analyze(&stats, &SlaPolicy::standard(), minute(3));
    assert_eq!((report.samples, report.future_samples), (4, 2));
    assert_eq!(report.to, Some(minute(3)));
    // The newest sample is current and covers no time yet.
    assert_eq!(minutes(&report.time), [2, 1, 0, 0]);
    assert_eq!((report.incidents[0].end, report.incidents[0].duration_seconds), (None, 60));
    assert!(report.render(Format::Text).contains("Ignored: 2 samples of the future"));
    let before = sla::analyze(&stats, &SlaPolicy::standard(), minute(2));
    assert_eq!((before.incidents[0].duration_seconds, before.down_seconds), (0, 0));
    assert_eq!(before.incident_count, 1);
    let none = sla::analyze(&stats, &SlaPolicy::standard(), minute(-1));
    assert_eq!((none.verdict, none.future_samples, none.from), (Verdict::Unknown, 6, None));
}

#[test]
fn of_samples_at_the_same_time_the_worst_known_counts() {
    for (letters, expected) in [("+-", "-"), ("-+", "-"), ("~+", "~"), ("~-", "-"), ("?+", "+"), ("-?", "-")]
    {
        let at = |letter: char| samples(&letter.to_string())[0].clone();
        let both: Vec<Value> = letters.chars().map(at).collect();
        let report = analyze(json!({"locationState": both}), &SlaPolicy::standard());
        assert_eq!(report.time, self::report(expected).time, "{letters}");
    }
    // A single sample covers 15 minutes.
    assert_eq!(report("+").time.online_seconds, 900);
}

#[test]
fn text_word_for_word() {
    let policy = policy(|policy| {
        policy.target_percent = 99.95;
        policy.minimum_outage = Duration::from_secs(120);
        policy.maintenance = vec![MaintenanceWindow::new(minute(4), minute(6))];
        policy.budget_period = Some(Duration::from_secs(7 * 86_400));
    });
    assert_eq!(
        report_by("+-+---+?~---", &policy).render(Format::Text),
        "📜 Uptime target: 🔴 MISSED - 33.333 % of 99.95 % promised\n\n\
         Period: 2026-01-15 00:00 UTC to 2026-01-15 00:12 UTC\n\
         Time: 3 min online, 7 min offline, 1 min intermittent, 1 min unknown\n\
         Of this in maintenance: 2 min\n\
         Error budget: 5 min 2 s allowed, 6 min used, overspent by 58 s (burn rate 1333.3)\n\
         Incidents: 2 (and 1 shorter outage)\n\
         Longest: 3 min, mean time to repair (MTTR): 1 min\n\
         Without a value or a time: 1 sample\n\n\
         Incidents:\n  \
         • 2026-01-15 00:03 UTC to 2026-01-15 00:06 UTC - 3 min (partly in maintenance)\n  \
         • since 2026-01-15 00:09 UTC - ongoing, 3 min so far\n\n\
         Unknown time:\n  \
         • 2026-01-15 00:07 UTC to 2026-01-15 00:08 UTC - 1 min\n\n\
         Method:\n  \
         • Uptime is time up over time up and down.\n  \
         • A sample counts for the time to the next one; after a jump of more than one and a half of the usual \
         1 min, for one of these, and the rest is unknown.\n  \
         • Unknown time does not count.\n  \
         • Intermittent time counts as downtime.\n  \
         • The target is met only if 90 % of the time is known; it is missed also with less if the rest could not \
         change it.\n  \
         • Time within 1 maintenance window does not count.\n  \
         • An outage shorter than 2 min is no incident, but it is downtime.\n  \
         • The error budget is for 7 d."
    );
    let mut other = policy.clone();
    other.maintenance = vec![MaintenanceWindow::new(minute(0), minute(9)); 2];
    other.maintenance_time = MaintenanceTime::Counted;
    other.unknown = CountAs::Up;
    other.budget_period = None;
    other.minimum_outage = Duration::ZERO;
    let text = report_by("+---", &other).render(Format::Text);
    for part in [
        "(in maintenance)",
        "Longest: 3 min\n",
        "Unknown time counts as uptime.",
        "Time within 2 maintenance windows counts as any other.",
        "for the counted time of this report.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("shorter"));

    let met = report("++");
    let text = met.render(Format::Text);
    assert!(text.starts_with("📜 Uptime target: 🟢 MET - 100.000 % of 99.5 % promised\n"), "{text}");
    assert!(text.contains("Error budget: 0 s allowed, 0 s used, 0 s left (burn rate 0)\nIncidents: 0\n"));
    for absent in ["maintenance", "Longest", "Without", "Ignored", "Nothing"] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert!(met.render(Format::Html).starts_with("<b>📜"));
    assert!(met.render(Format::Markdown).contains("100\\.000"));
    let json: Value = serde_json::from_str(&met.render(Format::Json)).unwrap();
    assert_eq!((&json["verdict"], &json["budget"]["left_seconds"]), (&json!("met"), &json!(0)));
}

#[test]
fn a_policy_survives_being_written_and_read() {
    let read = |json: &str| serde_json::from_str::<SlaPolicy>(json).map_err(|error| error.to_string());
    assert_eq!(read("{}"), Ok(SlaPolicy::default()));
    let changed = policy(|policy| {
        policy.target_percent = 90.0;
        policy.least_known_percent = 80.0;
        policy.unknown = CountAs::Up;
        policy.intermittent = CountAs::Excluded;
        policy.minimum_outage = Duration::from_secs(90);
        policy.maintenance = vec![MaintenanceWindow::new(minute(1), minute(2))];
        policy.maintenance_time = MaintenanceTime::Counted;
        policy.budget_period = Some(Duration::from_secs(3600));
    });
    assert_eq!(read(&serde_json::to_string(&changed).unwrap()), Ok(changed));
    assert_eq!(read(r#"{"target_percent": 0}"#).map(|policy| policy.target_percent), Ok(0.0));
    assert_eq!(read(r#"{"target_percent": 100}"#).map(|policy| policy.target_percent), Ok(100.0));
    for (json, part) in [
        (r#"{"target": 99}"#, "unknown field `target`"),
        (r#"{"version": 2}"#, "`version`: 2 is not supported, expected 1"),
        (r#"{"target_percent": 100.01}"#, "`target_percent`: 100.01 is not from 0 to 100"),
        (r#"{"target_percent": -0.01}"#, "is not from 0 to 100"),
        (r#"{"unknown": "maybe"}"#, "unknown variant `maybe`"),
        (r#"{"minimum_outage": "soon"}"#, "`soon` is not a duration"),
        (r#"{"budget_period": "0d"}"#, "`budget_period`"),
        (r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z"}]}"#, "missing field `to`"),
        (
            r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}"#,
            "`maintenance`: a window ends",
        ),
        (
            r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "x": 1}]}"#,
            "unknown field `x`",
        ),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(part), "{json}: {error}");
    }
    assert!(policy(|policy| policy.target_percent = f64::NAN).validate().is_err());
}

#[test]
fn calendar_limits_are_handled() {
    let mut stats: plume_types::OnlineStats =
        serde_json::from_value(json!({"locationState": samples("+-")})).unwrap();
    let mut list = stats.location_state.into_known().unwrap().into_vec();
    list[0].timestamp = Some(DateTime::<Utc>::MIN_UTC);
    list[1].timestamp = Some(DateTime::<Utc>::MAX_UTC);
    stats.location_state = plume_types::Field::Known(list.into());
    let report = sla::analyze(&stats, &SlaPolicy::standard(), DateTime::<Utc>::MAX_UTC);
    assert_eq!(report.incident_count, 1);
    let sum = report.up_seconds + report.down_seconds + report.excluded_seconds;
    assert_eq!(sum, report.time.total_seconds());
    // Nothing is known between the two.
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    let day = DateTime::<Utc>::MIN_UTC;
    assert_eq!(gaps, [(day + TimeDelta::minutes(15), timeline_end())]);
}

/// The last whole second of the calendar.
fn timeline_end() -> DateTime<Utc> {
    DateTime::from_timestamp(DateTime::<Utc>::MAX_UTC.timestamp(), 0).unwrap()
}

#[test]
fn words_are_read_in_capital_letters_too() {
    let stats = json!({"locationState": [
        {"timestamp": "2025-11-25T00:00:00Z", "value": "Online"},
        {"timestamp": "2025-11-25T01:00:00Z", "value": "OFFLINE"},
        {"timestamp": "2025-11-25T02:00:00Z", "value": "Intermittent"},
    ]});
    let now = "2025-11-26T00:00:00Z".parse().unwrap();
    let time = sla::analyze(&serde_json::from_value(stats).unwrap(), &SlaPolicy::standard(), now).time;
    assert_eq!((time.online_seconds, time.offline_seconds, time.intermittent_seconds), (3600, 3600, 3600));
}
