//! A scripted endpoint that records its requests, and what must not show.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use plume_auth::{
    AuthError, ClientCredentials, Credential, Introspection, Scope, SecureUrl, StaticToken, TokenProvider,
    TokenSource,
};
use plume_runtime::{Clock, InProcess, ManualClock, Transport, TransportError, TransportErrorKind};

pub(crate) const URL: &str = "https://external.sso.example.net/oauth2/ausEXAMPLE/v1/token";
pub(crate) const HOST: &str = "external.sso.example.net";
pub(crate) const ID: &str = "0oaEXAMPLE";
/// Looks different in every encoding. The last word is what no text may show.
pub(crate) const SECRET: &str = "not-a-real-secret/+ &=:canary";
pub(crate) const TOKEN: &str = "not.a.canary-token";
pub(crate) const ANSWER: &str =
    r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.canary-token"}"#;

pub(crate) type Answer = Result<(u16, String), TransportErrorKind>;

pub(crate) fn with_status(status: u16, body: &str) -> Answer {
    Ok((status, body.to_owned()))
}

pub(crate) struct Seen {
    /// Since the clock's zero.
    pub(crate) at: Duration,
    pub(crate) request: Request<Bytes>,
}

pub(crate) struct Setup {
    pub(crate) source: ClientCredentials,
    pub(crate) clock: ManualClock,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_800)
}

/// A client of an endpoint that sends `answers`, and repeats the last one.
pub(crate) fn setup(answers: Vec<Answer>) -> Setup {
    setup_with(answers, None)
}

/// As [`setup`], with one more header in every answer.
pub(crate) fn setup_with(answers: Vec<Answer>, header: Option<(&'static str, &'static str)>) -> Setup {
    let clock = ManualClock::skipping(start());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, now) = (Arc::clone(&seen), clock.clone());
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let mut log = log.lock().unwrap();
        let answer = answers[log.len().min(answers.len() - 1)].clone();
        log.push(Seen { at: now.monotonic(), request });
        async move {
            match answer {
                Ok((status, body)) => {
                    let answer = Response::builder().status(status);
                    let answer =
                        header.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
                    Ok(answer.body(Bytes::from(body)).unwrap())
                }
                Err(kind) => Err(TransportError::new(kind, "the sample network is down")),
            }
        }
    });
    let source = client(URL, Arc::new(transport)).clock(Arc::new(clock.clone()));
    Setup { source, clock, seen }
}

pub(crate) fn client(url: &str, transport: Arc<dyn Transport>) -> ClientCredentials {
    ClientCredentials::new(
        SecureUrl::parse(url).unwrap(),
        Credential::from_client(ID, SECRET),
        Scope::partner_admin("5e00000000000000000000aa"),
        transport,
    )
}

impl Setup {
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// When each request was made, in milliseconds.
    pub(crate) fn times(&self) -> Vec<u128> {
        self.seen.lock().unwrap().iter().map(|seen| seen.at.as_millis()).collect()
    }

    pub(crate) fn request(&self, number: usize) -> Request<Bytes> {
        self.seen.lock().unwrap()[number].request.clone()
    }

    pub(crate) async fn fail(&self) -> AuthError {
        let error = self.source.fetch().await.unwrap_err();
        assert_silent(&error);
        error
    }
}

/// The form of a request, decoded.
pub(crate) fn form(request: &Request<Bytes>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body()).into_owned().collect()
}

/// Every way in which a secret may look when it comes back.
pub(crate) fn secrets() -> Vec<String> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let header = STANDARD.encode(format!("{}:{}", encode(ID), encode(SECRET)));
    vec![SECRET.to_owned(), encode(SECRET), encode(&header), header, TOKEN.to_owned()]
}

/// Neither the error nor anything below it shows a secret or a recognisable part of one.
pub(crate) fn assert_silent(error: &AuthError) {
    let mut texts = testkit::error::texts(error);
    texts.extend([error.help().to_owned(), error.code().unwrap_or_default().to_owned()]);
    for text in texts {
        assert_no_secret(&text);
    }
}

pub(crate) fn assert_no_secret(text: &str) {
    assert!(!text.contains("canary"), "{text}");
    for secret in secrets() {
        assert!(!text.contains(&secret[..12]), "{text}");
    }
}

pub(crate) async fn introspect(url: &str, answer: Answer) -> (Setup, Result<Introspection, AuthError>) {
    let mut setup = setup(vec![answer]);
    if url != URL {
        let transport =
            InProcess::new(|_| async { Err(TransportError::new(TransportErrorKind::Connect, "")) });
        setup.source = client(url, Arc::new(transport));
    }
    let token = StaticToken::new(TOKEN).unwrap().token().await.unwrap();
    let result = setup.source.introspect(&token).await;
    if let Err(error) = &result {
        assert_silent(error);
    }
    (setup, result)
}
