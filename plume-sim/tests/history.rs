//! The live state and the reports agree for random histories.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plume_sim::{Cast, Home, Story, StoryEvent, StoryPlan, When};
use serde_json::{Value, json};

use common::{Client, api, builder, clock, reports};

const MINUTE: u64 = 60;
/// Minutes between two samples of the live state; three samples make a quarter hour.
const STEP: u64 = 5;
const DAY: u64 = 24 * 60 * MINUTE;

/// A small generator, so that a seed always gives the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn node(&mut self) -> String {
        (self.roll(3) + 1).to_string()
    }

    fn lasts(&mut self) -> Option<Duration> {
        Some(Duration::from_secs(30 + self.roll(120 * MINUTE)))
    }

    fn event(&mut self) -> StoryEvent {
        let lasts = self.lasts();
        match self.roll(8) {
            0 => StoryEvent::PowerLoss { node: self.node(), lasts },
            1 => StoryEvent::WanOutage { lasts },
            2 => StoryEvent::BackhaulLoss { node: self.node(), lasts },
            3 => StoryEvent::PodRoams { node: self.node(), to: self.node() },
            4 => StoryEvent::Reboot { node: self.node(), reason: "test".to_owned() },
            5 => StoryEvent::DeviceLeaves { device: (self.roll(7) + 1).to_string(), lasts },
            6 => StoryEvent::DeviceJoins { device: (self.roll(7) + 1).to_string(), node: Some(self.node()) },
            _ => StoryEvent::FirmwareUpgrade { version: format!("9.{}.0", self.roll(9)) },
        }
    }
}

fn story(seed: u64) -> StoryPlan {
    let mut dice = Dice(seed.wrapping_mul(77_777) + 5);
    (0..4 + dice.roll(12)).fold(StoryPlan::new(format!("random {seed}")), |story, _| {
        let when = When::After(Duration::from_secs(dice.roll(DAY)));
        story.event(when, Cast::Everyone, dice.event())
    })
}

/// The live state at one moment.
struct Sample {
    at: String,
    online: bool,
    nodes: BTreeMap<String, Value>,
    devices: BTreeMap<String, bool>,
}

fn keyed<T>(rows: &[Value], key: &str, value: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
    rows.iter().map(|row| (row[key].as_str().unwrap().to_owned(), value(row))).collect()
}

fn sample(client: &Client, at: String) -> Sample {
    Sample {
        at,
        online: client.ok(&api(Home::PoorQoe))["networkStatus"]["status"] == "online",
        nodes: keyed(&client.nodes(Home::PoorQoe), "id", Value::clone),
        devices: keyed(&client.devices(Home::PoorQoe), "mac", |row| row["connectionState"] == "connected"),
    }
}

fn minute_of_day(minute: u64) -> String {
    let minute = 10 * 60 + minute;
    let (day, hour, minute) = (15 + minute / 1440, minute / 60 % 24, minute % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:00.000Z")
}

/// Returns the seeds of random stories: a few, or as many as `PLUME_SIM_SEEDS` says.
fn seeds(few: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("PLUME_SIM_SEEDS").ok();
    0..asked.map_or(few, |text| text.parse().unwrap_or_else(|_| panic!("PLUME_SIM_SEEDS: {text}")))
}

/// For random stories: a day is sampled every five minutes, and the reports agree with the samples.
#[test]
fn reports_agree_with_the_sampled_live_state() {
    for seed in seeds(2) {
        agree(seed);
    }
}

fn agree(seed: u64) {
    let clock = clock();
    let builder = builder().seed(seed).clock(Arc::new(clock.clone())).home(Home::PoorQoe).story(story(seed));
    let client = Client::new(builder.token_lifetime(Duration::from_secs(1 << 30)));
    let mut samples = Vec::new();
    for step in 0..24 * 60 / STEP {
        samples.push(sample(&client, minute_of_day(step * STEP)));
        clock.advance(Duration::from_secs(STEP * MINUTE));
    }
    online_stats(&client, &samples, seed);
    wan_stats(&client, &samples, seed);
    reboots(&client, &samples, seed);
    outages(&client, &samples, seed);
    for sample in &samples {
        structure(sample, seed);
    }
    histories(&client, &samples, seed);
}

/// By the minute: where two samples are equal, the report of the first one's minute is, too.
fn online_stats(client: &Client, samples: &[Sample], seed: u64) {
    let body = client.ok(&format!("{}/onlineStats?granularity=minutes&limit=1000", reports(Home::PoorQoe)));
    let states = keyed(body["locationState"].as_array().unwrap(), "timestamp", |row| row["value"].clone());
    let mut wrong = 0;
    for pair in samples.windows(2) {
        let Some(reported) = states.get(&pair[0].at) else { continue };
        if pair[0].online == pair[1].online {
            wrong += usize::from((reported == "online") != pair[0].online);
        }
    }
    // Between two samples the state may change and change back.
    assert!(wrong <= 2, "seed {seed}: {wrong} minutes differ");
}

/// A sample is offline if and only if it is within a reported outage.
fn outages(client: &Client, samples: &[Sample], seed: u64) {
    let range = |at: &str| moment(&json!(at)).timestamp_millis();
    let (start, end) = (range(&samples[0].at), range("2026-01-16T10:00:00.000Z"));
    let query = format!("startTimestamp={start}&endTimestamp={end}&type=monthly");
    let body = client.ok(&format!("{}/networkOutages/stats?{query}", reports(Home::PoorQoe)));
    let reported: Vec<(i64, i64)> = body["outages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let start = moment(&row["timestamp"]).timestamp_millis();
            (start, start + row["durationSeconds"].as_i64().unwrap() * 1_000)
        })
        .collect();
    assert_eq!(body["count"], reported.len());
    for sample in samples {
        let at = range(&sample.at);
        let out = reported.iter().any(|(start, end)| (*start..*end).contains(&at));
        assert_eq!(out, !sample.online, "seed {seed}, {}: {reported:?}", sample.at);
    }
}

