//! Speed tests: every three hours the gateway measures the Internet connection.

use serde_json::{Value, json};

use crate::{
    endpoints::PARTNER_NAME,
    error_body::Problem,
    location::extend,
    noise::{self, tenths},
    reports::{date_ranges, limit},
    router::{Answer, Ask},
    time::{DAY, HOUR, SECOND, floor, iso},
    world::{Link, Location, Node, World},
};

/// The bandwidth of every simulated Internet connection, in Mbps.
pub(crate) const DOWNLOAD_MBPS: f64 = 500.0;
pub(crate) const UPLOAD_MBPS: f64 = 50.0;

const EVERY: i64 = 3 * HOUR;
/// One test of so many does not succeed.
const FAILS: u64 = 16;

#[derive(Debug)]
pub(crate) struct SpeedTest {
    started: i64,
    succeeded: bool,
    pub(crate) download: f64,
    upload: f64,
    rtt: f64,
    jitter: f64,
}

/// The test of the slot that holds `moment`; none if there was no connection to test.
fn at(world: &World, location: &Location, moment: i64) -> Option<SpeedTest> {
    let started = floor(moment, EVERY) + 2 * SECOND;
    let untested = location.network.is_none()
        || started < location.created
        || location.offline_within(started, started + 30 * SECOND) > 0;
    if untested {
        return None;
    }
    let slot = u64::try_from(started / EVERY).unwrap_or(0);
    let between = |what, low, high| noise::between(world.seed, &[location.salt(), slot, what], low, high);
    Some(SpeedTest {
        started,
        succeeded: noise::below(world.seed, &[location.salt(), slot, 0xfa], FAILS) > 0,
        download: tenths(between(1, 0.9 * DOWNLOAD_MBPS, 1.03 * DOWNLOAD_MBPS)),
        upload: tenths(between(2, 0.9 * UPLOAD_MBPS, UPLOAD_MBPS)),
        rtt: tenths(between(3, 8.0, 15.0)),
        jitter: tenths(between(4, 0.4, 2.4)),
    })
}

/// The last test that succeeded and is over.
pub(crate) fn latest(world: &World, location: &Location, now: i64) -> Option<SpeedTest> {
    (0..100)
        .filter_map(|back| at(world, location, now - back * EVERY))
        .find(|test| test.succeeded && test.ended() <= now)
}

/// The mean of the tests of the last 30 days that succeeded.
pub(crate) fn averages(world: &World, location: &Location, now: i64) -> Value {
    let tests: Vec<SpeedTest> = (0..30 * DAY / EVERY)
        .filter_map(|back| at(world, location, now - back * EVERY))
        .filter(|test| test.succeeded && test.ended() <= now)
        .collect();
    let count = f64::from(u32::try_from(tests.len()).unwrap_or(0));
    let mean = |value: fn(&SpeedTest) -> f64| {
        (!tests.is_empty()).then(|| tenths(tests.iter().map(value).sum::<f64>() / count))
    };
    json!({
        "averageDownload": mean(|test| test.download),
        "averageUpload": mean(|test| test.upload),
        "count": tests.len(),
    })
}

/// The id under which one test is found again.
fn request_id(node: &Node, slot: i64) -> String {
    format!("{}-{slot}", node.serial)
}

/// The test with this id, whether it succeeded or not.
pub(crate) fn by_request(
    world: &World,
    location: &Location,
    node: &Node,
    id: &str,
    now: i64,
) -> Option<Value> {
    let slot = i64::from(id.rsplit_once('-')?.1.parse::<u32>().ok()?);
    if node.link != Link::Root || request_id(node, slot) != id {
        return None;
    }
    let test = at(world, location, slot * EVERY).filter(|test| test.ended() <= now)?;
    let mut body = if test.succeeded { test.node_body() } else { json!({ "status": "failed" }) };
    extend(&mut body, json!({ "requestId": id, "nodeId": node.serial, "startedAt": iso(test.started) }));
    Some(body)
}

impl SpeedTest {
    fn ended(&self) -> i64 {
        self.started + 29 * SECOND
    }

    pub(crate) fn node_body(&self) -> Value {
        json!({
            "startedAt": iso(self.started),
            "endedAt": iso(self.ended()),
            "gateway": true,
            "status": "succeeded",
            "trigger": "scheduled",
            "testType": "OOKLA",
            "serverId": 12_345,
            "serverHost": "speedtest.example.net:8080",
            "serverIp": "198.51.100.7",
            "serverName": "Example Test Server",
            "isp": PARTNER_NAME,
            "download": self.download,
            "upload": self.upload,
            "rtt": self.rtt,
        })
    }

    pub(crate) fn uplink_body(&self) -> Value {
        json!({
            "download": self.download,
            "upload": self.upload,
            "timestamp": iso(self.ended()),
            "rtt": self.rtt,
            "jitter": self.jitter,
            "status": "succeeded",
            "trigger": "scheduled",
            "isp": PARTNER_NAME,
        })
    }
}

/// `GET …/nodes/{nodeId}/results` of the reports service. Only the gateway runs tests.
pub(crate) fn series(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let node = ask.node(&location)?;
    let granularity = ask.query.get("granularity").ok_or_else(|| Problem::missing("granularity"))?;
    let step = match granularity {
        "days" => DAY,
        "hours" | "minutes" => EVERY,
        _ => {
            return Err(Problem::invalid("SpeedTest", "granularity", "days, hours, minutes"));
        }
    };
    if ask.query.get("limit").is_none() {
        return Err(Problem::missing("limit"));
    }
    let count = limit(ask, 1)?;
    let start = floor(ask.now, step) - (count - 1) * step;
    let tests: Vec<SpeedTest> = (0..count)
        .filter(|_| node.link == Link::Root)
        .filter_map(|index| at(ask.world, &location, start + index * step))
        .filter(|test| test.ended() <= ask.now)
        .collect();
    let points = |value: fn(&SpeedTest) -> f64| -> Vec<Value> {
        tests
            .iter()
            .filter(|test| test.succeeded)
            .map(|test| json!({ "timestamp": iso(test.ended()), "value": value(test) }))
            .collect()
    };
    let failed: Vec<Value> = tests
        .iter()
        .filter(|test| !test.succeeded && ask.query.flag("showFailedSpeedTests", false))
        .map(|test| json!({ "timestamp": iso(test.started), "status": "failed" }))
        .collect();
    Ok(json!({
        "statsDateRange": date_ranges(start, ask.now),
        "downloadSpeeds": points(|test| test.download),
        "uploadSpeeds": points(|test| test.upload),
        "failedSpeedTests": failed,
    }))
}
