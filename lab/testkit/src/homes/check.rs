//! From the bodies of a home to its report, and the comparison with the law.

use chrono::{DateTime, Utc};
use plume_health::{Format, HealthReport, Policy, analyze};
use plume_types::{
    AppQoe, Device, Location, LocationSnapshot, Node, Part, PartFailure, PartFailureKind, ServiceLevel,
    decode::{self, DecodeError, Decoded},
};

use crate::homes::bodies::{Bodies, Plant};
use crate::homes::{generate, law};

/// The time of every analysis here.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_768_471_200, 0).unwrap_or_default()
}

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// Returns the snapshot of these responses.
#[must_use]
pub fn read(bodies: &Bodies) -> LocationSnapshot {
    let mut home = LocationSnapshot::new("c", "l", now());
    home.location = part(bodies.location.as_deref(), decode::body::<Location>);
    home.nodes = part(bodies.nodes.as_deref(), |body| decode::list::<Node>(body, &["nodes"]));
    home.devices = part(bodies.devices.as_deref(), |body| decode::list::<Device>(body, &["devices"]));
    home.service_level = part(bodies.service_level.as_deref(), decode::body::<ServiceLevel>);
    home.qoe = part(bodies.qoe.as_deref(), decode::body::<AppQoe>);
    home
}

fn part<T>(body: Option<&str>, decode: impl Fn(&[u8]) -> Result<Decoded<T>, DecodeError>) -> Part<T> {
    match body.map(|body| decode(generate::sent(body).as_bytes())) {
        None => Part::NotRequested,
        Some(Ok(decoded)) => Part::Known(decoded.value),
        Some(Err(error)) => Part::Failed(PartFailure::new(PartFailureKind::Unreadable, error.to_string())),
    }
}

/// Analyzes the bodies and renders the report in every form.
#[must_use]
pub fn judge(bodies: &Bodies) -> (HealthReport, [String; 4]) {
    let report = analyze(&read(bodies), &Policy::standard(), now());
    let texts = FORMATS.map(|format| report.render(format));
    (report, texts)
}

/// Analyzes the bodies and compares the report with the law. Checks `every` rendered form, or plain text only.
///
/// # Errors
///
/// The broken law.
pub fn check(bodies: &Bodies, plant: Option<Plant>, every: bool) -> Result<(), String> {
    let planted;
    let shown = match plant {
        Some(plant) => {
            planted = law::plant_in(bodies, plant);
            &planted
        }
        None => bodies,
    };
    let mut report = analyze(&read(shown), &Policy::standard(), now());
    match plant {
        Some(Plant::Green) => report.status = plume_health::Status::Green,
        Some(Plant::Unsaid) => report.unknown.clear(),
        _ => {}
    }
    law::of_verdict(bodies, &report)?;
    for format in FORMATS.into_iter().take(if every { 4 } else { 1 }) {
        let mut text = report.render(format);
        if plant == Some(Plant::Raw) {
            text.push_str(&report.location.name);
        }
        law::of_text(format, &text)?;
        let limit = text.encode_utf16().count() / 2;
        let cut = report.render(format.within(limit));
        if cut.encode_utf16().count() > limit {
            return Err(format!("more than {limit} units: {cut:?}"));
        }
    }
    Ok(())
}
