//! Sign-in, roles, tenants, sessions, tokens and the audit. Rows WB05 to WB08 and WB10 to WB14.

mod audit;
mod changes;
mod routes;
mod sessions;
mod streams;
mod tokens;

use axum::http::Method;
use plume_server::{
    access::{
        Account, ApiToken, Claims, Role, Rule, Rules, Session, SessionLimits, Shown, SignIn, Tenants,
        password,
    },
    store::{
        AuditStore, PassStore, RecordStore,
        model::{AuditQuery, Pass, PassKind, RecordKind},
    },
};

use super::*;

pub(super) use audit::Folder;

const PASSWORD: &str = "not-a-real-password";

impl Bed {
    /// A bed with sign-in, the tenants `north` and `south`, and one home and one incident in each.
    pub(super) async fn closed() -> Self {
        Self::closed_at(None).await
    }

    async fn closed_at(public: Option<&str>) -> Self {
        let public_origin = public.map(str::to_owned);
        Self::closed_with(SignIn { public_origin, ..SignIn::default() }).await
    }

    async fn closed_with(sign_in: SignIn) -> Self {
        Self::closed_over(sign_in, in_memory).await
    }
}

impl<S: Store + Clone + 'static> Bed<S> {
    async fn closed_over(sign_in: SignIn, store: impl FnOnce(&ManualClock) -> S) -> Self {
        let rule = |value: &str, tenants: Tenants, role| Rule {
            claim: "groups".to_owned(),
            value: value.to_owned(),
            tenants,
            role,
        };
        let north = || Tenants::Only([tenant()].into());
        let rules = Rules::new(vec![
            rule("all-admin", Tenants::All, Role::Admin),
            rule("admin", north(), Role::Admin),
            rule("operator", north(), Role::Operator),
            rule("viewer", north(), Role::Viewer),
        ]);
        let sign_in = Some(SignIn { rules, ..sign_in });
        let bed = Self::build(sign_in, Process::default(), |_| None, store).await;
        let south = Tenant { id: TenantId::new("south"), name: "South".to_owned() };
        bed.store.put_tenant(south).await.unwrap();
        bed.add_home("h1", "Alder Street 1").await;
        bed.open_incident("i1", "h1", bed.clock.wall()).await;
        bed.add_home_of(&TenantId::new("south"), "h2", "Secret Street 2").await;
        bed.open_incident_of(&TenantId::new("south"), "i2", "h2", bed.clock.wall()).await;
        bed
    }

    fn session_of(&self, group: &str) -> Session {
        let claims: Claims = serde_json::from_value(serde_json::json!({ "groups": [group] })).unwrap();
        Session {
            name: format!("Ada of {group}"),
            subject: "https://id.example.net ada".to_owned(),
            claims: Some(claims),
            read: ["groups".to_owned()].into(),
            created: self.clock.wall(),
            confirmed: self.clock.wall(),
            address: "192.0.2.1".to_owned(),
        }
    }

    /// Adds a token of a person in a group, with all rights of that person. Returns the header.
    async fn token(&self, group: &str) -> String {
        let (shown, now) = (Shown::random().unwrap(), self.clock.wall());
        let (role, tenants) = (Role::Admin, Tenants::All);
        let by = self.session_of(group);
        let token = ApiToken { name: format!("of {group}"), by, role, tenants, created: now };
        let pass = Pass { id: shown.id(), seen: now, ends: None, body: serde_json::to_vec(&token).unwrap() };
        self.store.put_pass(PassKind::Token, pass).await.unwrap();
        format!("Bearer {}", shown.expose())
    }

    /// Returns the id of the window that a program added; `none` without one.
    async fn window_of_program(&self, tenant: &TenantId) -> String {
        let windows = self.store.records(tenant, RecordKind::Window).await.unwrap();
        let own =
            windows.iter().find(|window| String::from_utf8_lossy(&window.body).contains("of a program"));
        own.map_or_else(|| "none".to_owned(), |window| window.id.clone())
    }

    /// Sends a document to the API.
    async fn call(&self, path: &str, headers: &[(&str, &str)], document: &str) -> Answer {
        let mut request = Request::post(path).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let json = ("content-type", "application/json");
        if !headers.iter().any(|(name, _)| *name == json.0) {
            request = request.header(json.0, json.1);
        }
        self.send(request.body(Body::from(document.to_owned())).unwrap()).await
    }

    /// Adds a session of a person in a group. Returns the cookie.
    pub(super) async fn session(&self, group: &str) -> String {
        let (shown, now) = (Shown::random().unwrap(), self.clock.wall());
        let session = self.session_of(group);
        let ends = Some(now + SessionLimits::default().absolute);
        let body = serde_json::to_vec(&session).unwrap();
        let pass = Pass { id: shown.id(), seen: now, ends, body };
        self.store.put_pass(PassKind::Session, pass).await.unwrap();
        format!("session={}", shown.expose())
    }

    async fn add_account(&self, name: &str) {
        let body = serde_json::to_vec(&Account { hash: password::hash(PASSWORD).unwrap() }).unwrap();
        let pass = Pass { id: name.to_owned(), seen: self.clock.wall(), ends: None, body };
        self.store.put_pass(PassKind::Account, pass).await.unwrap();
    }

    /// Signs in to the account `ada`. Returns the cookie.
    async fn account_session(&self) -> String {
        let token = field(&self.page("/sign-in", "").await.text, "token");
        let form = format!("token={token}&name=ada&password={PASSWORD}");
        let answer = self.ask(&Method::POST, "/sign-in", &[], &form).await;
        let mut all = answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let cookie = all.find(|cookie| cookie.starts_with("session=")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn ask(&self, method: &Method, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if *method == Method::POST {
            request = request
                .header("origin", "http://localhost:8080")
                .header("content-type", "application/x-www-form-urlencoded");
        }
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(super) async fn page(&self, path: &str, cookie: &str) -> Answer {
        self.ask(&Method::GET, path, &[("cookie", cookie)], "").await
    }

    /// Sends a form with the token of the session.
    async fn submit(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.submit_from("/", path, cookie, form).await
    }

    /// Sends a form with the token of a page.
    async fn submit_from(&self, page: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let page = self.page(page, cookie).await.text;
        let form = format!("token={}&{form}", field(&page, "token"));
        self.ask(&Method::POST, path, &[("cookie", cookie)], &form).await
    }

    async fn actions(&self) -> Vec<(String, String, String)> {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
        let rows = self.store.audit_rows(query).await.unwrap().into_iter().rev();
        rows.map(|row| (row.event.who, row.event.action, row.event.outcome)).collect()
    }
}

/// The token on the page that shows it.
fn created(page: &str) -> String {
    page.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}
