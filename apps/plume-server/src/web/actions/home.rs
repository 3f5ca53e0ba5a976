//! The check of a home at the request of a person, and its removal.

use chrono::{DateTime, Utc};

use crate::web::actions::denied::Denied;
use crate::web::dashboard::Visible;

/// Makes the next check of a home due. Returns the time of the request.
pub(in crate::web) async fn check(
    visible: &Visible,
    tenant: &str,
    home: &str,
) -> Result<DateTime<Utc>, Denied> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or(Denied::Missing("home"))?;
    let now = visible.now();
    tenant.check_now(&home).await?;
    Ok(now)
}

/// Removes a home with its history.
pub(in crate::web) async fn remove_home(visible: &Visible, tenant: &str, home: &str) -> Result<(), Denied> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or(Denied::Missing("home"))?;
    Ok(tenant.remove_home(&home).await?)
}
