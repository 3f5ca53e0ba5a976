//! The authorization server, and the API's treatment of its tokens.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request, StatusCode};
use plume_sim::{Home, Simulator};
use serde_json::{Value, json};

use common::{builder, clock, encode, parsed};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

fn token_path(simulator: &Simulator) -> String {
    simulator.endpoints().sso_url().strip_prefix("http://127.0.0.1:9").unwrap().to_owned()
}

fn form(simulator: &Simulator) -> String {
    let scope = format!("partnerId:{} role:partnerIdAdmin", simulator.endpoints().partner_id());
    format!("grant_type=client_credentials&scope={}", encode(&scope))
}

fn post(simulator: &Simulator, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    parsed(&simulator.handle(request.body(Bytes::from(body.to_owned())).unwrap()))
}

fn ask(simulator: &Simulator, header: Option<&str>, body: &str) -> (StatusCode, Value) {
    let mut headers = vec![("content-type", FORM)];
    headers.extend(header.map(|header| ("authorization", header)));
    post(simulator, &token_path(simulator), &headers, body)
}

fn get_count(simulator: &Simulator, header: &str) -> StatusCode {
    let request =
        Request::get("/api/Customers/count").header("authorization", header).body(Bytes::new()).unwrap();
    simulator.handle(request).status()
}

#[test]
fn a_token_is_issued_and_valid_for_both_services() {
    let simulator = builder().build();
    let (status, body) = ask(&simulator, Some(&simulator.endpoints().auth_header()), &form(&simulator));
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 600);
    assert_eq!(
        body["scope"],
        format!("partnerId:{} role:partnerIdAdmin", simulator.endpoints().partner_id())
    );
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(get_count(&simulator, &format!("Bearer {token}")), StatusCode::OK);
    assert_eq!(get_count(&simulator, &format!("bearer {token}")), StatusCode::OK);
}

#[test]
fn every_error_has_its_code_and_status() {
    let simulator = builder().build();
    let right = simulator.endpoints().auth_header();
    let good = form(&simulator);
    let wrong_secret = "Basic MG9hU0lNVUxBVE9SMDAwMDAwMDA6d3Jvbmc=";
    let table: [(Option<&str>, String, u16, &str); 16] = [
        (None, good.clone(), 401, "invalid_client"),
        (Some(wrong_secret), good.clone(), 401, "invalid_client"),
        (None, format!("{good}&client_id=a&client_secret=b"), 401, "invalid_client"),
        (Some("Basic !!!"), good.clone(), 400, "invalid_request"),
        (Some("Basic"), good.clone(), 400, "invalid_request"),
        (Some("Basic bm9jb2xvbg=="), good.clone(), 400, "invalid_request"),
        (Some("Bearer abc"), good.clone(), 400, "invalid_request"),
        (Some(&right), format!("{good}&client_id=a"), 400, "invalid_request"),
        (Some(&right), format!("{good}&grant_type=client_credentials"), 400, "invalid_request"),
        (Some(&right), good.replace("grant_type=client_credentials&", ""), 400, "invalid_request"),
        (Some(&right), good.replace("client_credentials", "password"), 400, "unauthorized_client"),
        (Some(&right), good.replace("client_credentials", "nonsense"), 400, "unsupported_grant_type"),
        (Some(&right), "grant_type=client_credentials".to_owned(), 400, "invalid_scope"),
        (Some(&right), "grant_type=client_credentials&scope=openid".to_owned(), 400, "invalid_scope"),
        (Some(&right), good.replace("partnerId%3A", "partnerId%3Aother"), 400, "invalid_scope"),
        (Some(&right), format!("{good}+more"), 400, "invalid_scope"),
    ];
    for (header, body, status, code) in table {
        let (given, answer) = ask(&simulator, header, &body);
        assert_eq!((given.as_u16(), &answer["error"]), (status, &json!(code)), "{header:?} {body}");
        assert!(answer["error_description"].is_string());
    }
    let path = token_path(&simulator);
    for content_type in ["application/json", "text/plain"] {
        let headers = [("authorization", right.as_str()), ("content-type", content_type)];
        let (status, answer) = post(&simulator, &path, &headers, &good);
        assert_eq!((status.as_u16(), &answer["error"]), (400, &json!("invalid_request")));
    }
    assert_eq!(post(&simulator, &path, &[("authorization", &right)], &good).0, 400, "no content type");
}

