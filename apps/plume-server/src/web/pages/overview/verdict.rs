//! The answer at the top of the overview.
//!
//! A home without data is neither well nor down. While the cloud cannot be read, its open incidents are of the past.

use plume::{
    health::Status,
    monitor::incident::{Incident, severity},
};

use crate::store::model::{OpenIncidents, StatusCounts, blinds};
use crate::web::pages::row::is_planned;
use crate::web::view::{Badge, Counted, reason};

/// The answer: its sign, and two sentences.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The code of a [`Badge`].
    pub(super) tone: &'static str,
    pub(super) headline: String,
    pub(super) detail: String,
}

/// Tenants whose homes have statuses of the past: they are suspended, or there is no new data.
#[derive(Debug, Default)]
pub(super) struct Apart {
    tenants: Vec<String>,
    homes: u64,
    /// Those of the homes that were well.
    pub(super) well: u64,
}

impl Apart {
    pub(super) fn add(&mut self, tenant: String, homes: u64) {
        self.tenants.push(tenant);
        self.homes = self.homes.saturating_add(homes);
    }
}

impl Verdict {
    /// Adds the suspended tenants, beside this number of homes of others.
    pub(super) fn beside(mut self, stopped: &Apart, watched: u64) -> Self {
        let not_checked = match stopped.homes {
            0 => "nothing is checked there".to_owned(),
            1 => "its home is not checked".to_owned(),
            homes => format!("{homes} homes are not checked"),
        };
        let words = match stopped.tenants.as_slice() {
            [] => return self,
            [only] => format!("Tenant {only} is suspended: {not_checked}"),
            many => format!("{} are suspended: {not_checked}", Counted(many.len() as u64, "tenant")),
        };
        self.headline = if watched == 0 { words } else { format!("{}. {words}", self.headline) };
        if self.tone == Badge::from(Status::Green).code {
            self.tone = Badge::from(Status::Unknown).code;
        }
        self
    }

    /// Adds the reason of a home whose checks fail, while no check has had data.
    pub(super) fn because(mut self, example: Option<(String, String)>) -> Self {
        if let Some((home, reason)) = example {
            let detail = format!("{} For example {home}: {reason}.", self.detail);
            self.detail = detail.trim_start().to_owned();
        }
        self
    }

    /// Adds the tenants without new data.
    fn without(mut self, aged: &Apart) -> Self {
        let tenants = match aged.tenants.as_slice() {
            [only] => only.clone(),
            many => Counted(many.len() as u64, "tenant").to_string(),
        };
        self.headline = format!("{}. No new data of {tenants} ({})", self.headline, homes(aged.homes));
        // As for messages, missing data is worse than mild trouble.
        if [Status::Green, Status::Yellow].map(|status| Badge::from(status).code).contains(&self.tone) {
            self.tone = Badge::from(Status::Unknown).code;
        }
        self
    }
}

/// Judges the homes and the open incidents, of which the worst are read, the most important one first. There has been no data of
/// the homes of `aged` for long; the cause may be one that the reader does not see, or one of the monitor itself.
pub(super) fn verdict(
    counts: &StatusCounts,
    incidents: &[Incident],
    all: OpenIncidents,
    aged: &Apart,
) -> Verdict {
    let blind = incidents.iter().find(|incident| blinds(incident));
    let is_old = aged.homes > 0 && aged.homes == counts.total();
    if blind.is_none() && !is_old && aged.homes > 0 {
        // Only homes with new data are called well.
        let mut known = StatusCounts::default();
        Badge::ALL.into_iter().for_each(|status| {
            let well = if status == Status::Green { aged.well } else { 0 };
            known.count(status, counts.of(status).saturating_sub(well));
        });
        return verdict(&known, incidents, all, &Apart::default()).without(aged);
    }
    let cause = blind.map(|incident| reason(&incident.situation.root.message));
    let cause = cause.or_else(|| is_old.then(|| "No new data".to_owned()));
    let is_blind = cause.is_some();
    let (total, unknown) = (counts.total(), counts.of(Status::Unknown));
    let open = || Counted(all.total, "open incident");
    let headline = match (trouble(counts), cause) {
        (_, None) if total == 0 => "No homes are watched yet".to_owned(),
        (Some(trouble), None) if unknown == 0 => trouble,
        (Some(trouble), None) => format!("{trouble}; no data from {}", homes(unknown)),
        (Some(trouble), Some(cause)) => format!("{cause}. At the last checks: {trouble}"),
        (None, Some(_)) if blind.is_none() && unknown == total => format!("No data from {}", homes(total)),
        (None, Some(cause)) if unknown == 0 => {
            format!("{cause}. {} before", all_homes("was well", "were well", total))
        }
        (None, Some(cause)) if blind.is_none() => format!("{cause}: {} unknown", homes(unknown)),
        (None, Some(cause)) => format!("{cause}: no data from {}", homes(unknown)),
        (None, None) if incidents.is_empty() => match unknown {
            0 => all_homes("is well", "are well", total),
            unknown if unknown == total => format!("No data yet from {}", homes(total)),
            unknown => format!("No trouble is known; no data from {}", homes(unknown)),
        },
        (None, None) if unknown == 0 => {
            let well = all_homes("is well", "are well", total).to_lowercase();
            format!("{}; {well} at present", open())
        }
        (None, None) => format!("{}; no data from {}", open(), homes(unknown)),
    };
    let claims = if all.total > u64::from(blind.is_none()) { claims(all) } else { String::new() };
    let detail = match is_blind {
        true if unknown > 0 => format!("Whether they work is not known. {claims}"),
        true => format!("The last known status is shown. {claims}"),
        false => claims,
    };
    Verdict { tone: tone(counts, incidents, is_blind), headline, detail: detail.trim_end().to_owned() }
}

