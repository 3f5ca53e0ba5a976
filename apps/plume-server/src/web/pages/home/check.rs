//! The check at the request of a person.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::store::model::Home;
use crate::web::actions;
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Moment, home_path, moment};

/// A page shows the request for this time.
const SHOWN: TimeDelta = TimeDelta::minutes(30);

/// The state of a check that a person requested.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Requested {
    /// There was no request.
    No,
    /// The check has not been made yet.
    Waits(Moment),
    /// The check was made then.
    Made(Moment),
}

impl Requested {
    /// Reads the time of a request, in milliseconds, from the address of the page.
    pub(super) fn new(millis: Option<i64>, home: &Home, now: DateTime<Utc>) -> Self {
        let at = millis.and_then(DateTime::from_timestamp_millis);
        let is_shown = |at: &DateTime<Utc>| *at <= now && now.signed_duration_since(at) < SHOWN;
        match (at.filter(is_shown), home.checked) {
            (None, _) => Self::No,
            (Some(at), Some(checked)) if checked > at => Self::Made(moment(checked, now)),
            (Some(at), _) => Self::Waits(moment(at, now)),
        }
    }
}

/// Makes the next check due, and leads back to the page, which reads the present.
pub(in crate::web::pages) async fn check(
    visible: Visible,
    frame: Frame,
    Path((tenant, home)): Path<(String, String)>,
) -> Response {
    let path = home_path(&tenant.as_str().into(), &home.as_str().into());
    match actions::check(&visible, &tenant, &home).await {
        Ok(at) => Redirect::to(&format!("{path}?check={}", at.timestamp_millis())).into_response(),
        Err(denied) => frame.refuse(&Fault::from(denied).back_to(path)),
    }
}

#[cfg(test)]
mod tests {
    use plume::{
        health::Status,
        monitor::ids::{HomeId, TenantId},
    };

    use super::*;
    use crate::store::model::{Traits, Verdict};

    #[test]
    fn a_check_of_the_same_second_before_the_request_is_not_the_requested_one() {
        let at: DateTime<Utc> = "2026-01-15T10:00:00.5Z".parse().unwrap();
        let requested = |checked: i64| {
            let home = Home {
                tenant: TenantId::new("t"),
                id: HomeId::new("h"),
                customer: String::new(),
                location: String::new(),
                name: String::new(),
                traits: Traits::default(),
                tags: Vec::new(),
                verdict: Verdict { status: Status::Green, since: at, headline: String::new() },
                checked: Some(at + TimeDelta::milliseconds(checked)),
                data: None,
            };
            Requested::new(Some(at.timestamp_millis()), &home, at + TimeDelta::seconds(1))
        };
        assert!(matches!(requested(-400), Requested::Waits(_)));
        assert!(matches!(requested(0), Requested::Waits(_)));
        assert!(matches!(requested(400), Requested::Made(_)));
    }
}
