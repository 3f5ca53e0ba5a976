//! The warnings about what a token endpoint does: each once for a client, and none without its cause.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::DateTime;
use http::{Request, Response};
use plume_auth::{ClientCredentials, Credential, Scope, SecureUrl, TokenSource};
use plume_runtime::{InProcess, ManualClock};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

const START: u64 = 1_768_471_800;

/// The messages of all warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plume_auth" && *metadata.level() == Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message::default();
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// The warnings of a client that fetches three tokens from an endpoint with this answer.
async fn warnings(answer: String) -> Vec<String> {
    let transport = InProcess::new(move |_: Request<Bytes>| {
        let answer = Response::new(Bytes::from(answer.clone()));
        async { Ok(answer) }
    });
    let source = ClientCredentials::new(
        SecureUrl::parse("https://external.sso.example.net/oauth2/ausEXAMPLE/v1/token").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::raw("one two"),
        Arc::new(transport),
    );
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(START));
    let source = source.clock(Arc::new(clock));
    let seen = Warnings::default();
    let _guard = tracing::subscriber::set_default(seen.clone());
    for _ in 0..3 {
        source.fetch().await.unwrap();
    }
    seen.0.lock().unwrap().clone()
}

#[tokio::test]
async fn client_warns_once_of_assumptions_and_each_time_of_missing_fields() {
    let token = |exp: u64| {
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
        format!(r#""token_type":"Bearer","access_token":"h.{claims}.s""#)
    };
    let good = token(START + 600);
    assert_eq!(warnings(format!(r#"{{{good},"expires_in":600}}"#)).await, [""; 0]);
    let assumed = "the token response has no usable `expires_in`";
    assert_eq!(
        warnings(r#"{"token_type":"Bearer","access_token":"not.a.token"}"#.to_owned()).await,
        [assumed]
    );
    let differ = "the clocks disagree: the token's own expiry differs from `expires_in`, which is used";
    let early = token(START + 300);
    assert_eq!(warnings(format!(r#"{{{early},"expires_in":600}}"#)).await, [differ]);
    let narrower = "the token's scope is narrower than requested";
    assert_eq!(warnings(format!(r#"{{{good},"expires_in":600,"scope":"one"}}"#)).await, [narrower; 3]);
}
