//! The age of the statuses on a page, while there is no newer data.

use chrono::{DateTime, Utc};

use crate::store::{
    Result,
    model::{Home, Tenant},
};
use crate::web::dashboard::{Newest, Visible, VisibleTenant};
use crate::web::view::{Age, Moment, age, moment};

/// The time of the newest data.
#[derive(Debug)]
pub(super) struct AsOf {
    pub(super) at: Moment,
    pub(super) age: Age,
    /// The name of the tenant; empty if it is that of all homes on the page.
    pub(super) tenant: String,
}

/// Returns the times of the newest data of tenants, as far as there should be newer data.
pub(super) fn as_of<'a>(
    visible: &Visible,
    newest: &Newest,
    tenants: impl Iterator<Item = &'a (VisibleTenant, Tenant)>,
) -> Vec<AsOf> {
    let (now, suspended) = (visible.now(), visible.suspended());
    let tenants: Vec<_> = tenants.filter(|(view, _)| !view.is_operator()).collect();
    let is_only = tenants.len() == 1;
    let old = tenants.into_iter().filter_map(|(view, tenant)| {
        let at = old(newest, view).filter(|_| !suspended.contains(view.id()))?;
        Some(AsOf::new(at, if is_only { String::new() } else { tenant.name.clone() }, now))
    });
    old.collect()
}

/// Returns the time of the newest data of a home, if its tenant should have newer data, or if there is none since a problem of
/// the cloud or of its credential began.
pub(super) async fn as_of_home(visible: &Visible, tenant: &VisibleTenant, home: &Home) -> Result<Vec<AsOf>> {
    let Some(at) = home.data.filter(|_| !visible.suspended().contains(tenant.id())) else {
        return Ok(Vec::new());
    };
    let is_old = old(&visible.newest(), tenant).is_some()
        || visible.blind_since().await?.is_some_and(|since| at < since);
    Ok(if is_old { vec![AsOf::new(at, String::new(), visible.now())] } else { Vec::new() })
}

/// Returns the time of the newest data of a tenant, if it is old.
pub(super) fn old(newest: &Newest, tenant: &VisibleTenant) -> Option<DateTime<Utc>> {
    newest.get(tenant.id()).filter(|(_, is_old)| *is_old).map(|(at, _)| *at)
}

impl AsOf {
    fn new(at: DateTime<Utc>, tenant: String, now: DateTime<Utc>) -> Self {
        Self { at: moment(at, now), age: age(at, now), tenant }
    }
}
