//! Actions of people on an incident.

use std::fmt;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::incident::Seen;
use serde::Deserialize;

use crate::store::{
    StoreErrorKind,
    model::{Action, Filed},
};
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::{Frame, PERSON};
use crate::web::pages::given::{Form, within};
use crate::web::pages::theme::cookie;
use crate::web::view::incident_path;

/// Maximum length of a name and of a note in characters.
const NAME: usize = 60;
const NOTE: usize = 2_000;

/// A form of the page of an incident.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Act {
    action: String,
    person: String,
    version: Option<u32>,
    edits: Option<u32>,
    hours: Option<i64>,
    text: String,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Act").field("action", &self.action).finish_non_exhaustive()
    }
}

pub(super) async fn act(
    visible: Visible,
    frame: Frame,
    Path((tenant, incident)): Path<(String, String)>,
    Form(form): Form<Act>,
) -> Response {
    let path = incident_path(&tenant.as_str().into(), &incident.as_str().into());
    let typed = if frame.is_local { form.person.trim() } else { &frame.visitor };
    let person = match within(typed, NAME, "name") {
        Ok(person) => person,
        // Only a typed name can be refused; that of a session is cut.
        Err(_) if !frame.is_local => plume_text::shorten(&plume_text::on_screen(typed), NAME),
        Err(detail) => return frame.refuse(&too_long(detail).back_to(path)),
    };
    if person.is_empty() {
        let fault =
            Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "A name is missing", "Others must see who has it.");
        return frame.refuse(&fault.back_to(path));
    }
    match carry_out(&visible, &tenant, &incident, &person, &form).await {
        Ok(()) => ([(header::SET_COOKIE, cookie(PERSON, &person))], Redirect::to(&path)).into_response(),
        Err(fault) => frame.refuse(&fault.back_to(path)),
    }
}

async fn carry_out(
    visible: &Visible,
    tenant: &str,
    incident: &str,
    person: &str,
    form: &Act,
) -> Result<(), Fault> {
    let now = visible.now();
    let found = visible.incident(tenant, incident).await?;
    let (tenant, Filed { incident, .. }) = found.ok_or_else(|| Fault::missing("incident"))?;
    let seen = incident.seen();
    if form.text.trim().chars().count() > NOTE {
        let count = form.text.trim().chars().count();
        return Err(too_long(format!("The note has {count} characters; at most {NOTE} are possible.")));
    }
    let incomplete =
        || Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", "The form is incomplete.");
    let action = action(form, seen, now).ok_or_else(incomplete)?;
    let is_about_state = !matches!(action, Action::Note { .. });
    if is_about_state && (form.version, form.edits) != (Some(seen.version), Some(seen.edits)) {
        return Err(changed());
    }
    // The store compares again, in its transaction.
    match tenant.act(&incident.id, person, action).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == StoreErrorKind::Conflict => Err(changed()),
        Err(error) => Err(error.into()),
    }
}

fn too_long(detail: String) -> Fault {
    Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Too long", detail)
        .with_help("Go back; the text is still there, and nothing was stored.")
}

fn changed() -> Fault {
    let detail = "Another person changed this incident, or its trouble changed, after your page was shown. \
                  Nothing of yours was stored.";
    Fault::new(StatusCode::CONFLICT, "Changed meanwhile", detail).with_help("Go back to see who has it now.")
}

fn action(form: &Act, seen: Seen, now: DateTime<Utc>) -> Option<Action> {
    match form.action.as_str() {
        "acknowledge" => Some(Action::Acknowledge { seen }),
        "release" => Some(Action::Release { seen }),
        "snooze" => {
            let hours = form.hours.filter(|hours| (1..=24 * 7).contains(hours))?;
            let until = now.checked_add_signed(TimeDelta::try_hours(hours)?)?;
            Some(Action::Snooze { seen, until })
        }
        "note" => {
            let text = form.text.trim().to_owned();
            (!text.is_empty()).then_some(Action::Note { text })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_form_is_an_action() {
        let now = DateTime::UNIX_EPOCH;
        let seen: Seen = serde_json::from_str(r#"{"version": 2, "edits": 1}"#).unwrap();
        let form = |action: &str| Act { action: action.to_owned(), hours: Some(4), ..Act::default() };
        assert_eq!(action(&form("acknowledge"), seen, now), Some(Action::Acknowledge { seen }));
        let until = now + TimeDelta::hours(4);
        assert_eq!(action(&form("snooze"), seen, now), Some(Action::Snooze { seen, until }));
        assert_eq!(action(&Act { hours: Some(i64::MAX), ..form("snooze") }, seen, now), None);
        assert_eq!(action(&Act { text: "  ".to_owned(), ..form("note") }, seen, now), None);
        assert_eq!(action(&form("delete"), seen, now), None);
    }
}
