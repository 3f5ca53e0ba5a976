//! Plays a script against a simulator, in process or over HTTP.

use std::{
    collections::HashMap,
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::Request;
use plume_runtime::chrono::DateTime;
use plume_runtime::{Clock, Limits, ManualClock};
use plume_sim::{
    Endpoints, Home, Simulator, Verdict,
    faults::{Effect, FaultPlan, FaultRule},
};
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinHandle};

use super::{
    script::{Call, Login, Script, Step},
    wire,
};

/// The transport between the client and the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    InProcess,
    Http,
}

/// The delay of responses when requests are sent together.
const TOGETHER: Duration = Duration::from_secs(1);

/// The providers of every cloud. A script names one by its position.
const TENANTS: [&str; 6] = ["Example ISP", "Other ISP", "Third ISP", "Fourth ISP", "Fifth ISP", "Sixth ISP"];

/// The outcome of a script.
#[derive(Debug)]
pub struct Played {
    pub verdict: Verdict,
    /// Responses with another status than the script expects. Such a script does not test its rule.
    pub surprises: Vec<String>,
}

/// Plays a script. Needs a runtime with one thread.
pub async fn run(script: &Script, way: Way) -> Played {
    // 2026-01-15T10:00:00Z.
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
    let mut builder = Simulator::builder()
        .seed(7)
        .clock(Arc::new(clock.clone()))
        .customers(script.cloud.customers)
        .faults(plan(&script.cloud.faults));
    for name in &TENANTS[1..] {
        builder = builder.tenant(*name, 5);
    }
    if let Some(life) = script.cloud.life {
        builder = builder.token_lifetime(life);
    }
    if script.cloud.firewall {
        builder = builder.firewall();
    }
    let simulator = builder.build();
    let server = match way {
        Way::InProcess => None,
        Way::Http => Some(simulator.serve(([127, 0, 0, 1], 0)).await.unwrap()),
    };
    let mut stage = Stage {
        surprises: Vec::new(),
        simulator: simulator.clone(),
        clock,
        server: server.as_ref().map(plume_sim::Server::address),
        faults: script.cloud.faults.clone(),
        people: HashMap::new(),
        current: String::new(),
        index: 0,
        under_way: None,
    };
    stage.turn_to("me", None, 0);
    stage.play(&script.steps).await;
    let surprises = std::mem::take(&mut stage.surprises);
    drop(stage);
    let verdict = simulator.verdict();
    drop(server);
    Played { verdict, surprises }
}

fn plan(faults: &[FaultRule]) -> FaultPlan {
    faults.iter().cloned().fold(FaultPlan::new(1), FaultPlan::rule)
}

/// A client.
struct Person {
    endpoints: Endpoints,
    address: IpAddr,
    token: String,
    line: Option<TcpStream>,
    tenant: usize,
}

struct Stage {
    surprises: Vec<String>,
    simulator: Simulator,
    clock: ManualClock,
    server: Option<SocketAddr>,
    faults: Vec<FaultRule>,
    people: HashMap<String, Person>,
    current: String,
    /// The number of completed rounds of the innermost loop.
    index: usize,
    /// The requests sent together.
    under_way: Option<Vec<(String, JoinHandle<Answer>)>>,
}

/// The status, or 0 for none; the body; and the connection, if it can be reused.
type Answer = (u16, Value, Option<TcpStream>);

impl Stage {
    fn me(&mut self) -> &mut Person {
        self.people.get_mut(&self.current).unwrap()
    }

