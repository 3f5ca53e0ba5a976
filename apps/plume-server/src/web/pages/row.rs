//! A row of a table of incidents, and a change of a status.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{
        home::TransitionKind,
        ids::{GroupKind, HomeId, TenantId},
        incident::{Cause, Consequences, Incident, Scope},
    },
};

use crate::store::{
    Result,
    model::{Home, Logged, Verdict},
};
use crate::web::dashboard::VisibleTenant;
use crate::web::view::{
    Age, Badge, Counted, Moment, UNCONFIRMED, age, brief, home_path, incident_path, moment, reason,
    source_name,
};

/// An incident in a table.
#[derive(Debug)]
pub(super) struct IncidentRow {
    pub(super) badge: Badge,
    pub(super) flapping: bool,
    /// Whether it is open, and its homes are in maintenance windows.
    pub(super) planned: bool,
    pub(super) path: String,
    pub(super) place: String,
    /// The name of the tenant; empty if the visitor sees only one.
    pub(super) tenant: String,
    pub(super) cause: String,
    pub(super) effects: String,
    pub(super) age: Age,
    pub(super) lasted: String,
    pub(super) is_open: bool,
    pub(super) owner: String,
    pub(super) has_owner: bool,
}

impl IncidentRow {
    /// Returns the rows of incidents, in their order. The names of the homes of a tenant are read at once.
    pub(super) async fn all(
        incidents: &[(VisibleTenant, Incident)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>> {
        let mut names = BTreeMap::new();
        let tenants: BTreeMap<&TenantId, &VisibleTenant> =
            incidents.iter().map(|(tenant, _)| (tenant.id(), tenant)).collect();
        for (id, tenant) in tenants {
            let own = incidents.iter().filter(|(tenant, _)| tenant.id() == id);
            names.insert(id, tenant.homes_of(own.filter_map(|(_, incident)| home_of(incident))).await?);
        }
        let mut owners = BTreeMap::new();
        for (tenant, _) in incidents.iter().filter(|(_, incident)| is_of_tenant(incident)) {
            owners.insert(tenant.id(), tenant.name().await?);
        }
        let home = |tenant: &VisibleTenant, incident: &Incident| {
            names.get(tenant.id()).and_then(|names| names.get(home_of(incident)?))
        };
        let name = |tenant: &VisibleTenant, incident: &Incident| match is_of_tenant(incident) {
            true => owners.get(tenant.id()).map(String::as_str),
            false => home(tenant, incident).map(|home| home.name.as_str()),
        };
        let labels = match incidents.first() {
            Some((tenant, _)) => tenant.labels().await?,
            None => BTreeMap::new(),
        };
        let row = |(tenant, one): &(VisibleTenant, Incident)| {
            let label = labels.get(tenant.id()).cloned().unwrap_or_default();
            let row = Self { tenant: label, ..Self::new(one, name(tenant, one), now) };
            let is_well = home(tenant, one).is_some_and(|home| home.verdict.status == Status::Green);
            match row.flapping && row.is_open && is_well {
                // As the headline counts it: it is not in the trouble of before.
                true => Self { badge: Badge::FLAPPING, flapping: false, ..row },
                false => row,
            }
        };
        Ok(incidents.iter().map(row).collect())
    }

    fn new(incident: &Incident, name: Option<&str>, now: DateTime<Utc>) -> Self {
        let place = match &incident.scope {
            Scope::Home(home) => name.map_or_else(|| format!("{home} (removed)"), str::to_owned),
            Scope::Group(group) if group.kind == GroupKind::Tenant => {
                let homes = Counted(incident.situation.homes, "home");
                format!("{}: {homes}", name.unwrap_or(group.value.as_ref()))
            }
            Scope::Group(group) => {
                let homes = Counted(incident.situation.homes, "home");
                format!("{} {}: {homes}", capital(group.kind.as_str()), group.value)
            }
            Scope::Source(source) => source_name(source),
            _ => incident.id.to_string(),
        };
        let situation = &incident.situation;
        let planned = is_planned(incident);
        let (owner, has_owner) = owner(incident, now);
        let end = incident.closed.map_or(now, |closed| closed.at);
        Self {
            badge: if planned { Badge::PLANNED } else { situation.status.into() },
            flapping: situation.flapping,
            planned,
            path: incident_path(&incident.tenant, &incident.id),
            place,
            tenant: String::new(),
            cause: reason(&situation.root.message),
            effects: effects(&situation.root),
            age: age(situation.since, now),
            lasted: age(situation.since, end).words().to_owned(),
            is_open: incident.is_open(),
            owner,
            has_owner,
        }
    }
}

/// Returns whether an incident is open, and its homes are in maintenance windows.
pub(super) fn is_planned(incident: &Incident) -> bool {
    incident.is_open() && incident.situation.planned
}

fn home_of(incident: &Incident) -> Option<&HomeId> {
    match &incident.scope {
        Scope::Home(home) => Some(home),
        _ => None,
    }
}

/// Returns whether it is about all homes of its tenant.
fn is_of_tenant(incident: &Incident) -> bool {
    matches!(&incident.scope, Scope::Group(group) if group.kind == GroupKind::Tenant)
}

/// Returns who has the incident, and whether it is claimed.
fn owner(incident: &Incident, now: DateTime<Utc>) -> (String, bool) {
    if let (Some(until), Some(snooze)) = (incident.snoozed_until(now), &incident.snoozed) {
        let left = age(now, until);
        return (format!("{}, snoozed for {}", snooze.by, left.words()), true);
    }
    match &incident.acknowledged {
        Some(person) if incident.is_acknowledged() => {
            (format!("{}, for {}", person.by, age(person.at, now).words()), true)
        }
        Some(person) => (format!("Unclaimed. {} had it before it changed", person.by), false),
        None if incident.is_open() => ("Unclaimed".to_owned(), false),
        None => ("Was not claimed".to_owned(), false),
    }
}

/// Returns the consequences of a cause in words, empty without any. A number that its message has is not repeated: the pods
/// of a home that is offline are the cause itself.
pub(super) fn effects(cause: &Cause) -> String {
    let words = counted(&cause.consequences).filter(|words| !cause.message.contains(words.as_str()));
    words.collect::<Vec<_>>().join(", ")
}

/// Returns whether the message of a cause counts some of its consequences.
pub(super) fn repeats_effects(cause: &Cause) -> bool {
    counted(&cause.consequences).any(|words| cause.message.contains(words.as_str()))
}

fn counted(consequences: &Consequences) -> impl Iterator<Item = String> {
    let Consequences { nodes, devices, others, .. } = *consequences;
    let counted = [(nodes, "pod"), (devices, "device"), (others, "other thing")];
    counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| Counted(count, noun).to_string())
}

/// Returns the status of a home for people: of one that was never checked, nothing is missing, and one that waits for its second
/// check has data.
pub(super) fn badge_of(home: &Home) -> Badge {
    let Verdict { status, headline, .. } = &home.verdict;
    match home.checked {
        Some(_) if *status == Status::Unknown && headline.starts_with(UNCONFIRMED) => Badge::UNCONFIRMED,
        Some(_) => (*status).into(),
        None => Badge::UNCHECKED,
    }
}

/// A cause or a finding in a list.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) badge: Badge,
    pub(super) message: String,
    pub(super) effects: String,
}

