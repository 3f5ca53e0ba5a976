//! Tests that the work of every analysis is linear in the input, for adversarial inputs too. See `testkit::linear`.

use plume_health::{Format, HealthReport, Policy, RuleId, Status, analyze};
use plume_types::LocationSnapshot;
use serde_json::{Value, json};
use testkit::linear::{
    SIZES, Series, TIMES, Work, at, bare, check, homes_are_linear, hop, node, now, online, pods, read,
    samples, series_are_linear, with, work,
};

use crate::backtest;
use crate::baseline::{BaselineOptions, History};
use crate::budget::{BudgetPolicy, DueQueue};
use crate::calendar::{Calendar, Window};
use crate::change::diff;
use crate::fleet::FleetRollUp;
use crate::groups::{GroupPolicy, HomeSignal, TenantGroups};
use crate::home::{
    CheckFailure, HomeCondition, HomeContext, HomeState, MonitorPolicy, Sample, Verdict, step,
};
use crate::ids::{GroupKey, GroupKind};
use crate::incident::{Cause, CauseKind};
use crate::monitor::{HomeProfile, Monitor, Policies};
use crate::notify::{Digest, DigestKind, MessageKind};
use crate::schedule::{CheckDetail, CheckDone, HomeSchedule, SchedulePolicy};
use crate::sla::{self, MaintenanceWindow, SlaPolicy};
use crate::source::{SourceCheck, SourcePolicy, Sources};
use crate::tracker::{HealthTracker, TrackerPolicy};

/// A home and the report on it.
type Home = (LocationSnapshot, HealthReport);

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

fn report(home: &LocationSnapshot) -> HealthReport {
    analyze(home, &Policy::standard(), now())
}

const WORKS: [Work<Home>; 2] = [
    ("diff", |(home, _)| {
        for changes in [diff(home, &bare()), diff(&bare(), home), diff(home, home)] {
            drop(FORMATS.map(|format| changes.render(format)));
        }
    }),
    ("fleet", |(_, report)| {
        let mut fleet = FleetRollUp::default();
        fleet.add(report);
        let mut both = fleet.clone();
        both.merge(&fleet);
        drop(FORMATS.map(|format| both.report().render(format)));
    }),
];

fn prepared(home: Value) -> Home {
    let home = read(home);
    let report = report(&home);
    (home, report)
}

#[test]
fn the_work_on_a_home_is_linear() {
    homes_are_linear(prepared, WORKS);
}

/// A sample with this many orange causes.
fn sample(second: i64, causes: usize) -> Sample {
    let cause = |number: usize| {
        let kind = CauseKind::Rule(RuleId::NodeDisconnected);
        Cause::new(kind, number.to_string(), Status::Orange, "no response")
    };
    Sample::checked(at(second), CheckDetail::Full, Verdict::new((0..causes).map(cause).collect(), ""))
}

/// A home of a tenant and a firmware with five homes each.
fn profile(number: usize) -> HomeProfile {
    let mut profile = HomeProfile::new(number.to_string(), (number / 5).to_string());
    profile.groups = vec![GroupKey::new(GroupKind::Firmware, (number / 5).to_string())];
    profile
}

fn policies() -> Policies {
    serde_json::from_value(json!({"notify": {"routes": [{"channels": ["pager"]}]}})).unwrap()
}