    fn turn_to(&mut self, name: &str, address: Option<&str>, tenant: usize) {
        self.current = name.to_owned();
        let endpoints = self.simulator.tenant_endpoints(TENANTS[tenant]).unwrap();
        let address = address.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |text| text.parse().unwrap());
        let person = Person { endpoints, address, token: "no.token.yet".to_owned(), line: None, tenant };
        self.people.entry(name.to_owned()).or_insert(person);
    }

    fn play<'p>(&'p mut self, steps: &'p [Step]) -> Pin<Box<dyn Future<Output = ()> + 'p>> {
        Box::pin(async move {
            for step in steps {
                self.step(step).await;
            }
        })
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::As { name, address, tenant } => {
                let name = self.filled(name);
                self.turn_to(&name, address.as_deref(), *tenant);
            }
            Step::Wait(time) => self.clock.advance(*time),
            Step::ClockBack(time) => {
                let wall = self.clock.wall();
                self.clock.set_wall(wall - *time);
            }
            Step::Faults(faults) => {
                self.faults.clone_from(faults);
                self.simulator.set_faults(plan(faults));
            }
            Step::Repeat(times, steps) => {
                let outer = self.index;
                for index in 0..*times {
                    self.index = index;
                    self.play(steps).await;
                }
                self.index = outer;
            }
            Step::Together(steps) => self.together(steps).await,
            Step::Login(login) => {
                let request = self.login(*login);
                if let Some((status, body)) = self.send(request, false).await {
                    self.keep(status, &body);
                }
            }
            Step::Introspect | Step::Revoke => {
                let word = if matches!(step, Step::Revoke) { "revoke" } else { "introspect" };
                let url = self.me().endpoints.sso_url().replace("/v1/token", &format!("/v1/{word}"));
                let form = format!("token={}", self.me().token);
                let header = self.me().endpoints.auth_header();
                let request = form_request(&url, Some(&header), form);
                self.send(request, false).await;
            }
            Step::Call(call) => {
                let request = self.call(call);
                let answer = self.send(request, call.abandoned).await;
                if let (Some(expected), Some((status, body))) = (call.expected, answer)
                    && status != expected
                {
                    let what =
                        format!("{} {}: {status}, expected {expected}: {body}", call.method, call.path);
                    self.surprises.push(what);
                }
            }
        }
    }

    fn keep(&mut self, status: u16, body: &Value) {
        if status == 200
            && let Some(token) = body["access_token"].as_str()
        {
            token.clone_into(&mut self.me().token);
        }
    }

    /// Sends all requests before the first response arrives.
    async fn together(&mut self, steps: &[Step]) {
        let slow = Effect::Latency { least: TOGETHER, most: TOGETHER };
        self.simulator.set_faults(plan(&self.faults).rule(FaultRule::new(slow)));
        let before = self.simulator.request_count();
        self.under_way = Some(Vec::new());
        self.play(steps).await;
        let sent = self.under_way.take().unwrap();
        let all = before + u64::try_from(sent.len()).unwrap();
        while self.simulator.request_count() < all {
            tokio::task::yield_now().await;
        }
        self.clock.advance(TOGETHER);
        for (name, handle) in sent {
            let (status, body, line) = handle.await.unwrap();
            self.current.clone_from(&name);
            self.me().line = line;
            self.keep(status, &body);
        }
        self.simulator.set_faults(plan(&self.faults));
    }

    async fn send(&mut self, request: Request<Bytes>, abandoned: bool) -> Option<(u16, Value)> {
        let before = self.simulator.request_count();
        let together = self.under_way.is_some();
        let (server, address) = (self.server, self.me().address);
        let kept = if together { None } else { self.me().line.take() };
        let simulator = self.simulator.clone();
        let exchange = async move {
            match server {
                Some(server) => match wire::exchange(server, address, kept, &request).await {
                    Ok((status, body, line)) => {
                        (status, serde_json::from_slice(&body).unwrap_or_default(), Some(line))
                    }
                    Err(_) => (0, Value::Null, None),
                },
                None => {
                    let transport = simulator.transport_from(&address.to_string());
                    match transport.send(request, &Limits::default()).await {
                        Ok(answer) => {
                            let body = serde_json::from_slice(answer.body()).unwrap_or_default();
                            (answer.status().as_u16(), body, None)
                        }
                        Err(_) => (0, Value::Null, None),
                    }
                }
            }
        };
        if together || abandoned {
            let handle = tokio::spawn(exchange);
            if let Some(sent) = &mut self.under_way {
                // In the order of the script.
                while self.simulator.request_count() == before {
                    tokio::task::yield_now().await;
                }
                sent.push((self.current.clone(), handle));
                return None;
            }
            while self.simulator.request_count() == before {
                tokio::task::yield_now().await;
            }
            handle.abort();
            let _ = handle.await;
            // Over HTTP the server must detect that the client has disconnected.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            return None;
        }
        let (status, body, line) = exchange.await;
        self.me().line = line;
        Some((status, body))
    }

    fn login(&mut self, login: Login) -> Request<Bytes> {
        let endpoints = self.me().endpoints.clone();
        let partner = endpoints.partner_id();
        let form = format!("grant_type=client_credentials&scope=partnerId%3A{partner}+role%3ApartnerIdAdmin");
        let right = endpoints.auth_header();
        let encoded = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        let id = self.client_id();
        let (header, form) = match login {
            Login::Well => (Some(right), form),
            Login::WrongSecret => (Some(encoded(&format!("{id}:wrong"))), form),
            Login::UnknownClient => (Some(encoded("0oaNOBODY00000000000:wrong")), form),
            Login::InTheForm => (None, format!("{form}&client_id={id}&client_secret=wrong")),
            Login::BrokenHeader => (Some("Basic: broken".to_owned()), form),
        };
        form_request(&endpoints.sso_url(), header.as_deref(), form)
    }

    fn client_id(&mut self) -> String {
        self.credentials().split(':').next().unwrap().to_owned()
    }

    fn credentials(&mut self) -> String {
        let header = self.me().endpoints.auth_header();
        String::from_utf8(BASE64_STANDARD.decode(header.trim_start_matches("Basic ")).unwrap()).unwrap()
    }

    /// Replaces the words in braces with the values of this client.
    fn filled(&mut self, text: &str) -> String {
        let mut filled = text.to_owned();
        while let Some((before, rest)) = filled.split_once("{{") {
            let (word, after) =
                rest.split_once("}}").unwrap_or_else(|| panic!("{text}: a brace is not closed"));
            let value = self.word(word);
            filled = format!("{before}{value}{after}");
        }
        filled
    }

    fn word(&mut self, word: &str) -> String {
        let home = Home::Healthy;
        let index = self.index;
        let (token, tenant) = (self.me().token.clone(), self.me().tenant);
        let others = if tenant == 0 { 1 } else { tenant };
        let other = || self.simulator.tenant_customers(TENANTS[others]).unwrap()[0].clone();
        let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        match word {
            "home" => format!("/Customers/{}/locations/{}", home.customer_id(), home.location_id()),
            "c" => home.customer_id().to_owned(),
            "l" => home.location_id().to_owned(),
            "unknown" => "5ca1ab1e0000000c00ffffff".to_owned(),
            "some-unknown" => format!("5ca1ab1e0000000c00ff{index:04x}"),
            "customer" => format!("5ca1ab1e0000000c0000{:04x}", 256 + index % 200),
            "other" => other(),
            "other-l" => other().replacen("0000000c", "0000010f", 1),
            "other-node" => format!("SIM{}101", other()[18..].to_uppercase()),
            "other-mac" => format!("02{}1101", &other()[18..]),
            "other-partner" => self.simulator.tenant_endpoints(TENANTS[1]).unwrap().partner_id(),
            "i" => index.to_string(),
            "100i" => (100 * index).to_string(),
            "token" => token,
            "token64" => BASE64_STANDARD.encode(&token),
            "token%" => percent(&token),
            "secret" => self.secret(),
            "secret64" => BASE64_STANDARD.encode(self.secret()),
            "basic" => self.me().endpoints.auth_header(),
            _ => panic!("unknown word {word}"),
        }
    }

    fn secret(&mut self) -> String {
        self.credentials().split(':').nth(1).unwrap().to_owned()
    }

    fn call(&mut self, call: &Call) -> Request<Bytes> {
        let path = self
            .filled(&call.path)
            .replace('"', "%22")
            .replace('{', "%7B")
            .replace('}', "%7D")
            .replace(' ', "%20");
        let known = ["/reports", "/oauth2", "/lteservice", "/api", "/API", "http"];
        let path =
            if known.iter().any(|start| path.starts_with(start)) { path } else { format!("/api{path}") };
        let mut request = Request::builder().method(call.method.as_str()).uri(path);
        let headers: Vec<(String, String)> =
            call.headers.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect();
        let has = |name: &str| headers.iter().any(|(known, _)| known == name);
        if !has("authorization") && !has("bare") {
            request = request.header("authorization", format!("Bearer {}", self.me().token));
        }
        for (name, value) in headers.iter().filter(|(name, _)| name != "bare") {
            request = request.header(name, value);
        }
        let body = self.filled(&call.body);
        if !body.is_empty() && !has("content-type") {
            let json = body.starts_with('{');
            let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
            request = request.header("content-type", kind);
        }
        request.body(Bytes::from(body)).unwrap()
    }
}

fn form_request(url: &str, header: Option<&str>, form: String) -> Request<Bytes> {
    let mut request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    request.body(Bytes::from(form)).unwrap()
}
