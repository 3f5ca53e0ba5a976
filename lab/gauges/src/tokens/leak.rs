//! Marker secrets through every public path of `plume-auth`: none may appear in the output.

use std::{
    error::Error,
    fmt::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::DateTime;
use plume_auth::{
    AuthorizationSetting, CachedTokenProvider, ClientCredentials, Credential, CredentialFile,
    CredentialSource, IssuedToken, RotatingCredential, Scope, SecureUrl, StaticToken, TokenEvent,
    TokenObserver, TokenProvider, TokenSource,
};
use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use gauges::{Reading, Settings};

use crate::runtime::block_on;

const SECRET: &str = "canary/not+a-real=secret";
const TOKEN: &str = "canary.not-a-real-token.0123456789";

/// The collected output, line by line.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn add(&self, text: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend(text.lines().map(str::to_owned));
    }

    fn debug(&self, value: &dyn fmt::Debug) {
        self.add(&format!("{value:?}\n{value:#?}"));
    }

    fn error(&self, error: &(dyn Error + 'static)) {
        testkit::error::texts(error).iter().for_each(|text| self.add(text));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = String::new();
        attributes.record(&mut Text(&mut text));
        self.add(&text);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut text = String::new();
        values.record(&mut Text(&mut text));
        self.add(&text);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = event.metadata().name().to_owned();
        event.record(&mut Text(&mut text));
        self.add(&text);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }
}

impl TokenObserver for Lines {
    fn observe(&self, event: &TokenEvent) {
        self.debug(event);
    }
}

/// Every form in which a marker could appear.
fn needles() -> Vec<String> {
    let pair = format!("0oaEXAMPLE:{SECRET}");
    let percent = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    };
    let hex = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    };
    let encoded_pair = format!("0oaEXAMPLE:{}", percent(SECRET));
    let mut needles = Vec::new();
    for text in [SECRET, TOKEN] {
        needles.extend([text.to_owned(), percent(text), hex(text), STANDARD.encode(text)]);
        needles.extend(text.get(..12).map(str::to_owned));
    }
    for text in [pair, encoded_pair] {
        let encoded = STANDARD.encode(text);
        needles.extend(encoded.get(12..28).map(str::to_owned));
        needles.push(encoded.trim_end_matches('=').to_owned());
    }
    needles
}

/// Responses that repeat the request, in every form.
fn bodies() -> Vec<String> {
    let pair = STANDARD.encode(format!("0oaEXAMPLE:{SECRET}"));
    let texts = [SECRET.to_owned(), TOKEN.to_owned(), pair.clone(), format!("Basic {pair}")];
    let mut bodies = vec![
        String::new(),
        "<html>no</html>".to_owned(),
        format!(r#"{{"token_type":"Bearer","expires_in":600,"access_token":"{TOKEN}"}}"#),
        format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","scope":"other"}}"#),
        format!(r#"{{"token_type":"DPoP","access_token":"{TOKEN}"}}"#),
        format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}\n"}}"#),
        format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","access_token":"{TOKEN}"}}"#),
        format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","expires_in":-1}}"#),
        format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}"#),
    ];
    for text in texts {
        bodies.push(
            json!({ "error": "invalid_client", "error_description": format!("got {text} here") }).to_string(),
        );
        bodies.push(json!({ "errorCode": text, "errorSummary": text }).to_string());
        bodies.push(format!("<html>{text}</html>"));
        bodies.push(json!({ "active": text }).to_string());
    }
    bodies
}

