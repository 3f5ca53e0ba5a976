//! Many tenants: no tenant gets another one's token or delays another.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

mod common;

use std::{sync::Arc, time::Duration};

use common::{API, SSO, account_of, settle, setup, tenant, token, url};
use futures_util::{FutureExt, future::join_all};
use plume_auth::{
    Account, AuthErrorKind, Credential, RegistryError, Scope, TenantProvider, TokenProvider, TokenRegistry,
};

const ELSEWHERE: &str = "https://collector.example.net/oauth2/ausEXAMPLE/v1/token";

/// Accounts that differ from the first one in one thing each.
fn variants() -> Vec<Account> {
    let credential = |id: &str, secret: &str| Credential::from_client(id, secret);
    let scope = || Scope::raw("example");
    vec![
        account_of("client", "secret-a"),
        account_of("client", "secret-b"),
        account_of("other", "secret-a"),
        Account::new(url(SSO), url(API), credential("client", "secret-a"), Scope::raw("another")),
        Account::new(url(ELSEWHERE), url(API), credential("client", "secret-a"), scope()),
        Account::new(url(SSO), url("https://other.plume.com/"), credential("client", "secret-a"), scope()),
    ]
}

#[tokio::test]
async fn accounts_with_any_difference_share_no_entry() {
    let setup = setup(100, |builder| builder);
    let mut accounts = variants();
    // And the very same account for another tenant.
    accounts.push(account_of("client", "secret-a"));
    let mut providers = Vec::new();
    for (number, account) in accounts.into_iter().enumerate() {
        providers.push(setup.registry.register(&tenant(&number.to_string()), account).unwrap());
    }
    for (number, provider) in providers.iter().enumerate() {
        provider.token().await.unwrap();
        assert_eq!(setup.endpoint.asked(), number as u32 + 1, "each sends its own request");
    }
    for provider in &providers {
        provider.token().await.unwrap();
    }
    assert_eq!(setup.endpoint.asked(), 7, "each keeps its own");
    assert!(token(&providers[1]).await.starts_with("client:secret-b:"));
    assert!(token(&providers[2]).await.starts_with("other:secret-a:"));
    // A rejected token is rejected for its tenant alone.
    let rejected = providers[6].token().await.unwrap();
    providers[6].invalidate(&rejected);
    for provider in &providers {
        provider.token().await.unwrap();
    }
    assert_eq!(setup.endpoint.asked(), 8);
}

#[tokio::test]
async fn the_same_account_is_joined_and_another_one_is_refused() {
    let setup = setup(100, |builder| builder);
    let name = tenant("a");
    let first = setup.registry.register(&name, account_of("client", "secret-a")).unwrap();
    let one = token(&first).await;
    let second = setup.registry.register(&name, account_of("client", "secret-a")).unwrap();
    assert_eq!(token(&second).await, one);
    assert_eq!(token(&setup.registry.provider(&name).unwrap()).await, one);
    for account in variants().into_iter().skip(1) {
        let refused = setup.registry.register(&name, account).unwrap_err();
        assert_eq!(refused, RegistryError::OtherAccount);
    }
    assert_eq!(token(&first).await, one, "a refused account changes nothing");
    assert_eq!((setup.registry.len(), setup.endpoint.asked()), (1, 1));
    assert!(setup.registry.provider(&tenant("b")).is_none());
}

#[tokio::test]
async fn new_secret_is_used_without_a_failed_call() {
    let setup = setup(usize::MAX >> 4, |builder| builder.fetch_limit(1_000, Duration::from_secs(1)));
    let name = tenant("a");
    let provider = setup.registry.register(&name, account_of("client", "secret-0")).unwrap();
    for number in 1..=100 {
        let calls = join_all((0..50).map(|_| provider.token()));
        let swap = async {
            setup.registry.replace(&name, account_of("client", &format!("secret-{number}"))).unwrap();
        };
        let (results, ()) = futures_util::future::join(calls, swap).await;
        assert!(results.iter().all(Result::is_ok), "swap {number}");
        assert_eq!(token(&provider).await, format!("client:secret-{number}:1"));
    }
    // The same account once more is no swap.
    setup.registry.replace(&name, account_of("client", "secret-100")).unwrap();
    assert_eq!(token(&provider).await, "client:secret-100:1");
}