/// Returns a sentence about all homes, with the words for one and for many.
fn all_homes(one: &str, many: &str, total: u64) -> String {
    if total == 1 { format!("The home {one}") } else { format!("All {} {many}", homes(total)) }
}

fn homes(count: u64) -> Counted<u64> {
    Counted(count, "home")
}

/// The homes in trouble, in words.
fn trouble(counts: &StatusCounts) -> Option<String> {
    let bad = [(Status::Red, "offline"), (Status::Orange, "disrupted"), (Status::Yellow, "degraded")];
    let mut words: Vec<String> = Vec::new();
    for (status, word) in bad {
        let count = counts.of(status);
        if count > 0 {
            words.push(match words.is_empty() {
                true => format!("{} {word}", homes(count)),
                false => format!("{count} {word}"),
            });
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// The worst status of a home, and of an open incident of one that can be seen.
fn tone(counts: &StatusCounts, incidents: &[Incident], is_blind: bool) -> &'static str {
    let of_homes = Badge::ALL.into_iter().filter(|status| counts.of(*status) > 0);
    let of_incidents = incidents
        .iter()
        .filter(|incident| !is_blind && !is_planned(incident))
        .map(|incident| incident.situation.status);
    let blindness = is_blind.then_some(Status::Unknown);
    let worst = of_homes.chain(of_incidents).chain(blindness).min_by_key(|status| severity(*status));
    Badge::from(worst.unwrap_or(Status::Unknown)).code
}

/// The numbers of open incidents, and of those without an owner.
fn claims(all: OpenIncidents) -> String {
    let open = Counted(all.total, "open incident");
    match all.unclaimed {
        0 => format!("{open}, all claimed."),
        free => format!("{open}, {free} unclaimed."),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plume::monitor::{
        ids::{HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, IncidentChange, Scope, Situation},
    };

    use super::*;

    fn counts(of: [u64; 5]) -> StatusCounts {
        let mut counts = StatusCounts::default();
        Badge::ALL.into_iter().zip(of).for_each(|(status, count)| counts.count(status, count));
        counts
    }

    fn incident(scope: Scope, status: Status, message: &str) -> Incident {
        let now = DateTime::UNIX_EPOCH;
        let mut change = IncidentChange::new(IncidentId::new("i"), scope, ChangeKind::Opened, now);
        let cause = Cause::new(CauseKind::Status, "x", status, message);
        change.situation = Some(Situation::new(cause, now, message));
        Incident::open(TenantId::new("north"), &change).unwrap()
    }

    #[test]
    fn the_sign_and_the_words_agree_and_missing_data_is_neither_well_nor_down() {
        let away = || {
            let scope = Scope::Source("unreachable:operator".into());
            incident(scope, Status::Orange, "The cloud does not respond")
        };
        let full = || incident(Scope::Source("disk".into()), Status::Orange, "The disk is full");
        let down = || incident(Scope::Home(HomeId::new("h")), Status::Red, "The gateway is off");
        let planned = || {
            let mut planned = down();
            planned.situation.planned = true;
            planned
        };
        for (of, open, tone, headline) in [
            ([0, 0, 0, 0, 0], vec![], "unknown", "No homes are watched yet"),
            ([0, 0, 0, 0, 300], vec![], "green", "All 300 homes are well"),
            ([0, 0, 0, 0, 1], vec![], "green", "The home is well"),
            ([0, 0, 0, 0, 1], vec![down()], "red", "1 open incident; the home is well at present"),
            (
                [0, 0, 0, 0, 300],
                vec![planned()],
                "green",
                "1 open incident; all 300 homes are well at present",
            ),
            (
                [0, 0, 0, 0, 1],
                vec![away()],
                "unknown",
                "The cloud does not respond. The home was well before",
            ),
            ([1, 0, 0, 0, 300], vec![down()], "red", "1 home offline"),
            ([3, 2, 0, 0, 300], vec![down()], "red", "3 homes offline, 2 disrupted"),
            ([3, 2, 0, 5, 300], vec![down()], "red", "3 homes offline, 2 disrupted; no data from 5 homes"),
            // As for messages, missing data is worse than mild trouble.
            ([0, 0, 1, 5, 300], vec![], "unknown", "1 home degraded; no data from 5 homes"),
            ([0, 0, 0, 5, 0], vec![], "unknown", "No data yet from 5 homes"),
            ([0, 0, 0, 5, 300], vec![], "unknown", "No trouble is known; no data from 5 homes"),
            ([0, 0, 0, 5, 300], vec![down()], "red", "1 open incident; no data from 5 homes"),
            ([0, 0, 0, 0, 300], vec![down()], "red", "1 open incident; all 300 homes are well at present"),
            ([0, 0, 0, 0, 300], vec![full()], "orange", "1 open incident; all 300 homes are well at present"),
            (
                [0, 0, 0, 249, 0],
                vec![away(), down()],
                "unknown",
                "The cloud does not respond: no data from 249 homes",
            ),
            (
                [0, 0, 0, 0, 249],
                vec![away()],
                "unknown",
                "The cloud does not respond. All 249 homes were well before",
            ),
            (
                [1, 0, 0, 9, 249],
                vec![away(), down()],
                "red",
                "The cloud does not respond. At the last checks: 1 home offline",
            ),
        ] {
            let number = open.len() as u64;
            let found = verdict(
                &counts(of),
                &open,
                OpenIncidents { total: number, unclaimed: number },
                &Apart::default(),
            );
            assert_eq!((found.tone, found.headline.as_str()), (tone, headline), "{of:?}");
        }
    }

    #[test]
    fn old_data_is_no_health_without_an_incident_that_says_so() {
        let judge = |of: [u64; 5]| {
            let counts = counts(of);
            let aged = Apart { homes: counts.total(), well: counts.of(Status::Green), ..Apart::default() };
            verdict(&counts, &[], OpenIncidents::default(), &aged)
        };
        for (of, tone, headline, detail) in [
            (
                [0, 0, 0, 0, 38],
                "unknown",
                "No new data. All 38 homes were well before",
                "The last known status is shown.",
            ),
            (
                [1, 0, 0, 0, 38],
                "red",
                "No new data. At the last checks: 1 home offline",
                "The last known status is shown.",
            ),
            // One that the cloud does not know any more is no sign of trouble with the cloud.
            ([0, 0, 0, 1, 0], "unknown", "No data from 1 home", "Whether they work is not known."),
            ([0, 0, 0, 5, 33], "unknown", "No new data: 5 homes unknown", "Whether they work is not known."),
        ] {
            let found = judge(of);
            let found = (found.tone, found.headline.as_str(), found.detail.as_str());
            assert_eq!(found, (tone, headline, detail), "{of:?}");
        }
    }

    #[test]
    fn homes_of_tenants_without_new_data_are_not_called_well() {
        let north = |well: u64, all: u64| Apart { tenants: vec!["North".to_owned()], homes: all, well };
        for (of, aged, tone, headline) in [
            (
                [0, 0, 0, 0, 300],
                north(40, 40),
                "unknown",
                "All 260 homes are well. No new data of North (40 homes)",
            ),
            ([0, 0, 1, 0, 299], north(39, 40), "unknown", "1 home degraded. No new data of North (40 homes)"),
            ([1, 0, 0, 0, 299], north(40, 40), "red", "1 home offline. No new data of North (40 homes)"),
            ([0, 0, 0, 0, 300], Apart::default(), "green", "All 300 homes are well"),
        ] {
            let found = verdict(&counts(of), &[], OpenIncidents::default(), &aged);
            assert_eq!((found.tone, found.headline.as_str()), (tone, headline), "{of:?}");
        }
    }

    #[test]
    fn homes_of_a_suspended_tenant_are_not_called_well() {
        let judge = |of: [u64; 5], stopped: &[(&str, u64)]| {
            let (counts, mut suspended) = (counts(of), Apart::default());
            stopped.iter().for_each(|(tenant, homes)| suspended.add((*tenant).to_owned(), *homes));
            let none = OpenIncidents::default();
            let found = verdict(&counts, &[], none, &Apart::default()).beside(&suspended, counts.total());
            (found.tone, found.headline)
        };
        for (of, stopped, tone, headline) in [
            ([0, 0, 0, 0, 3], vec![], "green", "All 3 homes are well"),
            (
                [0, 0, 0, 0, 3],
                vec![("North", 38)],
                "unknown",
                "All 3 homes are well. Tenant North is suspended: 38 homes are not checked",
            ),
            ([0; 5], vec![("North", 1)], "unknown", "Tenant North is suspended: its home is not checked"),
            (
                [2, 0, 0, 0, 3],
                vec![("North", 4), ("South", 5)],
                "red",
                "2 homes offline. 2 tenants are suspended: 9 homes are not checked",
            ),
        ] {
            assert_eq!(judge(of, &stopped), (tone, headline.to_owned()));
        }
    }

    #[test]
    fn claims_are_counted_where_one_line_does_not_show_them() {
        let down = || incident(Scope::Home(HomeId::new("h")), Status::Red, "The gateway is off");
        let detail = |total: u64, unclaimed: u64| {
            let all = OpenIncidents { total, unclaimed };
            verdict(&counts([1, 0, 0, 0, 9]), &[down(), down()], all, &Apart::default()).detail
        };
        assert_eq!(detail(500, 488), "500 open incidents, 488 unclaimed.");
        assert_eq!(detail(1, 1), "");
        assert_eq!(detail(2, 0), "2 open incidents, all claimed.");
    }
}
