//! The lists of sessions, tokens and tenants.

use askama::Template;
use axum::{extract::Query, response::Response};
use chrono::DateTime;
use serde::Deserialize;

use crate::access::{Role, Shown, Tenants, Via};
use crate::store::model::PassCursor;
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Moment, moment, part};

#[derive(Template)]
#[template(path = "users.html")]
struct Page<'a> {
    frame: &'a Frame,
    has_sign_in: bool,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    /// The links to the next ones; empty on the last page.
    more_sessions: String,
    more_tokens: String,
    roles: Vec<&'static str>,
    tenants: Vec<TenantRow>,
    has_all: bool,
    /// A token that was created, which is shown once.
    created: String,
}

struct SessionRow {
    id: String,
    is_own: bool,
    name: String,
    subject: String,
    role: &'static str,
    tenants: String,
    rule: String,
    created: Moment,
    seen: Moment,
    address: String,
}

struct TokenRow {
    id: String,
    name: String,
    by: String,
    role: &'static str,
    tenants: String,
    created: Moment,
    seen: Option<Moment>,
    ends: Option<Moment>,
}

struct TenantRow {
    id: String,
    name: String,
    is_suspended: bool,
    /// The path of the page that suspends it.
    path: String,
}

/// The places after which the lists begin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Places {
    sessions: String,
    tokens: String,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Query(places): Query<Places>,
) -> Response {
    let page = build(&visible, &frame, None, &places).await;
    frame.answer(page)
}

/// Returns the page with a token that was created.
pub(super) async fn respond(visible: &Visible, frame: &Frame, created: &Shown) -> Response {
    let page = build(visible, frame, Some(created), &Places::default()).await;
    frame.answer(page)
}

/// Reads a place, as `more` writes it. Another text is the first page.
fn place(text: &str) -> Option<PassCursor> {
    let (seen, id) = text.split_once('-')?;
    Some(PassCursor { seen: DateTime::from_timestamp_micros(seen.parse().ok()?)?, id: id.to_owned() })
}

fn more(list: &str, last: Option<PassCursor>) -> String {
    last.map_or_else(String::new, |PassCursor { seen, id }| {
        format!("/users?{list}={}-{id}", seen.timestamp_micros())
    })
}

async fn build<'a>(
    visible: &Visible,
    frame: &'a Frame,
    created: Option<&Shown>,
    places: &Places,
) -> Result<Page<'a>, Fault> {
    let (sessions, last_session) = visible.sessions(place(&places.sessions)).await?;
    let (tokens, last_token) = visible.tokens(place(&places.tokens)).await?;
    let now = visible.now();
    let visitor = visible.visitor();
    let rules = visible.rules();
    let session = |(pass, session): (crate::store::model::Pass, crate::access::Session)| {
        let person = session.visitor(&pass.id, &rules);
        SessionRow {
            is_own: *visitor.via() == Via::Session(pass.id.clone()),
            role: person.as_ref().map_or("none", |person| person.role().as_str()),
            tenants: person.as_ref().map_or_else(String::new, |person| words(person.tenants())),
            rule: session.rule(&rules),
            created: moment(session.created, now),
            seen: moment(pass.seen, now),
            id: pass.id,
            name: session.name,
            subject: session.subject,
            address: session.address,
        }
    };
    let token = |(pass, token): (crate::store::model::Pass, crate::access::ApiToken)| TokenRow {
        id: pass.id,
        role: token.role.as_str(),
        tenants: words(&token.tenants),
        created: moment(token.created, now),
        by: match token.is_confirmed(now) {
            true => token.by.name,
            false => format!("{}, not confirmed by the identity provider for 30 days", token.by.name),
        },
        seen: (pass.seen > token.created).then(|| moment(pass.seen, now)),
        ends: pass.ends.map(|ends| moment(ends, now)),
        name: token.name,
    };
    let suspended = visible.suspended();
    Ok(Page {
        frame,
        has_sign_in: !visitor.is_local(),
        sessions: sessions.into_iter().map(session).collect(),
        tokens: tokens.into_iter().map(token).collect(),
        more_sessions: more("sessions", last_session),
        more_tokens: more("tokens", last_token),
        roles: Role::ALL.into_iter().filter(|role| *role <= visitor.role()).map(Role::as_str).collect(),
        tenants: visible
            .tenants()
            .await?
            .into_iter()
            .map(|tenant| TenantRow {
                is_suspended: suspended.contains(&tenant.id),
                path: suspend_path(tenant.id.as_str()),
                id: tenant.id.to_string(),
                name: tenant.name,
            })
            .collect(),
        has_all: visible.has_all(),
        created: created.map_or_else(String::new, |shown| shown.expose().to_owned()),
    })
}

/// Returns the path of the page that suspends a tenant.
pub(super) fn suspend_path(tenant: &str) -> String {
    format!("/users/tenants?id={}", part(tenant))
}

/// The tenants in words.
fn words(tenants: &Tenants) -> String {
    match tenants {
        Tenants::All => "all".to_owned(),
        Tenants::Only(tenants) => tenants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
