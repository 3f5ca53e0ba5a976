//! Tests that the work of every analysis is linear in the input, for adversarial inputs too. See `testkit::linear`.

use plume_health::{Format, HealthReport, Policy, Status, analyze};
use plume_types::LocationSnapshot;
use serde_json::{Value, json};
use testkit::linear::{
    SIZES, Series, TIMES, Work, at, bare, check, homes_are_linear, hop, node, now, online, pods, read,
    samples, series_are_linear, with, work,
};

use crate::baseline::{BaselineOptions, History};
use crate::change::diff;
use crate::fleet::FleetRollUp;
use crate::groups::{GroupPolicy, HomeSignal, TenantGroups};
use crate::home::HomeCondition;
use crate::ids::{GroupKey, GroupKind};
use crate::sla::{self, MaintenanceWindow, SlaPolicy};
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

const SERIES: [Series; 6] = [
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
    assert!(work(SERIES[3].1(400, TIMES[0].1))[1] >= 400);
}
