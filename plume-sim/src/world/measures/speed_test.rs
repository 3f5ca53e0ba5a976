//! Speed tests: the gateway measures the Internet connection every three hours.

use serde_json::{Value, json};

use crate::world::homes::Link;
use crate::world::identity::PARTNER_NAME;
use crate::world::noise::{self, tenths};
use crate::world::state::{Location, Node};
use crate::world::time::{DAY, HOUR, SECOND, floor, iso};

/// The bandwidth of every simulated Internet connection, in Mbps.
pub(crate) const DOWNLOAD_MBPS: f64 = 500.0;
pub(crate) const UPLOAD_MBPS: f64 = 50.0;

pub(crate) const EVERY: i64 = 3 * HOUR;
/// One of this number of tests fails.
const FAILS: u64 = 16;

/// The duration of a test.
const TAKES: i64 = 29 * SECOND;

#[derive(Debug)]
pub(crate) struct SpeedTest {
    pub(crate) started: i64,
    pub(crate) succeeded: bool,
    pub(crate) gateway: bool,
    /// The number of the request. `None` for a scheduled test.
    pub(crate) request: Option<u32>,
    pub(crate) download: f64,
    pub(crate) upload: f64,
    pub(crate) rtt: f64,
    pub(crate) jitter: f64,
}

/// Returns the test of the slot that contains `moment`. `None` without a connection.
pub(crate) fn at(location: &Location, moment: i64) -> Option<SpeedTest> {
    let started = floor(moment, EVERY) + 2 * SECOND;
    let slot = u64::try_from(started / EVERY).unwrap_or(0);
    let test = measure(location, started, slot);
    let fails = noise::below(location.seed, &[location.salt(), slot, 0xfa], FAILS) == 0;
    (test.succeeded && started >= location.created).then_some(SpeedTest { succeeded: !fails, ..test })
}

/// Returns a test by the gateway that starts at `started`. It succeeds if the connection lasts as long.
fn measure(location: &Location, started: i64, slot: u64) -> SpeedTest {
    let between = |what, low, high| noise::between(location.seed, &[location.salt(), slot, what], low, high);
    let history = &location.history;
    // The bandwidth in use by others is not available for the test.
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

/// Returns the requested tests of this node, oldest first, complete or not.
pub(crate) fn asked<'l>(location: &'l Location, node: &'l Node) -> impl Iterator<Item = SpeedTest> + 'l {
    let place = node.place();
    location.history.speed_tests.iter().filter(move |test| test.node == place).map(move |test| {
        let measured = measure(location, test.at, u64::from(test.request) | 1 << 40);
        // The path to a pod includes a wireless link.
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

/// Returns the gateway's last complete and successful test.
pub(crate) fn latest(location: &Location) -> Option<SpeedTest> {
    let scheduled = (0..100)
        .filter_map(|back| at(location, location.now - back * EVERY))
        .find(|test| test.succeeded && test.ended() <= location.now);
    let asked = location.gateway().into_iter().flat_map(|node| asked(location, node));
    let asked = asked.filter(|test| test.ended() <= location.now && test.succeeded);
    asked.chain(scheduled).max_by_key(|test| test.started)
}

/// Returns the mean of the successful tests of the last 30 days.
pub(crate) fn averages(location: &Location) -> Value {
    let tests: Vec<SpeedTest> = (0..30 * DAY / EVERY)
        .filter_map(|back| at(location, location.now - back * EVERY))
        .filter(|test| test.succeeded && test.ended() <= location.now)
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

/// Returns the id of a requested test.
pub(crate) fn request_id(number: u32) -> String {
    format!("5ca1ab1e0000005d{number:08x}")
}

impl SpeedTest {
    pub(crate) fn ended(&self) -> i64 {
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
        if let (true, Some(body)) = (self.succeeded, body.as_object_mut()) {
            let measured = [("download", self.download), ("upload", self.upload), ("rtt", self.rtt)];
            body.extend(measured.map(|(name, value)| (name.to_owned(), json!(value))));
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
