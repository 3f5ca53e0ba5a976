//! The age of the statuses on a page, while there is no newer data.

use chrono::{DateTime, Utc};

use crate::store::{
    Result,
    model::{IncidentQuery, Tenant, blinds},
};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::view::{Age, Moment, age, moment};

/// Open problems of sources that are read of a tenant.
const SOURCES: usize = 12;

/// The time of the newest data.
#[derive(Debug)]
pub(super) struct AsOf {
    pub(super) at: Moment,
    pub(super) age: Age,
    /// The name of the tenant; empty if it is that of all homes on the page.
    pub(super) tenant: String,
}

/// Returns the times of the newest data of tenants, as far as there should be newer data: since the begin of a problem of the
/// cloud or of their credential, or because no check had any for long.
pub(super) async fn as_of(visible: &Visible, tenants: &[(VisibleTenant, Tenant)]) -> Result<Vec<AsOf>> {
    let (now, suspended) = (visible.now(), visible.suspended());
    let (mut known, mut shown) = (Vec::new(), 0_usize);
    for (view, tenant) in tenants {
        let query =
            IncidentQuery { is_open: true, is_source: true, limit: SOURCES, ..IncidentQuery::default() };
        let sources = view.incidents(query).await?.into_iter().filter(|filed| blinds(&filed.incident));
        let since = sources.map(|filed| filed.incident.situation.since).min();
        if view.is_operator() {
            // All homes are read with its credential, or from the same cloud.
            if let Some(since) = since {
                return Ok(vec![AsOf::new(since, String::new(), now)]);
            }
            continue;
        }
        shown += 1;
        if let Some(since) = since.or_else(|| visible.old_data(view.id()))
            && !suspended.contains(view.id())
        {
            known.push((since, tenant.name.clone()));
        }
    }
    let is_only = shown == 1;
    let name = |name: String| if is_only { String::new() } else { name };
    Ok(known.into_iter().map(|(since, tenant)| AsOf::new(since, name(tenant), now)).collect())
}

impl AsOf {
    fn new(at: DateTime<Utc>, tenant: String, now: DateTime<Utc>) -> Self {
        Self { at: moment(at, now), age: age(at, now), tenant }
    }
}
