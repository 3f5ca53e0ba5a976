//! Incidents and messages as a transaction of a worker, of the leader or of a person writes them.

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::TenantId,
    incident::{ChangeKind as IncidentKind, CloseReason, Incident, IncidentChange, Scope},
};
use rusqlite::{Row, params};

use crate::store::error::Result;
use crate::store::model::{
    Announcer, ChangeKind, Decisions, Filed, IncidentCursor, Outgoing, RecordKind, ScopeKind, class_code,
    rank,
};
use crate::store::sqlite::operations::records::put;
use crate::store::sqlite::statement::{Tx, conflict, from_document, millis, signed, to_document, unsigned};

/// A tenant by its key and its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) key: i64,
    pub(super) id: &'a TenantId,
}

/// Reads an incident from two columns.
pub(super) fn filed(row: &Row<'_>, first: usize) -> rusqlite::Result<Filed> {
    Ok(Filed { edition: unsigned(row.get(first)?), incident: from_document(row, first + 1)? })
}

/// Reads an incident from two columns, or `None` if its document cannot be read.
pub(super) fn readable(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Filed>> {
    match filed(row, first) {
        Err(rusqlite::Error::FromSqlConversionFailure(..)) => Ok(None),
        read => read.map(Some),
    }
}

const FIND: &str = "SELECT edition, document FROM incident WHERE tenant = ?1 AND id = ?2";

/// Returns an incident that a decision is about. One that cannot be read is the inner `None`: it must not stop the other
/// effects of the decision.
fn seek(tx: &Tx<'_>, owner: Owner<'_>, id: &str) -> Result<Option<Option<Filed>>> {
    let found = tx.first(FIND, params![owner.key, id], |row| readable(row, 0))?;
    if matches!(found, Some(None)) {
        tracing::error!(tenant = %owner.id, incident = id, "an incident cannot be read, and does not change");
    }
    Ok(found)
}

/// Returns an incident of a tenant.
pub(super) fn find(tx: &Tx<'_>, owner: Owner<'_>, id: &str) -> Result<Option<Filed>> {
    tx.first(FIND, params![owner.key, id], |row| filed(row, 0))
}

/// Applies a change to its incident, and stores the messages about it.
pub(super) fn apply(
    tx: &Tx<'_>,
    owner: Owner<'_>,
    change: &IncidentChange,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
) -> Result<()> {
    let found = match seek(tx, owner, change.id.as_str())? {
        Some(None) => return Ok(()),
        Some(Some(mut found)) => {
            let before = found.incident.clone();
            found.incident.apply(change);
            if found.incident == before {
                return Ok(());
            }
            Some(found)
        }
        None => Incident::open(owner.id.clone(), change).map(|incident| Filed { incident, edition: 0 }),
    };
    match found {
        Some(found) => write(tx, owner, found, announcer, now).map(drop),
        // The end of an incident that retention has deleted.
        None => Ok(()),
    }
}

/// Writes an incident of the edition that was read, and stores the messages about it.
pub(super) fn write(
    tx: &Tx<'_>,
    owner: Owner<'_>,
    filed: Filed,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
) -> Result<Filed> {
    let Filed { mut incident, edition } = filed;
    let announcement = announcer.announce(&mut incident, now);
    let next = edition.saturating_add(1);
    let home = match &incident.scope {
        Scope::Home(home) => tx.home(owner.id, home)?,
        _ => None,
    };
    let (closed, wake) = (incident.closed.map(|closed| millis(closed.at)), announcement.wake.map(millis));
    let (id, fleet) = (incident.id.as_str(), incident.fleet.as_ref().map(|fleet| fleet.as_str()));
    let (scope, status) = (ScopeKind::from(&incident.scope).code(), rank(incident.situation.status));
    let place = IncidentCursor::ranked(&incident);
    let claimed = match incident.is_acknowledged() {
        true => Some(i64::MAX),
        false => incident.snoozed_until(now).map(millis),
    };
    let document = to_document(&incident)?;
    let written = match edition {
        0 => tx.run(
            "INSERT INTO incident (tenant, id, home, opened, closed, fleet, wake, for_digest, edition, document, scope, \
             status, claimed_until, rank, homes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT DO NOTHING",
            params![
                owner.key,
                id,
                home,
                millis(incident.opened_at),
                closed,
                fleet,
                wake,
                announcement.for_digest,
                signed(next),
                document,
                scope,
                status,
                claimed,
                place.rank,
                signed(place.homes)
            ],
        )?,
        _ => tx.run(
            "UPDATE incident SET home = ?4, closed = ?5, fleet = ?6, wake = ?7, for_digest = ?8, edition = ?9, \
             document = ?10, status = ?11, claimed_until = ?12, rank = ?13, homes = ?14 WHERE tenant = ?1 AND id = ?2 AND edition = ?3",
            params![
                owner.key,
                id,
                signed(edition),
                home,
                closed,
                fleet,
                wake,
                announcement.for_digest,
                signed(next),
                document,
                status,
                claimed,
                place.rank,
                signed(place.homes)
            ],
        )?,
    };
    if written == 0 {
        return Err(conflict("incident", id));
    }
    tx.change(owner.key, ChangeKind::Incident, id)?;
    announcement.messages.iter().try_for_each(|message| put_message(tx, owner, message, millis(now)))?;
    Ok(Filed { incident, edition: next })
}

/// Closes the incidents of a home that is removed.
pub(super) fn close_of_home(
    tx: &Tx<'_>,
    owner: Owner<'_>,
    home: i64,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
) -> Result<()> {
    let open = tx.all(
        "SELECT edition, document FROM incident WHERE tenant = ?1 AND home = ?2 AND closed IS NULL",
        [owner.key, home],
        |row| readable(row, 0),
    )?;
    for mut filed in open.into_iter().flatten() {
        let Incident { id, scope, version, .. } = &filed.incident;
        let mut change = IncidentChange::new(id.clone(), scope.clone(), IncidentKind::Closed, now);
        (change.version, change.reason) = (*version, Some(CloseReason::Gone));
        filed.incident.apply(&change);
        write(tx, owner, filed, announcer, now)?;
    }
    Ok(())
}

/// Stores a message, once for each decision.
pub(super) fn put_message(tx: &Tx<'_>, owner: Owner<'_>, message: &Outgoing, now: i64) -> Result<()> {
    let stored = tx.run(
        "INSERT INTO outbox (tenant, channel, incident, dedup, body, stored, alive_since, due) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, max(?6, ?7), ?7) \
         ON CONFLICT (tenant, channel, dedup) DO NOTHING",
        params![
            owner.key,
            message.channel,
            message.incident.as_ref().map(|incident| incident.as_str()),
            message.dedup,
            message.body,
            now,
            millis(message.not_before),
        ],
    )?;
    if stored > 0 {
        tx.change(owner.key, ChangeKind::Message, &message.channel)?;
    }
    Ok(())
}

pub(super) fn decide(
    tx: &Tx<'_>,
    tenant: &TenantId,
    decisions: &Decisions,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
) -> Result<()> {
    let owner = Owner { key: tx.known_tenant(tenant)?, id: tenant };
    for (name, edition, state) in &decisions.states {
        put(tx, owner.key, RecordKind::State, name, *edition, state, millis(now))?;
    }
    decisions.changes.iter().try_for_each(|change| apply(tx, owner, change, announcer, now))?;
    for link in &decisions.links {
        if let Some(Some(mut filed)) = seek(tx, owner, link.incident.as_str())? {
            link.apply(&mut filed.incident);
            write(tx, owner, filed, announcer, now)?;
        }
    }
    for filed in &decisions.edited {
        write(tx, owner, filed.clone(), announcer, now)?;
    }
    for (home, schedule) in &decisions.rescheduled {
        // It may have been removed meanwhile, which is no reason to lose the other decisions.
        let Some(key) = tx.home(tenant, home)? else { continue };
        // A home that is being checked gets its next time by the result.
        tx.run(
            "UPDATE work SET class = ?2, due = ?3, since = ?4, wants_full = ?5 WHERE home = ?1 AND leased_until IS NULL",
            params![
                key,
                class_code(schedule.class),
                millis(schedule.due),
                millis(schedule.since),
                schedule.wants_full
            ],
        )?;
    }
    decisions.outbox.iter().try_for_each(|message| put_message(tx, owner, message, millis(now)))
}
