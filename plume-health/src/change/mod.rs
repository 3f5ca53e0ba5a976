//! What changed between two moments: of two snapshots what is different at the location ([`diff`]), of two
//! reports what is different in the verdict ([`diff_reports`]).
//!
//! ```
//! use plume_health::change::{ChangeKind, diff};
//! use plume_types::{LocationSnapshot, Node, Part};
//!
//! let mut before = LocationSnapshot::new("customer", "location", "2026-01-15T10:00:00Z".parse()?);
//! before.nodes = Part::Known(vec![Node::new("TST0000001")].into());
//! let mut after = before.clone();
//! after.nodes = Part::Known(vec![Node::new("TST0000001"), Node::new("TST0000002")].into());
//!
//! let changes = diff(&before, &after);
//! assert_eq!(changes.changes[0].kind, ChangeKind::NodeJoined);
//! assert_eq!(changes.changes[0].message, "Pod 'TST0000002' joined");
//!
//! // What is not known did not leave.
//! after.nodes = Part::NotAsked;
//! assert!(diff(&before, &after).changes.is_empty());
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod location;
mod members;
mod reports;

use chrono::{DateTime, Utc};
use plume_types::{Field, LocationSnapshot, Part};
use serde::Serialize;
use serde_json::Value;

pub use self::reports::{FindingChange, ReportChanges, diff_reports};
use crate::render::Rendering;
use crate::report::{Subject, SubjectKind};
use crate::words::change as words;
use crate::{analyze, render};

/// A speed counts as changed from this share of the higher of the two on …
pub const SPEED_CHANGE_FROM_SHARE: f64 = 0.25;
/// … if it is also at least so many Mbps.
pub const SPEED_CHANGE_FROM_MBPS: f64 = 5.0;

/// What is different between two snapshots of a location. Made by [`diff`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The location.
    pub location: Subject,
    /// When the first snapshot was taken.
    pub before: DateTime<Utc>,
    /// When the second one was taken.
    pub after: DateTime<Utc>,
    /// What is different, by kind and subject.
    pub changes: Vec<Change>,
    /// What could not be compared, and why. A field that neither snapshot tells is not listed.
    pub not_compared: Vec<NotCompared>,
}

impl Changes {
    /// Writes the changes. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, render::change::snapshots)
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// What kind of thing is different.
    pub kind: ChangeKind,
    /// Of what. If its name changed, the one that comes first in the alphabet, so that the direction of the
    /// comparison does not matter.
    pub subject: Subject,
    /// The value before: a word or number of the API, for a move the id of the node above. `null` where there
    /// was none: what joined, and the place of the gateway.
    pub before: Value,
    /// The value after; `null` for what left, and for the place of the gateway.
    pub after: Value,
    /// One sentence for people; see [`Finding::message`](crate::Finding::message).
    pub message: String,
}

/// Kinds of differences, those that matter most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChangeKind {
    /// `network-state`: the location went online or offline.
    NetworkState,
    /// `service-level`: the subscription tier.
    ServiceLevel,
    /// `network-mode`: router or bridge.
    NetworkMode,
    /// `isp`: the internet provider.
    Isp,
    /// `ssid`: the names of the Wi-Fi networks.
    Ssid,
    /// `security`: the security of the Wi-Fi networks.
    Security,
    /// `speed-download`: the last speed test, by a quarter and 5 Mbps or more.
    SpeedDownload,
    /// `speed-upload`: the same for upload.
    SpeedUpload,
    /// `location-name`: the location's name.
    LocationName,
    /// `node-left`: a pod is no longer there.
    NodeLeft,
    /// `node-joined`: a pod is new.
    NodeJoined,
    /// `node-connection`: a pod was connected or disconnected.
    NodeConnection,
    /// `node-moved`: a pod hangs on another node.
    NodeMoved,
    /// `node-backhaul`: a pod's link to its parent is of another kind.
    NodeBackhaul,
    /// `node-band`: a pod's Wi-Fi link to its parent is on another band.
    NodeBand,
    /// `node-firmware`: a pod has other firmware.
    NodeFirmware,
    /// `node-model`: a pod is of another model.
    NodeModel,
    /// `node-name`: a pod has another name.
    NodeName,
    /// `device-left`: a device is no longer in the list. One that is only disconnected still is.
    DeviceLeft,
    /// `device-joined`: a device is new.
    DeviceJoined,
    /// `device-connection`: a device was connected or disconnected.
    DeviceConnection,
    /// `device-moved`: a device hangs on another node.
    DeviceMoved,
    /// `device-band`: a device is on another band.
    DeviceBand,
    /// `device-name`: a device has another name.
    DeviceName,
}

/// Something that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct NotCompared {
    /// What it is about.
    pub part: ComparedPart,
    /// The element, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The kind of difference that cannot be seen, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChangeKind>,
    /// The snapshot that does not tell; `None` if it is about both.
    pub moment: Option<Moment>,
    /// Why, in a few words for people.
    pub reason: String,
}

/// A part of a snapshot that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ComparedPart {
    /// Settings and network state.
    Location,
    /// The subscription tier.
    ServiceLevel,
    /// Gateway and pods.
    Nodes,
    /// Devices.
    Devices,
}

