//! The parts of every page: the navigation, the colors, the notice, and the token of its forms.

mod navigation;

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::access::{Role, Via, Visitor};
use crate::web::dashboard::Dashboard;
use crate::web::pages::frame::navigation::{Entry, entries};
use crate::web::shell::{self, FormToken};

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
    /// The last event of live pages before the content was read; empty before sign-in.
    pub(super) at: String,
    pub(super) now: String,
    pub(super) clock: String,
    pub(super) pace: u32,
    pub(super) notice: String,
    pub(super) theme: &'static str,
    pub(super) person: String,
    pub(super) token: String,
    /// The name and the role of the visitor; empty before sign-in.
    pub(super) visitor: String,
    pub(super) role: &'static str,
    pub(super) can_sign_out: bool,
    /// The suspended tenants that the visitor sees; empty for none.
    pub(super) suspended: String,
    /// Whether the visitor may take care of incidents.
    pub(super) is_operator: bool,
    /// Whether the server has no sign-in, so that people type their names.
    pub(super) is_local: bool,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
}

impl FromRequestParts<Dashboard> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Infallible> {
        Ok(Self::new(dashboard, parts))
    }
}

impl Frame {
    /// Shows the page as to a visitor who has not signed in.
    pub(super) fn forget_visitor(&mut self) {
        self.visitor.clear();
        self.entries.clear();
        self.suspended.clear();
        self.can_sign_out = false;
    }

    /// Returns the frame of a page, for a visitor or for sign-in.
    pub(super) fn new(dashboard: &Dashboard, parts: &Parts) -> Self {
        let visitor = parts.extensions.get::<Visitor>();
        let token = parts.extensions.get::<FormToken>();
        let cookie = |name| shell::cookie(&parts.headers, name);
        let theme = cookie(THEME).and_then(|given| THEMES.into_iter().find(|theme| *theme == given));
        let now = dashboard.now();
        let suspended = dashboard.gate().suspended().all().into_iter();
        let suspended =
            suspended.filter(|tenant| visitor.is_some_and(|visitor| visitor.tenants().has(tenant)));
        let suspended: Vec<String> = suspended.map(|tenant| tenant.to_string()).collect();
        Self {
            entries: visitor.map(|visitor| entries(parts.uri.path(), visitor.role())).unwrap_or_default(),
            here: parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned(),
            at: visitor.map_or_else(String::new, |_| dashboard.live().place()),
            now: now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            clock: now.format("%H:%M UTC").to_string(),
            pace: dashboard.notice().pace.max(1),
            notice: dashboard.notice().text.clone(),
            theme: theme.unwrap_or("auto"),
            person: cookie(PERSON).unwrap_or_default(),
            token: token.map_or_else(String::new, |token| token.expose().to_owned()),
            visitor: visitor.map_or_else(String::new, |visitor| visitor.name().to_owned()),
            role: visitor.map_or("", |visitor| visitor.role().as_str()),
            can_sign_out: visitor.is_some_and(|visitor| matches!(visitor.via(), Via::Session(_))),
            suspended: suspended.join(", "),
            is_operator: visitor.is_some_and(|visitor| visitor.role() >= Role::Operator),
            is_local: visitor.is_some_and(Visitor::is_local),
            style: shell::style(),
            script: shell::script(),
        }
    }
}
