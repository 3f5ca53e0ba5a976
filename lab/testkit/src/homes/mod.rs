//! Homes as the bodies that the cloud sends, and what must hold from their bytes to the rendered report.
//!
//! [`generate`] makes bodies from choices, [`judge`] takes them the way of a program (decode, analyze, render), and
//! [`law`] reads the same bodies by itself and compares. It uses nothing of plume-types or plume-health but the report.

pub mod generate;
pub mod law;
pub mod linear;

use chrono::{DateTime, Utc};
use plume_health::{Format, HealthReport, Policy, analyze};
use plume_types::{
    AppQoe, Device, Location, LocationSnapshot, Node, Part, PartFailure, PartFailureKind, ServiceLevel,
    decode::{self, DecodeError, Decoded},
};

/// The answers of a snapshot as [`generate`] makes them; `None` where no call was made.
#[derive(Debug, Clone, Default)]
pub struct Bodies {
    /// The location.
    pub location: Option<String>,
    /// The nodes.
    pub nodes: Option<String>,
    /// The devices.
    pub devices: Option<String>,
    /// The service level.
    pub service_level: Option<String>,
    /// The application QoE.
    pub qoe: Option<String>,
}

impl Bodies {
    /// All bytes together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bodies = [&self.location, &self.nodes, &self.devices, &self.service_level, &self.qoe];
        bodies.into_iter().flatten().map(String::len).sum()
    }
}

/// A fault to be planted between the bodies and the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Elements that are no objects are left out of the list of nodes.
    UnreadableIsAbsent,
    /// A node without a readable connection state is connected.
    ConnectedByDefault,
    /// Alerts that are no list are none.
    NoAlerts,
    /// The traffic classes are not looked at.
    NoQoe,
    /// A device with a time that cannot be read left long ago.
    OldByDefault,
    /// A report is always green.
    Green,
    /// What is unknown is not said.
    Unsaid,
    /// Rendered text is not escaped.
    Raw,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::UnreadableIsAbsent,
        Self::ConnectedByDefault,
        Self::NoAlerts,
        Self::NoQoe,
        Self::OldByDefault,
        Self::Green,
        Self::Unsaid,
        Self::Raw,
    ];
}

/// The time of every analysis here.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_768_471_200, 0).unwrap_or_default()
}

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// The snapshot that a program gets of these answers.
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
        None => Part::NotAsked,
        Some(Ok(decoded)) => Part::Known(decoded.value),
        Some(Err(error)) => Part::Failed(PartFailure::new(PartFailureKind::Unreadable, error.to_string())),
    }
}

/// Takes the bodies to a report and to all its rendered forms.
#[must_use]
pub fn judge(bodies: &Bodies) -> (HealthReport, [String; 4]) {
    let report = analyze(&read(bodies), &Policy::standard(), now());
    let texts = FORMATS.map(|format| report.render(format));
    (report, texts)
}

/// Judges the bodies and compares with the law. `every` rendered form is looked at, or the plain one only.
///
/// # Errors
///
/// The law that is broken.
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
