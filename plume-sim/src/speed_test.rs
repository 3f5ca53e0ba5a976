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

/// How long a test takes.
const TAKES: i64 = 29 * SECOND;

#[derive(Debug)]
pub(crate) struct SpeedTest {
    started: i64,
    succeeded: bool,
    gateway: bool,
    /// The number under which it was asked for; none if it was scheduled.
    request: Option<u32>,
    pub(crate) download: f64,
    upload: f64,
    rtt: f64,
    jitter: f64,
}

/// The test of the slot that holds `moment`; none if there was no connection to test.
fn at(world: &World, location: &Location, moment: i64) -> Option<SpeedTest> {
    let started = floor(moment, EVERY) + 2 * SECOND;
    let slot = u64::try_from(started / EVERY).unwrap_or(0);
    let test = measure(world, location, started, slot);
    let fails = noise::below(world.seed, &[location.salt(), slot, 0xfa], FAILS) == 0;
    (test.succeeded && started >= location.created).then_some(SpeedTest { succeeded: !fails, ..test })
}

/// A test by the gateway that starts at `started`. It succeeds if the connection holds as long as it takes.
fn measure(world: &World, location: &Location, started: i64, slot: u64) -> SpeedTest {
    let between = |what, low, high| noise::between(world.seed, &[location.salt(), slot, what], low, high);
    let history = &location.history;
    // What others use of the connection is not left for the test.
    let speed = f64::from(*history.speed.at(started)) / 100.0;
    let free = 1.0 - 0.7 * f64::from(*history.load.at(started)) / 100.0;
    SpeedTest {
        started,
        succeeded: *history.online.at(started) == Some(true)
            && location.offline_within(started, started + 30 * SECOND) == 0,
        gateway: true,
        request: None,
        download: tenths(between(1, 0.9 * DOWNLOAD_MBPS, 1.03 * DOWNLOAD_MBPS) * speed * free),
        upload: tenths(between(2, 0.9 * UPLOAD_MBPS, UPLOAD_MBPS) * speed * free),
        rtt: tenths(between(3, 8.0, 15.0)),
        jitter: tenths(between(4, 0.4, 2.4)),
    }
}

/// The tests that somebody asked for at this node, oldest first, over or not.
fn asked<'l>(
    world: &'l World,
    location: &'l Location,
    node: &'l Node,
) -> impl Iterator<Item = SpeedTest> + 'l {
    let place = node.place();
    location.history.speed_tests.iter().filter(move |test| test.node == place).map(move |test| {
        let measured = measure(world, location, test.at, u64::from(test.request) | 1 << 40);
        // What comes to a pod has gone through the air.
        let air = if node.link == Link::Wifi { 0.6 } else { 1.0 };
        let held = location.node_online_within(node, test.at, test.at + TAKES) == TAKES;
        SpeedTest {
            gateway: node.link == Link::Root,
            request: Some(test.request),
            succeeded: measured.succeeded && held,
            download: tenths(measured.download * air),
            upload: tenths(measured.upload * air),
            ..measured
        }
    })
}

/// The last test of the gateway that succeeded and is over.
pub(crate) fn latest(world: &World, location: &Location, now: i64) -> Option<SpeedTest> {
    let scheduled = (0..100)
        .filter_map(|back| at(world, location, now - back * EVERY))
        .find(|test| test.succeeded && test.ended() <= now);
    let asked = location.gateway().into_iter().flat_map(|node| asked(world, location, node));
    let asked = asked.filter(|test| test.ended() <= now && test.succeeded);
    asked.chain(scheduled).max_by_key(|test| test.started)
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

/// The id under which a test that was asked for is found again.
pub(crate) fn request_id(number: u32) -> String {
    format!("5ca1ab1e0000005d{number:08x}")
}

impl SpeedTest {
    fn ended(&self) -> i64 {
        self.started + TAKES
    }

    fn trigger(&self) -> &'static str {
        if self.request.is_some() { "manual" } else { "scheduled" }
    }

    pub(crate) fn node_body(&self) -> Value {
        let mut body = json!({
            "startedAt": iso(self.started),
            "endedAt": iso(self.ended()),
            "gateway": self.gateway,
            "status": if self.succeeded { "succeeded" } else { "failed" },
            "trigger": self.trigger(),
            "testType": "OOKLA",
            "serverId": 12_345,
            "serverHost": "speedtest.example.net:8080",
            "serverIp": "198.51.100.7",
            "serverName": "Example Test Server",
            "isp": PARTNER_NAME,
        });
        if self.succeeded {
            let measured = json!({ "download": self.download, "upload": self.upload, "rtt": self.rtt });
            extend(&mut body, measured);
        }
        body
    }

    pub(crate) fn uplink_body(&self) -> Value {
        json!({
            "download": self.download,
            "upload": self.upload,
            "timestamp": iso(self.ended()),
            "rtt": self.rtt,
            "jitter": self.jitter,
            "status": "succeeded",
            "trigger": self.trigger(),
            "isp": PARTNER_NAME,
        })
    }
}

/// `GET …/nodes/{nodeId}/speedTestResults/{requestId}`, and the same of the reports service. There is none
/// until the test is over.
pub(crate) fn one(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let node = ask.node(&location)?;
    let id = ask.parameter("requestId");
    let test = asked(ask.world, &location, node)
        .find(|test| test.request.map(request_id).as_deref() == Some(id) && test.ended() <= ask.now);
    let test = test.ok_or_else(|| Problem::no_such("speedTestResults", id))?;
    Ok(test.node_body())
}

/// `GET …/nodes/{nodeId}/results` of the reports service. Only the gateway runs tests by itself.
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
    let with_failed = ask.query.flag("showFailedSpeedTests", false);
    let start = floor(ask.now, step) - (count - 1) * step;
    let mut tests: Vec<SpeedTest> = (0..count)
        .filter(|_| node.link == Link::Root)
        .filter_map(|index| at(ask.world, &location, start + index * step))
        .chain(asked(ask.world, &location, node).filter(|test| test.started >= start))
        .filter(|test| test.ended() <= ask.now)
        .collect();
    tests.sort_by_key(|test| test.started);
    let points = |value: fn(&SpeedTest) -> f64| -> Vec<Value> {
        tests
            .iter()
            .filter(|test| test.succeeded)
            .map(|test| json!({ "timestamp": iso(test.ended()), "value": value(test) }))
            .collect()
    };
    let failed: Vec<Value> = tests
        .iter()
        .filter(|test| !test.succeeded && with_failed)
        .map(|test| json!({ "timestamp": iso(test.started), "status": "failed" }))
        .collect();
    Ok(json!({
        "statsDateRange": date_ranges(start, ask.now),
        "downloadSpeeds": points(|test| test.download),
        "uploadSpeeds": points(|test| test.upload),
        "failedSpeedTests": failed,
    }))
}
