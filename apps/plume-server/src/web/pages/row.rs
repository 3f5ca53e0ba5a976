//! A row of a table of incidents, and a change of a status.

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{
        ids::TenantId,
        incident::{Cause, Consequences, Incident, Scope},
    },
};

use crate::store::{Result, model::Logged};
use crate::web::dashboard::VisibleTenant;
use crate::web::view::{Age, Badge, Counted, Moment, age, brief, home_path, incident_path, moment, reason};

/// An incident in a table.
#[derive(Debug)]
pub(super) struct IncidentRow {
    pub(super) badge: Badge,
    pub(super) flapping: bool,
    pub(super) path: String,
    pub(super) place: String,
    pub(super) cause: String,
    pub(super) effects: String,
    pub(super) age: Age,
    pub(super) lasted: String,
    pub(super) is_open: bool,
    pub(super) owner: String,
    pub(super) has_owner: bool,
}

impl IncidentRow {
    /// Reads the name of the home from the store.
    pub(super) async fn read(
        tenant: &VisibleTenant,
        incident: &Incident,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let place = match &incident.scope {
            Scope::Home(home) => {
                let found = tenant.home(home).await?;
                found.map_or_else(|| format!("{home} (removed)"), |home| home.name)
            }
            Scope::Group(group) => {
                let homes = Counted(incident.situation.homes, "home");
                format!("{} {}: {homes}", capital(group.kind.as_str()), group.value)
            }
            Scope::Source(source) => format!("Source {source}"),
            _ => incident.id.to_string(),
        };
        let situation = &incident.situation;
        let (owner, has_owner) = owner(incident, now);
        let end = incident.closed.map_or(now, |closed| closed.at);
        Ok(Self {
            badge: situation.status.into(),
            flapping: situation.flapping,
            path: incident_path(&incident.tenant, &incident.id),
            place,
            cause: reason(&situation.root.message),
            effects: effects(&situation.root.consequences),
            age: age(situation.since, now),
            lasted: age(situation.since, end).words().to_owned(),
            is_open: incident.is_open(),
            owner,
            has_owner,
        })
    }
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

/// Returns the consequences in words, empty without any.
pub(super) fn effects(consequences: &Consequences) -> String {
    let Consequences { nodes, devices, others, .. } = consequences;
    let counted = [(nodes, "pod"), (devices, "device"), (others, "other thing")];
    let words = counted.into_iter().filter(|(count, _)| **count > 0);
    words.map(|(count, noun)| Counted(*count, noun).to_string()).collect::<Vec<_>>().join(", ")
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
        Self {
            badge: cause.status.into(),
            message: reason(&cause.message),
            effects: effects(&cause.consequences),
        }
    }
}

/// A change of the status of a home.
#[derive(Debug)]
pub(super) struct StatusChange {
    pub(super) at: Moment,
    pub(super) from: Badge,
    pub(super) to: Badge,
    pub(super) why: String,
    pub(super) path: String,
    pub(super) name: String,
}

impl StatusChange {
    pub(super) fn new(logged: &Logged, now: DateTime<Utc>) -> Self {
        let transition = &logged.transition;
        Self {
            at: moment(transition.at, now),
            from: transition.from.into(),
            to: transition.to.into(),
            why: brief(&logged.headline),
            path: String::new(),
            name: String::new(),
        }
    }

    /// Adds the home.
    pub(super) fn of_home(mut self, tenant: &TenantId, home: &crate::store::model::Home) -> Self {
        self.path = home_path(tenant, &home.id);
        self.name.clone_from(&home.name);
        self
    }
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
    use super::*;

    #[test]
    fn consequences_are_counted_with_their_nouns() {
        let mut consequences = Consequences::default();
        assert_eq!(effects(&consequences), "");
        (consequences.nodes, consequences.devices) = (1, 60);
        assert_eq!(effects(&consequences), "1 pod, 60 devices");
    }
}
