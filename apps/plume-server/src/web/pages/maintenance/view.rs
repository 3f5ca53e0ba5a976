//! Windows as pages show them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::ids::HomeId;

use crate::store::{Result, model::Home};
use crate::web::dashboard::{StoredWindow, Visible, VisibleTenant, covers, lasted, schedule};
use crate::web::view::{Moment, moment};

/// An opening later than this is not shown.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// A window in a list.
#[derive(Debug)]
pub(in crate::web::pages) struct WindowView {
    pub(in crate::web::pages) id: String,
    pub(in crate::web::pages) edition: u64,
    pub(in crate::web::pages) name: String,
    pub(in crate::web::pages) covers: String,
    pub(in crate::web::pages) schedule: String,
    pub(in crate::web::pages) state: State,
    /// The word for its end; empty if it is over, and kept for the service level only.
    pub(in crate::web::pages) end: &'static str,
    /// Its place in a list: open windows, then the next ones, then those that are over.
    pub(super) order: (u8, Option<DateTime<Utc>>),
}

/// The next time of a window.
#[derive(Debug)]
pub(in crate::web::pages) enum State {
    /// It is open until then.
    Open(Moment),
    /// It opens then, for this long.
    Next(Moment, String),
    /// It does not open any more.
    Over,
    /// A person ended it then.
    Ended(Moment),
}

/// A window that is open now.
#[derive(Debug)]
pub(in crate::web::pages) struct Running {
    pub(in crate::web::pages) name: String,
    pub(in crate::web::pages) covers: String,
    /// The name of the tenant.
    pub(in crate::web::pages) tenant: String,
    pub(in crate::web::pages) until: Moment,
}

impl WindowView {
    pub(super) fn new(stored: StoredWindow, covers: String, now: DateTime<Utc>) -> Self {
        let StoredWindow { id, edition, window } = stored;
        let ahead = now.checked_add_signed(AHEAD).unwrap_or(now);
        let next = window.openings(now, ahead, 2).into_iter().next();
        let end = match (window.is_over(now), window.has_opened(now)) {
            (true, _) => "",
            (false, true) => "End now",
            (false, false) => "Remove",
        };
        let (state, order) = match (window.open_until(now), next) {
            _ if window.ended.is_some_and(|ended| ended <= now) => {
                (window.ended.map_or(State::Over, |ended| State::Ended(moment(ended, now))), (2, None))
            }
            (Some(until), _) => (State::Open(moment(until, now)), (0, Some(until))),
            (None, Some(next)) => {
                let lasts = next.to.signed_duration_since(next.from);
                (State::Next(moment(next.from, now), lasted(lasts)), (1, Some(next.from)))
            }
            (None, None) => (State::Over, (2, None)),
        };
        Self { id, edition, covers, schedule: schedule(&window), state, end, order, name: window.name }
    }
}

/// Returns the windows that cover a home.
pub(in crate::web::pages) async fn of_home(
    tenant: &VisibleTenant,
    home: &Home,
    now: DateTime<Utc>,
) -> Result<Vec<WindowView>> {
    let windows = tenant.windows().await?.into_iter().filter(|stored| stored.window.covers_home(home));
    let view = |stored: StoredWindow| {
        let covers = covers(&stored.window, |_| "this home".to_owned());
        WindowView::new(stored, covers, now)
    };
    Ok(windows.map(view).collect())
}

/// Returns the windows of a tenant with the names of their homes.
pub(super) async fn of_tenant(tenant: &VisibleTenant, now: DateTime<Utc>) -> Result<Vec<WindowView>> {
    let windows = tenant.windows().await?;
    let homes = single_homes(tenant, &windows).await?;
    let view = |stored: StoredWindow| {
        let covers = covers(&stored.window, |home| named(&homes, home));
        WindowView::new(stored, covers, now)
    };
    Ok(windows.into_iter().map(view).collect())
}

/// Returns the windows that are open now, of all tenants that the visitor sees or of one.
pub(in crate::web::pages) async fn running(visible: &Visible, tenant: &str) -> Result<Vec<Running>> {
    let now = visible.now();
    let mut found = Vec::new();
    for (view, named_tenant) in visible.each().await? {
        if !tenant.is_empty() && named_tenant.id.as_str() != tenant {
            continue;
        }
        let mut open = view.windows().await?;
        open.retain(|stored| stored.window.open_until(now).is_some());
        let homes = single_homes(&view, &open).await?;
        found.extend(open.into_iter().filter_map(|stored| {
            Some(Running {
                covers: covers(&stored.window, |home| named(&homes, home)),
                until: moment(stored.window.open_until(now)?, now),
                name: stored.window.name,
                tenant: named_tenant.name.clone(),
            })
        }));
    }
    Ok(found)
}

/// Returns the homes of windows that cover one.
async fn single_homes(tenant: &VisibleTenant, windows: &[StoredWindow]) -> Result<BTreeMap<HomeId, Home>> {
    let single = windows.iter().filter_map(|stored| match stored.window.homes.as_slice() {
        [one] => Some(one),
        _ => None,
    });
    tenant.homes_of(single).await
}

fn named(homes: &BTreeMap<HomeId, Home>, home: &HomeId) -> String {
    homes.get(home).map_or_else(|| format!("home {home} (removed)"), |home| home.name.clone())
}
