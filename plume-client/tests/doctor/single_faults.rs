//! One fault at a time.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use plume_client::doctor::{Diagnosis, Outcome};
use plume_runtime::{InProcess, Limits};
use plume_sim::{
    Simulator,
    faults::{Area, Effect, FaultRule, ResetStage},
};

use crate::setup::{check, setup, setup_of};

/// The names of the checks that failed.
fn failed(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.failed().map(|check| check.name.as_str()).collect()
}

fn rule(area: Area, effect: Effect) -> FaultRule {
    FaultRule::new(effect).area(area)
}

#[tokio::test]
async fn a_good_set_up_passes() {
    let diagnosis = setup().run().await;
    assert_eq!(diagnosis.outcome, Outcome::Passed, "{diagnosis}");
    for name in ["customers", "partner", "locations", "nodes", "devices", "wifi", "reports", "lte"] {
        assert!(check(&diagnosis, name).is_passed(), "{diagnosis}");
    }
    assert_eq!(diagnosis.calls, 9, "{diagnosis}");
}

#[tokio::test]
async fn incomplete_settings_are_named_and_the_rest_is_checked() {
    let setup =
        setup().without("PLUME_SSO_URL").with("PLUME_API_BAES", "x").with("PLUME_PARTNER_ID", "short");
    let diagnosis = setup.run().await;
    assert_eq!(failed(&diagnosis), ["settings", "partner-id"], "{diagnosis}");
    assert!(check(&diagnosis, "settings").help().unwrap().starts_with("Set PLUME_SSO_URL"), "{diagnosis}");
    assert!(
        check(&diagnosis, "setting-names").warnings()[0].contains("did you mean PLUME_API_BASE"),
        "{diagnosis}"
    );
    assert!(check(&diagnosis, "token").is_skipped(), "{diagnosis}");
    // The hosts are reached all the same.
    assert!(check(&diagnosis, "tls").is_passed(), "{diagnosis}");
    assert!(check(&diagnosis, "customers").is_skipped(), "{diagnosis}");
}

#[tokio::test]
async fn a_base_without_tls_fails() {
    let diagnosis = setup().with("PLUME_REPORTS_BASE", "http://cloud.example.net/reports").run().await;
    assert_eq!(failed(&diagnosis), ["base-urls"], "{diagnosis}");
    assert!(check(&diagnosis, "reports").is_skipped(), "{diagnosis}");
}

#[tokio::test]
async fn a_base_without_its_path_gets_the_usual_one_as_its_fix() {
    let diagnosis = setup().with("PLUME_API_BASE", "https://cloud.example.net").run().await;
    assert!(check(&diagnosis, "base-urls").warnings()[0].contains("ends in `/api`"), "{diagnosis}");
    assert!(check(&diagnosis, "customers").help().unwrap().contains("ends in `/api`"), "{diagnosis}");
    let diagnosis = setup().run().await;
    assert!(check(&diagnosis, "base-urls").warnings().is_empty(), "{diagnosis}");
}

#[tokio::test]
async fn a_wrong_secret_fails_the_token_only() {
    let diagnosis =
        setup().with("PLUME_AUTH_HEADER", "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==").run().await;
    assert_eq!(failed(&diagnosis), ["token"], "{diagnosis}");
    assert!(check(&diagnosis, "token").help().unwrap().contains("authorization header"), "{diagnosis}");
    for name in ["scopes", "customers", "nodes", "response-shape", "call-limit"] {
        assert!(check(&diagnosis, name).is_skipped(), "{diagnosis}");
    }
}

#[tokio::test]
async fn a_wrong_partner_fails_the_token_with_the_partner_as_fix() {
    let diagnosis = setup().with("PLUME_PARTNER_ID", "5e00000000000000000000ff").run().await;
    assert_eq!(failed(&diagnosis), ["token"], "{diagnosis}");
    assert!(check(&diagnosis, "token").help().unwrap().contains("PLUME_PARTNER_ID"), "{diagnosis}");
}

#[tokio::test]
async fn a_firewall_block_stops_all_calls() {
    let block = Effect::FirewallBlock { lasts: Duration::from_secs(300) };
    let diagnosis = setup().fault(rule(Area::Api, block)).run().await;
    assert_eq!(failed(&diagnosis), ["call-limit"], "{diagnosis}");
    assert!(check(&diagnosis, "call-limit").help().unwrap().contains("five minutes"), "{diagnosis}");
    assert_eq!(diagnosis.calls, 2, "{diagnosis}");
}