/// By the quarter hour: no number while the location was offline, a number while it was online throughout, except for
/// the gaps that the real report has as well.
fn wan_stats(client: &Client, samples: &[Sample], seed: u64) {
    let body = client.ok(&format!("{}/wanStats?period=daily", reports(Home::PoorQoe)));
    let points = body["fifteenMins"].as_array().unwrap();
    let mut gaps = 0;
    for quarter in samples.chunks(3) {
        let point = points.iter().find(|point| point["timestamp"] == quarter[0].at.as_str()).unwrap();
        let measured = !point["rxMbytes"].is_null();
        if quarter.iter().all(|sample| !sample.online) {
            assert!(!measured, "seed {seed}: traffic while offline at {}", quarter[0].at);
        }
        if quarter.iter().all(|sample| sample.online) {
            gaps += usize::from(!measured);
        }
    }
    assert!(gaps <= 4, "seed {seed}: {gaps} quarters are missing");
}

fn moment(text: &Value) -> chrono::DateTime<chrono::FixedOffset> {
    chrono::DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap()
}

/// Every `bootAt` of a node is in the report, and vice versa.
fn reboots(client: &Client, samples: &[Sample], seed: u64) {
    let path = format!("{}/reboots?startAt=2026-01-15T10:00:00.000Z", reports(Home::PoorQoe));
    let body = client.ok(&path);
    let reported: Vec<(Value, Value)> = body["reboots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["nodeId"].clone(), row["timestamp"].clone()))
        .collect();
    for sample in samples {
        for node in sample.nodes.values().filter(|node| node["connectionState"] == "connected") {
            let boot = node["bootAt"].as_str().unwrap();
            let known = boot < "2026-01-15T10" || reported.contains(&(node["id"].clone(), json!(boot)));
            assert!(known, "seed {seed}: {boot} of {} is not reported", node["id"]);
        }
    }
    let last = samples.last().unwrap();
    let mut hidden = 0;
    for (id, at) in &reported {
        let late = at.as_str().unwrap() > last.at.as_str();
        let shown = |sample: &Sample| sample.nodes[id.as_str().unwrap()]["bootAt"] == *at;
        // Another start may follow before the next sample, or the end of a start may be between samples.
        let soon = |(other, next): &&(Value, Value)| {
            let after = (moment(next) - moment(at)).num_seconds();
            other == id && (1..2 * 60 * i64::try_from(STEP).unwrap()).contains(&after)
        };
        let late = late || reported.iter().any(|next| soon(&next));
        hidden += usize::from(!late && !samples.iter().any(shown));
    }
    assert!(hidden <= 2, "seed {seed}: {hidden} starts are reported that were never observed: {reported:?}");
}

/// The parts of one response agree.
fn structure(sample: &Sample, seed: u64) {
    let at = &sample.at;
    for (id, node) in &sample.nodes {
        let connected = node["connectionState"] == "connected";
        assert!(!connected || sample.online, "seed {seed}, {at}: {id} is seen behind a lost gateway");
        let path = node["leafToRoot"].as_array().unwrap();
        for above in path {
            let above = &sample.nodes[above["id"].as_str().unwrap()];
            assert_eq!(above["connectionState"], "connected", "seed {seed}, {at}: above {id}");
        }
        assert!(node["connectionStateChangeAt"].as_str().unwrap() <= at.as_str());
        assert_eq!(node["health"].is_null(), !connected);
    }
    let counted: u64 = sample.nodes.values().map(|node| node["connectedDeviceCount"].as_u64().unwrap()).sum();
    let connected = sample.devices.values().filter(|connected| **connected).count();
    assert_eq!(counted, connected as u64, "seed {seed}, {at}");
}

/// A quarter hour without the device in any sample has no score, one with it in every sample has a score.
fn histories(client: &Client, samples: &[Sample], seed: u64) {
    let last = samples.last().unwrap();
    let nodes = last.nodes.keys().map(|id| (format!("nodes/{id}"), id, true));
    let devices = last.devices.keys().map(|mac| (format!("devices/{}", mac.replace(':', "%3A")), mac, false));
    for (path, id, is_node) in nodes.chain(devices) {
        let body = client.ok(&format!("/reports/gateway/{path}/qoe/history"));
        let reported = keyed(body["items"].as_array().unwrap(), "timestamp", |_| true);
        // A short connection may be between two samples.
        let mut hidden = 0;
        for (index, quarter) in samples.chunks(3).enumerate() {
            let there = |sample: &Sample| {
                if is_node { sample.nodes[id]["connectionState"] == "connected" } else { sample.devices[id] }
            };
            let seen = quarter.iter().filter(|sample| there(sample)).count();
            let has_score = reported.contains_key(&quarter[0].at);
            assert!(seen == 0 || has_score, "seed {seed}: {path} at {}", quarter[0].at);
            // The samples before and after show whether it was connected at the edges of the quarter hour.
            let around =
                samples.iter().skip((index * 3).saturating_sub(1)).take(5).filter(|look| there(look));
            hidden += usize::from(around.count() == 0 && has_score);
        }
        assert!(hidden <= 1, "seed {seed}: {path} has a score in {hidden} quarters in which it was away");
    }
}

/// Earlier reports do not change with later writes and events.
#[test]
fn the_past_does_not_change() {
    for seed in seeds(5) {
        let clock = clock();
        let builder = builder().seed(seed).clock(Arc::new(clock.clone())).story(story(seed));
        let client = Client::new(builder.token_lifetime(Duration::from_secs(1 << 30)));
        clock.advance(Duration::from_secs(12 * 60 * MINUTE));
        let wan = |client: &Client| {
            let body = client.ok(&format!("{}/wanStats?period=daily", reports(Home::PoorQoe)));
            keyed(body["fifteenMins"].as_array().unwrap(), "timestamp", Value::clone)
        };
        let before = wan(&client);
        let order = client.send("PUT", &format!("{}/reboot", api(Home::PoorQoe)), "delay=5");
        assert_eq!(client.simulator.audit().len(), 1, "{order:?}");
        clock.advance(Duration::from_secs(10 * 60 * MINUTE));
        let after = wan(&client);
        let both: Vec<_> = before.keys().filter(|at| after.contains_key(*at)).collect();
        // A day of quarter hours, ten hours later.
        assert!((50..=56).contains(&both.len()), "seed {seed}: {}", both.len());
        for at in both {
            assert_eq!(after[at], before[at], "seed {seed}, {at}");
        }
    }
}

/// A day of a thousand homes is computed quickly, and ten thousand cost nothing before they are requested.
#[test]
fn many_homes_are_cheap() {
    let clock = clock();
    let story = Story::FlappingWan.plan();
    let build = builder().clock(Arc::new(clock.clone())).customers(10_000).story(story);
    let client = Client::new(build.token_lifetime(Duration::from_secs(1 << 30)));
    clock.advance(Duration::from_secs(DAY));
    let path = format!("/api/Groups/{}/customers", client.simulator.endpoints().partner_id());
    let customers = client.ok(&path);
    assert_eq!(customers.as_array().unwrap().len(), 500);
    let online = customers.as_array().unwrap().iter().filter(|customer| {
        let locations = client.ok(&format!("/api/Customers/{}/locations", customer["id"].as_str().unwrap()));
        locations[0]["networkStatus"]["status"] == "online"
    });
    assert!(online.count() > 400);
    assert_eq!(client.ok("/api/Customers/count")["count"], 10_008);
}
