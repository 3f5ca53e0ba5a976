//! Work grows with the input, for every rule and every analysis, whatever the input looks like.
//!
//! Counted are allocated bytes, and the rounds of the loops that look at the elements of other elements: each of them
//! calls [`step`]. A test must not measure time. What this does not see is a loop that allocates nothing and has no
//! [`step`]; so a new loop inside a loop needs one.

use std::{cell::Cell, collections::BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::LocationSnapshot;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::baseline::{BaselineOptions, History};
use crate::change::{diff, diff_reports};
use crate::fleet::Fleet;
use crate::policy::{DevicePolicy, Policy};
use crate::render::Format;
use crate::report::{HealthReport, RuleId, Status};
use crate::sla::{MaintenanceWindow, SlaPolicy};
use crate::topology::Topology;
use crate::tracker::{HealthTracker, TrackerPolicy};
use crate::{analyze, qoe, signal, sla, speed, uptime, wan};

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts work that allocates nothing.
pub(crate) fn step(count: usize) {
    STEPS.set(STEPS.get() + count as u64);
}

/// Allocated bytes, and steps.
fn work(operation: impl FnOnce()) -> [u64; 2] {
    let before = STEPS.get();
    let allocated = allocation_counter::measure(operation);
    [allocated.bytes_total, STEPS.get() - before]
}

const SIZES: [usize; 2] = [200, 1_600];

/// Eight times as much input may cost eight times as much, half of that again for what doubles and for the logarithm of
/// sorted lists and trees, and something that no input changes, such as the slopes of a trend.
fn check(what: &str, [small, large]: [[u64; 2]; 2]) -> Result<(), String> {
    const AT_ALL: [u64; 2] = [600_000, 60_000];
    for (at, unit) in ["bytes", "steps"].into_iter().enumerate() {
        let allowed = small[at] * (SIZES[1] / SIZES[0]) as u64 * 3 / 2 + AT_ALL[at];
        if large[at] > allowed {
            return Err(format!("{what}: {} {unit} became {}", small[at], large[at]));
        }
    }
    Ok(())
}

fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn each(size: usize, one: impl FnMut(usize) -> Value) -> Value {
    (0..size).map(one).collect()
}

fn node(number: usize, state: &str, way: Value) -> Value {
    json!({
        "id": format!("TST{number:07}"), "nickname": format!("Pod {number}"), "connectionState": state,
        "leafToRoot": way, "model": format!("M{number}"), "firmwareVersion": format!("1.{number}"),
    })
}

fn hop(number: usize) -> Value {
    json!({"id": format!("TST{number:07}")})
}

fn device(number: usize, state: &str, way: Value) -> Value {
    let mac = format!("02:00:00:{:02x}:{:02x}:{:02x}", number >> 16 & 255, number >> 8 & 255, number & 255);
    json!({"mac": mac, "nickname": format!("Device {number}"), "connectionState": state, "leafToRoot": way})
}

fn home(part: &str, value: Value) -> Value {
    let mut home = json!({
        "customerId": "c", "locationId": "l", "takenAt": "2026-01-15T10:00:00Z",
        "location": {"known": {"id": "l", "name": "Home", "networkStatus": {"status": "online"}}},
        "nodes": {"known": [node(9_999_999, "connected", json!([]))]},
        "serviceLevel": {"known": {"status": "fullService"}},
    });
    home[part] = json!({"known": value});
    home
}

fn nodes(size: usize, one: impl FnMut(usize) -> Value) -> Value {
    home("nodes", each(size, one))
}

/// With one gateway above them all.
fn pods(size: usize, mut one: impl FnMut(usize) -> Value) -> Value {
    nodes(size, |number| if number == 0 { node(0, "connected", json!([])) } else { one(number) })
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

type Shape = (&'static str, fn(usize) -> Value);

/// Homes that grow in one dimension each.
const HOMES: [Shape; 27] = [
    ("connected nodes", |size| pods(size, |number| node(number, "connected", json!([hop(0)])))),
    ("one node many times", |size| nodes(size, |_| node(1, "disconnected", json!([hop(2)])))),
    ("every node is disconnected", |size| nodes(size, |number| node(number, "disconnected", json!([])))),
    ("disconnected nodes side by side", |size| {
        pods(size, |number| node(number, "disconnected", json!([hop(0)])))
    }),
    ("disconnected nodes in a chain", |size| {
        pods(size, |number| node(number, "disconnected", json!([hop(number - 1)])))
    }),
    ("the same the other way round", |size| {
        nodes(size, |number| match number + 1 {
            last if last == size => node(number, "connected", json!([])),
            next => node(number, "disconnected", json!([hop(next)])),
        })
    }),
    ("nodes in one circle", |size| {
        nodes(size, |number| node(number, "disconnected", json!([hop((number + 1) % size)])))
    }),
    ("a chain into a circle", |size| {
        nodes(size, |number| node(number, "disconnected", json!([hop((number + 1).min(size - 1))])))
    }),
    ("many circles", |size| nodes(size, |number| node(number, "disconnected", json!([hop(number ^ 1)])))),
    ("one long way", |size| pods(2, |number| node(number, "disconnected", each(size, hop)))),
    ("silent nodes on a long way", |size| {
        nodes(size, |number| match number {
            0 => node(0, "connected", each(size, |at| hop(size - at))),
            _ => node(number, "disconnected", json!([])),
        })
    }),
    ("nodes of an unknown state", |size| pods(size, |number| node(number, "dozing", json!([hop(0)])))),
    ("unreadable nodes", |size| {
        nodes(size, |number| if number == 0 { node(0, "connected", json!([])) } else { json!(1) })
    }),
    ("sick nodes", |size| {
        pods(size, |number| with(node(number, "connected", json!([hop(0)])), "health", json!({"score": 1.2})))
    }),
    ("alerts of one node", |size| {
        pods(2, |number| {
            let alerts = each(size, |kind| json!({"type": format!("kind{kind}")}));
            with(node(number, "connected", json!([hop(0)])), "alerts", alerts)
        })
    }),
    ("alerts of many nodes", |size| {
        pods(size, |number| {
            let alerts = json!([{"type": "poorHealth"}, {"type": format!("kind{number}")}]);
            with(node(number, "connected", json!([hop(0)])), "alerts", alerts)
        })
    }),
    ("a long name", |size| {
        let name = "Z\u{301}<&*".repeat(size);
        pods(2, |number| with(node(number, "disconnected", json!([hop(0)])), "nickname", json!(name)))
    }),
    ("long ids", |size| {
        let id = "x".repeat(size);
        nodes(3, |number| with(node(number, "disconnected", json!([])), "id", json!(format!("{id}{number}"))))
    }),
    ("devices that are away", |size| {
        home("devices", each(size, |number| device(number, "disconnected", json!([]))))
    }),
    ("one device many times", |size| home("devices", each(size, |_| device(1, "disconnected", json!([]))))),
    ("devices of an unknown state", |size| {
        home("devices", each(size, |number| device(number, "odd", json!([]))))
    }),
    ("devices behind disconnected nodes", |size| {
        let mut home = pods(size, |number| node(number, "disconnected", json!([hop(0)])));
        let devices = each(size, |number| device(number, "disconnected", json!([hop(number), hop(0)])));
        home["devices"] = json!({"known": devices});
        home
    }),
    ("devices of an offline home", |size| {
        let mut home = nodes(2, |number| node(number, "disconnected", json!([])));
        home["devices"] =
            json!({"known": each(size, |number| device(number, "disconnected", json!([hop(1)])))});
        home
    }),
    ("poor classes", |size| {
        home("qoe", each(size, |number| json!({"trafficClass": format!("c{number}"), "quality": "poor"})))
    }),
    ("one class many times", |size| {
        home("qoe", each(size, |_| json!({"trafficClass": "c", "quality": "odd"})))
    }),
    ("classes in classes", |size| {
        home(
            "qoe",
            each(size / 10, |number| {
                let class = json!({"trafficClass": format!("c{number}"), "score": 1});
                (0..10).fold(class, |inner, _| json!({"stats": {"items": [inner]}}))
            }),
        )
    }),
    ("a long name of a service", |size| home("serviceLevel", json!({"status": "x".repeat(size)}))),
];

/// What is done with a home, and with the report on it.
type Work = (&'static str, fn(&LocationSnapshot, &HealthReport));

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

fn bare() -> LocationSnapshot {
    serde_json::from_value(home("devices", json!([]))).unwrap()
}

fn report(home: &LocationSnapshot) -> HealthReport {
    analyze(home, &Policy::standard(), now())
}

const WORKS: [Work; 8] = [
    ("analyze", |home, _| drop(report(home))),
    ("analyze for panoptes", |home, _| drop(analyze(home, &Policy::panoptes(), now()))),
    ("analyze with watched devices", |home, _| {
        let macs = home.devices.known().map(|list| list.iter().map(|device| device.mac.clone()).collect());
        let policy = Policy::standard().with_devices(DevicePolicy::Watched(macs.unwrap_or_default()));
        drop(analyze(home, &policy, now()));
    }),
    ("render", |_, report| {
        for format in FORMATS {
            drop(report.render(format));
            drop(report.render(format.within(1_000)));
        }
    }),
    ("topology", |home, _| {
        let topology = Topology::of(home);
        for node in &topology.nodes {
            let _ = topology.root_cause(&node.id);
        }
        drop(FORMATS.map(|format| topology.render(format)));
    }),
    ("diff", |home, _| {
        for changes in [diff(home, &bare()), diff(&bare(), home), diff(home, home)] {
            drop(FORMATS.map(|format| changes.render(format)));
        }
    }),
    ("diff_reports", |_, report| {
        let other = self::report(&bare());
        for changes in
            [diff_reports(report, &other), diff_reports(&other, report), diff_reports(report, report)]
        {
            drop(FORMATS.map(|format| changes.render(format)));
        }
    }),
    ("fleet", |_, report| {
        let mut fleet = Fleet::default();
        fleet.add(report);
        let mut both = fleet.clone();
        both.merge(&fleet);
        drop(FORMATS.map(|format| both.report().render(format)));
    }),
];

#[test]
fn the_work_on_a_home_is_linear() {
    let (mut tried, mut rules) = (0, BTreeSet::new());
    for (shape, make) in HOMES {
        let homes = SIZES.map(|size| serde_json::from_value::<LocationSnapshot>(make(size)).unwrap());
        let reports = [report(&homes[0]), report(&homes[1])];
        rules.extend(reports[1].findings.iter().map(|finding| finding.rule));
        for (name, operation) in WORKS {
            let costs = [0, 1].map(|at| work(|| operation(&homes[at], &reports[at])));
            check(&format!("{name}, {shape}"), costs).unwrap();
            tried += 1;
        }
    }
    assert_eq!(tried, 27 * 8);
    // These two have no more than one finding, and nothing that grows but the word that is not known.
    rules.extend([RuleId::NoService, RuleId::ReducedService]);
    assert_eq!(rules, all_rules(), "a rule without a home that grows");
}

/// Does not compile without a new rule.
fn all_rules() -> BTreeSet<RuleId> {
    use RuleId::*;
    let next = |rule| match rule {
        LocationOffline => Some(NodeDisconnected),
        NodeDisconnected => Some(NoService),
        NoService => Some(ReducedService),
        ReducedService => Some(NodeHealth),
        NodeHealth => Some(NodeAlert),
        NodeAlert => Some(DeviceDisconnected),
        DeviceDisconnected => Some(PoorQoe),
        PoorQoe => None,
    };
    std::iter::successors(Some(LocationOffline), |rule| next(*rule)).collect()
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The time of a sample in seconds, by its number.
type Time = fn(i64) -> i64;

/// Times of a series.
const TIMES: [(&str, Time); 4] = [
    ("even steps", |at| at * 900),
    ("uneven steps", |at| at * 900 + at * at % 811),
    ("growing steps", |at| at * at),
    ("one time", |_| 0),
];

fn at(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(400) + TimeDelta::seconds(seconds)
}

/// The work on so many samples at these times. What is read is not counted.
type Series = (&'static str, fn(usize, Time) -> Box<dyn FnOnce()>);

fn samples(size: usize, time: Time, value: impl Fn(i64) -> Value) -> Value {
    (0..size as i64).map(|number| json!({"timestamp": at(time(number)), "value": value(number)})).collect()
}

fn online(size: usize, time: Time) -> plume_types::OnlineStats {
    let words = ["online", "offline", "n/a", "odd"];
    read(json!({"locationState": samples(size, time, |number| json!(words[number as usize % 4]))}))
}

fn number(number: i64) -> Value {
    if number % 7 == 0 { Value::Null } else { json!(number % 100) }
}

const SERIES: [Series; 11] = [
    ("uptime", |size, time| {
        let stats = online(size, time);
        Box::new(move || drop(uptime::analyze(&stats).render(Format::Html)))
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
    ("WAN", |size, time| {
        let points = |rx: bool| samples(size, time, move |at| if rx { number(at) } else { json!(1) });
        let points: Value = points(true)
            .as_array()
            .unwrap()
            .iter()
            .map(|point| json!({"timestamp": point["timestamp"], "rxMbps": {"max": point["value"]}, "rxBytes": 1e6}))
            .collect();
        let stats = read(json!({"daily": points, "fifteenMins": points}));
        Box::new(move || drop(wan::analyze(&stats).render(Format::Html)))
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
        Box::new(move || drop(speed::analyze(&tests).render(Format::Html)))
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
    ("baseline", |size, time| {
        let history: History =
            (0..size as i64).map(|number| (at(time(number)), f64::from((number % 50) as i32))).collect();
        Box::new(move || {
            let mut both = history.clone();
            both.merge(&history);
            // So that something is usual however few days there are.
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
    let mut tried = 0;
    for (name, make) in SERIES {
        for (times, time) in TIMES {
            check(&format!("{name}, {times}"), SIZES.map(|size| work(make(size, time)))).unwrap();
            tried += 1;
        }
    }
    assert_eq!(tried, 11 * 4);
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
            let mut fleet = Fleet::default();
            reports.iter().for_each(|report| fleet.add(report));
            let mut both = fleet.clone();
            both.merge(&fleet);
            drop(FORMATS.map(|format| both.report().render(format)));
        })
    });
    check("a fleet", work).unwrap();
}

#[test]
fn work_that_grows_faster_is_found() {
    let homes = SIZES.map(|size| read::<LocationSnapshot>(HOMES[0].1(size)));
    // Planted: each node takes a copy of all names, and each node looks at all nodes.
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
    assert!(work(SERIES[3].1(400, TIMES[0].1))[1] >= 400);
    assert!(work(SERIES[6].1(400, TIMES[0].1))[1] >= 44_850);
}
