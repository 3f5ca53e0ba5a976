//! The check at the request of a person.

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