async fn endpoint(lines: &Lines, status: u16, body: String, credential: Credential) -> Result<(), String> {
    let transport = InProcess::new(move |_: http::Request<Bytes>| {
        let body = body.clone();
        async move {
            let answer =
                http::Response::builder().status(status).header("retry-after", "1").body(Bytes::from(body));
            answer.map_err(|_| TransportError::new(TransportErrorKind::Interrupted, "no answer"))
        }
    });
    let url = |end: &str| SecureUrl::parse(&format!("https://sso.example.net/oauth2/ausEXAMPLE/v1/{end}"));
    let clock = Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
    let rotating = RotatingCredential::new(credential);
    let source = ClientCredentials::new(
        url("token").map_err(|error| error.to_string())?,
        rotating.clone(),
        Scope::partner_admin("5e00000000000000000000aa"),
        Arc::new(transport),
    )
    .revocation_url(url("revoke").map_err(|error| error.to_string())?)
    .clock(Arc::clone(&clock) as _);
    lines.debug(&source);
    lines.debug(&rotating);
    match source.fetch().await {
        Ok(issued) => lines.debug(&issued),
        Err(error) => {
            lines.error(&error);
            lines.debug(&(error.code(), error.help(), error.kind(), error.retry_after()));
        }
    }
    let issued = IssuedToken::new(TOKEN, Duration::from_secs(600)).ok_or("the marker is no token")?;
    let token = plume_auth::AccessToken::from_issued(&issued, 1).ok_or("the marker is no token")?;
    match source.introspect(&token).await {
        Ok(introspection) => lines.debug(&introspection),
        Err(error) => lines.error(&error),
    }
    if let Err(error) = source.revoke(&token).await {
        lines.error(&error);
    }
    let provider =
        CachedTokenProvider::builder(source.clone(), clock).observer(Arc::new(lines.clone())).build();
    for _ in 0..2 {
        match provider.token().await {
            Ok(token) => {
                lines.debug(&token);
                lines.debug(token.header_value());
                provider.invalidate(&token);
            }
            Err(error) => lines.error(&error),
        }
        lines.debug(&provider);
        lines.debug(&provider.status());
        provider.retry_now();
    }
    if let Err(error) = provider.revoke(&source).await {
        lines.error(&error);
    }
    Ok(())
}

/// Typical pasted inputs with mistakes.
fn settings_of(lines: &Lines) -> Result<(), String> {
    let pair = STANDARD.encode(format!("0oaEXAMPLE:{SECRET}"));
    for pasted in [
        format!("Basic {pair}"),
        pair.clone(),
        format!("Bearer {TOKEN}"),
        format!("Digest {SECRET}"),
        SECRET.to_owned(),
        format!("Basic {SECRET}\n{SECRET}"),
        format!("Bearer {TOKEN}\u{0}"),
    ] {
        match AuthorizationSetting::parse(&pasted) {
            Ok(setting) => lines.debug(&setting),
            Err(error) => lines.error(&error),
        }
    }
    for url in [
        format!("https://user:{SECRET}@sso.example.net/token"),
        format!("https://sso.example.net/token?secret={SECRET}"),
        format!("http://sso.example.net/{TOKEN}"),
        format!("ftp://{SECRET}/"),
    ] {
        if let Err(error) = SecureUrl::parse(&url) {
            lines.error(&error);
        }
    }
    if let Some(token) = StaticToken::new(TOKEN) {
        lines.debug(&token);
    }
    let path = std::env::temp_dir().join(format!("plume-gauge-leak-{}", std::process::id()));
    for content in [format!("Basic {pair}\n"), format!("Bearer {TOKEN}"), format!("{SECRET}\n{SECRET}")] {
        std::fs::write(&path, content).map_err(|error| error.to_string())?;
        match CredentialFile::open(&path) {
            Ok(file) => {
                lines.debug(&file);
                std::fs::write(&path, SECRET).map_err(|error| error.to_string())?;
                lines.debug(&file.credential());
            }
            Err(error) => lines.error(&error),
        }
    }
    std::fs::remove_file(&path).map_err(|error| error.to_string())
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let lines = Lines::default();
    let statuses = [200, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 502, 503];
    let outcome = tracing::subscriber::with_default(lines.clone(), || {
        settings_of(&lines)?;
        for status in statuses {
            for body in bodies() {
                for credential in [
                    Credential::from_client("0oaEXAMPLE", SECRET),
                    Credential::from_client_raw("0oaEXAMPLE", SECRET),
                    Credential::from_client("0oaEXAMPLE", &format!("{SECRET}\n")),
                ] {
                    block_on(endpoint(&lines, status, body.clone(), credential))??;
                }
            }
        }
        Ok::<(), String>(())
    });
    outcome?;
    if settings.plant {
        lines.add(&format!("a user logs {TOKEN}"));
    }
    let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    let needles = needles();
    let hits: Vec<&String> =
        lines.iter().filter(|line| needles.iter().any(|needle| line.contains(needle.as_str()))).collect();
    let traced = lines.iter().filter(|line| line.starts_with("event ")).count();
    Ok(Reading {
        value: json!({ "hits": hits.len(), "forms": needles.len(), "events": traced, "first": hits.first() }),
        goal: "0 hits",
        pass: hits.is_empty() && traced > 0,
        scanned: lines.len() as u64,
    })
}
