//! The parts of every page: the navigation, the colors, the notice, and the token of its forms.

mod navigation;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use percent_encoding::percent_decode_str;

use crate::access::{Role, Visitor};
use crate::web::dashboard::Dashboard;
use crate::web::pages::frame::navigation::{Entry, entries};
use crate::web::shell;

/// The name of the cookie with the colors.
pub(super) const THEME: &str = "theme";
/// The name of the cookie with the name of the person.
pub(super) const PERSON: &str = "person";
/// The possible colors.
pub(super) const THEMES: [&str; 3] = ["auto", "light", "dark"];

/// The parts of a page that do not depend on its content.
#[derive(Debug)]
pub(super) struct Frame {
    /// The entries of the navigation, and whether each is the current one.
    pub(super) entries: Vec<(Entry, bool)>,
    /// The path with its query.
    pub(super) here: String,
    pub(super) now: String,
    pub(super) clock: String,
    pub(super) pace: u32,
    pub(super) notice: String,
    pub(super) theme: &'static str,
    pub(super) person: String,
    pub(super) token: String,
    /// The name and the role of the visitor.
    pub(super) visitor: String,
    pub(super) role: Role,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
}

/// Takes the visitor that the route has found. Without a check of the route there is none.
impl FromRequestParts<Dashboard> for Frame {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, StatusCode> {
        Self::new(dashboard, parts).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl Frame {
    /// Returns the frame of a page for a visitor.
    pub(super) fn new(dashboard: &Dashboard, parts: &Parts) -> Option<Self> {
        let visitor = parts.extensions.get::<Visitor>()?;
        let cookie = |name| cookie(parts, name);
        let theme = cookie(THEME).and_then(|given| THEMES.into_iter().find(|theme| *theme == given));
        let now = dashboard.now();
        Some(Self {
            entries: entries(parts.uri.path()),
            here: parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned(),
            now: now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            clock: now.format("%H:%M UTC").to_string(),
            pace: dashboard.notice().pace.max(1),
            notice: dashboard.notice().text.clone(),
            theme: theme.unwrap_or("auto"),
            person: cookie(PERSON).unwrap_or_default(),
            token: dashboard.token().expose().to_owned(),
            visitor: visitor.name().to_owned(),
            role: visitor.role(),
            style: shell::style(),
            script: shell::script(),
        })
    }
}

fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let all = parts.headers.get_all(header::COOKIE).into_iter();
    let mut pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
