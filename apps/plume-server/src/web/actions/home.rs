//! The check of a home at the request of a person, and its removal.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use crate::web::actions::denied::Denied;
use crate::web::dashboard::{CheckRequest, Visible};
use crate::web::reports::REQUESTS;

/// Makes the next check of a home due. Returns the time of the request.
pub(in crate::web) async fn check(
    visible: &Visible,
    tenant: &str,
    home: &str,
) -> Result<DateTime<Utc>, Denied> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or(Denied::Missing("home"))?;
    let now = visible.now();
    match tenant.check_now(&home).await? {
        CheckRequest::Due => Ok(now),
        CheckRequest::Unwatched => {
            let detail =
                "No worker of this server checks the home. A new home is taken up within half a minute.";
            Err(Denied::because(StatusCode::UNPROCESSABLE_ENTITY, "Not checked", detail))
        }
        CheckRequest::TooMany => {
            let detail = format!(
                "{REQUESTS} checks of homes of this tenant were requested within the last minute, the most that are possible."
            );
            let denied = Denied::because(StatusCode::TOO_MANY_REQUESTS, "Too many checks", detail);
            Err(denied.with_help("Repeat it in a minute."))
        }
    }
}

/// Removes a home with its history.
pub(in crate::web) async fn remove_home(visible: &Visible, tenant: &str, home: &str) -> Result<(), Denied> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or(Denied::Missing("home"))?;
    Ok(tenant.remove_home(&home).await?)
}