const SERIES: [Series; 7] = [
    ("groups", |size, time| {
        Box::new(move || {
            let mut groups = TenantGroups::new("tenant".into());
            for number in 0..size {
                let firmware = GroupKey::new(GroupKind::Firmware, (number / 5).to_string());
                let (home, now) = (number.to_string().into(), at(time(number as i64)));
                let condition = HomeCondition::Suspect;
                groups.observe(&HomeSignal::new(home, vec![firmware], condition, Status::Red, now));
            }
            for tick in 0..3 {
                drop(groups.tick(&GroupPolicy::standard(), at(time(size as i64) + tick)));
            }
        })
    }),
    ("a group", |size, time| {
        Box::new(move || {
            let mut groups = TenantGroups::new("tenant".into());
            let end = at(time(size as i64));
            for number in 0..size {
                let region = GroupKey::new(GroupKind::Region, "north");
                let condition = if number % 5 == 0 { HomeCondition::Bad } else { HomeCondition::Good };
                let home = number.to_string().into();
                groups.observe(&HomeSignal::new(home, vec![region], condition, Status::Red, end));
            }
            for tick in 0..3 {
                drop(groups.tick(&GroupPolicy::standard(), end + chrono::TimeDelta::seconds(5 * tick)));
            }
        })
    }),
    ("service level", |size, time| {
        let stats = online(size, time);
        Box::new(move || drop(sla::analyze(&stats, &SlaPolicy::standard(), now()).render(Format::Html)))
    }),
    ("service level with maintenance", |size, time| {
        let (stats, mut policy) = (online(size, time), SlaPolicy::standard());
        policy.maintenance = (0..size as i64)
            .map(|number| MaintenanceWindow::new(at(time(number)), at(time(number) + 60)))
            .collect();
        Box::new(move || drop(sla::analyze(&stats, &policy, now()).render(Format::Html)))
    }),
    ("one outage with much maintenance", |size, time| {
        let stats = read(json!({"locationState": samples(size, time, |_| json!("offline"))}));
        let mut policy = SlaPolicy::standard();
        policy.maintenance = (0..size as i64)
            .map(|number| MaintenanceWindow::new(at(number * 7), at(number * 7 + 3)))
            .collect();
        Box::new(move || drop(sla::analyze(&stats, &policy, now()).render(Format::Html)))
    }),
    ("baseline", |size, time| {
        let history: History =
            (0..size as i64).map(|number| (at(time(number)), f64::from((number % 50) as i32))).collect();
        Box::new(move || {
            let mut both = history.clone();
            both.merge(&history);
            // Makes values usual with any number of days.
            let baseline = both.learn(BaselineOptions::new().with_min_samples(1));
            for number in 0..size as i64 {
                drop(baseline.judge(at(number * 911), Some(17.0)).render(Format::Html));
            }
        })
    }),
    ("tracker", |size, time| {
        const ALL: [Status; 5] =
            [Status::Red, Status::Unknown, Status::Yellow, Status::Green, Status::Orange];
        Box::new(move || {
            let mut tracker = HealthTracker::new();
            for number in 0..size {
                let status = ALL[number / 3 % 5];
                let _ = tracker.observe(&TrackerPolicy::standard(), at(time(number as i64)), status);
            }
            drop(serde_json::to_string(&tracker));
        })
    }),
];

#[test]
fn the_work_on_a_series_is_linear() {
    series_are_linear(SERIES);
}