#[test]
fn an_unknown_authorization_server_answers_in_its_own_envelope() {
    let simulator = builder().build();
    let headers = [("authorization", "Basic eA=="), ("content-type", FORM)];
    for action in ["token", "introspect", "revoke"] {
        let (status, body) = post(&simulator, &format!("/oauth2/ausOTHER/v1/{action}"), &headers, "");
        assert_eq!(status, StatusCode::NOT_FOUND);
        common::has_keys(&body, &["errorCode", "errorSummary", "errorId", "errorCauses"]);
    }
    let request = Request::get(token_path(&simulator)).body(Bytes::new()).unwrap();
    let answer = simulator.handle(request);
    let (status, body) = parsed(&answer);
    assert_eq!((status.as_u16(), &body["errorCode"]), (405, &json!("E0000022")));
    assert_eq!(answer.headers()["allow"], "POST");
}

#[test]
fn client_and_scope_follow_the_standard() {
    let simulator = builder().build();
    let right = simulator.endpoints().auth_header();
    let twice = form(&simulator).replace("scope=", "scope=role%3ApartnerIdAdmin+");
    assert_eq!(ask(&simulator, Some(&right), &twice).0, StatusCode::OK, "a scope word twice is that word");
    // `0oaSIMULATOR00000000:not-a-real-secret`, form-encoded before it was joined.
    let encoded = Engine::encode(&BASE64_STANDARD, "%30oaSIMULATOR00000000:not%2Da%2Dreal%2Dsecret");
    assert_eq!(ask(&simulator, Some(&format!("Basic {encoded}")), &form(&simulator)).0, StatusCode::OK);
}

#[test]
fn the_metadata_names_endpoints_that_work() {
    let simulator = builder().build();
    let url = "http://127.0.0.1:9/oauth2/ausSIMULATOR00000000/.well-known/oauth-authorization-server";
    let (status, body) = parsed(&simulator.handle(Request::get(url).body(Bytes::new()).unwrap()));
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["issuer"], "http://127.0.0.1:9/oauth2/ausSIMULATOR00000000");
    assert_eq!(body["token_endpoint"], simulator.endpoints().sso_url());
    assert_eq!(body["token_endpoint_auth_methods_supported"], json!(["client_secret_basic"]));
    let request = Request::get("/oauth2/other/.well-known/oauth-authorization-server").body(Bytes::new());
    assert_eq!(simulator.handle(request.unwrap()).status(), StatusCode::NOT_FOUND);
}

#[test]
fn the_number_of_valid_tokens_is_bounded() {
    let simulator = builder().token_lifetime(Duration::from_secs(86_400)).build();
    let bearer = format!("Bearer {}", simulator.issue_token());
    for _ in 0..16_383 {
        let _ = simulator.issue_token();
    }
    assert_eq!(get_count(&simulator, &bearer), StatusCode::OK);
    let newest = format!("Bearer {}", simulator.issue_token());
    assert_eq!(get_count(&simulator, &bearer), StatusCode::UNAUTHORIZED, "the oldest one ends");
    assert_eq!(get_count(&simulator, &newest), StatusCode::OK);
}

#[test]
fn tokens_expire_by_the_clock() {
    let clock = clock();
    let simulator = builder().clock(Arc::new(clock.clone())).token_lifetime(Duration::from_secs(60)).build();
    let bearer = format!("Bearer {}", simulator.issue_token());
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(get_count(&simulator, &bearer), StatusCode::OK);
    clock.advance(Duration::from_millis(1));
    assert_eq!(get_count(&simulator, &bearer), StatusCode::UNAUTHORIZED);
    let fresh = format!("Bearer {}", simulator.issue_token());
    assert_ne!(fresh, bearer);
    assert_eq!(get_count(&simulator, &fresh), StatusCode::OK);
}