#[tokio::test]
async fn a_429_stops_all_calls() {
    let diagnosis = setup().fault(rule(Area::Api, Effect::status(429))).run().await;
    assert_eq!(failed(&diagnosis), ["call-limit"], "{diagnosis}");
    assert_eq!(diagnosis.calls, 2, "{diagnosis}");
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_gets_one_request() {
    let diagnosis = setup().fault(rule(Area::Oauth, Effect::status(429))).run().await;
    assert_eq!(failed(&diagnosis), ["token"], "{diagnosis}");
    assert_eq!(diagnosis.calls, 2, "the token request, and one to the other host:\n{diagnosis}");
}

#[tokio::test]
async fn a_token_endpoint_that_hangs_is_left_alone() {
    let diagnosis = setup().fault(rule(Area::Oauth, Effect::Hang)).run().await;
    assert_eq!(failed(&diagnosis), ["token"], "{diagnosis}");
    assert!(check(&diagnosis, "token").help().unwrap().contains("does not respond"), "{diagnosis}");
}

#[tokio::test]
async fn an_api_that_hangs_costs_one_deadline() {
    let setup = setup().fault(rule(Area::Api, Effect::Hang));
    let before = plume_runtime::Clock::monotonic(&setup.clock);
    let diagnosis = setup.run().await;
    assert_eq!(failed(&diagnosis), ["customers"], "{diagnosis}");
    assert!(plume_runtime::Clock::monotonic(&setup.clock) - before <= Duration::from_secs(11));
    assert!(check(&diagnosis, "nodes").is_skipped(), "{diagnosis}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_measured() {
    for (seconds, outcome) in
        [(30, Outcome::Passed), (-30, Outcome::Passed), (200, Outcome::Warned), (-7_200, Outcome::Failed)]
    {
        let diagnosis = setup().fault(FaultRule::new(Effect::ClockSkew { seconds })).run().await;
        assert_eq!(diagnosis.outcome, outcome, "{diagnosis}");
        let seen = check(&diagnosis, "clock").seen().unwrap();
        assert!(seen.contains(if seconds < 0 { "ahead of" } else { "behind" }), "{seen}");
    }
}

#[tokio::test]
async fn a_renamed_field_is_named() {
    let setup = setup();
    let inner = setup.simulator.transport();
    let renaming = InProcess::new(move |request: Request<Bytes>| {
        let inner = Arc::clone(&inner);
        async move {
            let response = inner.send(request, &Limits::default()).await?;
            Ok(response.map(|body| {
                let text = String::from_utf8(body.to_vec()).unwrap();
                text.replace("\"connectionState\"", "\"connection_status\"").into()
            }))
        }
    });
    let diagnosis = setup.doctor().transport(Arc::new(renaming)).run().await;
    assert_eq!(failed(&diagnosis), ["response-shape"], "{diagnosis}");
    let seen = check(&diagnosis, "response-shape").seen().unwrap();
    assert!(seen.contains("no element of the nodes has `connectionState`"), "{seen}");
    assert!(seen.contains("connection_status`, which is unknown"), "{seen}");
}

#[tokio::test]
async fn one_forbidden_capability_leaves_the_others() {
    let forbidden =
        FaultRule::new(Effect::Forbidden).route("/api/Customers/{id}/locations/{locationId}/nodes");
    let diagnosis = setup().fault(forbidden).run().await;
    assert_eq!(failed(&diagnosis), ["nodes"], "{diagnosis}");
    for name in ["customers", "devices", "wifi", "reports"] {
        assert!(check(&diagnosis, name).is_passed(), "{diagnosis}");
    }
}

#[tokio::test]
async fn a_reset_connection_fails_the_call_and_not_the_host() {
    let diagnosis = setup().fault(rule(Area::Reports, Effect::Reset { at: ResetStage::Body })).run().await;
    assert_eq!(failed(&diagnosis), ["reports"], "{diagnosis}");
}

#[tokio::test]
async fn a_refused_connection_fails_the_host_and_not_the_token() {
    let diagnosis = setup().fault(rule(Area::Oauth, Effect::Reset { at: ResetStage::Connect })).run().await;
    assert_eq!(failed(&diagnosis), ["connect"], "{diagnosis}");
    assert!(check(&diagnosis, "token").is_skipped(), "{diagnosis}");
}

#[tokio::test]
async fn an_account_without_customers_is_no_failure() {
    let diagnosis = setup_of(Simulator::builder().homes([]).customers(0)).run().await;
    assert_eq!(diagnosis.outcome, Outcome::Passed, "{diagnosis}");
    for name in ["locations", "nodes", "devices", "wifi", "reports"] {
        assert_eq!(check(&diagnosis, name).reason(), Some("no customer to try with"), "{diagnosis}");
    }
}

#[tokio::test]
async fn a_page_in_place_of_the_api_is_unreadable() {
    let diagnosis = setup().fault(rule(Area::Api, Effect::HtmlBody)).run().await;
    assert!(failed(&diagnosis).contains(&"customers"), "{diagnosis}");
    assert!(
        check(&diagnosis, "response-shape").is_skipped() || check(&diagnosis, "reports").is_passed(),
        "{diagnosis}"
    );
}

#[tokio::test]
async fn a_rejected_token_is_not_requested_again() {
    let diagnosis = setup().fault(rule(Area::Api, Effect::Unauthorized)).run().await;
    assert_eq!(failed(&diagnosis), ["customers"], "{diagnosis}");
    assert!(diagnosis.calls <= 4, "{diagnosis}");
}
