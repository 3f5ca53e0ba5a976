//! Introspection of a token.

use http::{Method, header};
use plume_auth::AuthErrorKind;
use plume_runtime::TransportErrorKind;

use crate::support::*;

#[tokio::test]
async fn introspection_uses_the_sibling_of_the_token_endpoint() {
    let body = include_str!("../bodies/introspect-active.json");
    let (setup, result) = introspect(URL, with_status(200, body)).await;
    let found = result.unwrap();
    assert!(found.active);
    assert_eq!(found.client_id.as_deref(), Some("0oaSAMPLE00000000000"));
    let request = setup.request(0);
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://external.sso.example.net/oauth2/ausEXAMPLE/v1/introspect");
    assert_eq!(request.headers().get_all(header::AUTHORIZATION).iter().count(), 1);
    assert!(request.headers()[header::AUTHORIZATION].is_sensitive());
    assert_eq!(
        form(&request),
        [("token".to_owned(), TOKEN.to_owned()), ("token_type_hint".to_owned(), "access_token".to_owned()),]
    );
}

#[tokio::test]
async fn an_inactive_token_is_an_answer_and_no_error() {
    let body = include_str!("../bodies/introspect-inactive.json");
    let (_, result) = introspect(URL, with_status(200, body)).await;
    assert!(!result.unwrap().active);
}

#[tokio::test]
async fn introspection_error_is_specific_and_has_no_token() {
    let echo = format!(r#"{{"error":"invalid_request","error_description":"what is {TOKEN}?"}}"#);
    for (answer, kind) in [
        (with_status(400, &echo), AuthErrorKind::Configuration),
        (
            with_status(401, &echo.replace("invalid_request", "invalid_client")),
            AuthErrorKind::CredentialsRejected,
        ),
        (with_status(500, TOKEN), AuthErrorKind::Unavailable),
        (with_status(200, TOKEN), AuthErrorKind::Protocol),
        (with_status(200, r#"{"active":"true"}"#), AuthErrorKind::Protocol),
        (Err(TransportErrorKind::Connect), AuthErrorKind::Unavailable),
    ] {
        let (setup, result) = introspect(URL, answer).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(HOST), "{error}");
        assert_eq!(setup.requests(), 1);
    }
    let (_, result) =
        introspect("https://sso.example.net/oauth2/ausEXAMPLE", Err(TransportErrorKind::Tls)).await;
    assert_eq!(result.unwrap_err().kind(), AuthErrorKind::Configuration, "there is no sibling to derive");
}
