//! The form of an incident.

use std::fmt;

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::web::actions::{self, Decided, Decision, Denied, Ordered};
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::{Frame, PERSON};
use crate::web::pages::given::Form;
use crate::web::pages::theme::cookie;
use crate::web::view::incident_path;

/// A form of the page of an incident.
#[derive(Default, Deserialize)]
#[serde(default)]
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

impl Act {
    fn decision(&self) -> Option<Decision<'_>> {
        match self.action.as_str() {
            "acknowledge" => Some(Decision::Acknowledge),
            "release" => Some(Decision::Release),
            "snooze" => self.hours.map(Decision::Snooze),
            "note" => Some(Decision::Note(&self.text)),
            _ => None,
        }
    }
}

pub(super) async fn act(
    visible: Visible,
    frame: Frame,
    Path((tenant, incident)): Path<(String, String)>,
    Form(form): Form<Act>,
) -> Response {
    let path = incident_path(&tenant.as_str().into(), &incident.as_str().into());
    let decided = match form.decision() {
        Some(decision) => {
            let seen = form.version.zip(form.edits);
            let ordered = Ordered { decision, person: &form.person, seen };
            actions::decide(&visible, &tenant, &incident, ordered).await
        }
        None => Err(Denied::impossible("The form is incomplete.")),
    };
    match decided {
        Ok(Decided { person, .. }) => {
            ([(header::SET_COOKIE, cookie(PERSON, &person))], Redirect::to(&path)).into_response()
        }
        Err(denied) => frame.refuse(&Fault::from(denied).back_to(path)),
    }
}