#[tokio::test]
async fn waiter_during_a_credential_change_gets_the_new_token() {
    let setup = setup(0, |builder| builder);
    let name = tenant("a");
    let provider = setup.registry.register(&name, account_of("client", "old")).unwrap();
    let waiting = tokio::spawn({
        let provider = provider.clone();
        async move { token(&provider).await }
    });
    settle().await;
    assert_eq!(setup.endpoint.under_way(), 1);
    setup.registry.replace(&name, account_of("client", "new")).unwrap();
    settle().await;
    assert_eq!(setup.endpoint.cut_off(), 1, "the old fetch is cancelled");
    setup.endpoint.gate.add_permits(1);
    assert_eq!(waiting.await.unwrap(), "client:new:1");
    assert_eq!(setup.endpoint.asked_by("client:old"), 1);
}

#[tokio::test]
async fn holders_of_an_old_account_do_not_get_the_tokens_of_another_one() {
    for account in variants().into_iter().skip(2) {
        let setup = setup(100, |builder| builder);
        let name = tenant("a");
        let old = setup.registry.register(&name, account_of("client", "secret-a")).unwrap();
        token(&old).await;
        let new = setup.registry.replace(&name, account.clone()).unwrap();
        assert_eq!(old.token().await.unwrap_err().kind(), AuthErrorKind::SignedOut, "{account:?}");
        token(&new).await;
        assert_eq!(setup.registry.len(), 1);
    }
}

#[tokio::test]
async fn a_late_rejection_of_the_old_accounts_token_leaves_the_new_one_alone() {
    let setup = setup(100, |builder| builder);
    let name = tenant("a");
    let provider = setup.registry.register(&name, account_of("client", "old")).unwrap();
    let old = provider.token().await.unwrap();
    setup.registry.replace(&name, account_of("client", "new")).unwrap();
    let new = provider.token().await.unwrap();
    // Both are the first of their kind, so that the number alone would not do.
    assert_eq!(old.generation(), new.generation());
    provider.invalidate(&old);
    assert_eq!(token(&provider).await, "client:new:1");
    provider.invalidate(&new);
    assert_eq!(token(&provider).await, "client:new:2");
}

#[tokio::test]
async fn sign_out_ends_every_provider_and_discards_fetches_in_flight() {
    let setup = setup(1, |builder| builder);
    let name = tenant("a");
    let provider = setup.registry.register(&name, account_of("client", "secret-a")).unwrap();
    let kept = provider.token().await.unwrap();
    provider.invalidate(&kept);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move { provider.token().await })
        })
        .collect();
    settle().await;
    assert_eq!(setup.endpoint.under_way(), 1);
    assert!(setup.registry.logout(&name));
    assert!(!setup.registry.logout(&name), "once");
    settle().await;
    assert_eq!((setup.endpoint.under_way(), setup.endpoint.cut_off()), (0, 1));
    setup.endpoint.gate.add_permits(10);
    for call in waiting {
        assert_eq!(call.await.unwrap().unwrap_err().kind(), AuthErrorKind::SignedOut);
    }
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::SignedOut);
    assert!(setup.registry.is_empty() && setup.registry.provider(&name).is_none());
    assert_eq!(setup.endpoint.asked(), 2, "no request after the end");
    // The same tenant again: a new token, and the old provider stays usable.
    let again = setup.registry.register(&name, account_of("client", "secret-a")).unwrap();
    assert_eq!(token(&again).await, "client:secret-a:3");
    assert_eq!(token(&provider).await, "client:secret-a:3");
}