/// One of two snapshots.
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The first.
    Before,
    /// The second.
    After,
}

/// Compares two snapshots of a location.
///
/// The order and repetition of nodes and devices do not matter; where records of the same thing contradict
/// each other nothing is compared. A list in which something could not be read does not prove that anything
/// joined or left. Where something hangs, and by what link, is compared if it is connected in both: the last
/// known place of what is gone says nothing about now.
#[must_use]
pub fn diff(before: &LocationSnapshot, after: &LocationSnapshot) -> Changes {
    let name = before.name().min(after.name());
    let location = Subject::new(SubjectKind::Location, after.location_id.as_str(), name);
    let mut found = Found::default();
    if before.location_id == after.location_id {
        location::compare(before, after, &location, &mut found);
        members::compare_nodes(before, after, &mut found);
        members::compare_devices(before, after, &mut found);
    } else {
        found.not_compared.push(NotCompared {
            part: ComparedPart::Location,
            subject: None,
            kind: None,
            moment: None,
            reason: words::OTHER_LOCATION.to_owned(),
        });
    }
    found.changes.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    found.not_compared.sort();
    Changes {
        location,
        before: before.taken_at,
        after: after.taken_at,
        changes: found.changes,
        not_compared: found.not_compared,
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    changes: Vec<Change>,
    not_compared: Vec<NotCompared>,
}

/// What the records of one thing say together.
#[derive(Debug, Clone, PartialEq)]
enum Told<T> {
    /// Nothing.
    Nothing,
    /// Something that cannot be used, and why.
    Unusable(String),
    Value(T),
}

impl<T: PartialEq> Told<T> {
    fn of(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Self::Value)
    }

    /// What all records that tell it agree on.
    fn agreed(values: impl Iterator<Item = Option<T>>) -> Self {
        values.flatten().map(Self::Value).fold(Self::Nothing, |told, value| match told {
            Self::Nothing => value,
            told if told == value => told,
            _ => Self::Unusable(words::CONTRADICTION.to_owned()),
        })
    }

    /// The same for fields of which one that cannot be read leaves it open what it says.
    fn agreed_fields(fields: impl Iterator<Item = Field<T>>, unreadable: &str) -> Self {
        let mut is_readable = true;
        let known = fields.inspect(|field| is_readable &= !field.is_unreadable()).map(Field::into_known);
        let told = Self::agreed(known);
        if is_readable { told } else { Self::Unusable(unreadable.to_owned()) }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Nothing => Told::Nothing,
            Self::Unusable(reason) => Told::Unusable(reason),
            Self::Value(value) => Told::Value(change(value)),
        }
    }
}

impl Found {
    fn change(&mut self, kind: ChangeKind, subject: &Subject, before: Text, after: Text) {
        let message = words::change(kind, &subject.name, before.shown.as_deref(), after.shown.as_deref());
        let subject = subject.clone();
        self.changes.push(Change { kind, subject, before: before.value, after: after.value, message });
    }

    /// Compares one field. What only one side tells is noted, what neither tells is not.
    fn field<T: PartialEq>(
        &mut self,
        (part, kind): (ComparedPart, ChangeKind),
        subject: &Subject,
        (before, after): (Told<T>, Told<T>),
        text: impl Fn(&T) -> Text,
    ) {
        match (before, after) {
            (Told::Nothing, Told::Nothing) => {}
            (Told::Value(before), Told::Value(after)) => {
                if before != after {
                    self.change(kind, subject, text(&before), text(&after));
                }
            }
            (before, after) => {
                for (told, moment) in [(before, Moment::Before), (after, Moment::After)] {
                    let reason = match told {
                        Told::Value(_) => continue,
                        Told::Nothing => words::MISSING.to_owned(),
                        Told::Unusable(reason) => reason,
                    };
                    self.not_compared.push(NotCompared {
                        part,
                        subject: Some(subject.clone()),
                        kind: Some(kind),
                        moment: Some(moment),
                        reason,
                    });
                }
            }
        }
    }

    /// Both values, or nothing and a note for each that is not known.
    fn both<'a, T>(
        &mut self,
        part: ComparedPart,
        before: &'a Part<T>,
        after: &'a Part<T>,
    ) -> Option<(&'a T, &'a T)> {
        let mut side = |value, moment| match analyze::known(value) {
            Ok(value) => Some(value),
            Err(reason) => {
                let moment = Some(moment);
                self.not_compared.push(NotCompared { part, subject: None, kind: None, moment, reason });
                None
            }
        };
        let before = side(before, Moment::Before);
        let after = side(after, Moment::After);
        before.zip(after)
    }
}

/// A value for machines, and as it stands in a sentence.
struct Text {
    value: Value,
    shown: Option<String>,
}

impl Text {
    const NONE: Self = Self { value: Value::Null, shown: None };

    fn word(word: &str) -> Self {
        Self::named(word, word)
    }

    fn named(id: &str, name: &str) -> Self {
        Self { value: Value::from(id), shown: Some(name.to_owned()) }
    }
}
