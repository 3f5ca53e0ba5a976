//! Tenants and homes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::ids::{GroupKey, GroupKind, HomeId, TenantId},
};

use crate::store::model::natural::natural;

/// An owner of homes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The id, which people choose.
    pub id: TenantId,
    /// The name for people.
    pub name: String,
}

/// The properties of a home by which homes are grouped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// The firmware of the gateway.
    pub firmware: Option<String>,
    /// The model of the gateway.
    pub model: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Traits {
    /// Returns the groups of a home with these properties.
    #[must_use]
    pub fn groups(&self, tenant: &TenantId) -> Vec<GroupKey> {
        self.named().chain([GroupKey::new(GroupKind::Tenant, tenant.as_str())]).collect()
    }

    fn named(&self) -> impl Iterator<Item = GroupKey> + '_ {
        let Self { firmware, model, region } = self;
        let named = [(GroupKind::Firmware, firmware), (GroupKind::Model, model), (GroupKind::Region, region)];
        named.into_iter().filter_map(|(kind, value)| Some(GroupKey::new(kind, value.as_deref()?)))
    }
}

/// The names of a tenant that routes of messages refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteNames {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether it has homes.
    pub has_homes: bool,
    /// The tags of its homes.
    pub tags: BTreeSet<String>,
    /// The groups of its homes by firmware, model and region.
    pub groups: BTreeSet<GroupKey>,
    /// The ids of its channels.
    pub channels: BTreeSet<String>,
}

impl RouteNames {
    /// Returns a tenant without homes and channels.
    #[must_use]
    pub fn new(tenant: TenantId) -> Self {
        let (tags, groups, channels) = Default::default();
        Self { tenant, has_homes: false, tags, groups, channels }
    }

    /// Adds the names of a home.
    pub fn add<'a>(&mut self, traits: &Traits, tags: impl IntoIterator<Item = &'a String>) {
        self.has_homes = true;
        self.groups.extend(traits.named());
        self.tags.extend(tags.into_iter().cloned());
    }
}

/// A home to be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHome {
    /// Its owner.
    pub tenant: TenantId,
    /// The id, unique among the homes of all tenants.
    pub id: HomeId,
    /// The customer at the cloud.
    pub customer: String,
    /// The location at the cloud.
    pub location: String,
    /// The name for people.
    pub name: String,
    /// The region, for groups.
    pub region: Option<String>,
    /// Words that people choose.
    pub tags: Vec<String>,
    /// The time of the first check.
    pub due: DateTime<Utc>,
}

/// The last result of a home's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The reported status.
    pub status: Status,
    /// The time of the last change of the status.
    pub since: DateTime<Utc>,
    /// The reason in one line.
    pub headline: String,
}

/// A home as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its owner.
    pub tenant: TenantId,
    /// The id.
    pub id: HomeId,
    /// The customer at the cloud.
    pub customer: String,
    /// The location at the cloud.
    pub location: String,
    /// The name for people.
    pub name: String,
    /// The groups it belongs to.
    pub traits: Traits,
    /// Words that people chose, in order.
    pub tags: Vec<String>,
    /// The last result.
    pub verdict: Verdict,
    /// The time of the last check.
    pub checked: Option<DateTime<Utc>>,
    /// The time of the last check with data.
    pub data: Option<DateTime<Utc>>,
}

/// A place in a list of homes, in its order. The list begins after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The rank of the status; the worst is first.
    pub rank: u8,
    /// The name of the home as lists sort it.
    pub name: String,
    /// Its id.
    pub id: HomeId,
}

/// A selection of homes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HomeQuery {
    /// Only homes with this status.
    pub status: Option<Status>,
    /// Only homes with this tag.
    pub tag: Option<String>,
    /// Only homes whose name or ids have words that begin with these.
    pub text: Option<String>,
    /// Only homes after this place.
    pub after: Option<Cursor>,
    /// Maximum number of homes.
    pub limit: usize,
}

impl Cursor {
    /// Returns the place of a home.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self { rank: rank(home.verdict.status), name: natural(&home.name), id: home.id.clone() }
    }
}

impl HomeQuery {
    /// Returns whether status, tag and words select a home, wherever it is in the list.
    #[must_use]
    pub fn selects(&self, home: &Home) -> bool {
        let wanted = self.text.as_deref().map(sought).unwrap_or_default();
        let has_words = || {
            let own = words(&format!("{} {} {} {}", home.name, home.id, home.customer, home.location));
            wanted.iter().all(|wanted| own.iter().any(|word| word.starts_with(wanted.as_str())))
        };
        self.status.is_none_or(|status| home.verdict.status == status)
            && self.tag.as_ref().is_none_or(|tag| home.tags.contains(tag))
            && (wanted.is_empty() || has_words())
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items.
    pub items: Vec<T>,
    /// The place of the next part; `None` at the end.
    pub next: Option<C>,
}

/// The number of homes by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts([u64; 5]);

impl StatusCounts {
    /// Returns the number of homes with a status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        self.0.get(usize::from(rank(status))).copied().unwrap_or_default()
    }

    /// Returns the number of all homes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds homes with a status.
    pub fn count(&mut self, status: Status, homes: u64) {
        self.add(rank(status), homes);
    }

    pub(crate) fn add(&mut self, rank: u8, count: u64) {
        if let Some(counted) = self.0.get_mut(usize::from(rank)) {
            *counted = counted.saturating_add(count);
        }
    }
}

/// The place of a status in lists, the worst first.
pub(crate) fn rank(status: Status) -> u8 {
    match status {
        Status::Red => 0,
        Status::Orange => 1,
        Status::Yellow => 2,
        Status::Unknown => 3,
        Status::Green => 4,
    }
}

/// The status of a rank. An invalid rank is an unknown status.
pub(crate) fn status(rank: u8) -> Status {
    match rank {
        0 => Status::Red,
        1 => Status::Orange,
        2 => Status::Yellow,
        4 => Status::Green,
        _ => Status::Unknown,
    }
}

/// Maximum number of words of a search, and of characters of a word.
const SOUGHT: usize = 8;
const LONGEST: usize = 50;

/// The words that a search looks for: the longest, which the fewest homes have. The cost of a search has a bound.
pub(crate) fn sought(text: &str) -> Vec<String> {
    let mut words = words(text);
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(SOUGHT);
    words.into_iter().map(|word| word.chars().take(LONGEST).collect()).collect()
}

/// The words of a text for the search, in lower case. Separators of ids belong to the words.
pub(crate) fn words(text: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || "-_:.".contains(character);
    let lower = text.to_lowercase();
    let mut words: Vec<String> = lower
        .split(|character| !is_part(character))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}