const DECISIONS: [Series; 7] = [
    ("budget", |size, time| {
        Box::new(move || {
            let policy = SchedulePolicy::standard();
            let mut queue = DueQueue::new(BudgetPolicy::standard(), policy);
            for number in 0..size {
                let (profile, now) = (profile(number), at(time(number as i64)));
                queue.insert(
                    profile.tenant,
                    profile.home.clone(),
                    HomeSchedule::new(&profile.home, &policy, now),
                    now,
                );
            }
            let now = at(time(size as i64) + 4_000);
            while let Some(check) = queue.pick(1, now).pop() {
                queue.complete(&check.home, CheckDone::new(now, check.detail, check.class));
            }
        })
    }),
    ("source", |size, time| {
        Box::new(move || {
            let mut sources = Sources::new();
            let failures = [
                Some(CheckFailure::Transport),
                Some(CheckFailure::Credential),
                None,
                Some(CheckFailure::Blocked),
            ];
            for number in 0..size {
                let (profile, now) = (profile(number), at(time(number as i64)));
                let check = SourceCheck::new(profile.tenant, profile.home, now, failures[number % 4]);
                drop(sources.observe(&SourcePolicy::standard(), &check));
            }
            drop(serde_json::to_string(&sources));
        })
    }),
    ("samples of a home", |size, time| {
        Box::new(move || {
            let mut state = HomeState::new("home".into());
            for number in 0..size as i64 {
                let sample = sample(time(number), usize::from(number / 3 % 4 == 0));
                state =
                    step(&state, &sample, &MonitorPolicy::server(), HomeContext::default(), sample.at).state;
            }
            drop(serde_json::to_string(&state));
        })
    }),
    ("causes of a home", |size, time| {
        Box::new(move || {
            let mut state = HomeState::new("home".into());
            for number in 0..3 {
                let sample = sample(time(number) + 60 * number, size);
                state =
                    step(&state, &sample, &MonitorPolicy::server(), HomeContext::default(), sample.at).state;
            }
            drop(serde_json::to_string(&state));
        })
    }),
    ("maintenance windows", |size, time| {
        let window = |number| Window::new(at(time(number)).naive_utc(), std::time::Duration::from_secs(60));
        let calendar = (0..size as i64).fold(Calendar::new(), |all, number| all.with_window(window(number)));
        Box::new(move || {
            for number in 0..4 {
                let _ = calendar.is_open(at(time(number)));
                let _ = calendar.next_change(at(time(number)));
            }
            drop(calendar.occurrences(at(0), at(time(size as i64)), size));
        })
    }),
    ("messages", |size, time| {
        let mut monitor = Monitor::new(policies(), at(0));
        for number in 0..size {
            let second = time(number as i64);
            monitor.insert(profile(number), at(second));
            for check in 0..3 {
                let sample = sample(second + 60 * check, 1);
                let _ = monitor.observe(&profile(number).home, &sample, sample.at);
            }
        }
        let end = time(size as i64);
        Box::new(move || {
            for second in 0..4 {
                drop(monitor.tick(at(end + 400 * second)));
            }
            let mut digest = Digest::new(DigestKind::Daily, "tenant".into(), vec!["pager".into()], at(end));
            for incident in monitor.incidents() {
                digest.add(&mut incident.clone(), MessageKind::Problem);
            }
        })
    }),
    ("a fleet in memory", |size, time| {
        Box::new(move || {
            let mut monitor = Monitor::new(policies(), at(0));
            for number in 0..size {
                monitor.insert(profile(number), at(time(number as i64)));
            }
            let end = time(size as i64) + 4_000;
            for check in monitor.next_checks(2 * size as u32, at(end)) {
                let _ = monitor.observe(&check.home, &sample(end, 1), at(end));
            }
            drop(monitor.tick(at(end)));
            let state = monitor.state();
            drop(serde_json::to_string(&state));
            drop(Monitor::restore(policies(), state, at(end)));
        })
    }),
];

#[test]
fn the_work_of_decisions_is_linear() {
    series_are_linear(DECISIONS);
}

#[test]
fn the_work_of_a_back_test_is_linear() {
    let work = SIZES.map(|size| {
        let mut history = backtest::History::new(vec![profile(0), profile(1)]);
        for number in 0..size as i64 {
            // The work grows with the time between samples as well, which is the same here.
            let sample = sample(number * 900, usize::from(number / 4 % 2 == 0));
            history.records.push(backtest::Record::new((number % 2).to_string().into(), sample));
        }
        work(|| drop(backtest::run(&history, &policies())))
    });
    check("back-test", work).unwrap();
}

#[test]
fn homes_of_a_fleet_are_added_in_linear_time() {
    let work = SIZES.map(|size| {
        let reports: Vec<HealthReport> = (0..size)
            .map(|number| {
                let way = json!([hop(0)]);
                let home = pods(3, |pod| node(number * 3 + pod, "disconnected", way.clone()));
                report(&read(with(home, "locationId", json!(format!("l{number}")))))
            })
            .collect();
        work(|| {
            let mut fleet = FleetRollUp::default();
            reports.iter().for_each(|report| fleet.add(report));
            let mut both = fleet.clone();
            both.merge(&fleet);
            drop(FORMATS.map(|format| both.report().render(format)));
        })
    });
    check("a fleet", work).unwrap();
}

#[test]
fn the_loops_that_look_at_other_elements_are_counted() {
    assert!(work(SERIES[4].1(400, TIMES[0].1))[1] >= 400);
}