impl From<&Cause> for Finding {
    fn from(cause: &Cause) -> Self {
        Self { badge: cause.status.into(), message: reason(&cause.message), effects: effects(cause) }
    }
}

/// A change of the status of a home.
#[derive(Debug)]
pub(super) struct StatusChange {
    /// The time of the first sample with the new status, and that of the decision.
    pub(super) since: Moment,
    pub(super) at: Moment,
    /// Whether the two are in different minutes: pages show no shorter time.
    pub(super) is_late: bool,
    pub(super) from: Badge,
    pub(super) to: Badge,
    /// Whether the status kept changing before and after.
    pub(super) flapping: [bool; 2],
    pub(super) why: String,
    pub(super) path: String,
    pub(super) name: String,
}

impl StatusChange {
    pub(super) fn new(logged: &Logged, flapping: [bool; 2], now: DateTime<Utc>) -> Self {
        let transition = &logged.transition;
        Self {
            since: moment(transition.since, now),
            at: moment(transition.at, now),
            is_late: minute(transition.at) > minute(transition.since),
            from: transition.from.into(),
            to: transition.to.into(),
            flapping,
            why: brief(&logged.headline),
            path: String::new(),
            name: String::new(),
        }
    }

    /// Adds the home.
    pub(super) fn of_home(mut self, tenant: &TenantId, home: &Home) -> Self {
        self.path = home_path(tenant, &home.id);
        self.name.clone_from(&home.name);
        self
    }
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

/// Returns for each change of one home, in their order, whether the status kept changing before and after it.
pub(super) fn flapping<'a>(changes: impl IntoIterator<Item = &'a Logged> + Clone) -> Vec<[bool; 2]> {
    let news = |logged: &Logged| match logged.transition.kind {
        TransitionKind::FlappingStarted => Some(true),
        TransitionKind::FlappingEnded => Some(false),
        _ => None,
    };
    // What ends has begun before.
    let mut flaps = changes.clone().into_iter().find_map(news) == Some(false);
    let mut after = |logged| {
        let was = flaps;
        flaps = news(logged).unwrap_or(was);
        [was, flaps]
    };
    changes.into_iter().map(&mut after).collect()
}

