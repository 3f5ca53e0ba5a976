//! Causes of incidents.

use std::fmt;

use plume_health::{Finding, RuleId, Status, SubjectKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The maximum number of consequences that are listed one by one.
pub const MAX_LISTED: usize = 20;
/// The maximum length of a subject's id in bytes. Ids of the cloud are shorter.
const MAX_SUBJECT: usize = 48;
/// The maximum length of a message in bytes.
const MAX_MESSAGE: usize = 400;
const MAX_BRIEF: usize = 120;

/// The kind of a cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// A rule of the analysis applies.
    Rule(RuleId),
    /// The status of the home, if no rule explains it at the moment.
    Status,
    /// The home has given no data for a long time.
    NoData,
    /// Many homes of a group are in trouble.
    Group,
    /// A source of data has failed.
    Source,
}

impl CauseKind {
    /// Returns the word used in JSON: the id of the rule, `status`, `no-data`, `group` or `source`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Rule(rule) => rule.as_str(),
            Self::Status => "status",
            Self::NoData => "no-data",
            Self::Group => "group",
            Self::Source => "source",
        }
    }
}

impl From<&str> for CauseKind {
    fn from(word: &str) -> Self {
        let known = [Self::Status, Self::NoData, Self::Group, Self::Source];
        known.into_iter().find(|kind| kind.as_str() == word).unwrap_or_else(|| Self::Rule(RuleId::from(word)))
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            other => f.pad(other.as_str()),
        }
    }
}

impl Serialize for CauseKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CauseKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer).map(|word| Self::from(&*word))
    }
}

/// The cause of an incident: a finding that is no consequence of another one, or trouble beyond a single home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cause {
    /// The kind.
    pub kind: CauseKind,
    /// The id of the affected thing, for example of a node. Two causes with the same kind and subject are the same.
    pub subject: Box<str>,
    /// The status that the cause gives the home.
    pub status: Status,
    /// One sentence for people; see [`Finding::message`].
    pub message: Box<str>,
    /// The effects of the cause.
    #[serde(default, skip_serializing_if = "Consequences::is_empty")]
    pub consequences: Consequences,
}

/// The effects of a cause: the pods and devices behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Consequences {
    /// The number of affected nodes.
    pub nodes: u64,
    /// The number of affected devices.
    pub devices: u64,
    /// The number of other affected things.
    pub others: u64,
    /// The first [`MAX_LISTED`], in sentences for people.
    pub listed: Vec<Box<str>>,
}

impl Consequences {
    /// Returns the number of affected things.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.nodes.saturating_add(self.devices).saturating_add(self.others)
    }

    /// Returns whether nothing is affected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

impl Cause {
    /// Returns a cause without consequences.
    #[must_use]
    pub fn new(
        kind: CauseKind,
        subject: impl Into<Box<str>>,
        status: Status,
        message: impl Into<Box<str>>,
    ) -> Self {
        let (subject, message) = (subject.into(), message.into());
        Self {
            kind,
            subject: cut(&subject, MAX_SUBJECT).into(),
            status,
            message: cut(&message, MAX_MESSAGE).into(),
            consequences: Consequences::default(),
        }
    }

    /// Returns the cause with a short message and without consequences, for a state that is stored with every sample.
    pub(crate) fn brief(&self) -> Self {
        let message = cut(&self.message, MAX_BRIEF);
        Self::new(self.kind.clone(), self.subject.clone(), self.status, message)
    }

    /// Returns whether both are the same cause, whatever their messages and consequences.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.kind, &self.subject) == (&other.kind, &other.subject)
    }

    /// Returns a hash of kind and subject that is the same in every process (FNV-1a).
    pub(crate) fn key(&self) -> u32 {
        let bytes = self.kind.as_str().bytes().chain([0]).chain(self.subject.bytes());
        bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}

impl From<&Finding> for Cause {
    fn from(finding: &Finding) -> Self {
        let mut consequences = Consequences::default();
        for consequence in &finding.consequences {
            let count = match consequence.subject.kind {
                SubjectKind::Node => &mut consequences.nodes,
                SubjectKind::Device => &mut consequences.devices,
                _ => &mut consequences.others,
            };
            *count = count.saturating_add(1);
        }
        let listed = finding.consequences.iter().take(MAX_LISTED);
        consequences.listed =
            listed.map(|consequence| cut(&consequence.message, MAX_MESSAGE).into()).collect();
        let kind = CauseKind::Rule(finding.rule.clone());
        let cause = Self::new(kind, finding.subject.id.as_str(), finding.status, finding.message.as_str());
        Self { consequences, ..cause }
    }
}

/// Cuts a text to this many bytes at most, between two characters.
fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}
