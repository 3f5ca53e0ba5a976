//! Steering of devices to a better band or node.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, extend};
use crate::reports::span::{Span, Window};
use crate::world::{DAY, Device, HOUR, Location, Meter, device_there, floor, iso, one_of};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Band,
    Client,
}

/// The outcome of steering a device in one step.
#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    attempts: u64,
    failures: u64,
}

impl Outcome {
    fn and(self, other: Self) -> Self {
        Self { attempts: self.attempts + other.attempts, failures: self.failures + other.failures }
    }

    fn body(self) -> Value {
        json!({
            "attempts": self.attempts,
            "successes": self.attempts - self.failures,
            "failures": self.failures,
        })
    }

    fn row(self, at: i64) -> Value {
        let mut row = self.body();
        extend(&mut row, json!({ "timestamp": iso(at) }));
        row
    }
}

impl Kind {
    fn of(request: &Request<'_>) -> Self {
        if request.last_segment().starts_with("band") { Self::Band } else { Self::Client }
    }

    /// Computes steering by the hour, so days are the sum of their hours. Ethernet devices are not steered, and with
    /// a single node there is no client steering.
    fn of_hour(self, location: &Location, device: &Device, hour: i64) -> Outcome {
        let possible = device.kind.band.is_some()
            && device_there(location, device, hour, hour + HOUR)
            && (matches!(self, Self::Band) || location.nodes.len() > 1);
        if !possible {
            return Outcome::default();
        }
        let meter = Meter::new(location, &device.mac);
        let what = match self {
            Self::Band => "band steering",
            Self::Client => "client steering",
        };
        let attempts = meter.count(what, hour, 6).saturating_sub(3);
        Outcome { attempts, failures: meter.count("failures", hour, 4).saturating_sub(2).min(attempts) }
    }

    fn of_step(self, location: &Location, device: &Device, start: i64, step: i64) -> Outcome {
        (0..step / HOUR)
            .map(|hour| self.of_hour(location, device, start + hour * HOUR))
            .fold(Outcome::default(), Outcome::and)
    }
}

/// Returns the devices of a report: the one in the path, or all.
fn devices<'l>(request: &Request<'_>, location: &'l Location) -> Result<Vec<&'l Device>, ApiError> {
    if request.parameter("mac").is_empty() {
        Ok(location.devices.iter().collect())
    } else {
        Ok(vec![request.device(location)?])
    }
}

/// `GET …/{band,client}SteeringStats`, of the location or of one device. Steps are at least an hour.
pub(crate) fn stats(request: &Request<'_>, location: &Location) -> Answer {
    let kind = Kind::of(request);
    let devices = devices(request, location)?;
    let (span, newest_first) = Span::ordered(request, HOUR)?;
    let row = |at: i64| {
        let of = |device: &&Device| kind.of_step(location, device, at, span.step);
        devices.iter().map(of).fold(Outcome::default(), Outcome::and).row(at)
    };
    let mut rows: Vec<Value> = span.steps().map(row).collect();
    if newest_first {
        rows.reverse();
    }
    Ok(json!({ "statsDateRange": span.range(), "data": rows }))
}

/// `GET …/devices/{mac}/{band,client}SteeringSummary`: the sum of the same series.
pub(crate) fn summary(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let kind = Kind::of(request);
    let (span, _) = Span::ordered(request, HOUR)?;
    let sum = span
        .steps()
        .map(|at| kind.of_step(location, device, at, span.step))
        .fold(Outcome::default(), Outcome::and);
    let mut body = sum.body();
    extend(&mut body, json!({ "mac": device.mac, "statsDateRange": span.range() }));
    Ok(body)
}

/// `GET …/devices/{mac}/clientSteeringTriggers`: one for each attempt, with its reason.
pub(crate) fn triggers(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let window = Window::of(request, DAY)?;
    let meter = Meter::new(location, &device.mac);
    // The range is limited to a year.
    let first = floor(window.from.max(window.to - 365 * DAY), HOUR);
    let hours = (0..).map(|index| first + index * HOUR).take_while(|hour| *hour <= window.to);
    let events = hours.flat_map(|hour| {
        let attempts = Kind::Client.of_hour(location, device, hour).attempts;
        (0..attempts).map(move |n| hour + i64::try_from(n).unwrap_or(0) * 1_000 + 60_000)
    });
    let reason = |at| one_of(&["lowSignal", "betterNode", "loadBalance"], meter.count("why", at, 3));
    let rows = window.pick(events, |at| *at).into_iter();
    Ok(json!(
        rows.map(|at| json!({ "timestamp": iso(at), "mac": device.mac, "trigger": reason(at) }))
            .collect::<Vec<_>>()
    ))
}
