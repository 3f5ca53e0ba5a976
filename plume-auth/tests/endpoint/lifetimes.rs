//! The lifetime of a token.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use plume_auth::{AuthErrorKind, CachedTokenProvider, StaticToken, TokenProvider};
use plume_runtime::{InProcess, ManualClock};

use crate::support::*;

#[tokio::test]
async fn a_lifetime_counts_from_before_the_request() {
    let clock = ManualClock::new(start());
    let (now, asked) = (clock.clone(), Arc::new(Mutex::new(0)));
    let log = Arc::clone(&asked);
    let transport = InProcess::new(move |_: Request<Bytes>| {
        let mut asked = log.lock().unwrap();
        *asked += 1;
        let first = *asked == 1;
        if first {
            // The answer is 20 s on its way.
            now.advance(Duration::from_secs(20));
        }
        async move {
            let status = if first { 200 } else { 403 };
            Ok(Response::builder().status(status).body(Bytes::from_static(ANSWER.as_bytes())).unwrap())
        }
    });
    let source = client(URL, Arc::new(transport)).clock(Arc::new(clock.clone()));
    let provider = CachedTokenProvider::new(source, Arc::new(clock.clone()));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));

    // One second before the end, 579 s after the answer, it is served, because a refresh fails …
    clock.advance(Duration::from_secs(579));
    assert_eq!(provider.token().await.unwrap().generation(), 1);
    assert_eq!(*asked.lock().unwrap(), 2);
    // … and it expires 580 s after the response, although the endpoint said 600.
    clock.advance(Duration::from_secs(1));
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Unexplained);
}

#[tokio::test]
async fn lifetime_counts_from_before_the_first_attempt() {
    // The endpoint does not know the duration of the earlier attempts; counting it costs little.
    let setup = setup(vec![with_status(500, ""), with_status(200, ANSWER)]);
    let clock = ManualClock::new(start());
    let provider = CachedTokenProvider::new(setup.source, Arc::new(clock));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));
}

#[tokio::test]
async fn the_claim_inside_a_token_does_not_shorten_its_life() {
    // By the token's own claim it expires in five minutes; `expires_in` says ten, and needs no clock.
    let claimed = start() + Duration::from_secs(300);
    let seconds = claimed.timestamp();
    let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{seconds}}}"#));
    let body = ANSWER.replace(TOKEN, &format!("h.{payload}.s"));
    let setup = setup(vec![with_status(200, &body)]);
    let provider = CachedTokenProvider::new(setup.source, Arc::new(setup.clock));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));
    assert_eq!(token.clocks_differ(), Some(Duration::from_secs(300)));
}

#[tokio::test]
async fn callers_share_one_fetch_with_its_attempts() {
    for (answer, requests) in
        [(with_status(200, ANSWER), 1), (with_status(500, ""), 3), (with_status(401, ""), 1)]
    {
        let setup = setup(vec![answer]);
        let provider = CachedTokenProvider::new(setup.source.clone(), Arc::new(ManualClock::new(start())));
        let results = join_all((0..1_000).map(|_| provider.token())).await;
        assert!(results.windows(2).all(|two| two[0].is_ok() == two[1].is_ok()));
        assert_eq!(setup.requests(), requests);
        let _ = provider.token().await;
        assert_eq!(setup.requests(), requests, "the token is kept, and so is the failure");
    }
}

#[tokio::test]
async fn static_token_is_kept_after_any_response() {
    let provider = StaticToken::new(&format!(" {TOKEN}\n")).unwrap();
    let token = provider.token().await.unwrap();
    assert_eq!(token.expose_token(), TOKEN);
    assert_eq!(token.header_value(), format!("Bearer {TOKEN}").as_str());
    assert_eq!(token.expires_at(), None);
    provider.invalidate(&token);
    assert_eq!(provider.token().await.unwrap().generation(), token.generation());
    for text in ["", " ", "two words", "line\nbreak", "nul\0", "ä"] {
        assert!(StaticToken::new(text).is_none(), "{text:?}");
    }
}
