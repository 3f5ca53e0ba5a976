//! The maintenance windows of a tenant.

use chrono::TimeDelta;
use plume::monitor::{
    ids::{GroupKey, HomeId},
    monitor::OPERATOR,
};
use sha2::{Digest, Sha256};

use crate::access::Role;
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{Record, RecordKind, natural},
};
use crate::web::dashboard::visible::{SOMEONE, VisibleTenant};
use crate::web::view::Counted;
use crate::worker::Maintenance;

/// Maximum number of windows of a tenant that are not over, and of all that are kept.
const MOST: usize = 500;
const MOST_KEPT: usize = 5_000;

/// A stored window with the edition that was read.
#[derive(Debug, Clone)]
pub(in crate::web) struct StoredWindow {
    pub(in crate::web) id: String,
    pub(in crate::web) edition: u64,
    pub(in crate::web) window: Maintenance,
}

impl VisibleTenant {
    /// Returns the windows by their name. Those of a newer version are left out.
    pub(in crate::web) async fn windows(&self) -> Result<Vec<StoredWindow>> {
        let records = self.visible.dashboard.store().records(&self.id, RecordKind::Window).await?;
        let mut found: Vec<StoredWindow> = records.into_iter().filter_map(read).collect();
        found.sort_by_cached_key(|stored| (natural(&stored.window.name), stored.id.clone()));
        Ok(found)
    }

    /// Returns whether a home of the tenant is in a group by firmware, model or region.
    pub(in crate::web) async fn has_group(&self, group: &GroupKey) -> Result<bool> {
        let names = self.visible.dashboard.store().route_names(&self.id).await?;
        Ok(names.groups.contains(group))
    }

    /// Adds a window. Returns it, and whether it is new: one that is sent twice is added once.
    pub(in crate::web) async fn add_window(&self, window: &Maintenance) -> Result<(StoredWindow, bool)> {
        self.visible.needs(Role::Operator)?;
        if self.id.as_str() == OPERATOR {
            let text = "the operator has no homes, and messages about the monitor itself have no maintenance";
            return Err(StoreError::new(StoreErrorKind::Refused, text));
        }
        let store = self.visible.dashboard.store();
        let (records, now) = (store.records(&self.id, RecordKind::Window).await?, self.visible.now());
        let kept = records.len();
        let known: Vec<StoredWindow> = records.into_iter().filter_map(read).collect();
        let body = written(window)?;
        // After an equal one was ended, it may be added again.
        let is_equal = |old: &Maintenance| Maintenance { ended: None, ..old.clone() } == *window;
        let ended = known.iter().filter(|old| old.window.ended.is_some() && is_equal(&old.window)).count();
        let digest = Sha256::new().chain_update(&body).chain_update(ended.to_be_bytes()).finalize();
        let id: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        if let Some(known) = known.iter().find(|stored| stored.id == id) {
            return Ok((known.clone(), false));
        }
        let full = match (known.iter().filter(|stored| !stored.window.is_over(now)).count(), kept) {
            (MOST.., _) => format!("there are {MOST} windows already; end one of them"),
            (_, MOST_KEPT..) => {
                format!(
                    "{MOST_KEPT} windows are kept already; one that is over is removed 62 days after its end"
                )
            }
            _ => String::new(),
        };
        if !full.is_empty() {
            return Err(StoreError::new(StoreErrorKind::Refused, full));
        }
        let event = self.event(SOMEONE, "add maintenance", &subject(window));
        let added = store.put_record(&self.id, RecordKind::Window, &id, 0, body);
        let edition = self.visible.audited(event, added).await?;
        Ok((StoredWindow { id, edition, window: window.clone() }, true))
    }

    /// Ends a window of an edition. One that has been open is kept with its end, because the time before it is no downtime of
    /// the service level; another one is removed. One that is over cannot be changed.
    pub(in crate::web) async fn end_window(&self, id: &str, edition: u64) -> Result<()> {
        self.visible.needs(Role::Operator)?;
        let (store, now) = (self.visible.dashboard.store(), self.visible.now());
        let found = self.windows().await?.into_iter().find(|stored| stored.id == id);
        let missing =
            || StoreError::new(StoreErrorKind::Missing, "there is no such window, or it was removed");
        let StoredWindow { window, .. } = found.ok_or_else(missing)?;
        let name = window.name.clone();
        let changed = |what: &str| {
            StoreError::new(StoreErrorKind::Conflict, format!("the window “{name}” {what} meanwhile"))
        };
        // The store knows the id only.
        let named = |error: StoreError| match error.kind() {
            StoreErrorKind::Conflict => changed("was changed"),
            _ => error,
        };
        if window.is_over(now) {
            return Err(changed("ended"));
        }
        let subject = subject(&window);
        if !window.has_opened(now) {
            let removed =
                async { store.remove_record(&self.id, RecordKind::Window, id, edition).await.map_err(named) };
            return self.visible.audited(self.event(SOMEONE, "remove maintenance", &subject), removed).await;
        }
        let body = written(&Maintenance { ended: Some(now), ..window })?;
        let ended = async {
            let put = store.put_record(&self.id, RecordKind::Window, id, edition, body).await;
            put.map(drop).map_err(named)
        };
        self.visible.audited(self.event(SOMEONE, "end maintenance", &subject), ended).await
    }
}

fn written(window: &Maintenance) -> Result<Vec<u8>> {
    serde_json::to_vec(window).map_err(|error| StoreError::new(StoreErrorKind::Refused, error.to_string()))
}

fn read(record: Record) -> Option<StoredWindow> {
    let window = serde_json::from_slice(&record.body).ok()?;
    Some(StoredWindow { id: record.id, edition: record.edition, window })
}

/// Returns the homes and the times of a window, and its name, for the audit.
fn subject(window: &Maintenance) -> String {
    let covers = covers(window, |home| format!("home {home}"));
    format!("{covers}; {}; {}", schedule(window), window.name)
}

/// Returns the homes of a window in words. `name` returns the words for one home.
pub(in crate::web) fn covers(window: &Maintenance, name: impl Fn(&HomeId) -> String) -> String {
    let Maintenance { homes, tags, groups, .. } = window;
    let mut words: Vec<String> = Vec::new();
    match homes.as_slice() {
        [] => {}
        [one] => words.push(name(one)),
        many => words.push(Counted(many.len() as u64, "home").to_string()),
    }
    words.extend(tags.iter().map(|tag| format!("homes with the tag {tag}")));
    words.extend(groups.iter().map(|group| format!("{} {}", group.kind.as_str(), group.value)));
    if words.is_empty() { "all homes of the tenant".to_owned() } else { words.join(", ") }
}

/// Returns the times of a window in words: the first start, the length, the repetition and the zone.
pub(in crate::web) fn schedule(window: &Maintenance) -> String {
    let Some(first) = window.calendar.windows.first() else { return "never".to_owned() };
    let length = TimeDelta::from_std(first.duration).unwrap_or(TimeDelta::MAX);
    let repeats = match first.repeat.as_ref().map(ToString::to_string).as_deref() {
        None => "once".to_owned(),
        Some("FREQ=DAILY") => "every day".to_owned(),
        Some("FREQ=WEEKLY") => "every week".to_owned(),
        Some("FREQ=MONTHLY") => "every month".to_owned(),
        Some(other) => other.to_owned(),
    };
    let start = first.start.format("%Y-%m-%d %H:%M");
    format!("{repeats} from {start} for {}, local time of {}", lasted(length), first.zone.name())
}

/// Returns a length of time in hours or minutes.
pub(in crate::web) fn lasted(length: TimeDelta) -> String {
    match length.num_minutes() {
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}