/// The place of a status in an order from the worst to the best.
pub(super) fn order(status: Status) -> usize {
    Badge::ALL.into_iter().position(|known| known == status).unwrap_or(Badge::ALL.len())
}

fn capital(word: &str) -> String {
    reason(word)
}

#[cfg(test)]
mod tests {
    use plume::monitor::incident::CauseKind;

    use super::*;

    #[test]
    fn changes_of_a_flapping_home_keep_their_statuses() {
        let logged = |(kind, from, to): (&str, &str, &str)| {
            let at = DateTime::UNIX_EPOCH;
            let transition =
                serde_json::json!({ "kind": kind, "from": from, "to": to, "since": at, "at": at });
            Logged { transition: serde_json::from_value(transition).unwrap(), headline: String::new() }
        };
        let changes = [
            ("left", "red", "green"),
            ("flapping_started", "green", "green"),
            ("entered", "green", "red"),
            ("flapping_ended", "red", "green"),
        ];
        let changes: Vec<Logged> = changes.into_iter().map(logged).collect();
        let flapping = [[false, false], [false, true], [true, true], [true, false]];
        assert_eq!(super::flapping(&changes), flapping);
        assert_eq!(super::flapping(&changes[2..]), flapping[2..], "its start is not read");
        assert_eq!(super::flapping(&changes[..1]), flapping[..1]);
        let end = StatusChange::new(&changes[3], flapping[3], DateTime::UNIX_EPOCH);
        assert_eq!([end.from.word, end.to.word], ["Offline", "OK"]);
    }

    #[test]
    fn a_change_has_two_times_if_their_minutes_differ() {
        let is_late = |since: &str, at: &str| {
            let transition = serde_json::json!({ "kind": "entered", "from": "green", "to": "red",
                "since": format!("2026-01-15T{since}Z"), "at": format!("2026-01-15T{at}Z") });
            let transition = serde_json::from_value(transition).unwrap();
            let logged = Logged { transition, headline: String::new() };
            StatusChange::new(&logged, [false; 2], DateTime::UNIX_EPOCH).is_late
        };
        assert!(is_late("00:44:50", "00:45:10"), "a list of decisions shows the second one");
        assert!(!is_late("00:44:00", "00:44:59"));
        assert!(!is_late("00:45:10", "00:44:50"), "the clock was set back");
    }

    #[test]
    fn a_home_that_waits_for_its_second_check_has_data() {
        let mut home = Home {
            tenant: TenantId::new("north"),
            id: HomeId::new("h"),
            customer: String::new(),
            location: String::new(),
            name: String::new(),
            traits: Default::default(),
            tags: Vec::new(),
            verdict: Verdict {
                status: Status::Unknown,
                since: DateTime::UNIX_EPOCH,
                headline: "not confirmed yet: 🔴 LOCATION OFFLINE - All 4 pods are disconnected".to_owned(),
            },
            checked: None,
            data: None,
        };
        assert_eq!(badge_of(&home), Badge::UNCHECKED);
        home.checked = Some(DateTime::UNIX_EPOCH);
        assert_eq!(badge_of(&home), Badge::UNCONFIRMED);
        home.verdict.headline = "no data: timeout".to_owned();
        assert_eq!(badge_of(&home), Badge::from(Status::Unknown));
    }

    #[test]
    fn consequences_are_counted_with_their_nouns() {
        let mut cause = Cause::new(CauseKind::Status, "h", Status::Red, "The gateway is off");
        assert_eq!(effects(&cause), "");
        (cause.consequences.nodes, cause.consequences.devices) = (1, 60);
        assert_eq!(effects(&cause), "1 pod, 60 devices");
        cause.message = "All 4 pods are disconnected".into();
        cause.consequences.nodes = 4;
        assert_eq!(effects(&cause), "60 devices", "the pods are the cause");
        assert!(repeats_effects(&cause));
    }
}