#[test]
fn a_missing_or_unknown_token_is_refused_in_the_envelope_of_the_api() {
    let simulator = builder().build();
    let expected = json!({ "error": {
        "statusCode": 401,
        "name": "Error",
        "message": "Authorization Required",
        "code": "AUTHORIZATION_REQUIRED",
    } });
    let token = simulator.issue_token();
    for header in [None, Some("Bearer nonsense"), Some("Bearer "), Some(token.as_str()), Some("Basic eA==")] {
        for path in ["/api/Customers", "/reports/gateway/devices/x/bandwidth"] {
            let mut request = Request::get(path);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let (status, body) = parsed(&simulator.handle(request.body(Bytes::new()).unwrap()));
            assert_eq!((status.as_u16(), body), (401, expected.clone()), "{header:?}");
        }
    }
}

#[test]
fn introspection_distinguishes_valid_tokens() {
    let clock = clock();
    let simulator = builder().clock(Arc::new(clock.clone())).build();
    let path = token_path(&simulator).replace("/token", "/introspect");
    let header = simulator.endpoints().auth_header();
    let headers = [("authorization", header.as_str()), ("content-type", FORM)];
    let body = format!("token_type_hint=access_token&token={}", simulator.issue_token());
    let (status, answer) = post(&simulator, &path, &headers, &body);
    assert_eq!(status, StatusCode::OK);
    let keys = ["active", "scope", "exp", "iat", "sub", "aud", "iss", "jti", "token_type", "client_id"];
    common::has_keys(&answer, &keys);
    assert_eq!(answer["active"], true);
    assert_eq!(answer["exp"].as_i64().unwrap() - answer["iat"].as_i64().unwrap(), 600);

    clock.advance(Duration::from_secs(600));
    assert_eq!(post(&simulator, &path, &headers, &body).1, json!({ "active": false }));
    assert_eq!(post(&simulator, &path, &headers, "token=unknown").1, json!({ "active": false }));
    assert_eq!(post(&simulator, &path, &headers, "").1["error"], "invalid_request");
    assert_eq!(post(&simulator, &path, &[("content-type", FORM)], &body).0, 401);
}

#[test]
fn a_revoked_token_is_rejected() {
    let simulator = builder().tenant("second", 3).build();
    let path = token_path(&simulator).replace("/token", "/revoke");
    let header = simulator.endpoints().auth_header();
    let headers = [("authorization", header.as_str()), ("content-type", FORM)];
    let token = simulator.issue_token();
    let body = format!("token={token}");
    let bearer = format!("Bearer {token}");

    // Another client can neither revoke it nor learn whether it exists.
    let stranger = simulator.tenant_endpoints("second").unwrap().auth_header();
    let strange = [("authorization", stranger.as_str()), ("content-type", FORM)];
    assert_eq!(post(&simulator, &path, &strange, &body).0, StatusCode::OK);
    assert_eq!(get_count(&simulator, &bearer), StatusCode::OK);

    assert_eq!(post(&simulator, &path, &headers, &body).0, StatusCode::OK);
    assert_eq!(get_count(&simulator, &bearer), StatusCode::UNAUTHORIZED);
    // A second revocation, and an unknown token: no error (RFC 7009, section 2.2).
    assert_eq!(post(&simulator, &path, &headers, &body).0, StatusCode::OK);
    assert_eq!(post(&simulator, &path, &headers, "token=unknown").0, StatusCode::OK);
    assert_eq!(post(&simulator, &path, &headers, "").1["error"], "invalid_request");
    assert_eq!(post(&simulator, &path, &[("content-type", FORM)], &body).0, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_tenant_is_found_by_its_name_only() {
    let simulator =
        builder().customers(3).tenant("Example Cable", 1).tenant("Example Cable", 2).tenant("Example ISP", 4);
    let simulator = simulator.build();
    assert_eq!(simulator.tenant_endpoints("Example ISP").unwrap(), simulator.endpoints());
    assert_eq!(simulator.tenant_customers("Example ISP").unwrap().len(), Home::ALL.len() + 4);
    let cable = simulator.tenant_endpoints("Example Cable").unwrap();
    assert_eq!(simulator.tenant_customers("Example Cable").unwrap().len(), 2);
    let header = BASE64_STANDARD.encode(format!("{}:{}", cable.client_id(), cable.client_secret()));
    assert_eq!(cable.auth_header(), format!("Basic {header}"));
    for unknown in ["", "0", "example isp"] {
        let error = simulator.tenant_customers(unknown).unwrap_err().to_string();
        assert!(error.contains(r#"(known: "Example ISP", "Example Cable")"#), "{error}");
    }
}
