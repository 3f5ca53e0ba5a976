//! No response makes a secret show.

use std::{error::Error as _, fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use plume_auth::{
    AuthorizationSetting, CachedTokenProvider, ClientCredentials, Credential, IssuedToken, Scope, SecureUrl,
    StaticToken, TokenProvider, TokenSource,
};
use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

use crate::support::*;

#[tokio::test]
async fn no_answer_makes_a_secret_show() {
    for secret in secrets() {
        let quoted = serde_json::to_string(&secret).unwrap();
        let inside = serde_json::to_string(&format!("bad header 'Basic {secret}'!")).unwrap();
        // The cut of a long text goes through the secret.
        let late = serde_json::to_string(&format!("{}{secret}", "x".repeat(180))).unwrap();
        // A token that came with the answer is no less a secret, but no endpoint puts it into its errors.
        let echoes = if secret == TOKEN {
            vec![]
        } else {
            [&quoted, &inside, &late]
                .into_iter()
                .flat_map(|text| {
                    [
                        format!(r#"{{"error":{text}}}"#),
                        format!(r#"{{"error":"invalid_request","error_description":{text}}}"#),
                        format!(r#"{{"error":"invalid_client","error_description":{text}}}"#),
                        format!(r#"{{"errorCode":{text},"errorSummary":{text}}}"#),
                    ]
                })
                .collect()
        };
        let bodies = [
            secret.clone(),
            quoted.clone(),
            format!("<html>{secret}</html>"),
            format!(r#"{{"error":{{"error":{quoted}}}}}"#),
            format!(r#"{{{quoted}:1}}"#),
            format!(r#"{{"error":{quoted}"#),
            format!(r#"{{"token_type":{quoted},"access_token":{quoted}}}"#),
            format!(r#"{{"token_type":"Bearer","access_token":" {TOKEN}"}}"#),
            format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","expires_in":0}}"#),
            format!(r#"{{"token_type":"DPoP","access_token":"{TOKEN}","expires_in":{quoted}}}"#),
            r#"{"token_type":"Bearer","access_token":"canary.eyJleHAiOjB9.canary","expires_in":0}"#
                .to_owned(),
        ];
        for body in bodies.into_iter().chain(echoes) {
            for status in [200, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503] {
                let setup = setup(vec![with_status(status, &body)]);
                let error = setup.fail().await;
                assert!(error.to_string().contains(HOST), "{error}");
                assert!(error.to_string().contains(&status.to_string()), "{error}");
                assert!(error.to_string().len() < 600, "{error}");
                assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}

#[tokio::test]
async fn pasted_header_is_redacted_too() {
    // Not form-encoded, as the portal makes it, and with base64 that looks different inside a URL.
    let header = format!("Basic {}", STANDARD.encode(format!("{ID}:{SECRET}>>>???~~~")));
    let in_url: String = url::form_urlencoded::byte_serialize(header.as_bytes()).collect();
    assert!(in_url.contains("%2F"), "{in_url}");
    let Ok(AuthorizationSetting::Basic(credential)) = AuthorizationSetting::parse(&header) else {
        panic!("it says Basic");
    };
    for echo in [SECRET, &header, &in_url, header.trim_end_matches('=')] {
        let echo = echo.replace(SECRET, &format!("{SECRET}>>>???~~~"));
        let body = serde_json::json!({"error": "invalid_client", "error_description": echo}).to_string();
        let transport = InProcess::new(move |_: Request<Bytes>| {
            let answer = Response::builder().status(401).body(Bytes::from(body.clone())).unwrap();
            async { Ok(answer) }
        });
        let url = SecureUrl::parse(URL).unwrap();
        let source =
            ClientCredentials::new(url, credential.clone(), Scope::raw("sample"), Arc::new(transport));
        let error = source.fetch().await.unwrap_err();
        assert_silent(&error);
        assert!(!error.to_string().contains(&header[6..18]), "{error}");
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
}

#[test]
fn ordinary_words_are_not_torn_by_an_odd_secret() {
    for (id, secret) in [("", ""), (ID, ""), (ID, "a"), ("", "e")] {
        let transport = InProcess::new(|_: Request<Bytes>| async {
            Ok(Response::builder()
                .status(400)
                .body(Bytes::from_static(
                    br#"{"error":"invalid_scope","error_description":"a scope is needed"}"#,
                ))
                .unwrap())
        });
        let source = ClientCredentials::new(
            SecureUrl::parse(URL).unwrap(),
            Credential::from_client(id, secret),
            Scope::raw("sample"),
            Arc::new(transport),
        );
        let error = source.fetch().now_or_never().unwrap().unwrap_err();
        assert!(error.to_string().contains("invalid_scope: a scope is needed"), "{error}");
    }
}

#[tokio::test]
async fn debug_is_redacted() {
    fn shown(value: &dyn fmt::Debug) {
        assert_no_secret(&format!("{value:?}"));
        assert_no_secret(&format!("{value:#?}"));
    }
    let issued = IssuedToken::new(TOKEN, Duration::from_secs(600)).unwrap();
    shown(&issued);
    shown(&issued.clone().with_scope(Some("sample".to_owned())));
    shown(&Credential::from_client(ID, SECRET));
    let fixed = StaticToken::new(TOKEN).unwrap();
    shown(&fixed);
    let token = fixed.token().await.unwrap();
    shown(&token);
    shown(token.header_value());

    let setup = setup(vec![with_status(200, ANSWER), with_status(401, SECRET)]);
    shown(&setup.source);
    let provider = CachedTokenProvider::new(setup.source.clone(), Arc::new(ManualClock::new(start())));
    shown(&provider);
    let token = provider.token().await.unwrap();
    assert_eq!(token.expose_token(), TOKEN);
    shown(&provider);
    shown(&token);
    provider.invalidate(&token);
    provider.token().await.unwrap_err();
    shown(&provider);

    let introspected =
        introspect(URL, with_status(200, include_str!("../bodies/introspect-active.json"))).await;
    shown(&introspected.1);
}

#[tokio::test]
async fn an_error_can_be_followed_to_its_cause() {
    for kind in [
        TransportErrorKind::Refused,
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Timeout,
        TransportErrorKind::Interrupted,
        TransportErrorKind::TooLarge,
    ] {
        let error = setup(vec![Err(kind)]).fail().await;
        let cause = error.source().unwrap().downcast_ref::<TransportError>().unwrap();
        assert_eq!(cause.kind(), kind);
        assert!(error.to_string().contains("the sample network is down"), "{error}");
        assert_eq!(error.status(), None);
    }
}