#[tokio::test]
async fn request_loop_of_one_tenant_is_limited_and_others_are_not() {
    let setup = setup(1_000, |builder| builder.fetch_limit(5, Duration::from_secs(30)));
    let (loud, quiet) = (tenant("loud"), tenant("quiet"));
    let mut throttled = None;
    for _ in 0..100 {
        // Worse than asking in a loop: signing out and in again, so that no cache and no back-off is left.
        let provider = setup.registry.register(&loud, account_of("loud", "secret")).unwrap();
        if let Err(error) = provider.token().await {
            throttled = Some(error);
        }
        setup.registry.logout(&loud);
    }
    assert_eq!(setup.endpoint.asked_by("loud:secret"), 5);
    let error = throttled.unwrap();
    assert_eq!(error.kind(), AuthErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert!(error.to_string().contains("30 s"), "{error}");

    let provider = setup.registry.register(&quiet, account_of("quiet", "secret")).unwrap();
    token(&provider).await;
    setup.clock.advance(Duration::from_secs(30));
    let provider = setup.registry.register(&loud, account_of("loud", "secret")).unwrap();
    token(&provider).await;
}

#[tokio::test]
async fn a_throttled_refresh_is_invisible_while_the_token_is_valid() {
    let setup = setup(1_000, |builder| builder.fetch_limit(1, Duration::from_secs(3_600)));
    let provider = setup.registry.register(&tenant("a"), account_of("client", "secret")).unwrap();
    let first = token(&provider).await;
    setup.clock.advance(Duration::from_secs(560));
    assert_eq!(token(&provider).await, first);
    settle().await;
    assert_eq!(token(&provider).await, first);
    assert_eq!(setup.registry.status()[0].failure, Some(AuthErrorKind::Throttled));
}

#[tokio::test]
async fn million_tenants_never_exceed_the_capacity() {
    let setup = setup(10, |builder| builder.capacity(1_000));
    let pinned = tenant("pinned");
    let provider = setup.registry.register(&pinned, account_of("pinned", "secret")).unwrap();
    let account = account_of("client", "secret");
    for number in 0..1_000_000_u32 {
        if number % 100 == 0 {
            // A used entry stays.
            token(&provider).await;
        }
        setup.registry.register(&tenant(&number.to_string()), account.clone()).unwrap();
        if number % 10_000 == 0 || number < 1_100 {
            assert_eq!(setup.registry.len(), (number as usize + 2).min(1_000), "one at a time");
        }
    }
    assert_eq!(setup.registry.len(), 1_000);
    assert_eq!(setup.endpoint.asked(), 1, "the tenant in use was not evicted");
}

#[tokio::test]
async fn tenant_with_a_fetch_in_flight_is_not_evicted() {
    let setup = setup(0, |builder| builder.capacity(2));
    let spawn = |provider: TenantProvider| tokio::spawn(async move { provider.token().await });
    let mut calls = Vec::new();
    for name in ["a", "b"] {
        calls.push(spawn(setup.registry.register(&tenant(name), account_of(name, "secret")).unwrap()));
    }
    settle().await;
    let third = || setup.registry.register(&tenant("c"), account_of("c", "secret"));
    assert_eq!(third().unwrap_err(), RegistryError::Full);
    assert_eq!(setup.registry.len(), 2);
    // Nor when the callers were dropped and the fetch continues alone.
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    settle().await;
    assert_eq!(setup.endpoint.under_way(), 2);
    assert_eq!(third().unwrap_err(), RegistryError::Full);
    setup.endpoint.gate.add_permits(2);
    settle().await;
    third().unwrap();
    assert_eq!((setup.registry.len(), setup.endpoint.cut_off()), (2, 0));
}

#[tokio::test]
async fn evicted_tenant_gets_an_error_and_can_register_again() {
    let setup = setup(10, |builder| builder.capacity(1));
    let first = setup.registry.register(&tenant("a"), account_of("a", "secret")).unwrap();
    token(&first).await;
    setup.registry.register(&tenant("b"), account_of("b", "secret")).unwrap();
    assert_eq!(first.token().await.unwrap_err().kind(), AuthErrorKind::SignedOut);
    setup.registry.register(&tenant("a"), account_of("a", "secret")).unwrap();
    assert_eq!(token(&first).await, "a:secret:2");
}

#[tokio::test]
async fn credential_is_sent_only_to_its_host() {
    let setup = setup(100, |builder| builder);
    let name = tenant("a");
    setup.registry.register(&name, account_of("client", "secret")).unwrap();
    for (sso, api) in [
        (ELSEWHERE, API),
        (SSO, "https://collector.example.net/api/"),
        ("https://external.sso.plume.com:8443/oauth2/ausEXAMPLE/v1/token", API),
        (SSO, "http://localhost/api/"),
    ] {
        let refused = setup.registry.change_urls(&name, &url(sso), &url(api)).unwrap_err();
        assert_eq!(refused, RegistryError::CredentialNeeded, "{sso} {api}");
        token(&setup.registry.provider(&name).unwrap()).await;
    }
    assert_eq!(setup.endpoint.asked_at("collector.example.net"), 0);
    assert_eq!(setup.endpoint.asked(), 1, "a refused change costs not even the token");
    // Another path of the same hosts needs no credential.
    let moved = "https://external.sso.plume.com/oauth2/ausANOTHER/v1/token";
    let provider = setup.registry.change_urls(&name, &url(moved), &url(API)).unwrap();
    assert_eq!(token(&provider).await, "client:secret:2");
    let unknown = setup.registry.change_urls(&tenant("b"), &url(SSO), &url(API)).unwrap_err();
    assert_eq!(unknown, RegistryError::Unknown);
}

#[tokio::test]
async fn dropped_registry_leaves_nothing() {
    let setup = setup(0, |builder| builder);
    let provider = setup.registry.register(&tenant("a"), account_of("client", "secret")).unwrap();
    let waiting = tokio::spawn({
        let provider = provider.clone();
        async move { provider.token().await }
    });
    settle().await;
    drop(setup.registry);
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), AuthErrorKind::SignedOut);
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::SignedOut);
    settle().await;
    assert_eq!(setup.endpoint.under_way(), 0);
    assert_eq!(Arc::strong_count(&setup.endpoint), 1, "no task and no entry holds the transport");
}

