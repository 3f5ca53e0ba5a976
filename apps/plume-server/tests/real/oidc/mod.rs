//! Sign-in with oidc-provider.

mod browser;

use std::{
    io::{BufRead, BufReader},
    process::{ChildStdout, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use plume::{
    auth::SecureUrl,
    monitor::ids::TenantId,
    runtime::{Clock, HttpTransport, ManualClock, SystemClock},
};
use plume_server::{
    access::{ProviderSettings, Role, Rule, Rules, SignIn, Tenants},
    guard::Guard,
    notify::Means,
    stop::Stop,
    store::{
        AuditStore, HomeStore, MemoryStore,
        model::{AuditQuery, Silent, Tenant},
    },
    suspended::Suspended,
    web::{Dashboard, DashboardParts, Gate, Hosts, Live, Notice, Outlook, Process, Provider, router},
};
use tower::ServiceExt;

use crate::counterpart::{Running, free_port, node, repository};
use browser::{Answer, Browser};

/// The origin of the server, which is only a name here.
const ORIGIN: &str = "http://127.0.0.1:8080";

/// The provider on a port. Its keys live as long as it does.
struct Identity {
    port: u16,
    /// With its output: a process that cannot write ends.
    running: Option<(Running, BufReader<ChildStdout>)>,
}

impl Identity {
    fn new(algorithm: &str) -> Self {
        let mut identity = Self { port: free_port(), running: None };
        identity.restart(algorithm);
        identity
    }

    /// Starts it again on its port, with new keys.
    fn restart(&mut self, algorithm: &str) {
        self.stop();
        let mut command = node(&repository().join("apps/plume-server/tests/real/oidc/provider.mjs"));
        command.args([&self.port.to_string(), ORIGIN, algorithm]).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        self.running = Some((Running(child), output));
        assert_eq!(line, "ready\n", "oidc-provider does not start");
    }

    fn stop(&mut self) {
        self.running = None;
    }
}

/// The dashboard with a provider, on a clock that only the test moves.
struct Server {
    store: MemoryStore,
    clock: ManualClock,
    routes: Router,
    _stop: Stop,
}

impl Server {
    async fn new(identity: &Identity) -> Self {
        let clock = ManualClock::new(SystemClock::new().wall());
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let north = TenantId::new("north");
        store.put_tenant(Tenant { id: north.clone(), name: "North".to_owned() }).await.unwrap();
        let settings = ProviderSettings {
            issuer: SecureUrl::parse(&format!("http://127.0.0.1:{}", identity.port)).unwrap(),
            client_id: "monitor".to_owned(),
            client_secret: Some("not-a-real-secret".into()),
            scopes: ["openid", "profile"].map(str::to_owned).to_vec(),
        };
        let rule = Rule {
            claim: "groups".to_owned(),
            value: "noc".to_owned(),
            tenants: Tenants::Only([north].into()),
            role: Role::Operator,
        };
        let sign_in = SignIn {
            provider: Some(settings.clone()),
            rules: Rules::new(vec![rule]),
            public_origin: Some(ORIGIN.to_owned()),
            ..SignIn::default()
        };
        let transport = Arc::new(HttpTransport::builder().build());
        let provider = Provider::new(settings, ORIGIN, transport, Arc::new(clock.clone()));
        let stop = Stop::default();
        let dashboard = Dashboard::new(DashboardParts {
            store: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
            announcer: Arc::new(Silent),
            client: None,
            pulse: Arc::new(|| None),
            check_now: Arc::new(|_, _| None),
            live: Live::new(Arc::new(clock.clone())),
            stopping: stop.stopping(),
            notice: Notice::default(),
            gate: Gate::closed(sign_in, Some(provider), Suspended::default()),
            process: Process::default(),
            outlook: Outlook {
                means: Means { guard: Guard::new([]), has_mail: false, has_bot: false },
                routes: Arc::new([]),
            },
        });
        let hosts = Hosts::of(([127, 0, 0, 1], 8080).into()).with_public(Some(ORIGIN));
        Self { store, clock, routes: router(dashboard, hosts), _stop: stop }
    }

    /// Makes a request of a browser.
    async fn ask(&self, browser: &mut Browser, path: &str, form: Option<&str>) -> Answer {
        let method = if form.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080");
        request = request.header(header::COOKIE, browser.cookies(ORIGIN));
        if form.is_some() {
            let kind = "application/x-www-form-urlencoded";
            request = request.header(header::ORIGIN, ORIGIN).header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Body::from(form.unwrap_or_default().to_owned())).unwrap();
        let (parts, body) = self.routes.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        browser.keep(ORIGIN, &parts.headers);
        Answer::new(parts.status.as_u16(), &parts.headers, &bytes)
    }

    /// A person signs in at the provider. Returns the path and query that the provider leads back to.
    async fn authorize(&self, browser: &mut Browser, login: &str) -> String {
        let start = self.ask(browser, "/sign-in/start?next=%2Fincidents", None).await;
        assert_eq!(start.status, 303, "{}", start.text);
        let back = browser.authorize(&start.location, login).await;
        back.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{back}")).to_owned()
    }

    async fn sign_in(&self, browser: &mut Browser, login: &str) -> Answer {
        let back = self.authorize(browser, login).await;
        self.ask(browser, &back, None).await
    }

    async fn refusals(&self) -> Vec<String> {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
        let rows = self.store.audit_rows(query).await.unwrap();
        let outcomes = rows.into_iter().map(|row| row.event.outcome);
        outcomes.filter(|outcome| outcome.starts_with("refused")).collect()
    }
}

#[tokio::test]
async fn a_person_signs_in_and_out_at_a_real_provider() {
    for algorithm in ["RS256", "ES256"] {
        let identity = Identity::new(algorithm);
        let server = Server::new(&identity).await;
        let mut browser = Browser::new();
        let answer = server.sign_in(&mut browser, "ada").await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/incidents"), "{}", answer.text);
        let page = server.ask(&mut browser, "/", None).await;
        assert!(page.status == 200 && page.text.contains("Person ada</b> operator"), "{}", page.text);
        // The provider still knows the browser: the next sign-in needs no password.
        let start = server.ask(&mut browser, "/sign-in", None).await;
        assert_eq!(start.status, 303, "already signed in");
        let form = format!("token={}", page.hidden("token"));
        let out = server.ask(&mut browser, "/sign-out", Some(&form)).await;
        assert!(out.status == 200 && out.text.contains("Signed out"), "{}", out.text);
        assert_eq!(server.ask(&mut browser, "/", None).await.status, 303);
        let at_provider = out.link("/session/end?");
        assert_eq!(browser.sign_out(&at_provider).await, format!("{ORIGIN}/sign-in"));
        // Now the provider asks again.
        let start = server.ask(&mut browser, "/sign-in/start", None).await;
        assert!(browser.asks_for_login(&start.location).await);
    }
}

#[tokio::test]
async fn a_person_of_another_organisation_is_refused_by_name() {
    let identity = Identity::new("RS256");
    let server = Server::new(&identity).await;
    let mut browser = Browser::new();
    let answer = server.sign_in(&mut browser, "eve").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("no rule for access matches groups"), "{}", answer.text);
    assert_eq!(server.ask(&mut browser, "/", None).await.status, 303);
    assert!(server.refusals().await[0].contains("no rule for access matches groups"));
    // Another browser cannot use the response of the first.
    let back = server.authorize(&mut Browser::new(), "ada").await;
    assert_eq!(server.ask(&mut Browser::new(), &back, None).await.status, 400);
}

#[tokio::test]
async fn a_provider_that_is_down_is_named_and_one_with_new_keys_works() {
    let mut identity = Identity::new("RS256");
    let server = Server::new(&identity).await;
    let mut browser = Browser::new();
    let back = server.authorize(&mut browser, "ada").await;
    identity.stop();
    let answer = server.ask(&mut browser, &back, None).await;
    assert!(answer.status == 502 && answer.text.contains("cannot be used"), "{}", answer.text);
    identity.restart("RS256");
    assert_eq!(server.sign_in(&mut browser, "ada").await.status, 303);
    // New keys: the first token with one of them fetches them, but once a minute at most.
    identity.restart("RS256");
    let answer = server.sign_in(&mut Browser::new(), "ada").await;
    assert!(answer.status == 400 && answer.text.contains("no key with its id"), "{}", answer.text);
    server.clock.advance(Duration::from_secs(61));
    assert_eq!(server.sign_in(&mut Browser::new(), "ada").await.status, 303);
    // A clock that is wrong is named.
    server.clock.advance(Duration::from_secs(2 * 60 * 60));
    let answer = server.sign_in(&mut Browser::new(), "ada").await;
    assert!(answer.status == 400 && answer.text.contains("clocks"), "{}", answer.text);
}
