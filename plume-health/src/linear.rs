//! Tests that the work of every rule and analysis is linear in the input, for adversarial inputs too. See
//! `testkit::linear`.

use std::collections::BTreeSet;

use plume_types::LocationSnapshot;
use serde_json::{Value, json};
use testkit::linear::{
    HOMES, SIZES, Series, Shape, TIMES, Work, at, bare, check, homes_are_linear, now, number, online, read,
    samples, series_are_linear, step, work,
};

use crate::analyze::{analyze, diff_reports};
use crate::picture;
use crate::policy::{DevicePolicy, Policy};
use crate::render::Format;
use crate::report::{HealthReport, RuleId, Topology};
use crate::series::{qoe, signal, speed, uptime, wan};

/// A home and the report on it.
type Home = (LocationSnapshot, HealthReport);

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

fn report(home: &LocationSnapshot) -> HealthReport {
    analyze(home, &Policy::standard(), now())
}

const WORKS: [Work<Home>; 6] = [
    ("analyze", |(home, _)| drop(report(home))),
    ("analyze for panoptes", |(home, _)| drop(analyze(home, &Policy::panoptes(), now()))),
    ("analyze with watched devices", |(home, _)| {
        let macs = home.devices.known().map(|list| list.iter().map(|device| device.mac.clone()).collect());
        let policy = Policy::standard().with_devices(DevicePolicy::Watched(macs.unwrap_or_default()));
        drop(analyze(home, &policy, now()));
    }),
    ("render", |(_, report)| {
        for format in FORMATS {
            drop(report.render(format));
            drop(report.render(format.within(1_000)));
        }
    }),
    ("topology", |(home, _)| {
        let topology = Topology::of(home);
        for node in &topology.nodes {
            let _ = topology.root_cause(&node.id);
        }
        drop(FORMATS.map(|format| topology.render(format)));
    }),
    ("diff_reports", |(_, report)| {
        let other = self::report(&bare());
        for changes in
            [diff_reports(report, &other), diff_reports(&other, report), diff_reports(report, report)]
        {
            drop(FORMATS.map(|format| changes.render(format)));
        }
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
    let found = |(_, make): Shape| prepared(make(SIZES[1])).1.findings;
    let mut rules: BTreeSet<RuleId> = HOMES.into_iter().flat_map(found).map(|finding| finding.rule).collect();
    // These two have at most one finding, and only the unknown word can grow.
    rules.extend([RuleId::NoService, RuleId::ReducedService]);
    assert_eq!(rules, all_rules(), "a rule without a home that grows");
}

/// Returns all rules. A new rule does not compile without an entry.
fn all_rules() -> BTreeSet<RuleId> {
    use RuleId::*;
    let next = |rule: &RuleId| match rule {
        LocationOffline => Some(NodeDisconnected),
        NodeDisconnected => Some(NoService),
        NoService => Some(ReducedService),
        ReducedService => Some(NodeHealth),
        NodeHealth => Some(NodeAlert),
        NodeAlert => Some(DeviceDisconnected),
        DeviceDisconnected => Some(PoorQoe),
        PoorQoe | Other(_) => None,
    };
    std::iter::successors(Some(LocationOffline), next).collect()
}

const SERIES: [Series; 6] = [
    ("uptime", |size, time| {
        let stats = online(size, time);
        Box::new(move || {
            drop(uptime::analyze(&stats).render(Format::Html));
            drop(picture::uptime("Home", &stats));
        })
    }),
    ("WAN", |size, time| {
        let points = |rx: bool| samples(size, time, move |at| if rx { number(at) } else { json!(1) });
        let points: Value = points(true)
            .as_array()
            .unwrap()
            .iter()
            .map(|point| json!({"timestamp": point["timestamp"], "rxMbps": {"max": point["value"]}, "rxBytes": 1e6}))
            .collect();
        let stats = read(json!({"daily": points, "fifteenMins": points}));
        Box::new(move || {
            drop(wan::analyze(&stats).render(Format::Html));
            drop(picture::wan("Home", &stats));
        })
    }),
    ("saturation", |size, time| {
        let items: Value = (0..size as i64)
            .map(|at| json!({"timestamp": self::at(time(at)), "rxMaxPercentage": at % 100, "txMaxPercentage": 1}))
            .collect();
        let history = read(json!({"items": items}));
        Box::new(move || drop(wan::saturation_history(&history).render(Format::Html)))
    }),
    ("speed", |size, time| {
        let speeds = samples(size, time, number);
        let tests =
            read(json!({"downloadSpeeds": speeds, "uploadSpeeds": speeds, "failedSpeedTests": speeds}));
        Box::new(move || {
            drop(speed::analyze(&tests).render(Format::Html));
            drop(picture::speed("Home", &tests));
        })
    }),
    ("signal", |size, time| {
        let rssi = samples(size, time, |at| json!(-30 - at % 70));
        let series = read(json!({"2g": {"a": rssi, "b": rssi}, "5g": {"a": rssi}}));
        Box::new(move || drop(signal::analyze(&series).render(Format::Html)))
    }),
    ("QoE", |size, time| {
        let data: Value = (0..size as i64)
            .map(|at| json!({"timestamp": self::at(time(at)), "weightedQoeScore": at % 5}))
            .collect();
        let metrics = read(json!({"data": data}));
        Box::new(move || drop(qoe::analyze(&metrics).render(Format::Html)))
    }),
];

#[test]
fn the_work_on_a_series_is_linear() {
    series_are_linear(SERIES);
}

#[test]
fn superlinear_work_is_found() {
    let homes = SIZES.map(|size| read::<LocationSnapshot>(HOMES[0].1(size)));
    // Planted: each node takes a copy of all names, and each node visits all nodes.
    let copies = |home: &LocationSnapshot| {
        let nodes = home.nodes.known().unwrap();
        nodes.iter().for_each(|_| drop(nodes.iter().map(|node| &node.id).collect::<Vec<_>>()));
    };
    let looks = |home: &LocationSnapshot| {
        let nodes = home.nodes.known().unwrap();
        nodes.iter().for_each(|_| step(nodes.len()));
    };
    let costs = [work(|| copies(&homes[0])), work(|| copies(&homes[1]))];
    assert!(check("copies", costs).unwrap_err().contains("bytes"));
    let costs = [work(|| looks(&homes[0])), work(|| looks(&homes[1]))];
    assert!(check("looks", costs).unwrap_err().contains("steps"));
}

#[test]
fn the_loops_that_look_at_other_elements_are_counted() {
    let steps = |shape: usize| {
        let home: LocationSnapshot = read(HOMES[shape].1(400));
        work(|| drop(Topology::of(&home)))[1]
    };
    for (shape, (name, _)) in HOMES.iter().enumerate().take(11).filter(|(shape, _)| *shape != 1) {
        assert!(steps(shape) >= 2, "{name}: {}", steps(shape));
    }
    assert!(work(SERIES[3].1(400, TIMES[0].1))[1] >= 44_850);
}