#[tokio::test]
async fn ten_thousand_registries_are_created_and_dropped() {
    let setup = setup(usize::MAX >> 4, |builder| builder);
    for _ in 0..10_000 {
        let registry = TokenRegistry::builder(setup.endpoint.clone(), Arc::new(setup.clock.clone())).build();
        let provider = registry.register(&tenant("a"), account_of("client", "secret")).unwrap();
        let _ = provider.token().now_or_never();
    }
    // The runtime polls a few tasks per round, and there are ten thousand.
    for _ in 0..1_000 {
        settle().await;
    }
    assert_eq!((setup.endpoint.under_way(), setup.clock.sleepers()), (0, 0));
    assert_eq!(Arc::strong_count(&setup.endpoint), 2, "ours and the idle registry's");
}

#[tokio::test]
async fn listing_has_the_state_of_every_tenant_and_no_secret() {
    let setup = setup(1, |builder| builder.capacity(10));
    for name in ["a", "b"] {
        let account = account_of("client", "canary-secret");
        setup.registry.register(&tenant(name), account).unwrap();
    }
    token(&setup.registry.provider(&tenant("a")).unwrap()).await;
    let mut listed = setup.registry.status();
    listed.sort_by(|a, b| a.tenant.cmp(&b.tenant));
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].tenant.as_str(), listed[0].fetches, listed[0].failure), ("a", 1, None));
    assert!(listed[0].expires_at.is_some() && !listed[0].fetching);
    assert_eq!((listed[1].fetches, listed[1].expires_at), (0, None));
    let provider = setup.registry.provider(&tenant("a")).unwrap();
    let shown =
        format!("{listed:?} {:?} {provider:?} {:?}", setup.registry, account_of("a", "canary-secret"));
    assert!(!shown.contains("canary") && !shown.contains("client:"), "{shown}");
}

#[tokio::test]
async fn a_token_at_hand_is_read_without_waiting_until_the_tenant_signs_out() {
    let setup = setup(2, |builder| builder);
    let provider = setup.registry.register(&tenant("a"), account_of("client", "first")).unwrap();
    assert!(provider.ready().is_none());
    let fetched = provider.token().await.unwrap();
    assert_eq!(provider.ready().unwrap().expose_token(), fetched.expose_token());
    // A new secret is another cache.
    setup.registry.replace(&tenant("a"), account_of("client", "second")).unwrap();
    assert!(provider.ready().is_none());
    let fetched = provider.token().await.unwrap();
    assert_eq!(provider.ready().unwrap().expose_token(), fetched.expose_token());
    setup.registry.logout(&tenant("a"));
    assert!(provider.ready().is_none());
    assert_eq!(setup.endpoint.asked(), 2);
}
