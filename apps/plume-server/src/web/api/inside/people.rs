//! The sessions with the cloud, and those of people.

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Rules, Session, Tenants};
use crate::store::model::Pass;
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::Problems;
use crate::web::dashboard::{Session as CloudSession, Visible};

/// A credential with its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionDocument {
    credential: String,
    state: &'static str,
    /// Whether calls can be made.
    is_well: bool,
    #[schema(required = true)]
    expires_at: Option<DateTime<Utc>>,
    /// Failed fetches of a token in a row.
    failures: u32,
    #[schema(required = true)]
    last_error: Option<String>,
}

/// The sessions with the cloud, and those of people who see no other tenants than the visitor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sessions)]
pub(in crate::web::api) struct SessionsDocument {
    now: DateTime<Utc>,
    cloud: Vec<SessionDocument>,
    people: Vec<PersonDocument>,
}

/// A person with a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
struct PersonDocument {
    /// The hash of the session in the store, with which no one signs in.
    id: String,
    name: String,
    subject: String,
    /// `null` for a person that the rules of now refuse.
    #[schema(required = true)]
    role: Option<&'static str>,
    /// The ids of the tenants; `null` for all.
    #[schema(required = true)]
    tenants: Option<Vec<String>>,
    /// The reason for the role.
    rule: String,
    signed_in: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    address: String,
}

impl PersonDocument {
    fn new((pass, session): (Pass, Session), rules: &Rules) -> Self {
        let person = session.visitor(&pass.id, rules);
        let tenants = match person.as_ref().map(|person| person.tenants()) {
            Some(Tenants::All) => None,
            Some(Tenants::Only(tenants)) => Some(tenants.iter().map(ToString::to_string).collect()),
            None => Some(Vec::new()),
        };
        Self {
            role: person.as_ref().map(|person| person.role().as_str()),
            tenants,
            rule: session.rule(rules),
            id: pass.id,
            name: session.name,
            subject: session.subject,
            signed_in: session.created,
            last_seen: pass.seen,
            address: session.address,
        }
    }
}

impl From<CloudSession> for SessionDocument {
    fn from(session: CloudSession) -> Self {
        let CloudSession { name, state, is_well, expires_at, failures, last_error, .. } = session;
        Self { credential: name, state, is_well, expires_at, failures, last_error }
    }
}

pub(super) fn documents(sessions: Vec<CloudSession>) -> Vec<SessionDocument> {
    sessions.into_iter().map(Into::into).collect()
}

/// The sessions with the cloud, and those of people.
#[utoipa::path(get, path = "/api/debug/sessions", responses((status = 200, description = "The sessions with the cloud, and those of people", body = SessionsDocument), Problems))]
pub(in crate::web::api) async fn sessions(visible: Visible) -> Response {
    let (rules, cloud) = (visible.rules(), documents(visible.connections().sessions));
    match visible.sessions(None).await {
        Ok((people, _)) => {
            let people = people.into_iter().map(|person| PersonDocument::new(person, &rules)).collect();
            json(&SessionsDocument { now: visible.now(), cloud, people })
        }
        Err(error) => Problem::from(error).into_response(),
    }
}
